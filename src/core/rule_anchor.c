/*
 * Anchors: of which patterns at least one must have a hit for a rule to
 * hold.  A post in which none of them fired need not ask that rule, so a
 * thousand rules cost what fires, not what is there.
 */
#include "ruleset_int.h"

/* What asking on a fact or always counts: more than any list of patterns. */
#define COST_ALWAYS 100000u

static guint add_node(const ch_ruleset *rules, const rule_node *n,
                      GArray *patterns);

/* Appends the patterns that call a signal; returns what that costs. */
static guint
add_signal(const ch_ruleset *rules, guint signal, GArray *patterns)
{
    const rule_signal *s = rules->signals->pdata[signal];
    if (s->kind == SIGNAL_FACT) {
        return COST_ALWAYS;
    }
    if (s->kind == SIGNAL_CONDITION) {
        return add_node(rules, s->condition, patterns);
    }
    g_array_append_val(patterns, s->pattern);
    return 1;
}

/* All must hold: the cheapest child will do. */
static guint
add_cheapest(const ch_ruleset *rules, const rule_node *n, GArray *patterns)
{
    g_autoptr(GArray) best = NULL;
    guint cost = COST_ALWAYS;
    for (guint i = 0; i < n->children->len; i++) {
        GArray *mine = g_array_new(FALSE, FALSE, sizeof(guint));
        guint my_cost = add_node(rules, n->children->pdata[i], mine);
        if (my_cost < cost) {
            g_clear_pointer(&best, g_array_unref);
            best = mine;
            cost = my_cost;
        } else {
            g_array_unref(mine);
        }
    }
    if (best != NULL) {
        g_array_append_vals(patterns, best->data, best->len);
    }
    return cost;
}

static guint
add_node(const ch_ruleset *rules, const rule_node *n, GArray *patterns)
{
    guint cost = 0;
    switch (n->kind) {
    case NODE_SIGNAL:
    case NODE_HITS:
        return add_signal(rules, n->signal, patterns);
    case NODE_NOT:
        return COST_ALWAYS;
    case NODE_ALL:
        return add_cheapest(rules, n, patterns);
    case NODE_ANY:
    case NODE_COUNT:
    case NODE_SCORE:
        for (guint i = 0; i < n->children->len; i++) {
            if (n->kind != NODE_SCORE || g_array_index(n->points, int, i) > 0) {
                cost += add_node(rules, n->children->pdata[i], patterns);
            }
        }
        break;
    }
    return MIN(cost, COST_ALWAYS);
}

/* Whether it holds or not for the post, not in a text. */
static gboolean
is_about_facts(const ch_ruleset *rules, const rule_node *n)
{
    if (n->kind == NODE_SIGNAL || n->kind == NODE_HITS) {
        const rule_signal *s = rules->signals->pdata[n->signal];
        return s->kind == SIGNAL_FACT;
    }
    for (guint i = 0; i < n->children->len; i++) {
        if (!is_about_facts(rules, n->children->pdata[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

void
ch_rule_anchor(ch_ruleset *rules)
{
    for (guint i = 0; i < rules->rules->len; i++) {
        rule_entry *r = rules->rules->pdata[i];
        g_autoptr(GArray) patterns = g_array_new(FALSE, FALSE, sizeof(guint));
        if (!r->public.enabled) {
            continue;
        }
        r->about_facts = is_about_facts(rules, r->condition);
        if (add_node(rules, r->condition, patterns) >= COST_ALWAYS) {
            g_array_append_val(rules->always, i);
            continue;
        }
        for (guint p = 0; p < patterns->len; p++) {
            rule_pattern *pattern =
                rules->patterns->pdata[g_array_index(patterns, guint, p)];
            g_array_append_val(pattern->rules, i);
        }
    }
}
