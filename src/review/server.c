/*
 * Between libmicrohttpd and the routes: headers in, response out.
 *
 * Threads: a small pool, each with its own epoll.  A thread for each
 * connection would let a slow client hold a thread; a single one would let
 * one password (a tenth of a second) delay everybody's queue.  Handlers are
 * short: the store answers in a millisecond.  What may wait for a reader of
 * attachments, cards and pictures, goes to threads of its own, and its
 * connection sleeps meanwhile: a post of hostile pictures delays nobody else.
 *
 * Every answer that this program makes carries the same protecting headers.
 * What libmicrohttpd answers by itself (a malformed request line, a header
 * beyond its memory) never holds anything that was sent.
 */
#include "server.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gio/gio.h>
#include <microhttpd.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define THREADS      4
#define SLOW_THREADS 4
#define BACKLOG      128
/* A body that is too large is read and thrown away up to here, so that the
 * client sees the answer; what goes on is cut off. */
#define MAX_DRAINED (4 * CH_MAX_HTTP_BODY)

struct ch_listener {
    ch_server *server;
    ch_watch *watch;
    struct MHD_Daemon *daemon;
    GMutex lock;       /* guards the rest */
    GThreadPool *slow; /* of incoming; NULL: it ends, nothing goes there */
};

/* One request on its way in. */
typedef struct {
    char *target;
    ch_request *request;
    gsize drained;
    struct MHD_Connection *connection; /* while it sleeps */
    struct MHD_Response *answer;       /* made meanwhile, or NULL */
    unsigned int status;
} incoming;

/* --- headers -------------------------------------------------------------- */

static const char *const always[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
     " connect-src 'self'; form-action 'self'; base-uri 'none';"
     " frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "camera=(), microphone=(), geolocation=(), payment=()"},
};

static void
add_headers(struct MHD_Response *out, const ch_response *r, gboolean secure)
{
    for (guint i = 0; i < G_N_ELEMENTS(always); i++) {
        MHD_add_response_header(out, always[i][0], always[i][1]);
    }
    MHD_add_response_header(out, "Content-Type", r->type);
    MHD_add_response_header(out, "Cache-Control",
                            r->keep ? "max-age=3600" : "no-store");
    if (secure) {
        MHD_add_response_header(out, "Strict-Transport-Security",
                                "max-age=31536000");
    }
    if (r->location != NULL) {
        MHD_add_response_header(out, "Location", r->location);
    }
    if (r->allow != NULL) {
        MHD_add_response_header(out, "Allow", r->allow);
    }
    if (r->attachment != NULL) {
        g_autofree char *value =
            g_strdup_printf("attachment; filename=\"%s\"", r->attachment);
        MHD_add_response_header(out, "Content-Disposition", value);
    }
    if (r->cost_us > 0) {
        g_autofree char *value = g_strdup_printf("app;dur=%.3f, cpu;dur=%.3f",
                                                 (double)r->cost_us / 1000.0,
                                                 (double)r->work_us / 1000.0);
        MHD_add_response_header(out, "Server-Timing", value);
    }
    if (r->retry_s > 0) {
        g_autofree char *value = g_strdup_printf("%d", r->retry_s);
        MHD_add_response_header(out, "Retry-After", value);
    }
    for (guint i = 0; i < r->cookies->len; i++) {
        MHD_add_response_header(out, "Set-Cookie",
                                g_ptr_array_index(r->cookies, i));
    }
}

/* NULL: there is no memory.  Takes the body.  Owned. */
static struct MHD_Response *
make_response(ch_response *r, gboolean secure)
{
    gsize length = r->body->len;
    char *data = g_string_free(g_steal_pointer(&r->body), FALSE);
    struct MHD_Response *out =
        MHD_create_response_from_buffer(length, data, MHD_RESPMEM_MUST_FREE);
    if (out == NULL) {
        g_free(data);
        return NULL;
    }
    add_headers(out, r, secure);
    return out;
}

/* Takes the answer. */
static enum MHD_Result
send_answer(struct MHD_Connection *connection, incoming *in)
{
    if (in->answer == NULL) {
        return MHD_NO;
    }
    enum MHD_Result result =
        MHD_queue_response(connection, in->status, in->answer);
    MHD_destroy_response(g_steal_pointer(&in->answer));
    return result;
}

/* --- who asks ------------------------------------------------------------- */

static const char *
header(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* "192.0.2.1", of the socket.  Owned. */
static char *
dup_peer(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[NI_MAXHOST] = "-";
    if (info != NULL && info->client_addr != NULL) {
        socklen_t length = info->client_addr->sa_family == AF_INET6
                               ? sizeof(struct sockaddr_in6)
                               : sizeof(struct sockaddr_in);
        (void)getnameinfo(info->client_addr, length, text, sizeof text, NULL, 0,
                          NI_NUMERICHOST);
    }
    return g_strdup(text);
}

static gboolean
is_proxy(const ch_config *config, const char *peer)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(peer);
    for (guint i = 0; address != NULL && config->review_proxies[i] != NULL;
         i++) {
        g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(
            config->review_proxies[i], NULL);
        if (mask != NULL && g_inet_address_mask_matches(mask, address)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The client's address: the peer's, or what a proxy of ours added last. */
static char *
dup_client(const ch_config *config, struct MHD_Connection *connection,
           gboolean *by_proxy_out)
{
    char *peer = dup_peer(connection);
    const char *forwarded = header(connection, "X-Forwarded-For");
    *by_proxy_out = is_proxy(config, peer);
    if (!*by_proxy_out || forwarded == NULL) {
        return peer;
    }
    const char *comma = strrchr(forwarded, ',');
    g_autofree char *last =
        g_strstrip(g_strdup(comma != NULL ? comma + 1 : forwarded));
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(last);
    if (address == NULL) {
        return peer;
    }
    g_free(peer);
    return g_inet_address_to_string(address);
}

/* --- a request ------------------------------------------------------------ */

static enum MHD_Result
add_cookie_header(void *cls, enum MHD_ValueKind kind, const char *key,
                  const char *value)
{
    (void)kind;
    if (value != NULL && g_ascii_strcasecmp(key, "Cookie") == 0) {
        ch_request_add_cookies(cls, value);
    }
    return MHD_YES;
}

static void
ctx_clear(ch_ctx *c)
{
    ch_session_free(c->session);
    g_free(c->token);
    g_free(c->arg);
    g_free(c->response->location);
    g_free(c->response->attachment);
    g_ptr_array_unref(c->response->cookies);
    if (c->response->body != NULL) {
        g_string_free(c->response->body, TRUE);
    }
}

/* What this thread has worked, whatever else the machine does. */
static gint64
thread_us(void)
{
    struct timespec t = {0, 0};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (gint64)t.tv_sec * G_USEC_PER_SEC + t.tv_nsec / 1000;
}

static void
make_answer(ch_listener *l, struct MHD_Connection *connection, incoming *in)
{
    ch_server *server = l->server;
    ch_request *request = in->request;
    gboolean by_proxy = FALSE;
    g_autofree char *address =
        dup_client(server->config, connection, &by_proxy);
    ch_response response = {
        .status = 500,
        .type = "text/plain; charset=utf-8",
        .cookies = g_ptr_array_new_with_free_func(g_free),
    };
    ch_ctx c = {.server = server,
                .config = server->config,
                .store = server->store,
                .request = request,
                .response = &response,
                .address = address,
                .header_csrf = header(connection, "X-CSRF-Token"),
                .header_lang = header(connection, "Accept-Language"),
                .proxy_login =
                    by_proxy && server->config->review_proxy_login[0]
                        ? header(connection, server->config->review_proxy_login)
                        : NULL,
                .now_us = g_get_real_time()};
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_cookie_header,
                              request);
    ch_request_end_body(request, header(connection, "Content-Type"));
    gint64 begin = g_get_monotonic_time(), work = thread_us();
    ch_route(&c);
    /* For those who are in anyway: what a page cost us. */
    if (c.session != NULL && c.session->complete) {
        response.cost_us = g_get_monotonic_time() - begin;
        response.work_us = thread_us() - work;
    }
    if (response.body == NULL) {
        response.body = g_string_new(NULL);
    }
    in->status = (unsigned int)response.status;
    in->answer = make_response(&response, server->secure);
    ctx_clear(&c);
}

static enum MHD_Result
answer_now(ch_listener *l, struct MHD_Connection *connection, incoming *in)
{
    make_answer(l, connection, in);
    return send_answer(connection, in);
}

/* --- slow ones ------------------------------------------------------------ */

static void
run_slow(gpointer data, gpointer listener)
{
    ch_listener *l = listener;
    incoming *in = data;
    g_mutex_lock(&l->lock);
    gboolean ends = l->slow == NULL;
    g_mutex_unlock(&l->lock);
    if (!ends) { /* else the connection ends without an answer */
        make_answer(l, in->connection, in);
    }
    /* libmicrohttpd asks on_request once more, for the answer. */
    MHD_resume_connection(in->connection);
}

/* FALSE: it has to be answered here. */
static gboolean
put_to_sleep(ch_listener *l, struct MHD_Connection *connection, incoming *in)
{
    g_mutex_lock(&l->lock);
    gboolean sleeps = l->slow != NULL && ch_route_is_slow(in->request);
    if (sleeps) {
        in->connection = connection;
        MHD_suspend_connection(connection);
        g_thread_pool_push(l->slow, in, NULL);
    }
    g_mutex_unlock(&l->lock);
    return sleeps;
}

/* --- a request, piece by piece -------------------------------------------- */

/* Called first, with the target as it came. */
static void *
on_target(void *cls, const char *target, struct MHD_Connection *connection)
{
    (void)cls;
    (void)connection;
    incoming *in = g_new0(incoming, 1);
    in->target = g_strdup(target);
    return in;
}

/* libmicrohttpd calls once with the headers, then for each piece of the body,
 * then once more: to answer.  An answer before the body is there closes the
 * connection, which is right for a body that says it is too large. */
static enum MHD_Result
on_request(void *cls, struct MHD_Connection *connection, const char *url,
           const char *method, const char *version, const char *data,
           size_t *length, void **own)
{
    ch_listener *l = cls;
    incoming *in = *own;
    (void)url;
    (void)version;
    if (in->request == NULL) {
        const char *said = header(connection, "Content-Length");
        guint64 size = 0;
        in->request = ch_request_new(method, in->target);
        if (said != NULL && (!g_ascii_string_to_unsigned(
                                 said, 10, 0, G_MAXINT64, &size, NULL) ||
                             size > CH_MAX_HTTP_BODY)) {
            in->request->status = 413;
            return answer_now(l, connection, in);
        }
        return MHD_YES;
    }
    if (*length == 0 && in->connection != NULL) {
        return send_answer(connection, in);
    }
    if (*length == 0) {
        return put_to_sleep(l, connection, in) ? MHD_YES
                                               : answer_now(l, connection, in);
    }
    in->drained += *length;
    ch_request_add_body(in->request, data, *length);
    *length = 0;
    return in->drained > MAX_DRAINED ? MHD_NO : MHD_YES;
}

static int
descriptor_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info != NULL ? info->connect_fd : -1;
}

static void
on_completed(void *cls, struct MHD_Connection *connection, void **own,
             enum MHD_RequestTerminationCode code)
{
    ch_listener *l = cls;
    incoming *in = *own;
    (void)code;
    if (in != NULL) {
        g_clear_pointer(&in->answer, MHD_destroy_response);
        g_free(in->target);
        ch_request_free(in->request);
        g_free(in);
        *own = NULL;
    }
    ch_watch_answered(l->watch, descriptor_of(connection));
}

static void
on_connection(void *cls, struct MHD_Connection *connection, void **own,
              enum MHD_ConnectionNotificationCode code)
{
    ch_listener *l = cls;
    (void)own;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        ch_watch_opened(l->watch, descriptor_of(connection));
    } else {
        ch_watch_closed(l->watch, descriptor_of(connection));
    }
}

/* --- start and end -------------------------------------------------------- */

int
ch_listen_open(const char *listen_on, GError **error)
{
    const char *colon = strrchr(listen_on, ':');
    g_autofree char *host = g_strndup(listen_on, (gsize)(colon - listen_on));
    gsize length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        memmove(host, host + 1, length - 2);
        host[length - 2] = '\0';
    }
    const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
                                   .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int on = 1;
    int code = getaddrinfo(host, colon + 1, &hints, &found);
    if (code != 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG, "review.listen %s: %s",
                    listen_on, gai_strerror(code));
        return -1;
    }
    int fd =
        socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    gboolean ok =
        fd >= 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        listen(fd, BACKLOG) == 0;
    if (!ok) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE,
                    "cannot listen on review.listen %s: %s", listen_on,
                    g_strerror(errno));
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* Texts of libmicrohttpd may name what a client sent: none is logged. */
static void
say_nothing(void *cls, const char *format, va_list args)
{
    (void)cls;
    (void)format;
    (void)args;
}

static void
end_slow_ones(ch_listener *l)
{
    g_mutex_lock(&l->lock);
    GThreadPool *slow = g_steal_pointer(&l->slow);
    g_mutex_unlock(&l->lock);
    g_thread_pool_free(slow, FALSE, TRUE);
}

static void
listener_free(ch_listener *l)
{
    ch_watch_free(l->watch);
    g_mutex_clear(&l->lock);
    g_free(l);
}

ch_listener *
ch_listener_start(ch_server *server, int fd, const char *certificate,
                  const char *key, GError **error)
{
    ch_listener *l = g_new0(ch_listener, 1);
    l->server = server;
    l->watch = ch_watch_new(&server->numbers.deadlines);
    g_mutex_init(&l->lock);
    l->slow = g_thread_pool_new(run_slow, l, SLOW_THREADS, FALSE, NULL);
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)key},
        {MHD_OPTION_END, 0, NULL}};
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG |
                         MHD_ALLOW_SUSPEND_RESUME |
                         (certificate != NULL ? MHD_USE_TLS : 0);
    l->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER,
        say_nothing, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned int)THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CH_MAX_HTTP_CONNECTIONS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)CH_HTTP_IDLE_S,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CH_MAX_HTTP_HEADER,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, l, MHD_OPTION_ARRAY,
        certificate != NULL ? tls : tls + 2, MHD_OPTION_END);
    if (l->daemon == NULL) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_CONFIG,
                            "the web server does not start; are the files of "
                            "review.tls a certificate and its key?");
        end_slow_ones(l);
        listener_free(l);
        close(fd);
        return NULL;
    }
    return l;
}

void
ch_listener_stop(ch_listener *l)
{
    end_slow_ones(l); /* none may sleep when the daemon ends */
    MHD_stop_daemon(l->daemon);
    listener_free(l);
}
