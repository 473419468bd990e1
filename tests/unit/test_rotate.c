/*
 * A new master key for a store: every item opens afterwards, with the new key
 * alone, and an interruption at any step leaves one that opens.
 */
#include "chaperone/session.h"
#include "record/store_int.h"
#include "store_fixture.h"

#include <sys/stat.h>

static const ch_decision who = {.reviewer = "Ana", .uid = 7, .time_us = NOW};

static void
assert_opens(ch_store *store, const char *id, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) raw = ch_store_read(store, id, NULL, &error);
    assert_no_error(error);
    assert_int_equal(g_bytes_get_size(raw), strlen(text));
    assert_memory_equal(g_bytes_get_data(raw, NULL), text, strlen(text));
}

static gboolean
rotate(const fixture *f, GError **error)
{
    guint items = 0;
    return ch_store_rotate_key(f->url, f->key, &who, &items, error);
}

static char *
dup_key(const fixture *f)
{
    char *key = NULL;
    assert_true(g_file_get_contents(f->key, &key, NULL, NULL));
    return key;
}

static void
put_key(const char *file, const char *key)
{
    assert_true(g_file_set_contents(file, key, -1, NULL));
    assert_int_equal(chmod(file, 0600), 0);
}

static void
every_item_opens_with_the_new_key_alone(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char one[CH_ID_LENGTH + 1], two[CH_ID_LENGTH + 1];
    g_autofree char *old = dup_key(f);
    guint items = 0;
    put(f, CH_STATE_HELD, NOW, "one", one);
    put(f, CH_STATE_PASSED, NOW, "two", two);
    assert_int_equal(chmod(f->key, 0640), 0);
    assert_true(ch_store_rotate_key(f->url, f->key, &who, &items, &error));
    assert_no_error(error);
    assert_int_equal(items, 2);
    g_autofree char *new = dup_key(f);
    assert_string_not_equal(old, new);
    struct stat st;
    assert_int_equal(stat(f->key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    ch_store *store = open_store(f, TRUE);
    assert_opens(store, one, "one");
    assert_opens(store, two, "two");
    g_autoptr(ch_audit) audit = ch_store_audit(store, NULL, &error);
    assert_int_equal(audit->faults->len, 0);
    ch_store_close(store);
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM ledger WHERE event = 'key-rotated'"
                      " AND actor = 'Ana' AND note = '2 items'"),
        1);
    put_key(f->key, old);
    assert_null(ch_store_open(f->url, f->key, FALSE, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
}

/* The daemon that was forgotten: what it would seal nobody could read. */
static void
who_holds_the_old_key_takes_nothing_more(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of("late");
    guint8 key[CH_DIGEST_BYTES];
    char id[CH_ID_LENGTH + 1];
    ch_prior prior;
    assert_true(rotate(f, &error));
    ch_record record = make_record(f, CH_STATE_HELD, NOW, e, raw, id, key);
    assert_false(ch_store_commit(f->store, &record, &prior, &error));
    assert_error_code(&error, CH_ERROR_CONFIG);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), 0);
}

/* Stopped between the transaction and the new key's name. */
static void
an_interrupted_rotation_is_finished_by_whoever_opens_next(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    g_autofree char *aside = g_strconcat(f->key, ".new", NULL);
    g_autofree char *old = dup_key(f);
    put(f, CH_STATE_HELD, NOW, "one", id);
    assert_true(rotate(f, &error));
    g_autofree char *new = dup_key(f);
    put_key(aside, new);
    put_key(f->key, old);
    ch_store *store = open_store(f, FALSE);
    assert_opens(store, id, "one");
    ch_store_close(store);
    g_autofree char *now = dup_key(f);
    assert_string_equal(now, new);
    assert_false(g_file_test(aside, G_FILE_TEST_EXISTS));
}

/* Stopped before the transaction: the key aside is of no use to anybody. */
static void
a_key_that_never_came_into_use_is_left_and_made_anew(void **state)
{
    static const char stray[] = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    g_autofree char *aside = g_strconcat(f->key, ".new", NULL);
    put(f, CH_STATE_HELD, NOW, "one", id);
    put_key(aside, stray);
    ch_store *store = open_store(f, TRUE);
    assert_opens(store, id, "one");
    ch_store_close(store);
    assert_true(rotate(f, &error));
    g_autofree char *now = dup_key(f);
    assert_null(strstr(now, "MDEyMzQ1Njc4OTAx"));
    store = open_store(f, FALSE);
    assert_opens(store, id, "one");
    ch_store_close(store);
}

static void
a_damaged_item_changes_nothing(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char one[CH_ID_LENGTH + 1], two[CH_ID_LENGTH + 1];
    g_autofree char *old = dup_key(f);
    put(f, CH_STATE_HELD, NOW, "one", one);
    put(f, CH_STATE_HELD, NOW, "two", two);
    g_autofree char *sql = g_strdup_printf(
        "UPDATE payload SET sealed_key = zeroblob(72) WHERE id = '%s'", two);
    assert_int_equal(sql_run(f, sql), SQLITE_OK);
    assert_false(rotate(f, &error));
    assert_error_code(&error, CH_ERROR_INTERNAL);
    g_autofree char *now = dup_key(f);
    assert_string_equal(now, old);
    assert_opens(f->store, one, "one");
}

static void
a_release_under_way_is_waited_for(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, "one", id);
    assert_int_equal(sql_run(f, "UPDATE item SET state = 'releasing'"),
                     SQLITE_OK);
    assert_false(rotate(f, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

/* Second factors go along; sessions end. */
static void
second_factors_go_along(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) secret = ch_totp_new_secret();
    char code[CH_TOTP_DIGITS + 1], token[CH_TOKEN_HEX + 1];
    ch_signin result = CH_SIGNIN_WRONG;
    assert_true(ch_user_add(f->store, "dana", CH_ROLE_ADMIN,
                            "correct horse battery", NULL, &who, &error));
    assert_true(ch_user_set_totp(f->store, "dana", secret, &who, &error));
    assert_true(ch_session_start(f->store, "dana", TRUE, NULL, NULL, NOW, token,
                                 &error));
    assert_true(rotate(f, &error));
    ch_store_close(f->store);
    f->store = open_store(f, FALSE);
    ch_totp_code(secret, NOW / G_USEC_PER_SEC / CH_TOTP_STEP_S, code);
    assert_true(
        ch_user_check_totp(f->store, "dana", code, NOW, &result, &error));
    assert_int_equal(result, CH_SIGNIN_OK);
    assert_null(ch_session_find(f->store, token, NOW, &error));
    assert_no_error(error);
}

int
main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(every_item_opens_with_the_new_key_alone),
        TEST(who_holds_the_old_key_takes_nothing_more),
        TEST(an_interrupted_rotation_is_finished_by_whoever_opens_next),
        TEST(a_key_that_never_came_into_use_is_left_and_made_anew),
        TEST(a_damaged_item_changes_nothing),
        TEST(a_release_under_way_is_waited_for),
        TEST(second_factors_go_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
