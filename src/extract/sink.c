/*
 * The answer: records as extraction.h tells, and the caps over all of an
 * attachment.
 */
#include "extract/reader.h"

#include <string.h>
#include <unistd.h>

static void
put(ch_reader *r, const void *bytes, gsize length)
{
    const char *data = bytes;
    if (r->buffer != NULL) {
        g_byte_array_append(r->buffer, bytes, (guint)length);
    }
    while (r->fd >= 0 && length > 0) {
        ssize_t n = write(r->fd, data, length);
        if (n <= 0) {
            _exit(1); /* nobody listens */
        }
        data += n;
        length -= (gsize)n;
    }
}

static void
put_record(ch_reader *r, char kind, guint value, const char *data, gsize length)
{
    const guint8 head[CH_RECORD_HEAD] = {
        (guint8)kind,          (guint8)value,          (guint8)length,
        (guint8)(length >> 8), (guint8)(length >> 16), (guint8)(length >> 24)};
    put(r, head, sizeof head);
    put(r, data, length);
}

/* Where the next text stands, if that has changed. */
static void
put_place(ch_reader *r)
{
    guint8 bytes[CH_MAX_STEPS * CH_STEP_LENGTH];
    gsize length = 0;
    if (!r->moved) {
        return;
    }
    for (guint i = 0; i < MIN(r->n_steps, (guint)CH_MAX_STEPS); i++) {
        guint32 number = r->steps[i].number;
        if (number == 0) {
            continue;
        }
        bytes[length++] = r->steps[i].step;
        for (guint shift = 0; shift < 32; shift += 8) {
            bytes[length++] = (guint8)(number >> shift);
        }
    }
    put_record(r, 'P', 0, (const char *)bytes, length);
    r->moved = FALSE;
}

void
ch_reader_enter(ch_reader *r, ch_place_step step, guint number)
{
    if (r->n_steps < CH_MAX_STEPS) {
        r->steps[r->n_steps] = (ch_reader_step){(guint8)step, number};
    }
    r->n_steps++;
    r->moved = TRUE;
}

void
ch_reader_leave(ch_reader *r)
{
    r->n_steps--;
    r->moved = TRUE;
}

static gboolean
is_blank(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isspace(text[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

void
ch_reader_text(ch_reader *r, ch_where where, const char *text, gssize length)
{
    gsize size = length < 0 ? strlen(text) : (gsize)length;
    if (is_blank(text, size)) {
        return;
    }
    if (size > CH_MAX_TEXT) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        size = CH_MAX_TEXT;
    }
    g_autofree char *valid = NULL;
    if (!g_utf8_validate_len(text, size, NULL)) {
        text = valid = g_utf8_make_valid(text, (gssize)size);
        size = strlen(valid);
    }
    /* One is kept for the end, so that the cap is told by us. */
    if (r->texts + 1 >= CH_MAX_TEXTS ||
        r->text_total + size > CH_MAX_TEXT_TOTAL) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        r->full = TRUE;
        return;
    }
    r->texts++;
    r->text_total += size;
    put_place(r);
    put_record(r, 'T', where, text, size);
}

void
ch_reader_text_at(ch_reader *r, ch_where where, const GString *text,
                  const GByteArray *areas)
{
    guint before = r->texts;
    ch_reader_string(r, where, text);
    if (r->texts > before && areas->len > 0 && areas->len / 4 <= text->len) {
        put_record(r, 'A', 0, (const char *)areas->data, areas->len);
    }
}

void
ch_reader_string(ch_reader *r, ch_where where, const GString *text)
{
    ch_reader_text(r, where, text->str, (gssize)text->len);
}

void
ch_reader_property(ch_reader *r, const char *label, const char *value)
{
    if (value != NULL && !is_blank(value, strlen(value))) {
        g_autofree char *line = g_strdup_printf("%s: %s\n", label, value);
        ch_reader_text(r, CH_WHERE_METADATA, line, -1);
    }
}

void
ch_reader_unscanned(ch_reader *r, ch_unscanned_reason reason)
{
    if (!(r->said & 1u << reason)) {
        r->said |= 1u << reason;
        put_record(r, 'U', reason, NULL, 0);
    }
}

void
ch_reader_seen(ch_reader *r, ch_seen seen)
{
    if (!(r->seen & 1u << seen)) {
        r->seen |= 1u << seen;
        put_record(r, 'S', seen, NULL, 0);
    }
}

void
ch_reader_picture(ch_reader *r, const guint8 *png, gsize length)
{
    put_record(r, 'I', 0, (const char *)png, length);
}

void
ch_reader_end(ch_reader *r)
{
    if (r->seen & 1u << CH_SEEN_MEDIA && !r->unread_pictures) {
        ch_reader_seen(r, CH_SEEN_WORDS);
    }
    put_record(r, 'E', 0, NULL, 0);
}

void
ch_reader_cleaned(ch_reader *r, GBytes *picture)
{
    if (picture != NULL) {
        gsize length;
        const char *data = g_bytes_get_data(picture, &length);
        put_record(r, 'C', 0, data, length);
    }
    put_record(r, 'E', 0, NULL, 0);
}

gboolean
ch_reader_unpack(ch_reader *r, gsize bytes)
{
    r->unpacked += bytes;
    if (r->unpacked > CH_MAX_UNPACKED ||
        (r->unpacked > CH_FREE_UNPACKED &&
         r->unpacked / CH_MAX_RATIO > r->input)) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        r->full = TRUE;
    }
    return !r->full;
}
