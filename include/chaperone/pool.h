/*
 * Readers of documents: other processes, started before they are needed.
 *
 * Each reads one attachment and ends, so that nothing of one mail can reach
 * the next.  One that crashes, hangs or says too much is killed, and what it
 * read is "damaged", "timeout" or "limit"; the message goes on.
 */
#ifndef CHAPERONE_POOL_H
#define CHAPERONE_POOL_H

#include "chaperone/inspect.h"

typedef struct ch_pool ch_pool;

/* Readers as config says; none is started yet.  Takes a reference.  Owned. */
ch_pool *ch_pool_new(ch_config *config);
/* Starts as many as may work at a time.  Not needed: ch_pool_run starts what
 * is missing.  After privileges were given up. */
void ch_pool_start(ch_pool *pool);
/* Has content read; waits for a free reader.  Never NULL; "unavailable" if
 * none can be started, which the log tells once.  Thread-safe.  Owned. */
ch_extraction *ch_pool_run(ch_pool *pool, GBytes *content);
/* Has a picture cleaned; NULL: it cannot be.  NULL + CH_ERROR_IO: none can be
 * started.  Thread-safe.  Owned. */
GBytes *ch_pool_clean(ch_pool *pool, GBytes *picture, GError **error);
/* A small PNG of a picture (png.h), decoded and made by a reader; NULL: it is
 * none that can be shown.  Thread-safe.  Owned. */
GBytes *ch_pool_thumbnail(ch_pool *pool, GBytes *content);
/* Ends the idle ones; nobody may be in ch_pool_run. */
void ch_pool_free(ch_pool *pool);

/* Gives a house, before it is shared, a pool of its own.  Borrowed. */
ch_pool *ch_pool_attach(ch_house *house);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_pool, ch_pool_free)

#endif
