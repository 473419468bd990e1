/*
 * Rules over texts: signals are searched when a condition first asks, once a
 * text; conditions are evaluated over units (sentence, part, post ...) and
 * what made them true becomes the place of the finding.
 */
#include "ruleset_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

typedef struct {
    int text; /* index, -1: no text (a fact) */
    ch_span span;
    int part; /* of a fact */
} hit;

/* Where a condition must hold: one text or, with text -1, the whole post. */
typedef struct {
    int text;
    ch_span span;
} unit;

typedef struct {
    const ch_ruleset *rules;
    const GPtrArray *texts;
    const ch_facts *facts;
    GArray ***hits; /* [text][signal]: of ch_span, or NULL; rows as needed */
    GArray **fact_hits;     /* [signal]: of hit, or NULL */
    const rule_entry *rule; /* being evaluated */
    gboolean limit_hit, failed;
} run;

static const unit whole_post = {-1, {0, G_MAXSIZE}};

/* --- signals ----------------------------------------------------------- */

static void
note_result(run *r, ch_regex_result result)
{
    r->limit_hit |= result == CH_REGEX_LIMIT;
    r->failed |= result == CH_REGEX_FAILED;
}

static GArray *
search(run *r, const rule_signal *s, const ch_text *text)
{
    GArray *spans = g_array_new(FALSE, FALSE, sizeof(ch_span));
    gsize length;
    const char *folded = ch_text_folded(text, &length);
    if (s->kind == SIGNAL_REGEX) {
        note_result(r, ch_regex_find(s->regex, folded, length, spans));
        return spans;
    }
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ch_entity));
    ch_entity_text in = {folded, length, text};
    note_result(r, ch_entities_find(r->rules->entities, s->number, &in, found));
    for (guint i = 0; i < found->len; i++) {
        const ch_entity *e = &g_array_index(found, ch_entity, i);
        if (!e->own || s->own_too) {
            g_array_append_val(spans, e->span);
        }
    }
    return spans;
}

static const GArray *
hits_in_text(run *r, guint signal, guint text)
{
    if (r->hits[text] == NULL) {
        r->hits[text] = g_new0(GArray *, r->rules->signals->len);
    }
    GArray **slot = &r->hits[text][signal];
    if (*slot == NULL) {
        *slot =
            search(r, r->rules->signals->pdata[signal], r->texts->pdata[text]);
    }
    return *slot;
}

static void
add_fact(GArray *hits, int part)
{
    hit h = {-1, {0, 0}, part};
    g_array_append_val(hits, h);
}

static void
add_unscanned(const run *r, fact_kind fact, GArray *hits)
{
    const GArray *list = r->facts->unscanned;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        gboolean unsupported = u->reason == CH_UNSCANNED_UNSUPPORTED;
        const char *type =
            u->part < 0
                ? ""
                : ((const ch_part *)r->facts->parts->pdata[u->part])->type;
        if (fact == FACT_UNREADABLE
                ? !unsupported
                : unsupported && !ch_message_is_media(type)) {
            add_fact(hits, u->part);
        }
    }
}

/* What makes a fact true: one hit a part, or one for the post. */
static GArray *
find_fact(const run *r, fact_kind fact)
{
    GArray *hits = g_array_new(FALSE, FALSE, sizeof(hit));
    const GArray *defects = r->facts->defects;
    switch (fact) {
    case FACT_REPLY:
        if (r->facts->is_reply) {
            add_fact(hits, -1);
        }
        break;
    case FACT_IMAGE:
        if (r->facts->has_image) {
            add_fact(hits, -1);
        }
        break;
    case FACT_UNREADABLE:
    case FACT_UNSUPPORTED:
        add_unscanned(r, fact, hits);
        break;
    case FACT_AMBIGUOUS:
        for (guint i = 0; defects != NULL && i < defects->len; i++) {
            add_fact(hits, g_array_index(defects, ch_defect, i).part);
        }
        break;
    case FACT_PATTERN_LIMIT: /* these three are raised by hand */
    case FACT_COMBINED:
    case FACT_FAILURE:
    case FACT_COUNT:
        break;
    }
    return hits;
}

static const GArray *
hits_of_fact(run *r, guint signal)
{
    if (r->fact_hits[signal] == NULL) {
        const rule_signal *s = r->rules->signals->pdata[signal];
        r->fact_hits[signal] = find_fact(r, (fact_kind)s->number);
    }
    return r->fact_hits[signal];
}

static gboolean
looks_at(const rule_entry *entry, const ch_text *text)
{
    return (entry->places & (1u << ch_text_where(text))) != 0;
}

static gboolean
is_quoted(const ch_text *text, ch_span span)
{
    const GArray *quotes = ch_text_quotes(text);
    for (guint i = 0; i < quotes->len; i++) {
        ch_span q = g_array_index(quotes, ch_span, i);
        if (span.start >= q.start && span.end <= q.end) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Appends the hits of a signal in a unit to out; at most max of them. */
static gboolean
signal_hits(run *r, guint signal, unit u, guint max, GArray *out)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    guint before = out->len;
    if (s->kind == SIGNAL_FACT) {
        const GArray *facts = hits_of_fact(r, signal);
        g_array_append_vals(out, facts->data, MIN(facts->len, max));
        return out->len > before;
    }
    for (guint t = u.text < 0 ? 0 : (guint)u.text;
         t < (u.text < 0 ? r->texts->len : (guint)u.text + 1); t++) {
        const ch_text *text = r->texts->pdata[t];
        if (!looks_at(r->rule, text)) {
            continue;
        }
        const GArray *spans = hits_in_text(r, signal, t);
        for (guint i = 0; i < spans->len && out->len - before < max; i++) {
            ch_span span = g_array_index(spans, ch_span, i);
            if (span.start >= u.span.start && span.end <= u.span.end &&
                (r->rule->quoted || !is_quoted(text, span))) {
                hit h = {(int)t, span, -1};
                g_array_append_val(out, h);
            }
        }
    }
    return out->len > before;
}

/* --- conditions -------------------------------------------------------- */

typedef gboolean (*unit_visit)(run *r, const rule_node *n, unit u,
                               gpointer data);

static gboolean holds(run *r, const rule_node *n, unit u, GArray *evidence);

/* Calls visit for the units of a node inside of one text until TRUE. */
static gboolean
each_piece(run *r, const rule_node *n, unit outer, unit_visit visit,
           gpointer data)
{
    const ch_text *text = r->texts->pdata[outer.text];
    const GArray *starts = n->within == WITHIN_PARAGRAPH
                               ? ch_text_paragraphs(text)
                               : ch_text_sentences(text);
    gsize length;
    ch_text_folded(text, &length);
    for (guint i = 0; i < starts->len; i++) {
        guint last = i + n->amount;
        ch_span span = {g_array_index(starts, gsize, i),
                        last < starts->len ? g_array_index(starts, gsize, last)
                                           : length};
        span.start = MAX(span.start, outer.span.start);
        span.end = MIN(span.end, outer.span.end);
        if (span.start < span.end &&
            visit(r, n, (unit){outer.text, span}, data)) {
            return TRUE;
        }
        if (last >= starts->len) {
            break;
        }
    }
    return FALSE;
}

/* The same for "N characters" around every hit of the first child. */
static gboolean
each_vicinity(run *r, const rule_node *n, unit outer, unit_visit visit,
              gpointer data)
{
    const rule_node *first = n->children->pdata[0];
    g_autoptr(GArray) anchors = g_array_new(FALSE, FALSE, sizeof(hit));
    if (first->kind == NODE_SIGNAL) {
        signal_hits(r, first->signal, outer, CH_MAX_HITS, anchors);
    } else {
        holds(r, first, outer, anchors);
    }
    for (guint i = 0; i < anchors->len; i++) {
        hit h = g_array_index(anchors, hit, i);
        if (h.text != outer.text) {
            continue;
        }
        gsize before = MIN(h.span.start - outer.span.start, n->amount);
        ch_span span = {h.span.start - before,
                        MIN(h.span.end + n->amount, outer.span.end)};
        if (visit(r, n, (unit){outer.text, span}, data)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Calls visit for each unit that the node asks for inside of outer. */
static gboolean
each_unit(run *r, const rule_node *n, unit outer, unit_visit visit,
          gpointer data)
{
    if (n->within == WITHIN_INHERIT || n->within == WITHIN_POST) {
        return visit(r, n, n->within == WITHIN_POST ? whole_post : outer, data);
    }
    for (guint t = outer.text < 0 ? 0 : (guint)outer.text;
         t < (outer.text < 0 ? r->texts->len : (guint)outer.text + 1); t++) {
        unit in_text = {(int)t, {0, G_MAXSIZE}};
        if (outer.text >= 0) {
            in_text = outer;
        }
        if (!looks_at(r->rule, r->texts->pdata[t])) {
            continue;
        }
        gboolean done = n->within == WITHIN_PART ? visit(r, n, in_text, data)
                        : n->within == WITHIN_CHARACTERS
                            ? each_vicinity(r, n, in_text, visit, data)
                            : each_piece(r, n, in_text, visit, data);
        if (done) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Whether the node's operator holds in just this unit. */
static gboolean
holds_in_unit(run *r, const rule_node *n, unit u, gpointer data)
{
    GArray *evidence = data;
    guint before = evidence->len, true_children = 0;
    guint need = n->kind == NODE_ALL     ? n->children->len
                 : n->kind == NODE_COUNT ? n->need
                                         : 1;
    if (n->kind == NODE_SIGNAL) {
        return signal_hits(r, n->signal, u, 1, evidence);
    }
    for (guint i = 0; i < n->children->len && true_children < need; i++) {
        if (holds(r, n->children->pdata[i], u, evidence)) {
            true_children++;
        } else if (n->kind == NODE_ALL) {
            break;
        }
    }
    gboolean result = true_children >= need;
    if (n->kind == NODE_NOT) {
        g_array_set_size(evidence, before);
        return !result;
    }
    if (!result) {
        g_array_set_size(evidence, before);
    }
    return result;
}

static gboolean
holds(run *r, const rule_node *n, unit u, GArray *evidence)
{
    return each_unit(r, n, u, holds_in_unit, evidence);
}

/* Whether a node could hold anywhere in u, vetoes left aside: one look at
 * the whole saves looking at every sentence. */
static gboolean
is_possible(run *r, const rule_node *n, unit u)
{
    guint possible = 0;
    guint need = n->kind == NODE_ALL     ? n->children->len
                 : n->kind == NODE_COUNT ? n->need
                                         : 1;
    if (n->kind == NODE_NOT) {
        return TRUE;
    }
    if (n->within == WITHIN_POST) {
        u = whole_post;
    }
    if (n->kind == NODE_SIGNAL) {
        g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(hit));
        return signal_hits(r, n->signal, u, 1, one);
    }
    for (guint i = 0; i < n->children->len && possible < need; i++) {
        if (is_possible(r, n->children->pdata[i], u)) {
            possible++;
        } else if (n->kind == NODE_ALL) {
            return FALSE;
        }
    }
    return possible >= need;
}

/* --- findings ---------------------------------------------------------- */

static void
add_finding(const ch_rule *rule, ch_where where, int part, const ch_text *text,
            ch_span folded, GArray *findings)
{
    ch_finding f = {
        .rule = rule, .action = rule->action, .where = where, .part = part};
    if (findings->len >= CH_MAX_FINDINGS) {
        return;
    }
    if (text != NULL) {
        f.has_span = TRUE;
        f.span = ch_text_origin(text, folded);
        f.line = ch_text_line(text, f.span.start);
    }
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *g = &g_array_index(findings, ch_finding, i);
        if (g->rule == rule && g->where == where && g->part == part &&
            g->has_span == f.has_span && g->span.start <= f.span.end &&
            f.span.start <= g->span.end) {
            return; /* overlaps one that is there */
        }
    }
    g_array_append_val(findings, f);
}

/* One finding over what a unit's evidence covers in its first text. */
static void
report(run *r, const GArray *evidence, GArray *findings)
{
    const ch_rule *rule = &r->rule->public;
    int text = -1;
    ch_span cover = {0, 0};
    for (guint i = 0; i < evidence->len; i++) {
        hit h = g_array_index(evidence, hit, i);
        if (h.text < 0 || (text >= 0 && h.text != text)) {
            continue;
        }
        cover = text < 0 ? h.span
                         : (ch_span){MIN(cover.start, h.span.start),
                                     MAX(cover.end, h.span.end)};
        text = h.text;
    }
    if (text >= 0) {
        const ch_text *t = r->texts->pdata[text];
        add_finding(rule, ch_text_where(t), ch_text_part(t), t, cover,
                    findings);
        return;
    }
    for (guint i = 0; i < evidence->len; i++) {
        add_finding(rule, CH_WHERE_STRUCTURE,
                    g_array_index(evidence, hit, i).part, NULL, (ch_span){0, 0},
                    findings);
    }
}

static gboolean
report_unit(run *r, const rule_node *n, unit u, gpointer data)
{
    g_autoptr(GArray) evidence = g_array_new(FALSE, FALSE, sizeof(hit));
    if (n->kind != NODE_SIGNAL) {
        if (holds_in_unit(r, n, u, evidence)) {
            report(r, evidence, data);
        }
        return FALSE; /* go on with the next unit */
    }
    signal_hits(r, n->signal, u, CH_MAX_HITS, evidence);
    for (guint i = 0; i < evidence->len; i++) {
        g_autoptr(GArray) one = g_array_new(FALSE, FALSE, sizeof(hit));
        g_array_append_val(one, g_array_index(evidence, hit, i));
        report(r, one, data);
    }
    return FALSE;
}

static gboolean
is_about_facts(const run *r, const rule_node *n)
{
    if (n->kind == NODE_SIGNAL) {
        const rule_signal *s = r->rules->signals->pdata[n->signal];
        return s->kind == SIGNAL_FACT;
    }
    for (guint i = 0; i < n->children->len; i++) {
        if (!is_about_facts(r, n->children->pdata[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

static void
run_rule(run *r, GArray *findings)
{
    const rule_node *n = r->rule->condition;
    if (n->within == WITHIN_POST || is_about_facts(r, n)) {
        if (is_possible(r, n, whole_post)) {
            report_unit(r, n, whole_post, findings);
        }
        return;
    }
    for (guint t = 0; t < r->texts->len; t++) {
        unit u = {(int)t, {0, 0}};
        ch_text_folded(r->texts->pdata[t], &u.span.end);
        if (looks_at(r->rule, r->texts->pdata[t]) && is_possible(r, n, u)) {
            each_unit(r, n, u, report_unit, findings);
        }
    }
}

static void
run_clear(run *r)
{
    guint signals = r->rules->signals->len;
    for (guint t = 0; t < r->texts->len; t++) {
        for (guint i = 0; r->hits[t] != NULL && i < signals; i++) {
            g_clear_pointer(&r->hits[t][i], g_array_unref);
        }
        g_free(r->hits[t]);
    }
    for (guint i = 0; i < signals; i++) {
        g_clear_pointer(&r->fact_hits[i], g_array_unref);
    }
    g_free(r->hits);
    g_free(r->fact_hits);
}

gboolean
ch_ruleset_run(const ch_ruleset *rules, const GPtrArray *texts,
               const ch_facts *facts, GArray *findings, GError **error)
{
    run r = {.rules = rules, .texts = texts, .facts = facts};
    r.hits = g_new0(GArray **, texts->len);
    r.fact_hits = g_new0(GArray *, rules->signals->len);
    for (guint i = 0; i < rules->rules->len; i++) {
        r.rule = rules->rules->pdata[i];
        run_rule(&r, findings);
    }
    const ch_rule *limit = ch_ruleset_find(rules, "structure/pattern-limit");
    if (r.limit_hit && limit != NULL) {
        add_finding(limit, CH_WHERE_STRUCTURE, -1, NULL, (ch_span){0, 0},
                    findings);
    }
    gboolean failed = r.failed || (r.limit_hit && limit == NULL);
    run_clear(&r);
    if (failed) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_LIMIT,
                            "no memory for a pattern");
    }
    return !failed;
}
