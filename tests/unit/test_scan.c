/* The scanner: the hits of a plain search, and no others. */
#include "unit.h"

#include "chaperone/limits.h"
#include "chaperone/scan.h"

static GPtrArray *
compile(const char *const *patterns)
{
    GPtrArray *list =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_regex_free);
    for (guint i = 0; patterns[i] != NULL; i++) {
        g_autofree char *problem = NULL;
        ch_regex *regex = ch_regex_new(patterns[i], &problem);
        if (regex == NULL) {
            fail_msg("%s: %s", patterns[i], problem);
        }
        g_ptr_array_add(list, regex);
    }
    return list;
}

static void
check_same(const char *name, const ch_scan *scan, const GPtrArray *patterns,
           const char *text, gsize length)
{
    guint n_fired, next = 0;
    const guint *fired = ch_scan_fired(scan, &n_fired);
    for (guint i = 0; i < patterns->len; i++) {
        g_autoptr(GArray) plain = g_array_new(FALSE, FALSE, sizeof(ch_span));
        g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
        ch_regex_result wanted =
            ch_regex_find(patterns->pdata[i], text, length, plain);
        assert_int_equal(ch_scan_find(scan, i, hits), wanted);
        gboolean is_fired = next < n_fired && fired[next] == i;
        next += is_fired ? 1 : 0;
        if (plain->len != hits->len ||
            (plain->len > 0 && memcmp(plain->data, hits->data,
                                      plain->len * sizeof(ch_span)) != 0) ||
            (plain->len > 0 && !is_fired)) {
            fail_msg("%s: pattern %u: %u hits, %u wanted", name, i, hits->len,
                     plain->len);
        }
    }
    assert_int_equal(next, n_fired);
}

static void
check_engines(const char *name, const char *const *patterns, const char *text,
              gsize length)
{
    static const ch_engine engines[] = {CH_ENGINE_AUTO, CH_ENGINE_VECTORSCAN,
                                        CH_ENGINE_PCRE2};
    g_autoptr(GPtrArray) list = compile(patterns);
    for (guint e = 0; e < G_N_ELEMENTS(engines); e++) {
        g_autoptr(ch_scanner) scanner = ch_scanner_new(list, engines[e], NULL);
        g_autoptr(ch_scan) scan = ch_scanner_scan(scanner, text, length);
        assert_non_null(scan);
        check_same(name, scan, list, text, length);
    }
}

static void
test_hits_are_those_of_a_plain_search(void **state)
{
    static const struct {
        const char *name, *pattern, *text;
        guint hits;
    } rows[] = {
        {"none", "zoster", "gout and gout", 0},
        {"one", "zoster", "her zoster", 1},
        {"all of the text", "zoster", "zoster", 1},
        {"empty text", "zoster", "", 0},
        {"overlapping words", "zozo", "zozozozozo", 2},
        {"overlapping windows", ".{0,6}gout", "a gout b gout gout c", 3},
        {"a hit takes the start of the next", "gout.{0,3}", "gout gout gout",
         2},
        {"the longer alternative elsewhere", "zoster|zoster gout",
         "zoster gout zoster", 2},
        {"long before the trigger", "x.{0,60}zoster", "x 1 2 3 4 5 6 zoster",
         1},
        {"open before the trigger", "[a-z ]+zoster", "12 ab cd ef zoster", 1},
        {"the leftmost branch wins", "gout|zoster gout|ter",
         "zoster gout ter gout", 3},
        {"the first branch of a place wins", "zo|zoster|zost", "zoster zost",
         2},
        {"a branch goes on behind the hit of another", "ab|bc+|cd", "abcd bccd",
         3},
        {"a branch that may stand anywhere", "[a-z]+ gout|zoster",
         "zoster a gout zoster", 3},
        {"an empty branch moves on", "(?=zo)|zoster|gout", "zoster gout", 1},
        {"branches in brackets", "(?:gout|(?:zoster|ab))", "ab gout zoster", 3},
        {"the leftmost start wins", "[a-z]{1,9}@", "ab.cdef@gh@", 2},
        {"too little before the trigger", "x.{3}zoster", "ab zoster", 0},
        {"characters of four bytes before", "x.{2}zoster",
         "x\xf0\x9f\x98\x8a\xf0\x9f\x98\x8azoster", 1},
        {"a window begins inside of a character", "[^ ]{1,3}zoster",
         "\xc3\xa9\xf0\x9f\x98\x8a\xc3\xb1\xc3\xa9zoster", 1},
        {"a look-behind before the window", "(?<=ab )zoster",
         "cd zoster ab zoster", 1},
        {"a look-behind at the start", "(?<!\\w)zoster", "zoster xzoster", 1},
        {"a look-ahead behind the match", "zoster(?= gout)",
         "zoster zoster gout", 1},
        {"edges", "\\bpt\\b", "pt apt pt_ pts \xc3\xa9pt pt\xc3\xa9 (pt)", 2},
        {"an anchor at the start", "^zoster", "zoster zoster", 1},
        {"an anchor at the end", "zoster$", "zoster zoster", 1},
        {"digits of other scripts", "\\d{3}-zoster",
         "123-zoster \xd9\xa1\xd9\xa2\xd9\xa3-zoster", 2},
        {"spaces of other kinds", "zo\\s+ster",
         "zo ster zo\xc2\xa0ster zo\xe2\x80\x83ster zo\xc2\x85ster", 4},
        {"letters of other scripts", "zo\\wter", "zoster zo\xc3\xb1ter", 2},
        {"a class beyond ASCII", "zo[s\xc3\xb1]ter", "zoster zo\xc3\xb1ter", 2},
        {"no trigger at all", "\\w{3} \\w{3}", "abc def ghi jkl", 2},
        {"a moved start", "xx\\Kzoster", "xxzoster zoster", 1},
        {"empty matches", "(?=zoster)|gout", "zoster gout", 1},
        {"a back reference", "(?<w>zos|gou)\\1", "zoszos gouzos gougou", 2},
        {"options", "(?i)zoster", "ZoStEr", 1},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *patterns[] = {rows[i].pattern, "gout", "zo", NULL};
        gsize length = strlen(rows[i].text);
        /* Exactly as long as the text: reading behind it is found out. */
        g_autofree char *text = g_memdup2(rows[i].text, length);
        check_engines(rows[i].name, patterns, text, length);
        g_autoptr(GPtrArray) list = compile(patterns);
        g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
        ch_regex_find(list->pdata[0], text, length, hits);
        if (hits->len != rows[i].hits) {
            fail_msg("%s: %u hits", rows[i].name, hits->len);
        }
    }
}

/* Vectorscan 5.4.9 lost these near the end where all triggers begin alike. */
static void
test_a_hit_is_found_anywhere_in_texts_of_any_length(void **state)
{
    static const char *const sets[][3] = {
        {"b", NULL, NULL},
        {"b|ab", "babab", NULL},
        {"[1-9]-[ab]", NULL, NULL},
        {"[0-9][0-9][./-][0-9]", "[0-9]{2}@", NULL},
    };
    static const char *const planted[] = {"b", "b", "1-b", "12-3"};
    (void)state;
    for (guint s = 0; s < G_N_ELEMENTS(sets); s++) {
        g_autoptr(GPtrArray) list = compile(sets[s]);
        g_autoptr(ch_scanner) scanner =
            ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
        gsize size = strlen(planted[s]);
        for (gsize length = size; length < 200; length += 3) {
            for (gsize at = 0; at + size <= length; at++) {
                g_autofree char *text = g_strnfill(length, '=');
                g_autoptr(GArray) hits =
                    g_array_new(FALSE, FALSE, sizeof(ch_span));
                memcpy(text + at, planted[s], size);
                g_autoptr(ch_scan) scan =
                    ch_scanner_scan(scanner, text, length);
                ch_scan_find(scan, 0, hits);
                if (hits->len != 1) {
                    fail_msg("set %u: %u hits at %zu of %zu", s, hits->len, at,
                             length);
                }
            }
        }
    }
}

static void
test_hits_end_at_the_cap(void **state)
{
    static const char *const patterns[] = {"gout", "[a-z]{1,3}t ", "\\w+ \\w+",
                                           NULL};
    g_autoptr(GString) text = g_string_new("");
    (void)state;
    for (guint i = 0; i < CH_MAX_HITS + 500; i++) {
        g_string_append(text, "gout ");
    }
    check_engines("cap", patterns, text->str, text->len);
    g_autoptr(GPtrArray) list = compile(patterns);
    g_autoptr(ch_scanner) s = ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
    g_autoptr(ch_scan) scan = ch_scanner_scan(s, text->str, text->len);
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
    assert_int_equal(ch_scan_find(scan, 0, hits), CH_REGEX_DONE);
    assert_int_equal(hits->len, CH_MAX_HITS);
}

static void
test_a_pattern_that_runs_away_says_so(void **state)
{
    static const char *const patterns[] = {"zoster(?:x+x+)+y", NULL};
    g_autofree char *tail = g_strnfill(60, 'x');
    g_autofree char *text = g_strconcat("a zoster", tail, " y", NULL);
    (void)state;
    g_autoptr(GPtrArray) list = compile(patterns);
    g_autoptr(ch_scanner) s = ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
    g_autoptr(ch_scan) scan = ch_scanner_scan(s, text, strlen(text));
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
    assert_int_equal(ch_scan_find(scan, 0, hits), CH_REGEX_LIMIT);
    check_engines("limit", patterns, text, strlen(text));
}

static void
test_patterns_without_a_trigger_in_the_text_do_not_fire(void **state)
{
    static const char *const patterns[] = {"gout", "zoster", "\\w{9}", NULL};
    static const char text[] = "her gout is better";
    guint n;
    (void)state;
    g_autoptr(GPtrArray) list = compile(patterns);
    g_autoptr(ch_scanner) s = ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
    g_autoptr(ch_scan) scan = ch_scanner_scan(s, text, strlen(text));
    const guint *fired = ch_scan_fired(scan, &n);
#ifdef CH_NO_VECTORSCAN
    assert_int_equal(n, 3);
    assert_int_equal(fired[1], 1);
#else
    assert_int_equal(n, 2);
    assert_int_equal(fired[0], 0);
    assert_int_equal(fired[1], 2);
#endif
}

static void
test_a_scanner_without_patterns_finds_nothing(void **state)
{
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(ch_scanner) s = ch_scanner_new(none, CH_ENGINE_AUTO, NULL);
    g_autoptr(ch_scan) scan = ch_scanner_scan(s, "gout", 4);
    guint n = 1;
    (void)state;
    ch_scan_fired(scan, &n);
    assert_int_equal(n, 0);
}

/* --- cached databases --------------------------------------------------- */

static void
test_a_cached_database_finds_the_same(void **state)
{
    static const char *const patterns[] = {"gout", "\\d{3}-\\d{2}", "\\w+ x",
                                           "zo\\ster", NULL};
    static const char text[] = "gout 123-45 y x zo ter gout";
    (void)state;
    g_autoptr(GPtrArray) list = compile(patterns);
    g_autoptr(ch_scanner) first = ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
    g_autoptr(GBytes) cached = ch_scanner_dup_database(first);
#ifdef CH_NO_VECTORSCAN
    assert_null(cached);
#else
    assert_non_null(cached);
#endif
    g_autoptr(ch_scanner) s = ch_scanner_new(list, CH_ENGINE_AUTO, cached);
    g_autoptr(ch_scan) scan = ch_scanner_scan(s, text, strlen(text));
    check_same("cached", scan, list, text, strlen(text));
    g_autoptr(GBytes) again = ch_scanner_dup_database(s);
    assert_true(cached == NULL || g_bytes_equal(cached, again));
}

static void
test_an_unusable_cache_is_made_anew(void **state)
{
    static const char *const patterns[] = {"gout", "\\d{3}-\\d{2}", NULL};
    static const char *const others[] = {"zoster", "\\d{3}-\\d{2}", NULL};
    static const char text[] = "gout 123-45 zoster";
    (void)state;
    g_autoptr(GPtrArray) list = compile(patterns);
    g_autoptr(GPtrArray) other = compile(others);
    g_autoptr(ch_scanner) first = ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
    g_autoptr(GBytes) cached = ch_scanner_dup_database(first);
    if (cached == NULL) {
        return; /* built without Vectorscan */
    }
    g_autoptr(ch_scanner) s = ch_scanner_new(other, CH_ENGINE_AUTO, cached);
    g_autoptr(ch_scan) scan = ch_scanner_scan(s, text, strlen(text));
    check_same("made from others", scan, other, text, strlen(text));
    gsize size = g_bytes_get_size(cached);
    for (gsize cut = 0; cut < size; cut += size / 40 + 1) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(cached, 0, cut);
        g_autoptr(ch_scanner) p = ch_scanner_new(list, CH_ENGINE_AUTO, part);
        g_autoptr(ch_scan) again = ch_scanner_scan(p, text, strlen(text));
        check_same("cut short", again, list, text, strlen(text));
    }
}

/* --- threads ------------------------------------------------------------ */

typedef struct {
    const ch_scanner *scanner;
    const GPtrArray *patterns;
    guint number, wrong;
} thread_job;

static gpointer
scan_often(gpointer data)
{
    thread_job *job = data;
    for (guint i = 0; i < 200; i++) {
        g_autofree char *text = g_strdup_printf(
            "%u gout %u-45 zoster %u", job->number, 100 + i, job->number * i);
        g_autoptr(ch_scan) scan =
            ch_scanner_scan(job->scanner, text, strlen(text));
        for (guint k = 0; k < job->patterns->len; k++) {
            g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
            ch_scan_find(scan, k, hits);
            job->wrong += hits->len != 1;
        }
    }
    return NULL;
}

static void
test_threads_share_a_scanner(void **state)
{
    static const char *const patterns[] = {
        "gout", "\\d{3}-\\d{2}", "zoster \\d", "[a-z]+ \\d{3}-", NULL};
    GThread *threads[4];
    thread_job jobs[4];
    (void)state;
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_regex_free);
    for (guint i = 0; patterns[i] != NULL; i++) {
        g_ptr_array_add(list, ch_regex_new_trusted(patterns[i]));
    }
    g_autoptr(ch_scanner) s = ch_scanner_new(list, CH_ENGINE_AUTO, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        jobs[i] = (thread_job){s, list, i, 0};
        threads[i] = g_thread_new("scan", scan_often, &jobs[i]);
    }
    for (guint i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
        assert_int_equal(jobs[i].wrong, 0);
    }
}

/* --- cost and trust ----------------------------------------------------- */

static void
test_costs_name_the_problem(void **state)
{
    static const struct {
        const char *pattern, *problem; /* a piece of it, or NULL */
        ch_scan_cost cost;
    } rows[] = {
        {"zoster|gout", NULL, {2, 4, FALSE}},
        {"\\w+@", "open repeat", {1, 1, TRUE}},
        {"\\w+", "no words", {0, 0, FALSE}},
        {"e", "almost any text", {0, 0, FALSE}},
        {"(?i)zoster", "inline option", {0, 0, FALSE}},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        ch_scan_cost cost;
        g_autoptr(ch_regex) regex = ch_regex_new_trusted(rows[i].pattern);
        g_autofree char *problem = ch_scan_dup_problem(regex, &cost);
        if ((problem == NULL) != (rows[i].problem == NULL) ||
            (problem != NULL && strstr(problem, rows[i].problem) == NULL) ||
            cost.triggers != rows[i].cost.triggers ||
            cost.shortest != rows[i].cost.shortest ||
            cost.open_before != rows[i].cost.open_before) {
            fail_msg("%s: %u %zu %d %s", rows[i].pattern, cost.triggers,
                     cost.shortest, cost.open_before, problem);
        }
    }
}

static void
test_a_trusted_pattern_fails_at_its_first_search(void **state)
{
    g_autoptr(ch_regex) good = ch_regex_new_trusted("gout");
    g_autoptr(ch_regex) bad = ch_regex_new_trusted("go(ut");
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
    (void)state;
    assert_string_equal(ch_regex_pattern(bad), "go(ut");
    assert_int_equal(ch_regex_find(good, "a gout", 6, hits), CH_REGEX_DONE);
    assert_int_equal(hits->len, 1);
    assert_int_equal(ch_regex_find(bad, "a gout", 6, hits), CH_REGEX_FAILED);
    assert_int_equal(ch_regex_find(bad, "a gout", 6, hits), CH_REGEX_FAILED);
    assert_int_equal(hits->len, 1);
}

static void
test_between_limits_starts_and_not_ends(void **state)
{
    static const struct {
        const char *name;
        ch_span starts;
        guint hits;
    } rows[] = {
        {"all", {0, 14}, 3},         {"the first alone", {0, 0}, 1},
        {"from inside", {1, 14}, 2}, {"up to and including", {0, 5}, 2},
        {"just not", {0, 4}, 1},     {"behind all", {14, 20}, 0},
        {"reversed", {9, 3}, 0},
    };
    g_autofree char *problem = NULL;
    g_autoptr(ch_regex) regex = ch_regex_new("\\bgout", &problem);
    g_autoptr(ch_regex_work) work = ch_regex_work_new();
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
        assert_int_equal(ch_regex_find_between(regex, work, "gout gout gout",
                                               14, rows[i].starts, hits),
                         CH_REGEX_DONE);
        if (hits->len != rows[i].hits) {
            fail_msg("%s: %u hits", rows[i].name, hits->len);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hits_are_those_of_a_plain_search),
        cmocka_unit_test(test_a_hit_is_found_anywhere_in_texts_of_any_length),
        cmocka_unit_test(test_hits_end_at_the_cap),
        cmocka_unit_test(test_a_pattern_that_runs_away_says_so),
        cmocka_unit_test(
            test_patterns_without_a_trigger_in_the_text_do_not_fire),
        cmocka_unit_test(test_a_scanner_without_patterns_finds_nothing),
        cmocka_unit_test(test_a_cached_database_finds_the_same),
        cmocka_unit_test(test_an_unusable_cache_is_made_anew),
        cmocka_unit_test(test_threads_share_a_scanner),
        cmocka_unit_test(test_costs_name_the_problem),
        cmocka_unit_test(test_a_trusted_pattern_fails_at_its_first_search),
        cmocka_unit_test(test_between_limits_starts_and_not_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
