/*
 * chaperone user: the accounts of the review page, for whoever has the key.
 *
 * Passwords come from the terminal without an echo, or as a line of standard
 * input; never from the command line, where others could see them.  Every
 * change stands in the ledger with the uid that made it.
 */
#include "cli.h"

#include "chaperone/error.h"
#include "chaperone/user.h"

#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

typedef struct {
    char *config_file, *role, *author; /* or NULL */
    gboolean off;
    const char *name;
    ch_store *store;
} user_command;

static ch_decision
decision_of(void)
{
    return (ch_decision){.reviewer = g_get_user_name(),
                         .uid = (gint64)getuid(),
                         .time_us = g_get_real_time()};
}

/* --- passwords ------------------------------------------------------------ */

static gboolean
read_line(char *line, int size)
{
    if (fgets(line, size, stdin) == NULL) {
        return FALSE;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return TRUE;
}

static gboolean
ask(const char *prompt, char *line, int size)
{
    struct termios old, silent;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &old) != 0) {
        return read_line(line, size);
    }
    silent = old;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    fprintf(stderr, "%s: ", prompt);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    gboolean ok = read_line(line, size);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    fprintf(stderr, "\n");
    return ok;
}

/* Owned; NULL: none was given, which was said. */
static char *
dup_password(void)
{
    char first[1024], second[1024];
    if (!ask("Password", first, sizeof first)) {
        fprintf(stderr, "chaperone: no password was given\n");
        return NULL;
    }
    if (isatty(STDIN_FILENO) &&
        (!ask("The same again", second, sizeof second) ||
         strcmp(first, second) != 0)) {
        fprintf(stderr, "chaperone: they are not the same\n");
        return NULL;
    }
    return g_strdup(first);
}

/* --- the verbs ------------------------------------------------------------ */

static int
finish(gboolean ok, GError *error)
{
    return ok ? EX_OK : ch_cli_fail(error);
}

static int
run_add(const user_command *u)
{
    GError *error = NULL;
    ch_role role = CH_ROLE_REVIEWER;
    const ch_decision who = decision_of();
    if (u->role != NULL && !ch_role_parse(u->role, &role)) {
        return ch_cli_usage("user", "--role is reviewer, senior, auditor or "
                                    "admin");
    }
    g_autofree char *password = dup_password();
    if (password == NULL) {
        return EX_NOINPUT;
    }
    return finish(
        ch_user_add(u->store, u->name, role, password, u->author, &who, &error),
        error);
}

static int
run_passwd(const user_command *u)
{
    GError *error = NULL;
    const ch_decision who = decision_of();
    g_autofree char *password = dup_password();
    if (password == NULL) {
        return EX_NOINPUT;
    }
    return finish(
        ch_user_set_password(u->store, u->name, password, &who, &error), error);
}

static int
run_disable(const user_command *u)
{
    GError *error = NULL;
    const ch_decision who = decision_of();
    return finish(
        ch_user_set_disabled(u->store, u->name, !u->off, &who, &error), error);
}

/* What an authenticator app takes; shown once. */
static int
run_totp(const user_command *u)
{
    GError *error = NULL;
    const ch_decision who = decision_of();
    g_autoptr(GBytes) secret = u->off ? NULL : ch_totp_new_secret();
    if (!ch_user_set_totp(u->store, u->name, secret, &who, &error)) {
        return ch_cli_fail(error);
    }
    if (secret != NULL) {
        g_autofree char *key = ch_totp_dup_base32(secret);
        printf("%s\notpauth://totp/Chaperone:%s?secret=%s&issuer=Chaperone\n",
               key, u->name, key);
    }
    return EX_OK;
}

static void
print_time(gint64 time_us)
{
    g_autoptr(GDateTime) t =
        time_us < 0 ? NULL
                    : g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    g_autofree char *text =
        t != NULL ? g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ") : NULL;
    printf("  %s\n", text != NULL ? text : "never");
}

static int
run_list(const user_command *u)
{
    GError *error = NULL;
    g_autoptr(GPtrArray) list = ch_user_list(u->store, &error);
    if (list == NULL) {
        return ch_cli_fail(error);
    }
    for (guint i = 0; i < list->len; i++) {
        const ch_user *a = g_ptr_array_index(list, i);
        gboolean locked = a->locked_us > g_get_real_time();
        printf("%-24s %-9s %-9s %-8s", a->name, ch_role_name(a->role),
               a->disabled_us >= 0 ? "disabled"
               : locked            ? "locked"
                                   : "enabled",
               a->has_totp ? "totp" : "no-totp");
        print_time(a->last_us);
    }
    return EX_OK;
}

/* --- the command ---------------------------------------------------------- */

static const struct {
    const char *name;
    int (*run)(const user_command *u);
    gboolean needs_name;
} verbs[] = {
    {"add", run_add, TRUE},         {"passwd", run_passwd, TRUE},
    {"disable", run_disable, TRUE}, {"totp", run_totp, TRUE},
    {"list", run_list, FALSE},
};

static int
dispatch(user_command *u, GStrv args)
{
    GError *error = NULL;
    guint at = 0;
    while (at < G_N_ELEMENTS(verbs) &&
           g_strcmp0(args[0], verbs[at].name) != 0) {
        at++;
    }
    if (at == G_N_ELEMENTS(verbs)) {
        return ch_cli_usage("user",
                            "what is known is: add, passwd, disable, totp, "
                            "list");
    }
    if (g_strv_length(args) != (verbs[at].needs_name ? 2 : 1)) {
        return ch_cli_usage("user", "%s takes %s", verbs[at].name,
                            verbs[at].needs_name ? "one NAME" : "no argument");
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(u->config_file, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    if (store == NULL) {
        return ch_cli_fail(error);
    }
    u->name = args[1];
    u->store = store;
    return verbs[at].run(u);
}

int
ch_cmd_user(int argc, char **argv)
{
    user_command u = {.off = FALSE};
    g_auto(GStrv) args = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"role", 0, 0, G_OPTION_ARG_STRING, &u.role,
         "add: reviewer (default), senior, auditor or admin", "ROLE"},
        {"author", 0, 0, G_OPTION_ARG_STRING, &u.author,
         "add: the login that this person's own posts have", "LOGIN"},
        {"off", 0, 0, G_OPTION_ARG_NONE, &u.off,
         "disable, totp: the other way round", NULL},
        G_OPTION_ENTRY_NULL};
    if (ch_cli_options(argc, argv, "add|passwd|disable|totp NAME | list",
                       "Keeps the accounts of the review page. A password is "
                       "asked for, or read from standard input.",
                       entries, &u.config_file, &args, &code)) {
        code = dispatch(&u, args);
    }
    g_free(u.config_file);
    g_free(u.role);
    g_free(u.author);
    return code;
}
