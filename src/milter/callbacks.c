/*
 * libmilter's callbacks: from the MTA's pieces to an intake, then deliver.c.
 *
 * They decide nothing but one thing: at DATA mail out of scope is let go
 * before its body is sent.  The MTA waits for no other answer before the end
 * of the message where that is safe: each waiting costs a round trip, but on
 * TCP unanswered steps cost 44 ms (Nagle and delayed ACK), so there the
 * envelope is answered.
 *
 * libmilter may run the callbacks of one connection in different threads, one
 * after the other; all state hangs on the connection.
 */
#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/log.h"
#include "mta.h"

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <string.h>
#include <syslog.h>

/* libmilter hands no user data to its callbacks, so this is the one variable
 * of the program: set before smfi_main, never again. */
static ch_daemon *the_daemon;

/* What the releaser puts before a message that was taken at full size. */
#define RELEASE_HEADER_ROOM 200

/* Messages after which free memory between used memory is given back. */
#define TRIM_EVERY 256

#define ACTIONS                                                                \
    (SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_DELRCPT | SMFIF_ADDRCPT_PAR |       \
     SMFIF_CHGFROM | SMFIF_SETSYMLIST)
#define NR_CONTENT (SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY)
#define NR_ENVELOPE                                                            \
    (SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_MAIL | SMFIP_NR_RCPT)

static const char *
macro(SMFICTX *ctx, const char *name)
{
    char copy[32]; /* smfi_getsymval takes char * but only reads it */
    g_strlcpy(copy, name, sizeof copy);
    return smfi_getsymval(ctx, copy);
}

/* What a step without an answer returns, as negotiated. */
static sfsistat
go_on(const ch_connection *c, unsigned long no_reply)
{
    return (c->protocol & no_reply) != 0 ? SMFIS_NOREPLY : SMFIS_CONTINUE;
}

/* --- connection ----------------------------------------------------------- */

static ch_connection *
connection_of(SMFICTX *ctx)
{
    ch_connection *c = smfi_getpriv(ctx);
    if (c == NULL) {
        c = g_new0(ch_connection, 1);
        c->daemon = the_daemon;
        g_atomic_int_inc(&c->daemon->connections);
        smfi_setpriv(ctx, c);
    }
    return c;
}

/* Ends the message under way, if there is one. */
static void
end_message(ch_connection *c)
{
    if (c->intake != NULL) {
        g_clear_pointer(&c->intake, ch_intake_free);
        g_clear_pointer(&c->house, ch_house_unref);
        g_atomic_int_add(&c->daemon->under_way, -1);
    }
    c->refused = FALSE;
}

static void
ask_for_macros(SMFICTX *ctx)
{
    static const struct {
        int stage;
        const char *names;
    } wanted[] = {
        {SMFIM_CONNECT, "{client_connections} {daemon_port}"},
        {SMFIM_ENVFROM, "{auth_authen}"},
        {SMFIM_ENVRCPT, "{rcpt_addr}"},
        {SMFIM_DATA, "i"},
        {SMFIM_EOM, "i"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        g_autofree char *names = g_strdup(wanted[i].names);
        smfi_setsymlist(ctx, wanted[i].stage, names);
    }
}

static sfsistat
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long protocol,
             unsigned long unused2, unsigned long unused3,
             unsigned long *actions_out, unsigned long *protocol_out,
             unsigned long *out2, unsigned long *out3)
{
    (void)unused2;
    (void)unused3;
    ch_connection *c = connection_of(ctx);
    unsigned long steps =
        SMFIP_NOHELO | SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC | NR_CONTENT;
    if (c->daemon->unix_socket) {
        steps |= NR_ENVELOPE;
    }
    g_autoptr(ch_house) house = ch_daemon_house(c->daemon);
    if (ch_admission_is_needed(house)) {
        steps &= ~(unsigned long)SMFIP_NR_RCPT;
    }
    c->actions = actions & (ACTIONS | (house->config->extract_clean
                                           ? (unsigned long)SMFIF_CHGBODY
                                           : 0));
    c->protocol = protocol & steps;
    if ((c->actions & SMFIF_SETSYMLIST) != 0) {
        ask_for_macros(ctx);
    }
    *actions_out = c->actions;
    *protocol_out = c->protocol;
    *out2 = *out3 = 0;
    return SMFIS_CONTINUE;
}

static char *
dup_address(const struct sockaddr *address, in_port_t *port_out)
{
    char text[INET6_ADDRSTRLEN];
    *port_out = 0;
    if (address != NULL && address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        *port_out = in.sin_port;
        return g_strdup(inet_ntop(AF_INET, &in.sin_addr, text, sizeof text));
    }
    if (address != NULL && address->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, address, sizeof in);
        *port_out = in.sin6_port;
        return g_strdup(inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text));
    }
    return NULL;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
    (void)host;
    in_port_t port = 0;
    ch_connection *c = connection_of(ctx);
    g_free(c->client_addr);
    c->client_addr = dup_address(address, &port);
    /* sendmail(1): Postfix's cleanup stands in for a client that there was
     * not, with the address of localhost and port 0, which no TCP connection
     * has; and it does not count connections, as smtpd always does. */
    c->local = port == 0 && macro(ctx, "{client_connections}") == NULL &&
               (g_strcmp0(c->client_addr, "127.0.0.1") == 0 ||
                g_strcmp0(c->client_addr, "::1") == 0);
    g_free(c->daemon_port);
    c->daemon_port = g_strdup(macro(ctx, "{daemon_port}"));
    return go_on(c, SMFIP_NR_CONN);
}

/* --- envelope --------------------------------------------------------------
 */

static const char *const *
esmtp_of(char **args)
{
    return (const char *const *)(args + 1);
}

/* Rules are read at the start, and patterns compiled at their first use,
 * between messages that come and go, so malloc is left with holes: after the
 * start 17 MB.  To look through them takes a millisecond or two. */
static void
give_memory_back(ch_daemon *daemon)
{
    if (g_atomic_int_add(&daemon->begun, 1) % TRIM_EVERY == 0) {
        malloc_trim(0);
    }
}

static sfsistat
on_mail(SMFICTX *ctx, char **args)
{
    ch_connection *c = connection_of(ctx);
    end_message(c);
    /* Counted before looking: see wait_for_messages in main.c. */
    g_atomic_int_inc(&c->daemon->under_way);
    give_memory_back(c->daemon);
    c->refused = g_atomic_int_get(&c->daemon->stopping) != 0;
    c->house = ch_daemon_house(c->daemon);
    const ch_config *config = c->house->config;
    c->release = ch_readmit_is_listener(c, config);
    c->intake = ch_intake_new(config->milter_max_message +
                              (c->release ? RELEASE_HEADER_ROOM : 0));
    ch_envelope *e = ch_intake_envelope(c->intake);
    ch_envelope_set_sender(e, args[0], esmtp_of(args));
    e->login = g_strdup(macro(ctx, "{auth_authen}"));
    e->client_addr = g_strdup(c->client_addr);
    e->local = c->local;
    e->time_us = g_get_real_time();
    return go_on(c, SMFIP_NR_MAIL);
}

/* The recipient that was added last, if it may not be written to: the others
 * of the mail go on.  Where no answer can be given here, deliver.c refuses
 * the mail as a whole: Postfix waits for none on a connection that is older
 * than the accounts, and cannot refuse a recipient of sendmail(1). */
static ch_admission
admit_last(const ch_connection *c, const ch_envelope *e)
{
    if ((c->protocol & SMFIP_NR_RCPT) != 0 || c->local || c->release) {
        return CH_ADMITTED;
    }
    g_autofree char *author = ch_config_dup_author(c->house->config, e);
    return ch_admission_of(
        c->house, g_ptr_array_index(e->recipients, e->recipients->len - 1),
        author);
}

static sfsistat
refuse_last(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
            ch_admission why)
{
    g_ptr_array_set_size(e->recipients, (gint)e->recipients->len - 1);
    return ch_mta_turn_away(ctx, c, e, why);
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **args)
{
    ch_connection *c = connection_of(ctx);
    if (c->intake != NULL) {
        ch_envelope *e = ch_intake_envelope(c->intake);
        if (e->recipients->len >= CH_MAX_RECIPIENTS) {
            c->refused = TRUE;
            return go_on(c, SMFIP_NR_RCPT);
        }
        ch_envelope_add_recipient(e, args[0], macro(ctx, "{rcpt_addr}"),
                                  esmtp_of(args));
        ch_admission why = admit_last(c, e);
        if (why != CH_ADMITTED) {
            return refuse_last(ctx, c, e, why);
        }
    }
    return go_on(c, SMFIP_NR_RCPT);
}

static void
note_queue_id(SMFICTX *ctx, ch_connection *c)
{
    ch_envelope *e = ch_intake_envelope(c->intake);
    const char *id = macro(ctx, "i");
    if (id != NULL) {
        g_free(e->queue_id);
        e->queue_id = g_strdup(id);
    }
}

static sfsistat
defer(SMFICTX *ctx, ch_connection *c)
{
    end_message(c);
    return ch_mta_defer(ctx);
}

static sfsistat
on_data(SMFICTX *ctx)
{
    ch_connection *c = connection_of(ctx);
    if (c->intake == NULL || c->refused) {
        return defer(ctx, c);
    }
    note_queue_id(ctx, c);
    const ch_envelope *e = ch_intake_envelope(c->intake);
    /* A release may go to people, too: a whole mail was held. */
    if (c->release || ch_inspect_in_scope(c->house, e)) {
        return SMFIS_CONTINUE;
    }
    ch_metrics_out_of_scope(c->daemon->metrics);
    ch_log(LOG_DEBUG, "out-of-scope", CH_LOG_QUEUE_ID, e->queue_id, CH_LOG_END);
    end_message(c);
    return SMFIS_ACCEPT;
}

/* --- content ----------------------------------------------------------------
 */

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
    ch_connection *c = connection_of(ctx);
    if (c->intake != NULL) {
        ch_intake_header(c->intake, name, value,
                         (c->protocol & SMFIP_HDR_LEADSPC) != 0);
    }
    return go_on(c, SMFIP_NR_HDR);
}

static sfsistat
on_end_of_headers(SMFICTX *ctx)
{
    ch_connection *c = connection_of(ctx);
    if (c->intake != NULL) {
        ch_intake_end_of_headers(c->intake);
    }
    return go_on(c, SMFIP_NR_EOH);
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t length)
{
    ch_connection *c = connection_of(ctx);
    if (c->intake != NULL) {
        ch_intake_body(c->intake, data, length);
    }
    return go_on(c, SMFIP_NR_BODY);
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
    ch_connection *c = connection_of(ctx);
    if (c->intake == NULL) {
        return ch_mta_defer(ctx);
    }
    note_queue_id(ctx, c);
    sfsistat status = ch_deliver(ctx, c);
    end_message(c);
    return status;
}

static sfsistat
on_abort(SMFICTX *ctx)
{
    end_message(connection_of(ctx));
    return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
    /* May come without any other callback: then there is nothing to free. */
    ch_connection *c = smfi_getpriv(ctx);
    if (c != NULL) {
        end_message(c);
        g_atomic_int_add(&c->daemon->connections, -1);
        g_free(c->client_addr);
        g_free(c->daemon_port);
        g_free(c);
        smfi_setpriv(ctx, NULL);
    }
    return SMFIS_CONTINUE;
}

gboolean
ch_callbacks_register(ch_daemon *daemon, GError **error)
{
    char name[] = "chaperone";
    struct smfiDesc callbacks = {
        .xxfi_name = name,
        .xxfi_version = SMFI_VERSION,
        .xxfi_flags = ACTIONS | SMFIF_CHGBODY, /* on_negotiate asks */
        .xxfi_negotiate = on_negotiate,
        .xxfi_connect = on_connect,
        .xxfi_envfrom = on_mail,
        .xxfi_envrcpt = on_rcpt,
        .xxfi_data = on_data,
        .xxfi_header = on_header,
        .xxfi_eoh = on_end_of_headers,
        .xxfi_body = on_body,
        .xxfi_eom = on_end_of_message,
        .xxfi_abort = on_abort,
        .xxfi_close = on_close,
    };
    the_daemon = daemon;
    if (smfi_register(callbacks) != MI_SUCCESS) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "libmilter refused the callbacks");
        return FALSE;
    }
    return TRUE;
}
