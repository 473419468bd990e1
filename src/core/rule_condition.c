/*
 * Conditions: what must stand together for a rule to hold.
 *
 *   condition: NAME
 *   condition:
 *     all: [NAME, {any: [NAME, NAME]}, {not: NAME}]
 *     within: sentence      or clause, 2 sentences, paragraph, part, post,
 *                           80 characters (around the first of the list)
 *     ordered: true         one behind the other
 *   condition: {at-least: 2, of: [NAME, NAME, NAME]}
 *   condition: {score: {NAME: 3, NAME: -2}, at-least: 4}
 *   condition: {count: NAME, at-least: 3, distinct: true, per-words: 50}
 *
 * Without within, a condition holds for one part (one text of the post).
 */
#include "ruleset_int.h"

void
ch_rule_condition_free(gpointer condition)
{
    rule_node *n = condition;
    if (n != NULL) {
        g_ptr_array_unref(n->children);
        g_clear_pointer(&n->points, g_array_unref);
        g_free(n);
    }
}

static rule_node *
new_node(node_kind kind)
{
    rule_node *n = g_new0(rule_node, 1);
    n->kind = kind;
    n->children = g_ptr_array_new_with_free_func(ch_rule_condition_free);
    return n;
}

static rule_node *
signal_node(scope_names *names, const char *name, const ch_yaml_node *yaml)
{
    guint found = ch_rule_signal_find(names, name, yaml);
    if (found == 0) {
        return NULL;
    }
    rule_node *n = new_node(NODE_SIGNAL);
    n->signal = found - 1;
    return n;
}

static gboolean
parse_within(rule_node *n, const ch_yaml_node *yaml, ch_diag *diag)
{
    static const struct {
        const char *name;
        within_kind kind;
        gboolean counted;
    } units[] = {{"clause", WITHIN_CLAUSE, FALSE},
                 {"sentence", WITHIN_SENTENCES, FALSE},
                 {"sentences", WITHIN_SENTENCES, TRUE},
                 {"paragraph", WITHIN_PARAGRAPH, FALSE},
                 {"part", WITHIN_PART, FALSE},
                 {"post", WITHIN_POST, FALSE},
                 {"characters", WITHIN_CHARACTERS, TRUE}};
    const char *text = ch_yaml_string(yaml, "within", diag);
    g_auto(GStrv) words = g_strsplit(text == NULL ? "" : text, " ", 2);
    guint64 amount = 1;
    guint n_words = g_strv_length(words);
    gboolean good = n_words < 2 || g_ascii_string_to_unsigned(
                                       words[0], 10, 1, 10000, &amount, NULL);
    for (guint i = 0; good && n_words > 0 && i < G_N_ELEMENTS(units); i++) {
        if (strcmp(words[n_words - 1], units[i].name) == 0 &&
            units[i].counted == (n_words == 2)) {
            n->within = units[i].kind;
            n->amount = (guint)amount;
            return TRUE;
        }
    }
    ch_yaml_error(yaml, diag,
                  "within: clause, sentence, N sentences, paragraph, part, "
                  "post or N characters");
    return FALSE;
}

static gboolean
parse_children(scope_names *names, rule_node *n, const ch_yaml_node *list)
{
    if (list->kind != CH_YAML_LIST || list->children->len == 0) {
        ch_yaml_error(list, names->diag, "must be a list of conditions");
        return FALSE;
    }
    gboolean good = TRUE;
    for (guint i = 0; i < list->children->len; i++) {
        rule_node *child =
            ch_rule_condition_parse(names, list->children->pdata[i]);
        if (child == NULL) {
            good = FALSE;
        } else {
            g_ptr_array_add(n->children, child);
        }
    }
    return good;
}

/* {NAME: points, ...} */
static gboolean
parse_score(scope_names *names, rule_node *n, const ch_yaml_node *map)
{
    gboolean good = map->kind == CH_YAML_MAP && map->children->len > 0;
    if (!good) {
        ch_yaml_error(map, names->diag,
                      "score: a map of signals and their points");
    }
    n->points = g_array_new(FALSE, FALSE, sizeof(int));
    for (guint i = 0; good && i < map->children->len; i++) {
        const ch_yaml_node *entry = map->children->pdata[i];
        int points = 0;
        rule_node *child = signal_node(names, entry->key, entry);
        if (child == NULL ||
            !ch_rule_number(names, entry, -1000, 1000, &points)) {
            ch_rule_condition_free(child);
            return FALSE;
        }
        g_ptr_array_add(n->children, child);
        g_array_append_val(n->points, points);
    }
    return good;
}

static gboolean
parse_hits(scope_names *names, rule_node *n, const ch_yaml_node *yaml,
           const ch_yaml_node *operand)
{
    const ch_yaml_node *distinct = ch_yaml_get(yaml, "distinct");
    const ch_yaml_node *per_words = ch_yaml_get(yaml, "per-words");
    const char *name = ch_yaml_string(operand, "count", names->diag);
    int words = 0;
    guint found = name == NULL ? 0 : ch_rule_signal_find(names, name, operand);
    if (found == 0 || (per_words != NULL &&
                       !ch_rule_number(names, per_words, 1, 10000, &words))) {
        return FALSE;
    }
    n->signal = found - 1;
    n->per_words = (guint)words;
    n->distinct = distinct != NULL && g_strcmp0(distinct->text, "true") == 0;
    return TRUE;
}

static const struct {
    const char *name;
    node_kind kind;
    gboolean needs_number;
} operators[] = {{"all", NODE_ALL, FALSE},    {"any", NODE_ANY, FALSE},
                 {"not", NODE_NOT, FALSE},    {"of", NODE_COUNT, TRUE},
                 {"score", NODE_SCORE, TRUE}, {"count", NODE_HITS, TRUE}};

/* The one operator of a condition; G_N_ELEMENTS: none or several. */
static guint
find_operator(const ch_yaml_node *yaml)
{
    guint found = G_N_ELEMENTS(operators);
    for (guint i = 0; i < G_N_ELEMENTS(operators); i++) {
        if (ch_yaml_get(yaml, operators[i].name) == NULL) {
            continue;
        }
        if (found != G_N_ELEMENTS(operators)) {
            return G_N_ELEMENTS(operators);
        }
        found = i;
    }
    return found;
}

static gboolean
parse_operand(scope_names *names, rule_node *n, const ch_yaml_node *yaml,
              const ch_yaml_node *operand)
{
    if (n->kind == NODE_SCORE) {
        return parse_score(names, n, operand);
    }
    if (n->kind == NODE_HITS) {
        return parse_hits(names, n, yaml, operand);
    }
    if (n->kind == NODE_NOT && operand->kind != CH_YAML_LIST) {
        rule_node *child = ch_rule_condition_parse(names, operand);
        if (child != NULL) {
            g_ptr_array_add(n->children, child);
        }
        return child != NULL;
    }
    return parse_children(names, n, operand);
}

rule_node *
ch_rule_condition_parse(scope_names *names, const ch_yaml_node *yaml)
{
    static const char *const allowed[] = {
        "all",      "any",    "not",     "of",       "score",     "count",
        "at-least", "within", "ordered", "distinct", "per-words", NULL};
    if (yaml->kind == CH_YAML_SCALAR) {
        return signal_node(names, yaml->text, yaml);
    }
    if (!ch_yaml_check_map(yaml, allowed, names->diag)) {
        return NULL;
    }
    guint op = find_operator(yaml);
    const ch_yaml_node *least = ch_yaml_get(yaml, "at-least");
    if (op == G_N_ELEMENTS(operators) ||
        (least != NULL) != operators[op].needs_number) {
        ch_yaml_error(yaml, names->diag,
                      "a condition has one of all, any, not, or of, score, "
                      "count with at-least");
        return NULL;
    }
    const ch_yaml_node *within = ch_yaml_get(yaml, "within");
    const ch_yaml_node *ordered = ch_yaml_get(yaml, "ordered");
    rule_node *n = new_node(operators[op].kind);
    n->ordered = ordered != NULL && g_strcmp0(ordered->text, "true") == 0;
    if ((within != NULL && !parse_within(n, within, names->diag)) ||
        (least != NULL && !ch_rule_number(names, least, 1, 10000, &n->need)) ||
        !parse_operand(names, n, yaml, ch_yaml_get(yaml, operators[op].name))) {
        ch_rule_condition_free(n);
        return NULL;
    }
    return n;
}
