/*
 * Triggers: of each pattern the byte strings of which one stands in every
 * match, and how far behind the start of the match.
 *
 * The tree is walked from left to right with a run: the strings that the last
 * pieces can be, multiplied out ("(my|our) patient" is "my patient" and "our
 * patient").  What cannot be written so, such as .{0,60}, ends the run.  Of
 * all runs the one is taken that real text is expected to hold least.
 *
 * Nothing here decides about hits: a poor trigger is slow, and only a string
 * that a match need not contain would be wrong.
 */
#include "trigger_int.h"

#include <math.h>
#include <string.h>

#define MAX_RUN      256   /* strings of a run: word lists end in ALT below */
#define MAX_TRIGGERS 20000 /* of one pattern */
#define MAX_STEPS    50000 /* nested repeats can multiply: then no trigger */
#define MAX_COPIES   24    /* of a repeated piece that are written out */
#define SURE_LENGTH  5     /* words from here on are rare as prefixes, too */
/* At least this part of all bytes ends a common word. */
#define COMMON_RATE 0.001
#define MAX_ENDING  3 /* letters behind a common word */
/* A trigger dearer than this is no gain: a JIT-compiled pattern takes about
 * two nanoseconds a byte of text. */
#define WORST_COST 2.0

typedef struct {
    GArray *classes; /* of ch_triggers */
    guint steps;
} builder;

/* The run so far, and the best one so far.  from: bytes of the match before
 * the next piece.  aside: triggers of alternatives that are walked no further;
 * a match holds one of them, or goes on where the walk does. */
typedef struct {
    builder *b;
    GArray *run, *best; /* of ch_trigger; best may be NULL */
    GArray *aside;      /* of ch_trigger */
    double best_cost;
    gsize from_min, from_max;
} walk;

static void walk_tree(walk *w, const ch_tree *tree);
static GArray *exact(builder *b, const ch_tree *tree);

static GArray *
new_list(void)
{
    return g_array_new(FALSE, TRUE, sizeof(ch_trigger));
}

static ch_trigger *
get(const GArray *list, guint i)
{
    return &g_array_index(list, ch_trigger, i);
}

static gsize
add(gsize a, gsize b)
{
    return a > G_MAXSIZE - b ? G_MAXSIZE : a + b;
}

static gsize
multiply(gsize a, gsize b)
{
    return a != 0 && b > G_MAXSIZE / a ? G_MAXSIZE : a * b;
}

static gsize
subtract(gsize a, gsize b)
{
    return a == G_MAXSIZE ? a : a - b;
}

/* --- how often a trigger fires ------------------------------------------ */

/* How often bytes stand in folded English and Spanish posts, per 10,000. */
static double
byte_rate(guint c)
{
    static const guint16 letters[26] = {
        650, 120, 240, 310, 950, 170, 160, 380, 570, 15,  60, 330, 210,
        560, 600, 160, 10,  480, 510, 720, 220, 80,  150, 15, 150, 10};
    if (c >= 'a' && c <= 'z') {
        return letters[c - 'a'] / 10000.0;
    }
    if (c == ' ') {
        return 0.17;
    }
    if (c >= '0' && c <= '9') {
        return 0.002;
    }
    return c < 128 && strchr(".,-'!", (int)c) != NULL ? 0.006 : 0.001;
}

static double
place_rate(const builder *b, guint place)
{
    if (place < CH_TRIGGER_CLASS) {
        return byte_rate(place);
    }
    const ch_ascii_set *set =
        &g_array_index(b->classes, ch_ascii_set, place - CH_TRIGGER_CLASS);
    double rate = 0;
    for (guint c = 0; c < 128; c++) {
        rate += ch_set_has(set, c) ? byte_rate(c) : 0;
    }
    return MIN(rate, 1);
}

/* Words of many posts and what begins like them, in order; none begins like
 * another. */
static const char *const common_words[] = {
    "about",   "after",    "and",  "appointment", "are",     "before",
    "body",    "call",     "care", "clinic",      "come",    "day",
    "do",      "family",   "for",  "free",        "friend",  "from",
    "get",     "good",     "has",  "have",        "health",  "help",
    "her",     "his",      "home", "how",         "is",      "it",
    "just",    "know",     "like", "live",        "make",    "med",
    "my",      "need",     "new",  "not",         "office",  "old",
    "on",      "open",     "our",  "out",         "patient", "people",
    "please",  "practice", "room", "see",         "share",   "side",
    "surgery", "take",     "team", "test",        "thank",   "that",
    "the",     "this",     "time", "to",          "treat",   "visit",
    "was",     "way",      "we",   "what",        "when",    "while",
    "who",     "will",     "with", "work",        "year",    "you",
};

static int
compare_with_word(const void *text, const void *word)
{
    const char *w = *(const char *const *)word;
    return strncmp(text, w, strlen(w));
}

static gboolean
is_common_word(const ch_trigger *t)
{
    char text[CH_TRIGGER_PLACES + 1] = "";
    guint from = t->length > 0 && t->places[0] == ' ';
    for (guint i = from; i < t->length && t->places[i] < 128; i++) {
        text[i - from] = (char)t->places[i];
    }
    const char *const *word =
        bsearch(text, common_words, G_N_ELEMENTS(common_words),
                sizeof common_words[0], compare_with_word);
    return word != NULL && strlen(text) <= strlen(*word) + MAX_ENDING;
}

/* How often a byte of text ends this trigger. */
static double
trigger_rate(const builder *b, const ch_trigger *t)
{
    double rate = 1;
    for (guint i = 0; i < t->length; i++) {
        rate *= place_rate(b, t->places[i]);
    }
    /* Letters do not stand beside each other by chance. */
    rate = pow(rate, 0.85);
    if (is_common_word(t)) {
        rate = MAX(rate, COMMON_RATE);
    }
    return rate * (t->edge_start ? 0.4 : 1) * (t->edge_end ? 0.4 : 1);
}

/* Nanoseconds a byte of text, roughly: per hit a call of PCRE2 and what it
 * looks at, per trigger its share of the search. */
static double
cost_of(const builder *b, const GArray *list)
{
    double cost = 0;
    for (guint i = 0; i < list->len; i++) {
        const ch_trigger *t = get(list, i);
        gsize window = subtract(t->before_max, t->before_min);
        if (t->length == 0) {
            return G_MAXDOUBLE;
        }
        cost += trigger_rate(b, t) * (120 + (double)MIN(window, 2000));
        cost += ch_trigger_is_literal(t) ? 0.0002 : 0.02;
    }
    return list->len == 0 ? G_MAXDOUBLE : cost;
}

/* --- fewer and shorter -------------------------------------------------- */

static int
compare_places(const ch_trigger *a, const ch_trigger *b)
{
    for (guint i = 0; i < MIN(a->length, b->length); i++) {
        if (a->places[i] != b->places[i]) {
            return a->places[i] < b->places[i] ? -1 : 1;
        }
    }
    return (int)a->length - (int)b->length;
}

static int
compare_from_start(gconstpointer a, gconstpointer b)
{
    const ch_trigger *x = a, *y = b;
    int places = compare_places(x, y);
    return places != 0 ? places : (int)x->edge_end - (int)y->edge_end;
}

static int
compare_from_end(gconstpointer a, gconstpointer b)
{
    const ch_trigger *x = a, *y = b;
    for (guint i = 1; i <= MIN(x->length, y->length); i++) {
        guint p = x->places[x->length - i], q = y->places[y->length - i];
        if (p != q) {
            return p < q ? -1 : 1;
        }
    }
    return x->length != y->length ? (int)x->length - (int)y->length
                                  : (int)x->edge_start - (int)y->edge_start;
}

/* Takes b's place in a, whose start lies skip bytes behind b's. */
static void
widen(ch_trigger *a, const ch_trigger *b, gsize skip)
{
    a->before_min = MIN(a->before_min, add(b->before_min, skip));
    a->before_max = MAX(a->before_max, add(b->before_max, skip));
}

/* Where one string ends like another, the shorter stands for both, now and
 * with whatever follows. */
static void
drop_same_ends(GArray *list)
{
    guint kept = 0;
    g_array_sort(list, compare_from_end);
    for (guint i = 1; i < list->len; i++) {
        ch_trigger *a = get(list, kept);
        const ch_trigger *b = get(list, i);
        gsize skip = (gsize)b->length - a->length;
        if (a->length <= b->length && (!a->edge_end || b->edge_end) &&
            (!a->edge_start || (skip == 0 && b->edge_start)) &&
            memcmp(a->places, b->places + skip,
                   a->length * sizeof a->places[0]) == 0) {
            widen(a, b, skip);
        } else {
            *get(list, ++kept) = *b;
        }
    }
    g_array_set_size(list, MIN(list->len, kept + 1));
}

/* The same for one that begins like another: only at the end of a run. */
static void
drop_same_starts(GArray *list)
{
    guint kept = 0;
    g_array_sort(list, compare_from_start);
    for (guint i = 1; i < list->len; i++) {
        ch_trigger *a = get(list, kept);
        const ch_trigger *b = get(list, i);
        gboolean same =
            a->length <= b->length && (!a->edge_start || b->edge_start) &&
            memcmp(a->places, b->places, a->length * sizeof a->places[0]) == 0;
        gboolean end_holds =
            !a->edge_end || (a->length == b->length && b->edge_end);
        if (same && (end_holds || a->length >= SURE_LENGTH)) {
            a->edge_end = end_holds && a->edge_end;
            widen(a, b, 0);
        } else {
            *get(list, ++kept) = *b;
        }
    }
    g_array_set_size(list, MIN(list->len, kept + 1));
}

/* Takes places off both ends that almost any byte fits. */
static void
trim(const builder *b, ch_trigger *t)
{
    while (t->length > 1 && place_rate(b, t->places[t->length - 1]) > 0.5) {
        t->length--;
        t->edge_end = FALSE;
    }
    while (t->length > 1 && place_rate(b, t->places[0]) > 0.5) {
        t->length--;
        memmove(t->places, t->places + 1, t->length * sizeof t->places[0]);
        t->edge_start = FALSE;
        t->before_min = add(t->before_min, 1);
        t->before_max = add(t->before_max, 1);
    }
}

/* --- runs --------------------------------------------------------------- */

static void
begin_run(walk *w)
{
    ch_trigger none = {.before_min = w->from_min, .before_max = w->from_max};
    g_array_set_size(w->run, 0);
    g_array_append_val(w->run, none);
}

/* Keeps list, which it takes, if it is the best so far. */
static void
offer(walk *w, GArray *list)
{
    g_array_append_vals(list, w->aside->data, w->aside->len);
    double cost = list->len > MAX_TRIGGERS ? G_MAXDOUBLE : cost_of(w->b, list);
    if (cost < w->best_cost) {
        g_clear_pointer(&w->best, g_array_unref);
        w->best = list;
        w->best_cost = cost;
    } else {
        g_array_unref(list);
    }
}

static void
offer_run(walk *w)
{
    GArray *list = new_list();
    g_array_append_vals(list, w->run->data, w->run->len);
    for (guint i = 0; i < list->len; i++) {
        if (get(list, i)->length == 0) {
            g_array_unref(list);
            return;
        }
        trim(w->b, get(list, i));
    }
    drop_same_starts(list);
    offer(w, list);
}

/* a and then b; FALSE: too long. */
static gboolean
join(const ch_trigger *a, const ch_trigger *b, ch_trigger *out)
{
    if (a->length + b->length > CH_TRIGGER_PLACES) {
        return FALSE;
    }
    *out = *a;
    memcpy(out->places + a->length, b->places, b->length * sizeof b->places[0]);
    out->length = (guint8)(a->length + b->length);
    if (a->length == 0) {
        out->edge_start = a->edge_start || b->edge_start;
    }
    out->edge_end = b->edge_end || (b->length == 0 && a->edge_end);
    return TRUE;
}

/* All of a with all of b; NULL: too many or too long.  Owned. */
static GArray *
product(builder *b, const GArray *first, const GArray *second)
{
    gsize size = (gsize)first->len * second->len;
    if (size > MAX_RUN) {
        return NULL;
    }
    g_autoptr(GArray) list = new_list();
    b->steps += (guint)size;
    g_array_set_size(list, (guint)size);
    for (guint i = 0; i < size; i++) {
        if (!join(get(first, i / second->len), get(second, i % second->len),
                  get(list, i))) {
            return NULL;
        }
    }
    return g_steal_pointer(&list);
}

/* min and max bytes of what a tree matches. */
static void
measure(const ch_tree *tree, gsize *min, gsize *max)
{
    gsize low, high;
    *min = *max = 0;
    switch (tree->kind) {
    case CH_TREE_EMPTY:
    case CH_TREE_EDGE:
    case CH_TREE_AHEAD:
        break;
    case CH_TREE_SET:
        *min = (tree->set.ascii.bits[0] | tree->set.ascii.bits[1]) != 0 ? 1 : 2;
        *max = tree->set.wide || tree->set.n_others > 0 ? 4 : 1;
        break;
    case CH_TREE_OPEN:
        *max = G_MAXSIZE;
        break;
    case CH_TREE_CAT:
    case CH_TREE_ALT:
        for (const ch_tree *c = tree->first; c != NULL; c = c->next) {
            measure(c, &low, &high);
            gboolean cat = tree->kind == CH_TREE_CAT;
            *min = cat                ? add(*min, low)
                   : c == tree->first ? low
                                      : MIN(*min, low);
            *max = cat ? add(*max, high) : MAX(*max, high);
        }
        break;
    case CH_TREE_REPEAT:
        measure(tree->first, &low, &high);
        *min = multiply(low, tree->min);
        *max = tree->max == CH_TREE_MANY && high > 0
                   ? G_MAXSIZE
                   : multiply(high, tree->max);
        break;
    }
}

static void
advance(walk *w, gsize min, gsize max)
{
    w->from_min = add(w->from_min, min);
    w->from_max = add(w->from_max, max);
}

/* --- what a tree is, written out ---------------------------------------- */

static guint16
class_place(builder *b, const ch_ascii_set *set)
{
    guint i = 0;
    for (; i < b->classes->len; i++) {
        const ch_ascii_set *known = &g_array_index(b->classes, ch_ascii_set, i);
        if (memcmp(known, set, sizeof *set) == 0) {
            return (guint16)(CH_TRIGGER_CLASS + i);
        }
    }
    g_array_append_vals(b->classes, set, 1);
    return (guint16)(CH_TRIGGER_CLASS + i);
}

static GArray *
exact_set(builder *b, const ch_char_set *set)
{
    ch_trigger one = {.length = 1};
    int bits = __builtin_popcountll(set->ascii.bits[0]) +
               __builtin_popcountll(set->ascii.bits[1]);
    if (set->wide || b->classes->len >= G_MAXUINT8) {
        return NULL;
    }
    GArray *list = new_list();
    if (bits == 1) {
        one.places[0] =
            (guint16)(set->ascii.bits[0] != 0
                          ? __builtin_ctzll(set->ascii.bits[0])
                          : 64 + __builtin_ctzll(set->ascii.bits[1]));
    } else if (bits > 1) {
        one.places[0] = class_place(b, &set->ascii);
    }
    if (bits > 0) {
        g_array_append_val(list, one);
    }
    for (guint i = 0; i < set->n_others; i++) {
        char utf8[6];
        ch_trigger other = {0};
        other.length = (guint8)g_unichar_to_utf8(set->others[i], utf8);
        for (guint k = 0; k < other.length; k++) {
            other.places[k] = (guint8)utf8[k];
        }
        g_array_append_val(list, other);
    }
    return list;
}

static GArray *
exact_empty(gboolean edge)
{
    ch_trigger empty = {.edge_start = edge != 0, .edge_end = edge != 0};
    GArray *list = new_list();
    g_array_append_val(list, empty);
    return list;
}

static GArray *
exact_cat(builder *b, const ch_tree *tree)
{
    g_autoptr(GArray) all = exact_empty(FALSE);
    for (const ch_tree *c = tree->first; c != NULL && all != NULL;
         c = c->next) {
        g_autoptr(GArray) one = exact(b, c);
        GArray *longer = one == NULL ? NULL : product(b, all, one);
        g_array_unref(all);
        all = longer;
    }
    return g_steal_pointer(&all);
}

static GArray *
exact_alt(builder *b, const ch_tree *tree)
{
    g_autoptr(GArray) all = new_list();
    for (const ch_tree *c = tree->first; c != NULL; c = c->next) {
        g_autoptr(GArray) one = exact(b, c);
        if (one == NULL || all->len + one->len > MAX_RUN) {
            return NULL;
        }
        g_array_append_vals(all, one->data, one->len);
    }
    return g_steal_pointer(&all);
}

static GArray *
exact_repeat(builder *b, const ch_tree *tree)
{
    g_autoptr(GArray) one = NULL, power = exact_empty(FALSE);
    g_autoptr(GArray) all = new_list();
    if (tree->max > CH_TRIGGER_PLACES) {
        return NULL;
    }
    one = exact(b, tree->first);
    for (guint i = 0; one != NULL; i++) {
        if (i >= tree->min) {
            g_array_append_vals(all, power->data, power->len);
        }
        if (i == tree->max) {
            return g_steal_pointer(&all);
        }
        GArray *next = product(b, power, one);
        if (next == NULL || all->len + next->len > MAX_RUN) {
            g_clear_pointer(&next, g_array_unref);
            break;
        }
        g_array_unref(power);
        power = next;
    }
    return NULL;
}

/* The strings that a tree matches, all of them and no others but for places
 * and edges made wider; NULL: too many or too long to write out.  Owned. */
static GArray *
exact(builder *b, const ch_tree *tree)
{
    if (++b->steps > MAX_STEPS) {
        return NULL;
    }
    switch (tree->kind) {
    case CH_TREE_EMPTY:
        return exact_empty(FALSE);
    case CH_TREE_EDGE:
        return exact_empty(TRUE);
    case CH_TREE_SET:
        return exact_set(b, &tree->set);
    case CH_TREE_CAT:
        return exact_cat(b, tree);
    case CH_TREE_ALT:
        return exact_alt(b, tree);
    case CH_TREE_REPEAT:
        return exact_repeat(b, tree);
    case CH_TREE_AHEAD: /* walked: it may hold the best trigger */
    case CH_TREE_OPEN:
        break;
    }
    return NULL;
}

/* --- the walk ----------------------------------------------------------- */

static void
walk_exact(walk *w, const ch_tree *tree, const GArray *strings)
{
    gsize min, max;
    GArray *longer = product(w->b, w->run, strings);
    if (longer == NULL) {
        begin_run(w);
        longer = product(w->b, w->run, strings);
    }
    measure(tree, &min, &max);
    advance(w, min, max);
    if (longer == NULL) {
        begin_run(w);
        return;
    }
    g_array_unref(w->run);
    w->run = longer;
    drop_same_ends(w->run);
    offer_run(w);
}

static void
walk_gap(walk *w, gsize min, gsize max)
{
    advance(w, min, max);
    begin_run(w);
}

/* The best triggers of a tree of its own, which begins at an edge or not.
 * NULL: none.  Owned. */
static GArray *
best_of(builder *b, const ch_tree *tree, gboolean edge)
{
    walk w = {.b = b,
              .run = new_list(),
              .aside = new_list(),
              .best_cost = G_MAXDOUBLE};
    begin_run(&w);
    get(w.run, 0)->edge_start = edge != 0;
    walk_tree(&w, tree);
    g_array_unref(w.run);
    g_array_unref(w.aside);
    return w.best;
}

/* The best triggers of a piece that begins here.  NULL: none.  Owned. */
static GArray *
best_of_piece(walk *w, const ch_tree *tree)
{
    const ch_trigger *first = get(w->run, 0);
    GArray *list =
        best_of(w->b, tree,
                w->run->len == 1 && first->length == 0 && first->edge_start);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        ch_trigger *t = get(list, i);
        t->before_min = add(t->before_min, w->from_min);
        t->before_max = add(t->before_max, w->from_max);
    }
    return list;
}

/* Alternatives without a bound on their length would leave all that follows
 * without one: those with a good trigger of their own are set aside.  What
 * remains, at least one, has min to max bytes. */
static void
set_aside(walk *w, const ch_tree *tree, GArray *const *bests, gsize *min,
          gsize *max)
{
    guint i = 0;
    gsize low, high, all_max = 0, all_min = G_MAXSIZE;
    g_autoptr(GArray) aside = new_list();
    for (const ch_tree *c = tree->first; c != NULL; c = c->next, i++) {
        measure(c, &low, &high);
        if (high == G_MAXSIZE && bests[i] != NULL) {
            g_array_append_vals(aside, bests[i]->data, bests[i]->len);
        } else {
            all_min = MIN(all_min, low);
            all_max = MAX(all_max, high);
        }
    }
    if (aside->len > 0 && all_max < G_MAXSIZE && all_min <= all_max &&
        cost_of(w->b, aside) < WORST_COST / 4) {
        g_array_append_vals(w->aside, aside->data, aside->len);
        *min = all_min;
        *max = all_max;
    }
}

static void
walk_alt(walk *w, const ch_tree *tree)
{
    gsize min, max;
    gboolean complete = TRUE;
    g_autoptr(GPtrArray) bests = g_ptr_array_new();
    GArray *all = new_list();
    for (const ch_tree *c = tree->first; c != NULL; c = c->next) {
        GArray *one = best_of_piece(w, c);
        g_ptr_array_add(bests, one);
        complete = complete && one != NULL;
        if (one != NULL) {
            g_array_append_vals(all, one->data, one->len);
        }
    }
    if (complete) {
        drop_same_starts(all);
        offer(w, all);
    } else {
        g_array_unref(all);
    }
    measure(tree, &min, &max);
    set_aside(w, tree, (GArray *const *)bests->pdata, &min, &max);
    walk_gap(w, min, max);
    for (guint i = 0; i < bests->len; i++) {
        g_clear_pointer((GArray **)&bests->pdata[i], g_array_unref);
    }
}

/* x{n,m} begins with n times x, and ends with x: what stands before goes on
 * into the first, and what follows goes on from the last. */
static void
walk_repeat(walk *w, const ch_tree *tree)
{
    gsize min, max, from_min = 0, from_max = 0;
    guint more = tree->max - tree->min;
    if (tree->min == 0 || tree->min > MAX_COPIES) {
        measure(tree, &min, &max);
        walk_gap(w, min, max);
        return;
    }
    for (guint i = 0; i < tree->min; i++) {
        from_min = w->from_min;
        from_max = w->from_max;
        walk_tree(w, tree->first);
    }
    if (more > 0) {
        measure(tree->first, &min, &max);
        w->from_min = from_min; /* of the last of the n */
        w->from_max = from_max;
        walk_gap(w, 0,
                 tree->max == CH_TREE_MANY && max > 0 ? G_MAXSIZE
                                                      : multiply(max, more));
        walk_tree(w, tree->first);
    }
}

static void
walk_tree(walk *w, const ch_tree *tree)
{
    gsize min, max;
    if (++w->b->steps > MAX_STEPS) {
        return;
    }
    if (tree->kind == CH_TREE_CAT) {
        for (const ch_tree *c = tree->first; c != NULL; c = c->next) {
            walk_tree(w, c);
        }
        return;
    }
    g_autoptr(GArray) strings = exact(w->b, tree);
    if (strings != NULL) {
        walk_exact(w, tree, strings);
        return;
    }
    switch (tree->kind) {
    case CH_TREE_ALT:
        walk_alt(w, tree);
        break;
    case CH_TREE_REPEAT:
        walk_repeat(w, tree);
        break;
    case CH_TREE_AHEAD: {
        GArray *inner = best_of_piece(w, tree->first);
        if (inner != NULL) {
            offer(w, inner);
        }
        break;
    }
    case CH_TREE_EMPTY:
    case CH_TREE_EDGE:
    case CH_TREE_SET:
    case CH_TREE_OPEN:
    case CH_TREE_CAT:
        measure(tree, &min, &max);
        walk_gap(w, min, max);
        break;
    }
}

/* --- the outcome -------------------------------------------------------- */

static gboolean
is_word_place(const ch_triggers *triggers, guint place)
{
    if (place < CH_TRIGGER_CLASS) {
        return g_ascii_isalnum((char)place) || place == '_';
    }
    const ch_ascii_set *set = &g_array_index(triggers->classes, ch_ascii_set,
                                             place - CH_TRIGGER_CLASS);
    for (guint c = 0; c < 128; c++) {
        if (ch_set_has(set, c) && !is_word_place(triggers, c)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Edges mean something only beside a word character. */
static void
check_edges(ch_triggers *triggers)
{
    for (guint i = 0; i < triggers->list->len; i++) {
        ch_trigger *t = get(triggers->list, i);
        t->edge_start = t->edge_start && is_word_place(triggers, t->places[0]);
        t->edge_end =
            t->edge_end && is_word_place(triggers, t->places[t->length - 1]);
    }
}

static gboolean
has_exotic(const ch_tree *tree)
{
    gboolean found = tree->kind == CH_TREE_SET && tree->set.exotic;
    for (const ch_tree *c = tree->first; c != NULL && !found; c = c->next) {
        found = has_exotic(c);
    }
    return found;
}

static const char *
problem_of(const ch_triggers *triggers, double cost)
{
    gboolean open = FALSE;
    if (cost > WORST_COST) {
        return "what every match holds is found in almost any text: name a "
               "rarer word";
    }
    for (guint i = 0; i < triggers->list->len; i++) {
        open |= get(triggers->list, i)->before_max == G_MAXSIZE;
    }
    return open ? "an open repeat stands before its first sure word: give "
                  "the repeat a bound, such as {0,60}"
                : NULL;
}

ch_triggers *
ch_triggers_new(const char *pattern)
{
    ch_triggers *triggers = g_new0(ch_triggers, 1);
    triggers->classes = g_array_new(FALSE, FALSE, sizeof(guint64[2]));
    triggers->list = new_list();
    g_autoptr(ch_tree) tree = NULL;
    if (g_utf8_validate(pattern, -1, NULL)) {
        tree = ch_tree_parse(pattern, &triggers->problem);
    }
    if (tree == NULL) {
        return triggers;
    }
    builder b = {.classes = triggers->classes};
    GArray *best = best_of(&b, tree, FALSE);
    double cost = best == NULL ? G_MAXDOUBLE : cost_of(&b, best);
    if (b.steps > MAX_STEPS || best == NULL) {
        g_clear_pointer(&best, g_array_unref);
        triggers->problem = "no words stand in every match: name some";
        return triggers;
    }
    triggers->exotic = has_exotic(tree);
    g_array_unref(triggers->list);
    triggers->list = best;
    check_edges(triggers);
    triggers->problem = problem_of(triggers, cost);
    if (cost > WORST_COST) {
        g_array_set_size(triggers->list, 0);
    }
    return triggers;
}

void
ch_triggers_free(ch_triggers *triggers)
{
    if (triggers != NULL) {
        g_array_unref(triggers->list);
        g_array_unref(triggers->classes);
        g_free(triggers);
    }
}

gboolean
ch_trigger_is_literal(const ch_trigger *trigger)
{
    for (guint i = 0; i < trigger->length; i++) {
        if (trigger->places[i] >= CH_TRIGGER_CLASS) {
            return FALSE;
        }
    }
    return TRUE;
}

char *
ch_trigger_dup_expression(const ch_triggers *triggers,
                          const ch_trigger *trigger)
{
    GString *out = g_string_new("");
    for (guint i = 0; i < trigger->length; i++) {
        guint place = trigger->places[i];
        if (place < CH_TRIGGER_CLASS) {
            g_string_append_printf(out, "\\x%02x", place);
            continue;
        }
        const ch_ascii_set *set = &g_array_index(
            triggers->classes, ch_ascii_set, place - CH_TRIGGER_CLASS);
        g_string_append_c(out, '[');
        for (guint c = 0; c < 128; c++) {
            if (ch_set_has(set, c)) {
                g_string_append_printf(out, "\\x%02x", c);
            }
        }
        g_string_append_c(out, ']');
    }
    return g_string_free(out, FALSE);
}
