/*
 * Decisions, for pages and API alike.
 */
#ifndef CHAPERONE_REVIEW_DECIDE_H
#define CHAPERONE_REVIEW_DECIDE_H

#include "review.h"

/* Ready-made notes to an author, in the language of the post. */
typedef struct {
    const char *name;              /* in forms */
    const char *english, *spanish; /* to the author */
} ch_canned;

extern const ch_canned ch_canned_notes[];
extern const guint ch_canned_count;
/* The note that is ready without any choice: what the first rule that found
 * something advises.  NULL: no such rule is known any more. */
#define CH_CANNED_ADVICE "advice"
const char *ch_canned_advice(const ch_ctx *c, const ch_item *item,
                             gboolean spanish);

/* verb: "take", "release" ...; reads note, canned, content, outcome, recipient
 * from the form.  FALSE: nothing was changed. */
gboolean ch_decide(ch_ctx *c, const char *id, const char *verb, GError **error);
/* Last segment of the path.  Borrowed. */
const char *ch_decide_verb(const ch_ctx *c);
/* Whether a release of item needs a second person. */
gboolean ch_needs_two(const ch_ctx *c, const ch_item *item);
gint64 ch_lock_us(const ch_ctx *c);
/* Fills guard for who asks about item; borrows from c. */
void ch_guard_fill(const ch_ctx *c, const ch_item *item,
                   struct ch_guard *guard);

#endif
