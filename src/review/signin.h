/*
 * Steps of signing in that the pages and the API share.
 */
#ifndef CHAPERONE_REVIEW_SIGNIN_H
#define CHAPERONE_REVIEW_SIGNIN_H

#include "review.h"

/* status_out: 0, 401, or 429.  FALSE: the store is in trouble. */
gboolean ch_signin_check(ch_ctx *c, const char *name, const char *password,
                         ch_user **account_out, int *status_out,
                         GError **error);
gboolean ch_signin_check_code(ch_ctx *c, const char *name, const char *code,
                              int *status_out, GError **error);
/* Whether a password is not enough. */
gboolean ch_signin_needs_more(const ch_ctx *c, const ch_user *account);
/* Starts a session instead of the one that there is; sets its cookie and
 * c->csrf. */
gboolean ch_signin_begin(ch_ctx *c, const char *name, gboolean complete,
                         GError **error);
/* Once a session is complete: to the card whose link brought here, else to the
 * queue. */
void ch_signin_go_on(ch_ctx *c);

#endif
