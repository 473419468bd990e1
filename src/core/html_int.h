/*
 * What the files of the HTML reader share.
 *
 *   html.c        the walk over the tree: which text is what
 *   html_tree.c   libgumbo with caps
 *   html_style.c  what inline style hides
 *   html_align.c  decoded text back to its bytes in the source
 */
#ifndef CHAPERONE_HTML_INT_H
#define CHAPERONE_HTML_INT_H

#include <gumbo.h>

#include "chaperone/html.h"

/* --- tree --- */
typedef struct ch_html_tree ch_html_tree;
/* NULL if a cap of limits.h is reached.  Owned. */
ch_html_tree *ch_html_tree_new(const char *data, gsize len);
const GumboOutput *ch_html_tree_output(const ch_html_tree *tree);
void ch_html_tree_free(ch_html_tree *tree);
/* Whether tags nest deeper than the parser should be asked to follow. */
gboolean ch_html_nests_deeply(const char *data, gsize len);

/* --- style: inherited look of an element --- */
#define CH_COLOR_UNKNOWN     (-1)
#define CH_COLOR_TRANSPARENT (-2)
typedef struct {
    gint32 color, background; /* 0xRRGGBB or one of the above */
    gboolean gone;            /* hidden for good, children too */
    gboolean unseen, tiny;    /* visibility, font size: a child may differ */
    gboolean pre;             /* white space counts */
} ch_html_look;
/* Applies the element's attributes to what it inherited. */
void ch_html_look_apply(ch_html_look *look, const GumboElement *element);
gboolean ch_html_look_is_hidden(const ch_html_look *look);

/* --- align: walks decoded text and source side by side --- */
typedef struct {
    const char *source; /* whole source */
    gsize at, end;      /* source bytes still to come */
    const char *decoded;
} ch_html_align;
/* Next character: its UTF-8 in decoded (len_out bytes) and the source span
 * it stands for (may be empty).  FALSE at the end. */
gboolean ch_html_align_next(ch_html_align *align, const char **utf8_out,
                            gsize *len_out, ch_span *span_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_html_tree, ch_html_tree_free)

#endif
