/*
 * Sessions of the review page.
 *
 * A token is 32 random bytes in hexadecimal that only the browser has; the
 * store keeps its keyed digest.  A session is complete once the second factor
 * was given, and gets another token then.  It ends by itself after
 * CH_SESSION_IDLE_S without a request and CH_SESSION_LIFE_S in all.
 */
#ifndef CHAPERONE_SESSION_H
#define CHAPERONE_SESSION_H

#include "chaperone/user.h"

#define CH_TOKEN_HEX 64 /* characters of a token */
#define CH_CSRF_HEX  32

typedef struct {
    char *account;
    ch_role role;
    char *author, *lang; /* of the account, or NULL */
    gboolean has_totp, complete;
    gint64 created_us, seen_us;
    char *address; /* of the client, or NULL */
    char name[17]; /* start of the digest: names it in a list */
} ch_session;

void ch_session_free(ch_session *session);

/* Starts one; token_out holds CH_TOKEN_HEX + 1.  instead_of: a token that ends
 * with it, or NULL.  complete ones are told to the ledger. */
gboolean ch_session_start(ch_store *store, const char *account,
                          gboolean complete, const char *address,
                          const char *instead_of, gint64 now_us,
                          char *token_out, GError **error);
/* NULL without error: there is none (any more), or its account is disabled.
 * Owned. */
ch_session *ch_session_find(ch_store *store, const char *token, gint64 now_us,
                            GError **error);
/* It was used: once a minute is written down. */
gboolean ch_session_touch(ch_store *store, const char *token,
                          const ch_session *session, gint64 now_us,
                          GError **error);
gboolean ch_session_end(ch_store *store, const char *token, gint64 now_us,
                        GError **error);
gboolean ch_session_end_all(ch_store *store, const char *account, gint64 now_us,
                            GError **error);
/* The last used first.  Owned array of ch_session. */
GPtrArray *ch_session_list(ch_store *store, const char *account, gint64 now_us,
                           GError **error);

/* The word that every change must bring along; out holds CH_CSRF_HEX + 1. */
void ch_session_csrf(const ch_store *store, const char *token, char *out);

/* --- first set-up --------------------------------------------------------- */

/* A word that makes the first account, once, within CH_SETUP_LIFE_S; a new one
 * replaces it.  FALSE and CH_ERROR_STATE: there are accounts. */
gboolean ch_setup_offer(ch_store *store, gint64 now_us, char *token_out,
                        GError **error);
gboolean ch_setup_is_valid(ch_store *store, const char *token, gint64 now_us,
                           gboolean *valid_out, GError **error);

/* Random hexadecimal of that many characters (even), NUL-terminated. */
void ch_token_new(char *out, gsize characters);
/* In constant time for texts of one length. */
gboolean ch_token_equal(const char *a, const char *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_session, ch_session_free)

#endif
