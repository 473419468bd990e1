/*
 * Lint: what a rule author should look at, though the rules load.
 *
 * Found by reading the rules and by running them over their own examples and
 * over texts made to run a pattern away.  It takes seconds, not milliseconds.
 */
#ifndef CHAPERONE_LINT_H
#define CHAPERONE_LINT_H

#include "chaperone/ruleset.h"

/* Time that the patterns of a rule took over all examples of all rules. */
typedef struct {
    const char *owner; /* rule, or pack whose signal it is */
    const char *signal;
    gint64 time_us;
    guint searched; /* times that it had to be looked for */
    char *problem;  /* what would make it cheap; NULL: nothing known */
} ch_lint_cost;

/* Adds what to mend to problems: unused signals and frames, few examples, no
 * near miss, a review that is long ago, rules that find each other's
 * examples, patterns that run away or that nothing calls for.  now_us: for
 * the age of reviews.  Returns the dearest signals, dearest first (of
 * ch_lint_cost).  Owned. */
GArray *ch_ruleset_lint(const ch_ruleset *rules, gint64 now_us,
                        ch_diag *problems);

#endif
