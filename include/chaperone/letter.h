/*
 * Letters: what an author writes about a post of his own that is held or was
 * decided, as an answer to a reviewer's question or to have it looked at.
 *
 * A mail to check.address, and to nobody else, whose subject names the post as
 * notices do: "(ID 01H...)".  So the answer button of a notice is enough.
 */
#ifndef CHAPERONE_LETTER_H
#define CHAPERONE_LETTER_H

#include "chaperone/id.h"
#include "chaperone/inspect.h"

/* The post that such a mail is about; FALSE: it is no letter.  Pure. */
gboolean ch_letter_find_id(const ch_house *house, const ch_envelope *e,
                           GBytes *raw, char id_out[CH_ID_LENGTH + 1]);
/* What its author wrote, without what he quotes; at most CH_MAX_LETTER
 * characters, maybe "".  UTF-8 with LF.  Owned. */
char *ch_letter_dup_words(GBytes *raw);

#endif
