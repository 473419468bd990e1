/*
 * A corpus: posts with the labels that people gave them, in memory.
 */
#ifndef CHAPERONE_CORPUS_H
#define CHAPERONE_CORPUS_H

#include "input.h"

#include "chaperone/score.h"

/* One labelled post.  Nothing in it changes while it is judged, but verdict,
 * rules and error, which only the thread that judges it writes. */
typedef struct {
    ch_input input;
    ch_label label;
    ch_action verdict;
    GPtrArray *rules; /* ids that fired, borrowed, NULL at the end */
    GError *error;    /* it could not be judged */
    /* what keeps the strings above */
    char *name, *id;
    JsonObject *fields;
    GBytes *raw;
    GStrv headers;
} ch_corpus_post;

typedef struct {
    GPtrArray *posts; /* of ch_corpus_post, in the order of the files */
    GHashTable *ids;  /* "FILE\nID" */
    guint wrong;      /* lines that could not be used; told on stderr */
} ch_corpus;

/* Reads all files.  A line that is wrong is told as FILE:LINE: what. */
void ch_corpus_read(ch_corpus *corpus, const char *const *paths);
void ch_corpus_clear(ch_corpus *corpus);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_corpus, ch_corpus_clear)

#endif
