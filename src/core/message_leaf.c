/*
 * One part to texts: transfer encoding, charset, then by media type.
 *
 * What is plain text is taken as it is; format=flowed is unwrapped (RFC
 * 3676), HTML goes to html.c.  Keeps all text within the caps of limits.h
 * and says so when something was cut.  Reads no documents or pictures.
 */
#include "core/message_int.h"

#include "chaperone/extraction.h"
#include "chaperone/html.h"
#include "chaperone/table.h"
#include "core/charset.h"

#include <string.h>

GBytes *
ch_message_admit(ch_message *m, GBytes *bytes, int part)
{
    gsize len = g_bytes_get_size(bytes);
    gsize room = MIN((gsize)CH_MAX_TEXT, CH_MAX_TEXT_TOTAL - m->text_total);
    if (m->texts->len >= CH_MAX_TEXTS) {
        room = 0;
    }
    if (len > room) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, part);
        const char *data = g_bytes_get_data(bytes, NULL);
        while (room > 0 && (data[room] & 0xC0) == 0x80) {
            room--; /* not within a character */
        }
        len = room;
    }
    m->text_total += len;
    return len == 0 ? NULL : g_bytes_new_from_bytes(bytes, 0, len);
}

static gboolean
is_blank(GBytes *bytes)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    for (gsize i = 0; i < len; i++) {
        if (!g_ascii_isspace(data[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

void
ch_message_add_text(ch_message *m, ch_where where, int part, GBytes *utf8)
{
    if (is_blank(utf8)) {
        return;
    }
    g_autoptr(GBytes) source = ch_message_admit(m, utf8, part);
    if (source == NULL) {
        return;
    }
    ch_text *table = where == CH_WHERE_ATTACHMENT
                         ? ch_table_text(where, part, source)
                         : NULL;
    if (where == CH_WHERE_ATTACHMENT && part >= 0 &&
        ch_table_lists_patients(source)) {
        ch_message_add_seen(m, 1u << CH_SEEN_PATIENTS, part);
    }
    g_ptr_array_add(m->texts, table != NULL
                                  ? table
                                  : ch_text_new_whole(where, part, source));
}

void
ch_message_add_string(ch_message *m, ch_where where, int part, const char *utf8)
{
    g_autoptr(GBytes) bytes = g_bytes_new(utf8, strlen(utf8));
    ch_message_add_text(m, where, part, bytes);
}

void
ch_message_add_raw(ch_message *m, ch_where where, int part, ch_span raw)
{
    if (raw.end <= raw.start) {
        return;
    }
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    gsize len = MIN(raw.end - raw.start, 2 * (gsize)CH_MAX_TEXT);
    g_autoptr(GBytes) bytes = g_bytes_new_from_bytes(m->raw, raw.start, len);
    ch_charset_decode(NULL, bytes, &decoded);
    ch_message_add_text(m, where, part, decoded.text);
}

/* --- format=flowed --------------------------------------------------- */

typedef struct {
    gsize depth;   /* of quotes */
    gsize content; /* first byte after quote marks and stuffed blank */
    gsize end;     /* of the content, before the line end */
    gsize next;    /* first byte of the next line */
    gboolean soft; /* goes on in the next line */
} flowed_line;

static flowed_line
read_flowed_line(const char *s, gsize at, gsize len)
{
    flowed_line line = {0, at, 0, 0, FALSE};
    const char *lf = memchr(s + at, '\n', len - at);
    line.next = lf == NULL ? len : (gsize)(lf - s) + 1;
    line.end = lf == NULL ? len : (gsize)(lf - s);
    if (line.end > at && lf != NULL && s[line.end - 1] == '\r') {
        line.end--;
    }
    while (line.content < line.end && s[line.content] == '>') {
        line.content++;
    }
    line.depth = line.content - at;
    if (line.content < line.end && s[line.content] == ' ') {
        line.content++; /* stuffed, RFC 3676 4.4 */
    }
    gsize size = line.end - line.content;
    gboolean signature = size == 3 && memcmp(s + line.content, "-- ", 3) == 0;
    line.soft = size > 0 && s[line.end - 1] == ' ' && !signature;
    return line;
}

static void
add_flowed(ch_message *m, const ch_part_reading *how, GBytes *utf8)
{
    g_autoptr(GBytes) source = ch_message_admit(m, utf8, how->part);
    if (source == NULL) {
        return;
    }
    gsize len;
    const char *s = g_bytes_get_data(source, &len);
    ch_text *text = ch_text_new(how->where, how->part, source);
    gboolean joined = FALSE;
    for (gsize at = 0; at < len;) {
        flowed_line line = read_flowed_line(s, at, len);
        gsize start = joined || line.depth == 0 ? line.content : at;
        flowed_line next = {0};
        joined = FALSE;
        if (line.soft && line.next < len) {
            next = read_flowed_line(s, line.next, len);
            gboolean rule = next.end - next.content == 3 &&
                            memcmp(s + next.content, "-- ", 3) == 0;
            joined = next.depth == line.depth && !rule;
        }
        gsize end = joined ? line.end - (how->delsp ? 1 : 0) : line.next;
        ch_text_add_copy(text, (ch_span){start, MAX(start, end)});
        at = line.next;
    }
    g_ptr_array_add(m->texts, text);
}

/* --- by media type ---------------------------------------------------- */

static gboolean
is_html(const char *type)
{
    return strcmp(type, "text/html") == 0 ||
           strcmp(type, "text/x-amp-html") == 0 ||
           strcmp(type, "application/xhtml+xml") == 0;
}

static void
add_html(ch_message *m, const ch_part_reading *how, GBytes *utf8)
{
    g_autoptr(GBytes) source = ch_message_admit(m, utf8, how->part);
    if (source != NULL && !ch_html_extract(source, how->part, m->texts)) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, how->part);
    }
}

/* Somebody's encrypted words inside a text (RFC 4880 6.2). */
static gboolean
has_armour(GBytes *utf8)
{
    static const char armour[] = "-----BEGIN PGP MESSAGE-----";
    gsize len;
    const char *data = g_bytes_get_data(utf8, &len);
    return data != NULL && g_strstr_len(data, (gssize)len, armour) != NULL;
}

static void
add_reading(ch_message *m, const ch_part_reading *how, GBytes *utf8)
{
    if (has_armour(utf8)) {
        ch_message_add_unscanned(m, CH_UNSCANNED_ENCRYPTED, how->part);
    }
    if (is_html(how->type)) {
        add_html(m, how, utf8);
        return;
    }
    ch_message_read_uu(m, how, utf8);
    if (how->flowed && !is_blank(utf8)) {
        add_flowed(m, how, utf8);
    } else {
        ch_message_add_text(m, how->where, how->part, utf8);
    }
}

void
ch_message_read_content(ch_message *m, const ch_part_reading *how,
                        GBytes *content)
{
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    ch_charset_decode(how->charset, content, &decoded);
    if (decoded.bad) {
        ch_message_add_defect(m, CH_DEFECT_BAD_CHARSET, how->part);
    }
    add_reading(m, how, decoded.text);
    if (decoded.other != NULL) {
        add_reading(m, how, decoded.other);
    }
}

void
ch_message_read_leaf(ch_message *m, const ch_part_reading *how,
                     const char *encoding, ch_span raw)
{
    if (raw.end <= raw.start) {
        return;
    }
    /* Three bytes of quoted-printable and four of UTF-32 make one. */
    gsize cap = 4 * (gsize)CH_MAX_TEXT, len = raw.end - raw.start;
    if (len > cap) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, how->part);
        len = cap;
    }
    gboolean odd;
    g_autoptr(GBytes) bytes = g_bytes_new_from_bytes(m->raw, raw.start, len);
    g_autoptr(GBytes) content = ch_transfer_decode(encoding, bytes, &odd);
    ch_message_read_content(m, how, content);
    if (odd) {
        ch_message_add_defect(m, CH_DEFECT_BAD_ENCODING, how->part);
        if (content != bytes && !g_bytes_equal(content, bytes)) {
            ch_message_add_raw(m, CH_WHERE_HIDDEN, how->part, raw);
        }
    }
}
