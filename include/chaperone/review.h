/*
 * Reviewing: what people do with an item before its one decision, and the
 * lists that they work from.
 *
 * A decision taken on the page carries a guard: who it is, and what the page
 * showed.  The guard is weighed in the same transaction as the decision, so
 * of two reviewers one wins and the other is told.  Decisions themselves are
 * store.h's and release.h's: there is no second way.
 *
 * Any thread, any process.  Errors are those of store.h; CH_ERROR_STATE says
 * in words why not.
 */
#ifndef CHAPERONE_REVIEW_H
#define CHAPERONE_REVIEW_H

#include "chaperone/user.h"

/* What CH_ERROR_STATE says to people stands in the error; borrowed. */
struct ch_guard {
    const char *account;
    ch_role role;
    const char *author;    /* that login's posts are this person's, or NULL */
    gboolean own_allowed;  /* a solo practice: the author may approve */
    gboolean not_named;    /* the post's account names other reviewers */
    gboolean two_people;   /* this approval needs a second person's */
    const guint8 *content; /* CH_DIGEST_BYTES: what the card showed, or NULL */
    gint64 lock_us;        /* how long a taken item stays taken */
};

typedef struct {
    char *owner;     /* who has taken it, or NULL */
    gint64 taken_us; /* -1: nobody */
    char *first_by;  /* who approved first, or NULL */
    gint64 first_us, escalated_us, evidence_us; /* -1: not */
    gint64 asked_us, wrote_us; /* the author was asked, wrote; -1: not */
} ch_review;

void ch_review_free(ch_review *review);
/* Empty if nobody did anything yet.  Owned. */
ch_review *ch_review_get(ch_store *store, const char *id, GError **error);
/* Whether there is something to decide: held, release_failed. */
gboolean ch_review_is_open(const ch_item *item);
/* Who has it at now_us, or NULL.  Borrowed. */
const char *ch_review_owner(const ch_review *review, gint64 lock_us,
                            gint64 now_us);
/* Whether a post of that author is the account's own: its author, its name, or
 * the author's local part is its name. */
gboolean ch_review_is_own(const struct ch_guard *guard, const char *author);

/* Both need decision->guard.  Taken: CH_ERROR_STATE names who has it. */
gboolean ch_review_take(ch_store *store, const char *id,
                        const ch_decision *decision, GError **error);
gboolean ch_review_let_go(ch_store *store, const char *id,
                          const ch_decision *decision, GError **error);

typedef enum {
    CH_MARK_ESCALATED, /* a senior decides */
    CH_MARK_EVIDENCE,  /* kept past expiry and retention */
    CH_MARK_RELEASED_EVIDENCE,
    CH_MARK_ASKED,    /* the author was asked */
    CH_MARK_ANSWERED, /* the author's letter was answered */
    CH_MARK_REMINDED,
    CH_MARK_WARNED,
    CH_MARK_COUNT
} ch_mark;

/* With its ledger row and notices; marks that are there already are
 * CH_ERROR_STATE (asking and answering may be repeated). */
gboolean ch_review_mark(ch_store *store, const char *id, ch_mark mark,
                        const ch_decision *decision, GError **error);

/* What an approval binds: the digest of the mail as it would be sent. */
void ch_review_digest(const ch_store *store, GBytes *raw,
                      guint8 out[CH_DIGEST_BYTES]);

/* --- lists ------------------------------------------------------------------
 */

typedef enum {
    CH_LIST_WAITING, /* held, releasing, release_failed; least time first */
    CH_LIST_PASSED,  /* published, not looked at yet */
    CH_LIST_DONE,    /* decided, the latest first */
    CH_LIST_ALL,
    CH_LIST_COUNT
} ch_list;

/* Texts: NULL for any. */
typedef struct {
    ch_list list;
    const char *state, *gateway, *rule, *author;
    const char *search; /* in ID, author, gateways, rules, reviewer */
    const char *owner;
    gboolean escalated; /* only those */
    guint offset, limit;
} ch_list_ask;

typedef struct {
    ch_item *item;
    ch_review *review;
} ch_list_row;

/* Owned array of ch_list_row; total_out: rows without offset and limit. */
GPtrArray *ch_review_list(ch_store *store, const ch_list_ask *ask,
                          guint *total_out, GError **error);

typedef struct {
    guint waiting, escalated, passed, failed, due_soon;
} ch_review_counts;

/* due_us: what is due before counts as soon. */
gboolean ch_review_count(ch_store *store, gint64 due_us, ch_review_counts *out,
                         GError **error);

typedef struct {
    gint64 time_us;
    char *event, *actor, *note; /* or NULL */
} ch_history;

/* Ledger rows of one item, in order.  Owned array of ch_history. */
GPtrArray *ch_review_history(ch_store *store, const char *id, GError **error);

/* Items that came in at after_us or later, in no order, to be counted; the
 * texts of item are only good during the call. */
typedef void (*ch_review_visit)(const ch_item *item, gpointer data);
gboolean ch_review_each(ch_store *store, gint64 after_us, ch_review_visit visit,
                        gpointer data, GError **error);

/* Held items whose reminder, warning or end is due: of CH_MARK_REMINDED,
 * CH_MARK_WARNED; CH_MARK_COUNT: the end, of items that came in at before_us
 * or earlier.  Owned array of ch_item. */
GPtrArray *ch_review_due(ch_store *store, ch_mark mark, gint64 now_us,
                         gint64 before_us, guint limit, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_review, ch_review_free)

#endif
