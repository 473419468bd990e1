/*
 * The folded view of a text: one spelling for everything that reads alike.
 *
 * Cluster by cluster (a base character with its marks) the text is
 * decomposed for compatibility (Unicode Standard Annex 15, NFKD), marks and
 * format characters are dropped, look-alikes and capitals folded.  Space runs
 * become one space, so a phrase broken by a soft wrap is one phrase; where
 * sentences, paragraphs and quotations begin is noted beside it.
 */
#include "text_int.h"

#include "confusables.h"

#include <string.h>

#define SOFT_WRAP_COLUMN 50 /* a shorter line was ended on purpose */

typedef struct {
    ch_text *text;
    const char *plain, *end;
    GArray *plain_quotes; /* of ch_span, lines of plain */
    guint quote;          /* next of plain_quotes */
    ch_span plain_signature;
    gboolean in_quote;
    gsize line_start; /* plain offset */
} folder;

/* Neither space nor dropped, and its own small letter but for a capital. */
static gboolean
is_simple(char c)
{
    return c > ' ' && c < 0x7F;
}

static gboolean
is_dropped(gunichar c)
{
    if (c == 0x303) { /* only reached alone: see add_decomposed */
        return TRUE;
    }
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_FORMAT || type == G_UNICODE_NON_SPACING_MARK ||
           type == G_UNICODE_ENCLOSING_MARK || c == 0x115F || c == 0x1160 ||
           c == 0x3164 || c == 0xFFA0 ||
           c == 0xFFFD || /* stands for NUL, which many readers skip */
           (c < 0x20 && c != '\t' && c != '\n' && c != '\r');
}

/* What c looks like, or c. */
static gunichar
look_up(gunichar c)
{
    guint low = 0, high = G_N_ELEMENTS(ch_confusables);
    while (low < high) {
        guint middle = (low + high) / 2;
        if (ch_confusables[middle].from == c) {
            return (gunichar)ch_confusables[middle].to;
        }
        if (ch_confusables[middle].from < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return c;
}

/* Some capitals look like nothing Latin, their small letters do: U+04BA. */
static gunichar
fold_letter(gunichar c)
{
    return c < 0x80 ? (gunichar)g_ascii_tolower((char)c)
                    : look_up(g_unichar_tolower(look_up(c)));
}

/* '\0' at the start. */
static char
last_byte(const GString *out)
{
    return out->len > 0 ? out->str[out->len - 1] : '\0';
}

/* Appends the folding of one character; its n with tilde stays a letter.
 * Signs such as U+00A8 decompose to a space, which joins the run before. */
static void
add_decomposed(GString *out, gunichar c)
{
    gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
    gsize n = g_unichar_fully_decompose(c, TRUE, parts, G_N_ELEMENTS(parts));
    for (gsize i = 0; i < n; i++) {
        gunichar p = parts[i];
        if (p == 0x303 && last_byte(out) == 'n') {
            g_string_truncate(out, out->len - 1);
            g_string_append_unichar(out, 0xF1);
        } else if (p == ' ' ? out->len > 0 && last_byte(out) != ' '
                            : !is_dropped(p)) {
            g_string_append_unichar(out, fold_letter(p));
        }
    }
}

char *
ch_text_dup_folded(const char *utf8)
{
    GString *out = g_string_new(NULL);
    for (const char *p = utf8; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_isspace(c)) {
            add_decomposed(out, c);
        } else if (out->len > 0 && last_byte(out) != ' ') {
            g_string_append_c(out, ' ');
        }
    }
    return g_string_free(out, FALSE);
}

/* Whether a line, given without its indent, was written by somebody else. */
static gboolean
starts_quotation(const char *line, gsize len)
{
    static const char *const marks[] = {
        "-----original message", "----- original message",
        "-----mensaje original", "________________________________"};
    g_autofree char *lower = g_ascii_strdown(line, (gssize)MIN(len, 400));
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (g_str_has_prefix(lower, marks[i])) {
            return TRUE;
        }
    }
    g_strchomp(lower);
    return (g_str_has_prefix(lower, "on ") &&
            g_str_has_suffix(lower, "wrote:")) ||
           (g_str_has_prefix(lower, "el ") &&
            g_str_has_suffix(lower, "escribi\303\263:"));
}

static void
add_quote(GArray *quotes, gsize start, gsize end)
{
    ch_span *last = quotes->len == 0
                        ? NULL
                        : &g_array_index(quotes, ch_span, quotes->len - 1);
    if (last != NULL && last->end == start) {
        last->end = end;
    } else {
        g_array_append_vals(quotes, &(ch_span){start, end}, 1);
    }
}

/* Lines of plain that are quoted.  After "On … wrote:" without any ">" line
 * below, the rest is. */
static GArray *
find_quotes(const char *plain, gsize len)
{
    GArray *quotes = g_array_new(FALSE, FALSE, sizeof(ch_span));
    gsize rest = len;
    for (gsize at = 0; at < len;) {
        const char *nl = memchr(plain + at, '\n', len - at);
        gsize next = nl == NULL ? len : (gsize)(nl - plain) + 1;
        gsize text = at;
        while (text < next && (plain[text] == ' ' || plain[text] == '\t')) {
            text++;
        }
        if (text < next && plain[text] == '>') {
            add_quote(quotes, at, next);
            rest = len;
        } else if (rest == len && starts_quotation(plain + text, next - text)) {
            rest = at;
        }
        at = next;
    }
    if (rest < len) {
        gsize start = rest;
        while (quotes->len > 0 &&
               g_array_index(quotes, ch_span, quotes->len - 1).end > start) {
            g_array_set_size(quotes, quotes->len - 1);
        }
        add_quote(quotes, start, len);
    }
    return quotes;
}

/* RFC 3676 4.3, and what mail programs of phones write by themselves. */
static gboolean
starts_signature(const char *line, gsize len)
{
    static const char *const marks[] = {"Sent from my ",   "Sent from Outlook",
                                        "Get Outlook for", "Enviado desde mi ",
                                        "Enviado con ",    "Obtener Outlook"};
    while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r')) {
        len--;
    }
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (len >= strlen(marks[i]) && g_str_has_prefix(line, marks[i])) {
            return TRUE;
        }
    }
    return (len == 2 || (len == 3 && line[2] == ' ')) &&
           memcmp(line, "--", 2) == 0;
}

/* The signature in plain: from its first line to the quotation below. */
static ch_span
find_signature(const char *plain, gsize len, const GArray *quotes)
{
    for (gsize at = 0; at < len;) {
        const char *nl = memchr(plain + at, '\n', len - at);
        gsize next = nl == NULL ? len : (gsize)(nl - plain) + 1;
        if (starts_signature(plain + at, next - at)) {
            ch_span found = {at, len};
            for (guint i = quotes->len; i > 0; i--) {
                ch_span q = g_array_index(quotes, ch_span, i - 1);
                found.end = q.start > at ? q.start : found.end;
            }
            return found;
        }
        at = next;
    }
    return (ch_span){len, len};
}

static gboolean
is_abbreviation(const GString *folded)
{
    static const char *const known[] = {
        "dr",  "dra", "mr",  "mrs", "ms",  "sr",   "sra", "srta", "st",
        "jr",  "vs",  "no",  "ud",  "uds", "prof", "fig", "etc",  "approx",
        "apt", "ave", "tel", "e.g", "i.e", "p.ej", "ph.d"};
    gsize end = folded->len - 1; /* at the full stop */
    gsize start = end;
    while (start > 0 && folded->str[start - 1] != ' ' && end - start < 8) {
        start--;
    }
    gsize len = end - start;
    if (len == 1 && g_ascii_isalpha(folded->str[start])) {
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strlen(known[i]) == len &&
            strncmp(folded->str + start, known[i], len) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The last character that can end a sentence, behind quotes and brackets. */
static char
terminator(const GString *folded)
{
    gsize i = folded->len;
    while (i > 0 && strchr("\"')]*", folded->str[i - 1]) != NULL) {
        i--;
    }
    return i > 0 && strchr(".!?:", folded->str[i - 1]) != NULL
               ? folded->str[i - 1]
               : '\0';
}

static gboolean
is_list_mark(const char *next, const char *end)
{
    gunichar c = next < end ? g_utf8_get_char(next) : 0;
    return c == '-' || c == '*' || c == '#' || c == '@' || c == '>' ||
           c == 0x2022 || c == 0x2013 || g_ascii_isdigit((char)MIN(c, 127)) ||
           g_unichar_type(c) == G_UNICODE_OTHER_SYMBOL;
}

/* Whether a new sentence begins after the white space plain[from, to). */
static gboolean
ends_sentence(const folder *f, const char *from, const char *to, guint newlines)
{
    char stop = terminator(f->text->folded);
    if (newlines > 1) {
        return TRUE;
    }
    if (newlines == 1) {
        gsize column = (gsize)(from - f->plain) - f->line_start;
        return stop != '\0' || column < SOFT_WRAP_COLUMN ||
               is_list_mark(to, f->end);
    }
    if (stop == '\0' || stop == ':') {
        return FALSE;
    }
    if (stop == '.' &&
        (is_abbreviation(f->text->folded) ||
         (to < f->end && g_unichar_islower(g_utf8_get_char(to))))) {
        return FALSE;
    }
    return TRUE;
}

static void
track_quote(folder *f, gsize at)
{
    GString *folded = f->text->folded;
    while (f->quote < f->plain_quotes->len) {
        ch_span q = g_array_index(f->plain_quotes, ch_span, f->quote);
        if (!f->in_quote && at >= q.start) {
            f->in_quote = TRUE;
            g_array_append_vals(f->text->quotes,
                                &(ch_span){folded->len, folded->len}, 1);
        }
        if (!f->in_quote || at < q.end) {
            return;
        }
        f->in_quote = FALSE;
        f->quote++;
        g_array_index(f->text->quotes, ch_span, f->text->quotes->len - 1).end =
            folded->len;
    }
}

static void
track_signature(folder *f, gsize at)
{
    gsize here = f->text->folded->len;
    if (at <= f->plain_signature.start) {
        f->text->signature = (ch_span){here, here};
    } else if (at <= f->plain_signature.end) {
        f->text->signature.end = here;
    }
}

static void
add_start(GArray *starts, gsize at)
{
    if (g_array_index(starts, gsize, starts->len - 1) < at) {
        g_array_append_val(starts, at);
    }
}

/* One byte for one byte is a copy: the map then stays short. */
static void
add_space(const folder *f, const char *from, const char *to)
{
    ch_span span = {(gsize)(from - f->plain), (gsize)(to - f->plain)};
    if (span.end - span.start == 1) {
        ch_map_add_copy(f->text->fold_map, span.start, 1);
    } else {
        ch_map_add_change(f->text->fold_map, span, 1);
    }
}

/* Folds the white space that starts at p; returns what follows it. */
static const char *
fold_space(folder *f, const char *p)
{
    ch_text *text = f->text;
    const char *from = p;
    guint newlines = 0;
    gsize line_start = f->line_start;
    while (p < f->end && !is_simple(*p)) {
        gunichar c = g_utf8_get_char(p);
        if (!g_unichar_isspace(c) && !is_dropped(c)) {
            break;
        }
        p = g_utf8_next_char(p);
        if (c == '\n' || c == 0x2028 || c == 0x2029) {
            newlines += c == 0x2029 ? 2 : 1;
            line_start = (gsize)(p - f->plain);
        }
    }
    if (text->folded->len > 0 && p < f->end) {
        gboolean sentence = ends_sentence(f, from, p, newlines);
        if (last_byte(text->folded) != ' ') {
            g_string_append_c(text->folded, ' ');
            add_space(f, from, p);
        }
        if (sentence) {
            add_start(text->sentences, text->folded->len);
        }
        if (newlines > 1) {
            add_start(text->paragraphs, text->folded->len);
        }
        if (newlines > 0 && sentence) {
            add_start(text->blocks, text->folded->len);
        }
    }
    f->line_start = line_start;
    return p;
}

static void
fold_character(const folder *f, const char *p, const char *next)
{
    ch_text *text = f->text;
    ch_span span = {(gsize)(p - f->plain), (gsize)(next - f->plain)};
    gsize before = text->folded->len;
    gunichar c = g_utf8_get_char(p);
    if (c == 0x303 && last_byte(text->folded) == 'n') { /* combining tilde */
        g_string_truncate(text->folded, text->folded->len - 1);
        g_string_append(text->folded, "\303\261");
        ch_map_add_change(text->fold_map, span, 1);
        return;
    }
    add_decomposed(text->folded, c);
    gsize length = text->folded->len - before;
    if (length == span.end - span.start) {
        ch_map_add_copy(text->fold_map, span.start, length);
    } else if (length > 0) {
        ch_map_add_change(text->fold_map, span, length);
    }
}

/* Folds a run of plain ASCII, which most text is; returns what follows.  No
 * line begins inside of it, so neither does a quotation or signature. */
static const char *
fold_simple(const folder *f, const char *p)
{
    const char *end = p + 1;
    while (end < f->end && is_simple(*end)) {
        end++;
    }
    GString *folded = f->text->folded;
    gsize before = folded->len, length = (gsize)(end - p);
    g_string_append_len(folded, p, (gssize)length);
    for (gsize i = before; i < folded->len; i++) {
        folded->str[i] = g_ascii_tolower(folded->str[i]);
    }
    ch_map_add_copy(f->text->fold_map, (gsize)(p - f->plain), length);
    return end;
}

void
ch_text_fold(ch_text *text)
{
    if (text->folded != NULL) {
        return;
    }
    const char *plain = text->plain->str;
    text->folded = g_string_sized_new(text->plain->len + 1);
    text->fold_map = ch_map_new();
    text->sentences = g_array_new(FALSE, FALSE, sizeof(gsize));
    text->paragraphs = g_array_new(FALSE, FALSE, sizeof(gsize));
    text->blocks = g_array_new(FALSE, FALSE, sizeof(gsize));
    text->quotes = g_array_new(FALSE, FALSE, sizeof(ch_span));
    g_array_append_vals(text->sentences, &(gsize){0}, 1);
    g_array_append_vals(text->paragraphs, &(gsize){0}, 1);
    g_array_append_vals(text->blocks, &(gsize){0}, 1);
    g_autoptr(GArray) quotes = find_quotes(plain, text->plain->len);
    folder f = {.text = text,
                .plain = plain,
                .end = plain + text->plain->len,
                .plain_quotes = quotes};
    f.plain_signature = find_signature(plain, text->plain->len, quotes);
    for (const char *p = plain; p < f.end;) {
        track_quote(&f, (gsize)(p - plain));
        track_signature(&f, (gsize)(p - plain));
        if (is_simple(*p)) {
            p = fold_simple(&f, p);
            continue;
        }
        if (g_unichar_isspace(g_utf8_get_char(p))) {
            p = fold_space(&f, p);
            continue;
        }
        const char *next = g_utf8_next_char(p);
        fold_character(&f, p, next);
        p = next;
    }
    track_quote(&f, text->plain->len);
    track_signature(&f, text->plain->len);
}
