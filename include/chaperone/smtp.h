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

/* url "smtp://host:port"; sender "" for the null sender.  TRUE only after a
 * 2xx to the end of data.  reply_out is filled either way. */
gboolean ch_smtp_send(const char *url, const char *sender,
                      const char *recipient, GBytes *mail, guint timeout_s,
                      ch_smtp_reply *reply_out, GError **error);

#endif
