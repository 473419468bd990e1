/*
 * Labelled posts for eval: check's jsonl with kind, severity, rule, lang and
 * class (CONTRACT.md, "chaperone eval").  A line whose labels contradict
 * themselves is refused, not guessed at: a score on wrong labels is worse
 * than none.  Errors name file, line and key, never text of a post.
 */
#include "corpus.h"

static void
post_free(gpointer data)
{
    ch_corpus_post *p = data;
    g_clear_pointer(&p->rules, g_ptr_array_unref);
    g_clear_error(&p->error);
    g_free(p->name);
    g_free(p->id);
    g_clear_pointer(&p->fields, json_object_unref);
    g_clear_pointer(&p->raw, g_bytes_unref);
    g_strfreev(p->headers);
    g_free(p);
}

static void
tell(ch_corpus *corpus, const ch_input *input, const char *what)
{
    corpus->wrong++;
    if (input->line == 0) {
        fprintf(stderr, "%s: %s\n", input->name, what);
    } else {
        fprintf(stderr, "%s:%u: %s\n", input->name, input->line, what);
    }
}

/* FALSE if the key is there and is no string; *text_out NULL: absent or null.
 * Borrowed. */
static gboolean
get_string(JsonObject *fields, const char *key, const char **text_out)
{
    JsonNode *node = json_object_get_member(fields, key);
    *text_out = NULL;
    if (node == NULL || JSON_NODE_HOLDS_NULL(node)) {
        return TRUE;
    }
    if (json_node_get_value_type(node) != G_TYPE_STRING) {
        return FALSE;
    }
    *text_out = json_node_get_string(node);
    return TRUE;
}

/* The labels of a line; NULL, or what is wrong with them. */
static const char *
read_label(JsonObject *fields, ch_label *label)
{
    const char *kind, *severity;
    if (!get_string(fields, "kind", &kind) || kind == NULL ||
        (strcmp(kind, "violation") != 0 && strcmp(kind, "allow") != 0)) {
        return "kind: violation or allow";
    }
    label->violation = kind[0] == 'v';
    if (!get_string(fields, "severity", &severity) ||
        (severity == NULL && label->violation)) {
        return "severity: reject, quarantine, tag or none";
    }
    gboolean none = severity == NULL || strcmp(severity, "none") == 0;
    if (!none && (!ch_action_parse(severity, &label->severity) ||
                  label->severity == CH_ACCEPT)) {
        return "severity: reject, quarantine, tag or none";
    }
    if (none == label->violation) {
        return "severity: none for an allowed post, for a violation another";
    }
    if (!get_string(fields, "rule", &label->rule)) {
        return "rule: the id of a rule, or null";
    }
    if (!get_string(fields, "lang", &label->lang) ||
        !get_string(fields, "class", &label->post_class)) {
        return "lang, class: a word";
    }
    if (label->lang == NULL) {
        label->lang = "und"; /* undetermined, RFC 5646 4.1 */
    }
    return NULL;
}

/* NULL, or what is wrong with the post itself. */
static const char *
check_post(const ch_input *input)
{
    const ch_plain_post *p = &input->post;
    if (input->raw == NULL && p->subject == NULL && p->text == NULL &&
        p->html == NULL) {
        return "no post: subject, text, html or eml is missing";
    }
    if (input->raw != NULL && g_bytes_get_size(input->raw) == 0) {
        return "the message is empty";
    }
    return NULL;
}

/* Keeps what the input borrows.  Owned. */
static ch_corpus_post *
keep(const ch_input *input, const ch_label *label)
{
    ch_corpus_post *p = g_new0(ch_corpus_post, 1);
    p->name = g_strdup(input->name);
    p->id = input->id != NULL
                ? g_strdup(input->id)
                : g_strdup_printf("%s:%u", input->name, input->line);
    p->fields = json_object_ref(input->fields);
    p->raw = input->raw == NULL ? NULL : g_bytes_ref(input->raw);
    p->headers = g_strdupv((char **)input->post.headers);
    p->input = *input;
    p->input.name = p->name;
    p->input.raw = p->raw;
    p->input.post.headers = (const char *const *)p->headers;
    p->label = *label;
    p->label.id = p->id;
    return p;
}

static gboolean
visit(const ch_input *input, gpointer data)
{
    ch_corpus *corpus = data;
    ch_label label = {0};
    const char *wrong = input->error;
    if (wrong == NULL) {
        wrong = read_label(input->fields, &label);
    }
    if (wrong == NULL) {
        wrong = check_post(input);
    }
    if (wrong == NULL && input->id != NULL &&
        !g_hash_table_add(corpus->ids,
                          g_strdup_printf("%s\n%s", input->name, input->id))) {
        wrong = "id: it is there twice";
    }
    if (wrong != NULL) {
        tell(corpus, input, wrong);
    } else {
        g_ptr_array_add(corpus->posts, keep(input, &label));
    }
    return TRUE;
}

void
ch_corpus_read(ch_corpus *corpus, const char *const *paths)
{
    corpus->posts = g_ptr_array_new_with_free_func(post_free);
    corpus->ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ch_input_each(CH_INPUT_JSONL, paths, visit, corpus);
}

void
ch_corpus_clear(ch_corpus *corpus)
{
    g_clear_pointer(&corpus->posts, g_ptr_array_unref);
    g_clear_pointer(&corpus->ids, g_hash_table_unref);
}
