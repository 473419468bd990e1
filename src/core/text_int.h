/*
 * What text.c and fold.c share: the insides of a ch_text.
 */
#ifndef CHAPERONE_TEXT_INT_H
#define CHAPERONE_TEXT_INT_H

#include "chaperone/text.h"

struct ch_text {
    ch_where where;
    int part;
    GBytes *source;
    GString *plain;
    ch_map *plain_map;              /* plain to source */
    GString *folded;                /* NULL until folded */
    ch_map *fold_map;               /* folded to plain */
    GArray *sentences, *paragraphs; /* of gsize */
    GArray *quotes;                 /* of ch_span */
};

#endif
