/*
 * Any bytes are RTF to its reader: what it says is an answer that the other
 * end believes, and no letter that stands in no group is lost.
 */
#include "extract/reader.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    ch_reader r = {.fd = -1, .buffer = g_byte_array_new(), .input = size};
    ch_read_rtf(&r, (const char *)data, size);
    ch_reader_end(&r);
    g_autoptr(ch_extraction) x =
        ch_extraction_read(r.buffer->data, r.buffer->len);
    g_assert(x->unscanned == r.said && x->seen == r.seen);
    g_assert(x->texts->len == r.texts);
    gboolean plain = TRUE; /* words alone are text as they stand */
    for (size_t i = 0; i < size; i++) {
        plain = plain && g_ascii_isalpha(data[i]);
    }
    if (plain && size > 0) {
        const ch_extracted *text = x->texts->pdata[0];
        gsize length;
        const char *bytes = g_bytes_get_data(text->utf8, &length);
        g_assert(length == size && memcmp(bytes, data, size) == 0);
    }
    g_byte_array_unref(r.buffer);
    return 0;
}
