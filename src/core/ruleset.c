/*
 * Rule files to a ruleset: all errors of all files at once, or nothing.
 *
 * Two passes, because a rule may name a shared signal of another file: first
 * the packs' signals, then the rules.  See chaperone-rules(5).
 */
#include "ruleset_int.h"

#include "chaperone/error.h"

const char *const ch_required_rules[] = {"structure/unreadable",
                                         "structure/unsupported",
                                         "structure/ambiguous",
                                         "structure/pattern-limit",
                                         "policy/combined",
                                         "policy/failure",
                                         NULL};

static const char *const pack_keys[] = {"pack", "title", "signals", "rules",
                                        NULL};
static const char *const rule_keys[] = {
    "id",        "title",     "severity", "action",   "confidence",
    "languages", "where",     "quoted",   "signals",  "condition",
    "advice",    "reference", "reviewed", "examples", NULL};

static void
rule_free(gpointer data)
{
    rule_entry *r = data;
    ch_rule *p = &r->public;
    g_free(p->id);
    g_free(p->title);
    g_free(p->title_es);
    g_free(p->advice);
    g_free(p->advice_es);
    g_free(p->reference);
    g_free(p->reviewed);
    g_strfreev(p->must_match);
    g_strfreev(p->must_pass);
    ch_rule_condition_free(r->condition);
    g_free(r);
}

void
ch_ruleset_free(ch_ruleset *rules)
{
    if (rules == NULL) {
        return;
    }
    g_ptr_array_unref(rules->rules);
    g_ptr_array_unref(rules->signals);
    g_hash_table_unref(rules->by_id);
    ch_entities_free(rules->entities);
    g_ptr_array_unref(rules->files);
    g_free(rules);
}

static ch_ruleset *
ruleset_new(const ch_config *config)
{
    ch_ruleset *rules = g_new0(ch_ruleset, 1);
    rules->rules = g_ptr_array_new_with_free_func(rule_free);
    rules->signals = g_ptr_array_new_with_free_func(ch_rule_signal_free);
    rules->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    rules->entities = ch_entities_new(config);
    rules->files = g_ptr_array_new_with_free_func(g_free);
    return rules;
}

/* Text at a key of a rule; required.  Owned, never NULL. */
static char *
dup_text(const ch_yaml_node *yaml, const char *key, ch_diag *diag)
{
    const ch_yaml_node *child = ch_yaml_get(yaml, key);
    const char *text = NULL;
    if (child == NULL) {
        ch_yaml_error(yaml, diag, "the rule needs \"%s\"", key);
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
        *en = dup_text(child, "en", diag);
        *es = dup_text(child, "es", diag);
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

/* Places that a rule looks at if it does not say: all with text. */
#define ALL_PLACES (((1u << CH_WHERE_COUNT) - 1))

static void
read_places(rule_entry *r, const ch_yaml_node *yaml, ch_diag *diag)
{
    const ch_yaml_node *child = ch_yaml_get(yaml, "where");
    r->places = child == NULL ? ALL_PLACES : 0;
    if (child == NULL) {
        return;
    }
    g_auto(GStrv) list = ch_yaml_strings(child, "where", diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        ch_where where;
        if (ch_where_parse(list[i], &where)) {
            r->places |= 1u << where;
        } else {
            ch_yaml_error(child, diag,
                          "where: \"%s\" is no place; allowed: subject, "
                          "header, body, hidden, alt, link, attachment, "
                          "filename, metadata, directive",
                          list[i]);
        }
    }
}

static void
read_examples(ch_rule *rule, const ch_yaml_node *yaml, ch_diag *diag)
{
    static const char *const allowed[] = {"match", "pass", "reply", NULL};
    const ch_yaml_node *child = ch_yaml_get(yaml, "examples");
    const ch_yaml_node *match, *pass, *reply;
    rule->must_match = g_new0(char *, 1);
    rule->must_pass = g_new0(char *, 1);
    if (child == NULL || !ch_yaml_check_map(child, allowed, diag) ||
        (match = ch_yaml_get(child, "match")) == NULL ||
        (pass = ch_yaml_get(child, "pass")) == NULL) {
        ch_yaml_error(yaml, diag,
                      "the rule needs examples with match: and pass:");
        return;
    }
    g_strfreev(rule->must_match);
    g_strfreev(rule->must_pass);
    rule->must_match = ch_yaml_strings(match, "match", diag);
    rule->must_pass = ch_yaml_strings(pass, "pass", diag);
    reply = ch_yaml_get(child, "reply");
    rule->reply_examples = reply != NULL && g_strcmp0(reply->text, "true") == 0;
}

static gboolean
is_required(const char *id)
{
    return g_strv_contains(ch_required_rules, id);
}

static void
read_meta(rule_entry *r, const ch_yaml_node *yaml, ch_diag *diag)
{
    static const char *const severities[] = {"S1", "S2", "S3", "S4", NULL};
    static const char *const actions[] = {"accept", "tag", "quarantine",
                                          "reject", NULL};
    static const char *const confidences[] = {"low", "medium", "high", NULL};
    ch_rule *p = &r->public;
    p->id = dup_text(yaml, "id", diag);
    p->file = yaml->file;
    p->line = yaml->line;
    read_bilingual(yaml, "title", &p->title, &p->title_es, diag);
    read_bilingual(yaml, "advice", &p->advice, &p->advice_es, diag);
    p->severity = read_choice(yaml, "severity", severities, diag) + 1;
    p->action = (ch_action)read_choice(yaml, "action", actions, diag);
    p->confidence =
        (ch_confidence)read_choice(yaml, "confidence", confidences, diag);
    p->reference = dup_text(yaml, "reference", diag);
    p->reviewed = dup_text(yaml, "reviewed", diag);
    read_places(r, yaml, diag);
    const ch_yaml_node *quoted = ch_yaml_get(yaml, "quoted");
    r->quoted = quoted == NULL || g_strcmp0(quoted->text, "false") != 0;
    if (!is_required(p->id)) {
        read_examples(p, yaml, diag);
    }
}

static void
add_signals(scope_names *names, GHashTable *table, const ch_yaml_node *yaml,
            const char *pack)
{
    const ch_yaml_node *signals = ch_yaml_get(yaml, "signals");
    if (signals == NULL) {
        return;
    }
    if (signals->kind != CH_YAML_MAP) {
        ch_yaml_error(signals, names->diag, "signals must be a map");
        return;
    }
    for (guint i = 0; i < signals->children->len; i++) {
        const ch_yaml_node *child = signals->children->pdata[i];
        guint index = ch_rule_signal_add(names, child->key, child);
        if (index == 0) {
            continue;
        }
        g_hash_table_insert(table, g_strdup(child->key),
                            GUINT_TO_POINTER(index));
        if (pack != NULL) {
            g_hash_table_insert(names->shared,
                                g_strconcat(pack, ".", child->key, NULL),
                                GUINT_TO_POINTER(index));
        }
    }
}

static GHashTable *
new_names(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void
add_rule(scope_names *names, const ch_yaml_node *yaml)
{
    ch_ruleset *rules = names->rules;
    if (!ch_yaml_check_map(yaml, rule_keys, names->diag)) {
        return;
    }
    g_autoptr(GHashTable) local = new_names();
    rule_entry *r = g_new0(rule_entry, 1);
    names->local = local;
    g_ptr_array_add(rules->rules, r);
    read_meta(r, yaml, names->diag);
    add_signals(names, local, yaml, NULL);
    const ch_yaml_node *condition = ch_yaml_get(yaml, "condition");
    if (condition == NULL) {
        ch_yaml_error(yaml, names->diag, "the rule needs a condition");
    } else {
        r->condition = ch_rule_condition_parse(names, condition);
    }
    names->local = NULL;
    const ch_rule *other = g_hash_table_lookup(rules->by_id, r->public.id);
    if (other != NULL) {
        ch_yaml_error(yaml, names->diag,
                      "rule \"%s\" is there twice, first in %s line %u",
                      r->public.id, other->file, other->line);
    } else {
        g_hash_table_insert(rules->by_id, r->public.id, r);
    }
}

static void
add_pack_rules(scope_names *names, const ch_yaml_node *root)
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

/* Reads documents (of ch_yaml) into the ruleset. */
static void
read_packs(ch_ruleset *rules, const GPtrArray *documents, ch_diag *diag)
{
    g_autoptr(GHashTable) shared = new_names();
    g_autoptr(GPtrArray) packs =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_hash_table_unref);
    scope_names names = {.rules = rules, .shared = shared, .diag = diag};
    for (guint i = 0; i < documents->len; i++) {
        const ch_yaml_node *root = ch_yaml_root(documents->pdata[i]);
        g_ptr_array_add(packs, new_names());
        if (ch_yaml_check_map(root, pack_keys, diag)) {
            g_autofree char *pack = dup_text(root, "pack", diag);
            add_signals(&names, packs->pdata[i], root, pack);
        }
    }
    for (guint i = 0; i < documents->len; i++) {
        names.pack = packs->pdata[i];
        const ch_yaml_node *root = ch_yaml_root(documents->pdata[i]);
        if (root->kind == CH_YAML_MAP) {
            add_pack_rules(&names, root);
        }
    }
}

static void
check_required(const ch_ruleset *rules, ch_diag *diag)
{
    for (guint i = 0; ch_required_rules[i] != NULL; i++) {
        if (ch_ruleset_find(rules, ch_required_rules[i]) == NULL) {
            ch_diag_add(diag, "rules", 0, 0,
                        "rule \"%s\" is missing: without structure.yaml of "
                        "the shipped rules, what cannot be read would pass; "
                        "check rules.paths",
                        ch_required_rules[i]);
        }
    }
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The rule files under path, sorted.  Owned array of char *. */
static GPtrArray *
list_files(const char *path, ch_diag *diag)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_ptr_array_add(files, g_strdup(path));
        return files;
    }
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    if (dir == NULL && !g_str_has_suffix(path, "/rules.d")) {
        ch_diag_add(diag, path, 0, 0,
                    "no such rule file or directory (rules.paths)");
    }
    for (const char *name = dir == NULL ? NULL : g_dir_read_name(dir);
         name != NULL; name = g_dir_read_name(dir)) {
        if (g_str_has_suffix(name, ".yaml") && name[0] != '.') {
            g_ptr_array_add(files, g_build_filename(path, name, NULL));
        }
    }
    g_ptr_array_sort(files, compare_names);
    return files;
}

static ch_ruleset *
finish(ch_ruleset *rules, const GPtrArray *documents, guint errors_before,
       ch_diag *diag)
{
    read_packs(rules, documents, diag);
    for (guint i = 0; i < rules->rules->len; i++) { /* outlive the YAML */
        rule_entry *r = rules->rules->pdata[i];
        g_ptr_array_add(rules->files, g_strdup(r->public.file));
        r->public.file = rules->files->pdata[rules->files->len - 1];
    }
    if (ch_diag_count(diag) > errors_before) {
        ch_ruleset_free(rules);
        return NULL;
    }
    return rules;
}

ch_ruleset *
ch_ruleset_load(const ch_config *config, ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    g_autoptr(GPtrArray) documents =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_yaml_free);
    for (guint i = 0; config->rules_paths[i] != NULL; i++) {
        g_autoptr(GPtrArray) files = list_files(config->rules_paths[i], diag);
        for (guint f = 0; f < files->len; f++) {
            ch_yaml *yaml = ch_yaml_load(files->pdata[f], diag);
            if (yaml != NULL) {
                g_ptr_array_add(documents, yaml);
            }
        }
    }
    ch_ruleset *rules = finish(ruleset_new(config), documents, before, diag);
    if (rules != NULL) {
        check_required(rules, diag);
    }
    if (rules != NULL && ch_diag_count(diag) > before) {
        g_clear_pointer(&rules, ch_ruleset_free);
    }
    return rules;
}

ch_ruleset *
ch_ruleset_parse(const char *file, const char *data, gsize length,
                 const ch_config *config, ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    g_autoptr(GPtrArray) documents =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_yaml_free);
    ch_yaml *yaml = ch_yaml_parse(file, data, length, diag);
    if (yaml == NULL) {
        return NULL;
    }
    g_ptr_array_add(documents, yaml);
    return finish(ruleset_new(config), documents, before, diag);
}

const GPtrArray *
ch_ruleset_rules(const ch_ruleset *rules)
{
    return rules->rules;
}

const ch_rule *
ch_ruleset_find(const ch_ruleset *rules, const char *id)
{
    return g_hash_table_lookup(rules->by_id, id);
}
