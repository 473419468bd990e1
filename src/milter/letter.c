/*
 * A letter of an author about a post: put beside that post, reviewers told,
 * and like a draft delivered to nobody.
 *
 * Its words are in the store before the MTA hears 250.  A letter about a post
 * that is not its author's is refused as one about no post.
 */
#include "chaperone/letter.h"
#include "chaperone/announce.h"
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "mta.h"

#include <syslog.h>

/* FALSE: error says why. */
static gboolean
keep(const ch_connection *c, const ch_envelope *e, const char *author,
     const char *id, const char *words, GError **error)
{
    ch_store *store = c->daemon->store;
    g_autoptr(ch_item) item = ch_store_get(store, id, error);
    if (item == NULL) {
        return FALSE;
    }
    const ch_event event = ch_event_of_item(item, CH_NOTICE_WROTE, e->time_us);
    g_autoptr(GArray) notices = ch_announce(c->house, store, &event);
    const ch_decision who = {
        .uid = -1,
        .time_us = e->time_us,
        .notices = (const ch_outgoing *)(const void *)notices->data,
        .n_notices = notices->len};
    return ch_store_add_letter(store, id, author, words, &who, error);
}

sfsistat
ch_letter_take(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
               const char *author, const char *id, GBytes *raw)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *words = ch_letter_dup_words(raw);
    if (words[0] == '\0') {
        return ch_mta_turn_away(ctx, c, e, CH_ADMISSION_NO_WORDS);
    }
    if (keep(c, e, author, id, words, &error)) {
        ch_log(LOG_INFO, "author-wrote", CH_LOG_ID, id, CH_LOG_QUEUE_ID,
               e->queue_id, CH_LOG_AUTHOR, author, CH_LOG_END);
        ch_daemon_wake(c->daemon);
        return SMFIS_DISCARD;
    }
    if (g_error_matches(error, CH_ERROR, CH_ERROR_NOTFOUND)) {
        return ch_mta_turn_away(ctx, c, e, CH_ADMISSION_NO_POST);
    }
    if (g_error_matches(error, CH_ERROR, CH_ERROR_STATE)) {
        return ch_mta_turn_away(ctx, c, e, CH_ADMISSION_ENOUGH);
    }
    ch_metrics_failure(c->daemon->metrics, "store");
    ch_log(LOG_ERR, "failure", CH_LOG_ID, id, CH_LOG_QUEUE_ID, e->queue_id,
           CH_LOG_REASON, "store", CH_LOG_ERROR, error, CH_LOG_END);
    return ch_mta_defer(ctx);
}
