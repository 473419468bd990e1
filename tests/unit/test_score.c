/* Scores: counts, rates and intervals over labelled posts. */
#include "unit.h"

#include "chaperone/score.h"

#include <math.h>
#include <string.h>

/* One post: its label, the verdict it got and which of its lists it is on. */
typedef struct {
    const char *name; /* also the id */
    gboolean violation;
    ch_action severity, verdict;
    ch_ratio caught, precision, stopped, under, false_stop, false_tag;
    const char *lists;
} row;

#define NO                                                                     \
    {                                                                          \
        0, 1                                                                   \
    }
#define YES                                                                    \
    {                                                                          \
        1, 1                                                                   \
    }
#define OUT                                                                    \
    {                                                                          \
        0, 0                                                                   \
    }

/* caught, precision, stopped, under, false stop, false tag */
static const row rows[] = {
    {"reject rejected", TRUE, CH_REJECT, CH_REJECT, YES, YES, YES, NO, OUT, OUT,
     ""},
    {"reject held", TRUE, CH_REJECT, CH_QUARANTINE, YES, YES, YES, NO, OUT, OUT,
     ""},
    {"reject tagged", TRUE, CH_REJECT, CH_TAG, YES, YES, NO, YES, OUT, OUT,
     "unstopped"},
    {"reject missed", TRUE, CH_REJECT, CH_ACCEPT, NO, OUT, NO, YES, OUT, OUT,
     "misses"},
    {"hold rejected", TRUE, CH_QUARANTINE, CH_REJECT, YES, YES, YES, OUT, OUT,
     OUT, ""},
    {"hold tagged", TRUE, CH_QUARANTINE, CH_TAG, YES, YES, NO, OUT, OUT, OUT,
     "unstopped"},
    {"hold missed", TRUE, CH_QUARANTINE, CH_ACCEPT, NO, OUT, NO, OUT, OUT, OUT,
     "misses"},
    {"tag tagged", TRUE, CH_TAG, CH_TAG, YES, YES, OUT, OUT, OUT, OUT, ""},
    {"tag held", TRUE, CH_TAG, CH_QUARANTINE, YES, YES, OUT, OUT, OUT, OUT, ""},
    {"tag missed", TRUE, CH_TAG, CH_ACCEPT, NO, OUT, OUT, OUT, OUT, OUT,
     "misses"},
    {"allowed accepted", FALSE, CH_ACCEPT, CH_ACCEPT, OUT, OUT, OUT, OUT, NO,
     NO, ""},
    {"allowed tagged", FALSE, CH_ACCEPT, CH_TAG, OUT, NO, OUT, OUT, NO, YES,
     "alarms"},
    {"allowed held", FALSE, CH_ACCEPT, CH_QUARANTINE, OUT, NO, OUT, OUT, YES,
     NO, "alarms false_stops"},
    {"allowed rejected", FALSE, CH_ACCEPT, CH_REJECT, OUT, NO, OUT, OUT, YES,
     NO, "alarms false_stops"},
};

static const char *const nothing[] = {NULL};

static void
add_row(ch_scores *s, const row *r)
{
    ch_label label = {.id = r->name,
                      .violation = r->violation,
                      .severity = r->severity,
                      .lang = "en"};
    ch_scores_add(s, &label, r->verdict, nothing);
}

static void
check_ratio(const row *r, const char *what, ch_ratio got, ch_ratio wanted)
{
    if (got.n != wanted.n || got.of != wanted.of) {
        fail_msg("%s: %s is %u of %u, not %u of %u", r->name, what, got.n,
                 got.of, wanted.n, wanted.of);
    }
}

static void
test_each_post_is_counted_where_it_belongs(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const row *r = &rows[i];
        g_autoptr(ch_scores) s = ch_scores_new();
        add_row(s, r);
        check_ratio(r, "caught", s->all.caught, r->caught);
        check_ratio(r, "precision", s->all.precision, r->precision);
        check_ratio(r, "stopped", s->all.stopped, r->stopped);
        check_ratio(r, "under", s->all.under, r->under);
        check_ratio(r, "false stop", s->all.false_stop, r->false_stop);
        check_ratio(r, "false tag", s->all.false_tag, r->false_tag);
        g_autoptr(GString) lists = g_string_new(NULL);
        for (guint l = 0; l < CH_LIST_COUNT; l++) {
            if (s->lists[l]->len > 0) {
                assert_string_equal(s->lists[l]->pdata[0], r->name);
                g_string_append_printf(lists, "%s%s", lists->len > 0 ? " " : "",
                                       ch_list_name(l));
            }
        }
        assert_string_equal(lists->str, r->lists);
    }
}

static void
test_all_posts_add_up(void **state)
{
    (void)state;
    g_autoptr(ch_scores) s = ch_scores_new();
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        add_row(s, &rows[i]);
    }
    const ch_score *en = g_tree_lookup(s->by_lang, "en");
    double f1;
    assert_int_equal(s->all.posts, 14);
    assert_int_equal(s->all.caught.n, 7);
    assert_int_equal(s->all.caught.of, 10);
    assert_int_equal(s->all.precision.n, 7);
    assert_int_equal(s->all.precision.of, 10);
    assert_true(ch_score_f1(&s->all, &f1));
    assert_true(fabs(f1 - 0.7) < 1e-9);
    assert_memory_equal(en, &s->all, sizeof(ch_score));
    assert_int_equal(g_tree_nnodes(s->by_class), 0);
    assert_string_equal(s->lists[CH_LIST_MISSES]->pdata[0], "reject missed");
    assert_string_equal(s->lists[CH_LIST_MISSES]->pdata[2], "tag missed");
}

static gboolean
collect(gpointer key, gpointer value, gpointer out)
{
    const ch_rule_score *r = value;
    g_string_append_printf(out, "%s %u %u %u %u;", (const char *)key, r->of,
                           r->right, r->caught, r->alarms);
    return FALSE;
}

static void
test_rules_languages_and_classes_have_their_own(void **state)
{
    (void)state;
    static const struct {
        gboolean violation;
        const char *rule, *lang, *post_class;
        ch_action verdict;
        const char *fired[3];
    } posts[] = {
        {TRUE, "t/b", "en", "reply", CH_TAG, {"t/b", "t/a", NULL}},
        {TRUE, "t/b", "es", NULL, CH_TAG, {"t/a", NULL}},
        {TRUE, "t/b", "es", "tip", CH_ACCEPT, {NULL}},
        {TRUE, NULL, "en", "tip", CH_TAG, {"t/a", NULL}},
        {FALSE, "t/b", "en", "tip", CH_TAG, {"t/a", "t/c", NULL}},
    };
    g_autoptr(ch_scores) s = ch_scores_new();
    for (guint i = 0; i < G_N_ELEMENTS(posts); i++) {
        ch_label label = {.id = "p",
                          .violation = posts[i].violation,
                          .severity = posts[i].violation ? CH_TAG : CH_ACCEPT,
                          .rule = posts[i].rule,
                          .lang = posts[i].lang,
                          .post_class = posts[i].post_class};
        ch_scores_add(s, &label, posts[i].verdict, posts[i].fired);
    }
    g_autoptr(GString) rules = g_string_new(NULL);
    g_tree_foreach(s->by_rule, collect, rules);
    assert_string_equal(rules->str, "t/a 0 0 0 1;t/b 3 1 2 0;t/c 0 0 0 1;");
    const ch_score *es = g_tree_lookup(s->by_lang, "es");
    const ch_score *tip = g_tree_lookup(s->by_class, "tip");
    assert_int_equal(es->caught.n, 1);
    assert_int_equal(es->caught.of, 2);
    assert_int_equal(tip->posts, 3);
    assert_int_equal(tip->false_tag.n, 1);
    assert_int_equal(g_tree_nnodes(s->by_class), 2);
}

/* Figures of Newcombe, Statistics in Medicine 17:857 (1998), table I,
 * method 3, and of the closed form for none and all. */
static void
test_intervals_are_wilsons(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        ch_ratio ratio;
        ch_interval wanted;
    } intervals[] = {
        {"81 of 263", {81, 263}, {0.3080, 0.2553, 0.3662}},
        {"15 of 148", {15, 148}, {0.1014, 0.0624, 0.1605}},
        {"0 of 20", {0, 20}, {0.0, 0.0, 0.1611}},
        {"1 of 29", {1, 29}, {0.0345, 0.0061, 0.1718}},
        {"29 of 29", {29, 29}, {1.0, 0.8830, 1.0}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(intervals); i++) {
        ch_interval got;
        const ch_interval *want = &intervals[i].wanted;
        assert_true(ch_ratio_interval(intervals[i].ratio, &got));
        if (fabs(got.rate - want->rate) > 5e-5 ||
            fabs(got.low - want->low) > 5e-5 ||
            fabs(got.high - want->high) > 5e-5) {
            fail_msg("%s: %.4f (%.4f to %.4f)", intervals[i].name, got.rate,
                     got.low, got.high);
        }
    }
}

static void
test_nothing_has_no_rate(void **state)
{
    (void)state;
    g_autoptr(ch_scores) s = ch_scores_new();
    ch_interval interval;
    double f1;
    assert_false(ch_ratio_interval(s->all.caught, &interval));
    assert_false(ch_score_f1(&s->all, &f1));
    add_row(s, &rows[G_N_ELEMENTS(rows) - 1]);
    assert_true(ch_score_f1(&s->all, &f1));
    assert_true(f1 == 0.0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_post_is_counted_where_it_belongs),
        cmocka_unit_test(test_all_posts_add_up),
        cmocka_unit_test(test_rules_languages_and_classes_have_their_own),
        cmocka_unit_test(test_intervals_are_wilsons),
        cmocka_unit_test(test_nothing_has_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
