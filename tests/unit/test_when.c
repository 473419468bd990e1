/*
 * when.c beside PHP itself: tests/gateways/times.txt in several zones and
 * from several moments.  php-cli is needed; without it the test fails.
 */
#include "unit.h"

#include "chaperone/limits.h"
#include "chaperone/when.h"

#include <string.h>
#include <unistd.h>

static const char *const zones[] = {"America/New_York", "America/Phoenix",
                                    "Europe/Madrid", "Australia/Sydney", "UTC"};

/* In New York: a Friday morning, Saturday night before daylight saving ends
 * and before it starts, a Sunday, a Monday, the last of a month, New Year's
 * Eve, a leap day. */
static const char *const bases[] = {
    "2026-11-20T15:00:05Z", "2026-11-01T03:10:00Z", "2027-03-14T03:10:00Z",
    "2026-08-16T20:00:00Z", "2026-12-07T11:45:59Z", "2027-01-31T15:00:00Z",
    "2026-12-31T23:30:00Z", "2028-02-29T12:00:00Z"};

typedef struct {
    const char *zone, *phrase;
    gint64 base;
    gboolean is_null, has_hours;
} row;

static gint64
seconds(const char *iso)
{
    g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(iso, NULL);
    assert_non_null(when);
    return g_date_time_to_unix(when);
}

/* Of row; phrases borrowed from lines. */
static GArray *
all_rows(GStrv lines)
{
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(row));
    for (guint i = 0; lines[i] != NULL; i++) {
        if (lines[i][0] == '#' || lines[i][0] == '\0') {
            continue;
        }
        gboolean is_null = lines[i][0] == '!';
        gboolean has_hours = lines[i][0] == '~';
        for (guint z = 0; z < G_N_ELEMENTS(zones); z++) {
            for (guint b = 0; b < G_N_ELEMENTS(bases); b++) {
                row r = {zones[z], lines[i] + is_null + has_hours,
                         seconds(bases[b]), is_null, has_hours};
                g_array_append_val(rows, r);
            }
        }
    }
    return rows;
}

/* What PHP says to each row. */
static GStrv
ask_php(const GArray *rows)
{
    g_autoptr(GString) in = g_string_new(NULL);
    g_autoptr(GError) error = NULL;
    char *out = NULL;
    for (guint i = 0; i < rows->len; i++) {
        const row *r = &g_array_index(rows, row, i);
        g_string_append_printf(in, "%s\t%" G_GINT64_FORMAT "\t%s\n", r->zone,
                               r->base, r->phrase);
    }
    g_autofree char *path = NULL;
    int fd = g_file_open_tmp("when-XXXXXX", &path, &error);
    assert_true(fd >= 0);
    assert_true(g_file_set_contents(path, in->str, (gssize)in->len, NULL));
    g_autofree char *command = g_strdup_printf(
        "sh -c 'exec php " CH_SOURCE_DIR "/tests/gateways/strtotime.php <%s'",
        path);
    gint status = -1;
    if (!g_spawn_command_line_sync(command, &out, NULL, &status, &error) ||
        status != 0) {
        fail_msg("php-cli is needed (make deps): status %d", status);
    }
    remove(path);
    close(fd);
    GStrv answers = g_strsplit(out, "\n", 0);
    g_free(out);
    assert_int_equal(g_strv_length(answers), rows->len + 1);
    return answers;
}

/* Whether the clocks change within two days of the base, or may within a
 * phrase that names a day itself. */
static gboolean
may_differ(const row *r)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(r->zone);
    gint64 days = 2 * 86400;
    gint before =
        g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, r->base - days);
    gint after =
        g_time_zone_find_interval(zone, G_TIME_TYPE_UNIVERSAL, r->base + days);
    return before != after || strstr(r->phrase, "2026-1") != NULL ||
           strstr(r->phrase, "2027-03") != NULL;
}

static gboolean
agrees(const row *r, const char *php, gint64 got)
{
    if (r->is_null) {
        return got == CH_WHEN_UNKNOWN;
    }
    if (r->has_hours && got == CH_WHEN_UNKNOWN) {
        return may_differ(r);
    }
    return got >= 0 && got % G_USEC_PER_SEC == 0 &&
           g_ascii_strtoll(php, NULL, 10) == got / G_USEC_PER_SEC &&
           strcmp(php, "false") != 0;
}

static void
test_as_php_has_it(void **state)
{
    g_autofree char *text = NULL;
    guint wrong = 0;
    (void)state;
    assert_true(g_file_get_contents(CH_SOURCE_DIR "/tests/gateways/times.txt",
                                    &text, NULL, NULL));
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    g_autoptr(GArray) rows = all_rows(lines);
    g_auto(GStrv) php = ask_php(rows);
    assert_true(rows->len >= 300 * G_N_ELEMENTS(zones) * G_N_ELEMENTS(bases));
    for (guint i = 0; i < rows->len; i++) {
        const row *r = &g_array_index(rows, row, i);
        g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(r->zone);
        assert_non_null(zone);
        gint64 got =
            ch_when_read(r->phrase, r->base * G_USEC_PER_SEC, zone).at_us;
        if (!agrees(r, php[i], got) && wrong++ < 40) {
            print_message("%s, %s from %" G_GINT64_FORMAT
                          ": %s, we %" G_GINT64_FORMAT "\n",
                          r->phrase, r->zone, r->base, php[i],
                          got < 0 ? got : got / G_USEC_PER_SEC);
        }
    }
    assert_int_equal(wrong, 0);
}

static void
test_relative_or_not(void **state)
{
    static const struct {
        const char *phrase;
        gboolean relative;
    } phrases[] = {{"+1 hour", TRUE},
                   {"tomorrow 9am", TRUE},
                   {"next monday", TRUE},
                   {"2026-12-01 09:00", FALSE},
                   {"first monday of december 2026", FALSE}};
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(phrases); i++) {
        assert_int_equal(ch_when_read(phrases[i].phrase, 0, utc).is_relative,
                         phrases[i].relative);
    }
}

static void
test_what_no_phrase_is(void **state)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autofree char *lengthy = g_strnfill(CH_MAX_PHRASE + 1, ' ');
    memcpy(lengthy, "+1 day", 6);
    (void)state;
    assert_int_equal(ch_when_read(lengthy, 0, utc).at_us, CH_WHEN_UNKNOWN);
    assert_int_equal(ch_when_read("+1 day\xff", 0, utc).at_us, CH_WHEN_UNKNOWN);
    assert_int_equal(ch_when_add(0, 1, 60, utc), G_TIME_SPAN_DAY + 60000000);
    assert_int_equal(ch_when_add(0, 0, -1, utc), CH_WHEN_UNKNOWN);
    assert_int_equal(ch_when_add(0, G_MAXINT64, 0, utc), CH_WHEN_UNKNOWN);
    assert_int_equal(ch_when_add(0, 0, G_MAXINT64, utc), CH_WHEN_UNKNOWN);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_php_has_it),
        cmocka_unit_test(test_relative_or_not),
        cmocka_unit_test(test_what_no_phrase_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
