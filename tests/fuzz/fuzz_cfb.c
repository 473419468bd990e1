/*
 * Any bytes as a compound file, which may be one of Outlook's.  libgsf leaks
 * entries of damaged directories, which ends with the reader's process: leaks
 * are not looked for.
 */
#include "read_format.h"

int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
    return 1;
}

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
