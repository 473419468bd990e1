/*
 * The decoded view: what is written in an encoding that a reader's program
 * undoes, or that somebody hides behind.
 *
 *   &#83;&#x53;&amp;     character references (HTML 13.5), in plain text
 *   %53%53               percent-encoding (RFC 3986 2.1)
 *   U1NOIDUxMi4uLg==     a run of base64 (RFC 4648 4) that is text
 *
 * Once: what comes out is not decoded again.
 */
#include "view_int.h"

#include "chaperone/limits.h"

#define SHORTEST_BASE64 16 /* characters: twelve letters of text */

/* Says bytes, which are text, instead of the base up to until. */
static void
say_folded(view_builder *b, gsize from, gsize until, const char *bytes,
           gsize length)
{
    g_autofree char *copy = g_strndup(bytes, length);
    g_autofree char *folded = ch_text_dup_folded(copy);
    ch_view_copy(b, from);
    ch_view_say(b, until, folded, strlen(folded));
}

static gboolean
is_text(const char *bytes, gsize length)
{
    gsize letters = 0;
    if (length == 0 || !g_utf8_validate(bytes, (gssize)length, NULL)) {
        return FALSE;
    }
    for (const char *p = bytes; p < bytes + length; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_isprint(c) && !g_unichar_isspace(c)) {
            return FALSE;
        }
        letters += g_unichar_isalnum(c) || c == ' ';
    }
    return letters * 2 > (gsize)g_utf8_strlen(bytes, (gssize)length);
}

static const struct {
    const char *name, *utf8;
} named[] = {{"amp", "&"},    {"lt", "<"},     {"gt", ">"},
             {"quot", "\""},  {"apos", "'"},   {"nbsp", " "},
             {"commat", "@"}, {"period", "."}, {"num", "#"}};

/* The reference at p: its length, and what it means in utf8 (8 bytes). */
static gsize
read_reference(const char *p, gsize left, char *utf8)
{
    gsize end = 1;
    while (end < MIN(left, 12) && (g_ascii_isalnum(p[end]) || p[end] == '#')) {
        end++;
    }
    g_autofree char *name = g_strndup(p + 1, end - 1);
    gsize size = end < left && p[end] == ';' ? end + 1 : end;
    memset(utf8, 0, 8);
    if (name[0] == '#') {
        gboolean hex = name[1] == 'x';
        char *rest = NULL;
        guint64 c =
            g_ascii_strtoull(name + (hex ? 2 : 1), &rest, hex ? 16 : 10);
        if (*rest != '\0' || rest == name + (hex ? 2 : 1) || c == 0 ||
            !g_unichar_validate((gunichar)MIN(c, 0x110000))) {
            return 0;
        }
        g_unichar_to_utf8((gunichar)c, utf8);
        return size;
    }
    for (guint i = 0; i < G_N_ELEMENTS(named); i++) {
        if (size > end && strcmp(name, named[i].name) == 0) {
            g_strlcpy(utf8, named[i].utf8, 8);
            return size;
        }
    }
    return 0;
}

/* A run of references and the letters between them is folded as one. */
static gsize
decode_references(view_builder *b, gsize at)
{
    char utf8[8];
    gsize size = read_reference(b->data + at, b->length - at, utf8);
    if (size > 0) {
        say_folded(b, at, at + size, utf8, strlen(utf8));
        if (utf8[0] == ' ') { /* which folding drops at a start */
            ch_view_say(b, at + size, " ", 1);
        }
    }
    return MAX(size, 1);
}

static gsize
decode_percent(view_builder *b, gsize at)
{
    g_autoptr(GString) bytes = g_string_new(NULL);
    gsize end = at;
    while (end + 2 < b->length && b->data[end] == '%' &&
           g_ascii_isxdigit(b->data[end + 1]) &&
           g_ascii_isxdigit(b->data[end + 2])) {
        g_string_append_c(bytes,
                          (char)(g_ascii_xdigit_value(b->data[end + 1]) * 16 +
                                 g_ascii_xdigit_value(b->data[end + 2])));
        end += 3;
    }
    if (end == at || memchr(bytes->str, '\0', bytes->len) != NULL ||
        !g_utf8_validate(bytes->str, (gssize)bytes->len, NULL)) {
        return 1;
    }
    if (strcmp(bytes->str, " ") == 0) {
        ch_view_copy(b, at);
        ch_view_say(b, end, " ", 1);
    } else {
        say_folded(b, at, end, bytes->str, bytes->len);
    }
    return end - at;
}

static gboolean
is_base64(char c)
{
    return g_ascii_isalnum(c) || c == '+' || c == '/' || c == '-' || c == '_';
}

static gsize
run_end(const view_builder *b, gsize at)
{
    while (at < b->length && is_base64(b->data[at])) {
        at++;
    }
    return at;
}

/* Lines of a wrapped run belong together: each but the last is long. */
static gsize
wrapped_end(const view_builder *b, gsize at)
{
    gsize end = run_end(b, at);
    while (end - at >= 60 && end + 1 < b->length && b->data[end] == ' ' &&
           run_end(b, end + 1) > end + 1 && end - at < CH_MAX_DECODED) {
        at = end + 1;
        end = run_end(b, at);
    }
    while (end < b->length && b->data[end] == '=') {
        end++;
    }
    return end;
}

/* Folding lost the capitals: the run is read where it was written. */
static gsize
decode_base64(view_builder *b, gsize at)
{
    gsize end = wrapped_end(b, at);
    if (end - at < SHORTEST_BASE64) {
        return MAX(end - at, 1);
    }
    ch_span plain = ch_map_origin(b->text->fold_map, (ch_span){at, end});
    g_autofree char *run =
        g_strndup(b->text->plain->str + plain.start, plain.end - plain.start);
    gsize length = 0;
    g_strdelimit(run, "-", '+'); /* RFC 4648 5, the URL alphabet */
    g_strdelimit(run, "_", '/');
    g_autofree guchar *bytes = g_base64_decode(run, &length);
    if (is_text((const char *)bytes, length)) {
        say_folded(b, at, end, (const char *)bytes, length);
    }
    return end - at;
}

void
ch_view_decode(view_builder *b)
{
    gboolean word_start = TRUE;
    for (gsize at = 0; at < b->length;) {
        char c = b->data[at];
        gsize step = c == '&'                     ? decode_references(b, at)
                     : c == '%'                   ? decode_percent(b, at)
                     : word_start && is_base64(c) ? decode_base64(b, at)
                                                  : 1;
        at += step;
        word_start = !is_base64(b->data[at - 1]);
    }
}
