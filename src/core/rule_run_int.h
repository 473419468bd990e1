/*
 * The insides of a run of rules over one post: hits, units, conditions.
 *
 *   rule_hits.c   what stands where: searched when first asked for
 *   rule_eval.c   whether a condition holds in a unit, and by what
 *   rule_run.c    from rules to findings
 *   rule_trace.c  the same, told step by step
 */
#ifndef CHAPERONE_RULE_RUN_INT_H
#define CHAPERONE_RULE_RUN_INT_H

#include "ruleset_int.h"

typedef struct {
    int text; /* index, -1: no text (a fact) */
    ch_span span;
    int part;      /* of a fact */
    gboolean wide; /* a frame: it is about its surroundings */
} rule_hit;

/* Where a condition must hold: one text or, with text -1, the whole post. */
typedef struct {
    int text;
    ch_span span;
} rule_unit;

typedef struct {
    int twin;                      /* owner of scans and fired; -1: our own */
    ch_scan *scans[CH_VIEW_COUNT]; /* NULL: there is no such view */
    guint8 *fired;                 /* a bit for each pattern, in any view */
    guint8 *may_hit;               /* of each signal: rule_eval.c's answer */
    GHashTable *patterns;          /* number to GArray of pattern_hit */
    GHashTable *signals;           /* number to GArray of ch_span, ascending */
    GArray *clauses;               /* of gsize: where they start */
} text_hits;

typedef struct {
    const ch_ruleset *rules;
    const GPtrArray *texts;
    const ch_facts *facts;
    text_hits *of_text;
    GHashTable *of_post;    /* fact signal to GArray of rule_hit */
    GArray *nothing;        /* of ch_span: empty */
    const rule_entry *rule; /* being asked; NULL: a signal's condition */
    gboolean neutral;       /* no value is the practice's own */
    gboolean limit_hit, failed;
} rule_run;

extern const rule_unit ch_rule_whole_post;

/* Scans all texts. */
void ch_rule_run_init(rule_run *r, const ch_ruleset *rules,
                      const GPtrArray *texts, const ch_facts *facts);
void ch_rule_run_clear(rule_run *r);

/* --- rule_hits.c --- */
/* Whether a pattern may have a hit in a text. */
gboolean ch_rule_fired(const rule_run *r, guint pattern, guint text);
/* Hits of a signal in a text, ascending.  Borrowed array of ch_span. */
const GArray *ch_rule_hits(rule_run *r, guint signal, guint text);
/* Appends the hits that count for the rule in a unit, at most max.  out NULL:
 * only tells whether there are any. */
gboolean ch_rule_hits_in(rule_run *r, guint signal, rule_unit u, guint max,
                         GArray *out);
/* Where clauses start in a text.  Borrowed. */
const GArray *ch_rule_clauses(rule_run *r, guint text);
gboolean ch_rule_looks_at(const rule_run *r, guint text);
/* Words in a unit. */
guint ch_rule_count_words(const rule_run *r, rule_unit u);
/* Unit around a span: the pieces of that kind that it touches. */
ch_span ch_rule_widen(rule_run *r, guint text, ch_span span, within_kind kind);

/* --- rule_eval.c --- */
typedef gboolean (*rule_visit)(rule_run *r, const rule_node *n, rule_unit u,
                               gpointer data);
/* Calls visit for each unit that a node asks for inside of outer, until
 * TRUE. */
gboolean ch_rule_each_unit(rule_run *r, const rule_node *n, rule_unit outer,
                           rule_visit visit, gpointer data);
/* Whether a node's operator holds in just this unit; what made it hold is
 * appended to evidence (GArray of rule_hit). */
gboolean ch_rule_holds_in(rule_run *r, const rule_node *n, rule_unit u,
                          gpointer evidence);
gboolean ch_rule_holds(rule_run *r, const rule_node *n, rule_unit u,
                       GArray *evidence);
/* Whether it could hold anywhere in u, vetoes and units left aside. */
gboolean ch_rule_is_possible(rule_run *r, const rule_node *n, rule_unit u);

/* --- rule_opinion.c --- */
/* Lets the classifier, if there is one, spare findings or add one. */
void ch_rule_opinion_review(rule_run *r, GArray *findings, ch_opinion *opinion);

/* --- rule_run.c --- */
/* What a rule asks for: what it says, or a refusal where the worst that it
 * speaks of is there. */
ch_action ch_rule_asks_for(rule_run *r, const rule_entry *entry);
/* Asks the rule r->rule; appends findings. */
void ch_rule_ask(rule_run *r, GArray *findings);

#endif
