/*
 * chaperone rules: what is judged, why, and whether the examples still hold.
 */
#include "cli.h"

#include "chaperone/report.h"

#include <sysexits.h>

static void
print_list(const ch_house *house)
{
    const GPtrArray *rules = ch_ruleset_rules(house->rules);
    for (guint i = 0; i < rules->len; i++) {
        const ch_rule *r = rules->pdata[i];
        printf("%-42s %-10s S%u  %s\n", r->id, ch_action_name(r->action),
               r->severity, r->title);
    }
    printf("%u rules\n", rules->len);
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

static int
show(const ch_house *house, const char *id)
{
    const ch_rule *r = ch_ruleset_find(house->rules, id);
    if (r == NULL) {
        return no_such_rule(id);
    }
    printf("rule:       %s\ntitle:      %s\n            %s\n", r->id, r->title,
           r->title_es);
    printf("action:     %s, severity S%u\n", ch_action_name(r->action),
           r->severity);
    printf("advice:     %s\n            %s\n", r->advice, r->advice_es);
    printf("reference:  %s\nreviewed:   %s\nfile:       %s:%u\n", r->reference,
           r->reviewed, r->file, r->line);
    print_examples(r);
    return EX_OK;
}

/* Whether the rule fires on an example; trouble of ours counts as no. */
static gboolean
fires(ch_house *house, const ch_rule *rule, const char *text)
{
    g_autoptr(ch_envelope) e = ch_envelope_new();
    ch_envelope_set_sender(e, "author@practice.example", NULL);
    ch_plain_post post = {.subject = rule->reply_examples ? "Re: review" : "",
                          .text = text};
    ch_ask ask = {TRUE, NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_verdict) v = ch_inspect_plain(house, e, &post, &ask, &error);
    for (guint i = 0; v != NULL && i < v->findings->len; i++) {
        if (g_array_index(v->findings, ch_finding, i).rule == rule) {
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

static int
run(const char *config, const char *const *args)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    const char *verb = args[0] == NULL ? "" : args[0];
    gboolean known = strcmp(verb, "list") == 0 || strcmp(verb, "show") == 0 ||
                     strcmp(verb, "test") == 0;
    if (!known || (strcmp(verb, "show") == 0 && args[1] == NULL)) {
        return ch_cli_usage("rules", "list, show ID or test [ID]");
    }
    g_autoptr(ch_house) house = ch_house_load_drafts(config, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    if (strcmp(verb, "list") == 0) {
        print_list(house);
        return EX_OK;
    }
    return strcmp(verb, "show") == 0 ? show(house, args[1])
                                     : test(house, args[1]);
}

int
ch_cmd_rules(int argc, char **argv)
{
    g_autofree char *config = NULL;
    g_auto(GStrv) args = NULL;
    int code;
    if (!ch_cli_options(argc, argv, "list | show ID | test [ID]",
                        "Lists, shows and tests the rules in force.", NULL,
                        &config, &args, &code)) {
        return code;
    }
    return run(config, (const char *const *)args);
}
