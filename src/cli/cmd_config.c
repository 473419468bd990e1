/*
 * chaperone config: is it right, what is in force, take it over.
 */
#include "cli.h"

#include "chaperone/control.h"
#include "chaperone/error.h"

#include <sysexits.h>

static int
check(const char *path)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load(path, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    const ch_config *c = house->config;
    printf("%s: good, %u rules\n", c->file[0] == '\0' ? "defaults" : c->file,
           ch_ruleset_rules(house->rules)->len);
    if (c->practice_contact[0] == '\0') {
        printf("hint: practice.contact is empty: refusals name nobody to "
               "ask\n");
    }
    if (c->notices_compliance[0] == '\0') {
        printf("hint: notices.compliance is empty: nobody is told of held "
               "posts\n");
    }
    if (c->mode == CH_MODE_MONITOR) {
        printf("hint: mode is monitor: nothing is stopped\n");
    }
    return EX_OK;
}

static int
show(const char *path)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(path, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    g_autofree char *yaml = ch_config_dup_yaml(config);
    printf("%s", yaml);
    return EX_OK;
}

static int
reload(const char *path)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(path, diag);
    g_autoptr(GError) error = NULL;
    g_autofree char *answer = NULL;
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    gboolean good =
        ch_control_ask(config->control_socket, "reload", &answer, &error);
    fprintf(good ? stdout : stderr, "%s", answer == NULL ? "" : answer);
    if (good) {
        printf("reloaded\n");
        return EX_OK;
    }
    fprintf(stderr, "chaperone: not reloaded: %s\n", error->message);
    return g_error_matches(error, CH_ERROR, CH_ERROR_STATE) ? EX_CONFIG
                                                            : EX_UNAVAILABLE;
}

int
ch_cmd_config(int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_auto(GStrv) args = NULL;
    int code;
    if (!ch_cli_options(argc, argv, "check | show | reload",
                        "check: reads configuration, rules and gateways and "
                        "says what is wrong.\nshow: prints every key in "
                        "force.\nreload: has the running milter take them "
                        "over; it keeps the old ones if they are wrong.",
                        NULL, &config, &args, &code)) {
        return code;
    }
    const char *verb = args[0] == NULL ? "" : args[0];
    if (strcmp(verb, "check") == 0) {
        return check(config);
    }
    if (strcmp(verb, "show") == 0) {
        return show(config);
    }
    if (strcmp(verb, "reload") == 0) {
        return reload(config);
    }
    return ch_cli_usage("config", "check, show or reload");
}
