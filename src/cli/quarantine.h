/*
 * Between the quarantine command and what it prints.
 */
#ifndef CHAPERONE_CLI_QUARANTINE_H
#define CHAPERONE_CLI_QUARANTINE_H

#include "chaperone/release.h"
#include "cli.h"

typedef struct {
    char *config_file, *format, *state, *reason, *note, *reviewer,
        *outcome; /* or NULL */
    gboolean force, as_is;
    int recipient; /* 0: not named */
    const char *id;
    ch_store *store;
    const char *control; /* socket of the daemon, or "" */
} ch_quarantine;

/* One object on a line (chaperone(1), quarantine list); steps: array of
 * ch_release_step. */
void ch_quarantine_print_json(const ch_item *item, const GPtrArray *steps);
/* Aligned columns; colour on a terminal. */
void ch_quarantine_print_table(const GPtrArray *items);
/* What is known about an item, its findings by rule and place. */
void ch_quarantine_print_item(const ch_item *item, const GPtrArray *steps);
/* When and how each gateway would publish it, and what a release changes for
 * that; NULL: nothing. */
void ch_quarantine_print_plan(const GPtrArray *plan);
/* The texts of a message as a reader sees them, without control
 * characters. */
void ch_quarantine_print_message(GBytes *raw);

#endif
