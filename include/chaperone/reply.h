/*
 * SMTP replies to the sender of a post: one function for text, code, status,
 * line lengths and escaping, because an MTA drops what is malformed.
 *
 * Lines are printable ASCII (RFC 5321 4.2), at most CH_MAX_REPLY_LINES of
 * CH_MAX_REPLY_LINE bytes.  The first line alone says what was found, how to
 * mend it and the ID.  Never matched text, a subject or an address.
 */
#ifndef CHAPERONE_REPLY_H
#define CHAPERONE_REPLY_H

#include "chaperone/inspect.h"

typedef struct {
    char code[4];     /* "550" */
    char status[10];  /* "5.7.1": first digit is the code's, RFC 2034 */
    GPtrArray *lines; /* of char *, 1..CH_MAX_REPLY_LINES */
} ch_reply;

void ch_reply_free(ch_reply *reply);

/* Where a finding stands, for people: "body, line 3".  Owned. */
char *ch_reply_dup_place(const ch_finding *finding, gboolean spanish);
/* Refusal of a rejected post.  Owned. */
ch_reply *ch_reply_reject(const ch_verdict *verdict, const char *id);
/* Refusal of a mail that a reviewer refused or that expired.  Owned. */
ch_reply *ch_reply_decided(const ch_config *config, const char *id,
                           gboolean expired);
/* Trouble of ours: 451 4.7.1; too large: 552 5.3.4.  Owned. */
ch_reply *ch_reply_failure(void);
ch_reply *ch_reply_too_large(gint64 max_bytes);
/* From given lines, made safe: the function behind all of the above.
 * escape_percent doubles '%' as smfi_setmlreply(3) needs.  Owned. */
ch_reply *ch_reply_new(const char *code, const char *status,
                       const char *const *lines);
/* A line as libmilter wants it: '%' doubled.  Owned. */
char *ch_reply_dup_escaped(const char *line);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_reply, ch_reply_free)

#endif
