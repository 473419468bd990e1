/*
 * chaperone store: the store as files.
 *
 * rotate-key gives the store a new master key while the daemon is stopped.
 * backup FILE makes a consistent copy while the daemon works.  The copy is
 * as sealed as the store: without the key file it opens nothing, so the key
 * is kept apart from it, and by its owner.
 */
#include "cli.h"

#include "chaperone/control.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

static int
backup(const char *config_file, const char *file)
{
    GError *error = NULL;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(config_file, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    if (store == NULL || !ch_store_backup(store, file, &error)) {
        return ch_cli_fail(error);
    }
    return EX_OK;
}

static int
rotate_key(const char *config_file)
{
    GError *error = NULL;
    guint items = 0;
    g_autofree char *answer = NULL;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(config_file, diag);
    const ch_decision who = {.reviewer = g_get_user_name(),
                             .uid = (gint64)getuid(),
                             .time_us = g_get_real_time()};
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    if (ch_control_ask(config->control_socket, "status", &answer, NULL)) {
        fprintf(stderr, "chaperone: the milter is running, and knows the old "
                        "key; stop it, and the review page, first\n");
        return EX_UNAVAILABLE;
    }
    if (!ch_store_rotate_key(config->store_url, config->store_key_file, &who,
                             &items, &error)) {
        return ch_cli_fail(error);
    }
    printf("%u items are sealed anew; start the milter, and keep a copy of %s "
           "elsewhere\n",
           items, config->store_key_file);
    return EX_OK;
}

int
ch_cmd_store(int argc, char **argv)
{
    g_autofree char *config_file = NULL;
    g_auto(GStrv) args = NULL;
    int code;
    if (!ch_cli_options(argc, argv, "backup FILE | rotate-key",
                        "Copies the store while it is in use, or gives it a "
                        "new key. Keep the key file apart from the copy.",
                        NULL, &config_file, &args, &code)) {
        return code;
    }
    if (g_strv_length(args) == 1 && strcmp(args[0], "rotate-key") == 0) {
        return rotate_key(config_file);
    }
    if (g_strv_length(args) != 2 || strcmp(args[0], "backup") != 0) {
        return ch_cli_usage("store",
                            "what is known is: backup FILE, rotate-key");
    }
    return backup(config_file, args[1]);
}
