/*
 * The answer of a reader of documents, read without belief.
 *
 * The reader's process may be under the command of whoever wrote the
 * attachment; the worst that it can say here is what a mail could say itself.
 */
#include "chaperone/extraction.h"

#include "chaperone/limits.h"

#include <string.h>

static void
extracted_free(gpointer data)
{
    ch_extracted *text = data;
    g_bytes_unref(text->utf8);
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
        g_free(x);
    }
}

static gboolean
is_place(guint8 where)
{
    return where == CH_WHERE_ATTACHMENT || where == CH_WHERE_METADATA ||
           where == CH_WHERE_HIDDEN || where == CH_WHERE_ALT ||
           where == CH_WHERE_LINK || where == CH_WHERE_FILENAME;
}

/* FALSE: the answer is not worth reading on. */
static gboolean
take_text(ch_extraction *x, guint8 where, const guint8 *data, gsize length,
          gsize *total)
{
    if (x->texts->len >= CH_MAX_TEXTS || length > CH_MAX_TEXT_TOTAL - *total) {
        x->unscanned |= 1u << CH_UNSCANNED_LIMIT;
        return FALSE;
    }
    if (!is_place(where) ||
        !g_utf8_validate_len((const char *)data, length, NULL)) {
        x->unscanned |= 1u << CH_UNSCANNED_DAMAGED;
        return FALSE;
    }
    ch_extracted *text = g_new(ch_extracted, 1);
    *text = (ch_extracted){(ch_where)where, g_bytes_new(data, length)};
    g_ptr_array_add(x->texts, text);
    *total += length;
    return TRUE;
}

/* One record; FALSE: the last one. */
static gboolean
take_record(ch_extraction *x, const guint8 *record, gsize length, gsize *total)
{
    guint8 value = record[1];
    const guint8 *data = record + CH_RECORD_HEAD;
    if (record[0] == 'T') {
        return take_text(x, value, data, length, total);
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
    ch_extraction *x = ch_extraction_new();
    const guint8 *data = bytes;
    gsize total = 0;
    while (length >= CH_RECORD_HEAD) {
        gsize size = (gsize)data[2] | (gsize)data[3] << 8 |
                     (gsize)data[4] << 16 | (gsize)data[5] << 24;
        if (size > length - CH_RECORD_HEAD) {
            break;
        }
        if (!take_record(x, data, size, &total)) {
            return x;
        }
        data += CH_RECORD_HEAD + size;
        length -= CH_RECORD_HEAD + size;
    }
    x->unscanned |= 1u << CH_UNSCANNED_DAMAGED; /* it never came to its end */
    return x;
}
