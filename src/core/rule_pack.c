/*
 * The rules of a pack: what they say to people, where they look, what must
 * stand together.  See chaperone-rules(5).
 */
#include "ruleset_int.h"

#include "chaperone/authorization.h"

static const char *const rule_keys[] = {
    "id",        "title",    "severity",  "action",        "confidence",
    "languages", "where",    "quoted",    "signature",     "unless",
    "signals",   "frames",   "condition", "advice",        "suggestion",
    "reference", "reviewed", "examples",  "authorization", "references",
    "reject-if", NULL};

void
ch_rule_entry_free(gpointer entry)
{
    rule_entry *r = entry;
    ch_rule *p = &r->public;
    g_free(p->id);
    g_free(p->title);
    g_free(p->title_es);
    g_free(p->advice);
    g_free(p->advice_es);
    g_free(p->suggestion);
    g_free(p->suggestion_es);
    g_free(p->reference);
    g_free(p->reviewed);
    g_free(p->languages);
    g_array_unref(p->examples);
    ch_rule_condition_free(r->condition);
    ch_rule_condition_free(r->reject_if);
    g_clear_pointer(&r->unless, g_array_unref);
    g_clear_pointer(&r->exceptions, g_array_unref);
    g_free(r);
}

ch_action
ch_rule_action(const rule_entry *entry, gint64 now_us)
{
    return now_us < entry->changed_until_us ? entry->changed
                                            : entry->public.action;
}

char *
ch_rule_dup_text(const ch_yaml_node *yaml, const char *key, ch_diag *diag)
{
    const ch_yaml_node *child = ch_yaml_get(yaml, key);
    const char *text = NULL;
    if (child == NULL) {
        ch_yaml_error(yaml, diag, "\"%s\" is missing", key);
    } else {
        text = ch_yaml_string(child, key, diag);
        if (text != NULL && text[0] == '\0') {
            ch_yaml_error(child, diag, "\"%s\" is empty", key);
        }
    }
    return g_strdup(text == NULL ? "" : text);
}

/* {en: ..., es: ...}: what people read must be there in both languages. */
static void
read_bilingual(const ch_yaml_node *yaml, const char *key, char **en, char **es,
               ch_diag *diag)
{
    static const char *const allowed[] = {"en", "es", NULL};
    const ch_yaml_node *child = ch_yaml_get(yaml, key);
    *en = g_strdup("");
    *es = g_strdup("");
    if (child == NULL) {
        ch_yaml_error(yaml, diag, "the rule needs \"%s\" with en and es", key);
    } else if (ch_yaml_check_map(child, allowed, diag)) {
        g_free(*en);
        g_free(*es);
        *en = ch_rule_dup_text(child, "en", diag);
        *es = ch_rule_dup_text(child, "es", diag);
    }
}

/* Index of the text at key among names, or the fallback. */
static guint
read_choice(const ch_yaml_node *yaml, const char *key, const char *const *names,
            ch_diag *diag)
{
    const ch_yaml_node *child = ch_yaml_get(yaml, key);
    for (guint i = 0; child != NULL && names[i] != NULL; i++) {
        if (child->kind == CH_YAML_SCALAR &&
            strcmp(child->text, names[i]) == 0) {
            return i;
        }
    }
    g_autofree char *list = g_strjoinv(", ", (char **)names);
    ch_yaml_error(child == NULL ? yaml : child, diag,
                  "the rule needs \"%s\": one of %s", key, list);
    return 0;
}

static char *
dup_languages(const ch_yaml_node *yaml, ch_diag *diag)
{
    static const char *const known[] = {"en", "es", NULL};
    const ch_yaml_node *child = ch_yaml_get(yaml, "languages");
    if (child == NULL) {
        return g_strdup("en, es");
    }
    g_auto(GStrv) list = ch_yaml_strings(child, "languages", diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        if (!g_strv_contains(known, list[i])) {
            ch_yaml_error(child, diag, "languages: en, es");
        }
    }
    return list == NULL ? g_strdup("") : g_strjoinv(", ", list);
}

static gboolean
is_true(const ch_yaml_node *map, const char *key)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    return node != NULL && g_strcmp0(node->text, "true") == 0;
}

static void
example_clear(gpointer example)
{
    g_free(((ch_example *)example)->text);
}

static void
add_examples(ch_rule *rule, const ch_yaml_node *list, gboolean must_match,
             ch_diag *diag)
{
    guint count = list->kind == CH_YAML_LIST ? list->children->len : 1;
    for (guint i = 0; i < count; i++) {
        const ch_yaml_node *node =
            list->kind == CH_YAML_LIST ? list->children->pdata[i] : list;
        const char *text = ch_yaml_string(node, "an example", diag);
        if (text != NULL) {
            ch_example e = {g_strdup(text), must_match, node->line,
                            node->column};
            g_array_append_val(rule->examples, e);
        }
    }
}

static void
read_examples(ch_rule *rule, const ch_yaml_node *yaml, ch_diag *diag)
{
    static const char *const allowed[] = {"match", "pass", "reply", "image",
                                          NULL};
    const ch_yaml_node *child = ch_yaml_get(yaml, "examples");
    const ch_yaml_node *match, *pass;
    if (child == NULL || !ch_yaml_check_map(child, allowed, diag) ||
        (match = ch_yaml_get(child, "match")) == NULL ||
        (pass = ch_yaml_get(child, "pass")) == NULL) {
        ch_yaml_error(yaml, diag,
                      "the rule needs examples with match: and pass:");
        return;
    }
    add_examples(rule, match, TRUE, diag);
    add_examples(rule, pass, FALSE, diag);
    rule->reply_examples = is_true(child, "reply");
    rule->image_examples = is_true(child, "image");
}

guint
ch_rule_scopes(const ch_yaml_node *yaml, ch_diag *diag)
{
    const ch_yaml_node *child = ch_yaml_get(yaml, "authorization");
    g_auto(GStrv) list =
        child == NULL ? NULL : ch_yaml_strings(child, "authorization", diag);
    guint mask = 0;
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        ch_auth_scope scope;
        if (ch_auth_scope_parse(list[i], &scope)) {
            mask |= scope;
        } else {
            ch_yaml_error(child, diag,
                          "authorization: \"%s\" is none of " CH_AUTH_SCOPES,
                          list[i]);
        }
    }
    return mask;
}

/* The reference that is shown: the jurisdiction's, if the rule has one. */
static void
read_reference(const scope_names *names, ch_rule *rule,
               const ch_yaml_node *yaml)
{
    const ch_yaml_node *map = ch_yaml_get(yaml, "references");
    rule->reference = ch_rule_dup_text(yaml, "reference", names->diag);
    if (map == NULL ||
        !ch_yaml_check_map(map, ch_jurisdiction_names, names->diag)) {
        return;
    }
    for (guint i = 0; i < map->children->len; i++) {
        const ch_yaml_node *child = map->children->pdata[i];
        g_autofree char *text = ch_rule_dup_text(map, child->key, names->diag);
        if (strcmp(child->key, names->rules->jurisdiction) == 0) {
            g_free(rule->reference);
            rule->reference = g_steal_pointer(&text);
        }
    }
}

/* Examples are texts: they cannot show what kind of file is attached. */
static gboolean
asks_of_files(const ch_yaml_node *rule)
{
    const ch_yaml_node *signals = ch_yaml_get(rule, "signals");
    for (guint i = 0; signals != NULL && i < signals->children->len; i++) {
        const ch_yaml_node *fact =
            ch_yaml_get(signals->children->pdata[i], "fact");
        const char *name = fact == NULL ? NULL : fact->text;
        if (g_strcmp0(name, "medical-file") == 0 ||
            g_strcmp0(name, "patient-list") == 0 ||
            g_strcmp0(name, "photo-location") == 0 ||
            g_strcmp0(name, "photo-preview") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
read_meta(rule_entry *r, const ch_yaml_node *yaml, ch_diag *diag)
{
    static const char *const severities[] = {"S1", "S2", "S3", "S4", NULL};
    static const char *const actions[] = {"accept", "tag", "quarantine",
                                          "reject", NULL};
    static const char *const confidences[] = {"low", "medium", "high", NULL};
    ch_rule *p = &r->public;
    p->id = ch_rule_dup_text(yaml, "id", diag);
    p->file = yaml->file;
    p->line = yaml->line;
    read_bilingual(yaml, "title", &p->title, &p->title_es, diag);
    read_bilingual(yaml, "advice", &p->advice, &p->advice_es, diag);
    if (ch_yaml_get(yaml, "suggestion") != NULL) {
        read_bilingual(yaml, "suggestion", &p->suggestion, &p->suggestion_es,
                       diag);
    }
    p->severity = read_choice(yaml, "severity", severities, diag) + 1;
    p->action = (ch_action)read_choice(yaml, "action", actions, diag);
    p->confidence =
        (ch_confidence)read_choice(yaml, "confidence", confidences, diag);
    p->authorization = ch_rule_scopes(yaml, diag);
    p->languages = dup_languages(yaml, diag);
    p->reviewed = ch_rule_dup_text(yaml, "reviewed", diag);
    const ch_yaml_node *where = ch_yaml_get(yaml, "where");
    r->places = ALL_PLACES;
    if (where != NULL) {
        ch_rule_places(where, &r->places, diag);
    }
    const ch_yaml_node *quoted = ch_yaml_get(yaml, "quoted");
    const ch_yaml_node *signature = ch_yaml_get(yaml, "signature");
    r->quoted = quoted == NULL || g_strcmp0(quoted->text, "false") != 0;
    r->signature =
        signature == NULL || g_strcmp0(signature->text, "false") != 0;
    if (!g_strv_contains(ch_required_rules, p->id) && !asks_of_files(yaml)) {
        read_examples(p, yaml, diag);
    }
}

static void
read_condition(scope_names *names, rule_entry *r, const ch_yaml_node *yaml)
{
    const ch_yaml_node *condition = ch_yaml_get(yaml, "condition");
    const ch_yaml_node *reject_if = ch_yaml_get(yaml, "reject-if");
    const ch_yaml_node *unless = ch_yaml_get(yaml, "unless");
    g_autoptr(GHashTable) local =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    names->local = local;
    names->owner = r->public.id;
    ch_rule_signals_read(names, local, yaml, "frames");
    ch_rule_signals_read(names, local, yaml, "signals");
    if (condition == NULL) {
        ch_yaml_error(yaml, names->diag, "the rule needs a condition");
    } else {
        r->condition = ch_rule_condition_parse(names, condition);
    }
    if (reject_if != NULL) {
        r->reject_if = ch_rule_condition_parse(names, reject_if);
        r->public.rejects_worst = TRUE;
    }
    if (unless != NULL) {
        r->unless = ch_rule_signal_list(names, unless);
    }
    names->local = NULL;
}

static void
add_rule(scope_names *names, const ch_yaml_node *yaml)
{
    ch_ruleset *rules = names->rules;
    if (!ch_yaml_check_map(yaml, rule_keys, names->diag)) {
        return;
    }
    rule_entry *r = g_new0(rule_entry, 1);
    r->public.enabled = TRUE;
    r->public.examples = g_array_new(FALSE, FALSE, sizeof(ch_example));
    g_array_set_clear_func(r->public.examples, example_clear);
    g_ptr_array_add(rules->rules, r);
    read_meta(r, yaml, names->diag);
    read_reference(names, &r->public, yaml);
    read_condition(names, r, yaml);
    const ch_rule *other = g_hash_table_lookup(rules->by_id, r->public.id);
    if (other != NULL) {
        ch_yaml_error(yaml, names->diag,
                      "rule \"%s\" is there twice, first in %s line %u",
                      r->public.id, other->file, other->line);
    } else {
        g_hash_table_insert(rules->by_id, r->public.id, r);
    }
}

void
ch_rule_pack_read(scope_names *names, const ch_yaml_node *root)
{
    const ch_yaml_node *list = ch_yaml_get(root, "rules");
    if (list == NULL) {
        return;
    }
    if (list->kind != CH_YAML_LIST) {
        ch_yaml_error(list, names->diag, "rules must be a list");
        return;
    }
    for (guint i = 0; i < list->children->len; i++) {
        add_rule(names, list->children->pdata[i]);
    }
}
