/* Any bytes as a picture. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    ch_read_image(r, bytes);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, ch_warm_image, read_one);
    return 0;
}
