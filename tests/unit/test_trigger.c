/* Triggers: what every match holds, and how far behind its start. */
#include "unit.h"

#include "chaperone/regex.h"
#include "core/trigger_int.h"

static void
append_place(GString *out, const ch_triggers *all, guint place)
{
    if (place < CH_TRIGGER_CLASS) {
        g_string_append_c(out, (char)place);
        return;
    }
    const ch_ascii_set *set =
        &g_array_index(all->classes, ch_ascii_set, place - CH_TRIGGER_CLASS);
    g_string_append_c(out, '[');
    for (guint c = 0; c < 128; c++) {
        guint last = c;
        if (!ch_set_has(set, c)) {
            continue;
        }
        while (ch_set_has(set, last + 1)) {
            last++;
        }
        g_string_append_c(out, (char)c);
        if (last > c) {
            g_string_append_printf(out, "-%c", (char)last);
        }
        c = last;
    }
    g_string_append_c(out, ']');
}

static int
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "<my patient>@0" for an edge on both sides, at the start of the match;
 * "@3-9" 3 to 9 bytes behind it, "@3-" open.  Sorted.  Owned. */
static char *
dup_shown(const ch_triggers *all)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < all->list->len; i++) {
        const ch_trigger *t = &g_array_index(all->list, ch_trigger, i);
        GString *out = g_string_new(t->edge_start ? "<" : "");
        for (guint k = 0; k < t->length; k++) {
            append_place(out, all, t->places[k]);
        }
        g_string_append_printf(out, "%s@%zu", t->edge_end ? ">" : "",
                               t->before_min);
        if (t->before_max == G_MAXSIZE) {
            g_string_append_c(out, '-');
        } else if (t->before_max != t->before_min) {
            g_string_append_printf(out, "-%zu", t->before_max);
        }
        g_ptr_array_add(list, g_string_free(out, FALSE));
    }
    g_ptr_array_sort(list, compare_strings);
    g_ptr_array_add(list, NULL);
    char *shown = g_strjoinv(", ", (char **)list->pdata);
    g_ptr_array_unref(list);
    return shown;
}

typedef struct {
    const char *name, *pattern, *triggers; /* "": none */
} row;

static void
check_rows(const row *rows, guint n)
{
    for (guint i = 0; i < n; i++) {
        g_autofree char *problem = NULL;
        g_autoptr(ch_regex) regex = ch_regex_new(rows[i].pattern, &problem);
        g_autoptr(ch_triggers) got = ch_triggers_new(rows[i].pattern);
        g_autofree char *shown = dup_shown(got);
        if (regex == NULL) {
            fail_msg("%s: not a pattern: %s", rows[i].name, problem);
        }
        if (strcmp(shown, rows[i].triggers) != 0) {
            fail_msg("%s: %s instead of %s", rows[i].name, shown,
                     rows[i].triggers);
        }
        if ((got->list->len == 0) != (rows[i].triggers[0] == '\0') ||
            (got->list->len == 0 && got->problem == NULL)) {
            fail_msg("%s: no triggers, and no reason", rows[i].name);
        }
    }
}

static void
test_words_and_alternatives(void **state)
{
    static const row rows[] = {
        {"a word", "zoster", "zoster@0"},
        {"edges", "\\bzoster\\b", "<zoster>@0"},
        {"no letter beside", "(?<![\\p{L}\\p{N}_])pt(?![\\p{L}\\p{N}_])",
         "<pt>@0"},
        {"other look-behinds are no edges", "(?<![\\d.])zoster", "zoster@0"},
        {"an edge beside no word means nothing", "\\b#zoster", "#zoster@0"},
        {"multiplied out", "(my|our) zoster", "my zoster@0, our zoster@0"},
        {"optional endings are dropped", "zoster(?:s|'s)?", "zoster@0"},
        {"short words keep their edge", "\\b(?:pt|ptx)s?\\b",
         "<pt>@0, <pts>@0, <ptx>@0, <ptxs>@0"},
        {"an optional start is dropped", "(?:our )?zoster", "zoster@0-4"},
        {"alternatives of a pattern", "zoster|gout", "gout@0, zoster@0"},
        {"an empty first alternative", "gout(?:|zoster.)", "gout@0"},
        {"an empty last alternative", "gout(?:zoster.|)", "gout@0"},
        {"an empty middle alternative", "gout(?=zoster||x)", "gout@0"},
        {"inside of a group", "x?(?:zoster|gout)y?", "gout@0-1, zoster@0-1"},
        {"the rarer of two", "the zoster is", "the zoster i@0"},
        {"long ones are cut", "zoster of the kitchen", "zoster of th@0"},
        {"bytes of other scripts", "ni\xc3\xb1o", "ni\xc3\xb1o@0"},
        {"a class with one", "ni[n\xc3\xb1]o", "nino@0, ni\xc3\xb1o@0"},
        {"atomic and named groups", "(?>zos)(?<n>ter)", "zoster@0"},
        {"escapes", "\\x7aoster\\.\\x{e9}\\t", "zoster.\xc3\xa9\t@0"},
        {"a brace that repeats nothing", "zoster{x}", "zoster{x}@0"},
    };
    (void)state;
    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
test_repeats_and_gaps(void **state)
{
    static const row rows[] = {
        {"a social security number", "\\d{3}-\\d{2}-\\d{4}",
         "[0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][0-9][0-9]@0"},
        {"an address has one at", "[a-z0-9.]{1,64}@[a-z0-9.]{1,80}\\.[a-z]{2}",
         "@@1-64"},
        {"characters of up to four bytes before", "\\w{1,3}@", "@@1-12"},
        {"an open repeat before", "\\w+@", "@@1-"},
        {"a gap, the better side", "zoster.{0,60}it", "zoster@0"},
        {"a gap, the better side behind", "to.{0,3}zoster", "zoster@2-14"},
        {"a repeat goes on into both sides", "xu+z.{3}", "xu@0"},
        {"written out", "(?:zo){2}ster", "zozoster@0"},
        {"none at all", "x{0}zoster", "zoster@0"},
        {"lazy and possessive", "zost??er*+y", "zose@0, zoste@0"},
        {"back references are open", "(?<a>x)\\1zoster", "zoster@1-"},
        {"look-aheads count", "(?=.{0,2}zoster)[a-z ]{9}", "zoster@0-8"},
        {"but not when they forbid", "(?!zoster)gout", "gout@0"},
        {"open alternatives are set aside", "\\b(?:we|dr\\.? \\p{L}+) cheated",
         " cheated@2, <dr @0, <dr. @0"},
    };
    (void)state;
    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
test_what_cannot_be_searched_for(void **state)
{
    static const row rows[] = {
        {"inline options", "(?i)zoster", ""},
        {"options of a group", "(?i:zoster)", ""},
        {"a moved start", "xx\\Kzoster", ""},
        {"where the last match ended", "\\Gzoster", ""},
        {"a condition", "(?<a>x)?(?(<a>)zoster|gout)", ""},
        {"recursion", "zoster(?:gout|x(?R)y)", ""},
        {"a verb", "zoster(*SKIP)x", ""},
        {"quoted", "\\Qzoster\\E", ""},
        {"nothing sure", "\\w+", ""},
        {"one side without a word", "zoster|\\w{4}", ""},
        {"a word of any text", "e", ""},
    };
    (void)state;
    check_rows(rows, G_N_ELEMENTS(rows));
}

static void
test_classes_never_say_less_than_the_pattern(void **state)
{
    static const struct {
        const char *pattern, *matches;
    } rows[] = {
        {"zo[^\\p{Greek}]er", "zoter"},
        {"zo[^[:^digit:]]er", NULL},
        {"zo[\\]x]er", "zo]er"},
        {"zo[]x]er", "zo]er"},
        {"zo[^]x]er", "zoyer"},
        {"zo[a\\-z]er", "zo-er"},
        {"zo[+--]er", "zo,er"},
        {"zo[\\x41-\\x43]er", "zoBer"},
        {"zo[\\D]er", "zoxer"},
        {"zo[^\\W]er", "zoxer"},
        {"zo\\Ser", "zoxer"},
        {"zo\\h\\ver", "zo\t\ner"},
        {"zo\\pLer", "zoxer"},
        {"zo\\P{L}er", "zo.er"},
        {"zo\\p{^Lu}er", "zoxer"},
        {"zo[[:punct:]]er", "zo~er"},
        {"zo[\\b]er", "zo\ber"},
        {"zo.er", "zoxer"},
        {"(?<!\\p{Greek})zoster", "azoster"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *problem = NULL;
        g_autoptr(ch_triggers) got = ch_triggers_new(rows[i].pattern);
        g_autoptr(ch_regex) regex = ch_regex_new(rows[i].pattern, &problem);
        g_autofree char *found = NULL;
        assert_non_null(regex);
        for (guint k = 0; k < got->list->len; k++) {
            const ch_trigger *t = &g_array_index(got->list, ch_trigger, k);
            char *expression = ch_trigger_dup_expression(got, t);
            char *old = found;
            found = g_strdup_printf("%s%s(?:%s%s)", old == NULL ? "" : old,
                                    old == NULL ? "" : "|",
                                    t->edge_start ? "\\b" : "", expression);
            g_free(old);
            g_free(expression);
        }
        if (rows[i].matches == NULL || found == NULL) {
            continue;
        }
        g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
        g_autoptr(ch_regex) trigger = ch_regex_new(found, &problem);
        assert_non_null(trigger);
        ch_regex_find(regex, rows[i].matches, strlen(rows[i].matches), hits);
        assert_int_equal(hits->len, 1);
        ch_regex_find(trigger, rows[i].matches, strlen(rows[i].matches), hits);
        if (hits->len != 2) {
            fail_msg("%s: its trigger %s is not in a match", rows[i].pattern,
                     found);
        }
    }
}

static void
test_exotic_digits_and_spaces_are_told(void **state)
{
    static const struct {
        const char *pattern;
        gboolean exotic;
    } rows[] = {
        {"\\d{3}-\\d{2}-\\d{4}", TRUE},  {"zoster\\s", TRUE},
        {"\\p{Nd}{2}zoster", TRUE},      {"[[:digit:]]zoster", TRUE},
        {"(?:\\d|x){0,40}zoster", TRUE}, {"(?=\\dx)zoster", TRUE},
        {"[0-9]{3}-[0-9]{2}-", FALSE},   {"zoster\\w", FALSE},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_triggers) got = ch_triggers_new(rows[i].pattern);
        assert_true(got->list->len > 0);
        if (got->exotic != rows[i].exotic) {
            fail_msg("%s: exotic %d", rows[i].pattern, got->exotic);
        }
    }
}

static void
test_large_patterns_end_soon(void **state)
{
    static const char *const patterns[] = {
        "(?:(?:(?:(?:a|b|c){20}x){20}y){20}z){20}",
        "(?:(?:(?:(?:a+b){24}){24}){24}){24}",
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
        gint64 start = g_get_monotonic_time();
        g_autoptr(ch_triggers) got = ch_triggers_new(patterns[i]);
        assert_true(got->list->len > 0 || got->problem != NULL);
        assert_true(g_get_monotonic_time() - start < 5 * G_USEC_PER_SEC);
    }
    g_autofree char *deep = g_strnfill(100000, '(');
    g_autoptr(ch_triggers) got = ch_triggers_new(deep);
    assert_int_equal(got->list->len, 0);
    g_autoptr(ch_triggers) invalid = ch_triggers_new("zoster\xff");
    assert_int_equal(invalid->list->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_and_alternatives),
        cmocka_unit_test(test_repeats_and_gaps),
        cmocka_unit_test(test_what_cannot_be_searched_for),
        cmocka_unit_test(test_classes_never_say_less_than_the_pattern),
        cmocka_unit_test(test_exotic_digits_and_spaces_are_told),
        cmocka_unit_test(test_large_patterns_end_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
