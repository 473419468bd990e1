/*
 * libyaml's events to a tree of nodes, refusing what is not plain.
 *
 * An alias can blow a small file up and hides what stands where; a duplicate
 * key silently loses one of two settings.  Both are errors here.
 */
#include "chaperone/yaml.h"

#include "chaperone/limits.h"

#include <string.h>
#include <yaml.h>

struct ch_yaml {
    char *file;
    ch_yaml_node *root;
};

typedef struct {
    yaml_parser_t parser;
    yaml_event_t event;
    const char *file;
    ch_diag *diag;
} reader;

static void
node_free(gpointer data)
{
    ch_yaml_node *node = data;
    if (node == NULL) {
        return;
    }
    g_free(node->text);
    g_free(node->key);
    if (node->children != NULL) {
        g_ptr_array_unref(node->children);
    }
    g_free(node);
}

static guint
place(gsize mark)
{
    return (guint)mark + 1;
}

static void
complain(reader *r, const char *what)
{
    ch_diag_add(r->diag, r->file, place(r->event.start_mark.line),
                place(r->event.start_mark.column), "%s", what);
}

/* The next event into r->event; FALSE and an error if there is none. */
static gboolean
next_event(reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event)) {
        return TRUE;
    }
    memset(&r->event, 0, sizeof r->event);
    yaml_mark_t mark = r->parser.error == YAML_READER_ERROR
                           ? r->parser.mark
                           : r->parser.problem_mark;
    ch_diag_add(r->diag, r->file, place(mark.line), place(mark.column),
                "not valid YAML: %s",
                r->parser.problem != NULL ? r->parser.problem : "unreadable");
    return FALSE;
}

static ch_yaml_node *
new_node(const reader *r, ch_yaml_kind kind)
{
    ch_yaml_node *node = g_new0(ch_yaml_node, 1);
    node->kind = kind;
    node->file = r->file;
    node->line = place(r->event.start_mark.line);
    node->column = place(r->event.start_mark.column);
    if (kind != CH_YAML_SCALAR) {
        node->children = g_ptr_array_new_with_free_func(node_free);
    }
    return node;
}

static ch_yaml_node *read_node(reader *r, guint depth);

static gboolean
read_list(reader *r, ch_yaml_node *list, guint depth)
{
    while (next_event(r)) {
        if (r->event.type == YAML_SEQUENCE_END_EVENT) {
            return TRUE;
        }
        ch_yaml_node *child = read_node(r, depth);
        if (child == NULL) {
            return FALSE;
        }
        g_ptr_array_add(list->children, child);
    }
    return FALSE;
}

/* Reads the value behind the key in r->event. */
static gboolean
read_pair(reader *r, ch_yaml_node *map, guint depth)
{
    if (r->event.type != YAML_SCALAR_EVENT) {
        complain(r, "a key must be a plain word");
        return FALSE;
    }
    g_autofree char *key = g_strdup((const char *)r->event.data.scalar.value);
    guint line = place(r->event.start_mark.line);
    guint column = place(r->event.start_mark.column);
    const ch_yaml_node *old = ch_yaml_get(map, key);
    if (old != NULL) {
        ch_diag_add(r->diag, r->file, line, column,
                    "key \"%s\" is there twice, first in line %u", key,
                    old->key_line);
    }
    if (!next_event(r)) {
        return FALSE;
    }
    ch_yaml_node *child = read_node(r, depth);
    if (child == NULL) {
        return FALSE;
    }
    child->key = g_steal_pointer(&key);
    child->key_line = line;
    child->key_column = column;
    g_ptr_array_add(map->children, child);
    return TRUE;
}

static gboolean
read_map(reader *r, ch_yaml_node *map, guint depth)
{
    while (next_event(r)) {
        if (r->event.type == YAML_MAPPING_END_EVENT) {
            return TRUE;
        }
        if (!read_pair(r, map, depth)) {
            return FALSE;
        }
    }
    return FALSE;
}

static gboolean
has_tag(const yaml_event_t *event)
{
    if (event->type == YAML_SCALAR_EVENT) {
        return event->data.scalar.tag != NULL;
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        return event->data.sequence_start.tag != NULL;
    }
    return event->type == YAML_MAPPING_START_EVENT &&
           event->data.mapping_start.tag != NULL;
}

/* The node that starts with r->event; NULL after an error. */
static ch_yaml_node *
read_node(reader *r, guint depth)
{
    ch_yaml_node *node = NULL;
    gboolean done = FALSE;
    if (depth >= CH_MAX_YAML_DEPTH) {
        complain(r, "nested too deeply");
        return NULL;
    }
    if (has_tag(&r->event)) {
        complain(r, "tags (!...) are not allowed");
        return NULL;
    }
    if (r->event.type == YAML_SCALAR_EVENT) {
        node = new_node(r, CH_YAML_SCALAR);
        node->text = g_strdup((const char *)r->event.data.scalar.value);
        node->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        if (r->event.data.scalar.length != strlen(node->text)) {
            complain(r, "a NUL character in a text");
        }
        return node;
    }
    if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        node = new_node(r, CH_YAML_LIST);
        done = read_list(r, node, depth + 1);
    } else if (r->event.type == YAML_MAPPING_START_EVENT) {
        node = new_node(r, CH_YAML_MAP);
        done = read_map(r, node, depth + 1);
    } else {
        complain(r, "aliases (*...) are not allowed");
    }
    if (!done) {
        node_free(node);
        return NULL;
    }
    return node;
}

static ch_yaml_node *
read_document(reader *r)
{
    ch_yaml_node *root = NULL;
    if (!next_event(r) || !next_event(r)) { /* stream start, document start */
        return NULL;
    }
    if (r->event.type == YAML_STREAM_END_EVENT) {
        return new_node(r, CH_YAML_MAP);
    }
    if (!next_event(r)) {
        return NULL;
    }
    root = read_node(r, 0);
    if (root == NULL) {
        return NULL;
    }
    if (root->kind == CH_YAML_SCALAR && root->text[0] == '\0' &&
        !root->quoted) { /* only comments behind "---" */
        root->kind = CH_YAML_MAP;
        root->children = g_ptr_array_new_with_free_func(node_free);
    }
    gboolean ended = next_event(r) && next_event(r);
    if (ended && r->event.type != YAML_STREAM_END_EVENT) {
        complain(r, "a second document: one file holds one");
        ended = FALSE;
    }
    if (!ended) {
        node_free(root);
        return NULL;
    }
    return root;
}

ch_yaml *
ch_yaml_parse(const char *file, const char *data, gsize length, ch_diag *diag)
{
    ch_yaml *yaml = g_new0(ch_yaml, 1);
    yaml->file = g_strdup(file);
    if (length > CH_MAX_YAML) {
        ch_diag_add(diag, file, 0, 0, "larger than %d bytes", CH_MAX_YAML);
        ch_yaml_free(yaml);
        return NULL;
    }
    guint before = ch_diag_count(diag);
    reader r = {.file = yaml->file, .diag = diag};
    if (!yaml_parser_initialize(&r.parser)) {
        g_error("out of memory");
    }
    yaml_parser_set_input_string(&r.parser, (const guint8 *)data, length);
    yaml->root = read_document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    if (yaml->root == NULL || ch_diag_count(diag) > before) {
        ch_yaml_free(yaml);
        return NULL;
    }
    return yaml;
}

ch_yaml *
ch_yaml_load(const char *path, ch_diag *diag)
{
    g_autofree char *data = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &data, &length, &error)) {
        ch_diag_add(diag, path, 0, 0, "cannot be read: %s", error->message);
        return NULL;
    }
    return ch_yaml_parse(path, data, length, diag);
}

void
ch_yaml_free(ch_yaml *yaml)
{
    if (yaml != NULL) {
        node_free(yaml->root);
        g_free(yaml->file);
        g_free(yaml);
    }
}

const ch_yaml_node *
ch_yaml_root(const ch_yaml *yaml)
{
    return yaml->root;
}

const ch_yaml_node *
ch_yaml_get(const ch_yaml_node *map, const char *key)
{
    for (guint i = 0; map->kind == CH_YAML_MAP && i < map->children->len; i++) {
        const ch_yaml_node *child = map->children->pdata[i];
        if (strcmp(child->key, key) == 0) {
            return child;
        }
    }
    return NULL;
}

void
ch_yaml_error(const ch_yaml_node *node, ch_diag *diag, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    ch_diag_add(diag, node->file, node->line, node->column, "%s", what);
}

gboolean
ch_yaml_check_map(const ch_yaml_node *node, const char *const *allowed,
                  ch_diag *diag)
{
    if (node->kind != CH_YAML_MAP) {
        ch_yaml_error(node, diag, "must be a map (key: value)");
        return FALSE;
    }
    gboolean good = TRUE;
    for (guint i = 0; i < node->children->len; i++) {
        const ch_yaml_node *child = node->children->pdata[i];
        if (!g_strv_contains(allowed, child->key)) {
            g_autofree char *list = g_strjoinv(", ", (char **)allowed);
            ch_diag_add(diag, child->file, child->key_line, child->key_column,
                        "unknown key \"%s\"; allowed here: %s", child->key,
                        list);
            good = FALSE;
        }
    }
    return good;
}

const char *
ch_yaml_string(const ch_yaml_node *node, const char *what, ch_diag *diag)
{
    if (node->kind != CH_YAML_SCALAR) {
        ch_yaml_error(node, diag, "%s must be a text", what);
        return NULL;
    }
    return node->text;
}

GStrv
ch_yaml_strings(const ch_yaml_node *node, const char *what, ch_diag *diag)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    if (node->kind == CH_YAML_SCALAR) {
        g_strv_builder_add(builder, node->text);
        return g_strv_builder_end(builder);
    }
    if (node->kind == CH_YAML_MAP) {
        ch_yaml_error(node, diag, "%s must be a list of texts", what);
        return NULL;
    }
    for (guint i = 0; i < node->children->len; i++) {
        const ch_yaml_node *child = node->children->pdata[i];
        if (child->kind != CH_YAML_SCALAR) {
            ch_yaml_error(child, diag, "%s must be a list of texts", what);
            return NULL;
        }
        g_strv_builder_add(builder, child->text);
    }
    return g_strv_builder_end(builder);
}
