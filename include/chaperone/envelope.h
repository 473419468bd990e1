/*
 * The envelope: who sends, to whom, and who that really is.
 *
 * Filled by the milter from the callbacks, by the command line from options
 * and headers.  Addresses are kept as received for effects (delete, release)
 * and as the MTA resolved them ({rcpt_addr}) for recognition; RFC 5321 4.1.2.
 */
#ifndef CHAPERONE_ENVELOPE_H
#define CHAPERONE_ENVELOPE_H

#include <glib.h>

typedef struct {
    char *arg;     /* RCPT argument as received, "<a@b.example>" */
    char *address; /* without brackets and route, as resolved by the MTA */
    GStrv esmtp;   /* NOTIFY=..., ORCPT=...; never NULL */
} ch_recipient;

typedef struct {
    char *sender_arg;      /* MAIL argument as received, "<>" if empty */
    char *sender;          /* without brackets, "" if empty */
    GStrv esmtp;           /* BODY=8BITMIME, SMTPUTF8 ...; never NULL */
    GPtrArray *recipients; /* of ch_recipient, in order */
    char *login;           /* {auth_authen} or NULL: proof */
    char *client_addr;     /* "192.0.2.1", or NULL */
    gboolean local;        /* sendmail(1): no SMTP client at all */
    char *queue_id;        /* macro i or NULL */
    gint64 time_us;        /* arrival, microseconds since 1970 UTC */
} ch_envelope;

/* Empty envelope.  Owned. */
ch_envelope *ch_envelope_new(void);
void ch_envelope_free(ch_envelope *e);

/* Copies its arguments; address NULL: taken from arg.  esmtp may be NULL. */
void ch_envelope_set_sender(ch_envelope *e, const char *arg,
                            const char *const *esmtp);
void ch_envelope_add_recipient(ch_envelope *e, const char *arg,
                               const char *address, const char *const *esmtp);

/* The address in an SMTP argument: brackets and source route gone, as is
 * otherwise.  Owned. */
char *ch_envelope_dup_address(const char *arg);

/* Whether arg is plain <local@domain> (or without brackets) whose address is
 * byte for byte the given one: only then can the MTA be told to delete it.
 * No quotes, percent, route or trailing dot.  Pure. */
gboolean ch_envelope_is_plain(const char *arg, const char *address);

/* The whole envelope as bytes and back; FALSE-like NULL on damage.  Owned. */
GBytes *ch_envelope_pack(const ch_envelope *e);
ch_envelope *ch_envelope_unpack(GBytes *bytes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_envelope, ch_envelope_free)

#endif
