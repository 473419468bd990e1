/*
 * Files that stand uuencoded in a text, as mail programs sent them before
 * there was MIME: a few old ones still show them as attachments.
 *
 * Text in them is read as an attachment's, anything else goes to the reader of
 * documents.  POSIX.1-2017, uuencode.
 */
#include "core/charset.h"
#include "core/message_int.h"

#include <gmime/gmime.h>
#include <string.h>

/* The line after "begin 644 NAME" at a line's start, or NULL. */
static const char *
find_file(const char *text, const char *end)
{
    const char *p = text;
    while ((p = memmem(p, (gsize)(end - p), "begin ", 6)) != NULL) {
        const char *mode = p + 6;
        gsize digits = strspn(mode, "01234567");
        const char *line = memchr(p, '\n', (gsize)(end - p));
        if ((p == text || p[-1] == '\n') && (digits == 3 || digits == 4) &&
            mode[digits] == ' ' && line != NULL) {
            return line + 1;
        }
        p += 6;
    }
    return NULL;
}

static GBytes *
decode(const char *data, gsize length)
{
    GMimeEncoding state;
    g_mime_encoding_init_decode(&state, GMIME_CONTENT_ENCODING_UUENCODE);
    char *out = g_malloc(g_mime_encoding_outlen(&state, length) + 1);
    gsize size = g_mime_encoding_step(&state, data, length, out);
    return g_bytes_new_take(out, size);
}

static void
read_file(ch_message *m, const ch_part_reading *how, GBytes *content)
{
    gsize length;
    const void *data = g_bytes_get_data(content, &length);
    if (ch_sniff_is_text(ch_sniff_bytes(data, length))) {
        g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
        ch_charset_decode(NULL, content, &decoded);
        ch_message_add_text(m, CH_WHERE_ATTACHMENT, how->part, decoded.text);
    } else {
        ch_message_note_content(m, how->part, content);
        ch_message_add_unscanned(m, CH_UNSCANNED_UNSUPPORTED, how->part);
    }
}

void
ch_message_read_uu(ch_message *m, const ch_part_reading *how, GBytes *utf8)
{
    gsize length;
    const char *data = g_bytes_get_data(utf8, &length);
    const char *end = data + length;
    guint files = 0;
    while (data != NULL && (data = find_file(data, end)) != NULL) {
        if (++files > CH_MAX_DOCUMENTS) {
            ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, how->part);
            return;
        }
        const char *stop = memmem(data, (gsize)(end - data), "\nend", 4);
        gsize size = (gsize)((stop == NULL ? end : stop + 1) - data);
        g_autoptr(GBytes) content = decode(data, size);
        read_file(m, how, content);
        data += size;
    }
}
