/*
 * Every key of chaperone.yaml in one table, and the checks of their values.
 */
#include "config_int.h"

#include <gio/gio.h>

#define AT(field) G_STRUCT_OFFSET(ch_config, field)

static gboolean
is_unix_socket(const char *value)
{
    return g_str_has_prefix(value, "unix:/") && strlen(value) < 5 + 108;
}

static gboolean
is_port(const char *text)
{
    guint64 port;
    return g_ascii_string_to_unsigned(text, 10, 1, 65535, &port, NULL);
}

static gboolean
is_milter_socket(const char *value)
{
    if (is_unix_socket(value)) {
        return TRUE;
    }
    if (!g_str_has_prefix(value, "inet:") &&
        !g_str_has_prefix(value, "inet6:")) {
        return FALSE;
    }
    g_auto(GStrv) parts = g_strsplit(strchr(value, ':') + 1, "@", 2);
    return g_strv_length(parts) == 2 && is_port(parts[0]) &&
           parts[1][0] != '\0';
}

static gboolean
is_mode(const char *value)
{
    guint64 mode;
    return strlen(value) >= 3 && strspn(value, "01234567") == strlen(value) &&
           (mode = g_ascii_strtoull(value, NULL, 8)) <= 0777 && mode != 0;
}

static gboolean
is_smtp_url(const char *value)
{
    g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);
    return uri != NULL && g_strcmp0(g_uri_get_scheme(uri), "smtp") == 0 &&
           g_uri_get_host(uri) != NULL && *g_uri_get_host(uri) != '\0' &&
           *g_uri_get_path(uri) == '\0';
}

static gboolean
is_store_url(const char *value)
{
    return g_str_has_prefix(value, "sqlite:/");
}

static gboolean
is_absolute(const char *value)
{
    return value[0] == '\0' || g_path_is_absolute(value);
}

gboolean
ch_config_is_zone(const char *value)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(value);
    return zone != NULL;
}

gboolean
ch_config_is_address(const char *value)
{
    const char *at = strchr(value, '@');
    return value[0] == '\0' || (at != NULL && at > value && at[1] != '\0' &&
                                strpbrk(value, " <>,;:\"\r\n\t") == NULL &&
                                strchr(at + 1, '@') == NULL);
}

static gboolean
is_submitter(const char *value)
{
    if (g_str_has_prefix(value, "local:")) {
        return value[6] != '\0';
    }
    g_autoptr(GInetAddressMask) mask =
        g_inet_address_mask_new_from_string(value, NULL);
    return mask != NULL;
}

static gboolean
is_one_line(const char *value)
{
    return strpbrk(value, "\r\n") == NULL;
}

static gboolean
is_listen(const char *value)
{
    const char *colon = strrchr(value, ':');
    return colon != NULL && colon > value && is_port(colon + 1);
}

static gboolean
is_base_url(const char *value)
{
    if (value[0] == '\0') {
        return TRUE;
    }
    g_autoptr(GUri) uri = g_uri_parse(value, G_URI_FLAGS_NONE, NULL);
    const char *scheme = uri != NULL ? g_uri_get_scheme(uri) : "";
    return (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
           g_uri_get_host(uri) != NULL && *g_uri_get_host(uri) != '\0' &&
           g_uri_get_userinfo(uri) == NULL && *g_uri_get_path(uri) == '\0' &&
           g_uri_get_query(uri) == NULL && g_uri_get_fragment(uri) == NULL;
}

static gboolean
is_network(const char *value)
{
    g_autoptr(GInetAddressMask) mask =
        g_inet_address_mask_new_from_string(value, NULL);
    return mask != NULL;
}

static gboolean
is_field_name(const char *value)
{
    for (const char *p = value; *p != '\0'; p++) {
        if (!g_ascii_isalnum(*p) && *p != '-') {
            return FALSE;
        }
    }
    return strlen(value) <= 60;
}

#define SPECIALTIES                                                            \
    "dental, dermatology, paediatrics, mental-health, womens-health"

gboolean
ch_config_is_specialty(const char *value)
{
    g_auto(GStrv) known = g_strsplit(SPECIALTIES, ", ", -1);
    return g_strv_contains((const char *const *)known, value);
}

/* Not "asked" and "answered", which somebody sends himself. */
#define NOTICES                                                                \
    "held, refused, expired, released, release_failed, escalated, reminder, "  \
    "wrote"

gboolean
ch_config_is_notice(const char *value)
{
    g_auto(GStrv) known = g_strsplit(NOTICES, ", ", -1);
    return g_strv_contains((const char *const *)known, value);
}

const char *const ch_jurisdiction_names[] = {"US", "UK", "AU", "ES", NULL};

const config_key ch_config_table[] = {
    {"rules.paths", TYPE_STRINGS, AT(rules_paths), NULL, NULL, NULL},
    {"rules.disable", TYPE_STRINGS, AT(rules_disable), "[]", NULL, NULL},
    {"rules.monitor", TYPE_STRINGS, AT(rules_monitor), "[]", NULL, NULL},
    {"rules.cache", TYPE_STRING, AT(rules_cache), "/var/cache/chaperone",
     "an absolute path", is_absolute},
    {"rules.engine", TYPE_ENUM, AT(rules_engine), "auto",
     "auto|vectorscan|pcre2", NULL},
    {"practice.names", TYPE_STRINGS, AT(practice_names), "[]", NULL, NULL},
    {"practice.phones", TYPE_STRINGS, AT(practice_phones), "[]", NULL, NULL},
    {"practice.domains", TYPE_STRINGS, AT(practice_domains), "[]", NULL, NULL},
    {"practice.addresses", TYPE_STRINGS, AT(practice_addresses), "[]", NULL,
     NULL},
    {"practice.npi", TYPE_STRINGS, AT(practice_npi), "[]", NULL, NULL},
    {"practice.ein", TYPE_STRINGS, AT(practice_ein), "[]", NULL, NULL},
    {"practice.staff", TYPE_STRINGS, AT(practice_staff), "[]", NULL, NULL},
    {"practice.timezone", TYPE_STRING, AT(practice_timezone),
     "America/New_York", "a time zone of the system such as Europe/Madrid",
     ch_config_is_zone},
    {"practice.contact", TYPE_STRING, AT(practice_contact), "\"\"", "one line",
     is_one_line},
    {"practice.specialty", TYPE_STRINGS, AT(practice_specialty), "[]",
     SPECIALTIES, ch_config_is_specialty},
    {"practice.jurisdiction", TYPE_ENUM, AT(practice_jurisdiction), "US",
     "US|UK|AU|ES", NULL},
    {"scope", TYPE_ENUM, AT(scope), "gateways", "gateways|secrets|all", NULL},
    {"mixed", TYPE_ENUM, AT(mixed), "split", "split|all", NULL},
    {"mode", TYPE_ENUM, AT(mode), "enforce", "enforce|monitor", NULL},
    {"authors.trusted", TYPE_STRINGS, AT(authors_trusted), "[]",
     "a client address, a network like 192.0.2.0/24, or local:USER",
     is_submitter},
    {"overrides", TYPE_OVERRIDES, AT(overrides), "[]", NULL, NULL},
    {"policy.combined", TYPE_COUNT, AT(policy_combined), "3", NULL, NULL},
    {"extract.workers", TYPE_COUNT, AT(extract_workers), "2", NULL, NULL},
    {"extract.timeout", TYPE_DURATION, AT(extract_timeout), "5s", NULL, NULL},
    {"extract.memory", TYPE_BYTES, AT(extract_memory), "512MiB", NULL, NULL},
    {"extract.ocr", TYPE_BOOL, AT(extract_ocr), "true", NULL, NULL},
    {"extract.clean", TYPE_BOOL, AT(extract_clean), "false", NULL, NULL},
    {"extract.keep_original", TYPE_BOOL, AT(extract_keep_original), "false",
     NULL, NULL},
    {"extract.cache", TYPE_BYTES, AT(extract_cache), "16MiB", NULL, NULL},
    {"extract.program", TYPE_STRING, AT(extract_program), "\"\"",
     "an absolute path, or \"\" for the one that was installed", is_absolute},
    {"gateways.files", TYPE_STRINGS, AT(gateways_files), NULL, NULL, NULL},
    {"gateways.accounts", TYPE_ACCOUNTS, AT(accounts), "[]", NULL, NULL},
    {"check.address", TYPE_STRING, AT(check_address), "\"\"",
     "a mail address, or \"\" for none", ch_config_is_address},
    {"check.per_hour", TYPE_COUNT, AT(check_per_hour), "30", NULL, NULL},
    {"milter.socket", TYPE_STRING, AT(milter_socket),
     "unix:/var/spool/postfix/chaperone/milter.sock",
     "unix:/PATH or inet:PORT@HOST", is_milter_socket},
    {"milter.socket_mode", TYPE_STRING, AT(milter_socket_mode), "\"0660\"",
     "an octal mode such as \"0660\"", is_mode},
    {"milter.user", TYPE_STRING, AT(milter_user), "chaperone", NULL, NULL},
    {"milter.group", TYPE_STRING, AT(milter_group), "postfix", NULL, NULL},
    {"milter.on_failure", TYPE_EMPTY, 0, "tempfail", "tempfail", NULL},
    {"milter.max_message", TYPE_BYTES, AT(milter_max_message), "50MiB", NULL,
     NULL},
    {"control.socket", TYPE_STRING, AT(control_socket),
     "unix:/run/chaperone/control.sock", "unix:/PATH", is_unix_socket},
    {"quarantine.retention", TYPE_DURATION, AT(quarantine_retention), "90d",
     NULL, NULL},
    {"reject.keep", TYPE_DURATION, AT(reject_keep), "0d", NULL, NULL},
    {"ledger.retention", TYPE_DURATION, AT(ledger_retention), "6y", NULL, NULL},
    {"store.url", TYPE_STRING, AT(store_url),
     "sqlite:/var/lib/chaperone/chaperone.db", "sqlite:/PATH", is_store_url},
    {"store.key_file", TYPE_STRING, AT(store_key_file),
     "/etc/chaperone/store.key", "an absolute path", is_absolute},
    {"release.smtp", TYPE_STRING, AT(release_smtp), "smtp://127.0.0.1:10025",
     "smtp://HOST:PORT", is_smtp_url},
    {"release.late", TYPE_ENUM, AT(release_late), "publish",
     "publish|retime|refuse", NULL},
    {"notices.smtp", TYPE_STRING, AT(notices_smtp), "smtp://127.0.0.1:25",
     "smtp://HOST:PORT", is_smtp_url},
    {"notices.from", TYPE_STRING, AT(notices_from), "\"\"",
     "a mail address, or \"\" for chaperone@ this host", ch_config_is_address},
    {"notices.compliance", TYPE_STRING, AT(notices_compliance), "\"\"",
     "a mail address, or \"\" for nobody", ch_config_is_address},
    {"notices.author", TYPE_BOOL, AT(notices_author), "true", NULL, NULL},
    {"notices.off", TYPE_STRINGS, AT(notices_off), "[]", NOTICES,
     ch_config_is_notice},
    {"notices.digest", TYPE_PERIOD, AT(notices_digest), "off", NULL, NULL},
    {"notices.templates", TYPE_STRING, AT(notices_templates), "\"\"",
     "an absolute path, or \"\" for the built-in words", is_absolute},
    {"review.listen", TYPE_STRING, AT(review_listen), "127.0.0.1:8025",
     "HOST:PORT", is_listen},
    {"review.base_url", TYPE_STRING, AT(review_base_url), "\"\"",
     "\"\", or http://HOST or https://HOST without anything behind it",
     is_base_url},
    {"review.tls", TYPE_TLS, 0, "{}", NULL, NULL},
    {"review.user", TYPE_STRING, AT(review_user), "chaperone-review", NULL,
     NULL},
    {"review.group", TYPE_STRING, AT(review_group), "chaperone", NULL, NULL},
    {"review.second_factor", TYPE_ENUM, AT(review_second_factor), "required",
     "required|optional", NULL},
    {"review.author_may_approve", TYPE_BOOL, AT(review_solo), "false", NULL,
     NULL},
    {"review.two_people", TYPE_BOOL, AT(review_two_people), "false", NULL,
     NULL},
    {"review.ask_reason", TYPE_BOOL, AT(review_reason), "false", NULL, NULL},
    {"review.lock", TYPE_DURATION, AT(review_lock), "15m", NULL, NULL},
    {"review.deadline", TYPE_DURATION, AT(review_deadline), "3d", NULL, NULL},
    {"review.proxies", TYPE_STRINGS, AT(review_proxies), "[]",
     "an address, or a network like 192.0.2.0/24", is_network},
    {"review.proxy_login", TYPE_STRING, AT(review_proxy_login), "\"\"",
     "the name of a header field, or \"\"", is_field_name},
    {"metrics.textfile", TYPE_STRING, AT(metrics_textfile),
     "/run/chaperone/metrics.prom", "an absolute path, or \"\" for none",
     is_absolute},
    {"log.to", TYPE_ENUM, AT(log_to), "syslog", "syslog|stderr|journal", NULL},
    {"log.level", TYPE_ENUM, AT(log_level), "info",
     "err|warning|notice|info|debug", NULL},
    {"log.format", TYPE_ENUM, AT(log_format), "text", "text|json", NULL},
};

const guint ch_config_table_length = G_N_ELEMENTS(ch_config_table);
