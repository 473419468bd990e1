/*
 * The way out, row by row: which recipient of an approved item has the mail,
 * and what the item is because of that.
 *
 *   waiting -> sending -> sent
 *                      -> waiting   (4xx: again at due_us)
 *                      -> refused   (5xx, given up)
 *                      -> unknown   -> sent | refused, by a person
 *
 * The item is released when all are sent, release_failed when nothing is
 * open and somebody refused; an unknown one keeps it releasing.  Functions
 * run inside a transaction of writer.c.  Each step is a ledger row; of a
 * reply it holds the code alone.
 */
#include "record/release_int.h"

#include "chaperone/error.h"

#include <string.h>

static const char *const state_names[CH_RELEASE_COUNT] = {
    [CH_RELEASE_WAITING] = "waiting", [CH_RELEASE_SENDING] = "sending",
    [CH_RELEASE_SENT] = "sent",       [CH_RELEASE_REFUSED] = "refused",
    [CH_RELEASE_UNKNOWN] = "unknown",
};

const char *
ch_release_state_name(ch_release_state state)
{
    return state_names[state];
}

void
ch_release_step_free(ch_release_step *step)
{
    if (step != NULL) {
        g_free(step->id);
        g_free(step->reply);
        g_free(step);
    }
}

static void
free_step(gpointer data)
{
    ch_release_step_free(data);
}

/* --- reading ------------------------------------------------------------- */

static gboolean
parse_state(const char *name, ch_release_state *out, GError **error)
{
    for (guint i = 0; name != NULL && i < CH_RELEASE_COUNT; i++) {
        if (strcmp(name, state_names[i]) == 0) {
            *out = (ch_release_state)i;
            return TRUE;
        }
    }
    g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                        "store: a release has an unknown state");
    return FALSE;
}

#define COLUMNS "row, id, recipient, state, attempts, time_us, reply"

static ch_release_step *
read_step(ch_rows *rows, GError **error)
{
    g_autoptr(ch_release_step) step = g_new0(ch_release_step, 1);
    g_autofree char *state = ch_rows_dup_text(rows, 3);
    if (!parse_state(state, &step->state, error)) {
        return NULL;
    }
    step->row = ch_rows_int(rows, 0, 0);
    step->id = ch_rows_dup_text(rows, 1);
    step->recipient = (guint)ch_rows_int(rows, 2, 0);
    step->attempts = (guint)ch_rows_int(rows, 4, 0);
    step->time_us = ch_rows_int(rows, 5, 0);
    step->reply = ch_rows_dup_text(rows, 6);
    return g_steal_pointer(&step);
}

static GPtrArray *
read_steps(ch_db *db, const char *sql, const ch_value *values, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(GPtrArray) steps = g_ptr_array_new_with_free_func(free_step);
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return NULL;
    }
    while (step_error == NULL && ch_rows_next(rows, &step_error)) {
        ch_release_step *step = read_step(rows, &step_error);
        if (step != NULL) {
            g_ptr_array_add(steps, step);
        }
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return NULL;
    }
    return g_steal_pointer(&steps);
}

GPtrArray *
ch_deliveries_of(ch_db *db, const char *id, GError **error)
{
    return read_steps(db,
                      "SELECT " COLUMNS " FROM delivery WHERE id = ?"
                      " ORDER BY recipient",
                      CH_VALUES(CH_TEXT(id)), error);
}

GPtrArray *
ch_deliveries_due(ch_db *db, gint64 now_us, guint limit, gboolean sending,
                  GError **error)
{
    return read_steps(
        db,
        sending ? "SELECT " COLUMNS " FROM delivery WHERE state = 'sending'"
                  " AND due_us <= ? ORDER BY due_us, row LIMIT ?"
                : "SELECT " COLUMNS " FROM delivery WHERE state = 'waiting'"
                  " AND due_us <= ? ORDER BY due_us, row LIMIT ?",
        CH_VALUES(CH_INT(now_us), CH_INT(limit)), error);
}

gboolean
ch_deliveries_by_token(ch_db *db, const guint8 token[CH_DIGEST_BYTES],
                       ch_under_way *out, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    *out = (ch_under_way){.row = 0};
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT row, id, recipient, used, content FROM delivery"
                    " WHERE token = ? AND state = 'sending'",
                    CH_VALUES(CH_BLOB(token, CH_DIGEST_BYTES)), error);
    if (rows == NULL) {
        return FALSE;
    }
    if (ch_rows_next(rows, &step_error) &&
        ch_rows_copy(rows, 4, out->content, sizeof out->content)) {
        g_autofree char *id = ch_rows_dup_text(rows, 1);
        out->row = ch_rows_int(rows, 0, 0);
        g_strlcpy(out->id, id, sizeof out->id);
        out->recipient = (guint)ch_rows_int(rows, 2, 0);
        out->used = ch_rows_int(rows, 3, 0) != 0;
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

gboolean
ch_deliveries_version(ch_db *db, gint64 row,
                      guint8 content_out[CH_DIGEST_BYTES], GBytes **edits_out,
                      GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db, "SELECT content, edits FROM delivery WHERE row = ?",
                    CH_VALUES(CH_INT(row)), error);
    if (rows == NULL) {
        return FALSE;
    }
    if (ch_rows_next(rows, &step_error)) {
        if (ch_rows_copy(rows, 0, content_out, CH_DIGEST_BYTES)) {
            *edits_out = ch_rows_dup_bytes(rows, 1);
            return TRUE;
        }
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
    } else {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "store: a release is damaged");
    }
    return FALSE;
}

/* --- the item -------------------------------------------------------------
 */

/* "recipient 2: 452 4.3.1", as the ledger may hold it. */
static char *
dup_note(const ch_release_step *step, const char *reply)
{
    g_autofree char *code = ch_outbox_dup_code(reply);
    return g_strdup_printf("recipient %u%s%s", step->recipient,
                           *code != '\0' ? ": " : "", code);
}

static gboolean
append_step(ch_db *db, const ch_seal *seal, const ch_release_step *step,
            const char *event, const char *reply, GError **error)
{
    g_autofree char *note = dup_note(step, reply);
    const ch_decision unattended = {
        .uid = -1, .time_us = g_get_real_time(), .note = note};
    g_autoptr(ch_item) item = ch_items_get(db, step->id, error);
    return item != NULL &&
           ch_job_append(db, seal, item, event, &unattended, error);
}

/* What an item in releasing is, by its recipients. */
static ch_state
state_of(const GPtrArray *steps)
{
    guint counts[CH_RELEASE_COUNT] = {0};
    for (guint i = 0; i < steps->len; i++) {
        const ch_release_step *step = g_ptr_array_index(steps, i);
        counts[step->state]++;
    }
    if (counts[CH_RELEASE_WAITING] > 0 || counts[CH_RELEASE_SENDING] > 0 ||
        counts[CH_RELEASE_UNKNOWN] > 0) {
        return CH_STATE_RELEASING;
    }
    return counts[CH_RELEASE_REFUSED] > 0 ? CH_STATE_RELEASE_FAILED
                                          : CH_STATE_RELEASED;
}

static gboolean
add_news(ch_db *db, const char *id, const ch_release_news *news,
         gboolean released, GError **error)
{
    return ch_outbox_add(db, id, released ? news->released : news->trouble,
                         released ? news->n_released : news->n_trouble,
                         g_get_real_time(), error);
}

/* After a recipient's row has changed. */
static gboolean
update_item(ch_db *db, const ch_seal *seal, const char *id,
            const ch_release_news *news, ch_state *state_out, GError **error)
{
    const ch_decision unattended = {.uid = -1, .time_us = g_get_real_time()};
    g_autoptr(GPtrArray) steps = ch_deliveries_of(db, id, error);
    g_autoptr(ch_item) item =
        steps != NULL ? ch_items_get(db, id, error) : NULL;
    if (item == NULL) {
        return FALSE;
    }
    *state_out = state_of(steps);
    if (*state_out == CH_STATE_RELEASING) {
        return TRUE;
    }
    const char *name = ch_state_name(*state_out);
    return ch_db_run(db, "UPDATE item SET state = ? WHERE id = ?",
                     CH_VALUES(CH_TEXT(name), CH_TEXT(id)), error) &&
           ch_job_append(db, seal, item, name, &unattended, error) &&
           add_news(db, id, news, *state_out == CH_STATE_RELEASED, error);
}

/* --- approving ----------------------------------------------------------- */

/* A derived version has a row of its own in the ledger, with its digest. */
static gboolean
note_derived(ch_db *db, const ch_seal *seal, const ch_item *item,
             const ch_decision *d, const ch_version *v, GError **error)
{
    GString *note = g_string_new(NULL);
    g_string_printf(note, "recipient %u: %s, content ", v->recipient, v->how);
    for (guint i = 0; i < CH_DIGEST_BYTES; i++) {
        g_string_append_printf(note, "%02x", v->content[i]);
    }
    ch_decision derived = *d;
    derived.note = note->str;
    gboolean ok =
        ch_job_append(db, seal, item, "release-derived", &derived, error);
    g_string_free(note, TRUE);
    return ok;
}

/* A recipient that was refused begins anew; one that has the mail stays. */
static gboolean
insert_version(ch_db *db, const ch_approval *a, const ch_version *v,
               GError **error)
{
    gint64 now = a->decision->time_us;
    gsize length = 0;
    const void *edits =
        v->edits == NULL ? NULL : g_bytes_get_data(v->edits, &length);
    return ch_db_run(
        db,
        "INSERT INTO delivery (id, recipient, state, due_us, time_us,"
        " content, edits) VALUES (?, ?, 'waiting', ?, ?, ?, ?)"
        " ON CONFLICT (id, recipient) DO UPDATE SET"
        " state = 'waiting', attempts = 0, due_us = excluded.due_us,"
        " time_us = excluded.time_us, content = excluded.content,"
        " edits = excluded.edits WHERE state = 'refused'",
        CH_VALUES(CH_TEXT(a->id), CH_INT(v->recipient), CH_INT(now),
                  CH_INT(now), CH_BLOB(v->content, CH_DIGEST_BYTES),
                  CH_BLOB(edits, length)),
        error);
}

static gboolean
insert_versions(ch_db *db, const ch_seal *seal, const ch_item *item,
                const ch_approval *a, GError **error)
{
    for (guint i = 0; i < a->versions->len; i++) {
        const ch_version *v = &g_array_index(a->versions, ch_version, i);
        if (!insert_version(db, a, v, error) ||
            (v->edits != NULL && ch_db_changes(db) > 0 &&
             !note_derived(db, seal, item, a->decision, v, error))) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
ch_job_approve(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_approval *a = data;
    const ch_decision *d = a->decision;
    const char *name = ch_state_name(CH_STATE_RELEASING);
    gboolean waits = FALSE;
    g_autoptr(ch_item) item = ch_items_get(db, a->id, error);
    if (item == NULL) {
        return FALSE;
    }
    if (item->state != CH_STATE_HELD &&
        item->state != CH_STATE_RELEASE_FAILED) {
        return ch_job_wrong_state(item, "a decision is made once", error);
    }
    if (!ch_review_admits(db, item, d, a->content, error) ||
        !ch_review_pairs(db, seal, item, d, &waits, error)) {
        return FALSE;
    }
    return waits || (ch_db_run(db,
                               "UPDATE item SET state = ?, decided_us = ?,"
                               " reviewer = ?, uid = ?, note = ? WHERE id = ?",
                               CH_VALUES(CH_TEXT(name), CH_INT(d->time_us),
                                         CH_TEXT(d->reviewer), CH_INT(d->uid),
                                         CH_TEXT(d->note), CH_TEXT(a->id)),
                               error) &&
                     ch_job_append(db, seal, item, name, d, error) &&
                     insert_versions(db, seal, item, a, error));
}

/* --- an attempt ---------------------------------------------------------- */

static gboolean
not_in_turn(const ch_release_step *step, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                "item %s: recipient %u is in other hands", step->id,
                step->recipient);
    return FALSE;
}

gboolean
ch_job_begin(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_beginning *b = data;
    if (!ch_db_run(db,
                   "UPDATE delivery SET state = 'sending', token = ?,"
                   " used = 0, attempts = attempts + 1, time_us = ?"
                   " WHERE row = ? AND state = 'waiting'",
                   CH_VALUES(CH_BLOB(b->token, CH_DIGEST_BYTES),
                             CH_INT(g_get_real_time()), CH_INT(b->step->row)),
                   error)) {
        return FALSE;
    }
    if (ch_db_changes(db) != 1) {
        return not_in_turn(b->step, error);
    }
    return append_step(db, seal, b->step, "release-attempt", NULL, error);
}

typedef struct {
    ch_release_state state;
    const char *event;
} ending_kind;

static ending_kind
kind_of(const ch_ending *e)
{
    switch (e->outcome) {
    case CH_SMTP_SENT:
        return (ending_kind){CH_RELEASE_SENT, "release-sent"};
    case CH_SMTP_UNKNOWN:
        return (ending_kind){CH_RELEASE_UNKNOWN, "release-unknown"};
    case CH_SMTP_LATER:
        if (e->next_us >= 0) {
            return (ending_kind){CH_RELEASE_WAITING, "release-deferred"};
        }
        return (ending_kind){CH_RELEASE_REFUSED, "release-given-up"};
    case CH_SMTP_REFUSED:
        break;
    }
    return (ending_kind){CH_RELEASE_REFUSED, "release-refused"};
}

gboolean
ch_job_end(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_ending *e = data;
    ending_kind kind = kind_of(e);
    gint64 used = 0;
    if (!ch_db_number(db, "SELECT used FROM delivery WHERE row = ?",
                      CH_VALUES(CH_INT(e->step->row)), 0, &used, error) ||
        !ch_db_run(db,
                   "UPDATE delivery SET state = ?, token = NULL, due_us = ?,"
                   " time_us = ?, reply = ? WHERE row = ? AND state IN"
                   " ('sending', 'waiting')",
                   CH_VALUES(CH_TEXT(state_names[kind.state]),
                             CH_INT(e->next_us), CH_INT(g_get_real_time()),
                             CH_TEXT(e->reply), CH_INT(e->step->row)),
                   error)) {
        return FALSE;
    }
    if (ch_db_changes(db) != 1) {
        return not_in_turn(e->step, error);
    }
    e->used = used != 0;
    return append_step(db, seal, e->step, kind.event, e->reply, error) &&
           (kind.state != CH_RELEASE_UNKNOWN ||
            add_news(db, e->step->id, e->news, FALSE, error)) &&
           update_item(db, seal, e->step->id, e->news, &e->state, error);
}

gboolean
ch_job_use(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    ch_using *use = data;
    (void)seal;
    gboolean ok = ch_db_run(
        db,
        "UPDATE delivery SET used = 1 WHERE row = ?"
        " AND token = ? AND used = 0"
        " AND state = 'sending'",
        CH_VALUES(CH_INT(use->row), CH_BLOB(use->token, CH_DIGEST_BYTES)),
        error);
    use->won = ok && ch_db_changes(db) == 1;
    return ok;
}

/* --- a person finds out -------------------------------------------------- */

/* The one whose fate is asked about, or NULL. */
static const ch_release_step *
find_unknown(const GPtrArray *steps, guint recipient, guint *n_out)
{
    const ch_release_step *found = NULL;
    *n_out = 0;
    for (guint i = 0; i < steps->len; i++) {
        const ch_release_step *step = g_ptr_array_index(steps, i);
        if (step->state == CH_RELEASE_UNKNOWN &&
            (recipient == 0 || recipient == step->recipient)) {
            found = step;
            (*n_out)++;
        }
    }
    return found;
}

gboolean
ch_job_settle(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const ch_settling *s = data;
    guint n = 0;
    ch_state ignored;
    g_autoptr(ch_item) item = ch_items_get(db, s->id, error);
    g_autoptr(GPtrArray) steps =
        item != NULL ? ch_deliveries_of(db, s->id, error) : NULL;
    if (steps == NULL) {
        return FALSE;
    }
    const ch_release_step *step = find_unknown(steps, s->recipient, &n);
    if (step == NULL || item->state != CH_STATE_RELEASING) {
        return ch_job_wrong_state(item, "nothing about it is unknown", error);
    }
    if (n > 1) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "item %s: %u recipients are unknown: name one", s->id, n);
        return FALSE;
    }
    ch_release_state state =
        s->delivered ? CH_RELEASE_SENT : CH_RELEASE_REFUSED;
    return ch_db_run(db,
                     "UPDATE delivery SET state = ?, time_us = ?"
                     " WHERE row = ?",
                     CH_VALUES(CH_TEXT(state_names[state]),
                               CH_INT(s->decision->time_us), CH_INT(step->row)),
                     error) &&
           ch_job_append(db, seal, item,
                         s->delivered ? "release-found-delivered"
                                      : "release-found-lost",
                         s->decision, error) &&
           update_item(db, seal, s->id, s->news, &ignored, error);
}
