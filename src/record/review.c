/*
 * Reviewing: who has taken an item, what was marked, who may decide.
 *
 * The rules of the review page stand here, inside the transaction of the
 * decision: a lock counts, an account's reviewers are asked first, nobody
 * approves his own post, what was escalated is a senior's, an approval is for
 * the bytes that were shown, and with the two-person rule the first of two is
 * only written down.
 */
#include "chaperone/review.h"

#include "chaperone/error.h"
#include "record/release_int.h"

#include <string.h>

void
ch_review_free(ch_review *review)
{
    if (review != NULL) {
        g_free(review->owner);
        g_free(review->first_by);
        g_free(review);
    }
}

/* --- reading -------------------------------------------------------------- */

/* Columns owner, taken_us, first_by, first_us, escalated_us, evidence_us,
 * asked_us, wrote_us from number at on. */
ch_review *
ch_review_read(ch_rows *rows, int at)
{
    ch_review *r = g_new0(ch_review, 1);
    r->owner = ch_rows_dup_text(rows, at);
    r->taken_us = ch_rows_int(rows, at + 1, -1);
    r->first_by = ch_rows_dup_text(rows, at + 2);
    r->first_us = ch_rows_int(rows, at + 3, -1);
    r->escalated_us = ch_rows_int(rows, at + 4, -1);
    r->evidence_us = ch_rows_int(rows, at + 5, -1);
    r->asked_us = ch_rows_int(rows, at + 6, -1);
    r->wrote_us = ch_rows_int(rows, at + 7, -1);
    return r;
}

static ch_review *
get(ch_db *db, const char *id, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT " CH_REVIEW_COLUMNS " FROM (SELECT ? AS id) AS one"
                    " LEFT JOIN review ON review.id = one.id",
                    CH_VALUES(CH_TEXT(id)), error);
    if (rows == NULL) {
        return NULL;
    }
    ch_review *r =
        ch_rows_next(rows, &step_error) ? ch_review_read(rows, 0) : NULL;
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
    }
    return r;
}

ch_review *
ch_review_get(ch_store *store, const char *id, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    ch_review *r = get(db, id, error);
    ch_store_unlock_reader(store, r != NULL);
    return r;
}

const char *
ch_review_owner(const ch_review *review, gint64 lock_us, gint64 now_us)
{
    gboolean holds = review->owner != NULL && review->taken_us >= 0 &&
                     now_us - review->taken_us < lock_us;
    return holds ? review->owner : NULL;
}

/* --- who may -------------------------------------------------------------- */

gboolean
ch_review_is_own(const struct ch_guard *guard, const char *author)
{
    if (author == NULL) {
        return FALSE;
    }
    g_autofree char *lower = g_utf8_strdown(author, -1);
    const char *at = strchr(lower, '@');
    g_autofree char *local =
        at != NULL ? g_strndup(lower, (gsize)(at - lower)) : g_strdup(lower);
    g_autofree char *known =
        guard->author != NULL ? g_utf8_strdown(guard->author, -1) : NULL;
    return g_strcmp0(known, lower) == 0 || g_strcmp0(known, local) == 0 ||
           strcmp(guard->account, lower) == 0 ||
           strcmp(guard->account, local) == 0;
}

static gboolean
refuse(const ch_item *item, const char *why, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_STATE, "item %s: %s", item->id, why);
    return FALSE;
}

static gboolean
is_senior(const struct ch_guard *g)
{
    return g->role == CH_ROLE_SENIOR || g->role == CH_ROLE_ADMIN;
}

static gboolean
holds_no_other(const ch_item *item, const ch_review *r, const ch_decision *d,
               GError **error)
{
    const char *owner = ch_review_owner(r, d->guard->lock_us, d->time_us);
    if (owner == NULL || strcmp(owner, d->guard->account) == 0) {
        return TRUE;
    }
    g_autofree char *why = g_strdup_printf("%s has taken it", owner);
    return refuse(item, why, error);
}

/* Those of the account, and whoever is above them. */
static gboolean
is_named(const ch_item *item, const struct ch_guard *g, GError **error)
{
    return !g->not_named || is_senior(g) ||
           refuse(item, "its account names other reviewers", error);
}

gboolean
ch_review_admits(ch_db *db, const ch_item *item, const ch_decision *d,
                 const guint8 *content, GError **error)
{
    const struct ch_guard *g = d->guard;
    if (g == NULL) {
        return TRUE;
    }
    g_autoptr(ch_review) r = get(db, item->id, error);
    if (r == NULL || !is_named(item, g, error) ||
        !holds_no_other(item, r, d, error)) {
        return FALSE;
    }
    if (g->role == CH_ROLE_AUDITOR) {
        return refuse(item, "an auditor decides nothing", error);
    }
    if (r->escalated_us >= 0 && !is_senior(g)) {
        return refuse(item, "it was escalated: a senior decides", error);
    }
    if (content == NULL) {
        return TRUE;
    }
    if (!g->own_allowed && ch_review_is_own(g, item->author)) {
        return refuse(item, "nobody approves his own post", error);
    }
    if (g->content == NULL || !ch_hash_equal(g->content, content)) {
        return refuse(item, "the post is not the one that was shown", error);
    }
    return TRUE;
}

static gboolean
make_row(ch_db *db, const char *id, GError **error)
{
    return ch_db_run(db,
                     "INSERT INTO review (id) VALUES (?)"
                     " ON CONFLICT (id) DO NOTHING",
                     CH_VALUES(CH_TEXT(id)), error);
}

gboolean
ch_review_pairs(ch_db *db, const ch_seal *seal, const ch_item *item,
                const ch_decision *d, gboolean *waits_out, GError **error)
{
    *waits_out = FALSE;
    if (d->guard == NULL || !d->guard->two_people) {
        return TRUE;
    }
    g_autoptr(ch_review) r = get(db, item->id, error);
    if (r == NULL) {
        return FALSE;
    }
    if (r->first_by != NULL) {
        return strcmp(r->first_by, d->guard->account) != 0 ||
               refuse(item, "the second approval must be another person's",
                      error);
    }
    *waits_out = TRUE;
    /* Let go, so that the second person can take it. */
    return make_row(db, item->id, error) &&
           ch_db_run(db,
                     "UPDATE review SET first_by = ?, first_us = ?,"
                     " owner = NULL, taken_us = NULL WHERE id = ?",
                     CH_VALUES(CH_TEXT(d->guard->account), CH_INT(d->time_us),
                               CH_TEXT(item->id)),
                     error) &&
           ch_job_append(db, seal, item, "approved-first", d, error);
}

void
ch_review_digest(const ch_store *store, GBytes *raw,
                 guint8 out[CH_DIGEST_BYTES])
{
    g_autoptr(GBytes) mail = ch_auth_strip(raw);
    ch_release_content(ch_store_seal(store), mail, out);
}

/* --- taking --------------------------------------------------------------- */

gboolean
ch_review_is_open(const ch_item *item)
{
    return item->state == CH_STATE_HELD ||
           item->state == CH_STATE_RELEASE_FAILED;
}

static gboolean
run_take(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_decide *job = data;
    const ch_decision *d = job->decision;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    g_autoptr(ch_review) r = item != NULL ? get(db, job->id, error) : NULL;
    if (r == NULL) {
        return FALSE;
    }
    if (!ch_review_is_open(item)) {
        return ch_job_wrong_state(item, "there is nothing to decide", error);
    }
    return is_named(item, d->guard, error) &&
           holds_no_other(item, r, d, error) && make_row(db, job->id, error) &&
           ch_db_run(db,
                     "UPDATE review SET owner = ?, taken_us = ? WHERE id = ?",
                     CH_VALUES(CH_TEXT(d->guard->account), CH_INT(d->time_us),
                               CH_TEXT(job->id)),
                     error) &&
           ch_job_append(db, seal, item, "taken", d, error);
}

gboolean
ch_review_take(ch_store *store, const char *id, const ch_decision *decision,
               GError **error)
{
    g_assert(decision->guard != NULL);
    ch_decide job = {.id = id, .decision = decision};
    return ch_store_submit(store, run_take, &job, error);
}

static gboolean
run_let_go(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_decide *job = data;
    const ch_decision *d = job->decision;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    g_autoptr(ch_review) r = item != NULL ? get(db, job->id, error) : NULL;
    if (r == NULL) {
        return FALSE;
    }
    /* A senior may open what somebody went home with. */
    if (!is_senior(d->guard) && !holds_no_other(item, r, d, error)) {
        return FALSE;
    }
    return ch_db_run(db,
                     "UPDATE review SET owner = NULL, taken_us = NULL"
                     " WHERE id = ?",
                     CH_VALUES(CH_TEXT(job->id)), error) &&
           ch_job_append(db, seal, item, "let-go", d, error);
}

gboolean
ch_review_let_go(ch_store *store, const char *id, const ch_decision *decision,
                 GError **error)
{
    g_assert(decision->guard != NULL);
    ch_decide job = {.id = id, .decision = decision};
    return ch_store_submit(store, run_let_go, &job, error);
}

/* --- marks ---------------------------------------------------------------- */

static const struct {
    const char *event;
    const char *update; /* ?1 time, ?2 item: changes no row if it is marked */
    gboolean open_only;
} marks[CH_MARK_COUNT] = {
    [CH_MARK_ESCALATED] = {"escalated",
                           "UPDATE review SET escalated_us = ?1, owner = NULL,"
                           " taken_us = NULL"
                           " WHERE id = ?2 AND escalated_us IS NULL",
                           TRUE},
    [CH_MARK_EVIDENCE] = {"evidence",
                          "UPDATE review SET evidence_us = ?1"
                          " WHERE id = ?2 AND evidence_us IS NULL",
                          FALSE},
    [CH_MARK_RELEASED_EVIDENCE] = {"evidence-ended",
                                   "UPDATE review SET evidence_us = NULL"
                                   " WHERE id = ?2 AND evidence_us < ?1",
                                   FALSE},
    [CH_MARK_ASKED] = {"asked", "UPDATE review SET asked_us = ?1 WHERE id = ?2",
                       TRUE},
    [CH_MARK_ANSWERED] = {"answered",
                          "UPDATE review SET asked_us = asked_us WHERE id = ?2"
                          " AND ?1 IS NOT NULL",
                          FALSE},
    [CH_MARK_REMINDED] = {"reminded",
                          "UPDATE review SET reminded_us = ?1"
                          " WHERE id = ?2 AND reminded_us IS NULL",
                          TRUE},
    [CH_MARK_WARNED] = {"warned",
                        "UPDATE review SET warned_us = ?1, reminded_us ="
                        " coalesce(reminded_us, ?1), escalated_us ="
                        " coalesce(escalated_us, ?1)"
                        " WHERE id = ?2 AND warned_us IS NULL",
                        TRUE},
};

typedef struct {
    const char *id;
    ch_mark mark;
    const ch_decision *decision;
} mark_job;

static gboolean
run_mark(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const mark_job *job = data;
    const ch_decision *d = job->decision;
    g_autoptr(ch_item) item = ch_items_get(db, job->id, error);
    if (item == NULL) {
        return FALSE;
    }
    if (marks[job->mark].open_only && !ch_review_is_open(item)) {
        return ch_job_wrong_state(item, "there is nothing to decide", error);
    }
    /* Who may decide may ask and escalate. */
    if (marks[job->mark].open_only &&
        !ch_review_admits(db, item, d, NULL, error)) {
        return FALSE;
    }
    if (!make_row(db, job->id, error) ||
        !ch_db_run(db, marks[job->mark].update,
                   CH_VALUES(CH_INT(d->time_us), CH_TEXT(job->id)), error)) {
        return FALSE;
    }
    if (ch_db_changes(db) != 1) {
        return refuse(item, "that was done before", error);
    }
    return ch_job_append(db, seal, item, marks[job->mark].event, d, error) &&
           ch_outbox_add(db, job->id, d->notices, d->n_notices, d->time_us,
                         error);
}

gboolean
ch_review_mark(ch_store *store, const char *id, ch_mark mark,
               const ch_decision *decision, GError **error)
{
    mark_job job = {.id = id, .mark = mark, .decision = decision};
    return ch_store_submit(store, run_mark, &job, error);
}
