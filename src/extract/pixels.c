/*
 * Whether two pictures show the same, by Leptonica: decoded one after the
 * other, for two of a phone's photos do not fit into the memory of a reader.
 */
#include "extract/clean.h"

#include "chaperone/limits.h"

#include <leptonica/allheaders.h>

/* A JPEG of more pixels is decoded at a part of each side. */
static PIX *
decode(const guint8 *data, gsize length)
{
    int format, width, height, bits, samples, map, reduction = 1;
    if (pixReadHeaderMem(data, length, &format, &width, &height, &bits,
                         &samples, &map) != 0) {
        return NULL;
    }
    gint64 pixels = (gint64)width * height;
    if (format != IFF_JFIF_JPEG) {
        return pixels > CH_MAX_PIXELS ? NULL : pixReadMem(data, length);
    }
    while (reduction < 8 && pixels / (reduction * reduction) > CH_MAX_PIXELS) {
        reduction *= 2;
    }
    return pixels > CH_MAX_JPEG_PIXELS
               ? NULL
               : pixReadMemJpeg(data, length, 0, reduction, NULL, 0);
}

static void
add_colours(GChecksum *sum, PIX *pix)
{
    PIXCMAP *map = pixGetColormap(pix);
    l_int32 colours = 0;
    l_uint8 *bytes = NULL;
    if (map != NULL &&
        pixcmapSerializeToMemory(map, 4, &colours, &bytes) == 0) {
        g_checksum_update(sum, bytes, (gssize)colours * 4);
        lept_free(bytes);
    }
}

/* NULL: cannot be decoded.  Owned. */
static char *
dup_digest(GBytes *picture)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(picture, &length);
    PIX *pix = decode(data, length);
    if (pix == NULL) {
        return NULL;
    }
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const l_int32 shape[] = {pixGetWidth(pix), pixGetHeight(pix),
                             pixGetDepth(pix), pixGetSpp(pix)};
    gsize row = 4 * (gsize)pixGetWpl(pix);
    g_checksum_update(sum, (const guchar *)shape, sizeof shape);
    g_checksum_update(sum, (const guchar *)pixGetData(pix),
                      (gssize)(row * (gsize)pixGetHeight(pix)));
    add_colours(sum, pix);
    pixDestroy(&pix);
    return g_strdup(g_checksum_get_string(sum));
}

gboolean
ch_clean_is_same(GBytes *one, GBytes *other)
{
    setMsgSeverity(L_SEVERITY_NONE);
    g_autofree char *a = dup_digest(one);
    g_autofree char *b = dup_digest(other);
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}
