/*
 * chaperone-milter(8): the daemon that Postfix or Sendmail asks about each
 * mail.
 *
 * Start in an order that leaves nothing half done: configuration, rules and
 * gateways are loaded as a whole; sockets and store are made as root; then
 * root is given up; only then threads start and mail is taken.  The end
 * waits for messages under way, because libmilter does not.
 */
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "chaperone/notify.h"
#include "chaperone/pool.h"
#include "chaperone/usock.h"
#include "chaperone/version.h"
#include "daemon.h"

#include <locale.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <syslog.h>
#include <unistd.h>

/* How long messages under way may take to end, and how long their answer has
 * to get through libmilter afterwards. */
#define FINISH_MS 60000
#define ANSWER_MS 200
#define BACKLOG   256
/* Among so many descriptors the first socket is found. */
#define FIRST_DESCRIPTORS 64

typedef struct {
    char *config;
    gboolean foreground, detach, version;
} options;

static int
complain(const char *message, int code)
{
    g_auto(GStrv) lines = g_strsplit(message, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_printerr("chaperone-milter: %s\n", lines[i]);
    }
    return code;
}

static int
complain_error(const GError *error)
{
    /* A live socket: the service is there, but it is another one's. */
    int code = g_error_matches(error, CH_ERROR, CH_ERROR_STATE)
                   ? EX_UNAVAILABLE
                   : ch_error_exit_code(error);
    return complain(error->message, code);
}

/* TRUE: go on; FALSE: end with *code_out. */
static gboolean
parse_options(int *argc, char ***argv, options *o, int *code_out)
{
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &o->config,
         "Configuration (default " CH_SYSCONFDIR "/chaperone/chaperone.yaml)",
         "FILE"},
        {"foreground", 'f', 0, G_OPTION_ARG_NONE, &o->foreground,
         "Stay in the foreground (default)", NULL},
        {"daemon", 'd', 0, G_OPTION_ARG_NONE, &o->detach,
         "Detach once mail can be taken", NULL},
        {"version", 0, 0, G_OPTION_ARG_NONE, &o->version,
         "Print the version and exit", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context =
        g_option_context_new("- judge mail to social-media gateways");
    g_autoptr(GError) error = NULL;
    g_option_context_add_main_entries(context, entries, NULL);
    *code_out = EX_USAGE;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        complain(error->message, EX_USAGE);
        return FALSE;
    }
    if (o->version) {
        g_print("chaperone-milter %s\n", CH_VERSION);
        *code_out = EX_OK;
        return FALSE;
    }
    if (*argc > 1 || (o->foreground && o->detach)) {
        complain("no arguments, and either -f or -d; see --help", EX_USAGE);
        return FALSE;
    }
    return TRUE;
}

/* --- start -------------------------------------------------------------------
 */

/* At the end of a message libmilter writes each header that we add, and the
 * reply, by itself, and Nagle's algorithm keeps the second back until the
 * MTA, which has nothing to say, acknowledges the first: 40 ms a message.
 * libmilter does not tell its descriptor, but on Linux accepted sockets
 * inherit TCP_NODELAY (tcp(7)) and no other socket listens yet. */
static void
send_at_once(void)
{
    const int on = 1;
    for (int fd = STDERR_FILENO + 1; fd < FIRST_DESCRIPTORS; fd++) {
        int listens = 0;
        socklen_t length = sizeof listens;
        if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0 &&
            listens) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
    }
}

/* libmilter's socket; nobody can talk to it before smfi_main. */
static gboolean
open_socket(ch_daemon *daemon, const ch_config *config, GError **error)
{
    const char *path = ch_usock_path(config->milter_socket);
    daemon->unix_socket = path != NULL;
    if (path != NULL && !ch_usock_clear(path, error)) {
        return FALSE;
    }
    g_autofree char *url = g_strdup(config->milter_socket);
    mode_t old = umask(0177); /* until its owner and mode are set */
    gboolean ok = smfi_setconn(url) == MI_SUCCESS &&
                  ch_callbacks_register(daemon, error) &&
                  smfi_setbacklog(BACKLOG) == MI_SUCCESS &&
                  smfi_opensocket(FALSE) == MI_SUCCESS;
    umask(old);
    if (!ok) {
        if (error != NULL && *error == NULL) {
            g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                        "cannot listen on milter.socket %s",
                        config->milter_socket);
        }
        return FALSE;
    }
    if (path == NULL) {
        send_at_once();
    }
    return ch_privileges_socket(config, error);
}

/* What the main thread waits for; all threads inherit that it is blocked,
 * else one of them would take SIGTERM and die of it. */
static sigset_t
our_signals(void)
{
    static const int numbers[] = {SIGUSR1, SIGHUP, SIGTERM, SIGINT};
    sigset_t set;
    sigemptyset(&set);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        sigaddset(&set, numbers[i]);
    }
    return set;
}

static void
block_signals(void)
{
    const sigset_t set = our_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* What needs root, then no root any more. */
static gboolean
prepare(ch_daemon *daemon, GError **error)
{
    const ch_config *config = daemon->house->config;
    return ch_privileges_prepare(config, error) &&
           open_socket(daemon, config, error) &&
           ch_privileges_drop(config, error);
}

/* Store and threads, after forking. */
static gboolean
start(ch_daemon *daemon, GError **error)
{
    const ch_config *config = daemon->house->config;
    daemon->store =
        ch_store_open(config->store_url, config->store_key_file, TRUE, error);
    if (daemon->store == NULL || !ch_reload_start(daemon, error)) {
        return FALSE;
    }
    ch_pool_start(ch_pool_attach(daemon->house));
    ch_witness_configuration(daemon, daemon->house);
    ch_housekeeping_start(daemon);
    ch_log(LOG_NOTICE, "started", CH_LOG_VERSION, CH_VERSION, CH_LOG_SOCKET,
           config->milter_socket, CH_LOG_COUNT,
           (guint64)ch_ruleset_rules(daemon->house->rules)->len, CH_LOG_END);
    if (config->mode == CH_MODE_MONITOR) {
        ch_log(LOG_WARNING, "monitor", CH_LOG_REASON, "mode", CH_LOG_END);
    }
    ch_notify("READY=1");
    return TRUE;
}

/* --- detaching
 * ------------------------------------------------------------------ */

/* The parent waits until the child takes mail or has failed, and ends with
 * the child's code; the child returns the descriptor to tell by, or -1. */
static int
detach(void)
{
    int pipes[2];
    if (pipe(pipes) != 0) {
        exit(complain("cannot make a pipe", EX_OSERR));
    }
    pid_t child = fork();
    if (child < 0) {
        exit(complain("cannot fork", EX_OSERR));
    }
    if (child > 0) {
        char ready;
        int status = 0;
        close(pipes[1]);
        if (read(pipes[0], &ready, 1) == 1) {
            _exit(EX_OK);
        }
        waitpid(child, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE);
    }
    close(pipes[0]);
    setsid();
    return pipes[1];
}

static void
tell_parent(int fd)
{
    if (fd >= 0) {
        FILE *null = fopen("/dev/null", "r+");
        if (write(fd, "1", 1) != 1) {
            ch_log(LOG_WARNING, "detach", CH_LOG_END);
        }
        close(fd);
        if (null != NULL) {
            for (int std = STDIN_FILENO; std <= STDERR_FILENO; std++) {
                dup2(fileno(null), std);
            }
            fclose(null);
        }
    }
}

/* --- serving
 * ---------------------------------------------------------------------- */

/* libmilter's own signal thread would stop its sessions in the middle of a
 * message.  Linux gives a signal to the main thread first if that waits for
 * it (signal(7); kernel/signal.c, complete_signal), so the main thread does
 * nothing but wait, and libmilter has another one. */
typedef struct {
    pthread_t main;
    int result;
} server;

static gpointer
serve(gpointer data)
{
    server *s = data;
    g_atomic_int_set(&s->result, smfi_main());
    pthread_kill(s->main, SIGTERM);
    return NULL;
}

/* Until nobody has asked for one while the last was under way: a hundred
 * signals are two reloads, not a hundred at a time. */
static gpointer
reload_as_asked(gpointer data)
{
    ch_daemon *daemon = data;
    int asked;
    do {
        g_autoptr(GString) answer = g_string_new(NULL);
        asked = g_atomic_int_get(&daemon->reloads_asked);
        ch_daemon_reload(daemon, answer); /* the log tells how it went */
    } while (
        !g_atomic_int_compare_and_exchange(&daemon->reloads_asked, asked, 0));
    return NULL;
}

/* Until SIGTERM or SIGINT; SIGUSR1 reloads.  SIGHUP is ignored: taken for a
 * reload here, it would be a stop whenever libmilter's thread gets it. */
static void
wait_for_end(ch_daemon *daemon)
{
    const sigset_t set = our_signals();
    int number = 0;
    while (sigwait(&set, &number) == 0 && number != SIGTERM &&
           number != SIGINT) {
        if (number == SIGUSR1 &&
            g_atomic_int_add(&daemon->reloads_asked, 1) == 0) {
            g_thread_unref(g_thread_new("reload", reload_as_asked, daemon));
        }
    }
}

/* --- end
 * ------------------------------------------------------------------------- */

/* A message counts itself before it looks at stopping (on_mail), so none
 * can slip in unseen after this has counted none. */
static gboolean
wait_for_messages(ch_daemon *daemon)
{
    g_atomic_int_set(&daemon->stopping, TRUE);
    for (int waited = 0; waited < FINISH_MS; waited += 20) {
        if (g_atomic_int_get(&daemon->under_way) == 0) {
            g_usleep(ANSWER_MS * 1000); /* the answer is on its way */
            return TRUE;
        }
        g_usleep(20 * 1000);
    }
    return FALSE;
}

static int
finish(ch_daemon *daemon, int code)
{
    const char *path = ch_usock_path(daemon->started->milter_socket);
    ch_notify("STOPPING=1");
    if (path != NULL) {
        unlink(path); /* nobody connects any more; if not, they are deferred */
    }
    gboolean clean = wait_for_messages(daemon);
    ch_housekeeping_stop(daemon);
    ch_reload_stop(daemon);
    ch_log(clean ? LOG_NOTICE : LOG_WARNING, "stopped", CH_LOG_COUNT,
           (guint64)g_atomic_int_get(&daemon->under_way), CH_LOG_END);
    if (clean) {
        ch_store_close(daemon->store);
    }
    /* Threads of libmilter still look at what exit() would take down. */
    fflush(NULL);
    _exit(code);
}

/* Before there is a session: nothing was taken, all can be freed. */
static int
give_up(ch_daemon *daemon, const GError *error)
{
    int code = complain_error(error);
    ch_reload_stop(daemon);
    if (daemon->store != NULL) {
        ch_store_close(daemon->store);
    }
    ch_metrics_free(daemon->metrics);
    ch_house_unref(daemon->house);
    ch_config_unref(daemon->started);
    return code;
}

static int
run(ch_daemon *daemon, gboolean detached)
{
    g_autoptr(GError) error = NULL;
    if (!prepare(daemon, &error)) {
        return give_up(daemon, error);
    }
    int parent = detached ? detach() : -1;
    if (!start(daemon, &error)) {
        return give_up(daemon, error);
    }
    tell_parent(parent);
    server s = {.main = pthread_self(), .result = MI_SUCCESS};
    g_thread_unref(g_thread_new("libmilter", serve, &s));
    wait_for_end(daemon);
    return finish(daemon, g_atomic_int_get(&s.result) == MI_SUCCESS
                              ? EX_OK
                              : EX_UNAVAILABLE);
}

int
main(int argc, char **argv)
{
    options o = {NULL, FALSE, FALSE, FALSE};
    int code = EX_OK;
    setlocale(LC_CTYPE, "C.UTF-8");
    ch_privileges_harden();
    block_signals();
    gboolean go = parse_options(&argc, &argv, &o, &code);
    g_autofree char *config_file = o.config;
    if (!go) {
        return code;
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_daemon daemon = {.config_file = config_file};
    daemon.house = ch_house_load(config_file, diag);
    if (daemon.house == NULL ||
        !ch_accounts_are_complete(daemon.house->accounts, diag)) {
        ch_house_unref(daemon.house);
        g_autofree char *text = ch_diag_dup_text(diag);
        return complain(text, EX_CONFIG);
    }
    g_mutex_init(&daemon.lock);
    g_cond_init(&daemon.wake);
    g_cond_init(&daemon.reload_turn);
    daemon.metrics = ch_metrics_new();
    daemon.started = ch_config_ref(daemon.house->config);
    ch_log_open("chaperone-milter", daemon.house->config);
    return run(&daemon, o.detach);
}
