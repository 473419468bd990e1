/*
 * Publish time from directives: WordPress.com's [delay], Postie's date: and
 * delay: lines.
 *
 * Called for each gateway of a post once its texts are there.  Follows PHP's
 * strtotime, which both use, for the few forms that it accepts; everything
 * else is "unknown", since a made-up time would be a wrong deadline.
 */
#include "chaperone/directive.h"

#include <string.h>

#define UNKNOWN ((gint64)-1)

/* Groups of the first match, or NULL.  Owned. */
static GStrv
match(const char *pattern, const char *text)
{
    g_autoptr(GRegex) regex =
        g_regex_new(pattern, G_REGEX_CASELESS | G_REGEX_MULTILINE, 0, NULL);
    g_autoptr(GMatchInfo) info = NULL;
    g_assert(regex != NULL);
    if (text == NULL || !g_utf8_validate(text, -1, NULL) ||
        !g_regex_match(regex, text, 0, &info)) {
        return NULL;
    }
    return g_match_info_fetch_all(info);
}

static const char *
group(GStrv groups, guint i)
{
    return i < g_strv_length(groups) ? groups[i] : "";
}

static int
number(GStrv groups, guint i)
{
    return (int)g_ascii_strtoll(group(groups, i), NULL, 10);
}

static gint64
to_us(GDateTime *when)
{
    return when == NULL ? UNKNOWN
                        : g_date_time_to_unix(when) * G_USEC_PER_SEC +
                              g_date_time_get_microsecond(when);
}

static GDateTime *
from_us(gint64 us, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
    return utc != NULL ? g_date_time_to_timezone(utc, zone) : NULL;
}

typedef struct {
    int hour, minute, second;
} clock_time;

static gboolean
shows(GDateTime *when, clock_time t)
{
    return g_date_time_get_hour(when) == t.hour &&
           g_date_time_get_minute(when) == t.minute;
}

/* A time of day as PHP takes it: one that daylight saving skips moves on by
 * the hour, of one that comes twice the first counts. */
static gint64
local_time(GTimeZone *zone, int year, int month, int day, clock_time t)
{
    g_autoptr(GDateTime) when = g_date_time_new(zone, year, month, day, t.hour,
                                                t.minute, (gdouble)t.second);
    g_autoptr(GDateTime) midnight =
        g_date_time_new(zone, year, month, day, 0, 0, 0);
    if (when == NULL || midnight == NULL) {
        return UNKNOWN;
    }
    gint64 us = to_us(when);
    if (!shows(when, t)) {
        gint64 seconds = t.hour * 3600 + t.minute * 60 + t.second;
        return to_us(midnight) + seconds * G_USEC_PER_SEC;
    }
    g_autoptr(GDateTime) hour_before = g_date_time_add_hours(when, -1);
    return shows(hour_before, t) ? us - G_TIME_SPAN_HOUR : us;
}

/* "9", "30", "05", "pm" from group i on; FALSE if that is no time. */
static gboolean
read_clock(GStrv groups, guint i, clock_time *out)
{
    const char *half = group(groups, i + 3);
    *out = (clock_time){number(groups, i), number(groups, i + 1),
                        number(groups, i + 2)};
    if (*half != '\0') {
        if (out->hour < 1 || out->hour > 12) {
            return FALSE;
        }
        out->hour = out->hour % 12 + (g_ascii_tolower(*half) == 'p' ? 12 : 0);
    }
    return out->hour < 24 && out->minute < 60 && out->second < 60;
}

#define CLOCK "(\\d{1,2}):(\\d\\d)(?::(\\d\\d))?\\s*(?:([ap])\\.?m\\.?)?"

/* "2026-12-01", "2026-12-01 09:00", "2026-12-01T09:00:00", "... 9:00 pm". */
static gint64
read_iso(const char *text, GTimeZone *zone)
{
    g_auto(GStrv) g = match("\\A(\\d{4})-(\\d\\d)-(\\d\\d)"
                            "(?:(?:T|\\s+(?:at\\s+)?)" CLOCK ")?\\z",
                            text);
    clock_time t = {0, 0, 0};
    if (g == NULL || (*group(g, 4) != '\0' && !read_clock(g, 4, &t))) {
        return UNKNOWN;
    }
    return local_time(zone, number(g, 1), number(g, 2), number(g, 3), t);
}

/* "...T09:00:00Z", "... 09:00+01:00": a zone of its own. */
static gint64
read_iso_zoned(const char *text)
{
    g_auto(GStrv) g =
        match("\\A(\\d{4}-\\d\\d-\\d\\d)[T ](\\d\\d:\\d\\d)(:\\d\\d)?\\s*"
              "(Z|UTC|GMT|[+-]\\d\\d:?\\d\\d)\\z",
              text);
    if (g == NULL) {
        return UNKNOWN;
    }
    const char *seconds = *group(g, 3) != '\0' ? group(g, 3) : ":00";
    const char *zone = strchr("+-", *group(g, 4)) != NULL ? group(g, 4) : "Z";
    g_autofree char *iso =
        g_strdup_printf("%sT%s%s%s", g[1], g[2], seconds, zone);
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(iso, NULL);
    return to_us(when);
}

/* RFC 5322 4.3: the zone names that it defines. */
static GTimeZone *
named_zone(const char *name, GTimeZone *site)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {
        {"ut", 0},   {"utc", 0},  {"gmt", 0},  {"z", 0},
        {"est", -5}, {"edt", -4}, {"cst", -6}, {"cdt", -5},
        {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7},
    };
    if (*name == '\0') {
        return g_time_zone_ref(site);
    }
    if (*name == '+' || *name == '-') {
        return g_time_zone_new_identifier(name);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
        if (g_ascii_strcasecmp(zones[i].name, name) == 0) {
            return g_time_zone_new_offset(zones[i].hours * 3600);
        }
    }
    return NULL;
}

/* "Tue, 1 Dec 2026 09:00:00 -0500", "1 December 2026 9:00". */
static gint64
read_mail_date(const char *text, GTimeZone *site)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    g_auto(GStrv) g =
        match("\\A(?:[a-z]{3,9},?\\s+)?(\\d{1,2})\\s+([a-z]{3})[a-z]*,?\\s+"
              "(\\d{4})\\s+" CLOCK "\\s*([+-]\\d{4}|[a-z]{1,3})?"
              "(?:\\s*\\([^)]*\\))?\\z",
              text);
    clock_time t;
    if (g == NULL || !read_clock(g, 4, &t)) {
        return UNKNOWN;
    }
    g_autofree char *name = g_ascii_strdown(g[2], -1);
    const char *at = strstr(months, name);
    g_autoptr(GTimeZone) zone = named_zone(group(g, 8), site);
    if (at == NULL || (at - months) % 3 != 0 || zone == NULL) {
        return UNKNOWN;
    }
    return local_time(zone, number(g, 3), (int)(at - months) / 3 + 1,
                      number(g, 1), t);
}

/* "tomorrow", "tomorrow 9:00", "today 5pm", "14:30", "9 am". */
static gint64
read_day_time(const char *text, gint64 base, GTimeZone *zone)
{
    g_auto(GStrv) g = match("\\A(tomorrow|today)?(?:\\s*\\b(?:at\\s+)?(?:" CLOCK
                            "|(\\d{1,2})\\s*([ap])\\.?m\\.?))?\\z",
                            text);
    clock_time t = {0, 0, 0};
    if (g == NULL || *text == '\0') {
        return UNKNOWN;
    }
    if (*group(g, 6) != '\0') {
        char *parts[] = {group(g, 6)[0] != '\0' ? g[6] : NULL, (char *)"",
                         (char *)"", g[7], NULL};
        if (!read_clock(parts, 0, &t)) {
            return UNKNOWN;
        }
    } else if (*group(g, 2) != '\0' && !read_clock(g, 2, &t)) {
        return UNKNOWN;
    }
    g_autoptr(GDateTime) today = from_us(base, zone);
    g_autoptr(GDateTime) day =
        today == NULL
            ? NULL
            : g_date_time_add_days(
                  today, g_ascii_strcasecmp(group(g, 1), "tomorrow") == 0);
    return day == NULL ? UNKNOWN
                       : local_time(zone, g_date_time_get_year(day),
                                    g_date_time_get_month(day),
                                    g_date_time_get_day_of_month(day), t);
}

/* Days count on the calendar, hours on the clock. */
static gint64
add_span(gint64 base, gint64 days, gint64 minutes, GTimeZone *zone)
{
    g_autoptr(GDateTime) start = from_us(base, zone);
    if (start == NULL || ABS(days) > 36500 || ABS(minutes) > 52560000) {
        return UNKNOWN;
    }
    gint64 when = base;
    if (days != 0) {
        g_autoptr(GDateTime) day = g_date_time_add_days(start, (gint)days);
        if (day == NULL) {
            return UNKNOWN;
        }
        clock_time t = {g_date_time_get_hour(start),
                        g_date_time_get_minute(start),
                        g_date_time_get_second(start)};
        when = local_time(zone, g_date_time_get_year(day),
                          g_date_time_get_month(day),
                          g_date_time_get_day_of_month(day), t);
    }
    return when == UNKNOWN ? UNKNOWN : when + minutes * G_TIME_SPAN_MINUTE;
}

/* "+1 day 2 hours". */
static gint64
read_relative(const char *text, gint64 base, GTimeZone *zone)
{
    static const struct {
        const char *start;
        gint64 days, minutes;
    } units[] = {
        {"mi", 0, 1},
        {"h", 0, 60},
        {"d", 1, 0},
        {"w", 7, 0},
    };
    gint64 days = 0, minutes = 0;
    g_autofree char *rest = g_ascii_strdown(text, -1);
    while (*rest != '\0') {
        g_auto(GStrv) g = match("\\A(?:and\\s+|,\\s*)?\\+?\\s*(\\d{1,5})\\s*"
                                "(min(?:ute)?|hour|day|week)s?\\b\\s*(.*)\\z",
                                rest);
        if (g == NULL) {
            return UNKNOWN;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
            if (g_str_has_prefix(g[2], units[i].start)) {
                days += number(g, 1) * units[i].days;
                minutes += number(g, 1) * units[i].minutes;
            }
        }
        g_free(rest);
        rest = g_strdup(g[3]);
    }
    return *text == '\0' ? UNKNOWN : add_span(base, days, minutes, zone);
}

static gint64
read_when(const char *text, gint64 base, GTimeZone *zone)
{
    gint64 when = read_iso(text, zone);
    if (when == UNKNOWN) {
        when = read_iso_zoned(text);
    }
    return when == UNKNOWN ? read_day_time(text, base, zone) : when;
}

/* The first match in the plain text, else in the HTML text. */
static GStrv
match_either(const char *pattern, const char *plain, const char *html)
{
    GStrv groups = match(pattern, plain);
    return groups != NULL ? groups : match(pattern, html);
}

static gint64
wordpress(const char *plain, const char *html, gint64 base, GTimeZone *zone)
{
    g_auto(GStrv) g =
        match_either("\\[\\s*delay\\b([^\\]\\[]*)(\\]?)", plain, html);
    if (g == NULL) {
        return base;
    }
    if (*group(g, 2) == '\0' || strlen(g[1]) > 200) {
        return UNKNOWN; /* the bracket is never closed */
    }
    g_autoptr(GRegex) blanks = g_regex_new("\\s+", 0, 0, NULL);
    g_autofree char *text =
        g_regex_replace_literal(blanks, g[1], -1, 0, " ", 0, NULL);
    g_strstrip(text);
    gint64 when = read_relative(text, base, zone);
    return when == UNKNOWN ? read_when(text, base, zone) : when;
}

/* "1d2h30m", "-1h": each part with a sign of its own. */
static gint64
add_postie_delay(const char *text, gint64 base, GTimeZone *zone)
{
    gint64 days = 0, minutes = 0;
    const char *at = text;
    while (*at != '\0') {
        char *unit;
        gint64 n = g_ascii_strtoll(at, &unit, 10);
        char letter = g_ascii_tolower(*unit);
        if (unit == at || strchr("dhm", letter) == NULL || letter == '\0' ||
            ABS(n) > 100000) {
            return UNKNOWN;
        }
        days += letter == 'd' ? n : 0;
        minutes += letter == 'h' ? n * 60 : letter == 'm' ? n : 0;
        at = unit + 1;
    }
    return at == text ? UNKNOWN : add_span(base, days, minutes, zone);
}

static gint64
postie(const char *plain, const char *html, gint64 base, GTimeZone *zone)
{
    g_auto(GStrv) date =
        match_either("^[ \\t>]*date:[ \\t]*(.*?)\\s*$", plain, html);
    g_auto(GStrv) delay =
        match_either("^[ \\t>]*delay:[ \\t]*(.*?)\\s*$", plain, html);
    if (date != NULL) {
        const char *text = group(date, 1);
        gint64 when = read_when(text, base, zone);
        base = when == UNKNOWN ? read_mail_date(text, zone) : when;
    }
    if (base == UNKNOWN || delay == NULL) {
        return base;
    }
    return add_postie_delay(group(delay, 1), base, zone);
}

gint64
ch_directive_publish_at(const ch_gateway *gateway, const char *subject,
                        const char *plain, const char *html_text,
                        gint64 arrival_us, gint64 date_us, GTimeZone *zone)
{
    (void)subject; /* no gateway of the table has times there */
    if (gateway->unknown_time) {
        return UNKNOWN;
    }
    gint64 base = gateway->base_is_date && date_us >= 0 ? date_us : arrival_us;
    switch (gateway->directives) {
    case CH_DIRECTIVES_NONE:
        break;
    case CH_DIRECTIVES_WORDPRESS:
        return wordpress(plain, html_text, base, zone);
    case CH_DIRECTIVES_POSTIE:
        return postie(plain, html_text, base, zone);
    }
    return base;
}
