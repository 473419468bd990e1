/* Any bytes as a sheet, with themselves as its strings and its formats. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    g_autoptr(ch_workbook) book = ch_workbook_new(r, bytes, bytes);
    ch_read_sheet(r, book, bytes);
    ch_workbook_give_rest(r, book);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, NULL, read_one);
    return 0;
}
