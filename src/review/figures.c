/*
 * Counting what became of the posts of twelve weeks.
 *
 * A rule's precision here is what reviewers made of its posts: refused among
 * those decided.  Released posts with several rules count for each of them.
 */
#include "numbers.h"

#include <string.h>

#define WEEK_US (7 * 86400 * SECOND_US)

typedef struct {
    ch_figures *figures;
    GHashTable *rules, *authors, *gateways; /* name to ch_tally, borrowed */
} counting;

static void
free_tally(gpointer data)
{
    ch_tally *t = data;
    g_free(t->name);
    g_free(t);
}

void
ch_figures_clear(ch_figures *f)
{
    g_clear_pointer(&f->minutes, g_array_unref);
    g_clear_pointer(&f->rules, g_ptr_array_unref);
    g_clear_pointer(&f->authors, g_ptr_array_unref);
    g_clear_pointer(&f->gateways, g_ptr_array_unref);
}

static void
count_name(GHashTable *table, GPtrArray *list, const char *name, ch_state state)
{
    ch_tally *t = g_hash_table_lookup(table, name);
    if (t == NULL) {
        t = g_new0(ch_tally, 1);
        t->name = g_strdup(name);
        g_ptr_array_add(list, t);
        g_hash_table_insert(table, t->name, t);
    }
    t->all++;
    t->released += state == CH_STATE_RELEASED || state == CH_STATE_RELEASING;
    t->refused += state == CH_STATE_REFUSED;
}

static void
count_names(GHashTable *table, GPtrArray *list, const char *names,
            ch_state state)
{
    g_auto(GStrv) split = ch_split_names(names);
    for (guint i = 0; split[i] != NULL; i++) {
        if (split[i][0] != '\0') {
            count_name(table, list, split[i], state);
        }
    }
}

static void
visit(const ch_item *item, gpointer data)
{
    counting *n = data;
    ch_figures *f = n->figures;
    gint64 week = (item->time_us - f->start_us) / WEEK_US;
    if (week < 0 || week >= CH_WEEKS) {
        return;
    }
    f->weeks[week].by_state[item->state]++;
    count_names(n->rules, f->rules, item->rules, item->state);
    count_names(n->gateways, f->gateways, item->gateways, item->state);
    if (item->author != NULL) {
        count_name(n->authors, f->authors, item->author, item->state);
    }
    if (item->decided_us >= item->time_us && item->state != CH_STATE_EXPIRED) {
        guint minutes =
            (guint)((item->decided_us - item->time_us) / (60 * SECOND_US));
        g_array_append_val(f->minutes, minutes);
    }
}

static gint
by_minutes(gconstpointer a, gconstpointer b)
{
    const guint *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static gint
by_count(gconstpointer a, gconstpointer b)
{
    const ch_tally *x = *(ch_tally *const *)a, *y = *(ch_tally *const *)b;
    return x->all != y->all ? (x->all < y->all ? 1 : -1)
                            : strcmp(x->name, y->name);
}

/* Monday, eleven weeks ago. */
static gint64
first_day(const ch_ctx *c)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(c->now_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) now = g_date_time_to_timezone(utc, c->config->zone);
    g_autoptr(GDateTime) monday = g_date_time_add_days(
        now, 1 - g_date_time_get_day_of_week(now) - 7 * (CH_WEEKS - 1));
    g_autoptr(GDateTime) start =
        g_date_time_new(c->config->zone, g_date_time_get_year(monday),
                        g_date_time_get_month(monday),
                        g_date_time_get_day_of_month(monday), 0, 0, 0);
    return g_date_time_to_unix(start) * SECOND_US;
}

gboolean
ch_figures_make(ch_ctx *c, ch_figures *out, GError **error)
{
    counting n = {.figures = out,
                  .rules = g_hash_table_new(g_str_hash, g_str_equal),
                  .authors = g_hash_table_new(g_str_hash, g_str_equal),
                  .gateways = g_hash_table_new(g_str_hash, g_str_equal)};
    *out = (ch_figures){.start_us = first_day(c),
                        .minutes = g_array_new(FALSE, FALSE, sizeof(guint)),
                        .rules = g_ptr_array_new_with_free_func(free_tally),
                        .authors = g_ptr_array_new_with_free_func(free_tally),
                        .gateways = g_ptr_array_new_with_free_func(free_tally)};
    gboolean ok = ch_review_each(c->store, out->start_us, visit, &n, error);
    g_array_sort(out->minutes, by_minutes);
    g_ptr_array_sort(out->rules, by_count);
    g_ptr_array_sort(out->authors, by_count);
    g_ptr_array_sort(out->gateways, by_count);
    g_hash_table_unref(n.rules);
    g_hash_table_unref(n.authors);
    g_hash_table_unref(n.gateways);
    return ok;
}

guint
ch_figures_percentile(const ch_figures *f, guint percent)
{
    guint n = f->minutes->len;
    return n == 0 ? 0
                  : g_array_index(f->minutes, guint,
                                  MIN(n - 1, n * percent / 100));
}
