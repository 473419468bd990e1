/*
 * The listener: libmicrohttpd, its threads, and the clock over connections.
 */
#ifndef CHAPERONE_REVIEW_SERVER_H
#define CHAPERONE_REVIEW_SERVER_H

#include "review.h"

typedef struct ch_listener ch_listener;

/* A socket for HOST:PORT, made as root if need be.  -1 + error. */
int ch_listen_open(const char *listen, GError **error);
/* PEM texts, both NULL: no TLS.  Takes fd.  Owned. */
ch_listener *ch_listener_start(ch_server *server, int fd,
                               const char *certificate, const char *key,
                               GError **error);
/* Ends what is under way. */
void ch_listener_stop(ch_listener *listener);

/* --- watch.c: no connection takes longer than CH_HTTP_DEADLINE_S ---------- */

typedef struct ch_watch ch_watch;

ch_watch *ch_watch_new(gint *counter); /* counts those that were ended */
void ch_watch_free(ch_watch *watch);
void ch_watch_opened(ch_watch *watch, int fd);
/* A request was answered: the next one has its own time. */
void ch_watch_answered(ch_watch *watch, int fd);
/* Before the descriptor is closed, so that it cannot be another's by then. */
void ch_watch_closed(ch_watch *watch, int fd);

#endif
