/*
 * XML to text: office documents, properties, or any.
 *
 * A document type is refused where the format forbids it (ECMA-376 part 2,
 * 8.1.4), so no entity is ever expanded: text is what stands in the bytes.
 * What a reader of the document does not see (deleted, field codes) becomes
 * hidden text; who wrote it, metadata; what it points to, links.
 */
#include "extract/reader.h"

#include "core/charset.h"

#include <libxml/xmlreader.h>
#include <string.h>

#define OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)

typedef struct {
    ch_reader *r;
    ch_xml kind;
    ch_where where;
    xmlTextReader *xml;
    GString *shown, *hidden;
    GHashTable *people; /* authors, each once */
    guint hiding;       /* elements around us that a reader does not see */
    guint in_cell;      /* cells around us: a row is one line */
    guint repeated;     /* rows that the row around us stands for */
    gboolean parted;    /* into sheets or slides (OpenDocument) */
    gboolean in_part;
    guint parts;
} walk;

void
ch_warm_xml(void)
{
    xmlInitParser();
    xmlTextReader *xml =
        xmlReaderForMemory("<a>b</a>", 8, NULL, "UTF-8", OPTIONS);
    while (xmlTextReaderRead(xml) == 1) {
    }
    xmlFreeTextReader(xml);
}

static gboolean
is_any(const char *name, const char *const *names)
{
    return g_strv_contains(names, name);
}

GBytes *
ch_xml_prepare(ch_reader *r, GBytes *bytes)
{
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    ch_charset_decode(NULL, bytes, &decoded);
    gsize length;
    const char *text = g_bytes_get_data(decoded.text, &length);
    if (length > CH_MAX_XML) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return NULL;
    }
    if (length == 0) {
        return NULL;
    }
    if (memmem(text, length, "<!DOCTYPE", 9) != NULL) {
        ch_reader_text(r, CH_WHERE_HIDDEN, text, (gssize)length);
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
        return NULL;
    }
    return g_bytes_ref(decoded.text);
}

/* --- elements ------------------------------------------------------------ */

/* What ends a line, wherever it stands in OOXML or OpenDocument. */
static const char *const blocks[] = {
    "p",       "h",           "tr",        "table-row",    "row",
    "comment", "si",          "list-item", "text",         "footnote",
    "endnote", "annotation",  "title",     "sdtContent",   "txbxContent",
    "author",  "creator",     "meta",      "user-defined", "keyword",
    "subject", "description", NULL};
static const char *const cells[] = {"tc", "table-cell", "covered-table-cell",
                                    "c",  "v",          NULL};
static const char *const gaps[] = {
    "br", "cr", "tab", "line-break", "s", "noBreakHyphen", NULL};
static const char *const unseen[] = {"del",      "moveFrom",  "delText",
                                     "deletion", "instrText", NULL};
static gboolean
is_cell(const char *name)
{
    return strcmp(name, "tc") == 0 || g_str_has_suffix(name, "table-cell");
}

static void
put(walk *w, const char *text)
{
    g_string_append(w->hiding > 0 ? w->hidden : w->shown, text);
}

static void
end_line(const walk *w, GString *text)
{
    if (w->in_cell > 0) {
        g_string_append_c(text, ' ');
    } else if (text->len > 0 && text->str[text->len - 1] != '\n') {
        g_string_append_c(text, '\n');
    }
}

static char *
dup_attribute(walk *w, const char *name)
{
    xmlChar *value = xmlTextReaderGetAttribute(w->xml, BAD_CAST name);
    char *copy = g_strdup((const char *)value);
    xmlFree(value);
    return copy;
}

static void
take_attribute(walk *w, const char *element, const char *name,
               const char *value)
{
    if ((strcmp(name, "descr") == 0 || strcmp(name, "title") == 0) &&
        *value != '\0') {
        ch_reader_text(w->r, CH_WHERE_ALT, value, -1);
    } else if (strcmp(name, "author") == 0 ||
               strcmp(name, "displayName") == 0) {
        if (g_hash_table_add(w->people, g_strdup(value))) {
            ch_reader_property(w->r, "author", value);
        }
    } else if (strcmp(name, "href") == 0 &&
               (strstr(value, "://") != NULL ||
                g_str_has_prefix(value, "mailto:"))) {
        ch_reader_text(w->r, CH_WHERE_LINK, value, -1);
    } else if ((strcmp(element, "sheet") == 0 ||
                strcmp(element, "table") == 0) &&
               strcmp(name, "name") == 0) {
        ch_reader_text(w->r, CH_WHERE_METADATA, value, -1);
    }
}

static void
take_attributes(walk *w, const char *element)
{
    if (w->kind == CH_XML_RELATIONS) {
        g_autofree char *mode = dup_attribute(w, "TargetMode");
        g_autofree char *target = dup_attribute(w, "Target");
        if (g_strcmp0(mode, "External") == 0 && target != NULL) {
            ch_reader_text(w->r, CH_WHERE_LINK, target, -1);
        }
        return;
    }
    if (w->kind == CH_XML_PIVOT) {
        g_autofree char *value = dup_attribute(w, "v");
        if (value != NULL) {
            g_string_append_printf(w->shown, "%s\t", value);
        }
        return;
    }
    while (w->kind == CH_XML_DOCUMENT &&
           xmlTextReaderMoveToNextAttribute(w->xml) == 1) {
        const xmlChar *name = xmlTextReaderConstLocalName(w->xml);
        const xmlChar *value = xmlTextReaderConstValue(w->xml);
        if (name != NULL && value != NULL) {
            take_attribute(w, element, (const char *)name, (const char *)value);
        }
    }
    xmlTextReaderMoveToElement(w->xml);
}

/* --- sheets and slides of OpenDocument ----------------------------------- */

static void
give(walk *w)
{
    ch_reader_string(w->r, w->where, w->shown);
    ch_reader_string(w->r, CH_WHERE_HIDDEN, w->hidden);
    g_string_truncate(w->shown, 0);
    g_string_truncate(w->hidden, 0);
}

/* OpenDocument 1.2 part 1, 9.1.2 and 10.2.4: a table in a spreadsheet, a page
 * in a presentation. */
static gboolean
is_part(const walk *w, const char *name)
{
    return w->parted &&
           (strcmp(name, "table") == 0 || strcmp(name, "page") == 0);
}

static void
start_part(walk *w, const char *name)
{
    if (strcmp(name, "spreadsheet") == 0 || strcmp(name, "presentation") == 0) {
        w->parted = w->kind == CH_XML_DOCUMENT;
    } else if (is_part(w, name) && !w->in_part) {
        give(w);
        ch_reader_enter(w->r, *name == 't' ? CH_STEP_SHEET : CH_STEP_SLIDE,
                        ++w->parts);
        w->in_part = TRUE;
    }
}

static void
end_part(walk *w, const char *name)
{
    if (is_part(w, name) && w->in_part) {
        give(w);
        ch_reader_leave(w->r);
        w->in_part = FALSE;
    }
}

static guint
repetition(walk *w, const char *name, guint most)
{
    g_autofree char *text = dup_attribute(w, name);
    guint64 n = text == NULL ? 1 : g_ascii_strtoull(text, NULL, 10);
    return n > most ? 1 : MAX((guint)n, 1);
}

static void
pad(walk *w, char with, guint count)
{
    GString *text = w->hiding > 0 ? w->hidden : w->shown;
    for (guint i = 0; i < count; i++) {
        g_string_append_c(text, with);
    }
}

/* A row of a sheet is a line and a cell ends with a tab, whether there is
 * something in it or not, or many are told as one. */
static void
start_grid(walk *w, const char *name, gboolean empty)
{
    if (strcmp(name, "table-row") == 0) {
        w->repeated =
            repetition(w, "table:number-rows-repeated", CH_MAX_BLANK_ROWS);
        pad(w, '\n', empty ? w->repeated : 0);
    } else if (is_cell(name) && empty) {
        pad(w, '\t',
            repetition(w, "table:number-columns-repeated",
                       CH_MAX_BLANK_COLUMNS));
    }
}

static void
start_element(walk *w, const char *name)
{
    gboolean empty = xmlTextReaderIsEmptyElement(w->xml) == 1;
    if (w->kind == CH_XML_PROPERTIES) {
        end_line(w, w->shown);
        if (!empty) {
            g_string_append_printf(w->shown, "%s: ", name);
        }
    } else if (is_any(name, gaps)) {
        put(w, strcmp(name, "noBreakHyphen") == 0 ? "-" : " ");
    } else if (is_any(name, blocks)) {
        end_line(w, w->hiding > 0 ? w->hidden : w->shown);
    }
    start_part(w, name);
    if (w->in_part) {
        start_grid(w, name, empty);
    }
    w->in_cell += !empty && is_cell(name) ? 1 : 0;
    w->hiding += !empty && is_any(name, unseen) ? 1 : 0;
    take_attributes(w, name);
}

static void
end_element(walk *w, const char *name)
{
    GString *text = w->hiding > 0 ? w->hidden : w->shown;
    gboolean line = w->kind == CH_XML_DATA || w->kind == CH_XML_PROPERTIES ||
                    is_any(name, blocks) ||
                    (w->kind == CH_XML_PIVOT && strcmp(name, "r") == 0);
    if (w->in_part && strcmp(name, "table-row") == 0) {
        pad(w, '\n', w->repeated);
        return;
    }
    end_part(w, name);
    if (is_any(name, unseen)) {
        w->hiding -= w->hiding > 0 ? 1 : 0;
        g_string_append_c(w->hidden, '\n');
    } else if (is_any(name, cells)) {
        w->in_cell -= w->in_cell > 0 && is_cell(name) ? 1 : 0;
        g_string_append_c(text, '\t');
    } else if (line) {
        end_line(w, text);
    }
}

/* When it was saved, as programs write it (W3C date and time formats,
 * 2026-11-03T09:00:00Z): of no patient. */
static gboolean
is_time(walk *w)
{
    const xmlChar *value = xmlTextReaderConstValue(w->xml);
    return value != NULL && strlen((const char *)value) >= 19 &&
           value[4] == '-' && value[10] == 'T' && value[13] == ':';
}

static void
take_node(walk *w)
{
    const char *name = (const char *)xmlTextReaderConstLocalName(w->xml);
    const char *value = (const char *)xmlTextReaderConstValue(w->xml);
    switch (xmlTextReaderNodeType(w->xml)) {
    case XML_READER_TYPE_ELEMENT:
        start_element(w, name);
        break;
    case XML_READER_TYPE_END_ELEMENT:
        end_element(w, name);
        break;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        if (!is_time(w)) {
            put(w, value);
        }
        break;
    case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
        put(w, w->kind == CH_XML_DOCUMENT ? value : "");
        break;
    case XML_READER_TYPE_COMMENT:
        g_string_append_printf(w->hidden, "%s\n", value);
        break;
    case XML_READER_TYPE_ENTITY_REFERENCE:
        ch_reader_unscanned(w->r, CH_UNSCANNED_DAMAGED);
        break;
    default:
        break;
    }
}

void
ch_read_xml(ch_reader *r, GBytes *bytes, ch_xml kind, ch_where where)
{
    /* A file of its own may have a document type: its text was given as it
     * stands, and here nothing is expanded either. */
    g_autoptr(GBytes) text = ch_xml_prepare(r, bytes);
    if (text == NULL) {
        return;
    }
    gsize length;
    const char *data = g_bytes_get_data(text, &length);
    walk w = {.r = r, .kind = kind, .where = where};
    w.xml = xmlReaderForMemory(data, (int)length, NULL, "UTF-8", OPTIONS);
    w.shown = g_string_new(NULL);
    w.hidden = g_string_new(NULL);
    w.people = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    int code = w.xml == NULL ? -1 : 1;
    while (code == 1 && (code = xmlTextReaderRead(w.xml)) == 1) {
        if (xmlTextReaderDepth(w.xml) > CH_MAX_XML_DEPTH) {
            ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
            break;
        }
        take_node(&w);
    }
    if (code < 0) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
    give(&w);
    if (w.in_part) {
        ch_reader_leave(r);
    }
    xmlFreeTextReader(w.xml);
    g_string_free(w.shown, TRUE);
    g_string_free(w.hidden, TRUE);
    g_hash_table_unref(w.people);
}
