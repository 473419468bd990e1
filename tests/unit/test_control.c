/*
 * Control socket: commands, bad clients, stale and live sockets.
 */
#include "chaperone/control.h"
#include "chaperone/error.h"
#include "chaperone/notify.h"
#include "chaperone/usock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct {
    char *directory, *path, *url;
} fixture;

static int
set_up(void **state)
{
    fixture *f = g_new0(fixture, 1);
    f->directory = g_dir_make_tmp("ch-control-XXXXXX", NULL);
    f->path = g_build_filename(f->directory, "control.sock", NULL);
    f->url = g_strconcat("unix:", f->path, NULL);
    *state = f;
    return 0;
}

static int
tear_down(void **state)
{
    fixture *f = *state;
    unlink(f->path);
    rmdir(f->directory);
    g_free(f->directory);
    g_free(f->path);
    g_free(f->url);
    g_free(f);
    return 0;
}

static gboolean
answer(const char *command, GString *out, gpointer data)
{
    g_string_append_printf(out, "%s got %s\n", (const char *)data, command);
    return g_strcmp0(command, "good") == 0;
}

static void
server_answers_ok_and_error(void **state)
{
    fixture *f = *state;
    char name[] = "daemon";
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_control) c = ch_control_open(f->url, answer, name, &error);
    assert_non_null(c);
    struct stat found;
    assert_int_equal(stat(f->path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0660);
    g_autofree char *good = NULL;
    assert_true(ch_control_ask(f->url, "good", &good, &error));
    assert_string_equal(good, "daemon got good\n");
    g_autofree char *bad = NULL;
    assert_false(ch_control_ask(f->url, "bad", &bad, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_STATE));
    assert_string_equal(bad, "daemon got bad\n");
}

static void
bad_clients_do_not_end_the_server(void **state)
{
    fixture *f = *state;
    char name[] = "daemon";
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_control) c = ch_control_open(f->url, answer, name, &error);
    g_autofree char *long_line = g_strnfill(4 * CH_CONTROL_LINE, 'x');
    const char *const lines[] = {"", "half a line", long_line, "\n"};
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        int fd = ch_usock_connect(f->path, &error);
        assert_true(fd >= 0);
        assert_int_equal(send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL),
                         strlen(lines[i]));
        close(fd);
    }
    g_autofree char *text = NULL;
    assert_true(ch_control_ask(f->url, "good", &text, &error));
}

static void
overlong_command_is_answered_with_error(void **state)
{
    fixture *f = *state;
    char name[] = "daemon";
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_control) c = ch_control_open(f->url, answer, name, &error);
    g_autofree char *line = g_strnfill(CH_CONTROL_LINE, 'x');
    g_autofree char *text = NULL;
    assert_false(ch_control_ask(f->url, line, &text, &error));
    assert_non_null(error);
}

static void
nobody_there_is_an_io_error(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    assert_false(ch_control_ask(f->url, "good", &text, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_IO));
    assert_string_equal(text, "");
}

static void
close_removes_the_socket(void **state)
{
    fixture *f = *state;
    char name[] = "daemon";
    g_autoptr(GError) error = NULL;
    ch_control_close(ch_control_open(f->url, answer, name, &error));
    assert_int_equal(access(f->path, F_OK), -1);
    ch_control_close(NULL);
}

static void
only_unix_sockets_are_taken(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    assert_null(ch_control_open("inet:1@127.0.0.1", answer, NULL, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_CONFIG));
    assert_null(ch_usock_path("inet:8891@127.0.0.1"));
    assert_string_equal(ch_usock_path("unix:/run/x"), "/run/x");
    assert_string_equal(ch_usock_path("local:/run/x"), "/run/x");
}

/* --- unix sockets --------------------------------------------------------- */

static void
live_socket_is_refused_and_stale_one_replaced(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    int first = ch_usock_listen(f->path, 0600, &error);
    assert_true(first >= 0);
    assert_int_equal(ch_usock_listen(f->path, 0600, &error), -1);
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_STATE));
    close(first); /* the file stays: stale */
    g_clear_error(&error);
    int second = ch_usock_listen(f->path, 0600, &error);
    assert_true(second >= 0);
    close(second);
}

static void
plain_file_is_never_removed(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    assert_true(g_file_set_contents(f->path, "mine", -1, NULL));
    assert_false(ch_usock_clear(f->path, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_STATE));
    assert_int_equal(access(f->path, F_OK), 0);
}

static void
overlong_path_is_a_configuration_error(void **state)
{
    (void)state;
    g_autofree char *path = g_strnfill(200, 'p');
    g_autoptr(GError) error = NULL;
    assert_int_equal(ch_usock_connect(path, &error), -1);
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_CONFIG));
}

/* --- service manager --------------------------------------------------------
 */

static void
manager_hears_what_is_said(void **state)
{
    fixture *f = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_strlcpy(address.sun_path, f->path, sizeof address.sun_path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(
        bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    g_setenv("NOTIFY_SOCKET", f->path, TRUE);
    assert_true(ch_notify("READY=1"));
    char heard[32] = "";
    assert_int_equal(recv(fd, heard, sizeof heard - 1, 0), 7);
    assert_string_equal(heard, "READY=1");
    close(fd);
    assert_false(ch_notify("READY=1"));
    g_unsetenv("NOTIFY_SOCKET");
    assert_false(ch_notify("READY=1"));
}

static void
watchdog_is_half_of_what_is_asked(void **state)
{
    (void)state;
    g_autofree char *mine = g_strdup_printf("%d", (int)getpid());
    const struct {
        const char *row, *usec, *pid;
        guint ms;
    } rows[] = {
        {"none", NULL, NULL, 0},
        {"for all", "30000000", NULL, 15000},
        {"for us", "30000000", mine, 15000},
        {"for another", "30000000", "1", 0},
        {"no number", "soon", NULL, 0},
        {"tiny", "1", NULL, 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        print_message("%s\n", rows[i].row);
        g_unsetenv("WATCHDOG_USEC");
        g_unsetenv("WATCHDOG_PID");
        if (rows[i].usec != NULL) {
            g_setenv("WATCHDOG_USEC", rows[i].usec, TRUE);
        }
        if (rows[i].pid != NULL) {
            g_setenv("WATCHDOG_PID", rows[i].pid, TRUE);
        }
        assert_int_equal(ch_notify_watchdog_ms(), rows[i].ms);
    }
    g_unsetenv("WATCHDOG_USEC");
    g_unsetenv("WATCHDOG_PID");
}

#define WITH_DIRECTORY(test)                                                   \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(server_answers_ok_and_error),
        WITH_DIRECTORY(bad_clients_do_not_end_the_server),
        WITH_DIRECTORY(overlong_command_is_answered_with_error),
        WITH_DIRECTORY(nobody_there_is_an_io_error),
        WITH_DIRECTORY(close_removes_the_socket),
        cmocka_unit_test(only_unix_sockets_are_taken),
        WITH_DIRECTORY(live_socket_is_refused_and_stale_one_replaced),
        WITH_DIRECTORY(plain_file_is_never_removed),
        cmocka_unit_test(overlong_path_is_a_configuration_error),
        WITH_DIRECTORY(manager_hears_what_is_said),
        cmocka_unit_test(watchdog_is_half_of_what_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
