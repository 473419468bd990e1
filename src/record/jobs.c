/*
 * What the store does inside one step of a transaction: take a message,
 * decide, note a look, purge.  Each function writes all of its rows or none:
 * store.c undoes the step of one that fails, and only that one.
 *
 * Here stand the rules: the retry rule's answer, and which state may follow
 * which.  No threads, no SQLite, no keys.
 */
#include "record/store_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

/* --- taking -------------------------------------------------------------- */

static gboolean
append_record(ch_db *db, const ch_seal *seal, const ch_record *r,
              const char *id, GError **error)
{
    ch_ledger_row row = {.time_us = r->time_us,
                         .id = id,
                         .event = ch_state_name(r->state),
                         .author = r->author,
                         .gateways = r->gateways,
                         .rules = r->rules,
                         .verdict = r->verdict,
                         .uid = -1};
    return ch_ledger_append(db, seal, &row, error);
}

/* Whether the same message again still leaves a trace: it was published or
 * refused once more. */
static gboolean
again_is_noted(ch_state state)
{
    return state == CH_STATE_PASSED || state == CH_STATE_REJECTED;
}

/* Whether the record takes the place of an item that stopped nothing for
 * good: rules or overrides have changed since.  Its ID must be that item's,
 * for the sealed bytes are bound to it. */
static gboolean
replaces(const ch_record *r, const ch_prior *prior)
{
    gboolean stronger =
        r->state == CH_STATE_HELD
            ? again_is_noted(prior->state)
            : r->state == CH_STATE_PASSED && prior->state == CH_STATE_REJECTED;
    return stronger && strcmp(r->id, prior->id) == 0;
}

gboolean
ch_job_take(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_take *take = data;
    const ch_record *r = take->record;
    gboolean is_key = TRUE;
    /* What an old key seals nobody could read. */
    if (take->sealed != NULL && !ch_rotate_is_key(db, seal, &is_key, error)) {
        return FALSE;
    }
    if (!is_key) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_CONFIG,
                            "the store has a new key; restart");
        return FALSE;
    }
    /* The look-up counts only here, under the write lock. */
    if (!ch_items_find_prior(db, r->retry_key, r->time_us, take->prior,
                             error)) {
        return FALSE;
    }
    if (replaces(r, take->prior)) {
        if (!ch_items_remove(db, r->id, error)) {
            return FALSE;
        }
        take->prior->id[0] = '\0';
    }
    if (take->prior->id[0] != '\0') {
        return !again_is_noted(take->prior->state) ||
               !again_is_noted(r->state) ||
               append_record(db, seal, r, take->prior->id, error);
    }
    return ch_items_insert(db, r, take->sealed, error) &&
           append_record(db, seal, r, r->id, error) &&
           ch_outbox_add(db, r->id, r->notices, r->n_notices, r->time_us,
                         error);
}

gboolean
ch_job_count_failure(ch_db *db, const ch_seal *seal, gpointer data,
                     GError **error)
{
    ch_failure *f = data;
    gint64 count = 0;
    (void)seal;
    if (!ch_db_run(db, "DELETE FROM failure WHERE time_us <= ?",
                   CH_VALUES(CH_INT(f->now_us - CH_RETRY_DAYS * CH_US_PER_DAY)),
                   error) ||
        !ch_db_run(
            db,
            "INSERT INTO failure (retry_key, count, time_us)"
            " VALUES (?, 1, ?) ON CONFLICT (retry_key) DO UPDATE SET"
            " count = count + 1, time_us = excluded.time_us",
            CH_VALUES(CH_BLOB(f->key, CH_DIGEST_BYTES), CH_INT(f->now_us)),
            error) ||
        !ch_db_number(db, "SELECT count FROM failure WHERE retry_key = ?",
                      CH_VALUES(CH_BLOB(f->key, CH_DIGEST_BYTES)), 0, &count,
                      error)) {
        return FALSE;
    }
    f->count = (guint)count;
    return TRUE;
}

#define CH_US_PER_HOUR (CH_US_PER_DAY / 24)

static gboolean
note_draft(ch_db *db, const ch_seal *seal, const ch_draft_record *r,
           GError **error)
{
    const ch_ledger_row row = {.time_us = r->time_us,
                               .id = r->id,
                               .event = "checked",
                               .author = r->author,
                               .gateways = r->gateways,
                               .rules = r->rules,
                               .verdict = r->verdict,
                               .uid = -1};
    return ch_db_run(db, "INSERT INTO draft (author, time_us) VALUES (?, ?)",
                     CH_VALUES(CH_TEXT(r->author), CH_INT(r->time_us)),
                     error) &&
           ch_ledger_append(db, seal, &row, error) &&
           ch_outbox_add(db, r->id, r->report, 1, r->time_us, error);
}

gboolean
ch_job_draft(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_drafting *job = data;
    const ch_draft_record *r = job->record;
    gint64 count = 0;
    if (!ch_db_run(db, "DELETE FROM draft WHERE time_us <= ?",
                   CH_VALUES(CH_INT(r->time_us - CH_US_PER_HOUR)), error) ||
        !ch_db_number(db, "SELECT count(*) FROM draft WHERE author = ?",
                      CH_VALUES(CH_TEXT(r->author)), 0, &count, error)) {
        return FALSE;
    }
    job->within = count < r->per_hour;
    return !job->within || note_draft(db, seal, r, error);
}

/* --- deciding ------------------------------------------------------------ */

gboolean
ch_job_append(ch_db *db, const ch_seal *seal, const ch_item *item,
              const char *event, const ch_decision *d, GError **error)
{
    ch_ledger_row row = {.time_us = d->time_us,
                         .id = item->id,
                         .event = event,
                         .author = item->author,
                         .gateways = item->gateways,
                         .rules = item->rules,
                         .verdict = item->verdict,
                         .actor = d->reviewer,
                         .uid = d->uid,
                         .note = d->note};
    return ch_ledger_append(db, seal, &row, error);
}

/* States from which a state may be decided, as a mask; releasing is
 * release_rows.c's. */
static guint
may_come_from(ch_state state)
{
    guint held = 1U << CH_STATE_HELD;
    return state == CH_STATE_REFUSED   ? held | 1U << CH_STATE_RELEASE_FAILED
           : state == CH_STATE_EXPIRED ? held
                                       : 0;
}

gboolean
ch_job_wrong_state(const ch_item *item, const char *what, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_STATE, "item %s is %s: %s", item->id,
                ch_state_name(item->state), what);
    return FALSE;
}

/* An expired message is gone at once; a refused one stays for its time. */
static gboolean
destroy_if_expired(ch_db *db, const ch_seal *seal, const ch_item *item,
                   const ch_decide *job, GError **error)
{
    const ch_decision unattended = {.uid = -1,
                                    .time_us = job->decision->time_us};
    if (job->state != CH_STATE_EXPIRED || !item->has_message) {
        return TRUE;
    }
    return ch_items_destroy(db, item->id, error) &&
           ch_job_append(db, seal, item, "destroyed", &unattended, error);
}

gboolean
ch_job_decide(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_decide *job = data;
    const ch_decision *d = job->decision;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    if (item == NULL) {
        return FALSE;
    }
    if ((may_come_from(job->state) >> item->state & 1) == 0) {
        return ch_job_wrong_state(item, "a decision is made once", error);
    }
    if (!ch_review_admits(db, item, d, NULL, error)) {
        return FALSE;
    }
    return ch_db_run(db,
                     "UPDATE item SET state = ?, decided_us = ?,"
                     " reviewer = ?, uid = ?, note = ? WHERE id = ?",
                     CH_VALUES(CH_TEXT(ch_state_name(job->state)),
                               CH_INT(d->time_us), CH_TEXT(d->reviewer),
                               CH_INT(d->uid), CH_TEXT(d->note),
                               CH_TEXT(job->id)),
                     error) &&
           ch_job_append(db, seal, item, ch_state_name(job->state), d, error) &&
           destroy_if_expired(db, seal, item, job, error) &&
           ch_outbox_add(db, job->id, d->notices, d->n_notices, d->time_us,
                         error);
}

gboolean
ch_job_seen(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_decide *job = data;
    const ch_decision *d = job->decision;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    if (item == NULL) {
        return FALSE;
    }
    if (item->state != CH_STATE_PASSED) {
        return ch_job_wrong_state(item, "only passed items are marked seen",
                                  error);
    }
    if (item->seen_us >= 0) {
        return ch_job_wrong_state(item, "it was marked seen before", error);
    }
    return ch_db_run(db,
                     "UPDATE item SET seen_us = ?, reviewer = ?, uid = ?,"
                     " note = ? WHERE id = ?",
                     CH_VALUES(CH_INT(d->time_us), CH_TEXT(d->reviewer),
                               CH_INT(d->uid), CH_TEXT(d->note),
                               CH_TEXT(job->id)),
                     error) &&
           ch_job_append(db, seal, item, "seen", d, error);
}

gboolean
ch_job_note_view(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_decide *job = data;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    return item != NULL &&
           ch_job_append(db, seal, item, job->event, job->decision, error);
}

/* --- housekeeping -------------------------------------------------------- */

gboolean
ch_job_notice(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_sending *job = data;
    (void)seal;
    return ch_outbox_add(db, job->id, job->notice, 1, job->time_us, error);
}

gboolean
ch_job_outbox_done(ch_db *db, const ch_seal *seal, gpointer data,
                   GError **error)
{
    const ch_sent *job = data;
    return ch_outbox_done(db, seal, job->row, job->sent, job->reply,
                          job->next_us, error);
}

/* A few at a time, so that commits do not wait for a great purge. */
#define DESTROY_AT_ONCE 20

gboolean
ch_job_destroy(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_purge *job = data;
    const ch_decision unattended = {.uid = -1, .time_us = job->now_us};
    job->destroyed = 0;
    while (job->destroyed < DESTROY_AT_ONCE) {
        g_autoptr(GError) local = NULL;
        g_autoptr(ch_item) item =
            ch_items_due(db, job->kept_us, job->rejected_us, &local);
        if (item == NULL) {
            gboolean none_left = local == NULL;
            if (!none_left) {
                g_propagate_error(error, g_steal_pointer(&local));
            }
            return none_left;
        }
        if (!ch_items_destroy(db, item->id, error) ||
            !ch_job_append(db, seal, item, "destroyed", &unattended, error)) {
            return FALSE;
        }
        job->destroyed++;
    }
    return TRUE;
}

gboolean
ch_job_forget(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_purge *job = data;
    return ch_items_forget(db, job->ledger_us, error) &&
           ch_links_forget(db, job->kept_us, error) &&
           ch_ledger_prune(db, seal, job->ledger_us, error);
}
