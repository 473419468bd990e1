/*
 * A sentence encoder: what a post means, where its words alone do not tell.
 *
 * A transformer of two layers (Vaswani et al., Attention Is All You Need,
 * 2017) over pieces of words (Kudo, Subword Regularization, 2018).  It began
 * as the Universal Sentence Encoder Lite (Cer et al., 2018; Apache-2.0) and
 * has gone on learning from labelled posts; docs/ENCODER.md tells how.  Its
 * file holds 8-bit weights and stays in memory as it is: a mapped one that is
 * written over would end the process.
 *
 * Reading is pure and an encoder const: all threads share it.
 */
#ifndef CHAPERONE_ENCODER_H
#define CHAPERONE_ENCODER_H

#include "chaperone/diag.h"

typedef struct ch_encoder ch_encoder;

/* From its file; NULL after an error.  Owned. */
ch_encoder *ch_encoder_load(const char *path, ch_diag *diag);
/* The same from bytes in memory; path is for messages. */
ch_encoder *ch_encoder_parse(const char *path, GBytes *file, ch_diag *diag);
void ch_encoder_free(ch_encoder *encoder);

typedef struct {
    double odds;  /* log odds of harm */
    float *kinds; /* log odds of each rule, were there harm, but for a sum that
                   * is the same for all; by its number.  Owned. */
} ch_meaning;

/* Reads a passage (passage.h), CH_ENCODER_PIECES pieces of it at a time, and
 * at most CH_ENCODER_WINDOWS times: the stretch that sounds worst counts.
 * FALSE: there is no word in it. */
gboolean ch_encoder_read(const ch_encoder *encoder, const char *passage,
                         gsize length, ch_meaning *meaning_out);
void ch_meaning_clear(ch_meaning *meaning);

/* Number of a rule; -1: it knows none of this id. */
int ch_encoder_rule(const ch_encoder *encoder, const char *id);

/* How many pieces of words it knows. */
guint ch_encoder_size(const ch_encoder *encoder);

/* Numbers of the pieces that words are made of, of guint16, each below
 * ch_encoder_size; for tests.  Owned. */
GArray *ch_encoder_pieces(const ch_encoder *encoder, const char *passage,
                          gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_encoder, ch_encoder_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_meaning, ch_meaning_clear)

#endif
