/*
 * One mail to one recipient, by libcurl.
 *
 * Used by the housekeeping thread for what waits in the outbox.  Success is
 * only a 2xx to the end of data: a connection lost one byte earlier is a
 * failure, and the mail is sent again.  No signals, no proxy, no netrc: only
 * the server of the configuration is ever asked.
 */
#include "chaperone/smtp.h"

#include "chaperone/error.h"

#include <curl/curl.h>
#include <string.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)

/* Bytes of a reply line that are kept; RFC 5321 4.5.3.1.5 allows 512. */
#define MAX_REPLY 200

typedef struct {
    const char *data;
    gsize left;
} upload;

typedef struct {
    int code;
    char line[MAX_REPLY + 1];
    gboolean ended; /* we said QUIT: what follows is no answer to the mail */
} conversation;

void
ch_smtp_reply_clear(ch_smtp_reply *reply)
{
    reply->code = 0;
    g_clear_pointer(&reply->reply, g_free);
}

static size_t
read_mail(char *buffer, size_t size, size_t count, void *data)
{
    upload *u = data;
    gsize n = MIN(size * count, u->left);
    if (n > 0) {
        memcpy(buffer, u->data, n);
    }
    u->data += n;
    u->left -= n;
    return n;
}

/* A reply line: three digits, then blank, minus or the end. */
static void
note_reply(conversation *c, const char *line, gsize length)
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
        c->line[i] = g_ascii_isprint(line[i]) ? line[i] : '?';
    }
    c->line[length] = '\0';
    c->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

/* curl's report of the lines in both directions: the header callback alone
 * cannot tell the answer to QUIT from the answer to the mail. */
static int
watch(CURL *curl, curl_infotype type, char *data, size_t size, void *user)
{
    conversation *c = user;
    (void)curl;
    if (type == CURLINFO_HEADER_OUT && size >= 4 &&
        g_ascii_strncasecmp(data, "QUIT", 4) == 0) {
        c->ended = TRUE;
    }
    if (type == CURLINFO_HEADER_IN && !c->ended) {
        note_reply(c, data, size);
    }
    return 0;
}

/* What goes between < and > of a command: nothing that could end it. */
static gboolean
is_safe_address(const char *address)
{
    for (const char *p = address; *p != '\0'; p++) {
        guchar c = (guchar)*p;
        if (c <= 0x20 || c == 0x7f || c == '<' || c == '>') {
            return FALSE;
        }
    }
    return TRUE;
}

/* HELO takes its name from the path of the URL.  Owned. */
static char *
dup_url(const char *url)
{
    g_autofree char *host = g_uri_escape_string(g_get_host_name(), NULL, FALSE);
    gboolean slash = g_str_has_suffix(url, "/");
    return g_strconcat(url, slash ? "" : "/", host, NULL);
}

static void
set_limits(CURL *curl, guint timeout_s)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)timeout_s);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)timeout_s);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
}

static CURLcode
perform(CURL *curl, const char *url, const char *sender, const char *recipient,
        upload *mail, conversation *c)
{
    struct curl_slist *to = curl_slist_append(NULL, recipient);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender); /* "": <> */
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_mail);
    curl_easy_setopt(curl, CURLOPT_READDATA, mail);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->left);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, c);
    CURLcode result = curl_easy_perform(curl);
    curl_slist_free_all(to);
    return result;
}

/* The message has curl's own words and the reply code; the reply's text may
 * name an address and stays in reply_out. */
static gboolean
fail_smtp(CURLcode result, int code, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_IO, "SMTP: %s (last reply %d)",
                curl_easy_strerror(result), code);
    return FALSE;
}

gboolean
ch_smtp_send(const char *url, const char *sender, const char *recipient,
             GBytes *mail, guint timeout_s, ch_smtp_reply *reply_out,
             GError **error)
{
    *reply_out = (ch_smtp_reply){.code = 0, .reply = g_strdup("")};
    if (*recipient == '\0' || !is_safe_address(sender) ||
        !is_safe_address(recipient)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                            "SMTP: an address cannot be sent to");
        return FALSE;
    }
    upload u = {.left = 0};
    u.data = g_bytes_get_data(mail, &u.left);
    conversation c = {.code = 0};
    g_autofree char *full_url = dup_url(url);
    g_autoptr(CURL) curl = curl_easy_init();
    if (curl == NULL) {
        return fail_smtp(CURLE_FAILED_INIT, 0, error);
    }
    set_limits(curl, timeout_s);
    CURLcode result = perform(curl, full_url, sender, recipient, &u, &c);
    g_free(reply_out->reply);
    reply_out->reply = g_strdup(c.line);
    reply_out->code = c.code;
    if (result != CURLE_OK || c.code / 100 != 2) {
        return fail_smtp(result, c.code, error);
    }
    return TRUE;
}
