/*
 * The MTA's end of the milter protocol, on plain blocking sockets.
 *
 * Steps, macros and flags as Postfix's milter8.c has them: what the milter
 * does not want (SMFIP_NO*) is not sent, where it said so (SMFIP_NR_*) no
 * reply is awaited.  The envelope is written apart from the content, because
 * smtpd hands the socket to cleanup between them; TCP keeps Nagle's
 * algorithm, as Postfix does.  Codes: libmilter/mfdef.h.
 */
#include "load_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#define VERSION   6u
#define ACTIONS   0x1ffu    /* SMFIF_*: all that version 6 knows */
#define PROTOCOL  0x1fffffu /* SMFIP_*: likewise */
#define CHUNK     65535u    /* MILTER_CHUNK_SIZE, what one body packet holds */
#define MAX_REPLY (1u << 20)

struct load_session {
    int fd;
    guint32 protocol;
    GByteArray *out; /* not yet written */
    GByteArray *in;  /* the last packet: code and data */
    gboolean fresh;  /* no message yet */
};

const char *
load_reply_name(load_reply reply)
{
    static const char *const names[LOAD_REPLIES] = {
        [LOAD_ACCEPT] = "accept",         [LOAD_TAG] = "tag",
        [LOAD_QUARANTINE] = "quarantine", [LOAD_REJECT] = "reject",
        [LOAD_DEFER] = "defer",           [LOAD_OUT_OF_SCOPE] = "out",
    };
    return names[reply];
}

/* --- bytes --------------------------------------------------------------- */

static gboolean
trouble(GError **error, const char *what)
{
    gboolean slow = errno == EAGAIN || errno == EWOULDBLOCK;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(errno), "%s: %s", what,
                slow ? "timeout" : g_strerror(errno));
    return FALSE;
}

static gboolean
write_bytes(load_session *s, const void *data, gsize length, GError **error)
{
    const char *at = data;
    while (length > 0) {
        ssize_t n = send(s->fd, at, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return trouble(error, "write");
        }
        at += n;
        length -= (gsize)n;
    }
    return TRUE;
}

static gboolean
flush(load_session *s, GError **error)
{
    gboolean ok = write_bytes(s, s->out->data, s->out->len, error);
    g_byte_array_set_size(s->out, 0);
    return ok;
}

static gboolean
read_bytes(load_session *s, void *data, gsize length, GError **error)
{
    char *at = data;
    while (length > 0) {
        ssize_t n = recv(s->fd, at, length, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n == 0) {
            errno = ECONNRESET;
        }
        if (n <= 0) {
            return trouble(error, "read");
        }
        at += n;
        length -= (gsize)n;
    }
    return TRUE;
}

/* --- packets ------------------------------------------------------------- */

/* Length, code, data; RFC-less: libmilter/docs, mfdef.h. */
static void
put_head(load_session *s, char code, gsize length)
{
    guint32 size = htonl((guint32)length + 1);
    g_byte_array_append(s->out, (const guint8 *)&size, sizeof size);
    g_byte_array_append(s->out, (const guint8 *)&code, 1);
}

static void
put_string(load_session *s, const char *text)
{
    g_byte_array_append(s->out, (const guint8 *)text, (guint)strlen(text) + 1);
}

/* A packet of strings, NULL behind the last. */
static void
put_strings(load_session *s, char code, const char *const *strings)
{
    gsize length = 0;
    for (guint i = 0; strings[i] != NULL; i++) {
        length += strlen(strings[i]) + 1;
    }
    put_head(s, code, length);
    for (guint i = 0; strings[i] != NULL; i++) {
        put_string(s, strings[i]);
    }
}

/* Macros (names and values) for the command that follows. */
static void
put_macros(load_session *s, char command, const char *const *pairs)
{
    gsize length = 1;
    for (guint i = 0; pairs[i] != NULL; i++) {
        length += strlen(pairs[i]) + 1;
    }
    put_head(s, SMFIC_MACRO, length);
    g_byte_array_append(s->out, (const guint8 *)&command, 1);
    for (guint i = 0; pairs[i] != NULL; i++) {
        put_string(s, pairs[i]);
    }
}

/* Writes what waits, then reads one packet into s->in. */
static gboolean
read_packet(load_session *s, GError **error)
{
    guint32 size;
    if (!flush(s, error) || !read_bytes(s, &size, sizeof size, error)) {
        return FALSE;
    }
    size = ntohl(size);
    if (size < 1 || size > MAX_REPLY) {
        errno = EPROTO;
        return trouble(error, "length of a reply");
    }
    g_byte_array_set_size(s->in, size);
    return read_bytes(s, s->in->data, size, error);
}

/* --- replies ------------------------------------------------------------- */

typedef enum { STEP_ON, STEP_SKIP, STEP_DONE, STEP_BROKEN } step;

static step
done(load_reply reply, load_reply *reply_out)
{
    *reply_out = reply;
    return STEP_DONE;
}

/* The header our milter marks a tagged message with. */
static gboolean
is_tag(const GByteArray *packet)
{
    static const char tag[] = "X-Chaperone-Verdict\0 tag";
    return packet->len == sizeof tag + 1 &&
           memcmp(packet->data + 1, tag, sizeof tag) == 0;
}

/* Reads one reply that ends a step; modifications before it are only looked
 * at for the tag. */
static step
read_reply(load_session *s, load_reply *reply_out, GError **error)
{
    load_reply accepted = LOAD_ACCEPT;
    while (read_packet(s, error)) {
        switch (s->in->data[0]) {
        case SMFIR_CONTINUE:
            *reply_out = accepted;
            return STEP_ON;
        case SMFIR_SKIP:
            return STEP_SKIP;
        case SMFIR_ACCEPT:
            return done(accepted, reply_out);
        case SMFIR_DISCARD:
            return done(LOAD_QUARANTINE, reply_out);
        case SMFIR_REJECT:
            return done(LOAD_REJECT, reply_out);
        case SMFIR_TEMPFAIL:
            return done(LOAD_DEFER, reply_out);
        case SMFIR_REPLYCODE:
            return done(s->in->len > 1 && s->in->data[1] == '5' ? LOAD_REJECT
                                                                : LOAD_DEFER,
                        reply_out);
        case SMFIR_ADDHEADER:
            accepted = is_tag(s->in) ? LOAD_TAG : accepted;
            break;
        case SMFIR_CHGHEADER:
        case SMFIR_DELRCPT:
        case SMFIR_PROGRESS:
            break;
        default:
            errno = EPROTO;
            trouble(error, "code of a reply");
            return STEP_BROKEN;
        }
    }
    return STEP_BROKEN;
}

/* The reply of a step before the end, unless the milter gives none. */
static step
await(load_session *s, guint32 no_reply, load_reply *reply_out, GError **error)
{
    return (s->protocol & no_reply) != 0 ? STEP_ON
                                         : read_reply(s, reply_out, error);
}

/* --- connecting ---------------------------------------------------------- */

static int
connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    /* A full backlog answers EAGAIN at once; a TCP socket would wait. */
    for (guint tries = 0; fd >= 0 && tries < 1000; tries++) {
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
            return fd;
        }
        if (errno != EAGAIN) {
            break;
        }
        g_usleep(1000);
    }
    int kept = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = kept;
    return -1;
}

static int
connect_inet(const char *port, const char *host)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((guint16)g_ascii_strtoull(port, NULL, 10))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && inet_pton(AF_INET, host, &address.sin_addr) == 1 &&
        connect(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        return fd;
    }
    int kept = errno;
    if (fd >= 0) {
        close(fd);
    }
    errno = kept;
    return -1;
}

static int
connect_to(const char *name)
{
    const char *at = strchr(name, '@');
    if (g_str_has_prefix(name, "unix:")) {
        return connect_unix(name + strlen("unix:"));
    }
    if (g_str_has_prefix(name, "inet:") && at != NULL) {
        return connect_inet(name + strlen("inet:"), at + 1);
    }
    errno = EINVAL;
    return -1;
}

static gboolean
negotiate(load_session *s, GError **error)
{
    const guint32 offer[3] = {htonl(VERSION), htonl(ACTIONS), htonl(PROTOCOL)};
    guint32 answer[3];
    put_head(s, SMFIC_OPTNEG, sizeof offer);
    g_byte_array_append(s->out, (const guint8 *)offer, sizeof offer);
    if (!read_packet(s, error)) {
        return FALSE;
    }
    if (s->in->data[0] != SMFIC_OPTNEG || s->in->len < 1 + sizeof answer) {
        errno = EPROTO;
        return trouble(error, "negotiation");
    }
    memcpy(answer, s->in->data + 1, sizeof answer);
    s->protocol = ntohl(answer[2]);
    if (ntohl(answer[0]) > VERSION || (ntohl(answer[1]) & ~ACTIONS) != 0 ||
        (s->protocol & ~PROTOCOL) != 0) {
        errno = EPROTO;
        return trouble(error, "negotiation of what was not offered");
    }
    return TRUE;
}

/* Connection and greeting of the SMTP client.  No milter that is measured
 * ends a session here; one that does is in error. */
static gboolean
introduce(load_session *s, GError **error)
{
    static const char *const macros[] = {"{daemon_port}", "25",
                                         "{client_connections}", "1", NULL};
    static const char *const helo[] = {"client.example", NULL};
    static const guint8 from[] = "client.example\0004\234\100192.0.2.25";
    load_reply reply;
    if ((s->protocol & SMFIP_NOCONNECT) == 0) {
        put_macros(s, SMFIC_CONNECT, macros);
        put_head(s, SMFIC_CONNECT, sizeof from);
        g_byte_array_append(s->out, from, sizeof from);
        if (await(s, SMFIP_NR_CONN, &reply, error) != STEP_ON) {
            return FALSE;
        }
    }
    if ((s->protocol & SMFIP_NOHELO) == 0) {
        put_strings(s, SMFIC_HELO, helo);
        if (await(s, SMFIP_NR_HELO, &reply, error) != STEP_ON) {
            return FALSE;
        }
    }
    return TRUE;
}

load_session *
load_session_open(const char *socket, guint timeout_s, GError **error)
{
    const struct timeval limit = {.tv_sec = timeout_s};
    int fd = connect_to(socket);
    if (fd < 0) {
        trouble(error, "connect");
        return NULL;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    load_session *s = g_new0(load_session, 1);
    s->fd = fd;
    s->out = g_byte_array_sized_new(CHUNK);
    s->in = g_byte_array_new();
    s->fresh = TRUE;
    if (!negotiate(s, error) || !introduce(s, error)) {
        if (error != NULL && *error == NULL) {
            errno = EPROTO;
            trouble(error, "greeting");
        }
        load_session_close(s);
        return NULL;
    }
    return s;
}

void
load_session_close(load_session *s)
{
    put_head(s, SMFIC_QUIT, 0);
    flush(s, NULL); /* the milter may be gone already */
    close(s->fd);
    g_byte_array_unref(s->out);
    g_byte_array_unref(s->in);
    g_free(s);
}

/* --- a message ----------------------------------------------------------- */

static step
send_recipients(load_session *s, const load_mail *mail, load_reply *reply_out,
                GError **error)
{
    step at = STEP_ON;
    for (guint i = 0; i < mail->recipients->len && at == STEP_ON; i++) {
        const char *to = mail->recipients->pdata[i];
        g_autofree char *path = g_strdup_printf("<%s>", to);
        put_macros(s, SMFIC_RCPT,
                   (const char *const[]){"{rcpt_addr}", to, NULL});
        put_strings(s, SMFIC_RCPT, (const char *const[]){path, NULL});
        at = await(s, SMFIP_NR_RCPT, reply_out, error);
    }
    return at;
}

static step
send_envelope(load_session *s, const load_mail *mail, const char *id,
              load_reply *reply_out, GError **error)
{
    g_autofree char *path = g_strdup_printf("<%s>", mail->sender);
    step at = STEP_ON;
    if ((s->protocol & SMFIP_NOMAIL) == 0) {
        put_macros(s, SMFIC_MAIL,
                   (const char *const[]){"{auth_authen}", mail->sender, NULL});
        put_strings(s, SMFIC_MAIL, (const char *const[]){path, NULL});
        at = await(s, SMFIP_NR_MAIL, reply_out, error);
    }
    if (at == STEP_ON && (s->protocol & SMFIP_NORCPT) == 0) {
        at = send_recipients(s, mail, reply_out, error);
    }
    if (at == STEP_ON && (s->protocol & SMFIP_NODATA) == 0) {
        put_macros(s, SMFIC_DATA, (const char *const[]){"i", id, NULL});
        put_head(s, SMFIC_DATA, 0);
        at = await(s, SMFIP_NR_DATA, reply_out, error);
    }
    return at == STEP_ON && !flush(s, error) ? STEP_BROKEN : at;
}

static step
send_header(load_session *s, const char *name, const char *value,
            load_reply *reply_out, GError **error)
{
    /* Without the flag an MTA keeps the first space for itself. */
    gboolean skip = (s->protocol & SMFIP_HDR_LEADSPC) == 0 && value[0] == ' ';
    put_strings(s, SMFIC_HEADER,
                (const char *const[]){name, value + (skip ? 1 : 0), NULL});
    return await(s, SMFIP_NR_HDR, reply_out, error);
}

static step
send_headers(load_session *s, const load_mail *mail, const char *id,
             load_reply *reply_out, GError **error)
{
    step at = STEP_ON;
    if ((s->protocol & SMFIP_NOHDRS) == 0) {
        g_autofree char *number = g_strconcat(" ", id, NULL);
        at = send_header(s, "X-Load-Number", number, reply_out, error);
        for (guint i = 0; i < mail->headers->len && at == STEP_ON; i++) {
            const load_header *header = mail->headers->pdata[i];
            at = send_header(s, header->name, header->value, reply_out, error);
        }
    }
    if (at == STEP_ON && (s->protocol & SMFIP_NOEOH) == 0) {
        put_macros(s, SMFIC_EOH, (const char *const[]){"i", id, NULL});
        put_head(s, SMFIC_EOH, 0);
        at = await(s, SMFIP_NR_EOH, reply_out, error);
    }
    return at;
}

static step
send_body(load_session *s, const load_mail *mail, load_reply *reply_out,
          GError **error)
{
    step at = STEP_ON;
    gsize length = (s->protocol & SMFIP_NOBODY) == 0 ? mail->body->len : 0;
    for (gsize sent = 0; sent < length && at == STEP_ON;) {
        gsize n = MIN(length - sent, CHUNK);
        put_head(s, SMFIC_BODY, n);
        g_byte_array_append(s->out, (const guint8 *)mail->body->str + sent,
                            (guint)n);
        sent += n;
        if (s->out->len >= CHUNK && !flush(s, error)) {
            return STEP_BROKEN;
        }
        at = await(s, SMFIP_NR_BODY, reply_out, error);
    }
    return at == STEP_SKIP ? STEP_ON : at;
}

static step
send_end(load_session *s, const char *id, load_reply *reply_out, GError **error)
{
    put_macros(s, SMFIC_BODYEOB, (const char *const[]){"i", id, NULL});
    put_head(s, SMFIC_BODYEOB, 0);
    step at = read_reply(s, reply_out, error);
    return at == STEP_ON ? STEP_DONE : at; /* CONTINUE: the MTA goes on */
}

gboolean
load_session_send(load_session *s, const load_mail *mail, guint64 number,
                  load_reply *reply_out, GError **error)
{
    char id[24];
    g_snprintf(id, sizeof id, "4L%09" G_GINT64_MODIFIER "X", number);
    if (!s->fresh) {
        put_head(s, SMFIC_ABORT, 0); /* smtpd's mail_reset, each time */
    }
    s->fresh = FALSE;
    step at = send_envelope(s, mail, id, reply_out, error);
    if (at == STEP_DONE && *reply_out == LOAD_ACCEPT) {
        *reply_out = LOAD_OUT_OF_SCOPE;
    }
    if (at == STEP_ON) {
        at = send_headers(s, mail, id, reply_out, error);
    }
    if (at == STEP_ON) {
        at = send_body(s, mail, reply_out, error);
    }
    if (at == STEP_ON) {
        at = send_end(s, id, reply_out, error);
    }
    return at == STEP_DONE;
}
