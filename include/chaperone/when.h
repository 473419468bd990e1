/*
 * Points in time as authors write them, read as PHP's strtotime reads them.
 *
 * WordPress and its plugins hand "[delay tomorrow 9am]" to strtotime, so its
 * rules count, odd ones included ("noon tomorrow" is midnight): see
 * www.php.net/manual/en/datetime.formats.php.  Only forms that mean one thing
 * are read; where versions of PHP differ, or PHP makes up a day (30 February),
 * nothing is.
 */
#ifndef CHAPERONE_WHEN_H
#define CHAPERONE_WHEN_H

#include <glib.h>

#define CH_WHEN_UNKNOWN ((gint64)-1)

typedef struct {
    gint64 at_us;         /* since 1970 UTC, or CH_WHEN_UNKNOWN */
    gboolean is_relative; /* it moves if the base does: no date in it */
} ch_when;

/* phrase is UTF-8 or not, at most CH_MAX_PHRASE bytes count.  Days and times
 * without a zone of their own are meant in zone.  A time of day that daylight
 * saving skips moves on by the hour; of one that comes twice the first counts
 * west of Greenwich, elsewhere the second, as PHP has it.  Unknown: not
 * understood, before 1970 or after CH_MAX_YEAR. Pure. */
ch_when ch_when_read(const char *phrase, gint64 base_us, GTimeZone *zone);

/* base_us, days later on the site's calendar and then seconds later on the
 * clock. */
gint64 ch_when_add(gint64 base_us, gint64 days, gint64 seconds,
                   GTimeZone *zone);

#endif
