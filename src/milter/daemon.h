/*
 * What the parts of chaperone-milter share: one daemon for the whole program
 * and one connection for each session of the MTA.
 */
#ifndef CHAPERONE_DAEMON_H
#define CHAPERONE_DAEMON_H

#include "chaperone/audit.h"
#include "chaperone/intake.h"
#include "chaperone/metrics.h"
#include "chaperone/record.h"

/* Before libmilter's header: it defines bool by itself otherwise. */
#include <stdbool.h>

#include <libmilter/mfapi.h>

typedef struct {
    const char *config_file; /* NULL: the standard one */
    ch_config *started;      /* what sockets, user and store were made from */
    gboolean unix_socket;    /* the MTA talks to us over a unix socket */
    ch_store *store;
    ch_metrics *metrics;
    gint connections;   /* atomic: sessions of the MTA */
    gint under_way;     /* atomic: messages between MAIL and their end */
    gint stopping;      /* atomic: new messages are deferred */
    gint begun;         /* atomic: messages since the start; it may wrap */
    gint reloads_asked; /* atomic: signals since a reload began; 0: none */

    GMutex lock; /* guards the following */
    ch_house *house;
    GCond wake;                        /* for the housekeeping thread */
    gboolean work;                     /* something was put into the outbox */
    gboolean quit;                     /* housekeeping ends */
    guint reloads_begun, reloads_done; /* each waits for its turn */
    GCond reload_turn;
    GThread *housekeeper;
    gpointer control; /* ch_control */
} ch_daemon;

/* The house in force, counted.  Owned. */
ch_house *ch_daemon_house(ch_daemon *daemon);
/* Housekeeping looks into the outbox at once. */
void ch_daemon_wake(ch_daemon *daemon);

/* --- reload.c ----------------------------------------------------------- */

/* Loads a new house and swaps it in; a bad one changes nothing.  Appends
 * what is wrong, or which changes need a restart, to answer. */
gboolean ch_daemon_reload(ch_daemon *daemon, GString *answer);
/* Starts and ends the control socket. */
gboolean ch_reload_start(ch_daemon *daemon, GError **error);
void ch_reload_stop(ch_daemon *daemon);

/* --- housekeeping.c --------------------------------------------------- */

void ch_housekeeping_start(ch_daemon *daemon);
void ch_housekeeping_stop(ch_daemon *daemon);

void ch_housekeeping_trouble(ch_daemon *daemon, const char *reason,
                             const GError *error);
gboolean ch_housekeeping_is_quitting(ch_daemon *daemon);

/* --- witness.c ---------------------------------------------------------- */

/* A ledger row that names what is in force from now on. */
void ch_witness_configuration(ch_daemon *daemon, const ch_house *house);
/* Chains rows that wait. */
void ch_witness_chain(ch_daemon *daemon);
/* Compares the ledger with the head seen last (seq 0: none yet); then that
 * is the one of now, and stands in the log. */
void ch_witness_head(ch_daemon *daemon, ch_audit_head *seen);

/* --- outbox.c, in the housekeeping thread ------------------------------- */

void ch_outbox_send_notices(ch_daemon *daemon);
/* Releases that a crash interrupted wait for a person from now on.  TRUE: no
 * attempt is open; before that nothing is released. */
gboolean ch_outbox_recover(ch_daemon *daemon);
/* FALSE: an attempt's end could not be written down; recover first. */
gboolean ch_outbox_send_releases(ch_daemon *daemon);

/* --- digest.c, in the housekeeping thread -------------------------------- */

/* Puts the letters about many posts that are due into the outbox. */
void ch_digest_tell(ch_daemon *daemon);

/* --- privileges.c ----------------------------------------------------- */

/* No core files, no tracing, frugal malloc.  Before any thread. */
void ch_privileges_harden(void);
/* Makes, as root, what the daemon needs and gives it to its user. */
gboolean ch_privileges_prepare(const ch_config *config, GError **error);
/* Mode and group of the unix socket of the MTA. */
gboolean ch_privileges_socket(const ch_config *config, GError **error);
/* From root to milter.user for good.  Does nothing without root. */
gboolean ch_privileges_drop(const ch_config *config, GError **error);

/* --- callbacks.c ------------------------------------------------------ */

typedef struct {
    ch_daemon *daemon;
    unsigned long actions, protocol; /* as negotiated, SMFIF_, SMFIP_ */
    char *client_addr;               /* or NULL */
    char *daemon_port;               /* of the MTA's listener, or NULL */
    gboolean local;                  /* sendmail(1), not SMTP */
    ch_house *house;                 /* of the message under way */
    ch_intake *intake;               /* the message under way, or NULL */
    gboolean refused; /* deferred at DATA: stopping, too many recipients */
    gboolean release; /* came in by the release listener */
} ch_connection;

/* Registers the callbacks.  The daemon must outlive smfi_main. */
gboolean ch_callbacks_register(ch_daemon *daemon, GError **error);

/* --- readmit.c -------------------------------------------------------- */

/* Whether this connection is one to the MTA's release listener. */
gboolean ch_readmit_is_listener(const ch_connection *c,
                                const ch_config *config);
/* Mail with a release header: TRUE if that decides what becomes of it. */
gboolean ch_readmit(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
                    GBytes *raw, sfsistat *status_out);

/* --- draft.c ---------------------------------------------------------- */

/* A mail that is a draft: reported to its author, and dropped. */
sfsistat ch_draft_take(SMFICTX *ctx, const ch_connection *c,
                       const ch_envelope *e, const char *author, GBytes *raw);

/* --- letter.c --------------------------------------------------------- */

/* A mail about the post id (letter.h): put beside it, and dropped. */
sfsistat ch_letter_take(SMFICTX *ctx, const ch_connection *c,
                        const ch_envelope *e, const char *author,
                        const char *id, GBytes *raw);

/* --- deliver.c -------------------------------------------------------- */

/* End of message: judges it and does what follows. */
sfsistat ch_deliver(SMFICTX *ctx, ch_connection *connection);

#endif
