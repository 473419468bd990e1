/* Any bytes as a picture that is made small. */
#include "read_format.h"

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    read_format(data, size, ch_warm_image, ch_draw_thumbnail);
    return 0;
}
