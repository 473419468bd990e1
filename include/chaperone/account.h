/*
 * Accounts as the configuration names them: a local alias for a gateway's
 * secret address, and what holds for posts to it.
 *
 * The address itself is not in here: it comes from a file or a credential
 * (accounts.h).  Strings that are not set are NULL, lists never.
 */
#ifndef CHAPERONE_ACCOUNT_H
#define CHAPERONE_ACCOUNT_H

#include <glib.h>

typedef struct {
    char *alias;       /* what staff write to, in lower case */
    char *gateway;     /* name in the gateway table */
    char *secret_file; /* file of mode 0600 with the gateway's address */
    char *credential;  /* systemd's, instead of the file */
    GStrv authors;     /* logins; empty: every proven author */
    GStrv reviewers;   /* mail addresses, told as compliance is */
    GStrv rules_disable, rules_monitor;
    char *timezone; /* of the site, or NULL */
    char *profile;  /* a specialty, or NULL: the practice's */
    guint line, column;
} ch_account_config;

#endif
