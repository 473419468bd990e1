/*
 * What a gateway does with a post, read from an entry of its file.
 *
 * Words and numbers only: what they mean for a post is directive.c's and
 * hints.c's.  Refuses words and zones that it does not know.
 */
#include "chaperone/directive.h"
#include "chaperone/limits.h"
#include "gateways_int.h"

#include <string.h>

const char *const ch_gateway_keys[] = {
    "name",         "title",      "like",      "domains",    "match",
    "except",       "identity",   "subject",   "directives", "cut",
    "start_marker", "end_marker", "base",      "zone",       "time",
    "attachments",  "max_text",   "max_title", "visibility", "alive",
    "verified",     "source",     NULL};

/* Index of the value among the words; FALSE: not there, or an error. */
static gboolean
read_word(const ch_yaml_node *map, const char *key, const char *const *words,
          guint *index_out, ch_diag *diag)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    const char *text = node != NULL ? ch_yaml_string(node, key, diag) : NULL;
    if (text == NULL) {
        return FALSE;
    }
    for (guint i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            *index_out = i;
            return TRUE;
        }
    }
    g_autofree char *list = g_strjoinv(" | ", (GStrv)words);
    ch_yaml_error(node, diag, "%s is one of: %s", key, list);
    return FALSE;
}

static void
read_number(const ch_yaml_node *map, const char *key, guint *out, ch_diag *diag)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    const char *text = node != NULL ? ch_yaml_string(node, key, diag) : NULL;
    guint64 value;
    if (text == NULL) {
        return;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 1, CH_MAX_TEXT, &value, NULL)) {
        ch_yaml_error(node, diag, "%s is a number of characters", key);
        return;
    }
    *out = (guint)value;
}

static void
read_marker(const ch_yaml_node *map, const char *key, char **out, ch_diag *diag)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    const char *text = node != NULL ? ch_yaml_string(node, key, diag) : NULL;
    if (text == NULL) {
        return;
    }
    if (strlen(text) < 3 || strchr(text, '\n') != NULL) {
        ch_yaml_error(node, diag, "%s has at least three characters", key);
        return;
    }
    g_free(*out);
    *out = g_strdup(text);
}

static void
read_cuts(ch_gateway *g, const ch_yaml_node *map, ch_diag *diag)
{
    static const char *const words[] = {
        "end", "hr", "signature", "hash-end", "quoted", "markers", NULL};
    const ch_yaml_node *node = ch_yaml_get(map, "cut");
    g_auto(GStrv) list =
        node == NULL ? NULL : ch_yaml_strings(node, "cut", diag);
    if (list != NULL) {
        g->cuts = 0;
    }
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        guint bit = 0;
        while (words[bit] != NULL && strcmp(words[bit], list[i]) != 0) {
            bit++;
        }
        if (words[bit] == NULL) {
            ch_yaml_error(node, diag,
                          "cut is a list of: end, hr, signature, hash-end, "
                          "quoted, markers");
        } else {
            g->cuts |= 1u << bit;
        }
    }
}

static void
read_zone(ch_gateway *g, const ch_yaml_node *map, ch_diag *diag)
{
    const ch_yaml_node *node = ch_yaml_get(map, "zone");
    const char *text = node != NULL ? ch_yaml_string(node, "zone", diag) : NULL;
    if (text == NULL) {
        return;
    }
    g_clear_pointer(&g->zone, g_time_zone_unref);
    g->zone = g_time_zone_new_identifier(text);
    if (g->zone == NULL) {
        ch_yaml_error(node, diag, "the system does not know that time zone");
    }
}

void
ch_gateway_read_facts(ch_gateway *g, const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const directives[] = {
        "none",   "wordpress",   "postie",     "buffer",  "hashtags", "tumblr",
        "flickr", "livejournal", "dreamwidth", "post-in", NULL};
    static const char *const bases[] = {"arrival", "date", NULL};
    static const char *const times[] = {"known", "unknown", "queue", NULL};
    static const char *const alive[] = {"true", "false", "unknown", NULL};
    static const char *const identities[] = {"address", "sender", "pin", NULL};
    static const char *const subjects[] = {"title", "text", "unknown", NULL};
    static const char *const fates[] = {"published", "dropped", "public-url",
                                        "unknown", NULL};
    static const char *const defaults[] = {"public", "site", "unknown", NULL};
    static const ch_visibility seen[] = {CH_SEEN_PUBLIC, CH_SEEN_SITE,
                                         CH_SEEN_UNKNOWN};
    guint i;
    if (read_word(node, "directives", directives, &i, diag)) {
        g->directives = (ch_directives)i;
    }
    if (read_word(node, "base", bases, &i, diag)) {
        g->base_is_date = i == 1;
    }
    if (read_word(node, "time", times, &i, diag)) {
        g->time = (ch_time_known)i;
    }
    if (read_word(node, "alive", alive, &i, diag)) {
        g->dead = i == 1;
    }
    if (read_word(node, "identity", identities, &i, diag)) {
        g->secret = i != 1;
    }
    if (read_word(node, "subject", subjects, &i, diag)) {
        g->subject = (ch_subject)i;
    }
    if (read_word(node, "attachments", fates, &i, diag)) {
        g->attachments = (ch_fate)i;
    }
    if (read_word(node, "visibility", defaults, &i, diag)) {
        g->visibility = seen[i];
    }
    read_number(node, "max_text", &g->max_text, diag);
    read_number(node, "max_title", &g->max_title, diag);
    read_marker(node, "start_marker", &g->start_marker, diag);
    read_marker(node, "end_marker", &g->end_marker, diag);
    read_cuts(g, node, diag);
    read_zone(g, node, diag);
}

void
ch_gateway_take_facts(ch_gateway *g, const ch_gateway *kind)
{
    char *name = g->name, *title = g->title;
    *g = *kind;
    g->name = name;
    g->title = title;
    g->start_marker = g_strdup(kind->start_marker);
    g->end_marker = g_strdup(kind->end_marker);
    g->zone = kind->zone == NULL ? NULL : g_time_zone_ref(kind->zone);
}

void
ch_gateway_clear(ch_gateway *g)
{
    g_free(g->name);
    g_free(g->title);
    g_free(g->start_marker);
    g_free(g->end_marker);
    g_clear_pointer(&g->zone, g_time_zone_unref);
}
