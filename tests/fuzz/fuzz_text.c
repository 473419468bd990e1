/*
 * Any text can be folded: each folded byte maps back, in order; sentences,
 * paragraphs and quotations begin on characters; folded text stays as it is.
 */
#include "check_texts.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static gboolean
is_start(const char *text, gsize len, gsize at)
{
    return at == len || (at < len && ((guint8)text[at] & 0xc0) != 0x80);
}

static void
check_origins(const ch_text *text)
{
    gsize len, size, last_start = 0, last_end = 0;
    const char *source = g_bytes_get_data(ch_text_source(text), &size);
    ch_text_folded(text, &len);
    for (gsize at = 0; at < len; at++) {
        ch_span span = ch_text_origin(text, (ch_span){at, at + 1});
        g_assert(span.start <= span.end && span.end <= size);
        g_assert(span.start >= last_start && span.end >= last_end);
        last_start = span.start;
        last_end = span.end;
    }
    ch_span whole = ch_text_origin(text, (ch_span){0, len});
    g_assert(ch_text_line(text, whole.end) >= 1);
    g_assert(is_start(source, size, whole.start));
    g_assert(is_start(source, size, whole.end));
}

/* Ascending, the first 0, each on a character. */
static void
check_starts(const ch_text *text, const GArray *starts)
{
    gsize len;
    const char *folded = ch_text_folded(text, &len);
    g_assert(starts->len >= 1 && g_array_index(starts, gsize, 0) == 0);
    for (guint i = 1; i < starts->len; i++) {
        gsize at = g_array_index(starts, gsize, i);
        g_assert(at > g_array_index(starts, gsize, i - 1));
        g_assert(at <= len && is_start(folded, len, at));
    }
}

static void
check_quotes(const ch_text *text)
{
    gsize len, last = 0;
    const char *folded = ch_text_folded(text, &len);
    const GArray *quotes = ch_text_quotes(text);
    for (guint i = 0; i < quotes->len; i++) {
        ch_span q = g_array_index(quotes, ch_span, i);
        g_assert(q.start >= last && q.start <= q.end && q.end <= len);
        g_assert(is_start(folded, len, q.start));
        g_assert(is_start(folded, len, q.end));
        last = q.end;
    }
    ch_span s = ch_text_signature(text);
    g_assert(s.start <= s.end && s.end <= len);
    g_assert(is_start(folded, len, s.start) && is_start(folded, len, s.end));
}

/* Every view is text, and maps back in order. */
static void
check_views(ch_text *text)
{
    gsize folded;
    ch_text_folded(text, &folded);
    for (ch_view v = CH_VIEW_FOLDED + 1; v < CH_VIEW_COUNT; v++) {
        gsize len = 0, last_start = 0, last_end = 0;
        const char *data = ch_text_view(text, v, &len);
        g_assert(data == NULL || strlen(data) == len);
        g_assert(data == NULL || g_utf8_validate_len(data, len, NULL));
        for (gsize at = 0; at < len; at++) {
            ch_span span = ch_text_view_origin(text, v, (ch_span){at, at + 1});
            g_assert(span.start <= span.end && span.end <= folded);
            g_assert(span.start >= last_start && span.end >= last_end);
            last_start = span.start;
            last_end = span.end;
        }
    }
}

static void
check_again(ch_text *text, const char *plain)
{
    g_autofree char *before = g_strdup(ch_text_folded(text, NULL));
    ch_text_fold(text);
    g_assert_cmpstr(before, ==, ch_text_folded(text, NULL));
    g_autofree char *phrase = ch_text_dup_folded(plain);
    g_autofree char *again = ch_text_dup_folded(phrase);
    g_assert_cmpstr(phrase, ==, again);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autofree char *valid =
        g_utf8_make_valid((const char *)data, (gssize)size);
    g_autoptr(GBytes) source = g_bytes_new(valid, strlen(valid));
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    g_ptr_array_add(texts, text);
    ch_text_fold(text);
    g_assert(g_utf8_validate(ch_text_folded(text, NULL), -1, NULL));
    check_texts(texts);
    check_origins(text);
    check_starts(text, ch_text_sentences(text));
    check_starts(text, ch_text_paragraphs(text));
    check_quotes(text);
    check_views(text);
    check_again(text, valid);
    return 0;
}
