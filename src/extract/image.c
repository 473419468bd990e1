/*
 * What a photo says about itself, by gexiv2: Exif, IPTC, XMP.
 *
 * Captions, people and owners become texts; where it was taken is a fact
 * without its coordinates; so is a preview of another shape, which still shows
 * what was cut off.  Words and codes that it shows are read by ocr.c, HEIC and
 * AVIF are taken apart by heif.c.
 */
#include "extract/reader.h"

#include "chaperone/sniff.h"

#include <gexiv2/gexiv2.h>
#include <string.h>

void
ch_warm_image(void)
{
    /* The smallest GIF: one pixel. */
    static const guint8 gif[] = {'G', 'I',  'F', '8', '9', 'a', 1, 0,   1,
                                 0,   0x80, 0,   0,   0,   0,   0, 255, 255,
                                 255, ',',  0,   0,   0,   0,   1, 0,   1,
                                 0,   0,    2,   2,   'D', 1,   0, ';'};
    gexiv2_initialize();
    gexiv2_log_set_level(GEXIV2_LOG_LEVEL_MUTE);
    g_autoptr(GExiv2Metadata) m = gexiv2_metadata_new();
    gexiv2_metadata_open_buf(m, gif, sizeof gif, NULL);
}

/* What a person wrote, or a program about a person; settings of the lens are
 * of no interest.  Prefixes of the names of tags. */
static gboolean
is_telling(const char *tag)
{
    static const char *const prefixes[] = {"Exif.Image.ImageDescription",
                                           "Exif.Image.Artist",
                                           "Exif.Image.Copyright",
                                           "Exif.Image.DocumentName",
                                           "Exif.Image.XP",
                                           "Exif.Photo.UserComment",
                                           "Exif.Photo.CameraOwnerName",
                                           "Exif.Photo.DateTimeOriginal",
                                           "Exif.Photo.BodySerialNumber",
                                           "Iptc.Application2.",
                                           "Xmp.dc.",
                                           "Xmp.iptc",
                                           "Xmp.photoshop.",
                                           "Xmp.mwg-rs.",
                                           "Xmp.MP.",
                                           "Xmp.lr.",
                                           "Xmp.digiKam.",
                                           "Xmp.acdsee.",
                                           "Xmp.exif.UserComment",
                                           "Xmp.xmp.Label",
                                           "Xmp.xmpRights.",
                                           "Xmp.aux.SerialNumber",
                                           "Xmp.tiff.ImageDescription",
                                           "Xmp.tiff.Artist",
                                           "Xmp.expressionmedia.",
                                           "Xmp.mediapro.",
                                           "Xmp.MicrosoftPhoto.",
                                           NULL};
    for (gsize i = 0; prefixes[i] != NULL; i++) {
        if (g_str_has_prefix(tag, prefixes[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Exif 2.32 4.6.6; XMP has the same by name; IPTC names places. */
static gboolean
is_place(const char *tag)
{
    return g_str_has_prefix(tag, "Exif.GPSInfo.GPSLatitude") ||
           g_str_has_prefix(tag, "Exif.GPSInfo.GPSLongitude") ||
           g_str_has_prefix(tag, "Exif.GPSInfo.GPSDestL") ||
           g_str_has_prefix(tag, "Xmp.exif.GPSL") ||
           g_str_has_prefix(tag, "Xmp.exif.GPSDestL");
}

/* "Exif.Photo.UserComment" to "UserComment". */
static const char *
label_of(const char *tag)
{
    const char *dot = strrchr(tag, '.');
    return dot == NULL ? tag : dot + 1;
}

static void
read_tags(ch_reader *r, GExiv2Metadata *m, char **tags)
{
    for (gsize i = 0; tags != NULL && tags[i] != NULL; i++) {
        if (is_place(tags[i])) {
            ch_reader_seen(r, CH_SEEN_LOCATION);
        } else if (is_telling(tags[i])) {
            g_autofree char *value =
                gexiv2_metadata_try_get_tag_interpreted_string(m, tags[i],
                                                               NULL);
            ch_reader_property(r, label_of(tags[i]), value);
        }
    }
    g_strfreev(tags);
}

/* Comments of JPEG and GIF; PNG's tEXt is XMP or a comment to Exiv2. */
static void
read_comment(ch_reader *r, GExiv2Metadata *m)
{
    g_autofree char *comment = gexiv2_metadata_try_get_comment(m, NULL);
    if (comment != NULL) {
        ch_reader_text(r, CH_WHERE_METADATA, comment, -1);
    }
}

/* Formats in which Exiv2 finds something; others have nothing to find. */
static gboolean
should_be_known(const guint8 *data, gsize length)
{
    return length > 8 &&
           (memcmp(data, "\xff\xd8\xff", 3) == 0 ||
            memcmp(data, "\x89PNG", 4) == 0 || memcmp(data, "II*", 3) == 0 ||
            memcmp(data, "MM\0*", 4) == 0);
}

/* Sides of the same shape, upright or turned, to a twentieth: previews are
 * rounded to whole pixels. */
static gboolean
is_same_shape(double width, double height, double other_width,
              double other_height)
{
    double shape = MAX(width, height) / MIN(width, height);
    double other =
        MAX(other_width, other_height) / MIN(other_width, other_height);
    return shape / other > 0.95 && shape / other < 1.05;
}

/* Exif previews of 160 by 120 pixels stand for any shape, with black bars
 * (DCF 2.0, 3.3.3). */
static void
read_preview(ch_reader *r, GExiv2Metadata *m)
{
    guint8 *data = NULL;
    int length = 0;
    ch_picture picture;
    int width = gexiv2_metadata_get_pixel_width(m);
    int height = gexiv2_metadata_get_pixel_height(m);
    if (gexiv2_metadata_get_exif_thumbnail(m, &data, &length) && length > 0 &&
        ch_picture_size(data, (gsize)length, &picture) && width > 0 &&
        height > 0 && !(picture.width == 160 && picture.height == 120) &&
        !is_same_shape(width, height, picture.width, picture.height)) {
        ch_reader_seen(r, CH_SEEN_CROPPED);
    }
    g_free(data);
}

gboolean
ch_read_metadata(ch_reader *r, const guint8 *data, gsize length)
{
    g_autoptr(GExiv2Metadata) m = gexiv2_metadata_new();
    if (!gexiv2_metadata_open_buf(m, data, (glong)length, NULL)) {
        return FALSE;
    }
    read_tags(r, m, gexiv2_metadata_get_exif_tags(m));
    read_tags(r, m, gexiv2_metadata_get_iptc_tags(m));
    read_tags(r, m, gexiv2_metadata_get_xmp_tags(m));
    read_comment(r, m);
    read_preview(r, m);
    return TRUE;
}

/* Formats of pictures that Exiv2 reads.  Whatever else it may take the bytes
 * for has readers that do not end (0.27 takes HEIC and AVIF for QuickTime). */
gboolean
ch_image_has_metadata(const guint8 *data, gsize length)
{
    return should_be_known(data, length) ||
           (length > 12 && (memcmp(data, "GIF8", 4) == 0 ||
                            (memcmp(data, "RIFF", 4) == 0 &&
                             memcmp(data + 8, "WEBP", 4) == 0)));
}

void
ch_read_image(ch_reader *r, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    gboolean whole;
    ch_reader_seen(r, CH_SEEN_MEDIA);
    if (ch_is_heif(data, length)) {
        whole = ch_read_heif(r, data, length);
    } else {
        if (ch_image_has_metadata(data, length) &&
            !ch_read_metadata(r, data, length) &&
            should_be_known(data, length)) {
            ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
        }
        whole = ch_ocr_read_bytes(r, data, length);
    }
    r->unread_pictures = r->unread_pictures || !whole;
}
