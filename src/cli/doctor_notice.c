/*
 * A notice that is a test: it goes the way of all notices, from the store's
 * outbox by the daemon to notices.smtp, and says nothing about any post.
 *
 * That notices have stopped is otherwise noticed by the post that nobody
 * looked at.
 */
#include "doctor.h"

#include "chaperone/announce.h"
#include "chaperone/control.h"

#include <string.h>

#define KIND "test"
/* What the daemon and a mail server that is well need; more is a delay that
 * somebody should look at. */
#define WAIT_US  (15 * G_USEC_PER_SEC)
#define PAUSE_US (G_USEC_PER_SEC / 5)

static GBytes *
compose(const ch_config *config, const ch_store *store, const char *id,
        gint64 now_us)
{
    g_autofree char *from = ch_announce_dup_sender(config);
    g_autofree char *subject =
        g_strdup_printf("Chaperone: a test of notices (ID %s)", id);
    const ch_answer answer = {
        .id = id,
        .kind = KIND,
        .from = from,
        .to = config->notices_compliance,
        .subject = subject,
        .body = "Somebody ran \"chaperone doctor --notice\". Notices reach "
                "you: there is nothing to do.\n",
        .time_us = now_us};
    return ch_notice_compose_answer(&answer, store);
}

/* Whether it still waits; in doubt it does. */
static gboolean
waits(ch_store *store, const char *id)
{
    g_autoptr(GPtrArray) list =
        ch_store_outbox_due(store, G_MAXINT64, G_MAXUINT, NULL);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const ch_waiting *w = g_ptr_array_index(list, i);
        if (strcmp(w->item, id) == 0) {
            return TRUE;
        }
    }
    return list == NULL;
}

/* Gone from the outbox, and not because the daemon gave it up. */
static gboolean
was_sent(ch_store *store, const char *id, gint64 since_us)
{
    ch_store_numbers numbers;
    return !waits(store, id) && ch_store_count(store, &numbers, NULL) &&
           numbers.last_notice_us >= since_us;
}

static gboolean
send_one(const ch_config *config, ch_store *store, GError **error)
{
    char id[CH_ID_LENGTH + 1];
    g_autofree char *ignored = NULL;
    gint64 now = g_get_real_time();
    gint64 until = g_get_monotonic_time() + WAIT_US;
    ch_id_new(now, id);
    g_autoptr(GBytes) mail = compose(config, store, id, now);
    const ch_outgoing out = {
        .kind = KIND, .recipient = config->notices_compliance, .mail = mail};
    if (!ch_store_add_notice(store, id, &out, now, error)) {
        return FALSE;
    }
    ch_control_ask(config->control_socket, "send", &ignored, NULL);
    while (!was_sent(store, id, now) && g_get_monotonic_time() < until) {
        g_usleep(PAUSE_US);
    }
    return was_sent(store, id, now);
}

void
doctor_check_notice(doctor *d, const ch_config *config)
{
    g_autoptr(GError) error = NULL;
    if (config->notices_compliance[0] == '\0') {
        doctor_say(d, DOCTOR_BAD, "test notice", "there is nobody to send to",
                   "chaperone.yaml: notices: {compliance: address}");
        return;
    }
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    gboolean sent = store != NULL && send_one(config, store, &error);
    doctor_say(d, sent ? DOCTOR_GOOD : DOCTOR_BAD, "test notice",
               sent ? "the mail server took it; look into the mailbox"
               : error != NULL ? error->message
                               : "not sent within 15 seconds",
               "is chaperone-milter running, and does notices.smtp take mail? "
               "The log has notice-deferred or notice-given-up");
}
