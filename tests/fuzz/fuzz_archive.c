/* Any bytes as an archive. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    ch_read_archive(r, bytes);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, NULL, read_one);
    return 0;
}
