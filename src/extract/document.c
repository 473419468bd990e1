/*
 * Which reader for which bytes, by their signature; the kinds of text that
 * the core can read itself.
 */
#include "extract/reader.h"

#include "chaperone/html.h"
#include "chaperone/sniff.h"
#include "core/charset.h"

#include <string.h>

static void
read_text(ch_reader *r, GBytes *bytes, ch_where where)
{
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    ch_charset_decode(NULL, bytes, &decoded);
    gsize length;
    const char *text = g_bytes_get_data(decoded.text, &length);
    ch_reader_text(r, where, text, (gssize)length);
    if (decoded.other != NULL) {
        text = g_bytes_get_data(decoded.other, &length);
        ch_reader_text(r, where, text, (gssize)length);
    }
}

/* Places of a mail or a page to places of an attachment. */
static void
give_texts(ch_reader *r, const GPtrArray *texts, ch_where where)
{
    for (guint i = 0; i < texts->len; i++) {
        gsize length;
        const char *plain = ch_text_plain(texts->pdata[i], &length);
        ch_where place = ch_text_where(texts->pdata[i]);
        gboolean own = place == CH_WHERE_HIDDEN || place == CH_WHERE_ALT ||
                       place == CH_WHERE_LINK || place == CH_WHERE_FILENAME;
        ch_reader_text(r, own ? place : where, plain, (gssize)length);
    }
}

static void
read_html(ch_reader *r, GBytes *bytes, ch_where where)
{
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    ch_charset_decode(NULL, bytes, &decoded);
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    if (!ch_html_extract(decoded.text, -1, texts)) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
    }
    give_texts(r, texts, where);
}

static ch_extraction *
read_enclosed(void *data, GBytes *content)
{
    ch_read_any(data, content, CH_WHERE_ATTACHMENT);
    return ch_extraction_new();
}

static void
read_mail(ch_reader *r, GBytes *bytes, ch_where where)
{
    g_autoptr(ch_message) m = ch_message_parse(bytes);
    const ch_extractor self = {read_enclosed, r, NULL, NULL};
    ch_message_extract(m, &self);
    give_texts(r, ch_message_texts(m), where);
    const GArray *list = ch_message_unscanned(m);
    for (guint i = 0; i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        const ch_part *part =
            u->part < 0 ? NULL : ch_message_parts(m)->pdata[u->part];
        if (u->reason != CH_UNSCANNED_UNSUPPORTED || part == NULL ||
            !part->is_media) {
            ch_reader_unscanned(r, u->reason);
        }
    }
    if (ch_message_defects(m)->len > 0) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}

/* MS-OFFCRYPTO 2.3.4: an encrypted OOXML package lies in a compound file, in
 * a stream of this name (UTF-16). */
static void
read_ole(ch_reader *r, GBytes *bytes)
{
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    if (!ch_read_msg(r, bytes)) {
        gboolean encrypted =
            memmem(data, length, name, sizeof name - 1) != NULL;
        ch_reader_unscanned(r, encrypted ? CH_UNSCANNED_ENCRYPTED
                                         : CH_UNSCANNED_UNSUPPORTED);
    }
}

/* Text as it stands, for what only looks like markup, or is a record. */
static void
read_xml_file(ch_reader *r, GBytes *bytes, ch_where where)
{
    read_text(r, bytes, where);
    ch_read_xml(r, bytes, CH_XML_DATA, where);
}

static void
read_kind(ch_reader *r, ch_sniff kind, GBytes *bytes, ch_where where)
{
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    ch_package package = CH_PACKAGE_NONE;
    switch (kind) {
    case CH_SNIFF_UNKNOWN:
    case CH_SNIFF_DICOM:
        ch_reader_unscanned(r, CH_UNSCANNED_UNSUPPORTED);
        break;
    case CH_SNIFF_TEXT:
    case CH_SNIFF_HL7:
    case CH_SNIFF_FHIR:
    case CH_SNIFF_X12:
    case CH_SNIFF_NCPDP:
        read_text(r, bytes, where);
        break;
    case CH_SNIFF_HTML:
        read_html(r, bytes, where);
        break;
    case CH_SNIFF_XML:
        read_xml_file(r, bytes, where);
        break;
    case CH_SNIFF_MAIL:
        read_mail(r, bytes, where);
        break;
    case CH_SNIFF_RTF:
        ch_read_rtf(r, data, length);
        break;
    case CH_SNIFF_PDF:
        ch_read_pdf(r, bytes);
        break;
    case CH_SNIFF_ZIP:
        package = ch_package_kind(bytes);
        if (package != CH_PACKAGE_NONE) {
            ch_read_package(r, bytes, package);
            break;
        }
        ch_read_archive(r, bytes);
        break;
    case CH_SNIFF_ARCHIVE:
        ch_read_archive(r, bytes);
        break;
    case CH_SNIFF_OLE:
        read_ole(r, bytes);
        break;
    case CH_SNIFF_TNEF:
        ch_read_tnef(r, bytes);
        break;
    case CH_SNIFF_PICTURE:
        ch_read_image(r, bytes);
        break;
    case CH_SNIFF_MEDIA:
        ch_reader_seen(r, CH_SEEN_MEDIA);
        r->unread_pictures = TRUE; /* sound, films */
        break;
    }
}

void
ch_read_any(ch_reader *r, GBytes *bytes, ch_where where)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    if (length == 0) {
        return;
    }
    if (r->depth >= CH_MAX_NESTING) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return;
    }
    ch_sniff kind = ch_sniff_bytes(data, length);
    if (ch_sniff_is_medical(kind)) {
        ch_reader_seen(r, CH_SEEN_MEDICAL);
    }
    r->depth++;
    read_kind(r, kind, bytes, where);
    /* A picture that is an archive, too: readers of both find something. */
    if (kind != CH_SNIFF_ZIP && kind != CH_SNIFF_ARCHIVE &&
        ch_sniff_ends_as_zip(data, length)) {
        ch_read_hidden_archive(r, bytes);
    }
    r->depth--;
}
