/*
 * What was read of attachments, for when the same bytes come again.
 *
 * Bounded in bytes and in age; the eldest goes first.  In memory only, and
 * only as long as the pool: a reload forgets all.
 */
#ifndef CHAPERONE_SANDBOX_CACHE_H
#define CHAPERONE_SANDBOX_CACHE_H

#include "chaperone/extraction.h"

typedef struct ch_cache ch_cache;

ch_cache *ch_cache_new(gsize max_bytes); /* 0: remembers nothing.  Owned. */
void ch_cache_free(ch_cache *cache);
/* SHA-256 of the bytes.  Owned. */
char *ch_cache_dup_key(GBytes *content);
/* Thread-safe, both.  NULL: not known.  Owned. */
ch_extraction *ch_cache_find(ch_cache *cache, const char *key);
void ch_cache_add(ch_cache *cache, const char *key, const ch_extraction *x);

#endif
