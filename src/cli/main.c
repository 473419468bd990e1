/*
 * chaperone(1): the command table.
 */
#include "cli.h"

#include "chaperone/version.h"

#include <sysexits.h>

static const struct {
    const char *name;
    ch_command run;
    const char *summary;
} commands[] = {
    {"check", ch_cmd_check, "judge messages without sending them"},
    {"explain", ch_cmd_explain, "show how a verdict comes about"},
    {"eval", ch_cmd_eval, "score the rules on labelled posts"},
    {"quarantine", ch_cmd_quarantine, "look at held posts and decide"},
    {"auth", ch_cmd_auth, "keep the register of patients' authorizations"},
    {"audit", ch_cmd_audit, "prove the ledger, export it"},
    {"rules", ch_cmd_rules, "list, show and test the rules"},
    {"config", ch_cmd_config, "check, show or reload the configuration"},
    {"doctor", ch_cmd_doctor, "find what is wrong with an installation"},
    {"user", ch_cmd_user, "keep the accounts of the review page"},
    {"store", ch_cmd_store, "back up the store, give it a new key"},
};

static void
print_help(void)
{
    printf("Usage: chaperone COMMAND [OPTION...]\n\n"
           "Judges the posts that a medical practice mails to "
           "email-to-social gateways.\n\nCommands:\n");
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        printf("  %-12s%s\n", commands[i].name, commands[i].summary);
    }
    printf("\nchaperone COMMAND --help tells more; see also chaperone(1).\n");
}

int
main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "chaperone: which command? Try chaperone --help\n");
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 ||
        strcmp(argv[1], "-h") == 0) {
        print_help();
        return EX_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("chaperone %s\n", CH_VERSION);
        return EX_OK;
    }
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr,
            "chaperone: no command \"%s\"; chaperone --help lists them\n",
            argv[1]);
    return EX_USAGE;
}
