/*
 * Announce: who is told about an item, and what.
 * Reviewers may be told of held posts in a letter about many: digest.h.
 *
 * Turns the names that a record holds (rule ids, gateway names) into notices
 * for the author, if it is authenticated and notices.author says so, and for
 * notices.compliance and the reviewers of the accounts, with the ledger's
 * head; of a release in trouble only the latter.  Used by the daemon (held,
 * expired, released) and by the command line (refused).
 */
#ifndef CHAPERONE_ANNOUNCE_H
#define CHAPERONE_ANNOUNCE_H

#include "chaperone/inspect.h"
#include "chaperone/notice.h"

/* The rule of a message that failed CH_MAX_FAILURES times: structure.yaml
 * has its title and advice. */
#define CH_RULE_FAILURE "policy/failure"

typedef struct {
    ch_notice_kind kind;
    const char *id;
    const char *author;   /* login or NULL */
    const char *gateways; /* names, comma separated, or NULL */
    const char *accounts; /* aliases, comma separated, or NULL */
    const char *rules;    /* ids, comma separated, or NULL */
    const char *hints;    /* IDs of notes, comma separated, or NULL */
    const char *note;     /* reviewer's words or NULL */
    gint64 publish_at_us; /* -1: not known */
    gint64 deadline_us;   /* of the decision; 0 or -1: none */
    gint64 time_us;
    gboolean spanish;
} ch_event;

/* Sender of all notices: notices.from, or chaperone@ this host.  Owned. */
char *ch_announce_dup_sender(const ch_config *config);
/* The event that a stored item's end is; borrows from item. */
ch_event ch_event_of_item(const ch_item *item, ch_notice_kind kind,
                          gint64 time_us);

/* Whether login, read as the address where its mail goes, is a reviewer of each
 * account in aliases that names reviewers; TRUE where none does. */
gboolean ch_announce_is_reviewer(const ch_house *house, const char *aliases,
                                 const char *login);

/* Array of ch_outgoing that owns what it points to; empty if nobody is to be
 * told.  Rules and gateways that house no longer knows go by their names.
 * Owned. */
GArray *ch_announce(const ch_house *house, ch_store *store,
                    const ch_event *event);

#endif
