/*
 * Rule files to a ruleset: all errors of all files at once, or nothing.
 *
 * Files are read in passes, because they name things of each other: lexicons
 * and thresholds of packs, what overlays change of them, signals and frames,
 * rules, and what overlays change of those.  See chaperone-rules(5).
 */
#include "rule_cache_int.h"
#include "ruleset_int.h"

#include "chaperone/error.h"

const char *const ch_required_rules[] = {"structure/unreadable",
                                         "structure/unsupported",
                                         "structure/ambiguous",
                                         "structure/pattern-limit",
                                         "structure/posting-address",
                                         "structure/posting-address-shown",
                                         "structure/dead-gateway",
                                         "structure/directive-mismatch",
                                         "policy/combined",
                                         "policy/failure",
                                         NULL};

void
ch_ruleset_free(ch_ruleset *rules)
{
    if (rules == NULL) {
        return;
    }
    ch_rule_opinion_clear(&rules->opinion);
    g_ptr_array_unref(rules->rules);
    g_ptr_array_unref(rules->signals);
    ch_scanner_free(rules->scanner);
    g_hash_table_unref(rules->pattern_numbers);
    g_ptr_array_unref(rules->patterns);
    g_array_unref(rules->always);
    g_hash_table_unref(rules->by_id);
    ch_entities_free(rules->entities);
    g_ptr_array_unref(rules->files);
    g_free(rules);
}

static ch_ruleset *
ruleset_new(const ch_config *config)
{
    ch_ruleset *rules = g_new0(ch_ruleset, 1);
    rules->rules = g_ptr_array_new_with_free_func(ch_rule_entry_free);
    rules->signals = g_ptr_array_new_with_free_func(ch_rule_signal_free);
    rules->patterns = g_ptr_array_new_with_free_func(ch_rule_pattern_free);
    rules->pattern_numbers = g_hash_table_new(g_str_hash, g_str_equal);
    rules->always = g_array_new(FALSE, FALSE, sizeof(guint));
    rules->by_id = g_hash_table_new(g_str_hash, g_str_equal);
    rules->entities = ch_entities_new(config);
    rules->files = g_ptr_array_new_with_free_func(g_free);
    rules->jurisdiction = ch_jurisdiction_names[config->practice_jurisdiction];
    return rules;
}

/* --- passes over all files --------------------------------------------- */

static gboolean
is_overlay(const ch_yaml_node *root)
{
    return ch_yaml_get(root, "overlay") != NULL;
}

static void
check_keys(const ch_yaml_node *root, ch_diag *diag)
{
    static const char *const pack_keys[] = {"pack",       "title",  "lexicons",
                                            "thresholds", "frames", "signals",
                                            "classifier", "rules",  NULL};
    static const char *const overlay_keys[] = {
        "overlay",    "title", "lexicons",   "thresholds",
        "classifier", "rules", "exceptions", NULL};
    ch_yaml_check_map(root, is_overlay(root) ? overlay_keys : pack_keys, diag);
}

static GHashTable *
new_names(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

typedef struct {
    scope_names names;
    const ch_yaml_node *root;
    char *name; /* of the pack or overlay */
    GHashTable *signals;
    gboolean overlay;
} rule_file;

static void
file_clear(gpointer data)
{
    rule_file *f = data;
    g_free(f->name);
    g_hash_table_unref(f->signals);
}

static scope_names *
enter(scope_names *names, rule_file *f)
{
    names->pack = f->signals;
    names->pack_name = f->name;
    names->owner = f->name;
    return names;
}

/* One pass: calls step for packs or for overlays. */
static void
pass(scope_names *names, GArray *files, gboolean overlays,
     void (*step)(scope_names *, const ch_yaml_node *))
{
    for (guint i = 0; i < files->len; i++) {
        rule_file *f = &g_array_index(files, rule_file, i);
        if (f->overlay == overlays && f->root->kind == CH_YAML_MAP) {
            step(enter(names, f), f->root);
        }
    }
}

static void
read_data(scope_names *names, const ch_yaml_node *root)
{
    ch_rule_lexicons_read(names, root);
    ch_rule_thresholds_read(names, root, FALSE);
}

static void
change_data(scope_names *names, const ch_yaml_node *root)
{
    ch_rule_lexicons_change(names, root);
    ch_rule_thresholds_read(names, root, TRUE);
}

static void
read_signals(scope_names *names, const ch_yaml_node *root)
{
    ch_rule_signals_read(names, names->pack, root, "frames");
    ch_rule_signals_read(names, names->pack, root, "signals");
}

static void
read_files(ch_ruleset *rules, const GPtrArray *documents, gboolean overlays,
           ch_diag *diag)
{
    g_autoptr(GHashTable) shared = new_names();
    g_autoptr(GHashTable) thresholds = new_names();
    g_autoptr(GHashTable) lexicons = g_hash_table_new_full(
        g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
    scope_names names = {.rules = rules,
                         .shared = shared,
                         .thresholds = thresholds,
                         .lexicons = lexicons,
                         .diag = diag};
    g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(rule_file));
    g_array_set_clear_func(files, file_clear);
    for (guint i = 0; i < documents->len; i++) {
        rule_file f = {.root = ch_yaml_root(documents->pdata[i])};
        if (is_overlay(f.root) && !overlays) {
            continue;
        }
        check_keys(f.root, diag);
        f.overlay = is_overlay(f.root);
        f.name = ch_rule_dup_text(f.root, f.overlay ? "overlay" : "pack", diag);
        f.signals = new_names();
        g_array_append_val(files, f);
    }
    pass(&names, files, FALSE, read_data);
    pass(&names, files, TRUE, change_data);
    pass(&names, files, FALSE, read_signals);
    pass(&names, files, FALSE, ch_rule_pack_read);
    pass(&names, files, FALSE, ch_rule_opinion_read);
    pass(&names, files, TRUE, ch_rule_opinion_change);
    pass(&names, files, TRUE, ch_rule_overlay_apply);
}

/* --- files ------------------------------------------------------------- */

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

static void
make_scanner(ch_ruleset *rules, const ch_config *config, GBytes *cached)
{
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();
    for (guint i = 0; i < rules->patterns->len; i++) {
        const rule_pattern *p = rules->patterns->pdata[i];
        g_ptr_array_add(patterns, (gpointer)p->regex);
    }
    rules->scanner = ch_scanner_new(patterns, config->rules_engine, cached);
}

/* With overlays or without.  cached: the database of these very rules, or
 * NULL. */
static ch_ruleset *
build(const ch_config *config, const GPtrArray *documents, gboolean overlays,
      GBytes *cached, ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    ch_ruleset *rules = ruleset_new(config);
    rules->trusted = cached != NULL;
    read_files(rules, documents, overlays, diag);
    for (guint i = 0; i < rules->rules->len; i++) { /* outlive the YAML */
        rule_entry *r = rules->rules->pdata[i];
        g_ptr_array_add(rules->files, g_strdup(r->public.file));
        r->public.file = rules->files->pdata[rules->files->len - 1];
    }
    if (ch_diag_count(diag) > before) {
        ch_ruleset_free(rules);
        return NULL;
    }
    ch_rule_anchor(rules);
    make_scanner(rules, config, cached);
    return rules;
}

/* Examples speak of the packs as shipped: a site may well change them. */
static void
check_examples(const ch_config *config, const GPtrArray *documents,
               const ch_ruleset *rules, ch_diag *diag)
{
    gboolean changed = FALSE;
    for (guint i = 0; i < documents->len; i++) {
        changed |= is_overlay(ch_yaml_root(documents->pdata[i]));
    }
    g_autoptr(ch_ruleset) shipped =
        changed ? build(config, documents, FALSE, NULL, diag) : NULL;
    if (!changed || shipped != NULL) {
        ch_ruleset_check_examples(changed ? shipped : rules, diag);
    }
}

static void
read_document(const char *file, GPtrArray *documents, ch_diag *diag)
{
    ch_yaml *yaml = ch_yaml_load(file, diag);
    if (yaml != NULL) {
        g_ptr_array_add(documents, yaml);
    }
}

/* The files of a specialty or a jurisdiction below a place of rules: a file
 * is either a pack or an overlay, and some have both. */
static gboolean
read_profile(const char *path, const char *name, GPtrArray *documents,
             ch_diag *diag)
{
    static const char *const ends[] = {".yaml", "-overlay.yaml"};
    gboolean any = FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *base = g_strconcat(name, ends[i], NULL);
        g_autofree char *file = g_build_filename(path, "profiles", base, NULL);
        if (g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
            any = TRUE;
            read_document(file, documents, diag);
        }
    }
    return any;
}

/* What the configuration names of profiles/ below path.  found: names that
 * were there. */
static void
read_profiles(const ch_config *config, const char *const *specialties,
              const char *path, GHashTable *found, GPtrArray *documents,
              ch_diag *diag)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; specialties[i] != NULL; i++) {
        g_ptr_array_add(names, (gpointer)specialties[i]);
    }
    g_ptr_array_add(
        names, (gpointer)ch_jurisdiction_names[config->practice_jurisdiction]);
    for (guint i = 0; i < names->len; i++) {
        if (read_profile(path, names->pdata[i], documents, diag)) {
            g_hash_table_add(found, names->pdata[i]);
        }
    }
}

static GPtrArray *
read_documents(const ch_config *config, const char *const *specialties,
               ch_diag *diag)
{
    g_autoptr(GHashTable) found = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *documents =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_yaml_free);
    for (guint i = 0; config->rules_paths[i] != NULL; i++) {
        g_autoptr(GPtrArray) files = list_files(config->rules_paths[i], diag);
        for (guint f = 0; f < files->len; f++) {
            read_document(files->pdata[f], documents, diag);
        }
        read_profiles(config, specialties, config->rules_paths[i], found,
                      documents, diag);
    }
    /* A jurisdiction may have no rules of its own. */
    for (guint i = 0; specialties[i] != NULL; i++) {
        if (!g_hash_table_contains(found, specialties[i])) {
            ch_diag_add(diag, "rules", 0, 0,
                        "practice.specialty: there is no profiles/%s.yaml in "
                        "any of rules.paths",
                        specialties[i]);
        }
    }
    return documents;
}

/* A lexicon or weights that a pack names.  What is wrong with the name is said
 * when the pack is read. */
static void
digest_file(rule_cache *cache, const ch_yaml_node *node)
{
    g_autoptr(ch_diag) unsaid = ch_diag_new();
    g_autofree char *path = ch_rule_dup_path(node, node->key, unsaid);
    g_autofree char *data = NULL;
    gsize length;
    if (path != NULL && g_file_get_contents(path, &data, &length, NULL)) {
        ch_rule_cache_add(cache, path, data, length);
    }
}

/* All that a file of rules says.  Nothing beside it is opened: to close one of
 * the store's files would end SQLite's locks on it (SQLite, How To Corrupt An
 * SQLite Database File, 2.2). */
static void
digest_node(rule_cache *cache, const ch_yaml_node *node)
{
    const char *key = node->key == NULL ? "" : node->key;
    const char *text = node->text == NULL ? "" : node->text;
    const guint8 form[] = {(guint8)node->kind, node->quoted != 0};
    ch_rule_cache_add(cache, key, text, strlen(text));
    ch_rule_cache_add(cache, "", (const char *)form, sizeof form);
    if (node->kind == CH_YAML_SCALAR &&
        (strcmp(key, "file") == 0 || strcmp(key, "weights") == 0)) {
        digest_file(cache, node);
    }
    guint count = node->children == NULL ? 0 : node->children->len;
    ch_rule_cache_add(cache, "", (const char *)&count, sizeof count);
    for (guint i = 0; i < count; i++) {
        digest_node(cache, node->children->pdata[i]);
    }
}

static rule_cache *
open_cache(const ch_config *config, const char *const *specialties,
           const GPtrArray *documents)
{
    rule_cache *cache = ch_rule_cache_new(config);
    if (cache != NULL) {
        g_autofree char *profiles = g_strjoinv(" ", (GStrv)specialties);
        ch_rule_cache_add(cache, profiles, "", 0);
        ch_rule_cache_add(
            cache, ch_jurisdiction_names[config->practice_jurisdiction], "", 0);
    }
    for (guint i = 0; cache != NULL && i < documents->len; i++) {
        const ch_yaml_node *root = ch_yaml_root(documents->pdata[i]);
        ch_rule_cache_add(cache, root->file, "", 0);
        digest_node(cache, root);
    }
    return cache;
}

ch_ruleset *
ch_ruleset_load(const ch_config *config, ch_diag *diag)
{
    return ch_ruleset_load_for(
        config, (const char *const *)config->practice_specialty, diag);
}

ch_ruleset *
ch_ruleset_load_for(const ch_config *config, const char *const *specialties,
                    ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    g_autoptr(GPtrArray) documents = read_documents(config, specialties, diag);
    g_autoptr(rule_cache) cache = open_cache(config, specialties, documents);
    g_autoptr(GBytes) cached = ch_rule_cache_load(cache);
    g_autoptr(ch_ruleset) rules = build(config, documents, TRUE, cached, diag);
    if (rules == NULL) {
        return NULL;
    }
    check_required(rules, diag);
    if (cached == NULL && !config->rules_drafts) {
        check_examples(config, documents, rules, diag);
        if (ch_diag_count(diag) == before) {
            g_autoptr(GBytes) database =
                ch_scanner_dup_database(rules->scanner);
            ch_rule_cache_save(cache, database);
        }
    }
    return ch_diag_count(diag) > before ? NULL : g_steal_pointer(&rules);
}

ch_ruleset *
ch_ruleset_parse(const char *file, const char *data, gsize length,
                 const ch_config *config, ch_diag *diag)
{
    g_autoptr(GPtrArray) documents =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_yaml_free);
    ch_yaml *yaml = ch_yaml_parse(file, data, length, diag);
    if (yaml == NULL) {
        return NULL;
    }
    g_ptr_array_add(documents, yaml);
    return build(config, documents, TRUE, NULL, diag);
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
