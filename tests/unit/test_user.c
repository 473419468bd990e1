/*
 * Accounts, second factors and sessions, against a store of their own.
 */
#include "chaperone/limits.h"
#include "chaperone/session.h"
#include "store_fixture.h"

#define PASSWORD "correct horse battery"

static const ch_decision who = {.reviewer = "root", .uid = 0, .time_us = NOW};

static void
add(const fixture *f, const char *name, ch_role role)
{
    g_autoptr(GError) error = NULL;
    gboolean ok =
        ch_user_add(f->store, name, role, PASSWORD, NULL, &who, &error);
    assert_no_error(error);
    assert_true(ok);
}

static ch_signin
check(const fixture *f, const char *name, const char *password, gint64 now)
{
    g_autoptr(GError) error = NULL;
    ch_signin result = CH_SIGNIN_OK;
    assert_true(ch_user_check(f->store, name, password, now, &result, &error));
    return result;
}

static void
test_password(void **state)
{
    const fixture *f = *state;
    add(f, "dana", CH_ROLE_REVIEWER);
    assert_int_equal(check(f, "dana", PASSWORD, NOW), CH_SIGNIN_OK);
    assert_int_equal(check(f, "dana", "wrong horse battery", NOW),
                     CH_SIGNIN_WRONG);
    assert_int_equal(check(f, "nobody", PASSWORD, NOW), CH_SIGNIN_WRONG);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM account WHERE"
                                   " password LIKE '$argon2id$%'"),
                     1);
}

static void
test_what_is_refused(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name, *password;
    } rows[] = {
        {"", PASSWORD},
        {"Dana", PASSWORD},
        {"a b", PASSWORD},
        {"../x", PASSWORD},
        {"dana", "short"},
        {"dana", "dana-dana-dana"},
        {"dana", "\xff\xfe not utf-8 at all"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        assert_false(ch_user_add(f->store, rows[i].name, CH_ROLE_ADMIN,
                                 rows[i].password, NULL, &who, &error));
        assert_error_code(&error, CH_ERROR_INPUT);
    }
    assert_int_equal(sql_number(f, "SELECT count(*) FROM account"), 0);
}

static void
test_name_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    add(f, "dana", CH_ROLE_REVIEWER);
    assert_false(ch_user_add(f->store, "dana", CH_ROLE_ADMIN, PASSWORD, NULL,
                             &who, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

static void
test_lock(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    add(f, "dana", CH_ROLE_REVIEWER);
    for (int i = 0; i < CH_MAX_SIGNIN_FAILURES; i++) {
        assert_int_equal(check(f, "dana", "wrong horse battery", NOW),
                         CH_SIGNIN_WRONG);
    }
    assert_int_equal(check(f, "dana", PASSWORD, NOW), CH_SIGNIN_LOCKED);
    gint64 later = NOW + (CH_SIGNIN_LOCK_S + 1) * (gint64)G_USEC_PER_SEC;
    assert_int_equal(check(f, "dana", PASSWORD, later), CH_SIGNIN_OK);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger WHERE"
                                   " event = 'user-locked'"),
                     1);
}

static void
test_disabled(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char token[CH_TOKEN_HEX + 1];
    add(f, "dana", CH_ROLE_REVIEWER);
    assert_true(ch_session_start(f->store, "dana", TRUE, "127.0.0.1", NULL, NOW,
                                 token, &error));
    assert_true(ch_user_set_disabled(f->store, "dana", TRUE, &who, &error));
    assert_int_equal(check(f, "dana", PASSWORD, NOW), CH_SIGNIN_WRONG);
    assert_null(ch_session_find(f->store, token, NOW, &error));
    assert_no_error(error);
    assert_true(ch_user_set_disabled(f->store, "dana", FALSE, &who, &error));
    assert_int_equal(check(f, "dana", PASSWORD, NOW), CH_SIGNIN_OK);
}

/* RFC 6238, appendix B (SHA-1), the last six of its eight digits. */
static void
test_totp_vectors(void **state)
{
    static const struct {
        gint64 time;
        const char *code;
    } rows[] = {{59, "287082"},         {1111111109, "081804"},
                {1111111111, "050471"}, {1234567890, "005924"},
                {2000000000, "279037"}, {20000000000, "353130"}};
    g_autoptr(GBytes) secret = bytes_of("12345678901234567890");
    g_autofree char *base32 = ch_totp_dup_base32(secret);
    (void)state;
    assert_string_equal(base32, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        char code[CH_TOTP_DIGITS + 1];
        gint64 us = rows[i].time * (gint64)G_USEC_PER_SEC;
        ch_totp_code(secret, rows[i].time / CH_TOTP_STEP_S, code);
        assert_string_equal(code, rows[i].code);
        assert_int_equal(ch_totp_find(secret, code, us, 0),
                         rows[i].time / CH_TOTP_STEP_S);
        assert_int_equal(
            ch_totp_find(secret, code, us + 120 * G_USEC_PER_SEC, 0), -1);
        assert_int_equal(
            ch_totp_find(secret, code, us, rows[i].time / CH_TOTP_STEP_S), -1);
    }
}

static void
test_totp_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) secret = ch_totp_new_secret();
    char code[CH_TOTP_DIGITS + 1];
    ch_signin result;
    add(f, "dana", CH_ROLE_REVIEWER);
    assert_true(ch_user_set_totp(f->store, "dana", secret, &who, &error));
    ch_totp_code(secret, NOW / G_USEC_PER_SEC / CH_TOTP_STEP_S, code);
    assert_true(
        ch_user_check_totp(f->store, "dana", code, NOW, &result, &error));
    assert_int_equal(result, CH_SIGNIN_OK);
    assert_true(
        ch_user_check_totp(f->store, "dana", code, NOW, &result, &error));
    assert_int_equal(result, CH_SIGNIN_WRONG);
    /* The secret is not in the file as it is. */
    g_autofree char *data = NULL;
    gsize length;
    assert_true(g_file_get_contents(f->db, &data, &length, NULL));
    assert_null(
        memmem(data, length, g_bytes_get_data(secret, NULL), CH_TOTP_SECRET));
}

static void
test_session(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char half[CH_TOKEN_HEX + 1], full[CH_TOKEN_HEX + 1];
    add(f, "dana", CH_ROLE_SENIOR);
    assert_true(ch_session_start(f->store, "dana", FALSE, "127.0.0.1", NULL,
                                 NOW, half, &error));
    g_autoptr(ch_session) first = ch_session_find(f->store, half, NOW, &error);
    assert_non_null(first);
    assert_false(first->complete);
    assert_true(ch_session_start(f->store, "dana", TRUE, "127.0.0.1", half, NOW,
                                 full, &error));
    assert_null(ch_session_find(f->store, half, NOW, &error));
    g_autoptr(ch_session) s = ch_session_find(f->store, full, NOW, &error);
    assert_non_null(s);
    assert_true(s->complete);
    assert_int_equal(s->role, CH_ROLE_SENIOR);
    assert_true(ch_session_end(f->store, full, NOW, &error));
    assert_null(ch_session_find(f->store, full, NOW, &error));
    assert_no_error(error);
}

static void
test_session_ends_by_itself(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const gint64 second = G_USEC_PER_SEC;
    char token[CH_TOKEN_HEX + 1], half[CH_TOKEN_HEX + 1];
    add(f, "dana", CH_ROLE_REVIEWER);
    assert_true(ch_session_start(f->store, "dana", TRUE, NULL, NULL, NOW, token,
                                 &error));
    assert_null(ch_session_find(
        f->store, token, NOW + (CH_SESSION_IDLE_S + 1) * second, &error));
    gint64 now = NOW;
    for (; now < NOW + CH_SESSION_LIFE_S * second; now += 1800 * second) {
        g_autoptr(ch_session) s = ch_session_find(f->store, token, now, &error);
        assert_non_null(s);
        assert_true(ch_session_touch(f->store, token, s, now, &error));
    }
    assert_null(ch_session_find(f->store, token, now + second, &error));
    assert_true(ch_session_start(f->store, "dana", FALSE, NULL, NULL, now, half,
                                 &error));
    assert_null(ch_session_find(
        f->store, half, now + (CH_SESSION_HALF_S + 1) * second, &error));
    assert_no_error(error);
}

static void
test_setup_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char token[CH_TOKEN_HEX + 1];
    gboolean valid = FALSE;
    assert_true(ch_setup_offer(f->store, NOW, token, &error));
    assert_true(ch_setup_is_valid(f->store, token, NOW, &valid, &error));
    assert_true(valid);
    assert_true(ch_setup_is_valid(f->store, "0", NOW, &valid, &error));
    assert_false(valid);
    assert_true(
        ch_setup_is_valid(f->store, token, NOW + 2 * DAY, &valid, &error));
    assert_false(valid);
    assert_true(ch_user_add_first(f->store, "dana", PASSWORD, &who, &error));
    assert_true(ch_setup_is_valid(f->store, token, NOW, &valid, &error));
    assert_false(valid);
    assert_false(ch_user_add_first(f->store, "eve", PASSWORD, &who, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(ch_setup_offer(f->store, NOW, token, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_password),   TEST(test_what_is_refused),
        TEST(test_name_once),  TEST(test_lock),
        TEST(test_disabled),   TEST(test_totp_vectors),
        TEST(test_totp_once),  TEST(test_session),
        TEST(test_setup_once), TEST(test_session_ends_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
