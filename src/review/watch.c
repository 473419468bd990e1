/*
 * A total deadline for each request.
 *
 * libmicrohttpd's own timeout counts inactivity: a client that sends a byte
 * every few seconds is never idle.  So a thread looks once a second at how
 * long each connection has been busy with one request, and shuts the socket
 * of those that took too long; libmicrohttpd then sees its end.
 */
#include "server.h"

#include "chaperone/limits.h"
#include "chaperone/log.h"

#include <sys/socket.h>
#include <syslog.h>

struct ch_watch {
    gint *counter;
    GThread *thread;
    GMutex lock;
    GCond wake;
    gboolean quit;
    GHashTable *since; /* descriptor to gint64 *: monotonic */
};

static void
end_late_ones(ch_watch *watch, gint64 now)
{
    GHashTableIter iter;
    gpointer fd, since;
    g_hash_table_iter_init(&iter, watch->since);
    while (g_hash_table_iter_next(&iter, &fd, &since)) {
        gint64 *at = since;
        if (now - *at < CH_HTTP_DEADLINE_S * SECOND_US) {
            continue;
        }
        shutdown(GPOINTER_TO_INT(fd), SHUT_RDWR);
        *at = now; /* once is enough */
        g_atomic_int_inc(watch->counter);
        ch_log(LOG_NOTICE, "review-refused", CH_LOG_REASON, "deadline",
               CH_LOG_END);
    }
}

static gpointer
run(gpointer data)
{
    ch_watch *watch = data;
    g_mutex_lock(&watch->lock);
    while (!watch->quit) {
        gint64 until = g_get_monotonic_time() + SECOND_US;
        while (!watch->quit &&
               g_cond_wait_until(&watch->wake, &watch->lock, until)) {
            /* woken to quit, or for nothing */
        }
        end_late_ones(watch, g_get_monotonic_time());
    }
    g_mutex_unlock(&watch->lock);
    return NULL;
}

ch_watch *
ch_watch_new(gint *counter)
{
    ch_watch *watch = g_new0(ch_watch, 1);
    watch->counter = counter;
    g_mutex_init(&watch->lock);
    g_cond_init(&watch->wake);
    watch->since = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    watch->thread = g_thread_new("watch", run, watch);
    return watch;
}

void
ch_watch_free(ch_watch *watch)
{
    g_mutex_lock(&watch->lock);
    watch->quit = TRUE;
    g_cond_signal(&watch->wake);
    g_mutex_unlock(&watch->lock);
    g_thread_join(watch->thread);
    g_hash_table_unref(watch->since);
    g_cond_clear(&watch->wake);
    g_mutex_clear(&watch->lock);
    g_free(watch);
}

static void
set(ch_watch *watch, int fd)
{
    gint64 *now = g_new(gint64, 1);
    *now = g_get_monotonic_time();
    g_hash_table_replace(watch->since, GINT_TO_POINTER(fd), now);
}

void
ch_watch_opened(ch_watch *watch, int fd)
{
    g_mutex_lock(&watch->lock);
    set(watch, fd);
    g_mutex_unlock(&watch->lock);
}

void
ch_watch_answered(ch_watch *watch, int fd)
{
    g_mutex_lock(&watch->lock);
    if (g_hash_table_contains(watch->since, GINT_TO_POINTER(fd))) {
        set(watch, fd);
    }
    g_mutex_unlock(&watch->lock);
}

void
ch_watch_closed(ch_watch *watch, int fd)
{
    g_mutex_lock(&watch->lock);
    g_hash_table_remove(watch->since, GINT_TO_POINTER(fd));
    g_mutex_unlock(&watch->lock);
}
