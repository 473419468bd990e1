/*
 * Margins: the bytes of a mail that are neither a header nor the content of a
 * part; and the count of what was read.
 *
 * What stands before, between and behind the parts is shown by some readers
 * and by none of others.  Whatever the parser made of it: every line there
 * that is no boundary is read as text, so that no byte of a mail is left out
 * because two programs disagree where a part ends.  Last step of the walk.
 */
#include "core/message_int.h"

#include <string.h>

void
ch_message_take(ch_message *m, ch_taken_kind kind, int part, ch_span span)
{
    const ch_taken taken = {span, part, kind};
    if (span.start < span.end) {
        g_array_append_val(m->taken, taken);
    }
}

void
ch_message_take_boundary(ch_message *m, const char *boundary)
{
    if (boundary != NULL) {
        g_hash_table_add(m->boundaries, g_strdup(boundary));
    }
}

/* --- lines ----------------------------------------------------------------
 */

/* Without the line's end and blanks before it. */
static gsize
trimmed(const char *line, gsize length)
{
    while (length > 0 && g_ascii_isspace(line[length - 1])) {
        length--;
    }
    return length;
}

/* RFC 2046 5.1.1: "--", the boundary, "--" behind the last part. */
static gboolean
is_boundary(const ch_message *m, const char *line, gsize length)
{
    length = trimmed(line, length);
    if (length < 3 || memcmp(line, "--", 2) != 0) {
        return FALSE;
    }
    g_autofree char *name = g_strndup(line + 2, length - 2);
    if (g_hash_table_contains(m->boundaries, name)) {
        return TRUE;
    }
    if (g_str_has_suffix(name, "--")) {
        name[length - 4] = '\0';
    }
    return g_hash_table_contains(m->boundaries, name);
}

/* Words that mail programs put before the parts. */
static gboolean
is_customary(const char *line, gsize length)
{
    static const char *const lines[] = {
        "this is a multi-part message in mime format",
        "this is a multipart message in mime format",
        "this is a mime-encapsulated message",
        "this is a mime encapsulated message",
        "this is an openpgp/mime signed message (rfc 4880 and 3156)",
        "this is an openpgp/mime encrypted message (rfc 4880 and 3156)",
        "this is a cryptographically signed message in mime format",
    };
    while (length > 0 &&
           (g_ascii_isspace(line[length - 1]) || line[length - 1] == '.')) {
        length--;
    }
    while (length > 0 && g_ascii_isspace(*line)) {
        line++;
        length--;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (length == strlen(lines[i]) &&
            g_ascii_strncasecmp(line, lines[i], length) == 0) {
            return TRUE;
        }
    }
    return length == 0;
}

/* The lines of a margin that are no boundaries, or NULL: no more than what is
 * customary.  Owned. */
static GBytes *
dup_margin(const ch_message *m, ch_span span)
{
    g_autoptr(GString) out = g_string_new(NULL);
    gboolean telling = FALSE;
    for (gsize at = span.start; at < span.end;) {
        const char *line = m->data + at;
        const char *lf = memchr(line, '\n', span.end - at);
        gsize length = lf == NULL ? span.end - at : (gsize)(lf - line) + 1;
        if (!is_boundary(m, line, length)) {
            telling = telling || !is_customary(line, length);
            g_string_append_len(out, line, (gssize)length);
        }
        at += length;
    }
    return telling ? g_string_free_to_bytes(g_steal_pointer(&out)) : NULL;
}

/* --- where ------------------------------------------------------------------
 */

/* The innermost part around an offset, or -1. */
static int
part_around(const ch_message *m, gsize offset)
{
    for (guint i = m->parts->len; i > 0; i--) {
        const ch_part *part = m->parts->pdata[i - 1];
        if (part->raw.start <= offset && offset < part->raw.end) {
            return (int)i - 1;
        }
    }
    return -1;
}

static gboolean
has_children(const ch_message *m, int part)
{
    for (guint i = 0; i < m->parts->len; i++) {
        if (((const ch_part *)m->parts->pdata[i])->parent == part) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A multipart that was not taken apart is shown as it stands. */
static void
read_margin(ch_message *m, ch_span span)
{
    g_autoptr(GBytes) text = dup_margin(m, span);
    if (text == NULL) {
        m->bytes.skipped += span.end - span.start;
        return;
    }
    int part = part_around(m, span.start);
    const ch_part_reading how = {
        .type = "text/plain",
        .where = has_children(m, part) ? CH_WHERE_HIDDEN : CH_WHERE_BODY,
        .part = part};
    ch_message_read_content(m, &how, text);
    m->bytes.read += g_bytes_get_size(text);
    m->bytes.skipped += span.end - span.start - g_bytes_get_size(text);
}

static int
by_start(gconstpointer a, gconstpointer b)
{
    gsize x = ((const ch_taken *)a)->span.start;
    gsize y = ((const ch_taken *)b)->span.start;
    return (x > y) - (x < y);
}

void
ch_message_read_margins(ch_message *m)
{
    gsize at = 0;
    g_array_sort(m->taken, by_start);
    for (guint i = 0; i <= m->taken->len; i++) {
        ch_span next = i < m->taken->len
                           ? g_array_index(m->taken, ch_taken, i).span
                           : (ch_span){m->length, m->length};
        if (next.start > at) {
            read_margin(m, (ch_span){at, next.start});
        }
        at = MAX(at, next.end);
    }
}

/* --- the count -------------------------------------------------------------
 */

static gboolean
is_unread(const ch_message *m, int part)
{
    for (guint i = 0; part >= 0 && i < m->unscanned->len; i++) {
        if (g_array_index(m->unscanned, ch_unscanned, i).part == part) {
            return TRUE;
        }
    }
    return FALSE;
}

ch_message_bytes
ch_message_count_bytes(const ch_message *m)
{
    ch_message_bytes bytes = m->bytes;
    gsize at = 0;
    for (guint i = 0; i < m->taken->len; i++) {
        const ch_taken *taken = &g_array_index(m->taken, ch_taken, i);
        gsize start = MAX(at, taken->span.start);
        gsize length = MAX(taken->span.end, start) - start;
        gsize *to = taken->kind == CH_TAKEN_SILENT ? &bytes.skipped
                    : taken->kind == CH_TAKEN_UNREAD ||
                            (taken->kind == CH_TAKEN_CONTENT &&
                             is_unread(m, taken->part))
                        ? &bytes.unread
                        : &bytes.read;
        *to += length;
        at = start + length;
    }
    return bytes;
}
