/*
 * Header blocks byte by byte, and the words in them.
 *
 * GMime reads headers leniently and without a word about most oddities, so
 * the block is read here once more: which fields, where, how often, and what
 * is no field at all.  RFC 5322 2.2, RFC 2047.  Refuses to decide which of
 * two fields counts.
 */
#include "core/message_int.h"

#include "core/charset.h"

#include <string.h>

static void
field_free(ch_field *field)
{
    g_free(field->name);
    g_free(field);
}

void
ch_head_free(ch_head *head)
{
    if (head != NULL) {
        g_ptr_array_unref(head->fields);
        g_free(head);
    }
}

/* First byte after the line that starts at at. */
static gsize
next_line(const char *data, gsize at, gsize limit)
{
    const char *lf = memchr(data + at, '\n', limit - at);
    return lf == NULL ? limit : (gsize)(lf - data) + 1;
}

static gboolean
is_empty_line(const char *data, gsize at, gsize end)
{
    return data[at] == '\n' ||
           (data[at] == '\r' && at + 1 < end && data[at + 1] == '\n');
}

/* Length of the field name, 0 if the line is no field.  Blanks before the
 * colon are the obsolete syntax of RFC 5322 4.5. */
static gsize
field_name(const char *line, gsize len, gsize *colon_out)
{
    gsize name = 0;
    while (name < len && line[name] > 32 && line[name] < 127 &&
           line[name] != ':') {
        name++;
    }
    gsize at = name;
    while (at < len && (line[at] == ' ' || line[at] == '\t')) {
        at++;
    }
    *colon_out = at;
    return at < len && line[at] == ':' ? name : 0;
}

static void
read_line(ch_head *head, const char *data, gsize at, gsize end)
{
    GPtrArray *fields = head->fields;
    gboolean folded = data[at] == ' ' || data[at] == '\t';
    gsize colon, name = folded ? 0 : field_name(data + at, end - at, &colon);
    if (folded && fields->len > 0) {
        ch_field *last = g_ptr_array_index(fields, fields->len - 1);
        last->value.end = end;
        return;
    }
    if (name == 0) {
        if (head->junk.end == 0) {
            head->junk = (ch_span){at, end};
        }
        return;
    }
    if (fields->len >= CH_MAX_HEADERS) {
        head->capped = TRUE;
        return;
    }
    ch_field *field = g_new(ch_field, 1);
    field->name = g_ascii_strdown(data + at, (gssize)name);
    field->value = (ch_span){at + colon + 1, end};
    g_ptr_array_add(fields, field);
}

ch_head *
ch_head_scan(const ch_message *m, gsize start, gsize limit)
{
    ch_head *head = g_new0(ch_head, 1);
    head->fields = g_ptr_array_new_with_free_func((GDestroyNotify)field_free);
    gsize at = start;
    if (at == 0 && limit >= 5 && memcmp(m->data, "From ", 5) == 0) {
        at = next_line(m->data, at, limit); /* mbox */
    }
    while (at < limit) {
        gsize end = next_line(m->data, at, limit);
        if (is_empty_line(m->data, at, end)) {
            at = end;
            break;
        }
        read_line(head, m->data, at, end);
        at = end;
    }
    head->end = at;
    if (head->junk.end != 0) {
        head->junk.end = at; /* a parser may end the header at the junk */
    }
    head->has_nul =
        at > start && memchr(m->data + start, '\0', at - start) != NULL;
    return head;
}

guint
ch_head_count(const ch_head *head, const char *name)
{
    guint count = 0;
    for (guint i = 0; i < head->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(head->fields, i);
        count += strcmp(field->name, name) == 0;
    }
    return count;
}

/* --- RFC 2047 -------------------------------------------------------- */

typedef struct {
    const char *charset;
    gsize charset_len;
    char encoding; /* 'b' or 'q' */
    const char *text;
    gsize text_len;
    const char *end; /* after "?=" */
} encoded_word;

/* "=?charset*lang?b?text?="; spaces in the text are let pass (seen in real
 * mail), line ends are gone by now. */
static gboolean
find_word(const char *at, const char *end, encoded_word *word)
{
    if (end - at < 8 || at[0] != '=' || at[1] != '?') {
        return FALSE;
    }
    const char *charset = at + 2;
    const char *mark = memchr(charset, '?', (gsize)MIN(end - charset, 60));
    if (mark == NULL || end - mark < 5 || mark[2] != '?') {
        return FALSE;
    }
    const char *star = memchr(charset, '*', (gsize)(mark - charset));
    word->charset = charset;
    word->charset_len = (gsize)((star != NULL ? star : mark) - charset);
    word->encoding = g_ascii_tolower(mark[1]);
    word->text = mark + 3;
    if (word->encoding != 'b' && word->encoding != 'q') {
        return FALSE;
    }
    const char *stop = word->text;
    while (stop + 1 < end && !(stop[0] == '?' && stop[1] == '=')) {
        stop++;
    }
    if (stop + 1 >= end) {
        return FALSE;
    }
    word->text_len = (gsize)(stop - word->text);
    word->end = stop + 2;
    return TRUE;
}

static void
append_q(GString *out, const char *text, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if (text[i] == '=' && i + 2 < len && g_ascii_isxdigit(text[i + 1]) &&
            g_ascii_isxdigit(text[i + 2])) {
            int byte = g_ascii_xdigit_value(text[i + 1]) * 16 +
                       g_ascii_xdigit_value(text[i + 2]);
            g_string_append_c(out, (char)byte);
            i += 2;
        } else {
            g_string_append_c(out, text[i] == '_' ? ' ' : text[i]);
        }
    }
}

static void
append_word(GString *out, const encoded_word *word)
{
    if (word->encoding == 'q') {
        append_q(out, word->text, word->text_len);
        return;
    }
    gboolean odd;
    g_autoptr(GBytes) in = g_bytes_new_static(word->text, word->text_len);
    g_autoptr(GBytes) bytes = ch_transfer_decode("base64", in, &odd);
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_string_append_len(out, data, (gssize)size);
}

static gboolean
same_charset(const encoded_word *a, const encoded_word *b)
{
    return a->charset_len == b->charset_len &&
           g_ascii_strncasecmp(a->charset, b->charset, a->charset_len) == 0;
}

/* A run of adjacent words; blanks between words are not text (6.2), and a
 * character may be cut in two by words of one charset. */
static const char *
decode_words(GString *out, encoded_word word, const char *end)
{
    for (;;) {
        g_autoptr(GString) bytes = g_string_new(NULL);
        encoded_word first = word;
        gboolean more, same = TRUE;
        const char *rest;
        do {
            append_word(bytes, &word);
            rest = word.end;
            const char *next = rest;
            while (next < end && (*next == ' ' || *next == '\t')) {
                next++;
            }
            more = find_word(next, end, &word);
            same = more && same_charset(&first, &word);
        } while (same);
        g_autofree char *charset = g_strndup(first.charset, first.charset_len);
        g_autofree char *text =
            ch_charset_dup_utf8(charset, bytes->str, bytes->len);
        g_string_append(out, text);
        if (!more) {
            return rest;
        }
    }
}

/* Line ends of folding go, the blank after them stays (RFC 5322 2.2.3). */
static GString *
unfold(const char *value, gsize len)
{
    GString *out = g_string_sized_new(len);
    for (gsize i = 0; i < len; i++) {
        if (value[i] != '\r' && value[i] != '\n') {
            g_string_append_c(out, value[i]);
        }
    }
    return out;
}

char *
ch_field_decode(const char *value, gsize len)
{
    g_autoptr(GString) bytes = unfold(value, len);
    g_autofree char *text = ch_charset_dup_utf8(NULL, bytes->str, bytes->len);
    GString *out = g_string_new(NULL);
    /* No word ends after the last "?=": so no search runs in vain twice. */
    const char *last = g_strrstr(text, "?=");
    const char *end = last != NULL ? last + 2 : text;
    for (const char *at = text; *at != '\0';) {
        const char *mark = at < end ? strstr(at, "=?") : NULL;
        encoded_word word;
        if (mark == NULL) {
            g_string_append(out, at);
            break;
        }
        g_string_append_len(out, at, mark - at);
        if (find_word(mark, end, &word)) {
            at = decode_words(out, word, end);
        } else {
            g_string_append_c(out, '=');
            at = mark + 1;
        }
    }
    return g_strstrip(g_string_free(out, FALSE));
}

char *
ch_field_dup_decoded(const ch_message *m, const ch_field *field)
{
    return ch_field_decode(m->data + field->value.start,
                           field->value.end - field->value.start);
}
