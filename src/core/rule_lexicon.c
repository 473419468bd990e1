/*
 * Lexicons and thresholds: the data of a pack that a site may change.
 *
 *   lexicons:
 *     drugs: [ibuprofen, "st. john's wort"]
 *     brands: {file: lexicons/brands.txt}    beside the pack, a phrase a
 *                                            line, # begins a comment
 *   thresholds: {tone: 4}
 *
 * An overlay says {drugs: {add: [...], remove: [...]}} with the full name
 * "pack.drugs", and thresholds: {pack.tone: 6}.  Phrases are those of
 * rule_words.c.
 */
#include "ruleset_int.h"

#include "chaperone/limits.h"

/* A path beside the pack; none that leads out of its directory. */
char *
ch_rule_dup_path(const ch_yaml_node *node, const char *key, ch_diag *diag)
{
    const char *name = ch_yaml_string(node, key, diag);
    if (name == NULL) {
        return NULL;
    }
    if (g_path_is_absolute(name) || strstr(name, "..") != NULL) {
        ch_yaml_error(node, diag, "%s: a path inside of the pack's directory",
                      key);
        return NULL;
    }
    g_autofree char *dir = g_path_get_dirname(node->file);
    return g_build_filename(dir, name, NULL);
}

static void
add_lines(GPtrArray *phrases, const char *data)
{
    g_auto(GStrv) lines = g_strsplit(data, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        char *line = lines[i];
        char *comment = strchr(line, '#');
        if (comment != NULL) {
            *comment = '\0';
        }
        g_strstrip(line);
        if (line[0] != '\0') {
            g_ptr_array_add(phrases, g_strdup(line));
        }
    }
}

static gboolean
add_file(GPtrArray *phrases, const ch_yaml_node *node, ch_diag *diag)
{
    g_autofree char *path = ch_rule_dup_path(node, "file", diag);
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    gsize length;
    if (path == NULL) {
        return FALSE;
    }
    if (!g_file_get_contents(path, &data, &length, &error)) {
        ch_yaml_error(node, diag, "cannot read the lexicon: %s",
                      error->message);
        return FALSE;
    }
    if (length > CH_MAX_YAML || !g_utf8_validate(data, (gssize)length, NULL)) {
        ch_yaml_error(node, diag,
                      "the lexicon must be UTF-8 text of at most %d MiB",
                      CH_MAX_YAML / 1024 / 1024);
        return FALSE;
    }
    add_lines(phrases, data);
    return TRUE;
}

static void
add_strings(GPtrArray *phrases, const ch_yaml_node *node, const char *what,
            ch_diag *diag)
{
    g_auto(GStrv) list = ch_yaml_strings(node, what, diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        g_ptr_array_add(phrases, g_strdup(list[i]));
    }
}

static GPtrArray *
read_lexicon(const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const allowed[] = {"file", NULL};
    GPtrArray *phrases = g_ptr_array_new_with_free_func(g_free);
    if (node->kind != CH_YAML_MAP) {
        add_strings(phrases, node, node->key, diag);
    } else if (ch_yaml_check_map(node, allowed, diag)) {
        const ch_yaml_node *file = ch_yaml_get(node, "file");
        if (file == NULL) {
            ch_yaml_error(node, diag, "a lexicon is a list or {file: PATH}");
        } else {
            add_file(phrases, file, diag);
        }
    }
    return phrases;
}

/* The map at a key of root; NULL if there is none, or an error. */
static const ch_yaml_node *
map_at(const ch_yaml_node *root, const char *key, ch_diag *diag)
{
    const ch_yaml_node *node = ch_yaml_get(root, key);
    if (node != NULL && node->kind != CH_YAML_MAP) {
        ch_yaml_error(node, diag, "%s must be a map", key);
        return NULL;
    }
    return node;
}

void
ch_rule_lexicons_read(scope_names *names, const ch_yaml_node *root)
{
    const ch_yaml_node *map = map_at(root, "lexicons", names->diag);
    for (guint i = 0; map != NULL && i < map->children->len; i++) {
        const ch_yaml_node *child = map->children->pdata[i];
        g_hash_table_insert(
            names->lexicons,
            g_strconcat(names->pack_name, ".", child->key, NULL),
            read_lexicon(child, names->diag));
    }
}

/* Takes one phrase out; FALSE: it is not there. */
static gboolean
remove_phrase(GPtrArray *phrases, const char *phrase)
{
    for (guint i = 0; i < phrases->len; i++) {
        if (strcmp(phrases->pdata[i], phrase) == 0) {
            g_ptr_array_remove_index(phrases, i);
            return TRUE;
        }
    }
    return FALSE;
}

static void
change_lexicon(GPtrArray *phrases, const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const allowed[] = {"add", "remove", NULL};
    if (!ch_yaml_check_map(node, allowed, diag)) {
        return;
    }
    const ch_yaml_node *add = ch_yaml_get(node, "add");
    const ch_yaml_node *drop = ch_yaml_get(node, "remove");
    if (add != NULL) {
        add_strings(phrases, add, "add", diag);
    }
    g_auto(GStrv) list =
        drop == NULL ? NULL : ch_yaml_strings(drop, "remove", diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        if (!remove_phrase(phrases, list[i])) {
            ch_yaml_error(drop, diag, "\"%s\" is not in that lexicon", list[i]);
        }
    }
}

void
ch_rule_lexicons_change(scope_names *names, const ch_yaml_node *root)
{
    const ch_yaml_node *map = map_at(root, "lexicons", names->diag);
    for (guint i = 0; map != NULL && i < map->children->len; i++) {
        const ch_yaml_node *child = map->children->pdata[i];
        GPtrArray *phrases = g_hash_table_lookup(names->lexicons, child->key);
        if (phrases == NULL) {
            ch_yaml_error(child, names->diag,
                          "no lexicon \"%s\": it is PACK.NAME of a pack that "
                          "is loaded",
                          child->key);
        } else {
            change_lexicon(phrases, child, names->diag);
        }
    }
}

/* "name" of this pack or "pack.name". */
static gpointer
look_up(const scope_names *names, GHashTable *table, const char *name)
{
    g_autofree char *own = g_strconcat(names->pack_name, ".", name, NULL);
    gpointer found = g_hash_table_lookup(table, own);
    return found != NULL ? found : g_hash_table_lookup(table, name);
}

const char **
ch_rule_lexicon_phrases(scope_names *names, const ch_yaml_node *node)
{
    g_auto(GStrv) list = ch_yaml_strings(node, "lexicon", names->diag);
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        const GPtrArray *phrases = look_up(names, names->lexicons, list[i]);
        if (phrases == NULL) {
            ch_yaml_error(node, names->diag,
                          "unknown lexicon \"%s\": name one under lexicons: of "
                          "this pack, or PACK.NAME of another",
                          list[i]);
            return NULL;
        }
        for (guint p = 0; p < phrases->len; p++) {
            g_ptr_array_add(all, phrases->pdata[p]);
        }
    }
    if (list == NULL) {
        return NULL;
    }
    g_ptr_array_add(all, NULL);
    return (const char **)g_ptr_array_free(g_steal_pointer(&all), FALSE);
}

static gboolean
read_integer(const ch_yaml_node *node, gint64 *number_out)
{
    return node->kind == CH_YAML_SCALAR &&
           g_ascii_string_to_signed(node->text, 10, -10000, 10000, number_out,
                                    NULL);
}

void
ch_rule_thresholds_read(scope_names *names, const ch_yaml_node *root,
                        gboolean overlay)
{
    const ch_yaml_node *map = map_at(root, "thresholds", names->diag);
    for (guint i = 0; map != NULL && i < map->children->len; i++) {
        const ch_yaml_node *child = map->children->pdata[i];
        gint64 number;
        if (!read_integer(child, &number) || number < 1) {
            ch_yaml_error(child, names->diag,
                          "a threshold is a number from 1 to 10000");
            continue;
        }
        char *full = overlay
                         ? g_strdup(child->key)
                         : g_strconcat(names->pack_name, ".", child->key, NULL);
        if (overlay && !g_hash_table_contains(names->thresholds, full)) {
            ch_yaml_error(child, names->diag,
                          "no threshold \"%s\": it is PACK.NAME of a pack "
                          "that is loaded",
                          full);
        }
        g_hash_table_insert(names->thresholds, full,
                            GINT_TO_POINTER((int)number));
    }
}

gboolean
ch_rule_number(scope_names *names, const ch_yaml_node *node, int low, int high,
               int *number_out)
{
    gint64 number = 0;
    if (node->kind == CH_YAML_SCALAR && !read_integer(node, &number)) {
        number = GPOINTER_TO_INT(look_up(names, names->thresholds, node->text));
        if (number == 0) {
            ch_yaml_error(node, names->diag,
                          "a number, or the name of one under thresholds:");
            return FALSE;
        }
    }
    if (node->kind != CH_YAML_SCALAR || number < low || number > high) {
        ch_yaml_error(node, names->diag, "a number from %d to %d", low, high);
        return FALSE;
    }
    *number_out = (int)number;
    return TRUE;
}
