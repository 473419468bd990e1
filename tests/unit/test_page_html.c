/*
 * The writer of pages: nothing that is written can become markup.
 */
/* SOURCES: src/review/html.c */
#include "review/html.h"
#include "unit.h"

#include <string.h>

static char *
dup_page(const char *text, const char *href)
{
    ch_html *h = ch_html_new();
    ch_html_open(h, "a", A("href", href) A("title", text));
    ch_html_text(h, text);
    ch_html_close(h);
    GString *out = ch_html_finish(h);
    ch_html_free(h);
    return g_string_free(out, FALSE);
}

static void
test_escapes(void **state)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
        {"\xff<", "\xef\xbf\xbd&lt;"},
        {"\xc0\xbcscript", "\xef\xbf\xbd\xef\xbf\xbdscript"},
        {"a\xe2\x80\xae"
         "b",
         "a[U+202E]b"},
        {"a\xe2\x81\xa7"
         "b",
         "a[U+2067]b"},
        {"a\x01\x7f"
         "b",
         "a[U+0001][U+007F]b"},
        {"a\r\nb\tc", "a\nb\tc"},
        {"ni\xc3\xb1o \xf0\x9f\x98\x80", "ni\xc3\xb1o \xf0\x9f\x98\x80"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *page = dup_page(rows[i].text, "/x");
        g_autofree char *wanted = g_strdup_printf(
            "<!doctype html>\n<a href=\"/x\" title=\"%s\">%s</a>\n",
            rows[i].shown, rows[i].shown);
        assert_string_equal(page, wanted);
    }
}

static void
test_addresses_stay_here(void **state)
{
    static const char *const bad[] = {"javascript:alert(1)",
                                      "//evil.example",
                                      "/\\evil.example",
                                      "https://evil.example",
                                      "data:text/html,x",
                                      "",
                                      " /x",
                                      "queue"};
    static const char *const good[] = {"/queue", "/", "#main", "?page=2"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *page = dup_page("x", bad[i]);
        assert_null(strstr(page, "href"));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autofree char *page = dup_page("x", good[i]);
        assert_non_null(strstr(page, "href"));
    }
}

static void
test_absent_attributes(void **state)
{
    ch_html *h = ch_html_new();
    (void)state;
    ch_html_void(h, "input", A("checked", NULL) A("name", "a"));
    GString *out = ch_html_finish(h);
    assert_non_null(strstr(out->str, "<input name=\"a\">"));
    g_string_free(out, TRUE);
    ch_html_free(h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_addresses_stay_here),
        cmocka_unit_test(test_absent_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
