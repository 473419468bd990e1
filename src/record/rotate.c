/*
 * A new master key for a store that is there.
 *
 *   1  the new key lies beside the old one, under its name with ".new"
 *   2  one transaction seals the key of every item anew and notes which
 *      master key is the store's
 *   3  the new file takes the old one's name
 *
 * Before 2 is through the old key opens everything, after it the new one, and
 * whoever opens the store next does 3 if it is still to be done.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_SUFFIX ".new"

static char *
dup_new_file(const char *key_file)
{
    return g_strconcat(key_file, NEW_SUFFIX, NULL);
}

gboolean
ch_rotate_is_key(ch_db *db, const ch_seal *seal, gboolean *is_out,
                 GError **error)
{
    guint8 ours[CH_DIGEST_BYTES];
    gint64 same = 0;
    ch_seal_check_value(seal, ours);
    gboolean ok = ch_db_number(
        db, "SELECT count(*) FROM meta WHERE name = 'key_check' AND value = ?",
        CH_VALUES(CH_BLOB(ours, sizeof ours)), 0, &same, error);
    *is_out = same > 0;
    return ok;
}

static gboolean
fail_file(const char *file, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_IO, "key file %s: %s", file,
                g_strerror(errno));
    return FALSE;
}

/* --- step 3 --------------------------------------------------------------- */

static gboolean
rename_key(const char *key_file, GError **error)
{
    g_autofree char *new_file = dup_new_file(key_file);
    return (rename(new_file, key_file) == 0 && ch_sync_directory(key_file)) ||
           fail_file(new_file, error);
}

gboolean
ch_rotate_finish(ch_db *db, const char *key_file, gboolean *done_out,
                 GError **error)
{
    g_autofree char *new_file = dup_new_file(key_file);
    *done_out = FALSE;
    if (access(new_file, F_OK) != 0) {
        return TRUE;
    }
    g_autoptr(ch_seal) seal = ch_seal_open(new_file, FALSE, error);
    if (seal == NULL || !ch_rotate_is_key(db, seal, done_out, error)) {
        return FALSE;
    }
    return !*done_out || rename_key(key_file, error);
}

/* --- step 2 --------------------------------------------------------------- */

typedef struct {
    const ch_seal *to;
    const ch_decision *who;
    guint items;
} rotation;

static GPtrArray *
read_ids(ch_db *db, GError **error)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db, "SELECT id FROM payload", NULL, error);
    if (rows == NULL) {
        return NULL;
    }
    while (ch_rows_next(rows, &step_error)) {
        g_ptr_array_add(ids, ch_rows_dup_text(rows, 0));
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return NULL;
    }
    return g_steal_pointer(&ids);
}

static gboolean
seal_anew(ch_db *db, const ch_seal *from, const ch_seal *to, const char *id,
          GError **error)
{
    g_auto(ch_sealed) sealed = {.body = NULL};
    if (!ch_items_payload(db, id, &sealed, error)) {
        return FALSE;
    }
    if (!ch_seal_rewrap(from, to, id, sealed.key)) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "item %s: its key is damaged; nothing was changed", id);
        return FALSE;
    }
    return ch_db_run(
        db, "UPDATE payload SET sealed_key = ? WHERE id = ?",
        CH_VALUES(CH_BLOB(sealed.key, sizeof sealed.key), CH_TEXT(id)), error);
}

static gboolean
nothing_under_way(ch_db *db, GError **error)
{
    gint64 open = 0;
    if (!ch_db_number(db, "SELECT count(*) FROM item WHERE state = 'releasing'",
                      NULL, 0, &open, error)) {
        return FALSE;
    }
    if (open > 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "%" G_GINT64_FORMAT " posts are being released; wait until "
                    "they are through",
                    open);
        return FALSE;
    }
    return TRUE;
}

static gboolean
note_rotation(ch_db *db, const ch_seal *seal, const rotation *r, GError **error)
{
    g_autofree char *note = g_strdup_printf("%u items", r->items);
    ch_ledger_row row = {.time_us = r->who->time_us,
                         .id = CH_NO_ITEM,
                         .event = "key-rotated",
                         .actor = r->who->reviewer,
                         .uid = r->who->uid,
                         .note = note};
    return ch_ledger_append(db, seal, &row, error);
}

static gboolean
run_rotation(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    rotation *r = data;
    guint8 check[CH_DIGEST_BYTES];
    g_autoptr(GPtrArray) ids =
        nothing_under_way(db, error) ? read_ids(db, error) : NULL;
    if (ids == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < ids->len; i++) {
        if (!seal_anew(db, seal, r->to, ids->pdata[i], error)) {
            return FALSE;
        }
    }
    if (!ch_users_rewrap(db, seal, r->to, error) ||
        !ch_letters_rewrap(db, seal, r->to, error)) {
        return FALSE;
    }
    r->items = ids->len;
    ch_seal_check_value(r->to, check);
    return ch_db_run(db, "UPDATE meta SET value = ? WHERE name = 'key_check'",
                     CH_VALUES(CH_BLOB(check, sizeof check)), error) &&
           note_rotation(db, seal, r, error);
}

/* --- step 1 --------------------------------------------------------------- */

/* The daemon's user, and the group of the review page, read it as before. */
static gboolean
give_as(const char *new_file, const char *key_file)
{
    struct stat st;
    int fd = open(new_file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    gboolean ok = fd >= 0 && stat(key_file, &st) == 0 &&
                  fchown(fd, st.st_uid, st.st_gid) == 0 &&
                  fchmod(fd, st.st_mode & 0640) == 0 && fsync(fd) == 0;
    int saved_errno = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = saved_errno;
    return ok;
}

static ch_seal *
make_key(const char *new_file, const char *key_file, GError **error)
{
    guint8 key[CH_KEY_BYTES];
    if ((unlink(new_file) != 0 && errno != ENOENT)) {
        fail_file(new_file, error);
        return NULL;
    }
    gboolean made = ch_key_file_load(new_file, TRUE, key, error);
    explicit_bzero(key, sizeof key);
    if (!made) {
        return NULL;
    }
    if (!give_as(new_file, key_file)) {
        fail_file(new_file, error);
        return NULL;
    }
    return ch_seal_open(new_file, FALSE, error);
}

/* --- all of it -------------------------------------------------------------
 */

gboolean
ch_store_rotate_key(const char *url, const char *key_file,
                    const ch_decision *who, guint *items_out, GError **error)
{
    g_autofree char *new_file = dup_new_file(key_file);
    /* Finishes a rotation that was interrupted; what lies there now is of
     * one that came to nothing. */
    g_autoptr(ch_store) store = ch_store_open(url, key_file, FALSE, error);
    if (store == NULL) {
        return FALSE;
    }
    g_autoptr(ch_seal) seal = make_key(new_file, key_file, error);
    if (seal == NULL) {
        return FALSE;
    }
    rotation r = {.to = seal, .who = who};
    if (!ch_store_submit(store, run_rotation, &r, error)) {
        (void)unlink(new_file);
        return FALSE;
    }
    *items_out = r.items;
    return rename_key(key_file, error);
}
