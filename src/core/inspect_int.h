/*
 * Steps of the walk that have files of their own.
 */
#ifndef CHAPERONE_INSPECT_INT_H
#define CHAPERONE_INSPECT_INT_H

#include "chaperone/directive.h"
#include "chaperone/inspect.h"

/* What each gateway makes of the post; texts are folded.  Appends findings of
 * structure/dead-gateway and structure/directive-mismatch. */
void ch_destinations_read(ch_verdict *v, const ch_envelope *e);
/* For GArray. */
void ch_destination_clear(gpointer destination);

/* Notes of the gateways for the author, after all has been read. */
void ch_hints_find(ch_verdict *v);
/* One note, unless it is there already; in the language of the post. */
void ch_hints_add(ch_verdict *v, const char *id, const char *english,
                  const char *spanish);

/* The verdict on the post with its pictures cleaned, if that may be and is
 * better; else v.  NULL + GError: trouble of ours.  Takes v.  Owned. */
ch_verdict *ch_clean_instead(ch_verdict *v, const ch_envelope *e,
                             const ch_ask *ask, GError **error);

#endif
