/*
 * Edits of a mail's content; see edit.h.
 *
 * A part is decoded beside a map from each decoded byte to the raw one, so
 * that what is replaced is known to the byte.  Nothing here knows why.
 */
#include "chaperone/edit.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <string.h>

#define LINE_LENGTH 76 /* RFC 2045 6.7 (5), 6.8 */
/* Encoding; content, span; text. */
#define PACKED "a(u(tt)(tt)s)"

enum { PLAIN, QUOTED, BASE64, UNKNOWN };

/* --- the list --------------------------------------------------------------
 */

static void
edit_free(gpointer data)
{
    ch_edit *edit = data;
    g_free(edit->text);
    g_free(edit);
}

GPtrArray *
ch_edits_new(void)
{
    return g_ptr_array_new_with_free_func(edit_free);
}

static guint
encoding_of(const char *name)
{
    static const struct {
        const char *name;
        guint encoding;
    } known[] = {{"", PLAIN},        {"7bit", PLAIN},
                 {"8bit", PLAIN},    {"binary", PLAIN},
                 {"base64", BASE64}, {"quoted-printable", QUOTED}};
    for (guint i = 0; name != NULL && i < G_N_ELEMENTS(known); i++) {
        if (strcmp(known[i].name, name) == 0) {
            return known[i].encoding;
        }
    }
    return UNKNOWN;
}

/* --- decoding with the way back --------------------------------------------
 */

typedef struct {
    GByteArray *bytes;
    GArray *map; /* of gsize: raw offset of each byte, and of the end */
} decoded;

static void
decoded_clear(decoded *d)
{
    g_clear_pointer(&d->bytes, g_byte_array_unref);
    g_clear_pointer(&d->map, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(decoded, decoded_clear)

static void
put(decoded *d, guint8 byte, gsize raw)
{
    g_byte_array_append(d->bytes, &byte, 1);
    g_array_append_val(d->map, raw);
}

/* Bytes of a soft line break at "=", or 0: blanks may stand before its end
 * (RFC 2045 6.7, rule 3). */
static gsize
soft_break(const char *data, gsize length, gsize at)
{
    gsize p = at + 1;
    while (p < length && (data[p] == ' ' || data[p] == '\t')) {
        p++;
    }
    p += p + 1 < length && data[p] == '\r' && data[p + 1] == '\n';
    return p < length && data[p] == '\n' ? p + 1 - at : 0;
}

static void
decode_quoted(decoded *d, const char *data, gsize length)
{
    for (gsize at = 0; at < length;) {
        gsize soft = data[at] == '=' ? soft_break(data, length, at) : 0;
        if (soft > 0) {
            at += soft;
        } else if (data[at] == '=' && at + 2 < length &&
                   g_ascii_isxdigit(data[at + 1]) &&
                   g_ascii_isxdigit(data[at + 2])) {
            put(d,
                (guint8)(g_ascii_xdigit_value(data[at + 1]) << 4 |
                         g_ascii_xdigit_value(data[at + 2])),
                at);
            at += 3;
        } else {
            put(d, (guint8)data[at], at);
            at++;
        }
    }
}

/* The map is not needed: base64 is written anew as a whole. */
static void
decode_base64(decoded *d, const char *data, gsize length)
{
    int state = 0;
    guint save = 0;
    g_autofree guchar *out = g_malloc(length / 4 * 3 + 6);
    gsize n = g_base64_decode_step(data, length, out, &state, &save);
    g_byte_array_append(d->bytes, out, (guint)n);
}

static void
decode(decoded *d, guint encoding, const char *data, gsize length)
{
    d->bytes = g_byte_array_new();
    d->map = g_array_new(FALSE, FALSE, sizeof(gsize));
    if (encoding == QUOTED) {
        decode_quoted(d, data, length);
    } else if (encoding == BASE64) {
        decode_base64(d, data, length);
    } else {
        for (gsize at = 0; at < length; at++) {
            put(d, (guint8)data[at], at);
        }
    }
    g_array_append_val(d->map, length);
}

/* --- finding the place -----------------------------------------------------
 */

/* The place of the nth occurrence of needle, counted from 0. */
static gboolean
find_nth(const char *data, gsize length, const char *needle, gsize n, guint nth,
         gsize *at_out)
{
    gsize at = 0;
    for (guint i = 0; at + n <= length; i++) {
        const char *hit = memmem(data + at, length - at, needle, n);
        if (hit == NULL) {
            return FALSE;
        }
        *at_out = (gsize)(hit - data);
        if (i == nth) {
            return TRUE;
        }
        at = *at_out + 1;
    }
    return FALSE;
}

/* How often needle begins before that offset. */
static guint
count_before(const char *data, gsize length, const char *needle, gsize n,
             gsize offset)
{
    guint count = 0;
    gsize at = 0;
    while (find_nth(data, length, needle, n, count, &at) && at < offset) {
        count++;
    }
    return count;
}

/* A directive is ASCII, and charsets that mail is written in keep ASCII: the
 * nth of the source is the nth of the bytes.  Others do not have it at all. */
static gboolean
find_place(const decoded *d, GBytes *source, ch_span span, ch_span *out)
{
    gsize length, at;
    const char *text = g_bytes_get_data(source, &length);
    gsize n = span.end - span.start;
    if (span.end > length || n == 0) {
        return FALSE;
    }
    const char *needle = text + span.start;
    guint nth = count_before(text, length, needle, n, span.start);
    if (!find_nth((const char *)d->bytes->data, d->bytes->len, needle, n, nth,
                  &at)) {
        return FALSE;
    }
    *out = (ch_span){at, at + n};
    return TRUE;
}

gboolean
ch_edits_add(GPtrArray *edits, const ch_message *m, GBytes *mail, int part,
             GBytes *source, ch_span span, const char *text)
{
    const ch_part *p =
        part < 0 ? NULL : g_ptr_array_index(ch_message_parts(m), part);
    guint encoding = p == NULL ? UNKNOWN : encoding_of(p->encoding);
    gsize length;
    const char *data = g_bytes_get_data(mail, &length);
    if (encoding == UNKNOWN || p->raw.end > length ||
        edits->len >= CH_MAX_DIRECTIVES) {
        return FALSE;
    }
    g_auto(decoded) d = {NULL, NULL};
    ch_span place;
    decode(&d, encoding, data + p->raw.start, p->raw.end - p->raw.start);
    if (!find_place(&d, source, span, &place)) {
        return FALSE;
    }
    ch_edit *edit = g_new0(ch_edit, 1);
    *edit = (ch_edit){.encoding = encoding,
                      .content = p->raw,
                      .span = place,
                      .text = g_strdup(text)};
    g_ptr_array_add(edits, edit);
    return TRUE;
}

/* --- applying --------------------------------------------------------------
 */

/* The last first: places before it stay true. */
static gint
by_place(gconstpointer a, gconstpointer b)
{
    const ch_edit *x = *(ch_edit *const *)a, *y = *(ch_edit *const *)b;
    if (x->content.start != y->content.start) {
        return x->content.start > y->content.start ? -1 : 1;
    }
    return x->span.start > y->span.start ? -1 : x->span.start < y->span.start;
}

static const char *
line_end(const char *data, gsize length)
{
    const char *lf = memchr(data, '\n', length);
    return lf != NULL && lf > data && lf[-1] == '\r' ? "\r\n" : "\n";
}

/* A line that the edit made too long gets a soft break before it. */
static void
splice(GString *content, const decoded *d, const ch_edit *edit)
{
    gsize start = g_array_index(d->map, gsize, edit->span.start);
    gsize end = g_array_index(d->map, gsize, edit->span.end);
    const char *eol = line_end(content->str, content->len);
    g_string_erase(content, (gssize)start, (gssize)(end - start));
    g_string_insert(content, (gssize)start, edit->text);
    if (edit->encoding != QUOTED) {
        return;
    }
    gsize from = start, to = start + strlen(edit->text);
    while (from > 0 && content->str[from - 1] != '\n') {
        from--;
    }
    to += strcspn(content->str + to, "\r\n");
    if (to - from > LINE_LENGTH && start > from) {
        g_autofree char *soft = g_strconcat("=", eol, NULL);
        g_string_insert(content, (gssize)start, soft);
    }
}

/* Lines as long as the first one was. */
static void
write_base64(GString *content, const guint8 *bytes, gsize n)
{
    const char *eol = line_end(content->str, content->len);
    gsize first = strcspn(content->str, "\r\n");
    gsize width =
        first >= 4 && first <= LINE_LENGTH ? first / 4 * 4 : LINE_LENGTH;
    gboolean ends = content->len > 0 && content->str[content->len - 1] == '\n';
    g_autofree char *encoded = g_base64_encode(bytes, n);
    gsize length = strlen(encoded);
    g_string_truncate(content, 0);
    for (gsize at = 0; at < length; at += width) {
        g_string_append_len(content, encoded + at,
                            (gssize)MIN(width, length - at));
        g_string_append(content, at + width < length || ends ? eol : "");
    }
}

/* Edits from..to-1 are of one part, the last place first.  FALSE: they do
 * not fit. */
static gboolean
apply_part(const GPtrArray *edits, guint from, guint to, GString *mail)
{
    const ch_edit *first = g_ptr_array_index(edits, from);
    if (first->content.end > mail->len ||
        first->content.start > first->content.end) {
        return FALSE;
    }
    gsize length = first->content.end - first->content.start;
    g_autoptr(GString) content =
        g_string_new_len(mail->str + first->content.start, (gssize)length);
    g_auto(decoded) d = {NULL, NULL};
    decode(&d, first->encoding, content->str, length);
    gsize limit = d.bytes->len;
    for (guint i = from; i < to; i++) {
        const ch_edit *edit = g_ptr_array_index(edits, i);
        if (edit->span.start > edit->span.end || edit->span.end > limit ||
            edit->encoding != first->encoding) {
            return FALSE;
        }
        limit = edit->span.start;
        if (edit->encoding != BASE64) {
            splice(content, &d, edit);
            continue;
        }
        g_byte_array_remove_range(d.bytes, (guint)edit->span.start,
                                  (guint)(edit->span.end - edit->span.start));
        g_autoptr(GByteArray) tail = g_byte_array_new();
        g_byte_array_append(tail, d.bytes->data + edit->span.start,
                            d.bytes->len - (guint)edit->span.start);
        g_byte_array_set_size(d.bytes, (guint)edit->span.start);
        g_byte_array_append(d.bytes, (const guint8 *)edit->text,
                            (guint)strlen(edit->text));
        g_byte_array_append(d.bytes, tail->data, tail->len);
    }
    if (first->encoding == BASE64) {
        write_base64(content, d.bytes->data, d.bytes->len);
    }
    g_string_erase(mail, (gssize)first->content.start, (gssize)length);
    g_string_insert_len(mail, (gssize)first->content.start, content->str,
                        (gssize)content->len);
    return TRUE;
}

static gboolean
is_same_part(const ch_edit *a, const ch_edit *b)
{
    return a->content.start == b->content.start &&
           a->content.end == b->content.end;
}

GBytes *
ch_edits_apply(const GPtrArray *edits, GBytes *mail, GError **error)
{
    gsize length;
    const char *data = g_bytes_get_data(mail, &length);
    g_autoptr(GString) out = g_string_new_len(data, (gssize)length);
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    for (guint i = 0; i < edits->len; i++) {
        g_ptr_array_add(sorted, edits->pdata[i]);
    }
    g_ptr_array_sort(sorted, by_place);
    for (guint from = 0, to; from < sorted->len; from = to) {
        for (to = from + 1;
             to < sorted->len &&
             is_same_part(sorted->pdata[from], sorted->pdata[to]);
             to++) {
        }
        if (!apply_part(sorted, from, to, out)) {
            g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                                "the edits are of another mail");
            return NULL;
        }
    }
    return g_bytes_new(out->str, out->len);
}

/* --- as bytes --------------------------------------------------------------
 */

GBytes *
ch_edits_pack(const GPtrArray *edits)
{
    GVariantBuilder list;
    g_variant_builder_init(&list, G_VARIANT_TYPE(PACKED));
    for (guint i = 0; i < edits->len; i++) {
        const ch_edit *e = g_ptr_array_index(edits, i);
        g_variant_builder_add(&list, "(u(tt)(tt)s)", e->encoding,
                              (guint64)e->content.start,
                              (guint64)e->content.end, (guint64)e->span.start,
                              (guint64)e->span.end, e->text);
    }
    g_autoptr(GVariant) value =
        g_variant_ref_sink(g_variant_builder_end(&list));
    g_autoptr(GVariant) stored = G_BYTE_ORDER == G_LITTLE_ENDIAN
                                     ? g_variant_ref(value)
                                     : g_variant_byteswap(value);
    return g_variant_get_data_as_bytes(stored);
}

GPtrArray *
ch_edits_unpack(GBytes *bytes, GError **error)
{
    g_autoptr(GVariant) stored = g_variant_ref_sink(
        g_variant_new_from_bytes(G_VARIANT_TYPE(PACKED), bytes, FALSE));
    if (!g_variant_is_normal_form(stored)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "stored edits are damaged");
        return NULL;
    }
    g_autoptr(GVariant) value = G_BYTE_ORDER == G_LITTLE_ENDIAN
                                    ? g_variant_ref(stored)
                                    : g_variant_byteswap(stored);
    GPtrArray *edits = ch_edits_new();
    GVariantIter iter;
    guint encoding;
    guint64 a, b, c, d;
    char *text;
    g_variant_iter_init(&iter, value);
    while (g_variant_iter_next(&iter, "(u(tt)(tt)s)", &encoding, &a, &b, &c, &d,
                               &text)) {
        ch_edit *edit = g_new0(ch_edit, 1);
        *edit = (ch_edit){encoding, {a, b}, {c, d}, text};
        g_ptr_array_add(edits, edit);
    }
    return edits;
}
