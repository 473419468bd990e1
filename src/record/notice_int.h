/*
 * Between the words of a notice and its form as mail.
 */
#ifndef CHAPERONE_NOTICE_INT_H
#define CHAPERONE_NOTICE_INT_H

#include "chaperone/notice.h"

/* Valid UTF-8 without control bytes, trimmed; NULL gives "".  Owned. */
char *ch_notice_dup_clean(const char *text);
/* UTF-8 with LF.  Owned. */
char *ch_notice_dup_body(const ch_notice *notice);
char *ch_notice_dup_subject(const ch_notice *notice);

#endif
