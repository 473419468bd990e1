/*
 * chaperone doctor: looks at an installation and names the line to change.
 */
#include "cli.h"
#include "doctor.h"

#include "chaperone/control.h"
#include "chaperone/error.h"

#include <glib.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sysexits.h>
#include <unistd.h>

#define ENOUGH_DISK (1024.0 * 1024 * 1024)

static void
check_store(doctor *d, const ch_config *config)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    doctor_say(d, store != NULL ? DOCTOR_GOOD : DOCTOR_BAD, "store",
               store != NULL ? config->store_url : error->message,
               "start chaperone-milter once as root: it makes the store and "
               "its key; run doctor as root or the milter's user");
    const char *path = strchr(config->store_url, ':') + 1;
    g_autofree char *dir = g_path_get_dirname(path);
    struct statvfs fs;
    if (statvfs(dir, &fs) == 0) {
        double left = (double)fs.f_bavail * (double)fs.f_frsize;
        g_autofree char *size = g_format_size((guint64)left);
        doctor_say(d, left >= ENOUGH_DISK ? DOCTOR_GOOD : DOCTOR_WARN,
                   "disk for the store", size,
                   "make room: when the disk is full, posts are deferred "
                   "with 451");
    }
}

static void
check_daemon(doctor *d, const ch_config *config)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;
    gboolean up =
        ch_control_ask(config->control_socket, "status", &answer, &error);
    doctor_say(d, up ? DOCTOR_GOOD : DOCTOR_BAD, "chaperone-milter",
               up ? "running" : error->message,
               "systemctl start chaperone-milter");
}

static void
check_clock(doctor *d)
{
    struct timex state = {.modes = 0};
    int result = adjtimex(&state);
    gboolean good = result >= 0 && (state.status & STA_UNSYNC) == 0;
    doctor_say(d, good ? DOCTOR_GOOD : DOCTOR_WARN, "clock",
               good ? "synchronised" : "not synchronised",
               "apt-get install systemd-timesyncd (or chrony): publish times, "
               "deadlines and the six digits of the review page's second step "
               "count on the clock");
}

static void
check_people(doctor *d, const ch_config *config)
{
    gboolean contact = config->practice_contact[0] != '\0';
    gboolean compliance = config->notices_compliance[0] != '\0';
    doctor_say(d, contact ? DOCTOR_GOOD : DOCTOR_WARN, "practice.contact",
               contact ? "set" : "empty",
               "chaperone.yaml: practice: {contact: \"Questions: ...\"}");
    doctor_say(d, compliance ? DOCTOR_GOOD : DOCTOR_WARN, "notices.compliance",
               compliance ? "set" : "empty",
               "chaperone.yaml: notices: {compliance: address}: or nobody is "
               "told of held posts");
    if (config->mode == CH_MODE_MONITOR) {
        doctor_say(d, DOCTOR_WARN, "mode", "monitor: nothing is stopped",
                   "chaperone.yaml: mode: enforce");
    }
}

int
ch_cmd_doctor(int argc, char **argv)
{
    doctor d = {.colour =
                    isatty(STDOUT_FILENO) && g_getenv("NO_COLOR") == NULL};
    g_autofree char *path = NULL, *postfix_dir = NULL;
    gboolean notice = FALSE;
    g_auto(GStrv) args = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"postfix-config", 0, 0, G_OPTION_ARG_FILENAME, &postfix_dir,
         "Postfix's configuration directory (default: its own)", "DIR"},
        {"notice", 0, 0, G_OPTION_ARG_NONE, &notice,
         "Send a test notice to notices.compliance, too", NULL},
        G_OPTION_ENTRY_NULL};
    if (!ch_cli_options(argc, argv, "",
                        "Looks at configuration, daemon, store, Postfix and "
                        "the review page\nand names each line to change.\nThe "
                        "exit code is 0 "
                        "if nothing is bad, 69 otherwise.",
                        entries, &path, &args, &code)) {
        return code;
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load(path, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    d.postfix_dir = postfix_dir;
    doctor_say(
        &d, DOCTOR_GOOD, "configuration",
        house->config->file[0] == '\0' ? "defaults" : house->config->file, "");
    check_people(&d, house->config);
    check_daemon(&d, house->config);
    check_store(&d, house->config);
    doctor_check_extract(&d, house->config);
    doctor_check_postfix(&d, house->config);
    doctor_check_release(&d, house->config);
    doctor_check_accounts(&d, house);
    doctor_check_review(&d, house->config);
    check_clock(&d);
    if (notice) {
        doctor_check_notice(&d, house->config);
    }
    printf("%u bad, %u to look at\n", d.bad, d.warned);
    return d.bad > 0 ? EX_UNAVAILABLE : EX_OK;
}
