/*
 * Item IDs: 16 characters of Crockford base32 that sort by time.
 *
 * A name, not a secret: nothing is granted because somebody knows one.
 */
#ifndef CHAPERONE_ID_H
#define CHAPERONE_ID_H

#include <glib.h>

#define CH_ID_LENGTH 16

/* Fresh ID for a time in microseconds since 1970 UTC: 48 bits milliseconds,
 * 32 bits random.  out holds CH_ID_LENGTH + 1 bytes.  Thread-safe. */
void ch_id_new(gint64 time_us, char *out);
/* Upper case only; NULL is not valid.  Pure. */
gboolean ch_id_is_valid(const char *id);

#endif
