/*
 * A trace: how the findings of a post came about, for people who write
 * rules.  It is made on demand by running the rules once more; judging does
 * not pay for it.  It shows matched text: a terminal may, a log never.
 */
#ifndef CHAPERONE_TRACE_H
#define CHAPERONE_TRACE_H

#include "chaperone/ruleset.h"

typedef struct {
    const char *type; /* CONTRACT.md's, "us-ssn" */
    guint text;       /* index into the texts */
    ch_span span;     /* of its source */
    gboolean own;
} ch_seen_entity;

typedef struct {
    const char *rule; /* whose signal it is; "PACK" for a shared one */
    const char *name;
    guint text;
    ch_span span; /* of the source */
    gboolean frame;
} ch_seen_signal;

/* One line of a condition, as it was in the part of the post that came
 * closest: "all within sentence", "not negation", "health".  Of a rule that
 * holds, its "reject-if: ..." follows. */
typedef struct {
    guint depth;
    gboolean holds;
    char *label;
} ch_step;

typedef struct {
    const ch_rule *rule;
    gboolean holds;
    GArray *steps; /* of ch_step */
    char *missing; /* the first part that failed, in words; NULL: none */
} ch_rule_trace;

typedef struct {
    GArray *entities; /* of ch_seen_entity */
    GArray *signals;  /* of ch_seen_signal */
    GPtrArray *rules; /* of ch_rule_trace; rules of which no signal at all
                       * stood in the post are left out */
    gboolean has_opinion;
    ch_opinion opinion; /* the classifier's, with reasons */
} ch_trace;

/* texts and facts as ch_ruleset_run gets them.  GError only for trouble of
 * ours.  Owned. */
ch_trace *ch_ruleset_trace(const ch_ruleset *rules, const GPtrArray *texts,
                           const ch_facts *facts, GError **error);
void ch_trace_free(ch_trace *trace);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_trace, ch_trace_free)

#endif
