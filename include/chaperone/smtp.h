/*
 * Sends one mail to one recipient over SMTP (RFC 5321), by libcurl.
 *
 * Blocks; call it from the housekeeping thread or a program's own.
 */
#ifndef CHAPERONE_SMTP_H
#define CHAPERONE_SMTP_H

#include <glib.h>

typedef struct {
    int code;    /* last reply code, 0: no reply was seen */
    char *reply; /* last reply line, printable ASCII; never NULL */
} ch_smtp_reply;

void ch_smtp_reply_clear(ch_smtp_reply *reply);

/* What the server has of the mail.  Before the final dot is sent it has
 * nothing, whatever happens; after the dot only its reply tells. */
typedef enum {
    CH_SMTP_SENT,    /* 2xx to the end of data */
    CH_SMTP_LATER,   /* it has not got it: 4xx, or no connection */
    CH_SMTP_REFUSED, /* it has not got it: 5xx, or the address is unfit */
    CH_SMTP_UNKNOWN  /* the connection ended between the dot and its reply */
} ch_smtp_outcome;

typedef struct {
    const char *url;       /* "smtp://host:port" */
    const char *sender;    /* "" for the null sender */
    const char *recipient; /* both with < > or without; a route stays */
    const char *header;    /* lines with CRLF to go first, or NULL */
    GBytes *mail;          /* RFC 5322; LF becomes CRLF */
    gboolean never_notify; /* NOTIFY=NEVER (RFC 3461) where DSN is offered */
    gboolean utf8;         /* SMTPUTF8 (RFC 6531) where it is offered */
    guint timeout_s;       /* for all up to the final dot */
    guint end_timeout_s;   /* for the reply to the dot; 0: the same */
} ch_smtp_mail;

/* SIZE, and BODY=8BITMIME for 8-bit mail, go along where they are offered.
 * reply_out is filled in any case; error unless SENT. */
ch_smtp_outcome ch_smtp_deliver(const ch_smtp_mail *mail,
                                ch_smtp_reply *reply_out, GError **error);

/* The same for a mail that may come twice: TRUE only after a 2xx to the end
 * of data. */
gboolean ch_smtp_send(const char *url, const char *sender,
                      const char *recipient, GBytes *mail, guint timeout_s,
                      ch_smtp_reply *reply_out, GError **error);

#endif
