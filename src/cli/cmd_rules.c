/*
 * chaperone rules: what is judged, why, and whether the examples still hold;
 * rules_new.c begins a new one, rules_learn.c and rules_passages.c are for
 * what is learned.
 */
#include "cli.h"

#include "rules.h"

#include "chaperone/lint.h"

#include <sysexits.h>

static int
list(ch_house *house, const char *id)
{
    (void)id;
    const GPtrArray *rules = ch_ruleset_rules(house->rules);
    for (guint i = 0; i < rules->len; i++) {
        const ch_rule *r = rules->pdata[i];
        printf("%-42s %-10s S%u  %s\n", r->id, ch_action_name(r->action),
               r->severity, r->title);
    }
    printf("%u rules\n", rules->len);
    return EX_OK;
}

static void
print_examples(const ch_rule *rule)
{
    for (guint i = 0; i < rule->examples->len; i++) {
        const ch_example *e = &g_array_index(rule->examples, ch_example, i);
        printf("%s%s\n",
               e->must_match ? "must match: " : "must pass:  ", e->text);
    }
}

static int
no_such_rule(const char *id)
{
    fprintf(stderr, "chaperone: no rule \"%s\"; see chaperone rules list\n",
            id);
    return EX_DATAERR;
}

/* The authorizations that cover a rule. */
static void
print_scopes(guint mask)
{
    const char *before = "authorization: ";
    for (guint bit = 1; bit <= CH_AUTH_STORY; bit <<= 1) {
        if ((mask & bit) != 0) {
            printf("%s%s", before, ch_auth_scope_name((ch_auth_scope)bit));
            before = ", ";
        }
    }
    printf("%s", mask != 0 ? "\n" : "");
}

static int
show(ch_house *house, const char *id)
{
    const ch_rule *r = ch_ruleset_find(house->rules, id);
    if (r == NULL) {
        return no_such_rule(id);
    }
    printf("rule:       %s\ntitle:      %s\n            %s\n", r->id, r->title,
           r->title_es);
    printf("action:     %s%s, severity S%u\n", ch_action_name(r->action),
           r->rejects_worst ? " (the worst of it: reject)" : "", r->severity);
    print_scopes(r->authorization);
    printf("advice:     %s\n            %s\n", r->advice, r->advice_es);
    if (r->suggestion != NULL) {
        printf("suggestion: %s\n            %s\n", r->suggestion,
               r->suggestion_es);
    }
    printf("reference:  %s\nreviewed:   %s\nfile:       %s:%u\n", r->reference,
           r->reviewed, r->file, r->line);
    print_examples(r);
    return EX_OK;
}

/* The example as mail with a picture; its texts are those of the example. */
static GBytes *
make_mail(const ch_rule *rule, const char *text)
{
    GString *mail = g_string_new(NULL);
    g_string_append_printf(
        mail,
        "Subject: %s\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=\"=_example\"\n\n"
        "--=_example\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n\n%s\n"
        "--=_example\nContent-Type: image/png\n\n\n--=_example--\n",
        rule->reply_examples ? "Re: review" : "", text);
    return g_string_free_to_bytes(mail);
}

static ch_verdict *
judge_example(ch_house *house, const ch_rule *rule, const char *text,
              GError **error)
{
    g_autoptr(ch_envelope) e = ch_envelope_new();
    ch_ask ask = {.judge_all = TRUE};
    ch_envelope_set_sender(e, "author@practice.example", NULL);
    e->time_us = g_get_real_time();
    if (rule->image_examples) {
        g_autoptr(GBytes) mail = make_mail(rule, text);
        return ch_inspect(house, e, mail, &ask, error);
    }
    ch_plain_post post = {.subject = rule->reply_examples ? "Re: review" : "",
                          .text = text};
    return ch_inspect_plain(house, e, &post, &ask, error);
}

/* Whether the rule fires on an example; trouble of ours counts as no. */
static gboolean
fires(ch_house *house, const ch_rule *rule, const char *text)
{
    g_autoptr(ch_verdict) v = judge_example(house, rule, text, NULL);
    for (guint i = 0; v != NULL && i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        if (f->rule == rule && !f->learned) {
            return TRUE;
        }
    }
    return FALSE;
}

static guint
test_rule(ch_house *house, const ch_rule *rule)
{
    guint failed = 0;
    for (guint i = 0; i < rule->examples->len; i++) {
        const ch_example *e = &g_array_index(rule->examples, ch_example, i);
        if (fires(house, rule, e->text) != e->must_match) {
            printf("%s:%u: %s %s: \"%s\"\n", rule->file, e->line, rule->id,
                   e->must_match ? "does not match" : "matches", e->text);
            failed++;
        }
    }
    return failed;
}

static int
test(ch_house *house, const char *only)
{
    const GPtrArray *rules = ch_ruleset_rules(house->rules);
    guint failed = 0, total = 0;
    if (only != NULL && ch_ruleset_find(house->rules, only) == NULL) {
        return no_such_rule(only);
    }
    for (guint i = 0; i < rules->len; i++) {
        const ch_rule *r = rules->pdata[i];
        if (only == NULL || strcmp(only, r->id) == 0) {
            total += r->examples->len;
            failed += test_rule(house, r);
        }
    }
    printf("%u examples right, %u wrong\n", total - failed, failed);
    return failed > 0 ? EX_CONFIG : EX_OK;
}

static void
print_cost(const ch_lint_cost *c)
{
    printf("%8" G_GINT64_FORMAT " us %6u times  %s of %s\n", c->time_us,
           c->searched, c->signal, c->owner);
    if (c->problem != NULL) {
        printf("             cheaper: %s\n", c->problem);
    }
}

static int
lint(ch_house *house, const char *only)
{
    g_autoptr(ch_diag) problems = ch_diag_new();
    (void)only;
    g_autoptr(GArray) costs =
        ch_ruleset_lint(house->rules, g_get_real_time(), problems);
    if (ch_diag_count(problems) > 0) {
        g_autofree char *text = ch_diag_dup_text(problems);
        printf("%s\n\n", text);
    }
    printf("dearest over all examples:\n");
    for (guint i = 0; i < costs->len; i++) {
        print_cost(&g_array_index(costs, ch_lint_cost, i));
    }
    printf("%u to mend\n", ch_diag_count(problems));
    return ch_diag_count(problems) > 0 ? 1 : EX_OK;
}

static const struct {
    const char *name;
    guint min_args, max_args; /* behind the name */
    int (*run)(ch_house *house, const char *id);
} verbs[] = {{"list", 0, 0, list},
             {"show", 1, 1, show},
             {"test", 0, 1, test},
             {"lint", 0, 0, lint}};

static const char usage[] =
    "list, show ID, test [ID], lint, new PACK/NAME [--dir DIR], "
    "learn FILE.jsonl... [--output FILE] or passages FILE.jsonl...";

static int
run(const char *config, const char *dir, const char *output,
    const char *const *args)
{
    const char *verb = args[0] == NULL ? "" : args[0];
    guint count = args[0] == NULL ? 0 : g_strv_length((char **)args) - 1;
    if (strcmp(verb, "new") == 0 && count == 1) {
        return ch_rules_new(config, dir, args[1]);
    }
    if (strcmp(verb, "learn") == 0 && count > 0 && dir == NULL) {
        return ch_rules_learn(config, output == NULL ? "posts.weights" : output,
                              args + 1);
    }
    if (strcmp(verb, "passages") == 0 && count > 0 && dir == NULL &&
        output == NULL) {
        return ch_rules_passages(config, args + 1);
    }
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(verbs[i].name, verb) != 0 || count < verbs[i].min_args ||
            count > verbs[i].max_args || dir != NULL || output != NULL) {
            continue;
        }
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_house) house = ch_house_load_drafts(config, diag);
        return house == NULL ? ch_cli_fail_diag(diag)
                             : verbs[i].run(house, args[1]);
    }
    return ch_cli_usage("rules", "%s", usage);
}

int
ch_cmd_rules(int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_autofree char *dir = NULL;
    g_autofree char *output = NULL;
    g_auto(GStrv) args = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"dir", 0, 0, G_OPTION_ARG_FILENAME, &dir,
         "new: where to write (default: the site's directory of rules)", "DIR"},
        {"output", 0, 0, G_OPTION_ARG_FILENAME, &output,
         "learn: the file to write (default: posts.weights)", "FILE"},
        G_OPTION_ENTRY_NULL};
    if (!ch_cli_options(
            argc, argv,
            "list | show ID | test [ID] | lint | new PACK/NAME | learn "
            "FILE.jsonl... | passages FILE.jsonl...",
            "Lists, shows, tests and lints the rules in force; begins a "
            "new one;\nlearns weights from labelled posts; prints them as the "
            "encoder reads them.",
            entries, &config, &args, &code)) {
        return code;
    }
    return run(config, dir, output, (const char *const *)args);
}
