/*
 * The jail of chaperone-extract, in four layers that do not trust each other:
 *
 *   no_new_privs
 *   Landlock   where the kernel has it: no path at all
 *   rlimits    memory, time, no file, no child, no core
 *   seccomp    a short list of calls; what libraries ask for out of habit
 *              (open, stat) fails with EACCES, everything else kills
 *
 * Entered after all libraries were loaded and warmed up, and before the first
 * byte of mail is read.
 */
#include "extract/jail.h"

#include <errno.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* AddressSanitizer reserves terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
#define LIMITS_MEMORY 0
#else
#define LIMITS_MEMORY 1
#endif

static gboolean
limit(int what, guint64 value)
{
    const struct rlimit both = {value, value};
    return setrlimit((__rlimit_resource_t)what, &both) == 0;
}

/* First SIGXCPU, which tells what it was, then SIGKILL. */
static gboolean
limit_time(guint64 seconds)
{
    const struct rlimit both = {seconds, seconds + 1};
    return setrlimit(RLIMIT_CPU, &both) == 0;
}

static gboolean
set_limits(const ch_jail_limits *limits)
{
    return (!LIMITS_MEMORY || limit(RLIMIT_AS, limits->memory)) &&
           limit_time(limits->seconds) && limit(RLIMIT_FSIZE, 0) &&
           limit(RLIMIT_CORE, 0) && limit(RLIMIT_NPROC, 0) &&
           limit(RLIMIT_NOFILE, 3) && limit(RLIMIT_MEMLOCK, 0);
}

/* Every right that the kernel knows of, and no rule that grants one
 * (landlock(7)).  A kernel without it answers ENOSYS or EOPNOTSUPP. */
static gboolean
forbid_paths(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
                       LANDLOCK_CREATE_RULESET_VERSION);
    if (abi < 1) {
        return errno == ENOSYS || errno == EOPNOTSUPP;
    }
    struct landlock_ruleset_attr all = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    int fd = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    gboolean ok = fd >= 0 && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static gboolean
add_all(scmp_filter_ctx filter, guint32 action, const int *calls, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (seccomp_rule_add(filter, action, calls[i], 0) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Memory may be taken, but never made executable. */
static gboolean
add_memory(scmp_filter_ctx filter)
{
    const int calls[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    for (gsize i = 0; i < G_N_ELEMENTS(calls); i++) {
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
                             SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
filter_calls(void)
{
    static const int allowed[] = {
        SCMP_SYS(read),          SCMP_SYS(write),
        SCMP_SYS(close),         SCMP_SYS(munmap),
        SCMP_SYS(mremap),        SCMP_SYS(madvise),
        SCMP_SYS(brk),           SCMP_SYS(futex),
        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
        SCMP_SYS(time),          SCMP_SYS(getrandom),
        SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
        SCMP_SYS(rt_sigreturn),  SCMP_SYS(sigaltstack),
        SCMP_SYS(getpid),        SCMP_SYS(gettid),
        SCMP_SYS(sched_yield),   SCMP_SYS(exit),
        SCMP_SYS(exit_group),
    };
    /* Habits of libraries, which do without. */
    static const int refused[] = {
        SCMP_SYS(open),
        SCMP_SYS(openat),
        SCMP_SYS(stat),
        SCMP_SYS(lstat),
        SCMP_SYS(fstat),
        SCMP_SYS(newfstatat),
        SCMP_SYS(statx),
        SCMP_SYS(access),
        SCMP_SYS(faccessat),
        SCMP_SYS(faccessat2),
        SCMP_SYS(readlink),
        SCMP_SYS(readlinkat),
        SCMP_SYS(lseek),
        SCMP_SYS(ioctl),
        SCMP_SYS(fcntl),
        SCMP_SYS(getcwd),
        SCMP_SYS(prlimit64),
        SCMP_SYS(getrlimit),
        SCMP_SYS(uname),
        SCMP_SYS(sysinfo),
        SCMP_SYS(getuid),
        SCMP_SYS(geteuid),
        SCMP_SYS(sched_getaffinity),
    };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    gboolean ok =
        filter != NULL &&
        add_all(filter, SCMP_ACT_ALLOW, allowed, G_N_ELEMENTS(allowed)) &&
        add_all(filter, SCMP_ACT_ERRNO(EACCES), refused,
                G_N_ELEMENTS(refused)) &&
        add_memory(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return ok;
}

gboolean
ch_jail_enter(const ch_jail_limits *limits)
{
    /* Landlock's set is a descriptor, so the limit on those comes after it. */
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_DUMPABLE, 0) == 0 && forbid_paths() &&
           set_limits(limits) && filter_calls();
}
