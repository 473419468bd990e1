/*
 * Regular expressions of rules: PCRE2 with JIT over folded text.
 *
 * Patterns are UTF-8 with Unicode properties; match and heap limits of
 * limits.h hold for every search, so no pattern can run away.  A compiled
 * pattern is const and shared by threads.
 */
#ifndef CHAPERONE_REGEX_H
#define CHAPERONE_REGEX_H

#include "chaperone/map.h"

typedef struct ch_regex ch_regex;

/* NULL and an error text (what is wrong, where in the pattern) for a pattern
 * that does not compile or that matches the empty string.  Owned. */
ch_regex *ch_regex_new(const char *pattern, char **problem_out);
void ch_regex_free(ch_regex *regex);

typedef enum {
    CH_REGEX_DONE,
    CH_REGEX_LIMIT, /* a limit was reached: hits so far are good */
    CH_REGEX_FAILED /* memory */
} ch_regex_result;

/* Appends the span of every hit, from left to right, without overlap, to
 * hits (of ch_span), at most CH_MAX_HITS. */
ch_regex_result ch_regex_find(const ch_regex *regex, const char *text,
                              gsize length, GArray *hits);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_regex, ch_regex_free)

#endif
