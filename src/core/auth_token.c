/*
 * Tokens: how a post names authorizations, and how they are taken out.
 *
 *   Subject: Our little champ [auth 2026-0117]
 *   Authorization-Ref: 2026-0117
 *
 * A token is cut with the blanks before it.  Rules get a subject without it,
 * so that an ID is no medical record number; the mail that goes on has none,
 * so that no reader sees it.  A subject that is written anew is encoded anew:
 * RFC 2047 where it is not ASCII.
 */
#include "chaperone/authorization.h"
#include "core/message_int.h"

#include <string.h>

#define SUBJECT      "Subject"
#define LINE_BYTES   66 /* of a folded line, RFC 5322 2.1.1 */
#define WORD_BYTES   42 /* 56 of base64: the first line, too, has at most 78 */
#define HEADER_BLANK " \t\r\n,;"

/* --- tokens in a text ----------------------------------------------------- */

static gsize
skip_blanks(const char *text, gsize at)
{
    return at + strspn(text + at, " \t");
}

/* "[auth ID]" at that place; its end and the ID, or 0. */
static gsize
token_at(const char *text, gsize at, ch_span *id_out)
{
    static const char word[] = "auth";
    gsize p = skip_blanks(text, at + 1);
    if (g_ascii_strncasecmp(text + p, word, sizeof word - 1) != 0) {
        return 0;
    }
    p += sizeof word - 1;
    gsize start = skip_blanks(text, p);
    gsize end = start;
    while (g_ascii_isalnum(text[end]) ||
           (text[end] != '\0' && strchr("._-", text[end]) != NULL)) {
        end++;
    }
    gsize close = skip_blanks(text, end);
    if (start == p || end == start || end - start > CH_AUTH_MAX_ID ||
        text[close] != ']') {
        return 0;
    }
    *id_out = (ch_span){start, end};
    return close + 1;
}

/* The next token from *at on, which moves behind it. */
static gboolean
next_token(const char *text, gsize *at, ch_span *token_out, ch_span *id_out)
{
    for (const char *p = strchr(text + *at, '['); p != NULL;
         p = strchr(p + 1, '[')) {
        gsize start = (gsize)(p - text);
        gsize end = token_at(text, start, id_out);
        if (end > 0) {
            *token_out = (ch_span){start, end};
            *at = end;
            return TRUE;
        }
    }
    return FALSE;
}

/* What is cut with a token: the blanks before it or, at the beginning, after
 * it. */
static ch_span
widened(const char *text, ch_span token, gsize from)
{
    while (token.start > from && strchr(" \t", text[token.start - 1]) != NULL) {
        token.start--;
    }
    if (token.start == 0) {
        token.end = skip_blanks(text, token.end);
    }
    return token;
}

/* The text without tokens; NULL: there are none.  Owned. */
static char *
dup_without_tokens(const char *text)
{
    ch_span token, id;
    gsize at = 0, done = 0;
    g_autoptr(GString) out = g_string_new(NULL);
    while (next_token(text, &at, &token, &id)) {
        token = widened(text, token, done);
        g_string_append_len(out, text + done, (gssize)(token.start - done));
        done = at = token.end;
    }
    if (done == 0) {
        return NULL;
    }
    g_string_append(out, text + done);
    return g_strstrip(g_string_free(g_steal_pointer(&out), FALSE));
}

ch_text *
ch_auth_subject_text(int part, GBytes *source)
{
    gsize length, at = 0, done = 0;
    const char *data = g_bytes_get_data(source, &length);
    g_autofree char *subject = g_strndup(length > 0 ? data : "", length);
    ch_span token, id;
    g_autoptr(ch_text) text = ch_text_new(CH_WHERE_SUBJECT, part, source);
    while (next_token(subject, &at, &token, &id)) {
        token = widened(subject, token, done);
        if (token.start > done) {
            ch_text_add_copy(text, (ch_span){done, token.start});
        }
        done = at = token.end;
    }
    if (done < length) {
        ch_text_add_copy(text, (ch_span){done, length});
    }
    gsize left;
    ch_text_plain(text, &left);
    return left > 0 ? g_steal_pointer(&text) : NULL;
}

/* --- names -------------------------------------------------------------- */

static void
add_name(GPtrArray *named, const char *name)
{
    for (guint i = 0; i < named->len; i++) {
        if (strcmp(g_ptr_array_index(named, i), name) == 0) {
            return;
        }
    }
    if (named->len < CH_AUTH_MAX_REF) {
        g_ptr_array_add(named, g_strdup(name));
    }
}

static void
add_from_subject(GPtrArray *named, const char *subject)
{
    ch_span token, id;
    gsize at = 0;
    while (subject != NULL && next_token(subject, &at, &token, &id)) {
        g_autofree char *name =
            g_strndup(subject + id.start, id.end - id.start);
        add_name(named, name);
    }
}

static void
add_from_header(GPtrArray *named, const char *value)
{
    g_auto(GStrv) words = g_strsplit_set(value, HEADER_BLANK, -1);
    for (guint i = 0; words[i] != NULL; i++) {
        if (words[i][0] != '\0') {
            add_name(named, words[i]);
        }
    }
}

GPtrArray *
ch_auth_find_plain(const char *subject, const char *const *headers)
{
    GPtrArray *named = g_ptr_array_new_with_free_func(g_free);
    add_from_subject(named, subject);
    for (guint i = 0; headers != NULL && headers[i] != NULL; i += 2) {
        if (g_ascii_strcasecmp(headers[i], CH_AUTH_HEADER) == 0) {
            add_from_header(named, headers[i + 1]);
        }
    }
    return named;
}

/* --- fields of a mail --------------------------------------------------- */

typedef void (*field_visit)(const ch_message *m, const ch_field *field,
                            const char *name, gpointer data);

/* Calls visit for the fields of the mail's own header that can name one. */
static void
each_field(GBytes *raw, field_visit visit, gpointer data)
{
    static const struct {
        const char *name, *lower;
    } fields[] = {{SUBJECT, "subject"}, {CH_AUTH_HEADER, "authorization-ref"}};
    ch_message m = {.raw = raw};
    m.data = g_bytes_get_data(raw, &m.length);
    g_autoptr(ch_head) head = ch_head_scan(&m, 0, m.length);
    for (guint i = 0; i < head->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(head->fields, i);
        for (gsize n = 0; n < G_N_ELEMENTS(fields); n++) {
            if (strcmp(field->name, fields[n].lower) == 0) {
                visit(&m, field, fields[n].name, data);
            }
        }
    }
}

static gboolean
is_subject(const char *name)
{
    return strcmp(name, SUBJECT) == 0;
}

static void
find_in_field(const ch_message *m, const ch_field *field, const char *name,
              gpointer data)
{
    g_autofree char *value = ch_field_dup_decoded(m, field);
    if (is_subject(name)) {
        add_from_subject(data, value);
    } else {
        add_from_header(data, value);
    }
}

GPtrArray *
ch_auth_find(GBytes *raw)
{
    GPtrArray *named = g_ptr_array_new_with_free_func(g_free);
    each_field(raw, find_in_field, named);
    return named;
}

/* --- a subject written anew ----------------------------------------------- */

static gboolean
is_plain_ascii(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (!g_ascii_isprint(*p) && *p != '\t') {
            return FALSE;
        }
    }
    return strstr(text, "=?") == NULL;
}

/* Lines end at a blank, which begins the next one. */
static char *
dup_folded(const char *text)
{
    GString *out = g_string_new(text);
    gsize start = 0, blank = 0;
    for (gsize i = 0; i < out->len; i++) {
        if (out->str[i] == ' ' && i > start &&
            strchr(" \n", out->str[i - 1]) == NULL) {
            blank = i;
        }
        if (i - start >= LINE_BYTES && blank > start) {
            g_string_insert_c(out, (gssize)blank, '\n');
            start = blank + 1;
            i = MAX(i, start);
        }
    }
    return g_string_free(out, FALSE);
}

/* RFC 2047 2, 5: whole characters in each word. */
static char *
dup_encoded(const char *text)
{
    GString *out = g_string_new(NULL);
    while (*text != '\0') {
        gsize n = 0;
        while (text[n] != '\0') {
            gsize next = (gsize)(g_utf8_next_char(text + n) - text);
            if (next > WORD_BYTES) {
                break;
            }
            n = next;
        }
        g_autofree char *word = g_base64_encode((const guchar *)text, n);
        g_string_append_printf(
            out, "%s=?UTF-8?B?%s?=", out->len > 0 ? "\n " : "", word);
        text += n;
    }
    return g_string_free(out, FALSE);
}

/* --- changes -------------------------------------------------------------- */

static void
free_change(gpointer data)
{
    ch_auth_change *change = data;
    g_free(change->value);
    g_free(change);
}

typedef struct {
    GPtrArray *changes;
    guint subjects, references; /* seen so far */
} finder;

/* From the name on to the end of its last line. */
static ch_span
field_bytes(const ch_message *m, const ch_field *field)
{
    ch_span s = {field->value.start, field->value.end};
    while (s.start > 0 && m->data[s.start - 1] != '\n') {
        s.start--;
    }
    return s;
}

static void
add_change(const ch_message *m, const ch_field *field, const char *name,
           gpointer data)
{
    finder *f = data;
    guint occurrence = is_subject(name) ? ++f->subjects : ++f->references;
    g_autofree char *left = NULL;
    if (is_subject(name)) {
        g_autofree char *subject = ch_field_dup_decoded(m, field);
        left = dup_without_tokens(subject);
        if (left == NULL) {
            return;
        }
    }
    ch_auth_change *change = g_new0(ch_auth_change, 1);
    change->name = name;
    change->occurrence = occurrence;
    change->field = field_bytes(m, field);
    if (left != NULL && left[0] != '\0') {
        change->value =
            is_plain_ascii(left) ? dup_folded(left) : dup_encoded(left);
    }
    g_ptr_array_add(f->changes, change);
}

GPtrArray *
ch_auth_changes(GBytes *raw)
{
    finder f = {.changes = g_ptr_array_new_with_free_func(free_change)};
    each_field(raw, add_change, &f);
    return f.changes;
}

static void
append_field(GByteArray *out, const ch_auth_change *change, gboolean crlf)
{
    g_auto(GStrv) lines = g_strsplit(change->value, "\n", -1);
    g_autofree char *value = g_strjoinv(crlf ? "\r\n" : "\n", lines);
    g_autofree char *field =
        g_strconcat(change->name, ": ", value, crlf ? "\r\n" : "\n", NULL);
    g_byte_array_append(out, (const guint8 *)field, (guint)strlen(field));
}

GBytes *
ch_auth_strip(GBytes *raw)
{
    gsize length, done = 0;
    const guint8 *data = g_bytes_get_data(raw, &length);
    g_autoptr(GPtrArray) changes = ch_auth_changes(raw);
    if (changes->len == 0) {
        return g_bytes_ref(raw);
    }
    GByteArray *out = g_byte_array_sized_new((guint)length);
    for (guint i = 0; i < changes->len; i++) {
        const ch_auth_change *change = g_ptr_array_index(changes, i);
        ch_span s = change->field;
        g_byte_array_append(out, data + done, (guint)(s.start - done));
        if (change->value != NULL) {
            gboolean crlf = s.end >= 2 && data[s.end - 2] == '\r';
            append_field(out, change, crlf);
        }
        done = s.end;
    }
    g_byte_array_append(out, data + done, (guint)(length - done));
    return g_byte_array_free_to_bytes(out);
}
