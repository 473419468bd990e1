/* Any bytes as an archive of OOXML parts. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    ch_read_package(r, bytes, CH_PACKAGE_OOXML);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, NULL, read_one);
    return 0;
}
