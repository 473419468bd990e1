/*
 * Patterns whose alternatives are put together match as before.
 */
#include "chaperone/regex.h"
#include "core/regex_factor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void
forms(void **state)
{
    static const struct {
        const char *name, *pattern, *expected;
    } rows[] = {
        {"nothing to do", "patient", "patient"},
        {"two that begin alike", "my cat|my car", "my ca(?:t|r)"},
        {"others stay beside them", "my cat|our dog|my car",
         "my ca(?:t|r)|our dog"},
        {"one is the beginning of the other", "cat|cats", "cat(?:|s)"},
        {"a repeated letter is no letter", "ab?c|abd", "a(?:b?c|bd)"},
        {"a class stands between", "ab|[a-c]x|ac", "ab|[a-c]x|ac"},
        {"brackets are multiplied out", "(?:my|our) cat|my car",
         "my ca(?:t|r)|our cat"},
        {"inside of brackets", "x(?:ab|ac)+", "x(?:a(?:b|c))+"},
        {"characters beyond ASCII",
         "ni\xc3\xb1o|ni\xc3\xb1"
         "a",
         "ni\xc3\xb1(?:o|a)"},
        {"look-arounds as they are", "(?<=ab|ac)x(?!yz|yw)",
         "(?<=ab|ac)x(?!yz|yw)"},
        {"a class with a bar", "[a|]b|[a|]c", "[a|]b|[a|]c"},
        {"a class with a bracket", "[])]a|b", "[])]a|b"},
        {"an escaped bar", "a\\|b|a\\|c", "a(?:\\|b|\\|c)"},
        {"a named group: left alone", "(?<q>ab|ac)\\k<q>", "(?<q>ab|ac)\\k<q>"},
        {"an option: left alone", "(?i)ab|ac", "(?i)ab|ac"},
        {"a verb: left alone", "(*UTF)ab|ac", "(*UTF)ab|ac"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *factored = ch_regex_dup_factored(rows[i].pattern);
        if (strcmp(factored, rows[i].expected) != 0) {
            fail_msg("%s: %s", rows[i].name, factored);
        }
    }
}

static GArray *
hits_of(const char *pattern, const char *text)
{
    g_autofree char *problem = NULL;
    g_autoptr(ch_regex) regex = ch_regex_new(pattern, &problem);
    GArray *hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
    assert_non_null(regex);
    assert_int_equal(ch_regex_find(regex, text, strlen(text), hits),
                     CH_REGEX_DONE);
    return hits;
}

/* A comment makes a pattern one that is left alone. */
static void
assert_same_hits(const char *pattern, const char *text)
{
    g_autofree char *alone = g_strconcat("(?#)", pattern, NULL);
    g_autoptr(GArray) expected = hits_of(alone, text);
    g_autoptr(GArray) hits = hits_of(pattern, text);
    if (hits->len != expected->len ||
        (hits->len > 0 && memcmp(hits->data, expected->data,
                                 hits->len * sizeof(ch_span)) != 0)) {
        fail_msg("other hits: %s in: %s", pattern, text);
    }
}

static void
the_first_alternative_still_wins(void **state)
{
    static const char *const patterns[] = {
        "cat|cats|car",
        "cats|cat|car",
        "ca|[a-d]at|cat",
        "(?:a|ab)(?:c|bcd)(?:d|)x?",
        "(?:a|b|ab)+?c|abc",
        "\\b(?:ca|cat)\\b|cats",
        "(?:my|our) ?(?:cat|cats)",
        "a{1,2}b|ab|a",
        "(?:cat|car)(?=s)|ca",
        "c(?:at|a)t?s|ca",
    };
    static const char *const texts[] = {
        "cat cats car cart abcd abc aab",
        "my cats our cat mycat",
        "abcdx abab",
        "cattsscars ca",
        "",
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(patterns); i++) {
        for (gsize k = 0; k < G_N_ELEMENTS(texts); k++) {
            assert_same_hits(patterns[i], texts[k]);
        }
    }
}

/* A pattern of a few letters, so that much begins alike. */
static void
append_random(GRand *rand, GString *out, guint depth)
{
    gint n = g_rand_int_range(rand, 1, 5);
    for (gint i = 0; i < n; i++) {
        gint what = g_rand_int_range(rand, 0, depth > 0 ? 9 : 7);
        if (what < 5) {
            g_string_append_c(out, "abc"[what % 3]);
        } else if (what == 5) {
            g_string_append(out, i > 0 ? "|" : "a");
            g_string_append(out, "ab");
        } else if (what == 6) {
            g_string_append(out, "[ab]");
        } else {
            g_string_append(out, "(?:");
            append_random(rand, out, depth - 1);
            g_string_append_c(out, ')');
        }
        if (g_rand_int_range(rand, 0, 6) == 0) {
            g_string_append_c(out, '?');
        }
    }
}

static void
random_patterns_match_the_same(void **state)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(11);
    (void)state;
    for (guint i = 0; i < 3000; i++) {
        g_autoptr(GString) pattern = g_string_new("");
        char text[41] = "";
        append_random(rand, pattern, 3);
        g_string_append(pattern, "|abcabc");
        for (guint k = 0; k < sizeof text - 1; k++) {
            text[k] = "abc"[g_rand_int_range(rand, 0, 3)];
        }
        g_autofree char *problem = NULL;
        g_autoptr(ch_regex) usable = ch_regex_new(pattern->str, &problem);
        if (usable != NULL) { /* the others match the empty string */
            assert_same_hits(pattern->str, text);
        }
    }
}

static void
branches(void **state)
{
    static const struct {
        const char *name, *pattern, *expected;
    } rows[] = {
        {"one", "cat", "cat"},
        {"three", "cat|dog|bird", "cat dog bird"},
        {"in brackets", "(?:cat|(?:dog|bird))|cow", "cat dog bird cow"},
        {"a bracket that is not all", "(?:cat|dog)s|cow", "(?:cat|dog)s cow"},
        {"a bracket that is repeated", "(?:cat|dog)+|cow", "(?:cat|dog)+ cow"},
        {"look-arounds stay", "(?<=a|b)cat|dog(?!s|es)",
         "(?<=a|b)cat dog(?!s|es)"},
        {"a name may be meant elsewhere", "(?<q>a)|b\\k<q>", "(?<q>a)|b\\k<q>"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) list = ch_regex_branches(rows[i].pattern);
        g_ptr_array_add(list, NULL);
        g_autofree char *joined = g_strjoinv(" ", (char **)list->pdata);
        if (strcmp(joined, rows[i].expected) != 0) {
            fail_msg("%s: %s", rows[i].name, joined);
        }
    }
}

static void
too_many_branches_stay_together(void **state)
{
    g_autoptr(GString) pattern = g_string_new("a");
    (void)state;
    for (guint i = 0; i < CH_REGEX_MAX_BRANCHES; i++) {
        g_autoptr(GPtrArray) list = ch_regex_branches(pattern->str);
        assert_int_equal(list->len, i + 1);
        g_string_append_printf(pattern, "|%u", i);
    }
    g_autoptr(GPtrArray) whole = ch_regex_branches(pattern->str);
    assert_int_equal(whole->len, 1);
    assert_string_equal(whole->pdata[0], pattern->str);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(the_first_alternative_still_wins),
        cmocka_unit_test(random_patterns_match_the_same),
        cmocka_unit_test(branches),
        cmocka_unit_test(too_many_branches_stay_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
