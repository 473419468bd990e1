/*
 * Gateways: which recipients are email-to-social services, as data.
 *
 * A single-purpose domain is matched as a domain; a domain that people share
 * (tumblr.com, blogger.com) by the shape of the local part, role names
 * excluded.  conf/gateways.yaml holds the table with its sources.
 */
#ifndef CHAPERONE_GATEWAYS_H
#define CHAPERONE_GATEWAYS_H

#include "chaperone/diag.h"

typedef enum {
    CH_DIRECTIVES_NONE,
    CH_DIRECTIVES_WORDPRESS,   /* [delay +1 hour] */
    CH_DIRECTIVES_POSTIE,      /* date: and delay: lines, [category] subject */
    CH_DIRECTIVES_BUFFER,      /* @now, @profiles, @url lines */
    CH_DIRECTIVES_HASHTAGS,    /* #word in the subject (IFTTT) */
    CH_DIRECTIVES_TUMBLR,      /* #word in the subject or the last line */
    CH_DIRECTIVES_FLICKR,      /* tags: a "b c"; +private in the address */
    CH_DIRECTIVES_LIVEJOURNAL, /* lj-tags: lines, then a blank one */
    CH_DIRECTIVES_DREAMWIDTH,  /* post-tags: lines, then a blank one */
    CH_DIRECTIVES_POST_IN      /* "POST in category: title" as the subject */
} ch_directives;

/* Where a gateway stops to publish; a set. */
enum {
    CH_CUT_END = 1,       /* [end] alone on its line */
    CH_CUT_HR = 2,        /* <hr> */
    CH_CUT_SIGNATURE = 4, /* "-- " alone on its line, RFC 3676 4.3 */
    CH_CUT_HASH_END = 8,  /* #end alone on its line */
    CH_CUT_QUOTED = 16,   /* what a reply quotes */
    CH_CUT_OUTSIDE = 32   /* what is outside of the two markers */
};

typedef enum {
    CH_SUBJECT_TITLE,
    CH_SUBJECT_TEXT,
    CH_SUBJECT_UNKNOWN
} ch_subject;
typedef enum { CH_TIME_KNOWN, CH_TIME_AUTOMATION, CH_TIME_QUEUE } ch_time_known;

typedef enum {
    CH_FATE_PUBLISHED,
    CH_FATE_DROPPED,
    CH_FATE_PUBLIC_URL, /* open to anyone at once */
    CH_FATE_UNKNOWN
} ch_fate;

typedef struct ch_gateway {
    char *name;  /* "wordpress" */
    char *title; /* "WordPress.com" */
    ch_directives directives;
    guint cuts;            /* set of CH_CUT_ */
    ch_subject subject;    /* what becomes of the subject */
    ch_time_known time;    /* or a queue, an automation decides */
    ch_fate attachments;   /* what becomes of them */
    guint visibility;      /* default: a ch_visibility of directive.h */
    guint max_text;        /* characters, 0: no limit known */
    guint max_title;       /* characters, 0: no limit known */
    char *start_marker;    /* or NULL */
    char *end_marker;      /* or NULL */
    GTimeZone *zone;       /* the site's, NULL: the practice's */
    gboolean base_is_date; /* delays count from Date:, else arrival */
    gboolean dead;         /* the service is gone */
    gboolean secret;       /* who knows the address can post */
} ch_gateway;

typedef struct ch_gateways ch_gateways;

/* Loads files in order; a later file may add, not redefine.  NULL after an
 * error.  Owned. */
ch_gateways *ch_gateways_load(const char *const *files, ch_diag *diag);
ch_gateways *ch_gateways_parse(const char *file, const char *data, gsize length,
                               ch_diag *diag);
void ch_gateways_free(ch_gateways *gateways);

/* The gateway behind an address (addr-spec, any case), or NULL: a person. */
const ch_gateway *ch_gateways_match(const ch_gateways *gateways,
                                    const char *address);
/* By name, or NULL. */
const ch_gateway *ch_gateways_find(const ch_gateways *gateways,
                                   const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_gateways, ch_gateways_free)

#endif
