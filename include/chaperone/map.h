/*
 * A map from the bytes of a derived text back to the text it came from.
 *
 * Texts are derived in steps (transfer encoding, HTML, folding), always in
 * reading order, so a map is monotone: a list of runs in which bytes were
 * copied one by one, or in which a piece stands for a piece of other length.
 * Derived bytes and source bytes both only grow.
 */
#ifndef CHAPERONE_MAP_H
#define CHAPERONE_MAP_H

#include <glib.h>

typedef struct {
    gsize start, end; /* bytes, half-open */
} ch_span;

typedef struct ch_map ch_map;

/* Owned. */
ch_map *ch_map_new(void);
void ch_map_free(ch_map *map);

/* The next len derived bytes are a copy of the source bytes at from. */
void ch_map_add_copy(ch_map *map, gsize from, gsize len);
/* The next len derived bytes stand, as a whole, for the source span from;
 * len > 0.  from.start must not lie before the end of what was added. */
void ch_map_add_change(ch_map *map, ch_span from, gsize len);

/* Derived bytes described so far. */
gsize ch_map_length(const ch_map *map);

/* The smallest source span that covers the derived span; an empty span maps
 * to an empty one, but inside of a change to all of the change, so that the
 * spans of bytes one after the other never go back.  Clamps what lies out of
 * bounds.  Pure. */
ch_span ch_map_origin(const ch_map *map, ch_span derived);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_map, ch_map_free)

#endif
