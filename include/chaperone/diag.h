/*
 * Diagnostics of files that people write: every error of a file at once, as
 * FILE:LINE:COLUMN: what is wrong, what is allowed.
 */
#ifndef CHAPERONE_DIAG_H
#define CHAPERONE_DIAG_H

#include <glib.h>

typedef struct ch_diag ch_diag;

ch_diag *ch_diag_new(void); /* Owned. */
void ch_diag_free(ch_diag *diag);

/* line and column count from 1; line 0: the file as a whole. */
void ch_diag_add(ch_diag *diag, const char *file, guint line, guint column,
                 const char *format, ...) G_GNUC_PRINTF(5, 6);

guint ch_diag_count(const ch_diag *diag);
/* All of them, one a line, the last without line end.  Owned. */
char *ch_diag_dup_text(const ch_diag *diag);
/* TRUE if there are none; else sets a CH_ERROR_CONFIG with the text. */
gboolean ch_diag_ok(const ch_diag *diag, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_diag, ch_diag_free)

#endif
