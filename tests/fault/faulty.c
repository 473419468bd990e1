/*
 * faulty.so: makes one call of a program fail, the one that a test asks for.
 *
 * Preloaded (LD_PRELOAD) into chaperone-milter or chaperone.  It counts the
 * calls below that concern files under the directory CH_FAULT_UNDER, and
 * lets call number "armed" fail with errno "error".  Both stand in the file
 * CH_FAULT_CONTROL, which is mapped, so that a test arms a running daemon
 * and reads how many calls there were.  Layout: struct control; the test
 * writes and reads it as bytes.
 *
 * It changes nothing but the one call: what SQLite and GLib do is real.  Its
 * few variables are set before main and never again.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Which calls count, as a mask. */
enum { FILES = 1, READS = 2, TRY_MEMORY = 4, ALL_MEMORY = 8 };

struct control {
    _Atomic uint32_t armed;   /* 0: none */
    _Atomic uint32_t error;   /* errno */
    _Atomic uint32_t classes; /* the mask above */
    _Atomic uint32_t bound;   /* bytes from which memory counts */
    _Atomic uint32_t seen;    /* calls so far; the test sets it to 0 */
    _Atomic uint32_t fired;   /* 1: the call came and failed */
    char what[104];           /* its name and file */
};

static struct control *control;
static char under[PATH_MAX];

__attribute__((constructor)) static void
open_control(void)
{
    const char *file = getenv("CH_FAULT_CONTROL");
    const char *directory = getenv("CH_FAULT_UNDER");
    int fd = file != NULL ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0 || directory == NULL) {
        return;
    }
    snprintf(under, sizeof under, "%s/", directory);
    void *map =
        mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    control = map == MAP_FAILED ? NULL : map;
}

/* Whether this call is the one; errno is set then. */
static int
fails(uint32_t class, const char *name, const char *path)
{
    if ((control->classes & class) == 0) {
        return 0;
    }
    uint32_t number = atomic_fetch_add(&control->seen, 1) + 1;
    if (number != control->armed) {
        return 0;
    }
    snprintf(control->what, sizeof control->what, "%s %s", name, path);
    control->fired = 1;
    errno = (int)control->error;
    return 1;
}

static int
path_fails(const char *name, const char *path)
{
    if (control == NULL || path == NULL ||
        strncmp(path, under, strlen(under)) != 0) {
        return 0;
    }
    return fails(FILES, name, path + strlen(under));
}

/* Standard error is the log: no file of the store. */
static int
fd_fails(uint32_t class, const char *name, int fd)
{
    char link[32], path[PATH_MAX];
    if (control == NULL || (control->classes & class) == 0 ||
        fd <= STDERR_FILENO) {
        return 0;
    }
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) {
        return 0;
    }
    path[n] = '\0';
    return strncmp(path, under, strlen(under)) == 0 &&
           fails(class, name, path + strlen(under));
}

/* The function that this one stands before. */
#define NEXT(type, name, ...)                                                  \
    ((type(*)(__VA_ARGS__))(uintptr_t)dlsym(RTLD_NEXT, name))

#define ON_PATH(type, name, bad, parameters, path, types, ...)                 \
    type name parameters;                                                      \
    type name parameters                                                       \
    {                                                                          \
        return path_fails(#name, path) ? (bad)                                 \
                                       : ((type(*) types)(uintptr_t)dlsym(     \
                                             RTLD_NEXT, #name))(__VA_ARGS__);  \
    }

#define ON_FD(type, class, name, parameters, types, ...)                       \
    type name parameters;                                                      \
    type name parameters                                                       \
    {                                                                          \
        return fd_fails(class, #name, fd)                                      \
                   ? -1                                                        \
                   : ((type(*) types)(uintptr_t)dlsym(RTLD_NEXT, #name))(      \
                         __VA_ARGS__);                                         \
    }

/* A mode is there only if the file may be made. */
#define OPEN(name)                                                             \
    int name(const char *path, int flags, ...);                                \
    int name(const char *path, int flags, ...)                                 \
    {                                                                          \
        va_list more;                                                          \
        va_start(more, flags);                                                 \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0                     \
                          ? (mode_t)va_arg(more, unsigned)                     \
                          : 0;                                                 \
        va_end(more);                                                          \
        return path_fails(#name, path) ? -1                                    \
                                       : NEXT(int, #name, const char *, int,   \
                                              ...)(path, flags, mode);         \
    }

OPEN(open)
OPEN(open64)
ON_PATH(int, mkostemp, -1, (char *path, int flags), path, (char *, int), path,
        flags)
ON_PATH(int, mkostemp64, -1, (char *path, int flags), path, (char *, int), path,
        flags)
ON_PATH(int, rename, -1, (const char *from, const char *to), to,
        (const char *, const char *), from, to)
ON_PATH(int, renameat2, -1,
        (int there, const char *from, int here, const char *to, unsigned flags),
        to, (int, const char *, int, const char *, unsigned), there, from, here,
        to, flags)
ON_PATH(int, link, -1, (const char *from, const char *to), to,
        (const char *, const char *), from, to)
ON_PATH(int, unlink, -1, (const char *path), path, (const char *), path)
ON_PATH(int, chmod, -1, (const char *path, mode_t mode), path,
        (const char *, mode_t), path, mode)
ON_PATH(int, mkdir, -1, (const char *path, mode_t mode), path,
        (const char *, mode_t), path, mode)

ON_FD(ssize_t, FILES, write, (int fd, const void *data, size_t n),
      (int, const void *, size_t), fd, data, n)
ON_FD(ssize_t, FILES, pwrite, (int fd, const void *data, size_t n, off_t at),
      (int, const void *, size_t, off_t), fd, data, n, at)
ON_FD(ssize_t, FILES, pwrite64,
      (int fd, const void *data, size_t n, off64_t at),
      (int, const void *, size_t, off64_t), fd, data, n, at)
ON_FD(ssize_t, READS, pread, (int fd, void *data, size_t n, off_t at),
      (int, void *, size_t, off_t), fd, data, n, at)
ON_FD(ssize_t, READS, pread64, (int fd, void *data, size_t n, off64_t at),
      (int, void *, size_t, off64_t), fd, data, n, at)
ON_FD(ssize_t, READS, read, (int fd, void *data, size_t n),
      (int, void *, size_t), fd, data, n)
ON_FD(int, FILES, fsync, (int fd), (int), fd)
ON_FD(int, FILES, fdatasync, (int fd), (int), fd)
ON_FD(int, FILES, ftruncate, (int fd, off_t length), (int, off_t), fd, length)
ON_FD(int, FILES, ftruncate64, (int fd, off64_t length), (int, off64_t), fd,
      length)
ON_FD(int, FILES, fchmod, (int fd, mode_t mode), (int, mode_t), fd, mode)

/* The control socket and the milter's are bound to a path.  The type of the
 * address is the one that glibc declares, a union of pointers. */
int
bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
    struct sockaddr_un un = {.sun_family = AF_UNSPEC};
    memcpy(&un, address.__sockaddr__, length < sizeof un ? length : sizeof un);
    if (un.sun_family == AF_UNIX && path_fails("bind", un.sun_path)) {
        return -1;
    }
    return NEXT(int, "bind", int, const struct sockaddr *,
                socklen_t)(fd, address.__sockaddr__, length);
}

/* --- memory -------------------------------------------------------------- */

static int
memory_fails(uint32_t class, const char *name, size_t bytes)
{
    return control != NULL && bytes >= control->bound && fails(class, name, "");
}

/* What our code asks for with g_try_: it must bear a no. */
#define TRY(name, parameters, bytes, types, ...)                               \
    void *name parameters;                                                     \
    void *name parameters                                                      \
    {                                                                          \
        return memory_fails(TRY_MEMORY, #name, bytes)                          \
                   ? NULL                                                      \
                   : NEXT(void *, #name, types)(__VA_ARGS__);                  \
    }

TRY(g_try_malloc, (size_t n), n, size_t, n)
TRY(g_try_malloc0, (size_t n), n, size_t, n)

void *g_try_malloc_n(size_t n, size_t size);
void *
g_try_malloc_n(size_t n, size_t size)
{
    return memory_fails(TRY_MEMORY, "g_try_malloc_n", n * size)
               ? NULL
               : NEXT(void *, "g_try_malloc_n", size_t, size_t)(n, size);
}

void *g_try_realloc(void *old, size_t n);
void *
g_try_realloc(void *old, size_t n)
{
    return memory_fails(TRY_MEMORY, "g_try_realloc", n)
               ? NULL
               : NEXT(void *, "g_try_realloc", void *, size_t)(old, n);
}

#ifndef CH_NO_MALLOC
/* What anybody asks for; GLib ends the process without an answer.  dlsym
 * allocates itself, so glibc's own names are called.  A sanitizer has a
 * malloc of its own, which must stay. */
void *__libc_malloc(size_t n);
void *__libc_realloc(void *old, size_t n);

void *
malloc(size_t n)
{
    return memory_fails(ALL_MEMORY, "malloc", n) ? NULL : __libc_malloc(n);
}

void *
realloc(void *old, size_t n)
{
    return memory_fails(ALL_MEMORY, "realloc", n) ? NULL
                                                  : __libc_realloc(old, n);
}
#endif
