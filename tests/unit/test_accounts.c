/* Accounts: secrets from files, who is admitted, what gives one away. */
#include "unit.h"

#include "chaperone/admission.h"
#include "chaperone/directive.h"
#include "chaperone/plan.h"

#include <glib/gstdio.h>
#include <sys/stat.h>

#define ALIAS  "blog@social.b.example"
#define SECRET "bako123dela@post.wordpress.com"
#define DRAFTS "drafts@social.b.example"

typedef struct {
    char *dir, *file;
} site;

static int
setup(void **state)
{
    site *s = g_new0(site, 1);
    s->dir = g_dir_make_tmp("accounts-XXXXXX", NULL);
    s->file = g_build_filename(s->dir, "secret", NULL);
    *state = s;
    return 0;
}

static int
teardown(void **state)
{
    site *s = *state;
    g_unlink(s->file);
    g_rmdir(s->dir);
    g_free(s->file);
    g_free(s->dir);
    g_free(s);
    return 0;
}

static void
write_secret(const site *s, const char *text, mode_t mode)
{
    assert_true(g_file_set_contents(s->file, text, -1, NULL));
    assert_int_equal(g_chmod(s->file, mode), 0);
}

/* account: further keys of the account; more: further keys of the file. */
static ch_house *
make_house(const site *s, const char *account, const char *more, ch_diag *diag)
{
    g_autofree char *yaml = g_strdup_printf(
        "rules: {paths: [" CH_SOURCE_DIR "/rules%s], cache: \"\"}\n"
        "notices: {compliance: c@b.example}\ncheck: {address: " DRAFTS "}\n"
        "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml], accounts: "
        "[{alias: " ALIAS ", gateway: wordpress, secret_file: %s%s}]}\n%s",
        /* All rules take seconds to load: where they matter alone. */
        strstr(account, "profile") != NULL ? "" : "/structure.yaml", s->file,
        account, more);
    ch_config *c = ch_config_parse("c.yaml", yaml, strlen(yaml), diag);
    if (c == NULL) {
        return NULL;
    }
    c->rules_drafts = TRUE;
    return ch_house_new(c, diag);
}

static ch_house *
house_of(const site *s, const char *account, const char *more)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    write_secret(s, SECRET "\n", 0600);
    ch_house *house = make_house(s, account, more, diag);
    if (house == NULL) {
        g_autofree char *errors = ch_diag_dup_text(diag);
        fail_msg("%s", errors);
    }
    return house;
}

static ch_verdict *
judge(ch_house *house, const char *to, const char *mail)
{
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(GBytes) raw = g_bytes_new_static(mail, strlen(mail));
    ch_envelope_set_sender(e, "<ana@b.example>", NULL);
    ch_envelope_add_recipient(e, to, NULL, NULL);
    e->time_us = G_GINT64_CONSTANT(1795348800) * G_USEC_PER_SEC;
    ch_verdict *v = ch_inspect(house, e, raw, NULL, NULL);
    assert_non_null(v);
    return v;
}

/* --- the file --------------------------------------------------------------
 */

static void
a_secret_comes_from_a_private_file(void **state)
{
    static const struct {
        const char *name, *text;
        mode_t mode;
        const char *trouble; /* NULL: fit */
    } rows[] = {
        {"fit", SECRET, 0600, NULL},
        {"read-only", " " SECRET "\r\n", 0400, NULL},
        {"readable by the group", SECRET, 0640, "chmod 0600"},
        {"writable by all", SECRET, 0602, "chmod 0600"},
        {"empty", "", 0600, "holds no mail address"},
        {"two lines", SECRET "\n" SECRET, 0600, "holds no mail address"},
        {"of blogger", "ana.k3yw0rd@blogger.com", 0600, "one of blogger"},
        {"in a way to be misread", "\"a b\"@post.wordpress.com", 0600,
         "holds no mail address"},
        {"of a gateway nobody knows", "x9y8@blog.example", 0600, NULL},
    };
    const site *s = *state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_unlink(s->file);
        write_secret(s, rows[i].text, rows[i].mode);
        g_autoptr(ch_house) house = make_house(s, "", "", diag);
        assert_non_null(house);
        gboolean fit = ch_accounts_are_complete(house->accounts, diag);
        g_autofree char *said = ch_diag_dup_text(diag);
        if (fit != (rows[i].trouble == NULL) ||
            (!fit && strstr(said, rows[i].trouble) == NULL) ||
            strstr(said, "bako123dela") != NULL) {
            fail_msg("%s: \"%s\"", rows[i].name, said);
        }
    }
}

static void
no_file_is_no_error_for_who_only_judges(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = make_house(*state, "", "", diag);
    assert_non_null(house);
    assert_false(ch_accounts_are_complete(house->accounts, diag));
    g_autoptr(ch_verdict) v =
        judge(house, ALIAS, "Subject: a\r\n\r\nHello\r\n");
    assert_int_equal(v->destinations->len, 1);
}

static void
what_accounts_name_must_be_there(void **state)
{
    const site *s = *state;
    const struct {
        const char *account, *words;
    } rows[] = {{"}, {alias: x@b.example, gateway: none, credential: c",
                 "no gateway is called \"none\""},
                {"}, {alias: a@post.wordpress.com, gateway: tumblr, "
                 "credential: c",
                 "is a gateway's address itself"}};
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        assert_null(make_house(s, rows[i].account, "", diag));
        g_autofree char *said = ch_diag_dup_text(diag);
        assert_non_null(strstr(said, rows[i].words));
    }
}

/* Root can read everything: what it read for a daemon that is no longer root
 * is kept only for the same source. */
static void
a_denied_secret_is_kept(void **state)
{
    const site *s = *state;
    g_autoptr(ch_house) old = house_of(s, "", "");
    g_autoptr(ch_house) anew = house_of(s, "", "");
    ch_account *a = (ch_account *)ch_accounts_nth(anew->accounts, 0);
    g_clear_pointer(&a->secret, g_free);
    g_clear_pointer(&a->needle, g_free);
    ch_accounts_keep(anew->accounts, old->accounts);
    assert_null(a->secret);
    a->denied = TRUE;
    ch_accounts_keep(anew->accounts, old->accounts);
    assert_string_equal(a->secret, SECRET);
}

/* --- admission -------------------------------------------------------------
 */

static void
only_proven_authors_are_admitted(void **state)
{
    static const struct {
        const char *arg, *address, *author;
        ch_admission want;
    } rows[] = {
        {"<" ALIAS ">", ALIAS, "ana", CH_ADMITTED},
        {"<Blog@Social.B.Example>", ALIAS, "ana", CH_ADMITTED},
        {"<Blog@Social.B.Example>", "blog@social.b.EXAMPLE.", "ana",
         CH_ADMISSION_SPELLING},
        {"<" ALIAS ">", ALIAS, NULL, CH_ADMISSION_UNKNOWN},
        {"<" ALIAS ">", ALIAS, "bea", CH_ADMISSION_AUTHOR},
        {"<" ALIAS ">", ALIAS, "Ana", CH_ADMISSION_AUTHOR},
        {"<\"blog\"@social.b.example>", "\"blog\"@social.b.example", "ana",
         CH_ADMISSION_SPELLING},
        {"<" DRAFTS ">", DRAFTS, "bea", CH_ADMITTED},
        {"<" DRAFTS ">", DRAFTS, NULL, CH_ADMISSION_UNKNOWN},
        {"<" SECRET ">", SECRET, "ana", CH_ADMISSION_DIRECT},
        {"<BAKO123dela@Post.WordPress.com>", "BAKO123dela@Post.WordPress.com",
         NULL, CH_ADMISSION_DIRECT},
        {"<\"bako123dela\"@post.wordpress.com.>",
         "\"bako123dela\"@post.wordpress.com.", "ana", CH_ADMISSION_DIRECT},
        {"<riso456tame@post.wordpress.com>", "riso456tame@post.wordpress.com",
         NULL, CH_ADMITTED},
        {"<pat@example.com>", "pat@example.com", NULL, CH_ADMITTED},
    };
    g_autoptr(ch_house) house = house_of(*state, ", authors: [ana]", "");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_envelope) e = ch_envelope_new();
        ch_envelope_add_recipient(e, rows[i].arg, rows[i].address, NULL);
        ch_admission got = ch_admission_of_all(house, e, rows[i].author);
        if (got != rows[i].want) {
            fail_msg("%s by %s: %s", rows[i].arg, rows[i].author,
                     ch_admission_name(got));
        }
        g_autoptr(ch_reply) reply = ch_admission_reply(house, got);
        assert_string_equal(reply->code, "550");
        assert_null(strstr(g_ptr_array_index(reply->lines, 0), "@"));
    }
}

static void
without_accounts_nobody_waits(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    const char *yaml =
        "rules: {paths: [" CH_SOURCE_DIR "/rules/structure.yaml]}\n"
        "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n";
    ch_config *c = ch_config_parse("c", yaml, strlen(yaml), diag);
    g_autoptr(ch_house) house = ch_house_new(c, diag);
    g_autoptr(ch_house) other = house_of(*state, "", "");
    assert_false(ch_admission_is_needed(house));
    assert_false(ch_admission_is_check(house, ""));
    assert_true(ch_admission_is_needed(other));
}

/* --- judging ---------------------------------------------------------------
 */

static void
an_alias_is_its_gateway(void **state)
{
    g_autoptr(ch_house) house = house_of(*state, ", timezone: Asia/Tokyo", "");
    g_autoptr(ch_verdict) v =
        judge(house, "<BLOG@social.b.example>",
              "Subject: a\r\n\r\n[delay 2026-12-01 09:00] Hello\r\n");
    assert_int_equal(v->destinations->len, 1);
    const ch_destination *d =
        &g_array_index(v->destinations, ch_destination, 0);
    assert_string_equal(d->gateway->name, "wordpress");
    assert_string_equal(d->account->set->alias, ALIAS);
    g_autoptr(GDateTime) at = g_date_time_new_utc(2026, 12, 1, 0, 0, 0);
    assert_int_equal(d->publish_at_us,
                     g_date_time_to_unix(at) * G_USEC_PER_SEC);
    g_autofree char *accounts = ch_verdict_dup_accounts(v);
    assert_string_equal(accounts, ALIAS);
}

static void
an_account_does_without_rules(void **state)
{
    const char *mail = "Subject: a\r\n\r\nMail riso456tame@post.wordpress.com, "
                       "too\r\n";
    g_autoptr(ch_house) strict = house_of(*state, "", "");
    g_autoptr(ch_verdict) v = judge(strict, ALIAS, mail);
    assert_int_equal(v->action, CH_QUARANTINE);
    g_autofree char *found = ch_verdict_dup_rules(v);
    assert_string_equal(found, "structure/posting-address");
    g_autoptr(ch_house) mild =
        house_of(*state, ", rules: {disable: [structure/posting-address]}", "");
    g_autoptr(ch_verdict) w = judge(mild, ALIAS, mail);
    assert_int_equal(w->action, CH_ACCEPT);
    g_autoptr(ch_verdict) other =
        judge(mild, "riso456tame@post.wordpress.com", mail);
    assert_int_equal(other->action, CH_QUARANTINE);
}

static void
a_profile_is_the_accounts_alone(void **state)
{
    g_autoptr(ch_house) house = house_of(*state, ", profile: dental", "");
    g_autoptr(ch_verdict) v = judge(house, ALIAS, "Subject: a\r\n\r\nHi\r\n");
    g_autoptr(ch_verdict) w = judge(house, "riso456tame@post.wordpress.com",
                                    "Subject: a\r\n\r\nHi\r\n");
    assert_ptr_not_equal(v->rules, house->rules);
    assert_ptr_equal(w->rules, house->rules);
}

#define HEAD "From: ana@b.example\r\nSubject: News\r\n"

static void
a_secret_is_found_wherever_it_stands(void **state)
{
    static const struct {
        const char *name, *mail;
        gboolean leaks;
    } rows[] = {
        {"in the text", HEAD "\r\nMail to " SECRET ".\r\n", TRUE},
        {"in capitals", HEAD "\r\nBAKO123DELA@POST.WORDPRESS.COM\r\n", TRUE},
        {"its local part", HEAD "\r\nbako123dela at wordpress\r\n", TRUE},
        {"with odd letters",
         HEAD "Content-Type: text/plain; charset=utf-8\r\n"
              "\r\nb\xd0\xb0ko123dela@post.wordpress.com\r\n",
         TRUE},
        {"in the subject", "Subject: to bako123dela\r\n\r\nHi\r\n", TRUE},
        {"in To", HEAD "To: " SECRET "\r\n\r\nHi\r\n", TRUE},
        {"in an odd field", HEAD "X-Y: a\r\n <" SECRET ">\r\n\r\nHi\r\n", TRUE},
        {"in base64",
         HEAD "Content-Transfer-Encoding: base64\r\n\r\n"
              "YmFrbzEyM2RlbGFAcG9zdC53b3JkcHJlc3MuY29t\r\n",
         TRUE},
        {"in HTML, hidden",
         HEAD "Content-Type: text/html\r\n\r\n<p>Hi<p hidden>bako123dela\r\n",
         TRUE},
        {"in a link",
         HEAD "Content-Type: text/html\r\n\r\n<a href='mailto:" SECRET
              "'>here</a>\r\n",
         TRUE},
        {"nothing", HEAD "To: " ALIAS "\r\n\r\nHello\r\n", FALSE},
        {"the alias", HEAD "\r\nWrite to " ALIAS "\r\n", FALSE},
        {"part of a word", HEAD "\r\nxbako123delax\r\n", FALSE},
        {"another address", HEAD "\r\nriso456tame@post.wordpress.com\r\n",
         FALSE},
    };
    g_autoptr(ch_house) house = house_of(*state, "", "scope: secrets\n");
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_verdict) v = judge(house, "pat@example.com", rows[i].mail);
        g_autoptr(ch_verdict) w = judge(house, ALIAS, rows[i].mail);
        if (v->leaks != rows[i].leaks || w->leaks != rows[i].leaks ||
            v->in_scope != rows[i].leaks || !w->in_scope ||
            (rows[i].leaks &&
             (v->action != CH_QUARANTINE || w->action < CH_QUARANTINE))) {
            fail_msg("%s: person %d %d, alias %d", rows[i].name, v->leaks,
                     v->in_scope, w->leaks);
        }
    }
}

static void
people_do_not_get_it_either(void **state)
{
    g_autoptr(ch_house) house = house_of(*state, "", "");
    g_autoptr(ch_envelope) e = ch_envelope_new();
    const char *mail = HEAD "\r\nOurs is " SECRET "\r\n";
    g_autoptr(GBytes) raw = g_bytes_new_static(mail, strlen(mail));
    ch_envelope_set_sender(e, "<ana@b.example>", NULL);
    ch_envelope_add_recipient(e, "<" ALIAS ">", NULL, NULL);
    ch_envelope_add_recipient(e, "<pat@example.com>", NULL, NULL);
    g_autoptr(ch_verdict) v = ch_inspect(house, e, raw, NULL, NULL);
    g_autoptr(ch_plan) plan = ch_plan_new(v, e, TRUE);
    assert_int_equal(plan->kind, CH_PLAN_HOLD);
}

/* An address that everybody knows is no secret, nor is a word. */
static void
what_is_no_secret_is_not_looked_for(void **state)
{
    const site *s = *state;
    g_autoptr(ch_house) house = house_of(
        s, "}, {alias: trigger@b.example, gateway: ifttt, credential: none",
        "scope: secrets\n");
    g_autoptr(ch_verdict) v =
        judge(house, "pat@example.com",
              HEAD "\r\nMail trigger@applet.ifttt.com, our newsletter\r\n");
    assert_false(v->in_scope);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_secret_comes_from_a_private_file),
        TEST(no_file_is_no_error_for_who_only_judges),
        TEST(what_accounts_name_must_be_there),
        TEST(a_denied_secret_is_kept),
        TEST(only_proven_authors_are_admitted),
        TEST(without_accounts_nobody_waits),
        TEST(an_alias_is_its_gateway),
        TEST(an_account_does_without_rules),
        TEST(a_profile_is_the_accounts_alone),
        TEST(a_secret_is_found_wherever_it_stands),
        TEST(people_do_not_get_it_either),
        TEST(what_is_no_secret_is_not_looked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
