/*
 * Any bytes are an answer of a reader: texts are UTF-8 without NUL in places
 * that an attachment has, within the caps, and an answer without its end is
 * never one without trouble.
 */
#include "chaperone/extraction.h"
#include "chaperone/limits.h"
#include "chaperone/sniff.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(ch_extraction) x = ch_extraction_read(data, size);
    gsize total = 0;
    g_assert(x->texts->len <= CH_MAX_TEXTS && !x->unavailable);
    g_assert(x->seen < 1u << CH_SEEN_COUNT);
    g_assert(x->unscanned < 2u << CH_UNSCANNED_UNSUPPORTED);
    for (guint i = 0; i < x->texts->len; i++) {
        const ch_extracted *text = x->texts->pdata[i];
        gsize length;
        const char *bytes = g_bytes_get_data(text->utf8, &length);
        g_assert(length == 0 || g_utf8_validate_len(bytes, length, NULL));
        g_assert(text->where != CH_WHERE_BODY &&
                 text->where != CH_WHERE_SUBJECT &&
                 text->where != CH_WHERE_HEADER);
        total += length;
    }
    g_assert(total <= MIN(size, (gsize)CH_MAX_TEXT_TOTAL));
    g_assert(memchr(data, 'E', size) != NULL || x->unscanned != 0);
    ch_sniff kind = ch_sniff_bytes(data, size);
    g_assert(!ch_sniff_is_medical(kind) || size >= 4);
    (void)ch_sniff_ends_as_zip(data, size);
    return 0;
}
