/*
 * gateways.c: the shipped table hit and missed, and files that are wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chaperone/gateways.h"

typedef struct {
    const char *address;
    const char *gateway; /* NULL: a person */
} address_row;

static const address_row rows[] = {
    {"fuho123xiba@post.wordpress.com", "wordpress"},
    {"FUHO123xiba@POST.WordPress.COM", "wordpress"},
    {"fuho123xiba@post.wordpress.com.", "wordpress"},
    {"\"fuho123xiba\"@post.wordpress.com", "wordpress"},
    {"info@post.wordpress.com", "wordpress"},
    {"any.thing@post.wordpress.com", "wordpress"},
    {"postmaster@post.wordpress.com", NULL},
    {"abuse@post.wordpress.com", NULL},
    {"Postmaster@post.wordpress.com", NULL},
    {"\"abuse\"@post.wordpress.com", NULL},
    {"fuho123xiba@post.wordpress.com.example.net", NULL},
    {"fuho123xiba@xpost.wordpress.com", NULL},
    {"fuho123xiba@sub.post.wordpress.com", NULL},
    {"fuho123xiba@post-wordpress.com", NULL},
    {"fuho123xiba@postxwordpress.com", NULL},
    {"fuho123xiba@wordpress.com", NULL},
    {"fuho123xiba@post.wordpress.com..", NULL},
    {"post.wordpress.com@example.com", NULL},
    {"\"x@post.wordpress.com\"@example.com", NULL},
    {"\"x@example.com\"@post.wordpress.com", "wordpress"},
    {"a@b@post.wordpress.com", "wordpress"},
    {"@post.wordpress.com", NULL},
    {"post.wordpress.com", NULL},
    {"", NULL},
    {"user.secret@blogger.com", "blogger"},
    {"User.Secret@Blogger.com", "blogger"},
    {"user.sec.ret@blogger.com", "blogger"},
    {"\"user.secret\"@blogger.com", "blogger"},
    {"user@blogger.com", NULL},
    {".secret@blogger.com", NULL},
    {"user.@blogger.com", NULL},
    {"support@blogger.com", NULL},
    {"user.secret@mail.blogger.com", NULL},
    {"user.secret@blogger.com.example.org", NULL},
    {"user.secret@example-blogger.com", NULL},
    {"a1b2c3d4e5@tumblr.com", "tumblr"},
    {"A1B2C3@Tumblr.Com.", "tumblr"},
    {"jane@tumblr.com", NULL},
    {"jane82@tumblr.com", NULL},
    {"jane.doe@tumblr.com", NULL},
    {"ab1c2@tumblr.com", NULL},
    {"support@tumblr.com", NULL},
    {"press@tumblr.com", NULL},
    {"Jobs@tumblr.com", NULL},
    {"privacy@tumblr.com", NULL},
    {"no-reply@tumblr.com", NULL},
    {"noreply@tumblr.com", NULL},
    {"security@tumblr.com", NULL},
    {"legal@tumblr.com", NULL},
    {"help@tumblr.com", NULL},
    {"team@tumblr.com", NULL},
    {"webmaster@tumblr.com", NULL},
    {"first.last@tumblr.com", NULL},
    {"abc@www.tumblr.com", NULL},
    {"abc@tumblr.com.example.com", NULL},
    {"happy42cat@photos.flickr.com", "flickr"},
    {"happy42cat+public@photos.flickr.com", "flickr"},
    {"postmaster@photos.flickr.com", NULL},
    {"happy42cat@flickr.com", NULL},
    {"happy42cat@photos.flickr.com.example.com", NULL},
    {"buffer-0123456789abcdef0123@to.bufferapp.com", "buffer"},
    {"buffer-0123456789abcdef0123@bufferapp.com", NULL},
    {"abuse@to.bufferapp.com", NULL},
    {"trigger@applet.ifttt.com", "ifttt"},
    {"trigger@recipe.ifttt.com", "ifttt"},
    {"support@ifttt.com", NULL},
    {"trigger@xapplet.ifttt.com", NULL},
    {"ab12cd34@robot.zapier.com", "zapier"},
    {"chosen.name@robot.zapier.com", "zapier"},
    {"my.post.x1y2z3@zapiermail.com", "zapier"},
    {"post.X1Y2Z3@zapiermail.com", "zapier"},
    {"no-reply.x1y2z3@zapiermail.com", NULL},
    {"post.x1y2z34@zapiermail.com", NULL},
    {"contact@zapiermail.com", NULL},
    {"contact@zapier.com", NULL},
    {"user+1234@post.livejournal.com", "livejournal"},
    {"user+1234@livejournal.com", NULL},
    {"user+1234@post.dreamwidth.org", "dreamwidth"},
    {"user+1234@dreamwidth.org", NULL},
    {"user+1234@post.dreamwidth.com", NULL},
    {"tweet@tweetymail.com", "tweetymail"},
    {"Latest@tweetymail.com", "tweetymail"},
    {"message@tweetymail.com", "tweetymail"},
    {"tweets@tweetymail.com", NULL},
    {"support@tweetymail.com", NULL},
    {"abc123xyz@m.facebook.com", "facebook"},
    {"abc12xyz@m.facebook.com", NULL},
    {"abc123xyz@facebook.com", NULL},
    {"abc123xyz@mm.facebook.com", NULL},
    {"post@posterous.com", "posterous"},
    {"my-site@posterous.com", "posterous"},
    {"hello@posterous.com", NULL},
    {"jane@posterous.com", NULL},
    {"jane.doe@posterous.com", NULL},
    {"a1b2c3d4e5f6g7h8i9j0k1@hook.eu1.make.com", "make"},
    {"info@hook.eu1.make.com", NULL},
    {"jane@make.com", NULL},
    {"em1a2b3c4d5e6f@upload.pipedream.net", "pipedream"},
    {"jane@pipedream.net", NULL},
    {"pat@practice.example", NULL},
    {"fuho123xiba@post.wordpress.co", NULL},
    {"fuho123xiba@post.wordpress.com\n", NULL},
    {"user.secret\n@blogger.com\n", NULL},
    {"user.secret\xFF@blogger.com", NULL},
};

static ch_gateways *
load_shipped(void)
{
    static const char *const files[] = {CH_SOURCE_DIR "/conf/gateways.yaml",
                                        NULL};
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_gateways *gateways = ch_gateways_load(files, diag);
    g_autofree char *text = ch_diag_dup_text(diag);
    assert_string_equal(text, "");
    assert_non_null(gateways);
    return gateways;
}

static void
test_addresses(void **state)
{
    (void)state;
    g_autoptr(ch_gateways) gateways = load_shipped();
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const ch_gateway *found = ch_gateways_match(gateways, rows[i].address);
        const char *name = found != NULL ? found->name : "none";
        const char *want = rows[i].gateway != NULL ? rows[i].gateway : "none";
        if (strcmp(name, want) != 0) {
            fail_msg("row %zu: %s instead of %s", i, name, want);
        }
    }
}

static void
test_facts_of_shipped_gateways(void **state)
{
    static const struct {
        const char *name, *title;
        ch_directives directives;
        ch_time_known time;
        ch_subject subject;
        ch_fate attachments;
        guint cuts;
        gboolean dead, secret;
    } facts[] = {
        {"wordpress", "WordPress.com", CH_DIRECTIVES_WORDPRESS, CH_TIME_KNOWN,
         CH_SUBJECT_TITLE, CH_FATE_PUBLISHED,
         CH_CUT_END | CH_CUT_HR | CH_CUT_SIGNATURE, FALSE, TRUE},
        {"blogger", "Blogger", CH_DIRECTIVES_NONE, CH_TIME_KNOWN,
         CH_SUBJECT_TITLE, CH_FATE_PUBLISHED, CH_CUT_HASH_END, FALSE, TRUE},
        {"buffer", "Buffer", CH_DIRECTIVES_BUFFER, CH_TIME_QUEUE,
         CH_SUBJECT_TEXT, CH_FATE_PUBLISHED, 0, FALSE, TRUE},
        {"ifttt", "IFTTT", CH_DIRECTIVES_HASHTAGS, CH_TIME_AUTOMATION,
         CH_SUBJECT_UNKNOWN, CH_FATE_PUBLIC_URL, CH_CUT_SIGNATURE, FALSE,
         FALSE},
        {"zapier", "Zapier", CH_DIRECTIVES_NONE, CH_TIME_AUTOMATION,
         CH_SUBJECT_UNKNOWN, CH_FATE_UNKNOWN, 0, FALSE, TRUE},
        {"make", "Make mail hook", CH_DIRECTIVES_NONE, CH_TIME_AUTOMATION,
         CH_SUBJECT_UNKNOWN, CH_FATE_UNKNOWN, 0, FALSE, TRUE},
        {"livejournal", "LiveJournal", CH_DIRECTIVES_LIVEJOURNAL, CH_TIME_KNOWN,
         CH_SUBJECT_TITLE, CH_FATE_PUBLISHED, 0, FALSE, TRUE},
        {"facebook", "Facebook mobile upload", CH_DIRECTIVES_NONE,
         CH_TIME_KNOWN, CH_SUBJECT_TEXT, CH_FATE_PUBLISHED, 0, TRUE, TRUE},
        {"posterous", "Posterous", CH_DIRECTIVES_NONE, CH_TIME_KNOWN,
         CH_SUBJECT_TITLE, CH_FATE_PUBLISHED, 0, TRUE, FALSE},
    };
    (void)state;
    g_autoptr(ch_gateways) gateways = load_shipped();
    for (gsize i = 0; i < G_N_ELEMENTS(facts); i++) {
        const ch_gateway *g = ch_gateways_find(gateways, facts[i].name);
        assert_non_null(g);
        assert_string_equal(g->title, facts[i].title);
        assert_int_equal(g->directives, facts[i].directives);
        assert_int_equal(g->time, facts[i].time);
        assert_int_equal(g->subject, facts[i].subject);
        assert_int_equal(g->attachments, facts[i].attachments);
        assert_int_equal(g->cuts, facts[i].cuts);
        assert_int_equal(g->dead, facts[i].dead);
        assert_int_equal(g->secret, facts[i].secret);
        assert_false(g->base_is_date);
    }
    assert_null(ch_gateways_find(gateways, "postie"));
}

#define ENTRY "gateways:\n  - name: blog\n    source: our own\n"

static const struct {
    const char *name, *yaml, *problem;
} wrong[] = {
    {"unknown key", ENTRY "    domains: [b.example]\n    colour: red\n",
     "colour"},
    {"unknown key at the top", "gateway: []\n", "gateway"},
    {"no place", ENTRY, "domains or match"},
    {"no name", "gateways:\n  - source: s\n    domains: [b.example]\n",
     "needs a name"},
    {"no source", "gateways:\n  - name: b\n    domains: [b.example]\n",
     "needs a source"},
    {"bad name",
     "gateways:\n  - name: B b\n    source: s\n"
     "    domains: [b.example]\n",
     "a-z"},
    {"no list", "gateways: blog\n", "list"},
    {"name twice",
     ENTRY "    domains: [b.example]\n  - name: blog\n"
           "    source: s\n    domains: [c.example]\n",
     "defined already"},
    {"bad pattern", ENTRY "    match: [{domain: b.example, local: 'a('}]\n",
     "regular expression"},
    {"pattern of nothing",
     ENTRY "    match: [{domain: b.example, local: 'a*'}]\n", "nothing"},
    {"match without local", ENTRY "    match: [{domain: b.example}]\n",
     "domain and local"},
    {"match is no list", ENTRY "    match: x\n", "list of"},
    {"unknown key in match",
     ENTRY "    match: [{domain: b.example, local: a, x: y}]\n", "x"},
    {"no domain", ENTRY "    domains: [localhost]\n", "full domain"},
    {"an address as domain", ENTRY "    domains: [a@b.example]\n",
     "full domain"},
    {"bad directives", ENTRY "    domains: [b.example]\n    directives: x\n",
     "none | wordpress | postie"},
    {"bad cut", ENTRY "    domains: [b.example]\n    cut: [end, foot]\n",
     "hash-end"},
    {"bad zone", ENTRY "    domains: [b.example]\n    zone: Ohio/Nowhere\n",
     "time zone"},
    {"bad number", ENTRY "    domains: [b.example]\n    max_text: many\n",
     "characters"},
    {"short marker", ENTRY "    domains: [b.example]\n    end_marker: '.'\n",
     "three characters"},
    {"bad subject", ENTRY "    domains: [b.example]\n    subject: x\n",
     "title | text | unknown"},
    {"bad attachments",
     ENTRY "    domains: [b.example]\n    attachments: eaten\n",
     "published | dropped | public-url | unknown"},
    {"bad visibility", ENTRY "    domains: [b.example]\n    visibility: all\n",
     "public | site | unknown"},
    {"like nothing", ENTRY "    domains: [b.example]\n    like: no\n",
     "no kind"},
    {"a kind with places",
     "kinds:\n  - name: k\n    source: s\n    domains: [b.example]\n",
     "a kind has no"},
    {"kinds are no list", "kinds: k\n", "kinds is a list"},
    {"bad base", ENTRY "    domains: [b.example]\n    base: now\n",
     "arrival | date"},
    {"bad time", ENTRY "    domains: [b.example]\n    time: soon\n",
     "known | unknown | queue"},
    {"bad alive", ENTRY "    domains: [b.example]\n    alive: yes\n",
     "true | false | unknown"},
    {"bad day", ENTRY "    domains: [b.example]\n    verified: 2026-13-01\n",
     "YYYY-MM-DD"},
};

static void
test_wrong_files_are_refused_with_place(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
        print_message("  %s\n", wrong[i].name);
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_gateways) gateways = ch_gateways_parse(
            "g.yaml", wrong[i].yaml, strlen(wrong[i].yaml), diag);
        g_autofree char *text = ch_diag_dup_text(diag);
        assert_null(gateways);
        assert_true(g_str_has_prefix(text, "g.yaml:"));
        assert_non_null(strstr(text, wrong[i].problem));
    }
}

static void
test_like_a_kind(void **state)
{
    static const char yaml[] =
        "kinds:\n"
        "  - {name: k, source: s, directives: postie, base: date,\n"
        "     cut: [markers, hr], start_marker: '<<<', zone: Europe/Madrid,\n"
        "     max_text: 9, identity: sender}\n"
        "gateways:\n"
        "  - {name: k, source: s, like: k, domains: [a.example]}\n"
        "  - {name: l, source: s, like: k, domains: [b.example], cut: end,\n"
        "     base: arrival, start_marker: '>>>', zone: UTC}\n";
    (void)state;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_gateways) gateways =
        ch_gateways_parse("g.yaml", yaml, strlen(yaml), diag);
    assert_non_null(gateways);
    const ch_gateway *k = ch_gateways_match(gateways, "x@a.example");
    const ch_gateway *l = ch_gateways_match(gateways, "x@b.example");
    assert_string_equal(k->name, "k");
    assert_string_equal(k->title, "k");
    assert_int_equal(k->directives, CH_DIRECTIVES_POSTIE);
    assert_int_equal(k->cuts, CH_CUT_OUTSIDE | CH_CUT_HR);
    assert_string_equal(k->start_marker, "<<<");
    assert_null(k->end_marker);
    assert_string_equal(g_time_zone_get_identifier(k->zone), "Europe/Madrid");
    assert_int_equal(k->max_text, 9);
    assert_true(k->base_is_date);
    assert_false(k->secret);
    assert_int_equal(l->directives, CH_DIRECTIVES_POSTIE);
    assert_int_equal(l->cuts, CH_CUT_END);
    assert_string_equal(l->start_marker, ">>>");
    assert_string_equal(g_time_zone_get_identifier(l->zone), "UTC");
    assert_false(l->base_is_date);
}

static void
test_own_mailbox(void **state)
{
    static const char yaml[] =
        "gateways:\n"
        "  - name: postie\n"
        "    match:\n"
        "      - {domain: Practice.example, local: 'blog-[a-z0-9]+|info'}\n"
        "      - {domain: practice.example, local: 'news|press'}\n"
        "    except: [Blog-Help]\n"
        "    directives: postie\n"
        "    base: date\n"
        "    source: our own site\n";
    (void)state;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_gateways) gateways =
        ch_gateways_parse("g.yaml", yaml, strlen(yaml), diag);
    assert_non_null(gateways);
    const ch_gateway *g =
        ch_gateways_match(gateways, "blog-x7@practice.example");
    assert_non_null(g);
    assert_string_equal(g->title, "postie");
    assert_int_equal(g->directives, CH_DIRECTIVES_POSTIE);
    assert_true(g->base_is_date && !g->dead && g->time == CH_TIME_KNOWN);
    assert_null(ch_gateways_match(gateways, "blog-help@practice.example"));
    assert_null(ch_gateways_match(gateways, "xblog-x7@practice.example"));
    assert_null(ch_gateways_match(gateways, "blog-x7.z@practice.example"));
    assert_null(ch_gateways_match(gateways, "info@practice.example"));
    assert_ptr_equal(ch_gateways_match(gateways, "News@practice.example"), g);
}

static void
test_empty_and_missing_files(void **state)
{
    static const char *const missing[] = {"/nonexistent/gateways.yaml", NULL};
    (void)state;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_gateways) empty = ch_gateways_parse("g.yaml", "", 0, diag);
    assert_non_null(empty);
    assert_null(ch_gateways_match(empty, "a@post.wordpress.com"));
    assert_null(ch_gateways_load(missing, diag));
    assert_true(ch_diag_count(diag) > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_facts_of_shipped_gateways),
        cmocka_unit_test(test_wrong_files_are_refused_with_place),
        cmocka_unit_test(test_like_a_kind),
        cmocka_unit_test(test_own_mailbox),
        cmocka_unit_test(test_empty_and_missing_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
