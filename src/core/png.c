/*
 * The form of a PNG, chunk by chunk.
 */
#include "chaperone/png.h"

#include "chaperone/limits.h"

#include <string.h>

#define SIGNATURE        "\x89PNG\r\n\x1a\n"
#define SIGNATURE_LENGTH 8
/* Its length and name before a chunk, its checksum behind. */
#define CHUNK_HEAD 8
#define CHUNK_END  4

static gsize
number(const guint8 *p)
{
    return (gsize)p[0] << 24 | (gsize)p[1] << 16 | (gsize)p[2] << 8 | p[3];
}

static gboolean
is_side(gsize pixels)
{
    return pixels >= 1 && pixels <= CH_THUMBNAIL_SIDE;
}

/* Eight bits of three colours, not interlaced. */
static gboolean
is_header(const guint8 *data, gsize length)
{
    return length == 13 && is_side(number(data)) && is_side(number(data + 4)) &&
           memcmp(data + 8, "\x08\x02\0\0\0", 5) == 0;
}

/* pHYs tells the shape of a pixel; libpng writes it unasked. */
static gboolean
is_allowed(const guint8 *name, const guint8 *data, gsize length, guint nth)
{
    if (memcmp(name, "IHDR", 4) == 0) {
        return nth == 0 && is_header(data, length);
    }
    return nth > 0 && (memcmp(name, "IDAT", 4) == 0 ||
                       (memcmp(name, "pHYs", 4) == 0 && length == 9) ||
                       (memcmp(name, "IEND", 4) == 0 && length == 0));
}

gboolean
ch_png_is_plain(const guint8 *data, gsize length)
{
    if (length < SIGNATURE_LENGTH || length > CH_MAX_THUMBNAIL ||
        memcmp(data, SIGNATURE, SIGNATURE_LENGTH) != 0) {
        return FALSE;
    }
    gsize at = SIGNATURE_LENGTH;
    for (guint n = 0; length - at >= CHUNK_HEAD + CHUNK_END; n++) {
        const guint8 *name = data + at + 4, *body = data + at + CHUNK_HEAD;
        gsize size = number(data + at);
        if (size > length - at - CHUNK_HEAD - CHUNK_END ||
            !is_allowed(name, body, size, n)) {
            return FALSE;
        }
        at += CHUNK_HEAD + size + CHUNK_END;
        if (memcmp(name, "IEND", 4) == 0) {
            return at == length;
        }
    }
    return FALSE;
}
