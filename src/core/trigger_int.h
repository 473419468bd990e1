/*
 * The insides of triggers: the tree that a pattern is parsed into, and the
 * byte strings of which one stands in every match.
 */
#ifndef CHAPERONE_TRIGGER_INT_H
#define CHAPERONE_TRIGGER_INT_H

#include <glib.h>

/* --- the tree of a pattern ---------------------------------------------- */

typedef struct {
    guint64 bits[2]; /* of 128 */
} ch_ascii_set;

gboolean ch_set_has(const ch_ascii_set *set, guint c);

/* Characters that may stand in one place.  Always all that PCRE2 takes there,
 * sometimes more: more only costs time. */
#define CH_SET_OTHERS 4
typedef struct {
    ch_ascii_set ascii;
    gunichar others[CH_SET_OTHERS]; /* beyond ASCII */
    guint n_others;
    gboolean loose;  /* ascii holds more than the pattern takes */
    gboolean wide;   /* and many more beyond ASCII */
    gboolean exotic; /* and digits and spaces of other scripts */
} ch_char_set;

typedef enum {
    CH_TREE_EMPTY,  /* anchors and look-arounds: they take no bytes */
    CH_TREE_EDGE,   /* \b, or no word character beside */
    CH_TREE_AHEAD,  /* one child, which must follow but is not taken */
    CH_TREE_SET,    /* one character */
    CH_TREE_OPEN,   /* a back reference: any bytes */
    CH_TREE_CAT,    /* children, one after another */
    CH_TREE_ALT,    /* one of the children */
    CH_TREE_REPEAT, /* one child, min to max times */
} ch_tree_kind;

#define CH_TREE_MANY G_MAXUINT /* max of an open repeat */
typedef struct ch_tree {
    ch_tree_kind kind;
    ch_char_set set;
    guint min, max;
    struct ch_tree *first, *next; /* children; the next of the same parent */
} ch_tree;

/* NULL for what is beyond us, and why in plain words (static).  Owned. */
ch_tree *ch_tree_parse(const char *pattern, const char **problem_out);
void ch_tree_free(ch_tree *tree);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_tree, ch_tree_free)

/* --- triggers ----------------------------------------------------------- */

#define CH_TRIGGER_PLACES 12 /* longer ones are not rarer in real text */
#define CH_TRIGGER_CLASS  256

typedef struct {
    guint8 length;     /* places, each one byte of the text */
    guint8 edge_start; /* no ASCII word character stands before it */
    guint8 edge_end;   /* nor behind it */
    /* A byte, or CH_TRIGGER_CLASS + index into classes. */
    guint16 places[CH_TRIGGER_PLACES];
    gsize before_min, before_max; /* bytes from the start of the match */
} ch_trigger;

typedef struct {
    GArray *list;        /* of ch_trigger; empty: the pattern has none */
    GArray *classes;     /* of ch_ascii_set */
    gboolean exotic;     /* a text with exotic digits or spaces (see scan.c) may
                          * match without a trigger */
    const char *problem; /* of what has none, or is slow; or NULL.  Static. */
} ch_triggers;

/* Total.  Owned. */
ch_triggers *ch_triggers_new(const char *pattern);
void ch_triggers_free(ch_triggers *triggers);
/* Nanoseconds a byte of text that a pattern costs which runs over all of it,
 * roughly; a list of triggers that costs more is no gain. */
#define CH_TRIGGER_ALL_COST 8.0
double ch_trigger_list_cost(const GArray *classes, const GArray *list);
/* Where one string ends (begins) like another, the shorter stands for both,
 * now and with whatever follows (only at the end of a run). */
void ch_trigger_list_drop_ends(GArray *list);
void ch_trigger_list_drop_starts(GArray *list);
/* Takes places off both ends that almost any byte fits. */
void ch_trigger_trim(const GArray *classes, ch_trigger *trigger);
/* Whether each place is one byte. */
gboolean ch_trigger_is_literal(const ch_trigger *trigger);
/* As an expression: \x61[0-9]; two triggers alike have the same.  Owned. */
char *ch_trigger_dup_expression(const ch_triggers *triggers,
                                const ch_trigger *trigger);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_triggers, ch_triggers_free)

#endif
