/*
 * What chaperone-review gives up at its start.
 */
#ifndef CHAPERONE_REVIEW_PRIVILEGES_H
#define CHAPERONE_REVIEW_PRIVILEGES_H

#include "chaperone/config.h"

/* No core files, no tracing; files for owner and group.  Before any thread. */
void ch_review_harden(void);
/* From root to review.user and review.group.  Does nothing without root. */
gboolean ch_review_drop(const ch_config *config, GError **error);

#endif
