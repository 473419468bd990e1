/*
 * Why a rule holds or does not: the run once more, told step by step.
 *
 * Of all units that a condition could look at, the one that came closest is
 * shown: in it the most of its parts hold.
 */
#include "chaperone/trace.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "rule_run_int.h"

static void
step_clear(gpointer step)
{
    g_free(((ch_step *)step)->label);
}

static void
rule_trace_free(gpointer data)
{
    ch_rule_trace *t = data;
    g_array_unref(t->steps);
    g_free(t->missing);
    g_free(t);
}

void
ch_trace_free(ch_trace *trace)
{
    if (trace != NULL) {
        g_array_unref(trace->entities);
        g_array_unref(trace->signals);
        g_ptr_array_unref(trace->rules);
        ch_opinion_clear(&trace->opinion);
        g_free(trace);
    }
}

static ch_trace *
trace_new(void)
{
    ch_trace *trace = g_new0(ch_trace, 1);
    trace->entities = g_array_new(FALSE, FALSE, sizeof(ch_seen_entity));
    trace->signals = g_array_new(FALSE, FALSE, sizeof(ch_seen_signal));
    trace->rules = g_ptr_array_new_with_free_func(rule_trace_free);
    return trace;
}

/* --- what was seen ----------------------------------------------------- */

static gboolean
has_entity(const ch_trace *trace, const ch_seen_entity *e)
{
    for (guint i = 0; i < trace->entities->len; i++) {
        const ch_seen_entity *o =
            &g_array_index(trace->entities, ch_seen_entity, i);
        if (o->type == e->type && o->text == e->text &&
            o->span.start == e->span.start && o->span.end == e->span.end) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
see_entities(rule_run *r, guint kind, guint t, ch_view view, ch_trace *trace)
{
    ch_text *text = r->texts->pdata[t];
    ch_entity_text in = {.text = view == CH_VIEW_FOLDED ? text : NULL};
    in.data = ch_text_view(text, view, &in.length);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ch_entity));
    if (in.data == NULL || view == CH_VIEW_SPOKEN) {
        return;
    }
    ch_entities_find(r->rules->entities, kind, &in, found);
    for (guint i = 0; i < found->len; i++) {
        const ch_entity *e = &g_array_index(found, ch_entity, i);
        ch_seen_entity seen = {
            ch_entities_name(kind), t,
            ch_text_origin(text, ch_text_view_origin(text, view, e->span)),
            e->own};
        if (!has_entity(trace, &seen)) {
            g_array_append_val(trace->entities, seen);
        }
    }
}

static int
by_entity_place(gconstpointer a, gconstpointer b)
{
    const ch_seen_entity *x = a, *y = b;
    return x->text != y->text ? (x->text < y->text ? -1 : 1)
           : x->span.start != y->span.start
               ? (x->span.start < y->span.start ? -1 : 1)
               : strcmp(x->type, y->type);
}

static void
see_all_entities(rule_run *r, ch_trace *trace)
{
    for (guint t = 0; t < r->texts->len; t++) {
        for (guint kind = 0; kind < ch_entities_count(); kind++) {
            for (ch_view v = CH_VIEW_FOLDED; v < CH_VIEW_COUNT; v++) {
                see_entities(r, kind, t, v, trace);
            }
        }
    }
    g_array_sort(trace->entities, by_entity_place);
}

static void
see_signals(rule_run *r, ch_trace *trace)
{
    for (guint i = 0; i < r->rules->signals->len; i++) {
        const rule_signal *s = r->rules->signals->pdata[i];
        for (guint t = 0;
             s->used && s->kind != SIGNAL_FACT && t < r->texts->len; t++) {
            const GArray *spans = ch_rule_hits(r, i, t);
            for (guint h = 0; h < spans->len; h++) {
                ch_seen_signal seen = {
                    s->owner, s->name, t,
                    ch_text_origin(r->texts->pdata[t],
                                   g_array_index(spans, ch_span, h)),
                    s->frame};
                g_array_append_val(trace->signals, seen);
            }
        }
    }
}

/* --- rules ------------------------------------------------------------- */

static const char *
unit_name(const rule_node *n, char *buffer, gsize size)
{
    switch (n->within) {
    case WITHIN_INHERIT:
        return "";
    case WITHIN_CLAUSE:
        return " within clause";
    case WITHIN_PARAGRAPH:
        return " within paragraph";
    case WITHIN_PART:
        return " within part";
    case WITHIN_POST:
        return " within post";
    case WITHIN_SENTENCES:
        if (n->amount == 1) {
            return " within sentence";
        }
        break;
    case WITHIN_CHARACTERS:
        break;
    }
    g_snprintf(buffer, size, " within %u %s", n->amount,
               n->within == WITHIN_SENTENCES ? "sentences" : "characters");
    return buffer;
}

static char *
dup_signal_label(const rule_run *r, guint signal)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    return strcmp(s->owner, r->rule->public.id) == 0
               ? g_strdup(s->name)
               : g_strconcat(s->owner, ".", s->name, NULL);
}

static char *
dup_label(const rule_run *r, const rule_node *n)
{
    char buffer[40];
    const char *unit = unit_name(n, buffer, sizeof buffer);
    g_autofree char *name = NULL;
    switch (n->kind) {
    case NODE_SIGNAL:
        return dup_signal_label(r, n->signal);
    case NODE_HITS:
        name = dup_signal_label(r, n->signal);
        return g_strdup_printf("at least %d%s %s%s", n->need,
                               n->distinct ? " different" : "", name, unit);
    case NODE_ALL:
        return g_strdup_printf("all%s%s", n->ordered ? " in this order" : "",
                               unit);
    case NODE_ANY:
        return g_strdup_printf("any%s", unit);
    case NODE_NOT:
        return g_strdup_printf("not%s", unit);
    case NODE_COUNT:
        return g_strdup_printf("at least %d of%s", n->need, unit);
    case NODE_SCORE:
        return g_strdup_printf("a score of at least %d%s", n->need, unit);
    }
    return NULL;
}

typedef struct {
    rule_unit best;
    int most; /* parts that hold in it, -1: none seen */
} closest;

/* How near a condition is to holding in a unit. */
static gboolean
weigh_unit(rule_run *r, const rule_node *n, rule_unit u, gpointer data)
{
    closest *c = data;
    g_autoptr(GArray) evidence = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    gboolean holds = ch_rule_holds_in(r, n, u, evidence);
    int parts = holds ? 10000 : 0;
    for (guint i = 0; !holds && i < n->children->len; i++) {
        const rule_node *child = n->children->pdata[i];
        int worth = child->kind == NODE_NOT ? 1 : 3;
        parts += ch_rule_holds(r, child, u, evidence) ? worth : 0;
    }
    if (parts > c->most) {
        *c = (closest){u, parts};
    }
    return holds;
}

/* A score's label tells how far it came. */
static void
tell_sum(const rule_node *n, ch_rule_trace *out, guint score)
{
    ch_step *step = &g_array_index(out->steps, ch_step, score);
    int sum = 0;
    for (guint i = score + 1, child = 0; i < out->steps->len; i++) {
        const ch_step *s = &g_array_index(out->steps, ch_step, i);
        if (s->depth == step->depth + 1) {
            sum += s->holds ? g_array_index(n->points, int, child) : 0;
            child++;
        }
    }
    char *label = g_strdup_printf("%s (it is %d)", step->label, sum);
    g_free(step->label);
    step->label = label;
}

static void
trace_node(rule_run *r, const rule_node *n, rule_unit outer, guint depth,
           const char *prefix, ch_rule_trace *out)
{
    closest c = {outer, -1};
    guint index = out->steps->len;
    g_autofree char *label = dup_label(r, n);
    ch_rule_each_unit(r, n, outer, weigh_unit, &c);
    ch_step step = {depth, c.most >= 10000, g_strconcat(prefix, label, NULL)};
    g_array_append_val(out->steps, step);
    for (guint i = 0; i < n->children->len; i++) {
        g_autofree char *points =
            n->kind == NODE_SCORE
                ? g_strdup_printf("%+d ", g_array_index(n->points, int, i))
                : g_strdup("");
        trace_node(r, n->children->pdata[i], c.best, depth + 1, points, out);
    }
    if (n->kind == NODE_SCORE) {
        tell_sum(n, out, index);
    }
}

/* What stands there in spite of a "not": the leaves below it that hold. */
static void
append_vetoes(const GArray *steps, guint veto, GString *out)
{
    guint depth = g_array_index(steps, ch_step, veto).depth;
    for (guint i = veto + 1; i < steps->len; i++) {
        const ch_step *s = &g_array_index(steps, ch_step, i);
        const ch_step *next = i + 1 < steps->len ? s + 1 : NULL;
        if (s->depth <= depth) {
            return;
        }
        if (s->holds && (next == NULL || next->depth <= s->depth)) {
            g_string_append_printf(out, " %s", s->label);
        }
    }
}

/* The first part that had to hold and did not, the deepest such. */
static char *
dup_missing(const GArray *steps)
{
    const ch_step *found = NULL;
    for (guint i = 0; i < steps->len; i++) {
        const ch_step *s = &g_array_index(steps, ch_step, i);
        if (found != NULL && s->depth <= found->depth) {
            break;
        }
        if (!s->holds) {
            found = s;
        }
        if (!s->holds && g_str_has_prefix(s->label, "a score")) {
            break; /* no single part of it is to blame */
        }
        if (!s->holds && g_str_has_prefix(s->label, "not")) {
            GString *out = g_string_new(s->label);
            append_vetoes(steps, i, out);
            return g_string_free(out, FALSE);
        }
    }
    return found == NULL ? NULL : g_strdup(found->label);
}

/* Whether anything that the rule looks for stands in the post. */
static gboolean
has_any(rule_run *r, const rule_node *n)
{
    if (n->kind == NODE_SIGNAL || n->kind == NODE_HITS) {
        const rule_signal *s = r->rules->signals->pdata[n->signal];
        g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(rule_hit));
        return s->kind != SIGNAL_FACT && !s->frame &&
               ch_rule_hits_in(r, n->signal, ch_rule_whole_post, 1, one);
    }
    for (guint i = 0; n->kind != NODE_NOT && i < n->children->len; i++) {
        if (has_any(r, n->children->pdata[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
trace_rule(rule_run *r, ch_trace *trace)
{
    const rule_node *n = r->rule->condition;
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    ch_rule_ask(r, findings);
    if (findings->len == 0 && !has_any(r, n)) {
        return;
    }
    ch_rule_trace *t = g_new0(ch_rule_trace, 1);
    closest c = {ch_rule_whole_post, -1};
    t->rule = &r->rule->public;
    t->holds = findings->len > 0;
    t->steps = g_array_new(FALSE, FALSE, sizeof(ch_step));
    g_array_set_clear_func(t->steps, step_clear);
    for (guint i = 0; n->within != WITHIN_POST && i < r->texts->len; i++) {
        rule_unit u = {(int)i, {0, 0}};
        ch_text_folded(r->texts->pdata[i], &u.span.end);
        if (ch_rule_looks_at(r, i)) {
            closest in_text = {u, -1};
            ch_rule_each_unit(r, n, u, weigh_unit, &in_text);
            if (in_text.most > c.most) {
                c = (closest){u, in_text.most};
            }
        }
    }
    trace_node(r, n, c.best, 0, "", t);
    t->missing = t->holds ? NULL : dup_missing(t->steps);
    if (t->holds && r->rule->reject_if != NULL) {
        trace_node(r, r->rule->reject_if, ch_rule_whole_post, 0,
                   "reject-if: ", t);
    }
    g_ptr_array_add(trace->rules, t);
}

ch_trace *
ch_ruleset_trace(const ch_ruleset *rules, const GPtrArray *texts,
                 const ch_facts *facts, GError **error)
{
    g_autoptr(ch_trace) trace = trace_new();
    rule_run r;
    ch_rule_run_init(&r, rules, texts, facts);
    see_all_entities(&r, trace);
    see_signals(&r, trace);
    for (guint i = 0; i < rules->rules->len; i++) {
        r.rule = rules->rules->pdata[i];
        if (r.rule->public.enabled) {
            trace_rule(&r, trace);
        }
    }
    gboolean failed = r.failed;
    ch_rule_run_clear(&r);
    if (failed) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_LIMIT,
                            "no memory for a pattern");
        return NULL;
    }
    trace->has_opinion =
        ch_ruleset_opinion(rules, texts, facts, &trace->opinion);
    return g_steal_pointer(&trace);
}
