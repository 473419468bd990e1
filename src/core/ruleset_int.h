/*
 * The insides of a ruleset, shared by its loader and its run.
 *
 *   pattern    what is searched in texts: a regular expression or the shape
 *              of an entity; one for all signals that are spelled alike
 *   signal     something that may stand in a text or be a fact of the post;
 *              a frame is a signal whose hits cover their whole sentence
 *   condition  a tree over signals, with the unit they must share
 *   rule       a condition, the places it looks at, what it says to people
 */
#ifndef CHAPERONE_RULESET_INT_H
#define CHAPERONE_RULESET_INT_H

#include "chaperone/classifier.h"
#include "chaperone/encoder.h"
#include "chaperone/entity.h"
#include "chaperone/message.h"
#include "chaperone/ruleset.h"
#include "chaperone/scan.h"
#include "chaperone/yaml.h"

typedef struct {
    const ch_regex *regex;
    int entity; /* kind, or -1: a regular expression of ours */
    char *source;
    GArray *rules; /* of guint: rules that cannot hold without a hit */
} rule_pattern;

typedef enum {
    SIGNAL_PATTERN,
    SIGNAL_ENTITY,
    SIGNAL_FACT,
    SIGNAL_CONDITION
} signal_kind;

/* Facts of a post that a signal may ask for. */
typedef enum {
    FACT_REPLY,
    FACT_IMAGE,
    FACT_HIDDEN,        /* there is text that a reader does not see */
    FACT_WORDS,         /* number of words of the bodies */
    FACT_GATEWAY,       /* addressed to that gateway */
    FACT_UNREADABLE,    /* encrypted, damaged, limit, timeout */
    FACT_UNSUPPORTED,   /* no picture, sound or video */
    FACT_AMBIGUOUS,     /* any defect of structure */
    FACT_MEDICAL_FILE,  /* of a medical system, by its signature */
    FACT_PATIENT_LIST,  /* a table of patients, by its columns */
    FACT_PHOTO_PLACE,   /* a photo says where it was taken */
    FACT_PHOTO_PREVIEW, /* a photo's preview is of another shape */
    FACT_PATTERN_LIMIT, /* raised by the run itself */
    FACT_POSTING,       /* a posting address: raised by the walk */
    FACT_GATEWAY_STATE, /* what a gateway makes of it: raised by the walk */
    FACT_COMBINED,      /* raised by policy */
    FACT_FAILURE,       /* raised where nothing could be judged */
    FACT_COUNT
} fact_kind;

typedef enum {
    WITHIN_INHERIT, /* condition: the unit of the node above; signal: its
                     * hits cover what they match */
    WITHIN_CLAUSE,
    WITHIN_SENTENCES,
    WITHIN_PARAGRAPH,
    WITHIN_PART,
    WITHIN_POST,
    WITHIN_CHARACTERS /* around the first child */
} within_kind;

struct rule_node;

typedef struct {
    char *name, *owner; /* owner: its rule or pack */
    char *file;         /* where it stands */
    guint line;
    signal_kind kind;
    guint pattern; /* index into ruleset->patterns */
    fact_kind fact;
    guint at_least, at_most; /* words */
    char *gateway;
    struct rule_node *condition;
    gboolean own_too; /* entity: the practice's own values as well */
    gboolean exact;   /* only as written, not in other views */
    gboolean frame;
    gboolean used;            /* by a condition or another signal */
    within_kind cover;        /* how far its hits reach */
    gboolean cover_rest;      /* from the hit on only */
    guint places;             /* mask of 1 << ch_where */
    GArray *inside, *outside; /* of guint: signals; NULL: none */
} rule_signal;

typedef enum {
    NODE_SIGNAL,
    NODE_ALL,
    NODE_ANY,
    NODE_NOT,
    NODE_COUNT, /* at least need of the children */
    NODE_SCORE, /* points of the children add up to need */
    NODE_HITS   /* at least need hits of a signal */
} node_kind;

typedef struct rule_node {
    node_kind kind;
    guint signal; /* NODE_SIGNAL, NODE_HITS: index into ruleset->signals */
    int need;
    within_kind within;
    guint amount; /* sentences or characters */
    gboolean ordered;
    gboolean distinct; /* NODE_HITS: different values only */
    guint per_words;   /* NODE_HITS: need in so many words; 0: in all */
    GPtrArray *children;
    GArray *points; /* NODE_SCORE: of int, beside children */
} rule_node;

/* A site's exception: with this signal in the sentence it does not count. */
typedef struct {
    guint signal;
    gint64 until_us; /* G_MAXINT64: no end */
} rule_exception;

typedef struct {
    ch_rule public;     /* first: a rule is its public part */
    guint places;       /* mask of 1 << ch_where */
    gboolean quoted;    /* also in what is quoted from others */
    gboolean signature; /* also in the author's signature */
    rule_node *condition;
    gboolean about_facts;    /* the condition looks at no text */
    rule_node *reject_if;    /* of the post; or NULL */
    GArray *unless;          /* of guint: frames in which hits do not count */
    GArray *exceptions;      /* of rule_exception */
    ch_action changed;       /* a site's action, until then */
    gint64 changed_until_us; /* 0: none */
} rule_entry;

/* A second opinion beside the rules; classifier NULL: none. */
typedef struct {
    ch_classifier *classifier;
    ch_encoder *encoder; /* or NULL */
    /* Probabilities of harm. */
    double hold, hold_grave, reject, tag, tag_s1, spare, soften, refuse;
    GStrv firm;  /* rules that it never spares, or NULL */
    GStrv final; /* rules that it leaves alone, or NULL */
} rule_opinion;

struct ch_ruleset {
    rule_opinion opinion;
    GPtrArray *rules;    /* of rule_entry */
    GPtrArray *signals;  /* of rule_signal */
    GPtrArray *patterns; /* of rule_pattern */
    ch_scanner *scanner; /* over the patterns, by their numbers */
    GArray *always;      /* of guint: rules to be asked about every post */
    GHashTable *pattern_numbers; /* source to index + 1 */
    GHashTable *by_id;
    ch_entities *entities;
    GPtrArray *files;         /* of char *: names for messages */
    gboolean trusted;         /* the cache says that all patterns compile */
    const char *jurisdiction; /* static: whose references are shown */
};

#define ALL_PLACES ((1u << CH_WHERE_COUNT) - 1)

/* Rules that the program itself raises; a ruleset without them is refused,
 * or else what could not be read would pass as clean. */
extern const char *const ch_required_rules[];

/* Names in scope while files are read: signal name to index + 1. */
typedef struct {
    ch_ruleset *rules;
    GHashTable *shared;     /* "pack.name", of all files */
    GHashTable *pack;       /* names of this file */
    GHashTable *local;      /* names of this rule, or NULL */
    GHashTable *thresholds; /* "pack.name" to number */
    GHashTable *lexicons;   /* "pack.name" to GPtrArray of char * */
    const char *pack_name;
    const char *owner; /* of signals that are read now */
    ch_diag *diag;
} scope_names;

/* --- rule_words.c --- */
typedef struct {
    gboolean masked; /* letters may be hidden: f**k */
    gboolean bare;   /* no word boundaries: signs, emoji */
} words_form;
/* Phrases as one pattern; NULL and an error at the node.  Owned. */
char *ch_rule_words_pattern(const char *const *phrases, words_form form,
                            const ch_yaml_node *node, ch_diag *diag);

/* --- rule_lexicon.c --- */
/* lexicons: of a pack; changes of an overlay (after all packs). */
void ch_rule_lexicons_read(scope_names *names, const ch_yaml_node *root);
void ch_rule_lexicons_change(scope_names *names, const ch_yaml_node *root);
/* Phrases of the lexicons named at node; NULL after an error.  Owned
 * container of borrowed strings, NULL-terminated. */
const char **ch_rule_lexicon_phrases(scope_names *names,
                                     const ch_yaml_node *node);
/* The path at a key, beside the pack; NULL after an error.  Owned. */
char *ch_rule_dup_path(const ch_yaml_node *node, const char *key,
                       ch_diag *diag);
/* thresholds: of a pack or an overlay. */
void ch_rule_thresholds_read(scope_names *names, const ch_yaml_node *root,
                             gboolean overlay);
/* An integer, or the name of a threshold, between the bounds. */
gboolean ch_rule_number(scope_names *names, const ch_yaml_node *node, int low,
                        int high, int *number_out);

/* --- rule_signal.c --- */
/* Index + 1 of a new signal read from node, 0 after an error. */
guint ch_rule_signal_add(scope_names *names, const char *name,
                         const ch_yaml_node *node, gboolean frame);
/* Reads signals: or frames: of a file or a rule into table. */
void ch_rule_signals_read(scope_names *names, GHashTable *table,
                          const ch_yaml_node *yaml, const char *key);
/* Index + 1 of the signal of that name, 0 and an error. */
guint ch_rule_signal_find(scope_names *names, const char *name,
                          const ch_yaml_node *node);
/* A list of names of signals.  NULL after an error.  Owned. */
GArray *ch_rule_signal_list(scope_names *names, const ch_yaml_node *node);
void ch_rule_signal_free(gpointer signal);
void ch_rule_pattern_free(gpointer pattern);
gboolean ch_rule_places(const ch_yaml_node *yaml, guint *places_out,
                        ch_diag *diag);
extern const char *const ch_rule_fact_names[];

/* --- rule_condition.c --- */
/* The condition at node; NULL after an error.  Owned. */
rule_node *ch_rule_condition_parse(scope_names *names,
                                   const ch_yaml_node *yaml);
void ch_rule_condition_free(gpointer condition);

/* --- rule_pack.c --- */
void ch_rule_entry_free(gpointer entry);
/* Rules of a pack. */
void ch_rule_pack_read(scope_names *names, const ch_yaml_node *root);
/* Text at a key; required.  Owned, never NULL. */
char *ch_rule_dup_text(const ch_yaml_node *yaml, const char *key,
                       ch_diag *diag);

/* authorization: of a rule, a name or a list, to a mask of ch_auth_scope. */
guint ch_rule_scopes(const ch_yaml_node *yaml, ch_diag *diag);

/* The action of a rule, or the site's at that time. */
ch_action ch_rule_action(const rule_entry *entry, gint64 now_us);

/* --- rule_opinion_read.c --- */
/* classifier: of a pack, the only one of all. */
void ch_rule_opinion_read(scope_names *names, const ch_yaml_node *root);
/* Its numbers in an overlay. */
void ch_rule_opinion_change(scope_names *names, const ch_yaml_node *root);
void ch_rule_opinion_clear(rule_opinion *opinion);

/* --- rule_opinion.c --- */
/* What classifier and encoder think of a post.  Owned reading. */
ch_reading *ch_rule_opinion_form(const rule_opinion *o, const GPtrArray *texts,
                                 const ch_facts *facts, gboolean with_reasons,
                                 ch_opinion *opinion_out);

/* --- rule_overlay.c --- */
/* rules: and exceptions: of an overlay, after all packs. */
void ch_rule_overlay_apply(scope_names *names, const ch_yaml_node *root);

/* --- rule_anchor.c --- */
/* Which patterns call which rules; after everything was read. */
void ch_rule_anchor(ch_ruleset *rules);

#endif
