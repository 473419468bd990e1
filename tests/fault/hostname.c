/*
 * hostname.so: gives a program a full host name, of which the machine's
 * hosts file need not know.
 *
 * Preloaded into Sendmail by the end-to-end tests: without a dot in its name
 * Sendmail asks DNS and then sleeps for a minute before it starts.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

int
gethostname(char *name, size_t length)
{
    int n = snprintf(name, length, "mta.practice.example");
    if (n < 0 || (size_t)n >= length) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return 0;
}
