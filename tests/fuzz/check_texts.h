/*
 * What holds for every text, whatever it was read from.
 */
#ifndef CHECK_TEXTS_H
#define CHECK_TEXTS_H

#include "chaperone/text.h"

/* Aborts unless source and plain are valid UTF-8 and every plain byte maps
 * into the source, never backwards. */
static void
check_texts(const GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++) {
        const ch_text *text = g_ptr_array_index(texts, i);
        gsize size, len, last = 0;
        const char *source = g_bytes_get_data(ch_text_source(text), &size);
        const char *plain = ch_text_plain(text, &len);
        g_assert(size == 0 || g_utf8_validate_len(source, size, NULL));
        g_assert(g_utf8_validate_len(plain, len, NULL));
        for (gsize at = 0; at < len; at++) {
            ch_span span = ch_text_origin_of_plain(text, (ch_span){at, at + 1});
            g_assert(span.start <= span.end && span.end <= size);
            g_assert(span.start >= last);
            last = span.start;
        }
    }
}

#endif
