/*
 * Judging inputs as check and explain do: their options, the envelope that
 * stands in for the MTA's, and the walk.
 */
#ifndef CHAPERONE_JUDGE_H
#define CHAPERONE_JUDGE_H

#include "cli.h"
#include "input.h"
#include "known.h"

typedef struct {
    /* options as given; NULL or FALSE if not */
    char *config, *format, *from, *gateway, *now, *input;
    GStrv to, paths;
    gboolean all;
    gboolean drafts; /* set by the caller: rules may fail their examples */
    /* what they come to */
    ch_input_kind kind;
    gint64 now_us; /* -1: the Date header, else the clock */
    gboolean json, colour;
    ch_house *house;
    ch_known *known; /* authorizations */
} ch_judge;

/* Parses the options and loads the house.  FALSE: *exit_out says how to end.
 * Either way the caller clears j. */
gboolean ch_judge_open(ch_judge *j, int argc, char **argv, const char *summary,
                       int *exit_out);
void ch_judge_clear(ch_judge *j);

/* Visits every input; without paths, standard input. */
void ch_judge_each(const ch_judge *j, ch_input_visit visit, gpointer data);
/* Judges an input that has no error.  An empty message is none: CH_ERROR_INPUT.
 * Thread-safe.  Owned. */
ch_verdict *ch_judge_input(const ch_judge *j, const ch_input *input,
                           GError **error);

/* The line that a bad input gets instead of a verdict. */
void ch_judge_print_error(const ch_judge *j, const ch_input *input,
                          const char *what);
/* TRUE if *format is NULL, "text" or "json"; sets *json_out. */
gboolean ch_judge_format(const char *format, gboolean *json_out);
/* Whether colours are wanted on standard output. */
gboolean ch_judge_colour(void);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_judge, ch_judge_clear)

#endif
