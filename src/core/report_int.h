/*
 * What report.c and report_trace.c share: JSON as check prints it.
 */
#ifndef CHAPERONE_REPORT_INT_H
#define CHAPERONE_REPORT_INT_H

#include "chaperone/report.h"

#include <json-glib/json-glib.h>

/* value NULL: null. */
void ch_report_add_member(JsonBuilder *b, const char *name, const char *value);
/* All members of check's object, into an object that is open. */
void ch_report_add_check(JsonBuilder *b, const ch_verdict *v, const char *input,
                         const char *id, gint64 elapsed_us);
/* "1.2", or NULL for what is in no part.  Borrowed. */
const char *ch_report_part_number(const ch_verdict *v, int part);
/* What was built, as text.  Owned. */
char *ch_report_finish(JsonBuilder *b);

#endif
