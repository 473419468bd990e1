/*
 * Drafts: posts that an author wants to know about before they are posts.
 *
 * A mail to check.address, or to a gateway with "[check]" in its subject, is
 * judged and goes to nobody; its author gets a report.  "[check]" in other
 * mail means nothing.
 */
#ifndef CHAPERONE_DRAFT_H
#define CHAPERONE_DRAFT_H

#include "chaperone/inspect.h"

/* Pure. */
gboolean ch_draft_is_one(const ch_house *house, const ch_envelope *e,
                         GBytes *raw);
/* Whether people are among its recipients: they would get it, or miss it. */
gboolean ch_draft_has_people(const ch_house *house, const ch_envelope *e);
/* Whether a program sent it (RFC 3834 2: empty sender, Auto-Submitted, a
 * list): who answers such mail makes loops. */
gboolean ch_draft_is_automatic(const ch_envelope *e, GBytes *raw);

/* The report in plain words, UTF-8 with LF: what would become of the draft,
 * each rule with its place and advice, a safer text, notes, when it would
 * appear.  Nothing of the draft's text, subject or addresses.  Owned. */
char *ch_draft_dup_report(const ch_verdict *verdict);

#endif
