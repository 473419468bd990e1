/*
 * The outbox: mail that was promised in the same transaction as the event it
 * tells of, and waits to be sent.
 *
 * A row goes only when the server has taken the mail, or when the sender
 * gives up; then the ledger says so.  It holds notices without content; the
 * server's reply is kept beside a waiting row, for people, not in the
 * ledger: a reply is foreign text.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <string.h>

void
ch_waiting_free(ch_waiting *w)
{
    if (w == NULL) {
        return;
    }
    g_free(w->item);
    g_free(w->kind);
    g_free(w->recipient);
    g_clear_pointer(&w->mail, g_bytes_unref);
    g_free(w);
}

static void
free_waiting(gpointer data)
{
    ch_waiting_free(data);
}

gboolean
ch_outbox_add(ch_db *db, const char *id, const ch_outgoing *notices,
              guint n_notices, gint64 time_us, GError **error)
{
    for (guint i = 0; i < n_notices; i++) {
        gsize length;
        if (notices[i].mail == NULL) {
            if (!ch_digest_add(db, id, notices[i].recipient, time_us, error)) {
                return FALSE;
            }
            continue;
        }
        const void *mail = g_bytes_get_data(notices[i].mail, &length);
        if (!ch_db_run(db,
                       "INSERT INTO outbox (id, kind, recipient, mail, due_us)"
                       " VALUES (?, ?, ?, ?, ?)",
                       CH_VALUES(CH_TEXT(id), CH_TEXT(notices[i].kind),
                                 CH_TEXT(notices[i].recipient),
                                 CH_BLOB(mail, length), CH_INT(time_us)),
                       error) ||
            !ch_links_add(db, notices[i].recipient, notices[i].links, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static ch_waiting *
read_waiting(ch_rows *rows)
{
    ch_waiting *w = g_new0(ch_waiting, 1);
    w->row = ch_rows_int(rows, 0, 0);
    w->item = ch_rows_dup_text(rows, 1);
    w->kind = ch_rows_dup_text(rows, 2);
    w->recipient = ch_rows_dup_text(rows, 3);
    w->mail = ch_rows_dup_bytes(rows, 4);
    w->attempts = (guint)ch_rows_int(rows, 5, 0);
    return w;
}

GPtrArray *
ch_outbox_due(ch_db *db, gint64 now_us, guint limit, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(free_waiting);
    g_autoptr(ch_rows) rows = ch_db_query(
        db,
        "SELECT row, id, kind, recipient, mail, attempts FROM outbox"
        " WHERE due_us <= ? ORDER BY due_us, row LIMIT ?",
        CH_VALUES(CH_INT(now_us), CH_INT(limit)), error);
    if (rows == NULL) {
        return NULL;
    }
    while (ch_rows_next(rows, &step_error)) {
        g_ptr_array_add(found, read_waiting(rows));
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return NULL;
    }
    return g_steal_pointer(&found);
}

char *
ch_outbox_dup_code(const char *reply)
{
    if (reply == NULL) {
        return g_strdup("");
    }
    return g_strstrip(g_strndup(reply, strspn(reply, "0123456789. ")));
}

static gboolean
record_failure(ch_db *db, const ch_seal *seal, gint64 row, const char *reply,
               GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db, "SELECT id, kind FROM outbox WHERE row = ?",
                    CH_VALUES(CH_INT(row)), error);
    if (rows == NULL) {
        return FALSE;
    }
    if (!ch_rows_next(rows, &step_error)) {
        if (step_error == NULL) {
            return TRUE; /* another process was faster */
        }
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    g_autofree char *id = ch_rows_dup_text(rows, 0);
    g_autofree char *kind = ch_rows_dup_text(rows, 1);
    g_autofree char *code = ch_outbox_dup_code(reply);
    g_autofree char *note = g_strdup_printf("%s %s", kind, code);
    ch_ledger_row entry = {.time_us = g_get_real_time(),
                           .id = id,
                           .event = "notice-failed",
                           .uid = -1,
                           .note = note};
    return ch_ledger_append(db, seal, &entry, error);
}

static gboolean
remember_success(ch_db *db, GError **error)
{
    g_autofree char *now =
        g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time());
    return ch_db_run(db,
                     "INSERT INTO meta (name, value) VALUES"
                     " ('last_notice_us', ?) ON CONFLICT (name)"
                     " DO UPDATE SET value = excluded.value",
                     CH_VALUES(CH_BLOB(now, strlen(now))), error);
}

gboolean
ch_outbox_done(ch_db *db, const ch_seal *seal, gint64 row, gboolean sent,
               const char *reply, gint64 next_us, GError **error)
{
    if (!sent && next_us >= 0) {
        return ch_db_run(
            db,
            "UPDATE outbox SET attempts = attempts + 1,"
            " due_us = ?, reply = ? WHERE row = ?",
            CH_VALUES(CH_INT(next_us), CH_TEXT(reply), CH_INT(row)), error);
    }
    gboolean noted = sent ? remember_success(db, error)
                          : record_failure(db, seal, row, reply, error);
    return noted && ch_db_run(db, "DELETE FROM outbox WHERE row = ?",
                              CH_VALUES(CH_INT(row)), error);
}
