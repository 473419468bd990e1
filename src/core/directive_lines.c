/*
 * Directives that are lines: Postie's "status: draft", LiveJournal's and
 * Dreamwidth's headers, Buffer's "@now", Flickr's "tags:", Tumblr's last line
 * of "#tags".
 */
#include "directive_int.h"

#include "chaperone/limits.h"

#include <string.h>

/* "name: value" with a name of letters and "-"; FALSE: no such line. */
static gboolean
split_line(const ch_codes *r, ch_span line, char **name_out, char **value_out)
{
    gsize p = line.start;
    while (p < line.end &&
           (g_ascii_isalpha(r->plain[p]) || r->plain[p] == '-')) {
        p++;
    }
    if (p == line.start || p == line.end || r->plain[p] != ':') {
        return FALSE;
    }
    *name_out =
        g_ascii_strdown(r->plain + line.start, (gssize)(p - line.start));
    *value_out = ch_codes_dup(
        r, (ch_span){p + 1, MIN(line.end, p + 1 + CH_MAX_DIRECTIVE)});
    return TRUE;
}

/* --- Postie --------------------------------------------------------------- */

static gboolean
take_postie_status(ch_codes *r, const char *value)
{
    static const char *const known[] = {"draft",   "publish", "pending",
                                        "private", "future",  NULL};
    g_autofree char *lower = g_ascii_strdown(value, -1);
    if (!g_strv_contains(known, lower)) {
        r->is_disputed = TRUE;
        return FALSE;
    }
    ch_codes_set_status(r, lower);
    return TRUE;
}

/* FALSE: the value makes no sense. */
static gboolean
take_postie(ch_codes *r, const char *name, const char *value,
            gboolean is_quoted)
{
    if (strcmp(name, "date") == 0) {
        ch_codes_set(r, &r->date, g_strdup(value));
    } else if (strcmp(name, "delay") == 0) {
        ch_codes_set(r, &r->delay, g_strdup(value));
    } else if (is_quoted) {
        return TRUE;
    } else if (strcmp(name, "status") == 0) {
        return take_postie_status(r, value);
    } else if (strcmp(name, "tags") == 0) {
        ch_directive_add_list(r->tags, value, ",");
    } else if (strcmp(name, "comments") == 0) {
        return strlen(value) == 1 && strchr("012", *value) != NULL;
    }
    return *value != '\0';
}

/* First line "#subject#". */
static void
read_postie_subject(ch_codes *r, ch_span line)
{
    if (line.end - line.start > 2 && r->plain[line.start] == '#' &&
        r->plain[line.end - 1] == '#' &&
        line.end - line.start <= CH_MAX_DIRECTIVE) {
        r->title = ch_codes_dup(r, (ch_span){line.start + 1, line.end - 1});
        ch_codes_say(r, line, "subject", r->title);
    }
}

void
ch_directive_read_postie(ch_codes *r)
{
    static const char *const names[] = {"date", "delay",    "status",
                                        "tags", "comments", NULL};
    gsize at = r->body.start;
    gboolean first = TRUE;
    ch_span line;
    while (ch_codes_line(r, &at, &line)) {
        gsize start = line.start;
        g_autofree char *name = NULL, *value = NULL;
        if (first && line.end > line.start) {
            read_postie_subject(r, line);
            first = FALSE;
        }
        if (ch_codes_is(r, line, ":excerptstart") ||
            ch_codes_is(r, line, ":excerptend")) {
            ch_codes_say(r, line, "excerpt", "");
            continue;
        }
        while (line.start < line.end &&
               strchr("> \t", r->plain[line.start]) != NULL) {
            line.start++;
        }
        if (!split_line(r, line, &name, &value) ||
            !g_strv_contains(names, name)) {
            continue;
        }
        ch_codes_say(r, line, name, value);
        if (!take_postie(r, name, value, start != line.start)) {
            r->hints |= CH_HINT_MALFORMED;
        }
    }
}

/* --- LiveJournal, Dreamwidth ---------------------------------------------- */

static void
take_security(ch_codes *r, const char *value)
{
    static const char *const friends[] = {"friends", "friendsonly", "access",
                                          "custom",  "usemask",     NULL};
    g_autofree char *lower = g_ascii_strdown(value, -1);
    if (strcmp(lower, "private") == 0) {
        r->visibility = CH_SEEN_PRIVATE;
    } else if (g_strv_contains(friends, lower)) {
        r->visibility = CH_SEEN_FRIENDS;
    } else if (strcmp(lower, "public") != 0) {
        r->hints |= CH_HINT_MALFORMED;
    }
}

/* prefix "lj-" or "post-": first lines of the text, then a blank one. */
void
ch_directive_read_headers(ch_codes *r, const char *prefix)
{
    gsize at = r->body.start, length = strlen(prefix);
    ch_span line = {0, 0};
    gboolean any = FALSE, seen = FALSE;
    while (ch_codes_line(r, &at, &line)) {
        g_autofree char *name = NULL, *value = NULL;
        if (line.start == line.end && !any) {
            continue;
        }
        if (!split_line(r, line, &name, &value) ||
            !g_str_has_prefix(name, prefix)) {
            break;
        }
        any = TRUE;
        ch_codes_say(r, line, name, value);
        if (strcmp(name + length, "tags") == 0) {
            ch_directive_add_list(r->tags, value, ",");
        } else if (strcmp(name + length, "security") == 0) {
            r->is_disputed = r->is_disputed || seen;
            seen = TRUE;
            take_security(r, value);
        }
        r->hints |= *value == '\0' ? CH_HINT_MALFORMED : 0u;
    }
    if (any && !r->html && line.end > line.start && at < r->body.end) {
        r->hints |= CH_HINT_MALFORMED; /* no blank line after them */
    }
}

/* --- Buffer --------------------------------------------------------------- */

/* "@now", "@profiles a b", "@url https://…", each on a line of its own. */
void
ch_directive_read_buffer(ch_codes *r)
{
    gsize at = r->body.start;
    ch_span line;
    while (ch_codes_line(r, &at, &line)) {
        if (line.start == line.end || r->plain[line.start] != '@' ||
            line.end - line.start > CH_MAX_DIRECTIVE) {
            continue;
        }
        g_autofree char *text = ch_codes_dup(r, line);
        char *value = strchr(text, ' ');
        value = value == NULL ? text + strlen(text) : value + 1;
        if (g_ascii_strcasecmp(text, "@now") == 0) {
            r->is_now = TRUE;
        } else if (g_ascii_strncasecmp(text, "@profiles", 9) == 0 &&
                   (text[9] == ' ' || text[9] == '\0')) {
            r->networks = r->networks != NULL
                              ? r->networks
                              : g_ptr_array_new_with_free_func(g_free);
            ch_directive_add_list(r->networks, value, ", ");
            r->hints |= *value == '\0' ? CH_HINT_MALFORMED : 0u;
        } else if (g_ascii_strncasecmp(text, "@url", 4) == 0 &&
                   (text[4] == ' ' || text[4] == '\0')) {
            r->hints |= strstr(value, "://") == NULL ? CH_HINT_MALFORMED : 0u;
        } else {
            continue; /* "@name thank you" is text */
        }
        ch_codes_say(r, line, "@", text);
    }
}

/* --- Flickr, Tumblr ------------------------------------------------------- */

void
ch_directive_read_flickr(ch_codes *r)
{
    gsize at = r->body.start;
    ch_span line;
    while (ch_codes_line(r, &at, &line)) {
        g_autofree char *name = NULL, *value = NULL;
        if (split_line(r, line, &name, &value) && strcmp(name, "tags") == 0) {
            ch_directive_add_quoted_list(r->tags, value);
            ch_codes_say(r, line, name, value);
            r->hints |= *value == '\0' ? CH_HINT_MALFORMED : 0u;
        }
    }
}

/* Every word of it is "#tag". */
static gboolean
is_tag_line(const char *text)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (guint i = 0; words[i] != NULL; i++) {
        if (words[i][0] != '#' || words[i][1] == '\0') {
            return FALSE;
        }
    }
    return *text != '\0';
}

void
ch_directive_read_tumblr(ch_codes *r)
{
    gsize at = r->body.start;
    ch_span line, last = {0, 0};
    while (ch_codes_line(r, &at, &line)) {
        last = line.end > line.start ? line : last;
    }
    if (last.end - last.start > CH_MAX_DIRECTIVE) {
        return;
    }
    g_autofree char *text = ch_codes_dup(r, last);
    if (is_tag_line(text)) {
        ch_directive_add_list(r->tags, text, "# ");
        ch_codes_say(r, last, "tags", text);
    }
}
