/*
 * Entities: identifiers and other values that have a shape of their own.
 *
 * An entity is a fact, not a finding: a rule decides whether it matters.
 * Each kind is a small module in src/entity/ with its source cited; they all
 * look at folded text.
 */
#ifndef CHAPERONE_ENTITY_H
#define CHAPERONE_ENTITY_H

#include "chaperone/config.h"
#include "chaperone/regex.h"

/* The practice's own values in a comparable form. */
typedef struct {
    GStrv phones;  /* digits, without the leading 1 of NANP */
    GStrv domains; /* lower case */
} ch_own;

typedef struct {
    const char *name;    /* CONTRACT.md's, "us-ssn" */
    const char *pattern; /* where one may stand */
    /* Whether the hit is one; may narrow span.  Pure. */
    gboolean (*accept)(const char *text, gsize length, ch_span *span);
    /* Whether the value is the practice's own; NULL: never.  Pure. */
    gboolean (*is_own)(const ch_own *own, const char *value, gsize length);
} ch_entity_kind;

typedef struct {
    ch_span span; /* of the folded text */
    gboolean own;
} ch_entity;

/* All kinds, compiled, with the practice's values; const and shared. */
typedef struct ch_entities ch_entities;

ch_entities *ch_entities_new(const ch_config *config); /* Owned. */
void ch_entities_free(ch_entities *entities);

/* Number of a kind by name, -1 if there is none; names for errors. */
int ch_entities_find_kind(const char *name);
char *ch_entities_dup_names(void); /* comma separated.  Owned. */

/* Appends ch_entity of that kind, in order. */
ch_regex_result ch_entities_find(const ch_entities *entities, guint kind,
                                 const char *folded, gsize length,
                                 GArray *found);

#endif
