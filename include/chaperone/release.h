/*
 * Release: an approved item on its way to its stored envelope, at most once.
 *
 * A person approves (held or release_failed to releasing); housekeeping then
 * sends recipient by recipient.  Each attempt carries a token of its own, 32
 * random bytes in X-Chaperone-Release, of which the store keeps a digest as
 * long as the attempt lasts.  The milter lets the mail pass only if the token
 * is the one of that item and that recipient, used for the first time, and
 * Subject, MIME headers and body are the approved ones.
 *
 * What the server said is the state.  Where nobody knows what became of a
 * mail (connection lost after the final dot, daemon killed in between), the
 * item stays releasing and waits for a person: ch_release_settle.
 *
 * Any thread, any process, except where said.  Errors: as in store.h.
 */
#ifndef CHAPERONE_RELEASE_H
#define CHAPERONE_RELEASE_H

#include "chaperone/retime.h"
#include "chaperone/smtp.h"
#include "chaperone/store.h"

#define CH_RELEASE_HEADER "X-Chaperone-Release"

typedef enum {
    CH_RELEASE_WAITING, /* for its first attempt, or for the next one */
    CH_RELEASE_SENDING, /* an attempt is under way */
    CH_RELEASE_SENT,    /* 2xx: final */
    CH_RELEASE_REFUSED, /* 5xx, or given up */
    CH_RELEASE_UNKNOWN, /* for a person to find out */
    CH_RELEASE_COUNT
} ch_release_state;

const char *ch_release_state_name(ch_release_state state); /* Borrowed. */

/* One recipient of an item that was approved. */
typedef struct {
    gint64 row;
    char *id;
    guint recipient; /* 1-based, in the stored envelope */
    ch_release_state state;
    guint attempts;
    gint64 time_us; /* of the last change */
    char *reply;    /* the server's last line without addresses, or NULL */
} ch_release_step;

void ch_release_step_free(ch_release_step *step);

/* --- people ------------------------------------------------------------ */

/* What a release at now_us would change: to be shown, then approved.
 * CH_ERROR_STATE: there is an obstacle.  Owned array of ch_retiming. */
GPtrArray *ch_release_plan(ch_store *store, ch_house *house, const char *id,
                           gint64 now_us, GError **error);
/* HELD or RELEASE_FAILED to RELEASING, once: CH_ERROR_STATE otherwise.  What
 * is approved, by its digest, is the stored mail as ch_auth_strip leaves it,
 * or for a recipient with edits in plan the version derived by them, which
 * the ledger names.  plan NULL: as it is.  Who has it gets no other. */
gboolean ch_release_approve(ch_store *store, const char *id,
                            const GPtrArray *plan, const ch_decision *decision,
                            GError **error);

/* Mail to be sent when the item comes to an end: released, or in need of a
 * person.  Either may be empty. */
typedef struct {
    const ch_outgoing *released, *trouble;
    guint n_released, n_trouble;
} ch_release_news;

/* What a person found out about a recipient whose state is unknown (0: the
 * only one).  Not delivered: the item may be approved again. */
gboolean ch_release_settle(ch_store *store, const char *id, guint recipient,
                           gboolean delivered, const ch_decision *decision,
                           const ch_release_news *news, GError **error);

/* Of one item, in order of recipients; empty if it was never approved.
 * Owned array of ch_release_step. */
GPtrArray *ch_release_list(ch_store *store, const char *id, GError **error);

/* --- housekeeping alone -------------------------------------------------- */

/* What is due at now_us, or (sending TRUE) what an attempt was under way
 * for: asked before the first attempt, these were interrupted by a crash.
 * Owned array of ch_release_step. */
GPtrArray *ch_release_due(ch_store *store, gint64 now_us, guint limit,
                          gboolean sending, GError **error);

typedef struct {
    const ch_release_step *step; /* borrowed */
    ch_envelope *envelope;       /* as stored, all recipients */
    GBytes *mail;                /* as approved */
    char *header;                /* the one line that goes first, CRLF */
} ch_release_attempt;

void ch_release_attempt_free(ch_release_attempt *attempt);

/* Committed before a byte is sent.  NULL + CH_ERROR_IO: try later; other
 * errors: it can never be sent.  Owned. */
ch_release_attempt *
ch_release_begin(ch_store *store, const ch_release_step *step, GError **error);

typedef struct {
    const ch_release_attempt *attempt; /* NULL: it could not begin */
    ch_smtp_outcome outcome;
    const char *reply; /* the server's last line; addresses are cut out */
    gint64 next_us;    /* CH_SMTP_LATER: when to try again, -1 gives up */
    ch_release_news news;
} ch_release_result;

/* Ends an attempt.  state_out: what the item is now; used_out: the milter
 * has let the mail pass. */
gboolean ch_release_end(ch_store *store, const ch_release_step *step,
                        const ch_release_result *result, ch_state *state_out,
                        gboolean *used_out, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_release_step, ch_release_step_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_release_attempt, ch_release_attempt_free)

#endif
