/*
 * Lists of patients: a table whose columns say who somebody is and what only
 * whoever treats or insures him knows, and under which stands something.
 *
 * Such an export is a finding as a whole, whatever the rules make of its
 * cells.  Forms without rows, staff lists and statistics are none.
 */
#include "core/table_int.h"

#include <string.h>

#define MAX_TITLE_LINES 10 /* lines before the one that names the columns */
#define MAX_ROWS        50 /* of which one must hold something */

/* What a column tells. */
enum {
    PATIENT = 1 << 0, /* a patient, by that word */
    PERSON = 1 << 1,  /* anybody's name */
    RECORD = 1 << 2,
    BIRTH = 1 << 3,
    INSURANCE = 1 << 4,
    DIAGNOSIS = 1 << 5,
    VISIT = 1 << 6
};

static const struct {
    const char *name;
    guint tells;
} columns[] = {
    {"patient", PATIENT},
    {"patient name", PATIENT},
    {"patient first name", PATIENT},
    {"patient last name", PATIENT},
    {"client name", PATIENT},
    {"paciente", PATIENT},
    {"nombre del paciente", PATIENT},
    {"name", PERSON},
    {"full name", PERSON},
    {"first name", PERSON},
    {"firstname", PERSON},
    {"last name", PERSON},
    {"lastname", PERSON},
    {"surname", PERSON},
    {"member name", PERSON},
    {"subscriber name", PERSON},
    {"nombre", PERSON},
    {"apellido", PERSON},
    {"apellidos", PERSON},
    {"mrn", RECORD},
    {"medical record", RECORD},
    {"medical record number", RECORD},
    {"medical record no", RECORD},
    {"chart", RECORD},
    {"chart no", RECORD},
    {"chart number", RECORD},
    {"patient id", RECORD},
    {"patient no", RECORD},
    {"patient number", RECORD},
    {"historia clinica", RECORD},
    {"historia cl\xc3\xadnica", RECORD},
    {"dob", BIRTH},
    {"birth date", BIRTH},
    {"birthdate", BIRTH},
    {"date of birth", BIRTH},
    {"patient dob", BIRTH},
    {"fecha de nacimiento", BIRTH},
    {"insurance", INSURANCE},
    {"insurance id", INSURANCE},
    {"insurance name", INSURANCE},
    {"insurance plan", INSURANCE},
    {"insurance company", INSURANCE},
    {"primary insurance", INSURANCE},
    {"payer", INSURANCE},
    {"payer name", INSURANCE},
    {"member id", INSURANCE},
    {"subscriber id", INSURANCE},
    {"group number", INSURANCE},
    {"policy number", INSURANCE},
    {"medicare", INSURANCE},
    {"medicare number", INSURANCE},
    {"medicaid", INSURANCE},
    {"medicaid id", INSURANCE},
    {"mbi", INSURANCE},
    {"seguro", INSURANCE},
    {"aseguradora", INSURANCE},
    {"diagnosis", DIAGNOSIS},
    {"diagnoses", DIAGNOSIS},
    {"diagnosis code", DIAGNOSIS},
    {"dx", DIAGNOSIS},
    {"dx code", DIAGNOSIS},
    {"icd", DIAGNOSIS},
    {"icd 10", DIAGNOSIS},
    {"icd10", DIAGNOSIS},
    {"condition", DIAGNOSIS},
    {"procedure", DIAGNOSIS},
    {"cpt", DIAGNOSIS},
    {"cpt code", DIAGNOSIS},
    {"treatment", DIAGNOSIS},
    {"medication", DIAGNOSIS},
    {"medications", DIAGNOSIS},
    {"allergies", DIAGNOSIS},
    {"diagn\xc3\xb3stico", DIAGNOSIS},
    {"diagnostico", DIAGNOSIS},
    {"tratamiento", DIAGNOSIS},
    {"date of service", VISIT},
    {"service date", VISIT},
    {"dos", VISIT},
    {"visit date", VISIT},
    {"last visit", VISIT},
    {"next visit", VISIT},
    {"appointment date", VISIT},
    {"next appointment", VISIT},
    {"admission date", VISIT},
    {"discharge date", VISIT},
    {"fecha de cita", VISIT},
};

static guint
told_by(const char *cell, gsize length)
{
    char name[CH_TABLE_NAME];
    ch_table_read_name(cell, length, name);
    for (gsize i = 0; i < G_N_ELEMENTS(columns); i++) {
        if (strcmp(columns[i].name, name) == 0) {
            return columns[i].tells;
        }
    }
    return 0;
}

/* Somebody, and two things of him that are nobody else's business. */
static gboolean
is_of_patients(guint told)
{
    guint matters =
        told & (PATIENT | RECORD | BIRTH | INSURANCE | DIAGNOSIS | VISIT);
    gboolean somebody = (told & (PATIENT | PERSON | RECORD)) != 0;
    guint count = 0;
    for (; matters != 0; matters &= matters - 1) {
        count++;
    }
    return somebody && count >= 2;
}

/* What each column of the line that starts at "at" tells; the end of it. */
static gsize
read_columns(ch_table *t, gsize at, guint *told, guint *all_out)
{
    gsize end = at;
    *all_out = 0;
    t->columns = 0;
    while (t->columns < CH_TABLE_COLUMNS) {
        end = ch_table_cell_end(t, at);
        told[t->columns] = told_by(t->data + at, end - at);
        *all_out |= told[t->columns++];
        if (end >= t->length || t->data[end] == '\n') {
            break;
        }
        at = end + 1;
    }
    return end;
}

static gboolean
is_filled(const char *cell, gsize length)
{
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isspace(cell[i]) && cell[i] != '"' && cell[i] != '_') {
            return TRUE;
        }
    }
    return FALSE;
}

/* Whether a row behind the header says two of the things. */
static gboolean
has_rows(const ch_table *t, gsize at, const guint *told)
{
    guint column = 0, filled = 0, rows = 0;
    while (at < t->length && rows < MAX_ROWS) {
        gsize end = ch_table_cell_end(t, at);
        filled += column < t->columns && told[column] != 0 &&
                  is_filled(t->data + at, end - at);
        if (filled >= 2) {
            return TRUE;
        }
        column++;
        if (end < t->length && t->data[end] == '\n') {
            column = filled = 0;
            rows++;
        }
        at = end + 1;
    }
    return FALSE;
}

gboolean
ch_table_lists_patients(GBytes *source)
{
    guint told[CH_TABLE_COLUMNS], all;
    ch_table t = {.data = g_bytes_get_data(source, &t.length)};
    gsize at = 0;
    for (guint i = 0; t.data != NULL && i <= MAX_TITLE_LINES && at < t.length;
         i++) {
        const char *line = t.data + at;
        const char *lf = memchr(line, '\n', t.length - at);
        gsize length = lf == NULL ? t.length - at : (gsize)(lf - line);
        t.separator = ch_table_separator(line, length);
        if (t.separator != '\0') {
            gsize end = read_columns(&t, at, told, &all);
            if (is_of_patients(all) && has_rows(&t, end + 1, told)) {
                return TRUE;
            }
        }
        at += length + 1;
    }
    return FALSE;
}
