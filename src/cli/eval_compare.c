/*
 * Scores against those of an earlier run, by the ids of the posts that came
 * out wrong.  Worse is a longer list: when one miss comes and another goes,
 * both are named and nothing is worse.
 */
#include "eval.h"

#include "chaperone/error.h"

/* The ids of a list in an earlier result; FALSE if it has no such list. */
static gboolean
read_ids(JsonObject *root, const char *name, GPtrArray *ids)
{
    JsonNode *node = json_object_get_member(root, name);
    if (node == NULL || !JSON_NODE_HOLDS_ARRAY(node)) {
        return FALSE;
    }
    JsonArray *array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *id = json_array_get_element(array, i);
        if (json_node_get_value_type(id) != G_TYPE_STRING) {
            return FALSE;
        }
        g_ptr_array_add(ids, (gpointer)json_node_get_string(id));
    }
    return TRUE;
}

gboolean
ch_comparison_load(ch_comparison *c, const char *file, GError **error)
{
    g_autoptr(GError) inner = NULL;
    c->file = file;
    c->earlier = json_parser_new();
    if (!json_parser_load_from_file(c->earlier, file, &inner)) {
        g_set_error(error, CH_ERROR, CH_ERROR_INPUT, "--baseline: %s",
                    inner->message);
        return FALSE;
    }
    JsonNode *root = json_parser_get_root(c->earlier);
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root) ||
        !read_ids(json_node_get_object(root), "misses", ids) ||
        !read_ids(json_node_get_object(root), "alarms", ids)) {
        g_set_error(error, CH_ERROR, CH_ERROR_INPUT,
                    "--baseline: %s is no result of eval --format json", file);
        return FALSE;
    }
    return TRUE;
}

/* Appends to out what is in a and not in b. */
static void
subtract(const GPtrArray *a, const GPtrArray *b, GPtrArray *out)
{
    g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < b->len; i++) {
        g_hash_table_add(known, b->pdata[i]);
    }
    for (guint i = 0; i < a->len; i++) {
        if (!g_hash_table_contains(known, a->pdata[i])) {
            g_ptr_array_add(out, a->pdata[i]);
        }
    }
}

void
ch_comparison_make(ch_comparison *c, const ch_scores *scores)
{
    JsonObject *root = json_node_get_object(json_parser_get_root(c->earlier));
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        ch_change *change = &c->lists[i];
        g_autoptr(GPtrArray) before = g_ptr_array_new();
        const GPtrArray *now = scores->lists[i];
        change->new_ids = g_ptr_array_new();
        change->gone_ids = g_ptr_array_new();
        change->known = read_ids(root, ch_list_name(i), before);
        if (!change->known) {
            continue; /* an older version wrote it */
        }
        change->before = before->len;
        change->now = now->len;
        subtract(now, before, change->new_ids);
        subtract(before, now, change->gone_ids);
        c->worse |= change->now > change->before;
    }
}

void
ch_comparison_clear(ch_comparison *c)
{
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        g_clear_pointer(&c->lists[i].new_ids, g_ptr_array_unref);
        g_clear_pointer(&c->lists[i].gone_ids, g_ptr_array_unref);
    }
    g_clear_object(&c->earlier);
}
