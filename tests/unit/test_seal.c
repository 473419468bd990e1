/*
 * Keys and sealed items: what opens, what must not.
 */
#include "record/store_int.h"
#include "store_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#define ID_A "0123456789ABCDEF"
#define ID_B "0123456789ABCDEG"

typedef struct {
    char *directory, *file;
} place;

static int
place_setup(void **state)
{
    place *p = g_new0(place, 1);
    p->directory = g_dir_make_tmp("chaperone-XXXXXX", NULL);
    p->file = g_build_filename(p->directory, "store.key", NULL);
    *state = p;
    return 0;
}

static int
place_teardown(void **state)
{
    place *p = *state;
    g_autofree char *ledger_key =
        g_strconcat(p->file, CH_LEDGER_KEY_SUFFIX, NULL);
    g_unlink(p->file);
    g_unlink(ledger_key);
    int status = g_rmdir(p->directory); /* nothing else was left there */
    g_free(p->directory);
    g_free(p->file);
    g_free(p);
    return status;
}

static ch_seal *
seal_at(const place *p, gboolean create)
{
    g_autoptr(GError) error = NULL;
    ch_seal *seal = ch_seal_open(p->file, create, &error);
    assert_no_error(error);
    return seal;
}

static void
a_made_key_is_private_and_stays(void **state)
{
    const place *p = *state;
    struct stat st;
    guint8 first[CH_DIGEST_BYTES], second[CH_DIGEST_BYTES];
    g_autoptr(ch_seal) made = seal_at(p, TRUE);
    assert_int_equal(stat(p->file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_uid, geteuid());
    g_autoptr(ch_seal) again = seal_at(p, TRUE);
    ch_seal_check_value(made, first);
    ch_seal_check_value(again, second);
    assert_memory_equal(first, second, sizeof first);
}

static void
key_files_are_checked(void **state)
{
    const place *p = *state;
    static const struct {
        const char *name, *data;
        gsize length;
        mode_t mode;
        gboolean ok;
    } rows[] = {
        {"raw", "0123456789abcdef0123456789abcdef", 32, 0600, TRUE},
        {"base64", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", 44, 0600,
         TRUE},
        {"base64 with line end",
         "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\r\n", 46, 0400, TRUE},
        {"group may read", "0123456789abcdef0123456789abcdef", 32, 0640, TRUE},
        {"others may read", "0123456789abcdef0123456789abcdef", 32, 0604,
         FALSE},
        {"group may write", "0123456789abcdef0123456789abcdef", 32, 0660,
         FALSE},
        {"empty", "", 0, 0600, FALSE},
        {"short", "0123456789abcdef0123456789abcde", 31, 0600, FALSE},
        {"long", "0123456789abcdef0123456789abcdef0", 33, 0600, FALSE},
        {"base64 of 31 bytes",
         "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==", 44, 0600, FALSE},
        {"no base64", "????????????????????????????????????????????", 44, 0600,
         FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        assert_true(g_file_set_contents(p->file, rows[i].data,
                                        (gssize)rows[i].length, NULL));
        assert_int_equal(chmod(p->file, rows[i].mode), 0);
        g_autoptr(ch_seal) seal = ch_seal_open(p->file, FALSE, &error);
        if ((seal != NULL) != rows[i].ok) {
            fail_msg("%s", rows[i].name);
        }
        if (seal == NULL) {
            assert_error_code(&error, CH_ERROR_CONFIG);
        }
    }
}

static void
raw_and_base64_are_the_same_key(void **state)
{
    const place *p = *state;
    guint8 first[CH_DIGEST_BYTES], second[CH_DIGEST_BYTES];
    g_file_set_contents_full(p->file, "0123456789abcdef0123456789abcdef", 32,
                             G_FILE_SET_CONTENTS_NONE, 0600, NULL);
    g_autoptr(ch_seal) raw = seal_at(p, FALSE);
    g_file_set_contents_full(p->file,
                             "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n",
                             -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
    g_autoptr(ch_seal) text = seal_at(p, FALSE);
    ch_seal_check_value(raw, first);
    ch_seal_check_value(text, second);
    assert_memory_equal(first, second, sizeof first);
}

static void
a_missing_key_is_a_configuration_error(void **state)
{
    const place *p = *state;
    g_autoptr(GError) error = NULL;
    assert_null(ch_seal_open(p->file, FALSE, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
    assert_null(ch_seal_open(p->directory, FALSE, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
}

static void
sealed_items_open_byte_for_byte(void **state)
{
    const place *p = *state;
    g_autoptr(ch_seal) seal = seal_at(p, TRUE);
    g_autoptr(ch_envelope) e = make_envelope();
    static const gsize sizes[] = {0, 1, 7, 4096, 3000001};
    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(ch_sealed) sealed = {.body = NULL};
        g_autofree guint8 *data = g_malloc(sizes[i] + 1);
        memset(data, (int)i, sizes[i]);
        g_autoptr(GBytes) raw = g_bytes_new(data, sizes[i]);
        assert_true(ch_seal_item(seal, ID_A, e, raw, &sealed, &error));
        g_autoptr(ch_envelope) got_e = NULL;
        g_autoptr(GBytes) got =
            ch_seal_read(seal, ID_A, &sealed, &got_e, &error);
        assert_no_error(error);
        assert_true(g_bytes_equal(raw, got));
        assert_string_equal(got_e->login, "office");
        g_autoptr(GBytes) alone =
            ch_seal_read(seal, ID_A, &sealed, NULL, &error);
        assert_true(g_bytes_equal(raw, alone));
    }
}

static void
ciphertext_shows_nothing_and_never_repeats(void **state)
{
    const place *p = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_seal) seal = seal_at(p, TRUE);
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    g_auto(ch_sealed) one = {.body = NULL};
    g_auto(ch_sealed) two = {.body = NULL};
    assert_true(ch_seal_item(seal, ID_A, e, raw, &one, &error));
    assert_true(ch_seal_item(seal, ID_A, e, raw, &two, &error));
    assert_false(g_bytes_equal(one.body, two.body));
    assert_memory_not_equal(one.key, two.key, sizeof one.key);
    gsize length;
    const void *data = g_bytes_get_data(one.body, &length);
    assert_null(memmem(data, length, "see us", 6));
    assert_null(memmem(data, length, "secret-drop", 11));
}

static void
assert_does_not_open(const ch_seal *seal, const char *id,
                     const ch_sealed *sealed)
{
    g_autoptr(GError) error = NULL;
    assert_null(ch_seal_read(seal, id, sealed, NULL, &error));
    assert_error_code(&error, CH_ERROR_INTERNAL);
}

static void
every_flipped_bit_is_noticed(void **state)
{
    const place *p = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_seal) seal = seal_at(p, TRUE);
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    g_auto(ch_sealed) good = {.body = NULL};
    assert_true(ch_seal_item(seal, ID_A, e, raw, &good, &error));
    for (gsize i = 0; i < sizeof good.key; i++) {
        ch_sealed bad = good;
        bad.key[i] ^= 1;
        assert_does_not_open(seal, ID_A, &bad);
    }
    gsize length;
    const guint8 *data = g_bytes_get_data(good.body, &length);
    for (gsize i = 0; i < length; i++) {
        g_autofree guint8 *copy = g_memdup2(data, length);
        copy[i] ^= 0x80;
        g_autoptr(GBytes) body = g_bytes_new(copy, length);
        ch_sealed bad = good;
        bad.body = body;
        assert_does_not_open(seal, ID_A, &bad);
    }
}

static void
short_bodies_do_not_open(void **state)
{
    const place *p = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_seal) seal = seal_at(p, TRUE);
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    g_auto(ch_sealed) good = {.body = NULL};
    assert_true(ch_seal_item(seal, ID_A, e, raw, &good, &error));
    for (gsize i = 0; i < g_bytes_get_size(good.body); i++) {
        g_autoptr(GBytes) body = g_bytes_new_from_bytes(good.body, 0, i);
        ch_sealed bad = good;
        bad.body = body;
        assert_does_not_open(seal, ID_A, &bad);
    }
}

static void
items_are_bound_to_their_id_and_store(void **state)
{
    const place *p = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_seal) seal = seal_at(p, TRUE);
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    g_auto(ch_sealed) a = {.body = NULL};
    g_auto(ch_sealed) b = {.body = NULL};
    assert_true(ch_seal_item(seal, ID_A, e, raw, &a, &error));
    assert_true(ch_seal_item(seal, ID_B, e, raw, &b, &error));
    assert_does_not_open(seal, ID_B, &a);
    ch_sealed mixed = a;
    mixed.body = b.body;
    assert_does_not_open(seal, ID_A, &mixed);
    assert_int_equal(g_unlink(p->file), 0);
    g_autoptr(ch_seal) other = seal_at(p, TRUE);
    assert_does_not_open(other, ID_A, &a);
}

static void
hash_of(const ch_seal *seal, ch_hash_use use, const char *a, const char *b,
        guint8 *out)
{
    ch_hash *hash = ch_hash_new(seal, use);
    ch_hash_add_string(hash, a);
    ch_hash_add_string(hash, b);
    ch_hash_finish(hash, out);
}

static void
hashes_differ_by_use_and_by_field(void **state)
{
    const place *p = *state;
    g_autoptr(ch_seal) seal = seal_at(p, TRUE);
    static const struct {
        ch_hash_use use;
        const char *a, *b;
    } rows[] = {
        {CH_HASH_RETRY, "ab", "c"}, {CH_HASH_RETRY, "a", "bc"},
        {CH_HASH_RETRY, "", "abc"}, {CH_HASH_RETRY, NULL, "abc"},
        {CH_HASH_RETRY, "", NULL},  {CH_HASH_LEDGER, "ab", "c"},
        {CH_HASH_SIGN, "ab", "c"},
    };
    guint8 seen[G_N_ELEMENTS(rows)][CH_DIGEST_BYTES];
    guint8 again[CH_DIGEST_BYTES];
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        hash_of(seal, rows[i].use, rows[i].a, rows[i].b, seen[i]);
        hash_of(seal, rows[i].use, rows[i].a, rows[i].b, again);
        assert_true(ch_hash_equal(seen[i], again));
        for (gsize j = 0; j < i; j++) {
            assert_false(ch_hash_equal(seen[i], seen[j]));
        }
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, place_setup, place_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_made_key_is_private_and_stays),
        TEST(key_files_are_checked),
        TEST(raw_and_base64_are_the_same_key),
        TEST(a_missing_key_is_a_configuration_error),
        TEST(sealed_items_open_byte_for_byte),
        TEST(ciphertext_shows_nothing_and_never_repeats),
        TEST(every_flipped_bit_is_noticed),
        TEST(short_bodies_do_not_open),
        TEST(items_are_bound_to_their_id_and_store),
        TEST(hashes_differ_by_use_and_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
