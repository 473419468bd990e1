/*
 * The writer of pages.  See html.h: the only place that makes markup.
 */
#include "html.h"

#include <stdarg.h>
#include <string.h>

struct ch_html {
    GString *out;
    GPtrArray *open; /* of const char *: names of elements, the outer first */
};

ch_html *
ch_html_new(void)
{
    ch_html *h = g_new0(ch_html, 1);
    h->out = g_string_new("<!doctype html>\n");
    h->open = g_ptr_array_new();
    return h;
}

void
ch_html_free(ch_html *h)
{
    if (h != NULL) {
        if (h->out != NULL) {
            g_string_free(h->out, TRUE);
        }
        g_ptr_array_unref(h->open);
        g_free(h);
    }
}

GString *
ch_html_finish(ch_html *h)
{
    g_assert(h->open->len == 0);
    g_string_append_c(h->out, '\n');
    return g_steal_pointer(&h->out);
}

/* Marks, embeddings, overrides and isolates: UAX #9. */
static gboolean
turns_direction(gunichar c)
{
    return c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void
append_char(GString *out, gunichar c)
{
    switch (c) {
    case '<':
        g_string_append(out, "&lt;");
        return;
    case '>':
        g_string_append(out, "&gt;");
        return;
    case '&':
        g_string_append(out, "&amp;");
        return;
    case '"':
        g_string_append(out, "&quot;");
        return;
    case '\'':
        g_string_append(out, "&#39;");
        return;
    case '\r':
        return;
    default:
        break;
    }
    gboolean blank = c == '\n' || c == '\t';
    if ((!blank && (c < 0x20 || (c >= 0x7f && c <= 0x9f))) ||
        turns_direction(c)) {
        g_string_append_printf(out, "[U+%04X]", c);
    } else {
        g_string_append_unichar(out, c);
    }
}

void
ch_html_text_n(ch_html *h, const char *text, gsize length)
{
    const char *p = text, *end = text + length;
    while (p < end) {
        gunichar c = g_utf8_get_char_validated(p, end - p);
        if (c == (gunichar)-1 || c == (gunichar)-2) {
            g_string_append(h->out, "\xef\xbf\xbd");
            p++;
        } else {
            append_char(h->out, c);
            p = g_utf8_next_char(p);
        }
    }
}

void
ch_html_text(ch_html *h, const char *text)
{
    if (text != NULL) {
        ch_html_text_n(h, text, strlen(text));
    }
}

void
ch_html_textf(ch_html *h, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    ch_html_text(h, text);
}

/* "//host" and "/\host" lead elsewhere. */
static gboolean
stays_here(const char *value)
{
    return value[0] == '#' || value[0] == '?' ||
           (value[0] == '/' && value[1] != '/' && value[1] != '\\');
}

static gboolean
is_address(const char *name)
{
    return strcmp(name, "href") == 0 || strcmp(name, "src") == 0 ||
           strcmp(name, "action") == 0 || strcmp(name, "formaction") == 0;
}

void
ch_html_tag(ch_html *h, const char *tag, gboolean empty,
            const char *const *attributes)
{
    g_string_append_c(h->out, '<');
    g_string_append(h->out, tag);
    for (gsize i = 0; attributes[i] != NULL; i += 2) {
        const char *value = attributes[i + 1];
        /* No handler and no style is ever written. */
        g_assert(!g_str_has_prefix(attributes[i], "on") &&
                 strcmp(attributes[i], "style") != 0);
        if (value == NULL ||
            (is_address(attributes[i]) && !stays_here(value))) {
            continue;
        }
        g_string_append_c(h->out, ' ');
        g_string_append(h->out, attributes[i]);
        g_string_append(h->out, "=\"");
        ch_html_text(h, value);
        g_string_append_c(h->out, '"');
    }
    g_string_append_c(h->out, '>');
    if (!empty) {
        g_ptr_array_add(h->open, (gpointer)tag);
    }
}

void
ch_html_close(ch_html *h)
{
    g_assert(h->open->len > 0);
    const char *tag = g_ptr_array_steal_index(h->open, h->open->len - 1);
    g_string_append(h->out, "</");
    g_string_append(h->out, tag);
    g_string_append_c(h->out, '>');
}
