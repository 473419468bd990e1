/*
 * Drives a milter as an MTA does and says how fast it answered, and what.
 *
 *   milterload --socket unix:/run/x.sock --mail DIR [--messages N]
 *              [--connections N] [--per-connection N] [--check]
 *
 * Each connection is a thread that sends one message after the other and
 * waits for its final reply: as fast as the milter lets it.  Prints one JSON
 * object: messages a second, milliseconds from MAIL to the final reply and
 * from connecting to it, replies by kind, errors.  --check compares each
 * reply with the file's name (accept-, tag-, quarantine-, reject-, out-).
 *
 * Exit code: 0 if all messages were answered (and rightly, with --check).
 * Fast answers that are wrong are worth nothing.
 */
#include "load_session.h"

#include <locale.h>
#include <signal.h>
#include <sysexits.h>

typedef struct {
    char *socket, *mail;
    int messages, connections, per_connection, seconds, timeout;
    gboolean check;
} options;

typedef struct {
    const options *o;
    const GPtrArray *mails; /* of load_mail, shuffled */
    gint next;              /* atomic: the message to be sent next */
    gint64 base;            /* number of the first message */
    gint64 deadline_us;     /* no message is begun after it */
    double *message_ms;     /* of each message; below 0: none */
    double *session_ms;     /* of the first message of each connection */
    GMutex lock;            /* guards what follows */
    guint replies[LOAD_REPLIES];
    guint errors, wrong;
    gsize bytes;
    char *first_error, *first_wrong;
} load;

static double
ms_since(gint64 start_us)
{
    return (double)(g_get_monotonic_time() - start_us) / 1000;
}

/* --- sending ------------------------------------------------------------- */

static void
count_reply(load *l, const load_mail *mail, load_reply reply)
{
    gboolean wrong =
        l->o->check && !g_str_equal(mail->expected, load_reply_name(reply));
    g_mutex_lock(&l->lock);
    l->replies[reply]++;
    l->bytes += mail->bytes;
    l->wrong += wrong ? 1 : 0;
    if (wrong && l->first_wrong == NULL) {
        l->first_wrong =
            g_strdup_printf("%s: %s", mail->file, load_reply_name(reply));
    }
    g_mutex_unlock(&l->lock);
}

static void
count_error(load *l, const GError *error)
{
    g_mutex_lock(&l->lock);
    l->errors++;
    if (l->first_error == NULL) {
        l->first_error = g_strdup(error != NULL ? error->message : "protocol");
    }
    g_mutex_unlock(&l->lock);
}

/* Sends message i; FALSE: the session is of no use any more. */
static gboolean
send_one(load *l, load_session *session, gint i, gint64 opened_us)
{
    g_autoptr(GError) error = NULL;
    const load_mail *mail = l->mails->pdata[(guint)i % l->mails->len];
    load_reply reply = LOAD_ACCEPT;
    gint64 start = g_get_monotonic_time();
    if (!load_session_send(session, mail, (guint64)(l->base + i), &reply,
                           &error)) {
        count_error(l, error);
        return FALSE;
    }
    l->message_ms[i] = ms_since(start);
    if (opened_us >= 0) {
        l->session_ms[i] = ms_since(opened_us);
    }
    count_reply(l, mail, reply);
    return TRUE;
}

/* The next message's number, or -1. */
static gint
take_next(load *l)
{
    gint i = g_atomic_int_add(&l->next, 1);
    return i < l->o->messages && g_get_monotonic_time() < l->deadline_us ? i
                                                                         : -1;
}

/* One connection after the other, per_connection messages on each. */
static gpointer
run_connections(gpointer data)
{
    load *l = data;
    gint i = take_next(l);
    while (i >= 0) {
        g_autoptr(GError) error = NULL;
        gint64 opened = g_get_monotonic_time();
        load_session *session =
            load_session_open(l->o->socket, (guint)l->o->timeout, &error);
        if (session == NULL) {
            count_error(l, error);
            i = take_next(l);
            continue;
        }
        gboolean ok = TRUE;
        for (int sent = 0; ok && i >= 0 && sent < l->o->per_connection;
             sent++) {
            ok = send_one(l, session, i, sent == 0 ? opened : -1);
            i = take_next(l);
        }
        load_session_close(session);
    }
    return NULL;
}

static double
run(load *l)
{
    g_autofree GThread **threads = g_new(GThread *, (gsize)l->o->connections);
    gint64 start = g_get_monotonic_time();
    l->deadline_us = start + (gint64)l->o->seconds * G_USEC_PER_SEC;
    for (int i = 0; i < l->o->connections; i++) {
        threads[i] = g_thread_new("connection", run_connections, l);
    }
    for (int i = 0; i < l->o->connections; i++) {
        g_thread_join(threads[i]);
    }
    return ms_since(start) / 1000;
}

/* --- telling ------------------------------------------------------------- */

static int
compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void
print_times(const char *name, double *ms, guint n)
{
    guint missing = 0;
    qsort(ms, n, sizeof *ms, compare_doubles);
    while (missing < n && ms[missing] < 0) {
        missing++;
    }
    const double *known = ms + missing;
    guint count = n - missing;
    if (count > 0) {
        double last = (double)(count - 1);
        g_print("\"%s\":{\"p50\":%.4f,\"p90\":%.4f,\"p99\":%.4f,"
                "\"max\":%.4f},",
                name, known[(guint)(last * 0.5 + 0.5)],
                known[(guint)(last * 0.9 + 0.5)],
                known[(guint)(last * 0.99 + 0.5)], known[count - 1]);
    }
}

static void
print_text(const char *name, const char *text)
{
    if (text != NULL) {
        g_autofree char *escaped = g_strescape(text, NULL);
        g_print("\"%s\":\"%s\",", name, escaped);
    }
}

static guint
print_result(load *l, double seconds)
{
    guint answered = 0;
    guint messages = (guint)l->o->messages;
    for (guint i = 0; i < LOAD_REPLIES; i++) {
        answered += l->replies[i];
    }
    g_print("{\"messages\":%u,\"answered\":%u,\"errors\":%u,\"wrong\":%u,"
            "\"seconds\":%.4f,\"per_second\":%.2f,\"mb_per_second\":%.3f,",
            messages, answered, l->errors, l->wrong, seconds,
            answered / seconds, (double)l->bytes / 1e6 / seconds);
    print_times("message_ms", l->message_ms, messages);
    print_times("session_ms", l->session_ms, messages);
    print_text("first_error", l->first_error);
    print_text("first_wrong", l->first_wrong);
    g_print("\"replies\":{");
    for (guint i = 0; i < LOAD_REPLIES; i++) {
        g_print("%s\"%s\":%u", i > 0 ? "," : "", load_reply_name(i),
                l->replies[i]);
    }
    g_print("}}\n");
    return answered;
}

/* --- options ------------------------------------------------------------- */

static gboolean
parse(options *o, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        {"socket", 0, 0, G_OPTION_ARG_STRING, &o->socket,
         "Of the milter: unix:/path or inet:PORT@IPV4", "SOCKET"},
        {"mail", 0, 0, G_OPTION_ARG_FILENAME, &o->mail,
         "Directory of .eml files", "DIR"},
        {"messages", 0, 0, G_OPTION_ARG_INT, &o->messages,
         "How many to send (each file once)", "N"},
        {"connections", 0, 0, G_OPTION_ARG_INT, &o->connections,
         "At a time (1)", "N"},
        {"per-connection", 0, 0, G_OPTION_ARG_INT, &o->per_connection,
         "Messages on one connection (1)", "N"},
        {"seconds", 0, 0, G_OPTION_ARG_INT, &o->seconds,
         "Begin no message later (300)", "N"},
        {"timeout", 0, 0, G_OPTION_ARG_INT, &o->timeout,
         "Seconds that one reply may take (30)", "N"},
        {"check", 0, 0, G_OPTION_ARG_NONE, &o->check,
         "Compare replies with the files' names", NULL},
        G_OPTION_ENTRY_NULL};
    g_autoptr(GOptionContext) context = g_option_context_new("");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, argc, argv, error)) {
        return FALSE;
    }
    if (*argc > 1 || o->socket == NULL || o->mail == NULL || o->messages < 0 ||
        o->connections < 1 || o->connections > 1000 || o->per_connection < 1 ||
        o->seconds < 1 || o->timeout < 1) {
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            "--socket and --mail are needed, numbers are "
                            "above 0; see --help");
        return FALSE;
    }
    return TRUE;
}

/* The same order in each run: no kind of message comes in a block. */
static void
shuffle(GPtrArray *mails)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(4);
    for (guint i = mails->len; i > 1; i--) {
        guint j = (guint)g_rand_int_range(rand, 0, (gint32)i);
        gpointer kept = mails->pdata[i - 1];
        mails->pdata[i - 1] = mails->pdata[j];
        mails->pdata[j] = kept;
    }
}

static double *
new_times(int n)
{
    double *ms = g_new(double, (gsize)n);
    for (int i = 0; i < n; i++) {
        ms[i] = -1;
    }
    return ms;
}

int
main(int argc, char **argv)
{
    options o = {
        .connections = 1, .per_connection = 1, .seconds = 300, .timeout = 30};
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) mails = NULL;
    setlocale(LC_CTYPE, "C.UTF-8");
    signal(SIGPIPE, SIG_IGN);
    if (!parse(&o, &argc, &argv, &error) ||
        (mails = load_mail_read_directory(o.mail, &error)) == NULL) {
        g_printerr("milterload: %s\n", error->message);
        return EX_USAGE;
    }
    o.messages = o.messages > 0 ? o.messages : (int)mails->len;
    shuffle(mails);
    load l = {.o = &o,
              .mails = mails,
              .base = g_get_real_time(), /* no number twice in the store */
              .message_ms = new_times(o.messages),
              .session_ms = new_times(o.messages)};
    g_mutex_init(&l.lock);
    double seconds = run(&l);
    guint answered = print_result(&l, seconds);
    g_free(l.message_ms);
    g_free(l.session_ms);
    g_free(l.first_error);
    g_free(l.first_wrong);
    g_free(o.socket);
    g_free(o.mail);
    return answered == (guint)o.messages && l.wrong == 0 ? EX_OK : EX_DATAERR;
}
