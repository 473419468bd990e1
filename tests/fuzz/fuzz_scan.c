/*
 * Any bytes are a few patterns and a text: the scanner finds the same hits as
 * a plain search, all of them within the text, and a scanner from a cached
 * database does, too.
 *
 * Before a NUL byte stand patterns, one a line; a line that begins with "!" is
 * instead turned into a pattern by a small grammar, which makes far more that
 * compile.  Behind the NUL byte is the text.
 */
#include "chaperone/limits.h"
#include "chaperone/scan.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

#define MAX_PATTERNS 8
#define MAX_LINE     200
#define MAX_TEXT     4000 /* the plain search has no upper bound of its own */

/* Each byte adds a piece; what brackets are open is closed at the end. */
static char *
grow_pattern(const char *line)
{
    static const char *const pieces[] = {
        "a",     "b",      "ab",        " ",        "\\d",    "\\b",
        "[ab]",  "\\w",    ".",         "\xc3\xb1", "x?",     "(?:",
        ")",     "|",      "+",         "{0,3}",    "{2}",    "*?",
        "[^a ]", "(?<=a)", "(?<!\\w)",  "(?=",      "(?!b)",  "[\xc3\xb1n]",
        "-",     "\\s",    "\\p{L}",    "{1,}",     "^",      "$",
        "(?>",   "[a-f]",  "(?<![ab])", "\\W",      "c{2,5}", "(?:b|ab)",
    };
    GString *out = g_string_new("");
    guint open = 0;
    for (; *line != '\0'; line++) {
        const char *piece = pieces[(guchar)*line % G_N_ELEMENTS(pieces)];
        open += piece[0] == '(' && strchr(piece, ')') == NULL ? 1 : 0;
        if (piece[0] == ')') {
            if (open == 0) {
                continue;
            }
            open--;
        }
        g_string_append(out, piece);
    }
    for (; open > 0; open--) {
        g_string_append_c(out, ')');
    }
    return g_string_free(out, FALSE);
}

static GPtrArray *
read_patterns(const char *lines)
{
    GPtrArray *patterns =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_regex_free);
    g_auto(GStrv) list = g_strsplit(lines, "\n", MAX_PATTERNS);
    for (guint i = 0; list[i] != NULL; i++) {
        g_autofree char *problem = NULL;
        g_autofree char *pattern =
            list[i][0] == '!' ? grow_pattern(list[i] + 1) : g_strdup(list[i]);
        ch_regex *regex =
            strlen(list[i]) > MAX_LINE ? NULL : ch_regex_new(pattern, &problem);
        if (regex != NULL) {
            g_ptr_array_add(patterns, regex);
        }
    }
    return patterns;
}

/* Where a search reached a limit the other may have gone on: it looks at fewer
 * places.  What both found before is the same. */
static void
check_pattern(const ch_regex *regex, const ch_scan *scan, guint number,
              const char *text, gsize length)
{
    g_autoptr(GArray) plain = g_array_new(FALSE, FALSE, sizeof(ch_span));
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
    ch_regex_result wanted = ch_regex_find(regex, text, length, plain);
    ch_regex_result got = ch_scan_find(scan, number, hits);
    g_assert(got != CH_REGEX_FAILED && wanted != CH_REGEX_FAILED);
    g_assert(wanted == CH_REGEX_LIMIT || got == CH_REGEX_DONE);
    g_assert(wanted == CH_REGEX_LIMIT ? hits->len >= plain->len
                                      : hits->len == plain->len);
    g_assert(plain->len == 0 || memcmp(plain->data, hits->data,
                                       plain->len * sizeof(ch_span)) == 0);
    for (guint i = 0; i < hits->len; i++) {
        ch_span span = g_array_index(hits, ch_span, i);
        g_assert(span.start < span.end && span.end <= length);
        g_assert(i == 0 ||
                 g_array_index(hits, ch_span, i - 1).end <= span.start);
    }
}

static void
check_scanner(const ch_scanner *scanner, const GPtrArray *patterns,
              const char *text, gsize length)
{
    guint n;
    g_autoptr(ch_scan) scan = ch_scanner_scan(scanner, text, length);
    g_assert(scan != NULL);
    const guint *fired = ch_scan_fired(scan, &n);
    for (guint i = 0; i < n; i++) {
        g_assert(fired[i] < patterns->len);
        g_assert(i == 0 || fired[i - 1] < fired[i]);
    }
    for (guint i = 0; i < patterns->len; i++) {
        check_pattern(patterns->pdata[i], scan, i, text, length);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    const guint8 *nul = size == 0 ? NULL : memchr(data, '\0', size);
    if (nul == NULL || size - (gsize)(nul - data) > MAX_TEXT) {
        return 0;
    }
    g_autofree char *text = g_utf8_make_valid(
        (const char *)nul + 1, (gssize)(size - (gsize)(nul - data) - 1));
    gsize length = strlen(text);
    g_autofree char *exact = g_memdup2(text, length);
    g_autoptr(GPtrArray) patterns = read_patterns((const char *)data);
    g_autoptr(ch_scanner) scanner =
        ch_scanner_new(patterns, CH_ENGINE_AUTO, NULL);
    check_scanner(scanner, patterns, exact, length);
    g_autoptr(GBytes) cached = ch_scanner_dup_database(scanner);
    g_autoptr(ch_scanner) again =
        ch_scanner_new(patterns, CH_ENGINE_AUTO, cached);
    check_scanner(again, patterns, exact, length);
    return 0;
}
