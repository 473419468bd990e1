/*
 * Requests: what gets through to a handler, and what is refused.
 */
/* SOURCES: src/review/request.c */
#include "chaperone/limits.h"
#include "review/request.h"
#include "unit.h"

#include <string.h>

static void
test_targets(void **state)
{
    static const struct {
        const char *target;
        int status;
        const char *path;
    } rows[] = {
        {"/", 0, "/"},
        {"/queue", 0, "/queue"},
        {"/queue?x=1", 0, "/queue"},
        {"/a%20b", 0, "/a b"},
        {"", 400, "/"},
        {"queue", 400, "/"},
        {"*", 400, "/"},
        {"http://evil.example/", 400, "/"},
        {"//evil.example/", 400, "/"},
        {"/a//b", 400, "/"},
        {"/a/", 400, "/"},
        {"/../etc/passwd", 400, "/"},
        {"/%2e%2e/etc/passwd", 400, "/"},
        {"/./a", 400, "/"},
        {"/a/%2e%2e%2f%2e%2e", 400, "/"},
        {"/a%00b", 400, "/"},
        {"/a%0d%0ab", 400, "/"},
        {"/a\\b", 400, "/"},
        {"/a%", 400, "/"},
        {"/a%4", 400, "/"},
        {"/a%zz", 400, "/"},
        {"/%ff%fe", 400, "/"},
        {"/%c0%ae%c0%ae", 400, "/"},
        {"/q?a=%", 400, "/q"},
        {"/q?a=%00", 400, "/q"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_request) r = ch_request_new("GET", rows[i].target);
        if (r->status != rows[i].status || strcmp(r->path, rows[i].path) != 0) {
            fail_msg("%s: %d %s", rows[i].target, r->status, r->path);
        }
    }
}

static void
test_form(void **state)
{
    g_autoptr(ch_request) r = ch_request_new("POST", "/x?id=1&id=2&empty&=v");
    const char *body = "csrf=ab&note=a+b%26c%3Cd&id=7";
    (void)state;
    ch_request_add_body(r, body, 10);
    ch_request_add_body(r, body + 10, strlen(body) - 10);
    ch_request_end_body(r, "application/x-www-form-urlencoded; charset=utf-8");
    assert_int_equal(r->status, 0);
    assert_string_equal(ch_field_get(r->form, "note"), "a b&c<d");
    assert_string_equal(ch_field_get(r->query, "id"), "1");
    assert_string_equal(ch_field_get(r->query, "empty"), "");
    assert_int_equal(r->query->len, 4);
    assert_null(ch_field_get(r->form, "absent"));
}

/* Only a form is read as one. */
static void
test_other_types(void **state)
{
    static const char *const types[] = {NULL, "text/plain", "application/json",
                                        "multipart/form-data",
                                        "application/x-www-form-urlencodedx"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autoptr(ch_request) r = ch_request_new("POST", "/x");
        ch_request_add_body(r, "a=b", 3);
        ch_request_end_body(r, types[i]);
        assert_int_equal(r->form->len, 0);
    }
}

static void
test_caps(void **state)
{
    g_autofree char *piece = g_strnfill(40000, 'a');
    g_autoptr(ch_request) large = ch_request_new("POST", "/x");
    g_autoptr(ch_request) many = ch_request_new("POST", "/x");
    (void)state;
    ch_request_add_body(large, piece, 40000);
    assert_int_equal(large->status, 0);
    ch_request_add_body(large, piece, 40000);
    assert_int_equal(large->status, 413);
    assert_int_equal(large->body->len, 0);
    for (int i = 0; i <= CH_MAX_HTTP_FIELDS; i++) {
        ch_request_add_body(many, "a=b&", 4);
    }
    ch_request_end_body(many, "application/x-www-form-urlencoded");
    assert_int_equal(many->status, 413);
}

static void
test_cookies(void **state)
{
    g_autoptr(ch_request) r = ch_request_new("GET", "/");
    (void)state;
    ch_request_add_cookies(r, "a=1; chaperone = x ;junk; b==2;\xff=3;");
    assert_string_equal(ch_field_get(r->cookies, "chaperone"), "x");
    assert_string_equal(ch_field_get(r->cookies, "b"), "=2");
    assert_null(ch_field_get(r->cookies, "junk"));
}

static void
test_patterns(void **state)
{
    static const struct {
        const char *pattern, *path;
        gboolean fits;
        const char *arg;
    } rows[] = {
        {"/", "/", TRUE, NULL},
        {"/queue", "/queue", TRUE, NULL},
        {"/queue", "/queues", FALSE, NULL},
        {"/item/*", "/item/ABC", TRUE, "ABC"},
        {"/item/*", "/item", FALSE, NULL},
        {"/item/*/take", "/item/ABC/take", TRUE, "ABC"},
        {"/item/*", "/item/ABC/take", FALSE, NULL},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *arg = NULL;
        assert_int_equal(ch_path_matches(rows[i].pattern, rows[i].path, &arg),
                         rows[i].fits);
        assert_int_equal(g_strcmp0(arg, rows[i].arg), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),     cmocka_unit_test(test_form),
        cmocka_unit_test(test_other_types), cmocka_unit_test(test_caps),
        cmocka_unit_test(test_cookies),     cmocka_unit_test(test_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
