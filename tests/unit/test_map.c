/* Monotone maps: what covers what. */
#include "unit.h"

#include "chaperone/map.h"

/* "a&amp;bc" -> "a&bc", then two bytes of the source left out. */
static ch_map *
sample(void)
{
    ch_map *map = ch_map_new();
    ch_map_add_copy(map, 0, 1);
    ch_map_add_change(map, (ch_span){1, 6}, 1);
    ch_map_add_copy(map, 6, 1);
    ch_map_add_copy(map, 7, 1);
    ch_map_add_copy(map, 10, 3);
    return map;
}

static void
test_spans_map_to_the_smallest_cover(void **state)
{
    static const struct {
        const char *name;
        ch_span derived, source;
    } rows[] = {
        {"a copied byte", {0, 1}, {0, 1}},
        {"a changed byte", {1, 2}, {1, 6}},
        {"across a change", {0, 3}, {0, 7}},
        {"adjacent copies are one run", {2, 4}, {6, 8}},
        {"over a gap", {3, 5}, {7, 11}},
        {"all", {0, 7}, {0, 13}},
        {"empty in a copy", {2, 2}, {6, 6}},
        {"empty at the end", {7, 7}, {13, 13}},
        {"empty before a change", {1, 1}, {1, 1}},
        {"out of bounds is clamped", {5, 99}, {11, 13}},
        {"reversed is empty", {4, 2}, {10, 10}},
    };
    g_autoptr(ch_map) map = sample();
    (void)state;
    assert_int_equal(ch_map_length(map), 7);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        ch_span got = ch_map_origin(map, rows[i].derived);
        if (got.start != rows[i].source.start ||
            got.end != rows[i].source.end) {
            fail_msg("%s: %zu-%zu", rows[i].name, got.start, got.end);
        }
    }
}

/* What is put between two bytes of a change ("ab" read from base64). */
static void
test_a_place_inside_of_a_change_is_all_of_it(void **state)
{
    g_autoptr(ch_map) map = ch_map_new();
    ch_map_add_change(map, (ch_span){0, 4}, 2);
    (void)state;
    ch_span before = ch_map_origin(map, (ch_span){0, 1});
    ch_span between = ch_map_origin(map, (ch_span){1, 1});
    ch_span behind = ch_map_origin(map, (ch_span){1, 2});
    assert_true(before.start <= between.start && before.end <= between.end);
    assert_true(between.start <= behind.start && between.end <= behind.end);
    assert_int_equal(between.end, 4);
}

static void
test_empty_map_maps_to_the_start(void **state)
{
    g_autoptr(ch_map) map = ch_map_new();
    (void)state;
    ch_span got = ch_map_origin(map, (ch_span){0, 5});
    assert_int_equal(got.start, 0);
    assert_int_equal(got.end, 0);
}

static void
test_longer_spans_never_map_to_shorter(void **state)
{
    g_autoptr(ch_map) map = sample();
    (void)state;
    for (gsize a = 0; a < 7; a++) {
        for (gsize b = a + 1; b < 7; b++) {
            ch_span small = ch_map_origin(map, (ch_span){a, b});
            ch_span large = ch_map_origin(map, (ch_span){a, b + 1});
            assert_int_equal(small.start, large.start);
            assert_true(small.end <= large.end);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans_map_to_the_smallest_cover),
        cmocka_unit_test(test_a_place_inside_of_a_change_is_all_of_it),
        cmocka_unit_test(test_empty_map_maps_to_the_start),
        cmocka_unit_test(test_longer_spans_never_map_to_shorter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
