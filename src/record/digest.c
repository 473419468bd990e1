/*
 * What waits for a digest, and its end; see digest.h.
 */
#include "chaperone/digest.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "record/store_int.h"

gboolean
ch_digest_add(ch_db *db, const char *id, const char *recipient, gint64 time_us,
              GError **error)
{
    return ch_db_run(
        db, "INSERT INTO digest (recipient, id, time_us) VALUES (?, ?, ?)",
        CH_VALUES(CH_TEXT(recipient), CH_TEXT(id), CH_INT(time_us)), error);
}

/* --- what is due ---------------------------------------------------------- */

static void
free_digest(gpointer data)
{
    ch_digest *digest = data;
    g_free(digest->recipient);
    g_clear_pointer(&digest->items, g_ptr_array_unref);
    g_free(digest);
}

/* Without their items. */
static GPtrArray *
find_recipients(ch_db *db, gint64 before_us, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_digest);
    g_autoptr(ch_rows) rows = ch_db_query(
        db,
        "SELECT recipient, max(row), count(*) FROM digest"
        " GROUP BY recipient HAVING min(time_us) <= ? ORDER BY recipient",
        CH_VALUES(CH_INT(before_us)), error);
    if (rows == NULL) {
        return NULL;
    }
    while (ch_rows_next(rows, &step_error)) {
        ch_digest *digest = g_new0(ch_digest, 1);
        digest->recipient = ch_rows_dup_text(rows, 0);
        digest->last_row = ch_rows_int(rows, 1, 0);
        digest->rows = ch_rows_int(rows, 2, 0);
        g_ptr_array_add(list, digest);
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

#define OF_RECIPIENT                                                           \
    " FROM digest JOIN item ON item.id = digest.id"                            \
    " WHERE digest.recipient = ? AND digest.row <= ? AND item.state = 'held'"

static gboolean
fill(ch_db *db, ch_digest *digest, GError **error)
{
    gint64 held = 0;
    digest->items = ch_items_query(
        db,
        "SELECT " CH_ITEM_COLUMNS OF_RECIPIENT
        " ORDER BY item.deadline_us, item.id LIMIT ?",
        CH_VALUES(CH_TEXT(digest->recipient), CH_INT(digest->last_row),
                  CH_INT(CH_MAX_DIGEST)),
        error);
    if (digest->items == NULL ||
        !ch_db_number(
            db, "SELECT count(*)" OF_RECIPIENT,
            CH_VALUES(CH_TEXT(digest->recipient), CH_INT(digest->last_row)), 0,
            &held, error)) {
        return FALSE;
    }
    digest->more = (guint)MAX(held - (gint64)digest->items->len, 0);
    return TRUE;
}

GPtrArray *
ch_digest_due(ch_store *store, gint64 before_us, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) list = find_recipients(db, before_us, error);
    gboolean ok = list != NULL;
    for (guint i = 0; ok && i < list->len; i++) {
        ok = fill(db, g_ptr_array_index(list, i), error);
    }
    ch_store_unlock_reader(store, ok);
    return ok ? g_steal_pointer(&list) : NULL;
}

/* --- its end -------------------------------------------------------------- */

typedef struct {
    const ch_digest *digest;
    const char *id;
    const ch_outgoing *letter; /* or NULL */
    gint64 now_us;
} finishing;

static gboolean
run_finish(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const finishing *job = data;
    const ch_digest *digest = job->digest;
    (void)seal;
    if (!ch_db_run(
            db, "DELETE FROM digest WHERE recipient = ? AND row <= ?",
            CH_VALUES(CH_TEXT(digest->recipient), CH_INT(digest->last_row)),
            error)) {
        return FALSE;
    }
    if (ch_db_changes(db) != digest->rows) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_STATE,
                            "the digest is another by now");
        return FALSE;
    }
    return job->letter == NULL ||
           ch_outbox_add(db, job->id, job->letter, 1, job->now_us, error);
}

gboolean
ch_digest_finish(ch_store *store, const ch_digest *digest, const char *id,
                 GBytes *letter, GArray *links, gint64 now_us, GError **error)
{
    const ch_outgoing out = {.kind = "digest",
                             .recipient = digest->recipient,
                             .mail = letter,
                             .links = links};
    finishing job = {.digest = digest,
                     .id = id,
                     .letter = letter != NULL ? &out : NULL,
                     .now_us = now_us};
    return ch_store_submit(store, run_finish, &job, error);
}
