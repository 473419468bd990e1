/*
 * What the commands share: options, errors, exit codes.
 */
#include "cli.h"

#include "chaperone/error.h"

#include <stdarg.h>
#include <sysexits.h>

static void
print_lines(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    for (guint i = 0; lines[i] != NULL; i++) {
        fprintf(stderr, "chaperone: %s\n", lines[i]);
    }
}

int
ch_cli_fail(GError *error)
{
    int code = ch_error_exit_code(error);
    print_lines(error->message);
    g_error_free(error);
    return code;
}

int
ch_cli_fail_diag(const ch_diag *diag)
{
    g_autofree char *text = ch_diag_dup_text(diag);
    fprintf(stderr, "%s\n", text);
    return EX_CONFIG;
}

int
ch_cli_usage(const char *command, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    fprintf(stderr, "chaperone %s: %s\nTry chaperone %s --help\n", command,
            what, command);
    return EX_USAGE;
}

gboolean
ch_cli_options(int argc, char **argv, const char *parameters,
               const char *summary, const GOptionEntry *entries,
               char **config_out, GStrv *args_out, int *exit_out)
{
    g_autoptr(GError) error = NULL;
    const GOptionEntry common[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, config_out,
         "Configuration (default /etc/chaperone/chaperone.yaml)", "FILE"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, args_out, NULL,
         NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new(parameters);
    g_option_context_set_summary(context, summary);
    g_option_context_add_main_entries(context, common, NULL);
    if (entries != NULL) {
        g_option_context_add_main_entries(context, entries, NULL);
    }
    g_auto(GStrv) copy = g_new0(char *, (gsize)argc + 1);
    for (int i = 0; i < argc; i++) {
        copy[i] = g_strdup(argv[i]);
    }
    g_autofree char *name = g_strdup_printf("chaperone %s", argv[0]);
    g_set_prgname(name);
    *exit_out = EX_OK;
    if (!g_option_context_parse_strv(context, &copy, &error)) {
        *exit_out = ch_cli_usage(argv[0], "%s", error->message);
        return FALSE;
    }
    if (*args_out == NULL) {
        *args_out = g_new0(char *, 1);
    }
    return TRUE;
}
