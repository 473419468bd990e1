/*
 * How the doctor speaks: a grade, what was seen, the line to change.
 */
#include "doctor.h"

void
doctor_say(doctor *d, doctor_grade grade, const char *what, const char *seen,
           const char *mend)
{
    static const char *const words[] = {"ok  ", "warn", "BAD "};
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m"};
    printf("%s%s%s  %s: %s\n", d->colour ? colours[grade] : "", words[grade],
           d->colour ? "\033[0m" : "", what, seen);
    if (grade != DOCTOR_GOOD) {
        printf("      -> %s\n", mend);
    }
    d->warned += grade == DOCTOR_WARN;
    d->bad += grade == DOCTOR_BAD;
}
