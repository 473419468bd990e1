/*
 * GLib's locks as pthread's, for programs built with SAN=thread.
 *
 * GMutex, GCond and g_once are futexes and atomics inside a library that is not
 * instrumented, so ThreadSanitizer sees no lock and calls everything a race.
 * Linked into the program, these stand before GLib's and do the same with calls
 * that it knows.  The pthread object hangs on the pointer that GLib leaves in
 * both types, and is made by whoever comes first: both may be just zeroes.
 */
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

static pthread_mutex_t *
mutex_of(GMutex *mutex)
{
    pthread_mutex_t *found = g_atomic_pointer_get(&mutex->p);
    if (found != NULL) {
        return found;
    }
    pthread_mutex_t *made = calloc(1, sizeof *made);
    pthread_mutex_init(made, NULL);
    if (g_atomic_pointer_compare_and_exchange(&mutex->p, NULL, made)) {
        return made;
    }
    pthread_mutex_destroy(made);
    free(made);
    return g_atomic_pointer_get(&mutex->p);
}

static pthread_cond_t *
cond_of(GCond *cond)
{
    pthread_cond_t *found = g_atomic_pointer_get(&cond->p);
    if (found != NULL) {
        return found;
    }
    pthread_condattr_t monotonic; /* as g_get_monotonic_time */
    pthread_cond_t *made = calloc(1, sizeof *made);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(made, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (g_atomic_pointer_compare_and_exchange(&cond->p, NULL, made)) {
        return made;
    }
    pthread_cond_destroy(made);
    free(made);
    return g_atomic_pointer_get(&cond->p);
}

/* --- once ---------------------------------------------------------------- */

/* One lock for all that is done once, held while it is done; recursive, for
 * it may need something else that is done once. */
static pthread_mutex_t once = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

gboolean(g_once_init_enter)(volatile void *location)
{
    pthread_mutex_lock(&once);
    if (g_atomic_pointer_get((gsize *)(void *)location) == 0) {
        return TRUE;
    }
    pthread_mutex_unlock(&once);
    return FALSE;
}

void(g_once_init_leave)(volatile void *location, gsize result)
{
    g_atomic_pointer_set((gsize *)(void *)location, result);
    pthread_mutex_unlock(&once);
}

/* --- locks --------------------------------------------------------------- */

void
g_mutex_init(GMutex *mutex)
{
    mutex->p = NULL;
}

void
g_mutex_clear(GMutex *mutex)
{
    if (mutex->p != NULL) {
        pthread_mutex_destroy(mutex->p);
        free(mutex->p);
        mutex->p = NULL;
    }
}

void
g_mutex_lock(GMutex *mutex)
{
    pthread_mutex_lock(mutex_of(mutex));
}

gboolean
g_mutex_trylock(GMutex *mutex)
{
    return pthread_mutex_trylock(mutex_of(mutex)) == 0;
}

void
g_mutex_unlock(GMutex *mutex)
{
    pthread_mutex_unlock(mutex_of(mutex));
}

void
g_cond_init(GCond *cond)
{
    cond->p = NULL;
}

void
g_cond_clear(GCond *cond)
{
    if (cond->p != NULL) {
        pthread_cond_destroy(cond->p);
        free(cond->p);
        cond->p = NULL;
    }
}

void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    pthread_cond_wait(cond_of(cond), mutex_of(mutex));
}

gboolean
g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end_time)
{
    const struct timespec until = {end_time / G_USEC_PER_SEC,
                                   end_time % G_USEC_PER_SEC * 1000};
    return pthread_cond_timedwait(cond_of(cond), mutex_of(mutex), &until) !=
           ETIMEDOUT;
}

void
g_cond_signal(GCond *cond)
{
    pthread_cond_signal(cond_of(cond));
}

void
g_cond_broadcast(GCond *cond)
{
    pthread_cond_broadcast(cond_of(cond));
}
