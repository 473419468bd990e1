/*
 * WordPress.com's codes in brackets: anywhere in the text, several on a line.
 *
 * wordpress.com/support/post-by-email.  Brackets around other words are text.
 */
#include "directive_int.h"

#include "chaperone/limits.h"

#include <string.h>

typedef enum {
    CODE_TITLE,
    CODE_CATEGORY,
    CODE_TAGS,
    CODE_DELAY,
    CODE_STATUS,
    CODE_COMMENTS,
    CODE_SLUG,
    CODE_PASSWORD,
    CODE_PUBLICIZE,
    CODE_GEOTAG,
    CODE_BARE
} code_kind;

static const struct {
    const char *name;
    code_kind kind;
} codes[] = {
    {"title", CODE_TITLE},
    {"category", CODE_CATEGORY},
    {"tags", CODE_TAGS},
    {"delay", CODE_DELAY},
    {"status", CODE_STATUS},
    {"comments", CODE_COMMENTS},
    {"slug", CODE_SLUG},
    {"password", CODE_PASSWORD},
    {"publicize", CODE_PUBLICIZE},
    {"geotag", CODE_GEOTAG},
    {"excerpt", CODE_BARE},
    {"/excerpt", CODE_BARE},
    {"slideshow", CODE_BARE},
    {"nogallery", CODE_BARE},
    {"more", CODE_BARE},
    {"nextpage", CODE_BARE},
    {"end", CODE_BARE},
};

static gboolean
is_one_of(const char *value, const char *const *words)
{
    g_autofree char *lower = g_ascii_strdown(value, -1);
    return g_strv_contains(words, lower);
}

static gboolean
take_status(ch_codes *r, const char *value)
{
    static const char *const known[] = {"publish", "pending", "draft",
                                        "private", NULL};
    g_autofree char *lower = g_ascii_strdown(value, -1);
    if (!is_one_of(value, known)) {
        r->is_disputed = TRUE;
        return FALSE;
    }
    ch_codes_set_status(r, lower);
    return TRUE;
}

static gboolean
take_networks(ch_codes *r, const char *value)
{
    g_autofree char *lower = g_ascii_strdown(value, -1);
    if (r->networks == NULL) {
        r->networks = g_ptr_array_new_with_free_func(g_free);
    }
    if (strcmp(lower, "off") != 0) {
        ch_directive_add_list(r->networks, lower, ", ");
    }
    return TRUE;
}

/* FALSE: the value makes no sense. */
static gboolean
take_code(ch_codes *r, code_kind kind, const char *value)
{
    static const char *const switches[] = {"on", "off", NULL};
    switch (kind) {
    case CODE_TITLE:
        ch_codes_set(r, &r->title, g_strdup(value));
        return *value != '\0';
    case CODE_CATEGORY:
        ch_directive_add_list(r->categories, value, ",");
        return *value != '\0';
    case CODE_TAGS:
        ch_directive_add_list(r->tags, value, ",");
        return *value != '\0';
    case CODE_DELAY:
        ch_codes_set(r, &r->delay, g_strdup(value));
        return *value != '\0';
    case CODE_STATUS:
        return take_status(r, value);
    case CODE_PASSWORD:
        r->has_password = r->has_password || *value != '\0';
        return *value != '\0';
    case CODE_PUBLICIZE:
        return *value != '\0' && take_networks(r, value);
    case CODE_COMMENTS:
    case CODE_GEOTAG:
        return is_one_of(value, switches);
    case CODE_SLUG:
        return *value != '\0';
    case CODE_BARE:
        break;
    }
    return TRUE;
}

/* Code at the "[" of *at, or G_MAXUINT; *at moves behind its name. */
static guint
code_at(const ch_codes *r, gsize *at)
{
    gsize p = *at + 1, end = r->length;
    while (p < end && g_ascii_isspace(r->plain[p])) {
        p++;
    }
    gsize start = p;
    while (p < end && (g_ascii_isalpha(r->plain[p]) || r->plain[p] == '/')) {
        p++;
    }
    ch_span name = {start, p};
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        if (ch_codes_is(r, name, codes[i].name) &&
            (p == end || r->plain[p] == ']' || r->plain[p] == '[' ||
             g_ascii_isspace(r->plain[p]))) {
            *at = p;
            return i;
        }
    }
    return G_MAXUINT;
}

/* End of the value: the bracket that closes, or where it cannot any more. */
static gsize
value_end(const ch_codes *r, gsize at)
{
    gsize limit = MIN(r->length, at + CH_MAX_DIRECTIVE);
    while (at < limit && r->plain[at] != ']' && r->plain[at] != '[') {
        at++;
    }
    return at;
}

/* Behind the code that starts at that bracket. */
static gsize
read_code(ch_codes *r, gsize bracket)
{
    gsize at = bracket;
    guint i = code_at(r, &at);
    if (i == G_MAXUINT) {
        return bracket + 1;
    }
    gsize end = value_end(r, at);
    g_autofree char *value = ch_codes_dup(r, (ch_span){at, end});
    gboolean closed = end < r->length && r->plain[end] == ']';
    if (codes[i].kind == CODE_BARE && (*value != '\0' || !closed)) {
        return bracket + 1; /* "[more on this below]" is text */
    }
    if (bracket >= r->body.end) {
        r->hints |= strcmp(codes[i].name, "end") == 0 ? 0u : CH_HINT_AFTER_CUT;
        return end;
    }
    ch_span span = {bracket, end + (closed ? 1 : 0)};
    if (strcmp(codes[i].name, "end") == 0) {
        ch_codes_mark(r, span, NULL);
        r->hints |= CH_HINT_MALFORMED; /* not alone on its line */
        return end;
    }
    ch_codes_say(r, span, codes[i].name, value);
    if (!closed) {
        r->is_disputed = r->is_disputed || codes[i].kind == CODE_STATUS;
        r->hints |= CH_HINT_MALFORMED;
        if (codes[i].kind == CODE_DELAY && r->delay == NULL) {
            r->delay = g_strdup("[");
        }
    } else if (!take_code(r, codes[i].kind, value)) {
        r->hints |= CH_HINT_MALFORMED;
    }
    return end;
}

void
ch_directive_read_wordpress(ch_codes *r)
{
    const char *p;
    gsize at = 0;
    while (at < r->length &&
           (p = memchr(r->plain + at, '[', r->length - at)) != NULL) {
        at = read_code(r, (gsize)(p - r->plain));
    }
}
