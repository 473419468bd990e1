/*
 * Target, cookies and form of a request.  See request.h; fuzzed by
 * tests/fuzz/fuzz_request.c.
 */
#include "request.h"

#include "chaperone/limits.h"

#include <string.h>

static void
free_field(gpointer data)
{
    ch_field *field = data;
    g_free(field->name);
    g_free(field->value);
    g_free(field);
}

/* The first thing that is wrong counts. */
static void
spoil(ch_request *r, int status)
{
    if (r->status == 0) {
        r->status = status;
    }
}

/* --- decoding ------------------------------------------------------------- */

/* %XX undone, in forms and queries + as a blank.  NULL: a bad escape, a NUL,
 * or not UTF-8.  Owned. */
static char *
dup_decoded(const char *text, gsize length, gboolean plus)
{
    g_autoptr(GString) out = g_string_sized_new(length);
    for (gsize i = 0; i < length; i++) {
        if (text[i] == '%') {
            if (length - i < 3) {
                return NULL;
            }
            int a = g_ascii_xdigit_value(text[i + 1]);
            int b = g_ascii_xdigit_value(text[i + 2]);
            if (a < 0 || b < 0 || (a == 0 && b == 0)) {
                return NULL;
            }
            g_string_append_c(out, (char)(a * 16 + b));
            i += 2;
        } else if (text[i] == '\0') {
            return NULL;
        } else {
            g_string_append_c(out, plus && text[i] == '+' ? ' ' : text[i]);
        }
    }
    return g_utf8_validate(out->str, (gssize)out->len, NULL)
               ? g_strdup(out->str)
               : NULL;
}

/* "a=b&c=d" into fields. */
static void
read_pairs(ch_request *r, GPtrArray *fields, const char *text, gsize length)
{
    gsize at = 0;
    while (at < length) {
        const char *start = text + at;
        const char *end = memchr(start, '&', length - at);
        gsize n = end != NULL ? (gsize)(end - start) : length - at;
        const char *equals = memchr(start, '=', n);
        gsize name = equals != NULL ? (gsize)(equals - start) : n;
        at += n + 1;
        if (n == 0) {
            continue;
        }
        if (fields->len >= CH_MAX_HTTP_FIELDS) {
            spoil(r, 413);
            return;
        }
        ch_field *field = g_new0(ch_field, 1);
        field->name = dup_decoded(start, name, TRUE);
        field->value = equals != NULL
                           ? dup_decoded(equals + 1, n - name - 1, TRUE)
                           : g_strdup("");
        if (field->name == NULL || field->value == NULL) {
            free_field(field);
            spoil(r, 400);
            return;
        }
        g_ptr_array_add(fields, field);
    }
}

/* A path of ours has plain segments only. */
static gboolean
is_plain_path(const char *path)
{
    if (path[0] != '/') {
        return FALSE;
    }
    for (const char *p = path; *p != '\0'; p++) {
        if (*p == '\\' || g_ascii_iscntrl(*p)) {
            return FALSE;
        }
    }
    g_auto(GStrv) segments = g_strsplit(path + 1, "/", -1);
    for (guint i = 0; segments[i] != NULL; i++) {
        gboolean last = segments[i + 1] == NULL;
        if ((segments[i][0] == '\0' && !(last && i == 0)) ||
            strcmp(segments[i], ".") == 0 || strcmp(segments[i], "..") == 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static GPtrArray *
new_fields(void)
{
    return g_ptr_array_new_with_free_func(free_field);
}

ch_request *
ch_request_new(const char *method, const char *target)
{
    ch_request *r = g_new0(ch_request, 1);
    const char *mark = strchr(target, '?');
    gsize length = mark != NULL ? (gsize)(mark - target) : strlen(target);
    r->method = g_strdup(method);
    r->query = new_fields();
    r->form = new_fields();
    r->cookies = new_fields();
    r->body = g_byte_array_new();
    r->path = dup_decoded(target, length, FALSE);
    if (r->path == NULL || !is_plain_path(r->path)) {
        g_free(r->path);
        r->path = g_strdup("/");
        spoil(r, 400);
    }
    if (mark != NULL) {
        read_pairs(r, r->query, mark + 1, strlen(mark + 1));
    }
    return r;
}

void
ch_request_free(ch_request *r)
{
    if (r == NULL) {
        return;
    }
    g_free(r->method);
    g_free(r->path);
    g_ptr_array_unref(r->query);
    g_ptr_array_unref(r->form);
    g_ptr_array_unref(r->cookies);
    g_byte_array_unref(r->body);
    g_free(r);
}

/* --- body and cookies ----------------------------------------------------- */

void
ch_request_add_body(ch_request *r, const char *data, gsize length)
{
    if (r->status == 0 && r->body->len + length > CH_MAX_HTTP_BODY) {
        spoil(r, 413);
        g_byte_array_set_size(r->body, 0);
    }
    if (r->status == 0) {
        g_byte_array_append(r->body, (const guint8 *)data, (guint)length);
    }
}

/* The media type alone, without parameters. */
static gboolean
is_type(const char *content_type, const char *name)
{
    gsize length = strlen(name);
    return content_type != NULL &&
           g_ascii_strncasecmp(content_type, name, length) == 0 &&
           (content_type[length] == '\0' || content_type[length] == ';' ||
            content_type[length] == ' ');
}

void
ch_request_end_body(ch_request *r, const char *content_type)
{
    if (r->status == 0 && r->body->len > 0 &&
        is_type(content_type, "application/x-www-form-urlencoded")) {
        read_pairs(r, r->form, (const char *)r->body->data, r->body->len);
    }
}

/* RFC 6265 5.4: "a=b; c=d"; what is no pair is not ours. */
void
ch_request_add_cookies(ch_request *r, const char *header)
{
    g_auto(GStrv) pairs = g_strsplit(header, ";", CH_MAX_HTTP_FIELDS);
    for (guint i = 0; pairs[i] != NULL; i++) {
        char *equals = strchr(pairs[i], '=');
        if (equals == NULL || !g_utf8_validate(pairs[i], -1, NULL)) {
            continue;
        }
        *equals = '\0';
        ch_field *field = g_new0(ch_field, 1);
        field->name = g_strdup(g_strstrip(pairs[i]));
        field->value = g_strdup(g_strstrip(equals + 1));
        g_ptr_array_add(r->cookies, field);
    }
}

const char *
ch_field_get(const GPtrArray *fields, const char *name)
{
    for (guint i = 0; i < fields->len; i++) {
        const ch_field *field = g_ptr_array_index(fields, i);
        if (strcmp(field->name, name) == 0) {
            return field->value;
        }
    }
    return NULL;
}

gboolean
ch_path_matches(const char *pattern, const char *path, char **arg_out)
{
    g_auto(GStrv) wanted = g_strsplit(pattern, "/", -1);
    g_auto(GStrv) given = g_strsplit(path, "/", -1);
    const char *arg = NULL;
    *arg_out = NULL;
    if (g_strv_length(wanted) != g_strv_length(given)) {
        return FALSE;
    }
    for (guint i = 0; wanted[i] != NULL; i++) {
        if (strcmp(wanted[i], "*") == 0 && given[i][0] != '\0') {
            arg = given[i];
        } else if (strcmp(wanted[i], given[i]) != 0) {
            return FALSE;
        }
    }
    *arg_out = g_strdup(arg);
    return TRUE;
}
