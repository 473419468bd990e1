/*
 * Errors of our own: the one GError domain of Chaperone.
 *
 * Trouble in the mail is a finding, trouble in us is a GError, trouble in
 * the code is g_assert.  A GError on the way to a verdict becomes a temporary
 * failure for the MTA and is never an accept.  Messages name files, keys and
 * errno; they never hold text from a mail.
 */
#ifndef CHAPERONE_ERROR_H
#define CHAPERONE_ERROR_H

#include <glib.h>

/* One code per thing that a caller does differently. */
typedef enum {
    CH_ERROR_USAGE,    /* the command line is wrong */
    CH_ERROR_INPUT,    /* a named input cannot be read or understood */
    CH_ERROR_CONFIG,   /* configuration, rules or gateways are wrong */
    CH_ERROR_LIMIT,    /* a cap of ours or of the system was reached */
    CH_ERROR_IO,       /* disk, socket or database failed */
    CH_ERROR_STATE,    /* not allowed in this state: decided already */
    CH_ERROR_NOTFOUND, /* no such item */
    CH_ERROR_INTERNAL, /* a promise of ours does not hold */
} ch_error_code;

#define CH_ERROR ch_error_quark()
GQuark ch_error_quark(void);

/* The sysexits.h code that a program ends with for this error; errors of
 * other domains count as CH_ERROR_INTERNAL.  Pure. */
int ch_error_exit_code(const GError *error);

#endif
