/*
 * What the commands print alike: times, JSON, words from outside.
 */
#ifndef CHAPERONE_CLI_PRINT_H
#define CHAPERONE_CLI_PRINT_H

#include <json-glib/json-glib.h>

/* RFC 3339 in UTC.  Owned; NULL for -1. */
char *ch_print_dup_time(gint64 time_us);

/* Foreign words for a terminal: without control and direction characters.
 * Owned; NULL gives "-". */
char *ch_print_dup_safe(const char *text);

/* Members of the object that is being built; NULL and -1 give null. */
void ch_print_add_text(JsonBuilder *b, const char *name, const char *value);
void ch_print_add_time(JsonBuilder *b, const char *name, gint64 time_us);

/* The object, closed, as one line on standard output. */
void ch_print_line(JsonBuilder *b);

/* EX_OK, or EX_IOERR if standard output did not take everything. */
int ch_print_finish(void);

#endif
