/* The rule language: what loads, what is refused and where, what matches. */
#include "unit.h"

#include <glib/gstdio.h>

#include "chaperone/message.h"
#include "chaperone/ruleset.h"

#define META                                                                   \
    "    title: {en: T, es: T}\n    severity: S1\n    action: reject\n"        \
    "    confidence: high\n    advice: {en: A, es: A}\n    reference: R\n"     \
    "    reviewed: 2026-11-22\n    examples: {match: [x], pass: [y]}\n"

static ch_ruleset *
parse(const char *text, ch_diag *diag)
{
    g_autoptr(ch_config) config = ch_config_new();
    return ch_ruleset_parse("r.yaml", text, strlen(text), config, diag);
}

static ch_text *
text_of(ch_where where, const char *utf8)
{
    g_autoptr(GBytes) source = g_bytes_new_static(utf8, strlen(utf8));
    ch_text *text = ch_text_new_whole(where, -1, source);
    ch_text_fold(text);
    return text;
}

/* The pieces of source that one rule finds, joined by "|". */
static char *
found(const char *rule, const char *subject, const char *body,
      gboolean is_reply)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *yaml =
        g_strconcat("pack: t\nrules:\n  - id: t/r\n" META, rule, NULL);
    g_autoptr(ch_ruleset) rules = parse(yaml, diag);
    if (rules == NULL) {
        return ch_diag_dup_text(diag);
    }
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    if (subject[0] != '\0') {
        g_ptr_array_add(texts, text_of(CH_WHERE_SUBJECT, subject));
    }
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, body));
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    ch_facts facts = {.is_reply = is_reply};
    g_autoptr(GError) error = NULL;
    assert_true(ch_ruleset_run(rules, texts, &facts, findings, NULL, &error));
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        const char *source = f->where == CH_WHERE_SUBJECT ? subject : body;
        g_string_append_printf(out, "%s", i > 0 ? "|" : "");
        g_string_append_len(out, source + f->span.start,
                            (gssize)(f->span.end - f->span.start));
        if (!f->has_span) {
            g_string_append(out, "(fact)");
        }
    }
    return g_string_free(out, FALSE);
}

#define SIGNALS(a, b)                                                          \
    "    signals: {a: {words: [" a "]}, b: {words: [" b "]}}\n"
#define ONE(a) "    signals: {a: {words: [" a "]}}\n    condition: a\n"

typedef struct {
    const char *name, *rule, *subject, *body, *found;
    gboolean is_reply;
} row;

static const row rows[] = {
    {"every hit is a finding", ONE("tea"), "", "Tea, tea; steam", "Tea|tea",
     FALSE},
    {"phrase over a wrap", ONE("green tea"), "", "green\r\n tea",
     "green\r\n tea", FALSE},
    {"alternatives", ONE("\"(my|our) tea\""), "", "Our tea, the tea", "Our tea",
     FALSE},
    {"optional word", ONE("\"my (cold )?tea\""), "", "my cold tea, my tea",
     "my cold tea|my tea", FALSE},
    {"optional letter", ONE("\"(gifts?|honou?r)\""), "",
     "gift, gifts, honour, honor, gif", "gift|gifts|honour|honor", FALSE},
    {"optional letter at the end", ONE("\"who is next?\""), "",
     "Who is next? Nobody.", "Who is next", FALSE},
    {"endings", ONE("treat~"), "", "treats treated treating treat's retreat",
     "treats|treated|treating|treat's", FALSE},
    {"endings after e", ONE("prescribe~"), "",
     "prescribes prescribed prescribing prescribe",
     "prescribes|prescribed|prescribing|prescribe", FALSE},
    {"endings after y", ONE("cavity~"), "", "cavities cavity",
     "cavities|cavity", FALSE},
    {"doubled consonant", ONE("stop~"), "", "stopped stopping",
     "stopped|stopping", FALSE},
    {"gap of words", ONE("saw ... today"), "",
     "saw a lady here today. saw a b c d e today", "saw a lady here today",
     FALSE},
    {"signs are literal", ONE("\"c++ (a.b)\""), "", "c++ a.b", "c++ a.b",
     FALSE},
    {"accents do not matter", ONE("m\303\251dico"), "", "Medico m\303\251dico",
     "Medico|m\303\251dico", FALSE},
    {"look-alikes do not matter", ONE("patient"), "", "p\320\260tient",
     "p\320\260tient", FALSE},
    {"all in a sentence",
     SIGNALS("tea", "cake") "    condition: {all: [a, b], within: sentence}\n",
     "", "Tea first. Then tea and cake! Cake.", "tea and cake", FALSE},
    {"all in two sentences",
     SIGNALS("tea",
             "cake") "    condition: {all: [a, b], within: 2 sentences}\n",
     "", "Tea first. Then cake. No more.", "Tea first. Then cake", FALSE},
    {"too far for two sentences",
     SIGNALS("tea",
             "cake") "    condition: {all: [a, b], within: 2 sentences}\n",
     "", "Tea first. Then bread. Then cake.", "", FALSE},
    {"paragraph",
     SIGNALS("tea", "cake") "    condition: {all: [a, b], within: paragraph}\n",
     "", "Tea. Then. Cake.\n\nTea.", "Tea. Then. Cake", FALSE},
    {"characters",
     SIGNALS("tea",
             "cake") "    condition: {all: [a, b], within: 8 characters}\n",
     "", "tea and more words; cake with no tea or cake", "tea or cake", FALSE},
    {"part is the default",
     SIGNALS("tea", "cake") "    condition: {all: [a, b]}\n", "tea", "cake", "",
     FALSE},
    {"post",
     SIGNALS("tea", "cake") "    condition: {all: [a, b], within: post}\n",
     "tea", "cake", "tea", FALSE},
    {"veto in the sentence",
     SIGNALS("tea",
             "never") "    condition: {all: [a, {not: b}], within: sentence}\n",
     "", "Never tea. More tea.", "tea", FALSE},
    {"any", SIGNALS("tea", "cake") "    condition: {any: [a, b]}\n", "", "cake",
     "cake", FALSE},
    {"at least two",
     "    signals: {a: {words: [tea]}, b: {words: [cake]}, c: {words: "
     "[jam]}}\n    condition: {at-least: 2, of: [a, b, c]}\n",
     "", "tea with jam", "tea with jam", FALSE},
    {"at least two, only one",
     "    signals: {a: {words: [tea]}, b: {words: [cake]}}\n"
     "    condition: {at-least: 2, of: [a, b]}\n",
     "", "tea tea", "", FALSE},
    {"inner unit",
     "    signals: {r: {fact: reply}, a: {words: [tea]}, b: {words: "
     "[cake]}}\n    condition: {all: [r, {all: [a, b], within: sentence}]}\n",
     "", "Tea. Cake.", "", TRUE},
    {"fact with a text",
     "    signals: {r: {fact: reply}, a: {words: [tea]}}\n"
     "    condition: {all: [r, a]}\n",
     "", "tea", "tea", TRUE},
    {"fact that is false",
     "    signals: {r: {fact: reply}, a: {words: [tea]}}\n"
     "    condition: {all: [r, a]}\n",
     "", "tea", "", FALSE},
    {"fact alone", "    signals: {r: {fact: reply}}\n    condition: r\n", "",
     "tea", "(fact)", TRUE},
    {"entity", "    signals: {n: {entity: us-ssn}}\n    condition: n\n", "",
     "it is 512-34-6789", "512-34-6789", FALSE},
    {"regex list",
     "    signals: {x: {regex: ['\\btea\\b', 'ca[kq]e']}}\n"
     "    condition: x\n",
     "", "tea caqe", "tea|caqe", FALSE},
    {"clause",
     SIGNALS("tea", "cake") "    condition: {all: [a, b], within: clause}\n",
     "", "Tea, then cake; cake with tea!", "cake with tea", FALSE},
    {"ordered",
     SIGNALS("tea", "cake") "    condition: {all: [a, b], within: sentence, "
                            "ordered: true}\n",
     "", "Cake and tea. Tea and cake.", "Tea and cake", FALSE},
    {"ordered takes the first that fits",
     SIGNALS("tea", "cake") "    condition: {all: [a, b, a], within: "
                            "sentence, ordered: true}\n",
     "", "cake tea and cake. Tea, cake, tea.", "Tea, cake, tea", FALSE},
    {"score",
     "    signals: {a: {words: [tea]}, b: {words: [cake]}, c: {words: "
     "[no]}}\n    condition: {score: {a: 2, b: 2, c: -1}, at-least: 4, "
     "within: sentence}\n",
     "", "Tea. No tea, no cake. Tea and cake.", "Tea and cake", FALSE},
    {"count of hits",
     "    signals: {a: {words: [tea]}}\n"
     "    condition: {count: a, at-least: 2, within: sentence}\n",
     "", "Tea. Tea or tea", "Tea or tea", FALSE},
    {"count of distinct values",
     "    signals: {a: {words: [tea, cake]}}\n"
     "    condition: {count: a, at-least: 2, distinct: true, within: "
     "sentence}\n",
     "", "Tea or tea. Tea or cake", "Tea or cake", FALSE},
    {"density",
     "    signals: {a: {words: [tea]}}\n"
     "    condition: {count: a, at-least: 1, per-words: 4, within: "
     "sentence}\n",
     "", "We have got tea here too. Tea for all", "Tea", FALSE},
    {"outside of a frame",
     "    frames: {no: {words: [never]}}\n"
     "    signals: {a: {words: [tea], outside: [no]}}\n    condition: a\n",
     "", "Never any tea. More tea!", "tea", FALSE},
    {"inside of a frame",
     "    frames: {yes: {words: [always]}}\n"
     "    signals: {a: {words: [tea], inside: [yes]}}\n    condition: a\n",
     "", "Always tea. More tea!", "tea", FALSE},
    {"a frame may cover a clause",
     "    frames: {no: {words: [never], covers: clause}}\n"
     "    signals: {a: {words: [tea], outside: [no]}}\n    condition: a\n",
     "", "Never sad, tea is here", "tea", FALSE},
    {"a frame may cover what follows",
     "    frames: {no: {words: [never], covers: rest of sentence}}\n"
     "    signals: {a: {words: [tea], outside: [no]}}\n    condition: a\n",
     "", "Tea never hurts. Never tea.", "Tea", FALSE},
    {"a frame in a condition reaches into a clause",
     "    frames: {no: {words: [never]}}\n"
     "    signals: {a: {words: [tea]}}\n"
     "    condition: {all: [a, {not: no}], within: clause}\n",
     "", "Never sad, tea is here. Tea!", "Tea", FALSE},
    {"a frame is no place",
     "    frames: {ask: {regex: '\\?'}}\n    signals: {a: {words: [tea]}}\n"
     "    condition: {all: [a, ask], within: sentence}\n",
     "", "Any tea left?", "tea", FALSE},
    {"unless",
     "    frames: {no: {words: [never]}}\n    unless: [no]\n" ONE("tea"), "",
     "Never tea. Tea!", "Tea", FALSE},
    {"a condition as a signal",
     "    signals:\n      a: {words: [tea]}\n      b: {words: [cake]}\n"
     "      both: {condition: {all: [a, b], within: sentence}}\n"
     "      now: {words: [now]}\n    condition: {all: [both, now]}\n",
     "", "Tea. Cake. Tea and cake. Now!", "Tea and cake. Now", FALSE},
    {"fact as a frame",
     "    signals: {r: {fact: reply}, a: {words: [tea], inside: [r]}}\n"
     "    condition: a\n",
     "", "tea", "tea", TRUE},
    {"few words",
     "    signals: {f: {fact: words, at-most: 2}, a: {words: [tea]}}\n"
     "    condition: {all: [f, a]}\n",
     "", "tea please", "tea", FALSE},
    {"too many words",
     "    signals: {f: {fact: words, at-most: 2}, a: {words: [tea]}}\n"
     "    condition: {all: [f, a]}\n",
     "", "tea for two", "", FALSE},
    {"signal of one place",
     "    signals: {a: {words: [tea], where: [subject]}}\n    condition: a\n",
     "Tea", "tea", "Tea", FALSE},
    {"emoji",
     "    signals: {a: {emoji: [\"\360\237\215\265\"]}}\n"
     "    condition: a\n",
     "", "x\360\237\215\265y", "\360\237\215\265", FALSE},
    {"masked word",
     "    signals: {a: {words: [teapot], masked: true}}\n    condition: a\n",
     "", "T**pot te@pot teacup", "T**pot|te@pot", FALSE},
    {"in a hashtag", ONE("green tea"), "", "x #GreenTea y", "GreenTea", FALSE},
    {"in disguise", ONE("green tea"), "", "gr33n t e a", "gr33n t e a", FALSE},
    {"exactly",
     "    signals: {a: {words: [tea], exact: true}}\n    condition: a\n", "",
     "t3a #tea t-e-a", "tea", FALSE},
    {"digits one by one",
     "    signals: {n: {entity: us-ssn}}\n    condition: n\n", "",
     "it is 5 1 2 - 3 4 - 6 7 8 9.", "5 1 2 - 3 4 - 6 7 8 9", FALSE},
    {"decoded", ONE("green tea"), "", "x Z3JlZW4gdGVhIGdyZWVu y",
     "Z3JlZW4gdGVhIGdyZWVu", FALSE},
    {"signature left out", "    signature: false\n" ONE("tea"), "",
     "No.\n-- \nTea House\n", "", FALSE},
    {"signature of a phone left out", "    signature: false\n" ONE("tea"), "",
     "Tea.\nSent from my tea phone\n> tea", "Tea|tea", FALSE},
    {"signature as a rule", ONE("tea"), "", "No.\n-- \nTea House\n", "Tea",
     FALSE},
    {"only where it looks", "    where: [subject]\n" ONE("tea"), "tea!", "tea",
     "tea", FALSE},
    {"quoted text left out", "    quoted: false\n" ONE("tea"), "", "> tea\nno",
     "", FALSE},
    {"quoted text as a rule", ONE("tea"), "", "> tea\nno", "tea", FALSE},
};

static void
test_what_matches(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *got = found(rows[i].rule, rows[i].subject,
                                     rows[i].body, rows[i].is_reply);
        if (strcmp(got, rows[i].found) != 0) {
            fail_msg("%s: \"%s\"", rows[i].name, got);
        }
    }
}

static void
test_refusals(void **state)
{
    static const struct {
        const char *name, *rule, *message;
    } bad[] = {
        {"unknown key", "    foo: 1\n" ONE("a"),
         "unknown key \"foo\"; allowed here: id, title"},
        {"unknown signal", "    signals: {a: {words: [x]}}\n    condition: b\n",
         "r.yaml:13:16: unknown signal \"b\""},
        {"unknown entity",
         "    signals: {a: {entity: shoe}}\n    condition: a\n",
         "unknown entity; allowed: person"},
        {"unknown fact", "    signals: {a: {fact: rain}}\n    condition: a\n",
         "unknown fact; allowed: reply"},
        {"bad pattern", "    signals: {a: {regex: '(x'}}\n    condition: a\n",
         "r.yaml:12:26: signal \"a\": bad pattern: missing closing"},
        {"empty match", "    signals: {a: {regex: 'x*'}}\n    condition: a\n",
         "it matches the empty string"},
        {"two kinds",
         "    signals: {a: {words: [x], regex: y}}\n    condition: a\n",
         "a signal has one of"},
        {"empty phrase", "    signals: {a: {words: ['']}}\n    condition: a\n",
         "an empty phrase"},
        {"open bracket",
         "    signals: {a: {words: ['(x']}}\n    condition: a\n",
         "brackets of \"(x\" do not match"},
        {"no condition", "    signals: {a: {words: [x]}}\n",
         "the rule needs a condition"},
        {"two operators",
         SIGNALS("x", "y") "    condition: {all: [a], any: [b]}\n",
         "a condition has one of"},
        {"bad unit",
         SIGNALS("x", "y") "    condition: {all: [a, b], within: page}\n",
         "within: clause, sentence"},
        {"score without points",
         SIGNALS("x", "y") "    condition: {score: [a], at-least: 2}\n",
         "score: a map of signals"},
        {"unknown threshold",
         SIGNALS("x", "y") "    condition: {score: {a: 1}, at-least: much}\n",
         "a number, or the name of one under thresholds"},
        {"unknown lexicon",
         "    signals: {a: {lexicon: drugs}}\n    condition: a\n",
         "unknown lexicon \"drugs\""},
        {"unknown frame", "    unless: [fog]\n" ONE("a"),
         "unknown signal \"fog\""},
        {"a fact has no place",
         "    signals: {a: {fact: reply, where: [body]}}\n    condition: a\n",
         "a fact is of the whole post"},
        {"bad cover",
         "    signals: {a: {words: [x], covers: page}}\n    condition: a\n",
         "covers: match, clause"},
        {"language", "    languages: [fr]\n" ONE("a"), "languages: en, es"},
        {"bad place", "    where: [sky]\n" ONE("a"), "\"sky\" is no place"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *got = found(bad[i].rule, "", "x", FALSE);
        if (strstr(got, bad[i].message) == NULL) {
            fail_msg("%s: \"%s\"", bad[i].name, got);
        }
    }
}

static void
test_metadata_is_required(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    (void)state;
    assert_null(parse("pack: t\nrules:\n  - id: t/r\n"
                      "    signals: {a: {words: [x]}}\n    condition: a\n",
                      diag));
    g_autofree char *got = ch_diag_dup_text(diag);
    static const char *const wanted[] = {"title",      "severity", "action",
                                         "confidence", "advice",   "reference",
                                         "reviewed",   "examples"};
    for (guint i = 0; i < G_N_ELEMENTS(wanted); i++) {
        assert_non_null(strstr(got, wanted[i]));
    }
}

static void
test_duplicate_ids_are_refused(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    (void)state;
    assert_null(parse("pack: t\nrules:\n  - id: t/r\n" META ONE(
                          "x") "  - id: t/r\n" META ONE("y"),
                      diag));
    g_autofree char *got = ch_diag_dup_text(diag);
    assert_non_null(strstr(got, "rule \"t/r\" is there twice, first in "
                                "r.yaml line 3"));
}

static void
test_shared_signals(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    (void)state;
    g_autoptr(ch_ruleset) rules =
        parse("pack: t\nsignals: {tea: {words: [tea]}}\nrules:\n"
              "  - id: t/a\n" META "    condition: tea\n"
              "  - id: t/b\n" META "    condition: t.tea\n",
              diag);
    g_autofree char *got = ch_diag_dup_text(diag);
    assert_string_equal(got, "");
    assert_non_null(ch_ruleset_find(rules, "t/b"));
}

/* What is found in a body by packs and overlays written into a directory. */
static char *
found_in_files(const char *const *files, const char *body, gint64 now_us)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    g_autofree char *dir = g_dir_make_tmp("chaperone-XXXXXX", NULL);
    g_strfreev(config->rules_paths);
    config->rules_paths = g_strdupv(
        (char *[]){(char *)CH_SOURCE_DIR "/rules/structure.yaml", dir, NULL});
    for (guint i = 0; files[i] != NULL; i += 2) {
        g_autofree char *path = g_build_filename(dir, files[i], NULL);
        assert_true(g_file_set_contents(path, files[i + 1], -1, NULL));
    }
    g_autoptr(ch_ruleset) rules = ch_ruleset_load(config, diag);
    for (guint i = 0; files[i] != NULL; i += 2) {
        g_autofree char *path = g_build_filename(dir, files[i], NULL);
        assert_int_equal(g_unlink(path), 0);
    }
    assert_int_equal(g_rmdir(dir), 0);
    if (rules == NULL) {
        return ch_diag_dup_text(diag);
    }
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, body));
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    ch_facts facts = {.now_us = now_us};
    assert_true(ch_ruleset_run(rules, texts, &facts, findings, NULL, NULL));
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        g_string_append_printf(out, "%s%s:%s", i > 0 ? " " : "", f->rule->id,
                               ch_action_name(f->action));
    }
    return g_string_free(out, FALSE);
}

#define DRINKS                                                                 \
    "pack: t\nlexicons: {drinks: [tea, \"(hot )?milk\"], more: {file: "        \
    "more.txt}}\nthresholds: {many: 2}\nrules:\n  - id: t/r\n"                 \
    "    title: {en: T, es: T}\n    severity: S1\n    action: reject\n"        \
    "    confidence: high\n    advice: {en: A, es: A}\n    reference: R\n"     \
    "    reviewed: 2026-11-22\n    examples: {match: [tea tea], pass: [y]}\n"  \
    "    signals: {a: {lexicon: [drinks, t.more]}}\n"                          \
    "    condition: {count: a, at-least: many}\n"
#define DAY (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)

static void
test_lexicons_and_overlays(void **state)
{
    static const struct {
        const char *name, *overlay, *body;
        gint64 now_us;
        const char *found;
    } overlays[] = {
        {"lexicon of the pack", "", "tea, hot milk", 0, "t/r:reject"},
        {"lexicon of a file", "", "tea, oat milk", 0, "t/r:reject"},
        {"a comment is no phrase", "", "tea, comment", 0, ""},
        {"added", "lexicons: {t.drinks: {add: [beer]}}\n", "tea, beer", 0,
         "t/r:reject"},
        {"taken out", "lexicons: {t.more: {remove: [oat milk]}}\n",
         "tea, oat milkshake", 0, ""},
        {"threshold", "thresholds: {t.many: 3}\n", "tea tea", 0, ""},
        {"action", "rules: [{id: t/r, action: tag, reason: R}]\n", "tea tea", 0,
         "t/r:tag"},
        {"action until then",
         "rules: [{id: t/r, action: tag, until: 1970-01-05, reason: R}]\n",
         "tea tea", 4 * DAY, "t/r:tag"},
        {"action after that",
         "rules: [{id: t/r, action: tag, until: 1970-01-05, reason: R}]\n",
         "tea tea", 5 * DAY, "t/r:reject"},
        {"switched off", "rules: [{id: t/r, enabled: false, reason: R}]\n",
         "tea tea", 0, ""},
        {"exception",
         "exceptions: [{rule: t/r, words: [iced], until: 1970-01-05, reason: "
         "R}]\n",
         "iced tea tea", DAY, ""},
        {"exception that is over",
         "exceptions: [{rule: t/r, words: [iced], until: 1970-01-05, reason: "
         "R}]\n",
         "iced tea tea", 9 * DAY, "t/r:reject"},
        {"no such rule", "rules: [{id: t/x, action: tag, reason: R}]\n", "tea",
         0, "\"id\" names no rule"},
        {"no reason", "rules: [{id: t/r, action: tag}]\n", "tea", 0,
         "\"reason\" is missing"},
        {"exception without end",
         "exceptions: [{rule: t/r, words: [x], reason: R}]\n", "tea", 0,
         "an exception needs an end"},
        {"not a day",
         "exceptions: [{rule: t/r, words: [x], until: soon, reason: R}]\n",
         "tea", 0, "until: a day, YYYY-MM-DD"},
        {"no such lexicon", "lexicons: {t.x: {add: [a]}}\n", "tea", 0,
         "no lexicon \"t.x\""},
        {"not in the lexicon", "lexicons: {t.more: {remove: [gin]}}\n", "tea",
         0, "\"gin\" is not in that lexicon"},
        {"no such threshold", "thresholds: {t.x: 3}\n", "tea", 0,
         "no threshold \"t.x\""},
        {"what cannot be read stays",
         "rules: [{id: structure/unreadable, enabled: false, reason: R}]\n",
         "tea", 0, "cannot be switched off"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(overlays); i++) {
        g_autofree char *overlay =
            g_strconcat("overlay: site\n", overlays[i].overlay, NULL);
        const char *const files[] = {
            "a.yaml", DRINKS,  "more.txt", "oat milk # comment\n\n",
            "z.yaml", overlay, NULL};
        g_autofree char *got =
            found_in_files(files, overlays[i].body, overlays[i].now_us);
        gboolean refusal = strchr(overlays[i].found, ' ') != NULL;
        if (refusal ? strstr(got, overlays[i].found) == NULL
                    : strcmp(got, overlays[i].found) != 0) {
            fail_msg("%s: \"%s\"", overlays[i].name, got);
        }
    }
}

static void
test_the_worst_is_refused(void **state)
{
    static const struct {
        const char *name, *overlay, *body, *found;
    } worst[] = {
        {"its own action", "", "tea", "t/r:tag"},
        {"the worst of it", "", "tea. And so to bed. With milk.", "t/r:reject"},
        {"the worst without it", "", "milk", ""},
        {"inside of its unit only", "", "tea with sugar", "t/r:reject"},
        {"outside of its unit", "", "tea. With sugar.", "t/r:tag"},
        {"a site's own action",
         "rules: [{id: t/r, action: quarantine, reason: R}]\n", "tea with milk",
         "t/r:quarantine"},
        {"a site's own action that is over",
         "rules: [{id: t/r, action: quarantine, until: 1969-12-31, reason: "
         "R}]\n",
         "tea with milk", "t/r:reject"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(worst); i++) {
        g_autofree char *overlay =
            g_strconcat("overlay: site\n", worst[i].overlay, NULL);
        const char *const files[] = {
            "a.yaml",
            "pack: t\nrules:\n  - id: t/r\n"
            "    title: {en: T, es: T}\n    severity: S1\n    action: tag\n"
            "    confidence: high\n    advice: {en: A, es: A}\n"
            "    reference: R\n    reviewed: 2026-11-22\n"
            "    examples: {match: [tea], pass: [y]}\n"
            "    signals: {a: {words: [tea]}, b: {words: [milk]},\n"
            "      c: {words: [sugar]}}\n"
            "    condition: a\n"
            "    reject-if: {any: [b, {all: [a, c], within: sentence}]}\n",
            "z.yaml", overlay, NULL};
        g_autofree char *got = found_in_files(files, worst[i].body, DAY);
        if (strcmp(got, worst[i].found) != 0) {
            fail_msg("%s: \"%s\"", worst[i].name, got);
        }
    }
}

static void
test_wrong_examples_are_refused(void **state)
{
    const char *const files[] = {
        "a.yaml", "pack: t\nrules:\n  - id: t/r\n" META ONE("xyz"), NULL};
    (void)state;
    g_autofree char *got = found_in_files(files, "tea", 0);
    if (strstr(got, "a.yaml:11:24: rule \"t/r\" does not find anything") ==
        NULL) {
        fail_msg("%s", got);
    }
}

static void
test_shipped_rules_load(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    (void)state;
    g_strfreev(config->rules_paths);
    config->rules_paths = g_strsplit(CH_SOURCE_DIR "/rules", "|", 0);
    g_autoptr(ch_ruleset) rules = ch_ruleset_load(config, diag);
    g_autofree char *got = ch_diag_dup_text(diag);
    assert_string_equal(got, "");
    assert_true(ch_ruleset_rules(rules)->len >= 17);
}

static void
test_rules_without_structure_are_refused(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    (void)state;
    g_strfreev(config->rules_paths);
    config->rules_paths =
        g_strsplit(CH_SOURCE_DIR "/rules/common.yaml", "|", 0);
    assert_null(ch_ruleset_load(config, diag));
    g_autofree char *got = ch_diag_dup_text(diag);
    assert_non_null(strstr(got, "rule \"structure/unreadable\" is missing"));
}

static void
test_runaway_pattern_is_a_finding(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_ruleset) rules = parse(
        "pack: t\nrules:\n  - id: t/r\n" META
        "    signals: {a: {regex: '(?:a|aa)+[bc](?!x)'}}\n    condition: a\n"
        "  - id: structure/pattern-limit\n" META
        "    signals: {l: {fact: pattern-limit}}\n    condition: l\n",
        diag);
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_autofree char *many = g_strnfill(200000, 'a');
    g_autofree char *evil = g_strconcat(many, "bx", NULL);
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    ch_facts facts = {0};
    (void)state;
    assert_non_null(rules);
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, evil));
    assert_true(ch_ruleset_run(rules, texts, &facts, findings, NULL, NULL));
    assert_int_equal(findings->len, 1);
    assert_string_equal(g_array_index(findings, ch_finding, 0).rule->id,
                        "structure/pattern-limit");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_matches),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_metadata_is_required),
        cmocka_unit_test(test_duplicate_ids_are_refused),
        cmocka_unit_test(test_shared_signals),
        cmocka_unit_test(test_lexicons_and_overlays),
        cmocka_unit_test(test_the_worst_is_refused),
        cmocka_unit_test(test_wrong_examples_are_refused),
        cmocka_unit_test(test_shipped_rules_load),
        cmocka_unit_test(test_rules_without_structure_are_refused),
        cmocka_unit_test(test_runaway_pattern_is_a_finding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
