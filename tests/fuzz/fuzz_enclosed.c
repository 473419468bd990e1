/* Any bytes as what they look like: text, HTML, mail, or any other. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    ch_read_any(r, bytes, CH_WHERE_ATTACHMENT);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, NULL, read_one);
    return 0;
}
