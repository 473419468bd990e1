/*
 * The insides of a scanner: which trigger calls for which pattern.
 */
#ifndef CHAPERONE_SCAN_INT_H
#define CHAPERONE_SCAN_INT_H

#include "chaperone/scan.h"

#include "trigger_int.h"

/* A trigger as the search reports it, by number. */
typedef struct {
    guint32 first_user, n_users; /* in users */
    guint8 length;               /* bytes */
    guint8 edge_start, edge_end; /* see ch_trigger */
} ch_scan_plan_trigger;

/* A match of the pattern begins span_min to span_max bytes before the end of
 * the trigger; span_max may be G_MAXSIZE. */
typedef struct {
    gsize span_min, span_max;
    guint32 pattern;
} ch_scan_plan_user;

typedef struct {
    GArray *triggers;       /* of ch_scan_plan_trigger */
    GArray *users;          /* of ch_scan_plan_user */
    GArray *always;         /* of guint: patterns without triggers, ascending */
    GArray *exotic;         /* of guint: patterns that an exotic text (see
                             * scan.c) calls for, ascending */
    GPtrArray *expressions; /* of char *, for compilation; NULL once loaded */
    GArray *literal;        /* of gboolean: the expression is plain bytes */
} ch_scan_plan;

/* Patterns are of const ch_regex.  Owned. */
ch_scan_plan *ch_scan_plan_new(const GPtrArray *patterns);
/* The plan of a scanner that searches nothing: all patterns fire.  Owned. */
ch_scan_plan *ch_scan_plan_new_always(guint n_patterns);
void ch_scan_plan_free(ch_scan_plan *plan);

/* Appends a plan to out as bytes that ch_scan_plan_read takes back. */
void ch_scan_plan_write(const ch_scan_plan *plan, GByteArray *out);
/* NULL for bytes that do not fit so many patterns; data moves behind what was
 * read.  Owned. */
ch_scan_plan *ch_scan_plan_read(guint n_patterns, const guint8 **data,
                                const guint8 *end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_scan_plan, ch_scan_plan_free)

/* Where a trigger ends, or several of the same close together. */
typedef struct {
    guint32 trigger;
    gsize first_end, last_end; /* bytes */
} ch_place;

/* Places while one text is searched.  Between two texts all is zero. */
typedef struct {
    const ch_scan_plan *plan;
    guint n_patterns;
    const char *text;
    gsize length;
    GArray *places;  /* of ch_place */
    guint32 *last;   /* [trigger]: index + 1 into places */
    guint32 *counts; /* [pattern]: windows */
    guint64 *fired;  /* a bit for each pattern */
} ch_places;

/* What fired, and where its matches can begin. */
typedef struct {
    guint n_fired;
    guint *fired;     /* pattern numbers, ascending */
    guint32 *first;   /* [n_fired + 1]: index into windows; as many as the
                       * next has: none, the whole text is searched */
    ch_span *windows; /* of starts, the last one included; in order */
} ch_windows;

void ch_places_init(ch_places *places, const ch_scan_plan *plan,
                    guint n_patterns);
void ch_places_clear(ch_places *places);
/* Notes that a trigger ends there.  FALSE: too many places. */
gboolean ch_places_add(ch_places *places, guint trigger, gsize end);
/* What fired.  exotic: also what an exotic text calls for; whole: all
 * patterns, over all of the text.  Empties places.  FALSE: no memory. */
gboolean ch_places_finish(ch_places *places, gboolean exotic, gboolean whole,
                          ch_windows *out);
void ch_windows_clear(ch_windows *windows);

/* --- scan_merge.c --- */

/* One alternative of a pattern, and where it can begin. */
typedef struct {
    const ch_regex *regex;
    const ch_span *windows; /* in order */
    guint32 n_windows;      /* 0: anywhere */
} ch_branch;

/* Appends the hits of the pattern whose branches, in order of preference,
 * these are. */
ch_regex_result ch_scan_merge(const ch_branch *branches, guint n,
                              ch_regex_work *work, const char *text,
                              gsize length, GArray *hits);
/* The first start of a window that is no inner byte of a character. */
gsize ch_scan_first_start(const char *text, gsize start);

#endif
