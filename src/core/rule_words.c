/*
 * Phrases as people write them, to one regular expression.
 *
 *   my patient         as it stands, between word boundaries
 *   (my|our) patient   alternatives; (small )?crown: with or without
 *   honou?r            the letter before it may be missing
 *   patient~           with its endings: patients, patient's; treat~:
 *                      treats, treated, treating; prescribe~: prescribing
 *   saw ... today      up to four words between, a comma before them
 *
 * Phrases are folded like the text; a space is any white space.  Masked,
 * every letter but the first may be a sign that hides it.
 */
#include "ruleset_int.h"

#define BEFORE "(?<![\\p{L}\\p{N}_])"
#define AFTER  "(?![\\p{L}\\p{N}_])"
/* Signs that people hide letters behind. */
#define MASK "*#$%%&@_.-"

static gboolean
is_consonant(char c)
{
    return g_ascii_isalpha(c) && strchr("aeiou", c) == NULL;
}

/* Replaces the word at the end of out by itself with its endings. */
static void
inflect(GString *out)
{
    char last = out->len > 0 ? out->str[out->len - 1] : '\0';
    char before = out->len > 1 ? out->str[out->len - 2] : '\0';
    if (last == 'e') {
        g_string_truncate(out, out->len - 1);
        g_string_append(out, "(?:e[sd]?|ing|e's)");
    } else if (last == 'y' && is_consonant(before)) {
        g_string_truncate(out, out->len - 1);
        g_string_append(out, "(?:y|ies|ied|ying|y's)");
    } else if (is_consonant(last) && strchr("wxyh", last) == NULL) {
        g_string_append_printf(out, "(?:e?s|'s|s'|%c?(?:ed|ing))?", last);
    } else {
        g_string_append(out, "(?:e?s|'s|s'|ed|ing)?");
    }
}

/* A letter inside of a word that may be hidden. */
static void
append_masked(GString *out, const char *phrase, const char *p)
{
    gboolean first = p == phrase || !g_ascii_isalpha(p[-1]);
    if (first) {
        g_string_append_c(out, *p);
    } else {
        g_string_append_printf(out, "[%c" MASK "]", *p);
    }
}

/* Appends one phrase; FALSE: brackets do not match. */
static gboolean
append_phrase(GString *out, const char *phrase, gboolean masked)
{
    int depth = 0;
    for (const char *p = phrase; *p != '\0'; p++) {
        if (g_str_has_prefix(p, " ... ")) {
            g_string_append(out, "[,;:]? (?:[^ ]+ ){0,4}?");
            p += 4;
        } else if (*p == '(') {
            depth++;
            g_string_append(out, "(?:");
        } else if (*p == ')' || *p == '|') {
            depth -= *p == ')';
            g_string_append_c(out, *p);
        } else if (*p == '?' && p > phrase && p[-1] != '?') {
            g_string_append_c(out, '?');
        } else if (*p == '~') {
            inflect(out);
        } else if (strchr("\\^$.[]?*+{}#", *p) != NULL) {
            g_string_append_printf(out, "\\%c", *p);
        } else if (masked && g_ascii_isalpha(*p)) {
            append_masked(out, phrase, p);
        } else {
            g_string_append_c(out, *p);
        }
        if (depth < 0) {
            return FALSE;
        }
    }
    return depth == 0;
}

static gboolean
is_wordy(gunichar c)
{
    return g_unichar_isalnum(c) || strchr("()_~?", (int)MIN(c, 127)) != NULL;
}

/* Which edges of a phrase are words. */
typedef enum { EDGE_NONE, EDGE_BEFORE, EDGE_AFTER, EDGE_BOTH, EDGES } edges;

static edges
edges_of(const char *folded, words_form form)
{
    gunichar first = g_utf8_get_char(folded);
    gunichar last = g_utf8_get_char(g_utf8_prev_char(folded + strlen(folded)));
    return form.bare ? EDGE_NONE
                     : (is_wordy(first) ? EDGE_BEFORE : EDGE_NONE) |
                           (is_wordy(last) ? EDGE_AFTER : EDGE_NONE);
}

/* Adds a phrase to the group of its edges. */
static gboolean
add_phrase(GString **groups, const char *phrase, words_form form,
           const ch_yaml_node *node, ch_diag *diag)
{
    g_autofree char *folded = ch_text_dup_folded(phrase);
    g_strstrip(folded);
    if (folded[0] == '\0') {
        ch_yaml_error(node, diag, "words: an empty phrase");
        return FALSE;
    }
    GString *group = groups[edges_of(folded, form)];
    g_string_append(group, group->len > 0 ? "|" : "");
    if (!append_phrase(group, folded, form.masked)) {
        ch_yaml_error(node, diag, "words: brackets of \"%s\" do not match",
                      phrase);
        return FALSE;
    }
    return TRUE;
}

/* Phrases with the same edges share one look to the left and right. */
static char *
join_groups(GString *const *groups)
{
    GString *out = g_string_new("(?:");
    for (guint i = 0; i < EDGES; i++) {
        if (groups[i]->len > 0) {
            g_string_append_printf(out, "%s%s(?:%s)%s", out->len > 3 ? "|" : "",
                                   i & EDGE_BEFORE ? BEFORE : "",
                                   groups[i]->str, i & EDGE_AFTER ? AFTER : "");
        }
    }
    g_string_append_c(out, ')');
    return g_string_free(out, FALSE);
}

char *
ch_rule_words_pattern(const char *const *phrases, words_form form,
                      const ch_yaml_node *node, ch_diag *diag)
{
    GString *groups[EDGES];
    gboolean good = phrases[0] != NULL;
    if (!good) {
        ch_yaml_error(node, diag, "words: an empty list");
    }
    for (guint i = 0; i < EDGES; i++) {
        groups[i] = g_string_new(NULL);
    }
    for (guint i = 0; good && phrases[i] != NULL; i++) {
        good = add_phrase(groups, phrases[i], form, node, diag);
    }
    char *pattern = good ? join_groups(groups) : NULL;
    for (guint i = 0; i < EDGES; i++) {
        g_string_free(groups[i], TRUE);
    }
    return pattern;
}
