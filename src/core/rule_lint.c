/*
 * Lint: rules read with the eyes of the next person who has to keep them.
 */
#include "chaperone/lint.h"

#include "rule_run_int.h"

#include <stdio.h>
#include <string.h>

#define FEW_EXAMPLES 2
#define OLD_REVIEW   (G_GINT64_CONSTANT(731) * 86400 * G_USEC_PER_SEC)
#define PROBE_LENGTH                                                           \
    20000 /* bytes of a text that tries to run patterns away                   \
           */
#define DEAREST 10

typedef struct {
    const ch_ruleset *rules;
    ch_diag *problems;
    GPtrArray *found_by; /* for each rule: of GHashTable, rule to its examples
                          * that this one finds */
    gint64 *time_us;     /* for each pattern */
    guint *searched;
} linter;

static const rule_entry *
entry_of(const ch_ruleset *rules, guint i)
{
    return rules->rules->pdata[i];
}

static guint
count_examples(const ch_rule *rule, gboolean must_match)
{
    guint n = 0;
    for (guint i = 0; i < rule->examples->len; i++) {
        n += g_array_index(rule->examples, ch_example, i).must_match ==
                     must_match
                 ? 1
                 : 0;
    }
    return n;
}

/* --- by reading -------------------------------------------------------- */

static void
check_signals(const linter *l)
{
    for (guint i = 0; i < l->rules->signals->len; i++) {
        const rule_signal *s = l->rules->signals->pdata[i];
        if (!s->used) {
            ch_diag_add(l->problems, s->file, s->line, 1,
                        "%s \"%s\" of %s is used by no rule: use it or take "
                        "it out",
                        s->frame ? "frame" : "signal", s->name, s->owner);
        }
    }
}

static void
check_review(const linter *l, const ch_rule *rule, gint64 now_us)
{
    g_autofree char *full = g_strconcat(rule->reviewed, "T00:00:00Z", NULL);
    g_autoptr(GDateTime) day = g_date_time_new_from_iso8601(full, NULL);
    if (day == NULL) {
        ch_diag_add(l->problems, rule->file, rule->line, 1,
                    "%s: reviewed must be a day, YYYY-MM-DD", rule->id);
    } else if (now_us - g_date_time_to_unix(day) * G_USEC_PER_SEC >
               OLD_REVIEW) {
        ch_diag_add(l->problems, rule->file, rule->line, 1,
                    "%s: last reviewed on %s, more than two years ago: read "
                    "it again and set the date",
                    rule->id, rule->reviewed);
    }
}

static void
check_rules(const linter *l, gint64 now_us)
{
    for (guint i = 0; i < l->rules->rules->len; i++) {
        const ch_rule *rule = &entry_of(l->rules, i)->public;
        if (g_strv_contains(ch_required_rules, rule->id)) {
            continue;
        }
        if (count_examples(rule, TRUE) < FEW_EXAMPLES ||
            count_examples(rule, FALSE) < FEW_EXAMPLES) {
            ch_diag_add(l->problems, rule->file, rule->line, 1,
                        "%s: give at least %d examples that match and %d that "
                        "pass, the latter near misses",
                        rule->id, FEW_EXAMPLES, FEW_EXAMPLES);
        }
        check_review(l, rule, now_us);
    }
}

/* --- by running over the examples -------------------------------------- */

static void
measure(linter *l, const rule_run *r)
{
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(ch_span));
    guint count;
    const guint *fired = ch_scan_fired(r->of_text[0].scans[0], &count);
    for (guint i = 0; i < count; i++) {
        g_array_set_size(spans, 0);
        ch_scan_find(r->of_text[0].scans[0], fired[i], spans); /* compiles */
        gint64 start = g_get_monotonic_time();
        g_array_set_size(spans, 0);
        ch_scan_find(r->of_text[0].scans[0], fired[i], spans);
        l->time_us[fired[i]] += g_get_monotonic_time() - start;
        l->searched[fired[i]]++;
    }
}

/* Runs all rules over one example. */
static void
run_example(linter *l, const ch_rule *rule, const ch_example *e)
{
    g_autoptr(GBytes) source = g_bytes_new(e->text, strlen(e->text));
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_facts facts = {.is_reply = rule->reply_examples,
                      .has_image = rule->image_examples};
    rule_run r;
    ch_text_fold(text);
    g_ptr_array_add(texts, text);
    ch_rule_run_init(&r, l->rules, texts, &facts);
    r.neutral = TRUE;
    if (r.of_text[0].scans[0] != NULL) {
        measure(l, &r);
    }
    for (guint i = 0; e->must_match && i < l->rules->rules->len; i++) {
        g_autoptr(GArray) findings =
            g_array_new(FALSE, FALSE, sizeof(ch_finding));
        r.rule = entry_of(l->rules, i);
        ch_rule_ask(&r, findings);
        if (findings->len > 0) {
            GHashTable *found = l->found_by->pdata[i];
            gpointer n = g_hash_table_lookup(found, rule);
            g_hash_table_insert(found, (gpointer)rule,
                                GUINT_TO_POINTER(GPOINTER_TO_UINT(n) + 1));
        }
    }
    ch_rule_run_clear(&r);
}

static gboolean
finds_all_of(const linter *l, guint finder, const ch_rule *rule)
{
    guint n =
        GPOINTER_TO_UINT(g_hash_table_lookup(l->found_by->pdata[finder], rule));
    return n > 0 && n == count_examples(rule, TRUE);
}

static void
check_overlap(const linter *l)
{
    for (guint i = 0; i < l->rules->rules->len; i++) {
        for (guint k = i + 1; k < l->rules->rules->len; k++) {
            const ch_rule *a = &entry_of(l->rules, i)->public;
            const ch_rule *b = &entry_of(l->rules, k)->public;
            if (finds_all_of(l, i, b) && finds_all_of(l, k, a)) {
                ch_diag_add(l->problems, b->file, b->line, 1,
                            "%s and %s find all of each other's examples: one "
                            "rule may do, or their examples do not show the "
                            "difference",
                            a->id, b->id);
            }
        }
    }
}

static void
run_examples(linter *l)
{
    for (guint i = 0; i < l->rules->rules->len; i++) {
        const ch_rule *rule = &entry_of(l->rules, i)->public;
        for (guint x = 0; x < rule->examples->len; x++) {
            run_example(l, rule, &g_array_index(rule->examples, ch_example, x));
        }
    }
    check_overlap(l);
}

/* --- by trying to run patterns away ------------------------------------ */

static char *
dup_probe(guint kind)
{
    static const char *const pieces[] = {"a", "a ", "1", "1-", "a.", "my "};
    GString *out = g_string_sized_new(PROBE_LENGTH + 16);
    while (out->len < PROBE_LENGTH) {
        g_string_append(out, pieces[kind % G_N_ELEMENTS(pieces)]);
    }
    return g_string_free(out, FALSE);
}

/* The first signal that uses a pattern. */
static const rule_signal *
signal_of(const linter *l, guint pattern)
{
    for (guint i = 0; i < l->rules->signals->len; i++) {
        const rule_signal *s = l->rules->signals->pdata[i];
        if ((s->kind == SIGNAL_PATTERN || s->kind == SIGNAL_ENTITY) &&
            s->pattern == pattern) {
            return s;
        }
    }
    return NULL;
}

static void
check_runaway(const linter *l)
{
    for (guint p = 0; p < l->rules->patterns->len; p++) {
        const rule_pattern *pattern = l->rules->patterns->pdata[p];
        const rule_signal *s = signal_of(l, p);
        for (guint kind = 0; kind < 6 && s != NULL && pattern->entity < 0;
             kind++) {
            g_autofree char *probe = dup_probe(kind);
            g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(ch_span));
            if (ch_regex_find(pattern->regex, probe, strlen(probe), hits) ==
                CH_REGEX_LIMIT) {
                ch_diag_add(l->problems, s->file, s->line, 1,
                            "signal \"%s\" of %s can backtrack badly: %d "
                            "bytes of a plain text reached the match limit; "
                            "bound its repeats and keep one from matching "
                            "what the next one matches",
                            s->name, s->owner, PROBE_LENGTH);
                break;
            }
        }
    }
}

/* --- cost -------------------------------------------------------------- */

static int
by_time(gconstpointer a, gconstpointer b)
{
    const ch_lint_cost *x = a, *y = b;
    return x->time_us > y->time_us ? -1 : x->time_us < y->time_us;
}

static void
cost_clear(gpointer cost)
{
    g_free(((ch_lint_cost *)cost)->problem);
}

static GArray *
list_costs(const linter *l)
{
    GArray *costs = g_array_new(FALSE, FALSE, sizeof(ch_lint_cost));
    g_array_set_clear_func(costs, cost_clear);
    for (guint p = 0; p < l->rules->patterns->len; p++) {
        const rule_pattern *pattern = l->rules->patterns->pdata[p];
        const rule_signal *s = signal_of(l, p);
        ch_scan_cost cost;
        if (s == NULL) {
            continue;
        }
        ch_lint_cost one = {s->owner, s->name, l->time_us[p], l->searched[p],
                            ch_scan_dup_problem(pattern->regex, &cost)};
        if (cost.triggers == 0 && pattern->entity < 0) {
            ch_diag_add(l->problems, s->file, s->line, 1,
                        "signal \"%s\" of %s runs over every text: %s", s->name,
                        s->owner,
                        one.problem == NULL ? "give it a word or three fixed "
                                              "characters"
                                            : one.problem);
        }
        g_array_append_val(costs, one);
    }
    g_array_sort(costs, by_time);
    if (costs->len > DEAREST) {
        g_array_set_size(costs, DEAREST);
    }
    return costs;
}

GArray *
ch_ruleset_lint(const ch_ruleset *rules, gint64 now_us, ch_diag *problems)
{
    linter l = {.rules = rules, .problems = problems};
    g_autoptr(GPtrArray) found_by =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    g_autofree gint64 *time_us = g_new0(gint64, rules->patterns->len + 1);
    g_autofree guint *searched = g_new0(guint, rules->patterns->len + 1);
    for (guint i = 0; i < rules->rules->len; i++) {
        g_ptr_array_add(found_by, g_hash_table_new(NULL, NULL));
    }
    l.found_by = found_by;
    l.time_us = time_us;
    l.searched = searched;
    check_signals(&l);
    check_rules(&l, now_us);
    run_examples(&l);
    check_runaway(&l);
    return list_costs(&l);
}
