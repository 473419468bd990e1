/*
 * Items: what is known about a message, and the message itself, sealed.
 *
 * The item row is small and has no content; the payload row holds the sealed
 * key and the ciphertext and is what destruction removes.  Functions here
 * run inside a transaction of store.c and decide nothing: who may go from
 * which state to which is in jobs.c.
 */
#include "record/store_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <string.h>

static const char *const state_names[CH_STATE_COUNT] = {
    [CH_STATE_HELD] = "held",
    [CH_STATE_RELEASING] = "releasing",
    [CH_STATE_RELEASE_FAILED] = "release_failed",
    [CH_STATE_RELEASED] = "released",
    [CH_STATE_REFUSED] = "refused",
    [CH_STATE_EXPIRED] = "expired",
    [CH_STATE_PASSED] = "passed",
    [CH_STATE_REJECTED] = "rejected",
};

const char *
ch_state_name(ch_state state)
{
    return state_names[state];
}

gboolean
ch_state_parse(const char *name, ch_state *state_out)
{
    for (guint i = 0; i < CH_STATE_COUNT; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *state_out = (ch_state)i;
            return TRUE;
        }
    }
    return FALSE;
}

void
ch_item_free(ch_item *item)
{
    if (item == NULL) {
        return;
    }
    g_free(item->id);
    g_free(item->author);
    g_free(item->gateways);
    g_free(item->rules);
    g_free(item->verdict);
    g_free(item->queue_id);
    g_free(item->reviewer);
    g_free(item->note);
    g_free(item->findings_json);
    g_free(item->hints);
    g_free(item->accounts);
    g_free(item);
}

static void
free_item(gpointer data)
{
    ch_item_free(data);
}

/* A state that this program does not know is an error, never a guess. */
static gboolean
read_state(ch_rows *rows, int column, ch_state *out, GError **error)
{
    g_autofree char *name = ch_rows_dup_text(rows, column);
    if (name != NULL && ch_state_parse(name, out)) {
        return TRUE;
    }
    g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                        "store: an item has an unknown state");
    return FALSE;
}

/* Ends a function that read rows: passes on what went wrong. */
static gboolean
all_well(GError *step_error, GError **error)
{
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
    }
    return step_error == NULL;
}

/* --- the retry rule ------------------------------------------------------ */

gboolean
ch_items_find_prior(ch_db *db, const guint8 key[CH_DIGEST_BYTES], gint64 now_us,
                    ch_prior *prior_out, GError **error)
{
    GError *step_error = NULL;
    prior_out->id[0] = '\0';
    g_autoptr(ch_rows) rows = ch_db_query(
        db,
        "SELECT id, state FROM item WHERE retry_key = ? AND time_us > ?"
        " ORDER BY time_us DESC, id DESC LIMIT 1",
        CH_VALUES(CH_BLOB(key, CH_DIGEST_BYTES),
                  CH_INT(now_us - CH_RETRY_DAYS * CH_US_PER_DAY)),
        error);
    if (rows == NULL) {
        return FALSE;
    }
    if (ch_rows_next(rows, &step_error) &&
        read_state(rows, 1, &prior_out->state, &step_error)) {
        g_autofree char *id = ch_rows_dup_text(rows, 0);
        g_strlcpy(prior_out->id, id, sizeof prior_out->id);
    }
    return all_well(step_error, error);
}

/* --- writing ------------------------------------------------------------- */

static gboolean
insert_row(ch_db *db, const ch_record *r, GError **error)
{
    gsize size = r->raw != NULL ? g_bytes_get_size(r->raw) : 0;
    return ch_db_run(
        db,
        "INSERT INTO item (id, state, time_us, publish_at_us, deadline_us,"
        " author, gateways, rules, verdict, queue_id, findings, retry_key,"
        " size, spanish, hints, accounts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        CH_VALUES(CH_TEXT(r->id), CH_TEXT(ch_state_name(r->state)),
                  CH_INT(r->time_us), CH_INT(r->publish_at_us),
                  CH_INT(r->deadline_us), CH_TEXT(r->author),
                  CH_TEXT(r->gateways), CH_TEXT(r->rules), CH_TEXT(r->verdict),
                  CH_TEXT(r->queue_id), CH_TEXT(r->findings_json),
                  CH_BLOB(r->retry_key, CH_DIGEST_BYTES), CH_INT((gint64)size),
                  CH_INT(r->spanish), CH_TEXT(r->hints), CH_TEXT(r->accounts)),
        error);
}

gboolean
ch_items_insert(ch_db *db, const ch_record *record, const ch_sealed *sealed,
                GError **error)
{
    if (!insert_row(db, record, error)) {
        return FALSE;
    }
    if (sealed == NULL) {
        return TRUE;
    }
    gsize length;
    const void *body = g_bytes_get_data(sealed->body, &length);
    return ch_db_run(
        db, "INSERT INTO payload (id, sealed_key, body) VALUES (?, ?, ?)",
        CH_VALUES(CH_TEXT(record->id), CH_BLOB(sealed->key, sizeof sealed->key),
                  CH_BLOB(body, length)),
        error);
}

gboolean
ch_items_destroy(ch_db *db, const char *id, GError **error)
{
    return ch_db_run(db, "DELETE FROM payload WHERE id = ?",
                     CH_VALUES(CH_TEXT(id)), error) &&
           ch_db_run(db, "DELETE FROM letter WHERE id = ?",
                     CH_VALUES(CH_TEXT(id)), error);
}

gboolean
ch_items_remove(ch_db *db, const char *id, GError **error)
{
    return ch_items_destroy(db, id, error) &&
           ch_db_run(db, "DELETE FROM item WHERE id = ?",
                     CH_VALUES(CH_TEXT(id)), error);
}

/* --- reading ------------------------------------------------------------- */

#define COLUMNS CH_ITEM_COLUMNS

ch_item *
ch_items_read(ch_rows *rows, GError **error)
{
    g_autoptr(ch_item) item = g_new0(ch_item, 1);
    if (!read_state(rows, 1, &item->state, error)) {
        return NULL;
    }
    item->id = ch_rows_dup_text(rows, 0);
    item->time_us = ch_rows_int(rows, 2, 0);
    item->publish_at_us = ch_rows_int(rows, 3, -1);
    item->deadline_us = ch_rows_int(rows, 4, -1);
    item->seen_us = ch_rows_int(rows, 5, -1);
    item->decided_us = ch_rows_int(rows, 6, -1);
    item->author = ch_rows_dup_text(rows, 7);
    item->gateways = ch_rows_dup_text(rows, 8);
    item->rules = ch_rows_dup_text(rows, 9);
    item->verdict = ch_rows_dup_text(rows, 10);
    item->queue_id = ch_rows_dup_text(rows, 11);
    item->reviewer = ch_rows_dup_text(rows, 12);
    item->note = ch_rows_dup_text(rows, 13);
    item->findings_json = ch_rows_dup_text(rows, 14);
    item->size = (gsize)ch_rows_int(rows, 15, 0);
    item->has_message = ch_rows_int(rows, 16, 0) != 0;
    item->spanish = ch_rows_int(rows, 17, 0) != 0;
    item->hints = ch_rows_dup_text(rows, 18);
    item->accounts = ch_rows_dup_text(rows, 19);
    return g_steal_pointer(&item);
}

GPtrArray *
ch_items_query(ch_db *db, const char *sql, const ch_value *values,
               GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(free_item);
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return NULL;
    }
    while (step_error == NULL && ch_rows_next(rows, &step_error)) {
        ch_item *item = ch_items_read(rows, &step_error);
        if (item != NULL) {
            g_ptr_array_add(items, item);
        }
    }
    return all_well(step_error, error) ? g_steal_pointer(&items) : NULL;
}

GPtrArray *
ch_items_list(ch_db *db, guint states, GError **error)
{
    /* The names are our own: nothing to escape. */
    g_autoptr(GString) sql =
        g_string_new("SELECT " COLUMNS " FROM item WHERE state IN (''");
    for (guint i = 0; i < CH_STATE_COUNT; i++) {
        if ((states >> i & 1) != 0) {
            g_string_append_printf(sql, ", '%s'", state_names[i]);
        }
    }
    g_string_append(sql, ") ORDER BY time_us, id");
    return ch_items_query(db, sql->str, NULL, error);
}

static gboolean
not_found(const char *id, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_NOTFOUND, "there is no item %s",
                ch_id_is_valid(id) ? id : "of that ID");
    return FALSE;
}

ch_item *
ch_items_get(ch_db *db, const char *id, GError **error)
{
    g_autoptr(GPtrArray) items =
        ch_items_query(db, "SELECT " COLUMNS " FROM item WHERE id = ?",
                       CH_VALUES(CH_TEXT(id)), error);
    if (items == NULL) {
        return NULL;
    }
    if (items->len == 0) {
        not_found(id, error);
        return NULL;
    }
    return g_ptr_array_steal_index(items, 0);
}

gboolean
ch_items_payload(ch_db *db, const char *id, ch_sealed *sealed_out,
                 GError **error)
{
    GError *step_error = NULL;
    g_autoptr(ch_item) item = ch_items_get(db, id, error);
    g_autoptr(ch_rows) rows =
        item != NULL
            ? ch_db_query(db,
                          "SELECT sealed_key, body FROM payload WHERE id = ?",
                          CH_VALUES(CH_TEXT(id)), error)
            : NULL;
    if (rows == NULL) {
        return FALSE;
    }
    if (ch_rows_next(rows, &step_error)) {
        if (ch_rows_copy(rows, 0, sealed_out->key, sizeof sealed_out->key)) {
            sealed_out->body = ch_rows_dup_bytes(rows, 1);
        } else {
            g_set_error(&step_error, CH_ERROR, CH_ERROR_INTERNAL,
                        "item %s: the stored message is damaged", id);
        }
    } else if (step_error == NULL) {
        g_set_error(&step_error, CH_ERROR, CH_ERROR_STATE,
                    "item %s: the message was destroyed or never kept", id);
    }
    return all_well(step_error, error);
}

/* --- retention ----------------------------------------------------------- */

/* What still waits for somebody keeps its message: held, releasing,
 * release_failed. */
ch_item *
ch_items_due(ch_db *db, gint64 kept_us, gint64 rejected_us, GError **error)
{
    g_autoptr(GPtrArray) items = ch_items_query(
        db,
        "SELECT " COLUMNS " FROM item WHERE"
        " (state IN ('released', 'refused', 'expired', 'passed')"
        "  AND time_us < ? OR state = 'rejected' AND time_us < ?)"
        " AND NOT EXISTS (SELECT 1 FROM review WHERE review.id = item.id"
        "  AND evidence_us IS NOT NULL)"
        " AND EXISTS (SELECT 1 FROM payload WHERE payload.id = item.id)"
        " ORDER BY time_us LIMIT 1",
        CH_VALUES(CH_INT(kept_us), CH_INT(rejected_us)), error);
    return items != NULL && items->len > 0 ? g_ptr_array_steal_index(items, 0)
                                           : NULL;
}

gboolean
ch_items_forget(ch_db *db, gint64 before_us, GError **error)
{
    return ch_db_run(
        db,
        "DELETE FROM item WHERE time_us < ?"
        " AND state NOT IN ('held', 'releasing', 'release_failed')"
        " AND NOT EXISTS (SELECT 1 FROM payload WHERE payload.id = item.id)",
        CH_VALUES(CH_INT(before_us)), error);
}
