/*
 * What stays and what goes: the ledger's chain, retention, destruction
 * without traces, backups.
 */
#include "record/store_int.h"
#include "store_fixture.h"

#include <sys/stat.h>

/* --- the chain ----------------------------------------------------------- */

static const char *
column(sqlite3_stmt *s, int i)
{
    return (const char *)sqlite3_column_text(s, i);
}

/* Walks the chain from the anchor on as an auditor would; the number of its
 * rows, or -1 if it is broken. */
static int
verify_chain(const fixture *f)
{
    g_autoptr(ch_seal) seal = ch_seal_open(f->key, FALSE, NULL);
    guint8 previous[CH_DIGEST_BYTES] = {0}, hash[CH_DIGEST_BYTES];
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    gint64 seq = 0;
    int rows = 0;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT seq, hash, proof FROM anchor", -1, &s, NULL);
    if (sqlite3_step(s) == SQLITE_ROW) {
        seq = sqlite3_column_int64(s, 0);
        memcpy(previous, sqlite3_column_blob(s, 1), sizeof previous);
        ch_ledger_anchor_hash(seal, seq, previous, hash);
        rows = memcmp(hash, sqlite3_column_blob(s, 2), sizeof hash) ? -1 : 0;
    }
    sqlite3_finalize(s);
    sqlite3_prepare_v2(db,
                       "SELECT seq, time_us, id, event, author, gateways,"
                       " rules, verdict, actor, uid, note, hash FROM ledger"
                       " ORDER BY seq",
                       -1, &s, NULL);
    while (rows >= 0 && sqlite3_step(s) == SQLITE_ROW) {
        ch_ledger_row row = {.time_us = sqlite3_column_int64(s, 1),
                             .id = column(s, 2),
                             .event = column(s, 3),
                             .author = column(s, 4),
                             .gateways = column(s, 5),
                             .rules = column(s, 6),
                             .verdict = column(s, 7),
                             .actor = column(s, 8),
                             .uid = sqlite3_column_int64(s, 9),
                             .note = column(s, 10)};
        seq++;
        ch_ledger_hash(seal, seq, &row, previous, hash);
        gboolean good =
            sqlite3_column_int64(s, 0) == seq &&
            memcmp(hash, sqlite3_column_blob(s, 11), sizeof hash) == 0;
        rows = good ? rows + 1 : -1;
        memcpy(previous, hash, sizeof previous);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    return rows;
}

/* Four rows: held, viewed, refused, passed. */
static void
fill_ledger(const fixture *f)
{
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    const ch_decision d = {
        .reviewer = "Ana", .uid = 5, .note = "no", .time_us = NOW + DAY};
    put(f, CH_STATE_HELD, NOW, "one", id);
    assert_true(ch_store_record_view(f->store, id, "viewed", &d, &error));
    assert_true(ch_store_decide(f->store, id, CH_STATE_REFUSED, &d, &error));
    put(f, CH_STATE_PASSED, NOW + 2 * DAY, "two", id);
}

static void
the_chain_verifies(void **state)
{
    const fixture *f = *state;
    assert_int_equal(verify_chain(f), 0);
    fill_ledger(f);
    assert_int_equal(verify_chain(f), 4);
}

static void
the_ledger_refuses_update_and_delete(void **state)
{
    const fixture *f = *state;
    static const char *const rows[] = {
        "UPDATE ledger SET note = 'x'",
        "UPDATE ledger SET actor = 'x' WHERE seq = 1",
        "DELETE FROM ledger",
        "DELETE FROM ledger WHERE seq = 4",
    };
    fill_ledger(f);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_int_equal(sql_run(f, rows[i]), SQLITE_CONSTRAINT);
    }
    assert_int_equal(verify_chain(f), 4);
}

static void
the_chain_shows_every_change(void **state)
{
    const fixture *f = *state;
    static const char *const changes[] = {
        "UPDATE ledger SET note = 'yes' WHERE seq = 3",
        "UPDATE ledger SET actor = NULL WHERE seq = 3",
        "UPDATE ledger SET author = '' WHERE seq = 1",
        "UPDATE ledger SET time_us = time_us + 1 WHERE seq = 4",
        "UPDATE ledger SET uid = 0 WHERE seq = 2",
        "DELETE FROM ledger WHERE seq = 2",
        "DELETE FROM ledger WHERE seq = 1",
        "INSERT INTO anchor SELECT 1, seq, hash, hash FROM ledger"
        " WHERE seq = 1; DELETE FROM ledger WHERE seq = 1",
        "INSERT INTO ledger SELECT 5, time_us, id, event, author, gateways,"
        " rules, verdict, actor, uid, note, previous, hash FROM ledger"
        " WHERE seq = 4",
    };
    fill_ledger(f);
    for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
        g_autofree char *copy = g_build_filename(f->directory, "copy", NULL);
        g_autoptr(GError) error = NULL;
        fixture other = *f;
        assert_true(ch_store_backup(f->store, copy, &error));
        other.db = copy;
        assert_int_equal(verify_chain(&other), 4);
        g_autofree char *sql = g_strconcat("DROP TRIGGER ledger_no_update;"
                                           "DROP TRIGGER ledger_no_delete;",
                                           changes[i], NULL);
        assert_int_equal(sql_run(&other, sql), SQLITE_OK);
        if (verify_chain(&other) != -1) {
            fail_msg("%s", changes[i]);
        }
        assert_int_equal(g_unlink(copy), 0);
    }
}

static void
pruning_keeps_the_chain(void **state)
{
    const fixture *f = *state;
    static const struct {
        gint64 before;
        int left;
    } rows[] = {{NOW, 4},           {NOW + 1, 3},       {NOW + DAY, 3},
                {NOW + DAY + 1, 1}, {NOW + 9 * DAY, 0}, {NOW + 9 * DAY, 0}};
    fill_ledger(f);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        guint destroyed;
        assert_true(
            ch_store_purge(f->store, 0, 0, rows[i].before, &destroyed, &error));
        assert_int_equal(verify_chain(f), rows[i].left);
    }
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW + 10 * DAY, "after", id);
    assert_int_equal(verify_chain(f), 1);
    assert_int_equal(sql_number(f, "SELECT seq FROM ledger"), 5);
}

/* --- retention ----------------------------------------------------------- */

static void
retention_depends_on_the_state(void **state)
{
    const fixture *f = *state;
    /* Destroyed at kept = NOW + 10 days, rejected = NOW + 3 days. */
    static const struct {
        const char *state;
        gint64 age;
        gboolean kept;
    } rows[] = {
        {"held", 0, TRUE},
        {"releasing", 0, TRUE},
        {"release_failed", 0, TRUE},
        {"released", 0, FALSE},
        {"released", 10 * DAY, TRUE},
        {"refused", 10 * DAY - 1, FALSE},
        {"refused", 10 * DAY, TRUE},
        {"expired", 0, FALSE},
        {"passed", 0, FALSE},
        {"passed", 11 * DAY, TRUE},
        {"rejected", 3 * DAY - 1, FALSE},
        {"rejected", 3 * DAY, TRUE},
    };
    g_autoptr(GError) error = NULL;
    guint destroyed, expected = 0;
    char ids[G_N_ELEMENTS(rows)][CH_ID_LENGTH + 1];
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *text = g_strdup_printf("text %" G_GSIZE_FORMAT, i);
        put(f, CH_STATE_HELD, NOW + rows[i].age, text, ids[i]);
        g_autofree char *sql =
            g_strdup_printf("UPDATE item SET state = '%s' WHERE id = '%s'",
                            rows[i].state, ids[i]);
        assert_int_equal(sql_run(f, sql), SQLITE_OK);
        expected += !rows[i].kept;
    }
    assert_true(ch_store_purge(f->store, NOW + 10 * DAY, NOW + 3 * DAY, 0,
                               &destroyed, &error));
    assert_int_equal(destroyed, expected);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_item) item = ch_store_get(f->store, ids[i], &error);
        if (item->has_message != rows[i].kept) {
            fail_msg("%s, row %" G_GSIZE_FORMAT, rows[i].state, i);
        }
    }
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger"
                                   " WHERE event = 'destroyed'"),
                     expected);
    assert_true(ch_store_purge(f->store, NOW + 10 * DAY, NOW + 3 * DAY, 0,
                               &destroyed, &error));
    assert_int_equal(destroyed, 0);
}

static void
old_items_are_forgotten_but_not_held_ones(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char held[CH_ID_LENGTH + 1], passed[CH_ID_LENGTH + 1];
    char kept[CH_ID_LENGTH + 1];
    guint destroyed;
    put(f, CH_STATE_HELD, NOW, "held", held);
    put(f, CH_STATE_PASSED, NOW, "passed", passed);
    put(f, CH_STATE_PASSED, NOW + DAY, "kept", kept);
    assert_true(ch_store_purge(f->store, NOW + DAY, NOW + DAY, NOW + DAY,
                               &destroyed, &error));
    assert_int_equal(destroyed, 1);
    g_autoptr(GPtrArray) left = ch_store_list(f->store, ~0U, &error);
    assert_int_equal(left->len, 2);
    assert_string_equal(((ch_item *)left->pdata[0])->id, held);
    assert_string_equal(((ch_item *)left->pdata[1])->id, kept);
}

/* --- traces
 * -------------------------------------------------------------------- */

/* Whether any file of the store's directory holds these bytes. */
static gboolean
is_in_a_file(const fixture *f, const void *bytes, gsize length)
{
    gboolean found = FALSE;
    const char *name;
    GDir *dir = g_dir_open(f->directory, 0, NULL);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(f->directory, name, NULL);
        g_autofree char *data = NULL;
        gsize size = 0;
        if (g_file_get_contents(path, &data, &size, NULL)) {
            found = found || memmem(data, size, bytes, length) != NULL;
        }
    }
    g_dir_close(dir);
    return found;
}

#define CROWD 60

/* Sealed keys and the first bytes of ciphertexts, with their IDs. */
typedef struct {
    char id[CH_ID_LENGTH + 1];
    guint8 key[CH_SEALED_KEY_BYTES];
    guint8 body[64], tail[64];
} trace;

static void
read_trace(const fixture *f, trace *t)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    sqlite3_prepare_v2(db,
                       "SELECT sealed_key, substr(body, 1, 64),"
                       " substr(body, -64) FROM payload WHERE id = ?",
                       -1, &s, NULL);
    sqlite3_bind_text(s, 1, t->id, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    memcpy(t->key, sqlite3_column_blob(s, 0), sizeof t->key);
    memcpy(t->body, sqlite3_column_blob(s, 1), sizeof t->body);
    memcpy(t->tail, sqlite3_column_blob(s, 2), sizeof t->tail);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* Many small and large items, so that pages split and move their rows. */
static trace *
put_crowd(const fixture *f)
{
    trace *traces = g_new0(trace, CROWD);
    for (guint i = 0; i < CROWD; i++) {
        gsize size = i % 3 == 0 ? 20000 : 10 + 37 * i;
        g_autofree char *text = g_strnfill(size, (char)('a' + i % 26));
        memcpy(text, &i, sizeof i);
        for (gsize j = 0; j < sizeof i; j++) {
            text[j] = (char)('0' + (i >> (4 * j) & 15));
        }
        put(f, CH_STATE_PASSED, NOW + (i * 7) % CROWD, text, traces[i].id);
        read_trace(f, &traces[i]);
    }
    return traces;
}

static void
assert_no_trace(const fixture *f, const trace *t)
{
    assert_false(is_in_a_file(f, t->key, sizeof t->key));
    /* Not even half of a key. */
    assert_false(is_in_a_file(f, t->key + 36, 36));
    assert_false(is_in_a_file(f, t->body, sizeof t->body));
    assert_false(is_in_a_file(f, t->tail, sizeof t->tail));
}

static void
what_was_purged_is_in_no_file(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    guint destroyed;
    g_autofree trace *traces = put_crowd(f);
    assert_true(is_in_a_file(f, traces[0].key, sizeof traces[0].key));
    assert_true(is_in_a_file(f, traces[0].body, sizeof traces[0].body));
    assert_true(
        ch_store_purge(f->store, NOW + CROWD / 2, 0, 0, &destroyed, &error));
    assert_int_equal(destroyed, CROWD / 2);
    for (guint i = 0; i < CROWD; i++) {
        g_autoptr(ch_item) item = ch_store_get(f->store, traces[i].id, &error);
        if (item->has_message) {
            assert_true(is_in_a_file(f, traces[i].key, sizeof traces[i].key));
        } else {
            assert_no_trace(f, &traces[i]);
        }
    }
}

static void
what_expired_is_in_no_file(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const ch_decision d = {.uid = -1, .time_us = NOW};
    trace t;
    put(f, CH_STATE_HELD, NOW, POST, t.id);
    read_trace(f, &t);
    assert_true(is_in_a_file(f, t.key, sizeof t.key));
    assert_true(ch_store_decide(f->store, t.id, CH_STATE_EXPIRED, &d, &error));
    assert_no_trace(f, &t);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger WHERE event"
                                   " IN ('expired', 'destroyed')"),
                     2);
}

static void
no_file_ever_holds_the_text(void **state)
{
    const fixture *f = *state;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    static const char *const words[] = {"see us", "Braces", "secret-drop"};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        assert_false(is_in_a_file(f, words[i], strlen(words[i])));
    }
}

/* A reader that holds an old view keeps the log: the purge says so, and the
 * next one empties it. */
static void
a_purge_that_leaves_traces_says_so(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    guint destroyed;
    trace t;
    sqlite3 *db = NULL;
    put(f, CH_STATE_PASSED, NOW, POST, t.id);
    read_trace(f, &t);
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "BEGIN; SELECT * FROM item", NULL, NULL, NULL),
        SQLITE_OK);
    assert_false(ch_store_purge(f->store, NOW + 1, 0, 0, &destroyed, &error));
    assert_error_code(&error, CH_ERROR_IO);
    assert_int_equal(destroyed, 1);
    sqlite3_close(db);
    assert_true(ch_store_purge(f->store, NOW + 1, 0, 0, &destroyed, &error));
    assert_no_trace(f, &t);
}

/* --- backups
 * ---------------------------------------------------------------------- */

static void
a_backup_is_a_store(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *file = g_build_filename(f->directory, "backup", NULL);
    g_autofree char *url = g_strconcat("sqlite:", file, NULL);
    char id[CH_ID_LENGTH + 1];
    struct stat st;
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(ch_store_backup(f->store, file, &error));
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    g_autoptr(ch_store) copy = ch_store_open(url, f->key, FALSE, &error);
    assert_no_error(error);
    g_autoptr(GBytes) raw = ch_store_read(copy, id, NULL, &error);
    g_autoptr(GBytes) sent = bytes_of(POST);
    assert_true(g_bytes_equal(raw, sent));
    put(f, CH_STATE_HELD, NOW, "the original goes on", id);
}

static void
a_backup_overwrites_nothing(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *data = NULL;
    g_autofree char *file = g_build_filename(f->directory, "backup", NULL);
    assert_true(g_file_set_contents(file, "precious", -1, NULL));
    assert_false(ch_store_backup(f->store, file, &error));
    assert_error_code(&error, CH_ERROR_IO);
    assert_true(g_file_get_contents(file, &data, NULL, NULL));
    assert_string_equal(data, "precious");
    g_autofree char *nowhere =
        g_build_filename(f->directory, "none", "backup", NULL);
    assert_false(ch_store_backup(f->store, nowhere, &error));
    assert_error_code(&error, CH_ERROR_IO);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_chain_verifies),
        TEST(the_ledger_refuses_update_and_delete),
        TEST(the_chain_shows_every_change),
        TEST(pruning_keeps_the_chain),
        TEST(retention_depends_on_the_state),
        TEST(old_items_are_forgotten_but_not_held_ones),
        TEST(what_was_purged_is_in_no_file),
        TEST(what_expired_is_in_no_file),
        TEST(no_file_ever_holds_the_text),
        TEST(a_purge_that_leaves_traces_says_so),
        TEST(a_backup_is_a_store),
        TEST(a_backup_overwrites_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
