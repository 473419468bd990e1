/*
 * A text of a post: source, what is read of it, and the way back.
 *
 * Built piece by piece by the message and HTML readers, folded once by
 * fold.c, then only read.  It knows nothing of rules.
 */
#include "text_int.h"

#include <string.h>

static const char *const where_names[CH_WHERE_COUNT] = {
    [CH_WHERE_SUBJECT] = "subject",
    [CH_WHERE_HEADER] = "header",
    [CH_WHERE_BODY] = "body",
    [CH_WHERE_HIDDEN] = "hidden",
    [CH_WHERE_ALT] = "alt",
    [CH_WHERE_LINK] = "link",
    [CH_WHERE_ATTACHMENT] = "attachment",
    [CH_WHERE_FILENAME] = "filename",
    [CH_WHERE_METADATA] = "metadata",
    [CH_WHERE_DIRECTIVE] = "directive",
    [CH_WHERE_STRUCTURE] = "structure",
    [CH_WHERE_HISTORY] = "history",
};

const char *
ch_where_name(ch_where where)
{
    return where_names[where];
}

gboolean
ch_where_parse(const char *name, ch_where *where_out)
{
    for (guint i = 0; i < CH_WHERE_COUNT; i++) {
        if (strcmp(name, where_names[i]) == 0) {
            *where_out = (ch_where)i;
            return TRUE;
        }
    }
    return FALSE;
}

ch_text *
ch_text_new(ch_where where, int part, GBytes *source)
{
    ch_text *text = g_new0(ch_text, 1);
    text->where = where;
    text->part = part;
    text->source = g_bytes_ref(source);
    text->plain = g_string_new(NULL);
    text->plain_map = ch_map_new();
    text->rule = G_MAXSIZE;
    return text;
}

void
ch_text_add_copy(ch_text *text, ch_span span)
{
    gsize size;
    const char *data = g_bytes_get_data(text->source, &size);
    g_assert(span.start <= span.end && span.end <= size);
    if (span.start == span.end) {
        return;
    }
    g_string_append_len(text->plain, data + span.start,
                        (gssize)(span.end - span.start));
    ch_map_add_copy(text->plain_map, span.start, span.end - span.start);
}

void
ch_text_add_change(ch_text *text, ch_span span, const char *utf8, gsize len)
{
    g_assert(span.end <= g_bytes_get_size(text->source));
    g_string_append_len(text->plain, utf8, (gssize)len);
    ch_map_add_change(text->plain_map, span, len);
}

ch_text *
ch_text_new_whole(ch_where where, int part, GBytes *source)
{
    ch_text *text = ch_text_new(where, part, source);
    ch_text_add_copy(text, (ch_span){0, g_bytes_get_size(source)});
    return text;
}

void
ch_text_free(ch_text *text)
{
    if (text == NULL) {
        return;
    }
    g_bytes_unref(text->source);
    g_free(text->place);
    g_clear_pointer(&text->areas, g_bytes_unref);
    g_string_free(text->plain, TRUE);
    ch_map_free(text->plain_map);
    if (text->folded != NULL) {
        g_string_free(text->folded, TRUE);
        ch_map_free(text->fold_map);
        g_array_unref(text->sentences);
        g_array_unref(text->paragraphs);
        g_array_unref(text->blocks);
        g_array_unref(text->quotes);
    }
    for (guint i = 0; i < CH_VIEW_COUNT; i++) {
        if (text->views[i].data != NULL) {
            g_string_free(text->views[i].data, TRUE);
            ch_map_free(text->views[i].map);
        }
    }
    g_free(text);
}

void
ch_text_set_place(ch_text *text, const char *place, GBytes *areas)
{
    g_free(text->place);
    text->place = g_strdup(place);
    g_clear_pointer(&text->areas, g_bytes_unref);
    text->areas = areas == NULL ? NULL : g_bytes_ref(areas);
}

const char *
ch_text_place(const ch_text *text)
{
    return text->place;
}

GBytes *
ch_text_areas(const ch_text *text)
{
    return text->areas;
}

ch_where
ch_text_where(const ch_text *text)
{
    return text->where;
}

int
ch_text_part(const ch_text *text)
{
    return text->part;
}

GBytes *
ch_text_source(const ch_text *text)
{
    return text->source;
}

const char *
ch_text_plain(const ch_text *text, gsize *len_out)
{
    if (len_out != NULL) {
        *len_out = text->plain->len;
    }
    return text->plain->str;
}

const char *
ch_text_folded(const ch_text *text, gsize *len_out)
{
    g_assert(text->folded != NULL);
    if (len_out != NULL) {
        *len_out = text->folded->len;
    }
    return text->folded->str;
}

const GArray *
ch_text_sentences(const ch_text *text)
{
    return text->sentences;
}

const GArray *
ch_text_paragraphs(const ch_text *text)
{
    return text->paragraphs;
}

const GArray *
ch_text_blocks(const ch_text *text)
{
    return text->blocks;
}

const GArray *
ch_text_quotes(const ch_text *text)
{
    return text->quotes;
}

ch_span
ch_text_origin_of_plain(const ch_text *text, ch_span plain)
{
    return ch_map_origin(text->plain_map, plain);
}

ch_span
ch_text_origin(const ch_text *text, ch_span folded)
{
    return ch_map_origin(text->plain_map,
                         ch_map_origin(text->fold_map, folded));
}

guint
ch_text_line(const ch_text *text, gsize source_offset)
{
    gsize size;
    const char *data = g_bytes_get_data(text->source, &size);
    guint line = 1;
    for (gsize i = 0; i < MIN(source_offset, size); i++) {
        line += data[i] == '\n';
    }
    return line;
}

ch_span
ch_text_signature(const ch_text *text)
{
    return text->signature;
}

void
ch_text_mark_rule(ch_text *text)
{
    if (text->rule == G_MAXSIZE) {
        text->rule = text->plain->len;
    }
}

gsize
ch_text_rule(const ch_text *text)
{
    return text->rule;
}

gboolean
ch_text_is_capital(const ch_text *text, gsize folded_offset)
{
    ch_span plain = ch_map_origin(text->fold_map,
                                  (ch_span){folded_offset, folded_offset + 1});
    return plain.end > plain.start &&
           g_unichar_isupper(g_utf8_get_char(text->plain->str + plain.start));
}
