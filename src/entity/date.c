/*
 * date: an element of a date that is more than a year, 45 CFR
 * 164.514(b)(2)(i)(C).
 *
 * English and Spanish, numbers in American, Spanish and ISO 8601 order, month
 * names, ordinals.  It must be a day of the calendar; versions, fractions,
 * "24/7" and blood pressure are none.  Whether it relates to a person is for
 * rules to say.
 */
#include "entity/date.h"

static const char *const no_dates[] = {
    "version", "ver",    "v",     "release", "firmware", "ios",     "android",
    "build",   "update", "score", "ratio",   "chapter",  "section", NULL};

/* Numbers of the span as a reader sees them, at most three. */
static guint
numbers_of(const ch_entity_text *in, ch_span span, guint *out)
{
    guint n = 0;
    const char *p = in->data + span.start;
    if (span.end - span.start == 8 && strspn(p, "0123456789") >= 8) {
        out[0] = ch_kind_two(p); /* 03051958 */
        out[1] = ch_kind_two(p + 2);
        out[2] = ch_kind_two(p + 4) * 100 + ch_kind_two(p + 6);
        return 3;
    }
    for (gsize i = span.start; i < span.end && n < 3; i++) {
        if (g_ascii_isdigit(in->data[i])) {
            out[n++] = (guint)g_ascii_strtoull(in->data + i, NULL, 10) % 100000;
            while (i < span.end && g_ascii_isdigit(in->data[i])) {
                i++;
            }
        }
    }
    return n;
}

static gboolean
is_day(guint month, guint day)
{
    static const guint8 days[] = {31, 29, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    return month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

static gboolean
is_year(guint year)
{
    return year < 100 || (year >= 1850 && year <= 2150);
}

/* 1-12, 0 if the name stands for none. */
static guint
month_of(const ch_entity_text *in, gsize at)
{
    static const char names[] = "jan01feb02mar03apr04may05jun06jul07aug08sep09"
                                "oct10nov11dec12ene01abr04ago08set09dic12";
    for (const char *p = names; *p != '\0'; p += 5) {
        if (strncmp(in->data + at, p, 3) == 0) {
            return ch_kind_two(p + 3);
        }
    }
    return 0;
}

static gboolean
is_named_day(const ch_entity_text *in, ch_span span, const guint *n,
             guint count, gsize letter)
{
    guint month = 0;
    for (gsize i = letter; i + 3 <= span.end && month == 0; i++) {
        if (i == span.start || !g_ascii_isalpha(in->data[i - 1])) {
            month = month_of(in, i);
        }
    }
    if (count == 0) {
        return TRUE; /* "the third of May" */
    }
    if (count == 1 && n[0] > 31) {
        return n[0] >= 100 && is_year(n[0]);
    }
    return (month == 0 || is_day(month, n[0])) && (count == 1 || is_year(n[1]));
}

/* "1.2.26" is a version, "01.02.26" and "1.2.2026" are days. */
static gboolean
is_dotted_version(const ch_entity_text *in, ch_span span)
{
    gsize size = span.end - span.start;
    return memchr(in->data + span.start, '.', size) != NULL && size < 8;
}

static gboolean
is_number_day(const ch_entity_text *in, ch_span span, const guint *n,
              guint count)
{
    if (count == 2) { /* 3/14 */
        return is_day(n[0], n[1]) || is_day(n[1], n[0]);
    }
    if (count < 3 || is_dotted_version(in, span) ||
        ch_kind_has_word(in, span, 12, 0, no_dates)) {
        return FALSE;
    }
    return n[0] > 31
               ? is_year(n[0]) && is_day(n[1], n[2])
               : is_year(n[2]) && (is_day(n[0], n[1]) || is_day(n[1], n[0]));
}

gboolean
ch_date_accept(const ch_entity_text *in, ch_span *span)
{
    guint n[3];
    gsize letter = span->start;
    guint count = numbers_of(in, *span, n);
    while (letter < span->end && !g_ascii_isalpha(in->data[letter])) {
        letter++;
    }
    gsize slash = span->end - span->start;
    const char *at = memchr(in->data + span->start, '/', slash);
    if (letter == span->start && count == 2 && at != NULL &&
        g_ascii_isdigit(at[-1]) && month_of(in, letter) == 0) {
        while (!g_ascii_isdigit(in->data[span->start])) {
            span->start++;
        }
        letter = span->end;
    }
    gboolean iso = count == 3 && n[0] > 31;
    return letter == span->end || iso
               ? is_number_day(in, *span, n, count)
               : is_named_day(in, *span, n, count, letter);
}

const ch_entity_kind ch_entity_date = {"date", CH_DATE_PATTERN, ch_date_accept,
                                       NULL};
