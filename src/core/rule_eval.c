/*
 * Conditions over units: a sentence, a part, the post.  A condition asks for
 * units of its own inside of the one it is asked in; what made it hold is
 * kept as evidence, so that people can be shown the place.
 */
#include "rule_run_int.h"

#include "chaperone/limits.h"

#include <string.h>

/* --- units ------------------------------------------------------------- */

/* Calls visit for the pieces of one text until TRUE. */
static gboolean
each_piece(rule_run *r, const rule_node *n, rule_unit outer, rule_visit visit,
           gpointer data)
{
    const ch_text *text = r->texts->pdata[outer.text];
    const GArray *starts =
        n->within == WITHIN_PARAGRAPH ? ch_text_paragraphs(text)
        : n->within == WITHIN_CLAUSE  ? ch_rule_clauses(r, (guint)outer.text)
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
            visit(r, n, (rule_unit){outer.text, span}, data)) {
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
each_vicinity(rule_run *r, const rule_node *n, rule_unit outer,
              rule_visit visit, gpointer data)
{
    const rule_node *first =
        n->children->len > 0 ? n->children->pdata[0] : NULL;
    g_autoptr(GArray) anchors = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    if (first == NULL) { /* count: around itself */
        ch_rule_hits_in(r, n->signal, outer, CH_MAX_HITS, anchors);
    } else if (first->kind == NODE_SIGNAL) {
        ch_rule_hits_in(r, first->signal, outer, CH_MAX_HITS, anchors);
    } else {
        ch_rule_holds(r, first, outer, anchors);
    }
    for (guint i = 0; i < anchors->len; i++) {
        rule_hit h = g_array_index(anchors, rule_hit, i);
        if (h.text != outer.text) {
            continue;
        }
        gsize before = MIN(h.span.start - outer.span.start, n->amount);
        ch_span span = {h.span.start - before,
                        MIN(h.span.end + n->amount, outer.span.end)};
        if (visit(r, n, (rule_unit){outer.text, span}, data)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_rule_each_unit(rule_run *r, const rule_node *n, rule_unit outer,
                  rule_visit visit, gpointer data)
{
    if (n->within == WITHIN_INHERIT || n->within == WITHIN_POST) {
        return visit(
            r, n, n->within == WITHIN_POST ? ch_rule_whole_post : outer, data);
    }
    for (guint t = outer.text < 0 ? 0 : (guint)outer.text;
         t < (outer.text < 0 ? r->texts->len : (guint)outer.text + 1); t++) {
        rule_unit in_text = {(int)t, outer.span};
        if (outer.text < 0) {
            in_text.span.start = 0;
            ch_text_folded(r->texts->pdata[t], &in_text.span.end);
        }
        if (!ch_rule_looks_at(r, t)) {
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

/* --- operators --------------------------------------------------------- */

/* Where the evidence from index on ends in a text. */
static gsize
evidence_end(const GArray *evidence, guint from, int text, gsize otherwise)
{
    gsize end = otherwise;
    for (guint i = from; i < evidence->len; i++) {
        const rule_hit *h = &g_array_index(evidence, rule_hit, i);
        if (h->text == text) {
            end = MAX(end, h->span.end);
        }
    }
    return end;
}

static gboolean
holds_all(rule_run *r, const rule_node *n, rule_unit u, GArray *evidence)
{
    for (guint i = 0; i < n->children->len; i++) {
        guint before = evidence->len;
        if (!ch_rule_holds(r, n->children->pdata[i], u, evidence)) {
            return FALSE;
        }
        if (n->ordered && u.text >= 0) { /* what follows stands behind */
            u.span.start = evidence_end(evidence, before, u.text, u.span.start);
        }
    }
    return TRUE;
}

static gboolean
holds_count(rule_run *r, const rule_node *n, rule_unit u, GArray *evidence)
{
    int need = n->kind == NODE_COUNT ? n->need : 1;
    for (guint i = 0; i < n->children->len && need > 0; i++) {
        need -= ch_rule_holds(r, n->children->pdata[i], u, evidence);
    }
    return need <= 0;
}

static gboolean
holds_score(rule_run *r, const rule_node *n, rule_unit u, GArray *evidence)
{
    int sum = 0;
    for (guint i = 0; i < n->children->len; i++) {
        guint before = evidence->len;
        int points = g_array_index(n->points, int, i);
        if (ch_rule_holds(r, n->children->pdata[i], u, evidence)) {
            sum += points;
        }
        if (points < 0) { /* what weakens is no evidence */
            g_array_set_size(evidence, before);
        }
    }
    return sum >= n->need;
}

/* Leaves one hit of each value. */
static void
keep_distinct(const rule_run *r, GArray *hits)
{
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint kept = 0;
    for (guint i = 0; i < hits->len; i++) {
        rule_hit h = g_array_index(hits, rule_hit, i);
        char *value =
            h.text < 0
                ? g_strdup_printf("fact %d", h.part)
                : g_strndup(ch_text_folded(r->texts->pdata[h.text], NULL) +
                                h.span.start,
                            h.span.end - h.span.start);
        if (g_hash_table_add(seen, value)) {
            g_array_index(hits, rule_hit, kept++) = h;
        }
    }
    g_array_set_size(hits, kept);
}

static gboolean
holds_hits(rule_run *r, const rule_node *n, rule_unit u, GArray *evidence)
{
    g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    ch_rule_hits_in(r, n->signal, u, CH_MAX_HITS, hits);
    if (n->distinct) {
        keep_distinct(r, hits);
    }
    guint64 need = (guint64)n->need;
    if (hits->len < need ||
        (n->per_words > 0 && (guint64)hits->len * n->per_words <
                                 need * ch_rule_count_words(r, u))) {
        return FALSE;
    }
    g_array_append_vals(evidence, hits->data, hits->len);
    return TRUE;
}

gboolean
ch_rule_holds_in(rule_run *r, const rule_node *n, rule_unit u, gpointer data)
{
    GArray *evidence = data;
    guint before = evidence->len;
    gboolean result = FALSE;
    switch (n->kind) {
    case NODE_SIGNAL:
        return ch_rule_hits_in(r, n->signal, u, 1, evidence);
    case NODE_ALL:
        result = holds_all(r, n, u, evidence);
        break;
    case NODE_SCORE:
        result = holds_score(r, n, u, evidence);
        break;
    case NODE_HITS:
        result = holds_hits(r, n, u, evidence);
        break;
    case NODE_ANY:
    case NODE_COUNT:
        result = holds_count(r, n, u, evidence);
        break;
    case NODE_NOT:
        result = !holds_count(r, n, u, evidence);
        g_array_set_size(evidence, before); /* an absence has no place */
        break;
    }
    if (!result) {
        g_array_set_size(evidence, before);
    }
    return result;
}

gboolean
ch_rule_holds(rule_run *r, const rule_node *n, rule_unit u, GArray *evidence)
{
    return ch_rule_each_unit(r, n, u, ch_rule_holds_in, evidence);
}

/* --- what is not worth a look ------------------------------------------ */

typedef gboolean (*leaf_test)(rule_run *r, guint signal, rule_unit u);

/* Whether a node could hold anywhere in u if test is all that is asked of its
 * signals: units, order and vetoes are left aside. */
static gboolean
could_hold(rule_run *r, const rule_node *n, rule_unit u, leaf_test test)
{
    int possible = 0;
    int need = n->kind == NODE_ALL     ? (int)n->children->len
               : n->kind == NODE_COUNT ? n->need
                                       : 1;
    if (n->kind == NODE_NOT) {
        return TRUE;
    }
    if (n->within == WITHIN_POST) {
        u = ch_rule_whole_post;
    }
    if (n->kind == NODE_SIGNAL || n->kind == NODE_HITS) {
        return test(r, n->signal, u);
    }
    for (guint i = 0; i < n->children->len && possible < need; i++) {
        if ((n->kind != NODE_SCORE || g_array_index(n->points, int, i) > 0) &&
            could_hold(r, n->children->pdata[i], u, test)) {
            possible++;
        } else if (n->kind == NODE_ALL) {
            return FALSE;
        }
    }
    return possible >= need;
}

static gboolean
has_hit(rule_run *r, guint signal, rule_unit u)
{
    return ch_rule_hits_in(r, signal, u, 1, NULL);
}

static gboolean may_hit(rule_run *r, guint signal, rule_unit u);

static gboolean
any_may_hit(rule_run *r, const GArray *signals, rule_unit u)
{
    for (guint i = 0; i < signals->len; i++) {
        if (may_hit(r, g_array_index(signals, guint, i), u)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
find_whether_may_hit(rule_run *r, const rule_signal *s, guint text)
{
    const rule_unit all = {(int)text, {0, G_MAXSIZE}};
    const rule_entry *asking = r->rule;
    if ((s->places & (1u << ch_text_where(r->texts->pdata[text]))) == 0 ||
        (s->kind != SIGNAL_CONDITION && !ch_rule_fired(r, s->pattern, text))) {
        return FALSE;
    }
    r->rule = NULL; /* the same for every rule that names the signal */
    gboolean may = (s->kind != SIGNAL_CONDITION ||
                    could_hold(r, s->condition, all, may_hit)) &&
                   (s->inside == NULL || any_may_hit(r, s->inside, all));
    r->rule = asking;
    return may;
}

/* By what fired alone: nothing is searched. */
static gboolean
may_hit_in(rule_run *r, guint signal, guint text)
{
    enum { UNKNOWN, NO, YES };
    guint8 *known = &r->of_text[text].may_hit[signal];
    if (*known == UNKNOWN) {
        *known = find_whether_may_hit(r, r->rules->signals->pdata[signal], text)
                     ? YES
                     : NO;
    }
    return *known == YES;
}

static gboolean
may_hit(rule_run *r, guint signal, rule_unit u)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    if (s->kind == SIGNAL_FACT) {
        return has_hit(r, signal, u);
    }
    for (guint t = u.text < 0 ? 0 : (guint)u.text;
         t < (u.text < 0 ? r->texts->len : (guint)u.text + 1); t++) {
        if (ch_rule_looks_at(r, t) && may_hit_in(r, signal, t)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What fired says for nothing that most rules cannot hold; for the others one
 * look at the whole saves looking at every sentence. */
gboolean
ch_rule_is_possible(rule_run *r, const rule_node *n, rule_unit u)
{
    return could_hold(r, n, u, may_hit) && could_hold(r, n, u, has_hit);
}
