/*
 * What the two files of the reader of times share.
 *
 *   when.c           phrase to parts
 *   when_calendar.c  parts and a base to a point in time
 */
#ifndef CHAPERONE_WHEN_INT_H
#define CHAPERONE_WHEN_INT_H

#include "chaperone/when.h"

typedef enum { CH_OF_NONE, CH_OF_NTH, CH_OF_LAST } ch_when_of;
typedef enum { CH_EDGE_NONE, CH_EDGE_FIRST, CH_EDGE_LAST } ch_when_edge;

/* What a phrase says; names as in PHP's timelib. */
typedef struct {
    gboolean have_date, have_time, have_zone;
    int year, month, day;     /* -1: not said */
    int hour, minute, second; /* -1: not said */
    gint64 add_years, add_months, add_days, add_seconds;
    gboolean have_weekday; /* move on to weekday, 0 Sunday */
    int weekday;
    int behavior;      /* 0: after today, 1: today counts, 2: of this week */
    int weekdays;      /* days but Saturday and Sunday to go */
    ch_when_of of;     /* "second tuesday of", "last friday of" */
    ch_when_edge edge; /* "first day of", "last day of" */
    GTimeZone *zone;   /* NULL: the site's.  Owned. */
} ch_when_parts;

/* CH_WHEN_UNKNOWN if there is no such time. */
gint64 ch_when_resolve(const ch_when_parts *parts, gint64 base_us,
                       GTimeZone *zone);

#endif
