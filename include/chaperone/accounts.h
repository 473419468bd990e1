/*
 * Accounts: local aliases that stand for secret addresses of gateways.
 *
 * Staff write to the alias; the milter puts the gateway's address in its
 * place after the verdict, so nobody holds the address and nobody gets past
 * the verdict.  The address lives here, in memory, and goes to the MTA and
 * nowhere else: not to logs, replies, notices, the store or errors.
 */
#ifndef CHAPERONE_ACCOUNTS_H
#define CHAPERONE_ACCOUNTS_H

#include "chaperone/config.h"
#include "chaperone/gateways.h"

typedef struct ch_account {
    const ch_account_config *set; /* borrowed from the configuration */
    ch_gateway gateway; /* as in the table, in the account's time zone */
    char *secret;       /* the address, or NULL: see trouble */
    char *needle;       /* how a folded text would spell it, or NULL */
    char *trouble;      /* why there is none; names the file, no content */
    gboolean denied;    /* it is there, but not for this user */
} ch_account;

typedef struct ch_accounts ch_accounts;

/* Looks gateways up and reads the secrets; a secret that cannot be had is no
 * error yet (who judges without sending needs none).  config and gateways
 * must outlive the result.  NULL after an error.  Owned. */
ch_accounts *ch_accounts_new(const ch_config *config,
                             const ch_gateways *gateways, ch_diag *diag);
void ch_accounts_free(ch_accounts *accounts);
/* A daemon that has given up root may not read again what it read at its
 * start: accounts that are denied keep the secret that they have in old.
 * Before accounts is shared. */
void ch_accounts_keep(ch_accounts *accounts, const ch_accounts *old);
/* Tells diag of each account without its secret.  TRUE: all are there. */
gboolean ch_accounts_are_complete(const ch_accounts *accounts, ch_diag *diag);

guint ch_accounts_count(const ch_accounts *accounts);
/* Borrowed. */
const ch_account *ch_accounts_nth(const ch_accounts *accounts, guint index);
/* The account whose alias that is, in any case, or NULL.  Borrowed. */
const ch_account *ch_accounts_find(const ch_accounts *accounts,
                                   const char *address);
/* The account whose secret that is, or NULL.  Borrowed. */
const ch_account *ch_accounts_of_secret(const ch_accounts *accounts,
                                        const char *address);

/* Whether an author (login, proven, or NULL) may post there. */
gboolean ch_account_allows(const ch_account *account, const char *author);

/* The file a secret comes from; NULL: a credential, and the service manager
 * gave none.  Owned. */
char *ch_account_dup_file(const ch_account_config *set);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_accounts, ch_accounts_free)

#endif
