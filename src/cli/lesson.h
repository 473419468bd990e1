/*
 * A lesson: labelled posts as vectors of features, for `chaperone rules learn`.
 */
#ifndef CHAPERONE_LESSON_H
#define CHAPERONE_LESSON_H

#include "corpus.h"
#include "judge.h"

typedef struct {
    GArray *features;        /* of guint: numbers, ascending, each once */
    const char *rule, *kind; /* of the corpus; NULL: none */
    gboolean harm;
    gboolean mixed; /* with a sentence of another post */
} lesson_sample;

typedef struct {
    GHashTable *numbers; /* feature to number + 1 */
    GPtrArray *names;    /* of char *, owned by numbers */
    GArray *posts;       /* of guint: how many have it */
    GArray *samples;     /* of lesson_sample */
    GArray *rarity;      /* of double; 0: the feature says nothing */
} lesson;

/* What was learned of one label. */
typedef struct {
    const char *name; /* of the label; NULL: harm */
    double *weights;  /* of all features and, last, of the constant */
} lesson_column;

/* --- lesson.c --- */
lesson *ch_lesson_new(void);
void ch_lesson_free(lesson *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(lesson, ch_lesson_free)
/* Counts all posts of a corpus, which outlives the lesson; once.  FALSE:
 * trouble of ours. */
gboolean ch_lesson_take(lesson *l, const ch_judge *judge,
                        const ch_corpus *corpus, GError **error);

/* --- lesson_train.c --- */
/* Harm first, then the rules, then the kinds of harmless posts, each by name:
 * an array of lesson_column.  All processors work on it.  Owned. */
GArray *ch_lesson_train(const lesson *l);

#endif
