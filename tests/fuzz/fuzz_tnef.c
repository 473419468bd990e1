/*
 * Any bytes as Outlook's winmail.dat.  libytnef leaks over damaged ones, which
 * ends with the reader's process: leaks are not looked for.
 */
#include "read_format.h"

int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
    return 1;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, NULL, ch_read_tnef);
    return 0;
}
