/* Views: disguised words and numbers, said plainly, and the way back. */
#include "unit.h"

#include "chaperone/text.h"

static const struct {
    const char *name;
    ch_view view;
    const char *plain, *shown; /* NULL: no such view */
} rows[] = {
    {"nothing to decode", CH_VIEW_DECODED, "Flu shots & tea, 50% off", NULL},
    {"numeric references", CH_VIEW_DECODED, "&#83;&#x53;&#78;", "ssn"},
    {"named reference", CH_VIEW_DECODED, "a &lt;b&gt; &amp; c", "a <b> & c"},
    {"unknown reference", CH_VIEW_DECODED, "R&D; AT&T", NULL},
    {"percent", CH_VIEW_DECODED, "?q=jo%68n%20DOE", "?q=john doe"},
    {"percent that is none", CH_VIEW_DECODED, "100%de 5%ff", NULL},
    {"base64", CH_VIEW_DECODED, "see U1NOIDUxMi0zNC02Nzg5 now",
     "see ssn 512-34-6789 now"},
    {"long word", CH_VIEW_DECODED, "otorhinolaryngologist immunohistochemistry",
     NULL},

    {"nothing to say", CH_VIEW_SPOKEN, "Flu shots today at 4pm, B12 and A1C.",
     NULL},
    {"numbers and units", CH_VIEW_SPOKEN,
     "5mg 10am 1st COVID19 H1N1 24/7 401k $50 3D 50% 6ft", NULL},
    {"address, handle", CH_VIEW_SPOKEN, "a@b.example @dr_w1n", NULL},
    {"tag by capitals", CH_VIEW_SPOKEN, "our #ZeroRiskLift!",
     "our zero risk lift!"},
    {"tag by words", CH_VIEW_SPOKEN, "#zerorisk", "zero risk"},
    {"tag by underscores", CH_VIEW_SPOKEN, "#zero_risk", "zero risk"},
    {"tag with a number", CH_VIEW_SPOKEN, "#Day3PostOp", "day 3 post op"},
    {"tag of no words", CH_VIEW_SPOKEN, "#xqzzk", "xqzzk"},
    {"spaced letters", CH_VIEW_SPOKEN, "what the f u c k now",
     "what the fuck now"},
    {"dotted letters", CH_VIEW_SPOKEN, "F.U.C.K it", "fuck it"},
    {"spaced words", CH_VIEW_SPOKEN, "n o  r i s k", "no risk"},
    {"two letters are none", CH_VIEW_SPOKEN, "plan a b or c", NULL},
    {"leet", CH_VIEW_SPOKEN, "gu4r4nt33d r3sults", "guaranteed results"},
    {"leet l", CH_VIEW_SPOKEN, "a1cohol", "alcohol"},
    {"stretched", CH_VIEW_SPOKEN, "sooooo drunk", "so drunk"},
    {"three w", CH_VIEW_SPOKEN, "www.practice.example", NULL},
    {"bullet", CH_VIEW_SPOKEN, "no\n- risk", "no risk"},
    {"quoted wrap", CH_VIEW_SPOKEN, "my\n> patient", "my patient"},
    {"a dash is no bullet", CH_VIEW_SPOKEN, "no - risk", NULL},
    {"decoded, then said", CH_VIEW_SPOKEN, "#zero&#82;isk", "zero risk"},

    {"no digits", CH_VIEW_DIGITS, "two of us, at 5, for 3 or 4", NULL},
    {"spaced digits", CH_VIEW_DIGITS, "is 5 1 2 - 3 4 - 6 7 8 9.",
     "is 512-34-6789."},
    {"hyphened digits", CH_VIEW_DIGITS, "5-1-2-3-4-6-7-8-9", "512346789"},
    {"number words", CH_VIEW_DIGITS,
     "five one two dash three four dash six seven eight nine", "512-34-6789"},
    {"oh", CH_VIEW_DIGITS, "six one four five oh two", "614502"},
    {"Spanish", CH_VIEW_DIGITS, "seis uno cuatro cinco cero", "61450"},
    {"letters for digits", CH_VIEW_DIGITS, "614-555-O187", "614-555-0187"},
    {"weight", CH_VIEW_DIGITS, "10lbs 100s 5o", NULL},
    {"plain number", CH_VIEW_DIGITS, "614-555-0187 512-34-6789", NULL},
};

static ch_text *
folded(const char *utf8)
{
    g_autoptr(GBytes) source = g_bytes_new_static(utf8, strlen(utf8));
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_text_fold(text);
    return text;
}

static void
test_views(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_text) text = folded(rows[i].plain);
        const char *got = ch_text_view(text, rows[i].view, NULL);
        if (g_strcmp0(got, rows[i].shown) != 0) {
            fail_msg("%s: \"%s\"", rows[i].name, got);
        }
    }
}

/* What a piece of a view was in the source. */
static char *
origin(const char *plain, ch_view view, const char *piece)
{
    g_autoptr(ch_text) text = folded(plain);
    gsize length = 0;
    const char *shown = ch_text_view(text, view, &length);
    assert_non_null(shown);
    assert_int_equal(strlen(shown), length);
    const char *at = strstr(shown, piece);
    assert_non_null(at);
    ch_span span = {(gsize)(at - shown), (gsize)(at - shown) + strlen(piece)};
    span = ch_text_origin(text, ch_text_view_origin(text, view, span));
    return g_strndup(plain + span.start, span.end - span.start);
}

static void
test_way_back(void **state)
{
    static const struct {
        ch_view view;
        const char *plain, *piece, *written;
    } back[] = {
        {CH_VIEW_SPOKEN, "x #ZeroRisk y", "risk", "Risk"},
        {CH_VIEW_SPOKEN, "x #ZeroRisk y", "zero risk", "ZeroRisk"},
        {CH_VIEW_SPOKEN, "x F.U.C.K y", "fuck", "F.U.C.K"},
        {CH_VIEW_SPOKEN, "x gu4rd y", "guard", "gu4rd"},
        {CH_VIEW_SPOKEN, "x #ZeroRisk y", " y", " y"},
        {CH_VIEW_DIGITS, "x 5 1 2 3 4 y", "512", "5 1 2"},
        {CH_VIEW_DECODED, "x U1NOIDUxMi0zNC02Nzg5 y", "512-34-6789",
         "U1NOIDUxMi0zNC02Nzg5"},
        {CH_VIEW_SPOKEN, "x #zero&#82;isk y", "risk", "&#82;isk"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(back); i++) {
        g_autofree char *got =
            origin(back[i].plain, back[i].view, back[i].piece);
        assert_string_equal(got, back[i].written);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_way_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
