/* Names of columns before their cells; everything else is no table. */
#include "chaperone/table.h"

#include "unit.h"

#include <string.h>

static void
test_labels(void **state)
{
    (void)state;
    static const struct {
        const char *source, *plain; /* plain NULL: no table */
    } rows[] = {
        {"Name,MRN\nLopez,12345\n", "Name,MRN\nLopez,MRN 12345\n"},
        {"\"Date of Birth\";Room\n1/2/1970;3\n\n;4",
         "\"Date of Birth\";Room\nDOB 1/2/1970;3\n\n;4"},
        {"Patient Name\tSSN\r\n\"Lopez\tM\"\t512-34-6789\r\n",
         "Patient Name\tSSN\r\npatient \"Lopez\tM\"\tSSN 512-34-6789\r\n"},
        {"a,MRN\n\"x\n,y\",7\n", "a,MRN\n\"x\n,y\",MRN 7\n"},
        {"Chart #,x\n1,2,3,4\n", "Chart #,x\nMRN 1,2,3,4\n"},
        {"Name,Room\nLopez,2\n", NULL},
        {"MRN\n12345\n", NULL},
        {"MRN,DOB", NULL},
        {"", NULL},
        {"\n,MRN\n1,2", NULL},
        {"A letter, MRN of nothing\nnext, line\n", NULL},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) source =
            g_bytes_new(rows[i].source, strlen(rows[i].source));
        g_autoptr(ch_text) text = ch_table_text(CH_WHERE_ATTACHMENT, 0, source);
        const char *plain = text == NULL ? NULL : ch_text_plain(text, NULL);
        if (g_strcmp0(plain, rows[i].plain) != 0) {
            fail_msg("row %zu: \"%s\"", i, plain == NULL ? "none" : plain);
        }
    }
}

static void
test_lists_of_patients(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        gboolean is_list;
    } rows[] = {
        {"Patient,DOB\nA,1970\n", TRUE},
        {"Name;Dx;Insurance\nA;x;y\n", TRUE},
        {"MRN\tDiagnosis\n1\tx\n", TRUE},
        {"Name,Age,Next Visit,Payer\nA,,,\nB,,x,\n", TRUE}, /* row 2 */
        {"Export,\n\n\"Patient Name\",\"Chart #\"\nA,7\n", TRUE},
        {"Patient,DOB\n", FALSE}, /* a form */
        {"Patient,DOB\n,\n\"\",__\n", FALSE},
        {"Patient,DOB\nA,\n,1970\n", FALSE},   /* no row with both */
        {"Name,DOB\nA,1970\n", FALSE},         /* one thing of anybody */
        {"Diagnosis,Insurance\nx,y\n", FALSE}, /* of nobody */
        {"Patient,Room\nA,2\n", FALSE},
        {"Patient and DOB\nA, 1970\n", FALSE},
        {"", FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) source =
            g_bytes_new(rows[i].source, strlen(rows[i].source));
        if (ch_table_lists_patients(source) != rows[i].is_list) {
            fail_msg("row %zu: %s", i, rows[i].source);
        }
    }
}

/* A place in the text is a place in what was written. */
static void
test_way_back(void **state)
{
    (void)state;
    static const char csv[] = "Name,MRN\nLopez,12345\n";
    g_autoptr(GBytes) source = g_bytes_new_static(csv, sizeof csv - 1);
    g_autoptr(ch_text) text = ch_table_text(CH_WHERE_ATTACHMENT, 0, source);
    const char *plain = ch_text_plain(text, NULL);
    gsize at = (gsize)(strstr(plain, "12345") - plain);
    ch_span back = ch_text_origin_of_plain(text, (ch_span){at, at + 5});
    assert_int_equal(back.start, strstr(csv, "12345") - csv);
    assert_int_equal(back.end, back.start + 5);
    ch_span label = ch_text_origin_of_plain(text, (ch_span){at - 4, at + 5});
    assert_int_equal(label.start, back.start);
    assert_int_equal(label.end, back.end);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),
        cmocka_unit_test(test_way_back),
        cmocka_unit_test(test_lists_of_patients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
