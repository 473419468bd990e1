/*
 * Policy: findings to one verdict for each destination.
 *
 * The strongest action wins.  Before that: disabled and monitored rules,
 * overrides with an end date, several weak findings together, senders that a
 * refusal would not reach.  Pure.
 */
#ifndef CHAPERONE_POLICY_H
#define CHAPERONE_POLICY_H

#include "chaperone/gateways.h"
#include "chaperone/ruleset.h"

typedef struct {
    const ch_config *config;
    const ch_ruleset *rules;
    const char *author; /* proven login or NULL: overrides may name it */
    gint64 now_us;      /* overrides end */
    gboolean no_reject; /* empty sender, Auto-Submitted: hold instead, for
                           nobody would read the refusal */
} ch_policy;

/* Drops findings of disabled rules, sets the action of each finding and the
 * verdict of each destination, appends policy/combined if it holds, sorts
 * findings (strongest first).  Returns the strongest verdict; without
 * destinations the one for a post to no gateway in particular. */
ch_action ch_policy_decide(const ch_policy *policy, GArray *findings,
                           GArray *destinations);

#endif
