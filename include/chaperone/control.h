/*
 * The control socket: how chaperone(1) talks to a running daemon.
 *
 * A client sends one line, a command; the answer is any number of lines and
 * then "ok" or "error" as the last one.  Unix sockets only, mode 0660.  One
 * thread serves clients one after another, each within a few seconds: a
 * client that says nothing delays the next one, never the daemon.
 */
#ifndef CHAPERONE_CONTROL_H
#define CHAPERONE_CONTROL_H

#include <glib.h>

/* Bytes of a command line, and of an answer that a client takes. */
#define CH_CONTROL_LINE   256
#define CH_CONTROL_ANSWER (256 * 1024)

/* Called in the server's thread.  Appends lines, each with its line end, to
 * answer; returns whether the last line is "ok". */
typedef gboolean (*ch_control_handler)(const char *command, GString *answer,
                                       gpointer data);

typedef struct ch_control ch_control;

/* url "unix:/path".  Serves until closed.  Owned. */
ch_control *ch_control_open(const char *url, ch_control_handler handler,
                            gpointer data, GError **error);
/* Ends the thread and removes the socket. */
void ch_control_close(ch_control *control);

/* Asks a daemon.  TRUE: it said ok.  FALSE: CH_ERROR_STATE if it said error,
 * CH_ERROR_IO if it cannot be reached.  answer_out (owned) holds the lines
 * before the last, "" if there are none. */
gboolean ch_control_ask(const char *url, const char *command, char **answer_out,
                        GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_control, ch_control_close)

#endif
