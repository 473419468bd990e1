/* Traces: what was seen, and which part of a condition failed. */
#include "unit.h"

#include "chaperone/trace.h"

#define META                                                                   \
    "    title: {en: T, es: T}\n    severity: S1\n    action: reject\n"        \
    "    confidence: high\n    advice: {en: A, es: A}\n    reference: R\n"     \
    "    reviewed: 2026-11-22\n    examples: {match: [x], pass: [y]}\n"

static const char pack[] =
    "pack: t\nframes: {no: {words: [never]}}\nrules:\n  - id: t/r\n" META
    "    signals: {tea: {words: [tea]}, cake: {words: [cake]}}\n"
    "    condition: {all: [tea, {any: [cake]}, {not: no}], within: "
    "sentence}\n"
    "    reject-if: {count: cake, at-least: 2}\n";

static char *
steps_of(const ch_rule_trace *t)
{
    GString *out = g_string_new(t->holds ? "yes:" : "no:");
    for (guint i = 0; i < t->steps->len; i++) {
        const ch_step *s = &g_array_index(t->steps, ch_step, i);
        g_string_append_printf(out, " %u%c%s", s->depth, s->holds ? '+' : '-',
                               s->label);
    }
    g_string_append_printf(out, "; missing %s",
                           t->missing == NULL ? "-" : t->missing);
    return g_string_free(out, FALSE);
}

static ch_trace *
trace_of(const char *body, ch_ruleset **rules_out, GPtrArray *texts)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    g_autoptr(GBytes) source = g_bytes_new_static(body, strlen(body));
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_facts facts = {0};
    *rules_out = ch_ruleset_parse("r.yaml", pack, strlen(pack), config, diag);
    assert_non_null(*rules_out);
    ch_text_fold(text);
    g_ptr_array_add(texts, text);
    ch_trace *trace = ch_ruleset_trace(*rules_out, texts, &facts, NULL);
    assert_non_null(trace);
    return trace;
}

static void
test_steps(void **state)
{
    static const struct {
        const char *name, *body, *steps;
    } rows[] = {
        {"a hit", "No bread. Tea and cake.",
         "yes: 0+all within sentence 1+tea 1+any 2+cake 1+not 2-t.no "
         "0-reject-if: at least 2 cake; missing -"},
        {"the worst of it", "Tea and cake, cake.",
         "yes: 0+all within sentence 1+tea 1+any 2+cake 1+not 2-t.no "
         "0+reject-if: at least 2 cake; missing -"},
        {"a near miss", "Tea. Cake.",
         "no: 0-all within sentence 1+tea 1-any 2-cake 1+not 2-t.no; missing "
         "cake"},
        {"a veto", "Never tea and cake.",
         "no: 0-all within sentence 1+tea 1+any 2+cake 1-not 2+t.no; missing "
         "not t.no"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) texts =
            g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
        g_autoptr(ch_ruleset) rules = NULL;
        g_autoptr(ch_trace) trace = trace_of(rows[i].body, &rules, texts);
        assert_int_equal(trace->rules->len, 1);
        g_autofree char *got = steps_of(trace->rules->pdata[0]);
        if (strcmp(got, rows[i].steps) != 0) {
            fail_msg("%s: %s", rows[i].name, got);
        }
    }
}

static void
test_score(void **state)
{
    static const char scored[] =
        "pack: t\nrules:\n  - id: t/r\n" META
        "    signals: {tea: {words: [tea]}, cake: {words: [cake]}}\n"
        "    condition: {score: {tea: 2, cake: 3}, at-least: 5}\n";
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    g_autoptr(GBytes) source = g_bytes_new_static("Tea.", 4);
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_autoptr(ch_ruleset) rules =
        ch_ruleset_parse("r.yaml", scored, strlen(scored), config, diag);
    ch_facts facts = {0};
    (void)state;
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_text_fold(text);
    g_ptr_array_add(texts, text);
    g_autoptr(ch_trace) trace = ch_ruleset_trace(rules, texts, &facts, NULL);
    g_autofree char *got = steps_of(trace->rules->pdata[0]);
    assert_string_equal(got, "no: 0-a score of at least 5 (it is 2) 1++2 tea "
                             "1-+3 cake; missing a score of at least 5 (it "
                             "is 2)");
}

static void
test_what_was_seen(void **state)
{
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_autoptr(ch_ruleset) rules = NULL;
    g_autoptr(ch_trace) trace =
        trace_of("Never  tea; 512-34-6789", &rules, texts);
    (void)state;
    assert_int_equal(trace->signals->len, 2);
    const ch_seen_signal *s = &g_array_index(trace->signals, ch_seen_signal, 0);
    assert_string_equal(s->name, "no");
    assert_string_equal(s->rule, "t");
    assert_true(s->frame);
    s = &g_array_index(trace->signals, ch_seen_signal, 1);
    assert_string_equal(s->rule, "t/r");
    assert_int_equal(s->span.start, 7);
    assert_int_equal(s->span.end, 10);
    gboolean ssn = FALSE;
    for (guint i = 0; i < trace->entities->len; i++) {
        const ch_seen_entity *e =
            &g_array_index(trace->entities, ch_seen_entity, i);
        ssn |= strcmp(e->type, "us-ssn") == 0 && e->span.start == 12 &&
               e->span.end == 23 && !e->own;
    }
    assert_true(ssn);
}

static void
test_rules_of_which_nothing_stands_there_are_left_out(void **state)
{
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_autoptr(ch_ruleset) rules = NULL;
    g_autoptr(ch_trace) trace = trace_of("Never bread.", &rules, texts);
    (void)state;
    assert_int_equal(trace->rules->len, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_score),
        cmocka_unit_test(test_what_was_seen),
        cmocka_unit_test(test_rules_of_which_nothing_stands_there_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
