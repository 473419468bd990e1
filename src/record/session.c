/*
 * Sessions and the first set-up: tokens that only a browser has.
 *
 * The store keeps keyed digests, so that a copy of it signs nobody in.  Old
 * sessions are removed when a new one starts.
 */
#include "chaperone/session.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "record/store_int.h"

#include <sodium.h>
#include <string.h>

#define SECOND_US ((gint64)G_USEC_PER_SEC)
#define TOUCH_US  (60 * SECOND_US)

void
ch_session_free(ch_session *session)
{
    if (session != NULL) {
        g_free(session->account);
        g_free(session->author);
        g_free(session->lang);
        g_free(session->address);
        g_free(session);
    }
}

static void
free_session(gpointer data)
{
    ch_session_free(data);
}

void
ch_token_new(char *out, gsize characters)
{
    guint8 bytes[64];
    g_assert(characters % 2 == 0 && characters / 2 <= sizeof bytes);
    randombytes_buf(bytes, characters / 2);
    sodium_bin2hex(out, characters + 1, bytes, characters / 2);
}

gboolean
ch_token_equal(const char *a, const char *b)
{
    gsize length = strlen(a);
    return length == strlen(b) && sodium_memcmp(a, b, length) == 0;
}

static void
digest_of(const ch_store *store, const char *purpose, const char *token,
          guint8 out[CH_DIGEST_BYTES])
{
    g_autoptr(GBytes) data = g_bytes_new(token, strlen(token));
    ch_store_sign(store, purpose, data, out);
}

void
ch_session_csrf(const ch_store *store, const char *token, char *out)
{
    guint8 digest[CH_DIGEST_BYTES];
    digest_of(store, "csrf", token, digest);
    sodium_bin2hex(out, CH_CSRF_HEX + 1, digest, CH_CSRF_HEX / 2);
}

/* --- writing -------------------------------------------------------------- */

typedef struct {
    const char *account, *address;
    gboolean complete;
    guint8 digest[CH_DIGEST_BYTES], old[CH_DIGEST_BYTES];
    gboolean has_old;
    gint64 now_us;
} session_job;

static gboolean
append(ch_db *db, const ch_seal *seal, const session_job *j, const char *event,
       GError **error)
{
    g_autofree char *id = g_strdup_printf("user:%s", j->account);
    ch_ledger_row row = {.time_us = j->now_us,
                         .id = id,
                         .event = event,
                         .actor = j->account,
                         .uid = -1,
                         .note = j->address};
    return ch_ledger_append(db, seal, &row, error);
}

static gboolean
remove_old(ch_db *db, const session_job *j, GError **error)
{
    return (!j->has_old ||
            ch_db_run(db, "DELETE FROM session WHERE digest = ?",
                      CH_VALUES(CH_BLOB(j->old, CH_DIGEST_BYTES)), error)) &&
           ch_db_run(
               db, "DELETE FROM session WHERE seen_us < ? OR created_us < ?",
               CH_VALUES(CH_INT(j->now_us - CH_SESSION_IDLE_S * SECOND_US),
                         CH_INT(j->now_us - CH_SESSION_LIFE_S * SECOND_US)),
               error);
}

static gboolean
run_start(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const session_job *j = data;
    if (!remove_old(db, j, error) ||
        !ch_db_run(db,
                   "INSERT INTO session (digest, account, complete,"
                   " created_us, seen_us, address) VALUES (?, ?, ?, ?, ?, ?)",
                   CH_VALUES(CH_BLOB(j->digest, CH_DIGEST_BYTES),
                             CH_TEXT(j->account), CH_INT(j->complete),
                             CH_INT(j->now_us), CH_INT(j->now_us),
                             CH_TEXT(j->address)),
                   error)) {
        return FALSE;
    }
    return !j->complete ||
           (ch_db_run(db,
                      "UPDATE account SET last_us = ?, failures = 0"
                      " WHERE name = ?",
                      CH_VALUES(CH_INT(j->now_us), CH_TEXT(j->account)),
                      error) &&
            append(db, seal, j, "sign-in", error));
}

gboolean
ch_session_start(ch_store *store, const char *account, gboolean complete,
                 const char *address, const char *instead_of, gint64 now_us,
                 char *token_out, GError **error)
{
    session_job j = {.account = account,
                     .address = address,
                     .complete = complete,
                     .has_old = instead_of != NULL,
                     .now_us = now_us};
    ch_token_new(token_out, CH_TOKEN_HEX);
    digest_of(store, "session", token_out, j.digest);
    if (instead_of != NULL) {
        digest_of(store, "session", instead_of, j.old);
    }
    return ch_store_submit(store, run_start, &j, error);
}

static gboolean
run_touch(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const session_job *j = data;
    (void)seal;
    return ch_db_run(
        db, "UPDATE session SET seen_us = ? WHERE digest = ?",
        CH_VALUES(CH_INT(j->now_us), CH_BLOB(j->digest, CH_DIGEST_BYTES)),
        error);
}

gboolean
ch_session_touch(ch_store *store, const char *token, const ch_session *session,
                 gint64 now_us, GError **error)
{
    session_job j = {.now_us = now_us};
    if (now_us - session->seen_us < TOUCH_US) {
        return TRUE;
    }
    digest_of(store, "session", token, j.digest);
    return ch_store_submit(store, run_touch, &j, error);
}

static gboolean
run_end(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const session_job *j = data;
    (void)seal;
    return ch_db_run(db, "DELETE FROM session WHERE digest = ?",
                     CH_VALUES(CH_BLOB(j->digest, CH_DIGEST_BYTES)), error);
}

gboolean
ch_session_end(ch_store *store, const char *token, gint64 now_us,
               GError **error)
{
    session_job j = {.now_us = now_us};
    digest_of(store, "session", token, j.digest);
    return ch_store_submit(store, run_end, &j, error);
}

static gboolean
run_end_all(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const session_job *j = data;
    return ch_db_run(db, "DELETE FROM session WHERE account = ?",
                     CH_VALUES(CH_TEXT(j->account)), error) &&
           append(db, seal, j, "sign-out-all", error);
}

gboolean
ch_session_end_all(ch_store *store, const char *account, gint64 now_us,
                   GError **error)
{
    session_job j = {.account = account, .now_us = now_us};
    return ch_store_submit(store, run_end_all, &j, error);
}

/* --- reading -------------------------------------------------------------- */

#define COLUMNS                                                                \
    "session.account, role, author, lang, totp IS NOT NULL, complete,"         \
    " created_us, seen_us, address, digest, disabled_us IS NOT NULL"

/* NULL without error: it is over. */
static ch_session *
read_row(ch_rows *rows, gint64 now_us, GError **error)
{
    g_autoptr(ch_session) s = g_new0(ch_session, 1);
    guint8 digest[CH_DIGEST_BYTES];
    g_autofree char *role = ch_rows_dup_text(rows, 1);
    if (role == NULL || !ch_role_parse(role, &s->role) ||
        !ch_rows_copy(rows, 9, digest, sizeof digest)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "store: a session is damaged");
        return NULL;
    }
    s->account = ch_rows_dup_text(rows, 0);
    s->author = ch_rows_dup_text(rows, 2);
    s->lang = ch_rows_dup_text(rows, 3);
    s->has_totp = ch_rows_int(rows, 4, 0) != 0;
    s->complete = ch_rows_int(rows, 5, 0) != 0;
    s->created_us = ch_rows_int(rows, 6, 0);
    s->seen_us = ch_rows_int(rows, 7, 0);
    s->address = ch_rows_dup_text(rows, 8);
    sodium_bin2hex(s->name, sizeof s->name, digest, (sizeof s->name - 1) / 2);
    gint64 life = s->complete ? CH_SESSION_LIFE_S : CH_SESSION_HALF_S;
    gboolean over = now_us - s->seen_us > CH_SESSION_IDLE_S * SECOND_US ||
                    now_us - s->created_us > life * SECOND_US ||
                    ch_rows_int(rows, 10, 1) != 0;
    return over ? NULL : g_steal_pointer(&s);
}

static GPtrArray *
read_rows(ch_store *store, const char *sql, const ch_value *values,
          gint64 now_us, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_session);
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    ch_rows *rows = ch_db_query(db, sql, values, &step_error);
    while (rows != NULL && step_error == NULL &&
           ch_rows_next(rows, &step_error)) {
        ch_session *s = read_row(rows, now_us, &step_error);
        if (s != NULL) {
            g_ptr_array_add(list, s);
        }
    }
    ch_rows_free(rows);
    ch_store_unlock_reader(store, step_error == NULL);
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

ch_session *
ch_session_find(ch_store *store, const char *token, gint64 now_us,
                GError **error)
{
    guint8 digest[CH_DIGEST_BYTES];
    if (strlen(token) != CH_TOKEN_HEX) {
        return NULL;
    }
    digest_of(store, "session", token, digest);
    g_autoptr(GPtrArray) list =
        read_rows(store,
                  "SELECT " COLUMNS " FROM session JOIN account"
                  " ON account.name = session.account WHERE digest = ?",
                  CH_VALUES(CH_BLOB(digest, sizeof digest)), now_us, error);
    return list != NULL && list->len > 0 ? g_ptr_array_steal_index(list, 0)
                                         : NULL;
}

GPtrArray *
ch_session_list(ch_store *store, const char *account, gint64 now_us,
                GError **error)
{
    return read_rows(store,
                     "SELECT " COLUMNS " FROM session JOIN account"
                     " ON account.name = session.account"
                     " WHERE session.account = ? ORDER BY seen_us DESC",
                     CH_VALUES(CH_TEXT(account)), now_us, error);
}

/* --- first set-up --------------------------------------------------------- */

typedef struct {
    guint8 digest[CH_DIGEST_BYTES];
    gint64 until_us;
} setup_job;

static gboolean
run_offer(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const setup_job *j = data;
    gint64 known = 0;
    guint8 value[CH_DIGEST_BYTES + sizeof(gint64)];
    (void)seal;
    if (!ch_db_number(db, "SELECT count(*) FROM account", NULL, 0, &known,
                      error)) {
        return FALSE;
    }
    if (known > 0) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_STATE,
                            "there is an account already");
        return FALSE;
    }
    memcpy(value, j->digest, CH_DIGEST_BYTES);
    memcpy(value + CH_DIGEST_BYTES, &j->until_us, sizeof j->until_us);
    return ch_db_run(db,
                     "INSERT INTO meta (name, value) VALUES ('setup', ?)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                     CH_VALUES(CH_BLOB(value, sizeof value)), error);
}

gboolean
ch_setup_offer(ch_store *store, gint64 now_us, char *token_out, GError **error)
{
    setup_job j = {.until_us = now_us + CH_SETUP_LIFE_S * SECOND_US};
    ch_token_new(token_out, CH_TOKEN_HEX);
    digest_of(store, "setup", token_out, j.digest);
    return ch_store_submit(store, run_offer, &j, error);
}

gboolean
ch_setup_is_valid(ch_store *store, const char *token, gint64 now_us,
                  gboolean *valid_out, GError **error)
{
    GError *step_error = NULL;
    guint8 value[CH_DIGEST_BYTES + sizeof(gint64)], digest[CH_DIGEST_BYTES];
    gint64 until;
    *valid_out = FALSE;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    digest_of(store, "setup", token, digest);
    ch_rows *rows = ch_db_query(
        db, "SELECT value FROM meta WHERE name = 'setup'", NULL, &step_error);
    if (rows != NULL && ch_rows_next(rows, &step_error) &&
        ch_rows_copy(rows, 0, value, sizeof value)) {
        memcpy(&until, value + CH_DIGEST_BYTES, sizeof until);
        *valid_out = ch_hash_equal(value, digest) && now_us < until;
    }
    ch_rows_free(rows);
    ch_store_unlock_reader(store, step_error == NULL);
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return FALSE;
    }
    return TRUE;
}
