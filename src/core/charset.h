/*
 * Declared character sets to UTF-8, with a defined answer for every input.
 */
#ifndef CHAPERONE_CORE_CHARSET_H
#define CHAPERONE_CORE_CHARSET_H

#include <glib.h>

typedef struct {
    GBytes *text;  /* valid UTF-8 without NUL; Owned by the caller */
    GBytes *other; /* a second reading that differs, or NULL; Owned */
    gboolean bad;  /* the declaration is of no use and bytes need one */
} ch_decoded;

/* Decodes bytes that claim to be in declared (NULL: no claim).  A UTF-8 or
 * UTF-16/32 byte order mark wins over the claim and is dropped.  NUL and
 * bytes that mean nothing become U+FFFD.  Pure. */
void ch_charset_decode(const char *declared, GBytes *bytes, ch_decoded *out);

/* The same for a short value (header, file name); never NULL.  Owned. */
char *ch_charset_dup_utf8(const char *declared, const char *bytes, gsize len);

void ch_decoded_clear(ch_decoded *decoded);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_decoded, ch_decoded_clear)

#endif
