/*
 * What the commands of chaperone(1) share.  Every command is one function of
 * one file; main.c holds the table.
 */
#ifndef CHAPERONE_CLI_H
#define CHAPERONE_CLI_H

#include "chaperone/inspect.h"
#include "chaperone/store.h"

/* Runs with argv[0] the command's name; returns the exit code. */
typedef int (*ch_command)(int argc, char **argv);

int ch_cmd_check(int argc, char **argv);
int ch_cmd_explain(int argc, char **argv);
int ch_cmd_eval(int argc, char **argv);
int ch_cmd_quarantine(int argc, char **argv);
int ch_cmd_rules(int argc, char **argv);
int ch_cmd_config(int argc, char **argv);
int ch_cmd_doctor(int argc, char **argv);
int ch_cmd_auth(int argc, char **argv);
int ch_cmd_user(int argc, char **argv);
int ch_cmd_audit(int argc, char **argv);
int ch_cmd_store(int argc, char **argv);

/* Prints "chaperone: message" (each line of it) on stderr; returns the
 * sysexits.h code of the error and frees it. */
int ch_cli_fail(GError *error);
/* The same for what diag holds: exit code 78. */
int ch_cli_fail_diag(const ch_diag *diag);
/* "chaperone COMMAND: message" and a pointer to --help: exit code 64. */
int ch_cli_usage(const char *command, const char *format, ...)
    G_GNUC_PRINTF(2, 3);

/* Parses options by GOption (which adds --help); -c FILE is always there.
 * Leaves positional arguments in *args_out (owned strv).  FALSE: *exit_out
 * says how to end. */
gboolean ch_cli_options(int argc, char **argv, const char *parameters,
                        const char *summary, const GOptionEntry *entries,
                        char **config_out, GStrv *args_out, int *exit_out);

#endif
