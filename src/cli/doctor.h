/*
 * What the parts of the doctor share: a report of checks.
 */
#ifndef CHAPERONE_DOCTOR_H
#define CHAPERONE_DOCTOR_H

#include "chaperone/inspect.h"

typedef enum { DOCTOR_GOOD, DOCTOR_WARN, DOCTOR_BAD } doctor_grade;

typedef struct {
    gboolean colour;
    guint warned, bad;
    const char *postfix_dir; /* -c of Postfix's commands, or NULL */
} doctor;

/* One line: grade, what was looked at, what was seen; when not good a second
 * one with the line to change (mend). */
void doctor_say(doctor *d, doctor_grade grade, const char *what,
                const char *seen, const char *mend);

void doctor_check_postfix(doctor *d, const ch_config *config);

#endif
