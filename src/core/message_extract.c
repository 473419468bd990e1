/*
 * Documents among the parts: handed to the reader that the caller brought,
 * its texts appended.
 *
 * Comes after the parse and only for mail that is judged.  Knows no format:
 * which parts are documents was seen by their type or signature on the walk.
 * Without a reader, or when it cannot be started, they stay "unsupported":
 * a picture is passed on with a note where no reader is wanted, held where the
 * one that is wanted cannot be started.
 */
#include "core/message_int.h"

#include "chaperone/extraction.h"
#include "chaperone/sniff.h"

#include <string.h>

void
ch_message_note_document(ch_message *m, int part, const char *encoding)
{
    ch_document *document = g_new(ch_document, 1);
    *document = (ch_document){part, g_strdup(encoding), NULL};
    g_ptr_array_add(m->documents, document);
}

void
ch_message_note_content(ch_message *m, int part, GBytes *content)
{
    ch_document *document = g_new(ch_document, 1);
    *document = (ch_document){part, NULL, g_bytes_ref(content)};
    g_ptr_array_add(m->documents, document);
}

void
ch_document_free(ch_document *document)
{
    g_free(document->encoding);
    g_clear_pointer(&document->content, g_bytes_unref);
    g_free(document);
}

ch_sniff
ch_message_sniff(const ch_message *m, const char *encoding, ch_span raw)
{
    gboolean odd;
    gsize length = MIN(raw.end - raw.start, 2 * (gsize)CH_SNIFF_LENGTH);
    g_autoptr(GBytes) start = g_bytes_new_from_bytes(m->raw, raw.start, length);
    g_autoptr(GBytes) content = ch_transfer_decode(encoding, start, &odd);
    gsize size;
    const void *data = g_bytes_get_data(content, &size);
    return ch_sniff_bytes(data, size);
}

void
ch_message_add_seen(ch_message *m, guint seen, int part)
{
    ((ch_part *)m->parts->pdata[part])->seen |= seen;
}

guint
ch_message_seen(const ch_message *m, int part)
{
    guint seen = 0;
    for (guint i = 0; i < m->parts->len; i++) {
        const ch_part *p = m->parts->pdata[i];
        seen |= part < 0 || part == (int)i ? p->seen : 0;
    }
    return seen;
}

static void
drop_unsupported(ch_message *m, int part)
{
    for (guint i = m->unscanned->len; i > 0; i--) {
        const ch_unscanned *u =
            &g_array_index(m->unscanned, ch_unscanned, i - 1);
        if (u->part == part && u->reason == CH_UNSCANNED_UNSUPPORTED) {
            g_array_remove_index(m->unscanned, i - 1);
        }
    }
}

/* A picture is one by its signature, whatever it is called. */
static void
tell_media(ch_part *part, GBytes *content)
{
    gsize length;
    const void *data = g_bytes_get_data(content, &length);
    ch_sniff kind = ch_sniff_bytes(data, length);
    if (kind == CH_SNIFF_PICTURE || kind == CH_SNIFF_MEDIA) {
        part->is_media = TRUE;
    } else if (kind != CH_SNIFF_UNKNOWN && !ch_sniff_is_text(kind)) {
        part->is_media = FALSE;
    }
}

/* A picture is read if its words were; what else it shows nobody looked at,
 * and its author is told (inspect.c). */
static void
take(ch_message *m, const ch_extraction *x, int index)
{
    ch_part *part = m->parts->pdata[index];
    gboolean unsupported = x->unscanned & 1u << CH_UNSCANNED_UNSUPPORTED;
    for (guint i = 0; i < x->texts->len; i++) {
        const ch_extracted *text = x->texts->pdata[i];
        guint before = m->texts->len;
        ch_message_add_text(m, text->where, index, text->utf8);
        if (m->texts->len > before) {
            ch_text_set_place(m->texts->pdata[before], text->place,
                              text->areas);
        }
    }
    ch_message_add_seen(m, x->seen, index);
    gboolean read = !part->is_media || (x->seen & 1u << CH_SEEN_WORDS) != 0;
    if (!unsupported && read) {
        drop_unsupported(m, index);
    }
    for (guint r = 0; r <= CH_UNSCANNED_UNSUPPORTED; r++) {
        if (x->unscanned & 1u << r) {
            ch_message_add_unscanned(m, (ch_unscanned_reason)r, index);
        }
    }
}

static ch_extraction *
refuse(ch_unscanned_reason reason)
{
    ch_extraction *x = ch_extraction_new();
    x->unscanned = 1u << reason;
    return x;
}

/* The bytes of a document, or NULL: too many.  Owned. */
static GBytes *
dup_content(const ch_message *m, const ch_document *document, gboolean *odd_out)
{
    const ch_part *part = m->parts->pdata[document->part];
    gsize length = part->raw.end - part->raw.start;
    *odd_out = FALSE;
    if (document->content != NULL) {
        return g_bytes_ref(document->content);
    }
    if (length > 2 * (gsize)CH_MAX_ATTACHMENT) {
        return NULL;
    }
    g_autoptr(GBytes) raw =
        g_bytes_new_from_bytes(m->raw, part->raw.start, length);
    return ch_transfer_decode(document->encoding, raw, odd_out);
}

/* What a part is as a whole; not what stood within it. */
static const ch_document *
find_document(const ch_message *m, int part)
{
    for (guint i = 0; i < m->documents->len; i++) {
        const ch_document *document = m->documents->pdata[i];
        if (document->part == part && document->content == NULL) {
            return document;
        }
    }
    return NULL;
}

gboolean
ch_message_is_picture(const ch_message *m, int part)
{
    const ch_document *document = find_document(m, part);
    const ch_part *p = document != NULL ? m->parts->pdata[part] : NULL;
    return p != NULL &&
           ch_message_sniff(m, document->encoding, p->raw) == CH_SNIFF_PICTURE;
}

GBytes *
ch_message_dup_file(const ch_message *m, int part)
{
    gboolean odd;
    const ch_document *document = find_document(m, part);
    return document != NULL ? dup_content(m, document, &odd) : NULL;
}

static ch_extraction *
extract(ch_message *m, const ch_document *document, const ch_extractor *reader)
{
    gboolean odd;
    g_autoptr(GBytes) content = dup_content(m, document, &odd);
    if (odd) { /* another program may see another document */
        ch_message_add_defect(m, CH_DEFECT_BAD_ENCODING, document->part);
    }
    if (content == NULL || g_bytes_get_size(content) > CH_MAX_ATTACHMENT) {
        return refuse(CH_UNSCANNED_LIMIT);
    }
    if (g_bytes_get_size(content) == 0) {
        return ch_extraction_new();
    }
    ch_extraction *x = reader->run(reader->data, content);
    if (!x->unavailable && document->content == NULL) {
        tell_media(m->parts->pdata[document->part], content);
    }
    return x;
}

/* From a document on: nobody could be asked. */
static void
leave_unread(ch_message *m, guint first)
{
    for (guint i = first; i < m->documents->len; i++) {
        const ch_document *document = m->documents->pdata[i];
        ((ch_part *)m->parts->pdata[document->part])->is_media = FALSE;
    }
}

void
ch_message_extract(ch_message *m, const ch_extractor *reader)
{
    guint elapsed_ms = 0;
    for (guint i = 0; reader != NULL && i < m->documents->len; i++) {
        const ch_document *document = m->documents->pdata[i];
        g_autoptr(ch_extraction) x = NULL;
        if (elapsed_ms > CH_MAX_EXTRACT_MS || i >= CH_MAX_DOCUMENTS) {
            x = refuse(i >= CH_MAX_DOCUMENTS ? CH_UNSCANNED_LIMIT
                                             : CH_UNSCANNED_TIMEOUT);
        } else {
            x = extract(m, document, reader);
        }
        if (x->unavailable) {
            leave_unread(m, i);
            return;
        }
        elapsed_ms += x->elapsed_ms;
        take(m, x, document->part);
    }
}
