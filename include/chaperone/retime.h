/*
 * Retime: what a release must change so that a post which waited for a
 * reviewer still appears when its author wanted.
 *
 * "[delay +1 hour]" counts from when the gateway gets the post, so an hour in
 * quarantine makes it an hour late.  A plan is made when a person approves;
 * what it changes is a derived version of the mail with a digest of its own.
 */
#ifndef CHAPERONE_RETIME_H
#define CHAPERONE_RETIME_H

#include "chaperone/edit.h"
#include "chaperone/inspect.h"

typedef enum {
    CH_RETIME_NONE,      /* nothing to change: no time in it, or one that
                            waiting does not move */
    CH_RETIME_KEPT,      /* written anew: it appears when it was to */
    CH_RETIME_LATE,      /* that time is over: it appears at once */
    CH_RETIME_ANEW,      /* that time is over: it waits as long again */
    CH_RETIME_REFUSED,   /* that time is over, and release.late is refuse */
    CH_RETIME_IMPOSSIBLE /* its time cannot be written anew for sure */
} ch_retime_kind;

/* For one recipient that is a gateway. */
typedef struct {
    guint recipient; /* 1-based, in the envelope */
    ch_retime_kind kind;
    char *gateway;        /* its title */
    gint64 wanted_us;     /* when it was to appear, or -1: not known */
    gint64 publish_at_us; /* when it will, or -1 */
    GTimeZone *zone;      /* the site's */
    const char *rule;     /* what says so: publish_rule */
    char *directive;      /* what is put in: "[delay +60 minutes]", "" for
                             nothing; NULL: the mail stays as it is */
    GPtrArray *edits;     /* of ch_edit; empty: the mail as it is */
} ch_retiming;

/* For each gateway among e's recipients, if the mail left at now_us.  mail is
 * what was approved (ch_auth_strip), e the envelope with its time of arrival.
 * Pure.  Owned array of ch_retiming. */
GPtrArray *ch_retime_plan(ch_house *house, const ch_envelope *e, GBytes *mail,
                          gint64 now_us);
/* The kind that changes most for readers, of all of them. */
ch_retime_kind ch_retime_worst(const GPtrArray *plan);
/* The one that stands in the way of a release, or NULL.  Borrowed. */
const ch_retiming *ch_retime_obstacle(const GPtrArray *plan);
/* "kept", "late" ...; static. */
const char *ch_retime_kind_name(ch_retime_kind kind);

#endif
