/*
 * The ledger: who decided what and when, row behind row.
 *
 * Each row holds a keyed hash over its fields and over the hash of the row
 * before, so that a row that was changed, removed or put in between shows.
 * Triggers refuse UPDATE and DELETE.  Pruning keeps the hash of the last row
 * that went as anchor, with a keyed proof that the anchor is ours.
 *
 * Whoever has no key of the ledger (the review page) adds its rows to
 * ledger_waiting, in the same transaction as what they tell of; the next one
 * that has it, within seconds the milter, puts them into the chain.
 *
 * No row holds content: no text, subject or address of a gateway.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <string.h>

void
ch_ledger_hash(const ch_seal *seal, gint64 seq, const ch_ledger_row *row,
               const guint8 previous[CH_DIGEST_BYTES],
               guint8 out[CH_DIGEST_BYTES])
{
    const char *const texts[] = {row->id,       row->event, row->author,
                                 row->gateways, row->rules, row->verdict,
                                 row->actor,    row->note};
    ch_hash *hash = ch_hash_new(seal, CH_HASH_LEDGER);
    ch_hash_add_string(hash, "row");
    ch_hash_add_int(hash, seq);
    ch_hash_add_int(hash, row->time_us);
    ch_hash_add_int(hash, row->uid);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        ch_hash_add_string(hash, texts[i]);
    }
    ch_hash_add(hash, previous, CH_DIGEST_BYTES);
    ch_hash_finish(hash, out);
}

void
ch_ledger_anchor_hash(const ch_seal *seal, gint64 seq,
                      const guint8 hash[CH_DIGEST_BYTES],
                      guint8 out[CH_DIGEST_BYTES])
{
    ch_hash *proof = ch_hash_new(seal, CH_HASH_LEDGER);
    ch_hash_add_string(proof, "anchor");
    ch_hash_add_int(proof, seq);
    ch_hash_add(proof, hash, CH_DIGEST_BYTES);
    ch_hash_finish(proof, out);
}

/* Runs a query of seq and hash; without a row, end stays as it is. */
static gboolean
read_end(ch_db *db, const char *sql, const ch_value *values, ch_audit_head *end,
         GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows = ch_db_query(db, sql, values, error);
    if (rows == NULL) {
        return FALSE;
    }
    if (ch_rows_next(rows, &step_error)) {
        end->seq = ch_rows_int(rows, 0, 0);
        if (!ch_rows_copy(rows, 1, end->hash, sizeof end->hash)) {
            g_set_error_literal(&step_error, CH_ERROR, CH_ERROR_INTERNAL,
                                "store: the ledger is damaged");
        }
    }
    if (step_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&step_error));
        return FALSE;
    }
    return TRUE;
}

gboolean
ch_ledger_end(ch_db *db, ch_audit_head *end, GError **error)
{
    memset(end, 0, sizeof *end);
    return read_end(db, "SELECT seq, hash FROM anchor", NULL, end, error) &&
           read_end(db,
                    "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1",
                    NULL, end, error);
}

#define COLUMNS                                                                \
    "time_us, id, event, author, gateways, rules, verdict, actor, uid, note"

static gboolean
chain(ch_db *db, const ch_seal *seal, const ch_ledger_row *row, GError **error)
{
    ch_audit_head end;
    guint8 hash[CH_DIGEST_BYTES];
    if (!ch_ledger_end(db, &end, error)) {
        return FALSE;
    }
    ch_ledger_hash(seal, end.seq + 1, row, end.hash, hash);
    return ch_db_run(
        db,
        "INSERT INTO ledger (seq, " COLUMNS ", previous, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        CH_VALUES(CH_INT(end.seq + 1), CH_INT(row->time_us), CH_TEXT(row->id),
                  CH_TEXT(row->event), CH_TEXT(row->author),
                  CH_TEXT(row->gateways), CH_TEXT(row->rules),
                  CH_TEXT(row->verdict), CH_TEXT(row->actor), CH_INT(row->uid),
                  CH_TEXT(row->note), CH_BLOB(end.hash, sizeof end.hash),
                  CH_BLOB(hash, sizeof hash)),
        error);
}

/* --- rows that wait ------------------------------------------------------- */

static gboolean
add_waiting(ch_db *db, const ch_ledger_row *row, GError **error)
{
    return ch_db_run(db,
                     "INSERT INTO ledger_waiting (" COLUMNS ")"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     CH_VALUES(CH_INT(row->time_us), CH_TEXT(row->id),
                               CH_TEXT(row->event), CH_TEXT(row->author),
                               CH_TEXT(row->gateways), CH_TEXT(row->rules),
                               CH_TEXT(row->verdict), CH_TEXT(row->actor),
                               CH_INT(row->uid), CH_TEXT(row->note)),
                     error);
}

/* Chains the row that waited longest; 0 in number_out: there is none. */
static gboolean
chain_oldest(ch_db *db, const ch_seal *seal, gint64 *number_out, GError **error)
{
    g_autoptr(GError) step_error = NULL;
    g_autoptr(ch_rows) rows =
        ch_db_query(db,
                    "SELECT row, " COLUMNS " FROM ledger_waiting"
                    " WHERE row > coalesce((SELECT row FROM ledger_chained), 0)"
                    " ORDER BY row LIMIT 1",
                    NULL, error);
    *number_out = 0;
    if (rows == NULL) {
        return FALSE;
    }
    if (!ch_rows_next(rows, &step_error)) {
        if (step_error != NULL) {
            g_propagate_error(error, g_steal_pointer(&step_error));
            return FALSE;
        }
        return TRUE;
    }
    g_autoptr(ch_audit_row) row = ch_ledger_row_read(rows, 1);
    *number_out = ch_rows_int(rows, 0, 0);
    ch_ledger_row view = ch_ledger_row_of(row);
    return chain(db, seal, &view, error) &&
           ch_db_run(db,
                     "INSERT INTO ledger_chained (one, row) VALUES (1, ?)"
                     " ON CONFLICT (one) DO UPDATE SET row = excluded.row",
                     CH_VALUES(CH_INT(*number_out)), error);
}

gboolean
ch_ledger_chain_waiting(ch_db *db, const ch_seal *seal, GError **error)
{
    gint64 number = 0, last = 0;
    if (!ch_seal_chains(seal)) {
        return TRUE;
    }
    do {
        last = MAX(last, number);
        if (!chain_oldest(db, seal, &number, error)) {
            return FALSE;
        }
    } while (number > 0);
    return last == 0 ||
           ch_db_run(db, "DELETE FROM ledger_waiting WHERE row <= ?",
                     CH_VALUES(CH_INT(last)), error);
}

gboolean
ch_ledger_append(ch_db *db, const ch_seal *seal, const ch_ledger_row *row,
                 GError **error)
{
    if (!ch_seal_chains(seal)) {
        return add_waiting(db, row, error);
    }
    return ch_ledger_chain_waiting(db, seal, error) &&
           chain(db, seal, row, error);
}

/* --- whose key ------------------------------------------------------------ */

static gboolean
set_anchor(ch_db *db, const ch_seal *seal, const ch_audit_head *at,
           GError **error)
{
    guint8 proof[CH_DIGEST_BYTES];
    ch_ledger_anchor_hash(seal, at->seq, at->hash, proof);
    return ch_db_run(db,
                     "INSERT INTO anchor (one, seq, hash, proof)"
                     " VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
                     " seq = excluded.seq, hash = excluded.hash,"
                     " proof = excluded.proof",
                     CH_VALUES(CH_INT(at->seq),
                               CH_BLOB(at->hash, sizeof at->hash),
                               CH_BLOB(proof, sizeof proof)),
                     error);
}

/* Rows that are there stay as they are, behind an anchor: no key that is
 * known proves them any more. */
static gboolean
begin_chain(ch_db *db, const ch_seal *seal, const guint8 ours[CH_DIGEST_BYTES],
            GError **error)
{
    ch_audit_head end;
    return ch_ledger_end(db, &end, error) &&
           (end.seq == 0 || set_anchor(db, seal, &end, error)) &&
           ch_db_run(db,
                     "INSERT INTO meta (name, value) VALUES ('ledger_check', ?)"
                     " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                     CH_VALUES(CH_BLOB(ours, CH_DIGEST_BYTES)), error);
}

/* Tells two keys of a ledger apart without giving either away. */
static void
check_value(const ch_seal *seal, guint8 out[CH_DIGEST_BYTES])
{
    static const guint8 nothing[CH_DIGEST_BYTES];
    ch_ledger_anchor_hash(seal, 0, nothing, out);
}

gboolean
ch_ledger_knows(ch_db *db, const ch_seal *seal, gboolean *knows_out,
                GError **error)
{
    guint8 ours[CH_DIGEST_BYTES];
    gint64 same = 1;
    *knows_out = TRUE;
    if (!ch_seal_chains(seal)) {
        return TRUE;
    }
    check_value(seal, ours);
    gboolean ok =
        ch_db_number(db,
                     "SELECT count(*) FROM meta WHERE name = 'ledger_check'"
                     " AND value = ?",
                     CH_VALUES(CH_BLOB(ours, sizeof ours)), 0, &same, error);
    *knows_out = same > 0;
    return ok;
}

gboolean
ch_ledger_agree(ch_db *db, const ch_seal *seal, gboolean begin, GError **error)
{
    guint8 ours[CH_DIGEST_BYTES];
    gboolean knows = FALSE;
    gint64 others = 0;
    if (!ch_ledger_knows(db, seal, &knows, error) ||
        !ch_db_number(db,
                      "SELECT count(*) FROM meta WHERE name = 'ledger_check'",
                      NULL, 0, &others, error)) {
        return FALSE;
    }
    if (knows) {
        return TRUE;
    }
    if (others == 0 || begin) {
        check_value(seal, ours);
        return begin_chain(db, seal, ours, error);
    }
    g_set_error_literal(error, CH_ERROR, CH_ERROR_CONFIG,
                        "the ledger was chained with another key than that "
                        "beside store.key_file; put the right one back, or "
                        "begin a new chain: chaperone audit begin");
    return FALSE;
}

/* --- forgetting ----------------------------------------------------------- */

/* The last row to go.  Rows are kept from the first young one on, even if a
 * clock once ran backwards: a chain has no holes. */
static gboolean
find_cut(ch_db *db, gint64 before_us, ch_audit_head *cut, GError **error)
{
    memset(cut, 0, sizeof *cut);
    return read_end(db,
                    "SELECT seq, hash FROM ledger WHERE seq <"
                    " coalesce((SELECT min(seq) FROM ledger"
                    "  WHERE time_us >= ?), 9223372036854775807)"
                    " ORDER BY seq DESC LIMIT 1",
                    CH_VALUES(CH_INT(before_us)), cut, error);
}

gboolean
ch_ledger_prune(ch_db *db, const ch_seal *seal, gint64 before_us,
                GError **error)
{
    ch_audit_head cut;
    gint64 anchored = 0;
    if (!ch_seal_chains(seal)) {
        return TRUE;
    }
    if (!find_cut(db, before_us, &cut, error)) {
        return FALSE;
    }
    /* Rows before a chain that began anew go without moving its anchor. */
    if (!ch_db_number(db, "SELECT seq FROM anchor", NULL, 0, &anchored,
                      error)) {
        return FALSE;
    }
    return cut.seq == 0 ||
           ((cut.seq <= anchored || set_anchor(db, seal, &cut, error)) &&
            ch_db_run(db, "DELETE FROM ledger WHERE seq <= ?",
                      CH_VALUES(CH_INT(cut.seq)), error));
}
