/*
 * The SQLite driver: connections, statements, transactions, the schema.
 *
 * The only file that includes sqlite3.h.  It knows how to keep bytes safe,
 * not what they mean.  WAL with synchronous=FULL: NORMAL may lose the last
 * commit at a power cut, and that commit was promised to the MTA.
 * secure_delete overwrites what is deleted.
 *
 * Errors name what SQLite says and errno, never a value: full, locked,
 * read-only and failing disks are CH_ERROR_IO, which passes.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

/* How long a writer waits for another process. */
#define BUSY_TIMEOUT_MS 4000
#define WAL_TRIES       20
#define WAL_PAUSE_US    50000

struct ch_db {
    sqlite3 *handle;
    GHashTable *idle; /* text to sqlite3_stmt that nobody uses now */
};

struct ch_rows {
    ch_db *db;
    sqlite3_stmt *statement;
};

/* --- schema -------------------------------------------------------------- */

/* Step n takes a database from user_version n to n + 1.  A step that was
 * ever released is never edited.
 *
 * payload is a table of its own, so that lists never touch big rows.  Ledger
 * rows cannot be changed, and deleted only up to the anchor (pruning). */
static const char *const steps[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;"
    "CREATE TABLE item ("
    " id TEXT PRIMARY KEY, state TEXT NOT NULL, time_us INTEGER NOT NULL,"
    " publish_at_us INTEGER, deadline_us INTEGER, seen_us INTEGER,"
    " decided_us INTEGER, author TEXT, gateways TEXT, rules TEXT,"
    " verdict TEXT, queue_id TEXT, reviewer TEXT, uid INTEGER, note TEXT,"
    " findings TEXT, retry_key BLOB NOT NULL, size INTEGER NOT NULL) STRICT;"
    "CREATE TABLE payload ("
    " id TEXT PRIMARY KEY REFERENCES item (id), sealed_key BLOB NOT NULL,"
    " body BLOB NOT NULL) STRICT;"
    "CREATE TABLE ledger ("
    " seq INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, id TEXT NOT NULL,"
    " event TEXT NOT NULL, author TEXT, gateways TEXT, rules TEXT,"
    " verdict TEXT, actor TEXT, uid INTEGER, note TEXT,"
    " previous BLOB NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE anchor ("
    " one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL,"
    " hash BLOB NOT NULL, proof BLOB NOT NULL) STRICT;"
    "CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger BEGIN"
    " SELECT RAISE(ABORT, 'the ledger is insert-only'); END;"
    "CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger"
    " WHEN OLD.seq > coalesce((SELECT seq FROM anchor), 0) BEGIN"
    " SELECT RAISE(ABORT, 'the ledger is insert-only'); END;"
    "CREATE TABLE outbox ("
    " row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,"
    " kind TEXT NOT NULL, recipient TEXT NOT NULL, mail BLOB NOT NULL,"
    " due_us INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,"
    " reply TEXT) STRICT;"
    "CREATE TABLE failure ("
    " retry_key BLOB PRIMARY KEY, count INTEGER NOT NULL,"
    " time_us INTEGER NOT NULL) STRICT;",

    "CREATE INDEX item_by_retry_key ON item (retry_key, time_us);"
    "CREATE INDEX item_by_state ON item (state, time_us);"
    "CREATE INDEX outbox_by_due ON outbox (due_us);"
    "CREATE INDEX failure_by_time ON failure (time_us);",

    "ALTER TABLE item ADD COLUMN spanish INTEGER NOT NULL DEFAULT 0;",

    /* One row for each recipient of an approved item: its place in the sealed
     * envelope, never its address. */
    "CREATE TABLE delivery ("
    " row INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL REFERENCES item (id) ON DELETE CASCADE,"
    " recipient INTEGER NOT NULL, state TEXT NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, due_us INTEGER NOT NULL,"
    " time_us INTEGER NOT NULL, reply TEXT, content BLOB NOT NULL,"
    " token BLOB, used INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (id, recipient)) STRICT;"
    "CREATE INDEX delivery_by_state ON delivery (state, due_us);"
    "CREATE INDEX delivery_by_token ON delivery (token);",

    /* What patients agreed to; hints: IDs of the notes of a post. */
    "CREATE TABLE authorization ("
    " id TEXT PRIMARY KEY, scope TEXT NOT NULL, until_day TEXT NOT NULL,"
    " until_us INTEGER NOT NULL, added_us INTEGER NOT NULL, added_by TEXT,"
    " revoked_us INTEGER, revoked_by TEXT) STRICT;"
    "ALTER TABLE item ADD COLUMN hints TEXT;",

    /* Rows of whoever has no key of the ledger, until somebody chains them:
     * deleted only up to the last one that was. */
    "CREATE TABLE ledger_waiting ("
    " row INTEGER PRIMARY KEY AUTOINCREMENT, time_us INTEGER NOT NULL,"
    " id TEXT NOT NULL, event TEXT NOT NULL, author TEXT, gateways TEXT,"
    " rules TEXT, verdict TEXT, actor TEXT, uid INTEGER, note TEXT) STRICT;"
    "CREATE TABLE ledger_chained ("
    " one INTEGER PRIMARY KEY CHECK (one = 1), row INTEGER NOT NULL) STRICT;"
    "CREATE TRIGGER ledger_waiting_no_update BEFORE UPDATE ON ledger_waiting"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is insert-only'); END;"
    "CREATE TRIGGER ledger_waiting_no_delete BEFORE DELETE ON ledger_waiting"
    " WHEN OLD.row > coalesce((SELECT row FROM ledger_chained), 0) BEGIN"
    " SELECT RAISE(ABORT, 'the ledger is insert-only'); END;",

    /* accounts: aliases that the post went to; edits: what a release changes
     * of the mail as received (times), no text of it. */
    "ALTER TABLE item ADD COLUMN accounts TEXT;"
    "ALTER TABLE delivery ADD COLUMN edits BLOB;",

    /* Who asked for reports in the last hour. */
    "CREATE TABLE draft (author TEXT NOT NULL, time_us INTEGER NOT NULL)"
    " STRICT;"
    "CREATE INDEX draft_by_author ON draft (author, time_us);",

    /* Who may use the review page.  password: argon2id's own text; totp: the
     * second factor's secret, sealed; totp_step: the last one used.  session:
     * digests of tokens, never a token. */
    "CREATE TABLE account ("
    " name TEXT PRIMARY KEY, role TEXT NOT NULL, password TEXT NOT NULL,"
    " totp BLOB, totp_step INTEGER NOT NULL DEFAULT 0, author TEXT,"
    " lang TEXT, added_us INTEGER NOT NULL, disabled_us INTEGER,"
    " last_us INTEGER, failures INTEGER NOT NULL DEFAULT 0,"
    " locked_us INTEGER) STRICT;"
    "CREATE TABLE session ("
    " digest BLOB PRIMARY KEY,"
    " account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,"
    " complete INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " seen_us INTEGER NOT NULL, address TEXT) STRICT;"
    "CREATE INDEX session_by_account ON session (account);"
    /* What reviewers do with an item before its one decision. */
    "CREATE TABLE review ("
    " id TEXT PRIMARY KEY REFERENCES item (id) ON DELETE CASCADE,"
    " owner TEXT, taken_us INTEGER, escalated_us INTEGER,"
    " evidence_us INTEGER, asked_us INTEGER, first_by TEXT,"
    " first_us INTEGER, reminded_us INTEGER, warned_us INTEGER) STRICT;"
    "CREATE INDEX item_by_deadline ON item (state, deadline_us);"
    /* Each list of reviewers in its order: the conditions are those of
     * review_list.c, word by word, or they would not be used. */
    "CREATE INDEX item_by_waiting ON item (deadline_us, time_us, id)"
    " WHERE state IN ('held', 'releasing', 'release_failed');"
    "CREATE INDEX item_by_passed ON item (time_us DESC, id)"
    " WHERE state = 'passed' AND seen_us IS NULL;"
    "CREATE INDEX item_by_decided ON item (decided_us DESC, id)"
    " WHERE state IN ('released', 'refused', 'expired');"
    "CREATE INDEX ledger_by_id ON ledger (id);",

    /* What authors wrote about their posts, sealed; gone with the message. */
    "CREATE TABLE letter ("
    " row INTEGER PRIMARY KEY,"
    " id TEXT NOT NULL REFERENCES item (id) ON DELETE CASCADE,"
    " time_us INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX letter_by_id ON letter (id);"
    "ALTER TABLE review ADD COLUMN wrote_us INTEGER;",

    /* Posts that a reviewer is told of in the next letter about many. */
    "CREATE TABLE digest ("
    " row INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL,"
    " id TEXT NOT NULL REFERENCES item (id) ON DELETE CASCADE,"
    " time_us INTEGER NOT NULL) STRICT;"
    "CREATE INDEX digest_by_recipient ON digest (recipient, time_us);"
    "CREATE INDEX digest_by_id ON digest (id);",

    /* Links of letters, each for one card and one use: digests of tokens. */
    "CREATE TABLE link ("
    " digest BLOB PRIMARY KEY,"
    " id TEXT NOT NULL REFERENCES item (id) ON DELETE CASCADE,"
    " recipient TEXT NOT NULL, until_us INTEGER NOT NULL,"
    " used_us INTEGER) STRICT;"
    "CREATE INDEX link_by_id ON link (id);",
};

/* --- errors -------------------------------------------------------------- */

static ch_error_code
code_of(int status)
{
    switch (status & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return CH_ERROR_IO;
    default:
        return CH_ERROR_INTERNAL;
    }
}

/* The message is SQLite's text for the code, not for the statement. */
static gboolean
fail(ch_db *db, int status, GError **error)
{
    int os_error = db->handle != NULL ? sqlite3_system_errno(db->handle) : 0;
    int extended =
        db->handle != NULL ? sqlite3_extended_errcode(db->handle) : status;
    gboolean by_os = os_error != 0 && code_of(status) == CH_ERROR_IO &&
                     (status & 0xff) != SQLITE_BUSY;
    g_set_error(error, CH_ERROR, (gint)code_of(status),
                "store: %s (SQLite %d)%s%s", sqlite3_errstr(status), extended,
                by_os ? ": " : "", by_os ? g_strerror(os_error) : "");
    return FALSE;
}

/* --- statements ---------------------------------------------------------- */

static int
bind_one(sqlite3_stmt *statement, int at, const ch_value *value)
{
    if (value->type == CH_VALUE_INT) {
        return sqlite3_bind_int64(statement, at, value->integer);
    }
    if (value->data == NULL) {
        return sqlite3_bind_null(statement, at);
    }
    if (value->type == CH_VALUE_TEXT) {
        return sqlite3_bind_text(statement, at, value->data, -1, SQLITE_STATIC);
    }
    return sqlite3_bind_blob64(statement, at, value->data, value->length,
                               SQLITE_STATIC);
}

static void
free_statement(gpointer statement)
{
    sqlite3_finalize(statement);
}

/* Compiling a statement costs more than running it: each is kept for the next
 * time.  Their number is that of the texts in this directory. */
static sqlite3_stmt *
take_statement(ch_db *db, const char *sql, int *status_out)
{
    sqlite3_stmt *statement = NULL;
    *status_out = SQLITE_OK;
    if (!g_hash_table_steal_extended(db->idle, sql, NULL,
                                     (gpointer *)&statement)) {
        *status_out = sqlite3_prepare_v3(
            db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
    }
    return statement;
}

/* Values were borrowed, so none may stay. */
static void
give_statement(ch_db *db, sqlite3_stmt *statement)
{
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    g_hash_table_replace(db->idle, (gpointer)sqlite3_sql(statement), statement);
}

static sqlite3_stmt *
prepare(ch_db *db, const char *sql, const ch_value *values, GError **error)
{
    int status;
    sqlite3_stmt *statement = take_statement(db, sql, &status);
    for (int i = 0; status == SQLITE_OK && values != NULL &&
                    values[i].type != CH_VALUE_END;
         i++) {
        status = bind_one(statement, i + 1, &values[i]);
    }
    if (status != SQLITE_OK) {
        fail(db, status, error);
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

ch_rows *
ch_db_query(ch_db *db, const char *sql, const ch_value *values, GError **error)
{
    sqlite3_stmt *statement = prepare(db, sql, values, error);
    if (statement == NULL) {
        return NULL;
    }
    ch_rows *rows = g_new0(ch_rows, 1);
    rows->db = db;
    rows->statement = statement;
    return rows;
}

gboolean
ch_rows_next(ch_rows *rows, GError **error)
{
    int status = sqlite3_step(rows->statement);
    if (status == SQLITE_ROW) {
        return TRUE;
    }
    return status != SQLITE_DONE && fail(rows->db, status, error);
}

void
ch_rows_free(ch_rows *rows)
{
    if (rows != NULL) {
        give_statement(rows->db, rows->statement);
        g_free(rows);
    }
}

gint64
ch_rows_int(ch_rows *rows, int column, gint64 if_null)
{
    if (sqlite3_column_type(rows->statement, column) == SQLITE_NULL) {
        return if_null;
    }
    return sqlite3_column_int64(rows->statement, column);
}

char *
ch_rows_dup_text(ch_rows *rows, int column)
{
    return g_strdup((const char *)sqlite3_column_text(rows->statement, column));
}

GBytes *
ch_rows_dup_bytes(ch_rows *rows, int column)
{
    const void *data = sqlite3_column_blob(rows->statement, column);
    int length = sqlite3_column_bytes(rows->statement, column);
    if (sqlite3_column_type(rows->statement, column) == SQLITE_NULL) {
        return NULL;
    }
    return g_bytes_new(data, (gsize)length);
}

gboolean
ch_rows_copy(ch_rows *rows, int column, guint8 *out, gsize length)
{
    const void *data = sqlite3_column_blob(rows->statement, column);
    if (data == NULL ||
        (gsize)sqlite3_column_bytes(rows->statement, column) != length) {
        return FALSE;
    }
    memcpy(out, data, length);
    return TRUE;
}

gboolean
ch_db_run(ch_db *db, const char *sql, const ch_value *values, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return FALSE;
    }
    while (ch_rows_next(rows, &step_error)) {
        continue;
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

gint64
ch_db_changes(ch_db *db)
{
    return sqlite3_changes64(db->handle);
}

gboolean
ch_db_number(ch_db *db, const char *sql, const ch_value *values, gint64 if_none,
             gint64 *out, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return FALSE;
    }
    *out = if_none;
    if (ch_rows_next(rows, &step_error)) {
        *out = ch_rows_int(rows, 0, if_none);
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

/* --- transactions -------------------------------------------------------- */

/* Several statements, without values. */
static gboolean
run_script(ch_db *db, const char *sql, GError **error)
{
    int status = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return status == SQLITE_OK || fail(db, status, error);
}

gboolean
ch_db_begin(ch_db *db, GError **error)
{
    return ch_db_run(db, "BEGIN IMMEDIATE", NULL, error);
}

gboolean
ch_db_commit(ch_db *db, GError **error)
{
    return ch_db_run(db, "COMMIT", NULL, error);
}

void
ch_db_rollback(ch_db *db)
{
    if (ch_db_in_transaction(db)) {
        run_script(db, "ROLLBACK", NULL);
    }
}

gboolean
ch_db_in_transaction(ch_db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

gboolean
ch_db_step_begin(ch_db *db, GError **error)
{
    return ch_db_run(db, "SAVEPOINT step", NULL, error);
}

gboolean
ch_db_step_end(ch_db *db, gboolean keep, GError **error)
{
    return (keep || ch_db_run(db, "ROLLBACK TO step", NULL, error)) &&
           ch_db_run(db, "RELEASE step", NULL, error);
}

/* --- opening ------------------------------------------------------------- */

/* Not for everybody: the ledger names people.  The umask may take the
 * group's bits too.  SQLite gives -wal and -shm the same mode. */
static gboolean
make_file(const char *path, GError **error)
{
    /* An existing file is not even opened: to close a descriptor of it would
     * drop the POSIX locks of every connection in this process. */
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
    if (fd < 0 && errno == EEXIST) {
        return TRUE;
    }
    if (fd < 0 || close(fd) != 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "store %s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* Changing to WAL needs the file alone for a moment and does not wait for
 * it by itself when several programs start at once. */
static gboolean
use_wal(ch_db *db, GError **error)
{
    for (guint i = 0;; i++) {
        g_autoptr(GError) local = NULL;
        if (run_script(db, "PRAGMA journal_mode = WAL", &local)) {
            return TRUE;
        }
        if (i == WAL_TRIES ||
            (sqlite3_errcode(db->handle) & 0xff) != SQLITE_BUSY) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        g_usleep(WAL_PAUSE_US);
    }
}

static gboolean
configure(ch_db *db, GError **error)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return run_script(db,
                      "PRAGMA trusted_schema = OFF;"
                      "PRAGMA foreign_keys = ON;"
                      "PRAGMA secure_delete = ON;"
                      "PRAGMA cell_size_check = ON;"
                      "PRAGMA synchronous = FULL;",
                      error);
}

static gboolean
get_version(ch_db *db, gint64 *version_out, GError **error)
{
    return ch_db_number(db, "PRAGMA user_version", NULL, 0, version_out, error);
}

/* Inside a transaction: of two programs that start, one upgrades. */
static gboolean
climb(ch_db *db, GError **error)
{
    gint64 version;
    if (!get_version(db, &version, error)) {
        return FALSE;
    }
    for (gint64 i = version; i < (gint64)G_N_ELEMENTS(steps); i++) {
        g_autofree char *done =
            g_strdup_printf("PRAGMA user_version = %" G_GINT64_FORMAT, i + 1);
        if (!run_script(db, steps[i], error) || !run_script(db, done, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
upgrade(ch_db *db, GError **error)
{
    if (!use_wal(db, error) || !ch_db_begin(db, error)) {
        return FALSE;
    }
    if (!climb(db, error) || !ch_db_commit(db, error)) {
        ch_db_rollback(db);
        return FALSE;
    }
    return TRUE;
}

static gboolean
check_version(ch_db *db, const char *path, gboolean create, GError **error)
{
    gint64 version, ours = G_N_ELEMENTS(steps);
    if (!get_version(db, &version, error)) {
        return FALSE;
    }
    if (version == ours) {
        return TRUE;
    }
    if (version < ours && create) {
        return upgrade(db, error);
    }
    g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                "store %s has schema %" G_GINT64_FORMAT
                ", this program knows %" G_GINT64_FORMAT "; %s",
                path, version, ours,
                version > ours ? "a newer Chaperone made it"
                               : "start chaperone-milter, which upgrades it");
    return FALSE;
}

ch_db *
ch_db_open(const char *path, gboolean create, GError **error)
{
    g_autoptr(ch_db) db = g_new0(ch_db, 1);
    db->idle =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_statement);
    if (create && !make_file(path, error)) {
        return NULL;
    }
    int status = sqlite3_open_v2(
        path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (status != SQLITE_OK) {
        fail(db, status, error);
        return NULL;
    }
    /* SQLite tries again to read only when open(2) fails, and says nothing. */
    if (sqlite3_db_readonly(db->handle, "main") == 1) {
        fail(db, SQLITE_READONLY, error);
        return NULL;
    }
    if (!configure(db, error) || !check_version(db, path, create, error)) {
        return NULL;
    }
    return g_steal_pointer(&db);
}

void
ch_db_close(ch_db *db)
{
    if (db != NULL) {
        g_hash_table_unref(db->idle);
        sqlite3_close_v2(db->handle);
        g_free(db);
    }
}

/* --- copies and traces --------------------------------------------------- */

gboolean
ch_db_truncate_log(ch_db *db, GError **error)
{
    int status = sqlite3_wal_checkpoint_v2(
        db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return status == SQLITE_OK || fail(db, status, error);
}

gboolean
ch_db_copy_to(ch_db *db, const char *file, GError **error)
{
    return ch_db_run(db, "VACUUM INTO ?", CH_VALUES(CH_TEXT(file)), error);
}
