/*
 * PDF by poppler (ISO 32000-1): text of all layers, properties, annotations,
 * form fields, links, bookmarks and attached files.
 *
 * A page that shows pictures is drawn and read like one (ocr.c), if there is
 * an engine and time for it.  If not, and it has no text, it is a scan that
 * nobody read: "unsupported".
 */
#include "extract/reader.h"

#include <math.h>
#include <poppler.h>
#include <string.h>

/* Some versions of poppler define these for their own names, some not. */
typedef PopplerDocument pdf_document;
typedef PopplerPage pdf_page;
typedef PopplerLayer pdf_layer;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pdf_document, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pdf_page, g_object_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pdf_layer, g_object_unref)

static const char tiny[] =
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R"
    "/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
    "4 0 obj<</Length 34>>stream\nBT /F 9 Tf 1 1 Td (warm) Tj ET    \n"
    "endstream endobj\n"
    "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    "trailer<</Root 1 0 R>>\n";

void
ch_warm_pdf(void)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(tiny, sizeof tiny - 1);
    g_autoptr(pdf_document) document =
        poppler_document_new_from_bytes(bytes, NULL, NULL);
    g_autoptr(pdf_page) page =
        document == NULL ? NULL : poppler_document_get_page(document, 0);
    g_autofree char *text = page == NULL ? NULL : poppler_page_get_text(page);
    (void)text;
}

/* --- the document -------------------------------------------------------- */

static void
give_property(ch_reader *r, const char *label, char *taken)
{
    ch_reader_property(r, label, taken);
    g_free(taken);
}

static void
read_properties(ch_reader *r, PopplerDocument *d)
{
    give_property(r, "title", poppler_document_get_title(d));
    give_property(r, "author", poppler_document_get_author(d));
    give_property(r, "subject", poppler_document_get_subject(d));
    give_property(r, "keywords", poppler_document_get_keywords(d));
    give_property(r, "creator", poppler_document_get_creator(d));
    g_autofree char *xmp = poppler_document_get_metadata(d);
    if (xmp != NULL) {
        g_autoptr(GBytes) bytes = g_bytes_new(xmp, strlen(xmp));
        ch_read_xml(r, bytes, CH_XML_DATA, CH_WHERE_METADATA);
    }
}

static void
show_layers(PopplerLayersIter *iter, guint depth)
{
    do {
        g_autoptr(pdf_layer) layer = poppler_layers_iter_get_layer(iter);
        if (layer != NULL) {
            poppler_layer_show(layer);
        }
        PopplerLayersIter *child =
            depth < 32 ? poppler_layers_iter_get_child(iter) : NULL;
        if (child != NULL) {
            show_layers(child, depth + 1);
            poppler_layers_iter_free(child);
        }
    } while (poppler_layers_iter_next(iter));
}

static void
read_bookmarks(ch_reader *r, PopplerIndexIter *iter, guint depth)
{
    guint count = 0;
    do {
        PopplerAction *action = poppler_index_iter_get_action(iter);
        if (action != NULL && action->any.title != NULL) {
            ch_reader_text(r, CH_WHERE_METADATA, action->any.title, -1);
        }
        g_clear_pointer(&action, poppler_action_free);
        PopplerIndexIter *child =
            depth < 32 ? poppler_index_iter_get_child(iter) : NULL;
        if (child != NULL) {
            read_bookmarks(r, child, depth + 1);
            poppler_index_iter_free(child);
        }
    } while (++count < CH_MAX_MEMBERS && poppler_index_iter_next(iter));
}

static gboolean
append_chunk(const char *data, gsize length, gpointer user, GError **error)
{
    GByteArray *out = user;
    (void)error;
    if (out->len + length > CH_MAX_UNPACKED) {
        return FALSE;
    }
    g_byte_array_append(out, (const guint8 *)data, (guint)length);
    return TRUE;
}

static void
read_attached(ch_reader *r, PopplerAttachment *attachment)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    if (++r->members > CH_MAX_MEMBERS) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return;
    }
    if (attachment->name != NULL) {
        ch_reader_text(r, CH_WHERE_FILENAME, attachment->name, -1);
    }
    if (attachment->description != NULL) {
        ch_reader_text(r, CH_WHERE_METADATA, attachment->description, -1);
    }
    if (!poppler_attachment_save_to_callback(attachment, append_chunk, out,
                                             NULL)) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
    if (ch_reader_unpack(r, out->len)) {
        g_autoptr(GBytes) bytes =
            g_byte_array_free_to_bytes(g_steal_pointer(&out));
        ch_read_any(r, bytes, CH_WHERE_ATTACHMENT);
    }
}

static void
read_whole(ch_reader *r, PopplerDocument *d)
{
    read_properties(r, d);
    PopplerLayersIter *layers = poppler_layers_iter_new(d);
    if (layers != NULL) {
        show_layers(layers, 0);
        poppler_layers_iter_free(layers);
    }
    PopplerIndexIter *bookmarks = poppler_index_iter_new(d);
    if (bookmarks != NULL) {
        read_bookmarks(r, bookmarks, 0);
        poppler_index_iter_free(bookmarks);
    }
    GList *attached = poppler_document_get_attachments(d);
    for (GList *l = attached; l != NULL; l = l->next) {
        read_attached(r, l->data);
    }
    g_list_free_full(attached, g_object_unref);
}

/* --- pages ---------------------------------------------------------------- */

static void
give(ch_reader *r, ch_where where, char *taken)
{
    if (taken != NULL) {
        ch_reader_text(r, where, taken, -1);
    }
    g_free(taken);
}

static void
read_annotations(ch_reader *r, PopplerPage *page)
{
    GList *list = poppler_page_get_annot_mapping(page);
    for (GList *l = list; l != NULL; l = l->next) {
        PopplerAnnot *annot = ((PopplerAnnotMapping *)l->data)->annot;
        give(r, CH_WHERE_ATTACHMENT, poppler_annot_get_contents(annot));
        if (POPPLER_IS_ANNOT_MARKUP(annot)) {
            PopplerAnnotMarkup *markup = POPPLER_ANNOT_MARKUP(annot);
            give(r, CH_WHERE_METADATA, poppler_annot_markup_get_label(markup));
            give(r, CH_WHERE_ATTACHMENT,
                 poppler_annot_markup_get_subject(markup));
        }
        if (poppler_annot_get_annot_type(annot) ==
            POPPLER_ANNOT_FILE_ATTACHMENT) {
            PopplerAttachment *file =
                poppler_annot_file_attachment_get_attachment(
                    POPPLER_ANNOT_FILE_ATTACHMENT(annot));
            if (file != NULL) {
                read_attached(r, file);
                g_object_unref(file);
            }
        }
    }
    poppler_page_free_annot_mapping(list);
}

static void
read_field(ch_reader *r, PopplerFormField *field)
{
    PopplerFormFieldType type = poppler_form_field_get_field_type(field);
    if (type == POPPLER_FORM_FIELD_TEXT) {
        give(r, CH_WHERE_ATTACHMENT, poppler_form_field_text_get_text(field));
    } else if (type == POPPLER_FORM_FIELD_CHOICE) {
        int n = poppler_form_field_choice_get_n_items(field);
        for (int i = 0; i < MIN(n, CH_MAX_TEXTS); i++) {
            give(r, CH_WHERE_ATTACHMENT,
                 poppler_form_field_choice_get_item(field, i));
        }
        give(r, CH_WHERE_ATTACHMENT, poppler_form_field_choice_get_text(field));
    }
    give(r, CH_WHERE_ALT, poppler_form_field_get_alternate_ui_name(field));
}

static void
read_fields(ch_reader *r, PopplerPage *page)
{
    GList *list = poppler_page_get_form_field_mapping(page);
    for (GList *l = list; l != NULL; l = l->next) {
        read_field(r, ((PopplerFormFieldMapping *)l->data)->field);
    }
    poppler_page_free_form_field_mapping(list);
}

static void
read_links(ch_reader *r, PopplerPage *page)
{
    GList *list = poppler_page_get_link_mapping(page);
    for (GList *l = list; l != NULL; l = l->next) {
        const PopplerAction *action = ((PopplerLinkMapping *)l->data)->action;
        if (action != NULL && action->type == POPPLER_ACTION_URI &&
            action->uri.uri != NULL) {
            ch_reader_text(r, CH_WHERE_LINK, action->uri.uri, -1);
        }
    }
    poppler_page_free_link_mapping(list);
}

static gboolean
shows_pictures(PopplerPage *page)
{
    GList *list = poppler_page_get_image_mapping(page);
    gboolean any = list != NULL;
    poppler_page_free_image_mapping(list);
    return any;
}

/* Draws a page on white, at 200 dots an inch or what the cap leaves, and reads
 * it as a picture. */
static gboolean
read_drawn(ch_reader *r, PopplerPage *page)
{
    double width, height;
    poppler_page_get_size(page, &width, &height); /* 1/72 inch */
    if (r->ocr == NULL || !(width > 1 && width < 20000) ||
        !(height > 1 && height < 20000)) {
        return FALSE;
    }
    double scale = MIN(200.0 / 72, sqrt(CH_MAX_OCR_PIXELS / (width * height)));
    int w = (int)ceil(width * scale), h = (int)ceil(height * scale);
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    cairo_t *cairo = cairo_create(surface);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_paint(cairo);
    cairo_scale(cairo, scale, scale);
    poppler_page_render(page, cairo);
    cairo_surface_flush(surface);
    const guint8 *pixels = cairo_image_surface_get_data(surface);
    gboolean whole = pixels != NULL &&
                     ch_ocr_read_rgb24(r, pixels, w, h,
                                       cairo_image_surface_get_stride(surface));
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return whole;
}

/* Pages whose pictures are to be read once all text was: those without any
 * text first. */
typedef struct {
    GArray *scans, *illustrated; /* of int */
} drawn_pages;

static void
read_pictures(ch_reader *r, PopplerDocument *d, const GArray *pages,
              gboolean scans)
{
    for (guint i = 0; i < pages->len; i++) {
        int number = g_array_index(pages, int, i);
        g_autoptr(pdf_page) page = poppler_document_get_page(d, number);
        ch_reader_enter(r, CH_STEP_PAGE, (guint)number + 1);
        if (page == NULL || i >= CH_MAX_SCANNED_PAGES || !read_drawn(r, page)) {
            r->unread_pictures = TRUE;
            if (scans) {
                ch_reader_unscanned(r, CH_UNSCANNED_UNSUPPORTED);
            }
        }
        ch_reader_leave(r);
    }
}

static void
read_page(ch_reader *r, PopplerPage *page, int number, drawn_pages *later)
{
    g_autofree char *text = poppler_page_get_text(page);
    gboolean blank = text == NULL || *g_strchug(text) == '\0';
    if (!blank) {
        ch_reader_text(r, CH_WHERE_ATTACHMENT, text, -1);
    }
    if (shows_pictures(page)) {
        ch_reader_seen(r, CH_SEEN_MEDIA);
        g_array_append_val(blank ? later->scans : later->illustrated, number);
    }
    read_annotations(r, page);
    read_fields(r, page);
    read_links(r, page);
}

static void
read_pages(ch_reader *r, PopplerDocument *d, int pages)
{
    drawn_pages later = {g_array_new(FALSE, FALSE, sizeof(int)),
                         g_array_new(FALSE, FALSE, sizeof(int))};
    for (int i = 0; i < pages && !r->full; i++) {
        g_autoptr(pdf_page) page = poppler_document_get_page(d, i);
        if (page == NULL) {
            ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
            continue;
        }
        ch_reader_enter(r, CH_STEP_PAGE, (guint)i + 1);
        read_page(r, page, i, &later);
        ch_reader_leave(r);
    }
    read_pictures(r, d, later.scans, TRUE);
    read_pictures(r, d, later.illustrated, FALSE);
    g_array_unref(later.scans);
    g_array_unref(later.illustrated);
}

void
ch_read_pdf(ch_reader *r, GBytes *bytes)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(pdf_document) d =
        poppler_document_new_from_bytes(bytes, NULL, &error);
    if (d == NULL) {
        ch_reader_unscanned(
            r, g_error_matches(error, POPPLER_ERROR, POPPLER_ERROR_ENCRYPTED)
                   ? CH_UNSCANNED_ENCRYPTED
                   : CH_UNSCANNED_DAMAGED);
        return;
    }
    read_whole(r, d);
    int pages = poppler_document_get_n_pages(d);
    if (pages > CH_MAX_PDF_PAGES) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        pages = CH_MAX_PDF_PAGES;
    }
    read_pages(r, d, pages);
    if (pages <= 0) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}
