/*
 * Monotone map from derived bytes to source bytes.
 *
 * Runs are kept in order of both; adjacent copies grow one run, so that a
 * plain text needs a single one.  Look-up is a binary search.
 */
#include "chaperone/map.h"

typedef struct {
    gsize to;       /* first derived byte */
    gsize from;     /* first source byte */
    gsize from_len; /* source bytes the run stands for */
    gboolean copy;  /* byte by byte; else as a whole */
} run;

struct ch_map {
    GArray *runs;
    gsize length;
};

ch_map *
ch_map_new(void)
{
    ch_map *map = g_new0(ch_map, 1);
    map->runs = g_array_new(FALSE, FALSE, sizeof(run));
    return map;
}

void
ch_map_free(ch_map *map)
{
    if (map != NULL) {
        g_array_unref(map->runs);
        g_free(map);
    }
}

static run *
last_run(ch_map *map)
{
    return map->runs->len == 0
               ? NULL
               : &g_array_index(map->runs, run, map->runs->len - 1);
}

static void
append(ch_map *map, gsize from, gsize from_len, gsize len, gboolean copy)
{
    const run *last = last_run(map);
    g_assert(last == NULL || from >= last->from + last->from_len);
    run next = {map->length, from, from_len, copy};
    g_array_append_val(map->runs, next);
    map->length += len;
}

void
ch_map_add_copy(ch_map *map, gsize from, gsize len)
{
    run *last = last_run(map);
    if (len == 0) {
        return;
    }
    if (last != NULL && last->copy && last->from + last->from_len == from) {
        last->from_len += len;
        map->length += len;
        return;
    }
    append(map, from, len, len, TRUE);
}

void
ch_map_add_change(ch_map *map, ch_span from, gsize len)
{
    g_assert(len > 0 && from.end >= from.start);
    append(map, from.start, from.end - from.start, len, FALSE);
}

gsize
ch_map_length(const ch_map *map)
{
    return map->length;
}

/* The run that holds derived byte at; at < length. */
static const run *
find_run(const ch_map *map, gsize at)
{
    guint low = 0, high = map->runs->len;
    while (high - low > 1) {
        guint middle = low + (high - low) / 2;
        if (g_array_index(map->runs, run, middle).to <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &g_array_index(map->runs, run, low);
}

static gsize
origin_start(const ch_map *map, gsize at)
{
    const run *r = find_run(map, at);
    return r->copy ? r->from + (at - r->to) : r->from;
}

static gsize
origin_end(const ch_map *map, gsize last)
{
    const run *r = find_run(map, last);
    return r->copy ? r->from + (last - r->to) + 1 : r->from + r->from_len;
}

/* Where something stands that has no length: inside of a change, all of it,
 * or the place would lie before what is left of it. */
static ch_span
origin_of_place(const ch_map *map, gsize at)
{
    if (at == map->length) {
        gsize end = origin_end(map, at - 1);
        return (ch_span){end, end};
    }
    const run *r = find_run(map, at);
    if (!r->copy && at > r->to) {
        return (ch_span){r->from, r->from + r->from_len};
    }
    gsize start = origin_start(map, at);
    return (ch_span){start, start};
}

ch_span
ch_map_origin(const ch_map *map, ch_span derived)
{
    if (map->length == 0) {
        return (ch_span){0, 0};
    }
    gsize start = MIN(derived.start, map->length);
    gsize end = MIN(derived.end, map->length);
    if (start >= end) {
        return origin_of_place(map, start);
    }
    return (ch_span){origin_start(map, start), origin_end(map, end - 1)};
}
