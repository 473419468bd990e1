/*
 * Regular expressions of rules: PCRE2 with JIT over folded text.
 *
 * Patterns are UTF-8 with Unicode properties; match and heap limits of
 * limits.h hold for every search, so no pattern can run away.  A pattern is
 * const and shared by threads.
 */
#ifndef CHAPERONE_REGEX_H
#define CHAPERONE_REGEX_H

#include "chaperone/map.h"

typedef struct ch_regex ch_regex;

/* NULL and an error text (what is wrong, where in the pattern) for a pattern
 * that does not compile or that matches the empty string.  Owned. */
ch_regex *ch_regex_new(const char *pattern, char **problem_out);
/* For a pattern that ch_regex_new is known to take: compiled at its first
 * search, which then is CH_REGEX_FAILED if it was not so.  Owned. */
ch_regex *ch_regex_new_trusted(const char *pattern);
/* Borrowed. */
const char *ch_regex_pattern(const ch_regex *regex);
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

/* What a search needs beside pattern and text; for one thread at a time, any
 * pattern, any number of searches.  NULL: no memory.  Owned. */
typedef struct ch_regex_work ch_regex_work;
ch_regex_work *ch_regex_work_new(void);
void ch_regex_work_free(ch_regex_work *work);

/* The same for hits that begin at starts.start or behind, up to and including
 * starts.end; a hit may look back at, and reach to, all of text.  The start
 * must not lie inside of a character. */
ch_regex_result ch_regex_find_between(const ch_regex *regex,
                                      ch_regex_work *work, const char *text,
                                      gsize length, ch_span starts,
                                      GArray *hits);

/* The first of them, which may be empty; start G_MAXSIZE: there is none. */
ch_regex_result ch_regex_find_first(const ch_regex *regex, ch_regex_work *work,
                                    const char *text, gsize length,
                                    ch_span starts, ch_span *hit_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_regex, ch_regex_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_regex_work, ch_regex_work_free)

#endif
