/*
 * A reader process and the talk with it, under a deadline and a cap.
 *
 * Sends the length of the attachment (8 bytes, low byte first) and its
 * bytes, takes what comes back until it hangs up.  Understands no format,
 * not even the answer's: extraction.c does, when the process is gone.
 */
#include "sandbox/worker.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- start and end ------------------------------------------------------ */

/* Nothing of ours but the socket: no descriptor, variable or signal mask. */
static int
spawn(const ch_worker_kind *kind, int fd, pid_t *pid_out)
{
    g_autofree char *memory =
        g_strdup_printf("--memory=%" G_GINT64_FORMAT, kind->memory);
    g_autofree char *seconds = g_strdup_printf("--cpu=%u", kind->timeout_s);
    const char *verb = kind->clean       ? "--clean"
                       : kind->thumbnail ? "--thumbnail"
                       : kind->ocr       ? "--ocr"
                                         : NULL;
    char *const argv[] = {kind->program, memory, seconds, (char *)verb, NULL};
    /* The jail forbids threads, with which Tesseract would begin. */
    char *const envp[] = {(char *)"LC_ALL=C.UTF-8",
                          (char *)"OMP_THREAD_LIMIT=1", NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, fd, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int code =
        posix_spawn(pid_out, kind->program, &files, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return code;
}

ch_worker *
ch_worker_start(const ch_worker_kind *kind, GError **error)
{
    int ends[2];
    pid_t pid = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "socketpair: %s",
                    g_strerror(errno));
        return NULL;
    }
    int code = spawn(kind, ends[1], &pid);
    close(ends[1]);
    if (code != 0) {
        close(ends[0]);
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "%s: %s", kind->program,
                    g_strerror(code));
        return NULL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    ch_worker *worker = g_new(ch_worker, 1);
    *worker = (ch_worker){pid, ends[0]};
    return worker;
}

int
ch_worker_end(ch_worker *worker)
{
    int status = 0;
    close(worker->fd);
    kill(worker->pid, SIGKILL);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR) {
    }
    g_free(worker);
    return status;
}

/* --- the talk ----------------------------------------------------------- */

typedef enum { TALK_ENDED, TALK_LATE, TALK_LONG } talk_end;

typedef struct {
    const guint8 *data; /* to send */
    gsize left;
    gsize most; /* bytes that it may answer */
    GByteArray *answer;
    gboolean ended; /* it hung up */
} talk;

/* FALSE: it takes no more. */
static gboolean
send_some(talk *t, int fd)
{
    ssize_t n = send(fd, t->data, MIN(t->left, (gsize)1 << 20), MSG_NOSIGNAL);
    if (n > 0) {
        t->data += n;
        t->left -= (gsize)n;
        return TRUE;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static void
receive_some(talk *t, int fd)
{
    guint8 buffer[65536];
    ssize_t n = recv(fd, buffer, sizeof buffer, 0);
    if (n > 0) {
        g_byte_array_append(t->answer, buffer, (guint)n);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        t->ended = TRUE;
    }
}

/* Until it hangs up, or answered at least enough bytes. */
static talk_end
converse(talk *t, int fd, gint64 deadline_us, gsize enough)
{
    while (!t->ended && t->answer->len < enough) {
        gint64 left_us = deadline_us - g_get_monotonic_time();
        if (left_us <= 0) {
            return TALK_LATE;
        }
        struct pollfd p = {fd, POLLIN, 0};
        p.events = (short)(t->left > 0 ? POLLIN | POLLOUT : POLLIN);
        if (poll(&p, 1, (int)(left_us / 1000) + 1) < 0 && errno != EINTR) {
            return TALK_LATE;
        }
        if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
            receive_some(t, fd);
        }
        if (t->left > 0 && p.revents & POLLOUT && !send_some(t, fd)) {
            t->left = 0;
        }
        if (t->answer->len > t->most) {
            return TALK_LONG;
        }
    }
    return TALK_ENDED;
}

/* It says 'R' once when it has jailed itself. */
static gboolean
is_ready(talk *t, int fd)
{
    gint64 deadline = g_get_monotonic_time() + CH_READER_START_US;
    return converse(t, fd, deadline, 1) == TALK_ENDED && t->answer->len > 0 &&
           t->answer->data[0] == 'R';
}

/* What ended the answer before its end, if anything did. */
static void
add_reason(ch_extraction *x, talk_end end, int status)
{
    gboolean late = end == TALK_LATE ||
                    (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
    if (late || end == TALK_LONG) {
        x->unscanned &= ~(1u << CH_UNSCANNED_DAMAGED);
        x->unscanned |=
            1u << (late ? CH_UNSCANNED_TIMEOUT : CH_UNSCANNED_LIMIT);
    }
}

/* FALSE: it is gone, before it saw anything of the attachment. */
static gboolean
send_length(talk *t, int fd, gsize length)
{
    guint64 head = GUINT64_TO_LE((guint64)length);
    /* Eight bytes always fit into an empty socket. */
    return t->answer->len > 0 &&
           send(fd, &head, sizeof head, MSG_NOSIGNAL) == sizeof head;
}

/* One that hung up is about to end by itself, and its status tells how: not
 * reaped here, so that its number cannot become another's. */
static void
await_end(const ch_worker *worker)
{
    for (guint i = 0; i < CH_READER_END_MS; i++) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)worker->pid, &info,
                   WEXITED | WNOHANG | WNOWAIT) != 0 ||
            info.si_pid != 0) {
            return;
        }
        g_usleep(1000);
    }
}

/* The whole talk, and its end; t's answer is empty at first.  FALSE: it was
 * gone before it began.  Takes worker. */
static gboolean
hold_talk(talk *t, ch_worker *worker, const ch_worker_kind *kind,
          GBytes *content, talk_end *end_out, int *status_out)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(content, &length);
    if (!is_ready(t, worker->fd) || !send_length(t, worker->fd, length)) {
        *status_out = ch_worker_end(worker);
        return FALSE;
    }
    g_byte_array_set_size(t->answer, 0);
    t->data = data;
    t->left = length;
    gint64 deadline = g_get_monotonic_time() + kind->timeout_s * G_USEC_PER_SEC;
    *end_out = converse(t, worker->fd, deadline, G_MAXSIZE);
    if (t->ended) {
        await_end(worker);
    }
    *status_out = ch_worker_end(worker);
    return TRUE;
}

ch_extraction *
ch_worker_ask(ch_worker *worker, const ch_worker_kind *kind, GBytes *content,
              int *status_out)
{
    g_autoptr(GByteArray) answer = g_byte_array_new();
    talk t = {.answer = answer, .most = CH_MAX_ANSWER};
    gint64 start = g_get_monotonic_time();
    talk_end end = TALK_ENDED;
    if (!hold_talk(&t, worker, kind, content, &end, status_out)) {
        ch_extraction *none = ch_extraction_new();
        none->unavailable = TRUE;
        return none;
    }
    ch_extraction *x = ch_extraction_read(answer->data, answer->len);
    add_reason(x, end, *status_out);
    x->elapsed_ms = (guint)((g_get_monotonic_time() - start) / 1000);
    return x;
}

GBytes *
ch_worker_clean(ch_worker *worker, const ch_worker_kind *kind, GBytes *picture,
                gboolean *unavailable_out)
{
    g_autoptr(GByteArray) answer = g_byte_array_new();
    talk t = {.answer = answer,
              .most = g_bytes_get_size(picture) + 2 * CH_RECORD_HEAD};
    talk_end end = TALK_ENDED;
    int status = 0;
    *unavailable_out = !hold_talk(&t, worker, kind, picture, &end, &status);
    return *unavailable_out || end != TALK_ENDED
               ? NULL
               : ch_extraction_read_cleaned(answer->data, answer->len);
}
