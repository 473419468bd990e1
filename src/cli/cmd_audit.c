/*
 * chaperone audit: proof that the ledger is what was written, and the
 * ledger itself for others to read.
 *
 * verify finds what was changed, removed or put in; with a head that was kept
 * elsewhere (the log, a notice) also a tail that was cut and a database that
 * was replaced.  export writes the rows of a period as JSON Lines or as a
 * binder to print.  No row holds content of a post.
 */
#include "audit.h"
#include "cli.h"
#include "print.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct {
    char *config_file, *head, *from, *to, *format, *note, *reviewer;
    const ch_config *config; /* while a verb runs */
} audit;

static ch_store *
open_store(const audit *a, GError **error)
{
    return ch_store_open(a->config->store_url, a->config->store_key_file, FALSE,
                         error);
}

/* --- verify, head, begin -------------------------------------------------- */

static const char *
words_for(ch_audit_fault_kind kind)
{
    switch (kind) {
    case CH_AUDIT_CHANGED:
        return "changed, moved or put in";
    case CH_AUDIT_MISSING:
        return "missing";
    case CH_AUDIT_ANCHOR:
        return "the place where older rows ended is forged";
    case CH_AUDIT_TAIL:
        return "missing at the end: it was cut, or this is an older database";
    case CH_AUDIT_REWRITTEN:
        return "not the row of the head: the chain was rewritten";
    case CH_AUDIT_OUT_OF_REACH:
        return "older than all rows that are kept: take a newer head";
    }
    g_assert_not_reached();
}

char *
ch_audit_dup_fault(const ch_audit_fault *f)
{
    return f->from == f->to
               ? g_strdup_printf("row %" G_GINT64_FORMAT ": %s", f->from,
                                 words_for(f->kind))
               : g_strdup_printf("rows %" G_GINT64_FORMAT
                                 " to %" G_GINT64_FORMAT ": %s",
                                 f->from, f->to, words_for(f->kind));
}

static void
print_result(const ch_audit *result, gboolean has_head)
{
    g_autofree char *head = ch_audit_head_dup(&result->end);
    for (guint i = 0; i < result->faults->len; i++) {
        g_autofree char *text = ch_audit_dup_fault(
            &g_array_index(result->faults, ch_audit_fault, i));
        printf("%s\n", text);
    }
    printf("%" G_GINT64_FORMAT " rows proved, %u faults\nhead %s\n",
           result->rows, result->faults->len, head);
    if (result->before > 0) {
        printf("note: %" G_GINT64_FORMAT " rows are older than the chain; no "
               "key proves them\n",
               result->before);
    }
    if (result->waiting > 0) {
        printf("note: %" G_GINT64_FORMAT " rows wait to be chained; the "
               "milter does it within seconds\n",
               result->waiting);
    }
    if (!has_head) {
        printf("note: without --head a tail that was cut does not show; the "
               "log (ledger-head) and notices to compliance hold heads\n");
    }
}

static int
run_verify(const audit *a)
{
    GError *error = NULL;
    ch_audit_head known;
    if (a->head != NULL && !ch_audit_head_parse(a->head, &known)) {
        return ch_cli_usage("audit", "--head is NUMBER:64 hexadecimal digits, "
                                     "as the log has it");
    }
    g_autoptr(ch_store) store = open_store(a, &error);
    g_autoptr(ch_audit) result =
        store == NULL
            ? NULL
            : ch_store_audit(store, a->head != NULL ? &known : NULL, &error);
    if (result == NULL) {
        return ch_cli_fail(error);
    }
    print_result(result, a->head != NULL);
    int code = ch_print_finish();
    return code != EX_OK || result->faults->len == 0 ? code : EX_DATAERR;
}

static int
run_head(const audit *a)
{
    GError *error = NULL;
    ch_audit_head head;
    g_autoptr(ch_store) store = open_store(a, &error);
    if (store == NULL || !ch_store_audit_head(store, &head, &error)) {
        return ch_cli_fail(error);
    }
    g_autofree char *text = ch_audit_head_dup(&head);
    printf("%s\n", text);
    return ch_print_finish();
}

static int
run_begin(const audit *a)
{
    GError *error = NULL;
    if (a->note == NULL || a->note[0] == '\0') {
        return ch_cli_usage("audit", "begin needs --note: why a new chain");
    }
    return ch_store_begin_chain(a->config->store_url, a->config->store_key_file,
                                a->reviewer != NULL ? a->reviewer
                                                    : g_get_user_name(),
                                (gint64)getuid(), a->note, &error)
               ? EX_OK
               : ch_cli_fail(error);
}

/* --- export --------------------------------------------------------------- */

/* The first moment of a day; of the day after if after.  if_null without. */
static gboolean
parse_day(const audit *a, const char *option, const char *text, gboolean after,
          gint64 if_null, gint64 *out)
{
    g_autoptr(GTimeZone) zone = g_time_zone_ref(a->config->zone);
    int year, month, day, end = 0;
    *out = if_null;
    if (text == NULL) {
        return TRUE;
    }
    g_autoptr(GDateTime) start =
        sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 &&
                text[end] == '\0' && end == 10
            ? g_date_time_new(zone, year, month, day, 0, 0, 0)
            : NULL;
    g_autoptr(GDateTime) at =
        start == NULL ? NULL : g_date_time_add_days(start, after ? 1 : 0);
    if (at == NULL) {
        ch_cli_usage("audit", "%s is a day, as 2026-12-31", option);
        return FALSE;
    }
    *out = g_date_time_to_unix(at) * G_USEC_PER_SEC;
    return TRUE;
}

static void
print_row(const ch_audit_row *row)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "seq");
    json_builder_add_int_value(b, row->seq);
    ch_print_add_time(b, "time", row->time_us);
    ch_print_add_text(b, "id", row->id);
    ch_print_add_text(b, "event", row->event);
    ch_print_add_text(b, "author", row->author);
    ch_print_add_text(b, "gateways", row->gateways);
    ch_print_add_text(b, "rules", row->rules);
    ch_print_add_text(b, "verdict", row->verdict);
    ch_print_add_text(b, "actor", row->actor);
    json_builder_set_member_name(b, "uid");
    if (row->uid >= 0) {
        json_builder_add_int_value(b, row->uid);
    } else {
        json_builder_add_null_value(b);
    }
    ch_print_add_text(b, "note", row->note);
    ch_print_line(b);
}

/* The rules that are in force stand in it. */
static int
print_binder(const audit *a, ch_binder *binder)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load(a->config_file, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    binder->house = house;
    g_autofree char *html = ch_binder_dup_html(binder);
    fputs(html, stdout);
    return ch_print_finish();
}

static int
print_lines(const GPtrArray *rows)
{
    for (guint i = 0; i < rows->len; i++) {
        print_row(g_ptr_array_index(rows, i));
    }
    return ch_print_finish();
}

static int
run_export(const audit *a)
{
    GError *error = NULL;
    ch_binder binder = {.now_us = g_get_real_time()};
    if (!parse_day(a, "--from", a->from, FALSE, 0, &binder.from_us) ||
        !parse_day(a, "--to", a->to, TRUE, G_MAXINT64, &binder.to_us)) {
        return EX_USAGE;
    }
    g_autoptr(ch_store) store = open_store(a, &error);
    if (store == NULL) {
        return ch_cli_fail(error);
    }
    g_autoptr(GPtrArray) rows =
        ch_store_audit_rows(store, binder.from_us, binder.to_us, &error);
    if (rows == NULL) {
        return ch_cli_fail(error);
    }
    /* Whoever cannot prove the chain still gets the rows; the binder says
     * so. */
    g_autoptr(ch_audit) result = ch_store_audit(store, NULL, NULL);
    binder.rows = rows;
    binder.result = result;
    return g_strcmp0(a->format, "html") == 0 ? print_binder(a, &binder)
                                             : print_lines(rows);
}

/* --- the command ---------------------------------------------------------- */

enum { TAKES_HEAD = 1, TAKES_PERIOD = 2, TAKES_NAMES = 4 };

typedef struct {
    const char *name;
    int (*run)(const audit *a);
    guint takes;
} verb;

static const verb verbs[] = {
    {"verify", run_verify, TAKES_HEAD},
    {"head", run_head, 0},
    {"export", run_export, TAKES_PERIOD},
    {"begin", run_begin, TAKES_NAMES},
};

/* An option that the verb would silently ignore is a mistake. */
static const char *
misplaced_option(const verb *v, const audit *a)
{
    const struct {
        const char *name, *value;
        guint needs;
    } rows[] = {
        {"--head", a->head, TAKES_HEAD},
        {"--from", a->from, TAKES_PERIOD},
        {"--to", a->to, TAKES_PERIOD},
        {"--format", a->format, TAKES_PERIOD},
        {"--note", a->note, TAKES_NAMES},
        {"--reviewer", a->reviewer, TAKES_NAMES},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].value != NULL && (v->takes & rows[i].needs) == 0) {
            return rows[i].name;
        }
    }
    return NULL;
}

static int
run_verb(const verb *v, audit *a)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(a->config_file, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    a->config = config;
    int code = v->run(a);
    a->config = NULL;
    return code;
}

static int
dispatch(audit *a, GStrv args)
{
    const verb *v = NULL;
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_strcmp0(args[0], verbs[i].name) == 0) {
            v = &verbs[i];
        }
    }
    if (v == NULL || g_strv_length(args) != 1) {
        return ch_cli_usage("audit",
                            "what is known is: verify, head, export, begin");
    }
    const char *wrong = misplaced_option(v, a);
    if (wrong != NULL) {
        return ch_cli_usage("audit", "%s does not take %s", v->name, wrong);
    }
    if (a->format != NULL && strcmp(a->format, "jsonl") != 0 &&
        strcmp(a->format, "html") != 0) {
        return ch_cli_usage("audit", "--format is jsonl or html");
    }
    return run_verb(v, a);
}

int
ch_cmd_audit(int argc, char **argv)
{
    audit a = {.config = NULL};
    g_auto(GStrv) args = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"head", 0, 0, G_OPTION_ARG_STRING, &a.head,
         "verify: the last head that is known from elsewhere", "HEAD"},
        {"from", 0, 0, G_OPTION_ARG_STRING, &a.from,
         "export: the first day (default: the oldest row)", "DATE"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &a.to,
         "export: the last day (default: now)", "DATE"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &a.format,
         "export: jsonl (default), or html: a binder to print", "FORMAT"},
        {"note", 0, 0, G_OPTION_ARG_STRING, &a.note,
         "begin: why, for the ledger", "TEXT"},
        {"reviewer", 0, 0, G_OPTION_ARG_STRING, &a.reviewer,
         "begin: who does it (default: the user's name)", "NAME"},
        G_OPTION_ENTRY_NULL};
    if (ch_cli_options(argc, argv, "verify | head | export | begin",
                       "Proves the ledger and gives it to those who ask.",
                       entries, &a.config_file, &args, &code)) {
        code = dispatch(&a, args);
    }
    g_free(a.config_file);
    g_free(a.head);
    g_free(a.from);
    g_free(a.to);
    g_free(a.format);
    g_free(a.note);
    g_free(a.reviewer);
    return code;
}
