/* Any bytes as a compound file, which may be one of Outlook's. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    ch_read_msg(r, bytes);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, ch_warm_msg, read_one);
    return 0;
}
