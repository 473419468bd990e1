/*
 * IDs: shape, order, uniqueness.
 */
#include "store_fixture.h"

static void
ids_have_the_documented_shape(void **state)
{
    (void)state;
    static const gint64 times[] = {G_MININT64, -1, 0, 1, NOW, G_MAXINT64};
    for (gsize i = 0; i < G_N_ELEMENTS(times); i++) {
        char id[CH_ID_LENGTH + 1];
        ch_id_new(times[i], id);
        assert_int_equal(strlen(id), CH_ID_LENGTH);
        assert_true(ch_id_is_valid(id));
    }
}

static void
the_time_is_the_first_48_bits(void **state)
{
    (void)state;
    char id[CH_ID_LENGTH + 1];
    /* 0x0123456789AB ms: 48 bits are 9 characters of 5 bits and 3 more. */
    ch_id_new(G_GINT64_CONSTANT(0x0123456789AB) * 1000 + 999, id);
    assert_memory_equal(id, "04HMASW9N", 9);
    ch_id_new(0, id);
    assert_memory_equal(id, "000000000", 9);
}

static void
ids_sort_by_time(void **state)
{
    (void)state;
    char earlier[CH_ID_LENGTH + 1], later[CH_ID_LENGTH + 1];
    ch_id_new(0, earlier);
    for (gint64 t = 1000; t < 400 * DAY * 365; t *= 3) {
        ch_id_new(t, later);
        assert_true(strcmp(earlier, later) < 0);
        memcpy(earlier, later, sizeof earlier);
    }
}

static void
ids_of_one_millisecond_differ(void **state)
{
    (void)state;
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < 1000; i++) {
        char id[CH_ID_LENGTH + 1];
        ch_id_new(NOW, id);
        assert_true(g_hash_table_add(seen, g_strdup(id)));
    }
}

static void
what_is_no_id_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *id;
        gboolean valid;
    } rows[] = {
        {"valid", "0123456789ABCDEF", TRUE},
        {"all of the end", "ZZZZZZZZZZZZZZZZ", TRUE},
        {"null", NULL, FALSE},
        {"empty", "", FALSE},
        {"short", "0123456789ABCDE", FALSE},
        {"long", "0123456789ABCDEF0", FALSE},
        {"lower case", "0123456789abcdef", FALSE},
        {"letter I", "0123456789ABCDEI", FALSE},
        {"letter L", "0123456789ABCDEL", FALSE},
        {"letter O", "0123456789ABCDEO", FALSE},
        {"letter U", "0123456789ABCDEU", FALSE},
        {"blank", "0123456789ABCDE ", FALSE},
        {"quote", "'123456789ABCDEF", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (ch_id_is_valid(rows[i].id) != rows[i].valid) {
            fail_msg("%s", rows[i].name);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_have_the_documented_shape),
        cmocka_unit_test(the_time_is_the_first_48_bits),
        cmocka_unit_test(ids_sort_by_time),
        cmocka_unit_test(ids_of_one_millisecond_differ),
        cmocka_unit_test(what_is_no_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
