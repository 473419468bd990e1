/*
 * The doctor's look at the way out of quarantine: the listener of release.smtp
 * and its lines in master.cf.
 *
 * Each option is there for a reason: with header rewriting Postfix changes
 * the mail before the milter compares it with what was approved; without the
 * milter the token stays in the mail and proves nothing; a content filter
 * would send the released post round again; and only the host itself may use
 * the door.
 */
#include "doctor.h"

#include <gio/gio.h>

#define LISTENER                                                               \
    "master.cf: 127.0.0.1:10025 inet n - y - - smtpd "                         \
    "-o local_header_rewrite_clients= -o mynetworks=127.0.0.0/8 "              \
    "-o smtpd_client_restrictions=permit_mynetworks,reject "                   \
    "-o smtpd_relay_restrictions=permit_mynetworks,reject "                    \
    "-o smtpd_recipient_restrictions=permit_mynetworks,reject "                \
    "-o smtpd_sasl_auth_enable=no -o content_filter="

typedef struct {
    const doctor *doctor;
    char *service; /* "127.0.0.1:10025" as master.cf names it, or NULL */
    GStrv options; /* lines "service/inet/name = value" */
} listener;

static void
listener_clear(listener *l)
{
    g_free(l->service);
    g_strfreev(l->options);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(listener, listener_clear)

static gboolean
is_loopback(const char *host)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return address != NULL ? g_inet_address_get_is_loopback(address)
                           : g_strcmp0(host, "localhost") == 0;
}

/* "[::1]:10025", "localhost:10025" or "10025".  host_out: owned, "" for
 * every address. */
static gboolean
is_service_of_port(const char *service, int port, char **host_out)
{
    const char *colon = strrchr(service, ':');
    const char *name = colon != NULL ? colon + 1 : service;
    g_autofree char *text = g_strdup_printf("%d", port);
    if (strcmp(name, text) != 0) {
        return FALSE;
    }
    char *host =
        g_strndup(service, colon != NULL ? (gsize)(colon - service) : 0);
    if (host[0] == '[') {
        g_strdelimit(host, "[]", ' ');
        g_strstrip(host);
    }
    *host_out = host;
    return TRUE;
}

/* The smtpd of that port in master.cf; its host is owned. */
static gboolean
find_service(listener *l, int port, char **host_out)
{
    g_autofree char *services = doctor_postconf(l->doctor, "-M", NULL);
    g_auto(GStrv) lines = g_strsplit(services == NULL ? "" : services, "\n", 0);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) fields = g_regex_split_simple("[ \t]+", lines[i], 0, 0);
        guint n = g_strv_length(fields);
        if (n >= 8 && strcmp(fields[1], "inet") == 0 &&
            is_service_of_port(fields[0], port, host_out)) {
            l->service = g_strdup(fields[0]);
            return TRUE;
        }
    }
    return FALSE;
}

/* What holds for the listener: its own option, else main.cf's.  Owned. */
static char *
dup_option(const listener *l, const char *name)
{
    g_autofree char *prefix = g_strdup_printf("%s/inet/%s =", l->service, name);
    for (guint i = 0; l->options[i] != NULL; i++) {
        if (g_str_has_prefix(l->options[i], prefix)) {
            return g_strstrip(g_strdup(l->options[i] + strlen(prefix)));
        }
    }
    char *value = doctor_postconf(l->doctor, "-hx", name);
    return value != NULL ? g_strstrip(value) : g_strdup("");
}

static void
check_empty(doctor *d, const listener *l, const char *name, const char *why)
{
    g_autofree char *value = dup_option(l, name);
    g_autofree char *what = g_strdup_printf("release: %s", name);
    g_autofree char *mend =
        g_strdup_printf("master.cf, %s: -o %s= : %s", l->service, name, why);
    gboolean good = value[0] == '\0';
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_BAD, what, good ? "empty" : value,
               mend);
}

static void
check_milter(doctor *d, const listener *l, const ch_config *config)
{
    g_autofree char *list = dup_option(l, "smtpd_milters");
    g_autofree char *overrides = dup_option(l, "receive_override_options");
    g_auto(GStrv) names = doctor_dup_socket_names(d, config);
    g_auto(GStrv) items = g_strsplit_set(list, ", \t", 0);
    gboolean found = FALSE;
    for (guint i = 0; items[i] != NULL; i++) {
        found |= g_strv_contains((const char *const *)names, items[i]);
    }
    found = found && strstr(overrides, "no_milters") == NULL;
    g_autofree char *mend = g_strdup_printf(
        "master.cf, %s: no -o smtpd_milters, no no_milters: the milter must "
        "see what is released",
        l->service);
    doctor_say(d, found ? DOCTOR_GOOD : DOCTOR_BAD, "release: smtpd_milters",
               found ? "the milter is in it" : "the milter is not in it", mend);
}

/* Whether every network of the list is this host. */
static gboolean
is_own_host(const char *networks)
{
    g_auto(GStrv) words = g_strsplit_set(networks, ", \t", 0);
    gboolean any = FALSE;
    for (guint i = 0; words[i] != NULL; i++) {
        gboolean own = g_str_has_prefix(words[i], "127.") ||
                       g_str_has_prefix(words[i], "[::1]");
        if (words[i][0] != '\0' && !own) {
            return FALSE;
        }
        any |= own;
    }
    return any;
}

static void
check_door(doctor *d, const listener *l, const char *host)
{
    static const char *const restrictions[] = {"smtpd_relay_restrictions",
                                               "smtpd_client_restrictions"};
    g_autofree char *networks = dup_option(l, "mynetworks");
    gboolean good = is_loopback(host) && is_own_host(networks);
    for (guint i = 0; i < G_N_ELEMENTS(restrictions); i++) {
        g_autofree char *value = dup_option(l, restrictions[i]);
        good = good && strstr(value, "permit_mynetworks") != NULL &&
               g_str_has_suffix(value, "reject");
    }
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_WARN, "release: who may connect",
               good ? "this host" : "others than this host", LISTENER);
}

static gboolean
is_reachable(const ch_config *config, GError **error)
{
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_autoptr(GSocketConnectable) address =
        g_network_address_parse_uri(config->release_smtp, 25, error);
    g_socket_client_set_timeout(client, 3);
    if (address == NULL) {
        return FALSE;
    }
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect(client, address, NULL, error);
    return connection != NULL;
}

void
doctor_check_release(doctor *d, const ch_config *config)
{
    g_autoptr(GError) error = NULL;
    g_auto(listener) l = {.doctor = d};
    g_autofree char *host = NULL;
    gboolean up = is_reachable(config, &error);
    doctor_say(d, up ? DOCTOR_GOOD : DOCTOR_WARN, "release listener",
               up ? config->release_smtp : error->message, LISTENER);
    g_autoptr(GUri) uri =
        g_uri_parse(config->release_smtp, G_URI_FLAGS_NONE, NULL);
    g_autofree char *version = doctor_postconf(d, "-h", "mail_version");
    if (uri == NULL || version == NULL || !is_loopback(g_uri_get_host(uri))) {
        return; /* another machine's listener, or no Postfix to ask */
    }
    int port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : 25;
    if (!find_service(&l, port, &host)) {
        doctor_say(d, DOCTOR_BAD, "release: master.cf",
                   "no smtpd at the port of release.smtp", LISTENER);
        return;
    }
    g_autofree char *options = doctor_postconf(d, "-Px", NULL);
    l.options = g_strsplit(options == NULL ? "" : options, "\n", 0);
    check_milter(d, &l, config);
    check_empty(d, &l, "local_header_rewrite_clients",
                "Postfix would change the mail before it is compared");
    check_empty(d, &l, "content_filter",
                "a filter would send the post round again");
    check_door(d, &l, host);
}
