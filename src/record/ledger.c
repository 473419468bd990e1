/*
 * The ledger: who decided what and when, row behind row.
 *
 * Each row holds a keyed hash over its fields and over the hash of the row
 * before, so that a row that was changed, removed or put in between shows.
 * Triggers refuse UPDATE and DELETE.  Pruning keeps the hash of the last row
 * that went as anchor, with a keyed proof that the anchor is ours.
 *
 * No row holds content: no text, subject or address of a gateway.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <string.h>

typedef struct {
    gint64 seq;
    guint8 hash[CH_DIGEST_BYTES];
} link_end;

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
read_end(ch_db *db, const char *sql, const ch_value *values, link_end *end,
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

/* The last row, else the anchor, else nothing (all zero). */
static gboolean
find_end(ch_db *db, link_end *end, GError **error)
{
    memset(end, 0, sizeof *end);
    return read_end(db, "SELECT seq, hash FROM anchor", NULL, end, error) &&
           read_end(db,
                    "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1",
                    NULL, end, error);
}

gboolean
ch_ledger_append(ch_db *db, const ch_seal *seal, const ch_ledger_row *row,
                 GError **error)
{
    link_end end;
    guint8 hash[CH_DIGEST_BYTES];
    if (!find_end(db, &end, error)) {
        return FALSE;
    }
    ch_ledger_hash(seal, end.seq + 1, row, end.hash, hash);
    return ch_db_run(
        db,
        "INSERT INTO ledger (seq, time_us, id, event, author, gateways,"
        " rules, verdict, actor, uid, note, previous, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        CH_VALUES(CH_INT(end.seq + 1), CH_INT(row->time_us), CH_TEXT(row->id),
                  CH_TEXT(row->event), CH_TEXT(row->author),
                  CH_TEXT(row->gateways), CH_TEXT(row->rules),
                  CH_TEXT(row->verdict), CH_TEXT(row->actor), CH_INT(row->uid),
                  CH_TEXT(row->note), CH_BLOB(end.hash, sizeof end.hash),
                  CH_BLOB(hash, sizeof hash)),
        error);
}

/* The last row to go.  Rows are kept from the first young one on, even if a
 * clock once ran backwards: a chain has no holes. */
static gboolean
find_cut(ch_db *db, gint64 before_us, link_end *cut, GError **error)
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
    link_end cut;
    guint8 proof[CH_DIGEST_BYTES];
    if (!find_cut(db, before_us, &cut, error)) {
        return FALSE;
    }
    if (cut.seq == 0) {
        return TRUE;
    }
    ch_ledger_anchor_hash(seal, cut.seq, cut.hash, proof);
    return ch_db_run(db,
                     "INSERT INTO anchor (one, seq, hash, proof)"
                     " VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE SET"
                     " seq = excluded.seq, hash = excluded.hash,"
                     " proof = excluded.proof",
                     CH_VALUES(CH_INT(cut.seq),
                               CH_BLOB(cut.hash, sizeof cut.hash),
                               CH_BLOB(proof, sizeof proof)),
                     error) &&
           ch_db_run(db, "DELETE FROM ledger WHERE seq <= ?",
                     CH_VALUES(CH_INT(cut.seq)), error);
}
