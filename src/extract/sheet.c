/*
 * Cells of a workbook (ECMA-376 part 1, 18.3): a row a line, cells parted by
 * tabs, texts from the shared table, days as dates.
 *
 * Cells are given one after the other whether rows, columns or the sheet are
 * hidden.  Formulas are text, too: a name may stand in one.
 */
#include "extract/reader.h"

#include <libxml/xmlreader.h>
#include <math.h>
#include <string.h>

#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

struct ch_workbook {
    GPtrArray *strings; /* of char * */
    GByteArray *used;   /* 1: a cell shows that string */
    GArray *is_date;    /* gboolean for each cell format */
};

typedef struct {
    ch_reader *r;
    xmlTextReader *xml;
    GBytes *text;
} source;

static gboolean
source_open(source *s, ch_reader *r, GBytes *bytes)
{
    gsize length;
    *s = (source){.r = r};
    s->text = bytes == NULL ? NULL : ch_xml_prepare(r, bytes);
    if (s->text == NULL) {
        return FALSE;
    }
    const char *data = g_bytes_get_data(s->text, &length);
    s->xml = xmlReaderForMemory(data, (int)length, NULL, "UTF-8", OPTIONS);
    return s->xml != NULL;
}

static gboolean
source_next(source *s)
{
    int code = xmlTextReaderRead(s->xml);
    if (code < 0) {
        ch_reader_unscanned(s->r, CH_UNSCANNED_DAMAGED);
    }
    return code == 1;
}

static void
source_close(source *s)
{
    xmlFreeTextReader(s->xml);
    g_bytes_unref(s->text);
}

static const char *
name_of(const source *s)
{
    const xmlChar *name = xmlTextReaderConstLocalName(s->xml);
    return name == NULL ? "" : (const char *)name;
}

static char *
dup_attribute(const source *s, const char *name)
{
    xmlChar *value = xmlTextReaderGetAttribute(s->xml, BAD_CAST name);
    char *copy = g_strdup((const char *)value);
    xmlFree(value);
    return copy;
}

static guint
number_attribute(const source *s, const char *name)
{
    g_autofree char *text = dup_attribute(s, name);
    return text == NULL ? 0 : (guint)g_ascii_strtoull(text, NULL, 10);
}

/* --- shared strings, formats -------------------------------------------- */

/* 18.4.8: text of all runs; phonetic hints (rPh) are other words. */
static void
read_strings(ch_workbook *book, source *s)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint phonetic = 0;
    while (source_next(s)) {
        int type = xmlTextReaderNodeType(s->xml);
        const char *name = name_of(s);
        gboolean end = type == XML_READER_TYPE_END_ELEMENT;
        gboolean empty = xmlTextReaderIsEmptyElement(s->xml) == 1;
        if (strcmp(name, "rPh") == 0 && !empty) {
            phonetic = end ? 0 : 1;
        } else if (strcmp(name, "si") == 0 && (end || empty)) {
            g_ptr_array_add(book->strings, g_strdup(text->str));
            g_byte_array_append(book->used, (const guint8 *)"", 1);
            g_string_truncate(text, 0);
        } else if (xmlTextReaderHasValue(s->xml) == 1 && phonetic == 0) {
            g_string_append(text,
                            (const char *)xmlTextReaderConstValue(s->xml));
        }
    }
}

/* 18.8.30: 14 to 22 and 45 to 47 are built-in dates; others by their code,
 * in which letters stand for year, month and day. */
static gboolean
is_date_format(guint id, GHashTable *codes)
{
    const char *code = g_hash_table_lookup(codes, GUINT_TO_POINTER(id));
    if (code == NULL) {
        return (id >= 14 && id <= 22) || (id >= 27 && id <= 36);
    }
    return strpbrk(code, "yY") != NULL &&
           (strpbrk(code, "dD") != NULL || strpbrk(code, "mM") != NULL);
}

static void
read_styles(ch_workbook *book, source *s)
{
    g_autoptr(GHashTable) codes =
        g_hash_table_new_full(NULL, NULL, NULL, g_free);
    gboolean in_cells = FALSE;
    while (source_next(s)) {
        const char *name = name_of(s);
        gboolean start =
            xmlTextReaderNodeType(s->xml) == XML_READER_TYPE_ELEMENT;
        if (strcmp(name, "cellXfs") == 0) {
            in_cells = start;
        } else if (start && strcmp(name, "numFmt") == 0) {
            g_hash_table_insert(
                codes, GUINT_TO_POINTER(number_attribute(s, "numFmtId")),
                dup_attribute(s, "formatCode"));
        } else if (start && in_cells && strcmp(name, "xf") == 0) {
            gboolean date =
                is_date_format(number_attribute(s, "numFmtId"), codes);
            g_array_append_val(book->is_date, date);
        }
    }
}

ch_workbook *
ch_workbook_new(ch_reader *r, GBytes *strings, GBytes *styles)
{
    ch_workbook *book = g_new0(ch_workbook, 1);
    source s;
    book->strings = g_ptr_array_new_with_free_func(g_free);
    book->used = g_byte_array_new();
    book->is_date = g_array_new(FALSE, FALSE, sizeof(gboolean));
    if (source_open(&s, r, strings)) {
        read_strings(book, &s);
        source_close(&s);
    }
    if (source_open(&s, r, styles)) {
        read_styles(book, &s);
        source_close(&s);
    }
    return book;
}

void
ch_workbook_free(ch_workbook *book)
{
    if (book != NULL) {
        g_ptr_array_unref(book->strings);
        g_byte_array_unref(book->used);
        g_array_unref(book->is_date);
        g_free(book);
    }
}

/* --- cells --------------------------------------------------------------- */

typedef struct {
    char type;    /* of t="": 's' shared, else as it stands */
    guint format; /* index of a cell format */
    gboolean in_value;
    guint row, column; /* that a line, a tab begins now; from 1, from 0 */
} cell;

/* Days since 1899-12-30 (18.17.4.1, the 1900 system). */
static void
append_day(GString *out, const char *value)
{
    double days = g_ascii_strtod(value, NULL);
    g_autoptr(GDateTime) epoch = g_date_time_new_utc(1899, 12, 30, 0, 0, 0);
    g_autoptr(GDateTime) day =
        days >= 1 && days < 200000
            ? g_date_time_add_days(epoch, (int)floor(days))
            : NULL;
    g_autofree char *text =
        day == NULL ? g_strdup(value) : g_date_time_format(day, "%m/%d/%Y");
    g_string_append(out, text);
}

/* Lines of a cell stay in the line of its row. */
static void
append_line(GString *out, const char *value)
{
    for (; *value != '\0'; value++) {
        gboolean parts = *value == '\n' || *value == '\r' || *value == '\t';
        g_string_append_c(out, parts ? ' ' : *value);
    }
}

static void
append_value(ch_workbook *book, const cell *c, const char *value, GString *out)
{
    guint64 index = g_ascii_strtoull(value, NULL, 10);
    if (c->type == 's' && c->in_value) {
        gboolean known = index < book->strings->len;
        append_line(out, known ? book->strings->pdata[index] : value);
        if (known) {
            book->used->data[index] = 1;
        }
    } else if (c->type == 'n' && c->in_value &&
               c->format < book->is_date->len &&
               g_array_index(book->is_date, gboolean, c->format)) {
        append_day(out, value);
    } else {
        append_line(out, value);
    }
}

static void
pad(GString *out, char with, guint count)
{
    for (guint i = 0; i < count; i++) {
        g_string_append_c(out, with);
    }
}

/* 18.3.1.73: a row that is left out is not there. */
static void
start_row(const source *s, cell *c, GString *out)
{
    guint row = number_attribute(s, "r");
    if (row > c->row && row - c->row <= CH_MAX_BLANK_ROWS) {
        pad(out, '\n', row - c->row);
        c->row = row;
    }
}

static void
end_row(cell *c, GString *out)
{
    g_string_append_c(out, '\n');
    c->row++;
    c->column = 0;
}

/* "D5" to 3; 0 for none. */
static guint
column_of(const char *reference)
{
    guint column = 0;
    for (gsize i = 0;
         reference != NULL && i < 3 && g_ascii_isupper(reference[i]); i++) {
        column = column * 26 + (guint)(reference[i] - 'A') + 1;
    }
    return column > 0 ? column - 1 : 0;
}

static void
end_cell(cell *c, GString *out)
{
    g_string_append_c(out, '\t');
    c->column++;
}

static void
start_cell(const source *s, cell *c, GString *out)
{
    g_autofree char *reference = dup_attribute(s, "r");
    guint column = column_of(reference);
    if (column > c->column && column - c->column <= CH_MAX_BLANK_COLUMNS) {
        pad(out, '\t', column - c->column);
        c->column = column;
    }
    g_autofree char *type = dup_attribute(s, "t");
    c->type = type == NULL || type[0] == '\0' ? 'n'
              : strcmp(type, "s") == 0        ? 's'
                                              : 'x';
    c->format = number_attribute(s, "s");
    if (xmlTextReaderIsEmptyElement(s->xml) == 1) {
        end_cell(c, out);
    }
}

/* An element of the sheet begins or ends. */
static void
take_element(const source *s, cell *c, gboolean end, GString *out)
{
    const char *name = name_of(s);
    if (strcmp(name, "c") == 0 && !end) {
        start_cell(s, c, out);
    } else if (strcmp(name, "c") == 0) {
        end_cell(c, out);
    } else if (strcmp(name, "v") == 0) {
        c->in_value = !end;
    } else if (strcmp(name, "f") == 0) {
        g_string_append_c(out, ' ');
    } else if (strcmp(name, "row") == 0) {
        if (!end) {
            start_row(s, c, out);
        }
        if (end || xmlTextReaderIsEmptyElement(s->xml) == 1) {
            end_row(c, out);
        }
    } else if (end && (g_str_has_suffix(name, "eader") ||
                       g_str_has_suffix(name, "ooter"))) {
        g_string_append_c(out, '\n');
    }
}

void
ch_read_sheet(ch_reader *r, ch_workbook *book, GBytes *sheet)
{
    g_autoptr(GString) out = g_string_new(NULL);
    cell c = {'n', 0, FALSE, 1, 0};
    source s;
    if (!source_open(&s, r, sheet)) {
        return;
    }
    while (source_next(&s)) {
        int type = xmlTextReaderNodeType(s.xml);
        if (type == XML_READER_TYPE_TEXT || type == XML_READER_TYPE_CDATA) {
            append_value(book, &c, (const char *)xmlTextReaderConstValue(s.xml),
                         out);
        } else if (type == XML_READER_TYPE_ELEMENT ||
                   type == XML_READER_TYPE_END_ELEMENT) {
            take_element(&s, &c, type == XML_READER_TYPE_END_ELEMENT, out);
        }
    }
    ch_reader_string(r, CH_WHERE_ATTACHMENT, out);
    source_close(&s);
}

/* A string that no cell shows is in the file all the same. */
void
ch_workbook_give_rest(ch_reader *r, const ch_workbook *book)
{
    g_autoptr(GString) rest = g_string_new(NULL);
    for (guint i = 0; i < book->strings->len; i++) {
        if (book->used->data[i] == 0) {
            g_string_append_printf(rest, "%s\n",
                                   (const char *)book->strings->pdata[i]);
        }
    }
    ch_reader_string(r, CH_WHERE_HIDDEN, rest);
}
