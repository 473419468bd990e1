/*
 * The counts in the frame of each page: made at most every two seconds, so
 * that twenty open pages are one question to the store.
 */
#include "review.h"

#define FRESH_US (2 * SECOND_US)
#define SOON_US  (4 * 3600 * SECOND_US)

gboolean
ch_server_counts(ch_server *server, ch_review_counts *out)
{
    gint64 now = g_get_monotonic_time();
    g_mutex_lock(&server->lock);
    gboolean fresh =
        server->counted_us > 0 && now - server->counted_us < FRESH_US;
    *out = server->counts;
    if (!fresh) {
        server->counted_us = now; /* one asks, the others show the last ones */
    }
    g_mutex_unlock(&server->lock);
    if (fresh) {
        return TRUE;
    }
    gboolean ok =
        ch_review_count(server->store, g_get_real_time() + SOON_US, out, NULL);
    g_mutex_lock(&server->lock);
    if (ok) {
        server->counts = *out;
    } else {
        server->counted_us = 0;
    }
    g_mutex_unlock(&server->lock);
    return ok;
}
