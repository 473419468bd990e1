/*
 * Tokens of links, and how each is spent once; see link.h.
 *
 * The digest needs no key: nobody guesses 32 random bytes, and a new key of
 * the store leaves links that were sent as they are.
 */
#include "chaperone/link.h"

#include "chaperone/error.h"
#include "record/store_int.h"

#include <string.h>

static void
digest_of(const char *token, guint8 out[CH_DIGEST_BYTES])
{
    gsize length = CH_DIGEST_BYTES;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)token, (gssize)strlen(token));
    g_checksum_get_digest(sum, out, &length);
    g_assert(length == CH_DIGEST_BYTES);
}

void
ch_link_new(const char *id, gint64 until_us, ch_link *link_out,
            char token_out[CH_TOKEN_HEX + 1])
{
    ch_token_new(token_out, CH_TOKEN_HEX);
    digest_of(token_out, link_out->digest);
    g_strlcpy(link_out->id, id, sizeof link_out->id);
    link_out->until_us = until_us;
}

gboolean
ch_link_is_token(const char *text)
{
    return strlen(text) == CH_TOKEN_HEX &&
           strspn(text, "0123456789abcdef") == CH_TOKEN_HEX;
}

/* --- rows ----------------------------------------------------------------- */

gboolean
ch_links_add(ch_db *db, const char *recipient, const GArray *links,
             GError **error)
{
    for (guint i = 0; links != NULL && i < links->len; i++) {
        const ch_link *link = &g_array_index(links, ch_link, i);
        if (!ch_db_run(db,
                       "INSERT INTO link (digest, id, recipient, until_us)"
                       " VALUES (?, ?, ?, ?)",
                       CH_VALUES(CH_BLOB(link->digest, CH_DIGEST_BYTES),
                                 CH_TEXT(link->id), CH_TEXT(recipient),
                                 CH_INT(link->until_us)),
                       error)) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
ch_links_forget(ch_db *db, gint64 before_us, GError **error)
{
    return ch_db_run(db, "DELETE FROM link WHERE until_us < ?",
                     CH_VALUES(CH_INT(before_us)), error);
}

/* --- using ---------------------------------------------------------------- */

typedef struct {
    guint8 digest[CH_DIGEST_BYTES];
    gint64 now_us;
    ch_link_end *end;
    char *id;
} use_job;

static gboolean
find(ch_db *db, use_job *job, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(ch_rows) rows = ch_db_query(
        db, "SELECT id, until_us, used_us FROM link WHERE digest = ?",
        CH_VALUES(CH_BLOB(job->digest, CH_DIGEST_BYTES)), error);
    if (rows == NULL) {
        return FALSE;
    }
    *job->end = CH_LINK_FOREIGN;
    if (ch_rows_next(rows, &step_error)) {
        g_autofree char *id = ch_rows_dup_text(rows, 0);
        g_strlcpy(job->id, id, CH_ID_LENGTH + 1);
        *job->end = ch_rows_int(rows, 2, -1) >= 0            ? CH_LINK_SPENT
                    : ch_rows_int(rows, 1, 0) <= job->now_us ? CH_LINK_EXPIRED
                                                             : CH_LINK_OPENS;
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
    }
    return step_error == NULL;
}

static gboolean
run_use(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    use_job *job = data;
    (void)seal;
    return find(db, job, error) &&
           (*job->end != CH_LINK_OPENS ||
            ch_db_run(db, "UPDATE link SET used_us = ? WHERE digest = ?",
                      CH_VALUES(CH_INT(job->now_us),
                                CH_BLOB(job->digest, CH_DIGEST_BYTES)),
                      error));
}

gboolean
ch_link_use(ch_store *store, const char *token, gint64 now_us,
            ch_link_end *end_out, char id_out[CH_ID_LENGTH + 1], GError **error)
{
    use_job job = {.now_us = now_us, .end = end_out, .id = id_out};
    id_out[0] = '\0';
    digest_of(token, job.digest);
    return ch_store_submit(store, run_use, &job, error);
}
