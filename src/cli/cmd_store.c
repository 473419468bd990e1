/*
 * chaperone store: the store as files.
 *
 * backup FILE makes a consistent copy while the daemon works.  The copy is
 * as sealed as the store: without the key file it opens nothing, so the key
 * is kept apart from it, and by its owner.
 */
#include "cli.h"

#include <string.h>
#include <sysexits.h>

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

int
ch_cmd_store(int argc, char **argv)
{
    g_autofree char *config_file = NULL;
    g_auto(GStrv) args = NULL;
    int code;
    if (!ch_cli_options(argc, argv, "backup FILE",
                        "Copies the store while it is in use. Keep the key "
                        "file apart from the copy.",
                        NULL, &config_file, &args, &code)) {
        return code;
    }
    if (g_strv_length(args) != 2 || strcmp(args[0], "backup") != 0) {
        return ch_cli_usage("store", "what is known is: backup FILE");
    }
    return backup(config_file, args[1]);
}
