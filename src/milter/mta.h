/*
 * What we ask the MTA to do at the end of a message, over libmilter.
 */
#ifndef CHAPERONE_MTA_H
#define CHAPERONE_MTA_H

#include "chaperone/admission.h"
#include "daemon.h"

/* Answers with reply; SMFIS_REJECT or SMFIS_TEMPFAIL by its code.  A reply
 * is always set: a fixed one if libmilter refuses this one. */
sfsistat ch_mta_reply(SMFICTX *ctx, const ch_reply *reply);
/* 550 for who may not write there; counted and logged. */
sfsistat ch_mta_turn_away(SMFICTX *ctx, const ch_connection *c,
                          const ch_envelope *e, ch_admission why);
/* 451 for trouble of ours. */
sfsistat ch_mta_defer(SMFICTX *ctx);

/* Takes out what names authorizations in raw, the message, and all
 * X-Chaperone-* headers, then adds ours; rules may be "". */
gboolean ch_mta_mark(SMFICTX *ctx, const ch_connection *c, GBytes *raw,
                     const char *verdict, const char *rules, const char *id);
/* Puts another body in the place of the message's and says so in a header:
 * parts are the numbers of those that differ, "2,3". */
gboolean ch_mta_replace_body(SMFICTX *ctx, const ch_connection *c, GBytes *body,
                             const char *parts);
/* Puts the gateway's address in the place of each alias among the recipients
 * of e, which is what goes on; a bounce from afar then goes to compliance, for
 * it would tell the author the address. */
gboolean ch_mta_readdress(SMFICTX *ctx, const ch_connection *c,
                          const ch_envelope *e);
/* Deletes recipients by index. */
gboolean ch_mta_delete(SMFICTX *ctx, const ch_envelope *e,
                       const GArray *indexes);

#endif
