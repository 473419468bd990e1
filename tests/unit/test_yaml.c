/* YAML with places: what is read, what is refused and where. */
#include "unit.h"

#include "chaperone/yaml.h"

static ch_yaml *
parse(const char *text, ch_diag *diag)
{
    return ch_yaml_parse("f.yaml", text, strlen(text), diag);
}

static void
test_tree_and_places(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_yaml) yaml =
        parse("# top\na: 1\nb:\n  - x\n  - 'y'\nc: {d: \"\"}\n", diag);
    (void)state;
    assert_non_null(yaml);
    const ch_yaml_node *root = ch_yaml_root(yaml);
    const ch_yaml_node *b = ch_yaml_get(root, "b");
    assert_string_equal(ch_yaml_get(root, "a")->text, "1");
    assert_int_equal(b->kind, CH_YAML_LIST);
    assert_int_equal(b->key_line, 3);
    const ch_yaml_node *y = b->children->pdata[1];
    assert_int_equal(y->line, 5);
    assert_int_equal(y->column, 5);
    assert_true(y->quoted);
    assert_null(ch_yaml_get(root, "z"));
    g_auto(GStrv) list = ch_yaml_strings(b, "b", diag);
    assert_int_equal(g_strv_length(list), 2);
}

static void
test_refusals(void **state)
{
    static const struct {
        const char *name, *text, *message;
    } rows[] = {
        {"duplicate key", "a: 1\nb: 2\na: 3\n",
         "f.yaml:3:1: key \"a\" is there twice, first in line 1"},
        {"alias", "a: &x 1\nb: *x\n", "f.yaml:2:4: aliases"},
        {"tag", "a: !!int 1\n", "f.yaml:1:4: tags"},
        {"two documents", "a: 1\n---\nb: 2\n", "f.yaml:2:1: a second"},
        {"bad indent", "a: 1\n b: 2\n", "f.yaml:2:3: not valid YAML"},
        {"open bracket", "a: [1, 2\n", "f.yaml:2:1: not valid YAML"},
        {"key that is a list", "[a]: 1\n", "f.yaml:1:1: a key must be"},
        {"not UTF-8", "a: \377\n", "not valid YAML"},
        {"NUL in a text", "a: \"x\\0y\"\n", "f.yaml:1:4: a NUL"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_yaml) yaml = parse(rows[i].text, diag);
        g_autofree char *got = ch_diag_dup_text(diag);
        if (yaml != NULL || strstr(got, rows[i].message) == NULL) {
            fail_msg("%s: \"%s\"", rows[i].name, got);
        }
    }
}

static void
test_empty_files_are_empty_maps(void **state)
{
    static const char *const texts[] = {"", "# only a comment\n", "---\n"};
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_yaml) yaml = parse(texts[i], diag);
        assert_non_null(yaml);
        assert_int_equal(ch_yaml_root(yaml)->kind, CH_YAML_MAP);
        assert_int_equal(ch_yaml_root(yaml)->children->len, 0);
    }
}

static void
test_depth_and_size_are_capped(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *deep = g_strnfill(5000, '[');
    g_autoptr(ch_yaml) yaml = parse(deep, diag);
    (void)state;
    assert_null(yaml);
    g_autofree char *got = ch_diag_dup_text(diag);
    assert_non_null(strstr(got, "nested too deeply"));
    g_autofree char *large = g_strnfill(9 * 1024 * 1024, '#');
    assert_null(parse(large, diag));
}

static void
test_missing_file_is_named(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    (void)state;
    assert_null(ch_yaml_load("/nonexistent/f.yaml", diag));
    g_autofree char *got = ch_diag_dup_text(diag);
    assert_true(g_str_has_prefix(got, "/nonexistent/f.yaml: cannot be read"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree_and_places),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_empty_files_are_empty_maps),
        cmocka_unit_test(test_depth_and_size_are_capped),
        cmocka_unit_test(test_missing_file_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
