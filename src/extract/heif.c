/*
 * HEIC and AVIF by libheif: what a photo says about itself goes to the reader
 * of all photos' metadata, its brightness to the reader of words and codes.
 *
 * Only the brightness is decoded: words need no colours, and a photo of 48
 * million pixels then fits into the memory of the jail.  A film in such a file
 * is not looked at.  ISO/IEC 23008-12.
 */
#include "extract/reader.h"

#include <libheif/heif.h>
#include <string.h>

/* libheif asks libde265 for a thread, which the jail forbids; without one it
 * decodes in ours.  The program's own function is found before the library's
 * (the Makefile exports it). */
int de265_start_worker_threads(void *decoder, int number);

int
de265_start_worker_threads(void *decoder, int number)
{
    (void)decoder;
    (void)number;
    return 0; /* DE265_OK */
}

void
ch_warm_heif(void)
{
    heif_init(NULL); /* later versions load their decoders now */
}

gboolean
ch_is_heif(const guint8 *data, gsize length)
{
    return length > 12 && memcmp(data + 4, "ftyp", 4) == 0;
}

/* What it has no decoder for is a picture that nobody looked at. */
static void
tell(ch_reader *r, struct heif_error error)
{
    if (error.code == heif_error_Memory_allocation_error) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
    } else if (error.code != heif_error_Unsupported_feature &&
               error.code != heif_error_Unsupported_filetype) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}

/* --- metadata ------------------------------------------------------------ */

/* Annex A.2.1: four bytes say how far behind them the TIFF header is. */
static void
read_exif(ch_reader *r, const guint8 *data, gsize length)
{
    gsize start = 4;
    if (length > 4) {
        start += (gsize)data[0] << 24 | (gsize)data[1] << 16 |
                 (gsize)data[2] << 8 | (gsize)data[3];
    }
    if (start >= length || !ch_read_metadata(r, data + start, length - start)) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}

static void
read_block(ch_reader *r, const struct heif_image_handle *image,
           heif_item_id block)
{
    const char *kind =
        heif_image_handle_get_metadata_content_type(image, block);
    gboolean xmp = g_strcmp0(kind, "application/rdf+xml") == 0;
    kind = heif_image_handle_get_metadata_type(image, block);
    gboolean exif = g_strcmp0(kind, "Exif") == 0;
    gsize length = heif_image_handle_get_metadata_size(image, block);
    if ((!exif && !xmp) || length == 0) {
        return;
    }
    g_autofree guint8 *data =
        length > CH_MAX_ATTACHMENT ? NULL : g_try_malloc(length);
    if (data == NULL) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return;
    }
    struct heif_error error =
        heif_image_handle_get_metadata(image, block, data);
    if (error.code != heif_error_Ok) {
        tell(r, error);
    } else if (exif) {
        read_exif(r, data, length);
    } else if (!ch_read_metadata(r, data, length)) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}

static void
read_blocks(ch_reader *r, const struct heif_image_handle *image)
{
    heif_item_id blocks[CH_MAX_METADATA];
    int count = heif_image_handle_get_number_of_metadata_blocks(image, NULL);
    if (count > CH_MAX_METADATA) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
    }
    count = heif_image_handle_get_list_of_metadata_block_IDs(
        image, NULL, blocks, CH_MAX_METADATA);
    for (int i = 0; i < count; i++) {
        read_block(r, image, blocks[i]);
    }
}

/* --- pixels -------------------------------------------------------------- */

static gboolean
is_too_large(gint64 width, gint64 height)
{
    return width <= 0 || height <= 0 || width * height > CH_MAX_PIXELS;
}

/* Its brightness, or the green of a picture without one. */
static gboolean
read_pixels(ch_reader *r, const struct heif_image *image)
{
    enum heif_channel channel = heif_image_has_channel(image, heif_channel_Y)
                                    ? heif_channel_Y
                                    : heif_channel_G;
    int stride;
    const guint8 *bytes =
        heif_image_get_plane_readonly(image, channel, &stride);
    const ch_grey grey = {bytes, heif_image_get_width(image, channel),
                          heif_image_get_height(image, channel), stride,
                          heif_image_get_bits_per_pixel_range(image, channel)};
    if (bytes == NULL) {
        return FALSE;
    }
    if (is_too_large(grey.width, grey.height)) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return FALSE;
    }
    return ch_ocr_read_grey(r, &grey);
}

static gboolean
read_image(ch_reader *r, const struct heif_image_handle *handle)
{
    struct heif_image *image = NULL;
    read_blocks(r, handle);
    if (is_too_large(heif_image_handle_get_width(handle),
                     heif_image_handle_get_height(handle))) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return FALSE;
    }
    if (r->ocr == NULL) {
        return FALSE;
    }
    struct heif_error error = heif_decode_image(
        handle, &image, heif_colorspace_undefined, heif_chroma_undefined, NULL);
    if (error.code != heif_error_Ok) {
        tell(r, error);
        return FALSE;
    }
    gboolean whole = read_pixels(r, image);
    heif_image_release(image);
    return whole;
}

/* A file may hold several pictures, of which programs show the first. */
static gboolean
read_images(ch_reader *r, struct heif_context *file)
{
    heif_item_id ids[CH_MAX_SCANNED_PAGES];
    int all = heif_context_get_number_of_top_level_images(file);
    int count = heif_context_get_list_of_top_level_image_IDs(
        file, ids, CH_MAX_SCANNED_PAGES);
    gboolean whole = count > 0 && all == count;
    for (int i = 0; i < count; i++) {
        struct heif_image_handle *handle = NULL;
        struct heif_error error =
            heif_context_get_image_handle(file, ids[i], &handle);
        if (error.code != heif_error_Ok) {
            tell(r, error);
            whole = FALSE;
            continue;
        }
        ch_reader_enter(r, CH_STEP_PICTURE, all > 1 ? (guint)i + 1 : 0);
        whole = read_image(r, handle) && whole;
        ch_reader_leave(r);
        heif_image_handle_release(handle);
    }
    return whole;
}

gboolean
ch_read_heif(ch_reader *r, const guint8 *data, gsize length)
{
    gboolean whole = FALSE;
    struct heif_context *file = heif_context_alloc();
    heif_context_set_max_decoding_threads(file, 0);
    struct heif_error error =
        heif_context_read_from_memory_without_copy(file, data, length, NULL);
    if (error.code == heif_error_Ok) {
        whole = read_images(r, file);
    } else {
        tell(r, error);
    }
    heif_context_free(file);
    return whole;
}
