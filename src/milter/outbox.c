/*
 * What waits to be sent: notices, and posts that a person released.
 *
 * A notice may come twice, so any failure is tried again.  A release may not:
 * each attempt is written down before a byte is sent and its end before the
 * next one begins, and where nobody knows whether the server has the mail a
 * person finds out.  Never touches a message that the MTA is sending to us.
 */
#include "chaperone/announce.h"
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "chaperone/notify.h"
#include "chaperone/release.h"
#include "daemon.h"

#include <syslog.h>

#define SECOND_US ((gint64)G_USEC_PER_SEC)

/* Mail is tried again after a minute, then twice as long each time up to an
 * hour; RFC 5321 4.5.4.1 gives up after four to five days. */
#define RETRY_FIRST_US (60 * SECOND_US)
#define RETRY_LAST_US  (3600 * SECOND_US)
#define RETRY_ATTEMPTS 125 /* 7 doublings, then hourly: five days */
#define OUTBOX_BATCH   20
#define SMTP_TIMEOUT_S 30
/* The reply to the dot comes after all milters of the listener.  Together
 * below TimeoutStopSec and WatchdogSec of the service: the end of the daemon
 * waits for an attempt under way. */
#define END_TIMEOUT_S 40
/* How often the end of an attempt is written down again, once a second. */
#define END_TRIES 30

/* When to try again after one more failed attempt; -1: never. */
static gint64
next_attempt(guint attempts, gboolean for_good)
{
    if (for_good || attempts + 1 >= RETRY_ATTEMPTS) {
        return -1;
    }
    gint64 wait = RETRY_FIRST_US << MIN(attempts, 6);
    return g_get_real_time() + MIN(wait, RETRY_LAST_US);
}

/* --- notices ------------------------------------------------------------- */

/* FALSE: the store is in trouble; the rest waits for the next round. */
static gboolean
send_one(ch_daemon *daemon, const ch_house *house, const ch_waiting *w)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) store_error = NULL;
    ch_smtp_reply reply = {0, NULL};
    gboolean sent = ch_smtp_send(house->config->notices_smtp, "", w->recipient,
                                 w->mail, SMTP_TIMEOUT_S, &reply, &error);
    gint64 next = sent ? -1 : next_attempt(w->attempts, reply.code >= 500);
    gboolean ok = ch_store_outbox_done(daemon->store, w->row, sent, reply.reply,
                                       next, &store_error);
    if (!sent) {
        ch_metrics_failure(daemon->metrics, "notice");
    }
    ch_log(sent ? LOG_INFO : LOG_WARNING,
           sent        ? "notice-sent"
           : next >= 0 ? "notice-deferred"
                       : "notice-given-up",
           CH_LOG_ID, w->item, CH_LOG_KIND, w->kind, CH_LOG_CODE, reply.code,
           CH_LOG_END);
    if (!ok) {
        ch_housekeeping_trouble(daemon, "store", store_error);
    }
    ch_smtp_reply_clear(&reply);
    return ok;
}

void
ch_outbox_send_notices(ch_daemon *daemon)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    g_autoptr(GError) error = NULL;
    if (house->config->notices_smtp[0] == '\0') {
        return;
    }
    g_autoptr(GPtrArray) due = ch_store_outbox_due(
        daemon->store, g_get_real_time(), OUTBOX_BATCH, &error);
    if (due == NULL) {
        ch_housekeeping_trouble(daemon, "store", error);
        return;
    }
    for (guint i = 0; i < due->len && !ch_housekeeping_is_quitting(daemon);
         i++) {
        ch_notify("WATCHDOG=1");
        if (!send_one(daemon, house, g_ptr_array_index(due, i))) {
            return;
        }
    }
    if (due->len == OUTBOX_BATCH) {
        ch_daemon_wake(daemon);
    }
}

/* --- releases ------------------------------------------------------------ */

/* What is told when an item comes to an end; owns the mails. */
typedef struct {
    GArray *released, *trouble;
} news;

static void
news_clear(news *n)
{
    g_clear_pointer(&n->released, g_array_unref);
    g_clear_pointer(&n->trouble, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(news, news_clear)

static GArray *
announce(const ch_daemon *daemon, const ch_house *house, const ch_item *item,
         ch_notice_kind kind)
{
    ch_event event = ch_event_of_item(item, kind, g_get_real_time());
    event.note = kind == CH_NOTICE_RELEASED ? item->note : NULL;
    return ch_announce(house, daemon->store, &event);
}

/* Without the item there is nothing to tell, and the end is not written. */
static ch_release_news
compose_news(const ch_daemon *daemon, const char *id, news *n)
{
    g_autoptr(ch_house) house = ch_daemon_house((ch_daemon *)daemon);
    g_autoptr(ch_item) item = ch_store_get(daemon->store, id, NULL);
    if (item == NULL) {
        return (ch_release_news){NULL, NULL, 0, 0};
    }
    n->released = announce(daemon, house, item, CH_NOTICE_RELEASED);
    n->trouble = announce(daemon, house, item, CH_NOTICE_RELEASE_FAILED);
    return (ch_release_news){
        .released = (const ch_outgoing *)(const void *)n->released->data,
        .n_released = n->released->len,
        .trouble = (const ch_outgoing *)(const void *)n->trouble->data,
        .n_trouble = n->trouble->len};
}

static void
log_end(ch_daemon *daemon, const ch_release_step *step,
        const ch_release_result *result, int code, ch_state state)
{
    static const char *const events[] = {
        [CH_SMTP_SENT] = "release-sent",
        [CH_SMTP_LATER] = "release-deferred",
        [CH_SMTP_REFUSED] = "release-refused",
        [CH_SMTP_UNKNOWN] = "release-unknown",
    };
    gboolean sent = result->outcome == CH_SMTP_SENT;
    if (!sent) {
        ch_metrics_failure(daemon->metrics, "release");
    }
    ch_log(sent ? LOG_INFO : LOG_WARNING, events[result->outcome], CH_LOG_ID,
           step->id, CH_LOG_COUNT, (guint64)step->recipient, CH_LOG_CODE, code,
           CH_LOG_STATE, ch_state_name(state), CH_LOG_END);
}

/* Writes an attempt's end down, as often as the store needs to take it. */
static gboolean
end_attempt(ch_daemon *daemon, const ch_release_step *step,
            ch_release_result *result, int code)
{
    g_auto(news) n = {NULL, NULL};
    ch_state state = CH_STATE_RELEASING;
    gboolean used = FALSE;
    result->news = compose_news(daemon, step->id, &n);
    for (guint i = 0; i < END_TRIES; i++) {
        g_autoptr(GError) error = NULL;
        if (ch_release_end(daemon->store, step, result, &state, &used,
                           &error)) {
            log_end(daemon, step, result, code, state);
            if (result->outcome == CH_SMTP_SENT && !used) {
                /* The listener asked no milter of ours: see doctor. */
                ch_log(LOG_WARNING, "release-unchecked", CH_LOG_ID, step->id,
                       CH_LOG_END);
            }
            if (state != CH_STATE_RELEASING ||
                result->outcome == CH_SMTP_UNKNOWN) {
                ch_daemon_wake(daemon);
            }
            return TRUE;
        }
        ch_housekeeping_trouble(daemon, "store", error);
        ch_notify("WATCHDOG=1");
        if (ch_housekeeping_is_quitting(daemon)) {
            break;
        }
        g_usleep(G_USEC_PER_SEC);
    }
    return FALSE;
}

static gboolean
is_utf8_mail(const ch_envelope *e)
{
    for (guint i = 0; e->esmtp[i] != NULL; i++) {
        if (g_ascii_strcasecmp(e->esmtp[i], "SMTPUTF8") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The mail to its one recipient; fills result. */
static void
send_attempt(ch_daemon *daemon, const ch_release_attempt *attempt,
             ch_release_result *result, ch_smtp_reply *reply)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    const ch_envelope *e = attempt->envelope;
    const ch_recipient *r =
        g_ptr_array_index(e->recipients, attempt->step->recipient - 1);
    const ch_smtp_mail mail = {.url = house->config->release_smtp,
                               .sender = e->sender_arg,
                               .recipient = r->arg,
                               .header = attempt->header,
                               .mail = attempt->mail,
                               .never_notify = TRUE,
                               .utf8 = is_utf8_mail(e),
                               .timeout_s = SMTP_TIMEOUT_S,
                               .end_timeout_s = END_TIMEOUT_S};
    result->attempt = attempt;
    result->outcome = ch_smtp_deliver(&mail, reply, NULL);
    result->reply = reply->reply;
    result->next_us = next_attempt(attempt->step->attempts, FALSE);
}

/* FALSE: the end of an attempt could not be written down. */
static gboolean
release_one(ch_daemon *daemon, const ch_release_step *step)
{
    g_autoptr(GError) error = NULL;
    ch_smtp_reply reply = {0, NULL};
    ch_release_result result = {.outcome = CH_SMTP_REFUSED, .next_us = -1};
    g_autoptr(ch_release_attempt) attempt =
        ch_release_begin(daemon->store, step, &error);
    if (attempt != NULL) {
        send_attempt(daemon, attempt, &result, &reply);
    } else {
        ch_housekeeping_trouble(daemon, "release", error);
        /* Trouble that passes; or another process was faster. */
        if (!g_error_matches(error, CH_ERROR, CH_ERROR_INTERNAL)) {
            return TRUE;
        }
        result.reply = "the stored message is damaged";
    }
    gboolean ok = end_attempt(daemon, step, &result, reply.code);
    ch_smtp_reply_clear(&reply);
    return ok;
}

gboolean
ch_outbox_recover(ch_daemon *daemon)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) open =
        ch_release_due(daemon->store, G_MAXINT64, OUTBOX_BATCH, TRUE, &error);
    if (open == NULL) {
        ch_housekeeping_trouble(daemon, "store", error);
        return FALSE;
    }
    for (guint i = 0; i < open->len; i++) {
        ch_release_result result = {
            .outcome = CH_SMTP_UNKNOWN,
            .reply = "chaperone-milter ended during the attempt",
            .next_us = -1};
        if (!end_attempt(daemon, g_ptr_array_index(open, i), &result, 0)) {
            return FALSE;
        }
    }
    return open->len < OUTBOX_BATCH;
}

gboolean
ch_outbox_send_releases(ch_daemon *daemon)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) due = ch_release_due(daemon->store, g_get_real_time(),
                                              OUTBOX_BATCH, FALSE, &error);
    if (due == NULL) {
        ch_housekeeping_trouble(daemon, "store", error);
        return TRUE;
    }
    for (guint i = 0; i < due->len; i++) {
        if (ch_housekeeping_is_quitting(daemon)) {
            return TRUE;
        }
        ch_notify("WATCHDOG=1");
        if (!release_one(daemon, g_ptr_array_index(due, i))) {
            return FALSE;
        }
    }
    if (due->len == OUTBOX_BATCH) {
        ch_daemon_wake(daemon);
    }
    return TRUE;
}
