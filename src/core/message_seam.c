/*
 * Seams: a gateway publishes the text parts of a mail one after the other, so
 * a number that is cut between two of them is whole again for its readers.
 *
 * The seam of two parts is the end of the first and the beginning of the
 * second as one text.  It belongs to the first: what stands in the second has
 * no place of its own there, since that part's own text shows it.
 */
#include "message_int.h"

#include <string.h>

/* An inline text part of a multipart that is shown as a whole, read as it is
 * (no markup); its parent, or -1. */
static int
parent_of(const ch_message *m, const ch_text *text)
{
    gsize plain;
    ch_text_plain(text, &plain);
    if (ch_text_where(text) != CH_WHERE_BODY || ch_text_part(text) < 0 ||
        plain != g_bytes_get_size(ch_text_source(text))) {
        return -1;
    }
    const ch_part *part = m->parts->pdata[ch_text_part(text)];
    if (part->parent < 0 || part->is_attachment) {
        return -1;
    }
    const ch_part *parent = m->parts->pdata[part->parent];
    return strcmp(parent->type, "multipart/alternative") == 0 ? -1
                                                              : part->parent;
}

/* Into the string from at on, or back from it, to the start of a character. */
static gsize
to_character(const char *utf8, gsize at)
{
    while (at > 0 && ((guchar)utf8[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

static ch_text *
seam_of(const ch_text *before, const ch_text *behind)
{
    gsize left, right;
    const char *a = ch_text_plain(before, &left);
    const char *b = ch_text_plain(behind, &right);
    gsize line = left; /* the line end that closes a part is not its text */
    while (line > 0 && (a[line - 1] == '\n' || a[line - 1] == '\r')) {
        line--;
    }
    gsize start = line > CH_MAX_SEAM ? to_character(a, line - CH_MAX_SEAM) : 0;
    gsize end = right > CH_MAX_SEAM ? to_character(b, CH_MAX_SEAM) : right;
    ch_text *seam = ch_text_new(CH_WHERE_BODY, ch_text_part(before),
                                ch_text_source(before));
    ch_text_add_copy(seam, (ch_span){start, line});
    ch_text_add_change(seam, (ch_span){line, line}, b, end);
    return seam;
}

void
ch_message_add_seams(ch_message *m)
{
    guint count = m->texts->len;
    const ch_text *before = NULL;
    for (guint i = 0; i < count; i++) {
        const ch_text *text = m->texts->pdata[i];
        int parent = parent_of(m, text);
        if (parent < 0) {
            continue;
        }
        if (before != NULL && parent_of(m, before) == parent &&
            ch_text_part(before) != ch_text_part(text)) {
            g_ptr_array_add(m->texts, seam_of(before, text));
        }
        before = text;
    }
}
