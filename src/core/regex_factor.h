/*
 * A pattern in the forms that PCRE2 is quickest with.
 */
#ifndef CHAPERONE_REGEX_FACTOR_H
#define CHAPERONE_REGEX_FACTOR_H

#include <glib.h>

/* A pattern with the same matches, in the same order of preference, whose
 * alternatives that begin alike are put together.  pattern must be one that
 * PCRE2 compiles.  Owned. */
char *ch_regex_dup_factored(const char *pattern);

/* More branches of one pattern would cost more than they save. */
#define CH_REGEX_MAX_BRANCHES 64
/* The alternatives of a pattern, in order of preference; the pattern itself
 * if it has none, or if something reaches from one to another.  Owned array of
 * owned strings. */
GPtrArray *ch_regex_branches(const char *pattern);

#endif
