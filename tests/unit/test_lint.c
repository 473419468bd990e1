/* Lint: each thing to mend is named, and nothing else is. */
#include "unit.h"

#include "chaperone/lint.h"

#define META                                                                   \
    "    title: {en: T, es: T}\n    severity: S1\n    action: reject\n"        \
    "    confidence: high\n    advice: {en: A, es: A}\n    reference: R\n"

#define GOOD                                                                   \
    "    reviewed: 2026-11-22\n"                                               \
    "    examples: {match: [tea, my tea], pass: [cake, no teapot]}\n"

static char *
lint(const char *pack, GArray **costs_out)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_diag) problems = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    g_autoptr(GDateTime) now = g_date_time_new_utc(2026, 11, 22, 0, 0, 0);
    g_autoptr(ch_ruleset) rules =
        ch_ruleset_parse("r.yaml", pack, strlen(pack), config, diag);
    if (rules == NULL) {
        return ch_diag_dup_text(diag);
    }
    *costs_out = ch_ruleset_lint(
        rules, g_date_time_to_unix(now) * G_USEC_PER_SEC, problems);
    return ch_diag_dup_text(problems);
}

static void
test_problems(void **state)
{
    static const struct {
        const char *name, *pack, *problem;
    } rows[] = {
        {"nothing",
         "pack: t\nrules:\n  - id: t/r\n" META GOOD
         "    signals: {a: {words: [tea]}}\n    condition: a\n",
         ""},
        {"unused signal",
         "pack: t\nsignals: {b: {words: [x]}}\nrules:\n  - id: t/r\n" META GOOD
         "    signals: {a: {words: [tea]}}\n    condition: a\n",
         "r.yaml:2:1: signal \"b\" of t is used by no rule"},
        {"used by another signal",
         "pack: t\nframes: {b: {words: [x]}}\nrules:\n  - id: t/r\n" META GOOD
         "    signals: {a: {words: [tea], outside: [b]}}\n    condition: a\n",
         ""},
        {"few examples",
         "pack: t\nrules:\n  - id: t/r\n" META "    reviewed: 2026-11-22\n"
         "    examples: {match: [tea], pass: [cake, jam]}\n"
         "    signals: {a: {words: [tea]}}\n    condition: a\n",
         "t/r: give at least 2 examples"},
        {"old review",
         "pack: t\nrules:\n  - id: t/r\n" META "    reviewed: 2024-01-02\n"
         "    examples: {match: [tea, my tea], pass: [cake, jam]}\n"
         "    signals: {a: {words: [tea]}}\n    condition: a\n",
         "t/r: last reviewed on 2024-01-02"},
        {"review that is no day",
         "pack: t\nrules:\n  - id: t/r\n" META "    reviewed: spring\n"
         "    examples: {match: [tea, my tea], pass: [cake, jam]}\n"
         "    signals: {a: {words: [tea]}}\n    condition: a\n",
         "t/r: reviewed must be a day"},
        {"overlap",
         "pack: t\nrules:\n  - id: t/r\n" META GOOD
         "    signals: {a: {words: [tea]}}\n    condition: a\n"
         "  - id: t/s\n" META GOOD
         "    signals: {a: {words: [tea, te]}}\n    condition: a\n",
         "t/r and t/s find all of each other's examples"},
        {"runaway",
         "pack: t\nrules:\n  - id: t/r\n" META GOOD
         "    signals: {a: {regex: 'tea|(?:a|aa)+[bc](?!x)'}}\n"
         "    condition: a\n",
         "signal \"a\" of t/r can backtrack badly"},
        {"over every text",
         "pack: t\nrules:\n  - id: t/r\n" META GOOD
         "    signals: {a: {regex: '\\btea\\b|^[^ ]$'}}\n    condition: a\n",
         "signal \"a\" of t/r runs over every text"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GArray) costs = NULL;
        g_autofree char *got = lint(rows[i].pack, &costs);
        if (rows[i].problem[0] == '\0' ? got[0] != '\0'
                                       : strstr(got, rows[i].problem) == NULL) {
            fail_msg("%s: \"%s\"", rows[i].name, got);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
