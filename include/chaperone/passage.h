/*
 * A passage: a post as one line of plain words, as a sentence encoder reads
 * it.
 *
 * Its texts in their order, as the classifier reads them (classifier.h):
 * spoken, so that disguises are taken off, and without the signature; the
 * first letter of a word is a capital where it was one.  Marks, which no
 * folded text holds, tell what is no word.
 */
#ifndef CHAPERONE_PASSAGE_H
#define CHAPERONE_PASSAGE_H

#include "chaperone/classifier.h"

#define CH_PASSAGE_REPLY '\001' /* first: the post answers somebody */
#define CH_PASSAGE_IMAGE '\002' /* first: a picture goes with it */
#define CH_PASSAGE_NEXT  '\003' /* between two texts */

/* Valid UTF-8; empty if there is nothing to read.  Owned. */
GString *ch_passage_new(const GPtrArray *texts, const ch_post_facts *facts);

#endif
