/*
 * Signals: what a rule looks for.  One of
 *
 *   {words: [phrase, ...]}      see rule_words.c
 *   {regex: PATTERN}            over folded text; or a list of patterns
 *   {entity: TYPE}              with "own: true" the practice's own, too
 *   {fact: NAME}                of the post as a whole
 */
#include "ruleset_int.h"

static const char *const fact_names[FACT_COUNT + 1] = {
    [FACT_REPLY] = "reply",           [FACT_IMAGE] = "image",
    [FACT_UNREADABLE] = "unreadable", [FACT_UNSUPPORTED] = "unsupported",
    [FACT_AMBIGUOUS] = "ambiguous",   [FACT_PATTERN_LIMIT] = "pattern-limit",
    [FACT_COMBINED] = "combined",     [FACT_FAILURE] = "failure",
};

void
ch_rule_signal_free(gpointer data)
{
    rule_signal *s = data;
    g_free(s->name);
    ch_regex_free(s->regex);
    g_free(s);
}

static gboolean
set_pattern(rule_signal *s, const ch_yaml_node *node, const char *pattern,
            ch_diag *diag)
{
    g_autofree char *problem = NULL;
    s->kind = SIGNAL_REGEX;
    s->regex = ch_regex_new(pattern, &problem);
    if (s->regex == NULL) {
        ch_yaml_error(node, diag, "signal \"%s\": bad pattern: %s", s->name,
                      problem);
    }
    return s->regex != NULL;
}

static gboolean
set_regex(rule_signal *s, const ch_yaml_node *node, ch_diag *diag)
{
    g_auto(GStrv) list = ch_yaml_strings(node, "regex", diag);
    if (list == NULL || list[0] == NULL) {
        return FALSE;
    }
    g_autofree char *joined = g_strjoinv(")|(?:", list);
    g_autofree char *pattern = g_strconcat("(?:", joined, ")", NULL);
    return set_pattern(s, node, pattern, diag);
}

static gboolean
set_entity(rule_signal *s, const ch_yaml_node *node, ch_diag *diag)
{
    const char *name = ch_yaml_string(node, "entity", diag);
    int kind = name == NULL ? -1 : ch_entities_find_kind(name);
    if (kind < 0) {
        g_autofree char *names = ch_entities_dup_names();
        ch_yaml_error(node, diag, "unknown entity; allowed: %s", names);
        return FALSE;
    }
    s->kind = SIGNAL_ENTITY;
    s->number = (guint)kind;
    return TRUE;
}

static gboolean
set_fact(rule_signal *s, const ch_yaml_node *node, ch_diag *diag)
{
    const char *name = ch_yaml_string(node, "fact", diag);
    for (guint i = 0; name != NULL && i < FACT_COUNT; i++) {
        if (strcmp(name, fact_names[i]) == 0) {
            s->kind = SIGNAL_FACT;
            s->number = i;
            return TRUE;
        }
    }
    g_autofree char *names = g_strjoinv(", ", (char **)fact_names);
    ch_yaml_error(node, diag, "unknown fact; allowed: %s", names);
    return FALSE;
}

static gboolean
fill(rule_signal *s, const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const allowed[] = {"words", "regex", "entity",
                                          "fact",  "own",   NULL};
    if (!ch_yaml_check_map(node, allowed, diag)) {
        return FALSE;
    }
    const ch_yaml_node *words = ch_yaml_get(node, "words");
    const ch_yaml_node *regex = ch_yaml_get(node, "regex");
    const ch_yaml_node *entity = ch_yaml_get(node, "entity");
    const ch_yaml_node *fact = ch_yaml_get(node, "fact");
    const ch_yaml_node *own = ch_yaml_get(node, "own");
    int kinds =
        (words != NULL) + (regex != NULL) + (entity != NULL) + (fact != NULL);
    if (kinds != 1 || (own != NULL && entity == NULL)) {
        ch_yaml_error(node, diag,
                      "a signal has one of words, regex, entity (with own), "
                      "fact");
        return FALSE;
    }
    s->own_too = own != NULL && g_strcmp0(own->text, "true") == 0;
    if (words != NULL) {
        g_autofree char *pattern = ch_rule_words_pattern(words, diag);
        return pattern != NULL && set_pattern(s, words, pattern, diag);
    }
    return regex != NULL    ? set_regex(s, regex, diag)
           : entity != NULL ? set_entity(s, entity, diag)
                            : set_fact(s, fact, diag);
}

guint
ch_rule_signal_add(scope_names *names, const char *name,
                   const ch_yaml_node *node)
{
    rule_signal *s = g_new0(rule_signal, 1);
    s->name = g_strdup(name);
    if (!fill(s, node, names->diag)) {
        ch_rule_signal_free(s);
        return 0;
    }
    g_ptr_array_add(names->rules->signals, s);
    return names->rules->signals->len;
}
