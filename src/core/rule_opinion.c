/*
 * The second opinion: what a classifier does to findings.
 *
 *   classifier:
 *     weights: posts.weights   beside the pack; chaperone rules learn
 *     hold: 90                 per cent of harm from which on a post is held
 *     tag: 80                  from which on it is tagged
 *     spare: 20                below, findings of its rules do not count
 *     firm: [privacy/us-ssn]   rules that it has no say in
 *
 * It never rejects: a refusal needs a rule that says what is wrong.  A finding
 * that it spares stays visible, with the action accept.
 */
#include "rule_run_int.h"

#include "chaperone/limits.h"

#include <string.h>

void
ch_rule_opinion_clear(rule_opinion *o)
{
    g_clear_pointer(&o->classifier, ch_classifier_free);
    g_clear_pointer(&o->labels, g_hash_table_unref);
}

/* --- reading -------------------------------------------------------------- */

static double
percent(scope_names *names, const ch_yaml_node *map, const char *key)
{
    int number = 0;
    const ch_yaml_node *node = ch_yaml_get(map, key);
    if (node == NULL) {
        ch_yaml_error(map, names->diag, "classifier: \"%s\" is missing", key);
    } else {
        ch_rule_number(names, node, 0, 100, &number);
    }
    return number / 100.0;
}

/* The rules that it knows, but for the firm ones. */
static void
read_labels(scope_names *names, rule_opinion *o, const ch_yaml_node *map)
{
    const char *name;
    const ch_yaml_node *node = ch_yaml_get(map, "firm");
    g_auto(GStrv) firm =
        node == NULL ? NULL : ch_yaml_strings(node, "firm", names->diag);
    o->labels = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0;
         (name = ch_classifier_label(o->classifier, i)) != NULL; i++) {
        if (strchr(name, '/') != NULL &&
            (firm == NULL ||
             !g_strv_contains((const char *const *)firm, name))) {
            g_hash_table_add(o->labels, (gpointer)name);
        }
    }
}

void
ch_rule_opinion_read(scope_names *names, const ch_yaml_node *root)
{
    static const char *const allowed[] = {"weights", "hold", "tag",
                                          "spare",   "firm", NULL};
    const ch_yaml_node *map = ch_yaml_get(root, "classifier");
    rule_opinion *o = &names->rules->opinion;
    if (map == NULL || !ch_yaml_check_map(map, allowed, names->diag)) {
        return;
    }
    if (o->classifier != NULL) {
        ch_yaml_error(map, names->diag, "there is a classifier already");
        return;
    }
    o->hold = percent(names, map, "hold");
    o->tag = percent(names, map, "tag");
    o->spare = percent(names, map, "spare");
    if (o->spare > o->tag || o->tag > o->hold) {
        ch_yaml_error(map, names->diag,
                      "classifier: spare, tag, hold in this order");
    }
    const ch_yaml_node *weights = ch_yaml_get(map, "weights");
    if (weights == NULL) {
        ch_yaml_error(map, names->diag, "classifier: \"weights\" is missing");
        return;
    }
    g_autofree char *path = ch_rule_dup_path(weights, "weights", names->diag);
    if (path != NULL) {
        o->classifier = ch_classifier_load(path, names->diag);
    }
    if (o->classifier != NULL) {
        read_labels(names, o, map);
    }
}

/* --- features -------------------------------------------------------------- */

static void
tell(const char *kind, const char *owner, const char *name,
     ch_feature_visit visit, gpointer data)
{
    g_autofree char *feature = g_strdup_printf("%s:%s%s%s", kind, owner,
                                               name[0] == '\0' ? "" : "/", name);
    const ch_feature f = {.name = feature, .text = -1};
    visit(&f, data);
}

static gboolean
stands_somewhere(rule_run *r, guint signal)
{
    for (guint t = 0; t < r->texts->len; t++) {
        if (ch_rule_hits(r, signal, t)->len > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Beside its words: g:PACK/SIGNAL for what stands in it, r:RULE for what
 * holds. */
void
ch_rule_opinion_features(rule_run *r, const GArray *findings,
                         ch_feature_visit visit, gpointer data)
{
    const ch_post_facts known = {r->facts->is_reply, r->facts->has_image};
    const ch_rule *last = NULL;
    ch_features_each(r->texts, &known, visit, data);
    for (guint i = 0; i < r->rules->signals->len; i++) {
        const rule_signal *s = r->rules->signals->pdata[i];
        if (s->used && s->kind != SIGNAL_FACT && stands_somewhere(r, i)) {
            tell("g", s->owner, s->name, visit, data);
        }
    }
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        if (f->rule != last) {
            tell("r", f->rule->id, "", visit, data);
            last = f->rule;
        }
    }
}

/* --- judging -------------------------------------------------------------- */

static void
spare(const rule_opinion *o, GArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        ch_finding *f = &g_array_index(findings, ch_finding, i);
        if (g_hash_table_contains(o->labels, f->rule->id)) {
            f->asked = f->action = CH_ACCEPT;
        }
    }
}

static void
add(const rule_run *r, const ch_opinion *opinion, GArray *findings)
{
    const rule_opinion *o = &r->rules->opinion;
    const rule_entry *entry =
        opinion->rule != NULL &&
                g_hash_table_contains(o->labels, opinion->rule)
            ? g_hash_table_lookup(r->rules->by_id, opinion->rule)
            : NULL;
    if (entry == NULL || opinion->text < 0 || findings->len >= CH_MAX_FINDINGS) {
        return;
    }
    const ch_text *text = r->texts->pdata[opinion->text];
    ch_finding f = {.rule = &entry->public,
                    .where = ch_text_where(text),
                    .part = ch_text_part(text),
                    .has_span = TRUE,
                    .learned = TRUE,
                    .span = ch_text_origin(text, opinion->span)};
    f.asked = MIN(opinion->harm >= o->hold ? CH_QUARANTINE : CH_TAG,
                  ch_rule_action(entry, r->facts->now_us));
    f.action = f.asked;
    f.line = ch_text_line(text, f.span.start);
    g_array_append_val(findings, f);
}

void
ch_rule_opinion_review(rule_run *r, GArray *findings, ch_opinion *opinion)
{
    const rule_opinion *o = &r->rules->opinion;
    *opinion = (ch_opinion){.text = -1};
    if (o->classifier == NULL) {
        return;
    }
    ch_reading *reading = ch_reading_new(o->classifier, FALSE);
    ch_rule_opinion_features(r, findings, ch_reading_take, reading);
    ch_reading_finish(reading, r->texts, opinion);
    if (opinion->harm < o->spare) {
        spare(o, findings);
    } else if (opinion->harm >= o->tag) {
        add(r, opinion, findings);
    }
}
