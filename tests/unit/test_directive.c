/*
 * directive.c: times that gateways read from a post.
 *
 * The site is in New York.  Daylight saving ends on 1 November 2026 at 2:00
 * and starts on 14 March 2027 at 2:00.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chaperone/directive.h"
#include "chaperone/limits.h"

#define ARRIVAL "2026-11-20T15:00:00Z" /* 10:00 in New York, a Friday */
#define SENT    "2026-11-20T14:58:00Z"

typedef struct {
    const char *body;
    const char *want;    /* NULL: cannot be known */
    const char *arrival; /* NULL: ARRIVAL */
} time_row;

static const time_row wordpress_rows[] = {
    {"no directive", ARRIVAL, NULL},
    {"", ARRIVAL, NULL},
    {"[delay +1 hour]", "2026-11-20T16:00:00Z", NULL},
    {"[delay +2 hours]", "2026-11-20T17:00:00Z", NULL},
    {"[DELAY +2 HOURS]", "2026-11-20T17:00:00Z", NULL},
    {"text [delay +30 minutes] text", "2026-11-20T15:30:00Z", NULL},
    {"[delay +30 min]", "2026-11-20T15:30:00Z", NULL},
    {"[delay +1 minute]", "2026-11-20T15:01:00Z", NULL},
    {"[delay 1 hour]", "2026-11-20T16:00:00Z", NULL},
    {"[delay + 1 hour]", "2026-11-20T16:00:00Z", NULL},
    {"[delay +1hour]", "2026-11-20T16:00:00Z", NULL},
    {"[delay   +1\n hour ]", "2026-11-20T16:00:00Z", NULL},
    {"[delay +1 day]", "2026-11-21T15:00:00Z", NULL},
    {"[delay +1 week]", "2026-11-27T15:00:00Z", NULL},
    {"[delay +2 weeks 1 day]", "2026-12-05T15:00:00Z", NULL},
    {"[delay +1 day 2 hours]", "2026-11-21T17:00:00Z", NULL},
    {"[delay +1 day +2 hours]", "2026-11-21T17:00:00Z", NULL},
    {"[delay +1 day, 2 hours, 5 minutes]", "2026-11-21T17:05:00Z", NULL},
    {"[title x][delay +1 hour][tags a,b]", "2026-11-20T16:00:00Z", NULL},
    {"[delay +1 hour] [delay +2 hours]", "2026-11-20T16:00:00Z", NULL},
    {"[delay 2026-12-01 09:00]", "2026-12-01T14:00:00Z", NULL},
    {"[delay 2026-12-01 09:00:30]", "2026-12-01T14:00:30Z", NULL},
    {"[delay 2026-12-01T09:00]", "2026-12-01T14:00:00Z", NULL},
    {"[delay 2026-12-01 9:00 pm]", "2026-12-02T02:00:00Z", NULL},
    {"[delay 2026-12-01 at 09:00]", NULL, NULL},
    {"[delay 2026-12-01]", "2026-12-01T05:00:00Z", NULL},
    {"[delay 2026-12-01 09:00 UTC]", "2026-12-01T09:00:00Z", NULL},
    {"[delay 2026-12-01T09:00:00+01:00]", "2026-12-01T08:00:00Z", NULL},
    {"[delay tomorrow]", "2026-11-21T05:00:00Z", NULL},
    {"[delay tomorrow 09:30]", "2026-11-21T14:30:00Z", NULL},
    {"[delay tomorrow 9:30am]", "2026-11-21T14:30:00Z", NULL},
    {"[delay tomorrow at 9 pm]", NULL, NULL},
    {"[delay tomorrow 12:00 am]", "2026-11-21T05:00:00Z", NULL},
    {"[delay tomorrow 12:00 p.m.]", "2026-11-21T17:00:00Z", NULL},
    {"[delay today 17:00]", "2026-11-20T22:00:00Z", NULL},
    {"[delay next monday 9am]", "2026-11-23T14:00:00Z", NULL},
    {"[delay first monday of december]", "2026-12-07T05:00:00Z", NULL},
    {"[delay -1 hour]", "2026-11-20T14:00:00Z", NULL},
    {"[delay 01/12/2026]", "2026-01-12T05:00:00Z", NULL}, /* as PHP has it */
    {"[delay 17:00]", "2026-11-20T22:00:00Z", NULL},
    {"[delay 5 pm]", "2026-11-20T22:00:00Z", NULL},
    {"[delay 5pm]", "2026-11-20T22:00:00Z", NULL},
    /* the site's day is not the day of UTC */
    {"[delay tomorrow 09:00]", "2026-11-21T14:00:00Z", "2026-11-21T03:00:00Z"},
    /* daylight saving: days are calendar days; versions of PHP
     * differ on hours */
    {"[delay +1 day]", "2026-11-01T15:00:00Z", "2026-10-31T14:00:00Z"},
    {"[delay +24 hours]", NULL, "2026-10-31T14:00:00Z"},
    {"[delay +1 day]", "2027-03-14T14:00:00Z", "2027-03-13T15:00:00Z"},
    {"[delay +24 hours]", NULL, "2027-03-13T15:00:00Z"},
    {"[delay 2026-10-31 09:00]", "2026-10-31T13:00:00Z", NULL},
    {"[delay 2026-11-01 09:00]", "2026-11-01T14:00:00Z", NULL},
    {"[delay 2027-03-14 02:30]", "2027-03-14T07:30:00Z", NULL},
    {"[delay 2026-11-01 01:30]", "2026-11-01T05:30:00Z", NULL},
    {"[delay 2027-03-14 03:00]", "2027-03-14T07:00:00Z", NULL},
    {"[delay 2026-11-01 00:59]", "2026-11-01T04:59:00Z", NULL},
    {"[delay 2026-11-01 02:00]", "2026-11-01T07:00:00Z", NULL},
    /* not understood: never guessed */
    {"[delay]", NULL, NULL},
    {"[delay soon]", NULL, NULL},
    {"[delay next week]", NULL, NULL},
    {"[delay +1]", NULL, NULL},
    {"[delay 2 hrs]", NULL, NULL},
    {"[delay +1 hour", NULL, NULL},
    {"[delay 2026-13-01 09:00]", NULL, NULL},
    {"[delay 2026-02-30 09:00]", NULL, NULL},
    {"[delay 2026-12-01 25:00]", NULL, NULL},
    {"[delay 2026-12-01 13:00 pm]", NULL, NULL},
    {"[delay 12:60]", NULL, NULL},
    {"[delay 31/12/2026]", NULL, NULL},
    {"[delay +99999 weeks]", NULL, NULL},
    {"[delay soon] [delay +1 hour]", NULL, NULL},
    {"[delayed +1 hour]", ARRIVAL, NULL},
    {"delay +1 hour", ARRIVAL, NULL},
};

static const time_row postie_rows[] = {
    {"no directive", SENT, NULL},
    {"delay: 1h", "2026-11-20T15:58:00Z", NULL},
    {"Delay:1d", "2026-11-21T14:58:00Z", NULL},
    {"  delay: 1d2h30m", "2026-11-21T17:28:00Z", NULL},
    {"delay: -1h", "2026-11-20T13:58:00Z", NULL},
    {"delay: -1d", "2026-11-19T14:58:00Z", NULL},
    {"delay: 45m\r\ntext", "2026-11-20T15:43:00Z", NULL},
    {"text\ndelay: 1h\ntext", "2026-11-20T15:58:00Z", NULL},
    {"delay: 1h\ndelay: 2h", "2026-11-20T15:58:00Z", NULL},
    {"date: 2026-12-01", "2026-12-01T05:00:00Z", NULL},
    {"date: 2026-12-01 09:00", "2026-12-01T14:00:00Z", NULL},
    {"Date: 2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z", NULL},
    {"date: 2026-12-01 09:00 -0800", "2026-12-01T17:00:00Z", NULL},
    {"date: Tue, 1 Dec 2026 09:00:00 -0500", "2026-12-01T14:00:00Z", NULL},
    {"date: 1 December 2026 09:00", "2026-12-01T14:00:00Z", NULL},
    {"date: 1 Dec 2026 09:00 GMT", "2026-12-01T09:00:00Z", NULL},
    {"date: 1 Jul 2026 09:00", "2026-07-01T13:00:00Z", NULL},
    {"date: 2026-12-01\ndelay: 9h", "2026-12-01T14:00:00Z", NULL},
    {"delay: 9h30m\ndate: 2026-12-01", "2026-12-01T14:30:00Z", NULL},
    {"date: 2026-12-01 09:00\ndelay: -30m", "2026-12-01T13:30:00Z", NULL},
    {"date: 2026-10-31\ndelay: 1d", "2026-11-01T04:00:00Z", NULL},
    {"date: tomorrow 09:00", "2026-11-21T14:00:00Z", NULL},
    {"date: someday", NULL, NULL},
    {"date: 32 Dec 2026 09:00", NULL, NULL},
    {"date: 1 Foo 2026 09:00", NULL, NULL},
    {"date: 1 Dec 2026 09:00 XYZ", NULL, NULL},
    {"date:", NULL, NULL},
    {"delay: soon", NULL, NULL},
    {"delay: 1 hour", NULL, NULL},
    {"delay: 1h2", NULL, NULL},
    {"date: someday\ndelay: 1h", NULL, NULL},
    {"update: 2026-12-01", SENT, NULL},
    {"[delay +1 hour]", SENT, NULL},
};

static gint64
us(const char *iso)
{
    if (iso == NULL) {
        return -1;
    }
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(iso, NULL);
    assert_non_null(when);
    return g_date_time_to_unix(when) * G_USEC_PER_SEC;
}

static ch_text *
text_of(const char *body)
{
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    return ch_text_new_whole(CH_WHERE_BODY, 0, bytes);
}

/* When it would be published. */
static gint64
publish_at(const ch_gateway *gateway, const char *plain, const char *html,
           gint64 arrival, gint64 date, GTimeZone *zone)
{
    g_autoptr(ch_text) p = plain == NULL ? NULL : text_of(plain);
    g_autoptr(ch_text) h = html == NULL ? NULL : text_of(html);
    ch_post_view view = {.plain = p,
                         .html = h,
                         .arrival_us = arrival,
                         .date_us = date,
                         .zone = zone};
    g_autoptr(ch_posting) posting = ch_directive_read(gateway, &view);
    return posting->publish_at_us;
}

static void
check_rows(const ch_gateway *gateway, const time_row *rows, gsize count)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("America/New_York");
    assert_non_null(zone);
    for (gsize i = 0; i < count; i++) {
        const time_row *row = &rows[i];
        gint64 arrival = us(row->arrival != NULL ? row->arrival : ARRIVAL);
        gint64 got =
            publish_at(gateway, row->body, NULL, arrival, us(SENT), zone);
        gint64 html =
            publish_at(gateway, NULL, row->body, arrival, us(SENT), zone);
        if (got != us(row->want) || html != got) {
            fail_msg("%s: %" G_GINT64_FORMAT " s off", row->body,
                     (got - us(row->want)) / G_USEC_PER_SEC);
        }
    }
}

static void
test_wordpress(void **state)
{
    const ch_gateway wordpress = {.name = (char *)"w",
                                  .directives = CH_DIRECTIVES_WORDPRESS};
    (void)state;
    check_rows(&wordpress, wordpress_rows, G_N_ELEMENTS(wordpress_rows));
}

static void
test_postie(void **state)
{
    const ch_gateway postie = {.name = (char *)"p",
                               .directives = CH_DIRECTIVES_POSTIE,
                               .base_is_date = TRUE};
    (void)state;
    check_rows(&postie, postie_rows, G_N_ELEMENTS(postie_rows));
}

static void
test_bases(void **state)
{
    ch_gateway g = {.name = (char *)"g"};
    (void)state;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    assert_int_equal(publish_at(&g, NULL, NULL, 500, 100, utc), 500);
    g.base_is_date = TRUE;
    assert_int_equal(publish_at(&g, NULL, NULL, 500, 100, utc), 100);
    assert_int_equal(publish_at(&g, NULL, NULL, 500, -1, utc), 500);
    g.time = CH_TIME_QUEUE;
    assert_int_equal(publish_at(&g, NULL, NULL, 500, 100, utc), -1);
}

static void
test_plain_is_asked_before_html(void **state)
{
    const ch_gateway wordpress = {.name = (char *)"w",
                                  .directives = CH_DIRECTIVES_WORDPRESS};
    (void)state;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    gint64 hour = G_TIME_SPAN_HOUR;
    assert_int_equal(
        publish_at(&wordpress, "[delay 1 hour]", "[delay 2 hours]", 0, -1, utc),
        hour);
    assert_int_equal(
        publish_at(&wordpress, "text", "[delay 2 hours]", 0, -1, utc),
        2 * hour);
}

/* Past the cap views are no longer compared: nothing may look harmless. */
static void
test_too_many_directives(void **state)
{
    const ch_gateway wordpress = {.name = (char *)"w",
                                  .directives = CH_DIRECTIVES_WORDPRESS};
    static const struct {
        guint codes;
        gboolean unlisted;
    } rows[] = {{CH_MAX_DIRECTIVES - 1, TRUE}, {CH_MAX_DIRECTIVES, FALSE}};
    (void)state;
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        GString *body = g_string_new(NULL);
        for (guint k = 0; k < rows[i].codes; k++) {
            g_string_append(body, "[more]");
        }
        g_string_append(body, "[status draft]");
        g_autoptr(ch_text) text = text_of(body->str);
        ch_post_view view = {.plain = text, .date_us = -1, .zone = utc};
        g_autoptr(ch_posting) p = ch_directive_read(&wordpress, &view);
        assert_int_equal(ch_posting_is_unlisted(p), rows[i].unlisted);
        g_string_free(body, TRUE);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wordpress),
        cmocka_unit_test(test_postie),
        cmocka_unit_test(test_bases),
        cmocka_unit_test(test_plain_is_asked_before_html),
        cmocka_unit_test(test_too_many_directives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
