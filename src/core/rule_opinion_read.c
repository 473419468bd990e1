/*
 * The second opinion, as a pack has it and an overlay changes it.
 *
 *   classifier:
 *     weights: posts.weights   beside the pack; chaperone rules learn
 *     encoder: posts.encoder   may be left out; docs/ENCODER.md
 *     hold: 85                 per cent of harm from which on a post is held
 *     hold-grave: 70           where the rule that it sounds like would reject;
 *                              as hold, if left out
 *     reject: 95               from which on such a post is rejected, where the
 *                              encoder agrees; never, if left out or 100
 *     tag: 60                  from which on it is tagged
 *     tag-s1: 35               where the rule that it sounds like is of
 *                              severity S1; as tag, if left out
 *     spare: 4                 below, findings of its rules do not count; of
 *                              rules of high confidence, below half, and tag
 *                              above that
 *     soften: 14               below, what they hold is tagged, and what they
 *                              tag passes
 *     refuse: 75               below, what a rule rejects is held
 *     firm: [privacy/mrn]      rules whose evidence is no matter of words: it
 *                              never spares them; far below spare, they tag
 *     final: [privacy/us-ssn]  rules that it leaves alone, whatever is around
 *
 * With spare: 0 the last two have no effect.  soften and refuse may be left
 * out.
 *
 * An overlay may change the numbers; {hold: 100, tag: 100, spare: 0} leaves
 * everything to the rules, {encoder: off} does without the encoder.
 */
#include "ruleset_int.h"

#include <string.h>

void
ch_rule_opinion_clear(rule_opinion *o)
{
    g_clear_pointer(&o->classifier, ch_classifier_free);
    g_clear_pointer(&o->encoder, ch_encoder_free);
    g_clear_pointer(&o->firm, g_strfreev);
    g_clear_pointer(&o->final, g_strfreev);
}

/* Per cent at a key; an overlay may leave it out. */
static void
read_percent(scope_names *names, const ch_yaml_node *map, const char *key,
             gboolean needed, double *probability_out)
{
    int number;
    const ch_yaml_node *node = ch_yaml_get(map, key);
    if (node == NULL && needed) {
        ch_yaml_error(map, names->diag, "classifier: \"%s\" is missing", key);
    } else if (node != NULL && ch_rule_number(names, node, 0, 100, &number)) {
        *probability_out = number / 100.0;
    }
}

static void
read_percents(scope_names *names, const ch_yaml_node *map, gboolean needed)
{
    rule_opinion *o = &names->rules->opinion;
    read_percent(names, map, "hold", needed, &o->hold);
    if (ch_yaml_get(map, "hold") != NULL) {
        o->hold_grave = o->hold;
    }
    read_percent(names, map, "hold-grave", FALSE, &o->hold_grave);
    read_percent(names, map, "reject", FALSE, &o->reject);
    read_percent(names, map, "tag", needed, &o->tag);
    if (ch_yaml_get(map, "tag") != NULL) {
        o->tag_s1 = o->tag;
    }
    read_percent(names, map, "tag-s1", FALSE, &o->tag_s1);
    read_percent(names, map, "spare", needed, &o->spare);
    read_percent(names, map, "soften", FALSE, &o->soften);
    read_percent(names, map, "refuse", FALSE, &o->refuse);
    if (o->spare > o->tag_s1 || o->tag_s1 > o->tag || o->tag > o->hold_grave ||
        o->hold_grave > o->hold) {
        ch_yaml_error(map, names->diag,
                      "classifier: spare, tag, hold in this order");
    }
}

/* The rules listed at a key; NULL: none.  Owned. */
static GStrv
read_rules(scope_names *names, const ch_yaml_node *map, const char *key)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    GStrv list = node == NULL ? NULL : ch_yaml_strings(node, key, names->diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        if (ch_ruleset_find(names->rules, list[i]) == NULL) {
            ch_yaml_error(node, names->diag, "%s: no rule \"%s\"", key,
                          list[i]);
        }
    }
    return list;
}

/* The path at a key; NULL: there is none.  Owned. */
static char *
dup_path(scope_names *names, const ch_yaml_node *map, const char *key)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    return node == NULL ? NULL : ch_rule_dup_path(node, key, names->diag);
}

void
ch_rule_opinion_read(scope_names *names, const ch_yaml_node *root)
{
    static const char *const allowed[] = {
        "weights", "encoder", "hold",   "hold-grave", "reject", "tag", "tag-s1",
        "spare",   "soften",  "refuse", "firm",       "final",  NULL};
    const ch_yaml_node *map = ch_yaml_get(root, "classifier");
    rule_opinion *o = &names->rules->opinion;
    if (map == NULL || !ch_yaml_check_map(map, allowed, names->diag)) {
        return;
    }
    if (o->classifier != NULL) {
        ch_yaml_error(map, names->diag, "there is a classifier already");
        return;
    }
    o->reject = 1;
    read_percents(names, map, TRUE);
    if (ch_yaml_get(map, "weights") == NULL) {
        ch_yaml_error(map, names->diag, "classifier: \"weights\" is missing");
        return;
    }
    g_autofree char *weights = dup_path(names, map, "weights");
    g_autofree char *encoder = dup_path(names, map, "encoder");
    if (weights != NULL) {
        o->classifier = ch_classifier_load(weights, names->diag);
    }
    if (encoder != NULL) {
        o->encoder = ch_encoder_load(encoder, names->diag);
    }
    o->firm = read_rules(names, map, "firm");
    o->final = read_rules(names, map, "final");
}

/* A site does without, or not; it has none of its own. */
static void
switch_encoder(scope_names *names, const ch_yaml_node *map)
{
    const ch_yaml_node *node = ch_yaml_get(map, "encoder");
    const char *word =
        node == NULL ? NULL : ch_yaml_string(node, "encoder", names->diag);
    if (word != NULL && strcmp(word, "off") != 0) {
        ch_yaml_error(node, names->diag,
                      "encoder: an overlay may only say \"off\"");
    } else if (word != NULL) {
        g_clear_pointer(&names->rules->opinion.encoder, ch_encoder_free);
    }
}

void
ch_rule_opinion_change(scope_names *names, const ch_yaml_node *root)
{
    static const char *const allowed[] = {
        "encoder", "hold",  "hold-grave", "reject", "tag",
        "tag-s1",  "spare", "soften",     "refuse", NULL};
    const ch_yaml_node *map = ch_yaml_get(root, "classifier");
    if (map != NULL && ch_yaml_check_map(map, allowed, names->diag)) {
        read_percents(names, map, FALSE);
        switch_encoder(names, map);
    }
}
