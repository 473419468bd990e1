/*
 * Findings and verdicts: what the walk concludes.
 *
 * A finding holds no words: a rule, a place, a span.  Patient data stays in
 * the mail; a masked excerpt is cut from it when shown.
 */
#ifndef CHAPERONE_VERDICT_H
#define CHAPERONE_VERDICT_H

#include "chaperone/action.h"
#include "chaperone/envelope.h"
#include "chaperone/text.h"

struct ch_rule;
struct ch_account;
struct ch_gateway;
struct ch_posting;

typedef struct {
    const struct ch_rule *rule; /* borrowed from the ruleset */
    ch_action asked;            /* by the rule, or by a site's overlay */
    ch_action action;           /* after policy, for all gateways together */
    ch_where where;
    int part;                  /* index or -1 */
    gboolean has_span;         /* FALSE: the place has no text */
    gboolean learned;          /* by the classifier, not by the rule itself */
    ch_span span;              /* into the source of the text */
    guint line;                /* 1-based, 0 without span */
    const ch_text *text;       /* that span points into, or NULL; borrowed */
    const char *authorization; /* ID of the one that made it a tag, or NULL;
                                  borrowed from the verdict */
    const struct ch_gateway *only; /* it concerns posts there; NULL: all */
} ch_finding;

/* One gateway recipient of the mail. */
typedef struct {
    const struct ch_gateway *gateway; /* borrowed from the gateway table */
    const struct ch_account *account; /* whose alias it is, or NULL */
    guint recipient;                  /* 1-based index into the envelope */
    ch_action verdict;
    gint64 publish_at_us;       /* -1: cannot be known */
    struct ch_posting *posting; /* what it makes of the post, or NULL */
} ch_destination;

typedef struct {
    const char *id; /* "gateway/…" */
    const char *text;
} ch_note;

#endif
