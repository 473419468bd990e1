/* Policy: findings to verdicts. */
#include "unit.h"

#include "chaperone/policy.h"

static ch_rule rules_of[] = {
    {.id = (char *)"t/reject", .action = CH_REJECT, .severity = 1},
    {.id = (char *)"t/hold", .action = CH_QUARANTINE, .severity = 2},
    {.id = (char *)"t/tag1", .action = CH_TAG, .severity = 3},
    {.id = (char *)"t/tag2", .action = CH_TAG, .severity = 3},
    {.id = (char *)"t/tag3", .action = CH_TAG, .severity = 3},
    {.id = (char *)"t/style", .action = CH_TAG, .severity = 4},
};
enum { REJECT, HOLD, TAG1, TAG2, TAG3, STYLE };

static ch_gateway wordpress = {.name = (char *)"wordpress"};
static ch_gateway tumblr = {.name = (char *)"tumblr"};

typedef struct {
    const char *name;
    const char *config; /* YAML */
    const char *author;
    gboolean no_reject;
    int rules[6]; /* indexes + 1, 0 ends */
    ch_action wordpress, tumblr;
    guint findings;
} row;

#define OVERRIDE(fields)                                                       \
    "overrides: [{rule: t/reject, action: tag, until: 2026-12-31, reason: "    \
    "x" fields "}]\n"

static const row rows[] = {
    {"nothing", "", NULL, FALSE, {0}, CH_ACCEPT, CH_ACCEPT, 0},
    {"strongest wins",
     "",
     NULL,
     FALSE,
     {HOLD + 1, REJECT + 1, TAG1 + 1},
     CH_REJECT,
     CH_REJECT,
     3},
    {"disabled",
     "rules: {disable: [t/reject]}\n",
     NULL,
     FALSE,
     {REJECT + 1, TAG1 + 1},
     CH_TAG,
     CH_TAG,
     1},
    {"monitored rule stays visible",
     "rules: {monitor: [t/reject]}\n",
     NULL,
     FALSE,
     {REJECT + 1},
     CH_ACCEPT,
     CH_ACCEPT,
     1},
    {"override for all",
     OVERRIDE(""),
     NULL,
     FALSE,
     {REJECT + 1},
     CH_TAG,
     CH_TAG,
     1},
    {"override for one gateway",
     OVERRIDE(", gateway: tumblr"),
     NULL,
     FALSE,
     {REJECT + 1},
     CH_REJECT,
     CH_TAG,
     1},
    {"override for an author",
     OVERRIDE(", author: ana"),
     "ana",
     FALSE,
     {REJECT + 1},
     CH_TAG,
     CH_TAG,
     1},
    {"override for another author",
     OVERRIDE(", author: ana"),
     "bob",
     FALSE,
     {REJECT + 1},
     CH_REJECT,
     CH_REJECT,
     1},
    {"override for an author, nobody proven",
     OVERRIDE(", author: ana"),
     NULL,
     FALSE,
     {REJECT + 1},
     CH_REJECT,
     CH_REJECT,
     1},
    {"override that has ended",
     "overrides: [{rule: t/reject, action: tag, until: 2026-11-20, reason: "
     "x}]\n",
     NULL,
     FALSE,
     {REJECT + 1},
     CH_REJECT,
     CH_REJECT,
     1},
    {"refusal would reach nobody",
     "",
     NULL,
     TRUE,
     {REJECT + 1},
     CH_QUARANTINE,
     CH_QUARANTINE,
     1},
    {"two weak ones", "", NULL, FALSE, {TAG1 + 1, TAG2 + 1}, CH_TAG, CH_TAG, 2},
    {"three weak ones hold",
     "",
     NULL,
     FALSE,
     {TAG1 + 1, TAG2 + 1, TAG3 + 1},
     CH_QUARANTINE,
     CH_QUARANTINE,
     4},
    {"the same one thrice",
     "",
     NULL,
     FALSE,
     {TAG1 + 1, TAG1 + 1, TAG1 + 1},
     CH_TAG,
     CH_TAG,
     3},
    {"style does not add up",
     "",
     NULL,
     FALSE,
     {TAG1 + 1, TAG2 + 1, STYLE + 1},
     CH_TAG,
     CH_TAG,
     3},
    {"threshold is configuration",
     "policy: {combined: 2}\n",
     NULL,
     FALSE,
     {TAG1 + 1, TAG2 + 1},
     CH_QUARANTINE,
     CH_QUARANTINE,
     3},
};

static void
test_rows(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const row *r = &rows[i];
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autofree char *yaml = g_strconcat(
            "rules: {paths: [" CH_SOURCE_DIR "/rules]}\n",
            g_str_has_prefix(r->config, "rules:") ? "" : r->config, NULL);
        g_autoptr(ch_config) config =
            ch_config_parse("c", yaml, strlen(yaml), diag);
        if (g_str_has_prefix(r->config, "rules:")) {
            ch_config_unref(config);
            config = ch_config_parse("c", r->config, strlen(r->config), diag);
            g_strfreev(config->rules_paths);
            config->rules_paths = g_strsplit(CH_SOURCE_DIR "/rules", "|", 0);
        }
        g_autoptr(ch_ruleset) shipped = ch_ruleset_load(config, diag);
        g_autoptr(GArray) f = g_array_new(FALSE, FALSE, sizeof(ch_finding));
        g_autoptr(GArray) d = g_array_new(FALSE, FALSE, sizeof(ch_destination));
        for (guint k = 0; k < 6 && r->rules[k] != 0; k++) {
            const ch_rule *rule = &rules_of[r->rules[k] - 1];
            ch_finding one = {.rule = rule, .asked = rule->action};
            g_array_append_val(f, one);
        }
        g_array_append_vals(d, &(ch_destination){.gateway = &wordpress}, 1);
        g_array_append_vals(d, &(ch_destination){.gateway = &tumblr}, 1);
        g_autoptr(GDateTime) now = g_date_time_new_utc(2026, 11, 22, 12, 0, 0);
        ch_policy p = {config, shipped, r->author,
                       g_date_time_to_unix(now) * G_USEC_PER_SEC, r->no_reject};
        ch_action all = ch_policy_decide(&p, f, d);
        ch_action a = g_array_index(d, ch_destination, 0).verdict;
        ch_action b = g_array_index(d, ch_destination, 1).verdict;
        if (a != r->wordpress || b != r->tumblr || all != MAX(a, b) ||
            f->len != r->findings) {
            fail_msg("%s: %s, %s, all %s, %u findings", r->name,
                     ch_action_name(a), ch_action_name(b), ch_action_name(all),
                     f->len);
        }
        for (guint k = 1; k < f->len; k++) {
            assert_true(g_array_index(f, ch_finding, k - 1).action >=
                        g_array_index(f, ch_finding, k).action);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
