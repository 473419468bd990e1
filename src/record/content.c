/*
 * What of a mail's content goes into a digest: some header fields, and the
 * body.
 *
 * Used by the retry rule (all but what each try writes anew) and by release
 * (what was approved).  Line ends count as LF, for the milter protocol and
 * SMTP disagree about them.  The content is hashed where it lies; there is no
 * copy of 50 MB here.
 */
#include "record/store_int.h"

#include <string.h>

/* Length of the field name of a header line; obsolete blanks before the
 * colon do not count (RFC 5322 4.5).  0: no header line. */
static gsize
name_length(const char *line, gsize length)
{
    const char *colon = memchr(line, ':', length);
    gsize n = colon != NULL ? (gsize)(colon - line) : 0;
    while (n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t')) {
        n--;
    }
    return n;
}

/* Bytes of the line at data with its LF, if it has one. */
static gsize
line_length(const char *data, gsize length)
{
    const char *lf = memchr(data, '\n', length);
    return lf != NULL ? (gsize)(lf - data) + 1 : length;
}

/* Adds bytes with CR LF as LF.  A CR elsewhere is content. */
static void
add_normalised(ch_hash *hash, const char *data, gsize length)
{
    gsize start = 0, at = 0;
    while (at < length) {
        const char *cr = memchr(data + at, '\r', length - at);
        if (cr == NULL) {
            break;
        }
        at = (gsize)(cr - data) + 1;
        if (at < length && data[at] == '\n') {
            ch_hash_add(hash, data + start, at - 1 - start);
            start = at;
        }
    }
    ch_hash_add(hash, data + start, length - start);
}

static gboolean
is_end_of_header(const char *data, gsize line)
{
    return data[0] == '\n' || (line >= 2 && memcmp(data, "\r\n", 2) == 0);
}

void
ch_content_add(ch_hash *hash, GBytes *raw, ch_field_test keeps)
{
    gsize length;
    const char *data = g_bytes_get_data(raw, &length);
    gboolean keep = TRUE;
    while (length > 0) {
        gsize n = line_length(data, length);
        if (is_end_of_header(data, n)) {
            break; /* the empty line: what follows is the body */
        }
        if (data[0] != ' ' && data[0] != '\t') {
            keep = keeps(data, name_length(data, n));
        }
        if (keep) {
            add_normalised(hash, data, n);
        }
        data += n;
        length -= n;
    }
    add_normalised(hash, data, length);
}

char *
ch_content_dup_field(GBytes *raw, const char *name)
{
    gsize length;
    const char *data = g_bytes_get_data(raw, &length);
    while (length > 0) {
        gsize n = line_length(data, length);
        if (is_end_of_header(data, n)) {
            break;
        }
        if (name_length(data, n) == strlen(name) &&
            g_ascii_strncasecmp(data, name, strlen(name)) == 0) {
            const char *value = (const char *)memchr(data, ':', n) + 1;
            return g_strstrip(g_strndup(value, n - (gsize)(value - data)));
        }
        data += n;
        length -= n;
    }
    return NULL;
}
