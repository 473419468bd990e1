/* The walk as a whole: scope, destinations, replies, languages, reports. */
#include "unit.h"

#include "chaperone/directive.h"
#include "chaperone/report.h"

#include <json-glib/json-glib.h>

#define FILES                                                                  \
    "rules: {paths: [" CH_SOURCE_DIR "/rules]}\n"                              \
    "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n"
#define WORDPRESS "bako123dela@post.wordpress.com"
#define ZAPIER    "a1b2c3d4@robot.zapier.com"
#define PERSON    "tom@example.com"

/* Loading all rules takes seconds under sanitizers: config to ch_house. */
static GHashTable *houses;

static int
make_houses(void **state)
{
    (void)state;
    houses = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                   (GDestroyNotify)ch_house_unref);
    return 0;
}

static int
free_houses(void **state)
{
    (void)state;
    g_hash_table_unref(houses);
    return 0;
}

static ch_house *
load_house(const char *config)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *yaml = g_strconcat(FILES, config, NULL);
    ch_config *c = ch_config_parse("c", yaml, strlen(yaml), diag);
    ch_house *house = c == NULL ? NULL : ch_house_new(c, diag);
    if (house == NULL) {
        g_autofree char *errors = ch_diag_dup_text(diag);
        fail_msg("%s", errors);
    }
    return house;
}

static ch_house *
house_of(const char *config)
{
    ch_house *house = g_hash_table_lookup(houses, config);
    if (house == NULL) {
        house = load_house(config);
        g_hash_table_insert(houses, g_strdup(config), house);
    }
    return ch_house_ref(house);
}

static ch_envelope *
envelope_of(const char *sender, const char *to, const char *to2)
{
    ch_envelope *e = ch_envelope_new();
    ch_envelope_set_sender(e, sender, NULL);
    ch_envelope_add_recipient(e, to, NULL, NULL);
    if (to2 != NULL) {
        ch_envelope_add_recipient(e, to2, NULL, NULL);
    }
    e->time_us = G_GINT64_CONSTANT(1795348800) * G_USEC_PER_SEC;
    return e;
}

static ch_verdict *
judge(ch_house *house, const ch_envelope *e, const char *mail)
{
    g_autoptr(GBytes) raw = g_bytes_new_static(mail, strlen(mail));
    g_autoptr(GError) error = NULL;
    ch_verdict *v = ch_inspect(house, e, raw, NULL, &error);
    assert_non_null(v);
    return v;
}

#define HEAD "From: ana@practice.example\r\nSubject: News\r\n"
#define BAD  HEAD "\r\nHer number is 512-34-6789.\r\n"
#define GOOD HEAD "\r\nWe are open on Friday.\r\n"
#define REPORT                                                                 \
    "From: mailer-daemon@example.com\r\nSubject: Undelivered\r\n"              \
    "Content-Type: multipart/report; report-type=delivery-status;"             \
    " boundary=b\r\n\r\n--b\r\n\r\nssn 512-34-6789\r\n--b\r\n"                 \
    "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n"   \
    "--b--\r\n"

typedef struct {
    const char *name, *config, *sender, *to, *to2, *mail;
    gboolean in_scope;
    ch_action action;
    guint destinations;
} row;

static const row rows[] = {
    {"post to a gateway", "", "<a@b.example>", "<" WORDPRESS ">", NULL, GOOD,
     TRUE, CH_ACCEPT, 1},
    {"violation to a gateway", "", "<a@b.example>", "<" WORDPRESS ">", NULL,
     BAD, TRUE, CH_REJECT, 1},
    {"violation to a person", "", "<a@b.example>", "<" PERSON ">", NULL, BAD,
     FALSE, CH_ACCEPT, 0},
    {"person, all mail judged", "scope: all\n", "<a@b.example>", "<" PERSON ">",
     NULL, BAD, TRUE, CH_REJECT, 0},
    {"person and gateway", "", "<a@b.example>", "<" PERSON ">", "<" ZAPIER ">",
     BAD, TRUE, CH_REJECT, 1},
    {"two gateways", "", "<a@b.example>", "<" WORDPRESS ">", "<" ZAPIER ">",
     BAD, TRUE, CH_REJECT, 2},
    {"empty sender: hold instead", "", "<>", "<" WORDPRESS ">", NULL, BAD, TRUE,
     CH_QUARANTINE, 1},
    {"automatic: hold instead", "", "<a@b.example>", "<" WORDPRESS ">", NULL,
     "Auto-Submitted: auto-generated\r\n" BAD, TRUE, CH_QUARANTINE, 1},
    {"Auto-Submitted: no is a person", "", "<a@b.example>", "<" WORDPRESS ">",
     NULL, "Auto-Submitted: no\r\n" BAD, TRUE, CH_REJECT, 1},
    {"delivery report to a person", "scope: all\n", "<>", "<" PERSON ">", NULL,
     REPORT, FALSE, CH_ACCEPT, 0},
    {"delivery report with a sender", "scope: all\n", "<x@y.example>",
     "<" PERSON ">", NULL, REPORT, TRUE, CH_REJECT, 0},
    {"delivery report to a gateway", "", "<>", "<" WORDPRESS ">", NULL, REPORT,
     TRUE, CH_QUARANTINE, 1},
    {"monitor mode stops nothing", "mode: monitor\n", "<a@b.example>",
     "<" WORDPRESS ">", NULL, BAD, TRUE, CH_ACCEPT, 1},
    {"override for one of two gateways",
     "overrides: [{rule: privacy/us-ssn, gateway: zapier, action: tag, "
     "until: 2027-01-01, reason: x}]\n",
     "<a@b.example>", "<" ZAPIER ">", NULL, BAD, TRUE, CH_TAG, 1},
};

static void
test_scope_and_verdict(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const row *r = &rows[i];
        g_autoptr(ch_house) house = house_of(r->config);
        g_autoptr(ch_envelope) e = envelope_of(r->sender, r->to, r->to2);
        g_autoptr(ch_verdict) v = judge(house, e, r->mail);
        if (v->in_scope != r->in_scope || v->action != r->action ||
            v->destinations->len != r->destinations) {
            fail_msg("%s: %s, scope %d, %u destinations", r->name,
                     ch_action_name(v->action), v->in_scope,
                     v->destinations->len);
        }
    }
}

static void
test_monitor_mode_remembers_what_would_be(void **state)
{
    g_autoptr(ch_house) house = house_of("mode: monitor\n");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    g_autoptr(ch_verdict) v = judge(house, e, BAD);
    (void)state;
    assert_int_equal(v->unmonitored, CH_REJECT);
    assert_int_equal(v->findings->len, 1);
}

static void
test_replies_are_recognised(void **state)
{
    static const struct {
        const char *name, *subject, *text;
        gboolean reply;
    } posts[] = {
        {"subject Re", "Re: your review", "Thanks", TRUE},
        {"Spanish subject", "RV: comentario", "Gracias", TRUE},
        {"owner's response", "Response from the owner", "Thanks", TRUE},
        {"handle first", "", "@dee_w thank you", TRUE},
        {"quoted text", "News", "Thanks\n> you were late", TRUE},
        {"reading list", "Reading about sleep", "Sleep well", FALSE},
        {"plain post", "News", "We are open", FALSE},
    };
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(posts); i++) {
        ch_plain_post post = {.subject = posts[i].subject,
                              .text = posts[i].text};
        g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, NULL, NULL);
        if (v->is_reply != posts[i].reply) {
            fail_msg("%s: %d", posts[i].name, v->is_reply);
        }
    }
    g_autoptr(ch_verdict) v =
        judge(house, e, "In-Reply-To: <x@y.example>\r\n" GOOD);
    assert_true(v->is_reply);
}

static void
test_language(void **state)
{
    static const struct {
        const char *text;
        gboolean spanish;
    } posts[] = {
        {"Abrimos el lunes para las vacunas de la gripe.", TRUE},
        {"We open on Monday for the flu shots.", FALSE},
        {"Hola! Flu shots in the office and at the market.", FALSE},
        {"", FALSE},
    };
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(posts); i++) {
        ch_plain_post post = {.text = posts[i].text};
        g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, NULL, NULL);
        assert_int_equal(v->spanish, posts[i].spanish);
    }
}

static JsonObject *
parse(JsonParser *parser, const char *json)
{
    assert_true(json_parser_load_from_data(parser, json, -1, NULL));
    return json_node_get_object(json_parser_get_root(parser));
}

static void
test_json_is_the_contract(void **state)
{
    static const char *const keys[] = {
        "input", "verdict",   "gateways", "gateway",    "findings",  "notes",
        "bytes", "unscanned", "class",    "suggestion", "elapsed_us"};
    static const char *const finding_keys[] = {
        "rule", "action", "confidence", "where", "part",   "start",
        "end",  "line",   "masked",     "title", "advice", "reference"};
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    g_autoptr(ch_verdict) v = judge(
        house, e,
        "Subject: News\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\n\r\nHi\r\nHer number is 512-34-6789.\r\n--b\r\nContent-Type: "
        "application/x-chart; name=\"c.bin\"\r\n\r\nxx\r\n--b--\r\n");
    g_autofree char *json = ch_report_json(v, "post.eml", NULL, 5);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *o = parse(parser, json);
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        assert_true(json_object_has_member(o, keys[i]));
    }
    assert_int_equal(json_object_get_size(o), G_N_ELEMENTS(keys));
    assert_null(strchr(json, '\n'));
    JsonArray *findings = json_object_get_array_member(o, "findings");
    assert_int_equal(json_array_get_length(findings), 2);
    JsonObject *f = json_array_get_object_element(findings, 0);
    for (guint i = 0; i < G_N_ELEMENTS(finding_keys); i++) {
        assert_true(json_object_has_member(f, finding_keys[i]));
    }
    assert_string_equal(json_object_get_string_member(f, "part"), "1");
    assert_int_equal(json_object_get_int_member(f, "start"), 18);
    assert_int_equal(json_object_get_int_member(f, "end"), 29);
    assert_int_equal(json_object_get_int_member(f, "line"), 2);
    JsonArray *unscanned = json_object_get_array_member(o, "unscanned");
    JsonObject *u = json_array_get_object_element(unscanned, 0);
    assert_string_equal(json_object_get_string_member(u, "name"), "c.bin");
    assert_string_equal(json_object_get_string_member(u, "reason"),
                        "unsupported");
    JsonObject *g = json_object_get_object_member(o, "gateway");
    assert_string_equal(json_object_get_string_member(g, "name"), "wordpress");
    assert_string_equal(json_object_get_string_member(g, "publish_at"),
                        "2026-11-22T12:00:00Z");
}

static void
test_json_of_a_gateway(void **state)
{
    static const char *const keys[] = {
        "name",         "account",  "recipient", "verdict",    "publish_at",
        "publish_rule", "title",    "status",    "visibility", "tags",
        "categories",   "networks", "published", "cut"};
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    g_autoptr(ch_verdict) v =
        judge(house, e,
              HEAD "\r\n[tags a, b][status draft][publicize off]\r\nHi.\r\n"
                   "\r\n[end]\r\nBye.\r\n");
    g_autofree char *json = ch_report_json(v, "post.eml", NULL, 5);
    g_autoptr(JsonParser) parser = json_parser_new();
    JsonObject *g =
        json_object_get_object_member(parse(parser, json), "gateway");
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
        assert_true(json_object_has_member(g, keys[i]));
    }
    assert_int_equal(json_object_get_size(g), G_N_ELEMENTS(keys));
    assert_string_equal(json_object_get_string_member(g, "title"), "News");
    assert_string_equal(json_object_get_string_member(g, "status"), "draft");
    assert_string_equal(json_object_get_string_member(g, "visibility"),
                        "draft");
    assert_string_equal(json_object_get_string_member(g, "publish_rule"),
                        "draft");
    assert_true(json_object_get_null_member(g, "publish_at"));
    JsonArray *networks = json_object_get_array_member(g, "networks");
    assert_int_equal(json_array_get_length(networks), 0);
    JsonArray *tags = json_object_get_array_member(g, "tags");
    assert_int_equal(json_array_get_length(tags), 2);
    JsonObject *piece = json_array_get_object_element(
        json_object_get_array_member(g, "published"), 0);
    assert_int_equal(json_object_get_int_member(piece, "start"), 42);
    assert_int_equal(json_object_get_int_member(piece, "end"), 45);
    piece = json_array_get_object_element(
        json_object_get_array_member(g, "cut"), 0);
    assert_int_equal(json_object_get_int_member(piece, "start"), 49);
    assert_int_equal(json_object_get_int_member(piece, "end"), 62);
    assert_string_equal(json_object_get_string_member(piece, "rule"), "end");
}

/* Notes of a mail, ids joined by blanks.  Owned. */
static char *
notes_of(const ch_verdict *v)
{
    GString *ids = g_string_new(NULL);
    for (guint i = 0; i < v->notes->len; i++) {
        g_string_append_printf(ids, "%s%s", i > 0 ? " " : "",
                               ((const ch_note *)v->notes->pdata[i])->id);
    }
    return g_string_free(ids, FALSE);
}

static void
test_hints_change_no_verdict(void **state)
{
    static const struct {
        const char *to, *mail, *notes;
    } mails[] = {
        {WORDPRESS, HEAD "\r\n[delay +1 hour]\r\nWe are open on Friday.\r\n",
         "gateway/relative-delay"},
        {WORDPRESS, HEAD "\r\n[delay soon]\r\nWe are open on Friday.\r\n",
         "gateway/time-not-understood"},
        {WORDPRESS, HEAD "\r\n[tags]\r\nWe are open on Friday.\r\n",
         "gateway/directive-malformed"},
        {WORDPRESS, HEAD "\r\n[title a][title b]\r\nWe are open on Friday.\r\n",
         "gateway/directive-twice"},
        {WORDPRESS,
         HEAD "\r\nWe are open on Friday.\r\n\r\n[end]\r\n[tags a]\r\n",
         "gateway/directive-after-end"},
        {WORDPRESS,
         "To: " WORDPRESS ", " PERSON "\r\n" HEAD
         "\r\nWe are open on Friday.\r\n",
         "gateway/address-visible"},
        {"trigger@applet.ifttt.com",
         HEAD "Content-Type: image/png; name=x.png\r\n\r\nxx\r\n",
         "structure/unsupported gateway/ifttt-public-url"},
        {WORDPRESS, GOOD, ""},
    };
    g_autoptr(ch_house) house = house_of("");
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(mails); i++) {
        g_autofree char *to = g_strdup_printf("<%s>", mails[i].to);
        g_autoptr(ch_envelope) e = envelope_of("<a@b.example>", to, NULL);
        g_autoptr(ch_verdict) v = judge(house, e, mails[i].mail);
        g_autofree char *notes = notes_of(v);
        assert_string_equal(notes, mails[i].notes);
        assert_int_equal(v->action, CH_ACCEPT);
    }
}

static void
test_a_gateway_that_is_gone(void **state)
{
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<post@posterous.com>", "<" WORDPRESS ">");
    g_autoptr(ch_verdict) v = judge(house, e, GOOD);
    (void)state;
    assert_int_equal(v->action, CH_REJECT);
    assert_int_equal(v->findings->len, 1);
    const ch_finding *f = &g_array_index(v->findings, ch_finding, 0);
    assert_string_equal(f->rule->id, "structure/dead-gateway");
    assert_int_equal(g_array_index(v->destinations, ch_destination, 0).verdict,
                     CH_REJECT);
    assert_int_equal(g_array_index(v->destinations, ch_destination, 1).verdict,
                     CH_ACCEPT);
    g_autoptr(ch_envelope) person =
        envelope_of("<a@b.example>", "<jane.doe@posterous.com>", NULL);
    g_autoptr(ch_verdict) mail = judge(house, person, BAD);
    assert_false(mail->in_scope);
    assert_int_equal(mail->action, CH_ACCEPT);
}

static void
test_one_reading_for_many_recipients(void **state)
{
    static const char *const to[] = {
        "<a1@post.wordpress.com>", "<b2@post.wordpress.com>",
        "<a+private@photos.flickr.com>", "<b+private@photos.flickr.com>",
        "<c@photos.flickr.com>"};
    const ch_posting *got[G_N_ELEMENTS(to)];
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e = ch_envelope_new();
    (void)state;
    ch_envelope_set_sender(e, "<a@b.example>", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(to); i++) {
        ch_envelope_add_recipient(e, to[i], NULL, NULL);
    }
    g_autoptr(ch_verdict) v = judge(house, e, GOOD);
    assert_int_equal(v->destinations->len, G_N_ELEMENTS(to));
    for (guint i = 0; i < G_N_ELEMENTS(to); i++) {
        got[i] = g_array_index(v->destinations, ch_destination, i).posting;
    }
    assert_ptr_equal(got[0], got[1]);
    assert_ptr_equal(got[2], got[3]);
    assert_ptr_not_equal(got[3], got[4]);
    assert_int_equal(got[2]->visibility, CH_SEEN_PRIVATE);
    assert_int_equal(got[4]->visibility, CH_SEEN_SITE);
}

static void
test_views_that_differ(void **state)
{
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    ch_plain_post post = {
        .subject = "S", .text = "[status draft]\nHi.", .html = "<p>Hi.</p>"};
    g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, NULL, NULL);
    (void)state;
    assert_int_equal(v->action, CH_QUARANTINE);
    const ch_finding *f = &g_array_index(v->findings, ch_finding, 0);
    assert_string_equal(f->rule->id, "structure/directive-mismatch");
    post.html = "<p>[Status Draft]</p><p>Hi.</p>";
    g_autoptr(ch_verdict) same = ch_inspect_plain(house, e, &post, NULL, NULL);
    assert_int_equal(same->action, CH_ACCEPT);
}

/* Text and HTML of a post that is no message have no parts to tell them
 * apart: nothing is taken for cut off. */
static void
test_no_cut_without_parts(void **state)
{
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    ch_plain_post post = {.text = "Hi.\n\n[end]\nWhat a shitshow.",
                          .html = "<p>Hi. What a shitshow.</p>"};
    g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, NULL, NULL);
    (void)state;
    assert_int_equal(v->action, CH_QUARANTINE);
    post.html = NULL;
    g_autoptr(ch_verdict) cut = ch_inspect_plain(house, e, &post, NULL, NULL);
    assert_int_equal(cut->action, CH_ACCEPT);
    assert_int_equal(cut->findings->len, 1);
}

static void
test_media_are_a_note(void **state)
{
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    g_autoptr(ch_verdict) v = judge(
        house, e, HEAD "Content-Type: image/png; name=x.png\r\n\r\nxx\r\n");
    (void)state;
    assert_int_equal(v->action, CH_ACCEPT);
    assert_int_equal(v->findings->len, 0);
    assert_int_equal(v->notes->len, 1);
    const ch_note *note = v->notes->pdata[0];
    assert_string_equal(note->id, "structure/unsupported");
}

static void
test_masked_shows_no_identifier(void **state)
{
    static const char *const texts[] = {
        "Her number is 512-34-6789.", "MBI 3TC7-WH2-PX41",
        "Her cell is 614-555-0187 today", "DOB 4/17/1961"};
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", NULL);
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        ch_plain_post post = {.text = texts[i]};
        g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, NULL, NULL);
        assert_true(v->findings->len > 0);
        g_autofree char *masked =
            ch_report_dup_masked(&g_array_index(v->findings, ch_finding, 0));
        assert_non_null(masked);
        for (guint k = 1; masked[k] != '\0'; k++) {
            assert_false(g_ascii_isdigit(masked[k]));
        }
        g_autofree char *findings = ch_report_findings_json(v);
        assert_null(strstr(findings, "masked"));
    }
}

static void
test_lists_for_records(void **state)
{
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e =
        envelope_of("<a@b.example>", "<" WORDPRESS ">", "<" ZAPIER ">");
    g_autoptr(ch_verdict) v = judge(
        house, e,
        HEAD "\r\nHer number is 512-34-6789, and 512-34-6790. What a shitshow"
             ".\r\n");
    (void)state;
    g_autofree char *rules = ch_verdict_dup_rules(v);
    g_autofree char *gateways = ch_verdict_dup_gateways(v);
    assert_string_equal(rules, "privacy/us-ssn,professionalism/profanity");
    assert_string_equal(gateways, "wordpress,zapier");
    assert_int_equal(ch_verdict_publish_at(v), e->time_us);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scope_and_verdict),
        cmocka_unit_test(test_monitor_mode_remembers_what_would_be),
        cmocka_unit_test(test_replies_are_recognised),
        cmocka_unit_test(test_language),
        cmocka_unit_test(test_json_is_the_contract),
        cmocka_unit_test(test_json_of_a_gateway),
        cmocka_unit_test(test_hints_change_no_verdict),
        cmocka_unit_test(test_a_gateway_that_is_gone),
        cmocka_unit_test(test_one_reading_for_many_recipients),
        cmocka_unit_test(test_views_that_differ),
        cmocka_unit_test(test_no_cut_without_parts),
        cmocka_unit_test(test_media_are_a_note),
        cmocka_unit_test(test_masked_shows_no_identifier),
        cmocka_unit_test(test_lists_for_records),
    };
    return cmocka_run_group_tests(tests, make_houses, free_houses);
}
