/*
 * Reading the ledger: its head, its rows, and whether they are what was
 * written.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <sodium.h>
#include <string.h>

#define COLUMNS                                                                \
    "time_us, id, event, author, gateways, rules, verdict, actor, uid, note"

/* --- rows ----------------------------------------------------------------- */

void
ch_audit_row_free(ch_audit_row *row)
{
    if (row == NULL) {
        return;
    }
    g_free(row->id);
    g_free(row->event);
    g_free(row->author);
    g_free(row->gateways);
    g_free(row->rules);
    g_free(row->verdict);
    g_free(row->actor);
    g_free(row->note);
    g_free(row);
}

ch_audit_row *
ch_ledger_row_read(ch_rows *rows, int first)
{
    ch_audit_row *row = g_new0(ch_audit_row, 1);
    char **const texts[] = {&row->id,       &row->event, &row->author,
                            &row->gateways, &row->rules, &row->verdict,
                            &row->actor};
    row->time_us = ch_rows_int(rows, first, 0);
    for (int i = 0; i < (int)G_N_ELEMENTS(texts); i++) {
        *texts[i] = ch_rows_dup_text(rows, first + 1 + i);
    }
    row->uid = ch_rows_int(rows, first + 8, -1);
    row->note = ch_rows_dup_text(rows, first + 9);
    return row;
}

ch_ledger_row
ch_ledger_row_of(const ch_audit_row *row)
{
    return (ch_ledger_row){.time_us = row->time_us,
                           .id = row->id,
                           .event = row->event,
                           .author = row->author,
                           .gateways = row->gateways,
                           .rules = row->rules,
                           .verdict = row->verdict,
                           .actor = row->actor,
                           .uid = row->uid,
                           .note = row->note};
}

static gboolean
collect(ch_db *db, const char *sql, const ch_value *values, GPtrArray *list,
        GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return FALSE;
    }
    while (ch_rows_next(rows, &step_error)) {
        ch_audit_row *row = ch_ledger_row_read(rows, 1);
        row->seq = ch_rows_int(rows, 0, 0);
        g_ptr_array_add(list, row);
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

GPtrArray *
ch_store_audit_rows(ch_store *store, gint64 from_us, gint64 to_us,
                    GError **error)
{
    const ch_value *period = CH_VALUES(CH_INT(from_us), CH_INT(to_us));
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_audit_row_free);
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    gboolean ok = collect(db,
                          "SELECT seq, " COLUMNS " FROM ledger"
                          " WHERE time_us >= ? AND time_us < ? ORDER BY seq",
                          period, list, error) &&
                  collect(db,
                          "SELECT 0, " COLUMNS " FROM ledger_waiting"
                          " WHERE time_us >= ? AND time_us < ? ORDER BY row",
                          period, list, error);
    ch_store_unlock_reader(store, ok);
    return ok ? g_steal_pointer(&list) : NULL;
}

/* --- the head ------------------------------------------------------------- */

char *
ch_audit_head_dup(const ch_audit_head *head)
{
    char hex[2 * CH_DIGEST_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, head->hash, sizeof head->hash);
    return g_strdup_printf("%" G_GINT64_FORMAT ":%s", head->seq, hex);
}

gboolean
ch_audit_head_parse(const char *text, ch_audit_head *head_out)
{
    g_auto(GStrv) parts = g_strsplit(text, ":", 2);
    gsize length = 0;
    return g_strv_length(parts) == 2 &&
           g_ascii_string_to_signed(parts[0], 10, 0, G_MAXINT64, &head_out->seq,
                                    NULL) &&
           strlen(parts[1]) == 2 * sizeof head_out->hash &&
           sodium_hex2bin(head_out->hash, sizeof head_out->hash, parts[1],
                          2 * sizeof head_out->hash, NULL, &length,
                          NULL) == 0 &&
           length == sizeof head_out->hash;
}

gboolean
ch_store_audit_head(ch_store *store, ch_audit_head *head_out, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gboolean ok = ch_ledger_end(db, head_out, error);
    ch_store_unlock_reader(store, ok);
    return ok;
}

gboolean
ch_store_holds_head(ch_store *store, const ch_audit_head *head,
                    gboolean *holds_out, GError **error)
{
    gint64 rows = 0;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gboolean ok = ch_db_number(
        db,
        "SELECT (SELECT count(*) FROM ledger WHERE seq = ? AND hash = ?)"
        " + (SELECT count(*) FROM anchor WHERE seq > ?)",
        CH_VALUES(CH_INT(head->seq), CH_BLOB(head->hash, sizeof head->hash),
                  CH_INT(head->seq)),
        0, &rows, error);
    ch_store_unlock_reader(store, ok);
    *holds_out = rows > 0;
    return ok;
}

/* --- proof ---------------------------------------------------------------- */

void
ch_audit_free(ch_audit *audit)
{
    if (audit != NULL) {
        g_array_unref(audit->faults);
        g_free(audit);
    }
}

typedef struct {
    const ch_seal *seal;
    const ch_audit_head *known; /* or NULL */
    ch_audit_head anchor;       /* seq 0: none */
    ch_audit *audit;
} proof;

/* Faults of one kind in a row are one. */
static void
add_fault(const proof *p, ch_audit_fault_kind kind, gint64 from, gint64 to)
{
    GArray *faults = p->audit->faults;
    ch_audit_fault *last =
        faults->len > 0
            ? &g_array_index(faults, ch_audit_fault, faults->len - 1)
            : NULL;
    if (last != NULL && last->kind == kind && last->to + 1 == from) {
        last->to = to;
        return;
    }
    ch_audit_fault fault = {.kind = kind, .from = from, .to = to};
    g_array_append_val(faults, fault);
}

static void
compare_with_known(const proof *p, const ch_audit_head *row)
{
    if (p->known != NULL && p->known->seq == row->seq &&
        !ch_hash_equal(p->known->hash, row->hash)) {
        add_fault(p, CH_AUDIT_REWRITTEN, row->seq, row->seq);
    }
}

static gboolean
read_anchor(proof *p, ch_db *db, GError **error)
{
    guint8 theirs[CH_DIGEST_BYTES], ours[CH_DIGEST_BYTES];
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db, "SELECT seq, hash, proof FROM anchor", NULL, error);
    if (rows == NULL) {
        return FALSE;
    }
    if (ch_rows_next(rows, &step_error)) {
        p->anchor.seq = ch_rows_int(rows, 0, 0);
        gboolean whole =
            ch_rows_copy(rows, 1, p->anchor.hash, sizeof p->anchor.hash) &&
            ch_rows_copy(rows, 2, theirs, sizeof theirs);
        ch_ledger_anchor_hash(p->seal, p->anchor.seq, p->anchor.hash, ours);
        if (!whole || !ch_hash_equal(ours, theirs)) {
            add_fault(p, CH_AUDIT_ANCHOR, p->anchor.seq, p->anchor.seq);
        }
        compare_with_known(p, &p->anchor);
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

/* A row is proved with the hash that it says stood before it, so that one
 * changed row is one fault; that this is the hash of the row before is
 * asked beside. */
static void
prove_row(const proof *p, ch_rows *rows)
{
    ch_audit_head *end = &p->audit->end;
    guint8 previous[CH_DIGEST_BYTES], ours[CH_DIGEST_BYTES];
    ch_audit_head at = {.seq = ch_rows_int(rows, 0, 0)};
    g_autoptr(ch_audit_row) row = ch_ledger_row_read(rows, 1);
    gboolean whole = row->id != NULL && row->event != NULL &&
                     ch_rows_copy(rows, 11, previous, sizeof previous) &&
                     ch_rows_copy(rows, 12, at.hash, sizeof at.hash);
    if (at.seq > end->seq + 1) {
        add_fault(p, CH_AUDIT_MISSING, end->seq + 1, at.seq - 1);
    } else {
        whole = whole && ch_hash_equal(previous, end->hash);
    }
    if (whole) {
        ch_ledger_row view = ch_ledger_row_of(row);
        ch_ledger_hash(p->seal, at.seq, &view, previous, ours);
        whole = ch_hash_equal(ours, at.hash);
    }
    if (whole) {
        p->audit->rows++;
    } else {
        add_fault(p, CH_AUDIT_CHANGED, at.seq, at.seq);
    }
    compare_with_known(p, &at);
    *end = at;
}

static gboolean
prove_rows(const proof *p, ch_db *db, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT seq, " COLUMNS ", previous, hash FROM ledger"
                    " WHERE seq > ? ORDER BY seq",
                    CH_VALUES(CH_INT(p->anchor.seq)), error);
    if (rows == NULL) {
        return FALSE;
    }
    p->audit->end = p->anchor;
    while (ch_rows_next(rows, &step_error)) {
        prove_row(p, rows);
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

static void
look_for_known(const proof *p)
{
    if (p->known == NULL) {
        return;
    }
    if (p->known->seq > p->audit->end.seq) {
        add_fault(p, CH_AUDIT_TAIL, p->audit->end.seq + 1, p->known->seq);
    } else if (p->known->seq < p->anchor.seq) {
        add_fault(p, CH_AUDIT_OUT_OF_REACH, p->known->seq, p->known->seq);
    }
}

static gboolean
prove(proof *p, ch_db *db, GError **error)
{
    return read_anchor(p, db, error) && prove_rows(p, db, error) &&
           ch_db_number(db, "SELECT count(*) FROM ledger WHERE seq <= ?",
                        CH_VALUES(CH_INT(p->anchor.seq)), 0, &p->audit->before,
                        error) &&
           ch_db_number(db, "SELECT count(*) FROM ledger_waiting", NULL, 0,
                        &p->audit->waiting, error);
}

ch_audit *
ch_store_audit(ch_store *store, const ch_audit_head *known, GError **error)
{
    proof p = {.seal = ch_store_seal(store), .known = known};
    if (!ch_seal_chains(p.seal)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_CONFIG,
                            "the ledger's key (store.key_file with "
                            "\"" CH_LEDGER_KEY_SUFFIX "\" behind its name) is "
                            "not there or not for this user: without it "
                            "nothing can be proved");
        return NULL;
    }
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    g_autoptr(ch_audit) audit = g_new0(ch_audit, 1);
    audit->faults = g_array_new(FALSE, FALSE, sizeof(ch_audit_fault));
    p.audit = audit;
    gboolean ok = prove(&p, db, error);
    ch_store_unlock_reader(store, ok);
    if (!ok) {
        return NULL;
    }
    look_for_known(&p);
    return g_steal_pointer(&audit);
}

/* --- writing -------------------------------------------------------------- */

static gboolean
chain_waiting(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    (void)data;
    return ch_ledger_chain_waiting(db, seal, error);
}

gboolean
ch_store_chain_waiting(ch_store *store, GError **error)
{
    gint64 waiting = 0;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gboolean ok = ch_db_number(db, "SELECT count(*) FROM ledger_waiting", NULL,
                               0, &waiting, error);
    ch_store_unlock_reader(store, ok);
    return ok &&
           (waiting == 0 || ch_store_submit(store, chain_waiting, NULL, error));
}

static gboolean
note_event(ch_db *db, const ch_seal *seal, gpointer data, GError **error)
{
    return ch_ledger_append(db, seal, data, error);
}

gboolean
ch_store_note_event(ch_store *store, const char *event, const char *actor,
                    gint64 uid, const char *note, gint64 time_us,
                    GError **error)
{
    ch_ledger_row row = {.time_us = time_us,
                         .id = CH_NO_ITEM,
                         .event = event,
                         .actor = actor,
                         .uid = uid,
                         .note = note};
    return ch_store_submit(store, note_event, &row, error);
}
