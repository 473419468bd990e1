/*
 * Phrases as people write them, to one regular expression.
 *
 *   my patient         as it stands, between word boundaries
 *   (my|our) patient   alternatives; (small )?crown: with or without
 *   patient~           with its endings: patients, patient's; treat~:
 *                      treats, treated, treating; prescribe~: prescribing
 *   saw ... today      up to four words between
 *
 * Phrases are folded like the text; a space is any white space.
 */
#include "ruleset_int.h"

#define BEFORE "(?<![\\p{L}\\p{N}_])"
#define AFTER  "(?![\\p{L}\\p{N}_])"

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

/* Appends one phrase; FALSE: brackets do not match. */
static gboolean
append_phrase(GString *out, const char *phrase)
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

char *
ch_rule_words_pattern(const ch_yaml_node *words, ch_diag *diag)
{
    g_auto(GStrv) list = ch_yaml_strings(words, "words", diag);
    if (list == NULL) {
        return NULL;
    }
    g_autoptr(GString) out = g_string_new("(?:");
    for (guint i = 0; list[i] != NULL; i++) {
        g_autofree char *folded = ch_text_dup_folded(list[i]);
        g_strstrip(folded);
        if (folded[0] == '\0') {
            ch_yaml_error(words, diag, "words: an empty phrase");
            return NULL;
        }
        gunichar first = g_utf8_get_char(folded);
        gunichar last =
            g_utf8_get_char(g_utf8_prev_char(folded + strlen(folded)));
        g_string_append(out, i > 0 ? "|" : "");
        g_string_append(out, is_wordy(first) ? BEFORE : "");
        g_string_append(out, "(?:");
        if (!append_phrase(out, folded)) {
            ch_yaml_error(words, diag,
                          "words: brackets of \"%s\" do not "
                          "match",
                          list[i]);
            return NULL;
        }
        g_string_append(out, ")");
        g_string_append(out, is_wordy(last) ? AFTER : "");
    }
    if (list[0] == NULL) {
        ch_yaml_error(words, diag, "words: an empty list");
        return NULL;
    }
    g_string_append_c(out, ')');
    return g_string_free(g_steal_pointer(&out), FALSE);
}
