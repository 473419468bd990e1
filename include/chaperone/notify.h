/*
 * Word to the service manager: the sd_notify(3) protocol, one datagram of
 * KEY=VALUE lines to the socket named in $NOTIFY_SOCKET.  Nothing happens
 * where there is no such manager.  Thread-safe.
 */
#ifndef CHAPERONE_NOTIFY_H
#define CHAPERONE_NOTIFY_H

#include <glib.h>

/* state: "READY=1", "STOPPING=1" ...  FALSE if nobody was told. */
gboolean ch_notify(const char *state);

/* How often WATCHDOG=1 is due, in milliseconds: half of what the manager
 * asks for ($WATCHDOG_USEC, for our $WATCHDOG_PID); 0: never. */
guint ch_notify_watchdog_ms(void);

#endif
