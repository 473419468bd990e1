/*
 * Claim: whether a mail that says it is a release is one.
 *
 * The milter's side of release.h.  An address is never proof; the token is,
 * and only for the mail that it was made for.  Any thread.
 */
#ifndef CHAPERONE_CLAIM_H
#define CHAPERONE_CLAIM_H

#include "chaperone/store.h"

typedef enum {
    CH_CLAIM_NONE, /* no X-Chaperone-Release */
    CH_CLAIM_GOOD, /* the token is good for exactly this mail */
    CH_CLAIM_WRONG /* it is none, spent, or another mail's */
} ch_claim_verdict;

typedef struct {
    ch_claim_verdict verdict;
    gboolean is_token;         /* a token of an attempt that is under way */
    const char *reason;        /* WRONG: "token", "sender", "recipient",
                                  "content" or "spent"; static */
    char id[CH_ID_LENGTH + 1]; /* the token's item, or "" */
} ch_claim;

/* Looks at the first X-Chaperone-Release of raw; ours stands before all that
 * an author may have written.  use: a good token is used up by this call.
 * FALSE: the store could not be asked. */
gboolean ch_claim_check(ch_store *store, const ch_envelope *e, GBytes *raw,
                        gboolean use, ch_claim *claim_out, GError **error);

#endif
