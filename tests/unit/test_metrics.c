/*
 * Metrics: counters and the text that Prometheus reads.
 */
#include "chaperone/metrics.h"

#include "chaperone/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND ((gint64)G_USEC_PER_SEC)

static void
assert_line(ch_metrics *m, const ch_metrics_gauges *g, const char *line)
{
    g_autofree char *text = ch_metrics_dup_text(m, g);
    g_autofree char *whole = g_strconcat("\n", line, "\n", NULL);
    if (strstr(text, whole) == NULL) {
        fail_msg("no line \"%s\" in:\n%s", line, text);
    }
}

static void
verdicts_start_at_zero_and_count(void **state)
{
    (void)state;
    g_autoptr(ch_metrics) m = ch_metrics_new();
    const ch_metrics_gauges g = {.rules = 7};
    assert_line(m, &g, "chaperone_messages_total{verdict=\"reject\"} 0");
    ch_metrics_message(m, "reject", 300);
    ch_metrics_message(m, "reject", 300);
    ch_metrics_finding(m, "privacy/us-ssn");
    ch_metrics_failure(m, "store");
    ch_metrics_out_of_scope(m);
    assert_line(m, &g, "chaperone_messages_total{verdict=\"reject\"} 2");
    assert_line(m, &g, "chaperone_messages_total{verdict=\"accept\"} 0");
    assert_line(m, &g, "chaperone_findings_total{rule=\"privacy/us-ssn\"} 1");
    assert_line(m, &g, "chaperone_failures_total{reason=\"store\"} 1");
    assert_line(m, &g, "chaperone_out_of_scope_total 1");
    assert_line(m, &g, "chaperone_rules_loaded 7");
}

static void
histogram_is_cumulative(void **state)
{
    (void)state;
    g_autoptr(ch_metrics) m = ch_metrics_new();
    const ch_metrics_gauges g = {.rules = 0};
    ch_metrics_message(m, "accept", 500);         /* on the first bound */
    ch_metrics_message(m, "accept", 501);         /* just above it */
    ch_metrics_message(m, "accept", 60 * SECOND); /* above all */
    assert_line(m, &g, "chaperone_check_seconds_bucket{le=\"0.0005\"} 1");
    assert_line(m, &g, "chaperone_check_seconds_bucket{le=\"0.001\"} 2");
    assert_line(m, &g, "chaperone_check_seconds_bucket{le=\"5\"} 2");
    assert_line(m, &g, "chaperone_check_seconds_bucket{le=\"+Inf\"} 3");
    assert_line(m, &g, "chaperone_check_seconds_count 3");
}

static void
store_gauges_only_if_it_was_asked(void **state)
{
    (void)state;
    g_autoptr(ch_metrics) m = ch_metrics_new();
    ch_metrics_gauges g = {.now_us = 100 * SECOND};
    g_autofree char *without = ch_metrics_dup_text(m, &g);
    assert_null(strstr(without, "chaperone_quarantine_held"));
    g.has_store = TRUE;
    g.store = (ch_store_numbers){.held = 3,
                                 .outbox = 2,
                                 .oldest_held_us = 40 * SECOND,
                                 .last_notice_us = 90 * SECOND};
    assert_line(m, &g, "chaperone_quarantine_held 3");
    assert_line(m, &g, "chaperone_quarantine_oldest_seconds 60");
    assert_line(m, &g, "chaperone_outbox_waiting 2");
    assert_line(m, &g, "chaperone_notice_last_success_seconds 90");
    g.store.oldest_held_us = g.store.last_notice_us = -1;
    assert_line(m, &g, "chaperone_quarantine_oldest_seconds 0");
    assert_line(m, &g, "chaperone_notice_last_success_seconds 0");
    g.store.oldest_held_us = 200 * SECOND; /* the clock was set back */
    assert_line(m, &g, "chaperone_quarantine_oldest_seconds 0");
}

static void
labels_are_escaped(void **state)
{
    (void)state;
    g_autoptr(ch_metrics) m = ch_metrics_new();
    const ch_metrics_gauges g = {.rules = 0};
    ch_metrics_finding(m, "a\"b\\c\nd");
    assert_line(m, &g, "chaperone_findings_total{rule=\"a\\\"b\\\\c\\nd\"} 1");
}

static void
file_is_replaced_as_a_whole(void **state)
{
    (void)state;
    g_autoptr(ch_metrics) m = ch_metrics_new();
    const ch_metrics_gauges g = {.rules = 1};
    g_autoptr(GError) error = NULL;
    g_autofree char *dir = g_dir_make_tmp("ch-metrics-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "m.prom", NULL);
    g_autofree char *aside = g_strconcat(file, ".new", NULL);
    g_autofree char *got = NULL;
    for (guint i = 0; i < 2; i++) {
        assert_true(ch_metrics_write(m, &g, file, &error));
    }
    g_autofree char *expected = ch_metrics_dup_text(m, &g);
    assert_true(g_file_get_contents(file, &got, NULL, NULL));
    assert_string_equal(got, expected);
    assert_int_equal(access(aside, F_OK), -1);
    unlink(file);
    rmdir(dir);
    assert_false(ch_metrics_write(m, &g, file, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_IO));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_start_at_zero_and_count),
        cmocka_unit_test(histogram_is_cumulative),
        cmocka_unit_test(store_gauges_only_if_it_was_asked),
        cmocka_unit_test(labels_are_escaped),
        cmocka_unit_test(file_is_replaced_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
