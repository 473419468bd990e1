/*
 * Requests as hostile bytes: first line the target, second the cookies, the
 * rest a body.  Whatever comes in, there is a request; what gets through is
 * valid UTF-8 without NUL, its path has no segment that leads up; and what is
 * written into a page of it adds no markup.
 */
#include "chaperone/limits.h"
#include "review/html.c"
#include "review/request.c"

static void
check_fields(const GPtrArray *fields)
{
    g_assert(fields->len <= CH_MAX_HTTP_FIELDS);
    for (guint i = 0; i < fields->len; i++) {
        const ch_field *f = g_ptr_array_index(fields, i);
        g_assert(g_utf8_validate(f->name, -1, NULL));
        g_assert(g_utf8_validate(f->value, -1, NULL));
    }
}

static void
check_path(const char *path)
{
    g_assert(path[0] == '/');
    g_assert(g_utf8_validate(path, -1, NULL));
    g_assert(strstr(path, "/../") == NULL && strstr(path, "//") == NULL);
    g_assert(!g_str_has_suffix(path, "/..") && strchr(path, '\\') == NULL);
}

/* The page has the markup of ours and not one mark more. */
static void
check_page(const char *text, gsize length)
{
    ch_html *h = ch_html_new();
    gsize marks = 0, quotes = 0;
    g_autofree char *copy = g_strndup(text, length);
    ch_html_open(h, "a", A("href", copy) A("title", copy));
    ch_html_text_n(h, text, length);
    ch_html_close(h);
    GString *page = ch_html_finish(h);
    gboolean linked = strstr(page->str, "<a href=\"") != NULL;
    for (gsize i = 0; i < page->len; i++) {
        marks += page->str[i] == '<' || page->str[i] == '>';
        quotes += page->str[i] == '"';
    }
    g_assert(g_utf8_validate(page->str, (gssize)page->len, NULL));
    g_assert(marks == 6);
    g_assert(quotes == (linked ? 4U : 2U));
    g_string_free(page, TRUE);
    ch_html_free(h);
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) pieces = g_strsplit(text, "\n", 3);
    const char *target = pieces[0] != NULL ? pieces[0] : "";
    g_autoptr(ch_request) r = ch_request_new("POST", target);
    if (pieces[0] != NULL && pieces[1] != NULL) {
        ch_request_add_cookies(r, pieces[1]);
        if (pieces[2] != NULL) {
            gsize length = strlen(pieces[2]), half = length / 2;
            ch_request_add_body(r, pieces[2], half);
            ch_request_add_body(r, pieces[2] + half, length - half);
        }
    }
    ch_request_end_body(r, "application/x-www-form-urlencoded");
    check_path(r->path);
    check_fields(r->query);
    check_fields(r->form);
    check_fields(r->cookies);
    static const char *const patterns[] = {"/", "/item/*", "/item/*/release",
                                           "/api/v1/items/*/history"};
    for (guint i = 0; i < G_N_ELEMENTS(patterns); i++) {
        g_autofree char *arg = NULL;
        if (ch_path_matches(patterns[i], r->path, &arg)) {
            g_assert(arg == NULL || strchr(arg, '/') == NULL);
        }
    }
    check_page((const char *)data, size);
    return 0;
}
