/*
 * Reading a post: one weighed sum for each label.
 *
 * A post is the vector of its known features, each once, weighed by rarity
 * (inverse document frequency) and brought to length 1.  Harm are many things:
 * the sum for harm says how far a post is from harmless ones, those of the
 * rules how near it comes to what each of them means, and both are added as
 * log odds.  What stands in paragraphs or lines of its own is weighed by
 * itself, too, and long posts by pieces.
 */
#include "classifier_int.h"

#include <math.h>
#include <string.h>

/* A longer post is read in pieces of that many words, too, one from each
 * sentence on. */
#define PIECE_WORDS 160
#define REASONS     12
/* A word or two beside the body (a title, a caption) have hardly any evidence
 * and would stand where posts stand on average: their odds are that much less.
 */
#define ASIDE_DOUBT 4
/* A block of so many words is read for itself.  Of more readings, one
 * sounds bad by chance: its log odds are that much less. */
#define BLOCK_WORDS 12
#define BLOCK_DOUBT 0.7

typedef struct {
    guint number;   /* of the entry */
    guint distinct; /* running number of the entry in the post */
    int text;
    ch_span span;
    guint word;
} known;

struct ch_reading {
    const ch_classifier *classifier;
    GArray *features;  /* of known, as they stand */
    GArray *facts;     /* of known, that stand nowhere */
    guint words;       /* of the post */
    GHashTable *seen;  /* entry number + 1 to distinct + 1 */
    GArray *stamp;     /* of guint32, by distinct: the last piece with it */
    double *sums;      /* of each label, for the piece that was judged last */
    guint32 piece;     /* now */
    GHashTable *names; /* entry number + 1 to char *; NULL: no reasons */
};
typedef struct ch_reading reading;

ch_reading *
ch_reading_new(const ch_classifier *c, gboolean with_reasons)
{
    reading *r = g_new0(reading, 1);
    r->classifier = c;
    r->features = g_array_new(FALSE, FALSE, sizeof(known));
    r->facts = g_array_new(FALSE, FALSE, sizeof(known));
    r->seen = g_hash_table_new(NULL, NULL);
    r->stamp = g_array_new(FALSE, TRUE, sizeof(guint32));
    r->sums = g_new0(double, c->labels->len);
    r->names =
        with_reasons ? g_hash_table_new_full(NULL, NULL, NULL, g_free) : NULL;
    return r;
}

guint
ch_reading_words(const ch_reading *r)
{
    return r->words;
}

void
ch_reading_free(ch_reading *r)
{
    if (r == NULL) {
        return;
    }
    g_array_unref(r->features);
    g_array_unref(r->facts);
    g_hash_table_unref(r->seen);
    g_array_unref(r->stamp);
    g_free(r->sums);
    g_clear_pointer(&r->names, g_hash_table_unref);
    g_free(r);
}

static void
name_it(reading *r, guint number, const char *name)
{
    if (r->names != NULL) {
        g_hash_table_insert(r->names, GUINT_TO_POINTER(number), g_strdup(name));
    }
}

static guint
distinct_of(reading *r, guint number)
{
    gpointer key = GUINT_TO_POINTER(number);
    guint distinct = GPOINTER_TO_UINT(g_hash_table_lookup(r->seen, key));
    if (distinct == 0) {
        distinct = r->stamp->len + 1;
        g_hash_table_insert(r->seen, key, GUINT_TO_POINTER(distinct));
        g_array_set_size(r->stamp, distinct);
    }
    return distinct - 1;
}

void
ch_reading_take(const ch_feature *f, gpointer data)
{
    reading *r = data;
    guint number = ch_classifier_number(r->classifier, f->name);
    r->words = MAX(r->words, f->word + 1);
    if (number > 0) {
        known k = {number - 1, distinct_of(r, number), f->text, f->span,
                   f->word};
        g_array_append_val(f->text < 0 ? r->facts : r->features, k);
        name_it(r, number, f->name);
    }
}

static const entry *
entry_of(const reading *r, const known *k)
{
    return &g_array_index(r->classifier->entries, entry, k->number);
}

/* Some features, from one on, up to a word. */
typedef struct {
    guint first, to_word;
    guint title;    /* so many features of the subject, too */
    gboolean alone; /* without the facts of the post */
    double length;  /* of the vector */
    double odds;    /* log odds of harm */
} piece;

typedef void (*visit_known)(const reading *r, const known *k, gpointer data);

static void
visit_once(reading *r, const known *k, visit_known visit, gpointer data)
{
    guint32 *stamp = &g_array_index(r->stamp, guint32, k->distinct);
    if (*stamp != r->piece) {
        *stamp = r->piece;
        visit(r, k, data);
    }
}

/* Each feature of a piece once; facts belong to every piece of the post. */
static void
each_in(reading *r, const piece *p, visit_known visit, gpointer data)
{
    r->piece++;
    for (guint i = 0; i < p->title; i++) {
        visit_once(r, &g_array_index(r->features, known, i), visit, data);
    }
    for (guint i = p->first; i < r->features->len; i++) {
        const known *k = &g_array_index(r->features, known, i);
        if (k->word >= p->to_word) {
            break;
        }
        visit_once(r, k, visit, data);
    }
    for (guint i = 0; !p->alone && i < r->facts->len; i++) {
        visit_once(r, &g_array_index(r->facts, known, i), visit, data);
    }
}

static void
add_harm(const reading *r, const known *k, gpointer data)
{
    piece *p = data;
    const entry *e = entry_of(r, k);
    p->odds += (double)e->rarity * (double)e->harm;
    p->length += (double)e->rarity * (double)e->rarity;
}

/* The sum for harm alone. */
static piece
weigh_piece(reading *r, piece p)
{
    each_in(r, &p, add_harm, &p);
    p.length = sqrt(p.length + CH_CLASSIFIER_REST);
    p.odds =
        p.odds / p.length + g_array_index(r->classifier->labels, label, 0).bias;
    return p;
}

static piece
weigh(reading *r, guint first, guint to_word)
{
    return weigh_piece(r, (piece){.first = first, .to_word = to_word});
}

static double
probability(double odds)
{
    return 1 / (1 + exp(-odds));
}

static void
add_shares(const reading *r, const known *k, gpointer data)
{
    const piece *p = data;
    const entry *e = entry_of(r, k);
    double value = (double)e->rarity / p->length;
    for (guint s = e->first; s < e->first + e->count; s++) {
        const share *w = &g_array_index(r->classifier->shares, share, s);
        r->sums[w->label] += value * (double)w->weight;
    }
}

/* The sums of all other labels, and what those of rules add to the odds: how
 * many of the rules it comes near to. */
static void
judge(reading *r, piece *p)
{
    const GArray *labels = r->classifier->labels;
    double near = 0;
    for (guint i = 0; i < labels->len; i++) {
        r->sums[i] = g_array_index(labels, label, i).bias;
    }
    each_in(r, p, add_shares, p);
    for (guint i = 1; i < labels->len; i++) {
        near +=
            g_array_index(labels, label, i).rule ? probability(r->sums[i]) : 0;
    }
    p->odds += r->classifier->rules > 0 ? log(near) : 0;
}

/* The sentence or block around a place, of those that begin there. */
static ch_span
stretch_around(const ch_text *text, const GArray *starts, gsize at)
{
    ch_span s = {0, 0};
    ch_text_folded(text, &s.end);
    guint low = 0, high = starts->len;
    while (high - low > 1) {
        guint middle = (low + high) / 2;
        if (g_array_index(starts, gsize, middle) <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    s.start = g_array_index(starts, gsize, low);
    if (low + 1 < starts->len) {
        s.end = g_array_index(starts, gsize, low + 1);
    }
    return s;
}

typedef struct {
    int text;
    ch_span span;
} sentence;

/* Whether a feature begins another sentence than the one before. */
static gboolean
begins(const known *k, const GPtrArray *texts, sentence *now)
{
    if (k->text == now->text && k->span.start < now->span.end) {
        return FALSE;
    }
    now->text = k->text;
    const ch_text *text = texts->pdata[k->text];
    now->span = stretch_around(text, ch_text_sentences(text), k->span.start);
    return TRUE;
}

/* What stands beside subject and body is read for itself, too. */
static gboolean
is_aside(const ch_text *text)
{
    ch_where where = ch_text_where(text);
    return where != CH_WHERE_SUBJECT && where != CH_WHERE_BODY;
}

/* Features of the subject: they come first. */
static guint
count_title(const reading *r, const GPtrArray *texts)
{
    guint n = 0;
    while (n < r->features->len) {
        const known *k = &g_array_index(r->features, known, n);
        if (ch_text_where(texts->pdata[k->text]) != CH_WHERE_SUBJECT) {
            break;
        }
        n++;
    }
    return n;
}

/* Index of the first feature behind the block that one at stands in. */
static guint
block_end(const reading *r, const GPtrArray *texts, guint at)
{
    const known *first = &g_array_index(r->features, known, at);
    const ch_text *text = texts->pdata[first->text];
    gsize end =
        stretch_around(text, ch_text_blocks(text), first->span.start).end;
    for (; at < r->features->len; at++) {
        const known *k = &g_array_index(r->features, known, at);
        if (k->text != first->text || k->span.start >= end) {
            break;
        }
    }
    return at;
}

/* A paragraph, or lines of it, are not made harmless by the others: a
 * greeting, the hours, a name below.  Each is read with the subject alone. */
static void
find_worst_block(reading *r, const GPtrArray *texts, piece *worst)
{
    guint title = count_title(r, texts), all = r->features->len;
    for (guint at = title, end; at < all; at = end) {
        const known *k = &g_array_index(r->features, known, at);
        end = block_end(r, texts, at);
        guint to_word =
            end < all ? g_array_index(r->features, known, end).word : r->words;
        if (to_word < k->word + BLOCK_WORDS || end - at == all - title ||
            is_aside(texts->pdata[k->text])) {
            continue;
        }
        piece p = weigh_piece(
            r, (piece){.first = at, .to_word = to_word, .title = title});
        p.odds -= BLOCK_DOUBT;
        *worst = p.odds > worst->odds ? p : *worst;
    }
}

/* The piece that sounds worst; FALSE: there are no pieces. */
static gboolean
find_worst(reading *r, const GPtrArray *texts, piece *worst)
{
    sentence now = {.text = -1};
    /* Of many pieces, one sounds bad by chance. */
    double doubt = log(1 + (double)r->words / PIECE_WORDS);
    worst->odds = -HUGE_VAL;
    for (guint i = 0; i < r->features->len; i++) {
        const known *k = &g_array_index(r->features, known, i);
        gboolean aside = k->text != now.text && is_aside(texts->pdata[k->text]);
        if (begins(k, texts, &now) && (aside || r->words > PIECE_WORDS)) {
            piece p = weigh(r, i, k->word + PIECE_WORDS);
            p.odds -= aside ? log(ASIDE_DOUBT) : doubt;
            *worst = p.odds > worst->odds ? p : *worst;
        }
    }
    find_worst_block(r, texts, worst);
    return worst->odds > -HUGE_VAL;
}

/* The whole post or, if that is worse, a piece; judged. */
static piece
judge_worst(reading *r, const GPtrArray *texts)
{
    piece whole = weigh(r, 0, r->words), part;
    judge(r, &whole);
    if (find_worst(r, texts, &part)) {
        judge(r, &part);
        if (part.odds > whole.odds) {
            return part;
        }
        whole = weigh(r, 0, r->words);
        judge(r, &whole); /* for its sums */
    }
    return whole;
}

/* The rule, or kind, of the greatest sum; NULL: there is none.  Borrowed. */
static const char *
best_label(const reading *r, gboolean rule, ch_rule_odds more,
           gconstpointer data)
{
    const GArray *labels = r->classifier->labels;
    const char *name = NULL;
    double best = -HUGE_VAL;
    for (guint i = 1; i < labels->len; i++) {
        const label *l = &g_array_index(labels, label, i);
        double sum = r->sums[i] + (more != NULL ? more(l->name, data) : 0);
        if (l->rule == rule && sum > best) {
            best = sum;
            name = l->name;
        }
    }
    return name;
}

const char *
ch_reading_rule(const ch_reading *r, ch_rule_odds more, gconstpointer data)
{
    return best_label(r, TRUE, more, data);
}

/* --- where it stands, and why ------------------------------------------- */

/* The sentence of a piece that speaks most for harm. */
static void
find_place(const reading *r, const piece *p, const GPtrArray *texts,
           ch_opinion *o)
{
    double sum = 0, most = 0;
    sentence now = {.text = -1};
    for (guint i = p->first; i < r->features->len; i++) {
        const known *k = &g_array_index(r->features, known, i);
        if (k->word >= p->to_word) {
            break;
        }
        if (begins(k, texts, &now)) {
            sum = 0;
        }
        const entry *e = entry_of(r, k);
        sum += (double)e->rarity * (double)e->harm;
        if (sum > most) {
            most = sum;
            o->text = now.text;
            o->span = now.span;
        }
    }
}

static int
by_weight(gconstpointer a, gconstpointer b)
{
    double left = fabs(((const ch_reason *)a)->weight);
    double right = fabs(((const ch_reason *)b)->weight);
    return (left < right) - (left > right);
}

static void
reason_clear(gpointer data)
{
    g_free(((ch_reason *)data)->name);
}

typedef struct {
    GArray *reasons;
    double length;
} telling;

static void
add_reason(const reading *r, const known *k, gpointer data)
{
    const telling *t = data;
    const entry *e = entry_of(r, k);
    const char *name =
        g_hash_table_lookup(r->names, GUINT_TO_POINTER(k->number + 1));
    ch_reason reason = {g_strdup(name),
                        (double)e->rarity * (double)e->harm / t->length};
    g_array_append_val(t->reasons, reason);
}

static void
give_reasons(reading *r, const piece *p, ch_opinion *o)
{
    o->reasons = g_array_new(FALSE, FALSE, sizeof(ch_reason));
    g_array_set_clear_func(o->reasons, reason_clear);
    telling t = {o->reasons, p->length};
    each_in(r, p, add_reason, &t);
    g_array_sort(o->reasons, by_weight);
    g_array_set_size(o->reasons, MIN(o->reasons->len, REASONS));
}

void
ch_reading_finish(ch_reading *r, const GPtrArray *texts, ch_opinion *o)
{
    *o = (ch_opinion){.text = -1};
    piece worst = judge_worst(r, texts);
    o->harm = probability(worst.odds);
    o->rule = best_label(r, TRUE, NULL, NULL);
    o->kind = best_label(r, FALSE, NULL, NULL);
    find_place(r, &worst, texts, o);
    if (r->names != NULL) {
        give_reasons(r, &worst, o);
    }
}

double
ch_reading_harm_in(ch_reading *r, guint text, ch_span folded)
{
    guint first = 0;
    while (first < r->features->len) {
        const known *k = &g_array_index(r->features, known, first);
        if (k->text == (int)text && k->span.start >= folded.start) {
            break;
        }
        first++;
    }
    guint to_word = 0;
    for (guint i = first; i < r->features->len; i++) {
        const known *k = &g_array_index(r->features, known, i);
        if (k->text != (int)text || k->span.start >= folded.end) {
            break;
        }
        to_word = MAX(to_word, k->word + 1);
    }
    /* That rules have found something is what the words are asked about. */
    piece p = weigh_piece(
        r, (piece){.first = first, .to_word = to_word, .alone = TRUE});
    judge(r, &p);
    return probability(p.odds);
}

void
ch_opinion_clear(ch_opinion *o)
{
    g_clear_pointer(&o->reasons, g_array_unref);
}
