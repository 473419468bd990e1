/*
 * Posting addresses in what is posted: who knows the secret address of a
 * gateway can publish as the practice.
 */
#ifndef CHAPERONE_SECRETS_H
#define CHAPERONE_SECRETS_H

#include "chaperone/inspect.h"

/* Appends findings of structure/posting-address (it stands in a text) and
 * structure/posting-address-shown (a person gets mail with it in To or Cc),
 * for what looks like the address of a gateway; texts are folded.  Pure. */
void ch_secrets_find(ch_verdict *v, const ch_envelope *e);
/* Appends findings of structure/posting-address for addresses of accounts,
 * wherever they stand in texts or header, the local part alone included, and
 * sets leaks.  Pure. */
void ch_secrets_find_accounts(ch_verdict *v);

#endif
