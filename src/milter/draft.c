/*
 * A draft: judged, answered to its author, delivered to nobody.
 *
 * The report is in the outbox before the MTA hears 250 and drops the mail.
 * Whatever goes wrong, a draft never goes on: it is refused or deferred.
 */
#include "chaperone/draft.h"
#include "chaperone/announce.h"
#include "chaperone/letter.h"
#include "chaperone/log.h"
#include "mta.h"

#include <syslog.h>

#define KIND "checked"

typedef struct {
    const ch_connection *c;
    const ch_envelope *e;
    const char *author;
    char id[CH_ID_LENGTH + 1];
} draft;

static ch_admission
find_obstacle(const draft *d, GBytes *raw)
{
    return d->author == NULL                        ? CH_ADMISSION_UNKNOWN
           : ch_draft_is_automatic(d->e, raw)       ? CH_ADMISSION_AUTOMATIC
           : ch_draft_has_people(d->c->house, d->e) ? CH_ADMISSION_PEOPLE
                                                    : CH_ADMITTED;
}

static GBytes *
compose(const draft *d, const ch_verdict *verdict, const char *to)
{
    g_autofree char *body = ch_draft_dup_report(verdict);
    g_autofree char *from = ch_announce_dup_sender(d->c->house->config);
    g_autofree char *subject = g_strdup_printf(
        verdict->spanish ? "Chaperone: su borrador fue revisado (ID %s)"
                         : "Chaperone: your draft was checked (ID %s)",
        d->id);
    const ch_answer answer = {.id = d->id,
                              .kind = KIND,
                              .from = from,
                              .to = to,
                              .subject = subject,
                              .body = body,
                              .time_us = d->e->time_us};
    return ch_notice_compose_answer(&answer, d->c->daemon->store);
}

/* FALSE: it could not be written down. */
static gboolean
report(const draft *d, const ch_verdict *verdict, gboolean *within,
       GError **error)
{
    const ch_config *config = d->c->house->config;
    g_autofree char *to = ch_config_dup_author_address(config, d->author);
    g_autofree char *rules = ch_verdict_dup_rules(verdict);
    g_autofree char *gateways = ch_verdict_dup_gateways(verdict);
    g_autoptr(GBytes) mail = compose(d, verdict, to);
    const ch_outgoing out = {.kind = KIND, .recipient = to, .mail = mail};
    const ch_draft_record record = {.id = d->id,
                                    .author = d->author,
                                    .gateways = gateways,
                                    .rules = rules,
                                    .verdict =
                                        ch_action_name(verdict->unmonitored),
                                    .time_us = d->e->time_us,
                                    .per_hour = config->check_per_hour,
                                    .report = &out};
    if (!ch_store_add_draft(d->c->daemon->store, &record, within, error)) {
        return FALSE;
    }
    if (*within) {
        ch_log(LOG_INFO, "checked", CH_LOG_ID, d->id, CH_LOG_QUEUE_ID,
               d->e->queue_id, CH_LOG_AUTHOR, d->author, CH_LOG_RULES, rules,
               CH_LOG_GATEWAYS, gateways, CH_LOG_VERDICT, record.verdict,
               CH_LOG_END);
        ch_daemon_wake(d->c->daemon);
    }
    return TRUE;
}

static sfsistat
fail(SMFICTX *ctx, const draft *d, const char *reason, const GError *error)
{
    ch_metrics_failure(d->c->daemon->metrics, reason);
    ch_log(LOG_ERR, "failure", CH_LOG_ID, d->id, CH_LOG_QUEUE_ID,
           d->e->queue_id, CH_LOG_REASON, reason, CH_LOG_ERROR, error,
           CH_LOG_END);
    return ch_mta_defer(ctx);
}

sfsistat
ch_draft_take(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
              const char *author, GBytes *raw)
{
    g_autoptr(GError) error = NULL;
    draft d = {.c = c, .e = e, .author = author};
    ch_id_new(e->time_us, d.id);
    ch_admission obstacle = find_obstacle(&d, raw);
    if (obstacle != CH_ADMITTED) {
        return ch_mta_turn_away(ctx, c, e, obstacle);
    }
    char about[CH_ID_LENGTH + 1];
    if (ch_letter_find_id(c->house, e, raw, about)) {
        return ch_letter_take(ctx, c, e, author, about, raw);
    }
    g_autoptr(GPtrArray) known =
        ch_store_authorizations(c->daemon->store, &error);
    if (known == NULL) {
        return fail(ctx, &d, "store", error);
    }
    const ch_ask ask = {
        .judge_all = TRUE, .authorizations = known, .clean = TRUE};
    g_autoptr(ch_verdict) verdict = ch_inspect(c->house, e, raw, &ask, &error);
    if (verdict == NULL) {
        return fail(ctx, &d, "inspect", error);
    }
    gboolean within = FALSE;
    if (!report(&d, verdict, &within, &error)) {
        return fail(ctx, &d, "store", error);
    }
    return within ? SMFIS_DISCARD
                  : ch_mta_turn_away(ctx, c, e, CH_ADMISSION_TOO_MANY);
}
