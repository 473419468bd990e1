/*
 * Digests: one letter to a reviewer about all posts held since the last one,
 * instead of a letter about each (notices.digest).
 *
 * Who is to be told of what is written down with the post itself, in one
 * transaction (ch_outgoing without a mail), and goes in the transaction that
 * puts the letter into the outbox: whenever the daemon is killed, each post
 * stands in one letter.  What was decided meanwhile stands in none.
 */
#ifndef CHAPERONE_DIGEST_H
#define CHAPERONE_DIGEST_H

#include "chaperone/announce.h"

typedef struct {
    char *recipient;
    GPtrArray *items; /* of ch_item: still held, least time first, at most
                       * CH_MAX_DIGEST */
    guint more;       /* held ones beside those */
    gint64 last_row;  /* up to it rows are of this letter; so many: */
    gint64 rows;
} ch_digest;

/* For each recipient whom a post has waited for since before_us or longer:
 * all that waits for him.  Owned array of ch_digest. */
GPtrArray *ch_digest_due(ch_store *store, gint64 before_us, GError **error);

/* The letter about it, or NULL: nothing is held any more.  id: its own;
 * links_out: of ch_link, those in it.  Owned. */
GBytes *ch_digest_compose(const ch_house *house, ch_store *store,
                          const ch_digest *digest, const char *id,
                          gint64 now_us, GArray *links_out);

/* Puts the letter (NULL: none) into the outbox; what it tells of waits no
 * more.  CH_ERROR_STATE: it is not what waits now, and nothing is changed. */
gboolean ch_digest_finish(ch_store *store, const ch_digest *digest,
                          const char *id, GBytes *letter, GArray *links,
                          gint64 now_us, GError **error);

#endif
