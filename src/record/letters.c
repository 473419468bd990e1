/*
 * Letters: what authors wrote about their posts, sealed, beside the item.
 *
 * They may name a patient as the post does, so they are destroyed with its
 * message, and the ledger holds that somebody wrote, not what.
 */
#include "record/store_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <string.h>

typedef struct {
    gint64 row, time_us;
    char *id;
    GBytes *sealed;
} stored;

static void
free_stored(gpointer data)
{
    stored *s = data;
    g_free(s->id);
    g_clear_pointer(&s->sealed, g_bytes_unref);
    g_free(s);
}

static void
free_letter(gpointer data)
{
    ch_letter *letter = data;
    g_free(letter->text);
    g_free(letter);
}

/* Of one item, or of all. */
static GPtrArray *
read_rows(ch_db *db, const char *id, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_stored);
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT row, time_us, id, sealed FROM letter"
                    " WHERE ?1 IS NULL OR id = ?1 ORDER BY row",
                    CH_VALUES(CH_TEXT(id)), error);
    if (rows == NULL) {
        return NULL;
    }
    while (ch_rows_next(rows, &step_error)) {
        stored *s = g_new0(stored, 1);
        s->row = ch_rows_int(rows, 0, 0);
        s->time_us = ch_rows_int(rows, 1, 0);
        s->id = ch_rows_dup_text(rows, 2);
        s->sealed = ch_rows_dup_bytes(rows, 3);
        g_ptr_array_add(list, s);
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

/* NULL + error: it is not as we sealed it. */
static GBytes *
open_letter(const ch_seal *seal, const stored *s, GError **error)
{
    GBytes *text =
        s->sealed != NULL ? ch_seal_open_secret(seal, s->id, s->sealed) : NULL;
    if (text == NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "item %s: a letter of its author is damaged", s->id);
    }
    return text;
}

GPtrArray *
ch_store_letters(ch_store *store, const char *id, GError **error)
{
    g_autoptr(GPtrArray) letters = g_ptr_array_new_with_free_func(free_letter);
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) list = read_rows(db, id, error);
    ch_store_unlock_reader(store, list != NULL);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const stored *s = g_ptr_array_index(list, i);
        g_autoptr(GBytes) text = open_letter(ch_store_seal(store), s, error);
        if (text == NULL) {
            return NULL;
        }
        gsize length;
        const char *data = g_bytes_get_data(text, &length);
        ch_letter *letter = g_new0(ch_letter, 1);
        letter->time_us = s->time_us;
        letter->text = g_strndup(data, length);
        g_ptr_array_add(letters, letter);
    }
    return list != NULL ? g_steal_pointer(&letters) : NULL;
}

/* --- adding --------------------------------------------------------------- */

typedef struct {
    const char *id, *author, *text;
    const ch_decision *who;
} letter_job;

/* Another's post is not there for this author; nor is one without its
 * message, beside which the letter would stay too long. */
static gboolean
is_welcome(ch_db *db, const ch_item *item, const letter_job *job,
           GError **error)
{
    gint64 count = 0;
    if (!item->has_message || g_strcmp0(item->author, job->author) != 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_NOTFOUND,
                    "there is no item %s of that author", job->id);
        return FALSE;
    }
    if (!ch_db_number(db, "SELECT count(*) FROM letter WHERE id = ?",
                      CH_VALUES(CH_TEXT(job->id)), 0, &count, error)) {
        return FALSE;
    }
    return count < CH_MAX_LETTERS ||
           ch_job_wrong_state(item, "its author has written enough", error);
}

static gboolean
insert(ch_db *db, const ch_seal *seal, const letter_job *job, GError **error)
{
    gsize length;
    g_autoptr(GBytes) text = g_bytes_new(job->text, strlen(job->text));
    g_autoptr(GBytes) sealed = ch_seal_secret(seal, job->id, text);
    const void *data = g_bytes_get_data(sealed, &length);
    return ch_db_run(db,
                     "INSERT INTO letter (id, time_us, sealed)"
                     " VALUES (?, ?, ?)",
                     CH_VALUES(CH_TEXT(job->id), CH_INT(job->who->time_us),
                               CH_BLOB(data, length)),
                     error) &&
           ch_db_run(db,
                     "INSERT INTO review (id, wrote_us) VALUES (?, ?)"
                     " ON CONFLICT (id) DO UPDATE SET"
                     " wrote_us = excluded.wrote_us",
                     CH_VALUES(CH_TEXT(job->id), CH_INT(job->who->time_us)),
                     error);
}

static gboolean
run_add(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const letter_job *job = data;
    const ch_decision *who = job->who;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    return item != NULL && is_welcome(db, item, job, error) &&
           insert(db, seal, job, error) &&
           ch_job_append(db, seal, item, "author-wrote", who, error) &&
           ch_outbox_add(db, job->id, who->notices, who->n_notices,
                         who->time_us, error);
}

gboolean
ch_store_add_letter(ch_store *store, const char *id, const char *author,
                    const char *text, const ch_decision *who, GError **error)
{
    letter_job job = {.id = id, .author = author, .text = text, .who = who};
    return ch_store_submit(store, run_add, &job, error);
}

/* --- a new key ------------------------------------------------------------ */

gboolean
ch_letters_rewrap(ch_db *db, const ch_seal *from, const ch_seal *to,
                  GError **error)
{
    g_autoptr(GPtrArray) list = read_rows(db, NULL, error);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const stored *s = g_ptr_array_index(list, i);
        gsize length;
        g_autoptr(GBytes) text = open_letter(from, s, error);
        if (text == NULL) {
            return FALSE;
        }
        g_autoptr(GBytes) sealed = ch_seal_secret(to, s->id, text);
        const void *data = g_bytes_get_data(sealed, &length);
        if (!ch_db_run(db, "UPDATE letter SET sealed = ? WHERE row = ?",
                       CH_VALUES(CH_BLOB(data, length), CH_INT(s->row)),
                       error)) {
            return FALSE;
        }
    }
    return list != NULL;
}
