/*
 * The view of digits: numbers as their digits, however they are spelled.
 *
 *   5 1 2 - 3 4 - 6 7 8 9           512-34-6789
 *   five one two dash three ...     512-3...
 *   614-555-O187, 5l2346789         letters that stand for digits
 *
 * Only runs of five digits or more; words and single digits of a sentence
 * stay as they are.
 */
#include "view_int.h"

#include <string.h>

#define SHORTEST_RUN 5 /* digits: a short list of numbers is no number */
#define LONGEST_WORD 6 /* of those below */

/* What a word means: a digit, '-' for a spoken hyphen, or '\0'. */
static char
digit_word(const char *word, gsize length)
{
    static const struct {
        const char *word;
        char digit;
    } words[] = {
        {"zero", '0'},   {"oh", '0'},     {"o", '0'},     {"one", '1'},
        {"two", '2'},    {"three", '3'},  {"four", '4'},  {"five", '5'},
        {"six", '6'},    {"seven", '7'},  {"eight", '8'}, {"nine", '9'},
        {"niner", '9'},  {"cero", '0'},   {"uno", '1'},   {"dos", '2'},
        {"tres", '3'},   {"cuatro", '4'}, {"cinco", '5'}, {"seis", '6'},
        {"siete", '7'},  {"ocho", '8'},   {"nueve", '9'}, {"dash", '-'},
        {"hyphen", '-'}, {"guion", '-'},  {"-", '-'},     {"dot", '.'},
        {"punto", '.'}};
    if (length == 1 && g_ascii_isdigit(word[0])) {
        return word[0];
    }
    for (guint i = 0; length <= LONGEST_WORD && i < G_N_ELEMENTS(words); i++) {
        if (words[i].word[0] == word[0] &&
            strncmp(words[i].word, word, length) == 0 &&
            words[i].word[length] == '\0') {
            return words[i].digit;
        }
    }
    return '\0';
}

static gboolean
is_gap(char c)
{
    return c == ' ' || c == ',' || c == '.' || c == '-' || c == '/' ||
           c == '(' || c == ')' || c == '_' || c == '*';
}

/* End of the letters or the one digit at an offset. */
static gsize
item_end(const view_builder *b, gsize at)
{
    gsize end = at;
    if (end < b->length && g_ascii_isdigit(b->data[end])) {
        return end + 1;
    }
    while (end < b->length &&
           (g_ascii_isalpha(b->data[end]) || (guchar)b->data[end] >= 0x80)) {
        end++;
    }
    return end;
}

typedef struct {
    gsize start, end; /* of the base */
    char says;
} item;

/* The items of a run that starts at an offset: digits, each alone or a word,
 * with one gap between.  A digit that touches the next one ends it. */
static void
read_run(const view_builder *b, gsize at, GArray *items)
{
    while (at < b->length) {
        gsize end = item_end(b, at);
        char says = end > at ? digit_word(b->data + at, end - at) : '\0';
        if (says == '\0' ||
            (end < b->length && g_ascii_isalnum(b->data[end]))) {
            break;
        }
        item one = {at, end, says};
        g_array_append_val(items, one);
        gsize next = end;
        char mark = '\0';
        while (next < b->length && is_gap(b->data[next]) && next - end < 3) {
            mark = b->data[next] == '-' && next > end ? '-' : mark;
            next++;
        }
        if (next == end) {
            break;
        }
        if (mark != '\0') { /* " - " between groups stays a hyphen */
            item hyphen = {end, next, mark};
            g_array_append_val(items, hyphen);
        }
        at = next;
    }
}

static gsize
count_digits(const GArray *items)
{
    gsize digits = 0;
    for (guint i = 0; i < items->len; i++) {
        digits += g_ascii_isdigit(g_array_index(items, item, i).says);
    }
    return digits;
}

static gsize
say_run(view_builder *b, gsize at)
{
    if (!g_ascii_isdigit(digit_word(b->data + at, item_end(b, at) - at))) {
        return at; /* as nearly everywhere */
    }
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(item));
    read_run(b, at, items);
    while (items->len > 0 &&
           !g_ascii_isdigit(g_array_index(items, item, items->len - 1).says)) {
        g_array_set_size(items, items->len - 1);
    }
    gsize digits = count_digits(items);
    gboolean one_by_one = items->len - digits > digits / 2; /* 5-1-2-3 */
    if (digits < SHORTEST_RUN ||
        !g_ascii_isdigit(g_array_index(items, item, 0).says)) {
        return at;
    }
    ch_view_copy(b, at);
    for (guint i = 0; i < items->len; i++) {
        const item *one = &g_array_index(items, item, i);
        if (one_by_one && one->says == '-') {
            continue;
        }
        ch_view_drop(b, one->start);
        ch_view_say(b, one->end, &one->says, 1);
    }
    return g_array_index(items, item, items->len - 1).end;
}

/* --- letters that stand for digits ------------------------------------- */

static char
digit_for(char c)
{
    switch (c) {
    case 'o':
        return '0';
    case 'l':
    case 'i':
        return '1';
    case 'z':
        return '2';
    case 's':
        return '5';
    case 'b':
        return '8';
    default:
        return '\0';
    }
}

static gsize
say_letters(view_builder *b, gsize at, gsize end)
{
    gsize digits = 0, letters = 0;
    for (gsize i = at; i < end; i++) {
        char c = b->data[i];
        digits += g_ascii_isdigit(c) != 0;
        letters += digit_for(c) != '\0';
        if (!g_ascii_isdigit(c) && digit_for(c) == '\0' &&
            (g_ascii_isalnum(c) || (guchar)c >= 0x80)) {
            return at;
        }
    }
    if (digits < SHORTEST_RUN || letters == 0 || letters * 2 > digits) {
        return at;
    }
    for (gsize i = at; i < end; i++) {
        char digit = digit_for(b->data[i]);
        if (digit != '\0') {
            ch_view_copy(b, i);
            ch_view_say(b, i + 1, &digit, 1);
        }
    }
    return end;
}

void
ch_view_count(view_builder *b)
{
    for (gsize at = 0; at < b->length;) {
        gboolean start = at == 0 || !g_ascii_isalnum(b->data[at - 1]);
        char c = b->data[at];
        gsize came = at;
        if (start &&
            (g_ascii_isdigit(c) || strchr("zootfsencudq", c) != NULL)) {
            came = say_run(b, at);
        }
        if (came == at && (at == 0 || b->data[at - 1] == ' ') &&
            (g_ascii_isdigit(c) || digit_for(c) != '\0')) {
            gsize end = ch_view_word_end(b, at);
            came = say_letters(b, at, end);
        }
        at = MAX(came, at + 1);
    }
}
