/*
 * Options, envelope and walk of check, explain and eval.  The walk is the
 * milter's; nothing here decides anything.
 */
#include "judge.h"

#include "chaperone/error.h"
#include "chaperone/pool.h"
#include "chaperone/report.h"

#include <unistd.h>

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
make_envelope(const ch_judge *j, const ch_input *input)
{
    ch_envelope *e = ch_envelope_new();
    g_autoptr(ch_message) m =
        input->raw == NULL ? NULL : ch_message_parse(input->raw);
    gint64 date = m == NULL ? -1 : ch_message_date(m);
    e->time_us = j->now_us >= 0 ? j->now_us
                 : date >= 0    ? date
                                : g_get_real_time();
    ch_envelope_set_sender(
        e, j->from == NULL ? "author@practice.example" : j->from, NULL);
    g_auto(GStrv) headers = m == NULL ? NULL : ch_message_dup_recipients(m);
    char **to = j->to != NULL ? j->to : headers;
    for (guint i = 0; to != NULL && to[i] != NULL; i++) {
        ch_envelope_add_recipient(e, to[i], NULL, NULL);
    }
    return e;
}

ch_verdict *
ch_judge_input(const ch_judge *j, const ch_input *input, GError **error)
{
    if (input->raw != NULL && g_bytes_get_size(input->raw) == 0) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                            "the file is empty");
        return NULL;
    }
    g_autoptr(ch_envelope) e = make_envelope(j, input);
    const char *gateway = j->gateway != NULL ? j->gateway : input->gateway;
    const ch_ask ask = {.judge_all = j->all || input->is_post,
                        .gateway = gateway,
                        .authorizations = ch_known_for(j->known, input),
                        .clean = TRUE};
    return input->raw != NULL
               ? ch_inspect(j->house, e, input->raw, &ask, error)
               : ch_inspect_plain(j->house, e, &input->post, &ask, error);
}

gboolean
ch_judge_format(const char *format, gboolean *json_out)
{
    *json_out = g_strcmp0(format, "json") == 0;
    return *json_out || format == NULL || strcmp(format, "text") == 0;
}

gboolean
ch_judge_colour(void)
{
    return isatty(STDOUT_FILENO) && g_getenv("NO_COLOR") == NULL;
}

/* Options that need a look beyond their type; 0 or an exit code. */
static int
prepare(ch_judge *j, const char *command)
{
    static const char *const kinds[] = {"eml", "text", "jsonl", NULL};
    const char *input = j->input == NULL ? "eml" : j->input;
    guint kind = 0;
    while (kinds[kind] != NULL && strcmp(kinds[kind], input) != 0) {
        kind++;
    }
    if (kinds[kind] == NULL) {
        return ch_cli_usage(command, "--input: eml, text or jsonl");
    }
    j->kind = (ch_input_kind)kind;
    if (!ch_judge_format(j->format, &j->json)) {
        return ch_cli_usage(command, "--format: text or json");
    }
    j->colour = ch_judge_colour();
    j->now_us = -1;
    if (j->now != NULL && !parse_time(j->now, &j->now_us)) {
        return ch_cli_usage(command,
                            "--now: a time such as 2026-12-01T09:00:00Z");
    }
    return 0;
}

static gboolean
parse_options(ch_judge *j, int argc, char **argv, const char *summary,
              int *exit_out)
{
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &j->format,
         "How to print: text (default) or json", "FORMAT"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &j->from, "Envelope sender",
         "ADDR"},
        {"to", 0, 0, G_OPTION_ARG_STRING_ARRAY, &j->to,
         "Envelope recipient instead of To, Cc, Bcc; may be repeated", "ADDR"},
        {"gateway", 0, 0, G_OPTION_ARG_STRING, &j->gateway,
         "Judge as a post to this gateway", "NAME"},
        {"now", 0, 0, G_OPTION_ARG_STRING, &j->now,
         "Time of arrival (RFC 3339) instead of the Date header", "TIME"},
        {"all", 0, 0, G_OPTION_ARG_NONE, &j->all,
         "Judge as a post whatever the recipients", NULL},
        {"input", 0, 0, G_OPTION_ARG_STRING, &j->input,
         "What the files are: eml (default), text or jsonl", "KIND"},
        G_OPTION_ENTRY_NULL};
    return ch_cli_options(argc, argv, "[FILE|DIR|-]...", summary, entries,
                          &j->config, &j->paths, exit_out);
}

gboolean
ch_judge_open(ch_judge *j, int argc, char **argv, const char *summary,
              int *exit_out)
{
    if (!parse_options(j, argc, argv, summary, exit_out)) {
        return FALSE;
    }
    *exit_out = prepare(j, argv[0]);
    if (*exit_out != 0) {
        return FALSE;
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    j->house = j->drafts ? ch_house_load_drafts(j->config, diag)
                         : ch_house_load(j->config, diag);
    if (j->house == NULL) {
        *exit_out = ch_cli_fail_diag(diag);
        return FALSE;
    }
    j->known = ch_known_new(j->house->config);
    ch_pool_attach(j->house);
    if (j->gateway != NULL &&
        ch_gateways_find(j->house->gateways, j->gateway) == NULL) {
        *exit_out =
            ch_cli_usage(argv[0], "--gateway: no gateway \"%s\"", j->gateway);
        return FALSE;
    }
    return TRUE;
}

void
ch_judge_clear(ch_judge *j)
{
    ch_known_free(j->known);
    ch_house_unref(j->house);
    g_free(j->config);
    g_free(j->format);
    g_free(j->from);
    g_free(j->gateway);
    g_free(j->now);
    g_free(j->input);
    g_strfreev(j->to);
    g_strfreev(j->paths);
}

void
ch_judge_each(const ch_judge *j, ch_input_visit visit, gpointer data)
{
    static const char *const standard_input[] = {"-", NULL};
    ch_input_each(j->kind,
                  j->paths[0] == NULL ? standard_input
                                      : (const char *const *)j->paths,
                  visit, data);
}

void
ch_judge_print_error(const ch_judge *j, const ch_input *input, const char *what)
{
    g_autofree char *where = input->line == 0
                                 ? g_strdup("")
                                 : g_strdup_printf("line %u: ", input->line);
    g_autofree char *error = g_strconcat(where, what, NULL);
    if (j->json) {
        g_autofree char *line =
            ch_report_error_json(input->name, input->id, error);
        printf("%s\n", line);
    } else {
        printf("%s: not judged: %s\n", input->name, error);
    }
    fflush(stdout);
}
