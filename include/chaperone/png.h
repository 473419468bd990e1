/*
 * Whether bytes have the form of the small pictures that the jailed reader
 * makes: for who passes them on to a browser and decodes nothing.
 */
#ifndef CHAPERONE_PNG_H
#define CHAPERONE_PNG_H

#include <glib.h>

/* A PNG (W3C PNG, 11.2) of red, green and blue, of at most CH_THUMBNAIL_SIDE a
 * side and CH_MAX_THUMBNAIL bytes, of pixels alone: no text, profile, time or
 * animation, and nothing behind its end.  What is packed in it is not looked
 * at.  Pure. */
gboolean ch_png_is_plain(const guint8 *data, gsize length);

#endif
