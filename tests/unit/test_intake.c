/*
 * Intake: pieces in, the bytes as received out.
 */
#include "chaperone/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
assert_bytes(ch_intake *in, const char *expected)
{
    g_autoptr(GBytes) bytes = ch_intake_take_bytes(in);
    gsize length;
    const char *data = g_bytes_get_data(bytes, &length);
    assert_int_equal(length, strlen(expected));
    assert_memory_equal(data, expected, length);
}

static void
headers_are_rebuilt_as_received(void **state)
{
    (void)state;
    static const struct {
        const char *row, *name, *value, *bytes;
        gboolean keeps_space;
    } rows[] = {
        {"usual", "Subject", " hello", "Subject: hello\r\n", TRUE},
        {"no space", "Subject", "hello", "Subject:hello\r\n", TRUE},
        {"space eaten by the MTA", "Subject", "hello", "Subject: hello\r\n",
         FALSE},
        {"folded", "To", " a,\n\tb,\n  c", "To: a,\r\n\tb,\r\n  c\r\n", TRUE},
        {"folded with CRLF already", "To", " a,\r\n b", "To: a,\r\n b\r\n",
         TRUE},
        {"lone CR stays", "X", " a\rb", "X: a\rb\r\n", TRUE},
        {"empty", "X-Empty", "", "X-Empty:\r\n", TRUE},
        {"starts folded", "X", "\n v", "X:\r\n v\r\n", TRUE},
        {"8-bit", "Subject", " a\xc3\xb1o", "Subject: a\xc3\xb1o\r\n", TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        print_message("%s\n", rows[i].row);
        g_autoptr(ch_intake) in = ch_intake_new(1000);
        ch_intake_header(in, rows[i].name, rows[i].value, rows[i].keeps_space);
        assert_bytes(in, rows[i].bytes);
    }
}

static void
message_is_headers_blank_line_and_body(void **state)
{
    (void)state;
    g_autoptr(ch_intake) in = ch_intake_new(1000);
    ch_intake_header(in, "A", " b", TRUE);
    ch_intake_end_of_headers(in);
    ch_intake_body(in, (const guint8 *)"one\r\ntw", 7);
    ch_intake_body(in, (const guint8 *)"o\r\n", 3);
    assert_false(ch_intake_is_too_large(in));
    assert_bytes(in, "A: b\r\n\r\none\r\ntwo\r\n");
}

static void
cap_is_exact(void **state)
{
    (void)state;
    for (gint64 cap = 9; cap <= 11; cap++) {
        g_autoptr(ch_intake) in = ch_intake_new(cap);
        for (guint i = 0; i < 5; i++) {
            ch_intake_body(in, (const guint8 *)"xy", 2);
        }
        assert_int_equal(ch_intake_is_too_large(in), cap < 10);
    }
}

static void
nothing_is_stored_beyond_the_cap(void **state)
{
    (void)state;
    g_autoptr(ch_intake) in = ch_intake_new(10);
    ch_intake_body(in, (const guint8 *)"12345678", 8);
    ch_intake_body(in, (const guint8 *)"abcd", 4);
    ch_intake_body(in, (const guint8 *)"e", 1); /* would fit: too late */
    assert_true(ch_intake_is_too_large(in));
    assert_bytes(in, "12345678");
}

static void
large_messages_grow_in_steps(void **state)
{
    (void)state;
    g_autoptr(ch_intake) in = ch_intake_new(1 << 20);
    guint8 chunk[3000];
    memset(chunk, 'z', sizeof chunk);
    for (guint i = 0; i < 300; i++) {
        ch_intake_body(in, chunk, sizeof chunk);
    }
    g_autoptr(GBytes) bytes = ch_intake_take_bytes(in);
    assert_int_equal(g_bytes_get_size(bytes), 300 * sizeof chunk);
    assert_false(ch_intake_is_out_of_memory(in));
}

static void
own_headers_are_noted_in_any_case(void **state)
{
    (void)state;
    g_autoptr(ch_intake) in = ch_intake_new(1000);
    ch_intake_header(in, "X-Chaperone-Id", " 1", TRUE);
    ch_intake_header(in, "X-Chaperon", " 2", TRUE);
    ch_intake_header(in, "x-chaperone-", " 3", TRUE);
    ch_intake_header(in, "X-CHAPERONE-RELEASE", " 4", TRUE);
    const GPtrArray *own = ch_intake_own_headers(in);
    assert_int_equal(own->len, 3);
    assert_string_equal(g_ptr_array_index(own, 0), "X-Chaperone-Id");
    assert_string_equal(g_ptr_array_index(own, 1), "x-chaperone-");
    assert_string_equal(g_ptr_array_index(own, 2), "X-CHAPERONE-RELEASE");
}

static void
empty_message_is_empty(void **state)
{
    (void)state;
    g_autoptr(ch_intake) in = ch_intake_new(0);
    ch_intake_body(in, NULL, 0);
    assert_false(ch_intake_is_too_large(in));
    assert_bytes(in, "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_rebuilt_as_received),
        cmocka_unit_test(message_is_headers_blank_line_and_body),
        cmocka_unit_test(cap_is_exact),
        cmocka_unit_test(nothing_is_stored_beyond_the_cap),
        cmocka_unit_test(large_messages_grow_in_steps),
        cmocka_unit_test(own_headers_are_noted_in_any_case),
        cmocka_unit_test(empty_message_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
