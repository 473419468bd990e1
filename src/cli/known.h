/*
 * The register of authorizations for commands that judge without a daemon.
 */
#ifndef CHAPERONE_KNOWN_H
#define CHAPERONE_KNOWN_H

#include "input.h"

typedef struct ch_known ch_known;

/* Borrows config.  Opens nothing yet.  Owned. */
ch_known *ch_known_new(const ch_config *config);
void ch_known_free(ch_known *known);
/* The register for an input that names an authorization, read once; NULL for
 * others, and if the store cannot be read: then none is known.  Thread-safe.
 * Borrowed array of ch_authorization. */
const GPtrArray *ch_known_for(ch_known *known, const ch_input *input);

#endif
