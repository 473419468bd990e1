/*
 * Parts of a phrase and a base to a point in time, in the order in which
 * PHP's timelib applies them (tm2unixtime.c: special early, weekday, relative,
 * special, zone, then hours on the clock).  Knows no words.
 */
#include "when_int.h"

#include "chaperone/limits.h"

#define DAYS_LIMIT    (G_GINT64_CONSTANT(36525) * 2)
#define SECONDS_LIMIT (DAYS_LIMIT * 86400)

typedef struct {
    gint64 year, month, day;
} civil;

typedef struct {
    int hour, minute, second;
} clock_time;

static gint64
to_us(GDateTime *when)
{
    return g_date_time_to_unix(when) * G_USEC_PER_SEC;
}

static GDateTime *
from_us(gint64 us, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    return utc != NULL ? g_date_time_to_timezone(utc, zone) : NULL;
}

/* 32 December to 1 January.  FALSE: no calendar goes there. */
static gboolean
normalise(civil *c)
{
    if (ABS(c->day) > DAYS_LIMIT || ABS(c->month) > DAYS_LIMIT) {
        return FALSE;
    }
    gint64 months = c->year * 12 + c->month - 1;
    if (months < 12 || months >= 9990 * 12) {
        return FALSE;
    }
    g_autoptr(GDateTime) first = g_date_time_new_utc(
        (gint)(months / 12), (gint)(months % 12) + 1, 1, 0, 0, 0);
    g_autoptr(GDateTime) day =
        first == NULL ? NULL : g_date_time_add_days(first, (gint)c->day - 1);
    if (day == NULL) {
        return FALSE;
    }
    *c = (civil){g_date_time_get_year(day), g_date_time_get_month(day),
                 g_date_time_get_day_of_month(day)};
    return TRUE;
}

/* 0 Sunday; of a normalised day. */
static int
day_of_week(const civil *c)
{
    g_autoptr(GDateTime) day = g_date_time_new_utc(
        (gint)c->year, (gint)c->month, (gint)c->day, 0, 0, 0);
    return g_date_time_get_day_of_week(day) % 7;
}

static gboolean
shows(GDateTime *when, clock_time t)
{
    return g_date_time_get_hour(when) == t.hour &&
           g_date_time_get_minute(when) == t.minute;
}

/* A time of day that comes twice: PHP looks the zone's offset up as if the
 * time were UTC, so west of Greenwich the first counts, else the second. */
static gint64
hour_to_move(GDateTime *when, clock_time t)
{
    g_autoptr(GDateTime) before = g_date_time_add_hours(when, -1);
    g_autoptr(GDateTime) after = g_date_time_add_hours(when, 1);
    gboolean west = g_date_time_get_utc_offset(when) < 0;
    return west && shows(before, t)   ? -G_TIME_SPAN_HOUR
           : !west && shows(after, t) ? G_TIME_SPAN_HOUR
                                      : 0;
}

/* A time of day as PHP takes it. */
static gint64
local_time(GTimeZone *zone, const civil *c, clock_time t)
{
    gint year = (gint)c->year, month = (gint)c->month, day = (gint)c->day;
    if (year < 1970 || year > CH_MAX_YEAR) {
        return CH_WHEN_UNKNOWN;
    }
    g_autoptr(GDateTime) when = g_date_time_new(zone, year, month, day, t.hour,
                                                t.minute, (gdouble)t.second);
    g_autoptr(GDateTime) midnight =
        g_date_time_new(zone, year, month, day, 0, 0, 0);
    if (when == NULL || midnight == NULL) {
        return CH_WHEN_UNKNOWN;
    }
    if (!shows(when, t)) { /* skipped */
        gint64 seconds = t.hour * 3600 + t.minute * 60 + t.second;
        return to_us(midnight) + seconds * G_USEC_PER_SEC;
    }
    return to_us(when) + hour_to_move(when, t);
}

/* "Second tuesday of" starts at the first, "last friday of" after the last;
 * "first day of" and "last day of" at the edges. */
static void
go_to_edge(const ch_when_parts *p, civil *c, gint64 *months)
{
    if (p->of != CH_OF_NONE) {
        c->day = 1;
        c->month += *months + (p->of == CH_OF_LAST ? 1 : 0);
        *months = 0;
    }
    if (p->edge != CH_EDGE_NONE) {
        c->month += p->edge == CH_EDGE_LAST ? 1 : 0;
        c->day = p->edge == CH_EDGE_LAST ? 0 : 1;
    }
}

static void
go_to_weekday(const ch_when_parts *p, civil *c)
{
    int today = day_of_week(c);
    if (p->behavior == 2) { /* weeks start on Monday */
        int wanted = p->weekday == 0 ? 7 : p->weekday;
        c->day += wanted - (today == 0 ? 7 : today);
        return;
    }
    int difference = p->weekday - today;
    if ((p->add_days < 0 && difference < 0) ||
        (p->add_days >= 0 && difference <= -p->behavior)) {
        difference += 7;
    }
    c->day += difference;
}

static gboolean
go_weekdays(int count, civil *c)
{
    int step = count < 0 ? -1 : 1;
    while (count != 0) {
        c->day += step;
        if (!normalise(c)) {
            return FALSE;
        }
        int dow = day_of_week(c);
        count -= dow != 0 && dow != 6 ? step : 0;
    }
    return TRUE;
}

static gboolean
move(const ch_when_parts *p, civil *c)
{
    gint64 months = p->add_months;
    go_to_edge(p, c, &months);
    if (!normalise(c)) {
        return FALSE;
    }
    if (p->have_weekday) {
        go_to_weekday(p, c);
        if (!normalise(c)) {
            return FALSE;
        }
    }
    c->day += p->add_days;
    c->month += months;
    c->year += p->add_years;
    if (p->edge != CH_EDGE_NONE) {
        c->month += p->edge == CH_EDGE_LAST ? 1 : 0;
        c->day = p->edge == CH_EDGE_LAST ? 0 : 1;
    }
    return normalise(c) && go_weekdays(p->weekdays, c);
}

static gboolean
is_too_far(const ch_when_parts *p)
{
    return ABS(p->add_days) > DAYS_LIMIT || ABS(p->add_months) > 1200 ||
           ABS(p->add_years) > 100 || ABS(p->add_seconds) > SECONDS_LIMIT ||
           ABS(p->weekdays) > 1000;
}

static gint64
within_reach(gint64 us)
{
    g_autoptr(GDateTime) end =
        g_date_time_new_utc(CH_MAX_YEAR + 1, 1, 1, 0, 0, 0);
    return us < 0 || us >= to_us(end) ? CH_WHEN_UNKNOWN : us;
}

/* Hours after a point of time.  Versions of PHP differ on whether they count
 * on the clock or on the wall, which is the same thing unless daylight saving
 * starts or ends in between. */
static gint64
add_seconds(gint64 us, gint64 seconds, GTimeZone *zone)
{
    gint64 sum = us + seconds * G_USEC_PER_SEC;
    g_autoptr(GDateTime) from = from_us(us, zone);
    g_autoptr(GDateTime) to = from_us(sum, zone);
    if (from == NULL || to == NULL ||
        g_date_time_get_utc_offset(from) != g_date_time_get_utc_offset(to)) {
        return CH_WHEN_UNKNOWN;
    }
    return sum;
}

gint64
ch_when_resolve(const ch_when_parts *p, gint64 base_us, GTimeZone *zone)
{
    g_autoptr(GDateTime) base = from_us(base_us, zone);
    if (base == NULL || is_too_far(p)) {
        return CH_WHEN_UNKNOWN;
    }
    civil c = {p->year >= 0 ? p->year : g_date_time_get_year(base),
               p->month >= 0 ? p->month : g_date_time_get_month(base),
               p->day >= 0 ? p->day : g_date_time_get_day_of_month(base)};
    clock_time t = {g_date_time_get_hour(base), g_date_time_get_minute(base),
                    g_date_time_get_second(base)};
    if (p->hour >= 0 || p->have_date) {
        t = (clock_time){MAX(p->hour, 0), MAX(p->minute, 0), MAX(p->second, 0)};
    }
    if (!move(p, &c)) {
        return CH_WHEN_UNKNOWN;
    }
    GTimeZone *meant = p->zone != NULL ? p->zone : zone;
    gint64 us = local_time(meant, &c, t);
    return us == CH_WHEN_UNKNOWN
               ? us
               : within_reach(add_seconds(us, p->add_seconds, meant));
}

gint64
ch_when_add(gint64 base_us, gint64 days, gint64 seconds, GTimeZone *zone)
{
    ch_when_parts p = {.year = -1, .month = -1, .day = -1, .hour = -1};
    gint64 us = base_us;
    if (days != 0) {
        p.add_days = days;
        us = ch_when_resolve(&p, base_us, zone);
    }
    return us == CH_WHEN_UNKNOWN || ABS(seconds) > SECONDS_LIMIT
               ? CH_WHEN_UNKNOWN
               : within_reach(us + seconds * G_USEC_PER_SEC);
}
