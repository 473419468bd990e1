/*
 * What classifier.c (the file) and classifier_read.c (reading a post) share.
 */
#ifndef CHAPERONE_CLASSIFIER_INT_H
#define CHAPERONE_CLASSIFIER_INT_H

#include "chaperone/classifier.h"

typedef struct {
    char *name;
    double bias;
    gboolean rule; /* its name has a slash */
} label;

typedef struct {
    guint label;
    float weight;
} share;

typedef struct {
    guint64 key; /* of its name, which is not kept */
    float rarity, harm;
    guint first, count; /* shares of the other labels */
} entry;

struct ch_classifier {
    GArray *labels;  /* of label */
    guint rules;     /* of them */
    GArray *entries; /* of entry */
    GArray *shares;  /* of share */
    /* Every word of every post is looked up several times: a table with open
     * addressing, numbers of entries + 1, holds all that is asked for. */
    guint32 *slots;
    guint64 mask; /* slots - 1, a power of two */
};

#endif
