/*
 * A message as a whole: the parse, and what callers may ask.
 *
 * First step of the walk after the envelope: bytes to parts, texts, defects.
 * GMime builds the tree over the bytes in place; only where bytes could hurt
 * it (NUL, endless headers) it gets a copy of equal length in which they are
 * blanks, so that all offsets stay true.  Nothing of GMime outlives the
 * parse, and its warnings, which quote the mail, are kept as codes only.
 */
#include "core/message_int.h"

#include <gmime/gmime.h>
#include <string.h>

#include "base/autoptr.h"

#define WARNING_CODES 32

static void
part_free(ch_part *part)
{
    g_free((char *)part->number);
    g_free((char *)part->type);
    g_free((char *)part->name);
    g_free(part->encoding);
    g_free(part);
}

static void
header_free(ch_header *header)
{
    g_free(header->name);
    g_free(header->value);
    g_free(header);
}

static ch_message *
message_new(GBytes *raw)
{
    ch_message *m = g_new0(ch_message, 1);
    m->raw = g_bytes_ref(raw);
    m->data = g_bytes_get_data(raw, &m->length);
    m->headers = g_ptr_array_new_with_free_func((GDestroyNotify)header_free);
    m->parts = g_ptr_array_new_with_free_func((GDestroyNotify)part_free);
    m->texts = g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    m->unscanned = g_array_new(FALSE, FALSE, sizeof(ch_unscanned));
    m->defects = g_array_new(FALSE, FALSE, sizeof(ch_defect));
    m->documents =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_document_free);
    m->taken = g_array_new(FALSE, FALSE, sizeof(ch_taken));
    m->boundaries =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return m;
}

void
ch_message_free(ch_message *m)
{
    if (m == NULL) {
        return;
    }
    g_ptr_array_unref(m->headers);
    g_ptr_array_unref(m->parts);
    g_ptr_array_unref(m->texts);
    g_array_unref(m->unscanned);
    g_array_unref(m->defects);
    g_ptr_array_unref(m->documents);
    g_array_unref(m->taken);
    g_hash_table_unref(m->boundaries);
    g_free(m->type);
    g_bytes_unref(m->raw);
    g_free(m);
}

gboolean
ch_message_is_media(const char *type)
{
    return g_str_has_prefix(type, "image/") ||
           g_str_has_prefix(type, "audio/") || g_str_has_prefix(type, "video/");
}

/* --- bytes that the parser must not see ------------------------------- */

static void
blank(char **copy, const ch_message *m, gsize start, gsize end)
{
    if (*copy == NULL) {
        *copy = g_memdup2(m->data, m->length);
    }
    while (end > start && strchr("\r\n", (*copy)[end - 1]) != NULL) {
        end--; /* the line end stays */
    }
    if (end > start) {
        memset(*copy + start, ' ', end - start);
    }
}

/* Fields that the parser takes apart, wherever in the mail they stand. */
static gboolean
is_parsed_field(const char *line, gsize len)
{
    static const char *const names[] = {
        "content-", "from:",     "sender:",  "to:",     "cc:",
        "bcc:",     "reply-to:", "subject:", "resent-",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gsize size = strlen(names[i]);
        if (len >= size && g_ascii_strncasecmp(line, names[i], size) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Blanks what exceeds the caps of one field and of the number of fields. */
static void
cap_headers(ch_message *m, char **copy)
{
    gboolean top = TRUE, field = FALSE;
    gsize start = 0;
    guint count = 0;
    for (gsize at = 0; at < m->length;) {
        const char *line = m->data + at;
        const char *lf = memchr(line, '\n', m->length - at);
        gsize next = lf == NULL ? m->length : (gsize)(lf - m->data) + 1;
        top = top && *line != '\n' && *line != '\r';
        if (*line != ' ' && *line != '\t') {
            start = at;
            count += top ? 1 : 0;
            field = top || is_parsed_field(line, next - at);
        }
        if (top && count > CH_MAX_HEADERS) {
            start = at < CH_MAX_HEADER ? 0 : at - CH_MAX_HEADER;
        }
        if (field && next - start > CH_MAX_HEADER) {
            blank(copy, m, MAX(at, start + CH_MAX_HEADER), next);
            ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, -1);
        }
        at = next;
    }
}

/* The bytes for the parser: NULL, those of the mail; else a copy.  Owned. */
static char *
dup_tamed(ch_message *m)
{
    char *copy = NULL;
    cap_headers(m, &copy);
    if (m->length > 0 && memchr(m->data, '\0', m->length) != NULL) {
        if (copy == NULL) {
            copy = g_memdup2(m->data, m->length);
        }
        for (gsize i = 0; i < m->length; i++) {
            if (copy[i] == '\0') {
                copy[i] = ' ';
            }
        }
    }
    return copy;
}

/* --- the parser ------------------------------------------------------- */

static void
count_warning(gint64 offset, GMimeParserWarning code, const gchar *item,
              gpointer data)
{
    guint *counts = data;
    (void)offset;
    (void)item; /* quotes the mail: not kept */
    counts[(guint)code < WARNING_CODES ? (guint)code : 0]++;
}

/* A defect of the whole unless the walk found the same in a part. */
static void
add_warning(ch_message *m, ch_defect_kind kind)
{
    for (guint i = 0; i < m->defects->len; i++) {
        if (g_array_index(m->defects, ch_defect, i).kind == kind) {
            return;
        }
    }
    ch_message_add_defect(m, kind, -1);
}

/* Codes that are missing here are common in honest mail: 8-bit headers,
 * repeated equal fields, loose addresses, missing closing boundaries. */
static void
judge_warnings(ch_message *m, const guint *counts)
{
    static const struct {
        GMimeParserWarning code;
        ch_defect_kind kind;
    } kinds[] = {
        {GMIME_WARN_INVALID_CONTENT_TYPE, CH_DEFECT_OTHER},
        {GMIME_WARN_MALFORMED_MULTIPART, CH_DEFECT_NO_BOUNDARY},
        {GMIME_CRIT_INVALID_HEADER_NAME, CH_DEFECT_BAD_HEADER},
        {GMIME_CRIT_CONFLICTING_HEADER, CH_DEFECT_DUPLICATE_HEADER},
        {GMIME_CRIT_CONFLICTING_PARAMETER, CH_DEFECT_DUPLICATE_PARAMETER},
        {GMIME_CRIT_MULTIPART_WITHOUT_BOUNDARY, CH_DEFECT_NO_BOUNDARY},
        {GMIME_CRIT_NESTING_OVERFLOW, CH_DEFECT_TOO_DEEP},
        {GMIME_CRIT_PART_WITHOUT_HEADERS_OR_CONTENT, CH_DEFECT_OTHER},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
        if (counts[kinds[i].code] > 0) {
            add_warning(m, kinds[i].kind);
        }
    }
    if (counts[GMIME_CRIT_NESTING_OVERFLOW] > 0) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, -1);
    }
}

/* Once in a process; GMime's own counter is not made for threads. */
static void
ensure_gmime(void)
{
    static gsize done = 0;
    if (g_once_init_enter(&done)) {
        g_mime_init();
        g_once_init_leave(&done, 1);
    }
}

/* Recursion was measured: GMime stops at 1,024 levels, which fits into a
 * stack of 512 KiB. */
static void
walk_tree(ch_message *m, const ch_head *top)
{
    guint counts[WARNING_CODES] = {0};
    g_autofree char *copy = dup_tamed(m);
    GByteArray view = {
        (guint8 *)(copy != NULL ? copy : m->data), /* only read */
        (guint)m->length};
    ensure_gmime();
    g_autoptr(GMimeStream) stream =
        g_mime_stream_mem_new_with_byte_array(&view);
    g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
    g_autoptr(GMimeParser) parser = g_mime_parser_new_with_stream(stream);
    g_mime_parser_set_persist_stream(parser, TRUE);
    g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
    g_autoptr(GMimeParserOptions) options = g_mime_parser_options_new();
    g_mime_parser_options_set_warning_callback(options, count_warning, counts);
    g_autoptr(GMimeMessage) tree =
        g_mime_parser_construct_message(parser, options);
    ch_message_walk(m, tree, top);
    judge_warnings(m, counts);
}

static void
keep_headers(ch_message *m, const ch_head *top)
{
    for (guint i = 0; i < top->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(top->fields, i);
        ch_header *header = g_new(ch_header, 1);
        header->name = g_strdup(field->name);
        header->value = ch_field_dup_decoded(m, field);
        g_ptr_array_add(m->headers, header);
    }
}

ch_message *
ch_message_parse(GBytes *raw)
{
    ch_message *m = message_new(raw);
    if (m->length >= G_MAXINT32) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, -1);
        m->length = CH_MAX_TEXT; /* beyond any max_message */
    }
    g_autoptr(ch_head) top = ch_head_scan(m, 0, m->length);
    m->head_length = MIN(top->end, m->length);
    ch_message_take(m, CH_TAKEN_HEAD, -1, (ch_span){0, m->head_length});
    keep_headers(m, top);
    ch_message_read_head(m, top, -1);
    walk_tree(m, top);
    ch_message_read_margins(m);
    ch_message_add_seams(m);
    if (m->type == NULL) {
        m->type = g_strdup("text/plain"); /* RFC 2045 5.2 */
    }
    return m;
}

/* --- accessors -------------------------------------------------------- */

const GPtrArray *
ch_message_parts(const ch_message *m)
{
    return m->parts;
}

const GArray *
ch_message_unscanned(const ch_message *m)
{
    return m->unscanned;
}

const GArray *
ch_message_defects(const ch_message *m)
{
    return m->defects;
}

GPtrArray *
ch_message_texts(const ch_message *m)
{
    return m->texts;
}

const char *
ch_message_header(const ch_message *m, const char *name)
{
    for (guint i = 0; i < m->headers->len; i++) {
        const ch_header *header = g_ptr_array_index(m->headers, i);
        if (g_ascii_strcasecmp(header->name, name) == 0) {
            return header->value;
        }
    }
    return NULL;
}

guint
ch_message_header_count(const ch_message *m, const char *name)
{
    guint count = 0;
    for (guint i = 0; i < m->headers->len; i++) {
        const ch_header *header = g_ptr_array_index(m->headers, i);
        count += g_ascii_strcasecmp(header->name, name) == 0;
    }
    return count;
}

gint64
ch_message_date(const ch_message *m)
{
    const char *value = ch_message_header(m, "Date");
    if (value == NULL || strlen(value) > 200) {
        return -1;
    }
    g_autoptr(GDateTime) date = g_mime_utils_header_decode_date(value);
    if (date == NULL || g_date_time_get_year(date) < 1970 ||
        g_date_time_to_unix(date) < 0) {
        return -1;
    }
    return g_date_time_to_unix(date) * G_USEC_PER_SEC;
}

static void
add_mailboxes(GStrvBuilder *out, InternetAddressList *list, guint depth)
{
    for (int i = 0; i < internet_address_list_length(list); i++) {
        InternetAddress *address = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_GROUP(address) && depth < 8) {
            add_mailboxes(out,
                          internet_address_group_get_members(
                              INTERNET_ADDRESS_GROUP(address)),
                          depth + 1);
        } else if (INTERNET_ADDRESS_IS_MAILBOX(address)) {
            g_strv_builder_add(out, internet_address_mailbox_get_addr(
                                        INTERNET_ADDRESS_MAILBOX(address)));
        }
    }
}

GStrv
ch_message_dup_recipients(const ch_message *m)
{
    static const char *const names[] = {"to", "cc", "bcc"};
    g_autoptr(GStrvBuilder) out = g_strv_builder_new();
    for (gsize n = 0; n < G_N_ELEMENTS(names); n++) {
        for (guint i = 0; i < m->headers->len; i++) {
            const ch_header *header = g_ptr_array_index(m->headers, i);
            if (strcmp(header->name, names[n]) != 0) {
                continue;
            }
            g_autofree char *value = g_strndup(header->value, CH_MAX_HEADER);
            g_autoptr(InternetAddressList) list =
                internet_address_list_parse(NULL, value);
            if (list != NULL) {
                add_mailboxes(out, list, 0);
            }
        }
    }
    return g_strv_builder_end(out);
}

const char *
ch_message_head(const ch_message *m, gsize *length_out)
{
    *length_out = m->head_length;
    return m->data;
}

const char *
ch_message_type(const ch_message *m)
{
    return m->type;
}

gboolean
ch_message_has_image(const ch_message *m)
{
    return m->has_image;
}
