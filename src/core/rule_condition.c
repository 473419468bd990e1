/*
 * Conditions: what must stand together for a rule to hold.
 *
 *   condition: NAME
 *   condition:
 *     all: [NAME, {any: [NAME, NAME]}, {not: NAME}]
 *     within: sentence      or 2 sentences, paragraph, part, post,
 *                           80 characters (around the first of the list)
 *   condition: {at-least: 2, of: [NAME, NAME, NAME]}
 *
 * Without within, a condition holds for one part (one text of the post).
 */
#include "ruleset_int.h"

void
ch_rule_condition_free(gpointer data)
{
    rule_node *n = data;
    if (n != NULL) {
        g_ptr_array_unref(n->children);
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
parse_name(scope_names *names, const ch_yaml_node *yaml)
{
    gpointer found = NULL;
    GHashTable *tables[] = {names->local, names->pack, names->shared};
    for (guint i = 0; found == NULL && i < G_N_ELEMENTS(tables); i++) {
        if (tables[i] != NULL) {
            found = g_hash_table_lookup(tables[i], yaml->text);
        }
    }
    if (found == NULL) {
        ch_yaml_error(yaml, names->diag,
                      "unknown signal \"%s\": name one under signals: of the "
                      "rule or the pack, or PACK.NAME of another pack",
                      yaml->text);
        return NULL;
    }
    rule_node *n = new_node(NODE_SIGNAL);
    n->signal = GPOINTER_TO_UINT(found) - 1;
    return n;
}

static gboolean
parse_within(rule_node *n, const ch_yaml_node *yaml, ch_diag *diag)
{
    const char *text = ch_yaml_string(yaml, "within", diag);
    g_auto(GStrv) words = g_strsplit(text == NULL ? "" : text, " ", 2);
    guint64 amount = 1;
    const char *unit = words[0] == NULL ? "" : words[0];
    if (words[0] != NULL && words[1] != NULL) {
        unit = words[1];
        if (!g_ascii_string_to_unsigned(words[0], 10, 1, 10000, &amount,
                                        NULL)) {
            unit = "";
        }
    }
    n->amount = (guint)amount;
    if (strcmp(unit, "sentence") == 0 || strcmp(unit, "sentences") == 0) {
        n->within = WITHIN_SENTENCES;
    } else if (strcmp(unit, "characters") == 0) {
        n->within = WITHIN_CHARACTERS;
    } else if (strcmp(unit, "paragraph") == 0) {
        n->within = WITHIN_PARAGRAPH;
    } else if (strcmp(unit, "part") == 0) {
        n->within = WITHIN_PART;
    } else if (strcmp(unit, "post") == 0) {
        n->within = WITHIN_POST;
    } else {
        ch_yaml_error(yaml, diag,
                      "within: sentence, N sentences, paragraph, part, post "
                      "or N characters");
        return FALSE;
    }
    return TRUE;
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

static gboolean
parse_count(rule_node *n, const ch_yaml_node *yaml, ch_diag *diag)
{
    guint64 need = 0;
    if (yaml->kind != CH_YAML_SCALAR ||
        !g_ascii_string_to_unsigned(yaml->text, 10, 1, 100, &need, NULL)) {
        ch_yaml_error(yaml, diag, "at-least: a number from 1 to 100");
        return FALSE;
    }
    n->need = (guint)need;
    return TRUE;
}

/* The one operator of a condition: its kind and its operand. */
static const ch_yaml_node *
find_operator(const ch_yaml_node *yaml, node_kind *kind_out)
{
    static const struct {
        const char *name;
        node_kind kind;
    } operators[] = {{"all", NODE_ALL},
                     {"any", NODE_ANY},
                     {"not", NODE_NOT},
                     {"of", NODE_COUNT}};
    const ch_yaml_node *found = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(operators); i++) {
        const ch_yaml_node *operand = ch_yaml_get(yaml, operators[i].name);
        if (operand != NULL && found != NULL) {
            return NULL;
        }
        if (operand != NULL) {
            found = operand;
            *kind_out = operators[i].kind;
        }
    }
    return found;
}

rule_node *
ch_rule_condition_parse(scope_names *names, const ch_yaml_node *yaml)
{
    static const char *const allowed[] = {"all",      "any",    "not", "of",
                                          "at-least", "within", NULL};
    if (yaml->kind == CH_YAML_SCALAR) {
        return parse_name(names, yaml);
    }
    if (!ch_yaml_check_map(yaml, allowed, names->diag)) {
        return NULL;
    }
    node_kind kind = NODE_ALL;
    const ch_yaml_node *operand = find_operator(yaml, &kind);
    const ch_yaml_node *within = ch_yaml_get(yaml, "within");
    const ch_yaml_node *least = ch_yaml_get(yaml, "at-least");
    if (operand == NULL || (least != NULL) != (kind == NODE_COUNT)) {
        ch_yaml_error(yaml, names->diag,
                      "a condition has one of all, any, not, or at-least "
                      "with of");
        return NULL;
    }
    rule_node *n = new_node(kind);
    gboolean good = (within == NULL || parse_within(n, within, names->diag)) &&
                    (least == NULL || parse_count(n, least, names->diag));
    if (good && kind == NODE_NOT && operand->kind != CH_YAML_LIST) {
        rule_node *child = ch_rule_condition_parse(names, operand);
        good = child != NULL;
        if (good) {
            g_ptr_array_add(n->children, child);
        }
    } else if (good) {
        good = parse_children(names, n, operand);
    }
    if (!good) {
        ch_rule_condition_free(n);
        return NULL;
    }
    return n;
}
