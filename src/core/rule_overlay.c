/*
 * Overlays: what a site changes about shipped packs without editing them.
 *
 *   overlay: our-site
 *   lexicons: {pack.name: {add: [...], remove: [...]}}    rule_lexicon.c
 *   thresholds: {pack.name: 6}
 *   rules:
 *     - {id: RULE, action: tag, until: 2027-01-31, reason: TEXT}
 *     - {id: RULE, enabled: false, reason: TEXT}
 *     - {id: RULE, authorization: [], reason: TEXT}
 *   exceptions:
 *     - {rule: RULE, words: [...], until: 2027-01-31, reason: TEXT}
 *
 * Each change says why; each exception ends.
 */
#include "ruleset_int.h"

/* The end of a day, UTC. */
static gboolean
read_until(const ch_yaml_node *node, gint64 *until_us_out, ch_diag *diag)
{
    const char *text = ch_yaml_string(node, "until", diag);
    g_autofree char *full =
        g_strconcat(text == NULL ? "" : text, "T23:59:59Z", NULL);
    g_autoptr(GDateTime) day = g_date_time_new_from_iso8601(full, NULL);
    if (text == NULL || strlen(text) != 10 || day == NULL) {
        ch_yaml_error(node, diag, "until: a day, YYYY-MM-DD");
        return FALSE;
    }
    *until_us_out = g_date_time_to_unix(day) * G_USEC_PER_SEC;
    return TRUE;
}

static rule_entry *
find_rule(scope_names *names, const ch_yaml_node *yaml, const char *key)
{
    const ch_yaml_node *node = ch_yaml_get(yaml, key);
    rule_entry *r = node == NULL || node->kind != CH_YAML_SCALAR
                        ? NULL
                        : g_hash_table_lookup(names->rules->by_id, node->text);
    if (r == NULL) {
        ch_yaml_error(node == NULL ? yaml : node, names->diag,
                      "\"%s\" names no rule that is loaded; see chaperone "
                      "rules list",
                      key);
    }
    return r;
}

static void
set_action(rule_entry *r, const ch_yaml_node *yaml, ch_diag *diag)
{
    const ch_yaml_node *action = ch_yaml_get(yaml, "action");
    const ch_yaml_node *until = ch_yaml_get(yaml, "until");
    r->changed_until_us = G_MAXINT64;
    if (action->kind != CH_YAML_SCALAR ||
        !ch_action_parse(action->text, &r->changed)) {
        ch_yaml_error(action, diag,
                      "action: accept, tag, quarantine or reject");
    } else if (until != NULL) {
        read_until(until, &r->changed_until_us, diag);
    }
}

static void
change_rule(scope_names *names, const ch_yaml_node *yaml)
{
    static const char *const allowed[] = {
        "id", "action", "enabled", "authorization", "until", "reason", NULL};
    if (!ch_yaml_check_map(yaml, allowed, names->diag)) {
        return;
    }
    rule_entry *r = find_rule(names, yaml, "id");
    const ch_yaml_node *enabled = ch_yaml_get(yaml, "enabled");
    gboolean acts = ch_yaml_get(yaml, "action") != NULL;
    gboolean scopes = ch_yaml_get(yaml, "authorization") != NULL;
    gboolean off = enabled != NULL && g_strcmp0(enabled->text, "false") == 0;
    g_autofree char *reason = ch_rule_dup_text(yaml, "reason", names->diag);
    if (r == NULL) {
        return;
    }
    if (off && g_strv_contains(ch_required_rules, r->public.id)) {
        ch_yaml_error(yaml, names->diag,
                      "rule \"%s\" cannot be switched off: what cannot be "
                      "read would pass",
                      r->public.id);
    } else if (acts + scopes + (enabled != NULL) != 1) {
        ch_yaml_error(yaml, names->diag,
                      "a change has either action, enabled: false or "
                      "authorization");
    } else if (acts) {
        set_action(r, yaml, names->diag);
    } else if (scopes) {
        r->public.authorization = ch_rule_scopes(yaml, names->diag);
    } else {
        r->public.enabled = !off;
    }
}

static void
add_exception(scope_names *names, const ch_yaml_node *yaml)
{
    static const char *const allowed[] = {"rule",  "words",  "regex",
                                          "until", "reason", NULL};
    static const char *const kinds[] = {"words", "regex"};
    if (!ch_yaml_check_map(yaml, allowed, names->diag)) {
        return;
    }
    rule_exception e = {0, 0};
    rule_entry *r = find_rule(names, yaml, "rule");
    const ch_yaml_node *until = ch_yaml_get(yaml, "until");
    g_autofree char *reason = ch_rule_dup_text(yaml, "reason", names->diag);
    if (until == NULL) {
        ch_yaml_error(yaml, names->diag, "an exception needs an end: until");
    } else if (read_until(until, &e.until_us, names->diag) && r != NULL) {
        g_autoptr(GPtrArray) one = g_ptr_array_new();
        for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
            const ch_yaml_node *node = ch_yaml_get(yaml, kinds[i]);
            if (node != NULL) {
                g_ptr_array_add(one, (gpointer)node);
            }
        }
        ch_yaml_node map = *yaml;
        map.children = one;
        guint number = ch_rule_signal_add(names, "exception", &map, FALSE);
        if (number == 0) {
            return;
        }
        e.signal = number - 1;
        ((rule_signal *)names->rules->signals->pdata[e.signal])->used = TRUE;
        if (r->exceptions == NULL) {
            r->exceptions = g_array_new(FALSE, FALSE, sizeof(rule_exception));
        }
        g_array_append_val(r->exceptions, e);
    }
}

static void
each(scope_names *names, const ch_yaml_node *root, const char *key,
     void (*apply)(scope_names *, const ch_yaml_node *))
{
    const ch_yaml_node *list = ch_yaml_get(root, key);
    if (list != NULL && list->kind != CH_YAML_LIST) {
        ch_yaml_error(list, names->diag, "%s must be a list", key);
        return;
    }
    for (guint i = 0; list != NULL && i < list->children->len; i++) {
        apply(names, list->children->pdata[i]);
    }
}

void
ch_rule_overlay_apply(scope_names *names, const ch_yaml_node *root)
{
    each(names, root, "rules", change_rule);
    each(names, root, "exceptions", add_exception);
}
