/*
 * Rules: YAML packs to something that runs over the texts of a post.
 *
 * A loaded ruleset is const and shared by all threads.  Loading refuses
 * unknown keys, signals and entities, bad patterns, patterns that match the
 * empty string, duplicate ids, rules without reference, advice or examples,
 * and rules whose examples come out wrong.
 */
#ifndef CHAPERONE_RULESET_H
#define CHAPERONE_RULESET_H

#include "chaperone/classifier.h"
#include "chaperone/config.h"
#include "chaperone/verdict.h"

typedef enum {
    CH_CONFIDENCE_LOW,
    CH_CONFIDENCE_MEDIUM,
    CH_CONFIDENCE_HIGH
} ch_confidence;

/* A post in which a rule must, or must not, find something. */
typedef struct {
    char *text;
    gboolean must_match;
    guint line, column; /* in the rule's file */
} ch_example;

typedef struct ch_rule {
    char *id, *title, *title_es;
    char *advice, *advice_es;         /* plain words for staff */
    char *suggestion, *suggestion_es; /* what could be written instead, as it
                                       * stands; NULL: none */
    char *reference;                  /* law, guideline or case */
    char *reviewed;                   /* date of the last review */
    char *languages;                  /* "en, es": that it was written for */
    ch_action action;
    gboolean rejects_worst; /* the action is reject for the worst of it */
    guint severity;         /* 1 legal or patient harm .. 4 style */
    guint authorization;    /* mask of ch_auth_scope: those that cover it */
    ch_confidence confidence;
    GArray *examples;        /* of ch_example */
    gboolean reply_examples; /* the examples are replies */
    gboolean image_examples; /* the examples come with a picture */
    gboolean enabled;        /* FALSE: a site switched it off */
    const char *file;
    guint line;
} ch_rule;

typedef struct ch_ruleset ch_ruleset;

/* Loads every *.yaml of the configured directories (or single files), in
 * name order.  Marks the practice's own values.  NULL after an error. */
ch_ruleset *ch_ruleset_load(const ch_config *config, ch_diag *diag);
/* The same with other specialties than practice.specialty. */
ch_ruleset *ch_ruleset_load_for(const ch_config *config,
                                const char *const *specialties, ch_diag *diag);
ch_ruleset *ch_ruleset_parse(const char *file, const char *data, gsize length,
                             const ch_config *config, ch_diag *diag);
void ch_ruleset_free(ch_ruleset *rules);

const GPtrArray *ch_ruleset_rules(const ch_ruleset *rules); /* of ch_rule */
const ch_rule *ch_ruleset_find(const ch_ruleset *rules, const char *id);

/* What rules may ask about a post besides its texts. */
typedef struct {
    gboolean is_reply;
    gboolean has_image;
    gint64 now_us;             /* exceptions of a site end */
    const GPtrArray *gateways; /* of char *: their names, or NULL */
    const GArray *defects;     /* of ch_defect, or NULL */
    const GArray *unscanned;   /* of ch_unscanned, or NULL */
    const GPtrArray *parts;    /* of ch_part, or NULL */
} ch_facts;

/* Tells diag of examples that come out wrong: each rule is run over its own
 * with no practice configured. */
void ch_ruleset_check_examples(const ch_ruleset *rules, ch_diag *diag);

/* Runs all rules over folded texts; appends ch_finding with the action of
 * the rule, or the site's.  With opinion_out, the classifier, if there is one,
 * then spares findings or adds one.  GError only for trouble of ours.
 * Thread-safe for texts of one thread. */
gboolean ch_ruleset_run(const ch_ruleset *rules, const GPtrArray *texts,
                        const ch_facts *facts, GArray *findings,
                        ch_opinion *opinion_out, GError **error);
/* Does without the encoder from now on: for who reads many posts to learn from
 * them.  Not while others use the rules. */
void ch_ruleset_drop_encoder(ch_ruleset *rules);
/* The opinion with its reasons, for people.  FALSE: no classifier. */
gboolean ch_ruleset_opinion(const ch_ruleset *rules, const GPtrArray *texts,
                            const ch_facts *facts, ch_opinion *opinion_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_ruleset, ch_ruleset_free)

#endif
