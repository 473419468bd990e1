/*
 * The ledger against those who tamper with it: each change is found, and
 * named by its row.
 */
#include "record/store_int.h"
#include "store_fixture.h"

#include "chaperone/audit.h"

#include <sys/stat.h>

static void
sign_in(ch_store *store, const char *who)
{
    g_autoptr(GError) error = NULL;
    assert_true(
        ch_store_note_event(store, "sign-in", who, 7, NULL, NOW, &error));
    assert_no_error(error);
}

/* Six rows. */
static void
fill(const fixture *f)
{
    static const char *const who[] = {"Ana", "Ben", "Cy", "Di", "Eve", "Flo"};
    for (gsize i = 0; i < G_N_ELEMENTS(who); i++) {
        sign_in(f->store, who[i]);
    }
}

static ch_audit_head
head_of(const fixture *f)
{
    ch_audit_head head;
    assert_true(ch_store_audit_head(f->store, &head, NULL));
    return head;
}

/* "changed 3, missing 4-5": what the audit of the database finds. */
static char *
dup_faults(const fixture *f, const ch_audit_head *known)
{
    static const char *const names[] = {
        [CH_AUDIT_CHANGED] = "changed",     [CH_AUDIT_MISSING] = "missing",
        [CH_AUDIT_ANCHOR] = "anchor",       [CH_AUDIT_TAIL] = "tail",
        [CH_AUDIT_REWRITTEN] = "rewritten", [CH_AUDIT_OUT_OF_REACH] = "old",
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_store) store = ch_store_open(f->url, f->key, FALSE, &error);
    assert_no_error(error);
    g_autoptr(ch_audit) audit = ch_store_audit(store, known, &error);
    assert_no_error(error);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < audit->faults->len; i++) {
        const ch_audit_fault *a =
            &g_array_index(audit->faults, ch_audit_fault, i);
        g_string_append_printf(out, "%s%s %d-%d", i > 0 ? ", " : "",
                               names[a->kind], (int)a->from, (int)a->to);
    }
    return g_string_free(out, FALSE);
}

static void
a_whole_ledger_is_proved(void **state)
{
    const fixture *f = *state;
    g_autofree char *empty = dup_faults(f, NULL);
    assert_string_equal(empty, "");
    fill(f);
    ch_audit_head head = head_of(f);
    assert_int_equal(head.seq, 6);
    g_autofree char *faults = dup_faults(f, &head);
    assert_string_equal(faults, "");
    sign_in(f->store, "Gil");
    g_autofree char *older = dup_faults(f, &head);
    assert_string_equal(older, "");
}

#define NO_TRIGGERS                                                            \
    "DROP TRIGGER ledger_no_update; DROP TRIGGER ledger_no_delete;"
#define COPY_OF(seq)                                                           \
    " SELECT " seq ", time_us, id, event, author, gateways, rules, verdict,"   \
    " actor, uid, note, previous, hash FROM ledger "

/* Everything but the last two needs no head to be seen. */
static void
every_change_is_named(void **state)
{
    static const struct {
        const char *sql, *faults;
    } rows[] = {
        {"UPDATE ledger SET actor = 'Eva' WHERE seq = 5", "changed 5-5"},
        {"UPDATE ledger SET note = '' WHERE seq = 2", "changed 2-2"},
        {"UPDATE ledger SET time_us = time_us + 1 WHERE seq > 4",
         "changed 5-6"},
        {"UPDATE ledger SET hash = zeroblob(32) WHERE seq = 3", "changed 3-4"},
        {"UPDATE ledger SET previous = hash WHERE seq = 3", "changed 3-3"},
        {"DELETE FROM ledger WHERE seq = 3", "missing 3-3"},
        {"DELETE FROM ledger WHERE seq IN (1, 2)", "missing 1-2"},
        {"UPDATE ledger SET seq = 9 WHERE seq = 2;"
         "UPDATE ledger SET seq = 2 WHERE seq = 3;"
         "UPDATE ledger SET seq = 3 WHERE seq = 9",
         "changed 2-4"},
        {"INSERT INTO ledger" COPY_OF("7") "WHERE seq = 6", "changed 7-7"},
        {"INSERT INTO anchor SELECT 1, seq, hash, hash FROM ledger"
         " WHERE seq = 3; DELETE FROM ledger WHERE seq <= 3",
         "anchor 3-3"},
        {"DELETE FROM ledger WHERE seq > 4", "tail 5-6"},
        {"DELETE FROM ledger", "tail 1-6"},
    };
    const fixture *f = *state;
    fill(f);
    ch_audit_head head = head_of(f);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *copy = g_build_filename(f->directory, "copy", NULL);
        g_autofree char *url = g_strconcat("sqlite:", copy, NULL);
        g_autofree char *sql = g_strconcat(NO_TRIGGERS, rows[i].sql, NULL);
        fixture other = *f;
        other.db = copy;
        other.url = url;
        assert_true(ch_store_backup(f->store, copy, NULL));
        assert_int_equal(sql_run(&other, sql), SQLITE_OK);
        g_autofree char *faults = dup_faults(&other, &head);
        if (strcmp(faults, rows[i].faults) != 0) {
            fail_msg("%s: %s, not %s", rows[i].sql, faults, rows[i].faults);
        }
        assert_int_equal(g_unlink(copy), 0);
    }
}

/* Somebody with the key, or yesterday's copy with other rows since. */
static void
another_chain_is_not_the_heads(void **state)
{
    const fixture *f = *state;
    g_autofree char *copy = g_build_filename(f->directory, "copy", NULL);
    g_autofree char *url = g_strconcat("sqlite:", copy, NULL);
    fixture other = *f;
    other.db = copy;
    other.url = url;
    fill(f);
    assert_true(ch_store_backup(f->store, copy, NULL));
    sign_in(f->store, "Gil");
    ch_audit_head head = head_of(f);
    g_autofree char *behind = dup_faults(&other, &head);
    assert_string_equal(behind, "tail 7-7");
    other.store = open_store(&other, FALSE);
    sign_in(other.store, "Mal");
    ch_store_close(other.store);
    g_autofree char *faults = dup_faults(&other, &head);
    assert_string_equal(faults, "rewritten 7-7");
}

static void
the_daemon_sees_its_head_go(void **state)
{
    const fixture *f = *state;
    gboolean holds = FALSE;
    fill(f);
    ch_audit_head head = head_of(f);
    assert_true(ch_store_holds_head(f->store, &head, &holds, NULL));
    assert_true(holds);
    assert_int_equal(sql_run(f, NO_TRIGGERS "DELETE FROM ledger WHERE seq = 6"),
                     SQLITE_OK);
    assert_true(ch_store_holds_head(f->store, &head, &holds, NULL));
    assert_false(holds);
}

static void
what_was_forgotten_in_order_is_no_fault(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    guint destroyed;
    fill(f);
    ch_audit_head old = head_of(f);
    assert_true(ch_store_note_event(f->store, "sign-in", "Gil", 7, NULL,
                                    NOW + 9 * DAY, &error));
    assert_true(ch_store_purge(f->store, 0, 0, NOW + DAY, &destroyed, &error));
    ch_audit_head head = head_of(f);
    g_autofree char *faults = dup_faults(f, &head);
    assert_string_equal(faults, "");
    old.seq = 2;
    g_autofree char *too_old = dup_faults(f, &old);
    assert_string_equal(too_old, "old 2-2");
}

/* --- without the key ------------------------------------------------------ */

/* The user of the review page: root would read it all the same. */
static void
hide_ledger_key(const fixture *f)
{
    g_autofree char *key = g_strconcat(f->key, CH_LEDGER_KEY_SUFFIX, NULL);
    g_autofree char *away = g_strconcat(key, ".away", NULL);
    assert_int_equal(g_rename(key, away), 0);
}

static void
show_ledger_key(const fixture *f)
{
    g_autofree char *key = g_strconcat(f->key, CH_LEDGER_KEY_SUFFIX, NULL);
    g_autofree char *away = g_strconcat(key, ".away", NULL);
    assert_int_equal(g_rename(away, key), 0);
}

static void
rows_without_key_wait(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fill(f);
    hide_ledger_key(f);
    ch_store *page = open_store(f, FALSE);
    sign_in(page, "Pia");
    sign_in(page, "Quin");
    assert_null(ch_store_audit(page, NULL, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
    assert_true(ch_store_chain_waiting(page, NULL)); /* cannot, and may not */
    ch_store_close(page);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger_waiting"), 2);
    assert_int_equal(sql_run(f, "DELETE FROM ledger_waiting"),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sql_run(f, "UPDATE ledger_waiting SET actor = 'x'"),
                     SQLITE_CONSTRAINT);
    show_ledger_key(f);
    assert_true(ch_store_chain_waiting(f->store, &error));
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger_waiting"), 0);
    g_autofree char *faults = dup_faults(f, NULL);
    assert_string_equal(faults, "");
    g_autoptr(GPtrArray) rows =
        ch_store_audit_rows(f->store, 0, G_MAXINT64, NULL);
    assert_int_equal(rows->len, 8);
    const ch_audit_row *last = g_ptr_array_index(rows, 7);
    assert_string_equal(last->actor, "Quin");
    assert_int_equal(last->seq, 8);
}

static void
waiting_rows_go_first(void **state)
{
    const fixture *f = *state;
    hide_ledger_key(f);
    ch_store *page = open_store(f, FALSE);
    sign_in(page, "Pia");
    ch_store_close(page);
    show_ledger_key(f);
    sign_in(f->store, "Ana");
    assert_int_equal(
        sql_number(f, "SELECT seq FROM ledger WHERE actor = 'Pia'"), 1);
    assert_int_equal(
        sql_number(f, "SELECT seq FROM ledger WHERE actor = 'Ana'"), 2);
}

static void
a_lost_key_stops_the_daemon_until_somebody_begins_anew(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    fill(f);
    hide_ledger_key(f);
    assert_null(ch_store_open(f->url, f->key, TRUE, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
    assert_true(
        ch_store_begin_chain(f->url, f->key, "Ana", 7, "key lost", &error));
    assert_no_error(error);
    g_autoptr(ch_store) store = ch_store_open(f->url, f->key, TRUE, &error);
    assert_no_error(error);
    sign_in(store, "Ben");
    g_autoptr(ch_audit) audit = ch_store_audit(store, NULL, &error);
    assert_int_equal(audit->faults->len, 0);
    assert_int_equal(audit->before, 6);
    assert_int_equal(audit->rows, 2);
    assert_int_equal(audit->end.seq, 8);
}

static void
a_foreign_key_is_refused(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *key = g_strconcat(f->key, CH_LEDGER_KEY_SUFFIX, NULL);
    static const char other[] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    fill(f);
    assert_true(g_file_set_contents(key, other, -1, NULL));
    assert_int_equal(g_chmod(key, 0600), 0);
    assert_null(ch_store_open(f->url, f->key, FALSE, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
}

/* --- heads as text ---------------------------------------------------------
 */

static void
heads_come_back_from_text(void **state)
{
    static const char *const bad[] = {"",     "1",     "1:", "1:00",
                                      "x:00", "-1:00", ":",  "1:2:3"};
    const fixture *f = *state;
    ch_audit_head back;
    fill(f);
    ch_audit_head head = head_of(f);
    g_autofree char *text = ch_audit_head_dup(&head);
    assert_true(ch_audit_head_parse(text, &back));
    assert_int_equal(back.seq, head.seq);
    assert_memory_equal(back.hash, head.hash, sizeof head.hash);
    g_autofree char *longer = g_strconcat(text, "0", NULL);
    assert_false(ch_audit_head_parse(longer, &back));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        assert_false(ch_audit_head_parse(bad[i], &back));
    }
}

int
main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_whole_ledger_is_proved),
        TEST(every_change_is_named),
        TEST(another_chain_is_not_the_heads),
        TEST(the_daemon_sees_its_head_go),
        TEST(what_was_forgotten_in_order_is_no_fault),
        TEST(rows_without_key_wait),
        TEST(waiting_rows_go_first),
        TEST(a_lost_key_stops_the_daemon_until_somebody_begins_anew),
        TEST(a_foreign_key_is_refused),
        TEST(heads_come_back_from_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
