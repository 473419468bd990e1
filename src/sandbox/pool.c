/*
 * The pool: so many readers work at a time, as many wait for work.
 *
 * Started ahead, because a reader loads some thirty libraries before it
 * shuts itself in; used once, because it may be another's afterwards.  Those
 * that read pictures, too, take longer to start, and are asked for a picture,
 * or once more for a document with pictures in it.  Two more kinds are not read
 * from: those that clean pictures, and those that make them small, for the page
 * alone, of which none is started before it is asked for.
 */
#include "chaperone/pool.h"

#include "chaperone/error.h"
#include "chaperone/log.h"
#include "chaperone/sniff.h"
#include "chaperone/version.h"
#include "sandbox/cache.h"
#include "sandbox/worker.h"

#include <string.h>
#include <sys/wait.h>
#include <syslog.h>

enum { PLAIN, PICTURES, CLEANERS, THUMBNAILS, KINDS };

struct ch_pool {
    ch_worker_kind kinds[KINDS];
    guint size;
    gboolean ocr;
    ch_cache *cache;
    GMutex lock; /* of what follows */
    GCond freed;
    GPtrArray *idle[KINDS]; /* of ch_worker */
    guint busy;
    gboolean told; /* that none can be started */
};

ch_pool *
ch_pool_new(ch_config *config)
{
    ch_pool *pool = g_new0(ch_pool, 1);
    for (guint k = 0; k < KINDS; k++) {
        pool->kinds[k] = (ch_worker_kind){
            .program = config->extract_program[0] != '\0'
                           ? g_strdup(config->extract_program)
                           : ch_paths_dup_extract(),
            .timeout_s = (guint)CLAMP(config->extract_timeout, 1, 60),
            .memory = config->extract_memory,
            .ocr = k == PICTURES,
            .clean = k == CLEANERS,
            .thumbnail = k == THUMBNAILS};
        pool->idle[k] = g_ptr_array_new();
    }
    pool->size = config->extract_workers;
    pool->ocr = config->extract_ocr;
    pool->cache = ch_cache_new((gsize)config->extract_cache);
    g_mutex_init(&pool->lock);
    g_cond_init(&pool->freed);
    return pool;
}

void
ch_pool_free(ch_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    g_assert(pool->busy == 0);
    for (guint k = 0; k < KINDS; k++) {
        for (guint i = 0; i < pool->idle[k]->len; i++) {
            ch_worker_end(pool->idle[k]->pdata[i]);
        }
        g_ptr_array_unref(pool->idle[k]);
        g_free(pool->kinds[k].program);
    }
    ch_cache_free(pool->cache);
    g_mutex_clear(&pool->lock);
    g_cond_clear(&pool->freed);
    g_free(pool);
}

/* Once; then each document is held, and says so itself. */
static void
tell_unavailable(ch_pool *pool, const GError *error)
{
    g_mutex_lock(&pool->lock);
    gboolean told = pool->told;
    pool->told = TRUE;
    g_mutex_unlock(&pool->lock);
    if (!told) {
        ch_log(LOG_ERR, "extract-unavailable", CH_LOG_FILE,
               pool->kinds[PLAIN].program, CH_LOG_ERROR, error, CH_LOG_END);
    }
}

/* Starts one that waits, if there is room: one of the others is enough. */
static gboolean
start_one(ch_pool *pool, guint kind)
{
    g_autoptr(GError) error = NULL;
    ch_worker *worker = ch_worker_start(&pool->kinds[kind], &error);
    if (worker == NULL) {
        tell_unavailable(pool, error);
        return FALSE;
    }
    g_mutex_lock(&pool->lock);
    gboolean room = pool->idle[kind]->len < (kind == PLAIN ? pool->size : 1);
    if (room) {
        g_ptr_array_add(pool->idle[kind], worker);
    }
    g_mutex_unlock(&pool->lock);
    if (!room) {
        ch_worker_end(worker);
    }
    return room;
}

void
ch_pool_start(ch_pool *pool)
{
    while (start_one(pool, PLAIN)) {
    }
    if (pool->ocr) {
        start_one(pool, PICTURES);
    }
}

/* Waits until one more may work.  NULL + GError: none can be started. */
static ch_worker *
take_worker(ch_pool *pool, guint kind, GError **error)
{
    ch_worker *worker = NULL;
    g_mutex_lock(&pool->lock);
    while (pool->busy >= pool->size) {
        g_cond_wait(&pool->freed, &pool->lock);
    }
    pool->busy++;
    if (pool->idle[kind]->len > 0) {
        worker = g_ptr_array_steal_index(pool->idle[kind], 0);
    }
    g_mutex_unlock(&pool->lock);
    return worker != NULL ? worker : ch_worker_start(&pool->kinds[kind], error);
}

static void
give_back(ch_pool *pool)
{
    g_mutex_lock(&pool->lock);
    pool->busy--;
    g_cond_signal(&pool->freed);
    g_mutex_unlock(&pool->lock);
}

/* A reader that did not end as it should: how, never what it read. */
static void
tell_failure(const ch_extraction *x, int status)
{
    const char *reason = x->unscanned & 1u << CH_UNSCANNED_TIMEOUT ? "timeout"
                         : x->unscanned & 1u << CH_UNSCANNED_LIMIT ? "limit"
                                                                   : "damaged";
    if (WIFSIGNALED(status)) {
        ch_log(LOG_WARNING, "extract-killed", CH_LOG_REASON, reason,
               CH_LOG_CODE, WTERMSIG(status), CH_LOG_END);
    }
}

/* well_out: it ended by itself, in time. */
static ch_extraction *
ask(ch_pool *pool, guint kind, GBytes *content, gboolean *well_out)
{
    g_autoptr(GError) error = NULL;
    const ch_worker_kind *how = &pool->kinds[kind];
    int status = 0;
    ch_extraction *x = NULL;
    ch_worker *worker = take_worker(pool, kind, &error);
    if (worker != NULL) {
        x = ch_worker_ask(worker, how, content, &status);
    }
    if (x != NULL && x->unavailable) { /* it died waiting: once more */
        ch_extraction_free(g_steal_pointer(&x));
        worker = ch_worker_start(how, &error);
        if (worker != NULL) {
            x = ch_worker_ask(worker, how, content, &status);
        }
    }
    if (x == NULL) {
        x = ch_extraction_new();
        x->unavailable = TRUE;
    }
    give_back(pool);
    *well_out = !x->unavailable && WIFEXITED(status);
    if (x->unavailable) {
        tell_unavailable(pool, error);
    } else {
        tell_failure(x, status);
        start_one(pool, kind);
    }
    return x;
}

static gboolean
is_picture(GBytes *content)
{
    gsize length;
    const void *data = g_bytes_get_data(content, &length);
    return ch_sniff_bytes(data, length) == CH_SNIFF_PICTURE;
}

/* Once more, with the pictures in it.  Trouble with those takes nothing away
 * from what was read before; a reader of pictures that could not be started is
 * none that found nothing. */
static ch_extraction *
ask_again(ch_pool *pool, ch_extraction *taken, GBytes *content,
          gboolean *well_out)
{
    g_autoptr(ch_extraction) first = taken;
    g_autoptr(ch_extraction) second = ask(pool, PICTURES, content, well_out);
    if (*well_out) {
        second->elapsed_ms += first->elapsed_ms;
        return g_steal_pointer(&second);
    }
    first->unscanned |=
        second->unavailable ? 1u << CH_UNSCANNED_TIMEOUT : second->unscanned;
    first->elapsed_ms += second->elapsed_ms;
    return g_steal_pointer(&first);
}

/* Pictures for which the time did not suffice may be looked at the next time:
 * a busy minute must not hold them for as long as answers are kept. */
static gboolean
is_worth_keeping(const ch_pool *pool, const ch_extraction *x)
{
    gboolean pictures = (x->seen & 1u << CH_SEEN_MEDIA) != 0;
    return !pool->ocr || !pictures || (x->seen & 1u << CH_SEEN_WORDS) != 0;
}

ch_extraction *
ch_pool_run(ch_pool *pool, GBytes *content)
{
    g_autofree char *key = ch_cache_dup_key(content);
    ch_extraction *x = ch_cache_find(pool->cache, key);
    if (x != NULL) {
        return x;
    }
    gboolean well = FALSE, picture = pool->ocr && is_picture(content);
    x = ask(pool, picture ? PICTURES : PLAIN, content, &well);
    if (well && pool->ocr && !picture && x->seen & 1u << CH_SEEN_MEDIA) {
        x = ask_again(pool, x, content, &well);
    }
    if (well && is_worth_keeping(pool, x)) {
        ch_cache_add(pool->cache, key, x);
    }
    return x;
}

GBytes *
ch_pool_clean(ch_pool *pool, GBytes *picture, GError **error)
{
    gboolean unavailable = FALSE;
    GBytes *clean = NULL;
    const ch_worker_kind *how = &pool->kinds[CLEANERS];
    g_autoptr(GError) trouble = NULL;
    ch_worker *worker = take_worker(pool, CLEANERS, &trouble);
    for (guint tries = 0; worker != NULL; tries++) {
        clean = ch_worker_clean(worker, how, picture, &unavailable);
        worker = unavailable && tries == 0 /* it died waiting: once more */
                     ? ch_worker_start(how, &trouble)
                     : NULL;
    }
    give_back(pool);
    if (trouble == NULL && !unavailable) {
        start_one(pool, CLEANERS);
        return clean;
    }
    tell_unavailable(pool, trouble);
    g_set_error_literal(error, CH_ERROR, CH_ERROR_IO,
                        "pictures cannot be cleaned: no reader can be started");
    return NULL;
}

GBytes *
ch_pool_thumbnail(ch_pool *pool, GBytes *content)
{
    gboolean well = FALSE;
    g_autoptr(ch_extraction) x = ask(pool, THUMBNAILS, content, &well);
    return well ? g_steal_pointer(&x->picture) : NULL;
}

static ch_extraction *
run(void *pool, GBytes *content)
{
    return ch_pool_run(pool, content);
}

static GBytes *
clean(void *pool, GBytes *picture, GError **error)
{
    return ch_pool_clean(pool, picture, error);
}

static void
pool_free(gpointer pool)
{
    ch_pool_free(pool);
}

ch_pool *
ch_pool_attach(ch_house *house)
{
    ch_pool *pool = ch_pool_new(house->config);
    ch_extractor *extractor = g_new(ch_extractor, 1);
    *extractor = (ch_extractor){run, pool, pool_free, clean};
    ch_house_set_extractor(house, extractor);
    return pool;
}
