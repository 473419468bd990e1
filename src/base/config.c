/*
 * chaperone.yaml against the table of keys, all errors at once.
 *
 * The defaults are written as in the file and read by the same code, so that
 * they cannot mean something that a person could not write.
 */
#include "config_int.h"

#include "chaperone/error.h"
#include "chaperone/version.h"

#include <syslog.h>

/* Log levels in the order of the key's names. */
static const int log_levels[] = {LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO,
                                 LOG_DEBUG};

static void
override_free(gpointer data)
{
    ch_override *o = data;
    g_free(o->rule);
    g_free(o->gateway);
    g_free(o->author);
    g_free(o->reason);
    g_free(o);
}

static gboolean
parse_number_unit(const char *text, const char *const *units,
                  const gint64 *factors, gint64 *out)
{
    char *end = NULL;
    if (!g_ascii_isdigit(text[0])) {
        return FALSE;
    }
    guint64 n = g_ascii_strtoull(text, &end, 10);
    while (*end == ' ') {
        end++;
    }
    for (guint i = 0; units[i] != NULL; i++) {
        if (strcmp(end, units[i]) == 0) {
            if (n > (guint64)(G_MAXINT64 / factors[i]) / 2000000) {
                return FALSE;
            }
            *out = (gint64)n * factors[i];
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_config_parse_bytes(const char *text, gint64 *bytes_out)
{
    static const char *const units[] = {"", "B", "KiB", "MiB", "GiB", NULL};
    static const gint64 factors[] = {1, 1, 1 << 10, 1 << 20, 1 << 30};
    return parse_number_unit(text, units, factors, bytes_out);
}

gboolean
ch_config_parse_duration(const char *text, gint64 *seconds_out)
{
    static const char *const units[] = {"s", "m", "h", "d", "w", "y", NULL};
    static const gint64 factors[] = {1,     60,        3600,
                                     86400, 7 * 86400, 365 * 86400};
    return parse_number_unit(text, units, factors, seconds_out);
}

gboolean
ch_config_parse_day(const char *text, GTimeZone *zone, gint64 *until_us_out)
{
    int year, month, day;
    char rest;
    if (sscanf(text, "%4d-%2d-%2d%c", &year, &month, &day, &rest) != 3 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year)) {
        return FALSE;
    }
    g_autoptr(GDateTime) start =
        g_date_time_new(zone, year, month, day, 0, 0, 0);
    g_autoptr(GDateTime) end =
        start == NULL ? NULL : g_date_time_add_days(start, 1);
    if (end == NULL) {
        return FALSE;
    }
    *until_us_out = g_date_time_to_unix(end) * G_USEC_PER_SEC;
    return TRUE;
}

static void
set_string(const config_key *key, char **field, const ch_yaml_node *node,
           ch_diag *diag)
{
    const char *text = ch_yaml_string(node, key->name, diag);
    if (text == NULL) {
        return;
    }
    if (key->check != NULL && !key->check(text)) {
        ch_yaml_error(node, diag, "%s: \"%s\" is not allowed; allowed: %s",
                      key->name, text, key->allowed);
        return;
    }
    g_free(*field);
    *field = g_strdup(text);
}

static void
set_strings(const config_key *key, GStrv *field, const ch_yaml_node *node,
            ch_diag *diag)
{
    g_auto(GStrv) list = ch_yaml_strings(node, key->name, diag);
    for (guint i = 0; list != NULL && list[i] != NULL; i++) {
        if (key->check != NULL && !key->check(list[i])) {
            ch_yaml_error(node, diag, "%s: \"%s\" is not allowed; allowed: %s",
                          key->name, list[i], key->allowed);
            return;
        }
    }
    if (list != NULL) {
        g_strfreev(*field);
        *field = g_steal_pointer(&list);
    }
}

static void
set_enum(const config_key *key, int *field, const ch_yaml_node *node,
         ch_diag *diag)
{
    const char *text = ch_yaml_string(node, key->name, diag);
    g_auto(GStrv) names = g_strsplit(key->allowed, "|", 0);
    for (int i = 0; text != NULL && names[i] != NULL; i++) {
        if (strcmp(text, names[i]) == 0) {
            gboolean is_level = strcmp(key->name, "log.level") == 0;
            *field = is_level ? log_levels[i] : i;
            return;
        }
    }
    if (text != NULL) {
        ch_yaml_error(node, diag, "%s: \"%s\" is not allowed; allowed: %s",
                      key->name, text, key->allowed);
    }
}

static void
set_bool(const config_key *key, gboolean *field, const ch_yaml_node *node,
         ch_diag *diag)
{
    const char *text = ch_yaml_string(node, key->name, diag);
    if (g_strcmp0(text, "true") == 0 || g_strcmp0(text, "false") == 0) {
        *field = text[0] == 't';
    } else if (text != NULL) {
        ch_yaml_error(node, diag, "%s: true or false", key->name);
    }
}

static void
set_amount(const config_key *key, void *field, const ch_yaml_node *node,
           ch_diag *diag)
{
    const char *text = ch_yaml_string(node, key->name, diag);
    gint64 value = 0;
    guint64 count = 0;
    if (text == NULL) {
        return;
    }
    if (key->type == TYPE_COUNT) {
        if (!g_ascii_string_to_unsigned(text, 10, 1, 1000, &count, NULL)) {
            ch_yaml_error(node, diag, "%s: a number from 1 to 1000", key->name);
            return;
        }
        *(guint *)field = (guint)count;
        return;
    }
    gboolean bytes = key->type == TYPE_BYTES;
    if (!(bytes ? ch_config_parse_bytes(text, &value)
                : ch_config_parse_duration(text, &value))) {
        ch_yaml_error(node, diag, "%s: \"%s\" is not allowed; allowed: %s",
                      key->name, text,
                      bytes ? "a size such as 50MiB"
                            : "a time such as 90d, 12h, 30m, 6y");
        return;
    }
    *(gint64 *)field = value;
}

#define MAX_PERIOD_S (7 * 86400)

static void
set_period(const config_key *key, gint64 *field, const ch_yaml_node *node,
           ch_diag *diag)
{
    const char *text = ch_yaml_string(node, key->name, diag);
    gint64 value = 0;
    if (text == NULL) {
        return;
    }
    if (strcmp(text, "off") != 0 && (!ch_config_parse_duration(text, &value) ||
                                     value < 1 || value > MAX_PERIOD_S)) {
        ch_yaml_error(node, diag,
                      "%s: \"%s\" is not allowed; allowed: off, or a time up "
                      "to 7d such as 1h, 30m",
                      key->name, text);
        return;
    }
    *field = value;
}

/* "on_failure: tempfail" and the lists of later versions: only the default
 * can be written. */
static void
check_empty(const config_key *key, const ch_yaml_node *node, ch_diag *diag)
{
    if (node->kind == CH_YAML_SCALAR) {
        if (g_strcmp0(node->text, key->fallback) != 0) {
            ch_yaml_error(node, diag, "%s: allowed: %s", key->name,
                          key->fallback);
        }
    } else if (node->children->len > 0) {
        ch_yaml_error(node, diag, "%s: only %s is understood by version %s",
                      key->name, key->fallback, CH_VERSION);
    }
}

static void
add_override(ch_config *config, const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const allowed[] = {
        "rule", "gateway", "author", "action", "until", "reason", NULL};
    if (!ch_yaml_check_map(node, allowed, diag)) {
        return;
    }
    const char *value[G_N_ELEMENTS(allowed) - 1] = {NULL};
    for (guint i = 0; allowed[i] != NULL; i++) {
        const ch_yaml_node *child = ch_yaml_get(node, allowed[i]);
        if (child != NULL) {
            value[i] = ch_yaml_string(child, allowed[i], diag);
        } else if (i != 1 && i != 2) {
            ch_yaml_error(node, diag,
                          "an override needs rule, action, until and reason");
            return;
        }
    }
    g_autofree ch_override *o = g_new0(ch_override, 1);
    if (!ch_action_parse(value[3] != NULL ? value[3] : "", &o->action)) {
        ch_yaml_error(ch_yaml_get(node, "action"), diag,
                      "action: accept, tag, quarantine or reject");
    } else if (!ch_config_parse_day(value[4] != NULL ? value[4] : "",
                                    config->zone, &o->until_us)) {
        ch_yaml_error(ch_yaml_get(node, "until"), diag,
                      "until: the last day, as 2026-12-31");
    } else {
        o->rule = g_strdup(value[0]);
        o->gateway = g_strdup(value[1]);
        o->author = g_strdup(value[2]);
        o->reason = g_strdup(value[5]);
        g_ptr_array_add(config->overrides, g_steal_pointer(&o));
    }
}

static void
set_overrides(ch_config *config, const ch_yaml_node *node, ch_diag *diag)
{
    if (node->kind != CH_YAML_LIST) {
        ch_yaml_error(node, diag, "overrides must be a list");
        return;
    }
    g_ptr_array_set_size(config->overrides, 0);
    for (guint i = 0; i < node->children->len; i++) {
        add_override(config, node->children->pdata[i], diag);
    }
}

static void
set_tls(ch_config *config, const ch_yaml_node *node, ch_diag *diag)
{
    static const char *const allowed[] = {"certificate", "key", NULL};
    char **const fields[] = {&config->review_certificate, &config->review_key};
    guint before = ch_diag_count(diag), given = 0;
    if (!ch_yaml_check_map(node, allowed, diag)) {
        return;
    }
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        const ch_yaml_node *child = ch_yaml_get(node, allowed[i]);
        const char *text =
            child != NULL ? ch_yaml_string(child, allowed[i], diag) : NULL;
        g_free(*fields[i]);
        *fields[i] = g_strdup(text != NULL ? text : "");
        given += text != NULL && g_path_is_absolute(text) ? 1 : 0;
    }
    if (given != 2 && node->children->len > 0 &&
        ch_diag_count(diag) == before) {
        ch_yaml_error(node, diag,
                      "review.tls: {} or both certificate and key, each an "
                      "absolute path");
    }
}

static void
set_key(ch_config *config, const config_key *key, const ch_yaml_node *node,
        ch_diag *diag)
{
    void *field = G_STRUCT_MEMBER_P(config, key->offset);
    switch (key->type) {
    case TYPE_STRING:
        set_string(key, field, node, diag);
        break;
    case TYPE_STRINGS:
        set_strings(key, field, node, diag);
        break;
    case TYPE_ENUM:
        set_enum(key, field, node, diag);
        break;
    case TYPE_BOOL:
        set_bool(key, field, node, diag);
        break;
    case TYPE_BYTES:
    case TYPE_DURATION:
    case TYPE_COUNT:
        set_amount(key, field, node, diag);
        break;
    case TYPE_PERIOD:
        set_period(key, field, node, diag);
        break;
    case TYPE_OVERRIDES:
        set_overrides(config, node, diag);
        break;
    case TYPE_ACCOUNTS:
        ch_config_set_accounts(config, node, diag);
        break;
    case TYPE_TLS:
        set_tls(config, node, diag);
        break;
    case TYPE_EMPTY:
        check_empty(key, node, diag);
        break;
    }
}

/* The node of a dotted name, or NULL. */
static const ch_yaml_node *
find_node(const ch_yaml_node *root, const char *name)
{
    const char *dot = strchr(name, '.');
    if (dot == NULL) {
        return ch_yaml_get(root, name);
    }
    g_autofree char *section = g_strndup(name, (gsize)(dot - name));
    const ch_yaml_node *map = ch_yaml_get(root, section);
    return map == NULL || map->kind != CH_YAML_MAP ? NULL
                                                   : ch_yaml_get(map, dot + 1);
}

/* What may stand under a section; "" for the top level.  Owned. */
static GStrv
allowed_keys(const char *section)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < ch_config_table_length; i++) {
        const char *name = ch_config_table[i].name;
        const char *dot = strchr(name, '.');
        g_autofree char *head =
            dot == NULL ? g_strdup(name) : g_strndup(name, (gsize)(dot - name));
        if (section[0] == '\0') {
            if (g_hash_table_add(seen, g_strdup(head))) {
                g_strv_builder_add(builder, head);
            }
        } else if (dot != NULL && strcmp(head, section) == 0) {
            g_strv_builder_add(builder, dot + 1);
        }
    }
    return g_strv_builder_end(builder);
}

static void
check_shape(const ch_yaml_node *root, ch_diag *diag)
{
    g_auto(GStrv) top = allowed_keys("");
    if (!ch_yaml_check_map(root, (const char *const *)top, diag)) {
        return;
    }
    for (guint i = 0; i < root->children->len; i++) {
        const ch_yaml_node *child = root->children->pdata[i];
        g_auto(GStrv) keys = allowed_keys(child->key);
        if (keys[0] != NULL) {
            ch_yaml_check_map(child, (const char *const *)keys, diag);
        }
    }
}

static void
apply(ch_config *config, const ch_yaml_node *root, ch_diag *diag)
{
    check_shape(root, diag);
    for (guint i = 0; i < ch_config_table_length; i++) {
        const config_key *key = &ch_config_table[i];
        const ch_yaml_node *node = find_node(root, key->name);
        if (node != NULL) {
            set_key(config, key, node, diag);
        }
        if (strcmp(key->name, "practice.timezone") == 0) {
            g_clear_pointer(&config->zone, g_time_zone_unref);
            config->zone =
                g_time_zone_new_identifier(config->practice_timezone);
            if (config->zone == NULL) {
                ch_diag_add(diag, config->file, 0, 0,
                            "the system does not know the time zone %s: "
                            "install tzdata",
                            config->practice_timezone);
                config->zone = g_time_zone_new_utc();
            }
        }
    }
    ch_config_check_accounts(config, root, diag);
}

ch_config *
ch_config_new(void)
{
    ch_config *config = g_new0(ch_config, 1);
    config->refs = 1;
    config->file = g_strdup("");
    config->overrides = g_ptr_array_new_with_free_func(override_free);
    config->accounts = g_ptr_array_new_with_free_func(ch_account_config_free);
    config->practice_timezone = g_strdup("UTC");
    for (guint i = 0; i < ch_config_table_length; i++) {
        const config_key *key = &ch_config_table[i];
        if (key->fallback == NULL) {
            continue;
        }
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_yaml) yaml = NULL;
        g_autofree char *text = g_strdup_printf("v: %s\n", key->fallback);
        yaml = ch_yaml_parse("defaults", text, strlen(text), diag);
        g_assert(yaml != NULL);
        if (strcmp(key->name, "practice.timezone") != 0) {
            set_key(config, key, ch_yaml_get(ch_yaml_root(yaml), "v"), diag);
        } else { /* a system without tzdata is told of in apply() */
            g_free(config->practice_timezone);
            config->practice_timezone = g_strdup(key->fallback);
        }
        g_assert(ch_diag_count(diag) == 0);
    }
    g_autofree char *rules = ch_paths_dup_rules();
    g_autofree char *site =
        g_build_filename(CH_SYSCONFDIR, "chaperone", "rules.d", NULL);
    g_autofree char *gateways = ch_paths_dup_gateways();
    config->rules_paths = g_strdupv((char *[]){rules, site, NULL});
    config->gateways_files = g_strdupv((char *[]){gateways, NULL});
    config->zone = g_time_zone_new_identifier(config->practice_timezone);
    if (config->zone == NULL) {
        config->zone = g_time_zone_new_utc();
    }
    return config;
}

ch_config *
ch_config_parse(const char *file, const char *data, gsize length, ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    g_autoptr(ch_yaml) yaml = ch_yaml_parse(file, data, length, diag);
    if (yaml == NULL) {
        return NULL;
    }
    g_autoptr(ch_config) config = ch_config_new();
    g_free(config->file);
    config->file = g_strdup(file);
    apply(config, ch_yaml_root(yaml), diag);
    return ch_diag_count(diag) > before ? NULL : g_steal_pointer(&config);
}

ch_config *
ch_config_load(const char *path, ch_diag *diag)
{
    g_autofree char *standard =
        g_build_filename(CH_SYSCONFDIR, "chaperone", "chaperone.yaml", NULL);
    if (path == NULL && !g_file_test(standard, G_FILE_TEST_EXISTS)) {
        return ch_config_new();
    }
    const char *file = path == NULL ? standard : path;
    g_autofree char *data = NULL;
    gsize length;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(file, &data, &length, &error)) {
        ch_diag_add(diag, file, 0, 0, "cannot be read: %s", error->message);
        return NULL;
    }
    return ch_config_parse(file, data, length, diag);
}

ch_config *
ch_config_ref(ch_config *config)
{
    g_atomic_int_inc(&config->refs);
    return config;
}

void
ch_config_unref(ch_config *config)
{
    if (config == NULL || !g_atomic_int_dec_and_test(&config->refs)) {
        return;
    }
    for (guint i = 0; i < ch_config_table_length; i++) {
        const config_key *key = &ch_config_table[i];
        void *field = G_STRUCT_MEMBER_P(config, key->offset);
        if (key->type == TYPE_STRING) {
            g_free(*(char **)field);
        } else if (key->type == TYPE_STRINGS) {
            g_strfreev(*(GStrv *)field);
        }
    }
    g_free(config->review_certificate);
    g_free(config->review_key);
    g_ptr_array_unref(config->overrides);
    g_ptr_array_unref(config->accounts);
    g_time_zone_unref(config->zone);
    g_free(config->file);
    g_free(config);
}
