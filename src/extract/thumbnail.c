/*
 * A picture made small, for a person who decides about it: decoded here, in
 * the jail, and written anew as a PNG that is pixels and nothing else.
 *
 * What was in the file beside its pixels (properties, previews, comments,
 * bytes behind its end) is not in what comes out.  Turned as the camera was
 * held, of which a photo tells in its properties.
 */
#include "extract/reader.h"

#include <gexiv2/gexiv2.h>
#include <leptonica/allheaders.h>

/* A JPEG is decoded at a fraction of its size, but not below what is shown. */
static PIX *
decode(const guint8 *data, gsize length, const ch_picture *picture)
{
    int reduction = 1, side = MAX(picture->width, picture->height);
    while (reduction < 8 && side / (2 * reduction) > CH_THUMBNAIL_SIDE) {
        reduction *= 2;
    }
    return picture->format == IFF_JFIF_JPEG
               ? pixReadMemJpeg(data, length, 0, reduction, NULL, 0)
               : pixReadMem(data, length);
}

/* Takes pix. */
static PIX *
shrink(PIX *pix)
{
    int side = MAX(pixGetWidth(pix), pixGetHeight(pix));
    float by = (float)CH_THUMBNAIL_SIDE / (float)MAX(side, CH_THUMBNAIL_SIDE);
    PIX *small = by < 1.0f ? pixScale(pix, by, by) : pixClone(pix);
    pixDestroy(&pix);
    return small;
}

/* Red, green and blue, on white.  Takes pix. */
static PIX *
flatten(PIX *pix)
{
    PIX *flat = pix == NULL ? NULL : pixRemoveAlpha(pix);
    PIX *colours = flat == NULL ? NULL : pixConvertTo32(flat);
    pixDestroy(&pix);
    pixDestroy(&flat);
    return colours;
}

/* Quarter turns to the right that make it upright, by the number of TIFF 6.0,
 * Orientation; mirrored ones stay as they are. */
static int
turns_of(GBytes *bytes)
{
    static const int turns[] = {[3] = 2, [6] = 1, [8] = 3};
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    g_autoptr(GExiv2Metadata) m = gexiv2_metadata_new();
    if (!ch_image_has_metadata(data, length) ||
        !gexiv2_metadata_open_buf(m, data, (glong)length, NULL)) {
        return 0;
    }
    guint n = (guint)gexiv2_metadata_try_get_orientation(m, NULL);
    return n < G_N_ELEMENTS(turns) ? turns[n] : 0;
}

/* Takes pix. */
static PIX *
turn(PIX *pix, int quarters)
{
    PIX *turned = pixRotateOrth(pix, quarters);
    pixDestroy(&pix);
    return turned;
}

static gboolean
give(ch_reader *r, PIX *pix)
{
    l_uint8 *data = NULL;
    size_t size = 0;
    pixSetText(pix, NULL);
    pixSetResolution(pix, 0, 0);
    gboolean ok = pixWriteMemPng(&data, &size, pix, 0.0f) == 0 &&
                  size <= CH_MAX_THUMBNAIL;
    if (ok) {
        ch_reader_picture(r, data, size);
    }
    lept_free(data);
    return ok;
}

void
ch_draw_thumbnail(ch_reader *r, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    ch_picture picture;
    setMsgSeverity(L_SEVERITY_NONE);
    if (!ch_picture_size(data, length, &picture)) {
        ch_reader_unscanned(r, CH_UNSCANNED_UNSUPPORTED);
        return;
    }
    if (!ch_picture_is_bearable(&picture)) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return;
    }
    PIX *pix = decode(data, length, &picture);
    pix = pix != NULL ? flatten(shrink(pix)) : NULL;
    pix = pix != NULL ? turn(pix, turns_of(bytes)) : NULL;
    if (pix == NULL || !give(r, pix)) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
    pixDestroy(&pix);
}
