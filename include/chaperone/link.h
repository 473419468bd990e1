/*
 * Links: each opens one card of the review page once, for whoever has signed
 * in there, until the post's time to decide is over.
 *
 * A link stands in a letter to a reviewer and signs nobody in.  The store has
 * the digest of its token, with the item and the address that it was sent to;
 * the token itself is in the letter alone, which waits in the outbox until the
 * mail server has it.
 */
#ifndef CHAPERONE_LINK_H
#define CHAPERONE_LINK_H

#include "chaperone/session.h"

/* Another one for that item; token_out is for the letter.  Opens nothing
 * before the letter is in the outbox. */
void ch_link_new(const char *id, gint64 until_us, ch_link *link_out,
                 char token_out[CH_TOKEN_HEX + 1]);
gboolean ch_link_is_token(const char *text);

typedef enum {
    CH_LINK_OPENS,
    CH_LINK_SPENT,   /* it has opened its card before */
    CH_LINK_EXPIRED, /* its time is over */
    CH_LINK_FOREIGN  /* there is none with that token (any more) */
} ch_link_end;

/* Once CH_LINK_OPENS, after that CH_LINK_SPENT.  id_out: its item, "" for a
 * foreign one. */
gboolean ch_link_use(ch_store *store, const char *token, gint64 now_us,
                     ch_link_end *end_out, char id_out[CH_ID_LENGTH + 1],
                     GError **error);

#endif
