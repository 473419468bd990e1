/*
 * Typed log lines to syslog, the journal or stderr, as text or JSON.
 *
 * A sink is opened once and then only read, so that threads need no lock: a
 * line is one write.  There is no free text: see log.h.
 */
#include "chaperone/log.h"

#include "chaperone/error.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define MAX_VALUE 200
#define JOURNAL   "/run/systemd/journal/socket"

typedef enum {
    VALUE_TEXT,
    VALUE_COUNT,
    VALUE_TIME,
    VALUE_INT,
    VALUE_ERROR
} value_type;

static const struct {
    const char *name;
    value_type type;
} fields[CH_LOG_FIELD_COUNT] = {
    [CH_LOG_ID] = {"id", VALUE_TEXT},
    [CH_LOG_QUEUE_ID] = {"queue_id", VALUE_TEXT},
    [CH_LOG_AUTHOR] = {"author", VALUE_TEXT},
    [CH_LOG_RULES] = {"rules", VALUE_TEXT},
    [CH_LOG_GATEWAYS] = {"gateway", VALUE_TEXT},
    [CH_LOG_VERDICT] = {"verdict", VALUE_TEXT},
    [CH_LOG_STATE] = {"state", VALUE_TEXT},
    [CH_LOG_KIND] = {"kind", VALUE_TEXT},
    [CH_LOG_REASON] = {"reason", VALUE_TEXT},
    [CH_LOG_SOCKET] = {"socket", VALUE_TEXT},
    [CH_LOG_FILE] = {"file", VALUE_TEXT},
    [CH_LOG_VERSION] = {"version", VALUE_TEXT},
    [CH_LOG_CLEANED] = {"cleaned", VALUE_TEXT},
    [CH_LOG_HEAD] = {"head", VALUE_TEXT},
    [CH_LOG_COUNT] = {"count", VALUE_COUNT},
    [CH_LOG_ELAPSED_US] = {"elapsed_us", VALUE_TIME},
    [CH_LOG_CODE] = {"code", VALUE_INT},
    [CH_LOG_ERROR] = {"error", VALUE_ERROR},
};

/* The one sink of the process: log lines come from every thread and from
 * places that no caller could hand a sink to.  Set before threads start. */
static struct {
    ch_log_to to;
    ch_log_format format;
    gint level;
    int journal;
    char *program;
} sink = {CH_LOG_STDERR, CH_LOG_TEXT, LOG_INFO, -1, NULL};

void
ch_log_open(const char *program, const ch_config *config)
{
    g_atomic_int_set(&sink.level, config->log_level);
    if (sink.program != NULL) { /* a reload changes the level only */
        return;
    }
    sink.program = g_strdup(program);
    sink.to = config->log_to;
    sink.format = config->log_format;
    if (sink.to == CH_LOG_SYSLOG) {
        openlog(sink.program, LOG_PID | LOG_NDELAY, LOG_MAIL);
    }
    if (sink.to == CH_LOG_JOURNAL) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        g_strlcpy(address.sun_path, JOURNAL, sizeof address.sun_path);
        sink.journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (sink.journal < 0 ||
            connect(sink.journal, (struct sockaddr *)&address,
                    sizeof address) != 0) {
            sink.to = CH_LOG_STDERR;
        }
    }
}

static void
append_clean(GString *out, const char *text)
{
    gsize n = 0;
    for (const char *p = text; *p != '\0' && n < MAX_VALUE; p++, n++) {
        gboolean safe =
            g_ascii_isalnum(*p) || strchr("._:;,@/+=<>-", *p) != NULL;
        g_string_append_c(out, safe ? *p : '?');
    }
}

/* The value of one field as text; only allow-listed bytes. */
static void
append_value(GString *out, value_type type, va_list *args)
{
    const char *text = NULL;
    const GError *error = NULL;
    switch (type) {
    case VALUE_TEXT:
        text = va_arg(*args, const char *);
        append_clean(out, text == NULL ? "" : text);
        break;
    case VALUE_COUNT:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT,
                               va_arg(*args, guint64));
        break;
    case VALUE_TIME:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, va_arg(*args, gint64));
        break;
    case VALUE_INT:
        g_string_append_printf(out, "%d", va_arg(*args, int));
        break;
    case VALUE_ERROR:
        error = va_arg(*args, const GError *);
        if (error == NULL) {
            break;
        }
        append_clean(out, g_quark_to_string(error->domain));
        g_string_append_printf(out, "/%d", error->code);
        if (error->domain == CH_ERROR) {
            g_string_append_c(out, ':');
            append_clean(out, error->message);
        }
        break;
    }
}

static void
append_field(GString *line, ch_log_format format, const char *name,
             const char *value, gboolean number)
{
    const char *separator = line->len == 0 ? "" : " ";
    if (format == CH_LOG_TEXT) {
        g_string_append_printf(line, "%s%s=%s", separator, name, value);
    } else {
        const char *quote = number ? "" : "\"";
        g_string_append_printf(line, "%s\"%s\":%s%s%s",
                               line->len <= 1 ? "" : ",", name, quote, value,
                               quote);
    }
}

static void
append_journal(GString *datagram, const char *name, const char *value)
{
    g_autofree char *upper = g_ascii_strup(name, -1);
    g_string_append_printf(datagram, "CHAPERONE_%s=%s\n", upper, value);
}

static void
write_line(int level, const char *line, const GString *datagram)
{
    if (sink.to == CH_LOG_SYSLOG) {
        syslog(level, "%s", line);
    } else if (sink.to == CH_LOG_JOURNAL) {
        ssize_t sent =
            send(sink.journal, datagram->str, datagram->len, MSG_NOSIGNAL);
        (void)sent; /* a log that cannot be written stops no mail */
    } else {
        g_autoptr(GDateTime) now = g_date_time_new_now_utc();
        g_autofree char *stamp = g_date_time_format(now, "%FT%TZ");
        g_autofree char *whole =
            sink.format == CH_LOG_JSON
                ? g_strdup_printf("{\"time\":\"%s\",%s\n", stamp, line + 1)
                : g_strdup_printf("%s %s: %s\n", stamp,
                                  sink.program ? sink.program : "chaperone",
                                  line);
        ssize_t written = write(STDERR_FILENO, whole, strlen(whole));
        (void)written;
    }
}

void
ch_log(int level, const char *event, ...)
{
    if (level > g_atomic_int_get(&sink.level)) {
        return;
    }
    g_autoptr(GString) line =
        g_string_new(sink.format == CH_LOG_JSON ? "{" : "");
    g_autoptr(GString) datagram = g_string_new(NULL);
    append_field(line, sink.format, "event", event, FALSE);
    append_journal(datagram, "event", event);
    va_list args;
    va_start(args, event);
    for (int field = va_arg(args, int); field != CH_LOG_END;
         field = va_arg(args, int)) {
        g_autoptr(GString) value = g_string_new(NULL);
        g_assert(field > CH_LOG_END && field < CH_LOG_FIELD_COUNT);
        value_type type = fields[field].type;
        append_value(value, type, &args);
        append_field(line, sink.format, fields[field].name, value->str,
                     type != VALUE_TEXT && type != VALUE_ERROR);
        append_journal(datagram, fields[field].name, value->str);
    }
    va_end(args);
    g_string_append(line, sink.format == CH_LOG_JSON ? "}" : "");
    g_string_append_printf(
        datagram, "MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n", line->str,
        level, sink.program ? sink.program : "chaperone");
    write_line(level, line->str, datagram);
}
