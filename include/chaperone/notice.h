/*
 * Notices by mail: what the author and compliance are told about an item.
 *
 * Composing is pure.  A notice names channel, rules, advice, ID and publish
 * time; it never holds content, a subject or a gateway's address.  It is
 * marked Auto-Submitted (RFC 3834) and signed, so that the milter knows its
 * own notices again and never judges them.
 */
#ifndef CHAPERONE_NOTICE_H
#define CHAPERONE_NOTICE_H

#include "chaperone/store.h"

typedef enum {
    CH_NOTICE_HELD,
    CH_NOTICE_REFUSED,
    CH_NOTICE_EXPIRED,
    CH_NOTICE_RELEASED,
    CH_NOTICE_RELEASE_FAILED, /* to compliance: somebody must look */
    CH_NOTICE_ASKED,          /* to the author: a reviewer's question */
    CH_NOTICE_ESCALATED,      /* to compliance: a senior decides */
    CH_NOTICE_REMINDER,       /* to compliance: half of the time is over */
    CH_NOTICE_WROTE,          /* to compliance: the author wrote about it */
    CH_NOTICE_ANSWERED,       /* to the author: a reviewer's answer */
    CH_NOTICE_COUNT
} ch_notice_kind;

const char *ch_notice_kind_name(ch_notice_kind kind); /* Borrowed. */

typedef struct {
    ch_notice_kind kind;
    const char *id;
    const char *channel;        /* gateway titles, comma separated */
    const char *const *titles;  /* of the rules, NULL-terminated */
    const char *const *advices; /* same length */
    const char *const *hints;   /* about authorizations, or NULL */
    const char *author;         /* login or NULL; told to compliance only */
    const char *note;           /* reviewer's words to the author, or NULL */
    const char *contact;        /* the practice's own last line */
    const char *base_url;       /* of the review page, or NULL */
    const char *token;          /* of the link to the card, or NULL */
    const char *reply_to;    /* where the author's answer reaches the reviewers
                                by itself, "" or NULL: nowhere */
    const char *ledger_head; /* for compliance to keep (audit.h), or NULL */
    gint64 publish_at_us;    /* -1: not known */
    gint64 time_us;
    GTimeZone *zone;
    gboolean spanish;
    gboolean to_author;   /* else to compliance */
    const char *template; /* instead of the built-in words, or NULL */
} ch_notice;

/* The notice as RFC 5322 bytes with CRLF, 7-bit or UTF-8 quoted-printable.
 * The header X-Chaperone-Notice is "ID digest" where the digest covers the
 * body, Subject and To under the store's key.  Owned. */
GBytes *ch_notice_compose(const ch_notice *notice, const char *from,
                          const char *to, const ch_store *store);

/* A mail of the same form with other words: an answer to something that was
 * sent (RFC 3834: auto-replied), or unasked (auto-generated).  subject and
 * body are UTF-8, body with LF.  Owned. */
typedef struct {
    const char *id, *kind; /* kind: of the Message-ID */
    const char *from, *to, *subject, *body;
    gint64 time_us;
    gboolean unasked;
} ch_answer;

GBytes *ch_notice_compose_answer(const ch_answer *answer,
                                 const ch_store *store);

/* Whether raw is a notice that ch_notice_compose made with this store's key:
 * header, body, Subject and To as they were.  Line ends may have changed. */
gboolean ch_notice_is_ours(GBytes *raw, const ch_store *store);

#endif
