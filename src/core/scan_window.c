/*
 * From places of triggers to windows: for each pattern that a trigger calls
 * for, the stretches of the text in which a match can begin, in order.
 *
 * All arrays are sized by what fired, not by what might have: most texts call
 * for few of thousands of patterns.
 */
#include "scan_int.h"

#include <string.h>

/* Places of one trigger this near to each other are one: starting PCRE2 again
 * costs as much as looking at so many bytes. */
#define JOIN_BYTES 32
/* A text with more places than this is searched whole: 12 MB of them.  The
 * more there are, the further apart they are joined, twice as far with each
 * of so many steps, so that a trigger of every line costs only its own
 * patterns dear. */
#define MAX_PLACES 500000
#define JOIN_STEPS 16
/* In counts: the pattern is searched over the whole text. */
#define WHOLE G_MAXUINT32

void
ch_places_init(ch_places *p, const ch_scan_plan *plan, guint n_patterns)
{
    p->plan = plan;
    p->n_patterns = n_patterns;
    p->places = g_array_new(FALSE, FALSE, sizeof(ch_place));
    p->last = g_new0(guint32, plan->triggers->len + 1);
    p->counts = g_new0(guint32, n_patterns + 1);
    p->fired = g_new0(guint64, n_patterns / 64 + 1);
}

void
ch_places_clear(ch_places *p)
{
    g_array_unref(p->places);
    g_free(p->last);
    g_free(p->counts);
    g_free(p->fired);
}

gboolean
ch_places_add(ch_places *p, guint trigger, gsize end)
{
    gsize join = (gsize)JOIN_BYTES
                 << p->places->len / (MAX_PLACES / JOIN_STEPS);
    if (p->last[trigger] > 0) {
        ch_place *last =
            &g_array_index(p->places, ch_place, p->last[trigger] - 1);
        if (end >= last->last_end && end - last->last_end <= join) {
            last->last_end = end;
            return TRUE;
        }
    }
    if (p->places->len == MAX_PLACES) {
        return FALSE;
    }
    ch_place place = {trigger, end, end};
    g_array_append_val(p->places, place);
    p->last[trigger] = p->places->len;
    return TRUE;
}

static void
mark(ch_places *p, guint pattern)
{
    p->fired[pattern / 64] |= G_GUINT64_CONSTANT(1) << (pattern % 64);
}

static void
mark_whole(ch_places *p, const GArray *patterns)
{
    for (guint i = 0; i < patterns->len; i++) {
        guint pattern = g_array_index(patterns, guint, i);
        mark(p, pattern);
        p->counts[pattern] = WHOLE;
    }
}

typedef void (*user_visit)(ch_places *p, const ch_scan_plan_user *user,
                           const ch_place *place, ch_span *windows);

/* Calls visit for each place and each pattern that it calls for.  A trigger
 * too near to the beginning of the text calls for none. */
static void
each_user(ch_places *p, user_visit visit, ch_span *windows)
{
    for (guint i = 0; i < p->places->len; i++) {
        const ch_place *place = &g_array_index(p->places, ch_place, i);
        const ch_scan_plan_trigger *t = &g_array_index(
            p->plan->triggers, ch_scan_plan_trigger, place->trigger);
        const ch_scan_plan_user *users =
            &g_array_index(p->plan->users, ch_scan_plan_user, t->first_user);
        for (guint32 u = 0; u < t->n_users; u++) {
            if (place->last_end >= users[u].span_min) {
                visit(p, &users[u], place, windows);
            }
        }
    }
}

static void
count_window(ch_places *p, const ch_scan_plan_user *user, const ch_place *place,
             ch_span *windows)
{
    (void)place;
    (void)windows;
    mark(p, user->pattern);
    if (p->counts[user->pattern] != WHOLE) {
        p->counts[user->pattern]++;
    }
}

/* counts say by now where the next window of a pattern goes. */
static void
put_window(ch_places *p, const ch_scan_plan_user *user, const ch_place *place,
           ch_span *windows)
{
    guint32 at = p->counts[user->pattern];
    if (at != WHOLE) {
        windows[at].start = place->first_end > user->span_max
                                ? place->first_end - user->span_max
                                : 0;
        windows[at].end = place->last_end - user->span_min;
        p->counts[user->pattern]++;
    }
}

/* Lists what fired; counts become the places of the first windows.  Returns
 * how many windows there are. */
static guint32
list_fired(ch_places *p, ch_windows *out)
{
    guint32 total = 0;
    for (guint block = 0; block <= p->n_patterns / 64; block++) {
        for (guint64 bits = p->fired[block]; bits != 0; bits &= bits - 1) {
            guint pattern = block * 64 + (guint)__builtin_ctzll(bits);
            guint32 count = p->counts[pattern];
            out->fired[out->n_fired] = pattern;
            out->first[out->n_fired++] = total;
            if (count != WHOLE) {
                p->counts[pattern] = total;
                total += count;
            }
        }
    }
    out->first[out->n_fired] = total;
    return total;
}

static int
compare_windows(const void *a, const void *b)
{
    const ch_span *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* Triggers of one pattern differ in length, so that windows are sometimes out
 * of order; seldom far. */
static void
put_in_order(ch_span *windows, gsize n)
{
    for (gsize i = 1; i < n; i++) {
        if (windows[i].start < windows[i - 1].start) {
            qsort(windows, n, sizeof *windows, compare_windows);
            return;
        }
    }
}

static void
reset(ch_places *p, const ch_windows *fired)
{
    for (guint i = 0; i < p->places->len; i++) {
        p->last[g_array_index(p->places, ch_place, i).trigger] = 0;
    }
    for (guint i = 0; i < fired->n_fired; i++) {
        p->counts[fired->fired[i]] = 0;
    }
    memset(p->fired, 0, (p->n_patterns / 64 + 1) * sizeof *p->fired);
    g_array_set_size(p->places, 0);
}

static guint
count_fired(const ch_places *p)
{
    guint n = 0;
    for (guint block = 0; block <= p->n_patterns / 64; block++) {
        n += (guint)__builtin_popcountll(p->fired[block]);
    }
    return n;
}

gboolean
ch_places_finish(ch_places *p, gboolean exotic, gboolean whole, ch_windows *out)
{
    mark_whole(p, p->plan->always);
    if (exotic) {
        mark_whole(p, p->plan->exotic);
    }
    for (guint i = 0; whole && i < p->n_patterns; i++) {
        mark(p, i);
        p->counts[i] = WHOLE;
    }
    each_user(p, count_window, NULL);
    guint n = count_fired(p);
    out->n_fired = 0;
    out->fired = g_new(guint, n + 1);
    out->first = g_new(guint32, n + 1);
    guint32 total = list_fired(p, out);
    out->windows = g_try_new(ch_span, (gsize)total + 1);
    if (out->windows != NULL) {
        each_user(p, put_window, out->windows);
        for (guint i = 0; i < n; i++) {
            put_in_order(out->windows + out->first[i],
                         out->first[i + 1] - out->first[i]);
        }
    }
    reset(p, out);
    return out->windows != NULL;
}

void
ch_windows_clear(ch_windows *windows)
{
    g_clear_pointer(&windows->fired, g_free);
    g_clear_pointer(&windows->first, g_free);
    g_clear_pointer(&windows->windows, g_free);
}
