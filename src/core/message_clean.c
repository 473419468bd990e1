/*
 * Pictures among the parts, cleaned: the same mail with other bytes in their
 * place.
 *
 * Only where those bytes are known beyond doubt: a part of its own in base64
 * that was read without trouble and that nobody signed.  The picture itself is
 * taken apart by what the caller brought, not here.
 */
#include "core/message_int.h"

#include "chaperone/extraction.h"

#include <string.h>

#define LINE_LENGTH 76 /* RFC 2045 6.8 */
#define TELLING     (1u << CH_SEEN_LOCATION | 1u << CH_SEEN_CROPPED)

gboolean
ch_message_picture_tells(const ch_message *m, int part)
{
    const ch_part *p = part < 0 ? NULL : m->parts->pdata[part];
    if (p == NULL || !p->is_media) {
        return FALSE;
    }
    for (guint i = 0; i < m->texts->len; i++) {
        const ch_text *text = m->texts->pdata[i];
        if (ch_text_part(text) == part &&
            ch_text_where(text) == CH_WHERE_METADATA) {
            return TRUE;
        }
    }
    return (p->seen & TELLING) != 0;
}

/* RFC 1847: a signature over what it stands in. */
static gboolean
is_signed(const ch_message *m, const ch_part *part)
{
    for (int i = part->parent; i >= 0;) {
        const ch_part *outer = m->parts->pdata[i];
        if (strcmp(outer->type, "multipart/signed") == 0) {
            return TRUE;
        }
        i = outer->parent;
    }
    return FALSE;
}

/* Read to its end; words and what else it shows do not matter here. */
static gboolean
is_well_read(const ch_message *m, int part)
{
    for (guint i = 0; i < m->unscanned->len; i++) {
        const ch_unscanned *u = &g_array_index(m->unscanned, ch_unscanned, i);
        if (u->part == part && u->reason != CH_UNSCANNED_UNSUPPORTED) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
is_only_reading(const ch_message *m, const ch_document *document)
{
    guint readings = 0;
    for (guint i = 0; i < m->documents->len; i++) {
        const ch_document *d = m->documents->pdata[i];
        readings += d->part == document->part ? 1 : 0;
    }
    return readings == 1 && document->content == NULL &&
           g_ascii_strcasecmp(document->encoding, "base64") == 0;
}

/* The picture, if it is one that may be replaced; at: end of what was copied
 * already.  Owned. */
static GBytes *
dup_picture(const ch_message *m, const ch_document *document, gsize at)
{
    const ch_part *part = m->parts->pdata[document->part];
    if (!ch_message_picture_tells(m, document->part) ||
        !is_only_reading(m, document) || !is_well_read(m, document->part) ||
        is_signed(m, part) || part->raw.start < at ||
        part->raw.end > m->length || part->raw.start >= part->raw.end) {
        return NULL;
    }
    gboolean odd = FALSE;
    g_autoptr(GBytes) raw = g_bytes_new_from_bytes(
        m->raw, part->raw.start, part->raw.end - part->raw.start);
    g_autoptr(GBytes) content = ch_transfer_decode("base64", raw, &odd);
    return odd ? NULL : g_steal_pointer(&content);
}

/* --- the mail --------------------------------------------------------------
 */

/* As the first line of the mail ends. */
static const char *
line_end(const ch_message *m)
{
    const char *lf = memchr(m->data, '\n', m->length);
    return lf != NULL && lf > m->data && lf[-1] == '\r' ? "\r\n" : "\n";
}

static void
put_base64(GByteArray *out, GBytes *content, const char *eol)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(content, &length);
    g_autofree char *encoded = g_base64_encode(data, length);
    gsize size = strlen(encoded);
    for (gsize at = 0; at < size; at += LINE_LENGTH) {
        if (at > 0) {
            g_byte_array_append(out, (const guint8 *)eol, (guint)strlen(eol));
        }
        g_byte_array_append(out, (const guint8 *)encoded + at,
                            (guint)MIN(size - at, LINE_LENGTH));
    }
}

static void
put_span(GByteArray *out, const ch_message *m, gsize start, gsize end)
{
    g_byte_array_append(out, (const guint8 *)m->data + start,
                        (guint)(end - start));
}

/* What stands between the blanks around a part's content. */
static ch_span
content_of(const ch_message *m, ch_span raw)
{
    while (raw.start < raw.end && g_ascii_isspace(m->data[raw.start])) {
        raw.start++;
    }
    while (raw.end > raw.start && g_ascii_isspace(m->data[raw.end - 1])) {
        raw.end--;
    }
    return raw;
}

GBytes *
ch_message_clean(const ch_message *m, const ch_extractor *extractor,
                 GArray *parts_out, GError **error)
{
    g_autoptr(GByteArray) out = g_byte_array_sized_new((guint)m->length);
    const char *eol = line_end(m);
    gsize at = 0;
    for (guint i = 0; i < MIN(m->documents->len, CH_MAX_DOCUMENTS); i++) {
        g_autoptr(GError) trouble = NULL;
        const ch_document *document = m->documents->pdata[i];
        g_autoptr(GBytes) picture = dup_picture(m, document, at);
        g_autoptr(GBytes) clean =
            picture == NULL
                ? NULL
                : extractor->clean(extractor->data, picture, &trouble);
        if (trouble != NULL) {
            g_propagate_error(error, g_steal_pointer(&trouble));
            return NULL;
        }
        if (clean != NULL) {
            const ch_part *part = m->parts->pdata[document->part];
            ch_span old = content_of(m, part->raw);
            put_span(out, m, at, old.start);
            put_base64(out, clean, eol);
            at = old.end;
            g_array_append_val(parts_out, document->part);
        }
    }
    put_span(out, m, at, m->length);
    return parts_out->len > 0
               ? g_byte_array_free_to_bytes(g_steal_pointer(&out))
               : NULL;
}
