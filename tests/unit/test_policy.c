/* Policy: findings to verdicts. */
#include "unit.h"

#include "chaperone/directive.h"
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
            "rules: {paths: [" CH_SOURCE_DIR "/rules/structure.yaml]}\n",
            g_str_has_prefix(r->config, "rules:") ? "" : r->config, NULL);
        g_autoptr(ch_config) config =
            ch_config_parse("c", yaml, strlen(yaml), diag);
        if (g_str_has_prefix(r->config, "rules:")) {
            ch_config_unref(config);
            config = ch_config_parse("c", r->config, strlen(r->config), diag);
            g_strfreev(config->rules_paths);
            config->rules_paths =
                g_strsplit(CH_SOURCE_DIR "/rules/structure.yaml", "|", 0);
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

/* --- who will see it ------------------------------------------------------ */

#define CONDUCT "professionalism/x"
#define PRIVACY "privacy/x"
#define BODY    "Public.\n\n[end]\nCut off.\n"
#define DRAFT   "[status draft]\n" BODY

typedef struct {
    const char *name, *config, *rule;
    ch_action asked;
    const char *body, *at; /* the finding is at this word; NULL: no span */
    ch_where where;
    int part;
    ch_action want;
} seen_row;

static const seen_row seen_rows[] = {
    {"conduct in public", "", CONDUCT, CH_REJECT, BODY, "Public", CH_WHERE_BODY,
     0, CH_REJECT},
    {"conduct cut off", "", CONDUCT, CH_REJECT, BODY, "Cut", CH_WHERE_BODY, 0,
     CH_ACCEPT},
    {"a picture's text cut off", "", CONDUCT, CH_REJECT, BODY, "Cut",
     CH_WHERE_ALT, 0, CH_ACCEPT},
    {"conduct in another part", "", CONDUCT, CH_REJECT, BODY, "Cut",
     CH_WHERE_BODY, 1, CH_REJECT},
    {"conduct in an attachment", "", CONDUCT, CH_REJECT, BODY, "Cut",
     CH_WHERE_ATTACHMENT, 0, CH_REJECT},
    {"conduct in the subject", "", CONDUCT, CH_REJECT, BODY, "Cut",
     CH_WHERE_SUBJECT, 0, CH_REJECT},
    {"conduct across the cut", "", CONDUCT, CH_REJECT, BODY, ".\n\n[end]\nC",
     CH_WHERE_BODY, 0, CH_REJECT},
    {"conduct without a place", "", CONDUCT, CH_REJECT, BODY, NULL,
     CH_WHERE_BODY, 0, CH_REJECT},
    {"privacy in public", "", PRIVACY, CH_REJECT, BODY, "Public", CH_WHERE_BODY,
     0, CH_REJECT},
    {"privacy cut off", "", PRIVACY, CH_REJECT, BODY, "Cut", CH_WHERE_BODY, 0,
     CH_REJECT},
    {"conduct in a draft: one step less", "", CONDUCT, CH_REJECT, DRAFT,
     "Public", CH_WHERE_BODY, 0, CH_QUARANTINE},
    {"held conduct in a draft", "", CONDUCT, CH_QUARANTINE, DRAFT, "Public",
     CH_WHERE_BODY, 0, CH_TAG},
    {"tagged conduct in a draft", "", CONDUCT, CH_TAG, DRAFT, "Public",
     CH_WHERE_BODY, 0, CH_ACCEPT},
    {"conduct in the subject of a draft", "", CONDUCT, CH_REJECT, DRAFT, NULL,
     CH_WHERE_SUBJECT, -1, CH_QUARANTINE},
    {"privacy in a draft", "", PRIVACY, CH_REJECT, DRAFT, "Public",
     CH_WHERE_BODY, 0, CH_REJECT},
    {"structure in a draft", "", "structure/x", CH_QUARANTINE, DRAFT, NULL,
     CH_WHERE_STRUCTURE, -1, CH_QUARANTINE},
    {"behind a password", "", CONDUCT, CH_REJECT, "[password x]\nPublic.",
     "Public", CH_WHERE_BODY, 0, CH_QUARANTINE},
    {"privacy behind a password", "", PRIVACY, CH_REJECT,
     "[password x]\nPublic.", "Public", CH_WHERE_BODY, 0, CH_REJECT},
    {"pending", "", CONDUCT, CH_REJECT, "[status pending]\nPublic.", "Public",
     CH_WHERE_BODY, 0, CH_QUARANTINE},
    {"private", "", CONDUCT, CH_REJECT, "[status private]\nPublic.", "Public",
     CH_WHERE_BODY, 0, CH_QUARANTINE},
    {"published", "", CONDUCT, CH_REJECT, "[status publish]\nPublic.", "Public",
     CH_WHERE_BODY, 0, CH_REJECT},
    {"in dispute", "", CONDUCT, CH_REJECT,
     "[status draft][status publish]\nPublic.", "Public", CH_WHERE_BODY, 0,
     CH_REJECT},
    {"status below the end", "", CONDUCT, CH_REJECT, BODY "[status draft]",
     "Public", CH_WHERE_BODY, 0, CH_REJECT},
    {"an override is the site's word",
     "overrides: [{rule: " CONDUCT
     ", action: reject, until: 2026-12-31, reason: x}]\n",
     CONDUCT, CH_REJECT, DRAFT, "Public", CH_WHERE_BODY, 0, CH_REJECT},
    {"an override does not publish what is cut off",
     "overrides: [{rule: " CONDUCT
     ", action: reject, until: 2026-12-31, reason: x}]\n",
     CONDUCT, CH_REJECT, DRAFT, "Cut", CH_WHERE_BODY, 0, CH_ACCEPT},
};

/* What WordPress.com makes of that text, in part 0. */
static ch_posting *
posting_of(const ch_gateway *g, const char *body)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    g_autoptr(ch_text) text = ch_text_new_whole(CH_WHERE_BODY, 0, bytes);
    ch_post_view view = {.plain = text, .date_us = -1, .zone = utc};
    return ch_directive_read(g, &view);
}

static ch_config *
config_of(const char *text)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *yaml = g_strconcat("rules: {paths: [" CH_SOURCE_DIR
                                        "/rules/structure.yaml]}\n",
                                        text, NULL);
    ch_config *config = ch_config_parse("c", yaml, strlen(yaml), diag);
    assert_non_null(config);
    return config;
}

static void
test_who_will_see_it(void **state)
{
    const ch_gateway g = {.name = (char *)"wordpress",
                          .directives = CH_DIRECTIVES_WORDPRESS,
                          .cuts = CH_CUT_END};
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(seen_rows); i++) {
        const seen_row *r = &seen_rows[i];
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_config) config = config_of(r->config);
        g_autoptr(ch_ruleset) rules = ch_ruleset_load(config, diag);
        g_autoptr(ch_posting) posting = posting_of(&g, r->body);
        g_autoptr(GArray) f = g_array_new(FALSE, FALSE, sizeof(ch_finding));
        g_autoptr(GArray) d = g_array_new(FALSE, FALSE, sizeof(ch_destination));
        ch_rule rule = {.id = (char *)r->rule, .action = r->asked};
        ch_finding one = {.rule = &rule,
                          .asked = r->asked,
                          .where = r->where,
                          .part = r->part};
        if (r->at != NULL) {
            gsize at = (gsize)(strstr(r->body, r->at) - r->body);
            one.has_span = TRUE;
            one.span = (ch_span){at, at + strlen(r->at)};
        }
        g_array_append_val(f, one);
        g_array_append_vals(
            d, &(ch_destination){.gateway = &g, .posting = posting}, 1);
        ch_policy p = {.config = config, .rules = rules};
        ch_action got = ch_policy_decide(&p, f, d);
        if (got != r->want || f->len != 1) {
            fail_msg("%s: %s", r->name, ch_action_name(got));
        }
    }
}

static void
test_a_finding_of_one_gateway(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = config_of("");
    g_autoptr(ch_ruleset) rules = ch_ruleset_load(config, diag);
    g_autoptr(GArray) f = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    g_autoptr(GArray) d = g_array_new(FALSE, FALSE, sizeof(ch_destination));
    ch_finding one = {.rule = &rules_of[REJECT],
                      .asked = CH_REJECT,
                      .part = -1,
                      .only = &tumblr};
    ch_policy p = {.config = config, .rules = rules};
    (void)state;
    g_array_append_val(f, one);
    g_array_append_vals(d, &(ch_destination){.gateway = &wordpress}, 1);
    g_array_append_vals(d, &(ch_destination){.gateway = &tumblr}, 1);
    assert_int_equal(ch_policy_decide(&p, f, d), CH_REJECT);
    assert_int_equal(g_array_index(d, ch_destination, 0).verdict, CH_ACCEPT);
    assert_int_equal(g_array_index(d, ch_destination, 1).verdict, CH_REJECT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_who_will_see_it),
        cmocka_unit_test(test_a_finding_of_one_gateway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
