/*
 * Reads inputs one by one and hands each to the caller; what cannot be read
 * is handed over as an error, so that the others are still judged.
 */
#include "input.h"

#include "chaperone/limits.h"

typedef struct {
    ch_input_kind kind;
    ch_input_visit visit;
    gpointer data;
} walk;

/* Where a line stands. */
typedef struct {
    const char *name, *id;
    guint number; /* 0: no line */
    JsonObject *fields;
} place;

char *
ch_input_dup_name(const ch_input *input)
{
    return input->id == NULL ? g_strdup(input->name)
                             : g_strdup_printf("%s:%s", input->name, input->id);
}

static gboolean
visit_bad_line(const walk *w, const place *at, const char *error)
{
    ch_input input = {.name = at->name,
                      .id = at->id,
                      .line = at->number,
                      .fields = at->fields,
                      .error = error};
    return w->visit(&input, w->data);
}

static gboolean
visit_error(const walk *w, const char *name, const char *error)
{
    return visit_bad_line(w, &(place){.name = name}, error);
}

static gboolean
visit_message(const walk *w, const char *name, char *data, gsize length)
{
    g_autoptr(GBytes) raw = g_bytes_new_take(data, length);
    ch_input input = {.name = name, .raw = raw};
    return w->visit(&input, w->data);
}

/* --- jsonl --------------------------------------------------------------- */

static const char *
get_text(JsonObject *object, const char *key)
{
    JsonNode *node = json_object_get_member(object, key);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

/* {"name": "value"} to name, value, ..., NULL.  Owned. */
static GStrv
dup_headers(JsonObject *object)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    JsonNode *node = json_object_get_member(object, "headers");
    if (node != NULL && JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObject *headers = json_node_get_object(node);
        g_autoptr(GList) names = json_object_get_members(headers);
        for (GList *l = names; l != NULL; l = l->next) {
            const char *value = get_text(headers, l->data);
            if (value != NULL) {
                g_strv_builder_add(builder, l->data);
                g_strv_builder_add(builder, value);
            }
        }
    }
    return g_strv_builder_end(builder);
}

/* A message beside the jsonl file, which is a post like the other lines. */
static gboolean
visit_eml(const walk *w, const place *at, ch_input *input, const char *eml)
{
    g_autofree char *dir = g_path_get_dirname(at->name);
    g_autofree char *path = g_build_filename(dir, eml, NULL);
    g_autofree char *data = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &data, &length, &error)) {
        return visit_bad_line(w, at, error->message);
    }
    g_autoptr(GBytes) raw = g_bytes_new(data, length);
    input->raw = raw;
    return w->visit(input, w->data);
}

static gboolean
visit_line(const walk *w, const place *at)
{
    const char *eml = get_text(at->fields, "eml");
    ch_input input = {.name = at->name,
                      .id = at->id,
                      .line = at->number,
                      .fields = at->fields,
                      .is_post = TRUE,
                      .gateway = get_text(at->fields, "gateway")};
    if (eml != NULL) {
        return visit_eml(w, at, &input, eml);
    }
    g_auto(GStrv) headers = dup_headers(at->fields);
    input.post = (ch_plain_post){.subject = get_text(at->fields, "subject"),
                                 .text = get_text(at->fields, "text"),
                                 .html = get_text(at->fields, "html"),
                                 .headers = (const char *const *)headers};
    return w->visit(&input, w->data);
}

static gboolean
visit_json(const walk *w, const char *name, const char *line, guint number)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    place at = {.name = name, .number = number};
    if (!json_parser_load_from_data(parser, line, -1, NULL) ||
        json_parser_get_root(parser) == NULL ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        return visit_bad_line(w, &at, "no JSON object");
    }
    at.fields = json_node_get_object(json_parser_get_root(parser));
    at.id = get_text(at.fields, "id");
    return visit_line(w, &at);
}

static gboolean
visit_jsonl(const walk *w, const char *name, GIOChannel *channel)
{
    guint number = 0;
    for (;;) {
        g_autofree char *line = NULL;
        gsize length = 0, end = 0;
        g_autoptr(GError) error = NULL;
        GIOStatus status =
            g_io_channel_read_line(channel, &line, &length, &end, &error);
        if (status == G_IO_STATUS_ERROR) {
            return visit_error(w, name, error->message);
        }
        if (status != G_IO_STATUS_NORMAL) {
            return TRUE;
        }
        number++;
        line[end] = '\0';
        if (!g_utf8_validate(line, (gssize)end, NULL)) {
            place at = {.name = name, .number = number};
            if (!visit_bad_line(w, &at, "not UTF-8")) {
                return FALSE;
            }
        } else if (*g_strstrip(line) != '\0' &&
                   !visit_json(w, name, line, number)) {
            return FALSE;
        }
    }
}

/* --- files --------------------------------------------------------------- */

static gboolean
visit_text(const walk *w, const char *name, const char *data, gsize length)
{
    g_autofree char *valid = g_utf8_make_valid(data, (gssize)length);
    ch_input input = {.name = name, .is_post = TRUE, .post = {.text = valid}};
    return w->visit(&input, w->data);
}

static gboolean
visit_channel(const walk *w, const char *name, GIOChannel *channel)
{
    char *data = NULL;
    gsize length = 0;
    g_autoptr(GError) error = NULL;
    g_io_channel_set_encoding(channel, NULL, NULL);
    if (w->kind == CH_INPUT_JSONL) {
        return visit_jsonl(w, name, channel);
    }
    if (g_io_channel_read_to_end(channel, &data, &length, &error) !=
        G_IO_STATUS_NORMAL) {
        return visit_error(w, name, error->message);
    }
    if (w->kind == CH_INPUT_EML) {
        return visit_message(w, name, data, length);
    }
    gboolean go_on = visit_text(w, name, data, length);
    g_free(data);
    return go_on;
}

static gboolean
visit_file(const walk *w, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GIOChannel) channel =
        strcmp(path, "-") == 0 ? g_io_channel_unix_new(0)
                               : g_io_channel_new_file(path, "r", &error);
    return channel == NULL ? visit_error(w, path, error->message)
                           : visit_channel(w, path, channel);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean
visit_directory(const walk *w, const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(path, 0, &error);
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    if (dir == NULL) {
        return visit_error(w, path, error->message);
    }
    for (const char *name = g_dir_read_name(dir); name != NULL;
         name = g_dir_read_name(dir)) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        if (name[0] != '.' && g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
            g_ptr_array_add(files, g_steal_pointer(&file));
        }
    }
    g_ptr_array_sort(files, compare_names);
    for (guint i = 0; i < files->len; i++) {
        if (!visit_file(w, files->pdata[i])) {
            return FALSE;
        }
    }
    return TRUE;
}

void
ch_input_each(ch_input_kind kind, const char *const *paths,
              ch_input_visit visit, gpointer data)
{
    walk w = {kind, visit, data};
    for (guint i = 0; paths[i] != NULL; i++) {
        gboolean go_on = g_file_test(paths[i], G_FILE_TEST_IS_DIR)
                             ? visit_directory(&w, paths[i])
                             : visit_file(&w, paths[i]);
        if (!go_on) {
            return;
        }
    }
}
