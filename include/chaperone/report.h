/*
 * Verdicts as people and programs read them: check's JSON and text.
 */
#ifndef CHAPERONE_REPORT_H
#define CHAPERONE_REPORT_H

#include "chaperone/inspect.h"
#include "chaperone/trace.h"

/* One line of JSON without line end (CONTRACT.md, "chaperone check"); id may
 * be NULL.  elapsed_us < 0 is left out.  Owned. */
char *ch_report_json(const ch_verdict *verdict, const char *input,
                     const char *id, gint64 elapsed_us);
/* The findings alone, as stored with an item: places, no words.  Owned. */
char *ch_report_findings_json(const ch_verdict *verdict);
/* {"input","verdict":null,"error"}.  Owned. */
char *ch_report_error_json(const char *input, const char *id,
                           const char *error);
/* For a terminal, several lines with line ends.  Owned. */
char *ch_report_text(const ch_verdict *verdict, const char *input,
                     gboolean colour);

/* How a verdict came about (CONTRACT.md, "chaperone explain").  trace may be
 * NULL for mail that was not judged.  Both hold text of the post: for the
 * terminal of who asked, never for a log.  Owned. */
char *ch_report_trace_json(const ch_verdict *verdict, const ch_trace *trace,
                           const char *input, const char *id,
                           gint64 elapsed_us);
char *ch_report_trace_text(const ch_verdict *verdict, const ch_trace *trace,
                           const char *input, gboolean colour);

/* What stands at a finding, cut to 60 characters: the first letter of each
 * word, the rest of letters and all digits as "*".  NULL without text.
 * Owned. */
char *ch_report_dup_masked(const ch_finding *f);
/* Where in a document a finding stands, "page 3" or "sheet 2, cell B14"; no
 * word of it.  NULL: in none.  Owned. */
char *ch_report_dup_place(const ch_finding *f);

/* RFC 3339 in UTC, "2026-12-01T09:00:00Z".  Owned. */
char *ch_report_dup_time(gint64 time_us);

#endif
