/* Any bytes as a HEIC or AVIF file, whose pixels are decoded as well. */
#include "read_format.h"

static void
warm(void)
{
    ch_warm_image();
    ch_warm_heif();
}

static void
read_one(ch_reader *r, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    ch_read_heif(r, data, length);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, warm, read_one);
    return 0;
}
