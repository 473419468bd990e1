/*
 * clock.so: the clock of a program is wrong by CH_CLOCK_OFFSET seconds.
 *
 * Preloaded by the end-to-end tests into a daemon that takes a post "an hour
 * ago"; what is done later runs by the true clock.  Only the time of day is
 * shifted, never the monotonic clock that waits go by.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static time_t
offset(void)
{
    const char *text = getenv("CH_CLOCK_OFFSET");
    return text != NULL ? (time_t)strtol(text, NULL, 10) : 0;
}

/* GLib asks the one, SQLite and the C library the other. */
int
gettimeofday(struct timeval *restrict time, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return -1;
    }
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

int
clock_gettime(clockid_t clock, struct timespec *time)
{
    union {
        void *object;
        int (*function)(clockid_t, struct timespec *);
    } real = {dlsym(RTLD_NEXT, "clock_gettime")};
    int result = real.function(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) {
        time->tv_sec += offset();
    }
    return result;
}
