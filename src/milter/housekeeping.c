/*
 * Housekeeping: the one thread beside libmilter's.
 *
 * Sends what waits in the outbox (outbox.c, digest.c), expires what nobody
 * decided in time, destroys what is past its retention, watches the ledger
 * (witness.c), writes the metrics and pats the watchdog.  It never touches a
 * message that the MTA is sending.
 */
#include "chaperone/announce.h"
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "chaperone/notify.h"
#include "chaperone/review.h"
#include "daemon.h"

#include <syslog.h>

#define SECOND_US  ((gint64)G_USEC_PER_SEC)
#define TICK_US    (5 * SECOND_US)
#define METRICS_US (15 * SECOND_US)
#define PURGE_US   (3600 * SECOND_US)
#define EXPIRE_US  (20 * SECOND_US)
#define HEAD_US    (3600 * SECOND_US)

typedef struct {
    ch_daemon *daemon;
    gboolean recovered; /* what a crash interrupted is dealt with */
    gint64 metrics_at, purge_at, expire_at, head_at; /* monotonic */
    ch_audit_head head; /* of the ledger, when it was last looked at */
} keeper;

void
ch_housekeeping_trouble(ch_daemon *daemon, const char *reason,
                        const GError *error)
{
    ch_metrics_failure(daemon->metrics, reason);
    ch_log(LOG_ERR, "housekeeping", CH_LOG_REASON, reason, CH_LOG_ERROR, error,
           CH_LOG_END);
}

gboolean
ch_housekeeping_is_quitting(ch_daemon *daemon)
{
    g_mutex_lock(&daemon->lock);
    gboolean quit = daemon->quit;
    g_mutex_unlock(&daemon->lock);
    return quit;
}

/* --- retention
 * ---------------------------------------------------------------- */

static void
expire_one(ch_daemon *daemon, const ch_house *house, const ch_item *item,
           gint64 now)
{
    g_autoptr(GError) error = NULL;
    ch_event event = ch_event_of_item(item, CH_NOTICE_EXPIRED, now);
    g_autoptr(GArray) notices = ch_announce(house, daemon->store, &event);
    ch_decision decision = {
        .uid = -1,
        .time_us = now,
        .notices = (const ch_outgoing *)(const void *)notices->data,
        .n_notices = notices->len,
    };
    if (!ch_store_decide(daemon->store, item->id, CH_STATE_EXPIRED, &decision,
                         &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
        return;
    }
    ch_log(LOG_NOTICE, "expired", CH_LOG_ID, item->id, CH_LOG_AUTHOR,
           item->author, CH_LOG_RULES, item->rules, CH_LOG_GATEWAYS,
           item->gateways, CH_LOG_END);
    if (notices->len > 0) {
        ch_daemon_wake(daemon);
    }
}

/* Reminds compliance, or warns and escalates. */
static void
nudge_one(ch_daemon *daemon, const ch_house *house, const ch_item *item,
          ch_mark mark, gint64 now)
{
    g_autoptr(GError) error = NULL;
    ch_event event = ch_event_of_item(
        item, mark == CH_MARK_WARNED ? CH_NOTICE_ESCALATED : CH_NOTICE_REMINDER,
        now);
    g_autoptr(GArray) notices = ch_announce(house, daemon->store, &event);
    const ch_decision decision = {
        .uid = -1,
        .time_us = now,
        .notices = (const ch_outgoing *)(const void *)notices->data,
        .n_notices = notices->len,
    };
    /* Decided in between: there is nothing to remind of. */
    if (!ch_review_mark(daemon->store, item->id, mark, &decision, &error)) {
        if (!g_error_matches(error, CH_ERROR, CH_ERROR_STATE)) {
            ch_housekeeping_trouble(daemon, "store", error);
        }
        return;
    }
    ch_log(LOG_NOTICE, mark == CH_MARK_WARNED ? "escalated" : "reminded",
           CH_LOG_ID, item->id, CH_LOG_END);
    if (notices->len > 0) {
        ch_daemon_wake(daemon);
    }
}

#define DUE_AT_ONCE 50

/* The latest first: what is at its end is not reminded of. */
static void
watch_deadlines(ch_daemon *daemon)
{
    static const ch_mark marks[] = {CH_MARK_COUNT, CH_MARK_WARNED,
                                    CH_MARK_REMINDED};
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    gint64 now = g_get_real_time();
    gint64 before = now - house->config->review_deadline * SECOND_US;
    for (guint m = 0; m < G_N_ELEMENTS(marks); m++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) due = ch_review_due(daemon->store, marks[m], now,
                                                 before, DUE_AT_ONCE, &error);
        if (due == NULL) {
            ch_housekeeping_trouble(daemon, "store", error);
            return;
        }
        for (guint i = 0; i < due->len; i++) {
            const ch_item *item = g_ptr_array_index(due, i);
            if (marks[m] == CH_MARK_COUNT) {
                expire_one(daemon, house, item, now);
            } else {
                nudge_one(daemon, house, item, marks[m], now);
            }
        }
    }
}

/* In doubt it is. */
static gboolean
is_evidence(ch_daemon *daemon, const ch_item *item)
{
    g_autoptr(ch_review) review = ch_review_get(daemon->store, item->id, NULL);
    return review == NULL || review->evidence_us >= 0;
}

static void
expire(ch_daemon *daemon)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    g_autoptr(GError) error = NULL;
    gint64 now = g_get_real_time();
    gint64 before = now - house->config->quarantine_retention * SECOND_US;
    ch_store_numbers numbers;
    if (!ch_store_count(daemon->store, &numbers, &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
        return;
    }
    if (numbers.oldest_held_us < 0 || numbers.oldest_held_us >= before) {
        return;
    }
    g_autoptr(GPtrArray) held =
        ch_store_list(daemon->store, 1u << CH_STATE_HELD, &error);
    if (held == NULL) {
        ch_housekeeping_trouble(daemon, "store", error);
        return;
    }
    for (guint i = 0; i < held->len; i++) {
        const ch_item *item = g_ptr_array_index(held, i);
        if (item->time_us < before && !is_evidence(daemon, item)) {
            expire_one(daemon, house, item, now);
        }
    }
}

static void
purge(ch_daemon *daemon)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    g_autoptr(GError) error = NULL;
    const ch_config *config = house->config;
    gint64 now = g_get_real_time();
    guint destroyed = 0;
    if (!ch_store_purge(
            daemon->store, now - config->quarantine_retention * SECOND_US,
            now - config->reject_keep * SECOND_US,
            now - config->ledger_retention * SECOND_US, &destroyed, &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
    } else if (destroyed > 0) {
        ch_log(LOG_INFO, "purged", CH_LOG_COUNT, (guint64)destroyed,
               CH_LOG_END);
    }
}

/* --- metrics
 * -------------------------------------------------------------------- */

static void
write_metrics(ch_daemon *daemon)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    g_autoptr(GError) error = NULL;
    const char *file = house->config->metrics_textfile;
    if (file[0] == '\0') {
        return;
    }
    ch_metrics_gauges gauges = {
        .now_us = g_get_real_time(),
        .rules = ch_ruleset_rules(house->rules)->len,
    };
    gauges.has_store = ch_store_count(daemon->store, &gauges.store, NULL);
    if (!ch_metrics_write(daemon->metrics, &gauges, file, &error)) {
        ch_log(LOG_WARNING, "housekeeping", CH_LOG_REASON, "metrics",
               CH_LOG_ERROR, error, CH_LOG_END);
    }
}

/* --- the thread
 * ------------------------------------------------------------------ */

static gboolean
is_due(gint64 *at, gint64 every)
{
    gint64 now = g_get_monotonic_time();
    if (now < *at) {
        return FALSE;
    }
    *at = now + every;
    return TRUE;
}

static void
round_once(keeper *k)
{
    /* Posts before notices: people wait for them. */
    k->recovered = k->recovered || ch_outbox_recover(k->daemon);
    k->recovered = k->recovered && ch_outbox_send_releases(k->daemon);
    ch_digest_tell(k->daemon);
    ch_outbox_send_notices(k->daemon);
    ch_witness_chain(k->daemon);
    if (is_due(&k->head_at, HEAD_US)) {
        ch_witness_head(k->daemon, &k->head);
    }
    if (is_due(&k->expire_at, EXPIRE_US)) {
        watch_deadlines(k->daemon);
        expire(k->daemon);
    }
    if (is_due(&k->purge_at, PURGE_US)) {
        purge(k->daemon);
    }
    if (is_due(&k->metrics_at, METRICS_US)) {
        write_metrics(k->daemon);
    }
}

/* Until there is work, quit, or the time is over; whether to go on. */
static gboolean
wait_for_work(ch_daemon *daemon, gint64 tick_us)
{
    gint64 until = g_get_monotonic_time() + tick_us;
    g_mutex_lock(&daemon->lock);
    while (!daemon->quit && !daemon->work &&
           g_cond_wait_until(&daemon->wake, &daemon->lock, until)) {
        /* woken for nothing, or for work: looked at above */
    }
    daemon->work = FALSE;
    gboolean quit = daemon->quit;
    g_mutex_unlock(&daemon->lock);
    return !quit;
}

static gpointer
run(gpointer data)
{
    keeper k = {.daemon = data};
    guint watchdog_ms = ch_notify_watchdog_ms();
    gint64 tick =
        watchdog_ms > 0 ? MIN(TICK_US, watchdog_ms * (gint64)1000) : TICK_US;
    do {
        ch_notify("WATCHDOG=1");
        round_once(&k);
    } while (wait_for_work(k.daemon, tick));
    ch_witness_head(k.daemon, &k.head);
    write_metrics(k.daemon);
    return NULL;
}

void
ch_housekeeping_start(ch_daemon *daemon)
{
    daemon->housekeeper = g_thread_new("housekeeping", run, daemon);
}

void
ch_housekeeping_stop(ch_daemon *daemon)
{
    g_mutex_lock(&daemon->lock);
    daemon->quit = TRUE;
    g_cond_signal(&daemon->wake);
    g_mutex_unlock(&daemon->lock);
    g_thread_join(daemon->housekeeper);
}
