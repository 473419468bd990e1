/*
 * Actions: what a finding asks for and what a verdict is.
 */
#ifndef CHAPERONE_ACTION_H
#define CHAPERONE_ACTION_H

#include <glib.h>

/* Weakest first; the strongest action among the findings wins. */
typedef enum { CH_ACCEPT, CH_TAG, CH_QUARANTINE, CH_REJECT } ch_action;

const char *ch_action_name(ch_action action); /* Borrowed. */
gboolean ch_action_parse(const char *name, ch_action *action_out);

#endif
