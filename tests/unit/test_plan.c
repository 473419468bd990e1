/*
 * Plan: who goes on, who is held; and what is announced about it.
 */
#include "chaperone/announce.h"
#include "chaperone/plan.h"

#include <glib/gstdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define BLOG   "kavo123pelu@post.wordpress.com"
#define BLOG2  "riso456tame@post.wordpress.com"
#define PERSON "pat.reed@example.com"

static ch_house *
load_house(const char *yaml)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *text = g_strconcat(
        "rules: {paths: [" CH_SOURCE_DIR "/rules/structure.yaml, " CH_SOURCE_DIR
        "/tests/e2e/rules]}\ngateways: {files: [" CH_SOURCE_DIR
        "/conf/gateways.yaml]}\n",
        yaml, NULL);
    ch_config *config = ch_config_parse("t", text, strlen(text), diag);
    ch_house *house = config == NULL ? NULL : ch_house_new(config, diag);
    if (house == NULL) {
        g_autofree char *wrong = ch_diag_dup_text(diag);
        fail_msg("%s", wrong);
    }
    return house;
}

typedef struct {
    const char *row, *yaml, *word;
    const char *recipients[4];
    gboolean can_delete;
    ch_plan_kind kind;
    const char *held; /* indexes */
} plan_row;

static const plan_row plans[] = {
    {"accept", "", "harmless", {BLOG}, TRUE, CH_PLAN_PASS, ""},
    {"tag", "", "zibbletag", {BLOG}, TRUE, CH_PLAN_PASS, ""},
    {"hold", "", "zibblehold", {BLOG}, TRUE, CH_PLAN_HOLD, ""},
    {"reject", "", "zibblereject", {BLOG}, TRUE, CH_PLAN_REJECT, ""},
    {"reject with people",
     "",
     "zibblereject",
     {BLOG, PERSON},
     TRUE,
     CH_PLAN_REJECT,
     ""},
    {"split",
     "",
     "zibblehold",
     {"<" BLOG ">", "<" PERSON ">"},
     TRUE,
     CH_PLAN_SPLIT,
     "0"},
    {"split, two gateways",
     "",
     "zibblehold",
     {BLOG, PERSON, BLOG2},
     TRUE,
     CH_PLAN_SPLIT,
     "02"},
    {"the MTA deletes nobody",
     "",
     "zibblehold",
     {BLOG, PERSON},
     FALSE,
     CH_PLAN_HOLD,
     ""},
    {"mixed: all",
     "mixed: all\n",
     "zibblehold",
     {BLOG, PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"scope: all",
     "scope: all\n",
     "zibblehold",
     {BLOG, PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"no gateway, scope: all",
     "scope: all\n",
     "zibblehold",
     {PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"percent path",
     "",
     "zibblehold",
     {"<x%post.wordpress.com@post.wordpress.com>", PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"trailing dot",
     "",
     "zibblehold",
     {"<kavo123pelu@post.wordpress.com.>", PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"source route",
     "",
     "zibblehold",
     {"<@relay.example:kavo123pelu@post.wordpress.com>", PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"not ASCII",
     "",
     "zibblehold",
     {"<ni\xc3\xb1o@post.wordpress.com>", PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
    {"quoted local part",
     "",
     "zibblehold",
     {"<\"kavo123pelu\"@post.wordpress.com>", PERSON},
     TRUE,
     CH_PLAN_HOLD,
     ""},
};

static ch_envelope *
envelope_of(const plan_row *row)
{
    ch_envelope *e = ch_envelope_new();
    ch_envelope_set_sender(e, "<anna@practice.example>", NULL);
    for (guint i = 0; i < 4 && row->recipients[i] != NULL; i++) {
        ch_envelope_add_recipient(e, row->recipients[i], NULL, NULL);
    }
    return e;
}

static void
recipients_are_planned(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(plans); i++) {
        const plan_row *row = &plans[i];
        print_message("%s\n", row->row);
        g_autoptr(ch_house) house = load_house(row->yaml);
        g_autoptr(ch_envelope) e = envelope_of(row);
        g_autoptr(GError) error = NULL;
        g_autofree char *mail = g_strdup_printf(
            "From: a@practice.example\r\nSubject: x\r\n\r\n%s\r\n", row->word);
        g_autoptr(GBytes) raw = g_bytes_new(mail, strlen(mail));
        g_autoptr(ch_verdict) v = ch_inspect(house, e, raw, NULL, &error);
        assert_non_null(v);
        g_autoptr(ch_plan) plan = ch_plan_new(v, e, row->can_delete);
        assert_int_equal(plan->kind, row->kind);
        g_autoptr(GString) held = g_string_new(NULL);
        for (guint k = 0; k < plan->held->len; k++) {
            g_string_append_printf(held, "%u",
                                   g_array_index(plan->held, guint, k));
        }
        assert_string_equal(held->str, row->held);
    }
}

static void
envelope_is_cut_in_two(void **state)
{
    (void)state;
    const plan_row row = {.recipients = {BLOG, PERSON, BLOG2}};
    g_autoptr(ch_envelope) e = envelope_of(&row);
    e->login = g_strdup("anna");
    e->time_us = 42;
    g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(guint));
    const guint indexes[] = {0, 2};
    g_array_append_vals(held, indexes, 2);
    g_autoptr(ch_envelope) kept = ch_plan_dup_envelope(e, held, TRUE);
    g_autoptr(ch_envelope) rest = ch_plan_dup_envelope(e, held, FALSE);
    assert_int_equal(kept->recipients->len, 2);
    assert_int_equal(rest->recipients->len, 1);
    const ch_recipient *r = g_ptr_array_index(rest->recipients, 0);
    assert_string_equal(r->address, PERSON);
    assert_string_equal(kept->login, "anna");
    assert_int_equal(kept->time_us, 42);
    g_autoptr(GArray) found = ch_plan_find_recipients(e, kept);
    assert_int_equal(found->len, 2);
    assert_int_equal(g_array_index(found, guint, 1), 2);
}

/* --- announce ---------------------------------------------------------------
 */

static ch_store *
open_store(const char *directory)
{
    g_autofree char *url = g_strconcat("sqlite:", directory, "/t.db", NULL);
    g_autofree char *key = g_build_filename(directory, "t.key", NULL);
    g_autoptr(GError) error = NULL;
    ch_store *store = ch_store_open(url, key, TRUE, &error);
    assert_non_null(store);
    return store;
}

static void
remove_all(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_build_filename(directory, name, NULL);
        g_unlink(file);
    }
    g_rmdir(directory);
}

static void
author_and_compliance_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *row, *yaml, *author, *told[3];
    } rows[] = {
        {"both",
         "notices: {compliance: c@practice.example}\n",
         "anna@practice.example",
         {"anna@practice.example", "c@practice.example"}},
        {"no author",
         "notices: {compliance: c@practice.example}\n",
         NULL,
         {"c@practice.example"}},
        {"authors are not told",
         "notices: {compliance: c@practice.example, author: false}\n",
         "anna@practice.example",
         {"c@practice.example"}},
        {"nobody", "", NULL, {NULL}},
    };
    g_autofree char *dir = g_dir_make_tmp("ch-announce-XXXXXX", NULL);
    g_autoptr(ch_store) store = open_store(dir);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        print_message("%s\n", rows[i].row);
        g_autoptr(ch_house) house = load_house(rows[i].yaml);
        const ch_event event = {.kind = CH_NOTICE_HELD,
                                .id = "06H07ZPVZDK0ZEXX",
                                .author = rows[i].author,
                                .gateways = "wordpress,gone-gateway",
                                .rules = "e2e/hold, gone/rule",
                                .publish_at_us = -1};
        g_autoptr(GArray) list = ch_announce(house, store, &event);
        guint n = 0;
        for (; rows[i].told[n] != NULL; n++) {
            const ch_outgoing *out = &g_array_index(list, ch_outgoing, n);
            g_autofree char *mail = g_strndup(g_bytes_get_data(out->mail, NULL),
                                              g_bytes_get_size(out->mail));
            assert_string_equal(out->recipient, rows[i].told[n]);
            assert_non_null(strstr(mail, "Word that holds"));
            assert_non_null(strstr(mail, "gone/rule"));
            assert_non_null(strstr(mail, "WordPress"));
        }
        assert_int_equal(list->len, n);
    }
    g_clear_pointer(&store, ch_store_close);
    remove_all(dir);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipients_are_planned),
        cmocka_unit_test(envelope_is_cut_in_two),
        cmocka_unit_test(author_and_compliance_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
