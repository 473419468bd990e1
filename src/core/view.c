/*
 * Views of a text: what people disguise, said plainly.
 *
 *   decoded   from the folded text: references, percent signs, base64
 *   spoken    from decoded or folded: words
 *   digits    from decoded or folded: numbers
 *
 * Each is made when first asked for.  Who looks at a view gets spans of the
 * folded text back.
 */
#include "view_int.h"

static void
need_output(view_builder *b)
{
    if (b->out == NULL) {
        b->out = g_string_sized_new(b->length + 16);
        b->map = ch_map_new();
    }
}

void
ch_view_copy(view_builder *b, gsize until)
{
    need_output(b);
    if (until > b->done) {
        g_string_append_len(b->out, b->data + b->done,
                            (gssize)(until - b->done));
        ch_map_add_copy(b->map, b->done, until - b->done);
        b->done = until;
    }
}

void
ch_view_drop(view_builder *b, gsize until)
{
    need_output(b);
    b->done = MAX(until, b->done);
}

void
ch_view_say(view_builder *b, gsize until, const char *utf8, gsize length)
{
    need_output(b);
    if (length > 0) {
        g_string_append_len(b->out, utf8, (gssize)length);
        ch_map_add_change(b->map, (ch_span){b->done, MAX(until, b->done)},
                          length);
    }
    b->done = MAX(until, b->done);
}

gsize
ch_view_word_end(const view_builder *b, gsize at)
{
    const char *space = memchr(b->data + at, ' ', b->length - at);
    return space == NULL ? b->length : (gsize)(space - b->data);
}

gboolean
ch_view_starts_line(const view_builder *b, gsize at)
{
    if (!b->is_folded || at == 0) {
        return at == 0;
    }
    ch_span space = ch_map_origin(b->text->fold_map, (ch_span){at - 1, at});
    return memchr(b->text->plain->str + space.start, '\n',
                  space.end - space.start) != NULL;
}

/* The view that another is made from. */
static ch_view
base_of(const ch_text *text, ch_view view)
{
    return view != CH_VIEW_DECODED && text->views[CH_VIEW_DECODED].data != NULL
               ? CH_VIEW_DECODED
               : CH_VIEW_FOLDED;
}

static void
make(ch_text *text, ch_view view)
{
    text_view *v = &text->views[view];
    v->asked = TRUE;
    if (view != CH_VIEW_DECODED) {
        ch_text_view(text, CH_VIEW_DECODED, NULL);
    }
    view_builder b = {.text = text};
    ch_view base = base_of(text, view);
    b.is_folded = base == CH_VIEW_FOLDED;
    b.data = ch_text_view(text, base, &b.length);
    if (view == CH_VIEW_DECODED) {
        ch_view_decode(&b);
    } else if (view == CH_VIEW_SPOKEN) {
        ch_view_speak(&b);
    } else {
        ch_view_count(&b);
    }
    if (b.out != NULL) {
        ch_view_copy(&b, b.length);
    }
    v->data = b.out;
    v->map = b.map;
}

const char *
ch_text_view(ch_text *text, ch_view view, gsize *len_out)
{
    text_view *v = &text->views[view];
    if (view == CH_VIEW_FOLDED) {
        return ch_text_folded(text, len_out);
    }
    if (!v->asked) {
        make(text, view);
    }
    if (v->data != NULL && len_out != NULL) {
        *len_out = v->data->len;
    }
    return v->data == NULL ? NULL : v->data->str;
}

ch_span
ch_text_view_origin(const ch_text *text, ch_view view, ch_span span)
{
    while (view != CH_VIEW_FOLDED) {
        span = ch_map_origin(text->views[view].map, span);
        view = base_of(text, view);
    }
    return span;
}
