/* The cache of compiled rules: what it takes back, and what it does not. */
#include "unit.h"

#include <glib/gstdio.h>

#include "core/rule_cache_int.h"

typedef struct {
    char *dir, *key, *file;
    ch_config *config;
} fixture;

static fixture
fixture_new(void)
{
    fixture f = {.dir = g_dir_make_tmp("chaperone-XXXXXX", NULL)};
    f.key = g_build_filename(f.dir, "key", NULL);
    f.file = g_build_filename(f.dir, "rules.db", NULL);
    f.config = ch_config_new();
    g_free(f.config->rules_cache);
    g_free(f.config->store_key_file);
    f.config->rules_cache = g_strdup(f.dir);
    f.config->store_key_file = g_strdup(f.key);
    assert_true(g_file_set_contents(f.key, "0123456789abcdef", -1, NULL));
    return f;
}

static void
fixture_clear(fixture *f)
{
    g_unlink(f->file);
    g_unlink(f->key);
    assert_int_equal(g_rmdir(f->dir), 0);
    g_free(f->dir);
    g_free(f->key);
    g_free(f->file);
    ch_config_unref(f->config);
}

static rule_cache *
open_with(const fixture *f, const char *rules)
{
    rule_cache *cache = ch_rule_cache_new(f->config);
    assert_non_null(cache);
    ch_rule_cache_add(cache, "a.yaml", rules, strlen(rules));
    return cache;
}

static void
save(const fixture *f, const char *rules)
{
    g_autoptr(rule_cache) cache = open_with(f, rules);
    g_autoptr(GBytes) none = ch_rule_cache_load(cache);
    g_autoptr(GBytes) database = g_bytes_new_static("database", 8);
    assert_null(none);
    ch_rule_cache_save(cache, database);
}

/* What comes back for these rules; NULL: nothing. */
static char *
load(const fixture *f, const char *rules)
{
    g_autoptr(rule_cache) cache = open_with(f, rules);
    g_autoptr(GBytes) found = ch_rule_cache_load(cache);
    return found == NULL ? NULL
                         : g_strndup(g_bytes_get_data(found, NULL),
                                     g_bytes_get_size(found));
}

static void
test_comes_back(void **state)
{
    fixture f = fixture_new();
    (void)state;
    save(&f, "rules: 1");
    g_autofree char *same = load(&f, "rules: 1");
    g_autofree char *other = load(&f, "rules: 2");
    assert_string_equal(same, "database");
    assert_null(other);
    fixture_clear(&f);
}

static void
test_altered_is_refused(void **state)
{
    fixture f = fixture_new();
    g_autofree char *data = NULL;
    gsize length;
    (void)state;
    save(&f, "r");
    assert_true(g_file_get_contents(f.file, &data, &length, NULL));
    for (gsize i = 0; i < length; i++) {
        data[i] ^= 1;
        assert_true(g_file_set_contents(f.file, data, (gssize)length, NULL));
        g_autofree char *got = load(&f, "r");
        assert_null(got);
        data[i] ^= 1;
    }
    assert_true(g_file_set_contents(f.file, data, (gssize)length - 1, NULL));
    g_autofree char *cut = load(&f, "r");
    assert_null(cut);
    fixture_clear(&f);
}

static void
test_other_key_is_refused(void **state)
{
    fixture f = fixture_new();
    (void)state;
    save(&f, "r");
    assert_true(g_file_set_contents(f.key, "0123456789abcdeF", -1, NULL));
    g_autofree char *got = load(&f, "r");
    assert_null(got);
    fixture_clear(&f);
}

static void
test_needs_a_private_directory_and_a_key(void **state)
{
    fixture f = fixture_new();
    (void)state;
    assert_int_equal(g_chmod(f.dir, 0777), 0);
    assert_null(ch_rule_cache_new(f.config));
    assert_int_equal(g_chmod(f.dir, 0700), 0);
    save(&f, "r");
    assert_int_equal(g_chmod(f.file, 0666), 0);
    g_autofree char *writable = load(&f, "r");
    assert_null(writable);
    g_unlink(f.key);
    assert_null(ch_rule_cache_new(f.config));
    fixture_clear(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_altered_is_refused),
        cmocka_unit_test(test_other_key_is_refused),
        cmocka_unit_test(test_needs_a_private_directory_and_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
