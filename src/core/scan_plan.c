/*
 * From patterns to the plan of a scanner: the triggers of all patterns, each
 * distinct one once, and for each the patterns that it calls for.  A plan can
 * be written to bytes and read back, which spares the analysis at a start.
 */
#include "scan_int.h"

#include <string.h>

/* A trigger with classes of few characters is written out as so many plain
 * strings, which are searched faster. */
#define MAX_SPELLINGS 16

typedef struct {
    ch_plan *plan;
    GHashTable *numbers; /* expression and edges to trigger number + 1 */
    GArray *links;       /* of caller */
} builder;

typedef struct {
    guint32 trigger;
    ch_plan_user user;
} caller;

static ch_plan *
new_empty(void)
{
    ch_plan *plan = g_new0(ch_plan, 1);
    plan->triggers = g_array_new(FALSE, TRUE, sizeof(ch_plan_trigger));
    plan->users = g_array_new(FALSE, TRUE, sizeof(ch_plan_user));
    plan->always = g_array_new(FALSE, FALSE, sizeof(guint));
    plan->exotic = g_array_new(FALSE, FALSE, sizeof(guint));
    plan->literal = g_array_new(FALSE, FALSE, sizeof(gboolean));
    plan->expressions = g_ptr_array_new_with_free_func(g_free);
    return plan;
}

void
ch_plan_free(ch_plan *plan)
{
    if (plan != NULL) {
        g_array_unref(plan->triggers);
        g_array_unref(plan->users);
        g_array_unref(plan->always);
        g_array_unref(plan->exotic);
        g_array_unref(plan->literal);
        g_ptr_array_unref(plan->expressions);
        g_free(plan);
    }
}

/* The number of a trigger, a new one if need be. */
static guint32
number_of(builder *b, const ch_triggers *all, const ch_trigger *t)
{
    g_autofree char *expression = ch_trigger_dup_expression(all, t);
    char *key =
        g_strdup_printf("%d%d%s", t->edge_start, t->edge_end, expression);
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(b->numbers, key));
    if (known > 0) {
        g_free(key);
        return known - 1;
    }
    ch_plan_trigger trigger = {.length = t->length,
                               .edge_start = t->edge_start,
                               .edge_end = t->edge_end};
    gboolean literal = ch_trigger_is_literal(t);
    g_array_append_val(b->plan->triggers, trigger);
    g_array_append_val(b->plan->literal, literal);
    g_ptr_array_add(b->plan->expressions, g_steal_pointer(&expression));
    g_hash_table_insert(b->numbers, key,
                        GUINT_TO_POINTER(b->plan->triggers->len));
    return b->plan->triggers->len - 1;
}

static void
add_link(builder *b, const ch_triggers *all, const ch_trigger *t,
         guint32 pattern)
{
    gsize length = t->length;
    caller l = {number_of(b, all, t), {0, 0, pattern}};
    l.user.span_min = t->before_min + length;
    l.user.span_max =
        t->before_max > G_MAXSIZE - length ? G_MAXSIZE : t->before_max + length;
    g_array_append_val(b->links, l);
}

static guint
members(const ch_triggers *all, guint place)
{
    if (place < CH_TRIGGER_CLASS) {
        return 1;
    }
    const ch_ascii_set *set =
        &g_array_index(all->classes, ch_ascii_set, place - CH_TRIGGER_CLASS);
    return (guint)(__builtin_popcountll(set->bits[0]) +
                   __builtin_popcountll(set->bits[1]));
}

/* Adds t with its classes, from place at on, written out. */
static void
add_spellings(builder *b, const ch_triggers *all, ch_trigger *t, guint at,
              guint32 pattern)
{
    while (at < t->length && t->places[at] < CH_TRIGGER_CLASS) {
        at++;
    }
    if (at == t->length) {
        add_link(b, all, t, pattern);
        return;
    }
    guint16 place = t->places[at];
    const ch_ascii_set *set =
        &g_array_index(all->classes, ch_ascii_set, place - CH_TRIGGER_CLASS);
    for (guint c = 0; c < 128; c++) {
        if (ch_set_has(set, c)) {
            t->places[at] = (guint16)c;
            add_spellings(b, all, t, at + 1, pattern);
        }
    }
    t->places[at] = place;
}

static void
add_trigger(builder *b, const ch_triggers *all, const ch_trigger *t,
            guint32 pattern)
{
    guint spellings = 1;
    for (guint i = 0; i < t->length && spellings <= MAX_SPELLINGS; i++) {
        spellings *= members(all, t->places[i]);
    }
    if (spellings <= MAX_SPELLINGS) {
        ch_trigger copy = *t;
        add_spellings(b, all, &copy, 0, pattern);
    } else {
        add_link(b, all, t, pattern);
    }
}

static void
add_pattern(builder *b, const char *text, guint pattern)
{
    g_autoptr(ch_triggers) all = ch_triggers_new(text);
    for (guint i = 0; i < all->list->len; i++) {
        add_trigger(b, all, &g_array_index(all->list, ch_trigger, i), pattern);
    }
    if (all->list->len == 0) {
        g_array_append_val(b->plan->always, pattern);
    } else if (all->exotic) {
        g_array_append_val(b->plan->exotic, pattern);
    }
}

static int
compare_links(gconstpointer a, gconstpointer b)
{
    const caller *x = a, *y = b;
    return x->trigger != y->trigger ? (x->trigger < y->trigger ? -1 : 1)
                                    : (x->user.pattern > y->user.pattern) -
                                          (x->user.pattern < y->user.pattern);
}

static void
sort_users(builder *b)
{
    g_array_sort(b->links, compare_links);
    for (guint i = 0; i < b->links->len; i++) {
        const caller *l = &g_array_index(b->links, caller, i);
        ch_plan_trigger *t =
            &g_array_index(b->plan->triggers, ch_plan_trigger, l->trigger);
        if (t->n_users++ == 0) {
            t->first_user = i;
        }
        g_array_append_val(b->plan->users, l->user);
    }
}

ch_plan *
ch_plan_new(const GPtrArray *patterns)
{
    builder b = {new_empty(),
                 g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                 g_array_new(FALSE, FALSE, sizeof(caller))};
    for (guint i = 0; i < patterns->len; i++) {
        add_pattern(&b, ch_regex_pattern(patterns->pdata[i]), i);
    }
    sort_users(&b);
    g_hash_table_unref(b.numbers);
    g_array_unref(b.links);
    return b.plan;
}

ch_plan *
ch_plan_new_always(guint n_patterns)
{
    ch_plan *plan = new_empty();
    for (guint i = 0; i < n_patterns; i++) {
        g_array_append_val(plan->always, i);
    }
    return plan;
}

/* --- as bytes ----------------------------------------------------------- */

static void
write_array(const GArray *array, GByteArray *out)
{
    guint32 length = array->len;
    g_byte_array_append(out, (const guint8 *)&length, sizeof length);
    g_byte_array_append(out, (const guint8 *)array->data,
                        length * g_array_get_element_size((GArray *)array));
}

void
ch_plan_write(const ch_plan *plan, GByteArray *out)
{
    write_array(plan->triggers, out);
    write_array(plan->users, out);
    write_array(plan->always, out);
    write_array(plan->exotic, out);
}

static gboolean
read_array(GArray *array, const guint8 **data, const guint8 *end)
{
    guint32 length;
    gsize size = g_array_get_element_size(array);
    if ((gsize)(end - *data) < sizeof length) {
        return FALSE;
    }
    memcpy(&length, *data, sizeof length);
    *data += sizeof length;
    if ((gsize)(end - *data) / size < length) {
        return FALSE;
    }
    g_array_append_vals(array, *data, length);
    *data += length * size;
    return TRUE;
}

static gboolean
all_below(const GArray *numbers, guint bound)
{
    for (guint i = 0; i < numbers->len; i++) {
        if (g_array_index(numbers, guint, i) >= bound) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
is_sound(const ch_plan *plan, guint n_patterns)
{
    for (guint i = 0; i < plan->triggers->len; i++) {
        const ch_plan_trigger *t =
            &g_array_index(plan->triggers, ch_plan_trigger, i);
        if (t->n_users > plan->users->len ||
            t->first_user > plan->users->len - t->n_users) {
            return FALSE;
        }
    }
    for (guint i = 0; i < plan->users->len; i++) {
        const ch_plan_user *u = &g_array_index(plan->users, ch_plan_user, i);
        if (u->pattern >= n_patterns || u->span_min > u->span_max) {
            return FALSE;
        }
    }
    return all_below(plan->always, n_patterns) &&
           all_below(plan->exotic, n_patterns);
}

ch_plan *
ch_plan_read(guint n_patterns, const guint8 **data, const guint8 *end)
{
    g_autoptr(ch_plan) plan = new_empty();
    if (read_array(plan->triggers, data, end) &&
        read_array(plan->users, data, end) &&
        read_array(plan->always, data, end) &&
        read_array(plan->exotic, data, end) && is_sound(plan, n_patterns)) {
        return g_steal_pointer(&plan);
    }
    return NULL;
}
