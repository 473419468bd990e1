/* The log: typed fields, allow-listed bytes, one line an event. */
#include "unit.h"

#include "chaperone/error.h"
#include "chaperone/log.h"

#include <syslog.h>
#include <unistd.h>

/* Logs one line as the child of a fork would, and returns it. */
static char *
captured(const char *format, void (*act)(void))
{
    int pipes[2], saved = dup(STDERR_FILENO);
    char buffer[8192];
    g_autoptr(ch_config) c = ch_config_new();
    c->log_to = CH_LOG_STDERR;
    c->log_format = strcmp(format, "json") == 0 ? CH_LOG_JSON : CH_LOG_TEXT;
    ch_log_open("chaperone-test", c);
    assert_int_equal(pipe(pipes), 0);
    dup2(pipes[1], STDERR_FILENO);
    act();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipes[1]);
    ssize_t n = read(pipes[0], buffer, sizeof buffer);
    close(pipes[0]);
    return g_strndup(buffer, n < 0 ? 0 : (gsize)n);
}

static void
log_everything(void)
{
    g_autoptr(GError) error =
        g_error_new(CH_ERROR, CH_ERROR_IO, "disk \"full\"\nnow");
    g_autoptr(GError) foreign =
        g_error_new(g_quark_from_static_string("x"), 7, "text from elsewhere");
    ch_log(LOG_INFO, "message", CH_LOG_ID, "01ARZ3NDEKTSV4RR", CH_LOG_AUTHOR,
           "ana\r\nfake=1 \"x\"", CH_LOG_QUEUE_ID, NULL, CH_LOG_COUNT,
           (guint64)3, CH_LOG_ELAPSED_US, (gint64)412, CH_LOG_CODE, 550,
           CH_LOG_ERROR, error, CH_LOG_END);
    ch_log(LOG_INFO, "foreign", CH_LOG_ERROR, foreign, CH_LOG_END);
    ch_log(LOG_DEBUG, "hidden", CH_LOG_END);
}

static void
test_values_are_cleaned_and_typed(void **state)
{
    g_autofree char *got = captured("text", log_everything);
    (void)state;
    assert_non_null(
        strstr(got, " chaperone-test: event=message id=01ARZ3NDEKTSV4RR "
                    "author=ana??fake=1??x? queue_id= count=3 elapsed_us=412 "
                    "code=550 error=chaperone/4:disk??full??now\n"));
    assert_non_null(strstr(got, "event=foreign error=x/7\n"));
    assert_null(strstr(got, "elsewhere"));
    assert_null(strstr(got, "hidden"));
    assert_int_equal(got[strlen(got) - 1], '\n');
}

static void
log_long(void)
{
    g_autofree char *longer = g_strnfill(5000, 'x');
    ch_log(LOG_INFO, "long", CH_LOG_AUTHOR, longer, CH_LOG_END);
}

static void
test_long_values_are_cut(void **state)
{
    g_autofree char *got = captured("text", log_long);
    (void)state;
    assert_true(strlen(got) < 300);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_cleaned_and_typed),
        cmocka_unit_test(test_long_values_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
