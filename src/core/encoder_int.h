/*
 * What encoder.c (the file), encoder_pieces.c (words to pieces) and
 * encoder_read.c (pieces to a meaning) share.
 */
#ifndef CHAPERONE_ENCODER_INT_H
#define CHAPERONE_ENCODER_INT_H

#include "chaperone/encoder.h"

/* Sizes of the Universal Sentence Encoder Lite. */
#define EMBED  256  /* numbers of a piece */
#define WIDTH  512  /* of a piece in its sentence */
#define INNER  1536 /* between the two halves of a layer */
#define HEADS  4    /* of attention */
#define LAYERS 2
#define WAVES  (EMBED / 2) /* that tell where a piece stands */

/* Piece numbers with a meaning of their own. */
enum { PIECE_UNKNOWN, PIECE_REPLY = 3, PIECE_IMAGE, PIECE_NEXT };

/* out[row] = bias[row] + scale[row] * sum of cells[row][i] * in[i].  All
 * borrowed from the file. */
typedef struct {
    guint rows, cols;
    const gint8 *cells;
    const float *scale, *bias;
} matrix;

/* Numbers are brought to mean 0 and variance 1, then weighed. */
typedef struct {
    const float *weight, *bias;
} norm;

typedef struct {
    norm before_heads;
    matrix heads;  /* query, key and value of each head, one behind another */
    matrix joined; /* the heads to WIDTH */
    matrix kept;   /* what was there, to WIDTH; rows 0: as it is */
    norm before_inner;
    matrix inner, outer;
} layer;

struct ch_encoder {
    GBytes *file;
    guint pieces, rules;
    const char **spelling; /* of each piece; borrowed from the file */
    const char **rule;     /* ids */
    guint16 *sorted;       /* numbers of pieces by spelling */
    const float *score;    /* log probability of each piece */
    const float *waves;    /* frequencies */
    matrix embedding;      /* a row for each piece */
    layer layers[LAYERS];
    matrix pooled; /* the mean of the pieces, before its hyperbolic tangent */
    matrix harm;   /* of the pooled mean and most: one row */
    matrix kinds;  /* the same for each rule */
};

#endif
