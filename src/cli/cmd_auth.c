/*
 * chaperone auth: the register of patients' written authorizations.
 *
 * Compliance puts in the number of a signed form, what it is for and its last
 * day; a post that names the number is then tagged where it would be held.
 * Whoever adds or revokes one stands in the ledger, with the uid.  Nothing
 * here names a patient: the form does, and it stays with compliance.
 */
#include "cli.h"
#include "print.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

typedef struct {
    char *config_file, *format, *scope, *until, *note, *reviewer;
    const char *id;
    ch_store *store; /* while a verb runs */
    const ch_config *config;
} auth;

static ch_decision
decision_of(const auth *a)
{
    return (ch_decision){.reviewer = a->reviewer != NULL ? a->reviewer
                                                         : g_get_user_name(),
                         .uid = (gint64)getuid(),
                         .note = a->note,
                         .time_us = g_get_real_time()};
}

/* --- add, revoke ---------------------------------------------------------- */

static int
run_add(const auth *a)
{
    GError *error = NULL;
    ch_authorization one = {.id = (char *)a->id, .until = a->until};
    ch_decision who = decision_of(a);
    if (a->scope == NULL || a->until == NULL) {
        return ch_cli_usage("auth", "add needs --scope and --until");
    }
    if (!ch_auth_scope_parse(a->scope, &one.scope)) {
        return ch_cli_usage("auth",
                            "--scope is one of photo, testimonial, story");
    }
    if (strlen(a->until) != 10 ||
        !ch_config_parse_day(a->until, a->config->zone, &one.until_us)) {
        return ch_cli_usage("auth", "--until is the last day, as 2026-12-31");
    }
    if (one.until_us <= who.time_us) {
        return ch_cli_usage("auth", "--until %s is over", a->until);
    }
    return ch_store_add_authorization(a->store, &one, &who, &error)
               ? EX_OK
               : ch_cli_fail(error);
}

static int
run_revoke(const auth *a)
{
    GError *error = NULL;
    ch_decision who = decision_of(a);
    return ch_store_revoke_authorization(a->store, a->id, &who, &error)
               ? EX_OK
               : ch_cli_fail(error);
}

/* --- list ----------------------------------------------------------------- */

static const char *
state_of(const ch_authorization *a, gint64 now_us)
{
    return a->revoked_us >= 0      ? "revoked"
           : now_us >= a->until_us ? "expired"
                                   : "valid";
}

static void
print_json(const ch_authorization *a, gint64 now_us)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    ch_print_add_text(b, "id", a->id);
    ch_print_add_text(b, "scope", ch_auth_scope_name(a->scope));
    ch_print_add_text(b, "until", a->until);
    ch_print_add_text(b, "state", state_of(a, now_us));
    ch_print_add_time(b, "added", a->added_us);
    ch_print_add_text(b, "added_by", a->added_by);
    ch_print_add_time(b, "revoked", a->revoked_us);
    ch_print_add_text(b, "revoked_by", a->revoked_by);
    ch_print_line(b);
}

static int
run_list(const auth *a)
{
    GError *error = NULL;
    gint64 now_us = g_get_real_time();
    gboolean json = g_strcmp0(a->format, "json") == 0;
    g_autoptr(GPtrArray) list = ch_store_authorizations(a->store, &error);
    if (list == NULL) {
        return ch_cli_fail(error);
    }
    if (!json && list->len > 0) {
        printf("%-*s  %-11s  %-10s  STATE\n", CH_AUTH_MAX_ID, "ID", "SCOPE",
               "UNTIL");
    }
    for (guint i = 0; i < list->len; i++) {
        const ch_authorization *one = g_ptr_array_index(list, i);
        if (json) {
            print_json(one, now_us);
        } else {
            printf("%-*s  %-11s  %-10s  %s\n", CH_AUTH_MAX_ID, one->id,
                   ch_auth_scope_name(one->scope), one->until,
                   state_of(one, now_us));
        }
    }
    return ch_print_finish();
}

/* --- the command ---------------------------------------------------------- */

enum { TAKES_FORMAT = 1, TAKES_FORM = 2, TAKES_NAMES = 4 };

typedef struct {
    const char *name;
    int (*run)(const auth *a);
    gboolean needs_id;
    guint takes;
} verb;

static const verb verbs[] = {
    {"add", run_add, TRUE, TAKES_FORM | TAKES_NAMES},
    {"list", run_list, FALSE, TAKES_FORMAT},
    {"revoke", run_revoke, TRUE, TAKES_NAMES},
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
misplaced_option(const verb *v, const auth *a)
{
    return a->format != NULL && (v->takes & TAKES_FORMAT) == 0    ? "--format"
           : a->scope != NULL && (v->takes & TAKES_FORM) == 0     ? "--scope"
           : a->until != NULL && (v->takes & TAKES_FORM) == 0     ? "--until"
           : a->note != NULL && (v->takes & TAKES_NAMES) == 0     ? "--note"
           : a->reviewer != NULL && (v->takes & TAKES_NAMES) == 0 ? "--reviewer"
                                                                  : NULL;
}

static int
run_verb(const verb *v, auth *a)
{
    GError *error = NULL;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_load(a->config_file, diag);
    if (config == NULL) {
        return ch_cli_fail_diag(diag);
    }
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    if (store == NULL) {
        return ch_cli_fail(error);
    }
    a->store = store;
    a->config = config;
    return v->run(a);
}

static int
dispatch(auth *a, GStrv args)
{
    const verb *v = find_verb(args[0]);
    if (v == NULL) {
        return ch_cli_usage("auth", "what is known is: add, list, revoke");
    }
    if (g_strv_length(args) != (v->needs_id ? 2 : 1)) {
        return ch_cli_usage("auth", "%s takes %s", v->name,
                            v->needs_id ? "one ID" : "no argument");
    }
    const char *wrong = misplaced_option(v, a);
    if (wrong != NULL) {
        return ch_cli_usage("auth", "%s does not take %s", v->name, wrong);
    }
    if (a->format != NULL && strcmp(a->format, "json") != 0 &&
        strcmp(a->format, "text") != 0) {
        return ch_cli_usage("auth", "--format is text or json");
    }
    if (v->needs_id && !ch_auth_is_id(args[1])) {
        return ch_cli_usage("auth", "an ID has 1 to %d of A-Z a-z 0-9 . _ -",
                            CH_AUTH_MAX_ID);
    }
    a->id = args[1];
    return run_verb(v, a);
}

static void
clear_options(auth *a)
{
    g_free(a->config_file);
    g_free(a->format);
    g_free(a->scope);
    g_free(a->until);
    g_free(a->note);
    g_free(a->reviewer);
}

int
ch_cmd_auth(int argc, char **argv)
{
    auth a = {.id = NULL};
    g_auto(GStrv) args = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"scope", 0, 0, G_OPTION_ARG_STRING, &a.scope,
         "add: what may be shown: photo, testimonial or story", "SCOPE"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &a.until,
         "add: the last day on which it is valid", "DATE"},
        {"format", 0, 0, G_OPTION_ARG_STRING, &a.format,
         "list: text (default) or json", "FORMAT"},
        {"note", 0, 0, G_OPTION_ARG_STRING, &a.note,
         "add, revoke: words for the ledger", "TEXT"},
        {"reviewer", 0, 0, G_OPTION_ARG_STRING, &a.reviewer,
         "add, revoke: who does it (default: the user's name)", "NAME"},
        G_OPTION_ENTRY_NULL};
    if (ch_cli_options(argc, argv, "list | add|revoke ID",
                       "Keeps the register of patients' written "
                       "authorizations.",
                       entries, &a.config_file, &args, &code)) {
        code = dispatch(&a, args);
    }
    clear_options(&a);
    return code;
}
