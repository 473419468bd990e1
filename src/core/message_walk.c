/*
 * GMime's tree to parts: containers, nested messages, leaves.
 *
 * Numbers parts as IMAP does (RFC 3501 6.4.5), hands text to message_leaf.c
 * and names what is not read.  Where two readers may see different things,
 * both readings become texts.  Stops at CH_MAX_DEPTH and CH_MAX_PARTS, and
 * then still scans the raw bytes.
 */
#include "core/message_int.h"

#include "chaperone/extraction.h"

#include <gmime/gmime.h>
#include <string.h>

/* Where in the mail an object stands. */
typedef struct {
    int parent;
    guint depth;
    const char *number;  /* of this part */
    gsize end;           /* its bytes end here at the latest */
    const ch_head *head; /* its header block, or NULL: look for it */
} place;

static void walk(ch_message *m, GMimeObject *object, const place *at);

/* --- where objects start ------------------------------------------------ */

static void
min_offset(GMimeHeaderList *list, gsize *best)
{
    for (int i = 0; i < g_mime_header_list_get_count(list); i++) {
        GMimeHeader *header = g_mime_header_list_get_header_at(list, i);
        gint64 offset = g_mime_header_get_offset(header);
        if (offset >= 0 && (gsize)offset < *best) {
            *best = (gsize)offset;
        }
    }
}

/* First byte of the object's own header block; G_MAXSIZE: it has none. */
static gsize
header_start(GMimeObject *object)
{
    gsize best = G_MAXSIZE;
    min_offset(g_mime_object_get_header_list(object), &best);
    if (GMIME_IS_MESSAGE(object)) {
        GMimeObject *body = g_mime_message_get_mime_part(GMIME_MESSAGE(object));
        if (body != NULL) {
            min_offset(g_mime_object_get_header_list(body), &best);
        }
    }
    return best;
}

/* Content bytes of a leaf. */
static ch_span
content_span(const ch_message *m, GMimePart *part)
{
    GMimeDataWrapper *content = g_mime_part_get_content(part);
    GMimeStream *stream =
        content != NULL ? g_mime_data_wrapper_get_stream(content) : NULL;
    if (stream == NULL || stream->bound_start < 0 ||
        stream->bound_end < stream->bound_start ||
        (gsize)stream->bound_end > m->length) {
        return (ch_span){0, 0};
    }
    return (ch_span){(gsize)stream->bound_start, (gsize)stream->bound_end};
}

/* --- parts --------------------------------------------------------------- */

static char *
dup_type(GMimeObject *object)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    g_autofree char *mime =
        type != NULL ? g_mime_content_type_get_mime_type(type) : NULL;
    g_autofree char *utf8 =
        g_utf8_make_valid(mime != NULL ? mime : "text/plain", -1);
    return g_ascii_strdown(utf8, -1);
}

static const char *
type_parameter(GMimeObject *object, const char *name)
{
    GMimeContentType *type = g_mime_object_get_content_type(object);
    return type != NULL ? g_mime_content_type_get_parameter(type, name) : NULL;
}

static const char *
disposition_name(GMimeObject *object)
{
    GMimeContentDisposition *d = g_mime_object_get_content_disposition(object);
    return d != NULL ? g_mime_content_disposition_get_parameter(d, "filename")
                     : NULL;
}

static void
add_name(ch_message *m, int index, const char *value)
{
    if (value == NULL) {
        return;
    }
    ch_part *part = g_ptr_array_index(m->parts, index);
    g_autofree char *name = ch_field_decode(value, strlen(value));
    if (*name == '\0' || g_strcmp0(name, part->name) == 0) {
        return;
    }
    ch_message_add_string(m, CH_WHERE_FILENAME, index, name);
    if (part->name == NULL) {
        part->name = g_steal_pointer(&name);
        part->is_attachment = TRUE;
    }
}

/* Index of the new part, -1 if there are too many. */
static int
add_part(ch_message *m, GMimeObject *object, const place *at, ch_span raw)
{
    if (m->parts->len >= CH_MAX_PARTS) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, -1);
        return -1;
    }
    int index = (int)m->parts->len;
    ch_part *part = g_new0(ch_part, 1);
    part->number = g_strdup(at->number);
    part->type = dup_type(object);
    part->parent = at->parent;
    part->raw = raw;
    part->is_media = ch_message_is_media(part->type);
    GMimeContentDisposition *d = g_mime_object_get_content_disposition(object);
    part->is_attachment =
        d != NULL && g_mime_content_disposition_is_attachment(d);
    g_ptr_array_add(m->parts, part);
    if (m->type == NULL) {
        m->type = g_strdup(part->type);
    }
    m->has_image = m->has_image || g_str_has_prefix(part->type, "image/") ||
                   g_str_has_prefix(part->type, "video/");
    add_name(m, index, disposition_name(object));
    add_name(m, index, type_parameter(object, "name"));
    return index;
}

/* --- leaves -------------------------------------------------------------- */

typedef enum {
    LEAF_UNSUPPORTED,
    LEAF_TEXT,
    LEAF_SILENT,
    LEAF_ENCRYPTED,
    LEAF_DAMAGED
} leaf_kind;

static leaf_kind
leaf_kind_of(const char *type, const char *smime_type)
{
    static const struct {
        const char *type;
        leaf_kind kind;
    } kinds[] = {
        {"text/rtf", LEAF_UNSUPPORTED},
        {"text/richtext", LEAF_TEXT},
        {"application/xhtml+xml", LEAF_TEXT},
        {"message/rfc822", LEAF_DAMAGED}, /* encoded: RFC 2046 5.2.1 */
        {"message/global", LEAF_DAMAGED},
        {"message/partial", LEAF_DAMAGED},
        {"message/external-body", LEAF_DAMAGED},
        {"message/delivery-status", LEAF_SILENT},
        {"message/global-delivery-status", LEAF_SILENT},
        {"message/disposition-notification", LEAF_SILENT},
        {"message/feedback-report", LEAF_SILENT},
        {"application/pgp-signature", LEAF_SILENT},
        {"application/pkcs7-signature", LEAF_SILENT},
        {"application/x-pkcs7-signature", LEAF_SILENT},
        {"application/pgp-encrypted", LEAF_ENCRYPTED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (strcmp(kinds[i].type, type) == 0) {
            return kinds[i].kind;
        }
    }
    if (strcmp(type, "application/pkcs7-mime") == 0 ||
        strcmp(type, "application/x-pkcs7-mime") == 0) {
        gboolean open = smime_type != NULL &&
                        g_ascii_strncasecmp(smime_type, "enveloped", 9) != 0 &&
                        g_ascii_strncasecmp(smime_type, "auth", 4) != 0;
        return open ? LEAF_UNSUPPORTED : LEAF_ENCRYPTED;
    }
    return g_str_has_prefix(type, "text/") ? LEAF_TEXT : LEAF_UNSUPPORTED;
}

static gboolean
parameter_is(GMimeObject *object, const char *name, const char *value)
{
    const char *have = type_parameter(object, name);
    return have != NULL && g_ascii_strcasecmp(have, value) == 0;
}

static ch_part_reading
reading_of(GMimeObject *object, const ch_part *part, int index)
{
    gboolean body =
        !part->is_attachment && (strcmp(part->type, "text/plain") == 0 ||
                                 !g_str_has_prefix(part->type, "text/"));
    return (ch_part_reading){
        .type = part->type,
        .charset = type_parameter(object, "charset"),
        .flowed = parameter_is(object, "format", "flowed"),
        .delsp = parameter_is(object, "delsp", "yes"),
        .where = body ? CH_WHERE_BODY : CH_WHERE_ATTACHMENT,
        .part = index,
    };
}

/* Every distinct transfer encoding that the header names: readers differ in
 * which of two they believe.  Owned; at least one entry, "" for none. */
static GPtrArray *
list_encodings(const ch_message *m, const ch_head *head)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; head != NULL && i < head->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(head->fields, i);
        if (strcmp(field->name, "content-transfer-encoding") != 0) {
            continue;
        }
        char *value = ch_field_dup_decoded(m, field);
        value[strcspn(value, ";(")] = '\0'; /* comments, seen in real mail */
        g_strstrip(value);
        if (g_ptr_array_find_with_equal_func(list, value, g_str_equal, NULL) ||
            list->len >= 4) {
            g_free(value);
        } else {
            g_ptr_array_add(list, value);
        }
    }
    if (list->len == 0) {
        g_ptr_array_add(list, g_strdup(""));
    }
    return list;
}

static void
read_all_encodings(ch_message *m, const ch_part_reading *how,
                   const ch_head *head, ch_span raw)
{
    g_autoptr(GPtrArray) encodings = list_encodings(m, head);
    ch_part *part = g_ptr_array_index(m->parts, how->part);
    g_free(part->encoding);
    part->encoding =
        encodings->len > 1 ? NULL : g_ascii_strdown(encodings->pdata[0], -1);
    for (guint i = 0; i < encodings->len; i++) {
        ch_message_read_leaf(m, how, g_ptr_array_index(encodings, i), raw);
    }
}

/* The content as a reader sees it who believes another Content-Type. */
static void
read_otherwise(ch_message *m, int index, const ch_head *head, ch_span raw)
{
    static const char *const types[] = {"text/plain", "text/html"};
    const ch_part *part = g_ptr_array_index(m->parts, index);
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        ch_part_reading how = {types[i], NULL,          FALSE,
                               FALSE,    CH_WHERE_BODY, index};
        if (strcmp(part->type, types[i]) != 0) {
            read_all_encodings(m, &how, head, raw);
        }
    }
}

/* A Content-Type without a slash: readers take it for text. */
static gboolean
has_vague_type(const ch_message *m, const ch_head *head)
{
    for (guint i = 0; head != NULL && i < head->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(head->fields, i);
        if (strcmp(field->name, "content-type") == 0) {
            g_autofree char *value = ch_field_dup_decoded(m, field);
            return strchr(value, '/') == NULL;
        }
    }
    return FALSE;
}

/* Documents by their signature, whatever they are called; files of medical
 * systems that are text, when they are attached. */
static void
note_documents(ch_message *m, int index, const ch_head *head, gboolean always)
{
    const ch_part *part = g_ptr_array_index(m->parts, index);
    g_autoptr(GPtrArray) encodings = list_encodings(m, head);
    for (guint i = 0; i < encodings->len; i++) {
        const char *encoding = g_ptr_array_index(encodings, i);
        ch_sniff kind = ch_message_sniff(m, encoding, part->raw);
        if (always || (!ch_sniff_is_text(kind) && kind != CH_SNIFF_UNKNOWN)) {
            ch_message_note_document(m, index, encoding);
            ch_message_add_unscanned(m, CH_UNSCANNED_UNSUPPORTED, index);
        }
        if (ch_sniff_is_medical(kind) && (always || part->is_attachment)) {
            ch_message_add_seen(m, 1u << CH_SEEN_MEDICAL, index);
        }
    }
}

/* Signatures and reports hold no words, but whoever says so may lie. */
static leaf_kind
kind_of(GMimeObject *object, const ch_part *part)
{
    leaf_kind kind =
        leaf_kind_of(part->type, type_parameter(object, "smime-type"));
    gboolean large = part->raw.end - part->raw.start > CH_MAX_SILENT;
    return kind == LEAF_SILENT && large ? LEAF_UNSUPPORTED : kind;
}

static void
read_leaf(ch_message *m, GMimeObject *object, int index, const ch_head *head)
{
    const ch_part *part = g_ptr_array_index(m->parts, index);
    ch_part_reading how = reading_of(object, part, index);
    leaf_kind kind = kind_of(object, part);
    ch_message_take(m, kind == LEAF_SILENT ? CH_TAKEN_SILENT : CH_TAKEN_CONTENT,
                    index, part->raw);
    switch (kind) {
    case LEAF_TEXT:
        read_all_encodings(m, &how, head, part->raw);
        note_documents(m, index, head, FALSE);
        break;
    case LEAF_SILENT:
        break;
    case LEAF_ENCRYPTED:
        ch_message_add_unscanned(m, CH_UNSCANNED_ENCRYPTED, index);
        break;
    case LEAF_DAMAGED:
        ch_message_add_unscanned(m, CH_UNSCANNED_DAMAGED, index);
        how.where = CH_WHERE_ATTACHMENT;
        read_all_encodings(m, &how, head, part->raw);
        break;
    case LEAF_UNSUPPORTED:
        if (has_vague_type(m, head)) {
            read_all_encodings(m, &how, head, part->raw);
        } else {
            note_documents(m, index, head, TRUE);
        }
        break;
    }
}

/* --- containers ----------------------------------------------------------- */

static char *
child_number(const place *at, int child)
{
    /* "0" is a multipart that stands for a whole message: in IMAP it has no
     * number, its parts have no prefix from it. */
    if (strcmp(at->number, "0") == 0) {
        return g_strdup_printf("%d", child + 1);
    }
    gsize len = strlen(at->number);
    if (len > 2 && strcmp(at->number + len - 2, ".0") == 0) {
        len -= 2;
    }
    return g_strdup_printf("%.*s.%d", (int)len, at->number, child + 1);
}

/* A child's bytes end where the next one starts. */
static gsize
child_end(GMimeMultipart *multipart, int child, int count, gsize end)
{
    for (int i = child + 1; i < count; i++) {
        gsize start = header_start(g_mime_multipart_get_part(multipart, i));
        if (start < end) {
            return start;
        }
        if (i > child + 8) {
            break; /* parts without headers: no need to be exact */
        }
    }
    return end;
}

static void
walk_multipart(ch_message *m, GMimeMultipart *multipart, int index,
               const place *at)
{
    int count = g_mime_multipart_get_count(multipart);
    if (count == 0) {
        ch_message_add_defect(m, CH_DEFECT_NO_BOUNDARY, index);
    }
    ch_message_take_boundary(m, g_mime_multipart_get_boundary(multipart));
    for (int i = 0; i < count && m->parts->len < CH_MAX_PARTS; i++) {
        g_autofree char *number = child_number(at, i);
        place child = {index, at->depth + 1, number,
                       child_end(multipart, i, count, at->end), NULL};
        walk(m, g_mime_multipart_get_part(multipart, i), &child);
    }
    if (count > 0 && m->parts->len >= CH_MAX_PARTS) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, -1);
        ch_message_take(m, CH_TAKEN_UNREAD, -1,
                        ((const ch_part *)m->parts->pdata[index])->raw);
    }
}

/* The body of a message: "0" or "N.0" for a multipart, else "1", "N.1". */
static char *
body_number(const char *message, gboolean multipart)
{
    const char *last = multipart ? "0" : "1";
    return message == NULL ? g_strdup(last)
                           : g_strdup_printf("%s.%s", message, last);
}

static void
walk_nested(ch_message *m, GMimeMessagePart *part, int index, const place *at)
{
    GMimeMessage *nested = g_mime_message_part_get_message(part);
    GMimeObject *body =
        nested != NULL ? g_mime_message_get_mime_part(nested) : NULL;
    gsize start =
        nested != NULL ? header_start(GMIME_OBJECT(nested)) : G_MAXSIZE;
    g_autoptr(ch_head) head = NULL;
    if (start < at->end) {
        head = ch_head_scan(m, start, at->end);
        ch_message_take(m, CH_TAKEN_HEAD, index, (ch_span){start, head->end});
        ch_message_read_head(m, head, index);
    }
    if (body == NULL) {
        const ch_part *self = g_ptr_array_index(m->parts, index);
        ch_message_add_unscanned(m, CH_UNSCANNED_DAMAGED, index);
        ch_message_take(m, CH_TAKEN_CONTENT, index, self->raw);
        ch_message_add_raw(m, CH_WHERE_HIDDEN, index, self->raw);
        return;
    }
    g_autofree char *number = body_number(at->number, GMIME_IS_MULTIPART(body));
    place child = {index, at->depth + 1, number, at->end, head};
    walk(m, body, &child);
}

static void
walk_children(ch_message *m, GMimeObject *object, int index, const place *at)
{
    const ch_part *part = g_ptr_array_index(m->parts, index);
    if (at->depth >= CH_MAX_DEPTH && !GMIME_IS_PART(object)) {
        ch_message_add_defect(m, CH_DEFECT_TOO_DEEP, index);
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, index);
        ch_message_take(m, CH_TAKEN_CONTENT, index, part->raw);
        ch_message_add_raw(m, CH_WHERE_HIDDEN, index, part->raw);
    } else if (GMIME_IS_MULTIPART(object)) {
        if (strcmp(part->type, "multipart/encrypted") == 0) {
            ch_message_add_unscanned(m, CH_UNSCANNED_ENCRYPTED, index);
        }
        walk_multipart(m, GMIME_MULTIPART(object), index, at);
    } else if (GMIME_IS_MESSAGE_PART(object)) {
        walk_nested(m, GMIME_MESSAGE_PART(object), index, at);
    } else {
        read_leaf(m, object, index, at->head);
    }
}

static void
walk(ch_message *m, GMimeObject *object, const place *at)
{
    place here = *at;
    g_autoptr(ch_head) own = NULL;
    gsize start = at->head == NULL ? header_start(object) : G_MAXSIZE;
    if (start < at->end) {
        here.head = own = ch_head_scan(m, start, at->end);
        ch_message_take(m, CH_TAKEN_HEAD, -1, (ch_span){start, own->end});
    }
    ch_span raw = {here.head != NULL ? here.head->end : at->end, at->end};
    if (GMIME_IS_PART(object)) {
        raw = content_span(m, GMIME_PART(object));
    }
    int index = add_part(m, object, &here, raw);
    if (index < 0) {
        return;
    }
    if (own != NULL) {
        ch_message_read_head(m, own, index);
    }
    walk_children(m, object, index, &here);
    if (here.head != NULL && ch_head_count(here.head, "content-type") > 1) {
        read_otherwise(m, index, here.head, raw);
    }
}

void
ch_message_walk(ch_message *m, void *tree, const ch_head *top)
{
    GMimeObject *body =
        tree != NULL ? g_mime_message_get_mime_part(tree) : NULL;
    if (body == NULL) {
        ch_span all = {top->end, m->length};
        ch_message_take(m, CH_TAKEN_CONTENT, -1, all);
        ch_message_add_raw(m, CH_WHERE_BODY, -1, all);
        return;
    }
    g_autofree char *number = body_number(NULL, GMIME_IS_MULTIPART(body));
    place at = {-1, 0, number, m->length, top};
    walk(m, body, &at);
}
