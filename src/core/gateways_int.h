/*
 * What the files of the gateway table share.
 *
 *   gateways.c       files, recipients, matching
 *   gateway_facts.c  what a gateway does with a post
 */
#ifndef CHAPERONE_GATEWAYS_INT_H
#define CHAPERONE_GATEWAYS_INT_H

#include "chaperone/gateways.h"
#include "chaperone/yaml.h"

/* Keys of an entry, NULL-terminated. */
extern const char *const ch_gateway_keys[];

/* Reads the facts that node names over those that gateway has. */
void ch_gateway_read_facts(ch_gateway *gateway, const ch_yaml_node *node,
                           ch_diag *diag);
/* All facts but the names, as kind has them. */
void ch_gateway_take_facts(ch_gateway *gateway, const ch_gateway *kind);
void ch_gateway_clear(ch_gateway *gateway);

#endif
