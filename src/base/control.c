/*
 * Control socket, both ends.
 *
 * The server is one thread that polls the socket and a descriptor on which
 * ch_control_close rings.  Every read and write has a deadline; a line that
 * is too long is answered with an error.  Nothing here knows the commands.
 */
#include "chaperone/control.h"

#include "chaperone/error.h"
#include "chaperone/usock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* A client has this long to send its line and to take its answer; a daemon
 * may compile thousands of patterns before it answers a reload. */
#define CLIENT_MS 2000
#define DAEMON_MS 60000

struct ch_control {
    char *path;
    int listener, bell;
    ch_control_handler handler;
    gpointer data;
    GThread *thread;
};

static gint64
deadline_after(int ms)
{
    return g_get_monotonic_time() + ms * (gint64)1000;
}

/* Whether fd is ready for events before the deadline. */
static gboolean
wait_for(int fd, short events, gint64 deadline)
{
    for (;;) {
        gint64 left = (deadline - g_get_monotonic_time() + 999) / 1000;
        struct pollfd p = {.fd = fd, .events = events};
        int n = left <= 0 ? 0 : poll(&p, 1, (int)MIN(left, G_MAXINT32));
        if (n > 0) {
            return TRUE;
        }
        if (n == 0 || errno != EINTR) {
            return FALSE;
        }
    }
}

static gboolean
send_all(int fd, const char *data, gsize length, gint64 deadline)
{
    while (length > 0) {
        if (!wait_for(fd, POLLOUT, deadline)) {
            return FALSE;
        }
        ssize_t n = send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            return FALSE;
        }
        if (n > 0) {
            data += n;
            length -= (gsize)n;
        }
    }
    return TRUE;
}

/* Reads until stop says so, end of file, or max bytes.  FALSE: too late. */
static gboolean
receive(int fd, GString *into, gsize max, gboolean one_line, gint64 deadline)
{
    while (into->len < max) {
        char chunk[512];
        if (!wait_for(fd, POLLIN, deadline)) {
            return FALSE;
        }
        ssize_t n = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            continue;
        }
        if (n <= 0) {
            return n == 0;
        }
        g_string_append_len(into, chunk, n);
        if (one_line && memchr(chunk, '\n', (gsize)n) != NULL) {
            return TRUE;
        }
    }
    return TRUE;
}

/* --- server ----------------------------------------------------------- */

static void
answer_line(ch_control *control, int fd, GString *line)
{
    g_autoptr(GString) answer = g_string_new(NULL);
    char *end = strpbrk(line->str, "\r\n");
    gboolean ok = FALSE;
    if (end == NULL || line->len >= CH_CONTROL_LINE) {
        g_string_append(answer, "a command is one line\n");
    } else {
        *end = '\0';
        ok = control->handler(line->str, answer, control->data);
    }
    g_string_append(answer, ok ? "ok\n" : "error\n");
    send_all(fd, answer->str, answer->len, deadline_after(CLIENT_MS));
}

static void
serve(ch_control *control)
{
    int fd = accept4(control->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) {
        return;
    }
    g_autoptr(GString) line = g_string_new(NULL);
    if (receive(fd, line, CH_CONTROL_LINE, TRUE, deadline_after(CLIENT_MS)) &&
        line->len > 0) {
        answer_line(control, fd, line);
    }
    close(fd);
}

static gpointer
run(gpointer data)
{
    ch_control *control = data;
    struct pollfd p[2] = {{.fd = control->listener, .events = POLLIN},
                          {.fd = control->bell, .events = POLLIN}};
    for (;;) {
        if (poll(p, 2, -1) < 0 && errno != EINTR) {
            return NULL;
        }
        if (p[1].revents != 0) {
            return NULL;
        }
        if (p[0].revents != 0) {
            serve(control);
        }
    }
}

ch_control *
ch_control_open(const char *url, ch_control_handler handler, gpointer data,
                GError **error)
{
    const char *path = ch_usock_path(url);
    if (path == NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "control.socket must be unix:/path: %s", url);
        return NULL;
    }
    int listener = ch_usock_listen(path, 0660, error);
    if (listener < 0) {
        return NULL;
    }
    ch_control *control = g_new0(ch_control, 1);
    control->path = g_strdup(path);
    control->listener = listener;
    control->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control->handler = handler;
    control->data = data;
    control->thread = g_thread_new("control", run, control);
    return control;
}

void
ch_control_close(ch_control *control)
{
    if (control == NULL) {
        return;
    }
    const guint64 ring = 1;
    while (write(control->bell, &ring, sizeof ring) < 0 && errno == EINTR) {
        /* once more */
    }
    g_thread_join(control->thread);
    unlink(control->path);
    close(control->listener);
    close(control->bell);
    g_free(control->path);
    g_free(control);
}

/* --- client ----------------------------------------------------------- */

/* Cuts the last line off answer; whether it is "ok". */
static gboolean
take_last_line(GString *answer, gboolean *complete_out)
{
    *complete_out = TRUE;
    static const char *const last[] = {"error\n", "ok\n"};
    for (guint i = 0; i < G_N_ELEMENTS(last); i++) {
        gsize length = strlen(last[i]);
        if (g_str_has_suffix(answer->str, last[i]) &&
            (answer->len == length ||
             answer->str[answer->len - length - 1] == '\n')) {
            g_string_truncate(answer, answer->len - length);
            return i == 1;
        }
    }
    *complete_out = FALSE;
    return FALSE;
}

gboolean
ch_control_ask(const char *url, const char *command, char **answer_out,
               GError **error)
{
    g_autoptr(GString) answer = g_string_new(NULL);
    const char *path = ch_usock_path(url);
    *answer_out = g_strdup("");
    int fd = ch_usock_connect(path == NULL ? "" : path, error);
    if (fd < 0) {
        return FALSE;
    }
    g_autofree char *line = g_strconcat(command, "\n", NULL);
    gint64 deadline = deadline_after(DAEMON_MS);
    gboolean heard = send_all(fd, line, strlen(line), deadline) &&
                     receive(fd, answer, CH_CONTROL_ANSWER, FALSE, deadline);
    close(fd);
    gboolean complete = FALSE;
    gboolean ok = heard && take_last_line(answer, &complete);
    if (!complete) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO,
                    "no complete answer from the daemon on %s", path);
        return FALSE;
    }
    g_free(*answer_out);
    *answer_out = g_strdup(answer->str);
    if (!ok) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "the daemon refused the command");
    }
    return ok;
}
