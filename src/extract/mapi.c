/*
 * Properties of MAPI, of which both of Outlook's formats are made (MS-OXPROPS):
 * strings are texts, bodies go to the readers of HTML and RTF, what is
 * attached to the reader of anything.  The other properties hold no words.
 */
#include "extract/reader.h"

#include <stdlib.h>
#include <string.h>
#include <ytnef.h>

#define RTF_HEAD 16 /* bytes: sizes, method, checksum */

enum {
    SUBJECT = 0x0037,
    BODY = 0x1000,
    RTF = 0x1009,
    HTML = 0x1013,
    DISPLAY_NAME = 0x3001,
    ATTACH_DATA = 0x3701,
    ATTACH_NAME = 0x3704,
    ATTACH_LONG_NAME = 0x3707
};

static ch_where
where_of(guint property)
{
    switch (property) {
    case SUBJECT:
    case BODY:
    case HTML:
        return CH_WHERE_ATTACHMENT;
    case DISPLAY_NAME:
    case ATTACH_NAME:
    case ATTACH_LONG_NAME:
        return CH_WHERE_FILENAME;
    default:
        return CH_WHERE_METADATA;
    }
}

void
ch_read_mapi_string(ch_reader *r, guint property, const char *utf8,
                    gsize length)
{
    gsize size = strnlen(utf8, length); /* they end in NUL */
    if (property == HTML) {
        g_autoptr(GBytes) bytes = g_bytes_new(utf8, size);
        ch_read_any(r, bytes, CH_WHERE_ATTACHMENT);
    } else {
        ch_reader_text(r, where_of(property), utf8, (gssize)size);
    }
}

/* MS-OXRTFCP: packed by a method of its own, or as it stands, of which
 * libytnef loses the end. */
static void
read_rtf(ch_reader *r, const guint8 *data, gsize length)
{
    if (length > RTF_HEAD && memcmp(data + 8, "MELA", 4) == 0) {
        ch_read_rtf(r, (const char *)data + RTF_HEAD, length - RTF_HEAD);
        return;
    }
    variableLength packed = {(guint8 *)data, (int)length}; /* only read */
    int size = 0;
    guint8 *rtf = DecompressRTF(&packed, &size);
    if (rtf == NULL || size <= 0) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    } else if (ch_reader_unpack(r, (gsize)size)) {
        ch_read_rtf(r, (const char *)rtf, (gsize)size);
    }
    free(rtf);
}

void
ch_read_mapi_binary(ch_reader *r, guint property, const guint8 *data,
                    gsize length)
{
    if (length == 0) {
        return;
    }
    if (property == RTF) {
        read_rtf(r, data, length);
    } else if (property == HTML || property == ATTACH_DATA) {
        g_autoptr(GBytes) bytes = g_bytes_new(data, length);
        ch_read_any(r, bytes, CH_WHERE_ATTACHMENT);
    }
}
