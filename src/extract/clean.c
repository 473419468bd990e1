/*
 * A picture without what it says about itself: JPEG (ITU-T T.81) and PNG
 * (W3C PNG, third edition), segment by segment and chunk by chunk.
 *
 * Copies what is needed to show the picture, byte for byte, and leaves out
 * everything else: Exif, XMP, IPTC, comments, previews, times, whatever stands
 * behind the end.  Of Exif the orientation comes back, alone.  What is kept is
 * a list, what is dropped is not: a segment that nobody knows yet is dropped.
 * Anything irregular is no picture to be cleaned.
 */
#include "extract/clean.h"

#include <string.h>

typedef struct {
    const guint8 *data;
    gsize length, at;
    GByteArray *out;
    guint orientation; /* 1: as it lies, or not told */
    gboolean has_exif;
} cleaning;

static guint
read_16(const guint8 *p, gboolean little)
{
    return little ? (guint)p[0] | (guint)p[1] << 8
                  : (guint)p[0] << 8 | (guint)p[1];
}

static guint32
read_32(const guint8 *p, gboolean little)
{
    return little ? read_16(p, TRUE) | (guint32)read_16(p + 2, TRUE) << 16
                  : (guint32)read_16(p, FALSE) << 16 | read_16(p + 2, FALSE);
}

static void
put(cleaning *c, const void *data, gsize length)
{
    g_byte_array_append(c->out, data, (guint)length);
}

/* --- orientation ------------------------------------------------------------
 */

#define EXIF_ENTRY       12 /* bytes of an entry of a directory */
#define EXIF_ORIENTATION 0x0112
#define EXIF_SHORT       3

/* A TIFF (revision 6.0) of one directory with one entry. */
static void
make_exif(guint8 out[CH_CLEAN_EXIF], guint orientation)
{
    static const guint8 tiff[CH_CLEAN_EXIF] = {
        'M', 'M',  0, 42,         0, 0, 0, 8,       /* first directory */
        0,   1,                                     /* entries */
        1,   0x12, 0, EXIF_SHORT, 0, 0, 0, 1, 0, 0, /* orientation */
        0,   0,    0, 0,          0, 0};            /* no further directory */
    memcpy(out, tiff, sizeof tiff);
    out[19] = (guint8)orientation;
}

static void
take_entry(cleaning *c, const guint8 *entry, gboolean little)
{
    guint value = read_16(entry + 8, little);
    if (read_16(entry, little) == EXIF_ORIENTATION &&
        read_16(entry + 2, little) == EXIF_SHORT && value >= 1 && value <= 8) {
        c->orientation = value; /* others are told nothing by (Exif 2.32) */
    }
}

/* FALSE: it is none that can be read, or the second, and readers may take
 * either. */
static gboolean
take_exif(cleaning *c, const guint8 *tiff, gsize length)
{
    if (c->has_exif || length < 8) {
        return FALSE;
    }
    gboolean little = memcmp(tiff, "II*\0", 4) == 0;
    gsize at = read_32(tiff + 4, little);
    if ((!little && memcmp(tiff, "MM\0*", 4) != 0) || at > length - 2) {
        return FALSE;
    }
    guint entries = read_16(tiff + at, little);
    if ((length - at - 2) / EXIF_ENTRY < entries) {
        return FALSE;
    }
    for (guint i = 0; i < entries; i++) {
        take_entry(c, tiff + at + 2 + (gsize)i * EXIF_ENTRY, little);
    }
    c->has_exif = TRUE;
    return TRUE;
}

/* --- JPEG -------------------------------------------------------------------
 */

enum { SOI = 0xD8, EOI = 0xD9, SOS = 0xDA, APP0 = 0xE0, COM = 0xFE };

/* Tables, frames, scans: T.81, table B.1. */
static gboolean
is_coding(guint8 marker)
{
    return (marker >= 0xC0 && marker <= 0xCF && marker != 0xC8) ||
           (marker >= SOS && marker <= 0xDF);
}

static gboolean
begins(const guint8 *data, gsize length, const char *name, gsize n)
{
    return length >= n && memcmp(data, name, n) == 0;
}

/* A segment of so many bytes of content. */
static void
put_segment(cleaning *c, guint8 marker, const guint8 *data, gsize length)
{
    const guint8 head[] = {0xFF, marker, (guint8)((length + 2) >> 8),
                           (guint8)(length + 2)};
    put(c, head, sizeof head);
    put(c, data, length);
}

/* JFIF 1.02: version, density, and a preview, which is not kept. */
static gboolean
take_jfif(cleaning *c, const guint8 *data, gsize length)
{
    guint8 jfif[14];
    if (length < sizeof jfif) {
        return FALSE;
    }
    memcpy(jfif, data, sizeof jfif);
    jfif[12] = jfif[13] = 0;
    put_segment(c, APP0, jfif, sizeof jfif);
    return TRUE;
}

/* Exif's place is kept by the orientation. */
static gboolean
take_app1(cleaning *c, guint8 marker, const guint8 *data, gsize length)
{
    guint8 exif[6 + CH_CLEAN_EXIF] = "Exif\0";
    if (!begins(data, length, "Exif\0\0", 6)) {
        return TRUE; /* XMP */
    }
    if (!take_exif(c, data + 6, length - 6)) {
        return FALSE;
    }
    if (c->orientation != 1) {
        make_exif(exif + 6, c->orientation);
        put_segment(c, marker, exif, sizeof exif);
    }
    return TRUE;
}

/* FALSE: irregular. */
static gboolean
take_application(cleaning *c, guint8 marker, const guint8 *data, gsize length)
{
    switch (marker - APP0) {
    case 0:
        return !begins(data, length, "JFIF\0", 5) || take_jfif(c, data, length);
    case 1:
        return take_app1(c, marker, data, length);
    case 2: /* ICC.1:2022, B.4 */
        if (begins(data, length, "ICC_PROFILE\0", 12)) {
            put_segment(c, marker, data, length);
        }
        return TRUE;
    case 14: /* how colours are coded (Adobe TN 5116); 12 bytes, no more */
        if (begins(data, length, "Adobe", 5)) {
            put_segment(c, marker, data, MIN(length, 12));
        }
        return TRUE;
    default:
        return TRUE;
    }
}

/* Coded data: to the next marker that is neither a stuffed byte nor a
 * restart. */
static void
take_scan(cleaning *c)
{
    gsize start = c->at;
    while (c->at + 1 < c->length) {
        guint8 next = c->data[c->at + 1];
        gboolean marker = c->data[c->at] == 0xFF && next != 0 &&
                          !(next >= 0xD0 && next <= 0xD7);
        if (marker) {
            break;
        }
        c->at++;
    }
    put(c, c->data + start, c->at - start);
}

/* From the marker at c->at on.  FALSE: irregular. */
static gboolean
take_segment(cleaning *c, guint8 marker)
{
    const guint8 *data = c->data + c->at;
    gsize left = c->length - c->at;
    gsize length = left < 4 ? 0 : read_16(data + 2, FALSE);
    if (length < 2 || length > left - 2) {
        return FALSE;
    }
    c->at += 2 + length;
    if (is_coding(marker)) {
        put(c, data, 2 + length);
        if (marker == SOS) {
            take_scan(c);
        }
        return TRUE;
    }
    if (marker >= APP0 && marker <= APP0 + 15) {
        return take_application(c, marker, data + 4, length - 2);
    }
    return marker == COM;
}

/* FALSE: irregular, or without its end. */
static gboolean
clean_jpeg(cleaning *c)
{
    gboolean scanned = FALSE;
    put(c, c->data, 2);
    c->at = 2;
    while (c->length - c->at >= 2 && c->data[c->at] == 0xFF) {
        guint8 marker = c->data[c->at + 1];
        if (marker == EOI) {
            put(c, c->data + c->at, 2);
            return scanned;
        }
        scanned = scanned || marker == SOS;
        if (!take_segment(c, marker)) {
            return FALSE;
        }
    }
    return FALSE;
}

/* --- PNG --------------------------------------------------------------------
 */

#define CHUNK_FRAME 12 /* length, type, sum */

/* CRC-32 of ISO 3309, four bits at a time (PNG, annex D). */
static guint32
sum_of(const guint8 *data, gsize length)
{
    static const guint32 table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    guint32 sum = 0xFFFFFFFF;
    for (gsize i = 0; i < length; i++) {
        sum ^= data[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return ~sum;
}

static void
put_number(cleaning *c, guint32 number)
{
    const guint32 bytes = GUINT32_TO_BE(number);
    put(c, &bytes, sizeof bytes);
}

/* A chunk eXIf in place of the one that was there. */
static gboolean
take_png_exif(cleaning *c, const guint8 *data, gsize length)
{
    guint8 chunk[4 + CH_CLEAN_EXIF] = {'e', 'X', 'I', 'f'};
    if (!take_exif(c, data, length)) {
        return FALSE;
    }
    if (c->orientation != 1) {
        make_exif(chunk + 4, c->orientation);
        put_number(c, CH_CLEAN_EXIF);
        put(c, chunk, sizeof chunk);
        put_number(c, sum_of(chunk, sizeof chunk));
    }
    return TRUE;
}

/* What it takes to show a picture, and to move it. */
static gboolean
is_needed(const char *type)
{
    static const char *const needed[] = {
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP",
        "cICP", "mDCV", "cLLI", "sBIT", "bKGD", "pHYs", "acTL", "fcTL", "fdAT"};
    for (gsize i = 0; i < G_N_ELEMENTS(needed); i++) {
        if (strcmp(needed[i], type) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A capital first letter: no reader may do without it. */
static gboolean
take_chunk(cleaning *c, const guint8 *chunk, gsize length, const char *type)
{
    if (is_needed(type)) {
        put(c, chunk, CHUNK_FRAME + length);
        return TRUE;
    }
    if (strcmp(type, "eXIf") == 0) {
        return take_png_exif(c, chunk + 8, length);
    }
    return g_ascii_islower(type[0]);
}

/* FALSE: irregular, or without its end. */
static gboolean
clean_png(cleaning *c)
{
    char type[5] = "";
    put(c, c->data, 8);
    c->at = 8;
    while (c->length - c->at >= CHUNK_FRAME) {
        const guint8 *chunk = c->data + c->at;
        gsize length = read_32(chunk, FALSE);
        gboolean first = c->at == 8;
        if (length > c->length - c->at - CHUNK_FRAME ||
            sum_of(chunk + 4, 4 + length) !=
                read_32(chunk + 8 + length, FALSE)) {
            return FALSE;
        }
        memcpy(type, chunk + 4, 4);
        if (first != (strcmp(type, "IHDR") == 0) ||
            !take_chunk(c, chunk, length, type)) {
            return FALSE;
        }
        if (strcmp(type, "IEND") == 0) {
            return TRUE;
        }
        c->at += CHUNK_FRAME + length;
    }
    return FALSE;
}

/* --- either -----------------------------------------------------------------
 */

GBytes *
ch_clean_bytes(GBytes *picture)
{
    static const guint8 png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    static const guint8 jpeg[] = {0xFF, SOI, 0xFF};
    gsize length;
    const guint8 *data = g_bytes_get_data(picture, &length);
    g_autoptr(GByteArray) out = g_byte_array_new();
    cleaning c = {.data = data, .length = length, .out = out, .orientation = 1};
    gboolean ok = FALSE;
    if (length > sizeof jpeg && memcmp(data, jpeg, sizeof jpeg) == 0) {
        ok = clean_jpeg(&c);
    } else if (length > sizeof png && memcmp(data, png, sizeof png) == 0) {
        ok = clean_png(&c);
    }
    return ok && out->len <= length
               ? g_byte_array_free_to_bytes(g_steal_pointer(&out))
               : NULL;
}
