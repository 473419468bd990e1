/*
 * Gateways: which recipients are email-to-social services, as data.
 *
 * A single-purpose domain is matched as a domain; a domain that people share
 * (tumblr.com, blogger.com) by the shape of the local part, role names
 * excluded.  conf/gateways.yaml holds the table with its sources.
 */
#ifndef CHAPERONE_GATEWAYS_H
#define CHAPERONE_GATEWAYS_H

#include "chaperone/diag.h"

typedef enum {
    CH_DIRECTIVES_NONE,
    CH_DIRECTIVES_WORDPRESS, /* [delay +1 hour] */
    CH_DIRECTIVES_POSTIE     /* date: and delay: lines */
} ch_directives;

typedef struct ch_gateway {
    char *name;  /* "wordpress" */
    char *title; /* "WordPress.com" */
    ch_directives directives;
    gboolean base_is_date; /* delays count from Date:, else arrival */
    gboolean unknown_time; /* a queue or automation decides */
    gboolean alive;        /* the service still exists */
    gboolean secret;       /* who knows the address can post */
} ch_gateway;

typedef struct ch_gateways ch_gateways;

/* Loads files in order; a later file may add, not redefine.  NULL after an
 * error.  Owned. */
ch_gateways *ch_gateways_load(const char *const *files, ch_diag *diag);
ch_gateways *ch_gateways_parse(const char *file, const char *data, gsize length,
                               ch_diag *diag);
void ch_gateways_free(ch_gateways *gateways);

/* The gateway behind an address (addr-spec, any case), or NULL: a person. */
const ch_gateway *ch_gateways_match(const ch_gateways *gateways,
                                    const char *address);
/* By name, or NULL. */
const ch_gateway *ch_gateways_find(const ch_gateways *gateways,
                                   const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_gateways, ch_gateways_free)

#endif
