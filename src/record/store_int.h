/*
 * What the files behind store.h share.
 *
 *   key_file.c      a file that holds a key
 *   seal.c          keys, sealed items, keyed hashes: the only one that uses
 *                   a key
 *   content.c       what of a mail goes into a digest
 *   retry.c         which two mails are the same
 *   store_sqlite.c  the driver: statements, transactions, schema; the only
 *                   one that sees SQLite.  A second database needs this file
 *                   again and nothing else
 *   items.c, ledger.c, outbox.c, authorizations.c, letters.c, digest.c,
 *   link.c
 *                   what the tables mean, in plain SQL; each function runs
 *                   inside a transaction that somebody else opened
 *   jobs.c          the rules: what one step of a transaction does
 *   writer.c        group commit: many jobs, one transaction
 *   store.c         puts them together
 *   user.c, session.c, totp.c
 *                   who may use the review page
 *   review.c, review_list.c
 *                   what reviewers do before a decision, and their lists
 *   release.c, claim.c (release_int.h)
 *                   the way out, by the same means
 */
#ifndef CHAPERONE_STORE_INT_H
#define CHAPERONE_STORE_INT_H

#include "chaperone/audit.h"
#include "chaperone/review.h"

#define CH_US_PER_DAY (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)

/* --- key_file.c ---------------------------------------------------------- */

#define CH_KEY_BYTES 32

/* Reads a key file: 32 bytes, raw or as base64.  create: makes it (0600) if
 * there is none.  CH_ERROR_CONFIG if it is missing, malformed or open to
 * others. */
gboolean ch_key_file_load(const char *file, gboolean create,
                          guint8 key_out[CH_KEY_BYTES], GError **error);

/* Flushes the directory of file, so that a new name in it survives a power
 * cut.  FALSE: errno says why. */
gboolean ch_sync_directory(const char *file);

/* --- seal.c -------------------------------------------------------------- */

typedef struct ch_seal ch_seal;

/* Reads the key file, and the ledger's key where this user may.  create:
 * makes those that are missing (0600).  CH_ERROR_CONFIG if a key is missing,
 * malformed or open to everybody; a ledger's key that is missing or for
 * others is no error.  Owned; const once made, any thread. */
ch_seal *ch_seal_open(const char *key_file, gboolean create, GError **error);
/* The ledger's key alone, if it is missing. */
gboolean ch_seal_make_chain_key(const char *key_file, GError **error);
void ch_seal_free(ch_seal *seal);

/* Whether it has the ledger's key. */
gboolean ch_seal_chains(const ch_seal *seal);

/* Tells two keys apart without giving either away. */
void ch_seal_check_value(const ch_seal *seal, guint8 out[CH_DIGEST_BYTES]);

#define CH_SEALED_KEY_BYTES 72 /* nonce 24, key 32, tag 16 */

typedef struct {
    guint8 key[CH_SEALED_KEY_BYTES]; /* the item's key, sealed */
    GBytes *body;                    /* envelope and message, encrypted */
} ch_sealed;

void ch_sealed_clear(ch_sealed *sealed);
/* Both halves are bound to id.  CH_ERROR_LIMIT if memory does not do. */
gboolean ch_seal_item(const ch_seal *seal, const char *id, const ch_envelope *e,
                      GBytes *raw, ch_sealed *sealed_out, GError **error);
/* The message, byte for byte, or CH_ERROR_INTERNAL: never wrong text.
 * envelope_out may be NULL.  Owned. */
GBytes *ch_seal_read(const ch_seal *seal, const char *id,
                     const ch_sealed *sealed, ch_envelope **envelope_out,
                     GError **error);

/* A small secret of its own (a second factor), bound to name.  Owned; open:
 * NULL if anything about it is not as we made it. */
GBytes *ch_seal_secret(const ch_seal *seal, const char *name, GBytes *secret);
GBytes *ch_seal_open_secret(const ch_seal *seal, const char *name,
                            GBytes *sealed);

/* The key of an item, sealed by from, is sealed by to.  FALSE: from did not
 * seal it, or not for that item. */
gboolean ch_seal_rewrap(const ch_seal *from, const ch_seal *to, const char *id,
                        guint8 sealed_key[CH_SEALED_KEY_BYTES]);

/* Keyed hash (BLAKE2b, 32 bytes), a key of its own for each use.  That of
 * the ledger only if ch_seal_chains. */
typedef enum { CH_HASH_RETRY, CH_HASH_LEDGER, CH_HASH_SIGN } ch_hash_use;
typedef struct ch_hash ch_hash;

ch_hash *ch_hash_new(const ch_seal *seal, ch_hash_use use);
void ch_hash_add(ch_hash *hash, const void *data, gsize length);
void ch_hash_add_int(ch_hash *hash, gint64 value);
/* With its length before it, so that "ab","c" is not "a","bc"; NULL is not
 * "". */
void ch_hash_add_string(ch_hash *hash, const char *text);
/* Takes hash. */
void ch_hash_finish(ch_hash *hash, guint8 out[CH_DIGEST_BYTES]);
/* In constant time. */
gboolean ch_hash_equal(const guint8 a[CH_DIGEST_BYTES],
                       const guint8 b[CH_DIGEST_BYTES]);

/* --- content.c ----------------------------------------------------------- */

/* Whether the header field of that name counts. */
typedef gboolean (*ch_field_test)(const char *name, gsize length);
void ch_content_add(ch_hash *hash, GBytes *raw, ch_field_test keeps);
/* The first line of the first field of that name, without blanks around it,
 * or NULL.  Owned. */
char *ch_content_dup_field(GBytes *raw, const char *name);

/* --- retry.c ------------------------------------------------------------- */

/* ch_store_retry_key with the keys alone. */
void ch_retry_key(const ch_seal *seal, const ch_envelope *e, const char *author,
                  GBytes *raw, guint8 key_out[CH_DIGEST_BYTES]);

/* --- store_sqlite.c ------------------------------------------------------ */

typedef struct ch_db ch_db;
typedef struct ch_rows ch_rows;

/* One value of a statement, in order of its ?; borrowed while it runs. */
typedef struct {
    enum { CH_VALUE_END, CH_VALUE_INT, CH_VALUE_TEXT, CH_VALUE_BLOB } type;
    gint64 integer;
    const void *data; /* NULL: NULL */
    gsize length;
} ch_value;

#define CH_INT(i)  ((ch_value){.type = CH_VALUE_INT, .integer = (i)})
#define CH_TEXT(s) ((ch_value){.type = CH_VALUE_TEXT, .data = (s)})
#define CH_BLOB(p, n)                                                          \
    ((ch_value){.type = CH_VALUE_BLOB, .data = (p), .length = (n)})
#define CH_VALUES(...) ((const ch_value[]){__VA_ARGS__, {.type = CH_VALUE_END}})

/* A connection for one thread at a time.  create: make the file, create or
 * upgrade the schema. */
ch_db *ch_db_open(const char *path, gboolean create, GError **error);
void ch_db_close(ch_db *db);

gboolean ch_db_begin(ch_db *db, GError **error); /* takes the write lock */
gboolean ch_db_commit(ch_db *db, GError **error);
void ch_db_rollback(ch_db *db);
/* FALSE after an error that ended the whole transaction. */
gboolean ch_db_in_transaction(ch_db *db);
/* A step that can fail alone: begin, then end with what became of it. */
gboolean ch_db_step_begin(ch_db *db, GError **error);
gboolean ch_db_step_end(ch_db *db, gboolean keep, GError **error);

/* Runs a statement without result.  values may be NULL. */
gboolean ch_db_run(ch_db *db, const char *sql, const ch_value *values,
                   GError **error);
/* Rows that the last ch_db_run changed. */
gint64 ch_db_changes(ch_db *db);

/* Starts a query.  Owned. */
ch_rows *ch_db_query(ch_db *db, const char *sql, const ch_value *values,
                     GError **error);
/* TRUE: a row is there.  FALSE: the end, or an error if *error is set. */
gboolean ch_rows_next(ch_rows *rows, GError **error);
void ch_rows_free(ch_rows *rows);
gint64 ch_rows_int(ch_rows *rows, int column, gint64 if_null);
char *ch_rows_dup_text(ch_rows *rows, int column);    /* Owned or NULL. */
GBytes *ch_rows_dup_bytes(ch_rows *rows, int column); /* Owned or NULL. */
/* FALSE if it is not length bytes long. */
gboolean ch_rows_copy(ch_rows *rows, int column, guint8 *out, gsize length);

/* One number, if_none without a row. */
gboolean ch_db_number(ch_db *db, const char *sql, const ch_value *values,
                      gint64 if_none, gint64 *out, GError **error);

/* Moves the log into the database and empties it, so that deleted bytes are
 * in no file.  Outside of transactions. */
gboolean ch_db_truncate_log(ch_db *db, GError **error);
/* A consistent copy into an empty file. */
gboolean ch_db_copy_to(ch_db *db, const char *file, GError **error);

/* --- ledger.c ------------------------------------------------------------ */

/* The ID of a row that is about no item. */
#define CH_NO_ITEM "-"

/* One row; texts may be NULL.  No content of mail. */
typedef struct {
    gint64 time_us;
    const char *id; /* item */
    const char *event;
    const char *author, *gateways, *rules, *verdict;
    const char *actor; /* reviewer */
    gint64 uid;        /* -1: none */
    const char *note;
} ch_ledger_row;

/* Chains what waits, then the row; without the ledger's key the row waits
 * for somebody who has it. */
gboolean ch_ledger_append(ch_db *db, const ch_seal *seal,
                          const ch_ledger_row *row, GError **error);
/* What waits; nothing without the key. */
gboolean ch_ledger_chain_waiting(ch_db *db, const ch_seal *seal,
                                 GError **error);
/* The ten columns of a row from one on.  Owned. */
ch_audit_row *ch_ledger_row_read(ch_rows *rows, int first_column);
/* The same row, borrowed. */
ch_ledger_row ch_ledger_row_of(const ch_audit_row *row);
/* Keyed hash of a row behind the one whose hash is previous. */
void ch_ledger_hash(const ch_seal *seal, gint64 seq, const ch_ledger_row *row,
                    const guint8 previous[CH_DIGEST_BYTES],
                    guint8 out[CH_DIGEST_BYTES]);
/* Keyed hash that makes an anchor ours. */
void ch_ledger_anchor_hash(const ch_seal *seal, gint64 seq,
                           const guint8 hash[CH_DIGEST_BYTES],
                           guint8 out[CH_DIGEST_BYTES]);
/* The last row, else the anchor, else nothing (all zero). */
gboolean ch_ledger_end(ch_db *db, ch_audit_head *end_out, GError **error);
/* Whether the ledger is chained with this key; TRUE without a key. */
gboolean ch_ledger_knows(ch_db *db, const ch_seal *seal, gboolean *knows_out,
                         GError **error);
/* Fails if the ledger is chained with another key; a ledger that was never
 * chained is from now on.  begin: so is any other, behind the rows that are
 * there.  Inside a transaction. */
gboolean ch_ledger_agree(ch_db *db, const ch_seal *seal, gboolean begin,
                         GError **error);
/* Forgets rows before before_us up to the first younger one; the last one's
 * hash stays as anchor.  Nothing without the key. */
gboolean ch_ledger_prune(ch_db *db, const ch_seal *seal, gint64 before_us,
                         GError **error);

/* --- items.c ------------------------------------------------------------- */

/* What ch_items_read reads, from the first column on. */
#define CH_ITEM_COLUMNS                                                        \
    "item.id, item.state, item.time_us, item.publish_at_us,"                   \
    " item.deadline_us, item.seen_us, item.decided_us, item.author,"           \
    " item.gateways, item.rules, item.verdict, item.queue_id, item.reviewer,"  \
    " item.note, item.findings, item.size,"                                    \
    " EXISTS (SELECT 1 FROM payload WHERE payload.id = item.id),"              \
    " item.spanish, item.hints, item.accounts"
#define CH_ITEM_COLUMN_COUNT 20

ch_item *ch_items_read(ch_rows *rows, GError **error); /* Owned. */
/* All rows of a query of those columns.  Owned array of ch_item. */
GPtrArray *ch_items_query(ch_db *db, const char *sql, const ch_value *values,
                          GError **error);

gboolean ch_items_find_prior(ch_db *db, const guint8 key[CH_DIGEST_BYTES],
                             gint64 now_us, ch_prior *prior_out,
                             GError **error);
/* sealed NULL: no message is kept. */
gboolean ch_items_insert(ch_db *db, const ch_record *record,
                         const ch_sealed *sealed, GError **error);
GPtrArray *ch_items_list(ch_db *db, guint states, GError **error);
/* CH_ERROR_NOTFOUND. */
ch_item *ch_items_get(ch_db *db, const char *id, GError **error);
/* CH_ERROR_NOTFOUND; CH_ERROR_STATE if the message is not there. */
gboolean ch_items_payload(ch_db *db, const char *id, ch_sealed *sealed_out,
                          GError **error);
gboolean ch_items_destroy(ch_db *db, const char *id, GError **error);
/* Item and bytes; its ledger rows stay. */
gboolean ch_items_remove(ch_db *db, const char *id, GError **error);
/* Oldest item whose message is due for destruction, or NULL.  Owned. */
ch_item *ch_items_due(ch_db *db, gint64 kept_us, gint64 rejected_us,
                      GError **error);
gboolean ch_items_forget(ch_db *db, gint64 before_us, GError **error);

/* --- outbox.c ------------------------------------------------------------ */

/* Those without a mail wait for a digest. */
gboolean ch_outbox_add(ch_db *db, const char *id, const ch_outgoing *notices,
                       guint n_notices, gint64 time_us, GError **error);
GPtrArray *ch_outbox_due(ch_db *db, gint64 now_us, guint limit, GError **error);
gboolean ch_outbox_done(ch_db *db, const ch_seal *seal, gint64 row,
                        gboolean sent, const char *reply, gint64 next_us,
                        GError **error);

/* Digits and dots at the start of a reply: "550 5.7.1".  Owned. */
char *ch_outbox_dup_code(const char *reply);

/* --- jobs.c -------------------------------------------------------------- */

/* Runs as one step of a transaction, in the thread of any caller. */
typedef gboolean (*ch_job)(ch_db *db, const ch_seal *seal, gpointer data,
                           GError **error);

typedef struct {
    const ch_record *record;
    const ch_sealed *sealed; /* NULL: no message is kept */
    ch_prior *prior;         /* out */
} ch_take;

typedef struct {
    const guint8 *key;
    gint64 now_us;
    guint count; /* out */
} ch_failure;

typedef struct {
    const ch_draft_record *record;
    gboolean within; /* out */
} ch_drafting;

typedef struct {
    const char *id;
    ch_state state;    /* ch_job_decide */
    const char *event; /* ch_job_note_view */
    const ch_decision *decision;
} ch_decide;

typedef struct {
    gint64 row;
    gboolean sent;
    const char *reply;
    gint64 next_us;
} ch_sent;

typedef struct {
    const char *id;
    const ch_outgoing *notice;
    gint64 time_us;
} ch_sending;

typedef struct {
    gint64 kept_us, rejected_us, ledger_us, now_us;
    guint destroyed; /* out: of this step */
} ch_purge;

/* A ledger row about item by whoever decided. */
gboolean ch_job_append(ch_db *db, const ch_seal *seal, const ch_item *item,
                       const char *event, const ch_decision *d, GError **error);
/* FALSE and CH_ERROR_STATE: "item ID is STATE: what". */
gboolean ch_job_wrong_state(const ch_item *item, const char *what,
                            GError **error);
gboolean ch_job_take(ch_db *db, const ch_seal *seal, gpointer data,
                     GError **error); /* ch_take */
gboolean ch_job_count_failure(ch_db *db, const ch_seal *seal, gpointer data,
                              GError **error); /* ch_failure */
gboolean ch_job_draft(ch_db *db, const ch_seal *seal, gpointer data,
                      GError **error); /* ch_drafting */
gboolean ch_job_decide(ch_db *db, const ch_seal *seal, gpointer data,
                       GError **error); /* ch_decide */
gboolean ch_job_seen(ch_db *db, const ch_seal *seal, gpointer data,
                     GError **error); /* ch_decide */
gboolean ch_job_note_view(ch_db *db, const ch_seal *seal, gpointer data,
                          GError **error); /* ch_decide */
gboolean ch_job_outbox_done(ch_db *db, const ch_seal *seal, gpointer data,
                            GError **error); /* ch_sent */
gboolean ch_job_notice(ch_db *db, const ch_seal *seal, gpointer data,
                       GError **error); /* ch_sending */
/* Some of what is due; again while destroyed is not 0. */
gboolean ch_job_destroy(ch_db *db, const ch_seal *seal, gpointer data,
                        GError **error); /* ch_purge */
gboolean ch_job_forget(ch_db *db, const ch_seal *seal, gpointer data,
                       GError **error); /* ch_purge */

/* --- letters.c ----------------------------------------------------------- */

/* Letters are sealed by to instead of from. */
gboolean ch_letters_rewrap(ch_db *db, const ch_seal *from, const ch_seal *to,
                           GError **error);

/* --- digest.c ------------------------------------------------------------ */

/* recipient is to be told of the item in a letter about all such. */
gboolean ch_digest_add(ch_db *db, const char *id, const char *recipient,
                       gint64 time_us, GError **error);

/* --- link.c -------------------------------------------------------------- */

/* Those of a letter to recipient; links may be NULL. */
gboolean ch_links_add(ch_db *db, const char *recipient, const GArray *links,
                      GError **error);
/* Those whose time was over before before_us. */
gboolean ch_links_forget(ch_db *db, gint64 before_us, GError **error);

/* --- user.c ----------------------------------------------------------- */

/* Second factors are sealed by to instead of from; all sessions end. */
gboolean ch_users_rewrap(ch_db *db, const ch_seal *from, const ch_seal *to,
                         GError **error);

/* --- review.c ------------------------------------------------------------ */

#define CH_REVIEW_COLUMNS                                                      \
    "review.owner, review.taken_us, review.first_by, review.first_us,"         \
    " review.escalated_us, review.evidence_us, review.asked_us,"               \
    " review.wrote_us"
/* Those columns from number at on.  Owned. */
ch_review *ch_review_read(ch_rows *rows, int at);

/* Whether the account behind a decision on the page may take it; TRUE for
 * others.  content NULL: nothing is approved. */
gboolean ch_review_admits(ch_db *db, const ch_item *item, const ch_decision *d,
                          const guint8 *content, GError **error);
/* Two-person rule: whether this approval is the first of two, which was
 * written down here, or (FALSE in waits_out) completes it. */
gboolean ch_review_pairs(ch_db *db, const ch_seal *seal, const ch_item *item,
                         const ch_decision *d, gboolean *waits_out,
                         GError **error);

/* --- writer.c ------------------------------------------------------------ */

typedef struct ch_writer ch_writer;

/* What follows the commit of a job that destroyed something: emptying the
 * log.  TRY: best effort; MUST: the job fails if that fails. */
typedef enum { CH_WIPE_NO, CH_WIPE_TRY, CH_WIPE_MUST } ch_wipe;

/* Takes db; opens path anew after trouble.  Owned. */
ch_writer *ch_writer_new(const char *path, const ch_seal *seal, ch_db *db);
/* Once nobody waits any more. */
void ch_writer_free(ch_writer *writer);
/* Blocks until the job is committed (TRUE) or undone.  Any thread. */
gboolean ch_writer_run(ch_writer *writer, ch_job run, gpointer data,
                       ch_wipe wipe, GError **error);

/* --- rotate.c ------------------------------------------------------------ */

/* Whether the store's items are sealed by this key. */
gboolean ch_rotate_is_key(ch_db *db, const ch_seal *seal, gboolean *is_out,
                          GError **error);
/* A rotation that was interrupted once its transaction was through: gives the
 * new key its name.  done_out: there was one. */
gboolean ch_rotate_finish(ch_db *db, const char *key_file, gboolean *done_out,
                          GError **error);

/* --- store.c ------------------------------------------------------------- */

gboolean ch_store_submit(ch_store *store, ch_job run, gpointer data,
                         GError **error);
/* The reading connection, locked; NULL and unlocked if it cannot be had.
 * ok FALSE drops the connection: the next call tries a new one. */
ch_db *ch_store_lock_reader(ch_store *store, GError **error);
void ch_store_unlock_reader(ch_store *store, gboolean ok);
const ch_seal *ch_store_seal(const ch_store *store);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_seal, ch_seal_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_sealed, ch_sealed_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_db, ch_db_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_rows, ch_rows_free)

#endif
