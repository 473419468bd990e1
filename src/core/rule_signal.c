/*
 * Signals: what a rule looks for.  One of
 *
 *   {words: [phrase, ...]}      see rule_words.c; "masked: true" also f**k
 *   {lexicon: NAME}             phrases of a list that sites may extend
 *   {emoji: [sign, ...]}        without word boundaries
 *   {regex: PATTERN}            over folded text; or a list of patterns
 *   {entity: TYPE}              with "own: true" the practice's own, too
 *   {fact: NAME}                of the post; {fact: words, at-most: 4}
 *   {gateway: NAME}             the post goes there
 *   {condition: ...}            another condition, as one signal
 *
 * and, for those in text: exact (not in disguise), where, inside and outside
 * (of other signals), covers (how far its hits reach: a frame's is a
 * sentence unless it says otherwise).
 */
#include "ruleset_int.h"

const char *const ch_rule_fact_names[FACT_COUNT + 1] = {
    [FACT_REPLY] = "reply",
    [FACT_IMAGE] = "image",
    [FACT_HIDDEN] = "hidden",
    [FACT_WORDS] = "words",
    [FACT_GATEWAY] = "gateway",
    [FACT_UNREADABLE] = "unreadable",
    [FACT_UNSUPPORTED] = "unsupported",
    [FACT_AMBIGUOUS] = "ambiguous",
    [FACT_MEDICAL_FILE] = "medical-file",
    [FACT_PATIENT_LIST] = "patient-list",
    [FACT_PHOTO_PLACE] = "photo-location",
    [FACT_PHOTO_PREVIEW] = "photo-preview",
    [FACT_PATTERN_LIMIT] = "pattern-limit",
    [FACT_POSTING] = "posting-address",
    [FACT_GATEWAY_STATE] = "gateway-state",
    [FACT_COMBINED] = "combined",
    [FACT_FAILURE] = "failure",
};

void
ch_rule_signal_free(gpointer data)
{
    rule_signal *s = data;
    g_free(s->name);
    g_free(s->owner);
    g_free(s->file);
    g_free(s->gateway);
    ch_rule_condition_free(s->condition);
    g_clear_pointer(&s->inside, g_array_unref);
    g_clear_pointer(&s->outside, g_array_unref);
    g_free(s);
}

void
ch_rule_pattern_free(gpointer data)
{
    rule_pattern *p = data;
    if (p->entity < 0) {
        ch_regex_free((ch_regex *)p->regex); /* ours */
    }
    g_array_unref(p->rules);
    g_free(p->source);
    g_free(p);
}

/* Takes source and regex (of ours, or an entity's).  Index + 1. */
static guint
add_pattern(ch_ruleset *rules, char *source, const ch_regex *regex, int entity)
{
    rule_pattern *p = g_new0(rule_pattern, 1);
    p->source = source;
    p->regex = regex;
    p->entity = entity;
    p->rules = g_array_new(FALSE, FALSE, sizeof(guint));
    g_ptr_array_add(rules->patterns, p);
    g_hash_table_insert(rules->pattern_numbers, p->source,
                        GUINT_TO_POINTER(rules->patterns->len));
    return rules->patterns->len;
}

static gboolean
set_pattern(scope_names *names, rule_signal *s, const ch_yaml_node *node,
            const char *pattern)
{
    ch_ruleset *rules = names->rules;
    guint number =
        GPOINTER_TO_UINT(g_hash_table_lookup(rules->pattern_numbers, pattern));
    if (number == 0) {
        g_autofree char *problem = NULL;
        ch_regex *regex = rules->trusted ? ch_regex_new_trusted(pattern)
                                         : ch_regex_new(pattern, &problem);
        if (regex == NULL) {
            ch_yaml_error(node, names->diag, "signal \"%s\": bad pattern: %s",
                          s->name, problem);
            return FALSE;
        }
        number = add_pattern(rules, g_strdup(pattern), regex, -1);
    }
    s->kind = SIGNAL_PATTERN;
    s->pattern = number - 1;
    return TRUE;
}

static gboolean
set_regex(scope_names *names, rule_signal *s, const ch_yaml_node *node)
{
    g_auto(GStrv) list = ch_yaml_strings(node, "regex", names->diag);
    if (list == NULL || list[0] == NULL) {
        return FALSE;
    }
    g_autofree char *joined = g_strjoinv(")|(?:", list);
    g_autofree char *pattern = g_strconcat("(?:", joined, ")", NULL);
    return set_pattern(names, s, node, pattern);
}

static gboolean
set_phrases(scope_names *names, rule_signal *s, const ch_yaml_node *node,
            const char *const *phrases, words_form form)
{
    g_autofree char *pattern =
        phrases == NULL
            ? NULL
            : ch_rule_words_pattern(phrases, form, node, names->diag);
    return pattern != NULL && set_pattern(names, s, node, pattern);
}

static gboolean
set_entity(scope_names *names, rule_signal *s, const ch_yaml_node *node)
{
    const char *name = ch_yaml_string(node, "entity", names->diag);
    int kind = name == NULL ? -1 : ch_entities_find_kind(name);
    if (kind < 0) {
        g_autofree char *all = ch_entities_dup_names();
        ch_yaml_error(node, names->diag, "unknown entity; allowed: %s", all);
        return FALSE;
    }
    g_autofree char *source = g_strconcat("entity ", name, NULL);
    ch_ruleset *rules = names->rules;
    guint number =
        GPOINTER_TO_UINT(g_hash_table_lookup(rules->pattern_numbers, source));
    if (number == 0) {
        number =
            add_pattern(rules, g_steal_pointer(&source),
                        ch_entities_regex(rules->entities, (guint)kind), kind);
    }
    s->kind = SIGNAL_ENTITY;
    s->pattern = number - 1;
    return TRUE;
}

static gboolean
set_words_bounds(scope_names *names, rule_signal *s, const ch_yaml_node *node)
{
    const ch_yaml_node *least = ch_yaml_get(node, "at-least");
    const ch_yaml_node *most = ch_yaml_get(node, "at-most");
    int low = 0, high = 10000;
    if (least == NULL && most == NULL) {
        ch_yaml_error(node, names->diag,
                      "fact: words needs at-least or at-most");
        return FALSE;
    }
    if ((least != NULL && !ch_rule_number(names, least, 0, 10000, &low)) ||
        (most != NULL && !ch_rule_number(names, most, 0, 10000, &high))) {
        return FALSE;
    }
    s->at_least = (guint)low;
    s->at_most = most == NULL ? G_MAXUINT : (guint)high;
    return TRUE;
}

static gboolean
set_fact(scope_names *names, rule_signal *s, const ch_yaml_node *map,
         const ch_yaml_node *node)
{
    const char *name = ch_yaml_string(node, "fact", names->diag);
    s->kind = SIGNAL_FACT;
    for (guint i = 0; name != NULL && i < FACT_COUNT; i++) {
        if (i != FACT_GATEWAY && strcmp(name, ch_rule_fact_names[i]) == 0) {
            s->fact = (fact_kind)i;
            return s->fact != FACT_WORDS || set_words_bounds(names, s, map);
        }
    }
    g_autofree char *all = g_strjoinv(", ", (char **)ch_rule_fact_names);
    ch_yaml_error(node, names->diag, "unknown fact; allowed: %s", all);
    return FALSE;
}

static gboolean
set_gateway(scope_names *names, rule_signal *s, const ch_yaml_node *node)
{
    s->kind = SIGNAL_FACT;
    s->fact = FACT_GATEWAY;
    s->gateway = g_strdup(ch_yaml_string(node, "gateway", names->diag));
    return s->gateway != NULL;
}

static gboolean
is_true(const ch_yaml_node *map, const char *key)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    return node != NULL && g_strcmp0(node->text, "true") == 0;
}

static gboolean
set_what(scope_names *names, rule_signal *s, const ch_yaml_node *map)
{
    static const char *const kinds[] = {"words",   "lexicon",  "emoji",
                                        "regex",   "entity",   "fact",
                                        "gateway", "condition"};
    const ch_yaml_node *what = NULL;
    guint kind = 0, count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        const ch_yaml_node *node = ch_yaml_get(map, kinds[i]);
        if (node != NULL) {
            what = node;
            kind = i;
            count++;
        }
    }
    if (count != 1) {
        ch_yaml_error(map, names->diag,
                      "a signal has one of words, lexicon, emoji, regex, "
                      "entity, fact, gateway, condition");
        return FALSE;
    }
    words_form form = {is_true(map, "masked"), kind == 2};
    if (kind == 1) {
        g_autofree const char **phrases = ch_rule_lexicon_phrases(names, what);
        return set_phrases(names, s, what, phrases, form);
    }
    if (kind == 0 || kind == 2) {
        g_auto(GStrv) list = ch_yaml_strings(what, kinds[kind], names->diag);
        return set_phrases(names, s, what, (const char *const *)list, form);
    }
    if (kind == 7) {
        s->kind = SIGNAL_CONDITION;
        s->condition = ch_rule_condition_parse(names, what);
        return s->condition != NULL;
    }
    return kind == 3   ? set_regex(names, s, what)
           : kind == 4 ? set_entity(names, s, what)
           : kind == 5 ? set_fact(names, s, map, what)
                       : set_gateway(names, s, what);
}

gboolean
ch_rule_places(const ch_yaml_node *yaml, guint *places_out, ch_diag *diag)
{
    g_auto(GStrv) list = ch_yaml_strings(yaml, "where", diag);
    *places_out = 0;
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        ch_where where;
        if (!ch_where_parse(list[i], &where)) {
            ch_yaml_error(yaml, diag,
                          "where: \"%s\" is no place; allowed: subject, "
                          "header, body, hidden, alt, link, attachment, "
                          "filename, metadata, directive",
                          list[i]);
            return FALSE;
        }
        *places_out |= 1u << where;
    }
    return list != NULL;
}

static gboolean
set_cover(rule_signal *s, const ch_yaml_node *node, ch_diag *diag)
{
    static const struct {
        const char *name;
        within_kind cover;
        gboolean rest;
    } covers[] = {{"match", WITHIN_INHERIT, FALSE},
                  {"clause", WITHIN_CLAUSE, FALSE},
                  {"rest of clause", WITHIN_CLAUSE, TRUE},
                  {"sentence", WITHIN_SENTENCES, FALSE},
                  {"rest of sentence", WITHIN_SENTENCES, TRUE},
                  {"paragraph", WITHIN_PARAGRAPH, FALSE},
                  {"part", WITHIN_PART, FALSE},
                  {"rest of part", WITHIN_PART, TRUE}};
    for (guint i = 0; i < G_N_ELEMENTS(covers); i++) {
        if (node->kind == CH_YAML_SCALAR &&
            strcmp(node->text, covers[i].name) == 0) {
            s->cover = covers[i].cover;
            s->cover_rest = covers[i].rest;
            return TRUE;
        }
    }
    ch_yaml_error(node, diag,
                  "covers: match, clause, rest of clause, sentence, rest of "
                  "sentence, paragraph, part or rest of part");
    return FALSE;
}

/* The keys that go with every kind of signal in text. */
static gboolean
set_scope(scope_names *names, rule_signal *s, const ch_yaml_node *map)
{
    const ch_yaml_node *where = ch_yaml_get(map, "where");
    const ch_yaml_node *inside = ch_yaml_get(map, "inside");
    const ch_yaml_node *outside = ch_yaml_get(map, "outside");
    const ch_yaml_node *covers = ch_yaml_get(map, "covers");
    gboolean good = TRUE;
    s->own_too = is_true(map, "own");
    s->exact = is_true(map, "exact");
    s->places = ALL_PLACES;
    s->cover = s->frame ? WITHIN_SENTENCES : WITHIN_INHERIT;
    if (where != NULL) {
        good &= ch_rule_places(where, &s->places, names->diag);
    }
    if (inside != NULL) {
        good &= (s->inside = ch_rule_signal_list(names, inside)) != NULL;
    }
    if (outside != NULL) {
        good &= (s->outside = ch_rule_signal_list(names, outside)) != NULL;
    }
    if (covers != NULL) {
        good &= set_cover(s, covers, names->diag);
    }
    if (s->kind == SIGNAL_FACT && (where != NULL || inside != NULL ||
                                   outside != NULL || covers != NULL)) {
        ch_yaml_error(map, names->diag,
                      "a fact is of the whole post: it has no where, inside, "
                      "outside or covers");
        return FALSE;
    }
    return good;
}

guint
ch_rule_signal_add(scope_names *names, const char *name,
                   const ch_yaml_node *node, gboolean frame)
{
    static const char *const allowed[] = {
        "words",   "lexicon",   "emoji",  "regex",    "entity",  "fact",
        "gateway", "condition", "masked", "own",      "exact",   "where",
        "inside",  "outside",   "covers", "at-least", "at-most", NULL};
    rule_signal *s = g_new0(rule_signal, 1);
    s->name = g_strdup(name);
    s->owner = g_strdup(names->owner);
    s->file = g_strdup(node->file);
    s->line = node->key_line == 0 ? node->line : node->key_line;
    s->frame = frame;
    if (!ch_yaml_check_map(node, allowed, names->diag) ||
        !set_what(names, s, node) || !set_scope(names, s, node)) {
        ch_rule_signal_free(s);
        return 0;
    }
    g_ptr_array_add(names->rules->signals, s);
    return names->rules->signals->len;
}

void
ch_rule_signals_read(scope_names *names, GHashTable *table,
                     const ch_yaml_node *yaml, const char *key)
{
    const ch_yaml_node *signals = ch_yaml_get(yaml, key);
    gboolean frame = strcmp(key, "frames") == 0;
    if (signals == NULL) {
        return;
    }
    if (signals->kind != CH_YAML_MAP) {
        ch_yaml_error(signals, names->diag, "%s must be a map", key);
        return;
    }
    for (guint i = 0; i < signals->children->len; i++) {
        const ch_yaml_node *child = signals->children->pdata[i];
        guint index = ch_rule_signal_add(names, child->key, child, frame);
        if (index == 0) {
            continue;
        }
        if (g_hash_table_contains(table, child->key)) {
            ch_yaml_error(child, names->diag,
                          "\"%s\" is a signal and a frame: one name, one thing",
                          child->key);
        }
        g_hash_table_insert(table, g_strdup(child->key),
                            GUINT_TO_POINTER(index));
        if (names->local == NULL) { /* of a pack: known to all files */
            g_hash_table_insert(
                names->shared,
                g_strconcat(names->pack_name, ".", child->key, NULL),
                GUINT_TO_POINTER(index));
        }
    }
}

guint
ch_rule_signal_find(scope_names *names, const char *name,
                    const ch_yaml_node *node)
{
    GHashTable *tables[] = {names->local, names->pack, names->shared};
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        gpointer found =
            tables[i] == NULL ? NULL : g_hash_table_lookup(tables[i], name);
        if (found != NULL) {
            guint index = GPOINTER_TO_UINT(found);
            ((rule_signal *)names->rules->signals->pdata[index - 1])->used =
                TRUE;
            return index;
        }
    }
    ch_yaml_error(node, names->diag,
                  "unknown signal \"%s\": name one above, under signals: or "
                  "frames: of the rule or the pack, or PACK.NAME of another "
                  "pack",
                  name);
    return 0;
}

GArray *
ch_rule_signal_list(scope_names *names, const ch_yaml_node *node)
{
    g_auto(GStrv) list =
        ch_yaml_strings(node, "a list of signals", names->diag);
    GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
    gboolean good = list != NULL;
    for (guint i = 0; good && list[i] != NULL; i++) {
        guint number = ch_rule_signal_find(names, list[i], node);
        good = number != 0;
        number--;
        g_array_append_val(numbers, number);
    }
    if (!good) {
        g_array_unref(numbers);
        return NULL;
    }
    return numbers;
}
