/* Any bytes as the XML of an office document. */
#include "read_format.h"

static void
read_one(ch_reader *r, GBytes *bytes)
{
    ch_read_xml(r, bytes, CH_XML_DOCUMENT, CH_WHERE_ATTACHMENT);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, NULL, read_one);
    return 0;
}
