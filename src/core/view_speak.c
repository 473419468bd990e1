/*
 * The spoken view: words as somebody would read them aloud.
 *
 *   #ZeroRiskLift, #zerorisklift    zero risk lift
 *   f u c k, F.U.C.K, s-t-o-p       closed up (three letters or more)
 *   gu4r4nt33d, $ex, fr33           letters for the signs that look alike
 *   sooooo                          so
 *   - a bullet, "> " a mark         left out at the start of a line
 *
 * Numbers, units, addresses and handles stay as they are.
 */
#include "view_int.h"

#include "chaperone/limits.h"

#include "spoken_words.h"

#include <string.h>

/* --- the lexicon ------------------------------------------------------- */

static gboolean
is_known(const char *word, gsize length)
{
    guint low = 0, high = G_N_ELEMENTS(ch_spoken_words);
    while (low < high) {
        guint middle = (low + high) / 2;
        int order = strncmp(ch_spoken_words[middle], word, length);
        if (order == 0 && ch_spoken_words[middle][length] == '\0') {
            return TRUE;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return FALSE;
}

#define LONGEST_WORD 15
#define NO_WAY       10000u

/* Where known words that make up all of it end, few and long ones first; the
 * ends are set in a bit mask of bytes.  FALSE: it is not made of words. */
static gboolean
split_words(const char *run, gsize length, gboolean *ends)
{
    guint cost[CH_MAX_SPOKEN + 1];
    gsize from[CH_MAX_SPOKEN + 1];
    if (length > CH_MAX_SPOKEN) {
        return FALSE;
    }
    cost[0] = 0;
    from[0] = 0;
    for (gsize end = 1; end <= length; end++) {
        cost[end] = NO_WAY;
        from[end] = 0;
        gsize first = end > LONGEST_WORD ? end - LONGEST_WORD : 0;
        for (gsize start = first; start < end; start++) {
            gsize size = end - start;
            guint price = cost[start] + (size == 1 ? 6 : size == 2 ? 4 : 2);
            if (price < cost[end] && is_known(run + start, size)) {
                cost[end] = price;
                from[end] = start;
            }
        }
    }
    if (cost[length] >= NO_WAY) {
        return FALSE;
    }
    for (gsize end = length; end > 0; end = from[end]) {
        ends[end] = TRUE;
    }
    return TRUE;
}

/* --- hashtags ---------------------------------------------------------- */

static gboolean
is_tag_byte(char c)
{
    return g_ascii_isalnum(c) || (guchar)c >= 0x80;
}

/* Whether a new word begins at i, by capitals, digits or underscores. */
static gboolean
is_hump(const view_builder *b, gsize start, gsize i)
{
    char c = b->data[i], before = b->data[i - 1];
    if (g_ascii_isdigit(c) != g_ascii_isdigit(before)) {
        return TRUE;
    }
    return b->is_folded && i > start && ch_text_is_capital(b->text, i) &&
           !ch_text_is_capital(b->text, i - 1);
}

static void
mark_humps(const view_builder *b, gsize start, gsize end, gboolean *ends)
{
    gsize piece = start;
    for (gsize i = start + 1; i <= end; i++) {
        if (i < end && !is_hump(b, start, i)) {
            continue;
        }
        gboolean known = FALSE;
        if (!g_ascii_isdigit(b->data[piece]) &&
            !is_known(b->data + piece, i - piece)) {
            gboolean inner[CH_MAX_SPOKEN + 1] = {FALSE};
            known = split_words(b->data + piece, i - piece, inner);
            for (gsize k = 1; known && k < i - piece; k++) {
                ends[piece - start + k] |= inner[k];
            }
        }
        ends[i - start] = TRUE;
        piece = i;
    }
}

/* "#tag" at offset at: its words apart. */
static gsize
speak_tag(view_builder *b, gsize at)
{
    gsize start = at + 1, end = start;
    gboolean ends[CH_MAX_SPOKEN + 1] = {FALSE};
    while (end < b->length && is_tag_byte(b->data[end])) {
        end++;
    }
    if (end - start < 2 || end - start > CH_MAX_SPOKEN ||
        g_ascii_isdigit(b->data[start])) {
        return at + 1;
    }
    mark_humps(b, start, end, ends);
    ch_view_copy(b, at);
    ch_view_drop(b, start);
    for (gsize i = start + 1; i <= end; i++) {
        if (ends[i - start]) {
            ch_view_copy(b, i);
            if (i < end || (end < b->length && b->data[end] == '_')) {
                ch_view_say(b, i, " ", 1);
            }
        }
    }
    if (end < b->length && b->data[end] == '_') { /* #zero_risk */
        ch_view_drop(b, end + 1);
        end++;
    }
    return end;
}

/* --- letters one by one ------------------------------------------------ */

static gboolean
is_separator(char c)
{
    return c == ' ' || c == '.' || c == '-' || c == '_' || c == '*' ||
           c == '/' || c == ',';
}

/* "f.u.c.k" at offset at; what is closed up is split where it is words. */
static gsize
speak_letters(view_builder *b, gsize at)
{
    char separator = at + 1 < b->length ? b->data[at + 1] : '\0';
    char letters[CH_MAX_SPOKEN];
    gsize places[CH_MAX_SPOKEN];
    gsize n = 0, end = at;
    if (!is_separator(separator)) {
        return at;
    }
    for (gsize i = at; i < b->length && n < CH_MAX_SPOKEN - 1; i += 2) {
        gboolean alone = i + 1 >= b->length || !is_tag_byte(b->data[i + 1]);
        if (!g_ascii_isalpha(b->data[i]) || !alone) {
            break;
        }
        places[n] = i;
        letters[n++] = b->data[i];
        end = i + 1;
        if (i + 1 >= b->length || b->data[i + 1] != separator) {
            break;
        }
    }
    if (n < 3) {
        return at;
    }
    gboolean ends[CH_MAX_SPOKEN + 1] = {FALSE};
    if (!split_words(letters, n, ends) && letters[1] == letters[0] + 1 &&
        letters[2] == letters[1] + 1) { /* a, b, c: a list */
        return at;
    }
    for (gsize i = 0; i < n; i++) {
        ch_view_copy(b, i == 0 ? places[i] : b->done);
        ch_view_drop(b, places[i]);
        ch_view_copy(b, places[i] + 1);
        if (ends[i + 1] && i + 1 < n) {
            ch_view_say(b, places[i] + 1, " ", 1);
        }
    }
    return end;
}

/* --- look-alike signs -------------------------------------------------- */

static char
letter_for(char c)
{
    switch (c) {
    case '0':
        return 'o';
    case '1':
    case '!':
    case '|':
        return 'i';
    case '3':
        return 'e';
    case '4':
    case '@':
        return 'a';
    case '5':
    case '$':
        return 's';
    case '7':
        return 't';
    default:
        return '\0';
    }
}

/* How a word whose signs may be letters reads: no address, no handle, no
 * number with a unit.  FALSE: it is no such word. */
static gboolean
read_signs(const char *raw, gsize length, char *word)
{
    gsize letters = 0, signs = 0, changes = 0;
    if (length < 3 || length > CH_MAX_SPOKEN || raw[0] == '@') {
        return FALSE;
    }
    for (gsize i = 0; i < length; i++) {
        char letter = letter_for(raw[i]);
        if (letter == '\0' && !g_ascii_isalpha(raw[i])) {
            return FALSE;
        }
        word[i] = letter == '\0' ? raw[i] : letter;
        signs += letter == '\0' ? 0 : 1;
        letters += letter == '\0' ? 1 : 0;
        changes += i > 0 && (letter == '\0') != (letter_for(raw[i - 1]) == '\0')
                       ? 1
                       : 0;
    }
    if (signs == 0 || letters == 0) {
        return FALSE;
    }
    if (is_known(word, length)) {
        return TRUE;
    }
    for (gsize i = 0; i < length; i++) { /* 1 may be an l as well */
        word[i] = letter_for(raw[i]) == 'i' ? 'l' : word[i];
    }
    if (is_known(word, length)) {
        return TRUE;
    }
    for (gsize i = 0; i < length; i++) {
        word[i] = letter_for(raw[i]) == 'i' ? 'i' : word[i];
    }
    return length > 3 && letters > signs && changes > 1;
}

static gsize
speak_signs(view_builder *b, gsize at, gsize end)
{
    char word[CH_MAX_SPOKEN + 1];
    gsize length = end - at;
    while (length > 0 && strchr("!.,;:?", b->data[at + length - 1]) != NULL) {
        length--;
    }
    if (!read_signs(b->data + at, length, word)) {
        return at;
    }
    for (gsize i = 0; i < length; i++) {
        if (word[i] != b->data[at + i]) {
            ch_view_copy(b, at + i);
            ch_view_say(b, at + i + 1, word + i, 1);
        }
    }
    return at + length;
}

/* --- a letter too often ------------------------------------------------ */

static void
speak_stretched(view_builder *b, gsize at, gsize end)
{
    for (gsize i = at; i + 2 < end; i++) {
        if (g_ascii_isalpha(b->data[i]) && b->data[i] == b->data[i + 1] &&
            b->data[i] == b->data[i + 2] && b->data[i] != 'w') {
            gsize last = i;
            while (last < end && b->data[last] == b->data[i]) {
                last++;
            }
            ch_view_copy(b, i + 1);
            ch_view_drop(b, last);
            i = last - 1;
        }
    }
}

/* --- the walk ---------------------------------------------------------- */

#define LONGEST_MARK 3 /* bytes, of those below */

/* A bullet or a quotation mark of mail at the start of a line. */
static gboolean
is_line_mark(const view_builder *b, gsize at, gsize end)
{
    static const char *const marks[] = {
        "-", "*", ">", ">>", "\342\200\242", "\302\267"};
    for (guint i = 0; end - at <= LONGEST_MARK && i < G_N_ELEMENTS(marks);
         i++) {
        if (strlen(marks[i]) == end - at &&
            memcmp(b->data + at, marks[i], end - at) == 0) {
            return ch_view_starts_line(b, at);
        }
    }
    return FALSE;
}

/* Deals with the word at [at, end); returns how far it came. */
static gsize
speak_word(view_builder *b, gsize at, gsize end)
{
    if (is_line_mark(b, at, end) && end < b->length) {
        ch_view_copy(b, at);
        ch_view_drop(b, end + 1);
        return end;
    }
    gsize came = g_ascii_isalpha(b->data[at]) ? speak_letters(b, at) : at;
    if (came > at) {
        return came;
    }
    const char *tag = memchr(b->data + at, '#', end - at);
    if (tag != NULL) {
        return speak_tag(b, (gsize)(tag - b->data)); /* behind at */
    }
    came = speak_signs(b, at, end);
    if (came == at) {
        speak_stretched(b, at, end);
    }
    return end;
}

void
ch_view_speak(view_builder *b)
{
    for (gsize at = 0; at < b->length;) {
        gsize end = ch_view_word_end(b, at);
        at = end > at ? speak_word(b, at, end) : at + 1;
        while (at < b->length && b->data[at] == ' ') {
            at++;
        }
    }
}
