/*
 * One connection to a milter, as an MTA holds it (protocol version 6).
 */
#ifndef BENCH_LOAD_SESSION_H
#define BENCH_LOAD_SESSION_H

#include "load_mail.h"

typedef enum {
    LOAD_ACCEPT,
    LOAD_TAG,        /* accepted, with X-Chaperone-Verdict: tag */
    LOAD_QUARANTINE, /* discarded */
    LOAD_REJECT,
    LOAD_DEFER,
    LOAD_OUT_OF_SCOPE, /* accepted before its body was asked for */
    LOAD_REPLIES
} load_reply;

typedef struct load_session load_session;

/* socket: "unix:/path" or "inet:PORT@IPV4".  Connects and negotiates; each
 * reading or writing may take timeout_s.  Owned; NULL and G_IO_ERROR. */
load_session *load_session_open(const char *socket, guint timeout_s,
                                GError **error);
/* Sends one message under number (its queue id, and a header field, so that
 * no two are the same) and waits for the final reply.  After FALSE the
 * session is only good for closing. */
gboolean load_session_send(load_session *s, const load_mail *mail,
                           guint64 number, load_reply *reply_out,
                           GError **error);
/* Says goodbye and frees. */
void load_session_close(load_session *s);

const char *load_reply_name(load_reply reply);

#endif
