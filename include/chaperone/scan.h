/*
 * Scanner: many patterns over one text, in one pass.
 *
 * Each pattern gets triggers: byte strings (each place a set of bytes) of
 * which at least one stands in every match.  Vectorscan looks for all
 * triggers at once; PCRE2 then runs only where a match that holds a trigger
 * can begin.  Hits are exactly those of ch_regex_find over the whole text:
 * a pattern without a trigger, and a build without Vectorscan, just run it.
 */
#ifndef CHAPERONE_SCAN_H
#define CHAPERONE_SCAN_H

#include "chaperone/regex.h"

typedef enum {
    CH_ENGINE_AUTO,       /* Vectorscan where it was built in */
    CH_ENGINE_VECTORSCAN, /* the same */
    CH_ENGINE_PCRE2       /* every pattern over every text */
} ch_engine;

/* Const and shared by threads once made. */
typedef struct ch_scanner ch_scanner;

/* Patterns (of const ch_regex, borrowed: they must outlive the scanner) are
 * numbered as in the array.  cached, as ch_scanner_dup_database gave it for
 * the very same patterns, saves the compilation; it must come from a place
 * that only we can write.  NULL or unusable: compiled anew.  Owned. */
ch_scanner *ch_scanner_new(const GPtrArray *patterns, ch_engine engine,
                           GBytes *cached);
void ch_scanner_free(ch_scanner *scanner);
/* What makes a cached database void: library version, processor features and
 * the form of the triggers.  Owned. */
char *ch_scanner_dup_platform(void);
/* NULL where there is none.  Owned. */
GBytes *ch_scanner_dup_database(const ch_scanner *scanner);

/* What fired in one text; for one thread. */
typedef struct ch_scan ch_scan;

/* text must be UTF-8 and outlive the scan.  NULL: no memory.  Thread-safe.
 * Owned. */
ch_scan *ch_scanner_scan(const ch_scanner *scanner, const char *text,
                         gsize length);
void ch_scan_free(ch_scan *scan);
/* Numbers of the patterns that may have a hit, ascending.  Borrowed. */
const guint *ch_scan_fired(const ch_scan *scan, guint *count_out);
/* Appends the hits of one pattern (of ch_span), as ch_regex_find does. */
ch_regex_result ch_scan_find(const ch_scan *scan, guint pattern, GArray *hits);

/* What a pattern costs, for `chaperone rules lint`.  problem: NULL, or what
 * would make it cheap, in plain words ("starts with an open repeat").
 * Owned. */
typedef struct {
    guint triggers;       /* 0: it runs over every text */
    gsize shortest;       /* bytes of the shortest trigger */
    gboolean open_before; /* no bound on what may stand before a trigger */
} ch_scan_cost;
char *ch_scan_dup_problem(const ch_regex *pattern, ch_scan_cost *cost_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_scanner, ch_scanner_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_scan, ch_scan_free)

#endif
