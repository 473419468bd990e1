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

/* Output of postconf with these arguments, without line end, or NULL if the
 * command is missing or fails.  second may be NULL.  Owned. */
char *doctor_postconf(const doctor *d, const char *first, const char *second);
/* What a table ("hash:/etc/postfix/transport") says of a key, or NULL.
 * Owned. */
char *doctor_postmap(const doctor *d, const char *key, const char *table);
/* How main.cf may name the milter's socket, the best first.  Owned. */
GStrv doctor_dup_socket_names(const doctor *d, const ch_config *config);

void doctor_check_postfix(doctor *d, const ch_config *config);
/* Files of the accounts' secrets, and where their aliases go without the
 * milter. */
void doctor_check_accounts(doctor *d, const ch_house *house);
/* The reader of attachments. */
void doctor_check_extract(doctor *d, ch_config *config);
/* The review page: its user, files, certificate and answer. */
void doctor_check_review(doctor *d, const ch_config *config);
/* Sends one that is a test to notices.compliance. */
void doctor_check_notice(doctor *d, const ch_config *config);
/* The listener of release.smtp, and its lines in master.cf. */
void doctor_check_release(doctor *d, const ch_config *config);

#endif
