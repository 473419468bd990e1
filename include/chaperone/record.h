/*
 * What the store keeps of a verdict besides the mail: places, no words.
 */
#ifndef CHAPERONE_RECORD_H
#define CHAPERONE_RECORD_H

#include "chaperone/inspect.h"

/* The findings as a JSON array of {"rule","action","where","part","start",
 * "end","line"}: part as its number or null; start, end and line null where
 * the place has no text.  Owned. */
char *ch_record_dup_findings(const ch_verdict *verdict);

#endif
