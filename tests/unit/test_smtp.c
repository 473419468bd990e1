/*
 * Sending, against a peer in a thread that follows a script on loopback.
 */
#include "chaperone/smtp.h"

#include "store_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the peer answers; NULL: it closes the connection instead. */
typedef struct {
    const char *greeting, *mail, *rcpt, *data, *end;
    gboolean hang_at_end;
    const char *ehlo; /* NULL: no extensions */
} script;

typedef struct {
    const script *script;
    int listener;
    guint16 port;
    GString *heard; /* everything that the client said */
    GThread *thread;
} peer;

static gboolean
say(int fd, const char *text)
{
    return text != NULL &&
           send(fd, text, strlen(text), MSG_NOSIGNAL) == (gssize)strlen(text);
}

/* One line with its CR LF into line; FALSE at the end of the connection. */
static gboolean
hear(int fd, GString *line)
{
    char c;
    g_string_truncate(line, 0);
    while (recv(fd, &c, 1, 0) == 1) {
        g_string_append_c(line, c);
        if (c == '\n') {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
hear_data(peer *p, int fd, GString *line)
{
    while (hear(fd, line)) {
        g_string_append(p->heard, line->str);
        if (strcmp(line->str, ".\r\n") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
answer(peer *p, int fd, GString *line)
{
    const script *s = p->script;
    g_string_append(p->heard, line->str);
    if (g_str_has_prefix(line->str, "EHLO")) {
        return say(fd, s->ehlo != NULL ? s->ehlo : "250 peer.example\r\n");
    }
    if (g_str_has_prefix(line->str, "MAIL")) {
        return say(fd, s->mail);
    }
    if (g_str_has_prefix(line->str, "RCPT")) {
        return say(fd, s->rcpt);
    }
    if (g_str_has_prefix(line->str, "DATA")) {
        if (!say(fd, s->data) || s->data[0] != '3') {
            return s->data != NULL;
        }
        if (!hear_data(p, fd, line)) {
            return FALSE;
        }
        if (s->hang_at_end) {
            return !hear(fd, line); /* until the client goes away */
        }
        return say(fd, s->end);
    }
    return say(fd, "221 2.0.0 Bye\r\n");
}

static gpointer
serve(gpointer data)
{
    peer *p = data;
    struct timeval limit = {.tv_sec = 10};
    g_autoptr(GString) line = g_string_new(NULL);
    int fd = accept(p->listener, NULL, NULL);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    gboolean on = say(fd, p->script->greeting);
    while (on && hear(fd, line)) {
        on = answer(p, fd, line);
    }
    close(fd);
    return NULL;
}

static void
peer_start(peer *p, const script *s)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *p = (peer){.script = s, .heard = g_string_new(NULL)};
    p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        bind(p->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(p->listener, 1), 0);
    assert_int_equal(
        getsockname(p->listener, (struct sockaddr *)&address, &length), 0);
    p->port = ntohs(address.sin_port);
    p->thread = g_thread_new("peer", serve, p);
}

/* Ends the peer; what it heard.  Owned. */
static char *
peer_finish(peer *p)
{
    g_thread_join(p->thread);
    close(p->listener);
    return g_string_free(p->heard, FALSE);
}

#define HELLO "220 peer.example\r\n"
#define FINE  "250 2.1.0 Ok\r\n"
#define GO    "354 Go on\r\n"

static void
success_is_only_2xx_to_the_end_of_data(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        script script;
        gboolean sent;
        int code;
        const char *reply;
    } rows[] = {
        {"taken",
         {HELLO, FINE, FINE, GO, "250 2.0.0 Queued\r\n", FALSE, NULL},
         TRUE,
         250,
         "250 2.0.0 Queued"},
        {"several lines",
         {HELLO, FINE, FINE, GO, "250-one\r\n250 two\r\n", FALSE, NULL},
         TRUE,
         250,
         "250 two"},
        {"452 at the end",
         {HELLO, FINE, FINE, GO, "452 4.3.1 Full\r\n", FALSE, NULL},
         FALSE,
         452,
         "452 4.3.1 Full"},
        {"550 at the end",
         {HELLO, FINE, FINE, GO, "550 5.7.1 No\r\n", FALSE, NULL},
         FALSE,
         550,
         "550 5.7.1 No"},
        {"550 to the recipient",
         {HELLO, FINE, "550 5.1.1 Who\r\n", GO, FINE, FALSE, NULL},
         FALSE,
         550,
         "550 5.1.1 Who"},
        {"450 to the sender",
         {HELLO, "450 4.1.8 Later\r\n", FINE, GO, FINE, FALSE, NULL},
         FALSE,
         450,
         "450 4.1.8 Later"},
        {"554 to DATA",
         {HELLO, FINE, FINE, "554 5.5.1 No\r\n", FINE, FALSE, NULL},
         FALSE,
         554,
         "554 5.5.1 No"},
        {"421 as greeting",
         {"421 4.3.2 Busy\r\n", FINE, FINE, GO, FINE, FALSE, NULL},
         FALSE,
         421,
         "421 4.3.2 Busy"},
        {"lost after DATA",
         {HELLO, FINE, FINE, GO, NULL, FALSE, NULL},
         FALSE,
         354,
         "354 Go on"},
        {"lost at once",
         {NULL, FINE, FINE, GO, FINE, FALSE, NULL},
         FALSE,
         0,
         ""},
        {"control bytes in the reply",
         {HELLO, FINE, FINE, GO, "550 a\x1b[1mb\xc3\xa9\r\n", FALSE, NULL},
         FALSE,
         550,
         "550 a?[1mb??"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) mail = bytes_of("Subject: x\r\n\r\nbody\r\n");
        ch_smtp_reply reply;
        peer p;
        peer_start(&p, &rows[i].script);
        g_autofree char *url = g_strdup_printf("smtp://127.0.0.1:%u", p.port);
        gboolean sent = ch_smtp_send(url, "", "ana@practice.example", mail, 5,
                                     &reply, &error);
        g_free(peer_finish(&p));
        if (sent != rows[i].sent || reply.code != rows[i].code ||
            strcmp(reply.reply, rows[i].reply) != 0) {
            fail_msg("%s: %d, %d, %s", rows[i].name, sent, reply.code,
                     reply.reply);
        }
        if (!sent) {
            assert_null(strstr(error->message, "practice.example"));
            assert_error_code(&error, CH_ERROR_IO);
        }
        ch_smtp_reply_clear(&reply);
        assert_null(reply.reply);
    }
}

static void
the_peer_hears_the_mail_as_it_is(void **state)
{
    (void)state;
    static const script taken = {HELLO, FINE, FINE, GO, FINE, FALSE, NULL};
    static const struct {
        const char *sender, *mail_line;
    } rows[] = {{"", "MAIL FROM:<>"},
                {"chaperone@practice.example",
                 "MAIL FROM:<chaperone@practice.example>"}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) mail =
            bytes_of("Subject: x\r\n\r\n.dot\r\n..\r\nend\r\n");
        ch_smtp_reply reply;
        peer p;
        peer_start(&p, &taken);
        g_autofree char *url = g_strdup_printf("smtp://127.0.0.1:%u", p.port);
        assert_true(ch_smtp_send(url, rows[i].sender, "ana@practice.example",
                                 mail, 5, &reply, &error));
        g_autofree char *heard = peer_finish(&p);
        g_autofree char *hello =
            g_strconcat("EHLO ", g_get_host_name(), "\r\n", NULL);
        assert_true(g_str_has_prefix(heard, hello));
        assert_non_null(strstr(heard, rows[i].mail_line));
        assert_non_null(strstr(heard, "RCPT TO:<ana@practice.example>\r\n"));
        assert_non_null(strstr(heard, "Subject: x\r\n\r\n..dot\r\n...\r\n"
                                      "end\r\n.\r\n"));
        ch_smtp_reply_clear(&reply);
    }
}

static void
a_silent_peer_is_left_after_the_timeout(void **state)
{
    (void)state;
    static const script silent = {HELLO, FINE, FINE, GO, NULL, TRUE, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = bytes_of("Subject: x\r\n\r\nbody\r\n");
    ch_smtp_reply reply;
    peer p;
    peer_start(&p, &silent);
    g_autofree char *url = g_strdup_printf("smtp://127.0.0.1:%u", p.port);
    gint64 start = g_get_monotonic_time();
    assert_false(
        ch_smtp_send(url, "", "a@practice.example", mail, 1, &reply, &error));
    gint64 took = g_get_monotonic_time() - start;
    assert_error_code(&error, CH_ERROR_IO);
    assert_in_range(took, 900000, 3000000);
    assert_int_equal(reply.code, 354);
    ch_smtp_reply_clear(&reply);
    g_free(peer_finish(&p));
}

static void
nobody_there_is_an_io_error(void **state)
{
    (void)state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = bytes_of("Subject: x\r\n\r\nbody\r\n");
    ch_smtp_reply reply;
    assert_false(ch_smtp_send("smtp://127.0.0.1:1", "", "a@practice.example",
                              mail, 2, &reply, &error));
    assert_error_code(&error, CH_ERROR_IO);
    assert_int_equal(reply.code, 0);
    assert_string_equal(reply.reply, "");
    ch_smtp_reply_clear(&reply);
}

static void
addresses_cannot_carry_commands(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",          "a@b.example\r\nRSET", "a@b.example\n",
        "a b@c.ex",  "a@b.example>",        "<a@b.example",
        "a\x7f@b.c", "a@b.example\t"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) mail = bytes_of("x\r\n");
        ch_smtp_reply reply;
        assert_false(ch_smtp_send("smtp://127.0.0.1:1", "", bad[i], mail, 1,
                                  &reply, &error));
        assert_error_code(&error, CH_ERROR_INPUT);
        ch_smtp_reply_clear(&reply);
        if (bad[i][0] != '\0') {
            assert_false(ch_smtp_send("smtp://127.0.0.1:1", bad[i],
                                      "a@b.example", mail, 1, &reply, &error));
            assert_error_code(&error, CH_ERROR_INPUT);
            ch_smtp_reply_clear(&reply);
        }
    }
}

/* What the server has is said by its reply alone once the dot is out. */
static void
the_outcome_says_what_the_server_has(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        script script;
        ch_smtp_outcome outcome;
    } rows[] = {
        {"taken", {HELLO, FINE, FINE, GO, FINE, FALSE, NULL}, CH_SMTP_SENT},
        {"another 2xx",
         {HELLO, FINE, FINE, GO, "251 2.0.0 Ok\r\n", FALSE, NULL},
         CH_SMTP_SENT},
        {"452 at the end",
         {HELLO, FINE, FINE, GO, "452 4.3.1 Full\r\n", FALSE, NULL},
         CH_SMTP_LATER},
        {"452 to the recipient",
         {HELLO, FINE, "452 4.3.1 Full\r\n", GO, FINE, FALSE, NULL},
         CH_SMTP_LATER},
        {"554 at the end",
         {HELLO, FINE, FINE, GO, "554 5.7.1 No\r\n", FALSE, NULL},
         CH_SMTP_REFUSED},
        {"lost after the dot",
         {HELLO, FINE, FINE, GO, NULL, FALSE, NULL},
         CH_SMTP_UNKNOWN},
        {"silent after the dot",
         {HELLO, FINE, FINE, GO, NULL, TRUE, NULL},
         CH_SMTP_UNKNOWN},
        {"lost within the last reply",
         {HELLO, FINE, FINE, GO, "250-2.0.0 Ok\r\n", TRUE, NULL},
         CH_SMTP_UNKNOWN},
        {"no reply but words after the dot",
         {HELLO, FINE, FINE, GO, "hello\r\n", FALSE, NULL},
         CH_SMTP_UNKNOWN},
        {"lost after MAIL",
         {HELLO, NULL, FINE, GO, FINE, FALSE, NULL},
         CH_SMTP_LATER},
        {"lost before DATA is allowed",
         {HELLO, FINE, FINE, NULL, FINE, FALSE, NULL},
         CH_SMTP_LATER},
        {"lost at once",
         {NULL, FINE, FINE, GO, FINE, FALSE, NULL},
         CH_SMTP_LATER},
        {"554 as greeting",
         {"554 5.3.2 No\r\n", FINE, FINE, GO, FINE, FALSE, NULL},
         CH_SMTP_REFUSED},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) mail = bytes_of("Subject: x\r\n\r\nbody\r\n");
        ch_smtp_reply reply;
        peer p;
        peer_start(&p, &rows[i].script);
        g_autofree char *url = g_strdup_printf("smtp://127.0.0.1:%u", p.port);
        const ch_smtp_mail m = {.url = url,
                                .sender = "<a@practice.example>",
                                .recipient = "<ana@practice.example>",
                                .mail = mail,
                                .timeout_s = 1};
        ch_smtp_outcome outcome = ch_smtp_deliver(&m, &reply, &error);
        g_free(peer_finish(&p));
        if (outcome != rows[i].outcome) {
            fail_msg("%s: %d, %s", rows[i].name, (int)outcome, reply.reply);
        }
        assert_int_equal(error == NULL, outcome == CH_SMTP_SENT);
        ch_smtp_reply_clear(&reply);
    }
}

#define OFFERS                                                                 \
    "250-peer.example\r\n250-SIZE 1000\r\n250-8BITMIME\r\n"                    \
    "250-SMTPUTF8\r\n250 DSN\r\n"

static void
parameters_go_where_they_are_offered(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ehlo, *sender, *recipient, *header, *mail;
        gboolean never, utf8;
        const char *from, *to, *data;
    } rows[] = {
        {"everything", OFFERS, "<a@b.example>", "<c@d.example>", "X-One: 1\r\n",
         "S: \xc3\xb1\r\n\r\nx\r\n", TRUE, TRUE,
         "MAIL FROM:<a@b.example> BODY=8BITMIME SMTPUTF8 SIZE=22\r\n",
         "RCPT TO:<c@d.example> NOTIFY=NEVER\r\n",
         "\r\nX-One: 1\r\nS: \xc3\xb1\r\n\r\nx\r\n.\r\n"},
        {"nothing asked for", OFFERS, "", "c@d.example", NULL, "x\r\n", FALSE,
         FALSE, "MAIL FROM:<> SIZE=3\r\n", "RCPT TO:<c@d.example>\r\n",
         "\r\nx\r\n.\r\n"},
        {"an address in UTF-8", OFFERS, "", "ni\xc3\xb1o@d.example", NULL,
         "x\r\n", FALSE, FALSE, "MAIL FROM:<> SMTPUTF8 SIZE=3\r\n",
         "RCPT TO:<ni\xc3\xb1o@d.example>\r\n", "\r\nx\r\n.\r\n"},
        {"nothing offered", NULL, "<a@b.example>", "<c@d.example>", NULL,
         "\xc3\xb1\r\n", TRUE, TRUE, "MAIL FROM:<a@b.example>\r\n",
         "RCPT TO:<c@d.example>\r\n", "\r\n\xc3\xb1\r\n.\r\n"},
        {"quotes and a route", NULL, "", "<@x.example:\"a b\"@d.example>", NULL,
         "x\r\n", FALSE, FALSE, "MAIL FROM:<>\r\n",
         "RCPT TO:<@x.example:\"a b\"@d.example>\r\n", "\r\nx\r\n.\r\n"},
        {"lone LF and no end", NULL, "", "c@d.example", NULL, "a\n.\r\n.b\n.c",
         FALSE, FALSE, "MAIL FROM:<>\r\n", "RCPT TO:<c@d.example>\r\n",
         "\r\na\r\n..\r\n..b\r\n..c\r\n.\r\n"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        script s = {HELLO, FINE, FINE, GO, FINE, FALSE, rows[i].ehlo};
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) mail = bytes_of(rows[i].mail);
        ch_smtp_reply reply;
        peer p;
        peer_start(&p, &s);
        g_autofree char *url = g_strdup_printf("smtp://127.0.0.1:%u", p.port);
        const ch_smtp_mail m = {.url = url,
                                .sender = rows[i].sender,
                                .recipient = rows[i].recipient,
                                .header = rows[i].header,
                                .mail = mail,
                                .never_notify = rows[i].never,
                                .utf8 = rows[i].utf8,
                                .timeout_s = 5};
        ch_smtp_outcome outcome = ch_smtp_deliver(&m, &reply, &error);
        g_autofree char *heard = peer_finish(&p);
        assert_int_equal(outcome, CH_SMTP_SENT);
        if (strstr(heard, rows[i].from) == NULL ||
            strstr(heard, rows[i].to) == NULL ||
            strstr(heard, rows[i].data) == NULL) {
            fail_msg("%s: %s", rows[i].name, heard);
        }
        ch_smtp_reply_clear(&reply);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(success_is_only_2xx_to_the_end_of_data),
        cmocka_unit_test(the_peer_hears_the_mail_as_it_is),
        cmocka_unit_test(a_silent_peer_is_left_after_the_timeout),
        cmocka_unit_test(nobody_there_is_an_io_error),
        cmocka_unit_test(the_outcome_says_what_the_server_has),
        cmocka_unit_test(parameters_go_where_they_are_offered),
        cmocka_unit_test(addresses_cannot_carry_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
