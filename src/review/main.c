/*
 * chaperone-review(8): the page on which compliance decides.
 *
 * A process and a user of its own beside the milter; both write the same
 * store.  Start: configuration and rules, as root the socket and the
 * certificate, then no root any more, the store, the threads.  Where there is
 * no account yet, a link that makes the first one is printed, once.
 */
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "chaperone/notify.h"
#include "chaperone/pool.h"
#include "chaperone/version.h"
#include "privileges.h"
#include "server.h"

#include <gio/gio.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>

typedef struct {
    char *config;
    gboolean version;
} options;

static int
complain(const char *message, int code)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_printerr("chaperone-review: %s\n", lines[i]);
    }
    return code;
}

/* TRUE: go on; FALSE: end with *code_out. */
static gboolean
parse_options(int *argc, char ***argv, options *o, int *code_out)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
         "Configuration (default " CH_SYSCONFDIR "/chaperone/chaperone.yaml)",
         "FILE"},
        {"version", 0, 0, G_OPTION_ARG_NONE, &o->version,
         "Print the version and exit", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context =
        g_option_context_new("- the page on which compliance decides");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    *code_out = EX_USAGE;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        complain(error->message, EX_USAGE);
        return FALSE;
    }
    if (o->version) {
        g_print("chaperone-review %s\n", CH_VERSION);
        *code_out = EX_OK;
        return FALSE;
    }
    if (*argc > 1) {
        complain("no arguments; see --help", EX_USAGE);
        return FALSE;
    }
    return TRUE;
}

/* --- how people come ------------------------------------------------------ */

static gboolean
is_loopback(const char *listen_on)
{
    const char *colon = strrchr(listen_on, ':');
    g_autofree char *host = g_strndup(listen_on, (gsize)(colon - listen_on));
    g_strdelimit(host, "[]", ' ');
    g_strstrip(host);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return strcmp(host, "localhost") == 0 ||
           (address != NULL && g_inet_address_get_is_loopback(address));
}

static gboolean
is_secure(const ch_config *config)
{
    return config->review_certificate[0] != '\0' ||
           g_str_has_prefix(config->review_base_url, "https://");
}

/* A password never goes over a network in the clear. */
static gboolean
check_way(const ch_config *config, GError **error)
{
    if (is_secure(config) || is_loopback(config->review_listen)) {
        return TRUE;
    }
    g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                "review.listen %s is not a loopback address: set review.tls, "
                "or review.base_url to the https address of a proxy",
                config->review_listen);
    return FALSE;
}

/* Where there is no account; printed, not logged. */
static gboolean
offer_setup(ch_server *server, GError **error)
{
    char token[CH_TOKEN_HEX + 1];
    g_autoptr(GError) local = NULL;
    const ch_config *config = server->config;
    if (ch_setup_offer(server->store, g_get_real_time(), token, &local)) {
        g_autofree char *own = g_strdup_printf(
            "http%s://%s", server->secure ? "s" : "", config->review_listen);
        g_print("chaperone-review: no account yet; make the first one within "
                "a day at\n%s/setup/%s\n",
                config->review_base_url[0] != '\0' ? config->review_base_url
                                                   : own,
                token);
        fflush(stdout);
        return TRUE;
    }
    if (g_error_matches(local, CH_ERROR, CH_ERROR_STATE)) {
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&local));
    return FALSE;
}

/* --- start and end -------------------------------------------------------- */

typedef struct {
    int fd;
    char *certificate, *key; /* PEM, or NULL */
} rooted;

/* What root alone may do. */
static gboolean
prepare(const ch_config *config, rooted *r, GError **error)
{
    if (config->review_certificate[0] != '\0' &&
        (!g_file_get_contents(config->review_certificate, &r->certificate, NULL,
                              error) ||
         !g_file_get_contents(config->review_key, &r->key, NULL, error))) {
        return FALSE;
    }
    r->fd = ch_listen_open(config->review_listen, error);
    return r->fd >= 0 && ch_review_drop(config, error);
}

static void
block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    pthread_sigmask(SIG_BLOCK, set, NULL);
}

static gboolean
serve(ch_server *server, const rooted *r, const sigset_t *set, GError **error)
{
    int number = 0;
    ch_listener *listener =
        ch_listener_start(server, r->fd, r->certificate, r->key, error);
    if (listener == NULL) {
        return FALSE;
    }
    ch_log(LOG_NOTICE, "started", CH_LOG_VERSION, CH_VERSION, CH_LOG_SOCKET,
           server->config->review_listen, CH_LOG_END);
    ch_notify("READY=1");
    while (sigwait(set, &number) != 0) {
        continue;
    }
    ch_notify("STOPPING=1");
    ch_listener_stop(listener);
    ch_log(LOG_NOTICE, "stopped", CH_LOG_END);
    return TRUE;
}

static gboolean
run(ch_server *server, const sigset_t *set, GError **error)
{
    const ch_config *config = server->config;
    rooted r = {.fd = -1};
    gboolean ok = check_way(config, error) && prepare(config, &r, error) &&
                  (server->store =
                       ch_store_open(config->store_url, config->store_key_file,
                                     FALSE, error)) != NULL &&
                  offer_setup(server, error) && serve(server, &r, set, error);
    ch_store_close(server->store);
    g_free(r.certificate);
    g_free(r.key);
    return ok;
}

int
main(int argc, char **argv)
{
    options o = {NULL, FALSE};
    int code = EX_OK;
    sigset_t set;
    g_autoptr(GError) error = NULL;
    setlocale(LC_CTYPE, "C.UTF-8");
    ch_review_harden();
    block_signals(&set);
    gboolean go = parse_options(&argc, &argv, &o, &code);
    g_autofree char *config_file = o.config;
    if (!go) {
        return code;
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load(config_file, diag);
    if (house == NULL) {
        g_autofree char *text = ch_diag_dup_text(diag);
        return complain(text, EX_CONFIG);
    }
    /* The same readers as the milter's: the card tells what it would. */
    ch_server server = {.house = house,
                        .pool = ch_pool_attach(house),
                        .config = house->config,
                        .secure = is_secure(house->config)};
    g_mutex_init(&server.lock);
    g_mutex_init(&server.hash_lock);
    server.failures =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    ch_log_open("chaperone-review", house->config);
    code = EX_OK;
    if (!run(&server, &set, &error)) {
        code = complain(error->message,
                        g_error_matches(error, CH_ERROR, CH_ERROR_STATE)
                            ? EX_UNAVAILABLE
                            : ch_error_exit_code(error));
    }
    g_hash_table_unref(server.failures);
    return code;
}
