/*
 * A pattern in the form that PCRE2 is quickest with.
 */
#ifndef CHAPERONE_REGEX_FACTOR_H
#define CHAPERONE_REGEX_FACTOR_H

#include <glib.h>

/* A pattern with the same matches, in the same order of preference, whose
 * alternatives that begin alike are put together.  pattern must be one that
 * PCRE2 compiles.  Owned. */
char *ch_regex_dup_factored(const char *pattern);

#endif
