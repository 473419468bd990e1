/*
 * Inside chaperone-extract --clean: a picture without what it says about
 * itself.
 */
#ifndef CHAPERONE_EXTRACT_CLEAN_H
#define CHAPERONE_EXTRACT_CLEAN_H

#include <glib.h>

/* Bytes of an Exif that tells the orientation and nothing else. */
#define CH_CLEAN_EXIF 26

/* JPEG or PNG to one that shows the same, never longer.  NULL: of another
 * kind, or irregular.  Pure.  Owned. */
GBytes *ch_clean_bytes(GBytes *picture);
/* Whether two pictures decode to the same pixels (pixels.c); FALSE also for
 * what cannot be decoded, or is too large to be. */
gboolean ch_clean_is_same(GBytes *one, GBytes *other);

#endif
