/*
 * One mail to one recipient, over a connection that libcurl makes.
 *
 * libcurl finds the server, waits for its greeting and says EHLO
 * (CURLOPT_CONNECT_ONLY); MAIL, RCPT and DATA are said here, because
 * libcurl's own upload can carry neither NOTIFY nor BODY, and does not tell
 * whether the final dot had gone out when a connection broke.  That dot
 * divides: before it the server has nothing and the mail may be sent again;
 * after it only a whole reply tells what the server did.
 *
 * No signals, no proxy, no netrc: only the server of the configuration is
 * ever asked.  One command, one reply: no pipelining.
 */
#include "chaperone/smtp.h"

#include "chaperone/error.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)

/* Bytes of a reply line that are kept; RFC 5321 4.5.3.1.5 allows 512. */
#define MAX_REPLY 200
/* Bytes of one reply: no server has more to say. */
#define MAX_REPLIES (64 * 1024)
#define CHUNK       (32 * 1024)

typedef struct {
    CURL *curl;
    curl_socket_t socket;
    gint64 until_us; /* monotonic: all steps up to here */
    int code;        /* of the last reply line */
    char line[MAX_REPLY + 1];
    gboolean dsn, eight_bit, utf8, size; /* offered */
    gboolean ended;                      /* the final dot is on its way */
} dialogue;

void
ch_smtp_reply_clear(ch_smtp_reply *reply)
{
    reply->code = 0;
    g_clear_pointer(&reply->reply, g_free);
}

/* --- replies ------------------------------------------------------------- */

/* A reply line: three digits, then blank, minus or the end. */
static void
note_reply(dialogue *d, const char *line, gsize length)
{
    if (length < 3 || !g_ascii_isdigit(line[0]) || !g_ascii_isdigit(line[1]) ||
        !g_ascii_isdigit(line[2])) {
        return;
    }
    while (length > 0 && g_ascii_isspace(line[length - 1])) {
        length--;
    }
    length = MIN(length, (gsize)MAX_REPLY);
    for (gsize i = 0; i < length; i++) {
        d->line[i] = g_ascii_isprint(line[i]) ? line[i] : '?';
    }
    d->line[length] = '\0';
    d->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

/* A line of the answer to EHLO: "250-SIZE 1000". */
static void
note_extension(dialogue *d)
{
    const struct {
        const char *name;
        gboolean *offered;
    } known[] = {{"DSN", &d->dsn},
                 {"8BITMIME", &d->eight_bit},
                 {"SMTPUTF8", &d->utf8},
                 {"SIZE", &d->size}};
    gsize length =
        d->code == 250 && strlen(d->line) > 4 ? strcspn(d->line + 4, " ") : 0;
    for (gsize i = 0; i < G_N_ELEMENTS(known); i++) {
        if (length == strlen(known[i].name) &&
            g_ascii_strncasecmp(d->line + 4, known[i].name, length) == 0) {
            *known[i].offered = TRUE;
        }
    }
}

/* curl's report of what it hears while it connects: greeting and EHLO. */
static int
watch(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    dialogue *d = user;
    (void)curl;
    if (type == CURLINFO_HEADER_IN) {
        note_reply(d, data, size);
        note_extension(d);
    }
    return 0;
}

/* --- bytes --------------------------------------------------------------- */

static gint64
seconds_from_now(guint seconds)
{
    return g_get_monotonic_time() + (gint64)seconds * G_USEC_PER_SEC;
}

/* FALSE: the time is over, or the socket cannot be waited for. */
static gboolean
wait_for(const dialogue *d, short events)
{
    struct pollfd p = {.fd = d->socket, .events = events};
    gint64 left_ms = (d->until_us - g_get_monotonic_time()) / 1000;
    int n = left_ms > 0 ? poll(&p, 1, (int)MIN(left_ms, G_MAXINT)) : 0;
    return n > 0 || (n < 0 && errno == EINTR);
}

static gboolean
send_bytes(dialogue *d, const char *data, gsize length)
{
    while (length > 0) {
        size_t sent = 0;
        CURLcode result = curl_easy_send(d->curl, data, length, &sent);
        if (result != CURLE_OK && result != CURLE_AGAIN) {
            return FALSE;
        }
        if (result == CURLE_AGAIN && !wait_for(d, POLLOUT)) {
            return FALSE;
        }
        data += sent;
        length -= sent;
    }
    return TRUE;
}

/* One byte; they are few, and nothing is read that is not ours yet. */
static gboolean
read_byte(dialogue *d, char *out)
{
    for (;;) {
        size_t n = 0;
        CURLcode result = curl_easy_recv(d->curl, out, 1, &n);
        if (result == CURLE_OK) {
            return n == 1;
        }
        if (result != CURLE_AGAIN || !wait_for(d, POLLIN)) {
            return FALSE;
        }
    }
}

/* A whole reply with all its lines; FALSE: it did not come. */
static gboolean
read_reply(dialogue *d)
{
    g_autoptr(GString) line = g_string_new(NULL);
    char c;
    for (gsize total = 0; total < MAX_REPLIES; total++) {
        if (!read_byte(d, &c)) {
            return FALSE;
        }
        g_string_append_c(line, c);
        if (c == '\n') {
            note_reply(d, line->str, line->len);
            if (line->len < 4 || line->str[3] != '-') {
                return TRUE;
            }
            g_string_truncate(line, 0);
        }
    }
    return FALSE;
}

/* --- the dialogue -------------------------------------------------------- */

/* What goes between < and > of a command: nothing that could end it.  In a
 * quoted local part (RFC 5321 4.1.2) blanks and brackets are letters. */
static gboolean
is_safe_address(const char *address)
{
    gboolean quoted = FALSE;
    for (const char *p = address; *p != '\0'; p++) {
        guchar c = (guchar)*p;
        gboolean special = c == ' ' || c == '<' || c == '>';
        if (c < 0x20 || c == 0x7f || (special && !quoted)) {
            return FALSE;
        }
        if (c == '\\' && quoted && p[1] >= 0x20) {
            p++;
        } else if (c == '"') {
            quoted = !quoted;
        }
    }
    return !quoted;
}

/* Without the brackets around it.  Owned. */
static char *
dup_bare(const char *address)
{
    gsize length = strlen(address);
    gboolean brackets =
        length >= 2 && address[0] == '<' && address[length - 1] == '>';
    return g_strndup(address + brackets, length - 2 * (gsize)brackets);
}

/* One command and its reply; whether the reply begins with the digit. */
static gboolean
command(dialogue *d, const char *line, char expected)
{
    g_autofree char *full = g_strconcat(line, "\r\n", NULL);
    return send_bytes(d, full, strlen(full)) && read_reply(d) &&
           d->line[0] == expected;
}

static gboolean
has_eight_bits(GBytes *mail)
{
    gsize length;
    const char *data = g_bytes_get_data(mail, &length);
    for (gsize i = 0; i < length; i++) {
        if ((guchar)data[i] >= 0x80) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
say_envelope(dialogue *d, const ch_smtp_mail *m, const char *sender,
             const char *recipient)
{
    g_autoptr(GString) from = g_string_new(NULL);
    g_autofree char *to =
        g_strdup_printf("RCPT TO:<%s>%s", recipient,
                        m->never_notify && d->dsn ? " NOTIFY=NEVER" : "");
    g_string_printf(from, "MAIL FROM:<%s>", sender);
    if (d->eight_bit && has_eight_bits(m->mail)) {
        g_string_append(from, " BODY=8BITMIME");
    }
    if (d->utf8 &&
        (m->utf8 || !g_str_is_ascii(sender) || !g_str_is_ascii(recipient))) {
        g_string_append(from, " SMTPUTF8");
    }
    if (d->size) {
        gsize header = m->header != NULL ? strlen(m->header) : 0;
        g_string_append_printf(from, " SIZE=%" G_GSIZE_FORMAT,
                               header + g_bytes_get_size(m->mail));
    }
    return command(d, from->str, '2') && command(d, to, '2');
}

/* Dots doubled at the start of lines (RFC 5321 4.5.2), CR LF for a lone LF:
 * otherwise "LF . LF" could end the data for one server and not for another.
 * The mail ends with a line end. */
static gboolean
say_mail(dialogue *d, GBytes *mail)
{
    gsize length;
    const char *data = g_bytes_get_data(mail, &length);
    g_autoptr(GString) out = g_string_sized_new(CHUNK + 4);
    char last = '\n';
    for (gsize i = 0; i < length; i++) {
        if (last == '\n' && data[i] == '.') {
            g_string_append_c(out, '.');
        }
        if (data[i] == '\n' && last != '\r') {
            g_string_append_c(out, '\r');
        }
        g_string_append_c(out, data[i]);
        last = data[i];
        if (out->len >= CHUNK) {
            if (!send_bytes(d, out->str, out->len)) {
                return FALSE;
            }
            g_string_truncate(out, 0);
        }
    }
    g_string_append(out, last == '\n' ? "" : "\r\n");
    return send_bytes(d, out->str, out->len);
}

static gboolean
say_all(dialogue *d, const ch_smtp_mail *m)
{
    g_autofree char *sender = dup_bare(m->sender);
    g_autofree char *recipient = dup_bare(m->recipient);
    const char *header = m->header != NULL ? m->header : "";
    if (!say_envelope(d, m, sender, recipient) || !command(d, "DATA", '3') ||
        !send_bytes(d, header, strlen(header)) || !say_mail(d, m->mail)) {
        return FALSE;
    }
    d->ended = TRUE;
    d->until_us = seconds_from_now(m->end_timeout_s > 0 ? m->end_timeout_s
                                                        : m->timeout_s);
    return command(d, ".", '2');
}

/* HELO takes its name from the path of the URL.  Owned. */
static char *
dup_url(const char *url)
{
    g_autofree char *host = g_uri_escape_string(g_get_host_name(), NULL, FALSE);
    gboolean slash = g_str_has_suffix(url, "/");
    return g_strconcat(url, slash ? "" : "/", host, NULL);
}

static CURLcode
connect_to(dialogue *d, const char *url, guint timeout_s)
{
    long timeout = (long)timeout_s;
    g_autofree char *full_url = dup_url(url);
    curl_easy_setopt(d->curl, CURLOPT_URL, full_url);
    curl_easy_setopt(d->curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(d->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(d->curl, CURLOPT_TIMEOUT, timeout);
    curl_easy_setopt(d->curl, CURLOPT_CONNECTTIMEOUT, timeout);
    curl_easy_setopt(d->curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, timeout);
    curl_easy_setopt(d->curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(d->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(d->curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(d->curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(d->curl, CURLOPT_DEBUGFUNCTION, watch);
    curl_easy_setopt(d->curl, CURLOPT_DEBUGDATA, d);
    CURLcode result = curl_easy_perform(d->curl);
    curl_easy_setopt(d->curl, CURLOPT_VERBOSE, 0L);
    if (result == CURLE_OK) {
        result = curl_easy_getinfo(d->curl, CURLINFO_ACTIVESOCKET, &d->socket);
    }
    return result == CURLE_OK && d->socket == CURL_SOCKET_BAD
               ? CURLE_COULDNT_CONNECT
               : result;
}

/* Says goodbye without waiting: curl would wait two minutes for a server
 * that is silent.  What it then tries on its own ends at once. */
static void
part(dialogue *d)
{
    static const char quit[] = "QUIT\r\n";
    size_t sent = 0;
    if (d->socket != CURL_SOCKET_BAD) {
        (void)curl_easy_send(d->curl, quit, strlen(quit), &sent);
        (void)shutdown(d->socket, SHUT_RDWR);
    }
}

static ch_smtp_outcome
outcome_of(const dialogue *d, gboolean said)
{
    if (said) {
        return CH_SMTP_SENT;
    }
    if (d->code / 100 == 4) {
        return CH_SMTP_LATER;
    }
    if (d->code / 100 == 5) {
        return CH_SMTP_REFUSED;
    }
    return d->ended ? CH_SMTP_UNKNOWN : CH_SMTP_LATER;
}

/* The message has curl's own words and the reply code; the reply's text may
 * name an address and stays in reply_out. */
static void
set_error(CURLcode result, const dialogue *d, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_IO, "SMTP: %s (last reply %d)",
                result != CURLE_OK ? curl_easy_strerror(result)
                : d->ended         ? "no 2xx to the end of data"
                                   : "the mail was not taken",
                d->code);
}

ch_smtp_outcome
ch_smtp_deliver(const ch_smtp_mail *mail, ch_smtp_reply *reply_out,
                GError **error)
{
    *reply_out = (ch_smtp_reply){.code = 0, .reply = g_strdup("")};
    g_autofree char *sender = dup_bare(mail->sender);
    g_autofree char *recipient = dup_bare(mail->recipient);
    if (*recipient == '\0' || !is_safe_address(sender) ||
        !is_safe_address(recipient)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                            "SMTP: an address cannot be sent to");
        return CH_SMTP_REFUSED;
    }
    g_autoptr(CURL) curl = curl_easy_init();
    dialogue d = {.curl = curl,
                  .socket = CURL_SOCKET_BAD,
                  .until_us = seconds_from_now(mail->timeout_s)};
    CURLcode result = curl != NULL ? connect_to(&d, mail->url, mail->timeout_s)
                                   : CURLE_FAILED_INIT;
    gboolean said = result == CURLE_OK && say_all(&d, mail);
    part(&d);
    g_free(reply_out->reply);
    reply_out->reply = g_strdup(d.line);
    reply_out->code = d.code;
    if (!said) {
        set_error(result, &d, error);
    }
    return outcome_of(&d, said);
}

gboolean
ch_smtp_send(const char *url, const char *sender, const char *recipient,
             GBytes *mail, guint timeout_s, ch_smtp_reply *reply_out,
             GError **error)
{
    const ch_smtp_mail m = {.url = url,
                            .sender = sender,
                            .recipient = recipient,
                            .mail = mail,
                            .timeout_s = timeout_s};
    return ch_smtp_deliver(&m, reply_out, error) == CH_SMTP_SENT;
}
