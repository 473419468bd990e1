/*
 * What was read of attachments: a table by digest and a queue by age.
 *
 * Holds only what a reader said and ended well: what took too long or crashed
 * may come out otherwise the next time.
 */
#include "sandbox/cache.h"

#include "chaperone/limits.h"

typedef struct {
    char *key;
    ch_extraction *x;
    gsize size;
    gint64 until_us; /* monotonic */
} entry;

struct ch_cache {
    gsize max_bytes, bytes;
    GMutex lock;
    GHashTable *by_key; /* to entry; borrows from queue */
    GQueue *queue;      /* of entry, eldest first */
};

ch_cache *
ch_cache_new(gsize max_bytes)
{
    ch_cache *cache = g_new0(ch_cache, 1);
    cache->max_bytes = max_bytes;
    cache->by_key = g_hash_table_new(g_str_hash, g_str_equal);
    cache->queue = g_queue_new();
    g_mutex_init(&cache->lock);
    return cache;
}

static void
drop_eldest(ch_cache *cache)
{
    entry *e = g_queue_pop_head(cache->queue);
    g_hash_table_remove(cache->by_key, e->key);
    cache->bytes -= e->size;
    ch_extraction_free(e->x);
    g_free(e->key);
    g_free(e);
}

void
ch_cache_free(ch_cache *cache)
{
    if (cache != NULL) {
        while (!g_queue_is_empty(cache->queue)) {
            drop_eldest(cache);
        }
        g_hash_table_unref(cache->by_key);
        g_queue_free(cache->queue);
        g_mutex_clear(&cache->lock);
        g_free(cache);
    }
}

char *
ch_cache_dup_key(GBytes *content)
{
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);
}

static void
drop_aged(ch_cache *cache)
{
    gint64 now = g_get_monotonic_time();
    const entry *e;
    while ((e = g_queue_peek_head(cache->queue)) != NULL &&
           e->until_us <= now) {
        drop_eldest(cache);
    }
}

ch_extraction *
ch_cache_find(ch_cache *cache, const char *key)
{
    g_mutex_lock(&cache->lock);
    drop_aged(cache);
    const entry *e = g_hash_table_lookup(cache->by_key, key);
    ch_extraction *x = e == NULL ? NULL : ch_extraction_copy(e->x);
    g_mutex_unlock(&cache->lock);
    return x;
}

void
ch_cache_add(ch_cache *cache, const char *key, const ch_extraction *x)
{
    gsize size = ch_extraction_size(x) + sizeof(entry) + 64;
    if (size > cache->max_bytes / 4) {
        return; /* it would drive out all others */
    }
    g_mutex_lock(&cache->lock);
    drop_aged(cache);
    if (!g_hash_table_contains(cache->by_key, key)) {
        entry *e = g_new(entry, 1);
        *e =
            (entry){g_strdup(key), ch_extraction_copy(x), size,
                    g_get_monotonic_time() + CH_CACHE_SECONDS * G_USEC_PER_SEC};
        cache->bytes += size;
        g_queue_push_tail(cache->queue, e);
        g_hash_table_insert(cache->by_key, e->key, e);
    }
    while (cache->bytes > cache->max_bytes) {
        drop_eldest(cache);
    }
    g_mutex_unlock(&cache->lock);
}
