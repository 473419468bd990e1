/*
 * Decoded text and its source, side by side.
 *
 * The parser gives decoded text and the stretch of source it came from; in
 * between lie character references, line ends and markup that the parser
 * dropped.  This walks both and says for each character which bytes it
 * stands for.  Never fails: what cannot be found stands for nothing.
 */
#include "core/html_int.h"

#include <string.h>

/* The longest name is 31 letters: CounterClockwiseContourIntegral; */
#define MAX_REFERENCE 40

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* libgumbo writes what is no UTF-8 for numbers beyond Unicode
 * ("&#9999999999;"): that counts as one character. */
static gsize
char_len(const char *utf8)
{
    gsize len = 1;
    while ((utf8[len] & 0xC0) == 0x80) {
        len++;
    }
    return len;
}

/* Whether decoded text may go on like this at a source byte. */
static gboolean
fits(const ch_html_align *a, gsize at, const char *decoded)
{
    char c = at < a->end ? a->source[at] : '\0';
    if (*decoded == '\0' || c == '\0') {
        return c == *decoded || c == '<';
    }
    return c == *decoded || c == '&' || c == '<' || c == '\r';
}

/* Bytes of "&#65;", "&#x41", 0 if it is none. */
static gsize
numeric_len(const char *s, gsize room)
{
    gsize i = 2;
    if (room < 3 || s[1] != '#') {
        return 0;
    }
    gboolean hex = s[2] == 'x' || s[2] == 'X';
    i += hex ? 1 : 0;
    gsize digits = i;
    while (i < room && (hex ? g_ascii_isxdigit(s[i]) : g_ascii_isdigit(s[i]))) {
        i++;
    }
    if (i == digits) {
        return 0;
    }
    return i < room && s[i] == ';' ? i + 1 : i;
}

/* Bytes of the named reference for the text at decoded; takes of it are the
 * characters that it makes (a few make two). */
static gsize
named_len(const ch_html_align *a, gsize *chars_len)
{
    const char *s = a->source + a->at;
    gsize room = MIN(a->end - a->at, MAX_REFERENCE), longest = 1;
    while (longest < room && g_ascii_isalnum(s[longest])) {
        longest++;
    }
    longest += longest < room && s[longest] == ';' ? 1 : 0;
    gsize first = char_len(a->decoded);
    gsize second = a->decoded[first] == '\0'
                       ? first
                       : first + char_len(a->decoded + first);
    for (guint chars = 0; chars < 2; chars++) {
        *chars_len = chars == 0 ? first : second;
        for (gsize len = longest; len > 2; len--) {
            const char *rest = a->decoded + *chars_len;
            gsize left = longest - len; /* letters that are text again */
            if (strncmp(s + len, rest, left) == 0 &&
                fits(a, a->at + longest, rest + left)) {
                return len;
            }
        }
    }
    *chars_len = first;
    return longest > 2 ? longest : 0;
}

/* "&amp" is the one reference whose text looks like its start. */
static gboolean
is_literal_ampersand(const ch_html_align *a)
{
    return *a->decoded == '&' &&
           (a->end - a->at < 4 ||
            g_ascii_strncasecmp(a->source + a->at, "&amp", 4) != 0) &&
           numeric_len(a->source + a->at, a->end - a->at) == 0;
}

/* Past markup that the parser dropped. */
static gsize
skip_markup(const ch_html_align *a)
{
    const char *s = a->source + a->at;
    gsize room = a->end - a->at;
    gboolean comment = room >= 4 && memcmp(s, "<!--", 4) == 0;
    const char *stop =
        comment ? g_strstr_len(s, (gssize)room, "-->") : memchr(s, '>', room);
    if (stop == NULL) {
        return a->end;
    }
    return (gsize)(stop - a->source) + (comment ? 3 : 1);
}

/* Consumes a reference at the source; 0 if there is none. */
static gsize
take_reference(ch_html_align *a, ch_span *span)
{
    gsize chars = char_len(a->decoded);
    if (a->source[a->at] != '&' || is_literal_ampersand(a)) {
        return 0;
    }
    gsize len = numeric_len(a->source + a->at, a->end - a->at);
    if (len == 0) {
        len = named_len(a, &chars);
    }
    if (len == 0) {
        return 0;
    }
    *span = (ch_span){a->at, a->at + len};
    a->at += len;
    return chars;
}

gboolean
ch_html_align_next(ch_html_align *a, const char **utf8_out, gsize *len_out,
                   ch_span *span_out)
{
    if (*a->decoded == '\0') {
        return FALSE;
    }
    gsize len = char_len(a->decoded), chars = 0;
    *utf8_out = a->decoded;
    while (a->at < a->end && chars == 0) {
        char c = a->source[a->at];
        chars = take_reference(a, span_out);
        if (chars > 0) {
            break;
        }
        gboolean lone_cr =
            c == '\r' && *a->decoded == '\n' &&
            !(a->at + 1 < a->end && a->source[a->at + 1] == '\n');
        if (lone_cr || (a->end - a->at >= len &&
                        memcmp(a->source + a->at, a->decoded, len) == 0)) {
            gsize bytes = lone_cr ? 1 : len;
            *span_out = (ch_span){a->at, a->at + bytes};
            a->at += bytes;
            chars = len;
        } else {
            a->at = c == '<' ? skip_markup(a) : a->at + 1;
        }
    }
    if (chars == 0) {
        *span_out = (ch_span){a->at, a->at};
        chars = len;
    }
    a->decoded += chars;
    *len_out = chars;
    if (!g_utf8_validate_len(*utf8_out, chars, NULL)) {
        *utf8_out = REPLACEMENT;
        *len_out = strlen(REPLACEMENT);
    }
    return TRUE;
}
