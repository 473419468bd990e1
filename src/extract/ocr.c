/*
 * What a picture shows in letters and bars: Tesseract for text, ZBar for QR
 * codes and bar codes, Leptonica for the pixels of both.
 *
 * Pictures are shrunk before they are read, and no more are read once the
 * time for it is up: those stay pictures that nobody looked at, as all are
 * where the engine or its languages are not installed.
 */
#include "extract/reader.h"

#include <leptonica/allheaders.h>
#include <math.h>
#include <tesseract/capi.h>
#include <zbar.h>

#define LANGUAGES    "eng+spa"
#define MIN_SIDE     24 /* pixels: smaller pictures hold no words */
#define MIN_SURE     50 /* per cent: below, it reads letters into foliage */
#define SMALL_SIDE   1000
#define DOTS_AN_INCH 150 /* that pictures without a resolution get */

struct ch_ocr {
    TessBaseAPI *tesseract;
};

/* --- where ------------------------------------------------------------------
 */

typedef struct {
    int left, top, right, bottom; /* pixels */
} box;

static guint8
hundredths(int value, int of)
{
    return (guint8)(of <= 0 ? 0 : CLAMP((gint64)value * 100 / of, 0, 100));
}

static void
add_area(GByteArray *areas, const box *b, PIX *grey)
{
    int width = pixGetWidth(grey), height = pixGetHeight(grey);
    const guint8 area[CH_AREA_LENGTH] = {
        hundredths(MIN(b->left, b->right), width),
        hundredths(MIN(b->top, b->bottom), height),
        hundredths(MAX(b->left, b->right), width),
        hundredths(MAX(b->top, b->bottom), height)};
    g_byte_array_append(areas, area, sizeof area);
}

/* --- words ---------------------------------------------------------------- */

/* Words that it is sure of, line by line. */
static void
give_words(ch_reader *r, TessBaseAPI *api, PIX *grey)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GByteArray) areas = g_byte_array_new();
    TessResultIterator *it = TessBaseAPIGetIterator(api);
    if (it == NULL) {
        return;
    }
    const TessPageIterator *page = TessResultIteratorGetPageIteratorConst(it);
    do {
        char *word = TessResultIteratorGetUTF8Text(it, RIL_WORD);
        float sure = TessResultIteratorConfidence(it, RIL_WORD);
        if (word != NULL && sure >= MIN_SURE) {
            g_string_append(text, word);
        }
        gboolean last =
            TessPageIteratorIsAtFinalElement(page, RIL_TEXTLINE, RIL_WORD) != 0;
        g_string_append_c(text, last ? '\n' : ' ');
        box line = {0, 0, 0, 0};
        if (last) {
            TessPageIteratorBoundingBox(page, RIL_TEXTLINE, &line.left,
                                        &line.top, &line.right, &line.bottom);
            add_area(areas, &line, grey);
        }
        TessDeleteText(word);
    } while (TessResultIteratorNext(it, RIL_WORD) != 0);
    TessResultIteratorDelete(it);
    ch_reader_text_at(r, CH_WHERE_ATTACHMENT, text, areas);
}

/* FALSE: not in the time that is left. */
static gboolean
read_words(ch_reader *r, PIX *grey)
{
    TessBaseAPI *api = r->ocr->tesseract;
    gint64 left_us = r->ocr_until_us - g_get_monotonic_time();
    if (left_us <= 0) {
        return FALSE;
    }
    ETEXT_DESC *monitor = TessMonitorCreate();
    TessMonitorSetDeadlineMSecs(
        monitor, (int)MIN(left_us / 1000, (gint64)CH_MAX_EXTRACT_MS));
    TessBaseAPISetImage2(api, grey);
    TessBaseAPISetSourceResolution(api, DOTS_AN_INCH);
    gboolean whole = TessBaseAPIRecognize(api, monitor) == 0 &&
                     g_get_monotonic_time() < r->ocr_until_us;
    give_words(r, api, grey); /* what it has of them, in any case */
    TessBaseAPIClear(api);
    TessMonitorDelete(monitor);
    return whole;
}

/* --- codes ---------------------------------------------------------------- */

/* Around its corners. */
static box
box_of(const zbar_symbol_t *code)
{
    box b = {G_MAXINT, G_MAXINT, 0, 0};
    for (guint i = 0; i < zbar_symbol_get_loc_size(code); i++) {
        int x = zbar_symbol_get_loc_x(code, i);
        int y = zbar_symbol_get_loc_y(code, i);
        b = (box){MIN(b.left, x), MIN(b.top, y), MAX(b.right, x),
                  MAX(b.bottom, y)};
    }
    return b;
}

static void
give_codes(ch_reader *r, zbar_image_t *image, PIX *grey)
{
    const zbar_symbol_t *code = zbar_image_first_symbol(image);
    for (; code != NULL; code = zbar_symbol_next(code)) {
        const char *data = zbar_symbol_get_data(code);
        guint length = zbar_symbol_get_data_length(code);
        gboolean link = length > 4 && g_ascii_strncasecmp(data, "http", 4) == 0;
        const box around = box_of(code);
        g_autoptr(GString) text = g_string_new_len(data, (gssize)length);
        g_autoptr(GByteArray) areas = g_byte_array_new();
        add_area(areas, &around, grey);
        ch_reader_text_at(r, link ? CH_WHERE_LINK : CH_WHERE_ATTACHMENT, text,
                          areas);
    }
}

/* One byte a pixel, row by row, which Leptonica keeps in words. */
static void
read_codes(ch_reader *r, PIX *grey)
{
    guint width = (guint)pixGetWidth(grey), height = (guint)pixGetHeight(grey);
    g_autofree guint8 *bytes = g_malloc((gsize)width * height);
    const l_uint32 *words = pixGetData(grey);
    for (guint y = 0; y < height; y++) {
        const l_uint32 *line = words + (gsize)y * (gsize)pixGetWpl(grey);
        for (guint x = 0; x < width; x++) {
            bytes[(gsize)y * width + x] = (guint8)GET_DATA_BYTE(line, x);
        }
    }
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, width, height);
    zbar_image_set_data(image, bytes, (gsize)width * height, NULL);
    if (zbar_scan_image(scanner, image) > 0) {
        give_codes(r, image, grey);
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
}

/* --- pictures ---------------------------------------------------------------
 */

/* Grey on white, of a size that is read well in the time.  Owned. */
static PIX *
prepare(PIX *pix)
{
    PIX *flat = pixRemoveAlpha(pix);
    PIX *grey = flat == NULL ? NULL : pixConvertTo8(flat, 0);
    pixDestroy(&flat);
    if (grey == NULL) {
        return NULL;
    }
    double pixels = (double)pixGetWidth(grey) * (double)pixGetHeight(grey);
    int side = MAX(pixGetWidth(grey), pixGetHeight(grey));
    float by = pixels > CH_MAX_OCR_PIXELS
                   ? (float)sqrt(CH_MAX_OCR_PIXELS / pixels)
               : side < SMALL_SIDE ? 2.0f
                                   : 1.0f;
    PIX *scaled =
        by > 0.99f && by < 1.01f ? pixClone(grey) : pixScale(grey, by, by);
    pixDestroy(&grey);
    return scaled;
}

static gboolean
read_pix(ch_reader *r, PIX *pix)
{
    if (r->ocr == NULL || g_get_monotonic_time() >= r->ocr_until_us) {
        return FALSE;
    }
    if (pixGetWidth(pix) < MIN_SIDE || pixGetHeight(pix) < MIN_SIDE) {
        return TRUE;
    }
    PIX *grey = prepare(pix);
    if (grey == NULL) {
        return FALSE;
    }
    read_codes(r, grey);
    gboolean whole = read_words(r, grey);
    pixDestroy(&grey);
    return whole;
}

/* A JPEG is read smaller, which costs less than to shrink it afterwards. */
static PIX *
decode(const guint8 *data, gsize length, int format, gint64 pixels)
{
    if (format == IFF_JFIF_JPEG) {
        int reduction = 1;
        while (reduction < 8 &&
               pixels / (reduction * reduction) > 2 * CH_MAX_OCR_PIXELS) {
            reduction *= 2;
        }
        return pixReadMemJpeg(data, length, 0, reduction, NULL, 0);
    }
    return pixReadMem(data, length);
}

gboolean
ch_picture_size(const guint8 *data, gsize length, ch_picture *out)
{
    int bits, samples, map;
    return pixReadHeaderMem(data, length, &out->format, &out->width,
                            &out->height, &bits, &samples, &map) == 0 &&
           out->width > 0 && out->height > 0;
}

gboolean
ch_picture_is_bearable(const ch_picture *picture)
{
    return (gint64)picture->width * picture->height <=
           (picture->format == IFF_JFIF_JPEG ? CH_MAX_JPEG_PIXELS
                                             : CH_MAX_PIXELS);
}

static gboolean
is_tiff(const guint8 *data, gsize length)
{
    return length > 4 &&
           (memcmp(data, "II*", 4) == 0 || memcmp(data, "MM\0*", 4) == 0);
}

/* A fax is a TIFF of many pages (RFC 2306). */
static gboolean
read_pages(ch_reader *r, const guint8 *data, gsize length)
{
    gboolean whole = TRUE;
    for (guint i = 0;; i++) {
        PIX *pix = pixReadMemTiff(data, length, (int)i);
        if (pix == NULL || i >= CH_MAX_SCANNED_PAGES) {
            pixDestroy(&pix);
            return whole && i > 0 && i < CH_MAX_SCANNED_PAGES;
        }
        ch_reader_enter(r, CH_STEP_PAGE, i + 1);
        whole = read_pix(r, pix) && whole;
        ch_reader_leave(r);
        pixDestroy(&pix);
    }
}

/* Of a kind that Leptonica reads, if its header is one. */
static gboolean
is_known(const guint8 *data, gsize length)
{
    int format = IFF_UNKNOWN;
    return length > 12 && findFileFormatBuffer(data, &format) == 0 &&
           format != IFF_UNKNOWN;
}

gboolean
ch_ocr_read_bytes(ch_reader *r, const guint8 *data, gsize length)
{
    ch_picture picture;
    if (r->ocr == NULL) {
        return FALSE;
    }
    if (!ch_picture_size(data, length, &picture)) {
        if (is_known(data, length)) {
            ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
        }
        return FALSE;
    }
    gint64 pixels = (gint64)picture.width * picture.height;
    if (!ch_picture_is_bearable(&picture)) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return FALSE;
    }
    if (is_tiff(data, length)) {
        return read_pages(r, data, length);
    }
    PIX *pix = decode(data, length, picture.format, pixels);
    if (pix == NULL) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
        return FALSE;
    }
    gboolean whole = read_pix(r, pix);
    pixDestroy(&pix);
    return whole;
}

gboolean
ch_ocr_read_rgb24(ch_reader *r, const guint8 *bytes, int width, int height,
                  int stride)
{
    PIX *pix = pixCreate(width, height, 32);
    for (int y = 0; pix != NULL && y < height; y++) {
        const guint32 *row =
            (const guint32 *)(const void *)(bytes + (gsize)y * (gsize)stride);
        l_uint32 *line = pixGetData(pix) + (gsize)y * (gsize)pixGetWpl(pix);
        for (int x = 0; x < width; x++) { /* Leptonica: red first */
            line[x] = row[x] << 8;
        }
    }
    gboolean whole = pix != NULL && read_pix(r, pix);
    pixDestroy(&pix);
    return whole;
}

gboolean
ch_ocr_read_grey(ch_reader *r, const ch_grey *grey)
{
    PIX *pix = pixCreate(grey->width, grey->height, 8);
    for (int y = 0; pix != NULL && y < grey->height; y++) {
        const guint8 *row = grey->bytes + (gsize)y * (gsize)grey->stride;
        const guint16 *wide = (const guint16 *)(const void *)row;
        l_uint32 *line = pixGetData(pix) + (gsize)y * (gsize)pixGetWpl(pix);
        for (int x = 0; x < grey->width; x++) {
            guint value =
                grey->bits > 8 ? (guint)wide[x] >> (grey->bits - 8) : row[x];
            SET_DATA_BYTE(line, x, (guint8)value);
        }
    }
    gboolean whole = pix != NULL && read_pix(r, pix);
    pixDestroy(&pix);
    return whole;
}

/* --- before the jail -------------------------------------------------------
 */

ch_ocr *
ch_ocr_new(void)
{
    setMsgSeverity(L_SEVERITY_NONE);
    TessBaseAPI *api = TessBaseAPICreate();
    if (TessBaseAPIInit2(api, NULL, LANGUAGES, OEM_LSTM_ONLY) != 0) {
        TessBaseAPIDelete(api);
        return NULL;
    }
    TessBaseAPISetPageSegMode(api, PSM_AUTO);
    ch_ocr *ocr = g_new(ch_ocr, 1);
    ocr->tesseract = api;
    /* Tables that it makes at first use. */
    PIX *pix = pixCreate(64, 64, 8);
    ch_reader none = {.fd = -1, .ocr = ocr, .ocr_until_us = G_MAXINT64};
    pixSetAll(pix);
    read_pix(&none, pix);
    pixDestroy(&pix);
    return ocr;
}
