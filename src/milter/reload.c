/*
 * Reload and status, by the control socket; main.c calls on SIGUSR1.
 *
 * A new house is loaded completely before it is swapped in; a bad
 * one is refused and the old one keeps working.  Sockets, user and store are
 * taken at start only: a change of theirs is named, not followed.
 */
#include "chaperone/control.h"
#include "chaperone/log.h"
#include "chaperone/notify.h"
#include "chaperone/pool.h"
#include "chaperone/version.h"
#include "daemon.h"

#include <string.h>
#include <syslog.h>

ch_house *
ch_daemon_house(ch_daemon *daemon)
{
    g_mutex_lock(&daemon->lock);
    ch_house *house = ch_house_ref(daemon->house);
    g_mutex_unlock(&daemon->lock);
    return house;
}

void
ch_daemon_wake(ch_daemon *daemon)
{
    g_mutex_lock(&daemon->lock);
    daemon->work = TRUE;
    g_cond_signal(&daemon->wake);
    g_mutex_unlock(&daemon->lock);
}

static void
name_if_changed(GString *answer, const char *key, const char *old,
                const char *new)
{
    if (strcmp(old, new) != 0) {
        g_string_append_printf(answer, "%s takes effect after a restart\n",
                               key);
    }
}

static void
name_restarts(GString *answer, const ch_config *old, const ch_config *new)
{
    name_if_changed(answer, "milter.socket", old->milter_socket,
                    new->milter_socket);
    name_if_changed(answer, "milter.socket_mode", old->milter_socket_mode,
                    new->milter_socket_mode);
    name_if_changed(answer, "milter.user", old->milter_user, new->milter_user);
    name_if_changed(answer, "milter.group", old->milter_group,
                    new->milter_group);
    name_if_changed(answer, "store.url", old->store_url, new->store_url);
    name_if_changed(answer, "store.key_file", old->store_key_file,
                    new->store_key_file);
    name_if_changed(answer, "control.socket", old->control_socket,
                    new->control_socket);
    if (old->log_to != new->log_to || old->log_format != new->log_format) {
        g_string_append(answer, "log.to, log.format take effect after a "
                                "restart\n");
    }
}

static ch_house *
swap(ch_daemon *daemon, ch_house *house)
{
    g_mutex_lock(&daemon->lock);
    ch_house *old = daemon->house;
    daemon->house = house;
    g_mutex_unlock(&daemon->lock);
    return old;
}

/* Before the new house is shared. */
static gboolean
take_secrets(ch_daemon *daemon, ch_house *house, ch_diag *diag)
{
    g_autoptr(ch_house) old = ch_daemon_house(daemon);
    ch_accounts_keep(house->accounts, old->accounts);
    return ch_accounts_are_complete(house->accounts, diag);
}

static gboolean
reload(ch_daemon *daemon, GString *answer)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_notify("RELOADING=1");
    ch_house *house = ch_house_load(daemon->config_file, diag);
    if (house != NULL && !take_secrets(daemon, house, diag)) {
        g_clear_pointer(&house, ch_house_unref);
    }
    if (house == NULL) {
        g_autofree char *text = ch_diag_dup_text(diag);
        g_string_append_printf(answer, "%s\n", text);
        ch_log(LOG_ERR, "reload-refused", CH_LOG_COUNT,
               (guint64)ch_diag_count(diag), CH_LOG_END);
        ch_notify("READY=1");
        return FALSE;
    }
    ch_pool_start(ch_pool_attach(house));
    ch_log_open("chaperone-milter", house->config);
    guint rules = ch_ruleset_rules(house->rules)->len;
    g_autoptr(ch_house) mine = ch_house_ref(house);
    g_autoptr(ch_house) old = swap(daemon, house);
    name_restarts(answer, daemon->started, mine->config);
    ch_witness_configuration(daemon, mine);
    ch_log(LOG_NOTICE, "reloaded", CH_LOG_COUNT, (guint64)rules, CH_LOG_END);
    ch_notify("READY=1");
    return TRUE;
}

/* One after the other, so that the last one to read the files wins, and each
 * in its turn: a lock would go to whoever asks for it most often. */
gboolean
ch_daemon_reload(ch_daemon *daemon, GString *answer)
{
    g_mutex_lock(&daemon->lock);
    guint turn = daemon->reloads_begun++;
    while (turn != daemon->reloads_done) {
        g_cond_wait(&daemon->reload_turn, &daemon->lock);
    }
    g_mutex_unlock(&daemon->lock);
    gboolean ok = reload(daemon, answer);
    g_mutex_lock(&daemon->lock);
    daemon->reloads_done++;
    g_cond_broadcast(&daemon->reload_turn);
    g_mutex_unlock(&daemon->lock);
    return ok;
}

static gboolean
status(ch_daemon *daemon, GString *answer)
{
    g_autoptr(ch_house) house = ch_daemon_house(daemon);
    g_autoptr(GError) error = NULL;
    ch_store_numbers numbers;
    g_string_append_printf(
        answer,
        "version %s\nconfiguration %s\nmode %s\nrules %u\nsocket %s\n"
        "connections %d\nunder_way %d\n",
        CH_VERSION, house->config->file,
        house->config->mode == CH_MODE_MONITOR ? "monitor" : "enforce",
        ch_ruleset_rules(house->rules)->len, daemon->started->milter_socket,
        g_atomic_int_get(&daemon->connections),
        g_atomic_int_get(&daemon->under_way));
    if (!ch_store_count(daemon->store, &numbers, &error)) {
        g_string_append_printf(answer, "store %s\n", error->message);
        return FALSE;
    }
    g_string_append_printf(
        answer, "held %" G_GUINT64_FORMAT "\noutbox %" G_GUINT64_FORMAT "\n",
        numbers.held, numbers.outbox);
    return TRUE;
}

static gboolean
on_command(const char *command, GString *answer, gpointer data)
{
    ch_daemon *daemon = data;
    if (strcmp(command, "reload") == 0) {
        return ch_daemon_reload(daemon, answer);
    }
    if (strcmp(command, "status") == 0) {
        return status(daemon, answer);
    }
    if (strcmp(command, "send") == 0) {
        ch_daemon_wake(daemon); /* a decision has put something out */
        return TRUE;
    }
    g_string_append(answer, "commands: reload, send, status\n");
    return FALSE;
}

gboolean
ch_reload_start(ch_daemon *daemon, GError **error)
{
    const char *url = daemon->house->config->control_socket;
    if (url[0] == '\0') {
        return TRUE;
    }
    daemon->control = ch_control_open(url, on_command, daemon, error);
    return daemon->control != NULL;
}

void
ch_reload_stop(ch_daemon *daemon)
{
    ch_control_close(daemon->control);
    daemon->control = NULL;
}
