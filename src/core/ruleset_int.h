/*
 * The insides of a ruleset, shared by its loader, its conditions and the run.
 *
 *   signal     something that may stand in a text or be a fact of the post
 *   condition  a tree over signals, with the unit they must share
 *   rule       a condition, the places it looks at, what it says to people
 */
#ifndef CHAPERONE_RULESET_INT_H
#define CHAPERONE_RULESET_INT_H

#include "chaperone/entity.h"
#include "chaperone/message.h"
#include "chaperone/ruleset.h"
#include "chaperone/yaml.h"

typedef enum { SIGNAL_REGEX, SIGNAL_ENTITY, SIGNAL_FACT } signal_kind;

/* Facts of a post that a signal may ask for. */
typedef enum {
    FACT_REPLY,
    FACT_IMAGE,
    FACT_UNREADABLE,    /* encrypted, damaged, limit, timeout */
    FACT_UNSUPPORTED,   /* no picture, sound or video */
    FACT_AMBIGUOUS,     /* any defect of structure */
    FACT_PATTERN_LIMIT, /* raised by the run itself */
    FACT_COMBINED,      /* raised by policy */
    FACT_FAILURE,       /* raised where nothing could be judged */
    FACT_COUNT
} fact_kind;

typedef struct {
    char *name;
    signal_kind kind;
    ch_regex *regex;
    guint number;     /* entity kind or fact */
    gboolean own_too; /* entity: the practice's own values as well */
} rule_signal;

typedef enum {
    NODE_SIGNAL,
    NODE_ALL,
    NODE_ANY,
    NODE_NOT,
    NODE_COUNT /* at least need of the children */
} node_kind;

typedef enum {
    WITHIN_INHERIT, /* the unit of the node above */
    WITHIN_SENTENCES,
    WITHIN_PARAGRAPH,
    WITHIN_PART,
    WITHIN_POST,
    WITHIN_CHARACTERS /* around the first child */
} within_kind;

typedef struct rule_node {
    node_kind kind;
    guint signal; /* index into ruleset->signals */
    guint need;
    within_kind within;
    guint amount; /* sentences or characters */
    GPtrArray *children;
} rule_node;

typedef struct {
    ch_rule public;  /* first: a rule is its public part */
    guint places;    /* mask of 1 << ch_where */
    gboolean quoted; /* also in what is quoted from others */
    rule_node *condition;
} rule_entry;

struct ch_ruleset {
    GPtrArray *rules;   /* of rule_entry */
    GPtrArray *signals; /* of rule_signal */
    GHashTable *by_id;
    ch_entities *entities;
    GPtrArray *files; /* of char *: names for messages */
};

/* Rules that the program itself raises; a ruleset without them is refused,
 * or else what could not be read would pass as clean. */
extern const char *const ch_required_rules[];

/* Names in scope while a file is read: signal name to index + 1. */
typedef struct {
    ch_ruleset *rules;
    GHashTable *shared; /* "pack.name", of all files */
    GHashTable *pack;   /* names of this file */
    GHashTable *local;  /* names of this rule, or NULL */
    ch_diag *diag;
} scope_names;

/* A phrase list as one pattern; NULL and an error at the node.  Owned. */
char *ch_rule_words_pattern(const ch_yaml_node *words, ch_diag *diag);
/* Index + 1 of a new signal read from node, 0 after an error. */
guint ch_rule_signal_add(scope_names *names, const char *name,
                         const ch_yaml_node *node);
void ch_rule_signal_free(gpointer signal);
/* The condition at node; NULL after an error.  Owned. */
rule_node *ch_rule_condition_parse(scope_names *names,
                                   const ch_yaml_node *yaml);
void ch_rule_condition_free(gpointer condition);

#endif
