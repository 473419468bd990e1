/*
 * Between the quarantine command and what it prints.
 */
#ifndef CHAPERONE_CLI_QUARANTINE_H
#define CHAPERONE_CLI_QUARANTINE_H

#include "cli.h"

typedef struct {
    char *config_file, *format, *state, *reason, *note, *reviewer; /* or NULL */
    gboolean force;
    const char *id;
    ch_store *store;
} ch_quarantine;

/* One object a line (CONTRACT.md, "chaperone quarantine"). */
void ch_quarantine_print_json(const GPtrArray *items);
/* Aligned columns; colour on a terminal. */
void ch_quarantine_print_table(const GPtrArray *items);
/* What is known about an item, its findings by rule and place. */
void ch_quarantine_print_item(const ch_item *item);
/* The texts of a message as a reader sees them, without control
 * characters. */
void ch_quarantine_print_message(GBytes *raw);

#endif
