/*
 * chaperone quarantine: look at what is held, and decide.
 *
 * Whoever sees a patient's words leaves a row in the ledger first: show and
 * export record the look, then print.  The uid that ran the command is kept
 * beside the reviewer's name.  What the sender wrote is printed without
 * control characters, so that it cannot drive the terminal.
 *
 * A release is decided here and sent by chaperone-milter.  No message text
 * goes anywhere but stdout.
 */
#include "print.h"
#include "quarantine.h"

#include "chaperone/announce.h"
#include "chaperone/control.h"
#include "chaperone/error.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* --- what the verbs share ------------------------------------------------ */

static ch_decision
decision_of(const ch_quarantine *q, const char *note)
{
    return (ch_decision){.reviewer = q->reviewer != NULL ? q->reviewer
                                                         : g_get_user_name(),
                         .uid = (gint64)getuid(),
                         .note = note,
                         .time_us = g_get_real_time()};
}

/* --reason, else asked for on the terminal.  Owned; NULL: none given. */
static char *
dup_reason(const ch_quarantine *q)
{
    char line[500];
    if (q->reason != NULL) {
        return g_strstrip(g_strdup(q->reason));
    }
    if (!isatty(STDIN_FILENO)) {
        return NULL;
    }
    fprintf(stderr, "Why do you look at this post? ");
    if (fgets(line, sizeof line, stdin) == NULL) {
        return NULL;
    }
    return g_strdup(g_strstrip(line));
}

/* --- the verbs
 * ---------------------------------------------------------------- */

/* How far the release of an item is.  Owned; NULL after an error. */
static GPtrArray *
release_steps(const ch_quarantine *q, const ch_item *item, GError **error)
{
    gboolean may_have =
        item->state != CH_STATE_HELD && item->state != CH_STATE_PASSED;
    return may_have ? ch_release_list(q->store, item->id, error)
                    : g_ptr_array_new();
}

static int
run_list(const ch_quarantine *q)
{
    GError *error = NULL;
    ch_state state;
    gboolean json = q->format != NULL && strcmp(q->format, "json") == 0;
    /* A rejected post never was in quarantine. */
    guint states = ~(1U << CH_STATE_REJECTED);
    if (q->state != NULL && ch_state_parse(q->state, &state)) {
        states = 1U << state;
    }
    g_autoptr(GPtrArray) items = ch_store_list(q->store, states, &error);
    if (items == NULL) {
        return ch_cli_fail(error);
    }
    if (!json) {
        ch_quarantine_print_table(items);
        return ch_print_finish();
    }
    for (guint i = 0; i < items->len; i++) {
        const ch_item *item = g_ptr_array_index(items, i);
        g_autoptr(GPtrArray) steps = release_steps(q, item, &error);
        if (steps == NULL) {
            return ch_cli_fail(error);
        }
        ch_quarantine_print_json(item, steps);
    }
    return ch_print_finish();
}

/* When a post that waits would appear if it were released now. */
static int
show_plan(const ch_quarantine *q, const ch_item *item, const ch_envelope *e,
          GBytes *raw)
{
    if (item->state != CH_STATE_HELD &&
        item->state != CH_STATE_RELEASE_FAILED) {
        return EX_OK;
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load_gateways(q->config_file, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    g_autoptr(GBytes) mail = ch_auth_strip(raw);
    g_autoptr(GPtrArray) plan =
        ch_retime_plan(house, e, mail, g_get_real_time());
    ch_quarantine_print_plan(plan);
    return EX_OK;
}

static int
run_show(const ch_quarantine *q)
{
    GError *error = NULL;
    g_autofree char *reason = dup_reason(q);
    if (reason == NULL || *reason == '\0') {
        return ch_cli_usage("quarantine", "show needs --reason TEXT");
    }
    ch_decision who = decision_of(q, reason);
    g_autoptr(ch_item) item = ch_store_get(q->store, q->id, &error);
    if (item == NULL ||
        !ch_store_record_view(q->store, q->id, "viewed", &who, &error)) {
        return ch_cli_fail(error);
    }
    g_autoptr(GBytes) raw = NULL;
    g_autoptr(ch_envelope) e = NULL;
    int code;
    if (item->has_message) {
        raw = ch_store_read(q->store, q->id, &e, &error);
        if (raw == NULL) {
            return ch_cli_fail(error);
        }
    }
    g_autoptr(GPtrArray) steps = release_steps(q, item, &error);
    if (steps == NULL) {
        return ch_cli_fail(error);
    }
    ch_quarantine_print_item(item, steps);
    if (raw != NULL) {
        code = show_plan(q, item, e, raw);
        if (code != EX_OK) {
            return code;
        }
        ch_quarantine_print_message(raw);
    } else {
        printf("\nThe message was destroyed or never kept.\n");
    }
    return ch_print_finish();
}

/* What a decision with notices needs; an exit code. */
static int
prepare_decision(const ch_quarantine *q, const char *verb_name,
                 ch_house **house_out, ch_item **item_out)
{
    GError *error = NULL;
    if (q->note == NULL || *q->note == '\0') {
        return ch_cli_usage("quarantine", "%s needs --note TEXT", verb_name);
    }
    g_autoptr(ch_diag) diag = ch_diag_new();
    *house_out = ch_house_load(q->config_file, diag);
    if (*house_out == NULL) {
        return ch_cli_fail_diag(diag);
    }
    *item_out = ch_store_get(q->store, q->id, &error);
    return *item_out != NULL ? EX_OK : ch_cli_fail(error);
}

/* The notices of a decision; both borrow from list. */
static void
tell(ch_decision *decision, const GArray *list)
{
    decision->notices = (const ch_outgoing *)(const void *)list->data;
    decision->n_notices = list->len;
}

/* Notices and releases go out at once, not at the daemon's next look. */
static void
wake_daemon(const ch_quarantine *q)
{
    g_autofree char *answer = NULL;
    if (q->control[0] != '\0' &&
        !ch_control_ask(q->control, "send", &answer, NULL)) {
        fprintf(stderr, "chaperone: chaperone-milter cannot be reached; it "
                        "sends when it runs\n");
    }
}

static int
run_refuse(const ch_quarantine *q)
{
    GError *error = NULL;
    g_autoptr(ch_house) house = NULL;
    g_autoptr(ch_item) item = NULL;
    int code = prepare_decision(q, "refuse", &house, &item);
    if (code != EX_OK) {
        return code;
    }
    ch_decision decision = decision_of(q, q->note);
    ch_event event =
        ch_event_of_item(item, CH_NOTICE_REFUSED, decision.time_us);
    event.note = q->note;
    g_autoptr(GArray) notices = ch_announce(house, q->store, &event);
    tell(&decision, notices);
    if (!ch_store_decide(q->store, q->id, CH_STATE_REFUSED, &decision,
                         &error)) {
        return ch_cli_fail(error);
    }
    wake_daemon(q);
    return EX_OK;
}

/* What the release makes of times in the post; NULL and *code_out: it cannot
 * be. */
static GPtrArray *
plan_release(const ch_quarantine *q, gint64 now_us, int *code_out)
{
    GError *error = NULL;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_house) house = ch_house_load_gateways(q->config_file, diag);
    if (house == NULL) {
        *code_out = ch_cli_fail_diag(diag);
        return NULL;
    }
    GPtrArray *plan = ch_release_plan(q->store, house, q->id, now_us, &error);
    if (plan == NULL) {
        *code_out = ch_cli_fail(error);
        if (*code_out == EX_DATAERR) {
            fprintf(stderr, "chaperone: release it with --as-is, refuse it, or "
                            "have it sent again\n");
        }
    }
    return plan;
}

static int
run_release(const ch_quarantine *q)
{
    GError *error = NULL;
    int code = EX_OK;
    if (q->note == NULL || *q->note == '\0') {
        return ch_cli_usage("quarantine", "release needs --note TEXT");
    }
    ch_decision decision = decision_of(q, q->note);
    g_autoptr(GPtrArray) plan =
        q->as_is ? NULL : plan_release(q, decision.time_us, &code);
    if (code != EX_OK) {
        return code;
    }
    if (!ch_release_approve(q->store, q->id, plan, &decision, &error)) {
        return ch_cli_fail(error);
    }
    ch_quarantine_print_plan(plan);
    wake_daemon(q);
    return ch_print_finish();
}

/* What a person found out about a mail whose fate nobody knew. */
static int
run_settle(const ch_quarantine *q)
{
    GError *error = NULL;
    g_autoptr(ch_house) house = NULL;
    g_autoptr(ch_item) item = NULL;
    if (q->outcome == NULL) {
        return ch_cli_usage("quarantine", "settle needs --outcome delivered "
                                          "or --outcome lost");
    }
    int code = prepare_decision(q, "settle", &house, &item);
    if (code != EX_OK) {
        return code;
    }
    ch_decision decision = decision_of(q, q->note);
    ch_event event =
        ch_event_of_item(item, CH_NOTICE_RELEASED, decision.time_us);
    event.note = item->note;
    g_autoptr(GArray) notices = ch_announce(house, q->store, &event);
    const ch_release_news news = {
        .released = (const ch_outgoing *)(const void *)notices->data,
        .n_released = notices->len};
    if (!ch_release_settle(q->store, q->id, (guint)q->recipient,
                           strcmp(q->outcome, "delivered") == 0, &decision,
                           &news, &error)) {
        return ch_cli_fail(error);
    }
    wake_daemon(q);
    return EX_OK;
}

static int
run_seen(const ch_quarantine *q)
{
    GError *error = NULL;
    ch_decision decision = decision_of(q, q->note);
    return ch_store_seen(q->store, q->id, &decision, &error)
               ? EX_OK
               : ch_cli_fail(error);
}

static int
run_export(const ch_quarantine *q)
{
    GError *error = NULL;
    if (isatty(STDOUT_FILENO) && !q->force) {
        return ch_cli_usage("quarantine", "export writes raw mail; send it "
                                          "to a file, or add --force");
    }
    ch_decision who = decision_of(q, q->reason);
    g_autoptr(GBytes) raw = ch_store_read(q->store, q->id, NULL, &error);
    if (raw == NULL ||
        !ch_store_record_view(q->store, q->id, "exported", &who, &error)) {
        return ch_cli_fail(error);
    }
    gsize length;
    const void *data = g_bytes_get_data(raw, &length);
    if (length > 0) {
        fwrite(data, 1, length, stdout);
    }
    return ch_print_finish();
}

/* --- the command
 * --------------------------------------------------------------- */

enum {
    TAKES_FORMAT = 1,
    TAKES_STATE = 2,
    TAKES_REASON = 4,
    TAKES_NOTE = 8,
    TAKES_REVIEWER = 16,
    TAKES_FORCE = 32,
    TAKES_OUTCOME = 64,
    TAKES_AS_IS = 128
};

typedef struct {
    const char *name;
    int (*run)(const ch_quarantine *q);
    gboolean needs_id;
    guint takes;
} verb;

static const verb verbs[] = {
    {"list", run_list, FALSE, TAKES_FORMAT | TAKES_STATE},
    {"show", run_show, TRUE, TAKES_REASON | TAKES_REVIEWER},
    {"release", run_release, TRUE, TAKES_NOTE | TAKES_REVIEWER | TAKES_AS_IS},
    {"settle", run_settle, TRUE, TAKES_NOTE | TAKES_REVIEWER | TAKES_OUTCOME},
    {"refuse", run_refuse, TRUE, TAKES_NOTE | TAKES_REVIEWER},
    {"seen", run_seen, TRUE, TAKES_NOTE | TAKES_REVIEWER},
    {"export", run_export, TRUE, TAKES_REASON | TAKES_REVIEWER | TAKES_FORCE},
};

static const verb *
find_verb(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (g_strcmp0(name, verbs[i].name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

/* An option that the verb would silently ignore is a mistake. */
static const char *
misplaced_option(const verb *v, const ch_quarantine *q)
{
    const struct {
        const char *name;
        gboolean given;
        guint bit;
    } options[] = {
        {"--format", q->format != NULL, TAKES_FORMAT},
        {"--state", q->state != NULL, TAKES_STATE},
        {"--reason", q->reason != NULL, TAKES_REASON},
        {"--note", q->note != NULL, TAKES_NOTE},
        {"--reviewer", q->reviewer != NULL, TAKES_REVIEWER},
        {"--force", q->force, TAKES_FORCE},
        {"--as-is", q->as_is, TAKES_AS_IS},
        {"--outcome", q->outcome != NULL, TAKES_OUTCOME},
        {"--recipient", q->recipient != 0, TAKES_OUTCOME},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (options[i].given && (v->takes & options[i].bit) == 0) {
            return options[i].name;
        }
    }
    return NULL;
}

/* Before the store is opened: 0 or an exit code. */
static int
check_values(const ch_quarantine *q)
{
    ch_state state;
    if (q->format != NULL && strcmp(q->format, "json") != 0 &&
        strcmp(q->format, "text") != 0) {
        return ch_cli_usage("quarantine", "--format is text or json");
    }
    if (q->state != NULL && !ch_state_parse(q->state, &state)) {
        return ch_cli_usage("quarantine", "no state \"%s\"", q->state);
    }
    if (q->outcome != NULL && strcmp(q->outcome, "delivered") != 0 &&
        strcmp(q->outcome, "lost") != 0) {
        return ch_cli_usage("quarantine", "--outcome is delivered or lost");
    }
    if (q->recipient < 0) {
        return ch_cli_usage("quarantine", "--recipient counts from 1");
    }
    return EX_OK;
}

static int
run_verb(const verb *v, ch_quarantine *q)
{
    GError *error = NULL;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(q->config_file, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    if (store == NULL) {
        return ch_cli_fail(error);
    }
    q->store = store;
    q->control = config->control_socket;
    int code = v->run(q);
    q->store = NULL;
    q->control = NULL;
    return code;
}

static int
dispatch(ch_quarantine *q, GStrv args)
{
    const verb *v = find_verb(args[0]);
    if (v == NULL) {
        return ch_cli_usage("quarantine", "what is known is: list, show, "
                                          "release, settle, refuse, seen, "
                                          "export");
    }
    if (g_strv_length(args) != (v->needs_id ? 2 : 1)) {
        return ch_cli_usage("quarantine", "%s takes %s", v->name,
                            v->needs_id ? "one ID" : "no argument");
    }
    const char *wrong = misplaced_option(v, q);
    if (wrong != NULL) {
        return ch_cli_usage("quarantine", "%s does not take %s", v->name,
                            wrong);
    }
    int code = check_values(q);
    if (code != EX_OK) {
        return code;
    }
    /* Crockford's alphabet has no case; people type what they hear. */
    g_autofree char *id = v->needs_id ? g_ascii_strup(args[1], -1) : NULL;
    q->id = id;
    return run_verb(v, q);
}

static void
clear_options(ch_quarantine *q)
{
    g_free(q->config_file);
    g_free(q->format);
    g_free(q->state);
    g_free(q->reason);
    g_free(q->note);
    g_free(q->reviewer);
    g_free(q->outcome);
}

int
ch_cmd_quarantine(int argc, char **argv)
{
    ch_quarantine q = {.force = FALSE};
    g_auto(GStrv) args = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &q.format,
         "list: text (default) or json", "FORMAT"},
        {"state", 0, 0, G_OPTION_ARG_STRING, &q.state,
         "list: only items in this state", "STATE"},
        {"reason", 0, 0, G_OPTION_ARG_STRING, &q.reason,
         "show, export: why you look", "TEXT"},
        {"note", 0, 0, G_OPTION_ARG_STRING, &q.note,
         "release, settle, refuse, seen: words for the ledger, and to the "
         "author",
         "TEXT"},
        {"outcome", 0, 0, G_OPTION_ARG_STRING, &q.outcome,
         "settle: delivered or lost", "WHAT"},
        {"recipient", 0, 0, G_OPTION_ARG_INT, &q.recipient,
         "settle: which one, if several are unknown", "N"},
        {"reviewer", 0, 0, G_OPTION_ARG_STRING, &q.reviewer,
         "who decides (default: the user's name)", "NAME"},
        {"as-is", 0, 0, G_OPTION_ARG_NONE, &q.as_is,
         "release: leave times in the post as they are", NULL},
        {"force", 0, 0, G_OPTION_ARG_NONE, &q.force,
         "export: also to a terminal", NULL},
        G_OPTION_ENTRY_NULL};
    if (ch_cli_options(argc, argv,
                       "list | show|release|settle|refuse|seen|export ID",
                       "Looks at what is held or was passed, and decides.",
                       entries, &q.config_file, &args, &code)) {
        code = dispatch(&q, args);
    }
    clear_options(&q);
    return code;
}
