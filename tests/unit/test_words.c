/*
 * Every English word of the pages has a Spanish one, and no more.
 */
/* SOURCES: src/review/words.c */
#include "review/review.h"
#include "unit.h"

#include <string.h>

/* "a" "b" as C reads it, from the first quote on.  Owned. */
static char *
dup_literal(const char *at)
{
    g_autoptr(GString) out = g_string_new(NULL);
    while (*at == '"') {
        const char *end = at + 1;
        while (*end != '"') {
            end += *end == '\\' ? 2 : 1;
        }
        g_string_append_len(out, at + 1, end - at - 1);
        at = end + 1;
        while (g_ascii_isspace(*at)) {
            at++;
        }
    }
    return g_strcompress(out->str);
}

static guint
check_file(const char *path)
{
    g_autofree char *text = NULL;
    guint missing = 0;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    for (const char *at = strstr(text, "T(c,"); at != NULL;
         at = strstr(at + 1, "T(c,")) {
        const char *quote = at + 4;
        while (g_ascii_isspace(*quote)) {
            quote++;
        }
        if (*quote != '"') {
            continue;
        }
        g_autofree char *english = dup_literal(quote);
        if (ch_words(TRUE, english) == english) {
            print_error("no Spanish for: %s\n", english);
            missing++;
        }
    }
    return missing;
}

static void
test_all_are_there(void **state)
{
    const char *name;
    guint missing = 0, files = 0;
    GDir *dir = g_dir_open(CH_SOURCE_DIR "/src/review", 0, NULL);
    (void)state;
    while ((name = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(name, ".c")) {
            g_autofree char *path =
                g_build_filename(CH_SOURCE_DIR "/src/review", name, NULL);
            missing += check_file(path);
            files++;
        }
    }
    g_dir_close(dir);
    assert_true(files > 15);
    assert_int_equal(missing, 0);
}

/* What is not a literal in the sources. */
static void
test_names(void **state)
{
    static const char *const names[] = {
        "reviewer", "senior", "admin", "quarantine", "reject", "tag", "held",
        "released", "refused", "expired", "taken", "let-go", "escalated",
        "viewed", "exported", "evidence", "encrypted", "body", "subject",
        /* core/extraction.c, core/report_place.c */
        "file", "page", "sheet", "slide", "picture", "cell", "upper left",
        "top", "upper right", "left", "middle", "right", "lower left", "bottom",
        "lower right"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (ch_words(TRUE, names[i]) == names[i]) {
            fail_msg("no Spanish for: %s", names[i]);
        }
    }
    assert_string_equal(ch_words(FALSE, "Queue"), "Queue");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_there),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
