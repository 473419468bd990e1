/* The encoder: what a post reads like to it, how words are cut, that it
 * computes what it was trained with, what its file may hold. */
#include "unit.h"

#include <glib/gstdio.h>
#include <math.h>
#include <unistd.h>

#include "chaperone/encoder.h"
#include "chaperone/limits.h"
#include "chaperone/passage.h"

#define ENCODER  CH_SOURCE_DIR "/rules/posts.encoder"
#define EXPECTED CH_SOURCE_DIR "/tests/samples/encoder/passages.txt.expected"

/* --- passages ----------------------------------------------------------------
 */

static void
add_text(GPtrArray *texts, ch_where where, const char *utf8)
{
    g_autoptr(GBytes) source = g_bytes_new(utf8, strlen(utf8));
    ch_text *text = ch_text_new_whole(where, -1, source);
    ch_text_fold(text);
    g_ptr_array_add(texts, text);
}

static void
test_passages(void **state)
{
    static const struct {
        const char *name, *subject, *body;
        ch_post_facts facts;
        const char *passage;
    } rows[] = {
        {"subject and body",
         "Hours",
         "We open at 9.",
         {0},
         "Hours\3We open at 9."},
        {"a capital first",
         "x",
         "The ER, Dr. McAdam",
         {0},
         "x\3The Er, Dr. Mcadam"},
        {"white space is one blank", "x", "one\n\n  two", {0}, "x\3one two"},
        {"accents are gone",
         "x",
         "ma\303\261ana m\303\241s",
         {0},
         "x\3ma\303\261ana mas"},
        {"a disguise is taken off", "x", "gu4r4nt33d", {0}, "x\3guaranteed"},
        {"a signature is left out",
         "x",
         "We floss\n-- \nWendell",
         {0},
         "x\3We floss "},
        {"a text that says the same", "We floss", "We floss", {0}, "We floss"},
        {"a reply", "x", "y", {.is_reply = TRUE}, "\1x\3y"},
        {"a reply with a picture", "x", "y", {TRUE, TRUE}, "\1\2x\3y"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) texts =
            g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
        add_text(texts, CH_WHERE_SUBJECT, rows[i].subject);
        add_text(texts, CH_WHERE_BODY, rows[i].body);
        add_text(texts, CH_WHERE_LINK, "https://practice.example/");
        g_autoptr(GString) passage = ch_passage_new(texts, &rows[i].facts);
        if (strcmp(passage->str, rows[i].passage) != 0) {
            fail_msg("%s: \"%s\"", rows[i].name, passage->str);
        }
    }
}

/* --- the encoder -------------------------------------------------------------
 */

static int
load(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    *state = ch_encoder_load(ENCODER, diag);
    return *state == NULL;
}

static int
unload(void **state)
{
    ch_encoder_free(*state);
    return 0;
}

/* A line of EXPECTED: odds, pieces, a tab, the passage. */
static void
check_line(const ch_encoder *e, char *line)
{
    char *passage = strchr(line, '\t');
    assert_non_null(passage);
    *passage++ = '\0';
    g_auto(GStrv) numbers = g_strsplit(line, " ", -1);
    g_autoptr(GArray) pieces = ch_encoder_pieces(e, passage, strlen(passage));
    guint wanted = g_strv_length(numbers) - 1;
    assert_int_equal(MIN(pieces->len, CH_ENCODER_PIECES), wanted);
    for (guint i = 0; i < wanted; i++) {
        assert_int_equal(g_array_index(pieces, guint16, i),
                         g_ascii_strtoull(numbers[i + 1], NULL, 10));
    }
    g_auto(ch_meaning) meaning = {0};
    assert_true(ch_encoder_read(e, passage, strlen(passage), &meaning));
    /* what is longer is read again */
    double more = meaning.odds - g_ascii_strtod(numbers[0], NULL);
    if (more < -0.01 || (more > 0.01 && wanted < CH_ENCODER_PIECES)) {
        fail_msg("%s: %f, not %s", passage, meaning.odds, numbers[0]);
    }
}

static void
test_computes_what_it_was_trained_with(void **state)
{
    g_autofree char *expected = NULL;
    assert_true(g_file_get_contents(EXPECTED, &expected, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(g_strchomp(expected), "\n", -1);
    assert_in_range(g_strv_length(lines), 10, 100);
    for (guint i = 0; lines[i] != NULL; i++) {
        check_line(*state, lines[i]);
    }
}

static void
test_tells_harm_from_none(void **state)
{
    static const char bad[] = "Stop your tablets, take my drops.";
    static const char good[] = "We close at noon on Friday.";
    g_auto(ch_meaning) meaning = {0};
    assert_true(ch_encoder_read(*state, bad, strlen(bad), &meaning));
    assert_true(meaning.odds > 0);
    int right =
        ch_encoder_rule(*state, "professionalism/stop-treatment-advice");
    int wrong = ch_encoder_rule(*state, "privacy/patient-anecdote");
    assert_true(meaning.kinds[right] > meaning.kinds[wrong]);
    assert_int_equal(ch_encoder_rule(*state, "no/rule"), -1);
    ch_meaning_clear(&meaning);
    assert_true(ch_encoder_read(*state, good, strlen(good), &meaning));
    assert_true(meaning.odds < 0);
}

static void
test_the_end_of_a_long_passage_is_read(void **state)
{
    g_autoptr(GString) passage = g_string_new(NULL);
    g_auto(ch_meaning) before = {0}, after = {0};
    for (guint i = 0; i < CH_ENCODER_PIECES / 4; i++) {
        g_string_append(passage, "We close at noon on Friday. ");
    }
    ch_encoder_read(*state, passage->str, passage->len, &before);
    g_string_append(passage, "Stop your tablets, take my drops.");
    ch_encoder_read(*state, passage->str, passage->len, &after);
    assert_true(after.odds > before.odds);
}

static void
test_reading_has_an_end(void **state)
{
    g_autofree char *letters = g_strnfill(100000, 'x');
    g_autofree char *words = g_strnfill(100000, 'x');
    g_auto(ch_meaning) meaning = {0};
    for (guint i = 1; i < 100000; i += 2) {
        words[i] = ' ';
    }
    assert_true(ch_encoder_read(*state, letters, 100000, &meaning));
    assert_true(isfinite(meaning.odds));
    ch_meaning_clear(&meaning);
    assert_true(ch_encoder_read(*state, words, 100000, &meaning));
    assert_true(isfinite(meaning.odds));
    ch_meaning_clear(&meaning);
    assert_false(ch_encoder_read(*state, " \n ", 3, &meaning));
    assert_false(ch_encoder_read(*state, "", 0, &meaning));
}

/* --- its file ----------------------------------------------------------------
 */

static void
refuse(GBytes *file, const char *name, const char *why)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_encoder) e = ch_encoder_parse("e", file, diag);
    g_autofree char *said = ch_diag_dup_text(diag);
    if (e != NULL || strstr(said, why) == NULL) {
        fail_msg("%s: %s", name, said);
    }
}

static void
refuse_changed(GBytes *file, gsize at, guchar byte, const char *name,
               const char *why)
{
    gsize length;
    gconstpointer data = g_bytes_get_data(file, &length);
    guchar *copy = g_memdup2(data, length);
    copy[at] = byte;
    g_autoptr(GBytes) changed = g_bytes_new_take(copy, length);
    refuse(changed, name, why);
}

static void
test_damaged_files(void **state)
{
    char *data;
    gsize length;
    (void)state;
    assert_true(g_file_get_contents(ENCODER, &data, &length, NULL));
    g_autoptr(GBytes) file = g_bytes_new_take(data, length);
    for (gsize cut = 0; cut < length; cut += cut < 32 ? 1 : length / 50) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(file, 0, cut);
        refuse(part, "cut", cut < 12 ? "machine" : "damaged");
    }
    g_autoptr(GByteArray) longer = g_byte_array_new();
    g_byte_array_append(longer, (guint8 *)data, (guint)length);
    g_byte_array_append(longer, (const guint8 *)"xxxx", 4);
    g_autoptr(GBytes) more =
        g_byte_array_free_to_bytes(g_steal_pointer(&longer));
    refuse(more, "longer", "damaged");
    refuse_changed(file, 0, 'X', "magic", "machine");
    refuse_changed(file, 8, 1, "byte order", "machine");
    refuse_changed(file, 15, 0xff, "pieces", "damaged");
    refuse_changed(file, 19, 0xff, "rules", "damaged");
    refuse_changed(file, 20, 1, "names", "damaged");
    refuse_changed(file, 23, 0xff, "names beyond the end", "damaged");
    g_autoptr(ch_diag) diag = ch_diag_new();
    assert_null(ch_encoder_load("/nowhere/posts.encoder", diag));
    assert_int_equal(ch_diag_count(diag), 1);
}

static void
test_a_file_too_large(void **state)
{
    g_autofree char *path = NULL;
    g_autoptr(ch_diag) diag = ch_diag_new();
    int fd = g_file_open_tmp("chaperone-XXXXXX", &path, NULL);
    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, CH_MAX_ENCODER + 1), 0);
    close(fd);
    assert_null(ch_encoder_load(path, diag));
    g_unlink(path);
    g_autofree char *said = ch_diag_dup_text(diag);
    assert_non_null(strstr(said, "more than 32 MiB"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passages),
        cmocka_unit_test_setup_teardown(test_computes_what_it_was_trained_with,
                                        load, unload),
        cmocka_unit_test_setup_teardown(test_tells_harm_from_none, load,
                                        unload),
        cmocka_unit_test_setup_teardown(test_the_end_of_a_long_passage_is_read,
                                        load, unload),
        cmocka_unit_test_setup_teardown(test_reading_has_an_end, load, unload),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_a_file_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
