/*
 * Office packages: OOXML (ECMA-376) and OpenDocument (OASIS), ZIP archives of
 * XML.  Every XML part is read, hidden or not; other members are read by what
 * they are, but for those that hold no text by definition.
 */
#include "extract/reader.h"

#include <string.h>

static gboolean
has_any(const char *name, const char *const *parts)
{
    for (gsize i = 0; parts[i] != NULL; i++) {
        if (strstr(name, parts[i]) != NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

ch_package
ch_package_kind(GBytes *archive)
{
    g_autoptr(ch_members) m = ch_members_open(archive, FALSE);
    gboolean encrypted, mimetype = FALSE, content = FALSE;
    const char *name;
    for (guint i = 0; m != NULL && i <= CH_MAX_MEMBERS &&
                      ch_members_next(m, &name, &encrypted);
         i++) {
        if (g_strcmp0(name, "[Content_Types].xml") == 0) {
            return CH_PACKAGE_OOXML;
        }
        mimetype = mimetype || g_strcmp0(name, "mimetype") == 0;
        content = content || g_strcmp0(name, "content.xml") == 0;
    }
    return mimetype && content ? CH_PACKAGE_ODF : CH_PACKAGE_NONE;
}

/* One member, by name.  NULL: it has none.  Owned. */
static GBytes *
find_member(ch_reader *r, GBytes *archive, const char *wanted)
{
    g_autoptr(ch_members) m = ch_members_open(archive, FALSE);
    gboolean encrypted;
    const char *name;
    for (guint i = 0; m != NULL && i <= CH_MAX_MEMBERS &&
                      ch_members_next(m, &name, &encrypted);
         i++) {
        if (g_strcmp0(name, wanted) == 0 && !encrypted) {
            return ch_members_read(m, r);
        }
    }
    return NULL;
}

/* OpenDocument 1.2 part 3, 4.8: an encrypted member is listed as such, and
 * the archive knows nothing of it. */
static gboolean
is_encrypted_odf(ch_reader *r, GBytes *archive)
{
    g_autoptr(GBytes) manifest =
        find_member(r, archive, "META-INF/manifest.xml");
    gsize length = 0;
    const char *text =
        manifest == NULL ? "" : g_bytes_get_data(manifest, &length);
    return length > 0 && memmem(text, length, "encryption-data", 15) != NULL;
}

/* Printer settings, obfuscated fonts, previews, too small to be read. */
static gboolean
is_no_document(const char *name)
{
    static const char *const parts[] = {"printerSettings",
                                        ".odttf",
                                        ".fntdata",
                                        "layout-cache",
                                        "mimetype",
                                        "Configurations2/",
                                        "ObjectReplacements/",
                                        "Thumbnails/",
                                        "docProps/thumbnail.",
                                        NULL};
    return has_any(name, parts);
}

static gboolean
is_properties(const char *name)
{
    static const char *const parts[] = {"docProps/", "meta.xml", NULL};
    return has_any(name, parts);
}

/* "ppt/notesSlides/notesSlide3.xml": slide 3; "xl/worksheets/sheet2.xml":
 * sheet 2.  0: neither. */
static guint
number_of(const char *name, ch_place_step *step_out)
{
    static const struct {
        const char *start;
        ch_place_step step;
    } parts[] = {
        {"ppt/slides/slide", CH_STEP_SLIDE},
        {"ppt/notesSlides/notesSlide", CH_STEP_SLIDE},
        {"xl/worksheets/sheet", CH_STEP_SHEET},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (g_str_has_prefix(name, parts[i].start)) {
            *step_out = parts[i].step;
            return (guint)g_ascii_strtoull(name + strlen(parts[i].start), NULL,
                                           10);
        }
    }
    return 0;
}

static void
read_part(ch_reader *r, ch_workbook *book, const char *name, GBytes *content)
{
    gboolean xml = g_str_has_suffix(name, ".xml") ||
                   g_str_has_suffix(name, ".vml") ||
                   g_str_has_suffix(name, ".rdf");
    if (is_no_document(name)) {
        return;
    }
    if (g_str_has_suffix(name, ".rels")) {
        ch_read_xml(r, content, CH_XML_RELATIONS, CH_WHERE_LINK);
    } else if (!xml) {
        ch_read_any(r, content, CH_WHERE_ATTACHMENT);
    } else if (is_properties(name)) {
        ch_read_xml(r, content, CH_XML_PROPERTIES, CH_WHERE_METADATA);
    } else if (strstr(name, "/worksheets/sheet") != NULL) {
        ch_read_sheet(r, book, content);
    } else if (strstr(name, "/pivotCache/") != NULL) {
        ch_read_xml(r, content, CH_XML_PIVOT, CH_WHERE_HIDDEN);
    } else if (!g_str_has_suffix(name, "/sharedStrings.xml")) {
        ch_read_xml(r, content, CH_XML_DOCUMENT, CH_WHERE_ATTACHMENT);
    }
}

static void
read_parts(ch_reader *r, ch_members *m, ch_workbook *book)
{
    const char *name;
    gboolean encrypted;
    while (!r->full && ch_members_next(m, &name, &encrypted)) {
        if (++r->members > CH_MAX_MEMBERS) {
            ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
            return;
        }
        if (encrypted) {
            ch_reader_unscanned(r, CH_UNSCANNED_ENCRYPTED);
            continue;
        }
        g_autofree char *kept = g_strdup(name == NULL ? "" : name);
        g_autoptr(GBytes) content = ch_members_read(m, r);
        ch_place_step step = CH_STEP_FILE;
        guint number = number_of(kept, &step);
        ch_reader_enter(r, step, number);
        if (content != NULL) {
            read_part(r, book, kept, content);
        }
        ch_reader_leave(r);
    }
    if (!ch_members_ended_well(m)) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}

void
ch_read_package(ch_reader *r, GBytes *archive, ch_package kind)
{
    if (kind == CH_PACKAGE_ODF && is_encrypted_odf(r, archive)) {
        ch_reader_unscanned(r, CH_UNSCANNED_ENCRYPTED);
        return;
    }
    g_autoptr(GBytes) strings =
        kind == CH_PACKAGE_OOXML
            ? find_member(r, archive, "xl/sharedStrings.xml")
            : NULL;
    g_autoptr(GBytes) styles = kind == CH_PACKAGE_OOXML
                                   ? find_member(r, archive, "xl/styles.xml")
                                   : NULL;
    g_autoptr(ch_workbook) book = ch_workbook_new(r, strings, styles);
    g_autoptr(ch_members) m = ch_members_open(archive, FALSE);
    if (m == NULL) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
        return;
    }
    read_parts(r, m, book);
    ch_workbook_give_rest(r, book);
}
