/*
 * The store: opens it, and puts the right work into the right hands.
 *
 * Writing goes as a job (jobs.c) to the group commit (writer.c);
 * encryption is done before, in the caller's thread.  Reading uses a
 * connection of its own behind a lock; WAL lets it read while others write.
 * After trouble that connection is dropped and opened anew by the next call.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct ch_store {
    char *path;
    ch_seal *seal;
    ch_writer *writer;

    GMutex read_lock; /* guards reader */
    ch_db *reader;
};

const ch_seal *
ch_store_seal(const ch_store *store)
{
    return store->seal;
}

gboolean
ch_store_submit(ch_store *store, ch_job run, gpointer data, GError **error)
{
    return ch_writer_run(store->writer, run, data, CH_WIPE_NO, error);
}

/* --- reading ------------------------------------------------------------- */

ch_db *
ch_store_lock_reader(ch_store *store, GError **error)
{
    g_mutex_lock(&store->read_lock);
    if (store->reader == NULL) {
        store->reader = ch_db_open(store->path, FALSE, error);
    }
    if (store->reader == NULL) {
        g_mutex_unlock(&store->read_lock);
    }
    return store->reader;
}

void
ch_store_unlock_reader(ch_store *store, gboolean ok)
{
    if (!ok) {
        g_clear_pointer(&store->reader, ch_db_close);
    }
    g_mutex_unlock(&store->read_lock);
}

/* --- opening and closing ------------------------------------------------- */

static const char *
path_of_url(const char *url, GError **error)
{
    static const char scheme[] = "sqlite:";
    const char *path =
        g_str_has_prefix(url, scheme) ? url + strlen(scheme) : "";
    /* ":memory:" and the like keep nothing. */
    if (*path == '\0' || *path == ':') {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "store.url: allowed is sqlite:PATH");
        return NULL;
    }
    return path;
}

static gboolean
insert_check(ch_db *db, const guint8 value[CH_DIGEST_BYTES], GError **error)
{
    return ch_db_run(db,
                     "INSERT INTO meta (name, value) VALUES ('key_check', ?)"
                     " ON CONFLICT (name) DO NOTHING",
                     CH_VALUES(CH_BLOB(value, CH_DIGEST_BYTES)), error);
}

/* Whether this key made this store; a new store remembers it. */
static gboolean
check_key(const ch_store *store, ch_db *db, const char *key_file,
          GError **error)
{
    guint8 ours[CH_DIGEST_BYTES], theirs[CH_DIGEST_BYTES];
    ch_seal_check_value(store->seal, ours);
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows = ch_db_query(
        db, "SELECT value FROM meta WHERE name = 'key_check'", NULL, error);
    if (rows == NULL) {
        return FALSE;
    }
    if (!ch_rows_next(rows, &step_error)) {
        if (step_error == NULL) {
            return insert_check(db, ours, error);
        }
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    if (!ch_rows_copy(rows, 0, theirs, sizeof theirs) ||
        !ch_hash_equal(ours, theirs)) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "store %s was made with another key than %s", store->path,
                    key_file);
        return FALSE;
    }
    return TRUE;
}

static gboolean
are_keys_known(const ch_store *store, ch_db *db, gboolean *known_out,
               GError **error)
{
    gint64 known = 0;
    gboolean ok =
        ch_db_number(db, "SELECT count(*) FROM meta WHERE name = 'key_check'",
                     NULL, 0, &known, error) &&
        ch_ledger_knows(db, store->seal, known_out, error);
    *known_out = *known_out && known > 0;
    return ok;
}

/* Under the write lock, so that two programs that start agree. */
static gboolean
agree_on_keys(const ch_store *store, ch_db *db, const char *key_file,
              gboolean begin_chain, GError **error)
{
    gboolean known = FALSE;
    if (!are_keys_known(store, db, &known, error)) {
        return FALSE;
    }
    if (known) {
        return check_key(store, db, key_file, error);
    }
    if (!ch_db_begin(db, error)) {
        return FALSE;
    }
    if (!check_key(store, db, key_file, error) ||
        !ch_ledger_agree(db, store->seal, begin_chain, error) ||
        !ch_db_commit(db, error)) {
        ch_db_rollback(db);
        return FALSE;
    }
    return TRUE;
}

typedef enum {
    OPEN_EXISTING,
    OPEN_CREATE,     /* the daemon: makes what is missing */
    OPEN_BEGIN_CHAIN /* what is there gets a new chain */
} open_mode;

/* A new key for an old store would only hide that the old one is lost. */
static gboolean
open_keys(ch_store *store, const char *key_file, gboolean is_new,
          open_mode mode, GError **error)
{
    if (mode == OPEN_BEGIN_CHAIN && !ch_seal_make_chain_key(key_file, error)) {
        return FALSE;
    }
    store->seal = ch_seal_open(key_file, is_new, error);
    if (store->seal == NULL) {
        return FALSE;
    }
    if (mode == OPEN_EXISTING || ch_seal_chains(store->seal)) {
        return TRUE;
    }
    g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                "key file %s" CH_LEDGER_KEY_SUFFIX
                " is missing or not for this user; put it back, or begin a "
                "new chain: chaperone audit begin",
                key_file);
    return FALSE;
}

/* The key that was to come is the store's already: it gets its name. */
static gboolean
finish_rotation(ch_store *store, ch_db *db, const char *key_file,
                open_mode mode, GError **error)
{
    gboolean done = FALSE;
    if (!ch_rotate_finish(db, key_file, &done, error)) {
        return FALSE;
    }
    if (!done) {
        return TRUE;
    }
    g_clear_pointer(&store->seal, ch_seal_free);
    return open_keys(store, key_file, FALSE, mode, error);
}

static gboolean
open_parts(ch_store *store, const char *key_file, open_mode mode,
           GError **error)
{
    gboolean exists = g_file_test(store->path, G_FILE_TEST_EXISTS);
    gboolean create = mode == OPEN_CREATE;
    if (!exists && !create) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "there is no store %s; chaperone-milter makes it",
                    store->path);
        return FALSE;
    }
    if (!open_keys(store, key_file, !exists, mode, error)) {
        return FALSE;
    }
    g_autoptr(ch_db) db = ch_db_open(store->path, create, error);
    if (db == NULL || !finish_rotation(store, db, key_file, mode, error) ||
        !agree_on_keys(store, db, key_file, mode == OPEN_BEGIN_CHAIN, error)) {
        return FALSE;
    }
    store->writer =
        ch_writer_new(store->path, store->seal, g_steal_pointer(&db));
    return TRUE;
}

static ch_store *
open_store(const char *url, const char *key_file, open_mode mode,
           GError **error)
{
    const char *path = path_of_url(url, error);
    if (path == NULL) {
        return NULL;
    }
    g_autoptr(ch_store) store = g_new0(ch_store, 1);
    store->path = g_strdup(path);
    g_mutex_init(&store->read_lock);
    if (!open_parts(store, key_file, mode, error)) {
        return NULL;
    }
    return g_steal_pointer(&store);
}

ch_store *
ch_store_open(const char *url, const char *key_file, gboolean create,
              GError **error)
{
    return open_store(url, key_file, create ? OPEN_CREATE : OPEN_EXISTING,
                      error);
}

gboolean
ch_store_begin_chain(const char *url, const char *key_file, const char *actor,
                     gint64 uid, const char *note, GError **error)
{
    g_autoptr(ch_store) store =
        open_store(url, key_file, OPEN_BEGIN_CHAIN, error);
    return store != NULL &&
           ch_store_note_event(store, "chain-begun", actor, uid, note,
                               g_get_real_time(), error);
}

void
ch_store_close(ch_store *store)
{
    if (store == NULL) {
        return;
    }
    ch_writer_free(store->writer);
    ch_db_close(store->reader);
    ch_seal_free(store->seal);
    g_mutex_clear(&store->read_lock);
    g_free(store->path);
    g_free(store);
}

/* --- taking a message ---------------------------------------------------- */

void
ch_store_retry_key(const ch_store *store, const ch_envelope *e,
                   const char *author, GBytes *raw,
                   guint8 key_out[CH_DIGEST_BYTES])
{
    ch_retry_key(store->seal, e, author, raw, key_out);
}

gboolean
ch_store_find_prior(ch_store *store, const guint8 key[CH_DIGEST_BYTES],
                    gint64 now_us, ch_prior *prior_out, GError **error)
{
    prior_out->id[0] = '\0';
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gboolean ok = ch_items_find_prior(db, key, now_us, prior_out, error);
    ch_store_unlock_reader(store, ok);
    return ok;
}

gboolean
ch_store_commit(ch_store *store, const ch_record *record, ch_prior *prior_out,
                GError **error)
{
    g_assert(ch_id_is_valid(record->id));
    g_assert(record->state == CH_STATE_HELD ||
             record->state == CH_STATE_PASSED ||
             record->state == CH_STATE_REJECTED);
    g_auto(ch_sealed) sealed = {.body = NULL};
    ch_take take = {.record = record, .prior = prior_out};
    prior_out->id[0] = '\0';
    if (record->envelope != NULL && record->raw != NULL) {
        if (!ch_seal_item(store->seal, record->id, record->envelope,
                          record->raw, &sealed, error)) {
            return FALSE;
        }
        take.sealed = &sealed;
    }
    if (!ch_store_submit(store, ch_job_take, &take, error)) {
        prior_out->id[0] = '\0';
        return FALSE;
    }
    return TRUE;
}

gboolean
ch_store_count_failure(ch_store *store, const guint8 key[CH_DIGEST_BYTES],
                       gint64 now_us, guint *count_out, GError **error)
{
    ch_failure failure = {.key = key, .now_us = now_us};
    *count_out = 0;
    if (!ch_store_submit(store, ch_job_count_failure, &failure, error)) {
        return FALSE;
    }
    *count_out = failure.count;
    return TRUE;
}

gboolean
ch_store_add_draft(ch_store *store, const ch_draft_record *draft,
                   gboolean *within_out, GError **error)
{
    ch_drafting job = {.record = draft};
    gboolean ok = ch_store_submit(store, ch_job_draft, &job, error);
    *within_out = ok && job.within;
    return ok;
}

/* --- looking
 * ------------------------------------------------------------------ */

GPtrArray *
ch_store_list(ch_store *store, guint states, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *items = ch_items_list(db, states, error);
    ch_store_unlock_reader(store, items != NULL);
    return items;
}

/* An unknown ID is no reason to drop a connection. */
static gboolean
is_healthy(const GError *error)
{
    return error == NULL || error->code == CH_ERROR_NOTFOUND ||
           error->code == CH_ERROR_STATE;
}

ch_item *
ch_store_get(ch_store *store, const char *id, GError **error)
{
    g_autoptr(GError) local = NULL;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    ch_item *item = ch_items_get(db, id, &local);
    ch_store_unlock_reader(store, is_healthy(local));
    if (item == NULL) {
        g_propagate_error(error, g_steal_pointer(&local));
    }
    return item;
}

GBytes *
ch_store_read(ch_store *store, const char *id, ch_envelope **envelope_out,
              GError **error)
{
    g_autoptr(GError) local = NULL;
    g_auto(ch_sealed) sealed = {.body = NULL};
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    gboolean ok = ch_items_payload(db, id, &sealed, &local);
    ch_store_unlock_reader(store, is_healthy(local));
    if (!ok) {
        g_propagate_error(error, g_steal_pointer(&local));
        return NULL;
    }
    return ch_seal_read(store->seal, id, &sealed, envelope_out, error);
}

gboolean
ch_store_count(ch_store *store, ch_store_numbers *out, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gint64 held = 0, outbox = 0;
    gboolean ok =
        ch_db_number(db, "SELECT count(*) FROM item WHERE state = 'held'", NULL,
                     0, &held, error) &&
        ch_db_number(db, "SELECT min(time_us) FROM item WHERE state = 'held'",
                     NULL, -1, &out->oldest_held_us, error) &&
        ch_db_number(db,
                     "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*)"
                     " FROM delivery WHERE state IN ('waiting', 'sending'))",
                     NULL, 0, &outbox, error) &&
        ch_db_number(db,
                     "SELECT CAST(CAST(value AS TEXT) AS INTEGER) FROM meta"
                     " WHERE name = 'last_notice_us'",
                     NULL, -1, &out->last_notice_us, error);
    out->held = (guint64)held;
    out->outbox = (guint64)outbox;
    ch_store_unlock_reader(store, ok);
    return ok;
}

/* --- deciding
 * ------------------------------------------------------------------ */

gboolean
ch_store_decide(ch_store *store, const char *id, ch_state state,
                const ch_decision *decision, GError **error)
{
    g_assert(state == CH_STATE_REFUSED || state == CH_STATE_EXPIRED);
    ch_decide decide = {.id = id, .state = state, .decision = decision};
    return ch_writer_run(store->writer, ch_job_decide, &decide,
                         state == CH_STATE_EXPIRED ? CH_WIPE_TRY : CH_WIPE_NO,
                         error);
}

gboolean
ch_store_seen(ch_store *store, const char *id, const ch_decision *decision,
              GError **error)
{
    ch_decide seen = {.id = id, .decision = decision};
    return ch_store_submit(store, ch_job_seen, &seen, error);
}

gboolean
ch_store_record_view(ch_store *store, const char *id, const char *event,
                     const ch_decision *who, GError **error)
{
    ch_decide view = {.id = id, .event = event, .decision = who};
    return ch_store_submit(store, ch_job_note_view, &view, error);
}

/* --- housekeeping
 * ---------------------------------------------------------------- */

gboolean
ch_store_add_notice(ch_store *store, const char *id, const ch_outgoing *notice,
                    gint64 time_us, GError **error)
{
    ch_sending sending = {.id = id, .notice = notice, .time_us = time_us};
    return ch_store_submit(store, ch_job_notice, &sending, error);
}

GPtrArray *
ch_store_outbox_due(ch_store *store, gint64 now_us, guint limit, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *waiting = ch_outbox_due(db, now_us, limit, error);
    ch_store_unlock_reader(store, waiting != NULL);
    return waiting;
}

gboolean
ch_store_outbox_done(ch_store *store, gint64 row, gboolean sent,
                     const char *reply, gint64 next_us, GError **error)
{
    ch_sent done = {
        .row = row, .sent = sent, .reply = reply, .next_us = next_us};
    return ch_store_submit(store, ch_job_outbox_done, &done, error);
}

gboolean
ch_store_purge(ch_store *store, gint64 kept_us, gint64 rejected_us,
               gint64 ledger_us, guint *destroyed_out, GError **error)
{
    ch_purge purge = {.kept_us = kept_us,
                      .rejected_us = rejected_us,
                      .ledger_us = ledger_us,
                      .now_us = g_get_real_time()};
    *destroyed_out = 0;
    do {
        if (!ch_store_submit(store, ch_job_destroy, &purge, error)) {
            return FALSE;
        }
        *destroyed_out += purge.destroyed;
    } while (purge.destroyed > 0);
    /* Always, so that a log that could not be emptied last time is now. */
    return ch_writer_run(store->writer, ch_job_forget, &purge, CH_WIPE_MUST,
                         error);
}

static gboolean
fail_backup(const char *file, int saved_errno, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_IO, "backup %s: %s", file,
                g_strerror(saved_errno));
    return FALSE;
}

static gboolean
copy_and_sync(ch_store *store, const char *file, int fd, GError **error)
{
    /* A connection of its own: a long copy keeps no reader waiting. */
    g_autoptr(ch_db) db = ch_db_open(store->path, FALSE, error);
    if (db == NULL || !ch_db_copy_to(db, file, error)) {
        return FALSE;
    }
    return fsync(fd) == 0 || fail_backup(file, errno, error);
}

gboolean
ch_store_backup(ch_store *store, const char *file, GError **error)
{
    int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fail_backup(file, errno, error);
    }
    gboolean ok = copy_and_sync(store, file, fd, error);
    close(fd);
    if (!ok) {
        (void)unlink(file);
        return FALSE;
    }
    return ch_sync_directory(file) || fail_backup(file, errno, error);
}

void
ch_store_sign(const ch_store *store, const char *purpose, GBytes *data,
              guint8 out[CH_DIGEST_BYTES])
{
    gsize length;
    const void *bytes = g_bytes_get_data(data, &length);
    ch_hash *hash = ch_hash_new(store->seal, CH_HASH_SIGN);
    ch_hash_add_string(hash, purpose);
    ch_hash_add(hash, bytes, length);
    ch_hash_finish(hash, out);
}
