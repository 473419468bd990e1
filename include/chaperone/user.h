/*
 * Accounts of the review page: who may sign in, and who is signed in.
 *
 * A password is kept as argon2id's text, the second factor's secret (RFC
 * 6238) sealed with the store's key, a session as the digest of its token.
 * Every change leaves a row in the ledger in the same transaction.
 *
 * Any thread, any process.  Errors are those of store.h; CH_ERROR_INPUT: a
 * name or password that is not allowed, with words for a person.
 */
#ifndef CHAPERONE_USER_H
#define CHAPERONE_USER_H

#include "chaperone/store.h"

typedef enum {
    CH_ROLE_REVIEWER, /* decides */
    CH_ROLE_SENIOR,   /* decides what was escalated, too; holds evidence */
    CH_ROLE_AUDITOR,  /* looks, masked; changes nothing */
    CH_ROLE_ADMIN,    /* keeps accounts, and may do all that a senior may */
    CH_ROLE_COUNT
} ch_role;

const char *ch_role_name(ch_role role); /* Borrowed. */
gboolean ch_role_parse(const char *name, ch_role *role_out);

typedef struct {
    char *name;
    ch_role role;
    char *author; /* the login that this person's posts have, or NULL */
    char *lang;   /* "en", "es" or NULL: as the browser asks */
    gboolean has_totp;
    gint64 added_us;
    gint64 disabled_us; /* -1: no */
    gint64 last_us;     /* last sign-in, -1: never */
    gint64 locked_us;   /* no sign-in before that, -1: not locked */
} ch_user;

void ch_user_free(ch_user *account);

/* 1 to 64 of [a-z0-9._@-], as they are written in logs and ledgers. */
gboolean ch_user_is_name(const char *name);
/* Whether a password may be used for name; why not in error. */
gboolean ch_user_is_password(const char *name, const char *password,
                             GError **error);

/* By name.  Owned array of ch_user. */
GPtrArray *ch_user_list(ch_store *store, GError **error);
ch_user *ch_user_get(ch_store *store, const char *name, GError **error);

/* author may be NULL.  CH_ERROR_STATE: the name is taken. */
gboolean ch_user_add(ch_store *store, const char *name, ch_role role,
                     const char *password, const char *author,
                     const ch_decision *who, GError **error);
/* Only if there is no account yet: the first set-up. */
gboolean ch_user_add_first(ch_store *store, const char *name,
                           const char *password, const ch_decision *who,
                           GError **error);
/* These end all sessions of the account; a new password unlocks it. */
gboolean ch_user_set_password(ch_store *store, const char *name,
                              const char *password, const ch_decision *who,
                              GError **error);
gboolean ch_user_set_disabled(ch_store *store, const char *name,
                              gboolean disabled, const ch_decision *who,
                              GError **error);
gboolean ch_user_set_role(ch_store *store, const char *name, ch_role role,
                          const ch_decision *who, GError **error);
/* NULL takes the second factor away. */
gboolean ch_user_set_totp(ch_store *store, const char *name, GBytes *secret,
                          const ch_decision *who, GError **error);
gboolean ch_user_set_lang(ch_store *store, const char *name, const char *lang,
                          GError **error);

typedef enum { CH_SIGNIN_OK, CH_SIGNIN_WRONG, CH_SIGNIN_LOCKED } ch_signin;

/* Takes as long for names that do not exist.  CH_MAX_SIGNIN_FAILURES lock the
 * account for CH_SIGNIN_LOCK_S.  FALSE: the store is in trouble. */
gboolean ch_user_check(ch_store *store, const char *name, const char *password,
                       gint64 now_us, ch_signin *result_out, GError **error);
/* The six digits; each is good once, a step early or late. */
gboolean ch_user_check_totp(ch_store *store, const char *name, const char *code,
                            gint64 now_us, ch_signin *result_out,
                            GError **error);

/* --- one-time codes (totp.c; pure) ---------------------------------------- */

#define CH_TOTP_SECRET 20 /* bytes, RFC 4226 4 */
#define CH_TOTP_DIGITS 6
#define CH_TOTP_STEP_S 30

GBytes *ch_totp_new_secret(void); /* Owned. */
/* What people type into an app: base32, RFC 4648 6.  Owned. */
char *ch_totp_dup_base32(GBytes *secret);
/* code_out holds CH_TOTP_DIGITS + 1. */
void ch_totp_code(GBytes *secret, gint64 step, char *code_out);
/* The step whose code that is, around now_us and after last_step; or -1. */
gint64 ch_totp_find(GBytes *secret, const char *code, gint64 now_us,
                    gint64 last_step);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_user, ch_user_free)

#endif
