/*
 * The error domain and what its codes mean to a program that ends.
 */
#include "chaperone/error.h"

#include <sysexits.h>

G_DEFINE_QUARK(chaperone, ch_error)

int
ch_error_exit_code(const GError *error)
{
    if (error->domain != CH_ERROR) {
        return EX_SOFTWARE;
    }
    switch ((ch_error_code)error->code) {
    case CH_ERROR_USAGE:
        return EX_USAGE;
    case CH_ERROR_INPUT:
        return EX_NOINPUT;
    case CH_ERROR_STATE:
    case CH_ERROR_NOTFOUND:
        return EX_DATAERR;
    case CH_ERROR_CONFIG:
        return EX_CONFIG;
    case CH_ERROR_LIMIT:
        return EX_TEMPFAIL;
    case CH_ERROR_IO:
        return EX_IOERR;
    case CH_ERROR_INTERNAL:
        break;
    }
    return EX_SOFTWARE;
}
