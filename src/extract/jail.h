/*
 * A process shuts itself in: from then on it can compute, read and write what
 * is open, and end.
 */
#ifndef CHAPERONE_EXTRACT_JAIL_H
#define CHAPERONE_EXTRACT_JAIL_H

#include <glib.h>

typedef struct {
    guint64 memory;  /* bytes of address space */
    guint64 seconds; /* of the processor */
} ch_jail_limits;

/* There is no way back.  FALSE: the process must not go on. */
gboolean ch_jail_enter(const ch_jail_limits *limits);

#endif
