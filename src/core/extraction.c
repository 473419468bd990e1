/*
 * The answer of a reader of documents, read without belief.
 *
 * The reader's process may be under the command of whoever wrote the
 * attachment; the worst that it can say here is what a mail could say itself.
 */
#include "chaperone/extraction.h"

#include "chaperone/limits.h"
#include "chaperone/png.h"

#include <string.h>

static void
extracted_free(gpointer data)
{
    ch_extracted *text = data;
    g_bytes_unref(text->utf8);
    g_free(text->place);
    g_clear_pointer(&text->areas, g_bytes_unref);
    g_free(text);
}

ch_extraction *
ch_extraction_new(void)
{
    ch_extraction *x = g_new0(ch_extraction, 1);
    x->texts = g_ptr_array_new_with_free_func(extracted_free);
    return x;
}

void
ch_extraction_free(ch_extraction *x)
{
    if (x != NULL) {
        g_ptr_array_unref(x->texts);
        g_clear_pointer(&x->picture, g_bytes_unref);
        g_free(x);
    }
}

ch_extraction *
ch_extraction_copy(const ch_extraction *x)
{
    ch_extraction *copy = ch_extraction_new();
    for (guint i = 0; i < x->texts->len; i++) {
        const ch_extracted *from = x->texts->pdata[i];
        ch_extracted *text = g_new(ch_extracted, 1);
        *text = (ch_extracted){
            from->where, g_bytes_ref(from->utf8), g_strdup(from->place),
            from->areas == NULL ? NULL : g_bytes_ref(from->areas)};
        g_ptr_array_add(copy->texts, text);
    }
    copy->picture = x->picture != NULL ? g_bytes_ref(x->picture) : NULL;
    copy->unscanned = x->unscanned;
    copy->seen = x->seen;
    copy->unavailable = x->unavailable;
    return copy;
}

gsize
ch_extraction_size(const ch_extraction *x)
{
    gsize size =
        sizeof *x + (x->picture != NULL ? g_bytes_get_size(x->picture) : 0);
    for (guint i = 0; i < x->texts->len; i++) {
        const ch_extracted *text = x->texts->pdata[i];
        size += sizeof *text + g_bytes_get_size(text->utf8);
    }
    return size;
}

static gboolean
is_place(guint8 where)
{
    return where == CH_WHERE_ATTACHMENT || where == CH_WHERE_METADATA ||
           where == CH_WHERE_HIDDEN || where == CH_WHERE_ALT ||
           where == CH_WHERE_LINK || where == CH_WHERE_FILENAME;
}

/* What is read on, besides what is kept. */
typedef struct {
    ch_extraction *x;
    gsize total; /* bytes of all texts */
    char *place; /* of the texts that follow, or NULL */
} reading;

/* FALSE: the answer is not worth reading on. */
static gboolean
take_place(reading *r, const guint8 *data, gsize length)
{
    static const char *const names[CH_STEP_COUNT] = {"file", "page", "sheet",
                                                     "slide", "picture"};
    if (length % CH_STEP_LENGTH != 0 ||
        length > CH_STEP_LENGTH * CH_MAX_STEPS) {
        r->x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
        return FALSE;
    }
    g_autoptr(GString) place = g_string_new(NULL);
    for (; length > 0; data += CH_STEP_LENGTH, length -= CH_STEP_LENGTH) {
        guint32 number = (guint32)data[1] | (guint32)data[2] << 8 |
                         (guint32)data[3] << 16 | (guint32)data[4] << 24;
        if (data[0] >= CH_STEP_COUNT) {
            r->x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
            return FALSE;
        }
        g_string_append_printf(place, "%s%s %u", place->len > 0 ? ", " : "",
                               names[data[0]], number);
    }
    g_free(r->place);
    r->place = place->len > 0 ? g_strdup(place->str) : NULL;
    return TRUE;
}

/* FALSE: the answer is not worth reading on. */
static gboolean
take_text(reading *r, guint8 where, const guint8 *data, gsize length)
{
    ch_extraction *x = r->x;
    if (x->texts->len >= CH_MAX_TEXTS ||
        length > CH_MAX_TEXT_TOTAL - r->total) {
        x->unscanned |= 1u << CH_UNSCANNED_LIMIT;
        return FALSE;
    }
    if (!is_place(where) ||
        !g_utf8_validate_len((const char *)data, length, NULL)) {
        x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
        return FALSE;
    }
    ch_extracted *text = g_new(ch_extracted, 1);
    *text = (ch_extracted){(ch_where)where, g_bytes_new(data, length),
                           g_strdup(r->place), NULL};
    g_ptr_array_add(x->texts, text);
    r->total += length;
    return TRUE;
}

static gboolean
are_areas(const guint8 *data, gsize length)
{
    for (gsize i = 0; i + CH_AREA_LENGTH <= length; i += CH_AREA_LENGTH) {
        if (data[i] > data[i + 2] || data[i + 2] > 100 ||
            data[i + 1] > data[i + 3] || data[i + 3] > 100) {
            return FALSE;
        }
    }
    return length > 0 && length % CH_AREA_LENGTH == 0;
}

/* FALSE: the answer is not worth reading on. */
static gboolean
take_areas(reading *r, const guint8 *data, gsize length)
{
    ch_extraction *x = r->x;
    ch_extracted *text =
        x->texts->len == 0 ? NULL : x->texts->pdata[x->texts->len - 1];
    if (text == NULL || text->areas != NULL || !are_areas(data, length) ||
        length / CH_AREA_LENGTH > g_bytes_get_size(text->utf8) + 1) {
        x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
        return FALSE;
    }
    text->areas = g_bytes_new(data, length);
    return TRUE;
}

/* FALSE: the answer is not worth reading on. */
static gboolean
take_picture(reading *r, const guint8 *data, gsize length)
{
    ch_extraction *x = r->x;
    if (x->picture != NULL || !ch_png_is_plain(data, length)) {
        x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
        return FALSE;
    }
    x->picture = g_bytes_new(data, length);
    return TRUE;
}

/* One record; FALSE: the last one. */
static gboolean
take_record(reading *r, const guint8 *record, gsize length)
{
    ch_extraction *x = r->x;
    guint8 value = record[1];
    const guint8 *data = record + CH_RECORD_HEAD;
    if (record[0] == 'T') {
        return take_text(r, value, data, length);
    }
    if (record[0] == 'P' && value == 0) {
        return take_place(r, data, length);
    }
    if (record[0] == 'A' && value == 0) {
        return take_areas(r, data, length);
    }
    if (record[0] == 'I' && value == 0) {
        return take_picture(r, data, length);
    }
    if (length == 0 && record[0] == 'U' && value <= CH_UNSCANNED_UNSUPPORTED) {
        x->unscanned |= 1u << value;
        return TRUE;
    }
    if (length == 0 && record[0] == 'S' && value < CH_SEEN_COUNT) {
        x->seen |= 1u << value;
        return TRUE;
    }
    if (length != 0 || record[0] != 'E' || value != 0) {
        x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
    }
    return FALSE;
}

ch_extraction *
ch_extraction_read(const void *bytes, gsize length)
{
    const guint8 *data = bytes;
    reading r = {ch_extraction_new(), 0, NULL};
    gboolean more = TRUE;
    while (more && length >= CH_RECORD_HEAD) {
        gsize size = (gsize)data[2] | (gsize)data[3] << 8 |
                     (gsize)data[4] << 16 | (gsize)data[5] << 24;
        if (size > length - CH_RECORD_HEAD) {
            break;
        }
        more = take_record(&r, data, size);
        data += CH_RECORD_HEAD + size;
        length -= CH_RECORD_HEAD + size;
    }
    if (more) { /* it never came to its end */
        r.x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
    }
    g_free(r.place);
    return r.x;
}

GBytes *
ch_extraction_read_cleaned(const void *bytes, gsize length)
{
    static const guint8 end[CH_RECORD_HEAD] = {'E'};
    const guint8 *data = bytes;
    if (length < 2 * CH_RECORD_HEAD || data[0] != 'C' || data[1] != 0) {
        return NULL;
    }
    gsize size = (gsize)data[2] | (gsize)data[3] << 8 | (gsize)data[4] << 16 |
                 (gsize)data[5] << 24;
    if (size == 0 || size != length - 2 * CH_RECORD_HEAD ||
        memcmp(data + length - CH_RECORD_HEAD, end, sizeof end) != 0) {
        return NULL;
    }
    return g_bytes_new(data + CH_RECORD_HEAD, size);
}
