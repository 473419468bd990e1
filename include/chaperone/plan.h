/*
 * Plan: what becomes of a judged mail's recipients.
 *
 * Pure, between verdict and effects.  Recipients whose verdict is below
 * quarantine may go on while others are held, but only where those others
 * can be taken out of the MTA's envelope with certainty.
 */
#ifndef CHAPERONE_PLAN_H
#define CHAPERONE_PLAN_H

#include "chaperone/inspect.h"

typedef enum {
    CH_PLAN_PASS,  /* all recipients go on */
    CH_PLAN_SPLIT, /* some are held, the others go on */
    CH_PLAN_HOLD,  /* all are held */
    CH_PLAN_REJECT /* all are refused */
} ch_plan_kind;

typedef struct {
    ch_plan_kind kind;
    ch_action passing; /* strongest verdict among those that go on */
    GArray *held;      /* of guint, 0-based recipient indexes, ascending;
                          SPLIT: these; else empty */
} ch_plan;

/* can_delete: the MTA takes recipients out for us.  Owned. */
ch_plan *ch_plan_new(const ch_verdict *verdict, const ch_envelope *e,
                     gboolean can_delete);
void ch_plan_free(ch_plan *plan);

/* The envelope with only the recipients whose index is (keep TRUE) or is not
 * (keep FALSE) in the ascending array indexes.  Owned. */
ch_envelope *ch_plan_dup_envelope(const ch_envelope *e, const GArray *indexes,
                                  gboolean keep);

/* Indexes of the recipients of e that part has too, by argument as received:
 * what a stored part of this envelope holds.  Owned array of guint. */
GArray *ch_plan_find_recipients(const ch_envelope *e, const ch_envelope *part);
/* Whether the MTA can be told to delete every one of them. */
gboolean ch_plan_can_delete(const ch_envelope *e, const GArray *indexes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_plan, ch_plan_free)

#endif
