/*
 * Views of a text: what people disguise, said plainly.
 */
#include "text_int.h"

const char *
ch_text_view(ch_text *text, ch_view view, gsize *len_out)
{
    return view == CH_VIEW_FOLDED ? ch_text_folded(text, len_out) : NULL;
}

ch_span
ch_text_view_origin(const ch_text *text, ch_view view, ch_span span)
{
    (void)text;
    (void)view;
    return span;
}
