/*
 * Between the words of a notice and its form as mail.
 */
#ifndef CHAPERONE_NOTICE_INT_H
#define CHAPERONE_NOTICE_INT_H

#include "chaperone/notice.h"

/* Valid UTF-8 without control bytes, trimmed; NULL gives "".  Owned. */
char *ch_notice_dup_clean(const char *text);
/* Whether there is still a post to write about, an author who may, and an
 * address for that. */
gboolean ch_notice_may_be_answered(const ch_notice *notice);
/* In words, in that zone (NULL: UTC) and in UTC; NULL: it is no time.
 * Owned. */
char *ch_notice_dup_time(gint64 time_us, GTimeZone *zone_or_utc,
                         gboolean in_spanish);
/* The address that opens a card: by a token once, without by its ID.
 * Owned. */
char *ch_notice_dup_link(const char *base_url, const char *id,
                         const char *token);
/* UTF-8 with LF.  Owned. */
char *ch_notice_dup_body(const ch_notice *notice);
char *ch_notice_dup_subject(const ch_notice *notice);

#endif
