/*
 * One view of a post for the readers of directives: lines, values, marks.
 * Knows no gateway.
 */
#include "directive_int.h"

#include "chaperone/limits.h"

#include <string.h>

ch_codes *
ch_codes_new(const ch_text *text, gboolean html)
{
    ch_codes *r = g_new0(ch_codes, 1);
    r->text = text;
    r->html = html;
    r->plain = ch_text_plain(text, &r->length);
    r->body = (ch_span){0, r->length};
    r->marks = g_array_new(FALSE, FALSE, sizeof(ch_mark));
    r->timers = g_array_new(FALSE, FALSE, sizeof(ch_mark));
    r->said = g_string_new(NULL);
    r->tags = g_ptr_array_new_with_free_func(g_free);
    r->categories = g_ptr_array_new_with_free_func(g_free);
    return r;
}

void
ch_codes_free(ch_codes *r)
{
    if (r == NULL) {
        return;
    }
    g_array_unref(r->marks);
    g_array_unref(r->timers);
    g_string_free(r->said, TRUE);
    g_free(r->title);
    g_free(r->status);
    g_free(r->delay);
    g_free(r->date);
    g_clear_pointer(&r->tags, g_ptr_array_unref);
    g_clear_pointer(&r->categories, g_ptr_array_unref);
    g_clear_pointer(&r->networks, g_ptr_array_unref);
    g_free(r);
}

ch_span
ch_codes_trim(const ch_codes *r, ch_span s)
{
    while (s.start < s.end && g_ascii_isspace(r->plain[s.start])) {
        s.start++;
    }
    while (s.end > s.start && g_ascii_isspace(r->plain[s.end - 1])) {
        s.end--;
    }
    return s;
}

gboolean
ch_codes_line(const ch_codes *r, gsize *at, ch_span *line_out)
{
    if (*at >= r->body.end) {
        return FALSE;
    }
    const char *start = r->plain + *at;
    const char *stop = memchr(start, '\n', r->body.end - *at);
    gsize end = stop == NULL ? r->body.end : (gsize)(stop - r->plain);
    *line_out = ch_codes_trim(r, (ch_span){*at, end});
    *at = stop == NULL ? r->body.end : end + 1;
    return TRUE;
}

gboolean
ch_codes_is(const ch_codes *r, ch_span s, const char *word)
{
    gsize length = strlen(word);
    return s.end - s.start == length &&
           g_ascii_strncasecmp(r->plain + s.start, word, length) == 0;
}

char *
ch_codes_dup(const ch_codes *r, ch_span s)
{
    GString *out = g_string_new(NULL);
    for (gsize i = s.start; i < s.end; i++) {
        char c = r->plain[i];
        if (!g_ascii_isspace(c)) {
            g_string_append_c(out, c);
        } else if (out->len > 0 && out->str[out->len - 1] != ' ') {
            g_string_append_c(out, ' ');
        }
    }
    if (out->len > 0 && out->str[out->len - 1] == ' ') {
        g_string_truncate(out, out->len - 1);
    }
    return g_string_free(out, FALSE);
}

void
ch_codes_mark(ch_codes *r, ch_span span, const char *rule)
{
    ch_mark mark = {span, rule};
    if (r->marks->len < CH_MAX_DIRECTIVES && span.end > span.start) {
        g_array_append_val(r->marks, mark);
    }
}

/* What says when: a release may have to write it anew. */
static void
note_timer(ch_codes *r, ch_span span, const char *name)
{
    static const char *const names[] = {"delay", "date"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        ch_mark timer = {span, names[i]};
        if (strcmp(name, names[i]) == 0) {
            g_array_append_val(r->timers, timer);
        }
    }
}

void
ch_codes_say(ch_codes *r, ch_span span, const char *name, const char *value)
{
    if (r->marks->len >= CH_MAX_DIRECTIVES) {
        r->is_disputed = TRUE; /* views could differ from here on */
    } else {
        g_autofree char *lower = g_ascii_strdown(value, -1);
        g_string_append_printf(r->said, "%s=%s\n", name, lower);
        note_timer(r, span, name);
    }
    ch_codes_mark(r, span, NULL);
}

void
ch_codes_set(ch_codes *r, char **field, char *value)
{
    if (*field == NULL) {
        *field = value;
        return;
    }
    r->hints |= strcmp(*field, value) != 0 ? CH_HINT_TWICE : 0u;
    g_free(value);
}

void
ch_codes_set_status(ch_codes *r, const char *status)
{
    r->is_disputed =
        r->is_disputed || (r->status != NULL && strcmp(r->status, status) != 0);
    ch_codes_set(r, &r->status, g_strdup(status));
}

static gboolean
has(const GPtrArray *list, const char *word)
{
    for (guint i = 0; i < list->len; i++) {
        if (strcmp(list->pdata[i], word) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
add_word(GPtrArray *list, const char *word)
{
    if (*word != '\0' && list->len < CH_MAX_DIRECTIVES && !has(list, word)) {
        g_ptr_array_add(list, g_strdup(word));
    }
}

void
ch_directive_add_list(GPtrArray *list, const char *text, const char *separators)
{
    g_auto(GStrv) words = g_strsplit_set(text, separators, CH_MAX_DIRECTIVES);
    for (guint i = 0; words[i] != NULL; i++) {
        add_word(list, g_strstrip(words[i]));
    }
}

void
ch_directive_add_quoted_list(GPtrArray *list, const char *text)
{
    g_auto(GStrv) pieces = g_strsplit(text, "\"", CH_MAX_DIRECTIVES);
    for (guint i = 0; pieces[i] != NULL; i++) {
        if (i % 2 == 1 && pieces[i + 1] != NULL) {
            add_word(list, g_strstrip(pieces[i]));
        } else {
            ch_directive_add_list(list, pieces[i], " ,");
        }
    }
}
