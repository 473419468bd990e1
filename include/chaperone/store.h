/*
 * The store: custody of held mail, the ledger of what was decided, the
 * outbox of what is still to be sent.
 *
 * "Custody before courtesy": what ch_store_commit has taken survives a power
 * cut, so that the MTA may be told that the mail is ours.  Bytes and envelope
 * are encrypted under a key of their own per item, which is sealed with the
 * store's key: destroying that small key destroys the item.  The ledger is
 * insert-only and chained by a keyed hash; it holds no content.
 *
 * Every function may be called from any thread and by several processes;
 * commits that wait at the same time share one transaction.  Errors:
 * CH_ERROR_IO (temporary: full, locked, read-only), CH_ERROR_STATE,
 * CH_ERROR_NOTFOUND, CH_ERROR_CONFIG (wrong key, newer schema).
 */
#ifndef CHAPERONE_STORE_H
#define CHAPERONE_STORE_H

#include "chaperone/authorization.h"
#include "chaperone/envelope.h"
#include "chaperone/id.h"

/* CONTRACT.md, "States and release"; rejected: answered 550 at once. */
typedef enum {
    CH_STATE_HELD,
    CH_STATE_RELEASING,
    CH_STATE_RELEASE_FAILED,
    CH_STATE_RELEASED,
    CH_STATE_REFUSED,
    CH_STATE_EXPIRED,
    CH_STATE_PASSED,
    CH_STATE_REJECTED,
    CH_STATE_COUNT
} ch_state;

const char *ch_state_name(ch_state state); /* Borrowed. */
gboolean ch_state_parse(const char *name, ch_state *state_out);

#define CH_DIGEST_BYTES 32

typedef struct ch_store ch_store;

/* url "sqlite:PATH".  create: make or upgrade database and schema, and make
 * the key file (0600) if neither it nor the database exists.  Not
 * to be carried over a fork(2).  Owned. */
ch_store *ch_store_open(const char *url, const char *key_file, gboolean create,
                        GError **error);
/* Finishes what is under way. */
void ch_store_close(ch_store *store);

/* --- taking a message ------------------------------------------------ */

/* Keyed digest of what makes two mails "the same message" (CONTRACT.md):
 * author, sender, recipients, content without Message-ID, Date and trace
 * headers (RFC 5322 3.6.7: Return-Path, Received; Authentication-Results,
 * DKIM-Signature, ARC-*, X-Chaperone-*).  author may be NULL. */
void ch_store_retry_key(const ch_store *store, const ch_envelope *e,
                        const char *author, GBytes *raw,
                        guint8 key_out[CH_DIGEST_BYTES]);

typedef struct {
    char id[CH_ID_LENGTH + 1]; /* "" if there is none */
    ch_state state;
} ch_prior;

/* The same message within CH_RETRY_DAYS before now_us. */
gboolean ch_store_find_prior(ch_store *store, const guint8 key[CH_DIGEST_BYTES],
                             gint64 now_us, ch_prior *prior_out,
                             GError **error);

/* A link of a letter, made by ch_link_new (link.h). */
typedef struct {
    guint8 digest[CH_DIGEST_BYTES];
    char id[CH_ID_LENGTH + 1]; /* the item whose card it opens */
    gint64 until_us;
} ch_link;

/* A mail waiting to be sent: no patient data in it. */
typedef struct {
    const char *kind;      /* "held", "refused", "expired", ...: for logs */
    const char *recipient; /* one address */
    GBytes *mail;          /* RFC 5322, CRLF; NULL: told in the next digest */
    GArray *links;         /* of ch_link: those in it, or NULL */
} ch_outgoing;

typedef struct {
    const char *id;
    ch_state state; /* HELD, PASSED or REJECTED */
    gint64 time_us;
    const char *author;   /* login or NULL */
    const char *gateways; /* names, comma separated */
    const char *accounts; /* aliases, comma separated, or NULL */
    const char *rules;    /* ids, comma separated */
    const char *verdict;
    const char *queue_id;        /* or NULL */
    gint64 publish_at_us;        /* -1: cannot be known */
    gint64 deadline_us;          /* -1: none */
    const guint8 *retry_key;     /* CH_DIGEST_BYTES */
    const char *findings_json;   /* places, no words */
    const char *hints;           /* IDs of notes, comma separated, or NULL */
    gboolean spanish;            /* the post's language: notices follow it */
    const ch_envelope *envelope; /* NULL: keep no message (reject) */
    GBytes *raw;                 /* NULL: keep no message */
    const ch_outgoing *notices;
    guint n_notices;
} ch_record;

/* One transaction: ledger row, item, sealed bytes, notices.  If the same
 * message is there already (prior_out->id not ""), then: held, releasing,
 * release_failed, released, refused, expired: nothing is written; passed,
 * rejected: a ledger row under the old ID is all that is written - unless the
 * record has that ID and is more (held, or passed after rejected, because
 * rules have changed): then it takes the old item's place and prior_out->id
 * is "". */
gboolean ch_store_commit(ch_store *store, const ch_record *record,
                         ch_prior *prior_out, GError **error);

/* Counts one more failure to judge the message of that key; forgets after
 * CH_RETRY_DAYS. */
gboolean ch_store_count_failure(ch_store *store,
                                const guint8 key[CH_DIGEST_BYTES],
                                gint64 now_us, guint *count_out,
                                GError **error);

/* A draft that was judged for its author: nothing of it is kept. */
typedef struct {
    const char *id, *author, *gateways, *rules, *verdict;
    gint64 time_us;
    guint per_hour;            /* reports for one author */
    const ch_outgoing *report; /* one */
} ch_draft_record;

/* One transaction: ledger row ("checked") and the report in the outbox;
 * neither if the author has had per_hour in the hour before (within_out
 * FALSE). */
gboolean ch_store_add_draft(ch_store *store, const ch_draft_record *draft,
                            gboolean *within_out, GError **error);

/* --- looking and deciding -------------------------------------------- */

typedef struct {
    char *id;
    ch_state state;
    gint64 time_us, publish_at_us, deadline_us;
    gint64 seen_us;    /* -1: not yet (passed items) */
    gint64 decided_us; /* -1: not yet */
    char *author, *gateways, *rules, *verdict, *queue_id; /* or NULL */
    char *reviewer, *note;                                /* or NULL */
    char *findings_json;
    char *hints;          /* or NULL */
    char *accounts;       /* aliases, comma separated, or NULL */
    gsize size;           /* bytes of the message */
    gboolean has_message; /* FALSE: never kept, or destroyed */
    gboolean spanish;     /* notices about it are */
} ch_item;

void ch_item_free(ch_item *item);

/* Items in order of time; states is a mask of 1 << ch_state.  Owned array of
 * ch_item. */
GPtrArray *ch_store_list(ch_store *store, guint states, GError **error);
ch_item *ch_store_get(ch_store *store, const char *id, GError **error);
/* The exact message as received; envelope_out may be NULL.  Owned. */
GBytes *ch_store_read(ch_store *store, const char *id,
                      ch_envelope **envelope_out, GError **error);

struct ch_guard; /* review.h */

typedef struct {
    const char *reviewer; /* name or NULL */
    gint64 uid;           /* of the process that decided, -1: housekeeping */
    const char *note;     /* or NULL */
    gint64 time_us;
    const ch_outgoing *notices;
    guint n_notices;
    /* NULL: not on the review page; else weighed in the transaction. */
    const struct ch_guard *guard;
} ch_decision;

/* HELD to REFUSED or EXPIRED, RELEASE_FAILED to REFUSED, once: CH_ERROR_STATE
 * if it was decided (RELEASING: release.h).  EXPIRED destroys the message in
 * the same transaction. */
gboolean ch_store_decide(ch_store *store, const char *id, ch_state state,
                         const ch_decision *decision, GError **error);
/* A passed item was looked at; once. */
gboolean ch_store_seen(ch_store *store, const char *id,
                       const ch_decision *decision, GError **error);
/* Ledger row: who looked at an item's text (event "viewed", "exported"). */
gboolean ch_store_record_view(ch_store *store, const char *id,
                              const char *event, const ch_decision *who,
                              GError **error);

/* What its author wrote about an item (letter.h). */
typedef struct {
    gint64 time_us;
    char *text; /* words of a post: for those who see its text */
} ch_letter;

/* Kept sealed until the item's message is destroyed; with a ledger row and
 * notices.  CH_ERROR_NOTFOUND: no item of that author whose message is there;
 * CH_ERROR_STATE: there are CH_MAX_LETTERS. */
gboolean ch_store_add_letter(ch_store *store, const char *id,
                             const char *author, const char *text,
                             const ch_decision *who, GError **error);
/* In order.  Owned array of ch_letter. */
GPtrArray *ch_store_letters(ch_store *store, const char *id, GError **error);

/* --- authorizations -------------------------------------------------- */

/* Each with a row in the ledger.  CH_ERROR_STATE: the ID is there already,
 * valid or revoked. */
gboolean ch_store_add_authorization(ch_store *store, const ch_authorization *a,
                                    const ch_decision *who, GError **error);
/* Once: CH_ERROR_STATE; CH_ERROR_NOTFOUND. */
gboolean ch_store_revoke_authorization(ch_store *store, const char *id,
                                       const ch_decision *who, GError **error);
/* The register as it is now, in the order it was made.  Owned array of
 * ch_authorization. */
GPtrArray *ch_store_authorizations(ch_store *store, GError **error);

/* --- housekeeping ----------------------------------------------------- */

typedef struct {
    gint64 row;
    char *item, *kind, *recipient;
    GBytes *mail;
    guint attempts;
} ch_waiting;

void ch_waiting_free(ch_waiting *w);

/* A notice about no item, to be sent at once. */
gboolean ch_store_add_notice(ch_store *store, const char *id,
                             const ch_outgoing *notice, gint64 time_us,
                             GError **error);
/* What is due at now_us, oldest first, at most limit.  Owned array. */
GPtrArray *ch_store_outbox_due(ch_store *store, gint64 now_us, guint limit,
                               GError **error);
/* Sent: the row goes.  Not sent: tried again at next_us; -1 gives up (the
 * ledger says so).  reply: the server's last line. */
gboolean ch_store_outbox_done(ch_store *store, gint64 row, gboolean sent,
                              const char *reply, gint64 next_us,
                              GError **error);

/* Destroys messages of items that arrived before kept_us, of rejected ones
 * before rejected_us; never of those that still wait (held, releasing,
 * release_failed).  Forgets items and ledger rows before ledger_us; truncates
 * the log so that nothing destroyed stays in a file.  CH_ERROR_IO with
 * destroyed_out above 0: a reader kept the log, the next purge empties it. */
gboolean ch_store_purge(ch_store *store, gint64 kept_us, gint64 rejected_us,
                        gint64 ledger_us, guint *destroyed_out, GError **error);

typedef struct {
    guint64 held, outbox;
    gint64 oldest_held_us; /* -1: none */
    gint64 last_notice_us; /* last success, -1: none */
} ch_store_numbers;

gboolean ch_store_count(ch_store *store, ch_store_numbers *out, GError **error);

/* A new master key: every item's key is sealed anew, in one transaction, then
 * the new file takes the old one's name.  Interrupted anywhere, the store
 * opens with one of the two; run again, it goes on.  Nobody else may have the
 * store open: what they hold is the old key (ch_store_commit refuses it).
 * CH_ERROR_STATE while a release is under way: its token is of the old key. */
gboolean ch_store_rotate_key(const char *url, const char *key_file,
                             const ch_decision *who, guint *items_out,
                             GError **error);

/* A consistent copy while the store is in use; refuses to overwrite. */
gboolean ch_store_backup(ch_store *store, const char *file, GError **error);

/* Keyed digest under a purpose ("notice", ...), 32 bytes: for headers that
 * only we can make. */
void ch_store_sign(const ch_store *store, const char *purpose, GBytes *data,
                   guint8 out[CH_DIGEST_BYTES]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_store, ch_store_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_item, ch_item_free)

#endif
