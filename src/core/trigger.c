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

#include <string.h>

#define MAX_RUN      256   /* strings of a run: word lists end in ALT below */
#define MAX_TRIGGERS 20000 /* of one pattern */
#define MAX_STEPS    50000 /* nested repeats can multiply: then no trigger */
#define MAX_COPIES   24    /* of a repeated piece that are written out */

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
    double cost = list->len > MAX_TRIGGERS
                      ? G_MAXDOUBLE
                      : ch_trigger_list_cost(w->b->classes, list);
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
        ch_trigger_trim(w->b->classes, get(list, i));
    }
    ch_trigger_list_drop_starts(list);
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
    ch_trigger_list_drop_ends(w->run);
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
        ch_trigger_list_cost(w->b->classes, aside) < CH_TRIGGER_ALL_COST / 4) {
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
        ch_trigger_list_drop_starts(all);
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
    if (cost > CH_TRIGGER_ALL_COST) {
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
    triggers->problem = "it is not UTF-8";
    if (g_utf8_validate(pattern, -1, NULL)) {
        tree = ch_tree_parse(pattern, &triggers->problem);
    }
    if (tree == NULL) {
        return triggers;
    }
    builder b = {.classes = triggers->classes};
    GArray *best = best_of(&b, tree, FALSE);
    double cost =
        best == NULL ? G_MAXDOUBLE : ch_trigger_list_cost(b.classes, best);
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
    if (cost > CH_TRIGGER_ALL_COST) {
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
