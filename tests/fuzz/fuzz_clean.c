/*
 * Any bytes as a picture to be cleaned: what comes out is never longer, and
 * cleaning it once more changes nothing.
 */
#include "extract/clean.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GBytes) once = ch_clean_bytes(bytes);
    if (once != NULL) {
        g_autoptr(GBytes) twice = ch_clean_bytes(once);
        g_assert(g_bytes_get_size(once) <= size);
        g_assert(twice != NULL && g_bytes_equal(once, twice));
    }
    return 0;
}
