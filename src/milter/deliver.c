/*
 * End of message: from the verdict to what the MTA is told.
 *
 * The order matters.  What the store must keep is committed before the MTA
 * hears anything ("custody before courtesy"), and DISCARD is the very last
 * act.  Trouble of ours is never an accept: the message is deferred, and held
 * when it has failed CH_MAX_FAILURES times; in monitor mode it passes, loudly.
 *
 *   own notice -> release (readmit.c) -> prior decision on the same message
 *     -> ch_inspect -> plan:
 *   pass    tag, keep_original: commit a copy; headers; a cleaned body;
 *           continue
 *   split   commit what is held; headers; delete those recipients; continue
 *   hold    commit; discard
 *   reject  commit the ledger row; 550
 */
#include "chaperone/announce.h"
#include "chaperone/draft.h"
#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/log.h"
#include "chaperone/plan.h"
#include "mta.h"

#include <syslog.h>

typedef struct {
    SMFICTX *ctx;
    ch_connection *c;
    ch_daemon *daemon;
    const ch_house *house;
    const ch_envelope *e;
    GBytes *raw;
    char *author; /* or NULL */
    guint8 key[CH_DIGEST_BYTES];
    char id[CH_ID_LENGTH + 1];
    const char *cleaned; /* numbers of the parts of what goes on, or NULL */
    gint64 started_us;   /* monotonic */
} delivery;

/* --- log and failure --------------------------------------------------- */

static gint64
elapsed(const delivery *d)
{
    return g_get_monotonic_time() - d->started_us;
}

static void
log_message(const delivery *d, const char *verdict, const char *state,
            const char *rules, const char *gateways)
{
    ch_log(LOG_INFO, "message", CH_LOG_ID, d->id, CH_LOG_QUEUE_ID,
           d->e->queue_id, CH_LOG_AUTHOR, d->author, CH_LOG_RULES, rules,
           CH_LOG_GATEWAYS, gateways, CH_LOG_VERDICT, verdict, CH_LOG_STATE,
           state, CH_LOG_CLEANED, d->cleaned, CH_LOG_ELAPSED_US, elapsed(d),
           CH_LOG_END);
}

/* Unjudged, in monitor mode; but nobody who may not write to an account, no
 * draft, and no alias goes on as such. */
static sfsistat
let_go(const delivery *d)
{
    ch_admission why = ch_admission_of_all(d->house, d->e, d->author);
    if (why != CH_ADMITTED) {
        return ch_mta_turn_away(d->ctx, d->c, d->e, why);
    }
    for (guint i = 0; i < d->e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(d->e->recipients, i);
        if (ch_admission_is_check(d->house, r->address)) {
            return ch_mta_defer(d->ctx);
        }
    }
    return ch_mta_readdress(d->ctx, d->c, d->e) ? SMFIS_CONTINUE
                                                : ch_mta_defer(d->ctx);
}

/* Trouble of ours: 451, or in monitor mode a pass that nobody can miss. */
static sfsistat
fail(const delivery *d, const char *reason, const GError *error)
{
    gboolean monitor = d->house->config->mode == CH_MODE_MONITOR;
    ch_metrics_failure(d->daemon->metrics, reason);
    ch_log(monitor ? LOG_WARNING : LOG_ERR, monitor ? "monitor" : "failure",
           CH_LOG_ID, d->id, CH_LOG_QUEUE_ID, d->e->queue_id, CH_LOG_REASON,
           reason, CH_LOG_ERROR, error, CH_LOG_END);
    return monitor ? let_go(d) : ch_mta_defer(d->ctx);
}

/* --- records ------------------------------------------------------------ */

static ch_record
record_of(const delivery *d, ch_state state, const char *verdict,
          const char *rules, const char *gateways)
{
    return (ch_record){
        .id = d->id,
        .state = state,
        .time_us = d->e->time_us,
        .author = d->author,
        .gateways = gateways,
        .rules = rules,
        .verdict = verdict,
        .queue_id = d->e->queue_id,
        .publish_at_us = -1,
        .deadline_us = -1,
        .retry_key = d->key,
        .findings_json = "[]",
        .envelope = d->e,
        .raw = d->raw,
    };
}

/* When somebody should have decided: before the planned publication, else
 * within review.deadline.  What is late is not worthless: it expires no
 * earlier than that (housekeeping.c). */
static gint64
deadline_of(const delivery *d, const ch_record *record)
{
    return record->publish_at_us > record->time_us
               ? record->publish_at_us
               : record->time_us +
                     d->house->config->review_deadline * (gint64)G_USEC_PER_SEC;
}

/* Commits a held message with its notices; housekeeping sends them. */
static gboolean
commit_held(const delivery *d, ch_record *record, ch_prior *prior,
            GError **error)
{
    record->deadline_us = deadline_of(d, record);
    ch_event event = {.kind = CH_NOTICE_HELD,
                      .id = d->id,
                      .author = d->author,
                      .gateways = record->gateways,
                      .accounts = record->accounts,
                      .rules = record->rules,
                      .hints = record->hints,
                      .publish_at_us = record->publish_at_us,
                      .deadline_us = record->deadline_us,
                      .time_us = d->e->time_us,
                      .spanish = record->spanish};
    g_autoptr(GArray) notices = ch_announce(d->house, d->daemon->store, &event);
    record->notices = (const ch_outgoing *)(const void *)notices->data;
    record->n_notices = notices->len;
    gboolean ok = ch_store_commit(d->daemon->store, record, prior, error);
    record->notices = NULL;
    record->n_notices = 0;
    if (ok && notices->len > 0) {
        ch_daemon_wake(d->daemon);
    }
    return ok;
}

/* States in which the store has the message in custody, or had it and sent
 * it on: only then may the MTA be told to drop it. */
static gboolean
in_custody(ch_state state)
{
    return state == CH_STATE_HELD || state == CH_STATE_RELEASING ||
           state == CH_STATE_RELEASE_FAILED || state == CH_STATE_RELEASED;
}

/* The register of authorizations as it is now, for a post that names one:
 * what was added a second ago counts.  NULL: it names none. */
static gboolean
read_register(const delivery *d, GPtrArray **known_out, GError **error)
{
    g_autoptr(GPtrArray) named = ch_auth_find(d->raw);
    if (named->len > 0) {
        *known_out = ch_store_authorizations(d->daemon->store, error);
    }
    return named->len == 0 || *known_out != NULL;
}

/* Another body than the one that came may be sent on: negotiated, and so
 * configured when the connection began. */
static gboolean
can_clean(const delivery *d)
{
    return (d->c->actions & SMFIF_CHGBODY) != 0;
}

/* --- the same message again ---------------------------------------------- */

static sfsistat carry_out(delivery *d, const ch_verdict *verdict);

/* What goes on of a message whose other recipients are held: a message of
 * its own, judged as such.  Trouble may have come between the two the first
 * time, so a tagged one may have no copy yet. */
static sfsistat
pass_rest(delivery *d, const GArray *held)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) rest = ch_plan_dup_envelope(d->e, held, FALSE);
    g_autoptr(GPtrArray) known = NULL;
    if (!read_register(d, &known, &error)) {
        return fail(d, "store", error);
    }
    const ch_ask ask = {.authorizations = known, .clean = can_clean(d)};
    g_autoptr(ch_verdict) verdict =
        ch_inspect(d->c->house, rest, d->raw, &ask, &error);
    if (verdict == NULL) {
        return fail(d, "inspect", error);
    }
    if (!verdict->in_scope) {
        return ch_mta_mark(d->ctx, d->c, d->raw, ch_action_name(CH_ACCEPT), "",
                           d->id)
                   ? SMFIS_CONTINUE
                   : fail(d, "mta", NULL);
    }
    delivery part = *d;
    part.e = rest;
    ch_store_retry_key(d->daemon->store, rest, d->author, d->raw, part.key);
    if (verdict->action > CH_ACCEPT) {
        ch_id_new(d->e->time_us, part.id); /* d->id is the held item's */
    }
    return carry_out(&part, verdict);
}

/* The stored item may hold only some of the recipients: the others' copy
 * went on the first time, but whether it got through nobody knows. */
static sfsistat
repeat_held(delivery *d, const ch_prior *prior)
{
    g_autoptr(GError) error = NULL;
    ch_envelope *stored = NULL;
    g_autoptr(GBytes) raw =
        ch_store_read(d->daemon->store, prior->id, &stored, &error);
    if (raw == NULL && !g_error_matches(error, CH_ERROR, CH_ERROR_NOTFOUND)) {
        return fail(d, "store", error);
    }
    g_autoptr(ch_envelope) part = stored;
    g_autoptr(GArray) held =
        part == NULL ? NULL : ch_plan_find_recipients(d->e, part);
    if (held == NULL || held->len == d->e->recipients->len) {
        return SMFIS_DISCARD;
    }
    if ((d->c->actions & SMFIF_DELRCPT) == 0 ||
        !ch_plan_can_delete(d->e, held)) {
        return fail(d, "mta", NULL);
    }
    sfsistat status = pass_rest(d, held);
    if (status == SMFIS_CONTINUE && !ch_mta_delete(d->ctx, d->e, held)) {
        return fail(d, "mta", NULL);
    }
    return status;
}

static void
adopt_prior(delivery *d, const ch_prior *prior)
{
    if (prior->id[0] != '\0') {
        g_strlcpy(d->id, prior->id, sizeof d->id);
    }
}

/* What was decided before on this message; *done_out FALSE: nothing. */
static sfsistat
answer_prior(delivery *d, const ch_prior *prior, gboolean *done_out)
{
    gboolean ended =
        prior->state == CH_STATE_REFUSED || prior->state == CH_STATE_EXPIRED;
    *done_out = ended || in_custody(prior->state);
    if (!*done_out) {
        return SMFIS_CONTINUE;
    }
    g_strlcpy(d->id, prior->id, sizeof d->id);
    log_message(d, "prior", ch_state_name(prior->state), NULL, NULL);
    if (!ended) {
        return repeat_held(d, prior);
    }
    g_autoptr(ch_reply) reply = ch_reply_decided(
        d->house->config, prior->id, prior->state == CH_STATE_EXPIRED);
    return ch_mta_reply(d->ctx, reply);
}

/* --- effects of a verdict ------------------------------------------------ */

typedef struct {
    const ch_verdict *verdict;
    char *rules, *gateways, *accounts, *findings, *hints, *cleaned;
    gint64 publish_at_us;
} judged;

static void
judged_clear(judged *j)
{
    g_free(j->rules);
    g_free(j->gateways);
    g_free(j->accounts);
    g_free(j->findings);
    g_free(j->hints);
    g_free(j->cleaned);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(judged, judged_clear)

static ch_record
record_judged(const delivery *d, const judged *j, ch_state state,
              ch_action verdict)
{
    ch_record record =
        record_of(d, state, ch_action_name(verdict), j->rules, j->gateways);
    record.findings_json = j->findings;
    record.hints = j->hints[0] != '\0' ? j->hints : NULL;
    record.accounts = j->accounts[0] != '\0' ? j->accounts : NULL;
    record.spanish = j->verdict->spanish;
    record.publish_at_us = j->publish_at_us;
    return record;
}

/* A copy for the reviewers of what goes on tagged, or what came of one that
 * was cleaned.  part: what goes on of a split message, which is a message of
 * its own to the retry rule. */
static gboolean
keep_passed(delivery *d, const judged *j, ch_action verdict,
            const ch_envelope *part, GError **error)
{
    ch_prior prior = {.id = ""};
    ch_record record = record_judged(d, j, CH_STATE_PASSED, verdict);
    guint8 key[CH_DIGEST_BYTES];
    if (j->cleaned != NULL && !d->house->config->extract_keep_original) {
        record.raw = j->verdict->cleaned_mail;
    }
    if (part != NULL) {
        ch_store_retry_key(d->daemon->store, part, d->author, d->raw, key);
        ch_id_new(d->e->time_us, d->id);
        record.retry_key = key;
        record.envelope = part;
    }
    gboolean ok = ch_store_commit(d->daemon->store, &record, &prior, error);
    if (ok) {
        adopt_prior(d, &prior);
    }
    return ok;
}

/* A row of the ledger: that we changed a post, and where. */
static gboolean
record_cleaned(const delivery *d, const judged *j, GError **error)
{
    g_autofree char *note = g_strdup_printf("%s: part %s", d->id, j->cleaned);
    return ch_store_note_event(d->daemon->store, "cleaned", d->author, -1, note,
                               d->e->time_us, error);
}

/* The head that came is the head of what was cleaned. */
static gboolean
replace_body(const delivery *d, const judged *j)
{
    GBytes *mail = j->verdict->cleaned_mail;
    gsize head = ch_intake_head_length(d->c->intake);
    g_autoptr(GBytes) body =
        g_bytes_new_from_bytes(mail, head, g_bytes_get_size(mail) - head);
    return ch_mta_replace_body(d->ctx, d->c, body, j->cleaned);
}

static sfsistat
pass(delivery *d, const judged *j, const ch_plan *plan, const ch_envelope *part)
{
    g_autoptr(GError) error = NULL;
    gboolean tagged = plan->passing == CH_TAG, cleaned = j->cleaned != NULL;
    gboolean kept =
        tagged || (cleaned && d->house->config->extract_keep_original);
    if ((kept && !keep_passed(d, j, plan->passing, part, &error)) ||
        (cleaned && !record_cleaned(d, j, &error))) {
        return fail(d, "store", error);
    }
    if (!ch_mta_mark(d->ctx, d->c, d->raw, ch_action_name(plan->passing),
                     tagged ? j->rules : "", d->id) ||
        (cleaned && !replace_body(d, j)) ||
        !ch_mta_readdress(d->ctx, d->c, part != NULL ? part : d->e)) {
        return fail(d, "mta", NULL);
    }
    if (plan->kind == CH_PLAN_SPLIT) {
        return ch_mta_delete(d->ctx, d->e, plan->held) ? SMFIS_CONTINUE
                                                       : ch_mta_defer(d->ctx);
    }
    log_message(d, ch_action_name(plan->passing), kept ? "passed" : NULL,
                j->rules, j->gateways);
    return SMFIS_CONTINUE;
}

static sfsistat
refuse(delivery *d, const judged *j)
{
    g_autoptr(GError) error = NULL;
    ch_prior prior = {.id = ""};
    ch_record record = record_judged(d, j, CH_STATE_REJECTED, CH_REJECT);
    if (d->house->config->reject_keep == 0) {
        record.envelope = NULL;
        record.raw = NULL;
    }
    if (!ch_store_commit(d->daemon->store, &record, &prior, &error)) {
        return fail(d, "store", error);
    }
    adopt_prior(d, &prior);
    log_message(d, "reject", NULL, j->rules, j->gateways);
    g_autoptr(ch_reply) reply = ch_reply_reject(j->verdict, d->id);
    return ch_mta_reply(d->ctx, reply);
}

/* A held commit found the message in the store already: two senders at once.
 * If the other one was let go or refused, the store did not take this one,
 * and it is not ours to drop: the next try finds that item first. */
static sfsistat
hold_found_prior(delivery *d, const ch_prior *prior)
{
    gboolean done = FALSE;
    sfsistat status = answer_prior(d, prior, &done);
    return done ? status : fail(d, "race", NULL);
}

static sfsistat
hold(delivery *d, const judged *j, const ch_plan *plan)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) held = NULL;
    ch_prior prior = {.id = ""};
    ch_record record = record_judged(d, j, CH_STATE_HELD, CH_QUARANTINE);
    if (plan->kind == CH_PLAN_SPLIT) {
        held = ch_plan_dup_envelope(d->e, plan->held, TRUE);
        record.envelope = held;
    }
    if (!commit_held(d, &record, &prior, &error)) {
        return fail(d, "store", error);
    }
    if (prior.id[0] != '\0') {
        return hold_found_prior(d, &prior);
    }
    log_message(d, "quarantine", "held", j->rules, j->gateways);
    if (plan->kind == CH_PLAN_HOLD) {
        return SMFIS_DISCARD;
    }
    g_autoptr(ch_envelope) part = ch_plan_dup_envelope(d->e, plan->held, FALSE);
    return pass(d, j, plan, part);
}

static void
count_verdict(const delivery *d, const ch_verdict *verdict, ch_action action)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < verdict->findings->len; i++) {
        const ch_finding *f = &g_array_index(verdict->findings, ch_finding, i);
        if (g_hash_table_add(seen, f->rule->id)) {
            ch_metrics_finding(d->daemon->metrics, f->rule->id);
        }
    }
    ch_metrics_message(d->daemon->metrics, ch_action_name(action), elapsed(d));
}

/* Findings without an effect: rules.monitor, overrides to accept. */
static void
log_silent(const delivery *d, const ch_verdict *verdict)
{
    g_autoptr(GString) rules = g_string_new(NULL);
    for (guint i = 0; i < verdict->findings->len; i++) {
        const ch_finding *f = &g_array_index(verdict->findings, ch_finding, i);
        if (f->action == CH_ACCEPT && strstr(rules->str, f->rule->id) == NULL) {
            g_string_append_printf(rules, "%s%s", rules->len > 0 ? "," : "",
                                   f->rule->id);
        }
    }
    if (rules->len > 0) {
        ch_log(LOG_INFO, "monitored-rules", CH_LOG_ID, d->id, CH_LOG_QUEUE_ID,
               d->e->queue_id, CH_LOG_RULES, rules->str, CH_LOG_END);
    }
}

static sfsistat
carry_out(delivery *d, const ch_verdict *verdict)
{
    g_auto(judged) j = {
        .verdict = verdict,
        .rules = ch_verdict_dup_rules(verdict),
        .gateways = ch_verdict_dup_gateways(verdict),
        .accounts = ch_verdict_dup_accounts(verdict),
        .findings = ch_record_dup_findings(verdict),
        .hints = ch_verdict_dup_notes(verdict),
        .cleaned = ch_verdict_dup_cleaned(verdict),
        .publish_at_us = ch_verdict_publish_at(verdict),
    };
    g_autoptr(ch_plan) plan =
        ch_plan_new(verdict, d->e, (d->c->actions & SMFIF_DELRCPT) != 0);
    d->cleaned = j.cleaned;
    count_verdict(d, verdict, verdict->action);
    log_silent(d, verdict);
    if (d->house->config->mode == CH_MODE_MONITOR &&
        verdict->unmonitored > verdict->action) {
        ch_log(LOG_WARNING, "monitor", CH_LOG_ID, d->id, CH_LOG_QUEUE_ID,
               d->e->queue_id, CH_LOG_RULES, j.rules, CH_LOG_VERDICT,
               ch_action_name(verdict->unmonitored), CH_LOG_END);
    }
    switch (plan->kind) {
    case CH_PLAN_PASS:
        return pass(d, &j, plan, NULL);
    case CH_PLAN_SPLIT:
    case CH_PLAN_HOLD:
        return hold(d, &j, plan);
    case CH_PLAN_REJECT:
        break;
    }
    return refuse(d, &j);
}

/* --- no verdict ----------------------------------------------------------- */

static char *
dup_gateway_names(const delivery *d)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < d->e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(d->e->recipients, i);
        const ch_gateway *g = ch_house_gateway(d->house, r->address, NULL);
        if (g != NULL && strstr(names->str, g->name) == NULL) {
            g_string_append_printf(names, "%s%s", names->len > 0 ? "," : "",
                                   g->name);
        }
    }
    return g_string_free(names, FALSE);
}

/* ch_inspect failed: deferred, and held the third time, so that nothing is
 * deferred for ever (CONTRACT.md, "Verdicts"). */
static sfsistat
without_verdict(delivery *d, const GError *cause)
{
    g_autoptr(GError) error = NULL;
    guint count = 0;
    if (d->house->config->mode == CH_MODE_MONITOR) {
        return fail(d, "inspect", cause);
    }
    if (!ch_store_count_failure(d->daemon->store, d->key, d->e->time_us, &count,
                                &error)) {
        return fail(d, "store", error);
    }
    if (count < CH_MAX_FAILURES) {
        return fail(d, "inspect", cause);
    }
    ch_prior prior = {.id = ""};
    g_autofree char *gateways = dup_gateway_names(d);
    ch_record record =
        record_of(d, CH_STATE_HELD, ch_action_name(CH_QUARANTINE),
                  CH_RULE_FAILURE, gateways);
    if (!commit_held(d, &record, &prior, &error)) {
        return fail(d, "store", error);
    }
    ch_metrics_failure(d->daemon->metrics, "inspect");
    if (prior.id[0] != '\0' && !in_custody(prior.state)) {
        return fail(d, "inspect", cause);
    }
    adopt_prior(d, &prior);
    log_message(d, "quarantine", "held", CH_RULE_FAILURE, gateways);
    return SMFIS_DISCARD;
}

static sfsistat
judge(delivery *d)
{
    g_autoptr(GError) error = NULL;
    ch_store *store = d->daemon->store;
    ch_prior prior = {.id = ""};
    sfsistat readmitted;
    if (ch_notice_is_ours(d->raw, store)) {
        return SMFIS_ACCEPT;
    }
    if (ch_readmit(d->ctx, d->c, d->e, d->raw, &readmitted)) {
        return readmitted;
    }
    ch_admission why = ch_admission_of_all(d->house, d->e, d->author);
    if (why != CH_ADMITTED) {
        return ch_mta_turn_away(d->ctx, d->c, d->e, why);
    }
    if (ch_draft_is_one(d->house, d->e, d->raw)) {
        return ch_draft_take(d->ctx, d->c, d->e, d->author, d->raw);
    }
    ch_store_retry_key(store, d->e, d->author, d->raw, d->key);
    if (d->house->config->mode == CH_MODE_ENFORCE) {
        gboolean done = FALSE;
        if (!ch_store_find_prior(store, d->key, d->e->time_us, &prior,
                                 &error)) {
            return fail(d, "store", error);
        }
        sfsistat status = prior.id[0] == '\0' ? SMFIS_CONTINUE
                                              : answer_prior(d, &prior, &done);
        if (done) {
            return status;
        }
        adopt_prior(d, &prior); /* passed or rejected before: the same ID */
    }
    g_autoptr(GPtrArray) known = NULL;
    if (!read_register(d, &known, &error)) {
        return fail(d, "store", error);
    }
    const ch_ask ask = {.authorizations = known, .clean = can_clean(d)};
    g_autoptr(ch_verdict) verdict =
        ch_inspect(d->c->house, d->e, d->raw, &ask, &error);
    if (verdict == NULL) {
        return without_verdict(d, error);
    }
    if (!verdict->in_scope) {
        ch_metrics_out_of_scope(d->daemon->metrics);
        return SMFIS_ACCEPT;
    }
    return carry_out(d, verdict);
}

/* The message is larger than we take, or made to be costly: 552. */
static sfsistat
too_large(const delivery *d)
{
    const ch_config *config = d->house->config;
    gboolean monitor = config->mode == CH_MODE_MONITOR;
    ch_metrics_failure(d->daemon->metrics, "size");
    ch_log(monitor ? LOG_WARNING : LOG_NOTICE, monitor ? "monitor" : "failure",
           CH_LOG_ID, d->id, CH_LOG_QUEUE_ID, d->e->queue_id, CH_LOG_REASON,
           "size", CH_LOG_END);
    if (monitor) {
        return let_go(d);
    }
    g_autoptr(ch_reply) reply = ch_reply_too_large(config->milter_max_message);
    return ch_mta_reply(d->ctx, reply);
}

sfsistat
ch_deliver(SMFICTX *ctx, ch_connection *c)
{
    const ch_config *config = c->house->config;
    delivery d = {.ctx = ctx,
                  .c = c,
                  .daemon = c->daemon,
                  .house = c->house,
                  .e = ch_intake_envelope(c->intake),
                  .started_us = g_get_monotonic_time()};
    ch_id_new(d.e->time_us, d.id);
    g_autofree char *author = ch_config_dup_author(config, d.e);
    d.author = author;
    if (ch_intake_is_too_large(c->intake) ||
        ch_intake_own_headers(c->intake)->len > CH_MAX_HEADERS) {
        return too_large(&d);
    }
    if (ch_intake_is_out_of_memory(c->intake)) {
        return fail(&d, "memory", NULL);
    }
    g_autoptr(GBytes) raw = ch_intake_take_bytes(c->intake);
    d.raw = raw;
    return judge(&d);
}
