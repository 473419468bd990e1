/* The folded view: one spelling, the way back, sentences and quotations. */
#include "unit.h"

#include "chaperone/text.h"

static ch_text *
folded(const char *utf8)
{
    g_autoptr(GBytes) source = g_bytes_new_static(utf8, strlen(utf8));
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_text_fold(text);
    return text;
}

static void
test_folding(void **state)
{
    static const struct {
        const char *name, *plain, *folded;
    } rows[] = {
        {"case", "My PATIENT", "my patient"},
        {"space runs", "a \t b\r\n  c", "a b c"},
        {"no leading or trailing space", "  a  ", "a"},
        {"soft wrap", "has\r\ndiabetes", "has diabetes"},
        {"no-break space", "a\302\240b", "a b"},
        {"zero-width space", "pa\342\200\213tient", "patient"},
        {"soft hyphen", "pa\302\255tient", "patient"},
        {"right-to-left override", "pa\342\200\256tient", "patient"},
        {"byte order mark", "\357\273\277patient", "patient"},
        {"full width", "\357\274\260\357\274\264", "pt"},
        {"mathematical bold", "\360\235\220\251\360\235\220\255", "pt"},
        {"Cyrillic look-alikes", "p\320\260ti\320\265nt", "patient"},
        {"capital with a look-alike small letter", "\322\272e", "he"},
        {"small capitals", "\341\264\230\341\264\200", "pa"},
        {"keycap digit", "1\357\270\217\342\203\243", "1"},
        {"accents", "m\303\251dico \303\274ber", "medico uber"},
        {"combining accent", "me\314\201dico", "medico"},
        {"n with tilde stays", "a\303\261o", "a\303\261o"},
        {"n, combining tilde", "an\314\203o", "a\303\261o"},
        {"capital N with tilde", "A\303\221O", "a\303\261o"},
        {"curly quotes", "\342\200\234it\342\200\231s\342\200\235", "\"it's\""},
        {"dashes", "a\342\200\224b\342\200\223c", "a-b-c"},
        {"emoji stay", "\360\237\222\212", "\360\237\222\212"},
        {"ligature", "\357\254\201ne", "fine"},
        {"control characters", "pa\001tient", "patient"},
        {"what a NUL byte was read as", "pa\357\277\275tient", "patient"},
        {"spacing accent", "a \302\250 b", "a b"},
        {"spacing accent first", "\302\250a", "a"},
        {"sign that ends in n, combining tilde", "\343\217\221\314\203",
         "l\303\261"},
        {"sign that begins with n, combining tilde", "\343\216\232\314\203",
         "nm"},
        {"nothing", "", ""},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_text) text = folded(rows[i].plain);
        const char *got = ch_text_folded(text, NULL);
        if (strcmp(got, rows[i].folded) != 0) {
            fail_msg("%s: \"%s\"", rows[i].name, got);
        }
        g_autofree char *phrase = ch_text_dup_folded(rows[i].plain);
        g_strstrip(phrase);
        assert_string_equal(phrase, rows[i].folded);
    }
}

/* Where the folded needle lies in the source. */
static void
test_way_back(void **state)
{
    static const struct {
        const char *plain, *needle, *source;
    } rows[] = {
        {"My  PATIENT ran", "patient", "PATIENT"},
        {"pa\342\200\213tient", "patient", "pa\342\200\213tient"},
        {"has\r\n diabetes now", "has diabetes", "has\r\n diabetes"},
        {"el ni\303\261o M\303\251dico", "medico", "M\303\251dico"},
        {"\357\254\201ne day", "fi", "\357\254\201"},
        {"\357\254\201ne day", "i", "\357\254\201"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_text) text = folded(rows[i].plain);
        const char *all = ch_text_folded(text, NULL);
        const char *at = strstr(all, rows[i].needle);
        assert_non_null(at);
        gsize start = (gsize)(at - all);
        ch_span span = ch_text_origin(
            text, (ch_span){start, start + strlen(rows[i].needle)});
        g_autofree char *got =
            g_strndup(rows[i].plain + span.start, span.end - span.start);
        assert_string_equal(got, rows[i].source);
    }
}

static void
test_sentences(void **state)
{
    static const struct {
        const char *name, *plain;
        guint sentences, paragraphs, blocks;
    } rows[] = {
        {"one", "We are open today", 1, 1, 1},
        {"two", "We are open. Come in!", 2, 1, 1},
        {"title is no end", "Ask Dr. Alder about it. Soon.", 2, 1, 1},
        {"initial is no end", "J. Fenn is here.", 1, 1, 1},
        {"a.m. before lower case", "At 9 a.m. we open.", 1, 1, 1},
        {"number", "It costs 3.50 today.", 1, 1, 1},
        {"question and quote", "\"Really?\" She left.", 2, 1, 1},
        {"short lines", "Flu shots\nToday only\nCome", 3, 1, 3},
        {"soft wrap",
         "This line is long enough that a mail program broke it\nright here", 1,
         1, 1},
        {"bullet after a long line",
         "This line is long enough that a mail program broke it\n- right", 2, 1,
         2},
        {"blank line", "One thing\n\nAnother thing", 2, 2, 2},
        {"a sentence in its line", "We are open. Come in!\nBye.", 3, 1, 2},
        {"nothing", "", 1, 1, 1},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_text) text = folded(rows[i].plain);
        guint s = ch_text_sentences(text)->len;
        guint p = ch_text_paragraphs(text)->len;
        guint b = ch_text_blocks(text)->len;
        if (s != rows[i].sentences || p != rows[i].paragraphs ||
            b != rows[i].blocks) {
            fail_msg("%s: %u sentences, %u paragraphs, %u blocks", rows[i].name,
                     s, p, b);
        }
    }
}

static void
test_quotations(void **state)
{
    static const struct {
        const char *name, *plain, *quoted; /* folded, joined by | */
    } rows[] = {
        {"none", "Thanks for writing", ""},
        {"marked lines", "Thanks\n> you were late\n> again\nBye",
         "> you were late > again "},
        {"author below the quote", "On Monday Tom wrote:\n> late\nSorry",
         "> late "},
        {"all after the line, unmarked",
         "Sorry!\nOn Monday Tom wrote:\nyou were late",
         "on monday tom wrote: you were late"},
        {"Spanish", "Gracias\nEl lunes Tom escribi\303\263:\ntarde",
         "el lunes tom escribio: tarde"},
        {"original message", "No\n-----Original Message-----\nx y",
         "-----original message----- x y"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_text) text = folded(rows[i].plain);
        g_autoptr(GString) got = g_string_new(NULL);
        const GArray *quotes = ch_text_quotes(text);
        for (guint q = 0; q < quotes->len; q++) {
            ch_span s = g_array_index(quotes, ch_span, q);
            g_string_append_len(got, ch_text_folded(text, NULL) + s.start,
                                (gssize)(s.end - s.start));
        }
        if (strcmp(got->str, rows[i].quoted) != 0) {
            fail_msg("%s: \"%s\"", rows[i].name, got->str);
        }
    }
}

static void
test_builder_and_lines(void **state)
{
    const char *html = "<b>A&amp;B</b>\nC";
    g_autoptr(GBytes) source = g_bytes_new_static(html, strlen(html));
    g_autoptr(ch_text) text = ch_text_new(CH_WHERE_BODY, 3, source);
    (void)state;
    ch_text_add_copy(text, (ch_span){3, 4});
    ch_text_add_change(text, (ch_span){4, 9}, "&", 1);
    ch_text_add_copy(text, (ch_span){9, 10});
    ch_text_add_change(text, (ch_span){10, 10}, "\n", 1);
    ch_text_add_copy(text, (ch_span){15, 16});
    assert_string_equal(ch_text_plain(text, NULL), "A&B\nC");
    assert_int_equal(ch_text_part(text), 3);
    ch_text_fold(text);
    assert_string_equal(ch_text_folded(text, NULL), "a&b c");
    ch_span span = ch_text_origin(text, (ch_span){0, 3});
    assert_int_equal(span.start, 3);
    assert_int_equal(span.end, 10);
    assert_int_equal(ch_text_line(text, 15), 2);
}

static void
test_places_have_names(void **state)
{
    (void)state;
    for (guint i = 0; i < CH_WHERE_COUNT; i++) {
        ch_where where;
        assert_true(ch_where_parse(ch_where_name((ch_where)i), &where));
        assert_int_equal(where, i);
    }
    ch_where unused;
    assert_false(ch_where_parse("nowhere", &unused));
}

static void
test_capitals(void **state)
{
    ch_text *text = folded("My \303\211va  Robles");
    (void)state; /* folded: my eva robles */
    assert_true(ch_text_is_capital(text, 0));
    assert_false(ch_text_is_capital(text, 1));
    assert_true(ch_text_is_capital(text, 3));
    assert_true(ch_text_is_capital(text, 7));
    assert_false(ch_text_is_capital(text, 6));
    assert_false(ch_text_is_capital(text, 99));
    ch_text_free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capitals),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_quotations),
        cmocka_unit_test(test_builder_and_lines),
        cmocka_unit_test(test_places_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
