/*
 * html.c and its files: a source to body, hidden, alt and link texts, each
 * with the way back to its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chaperone/html.h"
#include "chaperone/limits.h"

typedef struct {
    const char *html;
    ch_where where;
    const char *plain; /* NULL: no text of that place */
    const char *piece; /* of plain; NULL: not asked */
    const char *bytes; /* the source that the piece stands for */
} html_row;

#define BODY   CH_WHERE_BODY
#define HIDDEN CH_WHERE_HIDDEN
#define ALT    CH_WHERE_ALT
#define LINK   CH_WHERE_LINK

static const html_row rows[] = {
    /* --- what a reader sees --------------------------------------------- */
    {"plain", BODY, "plain", "lai", "lai"},
    {"<p>one</p><p>two</p>", BODY, "one\ntwo\n", "two", "two"},
    {"<div>a<div>b</div>c</div>", BODY, "a\nb\nc\n", "c", "c"},
    {"a<br>b<br/>c", BODY, "a\nb\nc", "a\nb", "a<br>b"},
    {"a<br><br>b", BODY, "a\n\nb", NULL, NULL},
    {"<ul><li>a<li>b</ul>", BODY, "a\nb\n", "b", "b"},
    {"<h1>t</h1>text", BODY, "t\ntext", NULL, NULL},
    {"<table><tr><td>a</td><td>b</td></tr><tr><th>c<th>d</table>", BODY,
     "a b \nc d \n", "a b", "a</td><td>b"},
    {"12<b>3</b>-4<i></i>5", BODY, "123-45", "123-45", "12<b>3</b>-4<i></i>5"},
    {"12<wbr>3<span>4</span>", BODY, "1234", "234", "2<wbr>3<span>4"},
    {"123<!-- x -->45", BODY, "12345", "345", "3<!-- x -->45"},
    {"12</x>34", BODY, "1234", "23", "2</x>3"},
    {"12<img>34", BODY, "1234", "23", "2<img>3"},
    {"a <b> b</b>  c\n\td", BODY, "a b c d", "b c", "b</b>  c"},
    {"<pre>a\n  b</pre>", BODY, "a\n  b\n", "\n  b", "\n  b"},
    {"<textarea>a  b</textarea>", BODY, "a  b\n", "a  b", "a  b"},
    {"a\r\nb", BODY, "a b", NULL, NULL},
    {"&amp;", BODY, "&", "&", "&amp;"},
    {"&lt;b&gt;", BODY, "<b>", "<", "&lt;"},
    {"&#54;&#x37;8", BODY, "678", "7", "&#x37;"},
    {"&#54&#x37 8", BODY, "67 8", "67", "&#54&#x37"},
    {"a&nbsp;b", BODY,
     "a\xC2\xA0"
     "b",
     "b", "b"},
    {"&eacute;&ntilde", BODY, "\xC3\xA9\xC3\xB1", "\xC3\xB1", "&ntilde"},
    {"&notit; x", BODY, "\xC2\xACit; x", "it", "it"},
    {"&copy2020", BODY,
     "\xC2\xA9"
     "2020",
     "2020", "2020"},
    {"a & b &x; c", BODY, "a & b &x; c", "& b", "& b"},
    {"&amp;amp; &ampx", BODY, "&amp; &x", "&x", "&ampx"},
    {"&#0;1&#xD800;", BODY,
     "\xEF\xBF\xBD"
     "1\xEF\xBF\xBD",
     "1", "1"},
    {"&#99999999999;1&#x7FFFFFFF;2", BODY,
     "\xEF\xBF\xBD"
     "1\xEF\xBF\xBD"
     "2",
     "2", "2"},
    {"&NotEqualTilde;1", BODY,
     "\xE2\x89\x82\xCC\xB8"
     "1",
     "1", "1"},
    {"&zwnj;1&ZeroWidthSpace;2", BODY,
     "\xE2\x80\x8C"
     "1\xE2\x80\x8B"
     "2",
     "2", "2"},
    {"\xEF\xBB\xBFx", BODY, "\xEF\xBB\xBFx", "x", "x"},
    {"<table>out<tr><td>in</td></tr>more</table>end", BODY,
     "out\nin \nmore\nend", "more", "more"},
    {"<b><p>x</b>y<p>z", BODY, "xy\nz", "xy", "x</b>y"},
    {"<p>a<p>b", BODY, "a\nb", NULL, NULL},
    {"<div>a<span>b", BODY, "ab", NULL, NULL},
    {"<scr<b>x</b>ipt>y", BODY, "xipt>y", "y", "y"},
    {"a < b > c", BODY, "a < b > c", "b >", "b >"},
    {"<a\nhref=x\n>l</a\n>m", BODY, "lm", "lm", "l</a\n>m"},
    {"a<plaintext>b<i>c", BODY, "a\nb<i>c", "<i>", "<i>"},
    {"a<![CDATA[b]]>c", BODY, "ac", "ac", "a<![CDATA[b]]>c"},
    {"<svg><![CDATA[1<2]]></svg>", BODY, "1<2", NULL, NULL},
    {"a<?php b ?>c", BODY, "ac", NULL, NULL},
    {"<!doctype html><html><head></head><body>x</body></html>y", BODY, "xy\n",
     NULL, NULL},
    {"<select><option>a<option>b</select>", BODY, "a\nb\n", NULL, NULL},
    {"<button>Go</button>", BODY, "Go", NULL, NULL},
    {"<style>p{}</style><script>var a=1</script>x", BODY, "x", NULL, NULL},
    {"<p style='color:black'>x</p>", BODY, "x\n", NULL, NULL},
    {"<td style='font-size:0'><p style='font-size:14px'>x</p>", BODY, "x\n",
     NULL, NULL},
    {"<p style='font-size:12px;opacity:.9'>x</p>", BODY, "x\n", NULL, NULL},
    {"<p style='background:#000;color:#fff'>x</p>", BODY, "x\n", NULL, NULL},
    {"<b style='color:#fff'>w<i style='color:red'>x</i></b>", BODY, "x", NULL,
     NULL},
    {"<b style='visibility:hidden'><i style='visibility:visible'>x", BODY, "x",
     NULL, NULL},
    {"<p style='height:0'>x</p>", BODY, "x\n", NULL, NULL},
    /* --- what is hidden -------------------------------------------------- */
    {"<p hidden>x</p>y", HIDDEN, "x\n", "x", "x"},
    {"<p style='display:none'>a<b>b</b></p>", HIDDEN, "ab\n", "ab", "a<b>b"},
    {"<p STYLE='DISPLAY : NONE !important'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='color:red;display/**/:none'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='visibility:hidden'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='opacity:0'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='opacity: 0%'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='font-size:0'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='font-size:1px'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='font-size:0.05em'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='font-size:0'><b style='font-size:100%'>x", HIDDEN, "x", NULL,
     NULL},
    {"<p style='color:#fff'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='color:#FEFEFE'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='color:white'>x", HIDDEN, "x", NULL, NULL},
    {"<font color=white>x</font>", HIDDEN, "x", NULL, NULL},
    {"<p style='color:rgb(255, 255, 255)'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='color:rgba(0,0,0,0)'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='color:transparent'>x", HIDDEN, "x", NULL, NULL},
    {"<table bgcolor=black><td>x</table>", HIDDEN, "x \n", NULL, NULL},
    {"<div style='background:#123456'><p style='color:#123456'>x", HIDDEN, "x",
     NULL, NULL},
    {"<p style='max-height:0;overflow:hidden'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='position:absolute;left:-9999px'>x", HIDDEN, "x", NULL, NULL},
    {"<p style='mso-hide:all'>x", HIDDEN, "x", NULL, NULL},
    {"<input type=hidden value='1&amp;2'>", HIDDEN, "1&2", "&", "&amp;"},
    {"a<!-- x -->b", HIDDEN, " x ", "x", "x"},
    {"a<!--[if mso]><p>x</p><![endif]-->b", HIDDEN,
     "[if mso]><p>x</p><![endif]", "x", "x"},
    {"a<!-- x", HIDDEN, " x", "x", "x"},
    {"<template><p>x</p></template>", HIDDEN, "x\n", "x", "x"},
    {"<body><noscript>x</noscript>", HIDDEN, "x", "x", "x"},
    {"<title>x &lt;</title>", HIDDEN, "x <", "<", "&lt;"},
    {"<meta name=description content=x>", HIDDEN, "x", "x", "x"},
    {"<p data-name='x'>y", HIDDEN, "x", "x", "x"},
    {"<style>/* x */ p {}</style>", HIDDEN, " x ", "x", "x"},
    {"<script>var a; /* x */</script>", HIDDEN, " x ", "x", "x"},
    {"<script>var a = 1;</script>", HIDDEN, NULL, NULL, NULL},
    {"<iframe srcdoc='x'></iframe>", HIDDEN, "x", "x", "x"},
    /* --- alt texts ------------------------------------------------------- */
    {"<img alt='a &quot;b&quot;'>", ALT, "a \"b\"", "\"", "&quot;"},
    {"<img alt=x>", ALT, "x", "x", "x"},
    {"<p title='x'>y", ALT, "x", "x", "x"},
    {"<p aria-label='x'>y", ALT, "x", "x", "x"},
    {"<input placeholder='x'>", ALT, "x", "x", "x"},
    {"<input type=submit value='x'>", ALT, "x", "x", "x"},
    {"<select><option label='x'>y</select>", ALT, "x", "x", "x"},
    {"<img alt=''>", ALT, NULL, NULL, NULL},
    /* --- links ----------------------------------------------------------- */
    {"<a href='https://a.example/x?q=1&amp;r=2'>l", LINK,
     "https://a.example/x?q=1&r=2", "&", "&amp;"},
    {"<a href='mailto:a%40example.com'>l", LINK, "mailto:a@example.com", "@",
     "%40"},
    {"<a href='tel:+1614555%30100'>l", LINK, "tel:+16145550100", "0100",
     "%30100"},
    {"<a href=x%C3%A9%2525>l", LINK, "x\xC3\xA9%25", "\xC3\xA9", "%C3%A9"},
    {"<a href='x%zz%4'>l", LINK, "x%zz%4", "%4", "%4"},
    {"<a href='%FFx'>l", LINK, "\xEF\xBF\xBDx", "x", "x"},
    {"<a href='%31%32%33'>l", LINK, "123", "2", "%32"},
    {"<a href='&#37;31'>l", LINK, "1", "1", "&#37;31"},
    {"<img src=\"http://a.example/x.png\">", LINK, "http://a.example/x.png",
     "x.png", "x.png"},
    {"<form action=/x>", LINK, "/x", NULL, NULL},
    {"<q cite=/x>y</q>", LINK, "/x", NULL, NULL},
    {"<img src='data:image/png;base64,AAAA'>", LINK, NULL, NULL, NULL},
    {"<img src='cid:a@example.com'>", LINK, NULL, NULL, NULL},
};

static GPtrArray *
extract(const char *html, gsize len, gboolean *whole_out)
{
    g_autoptr(GBytes) source = g_bytes_new(html, len);
    GPtrArray *texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    *whole_out = ch_html_extract(source, 3, texts);
    return texts;
}

static const ch_text *
find_text(GPtrArray *texts, ch_where where)
{
    for (guint i = 0; i < texts->len; i++) {
        const ch_text *text = g_ptr_array_index(texts, i);
        if (ch_text_where(text) == where) {
            return text;
        }
    }
    return NULL;
}

static void
assert_piece(const ch_text *text, const char *piece, const char *bytes)
{
    const char *plain = ch_text_plain(text, NULL);
    const char *hit = strstr(plain, piece);
    assert_non_null(hit);
    gsize at = (gsize)(hit - plain);
    ch_span span =
        ch_text_origin_of_plain(text, (ch_span){at, at + strlen(piece)});
    const char *source = g_bytes_get_data(ch_text_source(text), NULL);
    g_autofree char *got =
        g_strndup(source + span.start, span.end - span.start);
    assert_string_equal(got, bytes);
}

static void
test_rows(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const html_row *row = &rows[i];
        print_message("  %s\n", row->html);
        gboolean whole;
        g_autoptr(GPtrArray) texts =
            extract(row->html, strlen(row->html), &whole);
        const ch_text *text = find_text(texts, row->where);
        assert_true(whole);
        if (row->plain == NULL) {
            assert_null(text);
            continue;
        }
        assert_non_null(text);
        assert_string_equal(ch_text_plain(text, NULL), row->plain);
        assert_int_equal(ch_text_part(text), 3);
        if (row->piece != NULL) {
            assert_piece(text, row->piece, row->bytes);
        }
    }
}

static void
test_one_hidden_text_per_element(void **state)
{
    static const char html[] = "<p hidden>a</p>b<p hidden>c<b>d</b></p>"
                               "<!--e--><!--f-->";
    (void)state;
    gboolean whole;
    g_autoptr(GPtrArray) texts = extract(html, strlen(html), &whole);
    guint hidden = 0;
    for (guint i = 0; i < texts->len; i++) {
        hidden += ch_text_where(g_ptr_array_index(texts, i)) == HIDDEN;
    }
    assert_int_equal(hidden, 4);
}

/* What is repeated n times, with what before and after. */
static const struct {
    const char *name, *before, *unit, *after;
    guint n;
    gboolean whole;
} loads[] = {
    {"nested b", "", "<b>", "SECRET", 100000, FALSE},
    {"nested div", "", "<div>", "SECRET", 100000, FALSE},
    {"nested table", "", "<table>", "SECRET", 100000, FALSE},
    {"nested cells", "", "<table><tr><td>", "SECRET", 50000, FALSE},
    {"nested span", "", "<span>", "SECRET", 100000, FALSE},
    {"nested svg", "", "<svg>", "SECRET", 100000, FALSE},
    {"nested unknown", "", "<x-y>", "SECRET", 100000, FALSE},
    {"too deep for us", "", "<div>", "SECRET", CH_MAX_HTML_DEPTH + 20, FALSE},
    {"deep enough", "", "<div>", "SECRET", CH_MAX_HTML_DEPTH - 20, TRUE},
    {"flat paragraphs", "", "<p>x", "<p>SECRET", 50000, TRUE},
    {"flat items", "<ul>", "<li>x", "<li>SECRET", 50000, TRUE},
    {"flat cells", "<table>", "<tr><td>x", "<td>SECRET", 50000, TRUE},
    {"flat breaks", "", "x<br>", "SECRET", 50000, TRUE},
    {"closed tags", "", "<b><i>x</i></b>", "SECRET", 50000, TRUE},
    {"unclosed links", "", "<a href=x>y", "SECRET", 4000, TRUE},
    {"more links than texts", "", "<a href=x>y</a>", "SECRET", 6000, FALSE},
    {"references", "", "&amp;&#65;", "SECRET", 50000, TRUE},
    {"open references", "", "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "SECRET",
     20000, TRUE},
    {"open comments", "SECRET", "<!--", "", 100000, TRUE},
    {"attributes", "<p ", "a=b ", ">SECRET", 2000, TRUE},
};

static void
test_loads_end_soon_and_hide_nothing(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(loads); i++) {
        print_message("  %s\n", loads[i].name);
        GString *html = g_string_new(loads[i].before);
        for (guint n = 0; n < loads[i].n; n++) {
            g_string_append(html, loads[i].unit);
        }
        g_string_append(html, loads[i].after);
        gint64 start = g_get_monotonic_time();
        gboolean whole, found = FALSE;
        g_autoptr(GPtrArray) texts = extract(html->str, html->len, &whole);
        assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC);
        for (guint k = 0; k < texts->len; k++) {
            const char *plain =
                ch_text_plain(g_ptr_array_index(texts, k), NULL);
            found = found || strstr(plain, "SECRET") != NULL;
        }
        assert_true(found);
        assert_int_equal(whole, loads[i].whole);
        g_string_free(html, TRUE);
    }
}

/* Unclosed formatting with a paragraph each makes nodes without end. */
static void
test_multiplying_nodes_stop(void **state)
{
    (void)state;
    GString *html = g_string_new(NULL);
    for (guint i = 0; i < 1000; i++) {
        g_string_append_printf(html, "<b id=%u>", i);
    }
    for (guint i = 0; i < 5000; i++) {
        g_string_append(html, "<p>x");
    }
    gint64 start = g_get_monotonic_time();
    gboolean whole;
    g_autoptr(GPtrArray) texts = extract(html->str, html->len, &whole);
    assert_false(whole);
    assert_true(g_get_monotonic_time() - start < 4 * G_USEC_PER_SEC);
    g_string_free(html, TRUE);
}

static void
test_source_beyond_the_cap(void **state)
{
    (void)state;
    g_autofree char *fill = g_strnfill(CH_MAX_HTML, 'a');
    g_autofree char *html = g_strdup_printf("%s<p>SECRET</p>", fill);
    gboolean whole;
    g_autoptr(GPtrArray) texts = extract(html, strlen(html), &whole);
    const ch_text *raw = find_text(texts, HIDDEN);
    assert_false(whole);
    assert_non_null(raw);
    assert_non_null(strstr(ch_text_plain(raw, NULL), "SECRET"));
    assert_non_null(find_text(texts, BODY));
}

static void
test_nothing_from_nothing(void **state)
{
    static const char *const empty[] = {"", " ", "<p></p>", "<!---->",
                                        "<br><br>"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(empty); i++) {
        gboolean whole;
        g_autoptr(GPtrArray) texts =
            extract(empty[i], strlen(empty[i]), &whole);
        assert_true(whole);
        assert_int_equal(texts->len, 0);
    }
}

static void
test_drawn_lines(void **state)
{
    static const struct {
        const char *html, *above; /* NULL: no line */
    } lines[] = {
        {"<p>a</p><hr><p>b</p>", "a\n"},
        {"<p>a</p><HR/>b<hr>c", "a\n"},
        {"<hr>b", ""},
        {"a b", NULL},
        {"a<!-- <hr> -->b", NULL},
        {"a<hr style='display:none'>b", NULL},
        {"a<div hidden><hr>x</div>b", NULL},
        {"a<p title='<hr>'>b", NULL},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        gboolean whole;
        g_autoptr(GPtrArray) texts =
            extract(lines[i].html, strlen(lines[i].html), &whole);
        const ch_text *body = find_text(texts, BODY);
        gsize rule = ch_text_rule(body);
        if (lines[i].above == NULL) {
            assert_true(rule == G_MAXSIZE);
        } else {
            g_autofree char *above = g_strndup(ch_text_plain(body, NULL), rule);
            g_strchug(g_strchomp(above));
            g_autofree char *want = g_strstrip(g_strdup(lines[i].above));
            assert_string_equal(above, want);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_one_hidden_text_per_element),
        cmocka_unit_test(test_loads_end_soon_and_hide_nothing),
        cmocka_unit_test(test_multiplying_nodes_stop),
        cmocka_unit_test(test_source_beyond_the_cap),
        cmocka_unit_test(test_nothing_from_nothing),
        cmocka_unit_test(test_drawn_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
