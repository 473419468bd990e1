/*
 * Patients' written authorizations: how a post names one, what is known of
 * them, what a valid one changes.
 *
 * A post names one as [auth ID] in its subject or in a header field
 * Authorization-Ref.  Rules see neither, and neither goes on to a gateway.
 * The register is kept by the store; the walk gets a snapshot.  All pure.
 */
#ifndef CHAPERONE_AUTHORIZATION_H
#define CHAPERONE_AUTHORIZATION_H

#include "chaperone/text.h"

#define CH_AUTH_HEADER  "Authorization-Ref"
#define CH_AUTH_MAX_ID  40
#define CH_AUTH_MAX_REF 20 /* that one post names; more are not looked at */

/* What the patient agreed to; a rule names those that cover it. */
typedef enum {
    CH_AUTH_PHOTO = 1,
    CH_AUTH_TESTIMONIAL = 2,
    CH_AUTH_STORY = 4
} ch_auth_scope;

#define CH_AUTH_SCOPES "photo, testimonial, story"

const char *ch_auth_scope_name(ch_auth_scope scope); /* Borrowed. */
gboolean ch_auth_scope_parse(const char *name, ch_auth_scope *scope_out);
/* 1 to 40 of A-Z a-z 0-9 . _ - */
gboolean ch_auth_is_id(const char *id);

typedef struct {
    char *id;
    ch_auth_scope scope;
    char *until;     /* last day, "2026-12-31" */
    gint64 until_us; /* first microsecond after it, in the site's zone */
    gint64 added_us, revoked_us; /* -1: not revoked */
    char *added_by, *revoked_by; /* names or NULL */
} ch_authorization;

void ch_authorization_free(ch_authorization *a);

/* --- how a post names them ------------------------------------------------ */

/* What follows [auth ...] or stands in Authorization-Ref, each once, in
 * order; of the header also what is no ID.  Owned arrays of char *. */
GPtrArray *ch_auth_find(GBytes *raw);
/* headers: name, value, ... NULL; both may be NULL. */
GPtrArray *ch_auth_find_plain(const char *subject, const char *const *headers);

/* A subject as rules see it: without its tokens, offsets those of source.
 * NULL: nothing is left.  Owned. */
ch_text *ch_auth_subject_text(int part, GBytes *source);

/* What has to be done to the header before the mail goes on. */
typedef struct {
    const char *name; /* static */
    guint occurrence; /* of that name, from 1 */
    char *value;      /* lines divided by LF; NULL: the field goes */
    ch_span field;    /* its bytes */
} ch_auth_change;

/* In the order of the fields.  Owned array of ch_auth_change. */
GPtrArray *ch_auth_changes(GBytes *raw);
/* The mail with these changes made: what is approved, and released.  Owned. */
GBytes *ch_auth_strip(GBytes *raw);

/* --- what they change -------------------------------------------------- */

typedef enum {
    CH_AUTH_UNKNOWN = 1,
    CH_AUTH_EXPIRED = 2,
    CH_AUTH_REVOKED = 4,
    CH_AUTH_OTHER_SCOPE = 8 /* something is held that it does not cover */
} ch_auth_trouble;

/* Lowers held findings (GArray of ch_finding) of rules that a named
 * authorization covers to tags and notes its ID in them (borrowed from
 * named).  known: snapshot, of ch_authorization, NULL: none.  when_us: they
 * must be valid then.  Returns a mask of ch_auth_trouble. */
guint ch_auth_apply(const GPtrArray *named, const GPtrArray *known,
                    gint64 when_us, GArray *findings);

/* The note about a trouble: "authorization/...", and its words for the author
 * (NULL: no such id).  Static. */
const char *ch_auth_hint_id(ch_auth_trouble trouble);
const char *ch_auth_hint_text(const char *id, gboolean spanish);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_authorization, ch_authorization_free)

#endif
