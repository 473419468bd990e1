/*
 * Unix sockets of ours: where they lie, who listens there, who may connect.
 */
#ifndef CHAPERONE_USOCK_H
#define CHAPERONE_USOCK_H

#include <glib.h>
#include <sys/types.h>

/* Path of "unix:/path" or "local:/path", as libmilter writes it; NULL for
 * everything else (inet:...).  Borrowed from url. */
const char *ch_usock_path(const char *url);

/* Makes way for a new socket: removes one that nobody listens on.
 * CH_ERROR_STATE if somebody does, or if path is no socket. */
gboolean ch_usock_clear(const char *path, GError **error);

/* Listens on path with that mode, after ch_usock_clear.  A descriptor that
 * the caller closes, or -1. */
int ch_usock_listen(const char *path, mode_t mode, GError **error);

/* A connected descriptor that the caller closes, or -1. */
int ch_usock_connect(const char *path, GError **error);

#endif
