/*
 * What a gateway will make of a post: directives in the text, read as the
 * gateway reads them.
 *
 * Title, status, tags, when it will be public, which text is published and
 * which is cut off.  Narrow on purpose: what is not understood is a note,
 * never a guess.  Sources: conf/gateways.yaml, chaperone-gateways(5).
 */
#ifndef CHAPERONE_DIRECTIVE_H
#define CHAPERONE_DIRECTIVE_H

#include "chaperone/gateways.h"
#include "chaperone/text.h"

typedef enum {
    CH_SEEN_PUBLIC,
    CH_SEEN_SITE,    /* as set on the site, not in the mail */
    CH_SEEN_UNKNOWN, /* an automation decides: take it for public */
    CH_SEEN_FRIENDS, /* friends, family, whom the author trusts */
    CH_SEEN_PASSWORD,
    CH_SEEN_PENDING,
    CH_SEEN_DRAFT,
    CH_SEEN_PRIVATE
} ch_visibility;

const char *ch_visibility_name(ch_visibility visibility); /* Borrowed. */

/* What is there to read; texts may be NULL and need no fold, but is_reply
 * quotes are only known of folded ones.  All borrowed. */
typedef struct {
    const ch_text *subject, *plain, *html; /* first bodies of both kinds */
    const char *address;                   /* of the recipient, or NULL */
    gint64 arrival_us;                     /* when the mail came in */
    gint64 date_us;                        /* its Date header, or -1 */
    GTimeZone *zone; /* the practice's; a gateway may have its own */
    gboolean is_reply;
} ch_post_view;

/* Bytes of the source of a body. */
typedef struct {
    int part;
    ch_span span;
    const char *rule; /* what cuts it off: "end", "signature" ...; published
                         text: NULL */
} ch_piece;

/* Hints that reading comes to; a set. */
enum {
    CH_HINT_TIME = 1,      /* a time that is not understood */
    CH_HINT_MALFORMED = 2, /* a directive that is not understood */
    CH_HINT_TWICE = 4,     /* a directive twice, and not the same */
    CH_HINT_RELATIVE = 8,  /* a delay: waiting for a reviewer moves it */
    CH_HINT_AFTER_CUT = 16 /* a directive in text that is cut off */
};

typedef struct ch_posting {
    char *title;        /* NULL: none, or not known */
    const char *status; /* "publish", "draft" ..., or NULL: not said */
    ch_visibility visibility;
    GPtrArray *tags, *categories; /* of char * */
    GPtrArray *networks;  /* of char *; NULL: those of the site; empty: none */
    gint64 publish_at_us; /* since 1970 UTC; -1: cannot be known.  Before the
                             arrival: at once */
    const char *publish_rule; /* why: "arrival", "delay", "date" ... */
    GArray *published, *cut;  /* of ch_piece */
    GArray *timers; /* of ch_piece, rule "delay" or "date": directives that
                       say when, in both views */
    guint hints;    /* set of CH_HINT_ */
    guint refs;
    gboolean mismatch; /* the plain and the HTML text say different things */
} ch_posting;

/* Total.  Owned. */
ch_posting *ch_directive_read(const ch_gateway *gateway,
                              const ch_post_view *view);
/* Whether two recipients of a gateway get the same out of one post: mail to
 * thousands is read once. */
gboolean ch_directive_is_alike(const ch_gateway *gateway, const char *address,
                               const char *other);
ch_posting *ch_posting_ref(ch_posting *posting); /* Not thread-safe. */
void ch_posting_unref(ch_posting *posting);

/* Whether bytes of a part are among what is cut off. */
gboolean ch_posting_cuts(const ch_posting *posting, int part, ch_span span);
/* Few will see it: draft, pending, private or behind a password, said once
 * and the same in all views. */
gboolean ch_posting_is_unlisted(const ch_posting *posting);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_posting, ch_posting_unref)

#endif
