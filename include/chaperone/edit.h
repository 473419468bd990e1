/*
 * Edits: a few bytes of a mail's content replaced, all others as they are.
 *
 * An edit names decoded bytes of one part; applied, it is undone and redone
 * in that part's transfer encoding.  7-bit, 8-bit and quoted-printable keep
 * every other byte of the mail; base64 keeps every other byte of the content
 * (its lines are set anew).  Edits hold what is put in, never what was there,
 * so they may be kept where the mail may not.
 */
#ifndef CHAPERONE_EDIT_H
#define CHAPERONE_EDIT_H

#include "chaperone/message.h"

typedef struct {
    guint encoding;  /* how the part is encoded: an index of edit.c's */
    ch_span content; /* the part's bytes in the mail */
    ch_span span;    /* decoded bytes of it that go */
    char *text;      /* ASCII that takes their place, maybe "" */
} ch_edit;

GPtrArray *ch_edits_new(void); /* Owned array of ch_edit. */

/* The edit that puts text in the place of a span of the part's source (the
 * text of message.h, in UTF-8).  FALSE: the place cannot be told for sure, or
 * the encoding is one that nobody knows. */
gboolean ch_edits_add(GPtrArray *edits, const ch_message *m, GBytes *mail,
                      int part, GBytes *source, ch_span span, const char *text);
/* NULL + CH_ERROR_INTERNAL: they are not of this mail.  Owned. */
GBytes *ch_edits_apply(const GPtrArray *edits, GBytes *mail, GError **error);

/* As bytes and back; NULL + CH_ERROR_INTERNAL on damage.  Owned. */
GBytes *ch_edits_pack(const GPtrArray *edits);
GPtrArray *ch_edits_unpack(GBytes *bytes, GError **error);

#endif
