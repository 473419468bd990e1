/*
 * Authorizations: tokens and how they are cut, what a valid one does to
 * findings, the register in the store.
 */
#include "store_fixture.h"

#include "chaperone/inspect.h"
#include "chaperone/record.h"

/* Names the row that fails. */
#define ROW(name, condition)                                                   \
    do {                                                                       \
        if (!(condition)) {                                                    \
            fail_msg("row \"%s\"", name);                                      \
        }                                                                      \
    } while (0)
#define MAIL(header) header "Content-Type: text/plain\r\n\r\nThe text.\r\n"

static GBytes *
bytes(const char *text)
{
    return g_bytes_new_static(text, strlen(text));
}

static char *
joined(const GPtrArray *named)
{
    g_autoptr(GString) out = g_string_new(NULL);
    for (guint i = 0; i < named->len; i++) {
        g_string_append_printf(out, "%s%s", i > 0 ? "|" : "",
                               (const char *)named->pdata[i]);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

/* --- tokens --------------------------------------------------------------- */

static void
subjects_lose_their_tokens(void **state)
{
    static const struct {
        const char *name, *subject, *named, *left; /* left NULL: as it was */
    } rows[] = {
        {"none", "Smile day", "", NULL},
        {"at the end", "Smile day [auth A-1]", "A-1", "Smile day"},
        {"at the beginning", "[auth A-1] Smile day", "A-1", "Smile day"},
        {"in between", "Smile [auth A-1] day", "A-1", "Smile day"},
        {"in capitals, blanks", "Smile [ AUTH  A-1 ] day", "A-1", "Smile day"},
        {"two", "[auth A] Smile day [auth b_2.c]", "A|b_2.c", "Smile day"},
        {"one twice", "A [auth A] b [auth A]", "A", "A b"},
        {"two in a row", "[auth A][auth B] Smile", "A|B", "Smile"},
        {"bracket before", "[new [auth A]] Smile", "A", "[new] Smile"},
        {"longest", "x [auth 1234567890123456789012345678901234567890]",
         "1234567890123456789012345678901234567890", "x"},
        {"too long", "x [auth 12345678901234567890123456789012345678901]", "",
         NULL},
        {"no ID", "Smile [auth]", "", NULL},
        {"no blank", "Smile [authA]", "", NULL},
        {"two words", "[auth by phone] Smile", "", NULL},
        {"other sign", "[auth A/1] Smile", "", NULL},
        {"never closed", "Smile [auth A", "", NULL},
        {"the form of a header", "Smile Auth: A-1", "", NULL},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *mail =
            g_strdup_printf(MAIL("Subject: %s\r\n"), rows[i].subject);
        g_autofree char *wanted =
            g_strdup_printf(MAIL("Subject: %s\r\n"),
                            rows[i].left ? rows[i].left : rows[i].subject);
        g_autoptr(GBytes) raw = bytes(mail);
        g_autoptr(GPtrArray) named = ch_auth_find(raw);
        g_autofree char *ids = joined(named);
        g_autoptr(GBytes) stripped = ch_auth_strip(raw);
        g_autofree char *got = g_strndup(g_bytes_get_data(stripped, NULL),
                                         g_bytes_get_size(stripped));
        ROW(rows[i].name,
            strcmp(ids, rows[i].named) == 0 && strcmp(got, wanted) == 0);
    }
}

static void
fields_are_cut_from_the_bytes(void **state)
{
    static const struct {
        const char *name, *mail, *named, *left;
    } rows[] = {
        {"header field", MAIL("Authorization-Ref: A-1\r\nFrom: a\r\n"), "A-1",
         MAIL("From: a\r\n")},
        {"in any case, folded, a list",
         MAIL("From: a\r\nAUTHORIZATION-ref: A,\r\n B C\r\n"), "A|B|C",
         MAIL("From: a\r\n")},
        {"empty", MAIL("Authorization-Ref:\r\nFrom: a\r\n"), "",
         MAIL("From: a\r\n")},
        {"what is no ID is named, too", MAIL("Authorization-Ref: a/b\r\n"),
         "a/b", MAIL("")},
        {"only a token", MAIL("Subject: [auth A]\r\nFrom: a\r\n"), "A",
         MAIL("From: a\r\n")},
        {"folded inside of a token", MAIL("Subject: Day [auth\r\n A]\r\n"), "A",
         MAIL("Subject: Day\r\n")},
        {"two subjects", MAIL("Subject: x [auth A]\r\nSubject: y [auth B]\r\n"),
         "A|B", MAIL("Subject: x\r\nSubject: y\r\n")},
        {"lone LF", "Subject: x [auth A]\n\nb\n", "A", "Subject: x\n\nb\n"},
        {"encoded", MAIL("Subject: =?utf-8?q?Ni=C3=B1a_=5Bauth_A=5D?=\r\n"),
         "A", MAIL("Subject: =?UTF-8?B?TmnDsWE=?=\r\n")},
        {"what only looks encoded stays as it is read",
         MAIL("Subject: =?utf-8?q?=3D=3Fx_[auth_A]?=\r\n"), "A",
         MAIL("Subject: =?UTF-8?B?PT94?=\r\n")},
        {"the body says nothing", MAIL("From: a\r\n") "Subject: [auth A]\r\n",
         "", MAIL("From: a\r\n") "Subject: [auth A]\r\n"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) raw = bytes(rows[i].mail);
        g_autoptr(GPtrArray) named = ch_auth_find(raw);
        g_autofree char *ids = joined(named);
        g_autoptr(GBytes) stripped = ch_auth_strip(raw);
        g_autoptr(GBytes) wanted = bytes(rows[i].left);
        ROW(rows[i].name,
            strcmp(ids, rows[i].named) == 0 && g_bytes_equal(stripped, wanted));
    }
}

static void
changes_count_fields_of_one_name(void **state)
{
    g_autoptr(GBytes) raw =
        bytes(MAIL("Subject: x\r\nAuthorization-Ref: A\r\n"
                   "Subject: y [auth B]\r\nAuthorization-Ref: C\r\n"));
    static const struct {
        const char *name, *value;
        guint occurrence;
    } rows[] = {{"Authorization-Ref", NULL, 1},
                {"Subject", "y", 2},
                {"Authorization-Ref", NULL, 2}};
    (void)state;
    g_autoptr(GPtrArray) changes = ch_auth_changes(raw);
    assert_int_equal(changes->len, G_N_ELEMENTS(rows));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const ch_auth_change *c = changes->pdata[i];
        ROW(rows[i].name, strcmp(c->name, rows[i].name) == 0 &&
                              g_strcmp0(c->value, rows[i].value) == 0 &&
                              c->occurrence == rows[i].occurrence);
    }
}

/* What is folded or encoded anew reads as before, in lines that fit. */
static void
long_subjects_are_folded(void **state)
{
    static const char *const words[] = {"smile ", "niña ", "  wide  ", "🦷"};
    (void)state;
    for (gsize w = 0; w < G_N_ELEMENTS(words); w++) {
        g_autoptr(GString) subject = g_string_new("x");
        for (guint i = 0; i < 60; i++) {
            g_string_append(subject, words[w]);
        }
        g_string_append(subject, "end");
        g_autofree char *mail =
            g_strdup_printf(MAIL("Subject: %s [auth A]\r\n"), subject->str);
        g_autoptr(GBytes) raw = bytes(mail);
        g_autoptr(GBytes) stripped = ch_auth_strip(raw);
        g_autoptr(ch_message) m = ch_message_parse(stripped);
        assert_string_equal(ch_message_header(m, "Subject"), subject->str);
        g_autofree char *head = g_strndup(g_bytes_get_data(stripped, NULL),
                                          g_bytes_get_size(stripped));
        g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
        for (guint i = 0; lines[i] != NULL; i++) {
            assert_in_range(strlen(lines[i]), 0, 78);
        }
    }
}

/* --- the walk ------------------------------------------------------------- */

#define RULE(id, action, more, word)                                           \
    "  - {id: t/" id ", title: {en: t, es: t}, severity: S1,\n"                \
    "     action: " action ", " more "confidence: high,\n"                     \
    "     signals: {w: {words: [" word "]}}, condition: w,\n"                  \
    "     advice: {en: a, es: a}, reference: r, reviewed: 2026-01-01,\n"       \
    "     examples: {match: [" word "], pass: [x]}}\n"

static const char pack[] = "pack: t\nrules:\n" RULE(
    "photo", "quarantine", "authorization: photo, ", "aaa")
    RULE("both", "quarantine", "authorization: [photo, story], ", "bbb")
        RULE("story", "quarantine", "authorization: story, ", "ccc")
            RULE("plain", "quarantine", "", "ddd")
                RULE("reject", "reject", "authorization: photo, ", "eee")
                    RULE("tag", "tag", "authorization: photo, ", "fff")
                        RULE("number", "reject", "", "7117");

/* A house with the rules above, beside those that every set needs. */
static ch_house *
make_house(fixture *f)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *file = g_build_filename(f->directory, "t.yaml", NULL);
    g_autofree char *yaml = g_strdup_printf(
        "rules: {paths: [%s/rules/structure.yaml, %s], cache: \"\"}\n"
        "gateways: {files: [%s/conf/gateways.yaml]}\n"
        "practice: {timezone: UTC}\n",
        CH_SOURCE_DIR, file, CH_SOURCE_DIR);
    assert_true(g_file_set_contents(file, pack, -1, NULL));
    ch_config *config = ch_config_parse("c.yaml", yaml, strlen(yaml), diag);
    assert_non_null(config);
    ch_house *house = ch_house_new(config, diag);
    if (house == NULL) {
        g_autofree char *text = ch_diag_dup_text(diag);
        fail_msg("%s", text);
    }
    return house;
}

static void
free_authorization(gpointer data)
{
    ch_authorization_free(data);
}

static GPtrArray *
make_register(void)
{
    static const struct {
        const char *id;
        ch_auth_scope scope;
        gint64 until_us, revoked_us;
    } rows[] = {
        {"P", CH_AUTH_PHOTO, NOW + 9 * DAY, -1},
        {"S", CH_AUTH_STORY, NOW + 9 * DAY, -1},
        {"OLD", CH_AUTH_PHOTO, NOW, -1},
        {"SOON", CH_AUTH_PHOTO, NOW + 1, -1},
        {"GONE", CH_AUTH_PHOTO, NOW + DAY, 1},
    };
    GPtrArray *known = g_ptr_array_new_with_free_func(free_authorization);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ch_authorization *a = g_new0(ch_authorization, 1);
        a->id = g_strdup(rows[i].id);
        a->scope = rows[i].scope;
        a->until_us = rows[i].until_us;
        a->revoked_us = rows[i].revoked_us;
        g_ptr_array_add(known, a);
    }
    return known;
}

static void
a_valid_one_makes_holds_tags(void **state)
{
    static const struct {
        const char *name, *subject, *text, *notes, *findings;
        ch_action verdict;
    } rows[] = {
        {"covered", "x [auth P]", "aaa", "", "photo:P", CH_TAG},
        {"no token", "x", "aaa", "", "photo:", CH_QUARANTINE},
        {"two scopes, either", "x [auth S]", "bbb", "", "both:S", CH_TAG},
        {"one each", "x [auth P] [auth S]", "aaa bbb ccc", "",
         "photo:P both:P story:S", CH_TAG},
        {"not for this", "x [auth P]", "ccc", "authorization/scope",
         "story:", CH_QUARANTINE},
        {"for a part of it", "x [auth P]", "aaa ccc", "authorization/scope",
         "story: photo:P", CH_QUARANTINE},
        {"rules that none covers", "x [auth P]", "ddd", "",
         "plain:", CH_QUARANTINE},
        {"a reject stays", "x [auth P]", "eee", "", "reject:", CH_REJECT},
        {"a tag stays", "x [auth P]", "fff", "", "tag:P", CH_TAG},
        {"nothing to cover", "x [auth P]", "ggg", "", "", CH_ACCEPT},
        {"unknown", "x [auth Q]", "aaa", "authorization/unknown",
         "photo:", CH_QUARANTINE},
        {"IDs have case", "x [auth p]", "aaa", "authorization/unknown",
         "photo:", CH_QUARANTINE},
        {"over", "x [auth OLD]", "aaa", "authorization/expired",
         "photo:", CH_QUARANTINE},
        {"to the last moment", "x [auth SOON]", "aaa", "", "photo:SOON",
         CH_TAG},
        {"revoked", "x [auth GONE]", "aaa", "authorization/revoked",
         "photo:", CH_QUARANTINE},
        {"a bad and a good one", "x [auth OLD] [auth P]", "aaa",
         "authorization/expired", "photo:P", CH_TAG},
        {"its ID is no text", "x [auth 7117]", "x", "authorization/unknown", "",
         CH_ACCEPT},
    };
    fixture *f = *state;
    g_autoptr(ch_house) house = make_house(f);
    g_autoptr(GPtrArray) known = make_register();
    const ch_ask ask = {.judge_all = TRUE, .authorizations = known};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *mail = g_strdup_printf("Subject: %s\r\n\r\n%s\r\n",
                                                rows[i].subject, rows[i].text);
        g_autoptr(GBytes) raw = bytes(mail);
        const ch_plain_post post = {.subject = rows[i].subject,
                                    .text = rows[i].text};
        for (guint plain = 0; plain < 2; plain++) {
            g_autoptr(ch_envelope) e = ch_envelope_new();
            ch_envelope_set_sender(e, "a@practice.example", NULL);
            e->time_us = NOW;
            g_autoptr(ch_verdict) v =
                plain ? ch_inspect_plain(house, e, &post, &ask, NULL)
                      : ch_inspect(house, e, raw, &ask, NULL);
            g_autofree char *notes = ch_verdict_dup_notes(v);
            g_autoptr(GString) found = g_string_new(NULL);
            for (guint k = 0; k < v->findings->len; k++) {
                const ch_finding *x =
                    &g_array_index(v->findings, ch_finding, k);
                g_string_append_printf(
                    found, "%s%s:%s", k > 0 ? " " : "", x->rule->id + 2,
                    x->authorization != NULL ? x->authorization : "");
            }
            ROW(rows[i].name, v->action == rows[i].verdict &&
                                  strcmp(notes, rows[i].notes) == 0 &&
                                  strcmp(found->str, rows[i].findings) == 0);
        }
    }
}

static void
offsets_are_those_of_the_whole_subject(void **state)
{
    static const char subject[] = "[auth P] Ni\xc3\xb1"
                                  "a [auth S] aaa";
    fixture *f = *state;
    g_autoptr(ch_house) house = make_house(f);
    const ch_ask ask = {.judge_all = TRUE};
    const ch_plain_post post = {.subject = subject};
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, &ask, NULL);
    assert_int_equal(v->findings->len, 1);
    const ch_finding *x = &g_array_index(v->findings, ch_finding, 0);
    assert_int_equal(x->where, CH_WHERE_SUBJECT);
    assert_int_equal(x->span.start, strlen(subject) - 3);
    assert_int_equal(x->span.end, strlen(subject));
}

/* It must still be valid when the post is published. */
static void
a_delay_counts(void **state)
{
    static const struct {
        const char *name, *text;
        ch_action verdict;
    } rows[] = {
        {"before its last day", "aaa [delay +8 days]", CH_TAG},
        {"after it", "aaa [delay +10 days]", CH_QUARANTINE},
        {"a time that nobody knows", "aaa [delay soon]", CH_TAG},
    };
    fixture *f = *state;
    g_autoptr(ch_house) house = make_house(f);
    g_autoptr(GPtrArray) known = make_register();
    const ch_ask ask = {.gateway = "wordpress", .authorizations = known};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const ch_plain_post post = {.subject = "x [auth P]",
                                    .text = rows[i].text};
        g_autoptr(ch_envelope) e = ch_envelope_new();
        e->time_us = NOW;
        g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, &ask, NULL);
        ROW(rows[i].name, v->action == rows[i].verdict);
    }
}

/* --- the register --------------------------------------------------------- */

static gboolean
add(fixture *f, const char *id, GError **error)
{
    const ch_authorization a = {.id = (char *)id,
                                .scope = CH_AUTH_STORY,
                                .until = (char *)"2027-01-31",
                                .until_us = NOW + DAY};
    const ch_decision who = {.reviewer = "dana", .uid = 7, .time_us = NOW};
    return ch_store_add_authorization(f->store, &a, &who, error);
}

static void
an_id_is_added_once_and_revoked_once(void **state)
{
    fixture *f = *state;
    GError *error = NULL;
    const ch_decision who = {
        .reviewer = "eli", .uid = 8, .note = "asked", .time_us = NOW + 1};
    assert_true(add(f, "A", &error));
    assert_true(add(f, "a", &error));
    assert_false(add(f, "A", &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_true(ch_store_revoke_authorization(f->store, "A", &who, &error));
    assert_false(ch_store_revoke_authorization(f->store, "A", &who, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(ch_store_revoke_authorization(f->store, "B", &who, &error));
    assert_error_code(&error, CH_ERROR_NOTFOUND);
    assert_false(add(f, "A", &error));
    assert_error_code(&error, CH_ERROR_STATE);

    g_autoptr(GPtrArray) list = ch_store_authorizations(f->store, &error);
    assert_no_error(error);
    assert_int_equal(list->len, 2);
    const ch_authorization *a = list->pdata[0];
    assert_string_equal(a->id, "A");
    assert_int_equal(a->scope, CH_AUTH_STORY);
    assert_string_equal(a->until, "2027-01-31");
    assert_true(a->until_us == NOW + DAY && a->added_us == NOW &&
                a->revoked_us == NOW + 1);
    assert_string_equal(a->added_by, "dana");
    assert_string_equal(a->revoked_by, "eli");
    assert_int_equal(((const ch_authorization *)list->pdata[1])->revoked_us,
                     -1);
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM ledger WHERE id = 'A' AND"
                      " (event = 'authorization-added' AND uid = 7 AND"
                      " note = 'story until 2027-01-31' OR"
                      " event = 'authorization-revoked' AND uid = 8 AND"
                      " actor = 'eli' AND"
                      " note = 'story until 2027-01-31: asked')"),
        2);
}

static void
ids_have_their_alphabet(void **state)
{
    (void)state;
    assert_true(ch_auth_is_id("2026-0117"));
    assert_true(ch_auth_is_id("a._-Z"));
    assert_false(ch_auth_is_id(""));
    assert_false(ch_auth_is_id("a b"));
    assert_false(ch_auth_is_id("a\"b"));
    assert_false(ch_auth_is_id("\xc3\xb1"));
    assert_true(ch_auth_is_id("1234567890123456789012345678901234567890"));
    assert_false(ch_auth_is_id("12345678901234567890123456789012345678901"));
}

#define WITH_STORE(test)                                                       \
    cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects_lose_their_tokens),
        cmocka_unit_test(fields_are_cut_from_the_bytes),
        cmocka_unit_test(changes_count_fields_of_one_name),
        cmocka_unit_test(long_subjects_are_folded),
        WITH_STORE(a_valid_one_makes_holds_tags),
        WITH_STORE(offsets_are_those_of_the_whole_subject),
        WITH_STORE(a_delay_counts),
        WITH_STORE(an_id_is_added_once_and_revoked_once),
        cmocka_unit_test(ids_have_their_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
