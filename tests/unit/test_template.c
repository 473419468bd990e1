/*
 * Templates: which files are some, what is wrong with others and where, and
 * letters in a practice's own words.
 */
#include "announce_fixture.h"
#include "chaperone/digest.h"
#include "chaperone/limits.h"
#include "chaperone/template.h"

#define ID "06H2FCRECPT9V6Q0"

static void
write_file(const char *directory, const char *name, const char *text,
           gssize length)
{
    g_autofree char *file = g_build_filename(directory, name, NULL);
    assert_true(g_file_set_contents(file, text, length, NULL));
}

static void
clear_directory(const char *directory)
{
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(directory, name, NULL);
        if (g_unlink(path) != 0) {
            g_rmdir(path);
        }
    }
}

static void
errors_have_places(void **state)
{
    static const struct {
        const char *row, *name, *text;
        gssize length;
        const char *message; /* behind the directory; NULL: none */
    } rows[] = {
        {"fine", "held.en.txt", "{what}\n\n{{{id}} {link}\n", -1, NULL},
        {"for authors", "refused.author.es.txt", "{what}\n", -1, NULL},
        {"of a digest", "digest.en.txt", "{count}\n{posts}\n", -1, NULL},
        {"with line ends of another system", "held.en.txt",
         "\xef\xbb\xbf{what}\r\nEnd\r\n", -1, NULL},
        {"no template", "README", "{nothing}", -1, NULL},
        {"of an editor", ".held.en.txt", "{nothing}", -1, NULL},
        {"a kind that is none", "helt.en.txt", "x", -1,
         "/helt.en.txt: is the name of no template; allowed: KIND.en.txt"},
        {"a language that is none", "held.fr.txt", "x", -1,
         "/held.fr.txt: is the name of no template"},
        {"nobody", "held.nobody.en.txt", "x", -1, "/held.nobody.en.txt: is"},
        {"no language", "held.txt", "x", -1, "/held.txt: is the name of no"},
        {"a digest to authors", "digest.author.en.txt", "x", -1,
         "/digest.author.en.txt: is the name of no"},
        {"an unknown placeholder", "held.en.txt", "{what}\nDear {name},\n", -1,
         "/held.en.txt:2:6: no placeholder of this notice; there are: {id}, "
         "{channel}, {what}, {rules}, {publish_at}, {note}, {next}, {author}, "
         "{answer}, {link}, {contact}, and {{ for a brace"},
        {"one of digests", "held.en.txt", "{posts}\n", -1,
         "/held.en.txt:1:1: no placeholder of this notice"},
        {"one of letters", "digest.es.txt", "{id}\n", -1,
         "/digest.es.txt:1:1: no placeholder of this notice; there are: "
         "{what}"},
        {"a brace", "held.en.txt", "a { b\n", -1, "/held.en.txt:1:3: no"},
        {"a brace at the end", "held.en.txt", "a {", -1, "/held.en.txt:1:3: "},
        {"capitals", "held.en.txt", "{ID}", -1, "/held.en.txt:1:1: no"},
        {"unfinished", "held.en.txt", "{id", -1, "/held.en.txt:1:1: no"},
        {"not UTF-8", "held.en.txt", "a\xff", -1, "/held.en.txt: is not UTF-8"},
        {"a NUL", "held.en.txt", "a\0b", 3, "/held.en.txt: is not UTF-8"},
        {"a control character", "held.en.txt", "a\nb\x1b[1m", -1,
         "/held.en.txt:2:2: a control character"},
        {"nothing", "held.en.txt", "\n \n", -1, "/held.en.txt: is empty"},
    };
    (void)state;
    g_autofree char *directory = g_dir_make_tmp("ch-template-XXXXXX", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        print_message("%s\n", rows[i].row);
        write_file(directory, rows[i].name, rows[i].text, rows[i].length);
        g_autoptr(ch_templates) t = ch_templates_load(directory, diag);
        g_autofree char *told = ch_diag_dup_text(diag);
        assert_int_equal(t == NULL, rows[i].message != NULL);
        if (t == NULL) {
            g_autofree char *message =
                g_strconcat(directory, rows[i].message, NULL);
            if (!g_str_has_prefix(told, message)) {
                fail_msg("%s", told);
            }
        }
        clear_directory(directory);
    }
    g_rmdir(directory);
}

static void
what_cannot_be_read_is_an_error(void **state)
{
    (void)state;
    g_autofree char *directory = g_dir_make_tmp("ch-template-XXXXXX", NULL);
    g_autofree char *sub = g_build_filename(directory, "held.en.txt", NULL);
    g_autofree char *large = g_strnfill(CH_MAX_TEMPLATE + 1, 'a');
    g_autoptr(ch_diag) diag = ch_diag_new();
    assert_int_equal(g_mkdir(sub, 0700), 0);
    assert_null(ch_templates_load(directory, diag));
    assert_int_equal(ch_diag_count(diag), 1);
    clear_directory(directory);
    write_file(directory, "held.en.txt", large, -1);
    assert_null(ch_templates_load(directory, diag));
    assert_int_equal(ch_diag_count(diag), 2);
    clear_directory(directory);
    g_rmdir(directory);
    assert_null(ch_templates_load(directory, diag));
    assert_int_equal(ch_diag_count(diag), 3);
    g_autoptr(ch_templates) none = ch_templates_load("", diag);
    assert_non_null(none);
    assert_null(ch_templates_find(none, "held", TRUE, FALSE));
    assert_null(ch_templates_find(NULL, "held", TRUE, FALSE));
}

/* Every kind of notice can have one, by the name that it has. */
static void
kinds_are_those_of_notices(void **state)
{
    (void)state;
    g_autofree char *directory = g_dir_make_tmp("ch-template-XXXXXX", NULL);
    for (guint k = 0; k < CH_NOTICE_COUNT; k++) {
        const char *kind = ch_notice_kind_name((ch_notice_kind)k);
        g_autofree char *name = g_strconcat(kind, ".es.txt", NULL);
        g_autoptr(ch_diag) diag = ch_diag_new();
        write_file(directory, name, "a", -1);
        g_autoptr(ch_templates) t = ch_templates_load(directory, diag);
        assert_non_null(t);
        assert_string_equal(ch_templates_find(t, kind, FALSE, TRUE), "a");
        assert_null(ch_templates_find(t, kind, FALSE, FALSE));
    }
    clear_directory(directory);
    g_rmdir(directory);
}

static void
the_narrow_name_wins(void **state)
{
    (void)state;
    g_autofree char *directory = g_dir_make_tmp("ch-template-XXXXXX", NULL);
    g_autoptr(ch_diag) diag = ch_diag_new();
    write_file(directory, "held.en.txt", "all", -1);
    write_file(directory, "held.author.en.txt", "author", -1);
    write_file(directory, "refused.reviewer.en.txt", "reviewer", -1);
    g_autoptr(ch_templates) t = ch_templates_load(directory, diag);
    assert_string_equal(ch_templates_find(t, "held", TRUE, FALSE), "author");
    assert_string_equal(ch_templates_find(t, "held", FALSE, FALSE), "all");
    assert_string_equal(ch_templates_find(t, "refused", FALSE, FALSE),
                        "reviewer");
    assert_null(ch_templates_find(t, "refused", TRUE, FALSE));
    clear_directory(directory);
    g_rmdir(directory);
}

static void
placeholders_are_filled(void **state)
{
    static const struct {
        const char *text, *filled;
    } rows[] = {
        {"a", "a\n"},
        {"{id} {id}", "7 7\n"},
        {"{{id}", "{id}\n"},
        {"a\n{note}\nb", "a\nb\n"},
        {"a\n {note} {answer}\nb", "a\nb\n"},
        {"Note: {note}", "Note: \n"},
        {"{note}{id}", "7\n"},
        {"a\n\nb", "a\n\nb\n"},
        {"{rules}", "{id}\nb\n"}, /* what is filled in is not read again */
    };
    const char *values[CH_FILL_COUNT] = {
        [CH_FILL_ID] = "7", [CH_FILL_ANSWER] = "", [CH_FILL_RULES] = "{id}\nb"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *filled = ch_template_fill(rows[i].text, values);
        assert_string_equal(filled, rows[i].filled);
    }
}

/* A house whose letters are written in the files of a directory. */
static ch_house *
house_with(const char *directory, const char *notices)
{
    g_autofree char *keys =
        g_strdup_printf(", templates: \"%s\"%s", directory, notices);
    return announcing_house(
        keys, "review: {base_url: \"https://review.practice.example\"}\n"
              "practice: {contact: \"Questions: 614-555-0100\"}\n");
}

static void
letters_are_in_ones_own_words(void **state)
{
    const fixture *f = *state;
    g_autofree char *directory = g_dir_make_tmp("ch-template-XXXXXX", NULL);
    write_file(directory, "held.author.en.txt",
               "Hi {author}!\n{what}\n{rules}\n{link}\n{answer}\n{note}\n"
               "{contact}\n",
               -1);
    write_file(directory, "held.reviewer.en.txt",
               "Work: {channel}, {link}\n{publish_at}\n", -1);
    g_autoptr(ch_house) house = house_with(directory, "");
    char id[CH_ID_LENGTH + 1];
    hold(f, house, POST, 3 * DAY, FALSE, id);
    g_autoptr(GPtrArray) outbox = outbox_of(f);
    assert_int_equal(outbox->len, 2);
    const ch_waiting *author = outbox->pdata[0], *reviewer = outbox->pdata[1];
    g_autofree char *to_author = dup_text(author->mail);
    g_autofree char *to_reviewer = dup_text(reviewer->mail);
    g_autofree char *author_body = g_strdup_printf(
        "\r\n\r\nHi office!\r\nYour post to WordPress.com is held for review. "
        "It is not published yet.\r\n- Word that holds: Leave out the "
        "word.\r\n- "
        "gone/rule\r\nQuestions: 614-555-0100\r\n\r\nID: %s\r\n",
        id);
    g_autofree char *reviewer_end = g_strdup_printf("\r\n\r\nID: %s\r\n", id);
    if (strstr(to_author, author_body) == NULL ||
        strstr(to_reviewer, "\r\n\r\nWork: WordPress.com, "
                            "https://review.practice.example/open/") == NULL ||
        strstr(to_reviewer, reviewer_end) == NULL) {
        fail_msg("%s", to_reviewer);
    }
    /* What is not up to them. */
    assert_true(ch_notice_is_ours(author->mail, f->store));
    assert_non_null(
        strstr(to_author, "\r\nAuto-Submitted: auto-generated\r\n"));
    g_autofree char *subject = g_strdup_printf(
        "\r\nSubject: Chaperone: your post is held for review (ID %s)\r\n", id);
    assert_non_null(strstr(to_author, subject));
    clear_directory(directory);
    g_rmdir(directory);
}

static void
a_digest_is_in_ones_own_words(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("ch-template-XXXXXX", NULL);
    write_file(directory, "digest.en.txt", "{count} to do: {link}\n\n{posts}\n",
               -1);
    g_autoptr(ch_house) house = house_with(directory, ", digest: 1h");
    char id[CH_ID_LENGTH + 1];
    hold(f, house, POST, 3 * DAY, FALSE, id);
    g_autoptr(GPtrArray) due = ch_digest_due(f->store, NOW, &error);
    g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(ch_link));
    g_autoptr(GBytes) letter =
        ch_digest_compose(house, f->store, due->pdata[0], ID, NOW, links);
    g_autofree char *text = dup_text(letter);
    if (strstr(text, "\r\n\r\n1 to do: https://review.practice.example/queue"
                     "\r\n\r\n1. WordPress.com\r\n") == NULL ||
        strstr(text, id) == NULL || strstr(text, "\r\n\r\nLedger") == NULL) {
        fail_msg("%s", text);
    }
    clear_directory(directory);
    g_rmdir(directory);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_have_places),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(kinds_are_those_of_notices),
        cmocka_unit_test(the_narrow_name_wins),
        cmocka_unit_test(placeholders_are_filled),
        TEST(letters_are_in_ones_own_words),
        TEST(a_digest_is_in_ones_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
