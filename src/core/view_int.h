/*
 * Building a view: a copy of a base text in which some pieces are replaced.
 *
 * A builder costs nothing until the first change: a text without disguise
 * has no views.
 */
#ifndef CHAPERONE_VIEW_INT_H
#define CHAPERONE_VIEW_INT_H

#include "text_int.h"

typedef struct {
    ch_text *text;
    const char *data; /* of the base: folded, or another view */
    gsize length;
    gboolean is_folded; /* the base is: capitals are known */
    GString *out;       /* NULL: nothing changed yet */
    ch_map *map;        /* out to base */
    gsize done;         /* base bytes that are dealt with */
} view_builder;

/* Copies base bytes up to an offset; leaves them out; says utf8 instead.
 * Each begins the view: call them only to change something. */
void ch_view_copy(view_builder *b, gsize until);
void ch_view_drop(view_builder *b, gsize until);
void ch_view_say(view_builder *b, gsize until, const char *utf8, gsize length);

/* The makers of views: they walk all of the base. */
void ch_view_decode(view_builder *b);
void ch_view_speak(view_builder *b);
void ch_view_count(view_builder *b);

/* End of the word (up to a space) that starts at an offset. */
gsize ch_view_word_end(const view_builder *b, gsize at);
/* Whether the white space before that offset was a line break. */
gboolean ch_view_starts_line(const view_builder *b, gsize at);

#endif
