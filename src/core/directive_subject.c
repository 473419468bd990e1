/*
 * What a gateway reads from the subject: title, tags, category.
 */
#include "directive_int.h"

#include <string.h>

static void
set_title(ch_posting *p, const char *text)
{
    g_free(p->title);
    p->title = g_strstrip(g_strdup(text));
}

/* "#word" here and there to tags; the rest is the title. */
static char *
take_hashtags(ch_posting *p, const char *subject)
{
    g_auto(GStrv) words = g_strsplit_set(subject, " \t", -1);
    GString *rest = g_string_new(NULL);
    for (guint i = 0; words[i] != NULL; i++) {
        if (words[i][0] == '#' && words[i][1] != '\0') {
            ch_directive_add_list(p->tags, words[i] + 1, "#");
        } else if (words[i][0] != '\0') {
            g_string_append_printf(rest, "%s%s", rest->len > 0 ? " " : "",
                                   words[i]);
        }
    }
    return g_string_free(rest, FALSE);
}

static void
read_tumblr(ch_posting *p, const char *subject)
{
    g_autofree char *rest = take_hashtags(p, subject);
    gboolean markdown = g_str_has_suffix(rest, "!m");
    if (markdown) {
        rest[strlen(rest) - 2] = '\0';
    }
    set_title(p, rest);
}

/* "Our new room tags: clinic "waiting room"". */
static void
read_flickr(ch_posting *p, const char *subject)
{
    g_autofree char *lower = g_ascii_strdown(subject, -1);
    const char *at = strstr(lower, "tags:");
    if (at == NULL || (at != lower && at[-1] != ' ')) {
        set_title(p, subject);
        return;
    }
    gsize length = (gsize)(at - lower);
    g_autofree char *head = g_strndup(subject, length);
    ch_directive_add_quoted_list(p->tags, subject + length + 5);
    set_title(p, head);
}

/* "[news] Flu shots", "-news- Flu shots"; a name that is no category stays
 * in the title on the site, which we cannot know. */
static gboolean
take_category(ch_posting *p, const char **subject, char open, char close)
{
    const char *end = **subject == open ? strchr(*subject + 1, close) : NULL;
    if (end == NULL || end == *subject + 1) {
        return FALSE;
    }
    g_autofree char *name =
        g_strndup(*subject + 1, (gsize)(end - *subject - 1));
    ch_directive_add_list(p->categories, name, ",");
    for (*subject = end + 1; **subject == ' ';) {
        ++*subject;
    }
    return TRUE;
}

static void
read_postie(ch_posting *p, const char *subject)
{
    g_autofree char *copy = g_strstrip(g_strdup(subject));
    const char *at = strstr(copy, "//");
    /* "page//About us": but not "https://…" */
    gboolean has_type = at != NULL && at > copy && at[-1] != ':' &&
                        strcspn(copy, " ") > (gsize)(at - copy);
    const char *rest = has_type ? at + 2 : copy;
    rest += strspn(rest, " ");
    while (take_category(p, &rest, '[', ']') ||
           take_category(p, &rest, '-', '-')) {
    }
    const char *colon = strstr(rest, ": ");
    if (colon != NULL && p->categories->len == 0) {
        g_autofree char *name = g_strndup(rest, (gsize)(colon - rest));
        ch_directive_add_list(p->categories, name, ",");
    }
    set_title(p, rest);
}

/* "POST in Cat A, Cat B: Title". */
static void
read_post_in(ch_posting *p, const char *subject)
{
    static const char head[] = "POST in ";
    const char *colon = strchr(subject, ':');
    if (!g_str_has_prefix(subject, head) || colon == NULL) {
        set_title(p, subject);
        return;
    }
    const char *from = subject + strlen(head);
    g_autofree char *names = g_strndup(from, (gsize)(colon - from));
    ch_directive_add_list(p->categories, names, ",");
    set_title(p, colon + 1);
}

void
ch_directive_read_subject(ch_posting *p, const ch_gateway *g,
                          const char *subject)
{
    if (g->directives == CH_DIRECTIVES_HASHTAGS) {
        g_free(take_hashtags(p, subject));
    } else if (g->subject != CH_SUBJECT_TITLE) {
        return;
    } else if (g->directives == CH_DIRECTIVES_TUMBLR) {
        read_tumblr(p, subject);
    } else if (g->directives == CH_DIRECTIVES_FLICKR) {
        read_flickr(p, subject);
    } else if (g->directives == CH_DIRECTIVES_POSTIE) {
        read_postie(p, subject);
    } else if (g->directives == CH_DIRECTIVES_POST_IN) {
        read_post_in(p, subject);
    } else {
        set_title(p, subject);
    }
}
