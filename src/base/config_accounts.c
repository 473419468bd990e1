/*
 * gateways.accounts: the list of the configuration, read, checked and shown.
 *
 * Nothing here reads a secret; its file is only named.  Refuses aliases that
 * an MTA could read in more than one way, and two accounts of one alias.
 */
#include "config_int.h"

#include "chaperone/envelope.h"

#include <string.h>

#define NEEDS "an account needs alias, gateway, and secret_file or credential"

void
ch_account_config_free(gpointer data)
{
    ch_account_config *a = data;
    g_free(a->alias);
    g_free(a->gateway);
    g_free(a->secret_file);
    g_free(a->credential);
    g_strfreev(a->authors);
    g_strfreev(a->reviewers);
    g_strfreev(a->rules_disable);
    g_strfreev(a->rules_monitor);
    g_free(a->timezone);
    g_free(a->profile);
    g_free(a);
}

static gboolean
is_alias(const char *value)
{
    return ch_envelope_is_plain(value, value);
}

/* Letters, digits, "._-": it becomes the name of a file (systemd.exec(5),
 * LoadCredential=). */
static gboolean
is_credential(const char *value)
{
    return value[0] != '\0' && value[0] != '.' &&
           value[strspn(value,
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-")] == '\0';
}

static gboolean
is_reviewer(const char *value)
{
    return value[0] != '\0' && ch_config_is_address(value);
}

static gboolean
is_some(const char *value)
{
    return value[0] != '\0';
}

/* Text of a key that passes the check, or NULL.  Owned. */
static char *
read_text(const ch_yaml_node *map, const char *key, value_check check,
          const char *allowed, ch_diag *diag)
{
    const ch_yaml_node *node = ch_yaml_get(map, key);
    const char *text = node == NULL ? NULL : ch_yaml_string(node, key, diag);
    if (text == NULL || check(text)) {
        return g_strdup(text);
    }
    ch_yaml_error(node, diag, "%s: \"%s\" is not allowed; allowed: %s", key,
                  text, allowed);
    return NULL;
}

/* Never NULL.  Owned. */
static GStrv
read_list(const ch_yaml_node *map, const char *key, value_check check,
          const char *allowed, ch_diag *diag)
{
    const ch_yaml_node *node = map == NULL ? NULL : ch_yaml_get(map, key);
    GStrv list = node == NULL ? NULL : ch_yaml_strings(node, key, diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        if (!check(list[i])) {
            ch_yaml_error(node, diag, "%s: \"%s\" is not allowed; allowed: %s",
                          key, list[i], allowed);
        }
    }
    return list != NULL ? list : g_new0(char *, 1);
}

static void
read_rules(ch_account_config *a, const ch_yaml_node *map, ch_diag *diag)
{
    static const char *const allowed[] = {"disable", "monitor", NULL};
    const ch_yaml_node *rules = ch_yaml_get(map, "rules");
    if (rules != NULL && !ch_yaml_check_map(rules, allowed, diag)) {
        rules = NULL;
    }
    a->rules_disable =
        read_list(rules, "disable", is_some, "IDs of rules", diag);
    a->rules_monitor =
        read_list(rules, "monitor", is_some, "IDs of rules", diag);
}

static void
check_names(const ch_config *config, const ch_account_config *a,
            const ch_yaml_node *node, ch_diag *diag)
{
    if (a->alias == NULL || a->gateway == NULL ||
        (a->secret_file == NULL) == (a->credential == NULL)) {
        ch_yaml_error(node, diag, NEEDS);
        return;
    }
    for (guint i = 0; i < config->accounts->len; i++) {
        const ch_account_config *other = config->accounts->pdata[i];
        if (strcmp(other->alias, a->alias) == 0) {
            ch_yaml_error(node, diag, "alias %s has an account already",
                          a->alias);
        }
    }
}

static ch_account_config *
read_account(const ch_yaml_node *node, ch_diag *diag)
{
    ch_account_config *a = g_new0(ch_account_config, 1);
    g_autofree char *alias = read_text(
        node, "alias", is_alias, "an address such as blog@social.x", diag);
    a->alias = alias == NULL ? NULL : g_ascii_strdown(alias, -1);
    a->gateway = read_text(node, "gateway", is_some, "a gateway's name", diag);
    a->secret_file = read_text(node, "secret_file", g_path_is_absolute,
                               "an absolute path", diag);
    a->credential = read_text(node, "credential", is_credential,
                              "letters, digits and ._-", diag);
    a->authors = read_list(node, "authors", is_some, "logins", diag);
    a->reviewers =
        read_list(node, "reviewers", is_reviewer, "mail addresses", diag);
    a->timezone =
        read_text(node, "timezone", ch_config_is_zone,
                  "a time zone of the system such as Europe/Madrid", diag);
    a->profile = read_text(node, "profile", ch_config_is_specialty,
                           "a word of practice.specialty", diag);
    a->line = node->line;
    a->column = node->column;
    read_rules(a, node, diag);
    return a;
}

void
ch_config_set_accounts(ch_config *config, const ch_yaml_node *node,
                       ch_diag *diag)
{
    static const char *const allowed[] = {
        "alias",   "gateway",   "secret_file", "credential", "authors",
        "profile", "reviewers", "timezone",    "rules",      NULL};
    if (node->kind != CH_YAML_LIST) {
        ch_yaml_error(node, diag, "gateways.accounts must be a list");
        return;
    }
    for (guint i = 0; i < node->children->len; i++) {
        const ch_yaml_node *child = node->children->pdata[i];
        guint before = ch_diag_count(diag);
        if (!ch_yaml_check_map(child, allowed, diag)) {
            continue;
        }
        ch_account_config *a = read_account(child, diag);
        if (ch_diag_count(diag) == before) {
            check_names(config, a, child, diag);
        }
        if (ch_diag_count(diag) == before) {
            g_ptr_array_add(config->accounts, a);
        } else {
            ch_account_config_free(a);
        }
    }
}

void
ch_config_check_accounts(const ch_config *config, const ch_yaml_node *root,
                         ch_diag *diag)
{
    if (config->accounts->len > 0 && config->notices_compliance[0] == '\0') {
        const ch_yaml_node *gateways = ch_yaml_get(root, "gateways");
        ch_yaml_error(ch_yaml_get(gateways, "accounts"), diag,
                      "accounts need notices.compliance: it is told when the "
                      "gateway does not take a post");
    }
}

/* --- shown -----------------------------------------------------------------
 */

static void
append_text(GString *out, const char *sign, const char *key, const char *value)
{
    if (value != NULL) {
        g_string_append_printf(out, "\n    %s%s: ", sign, key);
        ch_config_append_quoted(out, value);
    }
}

static void
append_list(GString *out, const char *key, const GStrv list)
{
    if (list[0] != NULL) {
        g_string_append_printf(out, "\n      %s: ", key);
        ch_config_append_strings(out, (const char *const *)list);
    }
}

void
ch_config_append_accounts(GString *out, const ch_config *config)
{
    if (config->accounts->len == 0) {
        g_string_append(out, "[]");
    }
    for (guint i = 0; i < config->accounts->len; i++) {
        const ch_account_config *a = config->accounts->pdata[i];
        append_text(out, "- ", "alias", a->alias);
        append_text(out, "  ", "gateway", a->gateway);
        append_text(out, "  ", "secret_file", a->secret_file);
        append_text(out, "  ", "credential", a->credential);
        append_list(out, "authors", a->authors);
        append_list(out, "reviewers", a->reviewers);
        append_text(out, "  ", "timezone", a->timezone);
        append_text(out, "  ", "profile", a->profile);
        if (a->rules_disable[0] != NULL || a->rules_monitor[0] != NULL) {
            g_string_append(out, "\n      rules: {disable: ");
            ch_config_append_strings(out,
                                     (const char *const *)a->rules_disable);
            g_string_append(out, ", monitor: ");
            ch_config_append_strings(out,
                                     (const char *const *)a->rules_monitor);
            g_string_append_c(out, '}');
        }
    }
}
