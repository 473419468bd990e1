/*
 * Posting addresses in what is posted: who knows the secret address of a
 * gateway can publish as the practice.
 */
#ifndef CHAPERONE_SECRETS_H
#define CHAPERONE_SECRETS_H

#include "chaperone/gateways.h"
#include "chaperone/message.h"
#include "chaperone/ruleset.h"

/* Appends findings of structure/posting-address (it stands in a text) and
 * structure/posting-address-shown (a person gets mail with it in To or Cc).
 * texts are folded; message may be NULL.  Pure. */
void ch_secrets_find(const ch_gateways *gateways, const ch_ruleset *rules,
                     const GPtrArray *texts, const ch_message *message,
                     const ch_envelope *e, GArray *findings);

#endif
