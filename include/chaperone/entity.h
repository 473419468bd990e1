/*
 * Entities: identifiers and other values that have a shape of their own.
 *
 * An entity is a fact, not a finding: a rule decides whether it matters.
 * Each kind is a small module in src/entity/ with its source cited.  A kind
 * has a pattern that says where one may stand, and a check that looks at
 * ranges, check digits and the words around it.  Both work on folded text or
 * on another view of it (chaperone/text.h).
 */
#ifndef CHAPERONE_ENTITY_H
#define CHAPERONE_ENTITY_H

#include "chaperone/config.h"
#include "chaperone/regex.h"
#include "chaperone/text.h"

/* The practice's own values in a comparable form. */
typedef struct ch_own ch_own;

/* Where a kind looks: all of one view of a text. */
typedef struct {
    const char *data; /* folded: lower case, accents gone */
    gsize length;
    const ch_text *text; /* whose folded view data is; NULL: another view,
                          * of which capitals are not known */
} ch_entity_text;

typedef struct {
    const char *name;    /* CONTRACT.md's, "us-ssn" */
    const char *pattern; /* where one may stand; of a person it is put
                          * together: NULL */
    /* Whether the hit is one; may narrow span.  NULL: always.  Pure. */
    gboolean (*accept)(const ch_entity_text *in, ch_span *span);
    /* Whether the value is the practice's own; NULL: never.  Pure. */
    gboolean (*is_own)(const ch_own *own, const char *value, gsize length);
} ch_entity_kind;

typedef struct {
    ch_span span; /* of in->data */
    gboolean own;
} ch_entity;

/* All kinds, compiled, with the practice's values; const and shared. */
typedef struct ch_entities ch_entities;

ch_entities *ch_entities_new(const ch_config *config); /* Owned. */
void ch_entities_free(ch_entities *entities);

/* How many kinds there are; they are numbered from 0. */
guint ch_entities_count(void);
const char *ch_entities_name(guint kind); /* Borrowed. */
/* Number of a kind by name, -1 if there is none; names for errors. */
int ch_entities_find_kind(const char *name);
char *ch_entities_dup_names(void); /* comma separated.  Owned. */

/* The pattern of a kind, for who searches it by other means.  Borrowed. */
const ch_regex *ch_entities_regex(const ch_entities *entities, guint kind);
/* Whether a hit of that pattern is an entity.  Thread-safe. */
gboolean ch_entities_accept(const ch_entities *entities, guint kind,
                            const ch_entity_text *in, ch_span hit,
                            ch_entity *entity_out);
/* Both in one: appends ch_entity of that kind, in order. */
ch_regex_result ch_entities_find(const ch_entities *entities, guint kind,
                                 const ch_entity_text *in, GArray *found);

#endif
