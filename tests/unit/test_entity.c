/* Entities: what is one, what only looks like one, what is the practice's. */
#include "unit.h"

#include "chaperone/entity.h"
#include "chaperone/scan.h"
#include "chaperone/text.h"

static void
set_list(GStrv *list, const char *values)
{
    g_strfreev(*list);
    *list = g_strsplit(values, "|", 0);
}

static ch_entities *
with_practice(void)
{
    g_autoptr(ch_config) c = ch_config_new();
    set_list(&c->practice_phones, "+1 (614) 555-0100");
    set_list(&c->practice_domains, "Practice.example");
    set_list(&c->practice_addresses,
             "2250 N. High Street, Suite 4, Columbus, OH 43201"
             "|Calle Mayor 12, 28013 Madrid");
    set_list(&c->practice_npi, "1234567893");
    set_list(&c->practice_ein, "31-1234567");
    set_list(&c->practice_staff, "Dr. Maria Quill, MD|Tobias Fenn, RN");
    set_list(&c->practice_names, "Bright Smile Dental");
    return ch_entities_new(c);
}

typedef struct {
    const char *kind, *text;
    const char *found; /* folded, NULL: nothing; "=" before: own */
} row;

static const row rows[] = {
#include "entity_rows.h"
};

/* In a view that knows no capitals: spoken digits, closed-up digits. */
static const row rows_without_capitals[] = {
    {"us-ssn", "her social is 512346789", "512346789"},
    {"phone", "call 6145550187", "6145550187"},
    {"age-over-89", "a 93-year-old", "93-year-old"},
    {"person", "mrs. vandermeer called", "mrs. vandermeer"},
    {"person", "patient tobias fenn", "=tobias fenn"},
    {"person", "patient portal is up", NULL},
    {"person", "grace period ends", NULL},
    {"person", "miss you all", NULL},
    {"street-address", "lives at 412 maple street", "412 maple street"},
    {"street-address", "5 great ways", NULL},
    {"zip-code", "columbus, oh 43215", "43215"},
    {"zip-code", "in 43215 cases", NULL},
};

/* The first entity of a kind as "=value" or "value"; NULL for none. */
static char *
dup_first(const ch_entities *entities, const char *kind,
          const ch_entity_text *in)
{
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ch_entity));
    int number = ch_entities_find_kind(kind);
    assert_true(number >= 0);
    assert_int_equal(ch_entities_find(entities, (guint)number, in, found),
                     CH_REGEX_DONE);
    if (found->len == 0) {
        return NULL;
    }
    const ch_entity *e = &g_array_index(found, ch_entity, 0);
    g_autofree char *value =
        g_strndup(in->data + e->span.start, e->span.end - e->span.start);
    return g_strconcat(e->own ? "=" : "", value, NULL);
}

static guint
check_row(const ch_entities *entities, const row *r, gboolean capitals)
{
    g_autoptr(GBytes) source = g_bytes_new_static(r->text, strlen(r->text));
    g_autoptr(ch_text) text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_text_fold(text);
    ch_entity_text in = {.text = capitals ? text : NULL};
    in.data = ch_text_folded(text, &in.length);
    g_autofree char *got = dup_first(entities, r->kind, &in);
    if (g_strcmp0(got, r->found) == 0) {
        return 0;
    }
    print_error("%s in \"%s\": %s, not %s\n", r->kind, r->text, got, r->found);
    return 1;
}

static void
test_rows(void **state)
{
    ch_entities *entities = with_practice();
    guint wrong = 0;
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        wrong += check_row(entities, &rows[i], TRUE);
    }
    ch_entities_free(entities);
    assert_int_equal(wrong, 0);
}

static void
test_without_capitals(void **state)
{
    ch_entities *entities = with_practice();
    guint wrong = 0;
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows_without_capitals); i++) {
        wrong += check_row(entities, &rows_without_capitals[i], FALSE);
    }
    ch_entities_free(entities);
    assert_int_equal(wrong, 0);
}

/* Every kind has a row that finds something and one that does not. */
static void
test_every_kind_has_rows(void **state)
{
    (void)state;
    for (guint k = 0; k < ch_entities_count(); k++) {
        gboolean found = FALSE, trap = FALSE;
        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            if (strcmp(rows[i].kind, ch_entities_name(k)) == 0) {
                found |= rows[i].found != NULL;
                trap |= rows[i].found == NULL;
            }
        }
        if (!found || !trap) {
            fail_msg("%s: no row", ch_entities_name(k));
        }
    }
}

static void
test_unknown_kind(void **state)
{
    g_autofree char *names = ch_entities_dup_names();
    (void)state;
    assert_int_equal(ch_entities_find_kind("shoe-size"), -1);
    assert_non_null(strstr(names, "email, us-ssn, us-itin"));
}

/* Thousands of hits: every span stays within the text. */
static void
test_page_of_digits(void **state)
{
    ch_entities *entities = with_practice();
    g_autoptr(GString) page = g_string_new("mrn ");
    (void)state;
    for (guint i = 0; i < 3000; i++) {
        g_string_append_printf(page, "%u-%02u ", 1000 + i, i % 97);
    }
    ch_entity_text in = {page->str, page->len, NULL};
    for (guint k = 0; k < ch_entities_count(); k++) {
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(ch_entity));
        assert_int_not_equal(ch_entities_find(entities, k, &in, found),
                             CH_REGEX_FAILED);
        for (guint i = 0; i < found->len; i++) {
            ch_span s = g_array_index(found, ch_entity, i).span;
            assert_true(s.start < s.end && s.end <= in.length);
        }
    }
    ch_entities_free(entities);
}

/* Hits of one pattern by the scanner are those of the pattern alone. */
static void
assert_same_hits(const ch_scan *scan, guint k, const ch_regex *regex,
                 const ch_entity_text *in)
{
    g_autoptr(GArray) alone = g_array_new(FALSE, FALSE, sizeof(ch_span));
    g_autoptr(GArray) scanned = g_array_new(FALSE, FALSE, sizeof(ch_span));
    ch_regex_find(regex, in->data, in->length, alone);
    ch_scan_find(scan, k, scanned);
    assert_int_equal(alone->len, scanned->len);
    for (guint i = 0; i < alone->len; i++) {
        ch_span a = g_array_index(alone, ch_span, i);
        ch_span b = g_array_index(scanned, ch_span, i);
        assert_int_equal(a.start, b.start);
        assert_int_equal(a.end, b.end);
    }
}

static void
test_both_engines_agree(void **state)
{
    ch_entities *entities = with_practice();
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();
    (void)state;
    for (guint k = 0; k < ch_entities_count(); k++) {
        g_ptr_array_add(patterns, (gpointer)ch_entities_regex(entities, k));
    }
    g_autoptr(ch_scanner) scanner =
        ch_scanner_new(patterns, CH_ENGINE_AUTO, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *folded = ch_text_dup_folded(rows[i].text);
        ch_entity_text in = {folded, strlen(folded), NULL};
        g_autoptr(ch_scan) scan = ch_scanner_scan(scanner, in.data, in.length);
        for (guint k = 0; k < patterns->len; k++) {
            assert_same_hits(scan, k, patterns->pdata[k], &in);
        }
    }
    ch_entities_free(entities);
}

/* Otherwise it would run over every text.  Names, ages as words, and codes
 * of any letters have none that is rare. */
static void
test_every_pattern_has_a_trigger(void **state)
{
    static const char *const wordy[] = {
        "person", "age", "age-over-89", "vin", "license-plate", NULL};
    ch_entities *entities = with_practice();
    guint without = 0;
    (void)state;
    for (guint k = 0; k < ch_entities_count(); k++) {
        ch_scan_cost cost;
        g_autofree char *problem =
            ch_scan_dup_problem(ch_entities_regex(entities, k), &cost);
        if (problem != NULL && !g_strv_contains(wordy, ch_entities_name(k))) {
            print_error("%s: %s\n", ch_entities_name(k), problem);
            without++;
        }
    }
    ch_entities_free(entities);
    assert_int_equal(without, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_without_capitals),
        cmocka_unit_test(test_every_kind_has_rows),
        cmocka_unit_test(test_unknown_kind),
        cmocka_unit_test(test_page_of_digits),
        cmocka_unit_test(test_both_engines_agree),
        cmocka_unit_test(test_every_pattern_has_a_trigger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
