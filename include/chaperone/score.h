/*
 * Scores: how well verdicts fit the labels that people gave to posts
 * (CONTRACT.md, "chaperone eval").
 *
 * Caught is a violation with a verdict above accept; stopped is one that
 * deserves quarantine or reject and got either.  Scores hold ids of posts and
 * of rules, never text.  Not thread-safe: verdicts may be made by many
 * threads, they are added by one, in the order of the corpus.
 */
#ifndef CHAPERONE_SCORE_H
#define CHAPERONE_SCORE_H

#include "chaperone/action.h"

/* What a person says about a post; all strings are borrowed for the call. */
typedef struct {
    const char *id;
    gboolean violation; /* else it is allowed */
    ch_action severity; /* the verdict it deserves; CH_ACCEPT if allowed */
    const char *rule;   /* that should find it, or NULL */
    const char *lang;
    const char *post_class; /* or NULL */
} ch_label;

/* n of so many; without any, there is no rate. */
typedef struct {
    guint n, of;
} ch_ratio;

typedef struct {
    guint posts;
    ch_ratio caught;     /* of the violations: also the recall */
    ch_ratio precision;  /* violations of what got more than accept */
    ch_ratio stopped;    /* of what deserves quarantine or reject */
    ch_ratio under;      /* reject deserved, tag or accept given */
    ch_ratio false_stop; /* held or rejected, of what is allowed */
    ch_ratio false_tag;  /* tagged, of what is allowed */
} ch_score;

typedef struct {
    guint of;     /* violations labelled with the rule */
    guint right;  /* of them, those in which this very rule fired */
    guint caught; /* of them, those with a verdict above accept */
    guint alarms; /* allowed posts in which the rule fired */
} ch_rule_score;

/* Ids of posts that came out wrong, in the order of the corpus. */
typedef enum {
    CH_LIST_MISSES,      /* violations that were accepted */
    CH_LIST_ALARMS,      /* allowed posts with a verdict above accept */
    CH_LIST_UNSTOPPED,   /* quarantine or reject deserved, tagged */
    CH_LIST_FALSE_STOPS, /* allowed posts that were held or rejected */
    CH_LIST_COUNT
} ch_list;

typedef struct {
    ch_score all;
    GTree *by_rule;  /* rule id to ch_rule_score, in order of the ids */
    GTree *by_lang;  /* language to ch_score */
    GTree *by_class; /* class to ch_score; posts without one are left out */
    GPtrArray *lists[CH_LIST_COUNT]; /* of char * */
} ch_scores;

ch_scores *ch_scores_new(void); /* Owned. */
void ch_scores_free(ch_scores *scores);
/* rules: ids that fired, each once, NULL-terminated. */
void ch_scores_add(ch_scores *scores, const ch_label *label, ch_action verdict,
                   const char *const *rules);

/* "misses", as in JSON.  Borrowed. */
const char *ch_list_name(ch_list list);

typedef struct {
    double rate, low, high;
} ch_interval;

/* The rate and its 95 % interval (Wilson 1927).  FALSE if of is 0.  Pure. */
gboolean ch_ratio_interval(ch_ratio ratio, ch_interval *interval_out);
/* Harmonic mean of precision and recall; FALSE if there is none.  Pure. */
gboolean ch_score_f1(const ch_score *score, double *f1_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_scores, ch_scores_free)

#endif
