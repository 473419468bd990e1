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
/* The ledger's, or NULL.  Owned. */
char *ch_announce_dup_head(ch_store *store);

#endif
