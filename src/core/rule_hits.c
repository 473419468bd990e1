/*
 * What stands where: hits of patterns in the views of a text, and of signals
 * on top of them.  Everything is searched when a condition first asks, once
 * a text, and kept as spans of the folded text.
 */
#include "rule_run_int.h"

#include "chaperone/extraction.h"
#include "chaperone/limits.h"

#include <string.h>

typedef struct {
    ch_span span;
    gboolean own;   /* an entity that is the practice's */
    gboolean plain; /* seen in the folded text, not in another view */
} pattern_hit;

/* Texts that others are compared with: a mail has few bodies. */
#define MAX_TWINS 16

const rule_unit ch_rule_whole_post = {-1, {0, G_MAXSIZE}};

static gboolean
has_other_views(ch_text *text)
{
    for (ch_view v = CH_VIEW_FOLDED + 1; v < CH_VIEW_COUNT; v++) {
        if (ch_text_view(text, v, NULL) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* An earlier text that reads the same, as the plain and the HTML half of a
 * mail do; -1: none. */
static int
find_twin(const rule_run *r, guint t)
{
    gsize length, other;
    const char *folded = ch_text_folded(r->texts->pdata[t], &length);
    for (guint i = 0; i < t && i < MAX_TWINS; i++) {
        const char *data = ch_text_folded(r->texts->pdata[i], &other);
        if (length > 0 && other == length &&
            memcmp(data, folded, length) == 0) {
            return has_other_views(r->texts->pdata[i]) ||
                           has_other_views(r->texts->pdata[t])
                       ? -1
                       : (int)i;
        }
    }
    return -1;
}

/* What fires in each view of a text. */
static void
scan_text(rule_run *r, guint t)
{
    text_hits *of = &r->of_text[t];
    of->may_hit = g_new0(guint8, r->rules->signals->len);
    of->twin = find_twin(r, t);
    if (of->twin >= 0) {
        of->fired = r->of_text[of->twin].fired;
        of->scans[CH_VIEW_FOLDED] = r->of_text[of->twin].scans[CH_VIEW_FOLDED];
        return;
    }
    of->fired = g_new0(guint8, r->rules->patterns->len / 8 + 1);
    for (ch_view v = CH_VIEW_FOLDED; v < CH_VIEW_COUNT; v++) {
        gsize length = 0;
        const char *data = ch_text_view(r->texts->pdata[t], v, &length);
        if (data == NULL || length == 0) {
            continue;
        }
        of->scans[v] = ch_scanner_scan(r->rules->scanner, data, length);
        if (of->scans[v] == NULL) {
            r->failed = TRUE;
            continue;
        }
        guint count;
        const guint *fired = ch_scan_fired(of->scans[v], &count);
        for (guint i = 0; i < count; i++) {
            of->fired[fired[i] / 8] |= (guint8)(1u << fired[i] % 8);
        }
    }
}

gboolean
ch_rule_fired(const rule_run *r, guint pattern, guint text)
{
    return (r->of_text[text].fired[pattern / 8] & 1u << pattern % 8) != 0;
}

void
ch_rule_run_init(rule_run *r, const ch_ruleset *rules, const GPtrArray *texts,
                 const ch_facts *facts)
{
    *r = (rule_run){.rules = rules, .texts = texts, .facts = facts};
    r->of_text = g_new0(text_hits, texts->len);
    r->nothing = g_array_new(FALSE, FALSE, sizeof(ch_span));
    for (guint t = 0; t < texts->len; t++) {
        scan_text(r, t);
    }
}

void
ch_rule_run_clear(rule_run *r)
{
    for (guint t = 0; t < r->texts->len; t++) {
        gboolean own = r->of_text[t].twin < 0;
        for (ch_view v = CH_VIEW_FOLDED; own && v < CH_VIEW_COUNT; v++) {
            ch_scan_free(r->of_text[t].scans[v]);
        }
        g_free(own ? r->of_text[t].fired : NULL);
        g_free(r->of_text[t].may_hit);
        g_clear_pointer(&r->of_text[t].patterns, g_hash_table_unref);
        g_clear_pointer(&r->of_text[t].signals, g_hash_table_unref);
        g_clear_pointer(&r->of_text[t].clauses, g_array_unref);
    }
    g_free(r->of_text);
    g_clear_pointer(&r->of_post, g_hash_table_unref);
    g_array_unref(r->nothing);
}

/* --- patterns in views ------------------------------------------------- */

static void
note_result(rule_run *r, ch_regex_result result)
{
    r->limit_hit |= result == CH_REGEX_LIMIT;
    r->failed |= result == CH_REGEX_FAILED;
}

/* Entities are searched where digits were closed up, words where they were
 * spelled out. */
static gboolean
is_view_of(ch_view view, const rule_pattern *p)
{
    return view == CH_VIEW_FOLDED || view == CH_VIEW_DECODED ||
           (p->entity >= 0 ? view == CH_VIEW_DIGITS : view == CH_VIEW_SPOKEN);
}

static void
keep_hits(rule_run *r, const rule_pattern *p, ch_text *text, ch_view view,
          const GArray *spans, GArray *hits)
{
    ch_entity_text in = {.text = view == CH_VIEW_FOLDED ? text : NULL};
    in.data = ch_text_view(text, view, &in.length);
    for (guint i = 0; i < spans->len; i++) {
        pattern_hit h = {g_array_index(spans, ch_span, i), FALSE,
                         view == CH_VIEW_FOLDED};
        if (p->entity >= 0) {
            ch_entity e;
            if (!ch_entities_accept(r->rules->entities, (guint)p->entity, &in,
                                    h.span, &e)) {
                continue;
            }
            h.span = e.span;
            h.own = e.own && !r->neutral;
        }
        h.span = ch_text_view_origin(text, view, h.span);
        g_array_append_val(hits, h);
    }
}

static int
compare_hits(gconstpointer a, gconstpointer b)
{
    const pattern_hit *x = a, *y = b;
    if (x->span.start != y->span.start) {
        return x->span.start < y->span.start ? -1 : 1;
    }
    if (x->span.end != y->span.end) {
        return x->span.end < y->span.end ? -1 : 1;
    }
    return (int)y->plain - (int)x->plain; /* the plain one first */
}

/* The same place seen in several views is one hit. */
static void
sort_hits(GArray *hits)
{
    guint kept = 0;
    g_array_sort(hits, compare_hits);
    for (guint i = 0; i < hits->len; i++) {
        const pattern_hit h = g_array_index(hits, pattern_hit, i);
        const pattern_hit *last =
            kept == 0 ? NULL : &g_array_index(hits, pattern_hit, kept - 1);
        if (last == NULL || last->span.start != h.span.start ||
            last->span.end != h.span.end) {
            g_array_index(hits, pattern_hit, kept++) = h;
        }
    }
    g_array_set_size(hits, kept);
}

static GArray *
search_pattern(rule_run *r, guint number, guint t)
{
    const rule_pattern *p = r->rules->patterns->pdata[number];
    ch_text *text = r->texts->pdata[t];
    GArray *hits = g_array_new(FALSE, FALSE, sizeof(pattern_hit));
    g_autoptr(GArray) spans = g_array_new(FALSE, FALSE, sizeof(ch_span));
    guint views = 0;
    for (ch_view v = CH_VIEW_FOLDED; v < CH_VIEW_COUNT; v++) {
        const ch_scan *scan = r->of_text[t].scans[v];
        if (scan != NULL && is_view_of(v, p)) {
            g_array_set_size(spans, 0);
            note_result(r, ch_scan_find(scan, number, spans));
            keep_hits(r, p, text, v, spans, hits);
            views++;
        }
    }
    if (views > 1) {
        sort_hits(hits);
    }
    return hits;
}

static GHashTable *
new_table(void)
{
    return g_hash_table_new_full(NULL, NULL, NULL,
                                 (GDestroyNotify)g_array_unref);
}

static const GArray *
pattern_hits(rule_run *r, guint number, guint t)
{
    const rule_pattern *p = r->rules->patterns->pdata[number];
    if (r->of_text[t].twin >= 0 && p->entity < 0) { /* the same places */
        t = (guint)r->of_text[t].twin;
    }
    text_hits *of = &r->of_text[t];
    if (of->patterns == NULL) {
        of->patterns = new_table();
    }
    GArray *hits = g_hash_table_lookup(of->patterns, GUINT_TO_POINTER(number));
    if (hits == NULL) {
        hits = search_pattern(r, number, t);
        g_hash_table_insert(of->patterns, GUINT_TO_POINTER(number), hits);
    }
    return hits;
}

/* --- pieces of a text -------------------------------------------------- */

/* Where a clause ends inside of a sentence: length of the mark, or 0. */
static gsize
clause_mark(const char *p)
{
    static const char *const words[] = {" but ",  " however ", " although ",
                                        " pero ", " sino ",    " aunque ",
                                        " - "};
    if (strchr(",;:()", *p) != NULL) {
        return p[1] == ' ' || *p == '(' || *p == ')' ? 1 : 0;
    }
    for (guint i = 0; *p == ' ' && i < G_N_ELEMENTS(words); i++) {
        if (g_str_has_prefix(p, words[i])) {
            return 1;
        }
    }
    return 0;
}

const GArray *
ch_rule_clauses(rule_run *r, guint text)
{
    text_hits *of = &r->of_text[text];
    if (of->clauses != NULL) {
        return of->clauses;
    }
    const GArray *sentences = ch_text_sentences(r->texts->pdata[text]);
    gsize length;
    const char *folded = ch_text_folded(r->texts->pdata[text], &length);
    guint next = 1;
    of->clauses = g_array_new(FALSE, FALSE, sizeof(gsize));
    g_array_append_vals(of->clauses, &(gsize){0}, 1);
    for (gsize i = 0; i < length; i++) {
        gsize mark = clause_mark(folded + i);
        gsize start = i + mark;
        if (next < sentences->len &&
            i == g_array_index(sentences, gsize, next)) {
            start = i;
            mark = 1;
            next++;
        }
        if (mark > 0 && start < length &&
            start > g_array_index(of->clauses, gsize, of->clauses->len - 1)) {
            g_array_append_val(of->clauses, start);
        }
    }
    return of->clauses;
}

/* Index of the piece that holds an offset. */
static guint
piece_at(const GArray *starts, gsize at)
{
    guint low = 0, high = starts->len;
    while (high - low > 1) {
        guint middle = (low + high) / 2;
        if (g_array_index(starts, gsize, middle) <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

ch_span
ch_rule_widen(rule_run *r, guint text, ch_span span, within_kind kind)
{
    const ch_text *t = r->texts->pdata[text];
    gsize length;
    ch_text_folded(t, &length);
    const GArray *starts = kind == WITHIN_CLAUSE      ? ch_rule_clauses(r, text)
                           : kind == WITHIN_SENTENCES ? ch_text_sentences(t)
                           : kind == WITHIN_PARAGRAPH ? ch_text_paragraphs(t)
                                                      : NULL;
    if (starts == NULL) {
        return kind == WITHIN_INHERIT ? span : (ch_span){0, length};
    }
    guint last =
        piece_at(starts, span.end > span.start ? span.end - 1 : span.start) + 1;
    return (ch_span){g_array_index(starts, gsize, piece_at(starts, span.start)),
                     last < starts->len ? g_array_index(starts, gsize, last)
                                        : length};
}

guint
ch_rule_count_words(const rule_run *r, rule_unit u)
{
    guint words = 0;
    for (guint t = 0; t < r->texts->len; t++) {
        gsize length;
        const char *folded = ch_text_folded(r->texts->pdata[t], &length);
        ch_span span = {MIN(u.span.start, length), MIN(u.span.end, length)};
        if (u.text < 0 ? ch_text_where(r->texts->pdata[t]) != CH_WHERE_BODY
                       : (guint)u.text != t) {
            continue;
        }
        for (gsize i = span.start; i < span.end; i++) {
            words +=
                folded[i] != ' ' && (i == span.start || folded[i - 1] == ' ');
        }
    }
    return words;
}

/* --- facts ------------------------------------------------------------- */

static void
add_fact(GArray *hits, int part)
{
    rule_hit h = {-1, {0, 0}, part, FALSE};
    g_array_append_val(hits, h);
}

static void
add_unscanned(const rule_run *r, fact_kind fact, GArray *hits)
{
    const GArray *list = r->facts->unscanned;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        gboolean unsupported = u->reason == CH_UNSCANNED_UNSUPPORTED;
        const ch_part *part =
            u->part < 0 ? NULL : r->facts->parts->pdata[u->part];
        if (fact == FACT_UNREADABLE
                ? !unsupported
                : unsupported && (part == NULL || !part->is_media)) {
            add_fact(hits, u->part);
        }
    }
}

static void
add_seen(const rule_run *r, ch_seen seen, GArray *hits)
{
    const GPtrArray *parts = r->facts->parts;
    for (guint i = 0; parts != NULL && i < parts->len; i++) {
        if (((const ch_part *)parts->pdata[i])->seen & 1u << seen) {
            add_fact(hits, (int)i);
        }
    }
}

static gboolean
goes_to(const ch_facts *facts, const char *gateway)
{
    const GPtrArray *names = facts->gateways;
    for (guint i = 0; names != NULL && i < names->len; i++) {
        if (strcmp(names->pdata[i], gateway) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
has_hidden(const rule_run *r)
{
    for (guint t = 0; t < r->texts->len; t++) {
        gsize length;
        ch_text_folded(r->texts->pdata[t], &length);
        if (length > 0 &&
            ch_text_where(r->texts->pdata[t]) == CH_WHERE_HIDDEN) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
is_true(const rule_run *r, const rule_signal *s)
{
    if (s->fact == FACT_WORDS) {
        guint words = ch_rule_count_words(r, ch_rule_whole_post);
        return words >= s->at_least && words <= s->at_most;
    }
    return s->fact == FACT_REPLY     ? r->facts->is_reply
           : s->fact == FACT_IMAGE   ? r->facts->has_image
           : s->fact == FACT_HIDDEN  ? has_hidden(r)
           : s->fact == FACT_GATEWAY ? goes_to(r->facts, s->gateway)
                                     : FALSE; /* raised by hand */
}

/* What makes a fact true: one hit a part, or one for the post. */
static GArray *
find_fact(const rule_run *r, const rule_signal *s)
{
    GArray *hits = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    const GArray *defects = r->facts->defects;
    if (s->fact == FACT_UNREADABLE || s->fact == FACT_UNSUPPORTED) {
        add_unscanned(r, s->fact, hits);
    } else if (s->fact == FACT_MEDICAL_FILE) {
        add_seen(r, CH_SEEN_MEDICAL, hits);
    } else if (s->fact == FACT_PATIENT_LIST) {
        add_seen(r, CH_SEEN_PATIENTS, hits);
    } else if (s->fact == FACT_PHOTO_PLACE) {
        add_seen(r, CH_SEEN_LOCATION, hits);
    } else if (s->fact == FACT_PHOTO_PREVIEW) {
        add_seen(r, CH_SEEN_CROPPED, hits);
    } else if (s->fact == FACT_AMBIGUOUS) {
        for (guint i = 0; defects != NULL && i < defects->len; i++) {
            add_fact(hits, g_array_index(defects, ch_defect, i).part);
        }
    } else if (is_true(r, s)) {
        add_fact(hits, -1);
    }
    return hits;
}

static const GArray *
fact_hits(rule_run *r, guint signal)
{
    if (r->of_post == NULL) {
        r->of_post = new_table();
    }
    GArray *hits = g_hash_table_lookup(r->of_post, GUINT_TO_POINTER(signal));
    if (hits == NULL) {
        hits = find_fact(r, r->rules->signals->pdata[signal]);
        g_hash_table_insert(r->of_post, GUINT_TO_POINTER(signal), hits);
    }
    return hits;
}

/* --- signals in a text ------------------------------------------------- */

/* Whether a hit of the signal touches span; a fact is everywhere. */
static gboolean
touches(rule_run *r, guint signal, guint text, ch_span span)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    if (s->kind == SIGNAL_FACT) {
        return fact_hits(r, signal)->len > 0;
    }
    const GArray *spans = ch_rule_hits(r, signal, text);
    for (guint i = 0; i < spans->len; i++) {
        ch_span other = g_array_index(spans, ch_span, i);
        if (other.start >= span.end) {
            break;
        }
        if (other.end > span.start) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
touches_any(rule_run *r, const GArray *signals, guint text, ch_span span)
{
    for (guint i = 0; i < signals->len; i++) {
        if (touches(r, g_array_index(signals, guint, i), text, span)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
add_span(rule_run *r, const rule_signal *s, guint text, ch_span span,
         GArray *spans)
{
    if ((s->inside != NULL && !touches_any(r, s->inside, text, span)) ||
        (s->outside != NULL && touches_any(r, s->outside, text, span))) {
        return;
    }
    if (s->cover != WITHIN_INHERIT) {
        ch_span wide = ch_rule_widen(r, text, span, s->cover);
        span.start = s->cover_rest ? span.start : wide.start;
        span.end = wide.end;
    }
    ch_span *last =
        spans->len == 0 ? NULL : &g_array_index(spans, ch_span, spans->len - 1);
    if (last != NULL && s->cover != WITHIN_INHERIT && span.start <= last->end) {
        last->end = MAX(last->end, span.end);
    } else {
        g_array_append_val(spans, span);
    }
}

static void
add_pattern_spans(rule_run *r, const rule_signal *s, guint text, GArray *spans)
{
    const GArray *hits = pattern_hits(r, s->pattern, text);
    for (guint i = 0; i < hits->len; i++) {
        const pattern_hit *h = &g_array_index(hits, pattern_hit, i);
        if ((h->plain || !s->exact) && (!h->own || s->own_too)) {
            add_span(r, s, text, h->span, spans);
        }
    }
}

typedef struct {
    const rule_signal *signal;
    guint text;
    GArray *spans;
} collector;

/* One hit for a unit in which the signal's condition holds. */
static gboolean
collect_unit(rule_run *r, const rule_node *n, rule_unit u, gpointer data)
{
    collector *c = data;
    g_autoptr(GArray) evidence = g_array_new(FALSE, FALSE, sizeof(rule_hit));
    ch_span cover = {G_MAXSIZE, 0};
    if (!ch_rule_holds_in(r, n, u, evidence)) {
        return FALSE;
    }
    for (guint i = 0; i < evidence->len; i++) {
        const rule_hit *h = &g_array_index(evidence, rule_hit, i);
        if (h->text == (int)c->text) {
            cover.start = MIN(cover.start, h->span.start);
            cover.end = MAX(cover.end, h->span.end);
        }
    }
    if (cover.start >= cover.end) { /* by a fact: all of it */
        cover = u.span;
    }
    add_span(r, c->signal, c->text, cover, c->spans);
    return FALSE;
}

static int
compare_spans(gconstpointer a, gconstpointer b)
{
    const ch_span *x = a, *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

static void
add_condition_spans(rule_run *r, const rule_signal *s, guint text,
                    GArray *spans)
{
    const rule_entry *asking = r->rule;
    collector c = {s, text, spans};
    rule_unit u = {(int)text, {0, 0}};
    ch_text_folded(r->texts->pdata[text], &u.span.end);
    r->rule = NULL; /* the same for every rule that names the signal */
    if (ch_rule_is_possible(r, s->condition, u)) {
        ch_rule_each_unit(r, s->condition, u, collect_unit, &c);
        g_array_sort(spans, compare_spans);
    }
    r->rule = asking;
}

const GArray *
ch_rule_hits(rule_run *r, guint signal, guint text)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    text_hits *of = &r->of_text[text];
    if ((s->places & (1u << ch_text_where(r->texts->pdata[text]))) == 0 ||
        (s->kind != SIGNAL_CONDITION && !ch_rule_fired(r, s->pattern, text))) {
        return r->nothing;
    }
    if (of->signals == NULL) {
        of->signals = new_table();
    }
    GArray *spans = g_hash_table_lookup(of->signals, GUINT_TO_POINTER(signal));
    if (spans == NULL) {
        spans = g_array_new(FALSE, FALSE, sizeof(ch_span));
        if (s->kind == SIGNAL_CONDITION) {
            add_condition_spans(r, s, text, spans);
        } else {
            add_pattern_spans(r, s, text, spans);
        }
        g_hash_table_insert(of->signals, GUINT_TO_POINTER(signal), spans);
    }
    return spans;
}

/* --- signals for a rule ------------------------------------------------ */

gboolean
ch_rule_looks_at(const rule_run *r, guint text)
{
    return r->rule == NULL ||
           (r->rule->places & (1u << ch_text_where(r->texts->pdata[text]))) !=
               0;
}

static gboolean
is_signature(const ch_text *text, ch_span span)
{
    ch_span s = ch_text_signature(text);
    return span.start >= s.start && span.end <= s.end;
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

/* Whether a hit counts for the rule that asks. */
static gboolean
counts(rule_run *r, guint text, ch_span span)
{
    const rule_entry *rule = r->rule;
    return rule == NULL ||
           ((rule->quoted || !is_quoted(r->texts->pdata[text], span)) &&
            (rule->signature || !is_signature(r->texts->pdata[text], span)) &&
            (rule->unless == NULL ||
             !touches_any(r, rule->unless, text, span)));
}

/* First hit that ends behind at; hits that do not nest are sorted by their
 * ends, too, so this is only a place to begin. */
static guint
first_from(const GArray *spans, gsize at, gboolean wide)
{
    guint low = 0, high = wide ? 0 : spans->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (g_array_index(spans, ch_span, middle).start < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Returns how many; out NULL: they are only counted. */
static guint
add_in_text(rule_run *r, guint signal, guint text, ch_span unit, guint max,
            GArray *out)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    const GArray *spans = ch_rule_hits(r, signal, text);
    gboolean wide = s->cover != WITHIN_INHERIT;
    guint found = 0;
    for (guint i = first_from(spans, unit.start, wide);
         i < spans->len && found < max; i++) {
        ch_span span = g_array_index(spans, ch_span, i);
        if (span.start >= unit.end) {
            break;
        }
        if (wide) { /* what it says of its surroundings reaches into unit */
            if (span.end <= unit.start) {
                continue;
            }
            span =
                (ch_span){MAX(span.start, unit.start), MIN(span.end, unit.end)};
        }
        if (span.end <= unit.end && counts(r, text, span)) {
            rule_hit h = {(int)text, span, -1, wide};
            found++;
            if (out != NULL) {
                g_array_append_val(out, h);
            }
        }
    }
    return found;
}

gboolean
ch_rule_hits_in(rule_run *r, guint signal, rule_unit u, guint max, GArray *out)
{
    const rule_signal *s = r->rules->signals->pdata[signal];
    guint found = 0;
    if (s->kind == SIGNAL_FACT) {
        const GArray *facts = fact_hits(r, signal);
        found = MIN(facts->len, max);
        if (out != NULL) {
            g_array_append_vals(out, facts->data, found);
        }
        return found > 0;
    }
    for (guint t = u.text < 0 ? 0 : (guint)u.text;
         t < (u.text < 0 ? r->texts->len : (guint)u.text + 1) && found < max;
         t++) {
        if (ch_rule_looks_at(r, t)) {
            found += add_in_text(r, signal, t, u.span, max - found, out);
        }
    }
    return found > 0;
}
