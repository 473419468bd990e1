/*
 * Any text is HTML: pieces that map back, in source order.
 */
#include "chaperone/html.h"
#include "chaperone/limits.h"

#include "check_texts.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autofree char *valid =
        g_utf8_make_valid((const char *)data, (gssize)size);
    g_autoptr(GBytes) source = g_bytes_new(valid, strlen(valid));
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    gboolean whole = ch_html_extract(source, 0, texts);
    g_assert(whole || texts->len > 0);
    g_assert(texts->len <= CH_MAX_TEXTS + 1);
    check_texts(texts);
    return 0;
}
