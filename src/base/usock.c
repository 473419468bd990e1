/*
 * Unix sockets: listen, connect, and replace what a dead program left.
 *
 * Whether somebody listens is found out by connecting: a refused connection
 * is a stale socket.  What is no socket is never removed.
 */
#include "chaperone/usock.h"

#include "chaperone/error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char *
ch_usock_path(const char *url)
{
    static const char *const prefixes[] = {"unix:", "local:"};
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(url, prefixes[i])) {
            return url + strlen(prefixes[i]);
        }
    }
    return NULL;
}

static void
fail(GError **error, int code, const char *doing, const char *path)
{
    g_set_error(error, CH_ERROR, code, "cannot %s socket %s: %s", doing, path,
                g_strerror(errno));
}

static gboolean
fill_address(const char *path, struct sockaddr_un *address, GError **error)
{
    gsize length = strlen(path);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length == 0 || length >= sizeof address->sun_path) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "socket path must have 1 to %zu bytes: %s",
                    sizeof address->sun_path - 1, path);
        return FALSE;
    }
    memcpy(address->sun_path, path, length);
    return TRUE;
}

static int
connect_address(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 &&
        connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        int reason = errno;
        close(fd);
        errno = reason;
        fd = -1;
    }
    return fd;
}

gboolean
ch_usock_clear(const char *path, GError **error)
{
    struct sockaddr_un address;
    struct stat found;
    if (!fill_address(path, &address, error)) {
        return FALSE;
    }
    if (lstat(path, &found) != 0) {
        return TRUE;
    }
    if (!S_ISSOCK(found.st_mode)) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "%s is there and is no socket", path);
        return FALSE;
    }
    int fd = connect_address(&address);
    if (fd >= 0) {
        close(fd);
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "another program listens on %s", path);
        return FALSE;
    }
    if (errno != ECONNREFUSED || unlink(path) != 0) {
        fail(error, CH_ERROR_IO, "replace", path);
        return FALSE;
    }
    return TRUE;
}

int
ch_usock_listen(const char *path, mode_t mode, GError **error)
{
    struct sockaddr_un address;
    if (!fill_address(path, &address, error) || !ch_usock_clear(path, error)) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fail(error, CH_ERROR_IO, "make", path);
        return -1;
    }
    /* The mode is set before listen: nobody connects in between. */
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, mode) != 0 || listen(fd, 16) != 0) {
        fail(error, CH_ERROR_IO, "listen on", path);
        close(fd);
        return -1;
    }
    return fd;
}

int
ch_usock_connect(const char *path, GError **error)
{
    struct sockaddr_un address;
    if (!fill_address(path, &address, error)) {
        return -1;
    }
    int fd = connect_address(&address);
    if (fd < 0) {
        fail(error, CH_ERROR_IO, "connect to", path);
    }
    return fd;
}
