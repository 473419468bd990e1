/*
 * Accounts: rows of the table account, each change with its ledger row.
 *
 * A password is hashed before the transaction, in the caller's thread, and
 * compared there; what came of it is counted under the write lock, so that
 * five guesses at once are five.  Names that do not exist cost the same time.
 */
#include "record/store_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/session.h"

#include <sodium.h>
#include <string.h>

/* 64 MiB and two passes, a tenth of a second: three times what OWASP asks of
 * argon2id (19 MiB, two passes). */
#define HASH_OPS    crypto_pwhash_OPSLIMIT_INTERACTIVE
#define HASH_MEMORY crypto_pwhash_MEMLIMIT_INTERACTIVE

#define SECOND_US ((gint64)G_USEC_PER_SEC)

static const char *const role_names[CH_ROLE_COUNT] = {
    [CH_ROLE_REVIEWER] = "reviewer",
    [CH_ROLE_SENIOR] = "senior",
    [CH_ROLE_AUDITOR] = "auditor",
    [CH_ROLE_ADMIN] = "admin",
};

const char *
ch_role_name(ch_role role)
{
    return role_names[role];
}

gboolean
ch_role_parse(const char *name, ch_role *role_out)
{
    for (guint i = 0; i < CH_ROLE_COUNT; i++) {
        if (strcmp(name, role_names[i]) == 0) {
            *role_out = (ch_role)i;
            return TRUE;
        }
    }
    return FALSE;
}

void
ch_user_free(ch_user *account)
{
    if (account != NULL) {
        g_free(account->name);
        g_free(account->author);
        g_free(account->lang);
        g_free(account);
    }
}

static void
free_account(gpointer data)
{
    ch_user_free(data);
}

/* --- what is allowed ------------------------------------------------------ */

gboolean
ch_user_is_name(const char *name)
{
    gsize length = strlen(name);
    return length >= 1 && length <= 64 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._@-") == length;
}

gboolean
ch_user_is_password(const char *name, const char *password, GError **error)
{
    glong length =
        g_utf8_validate(password, -1, NULL) ? g_utf8_strlen(password, -1) : -1;
    const char *why = length < 0                 ? "is not UTF-8"
                      : length < CH_MIN_PASSWORD ? "is too short: 12 "
                                                   "characters at least"
                      : length > CH_MAX_PASSWORD ? "is too long"
                      : strstr(password, name) != NULL
                          ? "must not hold the name"
                          : NULL;
    if (why != NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_INPUT, "the password %s", why);
    }
    return why == NULL;
}

/* --- reading -------------------------------------------------------------- */

static ch_user *
read_row(ch_rows *rows, GError **error)
{
    g_autoptr(ch_user) a = g_new0(ch_user, 1);
    g_autofree char *role = ch_rows_dup_text(rows, 1);
    if (role == NULL || !ch_role_parse(role, &a->role)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "store: an account has an unknown role");
        return NULL;
    }
    a->name = ch_rows_dup_text(rows, 0);
    a->author = ch_rows_dup_text(rows, 2);
    a->lang = ch_rows_dup_text(rows, 3);
    a->has_totp = ch_rows_int(rows, 4, 0) != 0;
    a->added_us = ch_rows_int(rows, 5, 0);
    a->disabled_us = ch_rows_int(rows, 6, -1);
    a->last_us = ch_rows_int(rows, 7, -1);
    a->locked_us = ch_rows_int(rows, 8, -1);
    return g_steal_pointer(&a);
}

/* Of all, or of one name. */
static GPtrArray *
read_rows(ch_db *db, const char *name, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(free_account);
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT name, role, author, lang, totp IS NOT NULL,"
                    " added_us, disabled_us, last_us, locked_us FROM account"
                    " WHERE ?1 IS NULL OR name = ?1 ORDER BY name",
                    CH_VALUES(CH_TEXT(name)), error);
    if (rows == NULL) {
        return NULL;
    }
    while (step_error == NULL && ch_rows_next(rows, &step_error)) {
        ch_user *a = read_row(rows, &step_error);
        if (a != NULL) {
            g_ptr_array_add(list, a);
        }
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

GPtrArray *
ch_user_list(ch_store *store, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *list = read_rows(db, NULL, error);
    ch_store_unlock_reader(store, list != NULL);
    return list;
}

static gboolean
not_found(GError **error)
{
    g_set_error_literal(error, CH_ERROR, CH_ERROR_NOTFOUND,
                        "there is no account of that name");
    return FALSE;
}

ch_user *
ch_user_get(ch_store *store, const char *name, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) list = read_rows(db, name, error);
    ch_store_unlock_reader(store, list != NULL);
    if (list != NULL && list->len == 0) {
        not_found(error);
    }
    return list != NULL && list->len > 0 ? g_ptr_array_steal_index(list, 0)
                                         : NULL;
}

/* --- changing ------------------------------------------------------------- */

typedef struct {
    const char *name, *role, *password, *author, *lang; /* or NULL */
    GBytes *totp;                                       /* sealed, or NULL */
    gboolean first, disabled;
    const ch_decision *who;
} change;

static gboolean
append(ch_db *db, const ch_seal *seal, const char *name, const char *event,
       const char *note, const ch_decision *who, GError **error)
{
    g_autofree char *id = g_strdup_printf("user:%s", name);
    ch_ledger_row row = {.time_us = who->time_us,
                         .id = id,
                         .event = event,
                         .actor = who->reviewer,
                         .uid = who->uid,
                         .note = note};
    return ch_ledger_append(db, seal, &row, error);
}

static gboolean
insert(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const change *c = data;
    gint64 known = 0;
    if (!ch_db_number(db,
                      "SELECT count(*) FROM account WHERE ?1 IS NULL"
                      " OR name = ?1",
                      CH_VALUES(CH_TEXT(c->first ? NULL : c->name)), 0, &known,
                      error)) {
        return FALSE;
    }
    if (known > 0) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_STATE,
                            c->first ? "there is an account already"
                                     : "that name is taken");
        return FALSE;
    }
    return ch_db_run(
               db,
               "INSERT INTO account (name, role, password, author, added_us)"
               " VALUES (?, ?, ?, ?, ?)",
               CH_VALUES(CH_TEXT(c->name), CH_TEXT(c->role),
                         CH_TEXT(c->password), CH_TEXT(c->author),
                         CH_INT(c->who->time_us)),
               error) &&
           ch_db_run(db, "DELETE FROM meta WHERE name = 'setup'", NULL,
                     error) &&
           append(db, seal, c->name, "user-added", c->role, c->who, error);
}

/* Owned; NULL after an error. */
static char *
dup_hash(const char *name, const char *password, GError **error)
{
    char hash[crypto_pwhash_STRBYTES];
    if (!ch_user_is_name(name)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                            "a name is 1 to 64 of a-z, 0-9, . _ @ -");
        return NULL;
    }
    if (!ch_user_is_password(name, password, error)) {
        return NULL;
    }
    if (crypto_pwhash_str(hash, password, strlen(password), HASH_OPS,
                          HASH_MEMORY) != 0) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_LIMIT,
                            "no memory to hash a password");
        return NULL;
    }
    return g_strdup(hash);
}

gboolean
ch_user_add(ch_store *store, const char *name, ch_role role,
            const char *password, const char *author, const ch_decision *who,
            GError **error)
{
    g_autofree char *hash = dup_hash(name, password, error);
    change c = {.name = name,
                .role = ch_role_name(role),
                .password = hash,
                .author = author,
                .who = who};
    return hash != NULL && ch_store_submit(store, insert, &c, error);
}

gboolean
ch_user_add_first(ch_store *store, const char *name, const char *password,
                  const ch_decision *who, GError **error)
{
    g_autofree char *hash = dup_hash(name, password, error);
    change c = {.name = name,
                .role = ch_role_name(CH_ROLE_ADMIN),
                .password = hash,
                .first = TRUE,
                .who = who};
    return hash != NULL && ch_store_submit(store, insert, &c, error);
}

/* After an UPDATE: somebody was there; all sessions end; the ledger hears. */
static gboolean
finish(ch_db *db, const ch_seal *seal, const change *c, const char *event,
       const char *note, GError **error)
{
    if (ch_db_changes(db) != 1) {
        return not_found(error);
    }
    return ch_db_run(db, "DELETE FROM session WHERE account = ?",
                     CH_VALUES(CH_TEXT(c->name)), error) &&
           append(db, seal, c->name, event, note, c->who, error);
}

static gboolean
set_password(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const change *c = data;
    return ch_db_run(db,
                     "UPDATE account SET password = ?, failures = 0,"
                     " locked_us = NULL WHERE name = ?",
                     CH_VALUES(CH_TEXT(c->password), CH_TEXT(c->name)),
                     error) &&
           finish(db, seal, c, "user-password", NULL, error);
}

gboolean
ch_user_set_password(ch_store *store, const char *name, const char *password,
                     const ch_decision *who, GError **error)
{
    g_autofree char *hash = dup_hash(name, password, error);
    change c = {.name = name, .password = hash, .who = who};
    return hash != NULL && ch_store_submit(store, set_password, &c, error);
}

static gboolean
set_disabled(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const change *c = data;
    return ch_db_run(db,
                     c->disabled ? "UPDATE account SET disabled_us = ?1"
                                   " WHERE name = ?2"
                                 : "UPDATE account SET disabled_us = NULL,"
                                   " failures = 0, locked_us = NULL"
                                   " WHERE name = ?2 AND ?1 > 0",
                     CH_VALUES(CH_INT(c->who->time_us), CH_TEXT(c->name)),
                     error) &&
           finish(db, seal, c, c->disabled ? "user-disabled" : "user-enabled",
                  NULL, error);
}

gboolean
ch_user_set_disabled(ch_store *store, const char *name, gboolean disabled,
                     const ch_decision *who, GError **error)
{
    change c = {.name = name, .disabled = disabled, .who = who};
    return ch_store_submit(store, set_disabled, &c, error);
}

static gboolean
set_role(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const change *c = data;
    return ch_db_run(db, "UPDATE account SET role = ? WHERE name = ?",
                     CH_VALUES(CH_TEXT(c->role), CH_TEXT(c->name)), error) &&
           finish(db, seal, c, "user-role", c->role, error);
}

gboolean
ch_user_set_role(ch_store *store, const char *name, ch_role role,
                 const ch_decision *who, GError **error)
{
    change c = {.name = name, .role = ch_role_name(role), .who = who};
    return ch_store_submit(store, set_role, &c, error);
}

static gboolean
set_totp(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const change *c = data;
    gsize length = 0;
    const void *sealed =
        c->totp != NULL ? g_bytes_get_data(c->totp, &length) : NULL;
    return ch_db_run(db,
                     "UPDATE account SET totp = ?, totp_step = 0"
                     " WHERE name = ?",
                     CH_VALUES(CH_BLOB(sealed, length), CH_TEXT(c->name)),
                     error) &&
           finish(db, seal, c, c->totp != NULL ? "user-totp" : "user-totp-off",
                  NULL, error);
}

gboolean
ch_user_set_totp(ch_store *store, const char *name, GBytes *secret,
                 const ch_decision *who, GError **error)
{
    g_autoptr(GBytes) sealed =
        secret != NULL ? ch_seal_secret(ch_store_seal(store), name, secret)
                       : NULL;
    change c = {.name = name, .totp = sealed, .who = who};
    return ch_store_submit(store, set_totp, &c, error);
}

static gboolean
set_lang(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const change *c = data;
    (void)seal;
    return ch_db_run(db, "UPDATE account SET lang = ? WHERE name = ?",
                     CH_VALUES(CH_TEXT(c->lang), CH_TEXT(c->name)), error);
}

gboolean
ch_user_set_lang(ch_store *store, const char *name, const char *lang,
                 GError **error)
{
    change c = {.name = name, .lang = lang};
    return ch_store_submit(store, set_lang, &c, error);
}

/* --- another key ---------------------------------------------------------- */

typedef struct {
    char *name;
    GBytes *totp;
} factor;

static void
factor_free(gpointer data)
{
    factor *f = data;
    g_free(f->name);
    g_bytes_unref(f->totp);
    g_free(f);
}

static GPtrArray *
read_factors(ch_db *db, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(factor_free);
    g_autoptr(ch_rows) rows =
        ch_db_query(db, "SELECT name, totp FROM account WHERE totp IS NOT NULL",
                    NULL, error);
    if (rows == NULL) {
        return NULL;
    }
    while (ch_rows_next(rows, &step_error)) {
        factor *f = g_new0(factor, 1);
        f->name = ch_rows_dup_text(rows, 0);
        f->totp = ch_rows_dup_bytes(rows, 1);
        g_ptr_array_add(list, f);
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

gboolean
ch_users_rewrap(ch_db *db, const ch_seal *from, const ch_seal *to,
                GError **error)
{
    g_autoptr(GPtrArray) list = read_factors(db, error);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const factor *f = g_ptr_array_index(list, i);
        gsize length;
        g_autoptr(GBytes) secret = ch_seal_open_secret(from, f->name, f->totp);
        if (secret == NULL) {
            g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                                "a second factor is damaged; nothing was "
                                "changed");
            return FALSE;
        }
        g_autoptr(GBytes) sealed = ch_seal_secret(to, f->name, secret);
        const void *data = g_bytes_get_data(sealed, &length);
        if (!ch_db_run(db, "UPDATE account SET totp = ? WHERE name = ?",
                       CH_VALUES(CH_BLOB(data, length), CH_TEXT(f->name)),
                       error)) {
            return FALSE;
        }
    }
    /* Their digests were made with the old key. */
    return list != NULL && ch_db_run(db, "DELETE FROM session", NULL, error);
}

/* --- signing in ----------------------------------------------------------- */

typedef struct {
    char *password;
    GBytes *totp; /* sealed, or NULL */
    gint64 locked_us, last_step;
    gboolean disabled;
} secrets;

static void
secrets_clear(secrets *s)
{
    g_clear_pointer(&s->password, g_free);
    g_clear_pointer(&s->totp, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(secrets, secrets_clear)

/* password stays NULL where there is no such account. */
static gboolean
read_secrets(ch_store *store, const char *name, secrets *out, GError **error)
{
    GError *step_error = NULL;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    ch_rows *rows =
        ch_db_query(db,
                    "SELECT password, totp, locked_us, totp_step,"
                    " disabled_us IS NOT NULL FROM account WHERE name = ?",
                    CH_VALUES(CH_TEXT(name)), &step_error);
    if (rows != NULL && ch_rows_next(rows, &step_error)) {
        out->password = ch_rows_dup_text(rows, 0);
        out->totp = ch_rows_dup_bytes(rows, 1);
        out->locked_us = ch_rows_int(rows, 2, -1);
        out->last_step = ch_rows_int(rows, 3, 0);
        out->disabled = ch_rows_int(rows, 4, 0) != 0;
    }
    ch_rows_free(rows);
    ch_store_unlock_reader(store, step_error == NULL);
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return FALSE;
    }
    return TRUE;
}

typedef struct {
    const char *name;
    gboolean right;
    gint64 step; /* -1: it was the password */
    gint64 now_us;
    ch_signin result; /* out */
} attempt;

static gboolean
count_failure(ch_db *db, const ch_seal *seal, attempt *a, GError **error)
{
    const ch_decision who = {.uid = -1, .time_us = a->now_us};
    gint64 failures = 0;
    if (!ch_db_run(db,
                   "UPDATE account SET failures = failures + 1"
                   " WHERE name = ?",
                   CH_VALUES(CH_TEXT(a->name)), error) ||
        !ch_db_number(db, "SELECT failures FROM account WHERE name = ?",
                      CH_VALUES(CH_TEXT(a->name)), 0, &failures, error)) {
        return FALSE;
    }
    if (failures < CH_MAX_SIGNIN_FAILURES) {
        return TRUE;
    }
    return ch_db_run(db,
                     "UPDATE account SET failures = 0, locked_us = ?"
                     " WHERE name = ?",
                     CH_VALUES(CH_INT(a->now_us + CH_SIGNIN_LOCK_S * SECOND_US),
                               CH_TEXT(a->name)),
                     error) &&
           append(db, seal, a->name, "user-locked", NULL, &who, error);
}

/* Under the write lock: another guess may have locked the account, another
 * browser may have used the code. */
static gboolean
settle(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    attempt *a = data;
    gint64 locked = -1, last_step = 0;
    if (!ch_db_number(db, "SELECT locked_us FROM account WHERE name = ?",
                      CH_VALUES(CH_TEXT(a->name)), -1, &locked, error) ||
        !ch_db_number(db, "SELECT totp_step FROM account WHERE name = ?",
                      CH_VALUES(CH_TEXT(a->name)), 0, &last_step, error)) {
        return FALSE;
    }
    if (locked > a->now_us) {
        a->result = CH_SIGNIN_LOCKED;
        return TRUE;
    }
    if (!a->right || (a->step >= 0 && a->step <= last_step)) {
        a->result = CH_SIGNIN_WRONG;
        return count_failure(db, seal, a, error);
    }
    a->result = CH_SIGNIN_OK;
    return a->step < 0 ||
           ch_db_run(db,
                     "UPDATE account SET totp_step = ?, failures = 0"
                     " WHERE name = ?",
                     CH_VALUES(CH_INT(a->step), CH_TEXT(a->name)), error);
}

/* Hashes once for nothing, so that a name that does not exist costs as much
 * as one that does. */
static void
pretend(const char *password)
{
    guint8 key[32];
    static const guint8 salt[crypto_pwhash_SALTBYTES] = {0};
    (void)!crypto_pwhash(key, sizeof key, password, strlen(password), salt,
                         HASH_OPS, HASH_MEMORY, crypto_pwhash_ALG_ARGON2ID13);
}

gboolean
ch_user_check(ch_store *store, const char *name, const char *password,
              gint64 now_us, ch_signin *result_out, GError **error)
{
    g_auto(secrets) s = {.locked_us = -1};
    attempt a = {.name = name, .step = -1, .now_us = now_us};
    *result_out = CH_SIGNIN_WRONG;
    if (!read_secrets(store, name, &s, error)) {
        return FALSE;
    }
    if (s.password == NULL || strlen(password) > 4 * CH_MAX_PASSWORD) {
        pretend("of no account");
        return TRUE;
    }
    if (s.locked_us > now_us) {
        *result_out = CH_SIGNIN_LOCKED;
        return TRUE;
    }
    a.right =
        crypto_pwhash_str_verify(s.password, password, strlen(password)) == 0 &&
        !s.disabled;
    if (!ch_store_submit(store, settle, &a, error)) {
        return FALSE;
    }
    *result_out = a.result;
    return TRUE;
}

gboolean
ch_user_check_totp(ch_store *store, const char *name, const char *code,
                   gint64 now_us, ch_signin *result_out, GError **error)
{
    g_auto(secrets) s = {.locked_us = -1};
    attempt a = {.name = name, .now_us = now_us};
    *result_out = CH_SIGNIN_WRONG;
    if (!read_secrets(store, name, &s, error)) {
        return FALSE;
    }
    g_autoptr(GBytes) secret =
        s.totp != NULL ? ch_seal_open_secret(ch_store_seal(store), name, s.totp)
                       : NULL;
    if (secret == NULL || s.disabled) {
        return TRUE;
    }
    a.step = ch_totp_find(secret, code, now_us, s.last_step);
    a.right = a.step >= 0;
    if (!ch_store_submit(store, settle, &a, error)) {
        return FALSE;
    }
    *result_out = a.result;
    return TRUE;
}
