/*
 * What text.c and fold.c share: the insides of a ch_text.
 */
#ifndef CHAPERONE_TEXT_INT_H
#define CHAPERONE_TEXT_INT_H

#include "chaperone/text.h"

typedef struct {
    gboolean asked;
    GString *data; /* NULL: no such view */
    ch_map *map;   /* to the view that it was made from */
} text_view;

struct ch_text {
    ch_where where;
    int part;
    char *place;   /* or NULL */
    GBytes *areas; /* or NULL */
    GBytes *source;
    GString *plain;
    ch_map *plain_map;                       /* plain to source */
    GString *folded;                         /* NULL until folded */
    ch_map *fold_map;                        /* folded to plain */
    GArray *sentences, *paragraphs, *blocks; /* of gsize */
    GArray *quotes;                          /* of ch_span */
    ch_span signature;
    gsize rule; /* into plain, or G_MAXSIZE */
    text_view views[CH_VIEW_COUNT];
};

#endif
