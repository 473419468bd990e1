/*
 * The store in bad weather: crowds, full and read-only disks, locks, wrong
 * keys, damaged bytes, schemas of other days.
 */
#include "store_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- crowds -------------------------------------------------------------- */

#define THREADS 32
#define EACH    20

typedef struct {
    const fixture *f;
    guint number;
    char ids[EACH][CH_ID_LENGTH + 1];
} worker;

static char *
text_of(guint thread, guint i)
{
    return g_strdup_printf("Subject: %u/%u\r\n\r\n%0*u\r\n", thread, i,
                           (int)(1 + 97 * i), i);
}

static gpointer
commit_many(gpointer data)
{
    worker *w = data;
    for (guint i = 0; i < EACH; i++) {
        g_autofree char *text = text_of(w->number, i);
        put(w->f, CH_STATE_HELD, NOW, text, w->ids[i]);
    }
    return NULL;
}

static void
all_that_was_reported_is_there(void **state)
{
    const fixture *f = *state;
    g_autofree worker *workers = g_new0(worker, THREADS);
    GThread *threads[THREADS];
    for (guint i = 0; i < THREADS; i++) {
        workers[i].f = f;
        workers[i].number = i;
        threads[i] = g_thread_new("worker", commit_many, &workers[i]);
    }
    for (guint i = 0; i < THREADS; i++) {
        g_thread_join(threads[i]);
    }
    for (guint i = 0; i < THREADS * EACH; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = text_of(i / EACH, i % EACH);
        g_autoptr(GBytes) expected = bytes_of(text);
        g_autoptr(GBytes) got = ch_store_read(
            f->store, workers[i / EACH].ids[i % EACH], NULL, &error);
        assert_no_error(error);
        assert_true(g_bytes_equal(got, expected));
    }
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger"),
                     THREADS * EACH);
}

typedef struct {
    const fixture *f;
    char id[CH_ID_LENGTH + 1];
    ch_prior prior;
    gboolean ok;
} rival;

static gpointer
commit_the_same(gpointer data)
{
    rival *r = data;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    guint8 key[CH_DIGEST_BYTES];
    ch_record record =
        make_record(r->f, CH_STATE_HELD, NOW, e, raw, r->id, key);
    r->ok = ch_store_commit(r->f->store, &record, &r->prior, NULL);
    return NULL;
}

static void
eight_times_the_same_is_one_item(void **state)
{
    const fixture *f = *state;
    rival rivals[8] = {{.f = NULL}};
    GThread *threads[8];
    guint winners = 0;
    const char *winner = NULL;
    for (guint i = 0; i < 8; i++) {
        rivals[i].f = f;
        threads[i] = g_thread_new("rival", commit_the_same, &rivals[i]);
    }
    for (guint i = 0; i < 8; i++) {
        g_thread_join(threads[i]);
        assert_true(rivals[i].ok);
        if (rivals[i].prior.id[0] == '\0') {
            winners++;
            winner = rivals[i].id;
        }
    }
    assert_int_equal(winners, 1);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), 1);
    for (guint i = 0; i < 8; i++) {
        if (rivals[i].prior.id[0] != '\0') {
            assert_string_equal(rivals[i].prior.id, winner);
        }
    }
}

static void
two_stores_on_one_database_agree(void **state)
{
    const fixture *f = *state;
    fixture other = *f;
    other.store = open_store(f, FALSE);
    rival rivals[8] = {{.f = NULL}};
    GThread *threads[8];
    guint winners = 0;
    for (guint i = 0; i < 8; i++) {
        rivals[i].f = i % 2 == 0 ? f : &other;
        threads[i] = g_thread_new("rival", commit_the_same, &rivals[i]);
    }
    for (guint i = 0; i < 8; i++) {
        g_thread_join(threads[i]);
        assert_true(rivals[i].ok);
        winners += rivals[i].prior.id[0] == '\0';
    }
    assert_int_equal(winners, 1);
    ch_store_close(other.store);
}

/* --- one bad job among good ones ----------------------------------------- */

typedef struct {
    const fixture *f;
    const char *id;
    gboolean ok;
} attempt;

static gpointer
commit_with_id(gpointer data)
{
    attempt *a = data;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(a->id);
    guint8 key[CH_DIGEST_BYTES];
    char unused[CH_ID_LENGTH + 1];
    ch_prior prior;
    ch_record r = make_record(a->f, CH_STATE_HELD, NOW, e, raw, unused, key);
    r.time_us = NOW + 20 * DAY; /* no retry of the first */
    r.id = a->id;
    a->ok = ch_store_commit(a->f->store, &r, &prior, NULL);
    return NULL;
}

/* A taken ID fails its own step; those beside it are kept. */
static void
a_failing_job_fails_alone(void **state)
{
    const fixture *f = *state;
    char taken[CH_ID_LENGTH + 1], fresh[7][CH_ID_LENGTH + 1];
    attempt attempts[8];
    GThread *threads[8];
    put(f, CH_STATE_HELD, NOW, POST, taken);
    for (guint i = 0; i < 8; i++) {
        attempts[i] = (attempt){.f = f, .id = taken};
        if (i < 7) {
            ch_id_new(NOW, fresh[i]);
            attempts[i].id = fresh[i];
        }
        threads[i] = g_thread_new("job", commit_with_id, &attempts[i]);
    }
    for (guint i = 0; i < 8; i++) {
        g_thread_join(threads[i]);
        assert_int_equal(attempts[i].ok, i < 7);
    }
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), 8);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger"), 8);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM payload"), 8);
}

/* --- disks
 * -------------------------------------------------------------------- */

/* What SQLite's own system calls answer while the disk is full. */
static ssize_t
write_fails(int fd, const void *data, size_t length, off_t offset)
{
    (void)fd;
    (void)data;
    (void)length;
    (void)offset;
    errno = ENOSPC;
    return -1;
}

static void
set_disk_full(gboolean full)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    sqlite3_syscall_ptr call = full ? (sqlite3_syscall_ptr)write_fails : NULL;
    assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite", call), SQLITE_OK);
    vfs->xSetSystemCall(vfs, "pwrite64", call);
}

static void
assert_commit_fails(const fixture *f, ch_error_code code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of("Subject: lost\r\n\r\n");
    char id[CH_ID_LENGTH + 1];
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_record r = make_record(f, CH_STATE_HELD, NOW, e, raw, id, key);
    assert_false(ch_store_commit(f->store, &r, &prior, &error));
    assert_error_code(&error, code);
    assert_string_equal(prior.id, "");
}

static void
a_full_disk_fails_and_passes(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char before[CH_ID_LENGTH + 1], after[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, "before", before);
    set_disk_full(TRUE);
    assert_commit_fails(f, CH_ERROR_IO);
    assert_commit_fails(f, CH_ERROR_IO);
    set_disk_full(FALSE);
    put(f, CH_STATE_HELD, NOW, "after", after);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), 2);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger"), 2);
    g_autoptr(GBytes) old = ch_store_read(f->store, before, NULL, &error);
    assert_non_null(old);
    g_autoptr(GBytes) new = ch_store_read(f->store, after, NULL, &error);
    assert_non_null(new);
}

/* The store in a directory and files that may only be read; root is above
 * such things, so a child gives root up first. */
static int
child_with_read_only_files(const fixture *f)
{
    g_autoptr(GError) error = NULL;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return 10;
    }
    g_autoptr(ch_store) store = ch_store_open(f->url, f->key, FALSE, &error);
    if (store == NULL) {
        return error->code == CH_ERROR_IO ? 1 : 11;
    }
    guint8 key[CH_DIGEST_BYTES] = {0};
    guint count;
    if (ch_store_count_failure(store, key, NOW, &count, &error)) {
        return 12;
    }
    return error->code == CH_ERROR_IO ? 1 : 13;
}

static void
a_read_only_store_is_an_io_error(void **state)
{
    fixture *f = *state;
    char id[CH_ID_LENGTH + 1];
    int status = 0;
    ch_store_close(f->store);
    f->store = NULL;
    if (geteuid() == 0) {
        assert_int_equal(chown(f->key, 65534, 65534), 0);
    }
    assert_int_equal(chmod(f->db, 0444), 0);
    assert_int_equal(chmod(f->directory, 0555), 0);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(child_with_read_only_files(f));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(f->directory, 0700), 0);
    assert_int_equal(chmod(f->db, 0600), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    f->store = open_store(f, FALSE);
    put(f, CH_STATE_HELD, NOW, POST, id);
}

static void
a_lost_disk_fails_and_comes_back(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *away = g_strconcat(f->directory, ".away", NULL);
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    set_disk_full(TRUE); /* drops the writing connection */
    assert_commit_fails(f, CH_ERROR_IO);
    set_disk_full(FALSE);
    assert_int_equal(g_rename(f->directory, away), 0);
    assert_commit_fails(f, CH_ERROR_IO);
    assert_false(g_file_test(f->db, G_FILE_TEST_EXISTS));
    assert_int_equal(g_rename(away, f->directory), 0);
    put(f, CH_STATE_HELD, NOW, "again", id);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), 2);
}

/* --- locks
 * ---------------------------------------------------------------------- */

/* Another process that holds the write lock until it is told to go.  SQLite
 * connections do not survive fork(2): the store is closed meanwhile. */
static pid_t
lock_in_child(fixture *f, int *go_out)
{
    int ready[2], go[2];
    char byte = 0;
    ch_store_close(f->store);
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    pid_t pid = fork();
    if (pid == 0) {
        sqlite3 *db = NULL;
        close(go[1]);
        sqlite3_open(f->db, &db);
        int status = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        byte = status == SQLITE_OK;
        _exit(write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) < 0);
    }
    close(go[0]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    close(ready[0]);
    *go_out = go[1];
    f->store = open_store(f, FALSE);
    return pid;
}

static void
a_locked_database_fails_and_passes(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    int go;
    put(f, CH_STATE_HELD, NOW, POST, id);
    pid_t pid = lock_in_child(f, &go);
    assert_commit_fails(f, CH_ERROR_IO);
    g_autoptr(GBytes) raw = ch_store_read(f->store, id, NULL, &error);
    assert_non_null(raw); /* readers do not wait for writers */
    close(go);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    put(f, CH_STATE_HELD, NOW, "after", id);
}

/* --- sudden death
 * ---------------------------------------------------------------- */

/* Commits for ever and says each ID that was reported to it. */
static void
commit_until_killed(fixture *f, int out)
{
    f->store = open_store(f, FALSE);
    for (guint i = 0;; i++) {
        char id[CH_ID_LENGTH + 1];
        g_autofree char *text = g_strdup_printf("post %u", i);
        put(f, CH_STATE_HELD, NOW, text, id);
        if (write(out, id, CH_ID_LENGTH) != CH_ID_LENGTH) {
            _exit(1);
        }
    }
}

static void
what_was_reported_before_a_kill_is_there(void **state)
{
    fixture *f = *state;
    int reports[2];
    char id[CH_ID_LENGTH + 1] = "";
    guint reported = 0;
    ch_store_close(f->store);
    f->store = NULL;
    assert_int_equal(pipe(reports), 0);
    pid_t pid = fork();
    if (pid == 0) {
        commit_until_killed(f, reports[1]);
    }
    close(reports[1]);
    g_usleep(200000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    f->store = open_store(f, FALSE);
    while (read(reports[0], id, CH_ID_LENGTH) == CH_ID_LENGTH) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("post %u", reported++);
        g_autoptr(GBytes) expected = bytes_of(text);
        g_autoptr(GBytes) got = ch_store_read(f->store, id, NULL, &error);
        assert_no_error(error);
        assert_true(g_bytes_equal(got, expected));
    }
    close(reports[0]);
    assert_true(reported > 0);
}

/* --- keys and schemas
 * -------------------------------------------------------------- */

static void
assert_open_fails(const fixture *f, gboolean create, ch_error_code code)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_store) store = ch_store_open(f->url, f->key, create, &error);
    assert_null(store);
    assert_error_code(&error, code);
}

static void
the_wrong_key_is_refused(void **state)
{
    fixture *f = *state;
    g_file_set_contents_full(f->key, "0123456789abcdef0123456789abcdef", 32,
                             G_FILE_SET_CONTENTS_NONE, 0600, NULL);
    assert_open_fails(f, FALSE, CH_ERROR_CONFIG);
    assert_open_fails(f, TRUE, CH_ERROR_CONFIG);
}

static void
a_lost_key_is_not_made_anew(void **state)
{
    fixture *f = *state;
    assert_int_equal(g_unlink(f->key), 0);
    assert_open_fails(f, TRUE, CH_ERROR_CONFIG);
    assert_false(g_file_test(f->key, G_FILE_TEST_EXISTS));
}

static void
what_is_not_there_is_made_only_on_demand(void **state)
{
    const fixture *f = *state;
    fixture other = *f;
    g_autofree char *db = g_build_filename(f->directory, "none.db", NULL);
    g_autofree char *url = g_strconcat("sqlite:", db, NULL);
    other.url = url;
    assert_open_fails(&other, FALSE, CH_ERROR_CONFIG);
    assert_false(g_file_test(db, G_FILE_TEST_EXISTS));
    static const char *const bad[] = {
        "", "sqlite:", "sqlite::memory:", "postgres:x", "/tmp/x"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *copy = g_strdup(bad[i]);
        other.url = copy;
        assert_open_fails(&other, TRUE, CH_ERROR_CONFIG);
    }
}

static void
files_are_not_for_everybody(void **state)
{
    const fixture *f = *state;
    struct stat st;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *path = g_strconcat(f->db, ends[i], NULL);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & S_IRWXO, 0);
    }
}

static void
a_newer_schema_is_refused(void **state)
{
    fixture *f = *state;
    ch_store_close(f->store);
    f->store = NULL;
    assert_int_equal(sql_run(f, "PRAGMA user_version = 1000"), SQLITE_OK);
    assert_open_fails(f, FALSE, CH_ERROR_CONFIG);
    assert_open_fails(f, TRUE, CH_ERROR_CONFIG);
}

/* Version 1 had the tables, 2 brought the indexes, 3 the language, 4 the
 * releases. */
static void
an_older_schema_is_upgraded_with_its_items(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    ch_store_close(f->store);
    f->store = NULL;
    assert_int_equal(sql_run(f, "DROP INDEX item_by_retry_key;"
                                "DROP INDEX item_by_state;"
                                "DROP INDEX outbox_by_due;"
                                "DROP INDEX failure_by_time;"
                                "DROP TABLE letter;"
                                "DROP TABLE digest;"
                                "DROP TABLE link;"
                                "DROP TABLE delivery;"
                                "DROP TABLE draft;"
                                "DROP INDEX item_by_deadline;"
                                "DROP INDEX item_by_waiting;"
                                "DROP INDEX item_by_passed;"
                                "DROP INDEX item_by_decided;"
                                "DROP INDEX ledger_by_id;"
                                "DROP TABLE ledger_waiting;"
                                "DROP TABLE ledger_chained;"
                                "DROP TABLE session;"
                                "DROP TABLE account;"
                                "DROP TABLE review;"
                                "DROP TABLE authorization;"
                                "ALTER TABLE item DROP COLUMN hints;"
                                "ALTER TABLE item DROP COLUMN accounts;"
                                "ALTER TABLE item DROP COLUMN spanish;"
                                "PRAGMA user_version = 1"),
                     SQLITE_OK);
    assert_open_fails(f, FALSE, CH_ERROR_CONFIG);
    f->store = open_store(f, TRUE);
    g_autoptr(GBytes) raw = ch_store_read(f->store, id, NULL, &error);
    assert_non_null(raw);
    assert_int_equal(sql_number(f, "PRAGMA user_version"), 12);
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM sqlite_schema WHERE type ="
                      " 'index' AND name LIKE '%\\_by\\_%' ESCAPE '\\'"),
        17);
}

static void
a_file_that_is_no_database_is_an_error(void **state)
{
    fixture *f = *state;
    ch_store_close(f->store);
    f->store = NULL;
    assert_true(g_file_set_contents(f->db,
                                    "no database, but quite long "
                                    "enough to be read as a header of "
                                    "one hundred bytes, surely so.",
                                    -1, NULL));
    assert_open_fails(f, TRUE, CH_ERROR_IO);
}

/* --- damage
 * -------------------------------------------------------------------------- */

static void
damaged_items_are_an_error_never_wrong_text(void **state)
{
    const fixture *f = *state;
    static const char *const damages[] = {
        "UPDATE payload SET body = CAST(substr(body, 1, 60) || x'00'"
        " || substr(body, 62) AS BLOB)",
        "UPDATE payload SET body = substr(body, 1, length(body) - 1)",
        "UPDATE payload SET body = x''",
        "UPDATE payload SET sealed_key = zeroblob(72)",
        "UPDATE payload SET sealed_key = zeroblob(71)",
        "UPDATE item SET state = 'lost'",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autoptr(GError) error = NULL;
        char id[CH_ID_LENGTH + 1], good[CH_ID_LENGTH + 1];
        assert_int_equal(sql_run(f, "DELETE FROM payload; DELETE FROM item"),
                         SQLITE_OK);
        put(f, CH_STATE_HELD, NOW, POST, id);
        assert_int_equal(sql_run(f, damages[i]), SQLITE_OK);
        put(f, CH_STATE_HELD, NOW, "good", good);
        assert_null(ch_store_read(f->store, id, NULL, &error));
        assert_error_code(&error, CH_ERROR_INTERNAL);
        g_autoptr(GBytes) raw = ch_store_read(f->store, good, NULL, &error);
        assert_non_null(raw);
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_that_was_reported_is_there),
        TEST(eight_times_the_same_is_one_item),
        TEST(two_stores_on_one_database_agree),
        TEST(a_failing_job_fails_alone),
        TEST(a_full_disk_fails_and_passes),
        TEST(a_read_only_store_is_an_io_error),
        TEST(a_lost_disk_fails_and_comes_back),
        TEST(a_locked_database_fails_and_passes),
        TEST(what_was_reported_before_a_kill_is_there),
        TEST(the_wrong_key_is_refused),
        TEST(a_lost_key_is_not_made_anew),
        TEST(what_is_not_there_is_made_only_on_demand),
        TEST(files_are_not_for_everybody),
        TEST(a_newer_schema_is_refused),
        TEST(an_older_schema_is_upgraded_with_its_items),
        TEST(a_file_that_is_no_database_is_an_error),
        TEST(damaged_items_are_an_error_never_wrong_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
