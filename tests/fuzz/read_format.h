/*
 * Any bytes are a file of one format to its reader: what it says is an answer
 * that the other end believes.  Each fuzz target names its reader.
 */
#ifndef TESTS_FUZZ_READ_FORMAT_H
#define TESTS_FUZZ_READ_FORMAT_H

#include "extract/reader.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static inline void
read_format(const guint8 *data, gsize size, void (*warm)(void),
            void (*read)(ch_reader *r, GBytes *bytes))
{
    ch_reader r = {.fd = -1, .buffer = g_byte_array_new(), .input = size};
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    if (warm != NULL) {
        warm();
    }
    r.depth = CH_MAX_NESTING - 2; /* what is inside has targets of its own */
    read(&r, bytes);
    g_assert(r.n_steps == 0);
    ch_reader_end(&r);
    g_autoptr(ch_extraction) x =
        ch_extraction_read(r.buffer->data, r.buffer->len);
    g_assert(x->unscanned == r.said && x->seen == r.seen);
    g_assert(x->texts->len == r.texts);
    g_byte_array_unref(r.buffer);
}

#endif
