/*
 * The doctor's look at Postfix, through its own postconf(1).
 */
#include "doctor.h"

#include <sys/stat.h>

/* Output of a command of Postfix, without line end, or NULL.  Owned. */
static char *
run(const doctor *d, const char *command, const char *const *args)
{
    /* Not in the PATH of everybody who may run the doctor. */
    g_autofree char *usual = g_build_filename("/usr/sbin", command, NULL);
    gboolean there = g_file_test(usual, G_FILE_TEST_EXISTS);
    const char *argv[8] = {there ? usual : command};
    guint n = 1;
    int status;
    char *out = NULL;
    if (d->postfix_dir != NULL) {
        argv[n++] = "-c";
        argv[n++] = d->postfix_dir;
    }
    for (guint i = 0; args[i] != NULL; i++) {
        argv[n++] = args[i];
    }
    if (!g_spawn_sync(NULL, (char **)argv, NULL,
                      G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                      NULL, &out, NULL, &status, NULL) ||
        !g_spawn_check_wait_status(status, NULL)) {
        g_free(out);
        return NULL;
    }
    return g_strchomp(out);
}

char *
doctor_postconf(const doctor *d, const char *first, const char *second)
{
    const char *const args[] = {first, second, NULL};
    return run(d, "postconf", args);
}

char *
doctor_postmap(const doctor *d, const char *key, const char *table)
{
    const char *const args[] = {"-q", key, table, NULL};
    return run(d, "postmap", args);
}

/* Whether any smtpd of master.cf runs in a chroot, as Debian ships it. */
static gboolean
smtpd_is_jailed(const doctor *d)
{
    g_autofree char *services = doctor_postconf(d, "-M", NULL);
    g_auto(GStrv) lines = g_strsplit(services == NULL ? "" : services, "\n", 0);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit_set(lines[i], " \t", 0);
        const char *fields[8] = {NULL}; /* master(5): 5 chroot, 8 command */
        for (guint w = 0, n = 0; words[w] != NULL && n < 8; w++) {
            if (words[w][0] != '\0') {
                fields[n++] = words[w];
            }
        }
        if (g_strcmp0(fields[7], "smtpd") == 0 && fields[4][0] == 'y') {
            return TRUE;
        }
    }
    return FALSE;
}

/* Postfix takes a relative path from its queue directory, in a chroot or
 * not. */
GStrv
doctor_dup_socket_names(const doctor *d, const ch_config *config)
{
    g_autofree char *queue = doctor_postconf(d, "-h", "queue_directory");
    gboolean jailed = smtpd_is_jailed(d);
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    const char *socket = config->milter_socket;
    if (!g_str_has_prefix(socket, "unix:")) {
        g_auto(GStrv) parts = g_strsplit(strchr(socket, ':') + 1, "@", 2);
        g_autofree char *name =
            g_strdup_printf("inet:%s:%s", parts[1], parts[0]);
        g_strv_builder_add(names, name);
        return g_strv_builder_end(names);
    }
    if (queue != NULL && g_str_has_prefix(socket + 5, queue)) {
        const char *inside = socket + 5 + strlen(queue);
        g_autofree char *relative = g_strconcat("unix:", inside + 1, NULL);
        g_autofree char *absolute = g_strconcat("unix:", inside, NULL);
        g_strv_builder_add(names, relative);
        if (jailed) {
            g_strv_builder_add(names, absolute);
        }
    }
    if (!jailed) {
        g_strv_builder_add(names, socket);
    }
    return g_strv_builder_end(names);
}

static void
check_socket(doctor *d, const ch_config *config, gboolean reachable)
{
    struct stat st;
    if (!g_str_has_prefix(config->milter_socket, "unix:")) {
        doctor_say(d, DOCTOR_GOOD, "milter.socket", config->milter_socket, "");
        return;
    }
    const char *path = config->milter_socket + 5;
    if (!reachable) {
        doctor_say(d, DOCTOR_BAD, "milter.socket",
                   "smtpd is chrooted and cannot see it",
                   "chaperone.yaml: milter: {socket: "
                   "\"unix:/var/spool/postfix/chaperone/milter.sock\"}");
    } else if (stat(path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        doctor_say(d, DOCTOR_BAD, "milter.socket", "is not there",
                   "systemctl start chaperone-milter");
    } else {
        doctor_say(d, (st.st_mode & 0060) == 0060 ? DOCTOR_GOOD : DOCTOR_BAD,
                   "milter.socket", path,
                   "chaperone.yaml: milter: {socket_mode: \"0660\", group: "
                   "postfix}");
    }
}

static gboolean
looks_like_signer(const char *milter)
{
    return strstr(milter, "dkim") != NULL || strstr(milter, ":8891") ||
           strstr(milter, "rspamd") != NULL || strstr(milter, ":11332");
}

/* Our place in a list of milters: there, and before the signer. */
static void
check_list(doctor *d, const char *parameter, const char *const *names)
{
    g_autofree char *list = doctor_postconf(d, "-hx", parameter);
    g_autofree char *mend = g_strdup_printf(
        "main.cf: %s = %s (first, before a DKIM signer)", parameter, names[0]);
    g_auto(GStrv) items = g_strsplit_set(list == NULL ? "" : list, ", \t", 0);
    gboolean found = FALSE, late = FALSE;
    for (guint i = 0; items[i] != NULL; i++) {
        late |= !found && looks_like_signer(items[i]);
        found |= g_strv_contains(names, items[i]);
    }
    doctor_say(d, found && !late ? DOCTOR_GOOD : DOCTOR_BAD, parameter,
               !found ? "the milter is not in it"
               : late ? "a DKIM signer comes before the milter"
                      : "the milter is in it, before any signer",
               mend);
}

static void
check_default_action(doctor *d)
{
    g_autofree char *action = doctor_postconf(d, "-h", "milter_default_action");
    gboolean safe = g_strcmp0(action, "tempfail") == 0 ||
                    g_strcmp0(action, "shutdown") == 0;
    doctor_say(d, safe ? DOCTOR_GOOD : DOCTOR_BAD, "milter_default_action",
               action == NULL ? "?" : action,
               "main.cf: milter_default_action = tempfail: or mail passes "
               "unchecked when the milter is down");
}

static void
check_sizes(doctor *d, const ch_config *config)
{
    g_autofree char *text = doctor_postconf(d, "-h", "message_size_limit");
    gint64 limit = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
    gboolean good = limit > 0 && limit <= config->milter_max_message;
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_WARN, "message_size_limit",
               text == NULL ? "?" : text,
               "main.cf: message_size_limit at most milter.max_message, or "
               "larger posts are refused with 552");
}

static void
check_protocol(doctor *d)
{
    g_autofree char *text = doctor_postconf(d, "-h", "milter_protocol");
    gint64 version = text == NULL ? 0 : g_ascii_strtoll(text, NULL, 10);
    doctor_say(d, version >= 6 ? DOCTOR_GOOD : DOCTOR_BAD, "milter_protocol",
               text == NULL ? "?" : text, "main.cf: milter_protocol = 6");
}

void
doctor_check_postfix(doctor *d, const ch_config *config)
{
    g_autofree char *version = doctor_postconf(d, "-h", "mail_version");
    if (version == NULL) {
        doctor_say(d, DOCTOR_WARN, "postfix", "postconf cannot be run",
                   "run doctor as root on the mail server");
        return;
    }
    doctor_say(d, DOCTOR_GOOD, "postfix", version, "");
    g_auto(GStrv) names = doctor_dup_socket_names(d, config);
    check_socket(d, config, names[0] != NULL);
    if (names[0] != NULL) {
        check_list(d, "smtpd_milters", (const char *const *)names);
        check_list(d, "non_smtpd_milters", (const char *const *)names);
    }
    check_default_action(d);
    check_protocol(d);
    check_sizes(d, config);
}
