/*
 * sd_notify(3) without libsystemd: a datagram to a unix socket.
 *
 * The address is a path, or an abstract name after '@'.  Failure is not our
 * trouble: a manager that hears nothing says so itself.
 */
#include "chaperone/notify.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

gboolean
ch_notify(const char *state)
{
    const char *path = g_getenv("NOTIFY_SOCKET");
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    gsize length = path == NULL ? 0 : strlen(path);
    if (length < 2 || length >= sizeof to.sun_path) {
        return FALSE;
    }
    memcpy(to.sun_path, path, length);
    if (path[0] == '@') {
        to.sun_path[0] = '\0'; /* abstract, unix(7) */
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return FALSE;
    }
    socklen_t size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    ssize_t sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                          (const struct sockaddr *)&to, size);
    close(fd);
    return sent >= 0;
}

guint
ch_notify_watchdog_ms(void)
{
    const char *usec = g_getenv("WATCHDOG_USEC");
    const char *pid = g_getenv("WATCHDOG_PID");
    guint64 value = 0;
    if (usec == NULL ||
        !g_ascii_string_to_unsigned(usec, 10, 1, G_MAXINT32, &value, NULL)) {
        return 0;
    }
    guint64 meant = 0;
    if (pid != NULL &&
        (!g_ascii_string_to_unsigned(pid, 10, 1, G_MAXINT32, &meant, NULL) ||
         meant != (guint64)getpid())) {
        return 0;
    }
    return (guint)MAX(value / 2000, 1);
}
