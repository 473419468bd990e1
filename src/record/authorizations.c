/*
 * The register of patients' authorizations: who may be shown, until when.
 *
 * A row is added once and revoked once, each with a row in the ledger in the
 * same transaction; it is never changed back or removed, for posts that went
 * out refer to it.  An ID is compliance's own number and says nothing about a
 * patient.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

typedef struct {
    const ch_authorization *added; /* NULL: id is revoked */
    const char *id;
    const ch_decision *who;
} auth_job;

static void
free_authorization(gpointer data)
{
    ch_authorization_free(data);
}

/* --- reading -------------------------------------------------------------- */

static ch_authorization *
read_row(ch_rows *rows, GError **error)
{
    g_autofree char *scope = ch_rows_dup_text(rows, 1);
    g_autoptr(ch_authorization) a = g_new0(ch_authorization, 1);
    if (scope == NULL || !ch_auth_scope_parse(scope, &a->scope)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "store: an authorization has an unknown scope");
        return NULL;
    }
    a->id = ch_rows_dup_text(rows, 0);
    a->until = ch_rows_dup_text(rows, 2);
    a->until_us = ch_rows_int(rows, 3, 0);
    a->added_us = ch_rows_int(rows, 4, 0);
    a->added_by = ch_rows_dup_text(rows, 5);
    a->revoked_us = ch_rows_int(rows, 6, -1);
    a->revoked_by = ch_rows_dup_text(rows, 7);
    return g_steal_pointer(&a);
}

/* Of all, or of one id. */
static GPtrArray *
read_rows(ch_db *db, const char *id, GError **error)
{
    GError *step_error = NULL;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func(free_authorization);
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT id, scope, until_day, until_us, added_us, added_by,"
                    " revoked_us, revoked_by FROM authorization"
                    " WHERE ?1 IS NULL OR id = ?1 ORDER BY added_us, id",
                    CH_VALUES(CH_TEXT(id)), error);
    if (rows == NULL) {
        return NULL;
    }
    while (step_error == NULL && ch_rows_next(rows, &step_error)) {
        ch_authorization *a = read_row(rows, &step_error);
        if (a != NULL) {
            g_ptr_array_add(list, a);
        }
    }
    if (step_error != NULL) {
        g_propagate_error(error, step_error);
        return NULL;
    }
    return g_steal_pointer(&list);
}

GPtrArray *
ch_store_authorizations(ch_store *store, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *list = read_rows(db, NULL, error);
    ch_store_unlock_reader(store, list != NULL);
    return list;
}

/* --- writing -------------------------------------------------------------- */

static gboolean
append(ch_db *db, const ch_seal *seal, const ch_authorization *a,
       const char *event, const ch_decision *who, GError **error)
{
    gboolean has_note = who->note != NULL && who->note[0] != '\0';
    g_autofree char *note = g_strdup_printf(
        "%s until %s%s%s", ch_auth_scope_name(a->scope), a->until,
        has_note ? ": " : "", has_note ? who->note : "");
    ch_ledger_row row = {.time_us = who->time_us,
                         .id = a->id,
                         .event = event,
                         .actor = who->reviewer,
                         .uid = who->uid,
                         .note = note};
    return ch_ledger_append(db, seal, &row, error);
}

static gboolean
wrong_state(const ch_authorization *a, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_STATE, "authorization %s %s", a->id,
                a->revoked_us >= 0
                    ? "was revoked: an ID is used once, take a new one"
                    : "is in the register already");
    return FALSE;
}

static gboolean
run_add(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const auth_job *job = data;
    const ch_authorization *a = job->added;
    g_autoptr(GPtrArray) known = read_rows(db, a->id, error);
    if (known == NULL) {
        return FALSE;
    }
    if (known->len > 0) {
        return wrong_state(g_ptr_array_index(known, 0), error);
    }
    return ch_db_run(db,
                     "INSERT INTO authorization (id, scope, until_day,"
                     " until_us, added_us, added_by) VALUES (?, ?, ?, ?, ?, ?)",
                     CH_VALUES(CH_TEXT(a->id),
                               CH_TEXT(ch_auth_scope_name(a->scope)),
                               CH_TEXT(a->until), CH_INT(a->until_us),
                               CH_INT(job->who->time_us),
                               CH_TEXT(job->who->reviewer)),
                     error) &&
           append(db, seal, a, "authorization-added", job->who, error);
}

static gboolean
run_revoke(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    const auth_job *job = data;
    g_autoptr(GPtrArray) known = read_rows(db, job->id, error);
    if (known == NULL) {
        return FALSE;
    }
    if (known->len == 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_NOTFOUND,
                    "there is no authorization %s", job->id);
        return FALSE;
    }
    const ch_authorization *a = g_ptr_array_index(known, 0);
    if (a->revoked_us >= 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "authorization %s was revoked before", a->id);
        return FALSE;
    }
    return ch_db_run(db,
                     "UPDATE authorization SET revoked_us = ?, revoked_by = ?"
                     " WHERE id = ?",
                     CH_VALUES(CH_INT(job->who->time_us),
                               CH_TEXT(job->who->reviewer), CH_TEXT(a->id)),
                     error) &&
           append(db, seal, a, "authorization-revoked", job->who, error);
}

gboolean
ch_store_add_authorization(ch_store *store, const ch_authorization *a,
                           const ch_decision *who, GError **error)
{
    g_assert(ch_auth_is_id(a->id));
    auth_job job = {.added = a, .who = who};
    return ch_store_submit(store, run_add, &job, error);
}

gboolean
ch_store_revoke_authorization(ch_store *store, const char *id,
                              const ch_decision *who, GError **error)
{
    auth_job job = {.id = id, .who = who};
    return ch_store_submit(store, run_revoke, &job, error);
}
