/*
 * The walk: from a post to a verdict.  Start reading here, then inspect.c.
 *
 * Pure: no disk, clock, log or MTA.  Time comes in with the envelope, so a
 * verdict can be replayed.  The milter, the command line, the tests and the
 * fuzzers call these same functions.
 */
#ifndef CHAPERONE_INSPECT_H
#define CHAPERONE_INSPECT_H

#include "chaperone/authorization.h"
#include "chaperone/house.h"
#include "chaperone/message.h"

/* A post given as text instead of a message; each may be NULL. */
typedef struct {
    const char *subject, *text, *html;
    const char *const *headers; /* name, value, name, value ..., NULL */
} ch_plain_post;

typedef struct {
    gboolean judge_all;  /* judge as a post whatever the recipients */
    const char *gateway; /* name: judge as a post to this one, or NULL */
    /* The register as it is now, of ch_authorization; NULL: empty. */
    const GPtrArray *authorizations;
    /* The caller can send another body on: pictures may be cleaned, where the
     * configuration says so, instead of holding the post. */
    gboolean clean;
} ch_ask;

typedef struct {
    ch_house *house;         /* counted: rules and gateways live in it */
    const ch_ruleset *rules; /* of the house, or of the accounts' profile */
    gboolean in_scope;       /* FALSE: ordinary mail, nothing was judged */
    ch_action action;        /* strongest of all, after policy */
    ch_action unmonitored;   /* what it would be without monitor mode */
    GArray *findings;        /* of ch_finding, strongest first */
    GArray *destinations;    /* of ch_destination, in recipient order */
    GPtrArray *notes;        /* of ch_note */
    gboolean leaks;          /* it gives the address of an account away */
    gboolean spanish;        /* the post is written in Spanish */
    gboolean is_reply;       /* it answers somebody */
    const char *kind;        /* what kind of post it looks like, or NULL */
    char *author;            /* login, proven, or NULL */
    ch_message *message;     /* NULL for a plain post */
    GPtrArray *texts;        /* of ch_text; findings point into them */
    int html_index;      /* of a plain post: first text of its HTML, or -1 */
    GPtrArray *gateways; /* of char *, borrowed: names of destinations */
    GPtrArray *authorizations; /* of char *: those that the post names */
    ch_facts facts;            /* what rules were told; borrows from all this */
    GPtrArray *cleaned;        /* of char *: numbers of the parts of pictures
                                * that were cleaned, or NULL */
    GBytes *cleaned_mail;      /* then: what was judged, and is to go on */
} ch_verdict;

void ch_verdict_free(ch_verdict *verdict);

/* Whether mail with this envelope is judged at all: the milter asks before
 * the body is sent. */
gboolean ch_inspect_in_scope(const ch_house *house, const ch_envelope *e);

/* NULL + GError: no verdict, so a temporary failure, never accept.  ask may
 * be NULL.  Owned. */
ch_verdict *ch_inspect(ch_house *house, const ch_envelope *e, GBytes *raw,
                       const ch_ask *ask, GError **error);
ch_verdict *ch_inspect_plain(ch_house *house, const ch_envelope *e,
                             const ch_plain_post *post, const ch_ask *ask,
                             GError **error);

/* What each gateway would make of a post that came at e's time, and nothing
 * else: no rules, no findings that count.  Owned. */
ch_verdict *ch_inspect_read(ch_house *house, const ch_envelope *e, GBytes *raw);

/* Distinct values among the findings that count (action above accept), comma
 * separated: for records and headers.  Owned. */
char *ch_verdict_dup_rules(const ch_verdict *verdict);
char *ch_verdict_dup_gateways(const ch_verdict *verdict);
char *ch_verdict_dup_accounts(const ch_verdict *verdict); /* aliases */
/* IDs of the notes, comma separated, each once.  Owned. */
char *ch_verdict_dup_notes(const ch_verdict *verdict);
/* Numbers of the cleaned parts, comma separated; NULL: none.  Owned. */
char *ch_verdict_dup_cleaned(const ch_verdict *verdict);
/* What could be written instead, in the language of the post, or NULL: of the
 * strongest finding that has it.  Borrowed. */
const char *ch_verdict_suggestion(const ch_verdict *verdict);
/* Earliest known publish time of the destinations, or -1. */
gint64 ch_verdict_publish_at(const ch_verdict *verdict);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_verdict, ch_verdict_free)

#endif
