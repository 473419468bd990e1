/*
 * The configuration in force, written as a person would write the file.
 */
#include "config_int.h"

#include <syslog.h>

/* As YAML 1.1 reads it back, 5.6 and 5.7: line ends fold, escapes do not. */
void
ch_config_append_quoted(GString *out, const char *text)
{
    g_string_append_c(out, '"');
    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c == '"' || c == '\\') {
            g_string_append_c(out, '\\');
            g_string_append_unichar(out, c);
        } else if (g_unichar_isprint(c) && c != 0x2028 && c != 0x2029) {
            g_string_append_unichar(out, c);
        } else {
            g_string_append_printf(out, "\\U%08X", c);
        }
    }
    g_string_append_c(out, '"');
}

void
ch_config_append_strings(GString *out, const char *const *list)
{
    g_string_append_c(out, '[');
    for (guint i = 0; list[i] != NULL; i++) {
        if (i > 0) {
            g_string_append(out, ", ");
        }
        ch_config_append_quoted(out, list[i]);
    }
    g_string_append_c(out, ']');
}

static void
append_overrides(GString *out, const ch_config *config)
{
    if (config->overrides->len == 0) {
        g_string_append(out, "[]");
    }
    for (guint i = 0; i < config->overrides->len; i++) {
        const ch_override *o = config->overrides->pdata[i];
        g_autoptr(GDateTime) end =
            g_date_time_new_from_unix_utc(o->until_us / G_USEC_PER_SEC - 1);
        g_autoptr(GDateTime) local = g_date_time_to_timezone(end, config->zone);
        g_autofree char *day = g_date_time_format(local, "%Y-%m-%d");
        const char *fields[][2] = {
            {"rule", o->rule},     {"gateway", o->gateway},
            {"author", o->author}, {"action", ch_action_name(o->action)},
            {"until", day},        {"reason", o->reason}};
        const char *sign = "- ";
        for (guint f = 0; f < G_N_ELEMENTS(fields); f++) {
            if (fields[f][1] != NULL) {
                g_string_append_printf(out, "\n  %s%s: ", sign, fields[f][0]);
                ch_config_append_quoted(out, fields[f][1]);
                sign = "  ";
            }
        }
    }
}

static void
append_tls(GString *out, const ch_config *config)
{
    if (config->review_certificate[0] == '\0') {
        g_string_append(out, "{}");
        return;
    }
    g_string_append(out, "{certificate: ");
    ch_config_append_quoted(out, config->review_certificate);
    g_string_append(out, ", key: ");
    ch_config_append_quoted(out, config->review_key);
    g_string_append_c(out, '}');
}

static void
append_enum(GString *out, const config_key *key, int value)
{
    g_auto(GStrv) names = g_strsplit(key->allowed, "|", 0);
    static const int levels[] = {[LOG_ERR] = 0,
                                 [LOG_WARNING] = 1,
                                 [LOG_NOTICE] = 2,
                                 [LOG_INFO] = 3,
                                 [LOG_DEBUG] = 4};
    gboolean is_level = strcmp(key->name, "log.level") == 0;
    g_string_append(out, names[is_level ? levels[value] : value]);
}

static void
append_value(GString *out, const ch_config *config, const config_key *key)
{
    const void *field = (const char *)config + key->offset;
    switch (key->type) {
    case TYPE_STRING:
        ch_config_append_quoted(out, *(char *const *)field);
        break;
    case TYPE_STRINGS:
        ch_config_append_strings(out, *(const char *const *const *)field);
        break;
    case TYPE_ENUM:
        append_enum(out, key, *(const int *)field);
        break;
    case TYPE_BOOL:
        g_string_append(out, *(const gboolean *)field ? "true" : "false");
        break;
    case TYPE_BYTES:
        g_string_append_printf(out, "%" G_GINT64_FORMAT,
                               *(const gint64 *)field);
        break;
    case TYPE_DURATION:
        g_string_append_printf(out, "%" G_GINT64_FORMAT "s",
                               *(const gint64 *)field);
        break;
    case TYPE_PERIOD:
        if (*(const gint64 *)field == 0) {
            g_string_append(out, "off");
        } else {
            g_string_append_printf(out, "%" G_GINT64_FORMAT "s",
                                   *(const gint64 *)field);
        }
        break;
    case TYPE_COUNT:
        g_string_append_printf(out, "%u", *(const guint *)field);
        break;
    case TYPE_OVERRIDES:
        append_overrides(out, config);
        break;
    case TYPE_ACCOUNTS:
        ch_config_append_accounts(out, config);
        break;
    case TYPE_TLS:
        append_tls(out, config);
        break;
    case TYPE_EMPTY:
        g_string_append(out, key->fallback);
        break;
    }
}

char *
ch_config_dup_yaml(const ch_config *config)
{
    GString *out = g_string_new(NULL);
    g_autofree char *section = g_strdup("");
    for (guint i = 0; i < ch_config_table_length; i++) {
        const config_key *key = &ch_config_table[i];
        const char *dot = strchr(key->name, '.');
        if (dot == NULL) {
            g_string_append_printf(out, "%s: ", key->name);
        } else {
            g_autofree char *head =
                g_strndup(key->name, (gsize)(dot - key->name));
            if (strcmp(head, section) != 0) {
                g_string_append_printf(out, "%s:\n", head);
                g_free(section);
                section = g_steal_pointer(&head);
            }
            g_string_append_printf(out, "  %s: ", dot + 1);
        }
        append_value(out, config, key);
        g_string_append_c(out, '\n');
    }
    return g_string_free(out, FALSE);
}

guint
ch_config_key_count(void)
{
    return ch_config_table_length;
}

const char *
ch_config_key_name(guint index)
{
    return ch_config_table[index].name;
}
