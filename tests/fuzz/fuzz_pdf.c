/*
 * Any bytes as a PDF.  poppler is not built for this and has crashes of its
 * own, which the jail is for: what counts is what we make of its pages.
 */
#include "read_format.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, ch_warm_pdf, ch_read_pdf);
    return 0;
}
