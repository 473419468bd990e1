/* Drafts: which mails are some, who is answered, what the report says. */
#include "unit.h"

#include "chaperone/draft.h"
#include "store_fixture.h"

#define CHECK  "check@social.b.example"
#define BLOG   "bako123dela@post.wordpress.com"
#define PERSON "pat@example.com"

/* rules: "" for all of them, which takes seconds. */
static ch_house *
house_with(const char *address, const char *rules)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *yaml = g_strdup_printf(
        "rules: {paths: [" CH_SOURCE_DIR "/rules%s], cache: \"\"}\n"
        "practice: {contact: Ask Dana}\n"
        "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n"
        "check: {address: \"%s\"}\n",
        rules, address);
    ch_config *c = ch_config_parse("c.yaml", yaml, strlen(yaml), diag);
    assert_non_null(c);
    c->rules_drafts = TRUE;
    return ch_house_new(c, diag);
}

static ch_house *
house_of(const char *address)
{
    return house_with(address, "/structure.yaml");
}

static ch_envelope *
envelope_to(const char *to, const char *to2)
{
    ch_envelope *e = ch_envelope_new();
    ch_envelope_set_sender(e, "<ana@b.example>", NULL);
    ch_envelope_add_recipient(e, to, NULL, NULL);
    if (to2 != NULL) {
        ch_envelope_add_recipient(e, to2, NULL, NULL);
    }
    e->time_us = NOW;
    return e;
}

static void
which_mails_are_drafts(void **state)
{
    static const struct {
        const char *to, *to2, *subject;
        gboolean draft, people;
    } rows[] = {
        {CHECK, NULL, "Hello", TRUE, FALSE},
        {"<CHECK@Social.B.example>", NULL, "Hello", TRUE, FALSE},
        {CHECK, BLOG, "Hello", TRUE, FALSE},
        {CHECK, PERSON, "Hello", TRUE, TRUE},
        {BLOG, NULL, "Hello", FALSE, FALSE},
        {BLOG, NULL, "[check] Hello", TRUE, FALSE},
        {BLOG, NULL, "Hello [ CHECK ]", TRUE, FALSE},
        {BLOG, NULL, "=?utf-8?b?W2NoZWNrXSBIZWxsbw==?=", TRUE, FALSE},
        {BLOG, NULL, "=?utf-8?q?=5Bche?=\r\n =?utf-8?q?ck=5D?=", TRUE, FALSE},
        {BLOG, PERSON, "[check]", TRUE, TRUE},
        {BLOG, NULL, "[checked] [check up] check [check", FALSE, FALSE},
        {PERSON, NULL, "[check] the boiler", FALSE, TRUE},
    };
    g_autoptr(ch_house) house = house_of(CHECK);
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_envelope) e = envelope_to(rows[i].to, rows[i].to2);
        g_autofree char *mail = g_strdup_printf(
            "From: a@b.example\r\nSubject: %s\r\n\r\n[check]\r\n",
            rows[i].subject);
        g_autoptr(GBytes) raw = g_bytes_new(mail, strlen(mail));
        if (ch_draft_is_one(house, e, raw) != rows[i].draft ||
            ch_draft_has_people(house, e) != rows[i].people) {
            fail_msg("%s, %s: %s", rows[i].to, rows[i].to2, rows[i].subject);
        }
    }
}

static void
without_an_address_only_the_mark_counts(void **state)
{
    g_autoptr(ch_house) house = house_of("");
    g_autoptr(ch_envelope) e = envelope_to(CHECK, NULL);
    g_autoptr(ch_envelope) f = envelope_to(BLOG, NULL);
    g_autoptr(GBytes) raw = bytes_of("Subject: [check]\r\n\r\n");
    (void)state;
    assert_false(ch_draft_is_one(house, e, raw));
    assert_true(ch_draft_is_one(house, f, raw));
    assert_null(house_of(BLOG)); /* the address of a gateway */
}

static void
programs_get_no_answer(void **state)
{
    static const struct {
        const char *header;
        gboolean automatic;
    } rows[] = {
        {"", FALSE},
        {"Auto-Submitted: no\r\n", FALSE},
        {"Auto-Submitted: No; owner-email=x\r\n", FALSE},
        {"Auto-Submitted: auto-generated\r\n", TRUE},
        {"Auto-Submitted: notify\r\n", TRUE},
        {"auto-submitted : auto-replied (vacation)\r\n", TRUE},
        {"Precedence: first-class\r\n", FALSE},
        {"Precedence: Bulk\r\n", TRUE},
        {"List-Id: <a.b>\r\n", TRUE},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_envelope) e = envelope_to(CHECK, NULL);
        g_autofree char *mail =
            g_strdup_printf("Subject: a\r\n%s\r\nHi\r\n", rows[i].header);
        g_autoptr(GBytes) raw = bytes_of(mail);
        if (ch_draft_is_automatic(e, raw) != rows[i].automatic) {
            fail_msg("%s", rows[i].header);
        }
        ch_envelope_set_sender(e, "<>", NULL);
        assert_true(ch_draft_is_automatic(e, raw));
    }
}

static char *
report_on(ch_house *house, const char *to, const char *mail)
{
    g_autoptr(ch_envelope) e = envelope_to(to, NULL);
    g_autoptr(GBytes) raw = bytes_of(mail);
    const ch_ask ask = {.judge_all = TRUE};
    g_autoptr(ch_verdict) v = ch_inspect(house, e, raw, &ask, NULL);
    assert_non_null(v);
    return ch_draft_dup_report(v);
}

static void
a_report_is_in_plain_words(void **state)
{
    static const struct {
        const char *name, *to, *mail, *has[4], *lacks[3];
    } rows[] = {
        {"harmless",
         CHECK,
         "Subject: Water\r\n\r\nDrink more of it.\r\n",
         {"It went to nobody", "it would be published.", "Ask Dana"},
         {"What was found", "Where it would appear", "Drink"}},
        {"identifiers",
         CHECK,
         "Subject: Kettlewell\r\n\r\nHello.\r\n\r\nHer number is "
         "512-34-6789, Wilhelmina.\r\n",
         {"it would be refused", "What was found:\n- ", "(body, line 3"},
         {"6789", "Wilhelmina", "Kettlewell"}},
        {"with a time",
         BLOG,
         "Subject: Water\r\n\r\n[delay +2 hours]\r\nDrink more of it.\r\n",
         {"Where it would appear:\n- WordPress.com: public, at 20", "UTC)",
          "Good to know:\n- "},
         {"bako123dela"}},
        {"at once",
         BLOG,
         "Subject: Water\r\n\r\nDrink more of it.\r\n",
         {"WordPress.com: public, at once"},
         {NULL}},
        {"Spanish",
         CHECK,
         "Subject: Agua\r\n\r\nBeba mas agua en los dias de calor, por la "
         "salud de su familia y de los suyos.\r\n",
         {"Su borrador fue revisado", "se publicar"},
         {"draft"}},
    };
    g_autoptr(ch_house) house = house_with(CHECK, "");
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = report_on(house, rows[i].to, rows[i].mail);
        for (guint k = 0; k < G_N_ELEMENTS(rows[i].has); k++) {
            if (rows[i].has[k] != NULL && strstr(got, rows[i].has[k]) == NULL) {
                fail_msg("%s lacks \"%s\":\n%s", rows[i].name, rows[i].has[k],
                         got);
            }
        }
        for (guint k = 0; k < G_N_ELEMENTS(rows[i].lacks); k++) {
            if (rows[i].lacks[k] != NULL &&
                strstr(got, rows[i].lacks[k]) != NULL) {
                fail_msg("%s has \"%s\":\n%s", rows[i].name, rows[i].lacks[k],
                         got);
            }
        }
    }
}

/* --- in the store ----------------------------------------------------------
 */

static gboolean
add(const fixture *f, const char *author, gint64 time_us)
{
    char id[CH_ID_LENGTH + 1];
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = bytes_of("Subject: x\r\n\r\n");
    const ch_outgoing report = {
        .kind = "checked", .recipient = "a@b.example", .mail = mail};
    ch_id_new(time_us, id);
    const ch_draft_record draft = {.id = id,
                                   .author = author,
                                   .gateways = "",
                                   .rules = "",
                                   .verdict = "accept",
                                   .time_us = time_us,
                                   .per_hour = 2,
                                   .report = &report};
    gboolean within = FALSE;
    assert_true(ch_store_add_draft(f->store, &draft, &within, &error));
    return within;
}

static void
so_many_reports_in_an_hour(void **state)
{
    const fixture *f = *state;
    const gint64 minute = 60 * (gint64)G_USEC_PER_SEC;
    assert_true(add(f, "ana", NOW));
    assert_true(add(f, "ana", NOW + minute));
    assert_false(add(f, "ana", NOW + 2 * minute));
    assert_true(add(f, "bea", NOW + 2 * minute));
    assert_false(add(f, "ana", NOW + 59 * minute));
    assert_true(add(f, "ana", NOW + 60 * minute));
    assert_false(add(f, "ana", NOW + 60 * minute));
    g_autoptr(GPtrArray) due =
        ch_store_outbox_due(f->store, NOW + DAY, 10, NULL);
    assert_int_equal(due->len, 4);
    g_autoptr(GPtrArray) items = ch_store_list(f->store, ~0u, NULL);
    assert_int_equal(items->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_mails_are_drafts),
        cmocka_unit_test(without_an_address_only_the_mark_counts),
        cmocka_unit_test(programs_get_no_answer),
        cmocka_unit_test(a_report_is_in_plain_words),
        cmocka_unit_test_setup_teardown(so_many_reports_in_an_hour,
                                        fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
