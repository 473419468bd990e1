/*
 * Tables: which columns hold what only their name tells (RFC 4180).
 *
 * Reads a header and the ends of cells, and decides nothing: what a labelled
 * cell is, the entities tell.
 */
#include "core/table_int.h"

#include <string.h>

/* Names as people and programs give them, to what entities know. */
static const struct {
    const char *name, *label;
} names[] = {
    {"mrn", "MRN"},
    {"mr", "MRN"},
    {"medical record", "MRN"},
    {"medical record number", "MRN"},
    {"record number", "MRN"},
    {"chart", "MRN"},
    {"chart number", "MRN"},
    {"patient id", "MRN"},
    {"patient number", "MRN"},
    {"historia clinica", "MRN"},
    {"dob", "DOB"},
    {"date of birth", "DOB"},
    {"birth date", "DOB"},
    {"birthdate", "DOB"},
    {"fecha de nacimiento", "DOB"},
    {"ssn", "SSN"},
    {"social", "SSN"},
    {"social security", "SSN"},
    {"social security number", "SSN"},
    {"patient ssn", "SSN"},
    {"member id", "Member ID"},
    {"insurance id", "Member ID"},
    {"subscriber id", "Member ID"},
    {"policy number", "Member ID"},
    {"patient", "patient"},
    {"patient name", "patient"},
    {"paciente", "paciente"},
    {"mbi", "Medicare"},
    {"medicare", "Medicare"},
    {"medicare number", "Medicare"},
};

gsize
ch_table_cell_end(const ch_table *t, gsize at)
{
    gboolean quoted = at < t->length && t->data[at] == '"';
    for (gsize i = at + (quoted ? 1 : 0); i < t->length; i++) {
        char c = t->data[i];
        if (quoted && c == '"') {
            quoted = FALSE;
        } else if (!quoted && (c == t->separator || c == '\n')) {
            return i;
        }
    }
    return t->length;
}

void
ch_table_read_name(const char *cell, gsize length, char name[CH_TABLE_NAME])
{
    gsize n = 0;
    for (gsize i = 0; i < length && n + 1 < CH_TABLE_NAME; i++) {
        char c = g_ascii_tolower(cell[i]);
        gboolean gap = !g_ascii_isalnum(c) && (guchar)c < 0x80;
        if (!gap) {
            name[n++] = c;
        } else if (n > 0 && name[n - 1] != ' ') {
            name[n++] = ' ';
        }
    }
    name[n > 0 && name[n - 1] == ' ' ? n - 1 : n] = '\0';
}

static const char *
label_of(const char *cell, gsize length)
{
    char name[CH_TABLE_NAME];
    ch_table_read_name(cell, length, name);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(names[i].name, name) == 0) {
            return names[i].label;
        }
    }
    return NULL;
}

char
ch_table_separator(const char *line, gsize length)
{
    static const char separators[] = {'\t', ',', ';'};
    gsize most = 0;
    char best = '\0';
    for (gsize s = 0; s < sizeof separators; s++) {
        gsize count = 0;
        for (gsize i = 0; i < length; i++) {
            count += line[i] == separators[s];
        }
        if (count > most) {
            most = count;
            best = separators[s];
        }
    }
    return best;
}

/* The end of the header; 0: there is none worth it. */
static gsize
read_header(ch_table *t)
{
    const char *line = memchr(t->data, '\n', t->length);
    gsize length = line == NULL ? 0 : (gsize)(line - t->data), at = 0;
    gboolean any = FALSE;
    t->separator = ch_table_separator(t->data, length);
    while (t->separator != '\0' && at <= length &&
           t->columns < CH_TABLE_COLUMNS) {
        gsize end = MIN(ch_table_cell_end(t, at), length);
        const char *label = label_of(t->data + at, end - at);
        t->labels[t->columns++] = label;
        any = any || label != NULL;
        at = end + 1;
    }
    return any ? length : 0;
}

ch_text *
ch_table_text(ch_where where, int part, GBytes *source)
{
    gsize length;
    const char *data = g_bytes_get_data(source, &length);
    ch_table t = {.data = data, .length = length};
    gsize at = data == NULL ? 0 : read_header(&t);
    if (at == 0) {
        return NULL;
    }
    ch_text *text = ch_text_new(where, part, source);
    gsize done = 0; /* copied up to here */
    guint column = 0;
    for (at++; at < length;) {
        gsize end = ch_table_cell_end(&t, at);
        const char *label = column < t.columns ? t.labels[column] : NULL;
        if (label != NULL && end > at) {
            g_autofree char *words = g_strconcat(label, " ", NULL);
            ch_text_add_copy(text, (ch_span){done, at});
            ch_text_add_change(text, (ch_span){at, at}, words, strlen(words));
            done = at;
        }
        column = end < length && data[end] == '\n' ? 0 : column + 1;
        at = end + 1;
    }
    ch_text_add_copy(text, (ch_span){done, length});
    return text;
}
