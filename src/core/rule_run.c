/*
 * Rules over the texts of a post: which are asked, and what they find.
 *
 * A rule is asked only if a pattern that it cannot hold without has fired
 * (rule_anchor.c).  What made its condition hold becomes the place of the
 * finding.
 */
#include "rule_run_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

/* Texts of one part may be readings of the same words; those of a document
 * stand in different places. */
static gboolean
may_be_same(const ch_finding *a, const ch_finding *b)
{
    gboolean placed = b->text != NULL && ch_text_place(b->text) != NULL;
    return a->where == b->where && a->part == b->part &&
           a->has_span == b->has_span && (a->text == b->text || !placed);
}

/* A site's own action stands as it is. */
ch_action
ch_rule_asks_for(rule_run *r, const rule_entry *entry)
{
    ch_action action = ch_rule_action(entry, r->facts->now_us);
    if (entry->reject_if == NULL || action != entry->public.action) {
        return action;
    }
    const rule_entry *asking = r->rule;
    g_autoptr(GArray) evidence = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    r->rule = entry;
    gboolean worst =
        ch_rule_holds(r, entry->reject_if, ch_rule_whole_post, evidence);
    r->rule = asking;
    return worst ? CH_REJECT : action;
}

static void
add_finding(rule_run *r, const rule_entry *entry, ch_finding f,
            GArray *findings)
{
    f.rule = &entry->public;
    f.asked = ch_rule_asks_for(r, entry);
    f.action = f.asked;
    if (findings->len >= CH_MAX_FINDINGS) {
        return;
    }
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *g = &g_array_index(findings, ch_finding, i);
        if (g->rule == f.rule && may_be_same(g, &f) &&
            g->span.start <= f.span.end && f.span.start <= g->span.end) {
            return; /* overlaps one that is there */
        }
    }
    g_array_append_val(findings, f);
}

/* A site's exception, not yet over, stands in the same sentence. */
static gboolean
is_excepted(rule_run *r, guint text, ch_span span)
{
    const GArray *list = r->rule->exceptions;
    const rule_unit around = {(int)text,
                              ch_rule_widen(r, text, span, WITHIN_SENTENCES)};
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const rule_exception *e = &g_array_index(list, rule_exception, i);
        if (r->facts->now_us < e->until_us &&
            ch_rule_hits_in(r, e->signal, around, 1, NULL)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What the evidence covers in its first text; frames speak of what is around
 * and count only if there is nothing else.  FALSE: no text. */
static gboolean
find_place(const GArray *evidence, guint *text_out, ch_span *span_out)
{
    for (guint wide = 0; wide <= 1; wide++) {
        int text = -1;
        for (guint i = 0; i < evidence->len; i++) {
            rule_hit h = g_array_index(evidence, rule_hit, i);
            if (h.text < 0 || (text >= 0 && h.text != text) ||
                (h.wide && wide == 0)) {
                continue;
            }
            *span_out = text < 0 ? h.span
                                 : (ch_span){MIN(span_out->start, h.span.start),
                                             MAX(span_out->end, h.span.end)};
            text = h.text;
        }
        if (text >= 0) {
            *text_out = (guint)text;
            return TRUE;
        }
    }
    return FALSE;
}

/* One finding over what a unit's evidence covers. */
static void
report(rule_run *r, const GArray *evidence, GArray *findings)
{
    guint number;
    ch_span folded = {0, 0};
    if (!find_place(evidence, &number, &folded)) {
        for (guint i = 0; i < evidence->len; i++) {
            ch_finding f = {.where = CH_WHERE_STRUCTURE,
                            .part = g_array_index(evidence, rule_hit, i).part};
            add_finding(r, r->rule, f, findings);
        }
        return;
    }
    const ch_text *text = r->texts->pdata[number];
    ch_finding f = {
        .where = ch_text_where(text), .part = ch_text_part(text), .text = text};
    if (!is_excepted(r, number, folded)) {
        f.has_span = TRUE;
        f.span = ch_text_origin(text, folded);
        f.line = ch_text_line(text, f.span.start);
        if (f.span.end > f.span.start) { /* else another text shows it */
            add_finding(r, r->rule, f, findings);
        }
    }
}

static gboolean
report_unit(rule_run *r, const rule_node *n, rule_unit u, gpointer findings)
{
    g_autoptr(GArray) evidence = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    if (n->kind != NODE_SIGNAL) {
        if (ch_rule_holds_in(r, n, u, evidence)) {
            report(r, evidence, findings);
        }
        return FALSE; /* go on with the next unit */
    }
    ch_rule_hits_in(r, n->signal, u, CH_MAX_HITS, evidence);
    for (guint i = 0; i < evidence->len; i++) {
        g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(rule_hit));
        g_array_append_val(one, g_array_index(evidence, rule_hit, i));
        report(r, one, findings);
    }
    return FALSE;
}

void
ch_rule_ask(rule_run *r, GArray *findings)
{
    const rule_node *n = r->rule->condition;
    if (n->within == WITHIN_POST || r->rule->about_facts) {
        if (ch_rule_is_possible(r, n, ch_rule_whole_post)) {
            report_unit(r, n, ch_rule_whole_post, findings);
        }
        return;
    }
    for (guint t = 0; t < r->texts->len; t++) {
        rule_unit u = {(int)t, {0, 0}};
        ch_text_folded(r->texts->pdata[t], &u.span.end);
        if (ch_rule_looks_at(r, t) && ch_rule_is_possible(r, n, u)) {
            ch_rule_each_unit(r, n, u, report_unit, findings);
        }
    }
}

static void
call(gboolean *called, const GArray *rules)
{
    for (guint i = 0; i < rules->len; i++) {
        called[g_array_index(rules, guint, i)] = TRUE;
    }
}

/* Which rules something in the post calls for. */
static gboolean *
called_rules(const rule_run *r)
{
    gboolean *called = g_new0(gboolean, r->rules->rules->len);
    call(called, r->rules->always);
    for (guint p = 0; p < r->rules->patterns->len; p++) {
        const rule_pattern *pattern = r->rules->patterns->pdata[p];
        for (guint t = 0; t < r->texts->len; t++) {
            if (ch_rule_fired(r, p, t)) {
                call(called, pattern->rules);
                break;
            }
        }
    }
    return called;
}

/* All rules that are called. */
static void
ask_rules(rule_run *r, GArray *findings)
{
    const GPtrArray *entries = r->rules->rules;
    g_autofree gboolean *called = called_rules(r);
    for (guint i = 0; i < entries->len; i++) {
        r->rule = entries->pdata[i];
        if (called[i]) {
            ch_rule_ask(r, findings);
        }
    }
    r->rule = NULL;
}

/* A pattern that ran away is a finding; FALSE: trouble of ours. */
static gboolean
ask_limits(rule_run *r, GArray *findings, GError **error)
{
    const rule_entry *limit =
        g_hash_table_lookup(r->rules->by_id, "structure/pattern-limit");
    if (r->limit_hit && limit != NULL) {
        add_finding(r, limit,
                    (ch_finding){.where = CH_WHERE_STRUCTURE, .part = -1},
                    findings);
    }
    if (r->failed || (r->limit_hit && limit == NULL)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_LIMIT,
                            "no memory for a pattern");
        return FALSE;
    }
    return TRUE;
}

gboolean
ch_ruleset_run(const ch_ruleset *rules, const GPtrArray *texts,
               const ch_facts *facts, GArray *findings, ch_opinion *opinion,
               GError **error)
{
    rule_run r;
    ch_rule_run_init(&r, rules, texts, facts);
    ask_rules(&r, findings);
    if (opinion != NULL) {
        ch_rule_opinion_review(&r, findings, opinion);
    }
    gboolean ok = ask_limits(&r, findings, error);
    ch_rule_run_clear(&r);
    return ok;
}

void
ch_ruleset_drop_encoder(ch_ruleset *rules)
{
    g_clear_pointer(&rules->opinion.encoder, ch_encoder_free);
}

gboolean
ch_ruleset_opinion(const ch_ruleset *rules, const GPtrArray *texts,
                   const ch_facts *facts, ch_opinion *opinion)
{
    *opinion = (ch_opinion){.text = -1};
    if (rules->opinion.classifier == NULL) {
        return FALSE;
    }
    g_autoptr(ch_reading) reading =
        ch_rule_opinion_form(&rules->opinion, texts, facts, TRUE, opinion);
    return TRUE;
}
