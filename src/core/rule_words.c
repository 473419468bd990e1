/*
 * Phrases as people write them, to one regular expression.
 *
 *   my patient         as it stands, between word boundaries
 *   (my|our) patient   alternatives; (small )?crown: with or without
 *   patient~           with its endings: patients, patient's; treat~:
 *                      treats, treated, treating; prescribe~: prescribing
 *   saw ... today      up to four words between
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
            g_string_append(out, " (?:[^ ]+ ){0,4}?");
            p += 4;
        } else if (*p == '(') {
            depth++;
            g_string_append(out, "(?:");
        } else if (*p == ')' || *p == '|') {
            depth -= *p == ')';
            g_string_append_c(out, *p);
        } else if (*p == '?' && p > phrase && p[-1] == ')') {
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

static gboolean
append_bounded(GString *out, const char *folded, words_form form)
{
    gunichar first = g_utf8_get_char(folded);
    gunichar last = g_utf8_get_char(g_utf8_prev_char(folded + strlen(folded)));
    g_string_append(out, !form.bare && is_wordy(first) ? BEFORE : "");
    g_string_append(out, "(?:");
    if (!append_phrase(out, folded, form.masked)) {
        return FALSE;
    }
    g_string_append(out, ")");
    g_string_append(out, !form.bare && is_wordy(last) ? AFTER : "");
    return TRUE;
}

char *
ch_rule_words_pattern(const char *const *phrases, words_form form,
                      const ch_yaml_node *node, ch_diag *diag)
{
    g_autoptr(GString) out = g_string_new("(?:");
    for (guint i = 0; phrases[i] != NULL; i++) {
        g_autofree char *folded = ch_text_dup_folded(phrases[i]);
        g_strstrip(folded);
        if (folded[0] == '\0') {
            ch_yaml_error(node, diag, "words: an empty phrase");
            return NULL;
        }
        g_string_append(out, i > 0 ? "|" : "");
        if (!append_bounded(out, folded, form)) {
            ch_yaml_error(node, diag, "words: brackets of \"%s\" do not match",
                          phrases[i]);
            return NULL;
        }
    }
    if (phrases[0] == NULL) {
        ch_yaml_error(node, diag, "words: an empty list");
        return NULL;
    }
    g_string_append_c(out, ')');
    return g_string_free(g_steal_pointer(&out), FALSE);
}
