/*
 * Counting labels against verdicts.  It knows nothing of files, posts or
 * rules but their ids; what it counts is written by cli/eval_print.c and
 * compared by cli/eval_compare.c.
 */
#include "chaperone/score.h"

#include <math.h>
#include <string.h>

#define Z_95 1.959963984540054 /* normal quantile of 0.975 */

static int
compare_keys(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    return strcmp(a, b);
}

ch_scores *
ch_scores_new(void)
{
    ch_scores *s = g_new0(ch_scores, 1);
    GTree **trees[] = {&s->by_rule, &s->by_lang, &s->by_class};
    for (guint i = 0; i < G_N_ELEMENTS(trees); i++) {
        *trees[i] = g_tree_new_full(compare_keys, NULL, g_free, g_free);
    }
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        s->lists[i] = g_ptr_array_new_with_free_func(g_free);
    }
    return s;
}

void
ch_scores_free(ch_scores *scores)
{
    if (scores == NULL) {
        return;
    }
    g_tree_unref(scores->by_rule);
    g_tree_unref(scores->by_lang);
    g_tree_unref(scores->by_class);
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        g_ptr_array_unref(scores->lists[i]);
    }
    g_free(scores);
}

static void
count(ch_ratio *ratio, gboolean hit)
{
    ratio->of++;
    ratio->n += hit ? 1 : 0;
}

static void
add_to_score(ch_score *s, const ch_label *label, ch_action verdict)
{
    s->posts++;
    if (verdict > CH_ACCEPT) {
        count(&s->precision, label->violation);
    }
    if (!label->violation) {
        count(&s->false_stop, verdict >= CH_QUARANTINE);
        count(&s->false_tag, verdict == CH_TAG);
        return;
    }
    count(&s->caught, verdict > CH_ACCEPT);
    if (label->severity >= CH_QUARANTINE) {
        count(&s->stopped, verdict >= CH_QUARANTINE);
    }
    if (label->severity == CH_REJECT) {
        count(&s->under, verdict <= CH_TAG);
    }
}

/* The entry of a name, made of size bytes of zero if it is new.  Borrowed. */
static gpointer
entry_of(GTree *tree, const char *name, gsize size)
{
    gpointer entry = g_tree_lookup(tree, name);
    if (entry == NULL) {
        entry = g_malloc0(size);
        g_tree_insert(tree, g_strdup(name), entry);
    }
    return entry;
}

static void
add_to_rules(ch_scores *s, const ch_label *label, ch_action verdict,
             const char *const *rules)
{
    if (label->violation && label->rule != NULL) {
        ch_rule_score *r =
            entry_of(s->by_rule, label->rule, sizeof(ch_rule_score));
        r->of++;
        r->right += g_strv_contains(rules, label->rule) ? 1 : 0;
        r->caught += verdict > CH_ACCEPT ? 1 : 0;
    }
    for (guint i = 0; !label->violation && rules[i] != NULL; i++) {
        ch_rule_score *r =
            entry_of(s->by_rule, rules[i], sizeof(ch_rule_score));
        r->alarms++;
    }
}

static void
add_to_lists(ch_scores *s, const ch_label *label, ch_action verdict)
{
    const gboolean wrong[CH_LIST_COUNT] = {
        [CH_LIST_MISSES] = label->violation && verdict == CH_ACCEPT,
        [CH_LIST_ALARMS] = !label->violation && verdict > CH_ACCEPT,
        [CH_LIST_UNSTOPPED] = label->violation && verdict == CH_TAG &&
                              label->severity >= CH_QUARANTINE,
        [CH_LIST_FALSE_STOPS] = !label->violation && verdict >= CH_QUARANTINE};
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        if (wrong[i]) {
            g_ptr_array_add(s->lists[i], g_strdup(label->id));
        }
    }
}

void
ch_scores_add(ch_scores *scores, const ch_label *label, ch_action verdict,
              const char *const *rules)
{
    add_to_score(&scores->all, label, verdict);
    add_to_score(entry_of(scores->by_lang, label->lang, sizeof(ch_score)),
                 label, verdict);
    if (label->post_class != NULL) {
        add_to_score(
            entry_of(scores->by_class, label->post_class, sizeof(ch_score)),
            label, verdict);
    }
    add_to_rules(scores, label, verdict, rules);
    add_to_lists(scores, label, verdict);
}

const char *
ch_list_name(ch_list list)
{
    static const char *const names[CH_LIST_COUNT] = {
        [CH_LIST_MISSES] = "misses",
        [CH_LIST_ALARMS] = "alarms",
        [CH_LIST_UNSTOPPED] = "unstopped",
        [CH_LIST_FALSE_STOPS] = "false_stops"};
    return names[list];
}

gboolean
ch_ratio_interval(ch_ratio ratio, ch_interval *interval_out)
{
    if (ratio.of == 0) {
        return FALSE;
    }
    /* Wilson, J Am Stat Assoc 22:209 (1927): unlike the textbook interval it
     * says something for 0 of n and n of n, too. */
    double of = ratio.of, p = ratio.n / of, z2 = Z_95 * Z_95;
    double centre = (p + z2 / (2 * of)) / (1 + z2 / of);
    double half =
        Z_95 * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of);
    *interval_out =
        (ch_interval){p, MAX(centre - half, 0.0), MIN(centre + half, 1.0)};
    return TRUE;
}

gboolean
ch_score_f1(const ch_score *score, double *f1_out)
{
    /* 2PR / (P + R) without the two divisions by zero on the way. */
    guint sum = score->precision.of + score->caught.of;
    if (sum == 0) {
        return FALSE;
    }
    *f1_out = 2.0 * score->caught.n / sum;
    return TRUE;
}
