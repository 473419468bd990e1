/*
 * A phrase to its parts: the forms of PHP's strtotime that people use.
 *
 * At each place the longest form counts, as in timelib's parse_date.re, whose
 * names are used here.  A phrase is understood as a whole or not at all.
 */
#include "when_int.h"

#include "chaperone/limits.h"

#include <string.h>

#define DAYNAME                                                                \
    "(?:sun(?:day)?|mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|"                  \
    "thu(?:rsday)?|fri(?:day)?|sat(?:urday)?)"
#define MONTH                                                                  \
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"       \
    "aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
#define NUMBERTEXT                                                             \
    "first|second|third|fourth|fifth|sixth|seventh|eighth?|ninth|tenth|"       \
    "eleventh|twelfth"
#define RELTEXT NUMBERTEXT "|next|last|previous|this"
#define UNIT                                                                   \
    "sec(?:ond)?s?|min(?:ute)?s?|hours?|days?|fortnights?|months?|"            \
    "years?|weekdays?|" DAYNAME
#define NOLETTER "(?![a-z])"
#define NODIGIT  "(?![\\d:])"
#define SUFFIX   "(?:st|nd|rd|th)?"

typedef gboolean (*reader)(ch_when_parts *p, GStrv g);

static int
number(const char *text)
{
    return (int)g_ascii_strtoll(text, NULL, 10);
}

/* 0 to n - 1 by the first three letters, or -1. */
static int
index_of(const char *table, const char *word)
{
    char key[4] = "";
    for (guint i = 0; i < 3 && word[i] != '\0'; i++) {
        key[i] = g_ascii_tolower(word[i]);
    }
    const char *at = strlen(key) == 3 ? strstr(table, key) : NULL;
    return at == NULL || (at - table) % 3 != 0 ? -1 : (int)(at - table) / 3;
}

static int
weekday_of(const char *word)
{
    return index_of("sunmontuewedthufrisat", word);
}

static int
month_of(const char *word)
{
    return index_of("janfebmaraprmayjunjulaugsepoctnovdec", word) + 1;
}

/* --- what a form does ----------------------------------------------------- */

static void
unhave_time(ch_when_parts *p)
{
    p->have_time = FALSE;
    p->hour = p->minute = p->second = 0;
}

static gboolean
set_time(ch_when_parts *p, int hour, int minute, int second)
{
    if (p->have_time || hour > 23 || minute > 59 || second > 59) {
        return FALSE;
    }
    p->have_time = TRUE;
    p->hour = hour;
    p->minute = minute;
    p->second = second;
    return TRUE;
}

/* day, month, year -1: not said.  30 February is no day. */
static gboolean
set_date(ch_when_parts *p, int year, int month, int day)
{
    GDateYear leap = (GDateYear)(year > 0 ? year : 2000);
    if (p->have_date || month < 1 || month > 12 ||
        (day != -1 &&
         (day < 1 || day > 31 ||
          !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, leap)))) {
        return FALSE;
    }
    p->have_date = TRUE;
    p->year = year;
    p->month = month;
    p->day = day;
    return TRUE;
}

static gboolean
read_now(ch_when_parts *p, GStrv g)
{
    (void)p;
    (void)g;
    return TRUE;
}

static gboolean
read_day(ch_when_parts *p, GStrv g)
{
    char c = g_ascii_tolower(g[1][0]);
    char second = g_ascii_tolower(g[1][2]);
    unhave_time(p);
    if (c == 'n') { /* noon */
        return set_time(p, 12, 0, 0);
    }
    if (c == 'y') { /* yesterday */
        p->add_days = -1;
    } else if (c == 't' && second == 'm') { /* tomorrow */
        p->add_days = 1;
    }
    return TRUE; /* today, midnight */
}

static gboolean
read_time12(ch_when_parts *p, GStrv g)
{
    int hour = number(g[1]) % 12;
    return set_time(p, hour + (g_ascii_tolower(g[4][0]) == 'p' ? 12 : 0),
                    number(g[2]), number(g[3]));
}

static gboolean
read_time24(ch_when_parts *p, GStrv g)
{
    return set_time(p, number(g[1]), number(g[2]),
                    g_strv_length(g) > 3 ? number(g[3]) : 0);
}

static gboolean
read_ymd(ch_when_parts *p, GStrv g)
{
    return set_date(p, number(g[1]), number(g[2]), number(g[3]));
}

static gboolean
read_american(ch_when_parts *p, GStrv g)
{
    return set_date(p, g_strv_length(g) > 3 ? number(g[3]) : -1, number(g[1]),
                    number(g[2]));
}

static gboolean
read_pointed(ch_when_parts *p, GStrv g)
{
    return set_date(p, number(g[3]), number(g[2]), number(g[1]));
}

static gboolean
read_day_month(ch_when_parts *p, GStrv g)
{
    return set_date(p, g_strv_length(g) > 3 ? number(g[3]) : -1, month_of(g[2]),
                    number(g[1]));
}

static gboolean
read_month_day(ch_when_parts *p, GStrv g)
{
    return set_date(p, g_strv_length(g) > 3 ? number(g[3]) : -1, month_of(g[1]),
                    number(g[2]));
}

static gboolean
read_month_year(ch_when_parts *p, GStrv g)
{
    return set_date(p, number(g[2]), month_of(g[1]), 1);
}

static gboolean
read_month(ch_when_parts *p, GStrv g)
{
    return set_date(p, -1, month_of(g[1]), -1);
}

static gboolean
read_weekday(ch_when_parts *p, GStrv g)
{
    unhave_time(p);
    p->have_weekday = TRUE;
    p->weekday = weekday_of(g[1]);
    p->behavior = p->behavior == 2 ? 2 : 1;
    return TRUE;
}

/* timelib_set_relative; keep: the time of day stays as it is. */
static gboolean
add(ch_when_parts *p, gint64 n, const char *unit, int behavior, gboolean keep)
{
    static const struct {
        const char *start;
        gint64 years, months, days, seconds;
    } units[] = {
        {"sec", 0, 0, 0, 1},   {"min", 0, 0, 0, 60}, {"hour", 0, 0, 0, 3600},
        {"day", 0, 0, 1, 0},   {"week", 0, 0, 7, 0}, {"fort", 0, 0, 14, 0},
        {"month", 0, 1, 0, 0}, {"year", 1, 0, 0, 0},
    };
    g_autofree char *lower = g_ascii_strdown(unit, -1);
    if (g_str_has_prefix(lower, "weekday")) {
        p->weekdays = (int)n;
    } else {
        for (gsize i = 0; i < G_N_ELEMENTS(units); i++) {
            if (g_str_has_prefix(lower, units[i].start)) {
                p->add_years += n * units[i].years;
                p->add_months += n * units[i].months;
                p->add_days += n * units[i].days;
                p->add_seconds += n * units[i].seconds;
                return TRUE;
            }
        }
        p->add_days += (n > 0 ? n - 1 : n) * 7;
        p->have_weekday = TRUE;
        p->weekday = weekday_of(lower);
        p->behavior = behavior;
    }
    if (!keep) {
        unhave_time(p);
    }
    return p->weekdays != 0 || p->have_weekday;
}

static gboolean
read_relative(ch_when_parts *p, GStrv g)
{
    gint64 n = number(g[2]);
    for (const char *sign = g[1]; *sign != '\0'; sign++) {
        n = *sign == '-' ? -n : n;
    }
    return add(p, n, g[3], 1, TRUE);
}

static int
amount_of(const char *text)
{
    static const char *const words[] = {
        "this",    "first",  "second", "third", "fourth",   "fifth",   "sixth",
        "seventh", "eighth", "ninth",  "tenth", "eleventh", "twelfth", NULL};
    for (int i = 0; words[i] != NULL; i++) {
        if (g_ascii_strcasecmp(words[i], text) == 0) {
            return i;
        }
    }
    return g_ascii_strcasecmp(text, "next") == 0 ? 1 : -1; /* last, previous */
}

static gboolean
read_reltext(ch_when_parts *p, GStrv g)
{
    int n = amount_of(g[1]);
    return add(p, n, g[2], n == 0 ? 1 : 0, FALSE);
}

static gboolean
read_relweek(ch_when_parts *p, GStrv g)
{
    p->add_days += amount_of(g[1]) * 7;
    p->behavior = 2;
    return TRUE;
}

static gboolean
read_weekday_of(ch_when_parts *p, GStrv g)
{
    int n = amount_of(g[1]);
    p->of = n > 0 ? CH_OF_NTH : CH_OF_LAST;
    return n != 0 && add(p, n, g[2], n > 0 ? 1 : 0, FALSE);
}

static gboolean
read_edge(ch_when_parts *p, GStrv g)
{
    p->edge = g_ascii_tolower(g[1][0]) == 'l' ? CH_EDGE_LAST : CH_EDGE_FIRST;
    return TRUE;
}

static gboolean
read_ago(ch_when_parts *p, GStrv g)
{
    (void)g;
    p->add_years = -p->add_years;
    p->add_months = -p->add_months;
    p->add_days = -p->add_days;
    p->add_seconds = -p->add_seconds;
    return !p->have_weekday && p->weekdays == 0;
}

/* RFC 5322 4.3 and what else is common. */
static gboolean
read_zone(ch_when_parts *p, GStrv g)
{
    static const struct {
        const char *name;
        int hours;
    } zones[] = {
        {"utc", 0},  {"gmt", 0},  {"z", 0},    {"est", -5}, {"edt", -4},
        {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8},
        {"pdt", -7}, {"cet", 1},  {"cest", 2},
    };
    if (p->have_zone) {
        return FALSE;
    }
    p->have_zone = TRUE;
    for (gsize i = 0; i < G_N_ELEMENTS(zones); i++) {
        if (g_ascii_strcasecmp(zones[i].name, g[1]) == 0) {
            p->zone = g_time_zone_new_offset(zones[i].hours * 3600);
            return TRUE;
        }
    }
    p->zone = g_time_zone_new_identifier(g[1]);
    return p->zone != NULL;
}

/* --- the forms ------------------------------------------------------------ */

static const struct {
    const char *pattern;
    reader read;
} forms[] = {
    {"now" NOLETTER, read_now},
    {"(today|midnight|noon|tomorrow|yesterday)" NOLETTER, read_day},
    {"(0?[1-9]|1[0-2])(?::([0-5]?\\d))?(?::([0-5]?\\d))?[ \\t]*"
     "([ap])\\.?m\\.?(?=[ \\t]|\\z)",
     read_time12},
    {"t?([01]?\\d|2[0-3]):([0-5]?\\d)(?::([0-5]?\\d)(?:\\.\\d{1,6})?)?" NODIGIT,
     read_time24},
    {"(\\d{4})-(\\d{1,2})-(\\d{1,2})" NODIGIT, read_ymd},
    {"(\\d{4})/(\\d{1,2})/(\\d{1,2})(?![\\d:/])", read_ymd},
    {"(\\d{1,2})/(\\d{1,2})(?:/(\\d{4}))?(?![\\d:/])", read_american},
    {"(\\d{1,2})[.-](\\d{1,2})[.-](\\d{4})" NODIGIT, read_pointed},
    {"(\\d{1,2})" SUFFIX "[ \\t.-]*" MONTH "[ \\t.-]*(\\d{4})" NODIGIT,
     read_day_month},
    {"(\\d{1,2})" SUFFIX "[ \\t.-]*" MONTH NOLETTER "(?![ \\t.-]*\\d)",
     read_day_month},
    {MONTH "[ \\t.-]*(\\d{1,2})" SUFFIX "(?:,[ \\t]*|[ \\t]+)(\\d{4})" NODIGIT,
     read_month_day},
    {MONTH "[ \\t.-]*(\\d{1,2})" SUFFIX
           "(?![\\da-z:]|[ \\t,.]+\\d{1,4}(?![\\d:]))",
     read_month_day},
    {MONTH "[ \\t.-]*(\\d{4})" NODIGIT, read_month_year},
    {MONTH NOLETTER "(?![ \\t.-]*\\d)", read_month},
    {MONTH "(?=[ \\t]+(?:0?[1-9]|1[0-2])(?::[0-5]\\d)?[ap]\\.?m)", read_month},
    {"(" DAYNAME ")" NOLETTER, read_weekday},
    {"([+-]*)[ \\t]*(\\d{1,6})[ \\t]*(" UNIT "|weeks?)" NOLETTER,
     read_relative},
    {"(" RELTEXT ")[ \\t]+(" UNIT ")" NOLETTER, read_reltext},
    {"(next|last|previous|this)[ \\t]+week" NOLETTER, read_relweek},
    {"(" RELTEXT ")[ \\t]+(" DAYNAME ")[ \\t]+of" NOLETTER, read_weekday_of},
    {"(first|last)[ \\t]+day[ \\t]+of" NOLETTER, read_edge},
    {"ago" NOLETTER, read_ago},
    {"(utc|gmt|z|[ecmp][sd]t|cest|cet)" NOLETTER, read_zone},
    {"(?:gmt|utc)?([+-]\\d\\d:?\\d\\d)" NODIGIT, read_zone},
    {"([a-z]{2,}/[a-z_]{2,}(?:/[a-z_]{2,})?)" NOLETTER, read_zone},
};

static gboolean
read_parts(ch_when_parts *p, GRegex *const *regexes, const char *text)
{
    const char *at = text;
    for (guint tokens = 0; tokens < CH_MAX_PHRASE; tokens++) {
        gint longest = 0;
        gsize best = 0;
        g_auto(GStrv) groups = NULL;
        at += strspn(at, " \t,.");
        if (*at == '\0') {
            return tokens > 0;
        }
        for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
            g_autoptr(GMatchInfo) info = NULL;
            gint start, end;
            if (g_regex_match(regexes[i], at, 0, &info) &&
                g_match_info_fetch_pos(info, 0, &start, &end) &&
                end > longest) {
                longest = end;
                best = i;
                g_strfreev(groups);
                groups = g_match_info_fetch_all(info);
            }
        }
        if (longest == 0 || !forms[best].read(p, groups)) {
            return FALSE;
        }
        at += longest;
    }
    return FALSE;
}

/* "Next week" alone: some versions of PHP take it as in seven days, some as
 * Monday. */
static gboolean
is_clear(const ch_when_parts *p)
{
    return p->behavior != 2 || p->have_weekday;
}

ch_when
ch_when_read(const char *phrase, gint64 base_us, GTimeZone *zone)
{
    ch_when_parts p = {.year = -1, .month = -1, .day = -1, .hour = -1};
    ch_when when = {CH_WHEN_UNKNOWN, FALSE};
    GRegex *regexes[G_N_ELEMENTS(forms)];
    if (strlen(phrase) > CH_MAX_PHRASE || !g_str_is_ascii(phrase)) {
        return when;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        regexes[i] = g_regex_new(forms[i].pattern, G_REGEX_CASELESS,
                                 G_REGEX_MATCH_ANCHORED, NULL);
        g_assert(regexes[i] != NULL);
    }
    if (read_parts(&p, regexes, phrase) && is_clear(&p)) {
        when.at_us = ch_when_resolve(&p, base_us, zone);
        when.is_relative = !p.have_date;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_regex_unref(regexes[i]);
    }
    g_clear_pointer(&p.zone, g_time_zone_unref);
    return when;
}
