/*
 * chaperone check: judges without sending, by the walk that the milter
 * takes.
 */
#include "cli.h"
#include "input.h"

#include "chaperone/error.h"
#include "chaperone/report.h"

#include <sysexits.h>
#include <unistd.h>

typedef struct {
    /* options */
    char *format, *from, *gateway, *now, *input;
    char **to;
    gboolean all;
    /* state */
    ch_house *house;
    gint64 now_us; /* -1: the Date header, else the clock */
    gboolean json, colour;
    ch_action strongest;
    gboolean unreadable, failed;
} check;

static gboolean
parse_time(const char *text, gint64 *time_us_out)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);
    if (time == NULL) {
        return FALSE;
    }
    *time_us_out = g_date_time_to_unix(time) * G_USEC_PER_SEC +
                   g_date_time_get_microsecond(time);
    return TRUE;
}

/* Who sends and to whom: the options, else the headers of the message. */
static ch_envelope *
make_envelope(const check *c, const ch_input *input)
{
    ch_envelope *e = ch_envelope_new();
    g_autoptr(ch_message) m =
        input->raw == NULL ? NULL : ch_message_parse(input->raw);
    gint64 date = m == NULL ? -1 : ch_message_date(m);
    e->time_us = c->now_us >= 0 ? c->now_us
                 : date >= 0    ? date
                                : g_get_real_time();
    ch_envelope_set_sender(
        e, c->from == NULL ? "author@practice.example" : c->from, NULL);
    g_auto(GStrv) headers = m == NULL ? NULL : ch_message_dup_recipients(m);
    char **to = c->to != NULL ? c->to : headers;
    for (guint i = 0; to != NULL && to[i] != NULL; i++) {
        ch_envelope_add_recipient(e, to[i], NULL, NULL);
    }
    return e;
}

static ch_verdict *
judge(const check *c, const ch_input *input, GError **error)
{
    g_autoptr(ch_envelope) e = make_envelope(c, input);
    const char *gateway = c->gateway != NULL ? c->gateway : input->gateway;
    ch_ask ask = {c->all || input->is_post, gateway};
    return input->raw != NULL
               ? ch_inspect(c->house, e, input->raw, &ask, error)
               : ch_inspect_plain(c->house, e, &input->post, &ask, error);
}

static void
print_error(const check *c, const ch_input *input, const char *what)
{
    if (c->json) {
        g_autofree char *line =
            ch_report_error_json(input->name, input->id, what);
        printf("%s\n", line);
    } else {
        printf("%s: not judged: %s\n", input->name, what);
    }
    fflush(stdout);
}

static void
print_verdict(const check *c, const ch_input *input, const ch_verdict *v,
              gint64 elapsed_us)
{
    g_autofree char *text = NULL;
    if (c->json) {
        text = ch_report_json(v, input->name, input->id, elapsed_us);
        printf("%s\n", text);
    } else {
        g_autofree char *name =
            input->id == NULL
                ? g_strdup(input->name)
                : g_strdup_printf("%s:%s", input->name, input->id);
        text = ch_report_text(v, name, c->colour);
        printf("%s", text);
    }
    fflush(stdout);
}

static gboolean
visit(const ch_input *input, gpointer data)
{
    check *c = data;
    g_autoptr(GError) error = NULL;
    if (input->error != NULL) {
        c->unreadable = TRUE;
        print_error(c, input, input->error);
        return TRUE;
    }
    if (input->raw != NULL && g_bytes_get_size(input->raw) == 0) {
        c->unreadable = TRUE;
        print_error(c, input, "the file is empty");
        return TRUE;
    }
    gint64 start = g_get_monotonic_time();
    g_autoptr(ch_verdict) v = judge(c, input, &error);
    if (v == NULL) {
        c->failed = TRUE;
        print_error(c, input, error->message);
        return TRUE;
    }
    print_verdict(c, input, v, g_get_monotonic_time() - start);
    c->strongest = MAX(c->strongest, v->action);
    return TRUE;
}

/* Options that need a look beyond their type; 0 or an exit code. */
static int
prepare(check *c, ch_input_kind *kind_out)
{
    static const char *const kinds[] = {"eml", "text", "jsonl", NULL};
    const char *input = c->input == NULL ? "eml" : c->input;
    guint kind = 0;
    while (kinds[kind] != NULL && strcmp(kinds[kind], input) != 0) {
        kind++;
    }
    if (kinds[kind] == NULL) {
        return ch_cli_usage("check", "--input: eml, text or jsonl");
    }
    *kind_out = (ch_input_kind)kind;
    if (c->format != NULL && strcmp(c->format, "json") != 0 &&
        strcmp(c->format, "text") != 0) {
        return ch_cli_usage("check", "--format: text or json");
    }
    c->json = g_strcmp0(c->format, "json") == 0;
    c->colour = isatty(STDOUT_FILENO) && g_getenv("NO_COLOR") == NULL;
    c->now_us = -1;
    if (c->now != NULL && !parse_time(c->now, &c->now_us)) {
        return ch_cli_usage("check",
                            "--now: a time such as 2026-12-01T09:00:00Z");
    }
    return 0;
}

static int
run(check *c, const char *config, const char *const *paths)
{
    static const char *const standard_input[] = {"-", NULL};
    ch_input_kind kind = CH_INPUT_EML;
    int code = prepare(c, &kind);
    if (code != 0) {
        return code;
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load(config, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    if (c->gateway != NULL &&
        ch_gateways_find(house->gateways, c->gateway) == NULL) {
        return ch_cli_usage("check", "--gateway: no gateway \"%s\"",
                            c->gateway);
    }
    c->house = house;
    ch_input_each(kind, paths[0] == NULL ? standard_input : paths, visit, c);
    return c->failed       ? EX_TEMPFAIL
           : c->unreadable ? EX_DATAERR
                           : (int)c->strongest;
}

int
ch_cmd_check(int argc, char **argv)
{
    check c = {0};
    g_autofree char *config = NULL;
    g_auto(GStrv) paths = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &c.format,
         "How to print: text (default) or json", "FORMAT"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &c.from, "Envelope sender", "ADDR"},
        {"to", 0, 0, G_OPTION_ARG_STRING_ARRAY, &c.to,
         "Envelope recipient instead of To, Cc, Bcc; may be repeated", "ADDR"},
        {"gateway", 0, 0, G_OPTION_ARG_STRING, &c.gateway,
         "Judge as a post to this gateway", "NAME"},
        {"now", 0, 0, G_OPTION_ARG_STRING, &c.now,
         "Time of arrival (RFC 3339) instead of the Date header", "TIME"},
        {"all", 0, 0, G_OPTION_ARG_NONE, &c.all,
         "Judge as a post whatever the recipients", NULL},
        {"input", 0, 0, G_OPTION_ARG_STRING, &c.input,
         "What the files are: eml (default), text or jsonl", "KIND"},
        G_OPTION_ENTRY_NULL};
    if (ch_cli_options(argc, argv, "[FILE|DIR|-]...",
                       "Judges messages without sending them.  The exit code "
                       "is the strongest verdict:\n0 accept, 1 tag, 2 "
                       "quarantine, 3 reject.",
                       entries, &config, &paths, &code)) {
        code = run(&c, config, (const char *const *)paths);
    }
    g_free(c.format);
    g_free(c.from);
    g_free(c.gateway);
    g_free(c.now);
    g_free(c.input);
    g_strfreev(c.to);
    return code;
}
