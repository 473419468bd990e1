/*
 * chaperone rules passages: labelled posts as an encoder reads them, with
 * what the classifier says of each.
 */
#include "rules.h"

#include "corpus.h"
#include "judge.h"

#include "chaperone/passage.h"

#include <math.h>
#include <string.h>
#include <sysexits.h>

/* Log odds of harm of the classifier alone; 0 without one. */
static double
odds_of(const ch_house *house, const ch_verdict *v)
{
    g_auto(ch_opinion) o = {0};
    if (!ch_ruleset_opinion(house->rules, v->texts, &v->facts, &o)) {
        return 0;
    }
    return log(o.by_words) - log1p(-o.by_words);
}

static void
set_string(JsonObject *object, const char *name, const char *value)
{
    if (value != NULL) {
        json_object_set_string_member(object, name, value);
    }
}

static void
print_passage(const ch_house *house, const ch_corpus_post *post,
              const ch_verdict *v)
{
    const ch_post_facts known = {v->facts.is_reply, v->facts.has_image};
    const ch_label *label = &post->label;
    g_autoptr(GString) passage = ch_passage_new(v->texts, &known);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    g_autoptr(JsonObject) object = json_object_new();
    set_string(object, "id", post->id);
    set_string(object, "lang", label->lang);
    set_string(object, "rule", label->violation ? label->rule : NULL);
    set_string(
        object, "near",
        json_object_get_string_member_with_default(post->fields, "near", NULL));
    json_object_set_string_member(object, "severity",
                                  ch_action_name(label->severity));
    json_object_set_boolean_member(object, "harm", label->violation);
    json_object_set_double_member(object, "odds", odds_of(house, v));
    json_object_set_string_member(object, "passage", passage->str);
    json_node_set_object(node, object);
    g_autofree char *line = json_to_string(node, FALSE);
    puts(line);
}

int
ch_rules_passages(const char *config, const char *const *paths)
{
    g_auto(ch_corpus) corpus = {0};
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_judge judge = {.kind = CH_INPUT_JSONL, .now_us = -1, .all = TRUE};
    GError *error = NULL;
    g_autoptr(ch_house) house = ch_house_load_drafts(config, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    ch_ruleset_drop_encoder(house->rules);
    judge.house = house;
    ch_corpus_read(&corpus, paths);
    for (guint i = 0; i < corpus.posts->len; i++) {
        const ch_corpus_post *p = corpus.posts->pdata[i];
        g_autoptr(ch_verdict) v = ch_judge_input(&judge, &p->input, &error);
        if (v == NULL) {
            return ch_cli_fail(error);
        }
        print_passage(house, p, v);
    }
    return corpus.wrong > 0 ? EX_DATAERR : EX_OK;
}
