/*
 * Letters about many held posts to those who review, each when the first of
 * its posts has waited for notices.digest.
 *
 * What is told at once never comes here.  Once digests are switched off, what
 * still waits is told in the next round.
 */
#include "chaperone/digest.h"
#include "chaperone/error.h"
#include "chaperone/link.h"
#include "chaperone/log.h"
#include "daemon.h"

#include <syslog.h>

/* FALSE: the store is in trouble. */
static gboolean
tell_one(ch_daemon *daemon, const ch_house *house, const ch_digest *digest)
{
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    gint64 now = g_get_real_time();
    ch_id_new(now, id);
    g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(ch_link));
    g_autoptr(GBytes) letter =
        ch_digest_compose(house, daemon->store, digest, id, now, links);
    if (!ch_digest_finish(daemon->store, digest, id, letter, links, now,
                          &error)) {
        /* Another one since it was read: the next round has it. */
        if (g_error_matches(error, CH_ERROR, CH_ERROR_STATE)) {
            return TRUE;
        }
        ch_housekeeping_trouble(daemon, "store", error);
        return FALSE;
    }
    if (letter != NULL) {
        ch_log(LOG_INFO, "digest", CH_LOG_ID, id, CH_LOG_COUNT,
               (guint64)digest->items->len + digest->more, CH_LOG_END);
    }
    return TRUE;
}

void
ch_digest_tell(ch_daemon *daemon)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    g_autoptr(GError) error = NULL;
    gint64 before = g_get_real_time() -
                    house->config->notices_digest * (gint64)G_USEC_PER_SEC;
    g_autoptr(GPtrArray) due = ch_digest_due(daemon->store, before, &error);
    if (due == NULL) {
        ch_housekeeping_trouble(daemon, "store", error);
        return;
    }
    for (guint i = 0; i < due->len && !ch_housekeeping_is_quitting(daemon);
         i++) {
        if (!tell_one(daemon, house, g_ptr_array_index(due, i))) {
            return;
        }
    }
}
