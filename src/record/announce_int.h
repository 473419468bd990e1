/*
 * What announcing one event and a digest of many share.
 */
#ifndef CHAPERONE_ANNOUNCE_INT_H
#define CHAPERONE_ANNOUNCE_INT_H

#include "chaperone/announce.h"

/* Titles of the gateways, comma separated.  Owned. */
char *ch_announce_dup_channel(const ch_house *house, const char *gateways);
/* In which a post to these aliases is told of.  Borrowed. */
GTimeZone *ch_announce_zone(const ch_house *house, const char *aliases);
/* How long links of a letter of now open the card of an item: to the end of
 * the time to decide, or where that is over as long as review.deadline. */
gint64 ch_announce_link_until(const ch_config *config, gint64 deadline_us,
                              gint64 now_us);
/* The ledger's, or NULL.  Owned. */
char *ch_announce_dup_head(ch_store *store);

#endif
