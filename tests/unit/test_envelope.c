/*
 * Envelopes: addresses in SMTP arguments, packing, damaged bytes.
 */
#include "store_fixture.h"

static void
addresses_lose_brackets_and_route(void **state)
{
    (void)state;
    static const struct {
        const char *name, *arg, *address;
    } rows[] = {
        {"brackets", "<ana@post.example>", "ana@post.example"},
        {"bare", "ana@post.example", "ana@post.example"},
        {"null sender", "<>", ""},
        {"empty", "", ""},
        {"one route", "<@hop.example:ana@post.example>", "ana@post.example"},
        {"two routes", "<@a.example,@b.example:ana@post.example>",
         "ana@post.example"},
        {"quoted colon", "<\"a:b\"@post.example>", "\"a:b\"@post.example"},
        {"case kept", "<Ana@Post.Example>", "Ana@Post.Example"},
        {"half bracket", "<ana@post.example", "<ana@post.example"},
        {"only bracket", "<", "<"},
        {"route without mailbox", "<@hop.example:>", ""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = ch_envelope_dup_address(rows[i].arg);
        if (strcmp(got, rows[i].address) != 0) {
            fail_msg("%s: %s", rows[i].name, got);
        }
    }
}

static void
only_plain_arguments_are_plain(void **state)
{
    (void)state;
    static const struct {
        const char *name, *arg, *address;
        gboolean plain;
    } rows[] = {
        {"brackets", "<ana@post.example>", "ana@post.example", TRUE},
        {"bare", "ana@post.example", "ana@post.example", TRUE},
        {"plus", "<ana+x@post.example>", "ana+x@post.example", TRUE},
        {"case differs", "<Ana@post.example>", "ana@post.example", FALSE},
        {"rewritten", "<ana@post.example>", "ana@other.example", FALSE},
        {"no domain", "<ana>", "ana", FALSE},
        {"empty domain", "<ana@>", "ana@", FALSE},
        {"empty local part", "<@post.example>", "@post.example", FALSE},
        {"empty", "<>", "", FALSE},
        {"two at", "<a@b@post.example>", "a@b@post.example", FALSE},
        {"trailing dot", "<ana@post.example.>", "ana@post.example.", FALSE},
        {"quotes", "<\"ana\"@post.example>", "\"ana\"@post.example", FALSE},
        {"percent", "<ana%b@post.example>", "ana%b@post.example", FALSE},
        {"bang", "<b!ana@post.example>", "b!ana@post.example", FALSE},
        {"route", "<@hop.example:ana@post.example>", "ana@post.example", FALSE},
        {"half bracket", "<ana@post.example", "ana@post.example", FALSE},
        {"double brackets", "<<ana@post.example>>", "<ana@post.example>",
         FALSE},
        {"blank", "<an a@post.example>", "an a@post.example", FALSE},
        {"8-bit", "<\xc3\xa1na@post.example>", "\xc3\xa1na@post.example",
         FALSE},
        {"literal", "<ana@[192.0.2.1]>", "ana@[192.0.2.1]", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (ch_envelope_is_plain(rows[i].arg, rows[i].address) !=
            rows[i].plain) {
            fail_msg("%s", rows[i].name);
        }
    }
}

static void
setting_copies_and_replaces(void **state)
{
    (void)state;
    g_autoptr(ch_envelope) e = ch_envelope_new();
    assert_string_equal(e->sender_arg, "<>");
    assert_string_equal(e->sender, "");
    assert_non_null(e->esmtp);
    const char *words[] = {"BODY=8BITMIME", "SIZE=10", NULL};
    ch_envelope_set_sender(e, "<a@practice.example>", words);
    ch_envelope_set_sender(e, e->sender_arg, (const char *const *)e->esmtp);
    assert_string_equal(e->sender, "a@practice.example");
    assert_string_equal(e->esmtp[1], "SIZE=10");
    assert_null(e->esmtp[2]);
}

static ch_envelope *
full_envelope(void)
{
    const char *mail[] = {"BODY=8BITMIME", "SMTPUTF8", NULL};
    const char *rcpt[] = {"NOTIFY=NEVER", "ORCPT=rfc822;x", NULL};
    ch_envelope *e = ch_envelope_new();
    ch_envelope_set_sender(e, "<\xff@practice.example>", mail);
    ch_envelope_add_recipient(e, "<a@post.example>", NULL, rcpt);
    ch_envelope_add_recipient(e, "<b@post.example>", "c@post.example", NULL);
    e->login = g_strdup("");
    e->client_addr = g_strdup("2001:db8::1");
    e->local = TRUE;
    e->time_us = -7;
    return e;
}

static void
assert_strv_equal(GStrv a, GStrv b)
{
    assert_true(g_strv_equal((const char *const *)a, (const char *const *)b));
}

static void
packing_keeps_everything(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = full_envelope();
    g_autoptr(GBytes) packed = ch_envelope_pack(e);
    g_autoptr(ch_envelope) got = ch_envelope_unpack(packed, &error);
    assert_no_error(error);
    assert_string_equal(got->sender_arg, e->sender_arg);
    assert_string_equal(got->sender, e->sender);
    assert_strv_equal(got->esmtp, e->esmtp);
    assert_int_equal(got->recipients->len, 2);
    for (guint i = 0; i < 2; i++) {
        const ch_recipient *a = g_ptr_array_index(got->recipients, i);
        const ch_recipient *b = g_ptr_array_index(e->recipients, i);
        assert_string_equal(a->arg, b->arg);
        assert_string_equal(a->address, b->address);
        assert_strv_equal(a->esmtp, b->esmtp);
    }
    assert_string_equal(got->login, "");
    assert_string_equal(got->client_addr, "2001:db8::1");
    assert_null(got->queue_id);
    assert_true(got->local);
    assert_int_equal(got->time_us, -7);
}

static void
empty_envelope_packs(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(GBytes) packed = ch_envelope_pack(e);
    g_autoptr(ch_envelope) got = ch_envelope_unpack(packed, &error);
    assert_no_error(error);
    assert_int_equal(got->recipients->len, 0);
    assert_null(got->login);
}

/* An envelope from damaged bytes is complete or absent, never half. */
static void
unpack_is_total(const guint8 *data, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes = g_bytes_new(data, length);
    g_autoptr(ch_envelope) e = ch_envelope_unpack(bytes, &error);
    if (e == NULL) {
        assert_error_code(&error, CH_ERROR_INTERNAL);
        return;
    }
    assert_null(error);
    assert_non_null(e->sender);
    assert_non_null(e->esmtp);
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(e->recipients, i);
        assert_true(r->arg != NULL && r->address != NULL && r->esmtp != NULL);
    }
}

static void
damaged_bytes_are_an_error_or_an_envelope(void **state)
{
    (void)state;
    g_autoptr(ch_envelope) e = full_envelope();
    g_autoptr(GBytes) packed = ch_envelope_pack(e);
    gsize length;
    const guint8 *data = g_bytes_get_data(packed, &length);
    g_autofree guint8 *copy = g_memdup2(data, length);
    for (gsize i = 0; i < length; i++) {
        for (guint bit = 0; bit < 8; bit++) {
            copy[i] = data[i] ^ (guint8)(1U << bit);
            unpack_is_total(copy, length);
        }
        copy[i] = data[i];
        unpack_is_total(data, i);
        unpack_is_total(data + i, length - i);
    }
}

static void
foreign_bytes_are_an_error(void **state)
{
    (void)state;
    static const char *const rows[] = {"", "x", "\x02", "From: a@b.example\n"};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) bytes = bytes_of(rows[i]);
        assert_null(ch_envelope_unpack(bytes, &error));
        assert_error_code(&error, CH_ERROR_INTERNAL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_lose_brackets_and_route),
        cmocka_unit_test(only_plain_arguments_are_plain),
        cmocka_unit_test(setting_copies_and_replaces),
        cmocka_unit_test(packing_keeps_everything),
        cmocka_unit_test(empty_envelope_packs),
        cmocka_unit_test(damaged_bytes_are_an_error_or_an_envelope),
        cmocka_unit_test(foreign_bytes_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
