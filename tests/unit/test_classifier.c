/* The classifier: what it counts, what its file may hold, what it concludes,
 * and what that does to findings. */
#include "unit.h"

#include <glib/gstdio.h>

#include "chaperone/classifier.h"
#include "chaperone/limits.h"
#include "chaperone/ruleset.h"

static ch_text *
text_of(ch_where where, const char *utf8)
{
    g_autoptr(GBytes) source = g_bytes_new(utf8, strlen(utf8));
    ch_text *text = ch_text_new_whole(where, -1, source);
    ch_text_fold(text);
    return text;
}

static GPtrArray *
post(const char *subject, const char *body)
{
    GPtrArray *texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_ptr_array_add(texts, text_of(CH_WHERE_SUBJECT, subject));
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, body));
    return texts;
}

/* --- features --------------------------------------------------------------
 */

static void
join(const ch_feature *f, gpointer data)
{
    GString *all = data;
    g_string_append_printf(all, "[%s]", f->name);
}

static void
test_features(void **state)
{
    static const struct {
        const char *name, *subject, *body;
        gboolean reply;
        const char *has, *lacks;
    } rows[] = {
        {"words, neighbours", "", "We open at noon", FALSE,
         "[w:we][w:open][b:we open][w:at][b:open at]", "[b:we at]"},
        {"the beginning of a longer word", "", "vaccination", FALSE,
         "[w:vaccination][p:vacci]", "[p:vaccin]"},
        {"a name among its neighbours", "", "We saw Wendell today", FALSE,
         "[b:saw <Name>]", "[b:saw wendell]"},
        {"the first word of a sentence is no name", "", "Done. Wendell left",
         FALSE, "[b:. wendell]", "<Name>"},
        {"capitals are no name", "", "at the ER now", FALSE, "[b:the er]",
         "<Name>"},
        {"numbers by their length", "", "call 614 now", FALSE, "[b:call <3>]",
         "614"},
        {"signs", "", "now!!", FALSE, "[w:!]", "[w:!!]"},
        {"accents are gone, but not the tilde", "", "un niño más", FALSE,
         "[b:niño mas]", "más"},
        {"the subject's words count twice", "hours", "x", FALSE,
         "[w:hours][s:hours]", "[s:x]"},
        {"what is quoted counts apart", "", "> you lost it\nThank you", FALSE,
         "[q:lost]", "[w:lost]"},
        {"a disguise is taken off", "", "this is gu4r4nt33d to work", FALSE,
         "[w:guaranteed]", "[w:gu]"},
        {"a reply", "", "x", TRUE, "[m:reply]", "[m:image]"},
        {"a signature does not count", "", "We floss\n-- \nWendell", FALSE,
         "[w:floss]", "wendell"},
        {"nor what a phone writes below", "", "We floss\n\nSent from my phone",
         FALSE, "[w:floss]", "[w:phone]"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) texts = post(rows[i].subject, rows[i].body);
        g_autoptr(GString) all = g_string_new(NULL);
        const ch_post_facts facts = {rows[i].reply, FALSE};
        ch_features_each(texts, &facts, join, all);
        if (strstr(all->str, rows[i].has) == NULL ||
            strstr(all->str, rows[i].lacks) != NULL) {
            fail_msg("%s: %s", rows[i].name, all->str);
        }
    }
}

static void
count(const ch_feature *f, gpointer data)
{
    guint *counted = data;
    *counted += f->text >= 0;
    assert_true(f->span.start <= f->span.end);
}

static char *
dup_repeated(const char *piece, guint times)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < times; i++) {
        g_string_append(all, piece);
    }
    return g_string_free(all, FALSE);
}

static void
test_features_have_an_end(void **state)
{
    g_autofree char *endless = g_strnfill(2 * CH_MAX_OPINION_TEXT, '.');
    g_autofree char *one_word = dup_repeated("abc", 1000);
    g_autoptr(GPtrArray) dots = post("", endless);
    g_autoptr(GPtrArray) word = post("", one_word);
    const ch_post_facts facts = {0};
    guint signs = 0, words = 0;
    (void)state;
    ch_features_each(dots, &facts, count, &signs);
    ch_features_each(word, &facts, count, &words);
    assert_in_range(signs, CH_MAX_OPINION_TEXT, 2 * CH_MAX_OPINION_TEXT);
    assert_int_equal(words, 0);
}

/* --- the file --------------------------------------------------------------
 */

#define HEAD "chaperone-classifier 1\nlabel\tharm\t-1\n"
#define SMALL                                                                  \
    HEAD "label\tt/rude\t0\nlabel\tt/rash\t0\nlabel\ttip\t0\n"                 \
         "label\tnews\t-1\n"                                                   \
         "w:awful\t100\t0:4 1:3\nw:rash\t100\t0:4 2:3\nw:floss\t100\t0:-4 "    \
         "3:2\nw:open\t200\t0:-1 4:3\nw:cut\t50\t0:0.5\nw:faint\t5\t0:4\n"     \
         "w:sly\t100\t1:6\nw:calm\t100\t0:-9\n"                                \
         "w:doom\t100\t0:90 1:3\n"

static void
test_files(void **state)
{
    static const struct {
        const char *name, *text, *error;
    } rows[] = {
        {"whole", SMALL, NULL},
        {"no final line end", HEAD "w:a\t1\t0:2", NULL},
        {"empty", "", "without features"},
        {"another format", "weights 2\n", ":1:1: no line"},
        {"no features", HEAD, "without features"},
        {"no label", "chaperone-classifier 1\nw:a\t1\t0:2\n", ":2:1: no line"},
        {"harm is not first", "chaperone-classifier 1\nlabel\ttip\t0\n",
         ":2:1: no line"},
        {"a label behind features", HEAD "w:a\t1\t0:2\nlabel\ttip\t0\n",
         ":4:1: no line"},
        {"an unknown label", HEAD "w:a\t1\t7:2\n", ":3:1: no line"},
        {"no number", HEAD "w:a\t1\t0:x\n", ":3:1: no line"},
        {"not finite", HEAD "w:a\t1\t0:nan\n", ":3:1: no line"},
        {"no rarity", HEAD "w:a\t0\t0:1\n", ":3:1: no line"},
        {"a feature twice", HEAD "w:a\t1\t0:1\nw:a\t1\t0:1\n", ":4:1: no line"},
        {"no weights", HEAD "w:a\t1\n", ":3:1: no line"},
        {"bias is no number", "chaperone-classifier 1\nlabel\tharm\tx\n",
         ":2:1: no line"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_classifier) c =
            ch_classifier_parse("w", g_strdup(rows[i].text), diag);
        g_autofree char *errors = ch_diag_dup_text(diag);
        if ((c == NULL) != (rows[i].error != NULL) ||
            (c == NULL && strstr(errors, rows[i].error) == NULL)) {
            fail_msg("%s: %s", rows[i].name, errors);
        }
    }
}

static void
test_a_missing_file_is_told(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    (void)state;
    assert_null(ch_classifier_load("/nowhere/posts.weights", diag));
    assert_int_equal(ch_diag_count(diag), 1);
}

/* --- opinions ---------------------------------------------------------------
 */

static void
opinion_of(const char *subject, const char *body, gboolean reasons,
           ch_opinion *opinion_out)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_classifier) c =
        ch_classifier_parse("w", g_strdup(SMALL), diag);
    g_autoptr(GPtrArray) texts = post(subject, body);
    const ch_post_facts facts = {0};
    assert_non_null(c);
    g_autoptr(ch_reading) r = ch_reading_new(c, reasons);
    ch_features_each(texts, &facts, ch_reading_take, r);
    ch_reading_finish(r, texts, opinion_out);
    /* labels are the classifier's, which ends here */
    opinion_out->rule = g_intern_string(opinion_out->rule);
    opinion_out->kind = g_intern_string(opinion_out->kind);
}

static void
test_opinions(void **state)
{
    static const struct {
        const char *name, *body;
        double low, high;
        const char *rule, *kind;
    } rows[] = {
        {"nothing known: the bias alone", "hello", 0.26, 0.27, "t/rude", "tip"},
        {"one word for harm", "awful", 0.96, 0.97, "t/rude", "tip"},
        {"what comes near a rule is likelier harm", "sly", 0.34, 0.36, "t/rude",
         "tip"},
        {"one word against", "floss", 0.006, 0.008, "t/rude", "tip"},
        {"another rule", "a rash", 0.96, 0.97, "t/rash", "tip"},
        {"a word counts once", "awful awful awful", 0.96, 0.97, "t/rude",
         "tip"},
        {"for and against", "awful floss", 0.33, 0.345, "t/rude", "tip"},
        {"one common word is little", "faint", 0.5, 0.56, "t/rude", "tip"},
        {"rare words weigh more", "open cut", 0.13, 0.15, "t/rude", "news"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(ch_opinion) o = {0};
        opinion_of("", rows[i].body, FALSE, &o);
        if (o.harm < rows[i].low || o.harm > rows[i].high ||
            g_strcmp0(o.rule, rows[i].rule) != 0 ||
            g_strcmp0(o.kind, rows[i].kind) != 0 || o.reasons != NULL) {
            fail_msg("%s: %.4f %s %s", rows[i].name, o.harm, o.rule, o.kind);
        }
    }
}

static void
test_place_and_reasons(void **state)
{
    static const char body[] = "Floss daily. That was awful. We open at nine.";
    g_auto(ch_opinion) o = {0};
    (void)state;
    opinion_of("Teeth", body, TRUE, &o);
    assert_int_equal(o.text, 1);
    assert_int_equal(o.span.start, strlen("Floss daily. "));
    assert_int_equal(o.span.end, strlen("Floss daily. That was awful. "));
    assert_int_equal(o.reasons->len, 3);
    const ch_reason *first = &g_array_index(o.reasons, ch_reason, 0);
    const ch_reason *last = &g_array_index(o.reasons, ch_reason, 2);
    assert_true(strcmp(first->name, "w:awful") == 0 ||
                strcmp(first->name, "w:floss") == 0);
    assert_string_equal(last->name, "w:open");
    assert_true(last->weight < 0);
}

static void
test_what_stands_beside_the_body_is_read_for_itself(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_classifier) c =
        ch_classifier_parse("w", g_strdup(SMALL), diag);
    g_autoptr(GPtrArray) texts = post("Teeth", "We floss. We open.");
    g_autoptr(ch_reading) r = ch_reading_new(c, FALSE);
    g_auto(ch_opinion) o = {0};
    const ch_post_facts facts = {0};
    (void)state;
    g_ptr_array_add(texts, text_of(CH_WHERE_HIDDEN, "That was awful."));
    ch_features_each(texts, &facts, ch_reading_take, r);
    ch_reading_finish(r, texts, &o);
    assert_true(o.harm > 0.85);
    assert_int_equal(o.text, 2);
}

static void
test_what_reads_the_same_counts_once(void **state)
{
    g_autoptr(GPtrArray) texts = post("", "We floss");
    guint words = 0;
    const ch_post_facts facts = {0};
    (void)state;
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, "we  floss"));
    ch_features_each(texts, &facts, count, &words);
    assert_int_equal(words, 3); /* w:we w:floss b:we floss */
}

static void
test_harmless_words_around_do_not_hide_others(void **state)
{
    static const char bad[] = "That was awful. ";
    g_autofree char *before = dup_repeated("Then we floss. ", 30);
    g_autofree char *after = dup_repeated("Day by day. ", 20);
    g_autofree char *hidden = g_strconcat(before, bad, after, NULL);
    g_auto(ch_opinion) o = {0};
    (void)state;
    opinion_of("", hidden, FALSE, &o);
    assert_true(o.harm > 0.75);
    assert_int_equal(o.span.start, strlen(before));
    assert_int_equal(o.span.end, strlen(before) + strlen(bad));
}

static void
test_a_block_is_read_for_itself(void **state)
{
    static const char bad[] =
        "Awful is what he said to us that day when we met";
    static const char good[] =
        "Floss, and come to our table at the fair in the park";
    static const struct {
        const char *name, *seam;
        double low, high;
    } rows[] = {
        {"one paragraph is one thing", ". ", 0.3, 0.4},
        {"of two lines, the worse one counts", ".\n", 0.9, 0.96},
        {"of two paragraphs, too", ".\n\n", 0.9, 0.96},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *first = g_strconcat(bad, rows[i].seam, good, NULL);
        g_autofree char *last = g_strconcat(good, rows[i].seam, bad, NULL);
        const char *const bodies[] = {first, last};
        for (guint b = 0; b < G_N_ELEMENTS(bodies); b++) {
            g_auto(ch_opinion) o = {0};
            opinion_of("Teeth", bodies[b], FALSE, &o);
            if (o.harm < rows[i].low || o.harm > rows[i].high) {
                fail_msg("%s: %.4f", rows[i].name, o.harm);
            }
        }
    }
}

#define ENCODER CH_SOURCE_DIR "/rules/posts.encoder"

/* --- findings ----------------------------------------------------------------
 */

#define RULE_OF(id, word, action, confidence)                                  \
    RULE_WITH(id, word, "S2", action, confidence)
#define RULE_WITH(id, word, severity, action, confidence)                      \
    "  - id: " id "\n    title: {en: T, es: T}\n    severity: " severity       \
    "\n    action: " action "\n    confidence: " confidence "\n"               \
    "    advice: {en: A, es: A}\n    reference: R\n"                           \
    "    reviewed: 2026-11-22\n    examples: {match: [" word "], pass: [y]}\n" \
    "    signals: {a: {words: [" word "]}}\n    condition: a\n"
#define RULE(id, word, action) RULE_OF(id, word, action, "medium")
#define SPARE_40                                                               \
    "pack: t\nclassifier: {weights: w.weights, hold: 90, tag: 70, spare: 40}"  \
    "\nrules:\n"
#define GRAVEST                                                                \
    "pack: t\nclassifier: {weights: w.weights, hold: 100, tag: 100, tag-s1: "  \
    "70, spare: 10}\nrules:\n" RULE("t/rash", "itch", "tag")
#define PACK(firm)                                                             \
    "pack: t\nclassifier: {weights: w.weights, hold: 90, tag: 70, spare: "     \
    "10, refuse: 5, firm: [" firm                                              \
    "]}\nrules:\n" RULE("t/rude", "rotten", "reject")                          \
        RULE("t/rash", "itch", "tag") RULE("t/other", "thing", "quarantine")

#define FIRM(spare)                                                            \
    "pack: t\nclassifier: {weights: w.weights, hold: 90, tag: 70, "            \
    "spare: " spare ", refuse: 5, firm: [t/rude]}\nrules:\n"
#define RUDE(confidence) RULE_OF("t/rude", "rotten", "reject", confidence)
/* A rule that holds, and refuses where somebody is named. */
#define NAMED                                                                  \
    "pack: t\nclassifier: {weights: w.weights, hold: 90, reject: 92, tag: "    \
    "70, spare: 10}\nsignals:\n  named: {words: [dana]}\nrules:\n" RULE(       \
        "t/rude", "rotten", "quarantine") "    reject-if: named\n"

typedef struct {
    const char *name, *pack, *overlay, *body, *found;
} judged;

/* "RULE:ACTION[:learned] ..." of a body, or the errors of the files. */
static char *
judge_with(const judged *row, const char *link)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    g_autofree char *dir = g_dir_make_tmp("chaperone-XXXXXX", NULL);
    const char *const files[][2] = {
        {"p.yaml", row->pack}, {"q.yaml", row->overlay}, {"w.weights", SMALL}};
    g_strfreev(config->rules_paths);
    config->rules_paths = g_strdupv(
        (char *[]){(char *)CH_SOURCE_DIR "/rules/structure.yaml", dir, NULL});
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i][0], NULL);
        assert_true(g_file_set_contents(path, files[i][1], -1, NULL));
    }
    g_autofree char *encoder = g_build_filename(dir, "posts.encoder", NULL);
    assert_int_equal(symlink(ENCODER, encoder), 0);
    g_autoptr(ch_ruleset) rules = ch_ruleset_load(config, diag);
    assert_int_equal(g_unlink(encoder), 0);
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(dir, files[i][0], NULL);
        assert_int_equal(g_unlink(path), 0);
    }
    assert_int_equal(g_rmdir(dir), 0);
    if (rules == NULL) {
        return ch_diag_dup_text(diag);
    }
    g_autoptr(GPtrArray) texts = post("", row->body);
    if (link != NULL) {
        g_ptr_array_add(texts, text_of(CH_WHERE_LINK, link));
    }
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    g_auto(ch_opinion) opinion = {0};
    const ch_facts facts = {0};
    GString *out = g_string_new(NULL);
    assert_true(ch_ruleset_run(rules, texts, &facts, findings, &opinion, NULL));
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        g_string_append_printf(out, "%s%s:%s%s", i > 0 ? " " : "", f->rule->id,
                               ch_action_name(f->asked),
                               f->learned ? ":learned" : "");
    }
    return g_string_free(out, FALSE);
}

static char *
judge(const judged *row)
{
    return judge_with(row, NULL);
}

#define NO_OVERLAY   "overlay: o\n"
#define FIVE_WORDS   "We floss and then we "
#define TWENTY_WORDS FIVE_WORDS FIVE_WORDS FIVE_WORDS "floss and floss again. "
#define HUNDRED_WORDS                                                          \
    TWENTY_WORDS TWENTY_WORDS TWENTY_WORDS TWENTY_WORDS TWENTY_WORDS

static void
test_what_it_does_to_findings(void **state)
{
    static const judged rows[] = {
        {"held by words alone, not rejected", PACK(""), NO_OVERLAY, "awful",
         "t/rude:quarantine:learned"},
        {"rejected, if that is set, where hardly a doubt is left", PACK(""),
         "overlay: o\nclassifier: {reject: 92}\n", "awful",
         "t/rude:reject:learned"},
        {"by a rule that only holds, never", NAMED, NO_OVERLAY, "awful",
         "t/rude:quarantine:learned"},
        {"unless what it rejects for is there", NAMED, NO_OVERLAY,
         "awful, Dana", "t/rude:reject:learned"},
        {"where there is one, held", PACK(""),
         "overlay: o\nclassifier: {reject: 92, hold-grave: 70}\n",
         "awful open cut rash", "t/rude:quarantine:learned"},
        {"tagged, if nothing is held", PACK(""),
         "overlay: o\nclassifier: {hold: 100, reject: 92}\n", "awful",
         "t/rude:tag:learned"},
        {"not by a rule that only tags", PACK(""),
         "overlay: o\nclassifier: {reject: 0}\n", "a rash",
         "t/rash:tag:learned"},
        {"beside the same rule, that only held", PACK(""),
         "overlay: o\nclassifier: {reject: 92, refuse: 100}\n", "awful rotten",
         "t/rude:quarantine t/rude:reject:learned"},
        {"not as a firm rule, whose evidence is not there", PACK("t/rude"),
         "overlay: o\nclassifier: {reject: 92}\n", "awful",
         "t/rude:quarantine:learned"},
        {"no more than the rule's own action", PACK(""), NO_OVERLAY, "a rash",
         "t/rash:tag:learned"},
        {"tagged below hold", PACK(""), NO_OVERLAY, "awful open cut rash",
         "t/rude:tag:learned"},
        {"beside what a weaker rule found", PACK(""), NO_OVERLAY, "awful itch",
         "t/rash:tag t/rude:quarantine:learned"},
        {"not where a rule beyond words has said as much", PACK(""), NO_OVERLAY,
         "awful thing", "t/other:quarantine"},
        {"a finding is spared, and stays visible", PACK(""), NO_OVERLAY,
         "floss rotten", "t/rude:accept"},
        {"below spare", SPARE_40 RULE("t/rude", "rotten", "reject"), NO_OVERLAY,
         "rotten", "t/rude:accept"},
        {"below half of it, where the rule is sure; else it tags",
         SPARE_40 RULE_OF("t/rude", "rotten", "reject", "high"), NO_OVERLAY,
         "rotten", "t/rude:tag"},
        {"in a short post, for the words around its sentence", PACK(""),
         NO_OVERLAY, "We floss. Then we floss. It is a rotten cut.",
         "t/rude:accept"},
        {"in one that is read in parts, not for those: it only holds", PACK(""),
         "overlay: o\nclassifier: {refuse: 70}\n",
         "It is a rotten cut. We are calm. " HUNDRED_WORDS HUNDRED_WORDS
             HUNDRED_WORDS HUNDRED_WORDS,
         "t/rude:quarantine"},
        {"nor where a doubt is left",
         SPARE_40 RULE("t/rude", "rotten", "reject"),
         "overlay: o\nclassifier: {spare: 69}\n", "It is a rotten cut.",
         "t/rude:reject"},
        {"not in a signature, which it does not read",
         "pack: t\nclassifier: {weights: w.weights, hold: 90, tag: 70, "
         "spare: 10}\nrules:\n" RULE("t/rude", "rotten", "reject")
             RULE("t/rash", "itch", "tag") "    signature: true\n",
         NO_OVERLAY, "We floss.\n-- \nitch", "t/rash:tag"},
        {"but not of a rule that it does not know", PACK(""), NO_OVERLAY,
         "floss thing", "t/other:quarantine"},
        {"nor of a firm one, which only holds", FIRM("1") RUDE("high"),
         NO_OVERLAY, "floss rotten", "t/rude:quarantine"},
        {"and tags below a tenth of spare", FIRM("10") RUDE("medium"),
         NO_OVERLAY, "floss rotten", "t/rude:tag"},
        {"or passes below a fortieth", FIRM("70") RUDE("medium"), NO_OVERLAY,
         "calm rotten", "t/rude:accept"},
        {"but where the rule is sure", FIRM("70") RUDE("high"), NO_OVERLAY,
         "calm rotten", "t/rude:tag"},
        {"not for other sentences", FIRM("10") RUDE("medium"), NO_OVERLAY,
         "We are calm. It is a rotten cut.", "t/rude:quarantine"},
        {"a tag is softened, too", PACK(""),
         "overlay: o\nclassifier: {soften: 100, spare: 1}\n", "itch",
         "t/rash:accept"},
        {"taught or not", PACK("t/other"),
         "overlay: o\nclassifier: {refuse: 100}\nrules:\n"
         "  - {id: t/other, action: reject, reason: R}\n",
         "thing", "t/other:quarantine"},
        {"a rule that is neither is left alone", PACK(""),
         "overlay: o\nrules:\n"
         "  - {id: t/other, action: reject, reason: R}\n",
         "floss thing", "t/other:reject"},
        {"but of a final one the refusal stands",
         PACK("t/rude], final: [t/rude"), NO_OVERLAY, "floss rotten",
         "t/rude:reject"},
        {"a firm rule is learned all the same", PACK("t/rude"), NO_OVERLAY,
         "awful", "t/rude:quarantine:learned"},
        {"in between it says nothing", PACK(""), NO_OVERLAY, "rotten",
         "t/rude:reject"},
        {"what its rule would refuse is held sooner", PACK(""),
         "overlay: o\nclassifier: {hold-grave: 70}\n", "awful open cut rash",
         "t/rude:quarantine:learned"},
        {"a refusal waits for harm, not for spare alone", PACK(""),
         "overlay: o\nclassifier: {refuse: 100}\n", "rotten",
         "t/rude:quarantine"},
        {"what is held may be tagged first", PACK(""),
         "overlay: o\nclassifier: {soften: 100}\nrules:\n"
         "  - {id: t/rude, action: quarantine, reason: R}\n",
         "rotten", "t/rude:tag"},
        {"what its rule calls gravest is tagged sooner",
         GRAVEST RULE_WITH("t/rude", "rotten", "S1", "reject", "medium"),
         NO_OVERLAY, "awful", "t/rude:tag:learned"},
        {"not what another one does",
         GRAVEST RULE_WITH("t/rude", "rotten", "S2", "reject", "medium"),
         NO_OVERLAY, "awful", ""},
        {"without spare the refusal stands", PACK(""),
         "overlay: o\nclassifier: {refuse: 100, spare: 0}\n", "rotten",
         "t/rude:reject"},
        {"a site changes the numbers", PACK(""),
         "overlay: o\nclassifier: {hold: 100, tag: 100, spare: 0}\n",
         "floss rotten", "t/rude:reject"},
        {"a site does without an encoder that is not there", PACK(""),
         "overlay: o\nclassifier: {encoder: off}\n", "awful",
         "t/rude:quarantine:learned"},
        {"a site switches it off", PACK(""),
         "overlay: o\nclassifier: {hold: 100, tag: 100, spare: 0}\n", "awful",
         ""},
        {"also where, rounded, it is 100 per cent", PACK(""),
         "overlay: o\nclassifier: {hold: 100, tag: 100, spare: 0}\n", "doom",
         ""},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = judge(&rows[i]);
        if (strcmp(found, rows[i].found) != 0) {
            fail_msg("%s: %s", rows[i].name, found);
        }
    }
}

static void
test_what_it_does_not_read_is_not_spared(void **state)
{
    const judged row = {"", PACK(""), NO_OVERLAY, "We floss.", ""};
    g_autofree char *found = judge_with(&row, "To floss is rotten.");
    (void)state;
    assert_string_equal(found, "t/rude:reject");
}

/* Words and encoder as they ship ask each other before anybody is held. */
#define READ(action)                                                           \
    "pack: t\nclassifier: {weights: w.weights, encoder: posts.encoder, "       \
    "hold: 90, tag: 20, spare: 0}\nrules:\n" RULE("t/rude", "rotten", action)
#define ILL    "Our patient Mrs Harris cried in my chair on Friday, "
#define CLOSED "We close at noon on Friday, "

static void
test_a_hold_needs_both_opinions(void **state)
{
    static const judged rows[] = {
        {"both", READ("quarantine"), NO_OVERLAY, ILL "awful",
         "t/rude:quarantine:learned"},
        {"the encoder's alone", READ("quarantine"), NO_OVERLAY,
         ILL "awful open", "t/rude:tag:learned"},
        {"the words' alone", READ("reject"), NO_OVERLAY, CLOSED "doom",
         "t/rude:tag:learned"},
        {"but of a rule that refuses the words may doubt", READ("reject"),
         NO_OVERLAY, ILL "awful open", "t/rude:quarantine:learned"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *found = judge(&rows[i]);
        if (strcmp(found, rows[i].found) != 0) {
            fail_msg("%s: %s", rows[i].name, found);
        }
    }
}

#define CLASSIFIER(map) "pack: t\nclassifier: {" map "}\nrules: []\n"

static void
test_refused_settings(void **state)
{
    static const judged rows[] = {
        {"no weights", CLASSIFIER("hold: 90, tag: 70, spare: 10"), NO_OVERLAY,
         "", "\"weights\" is missing"},
        {"no threshold", CLASSIFIER("weights: w.weights, hold: 9, tag: 7"),
         NO_OVERLAY, "", "\"spare\" is missing"},
        {"wrong order",
         CLASSIFIER("weights: w.weights, hold: 70, tag: 90, spare: 10"),
         NO_OVERLAY, "", "in this order"},
        {"out of the directory",
         CLASSIFIER("weights: ../w, hold: 90, tag: 70, spare: 10"), NO_OVERLAY,
         "", "inside of the pack's directory"},
        {"no such encoder",
         CLASSIFIER("weights: w.weights, encoder: none.encoder, hold: 90, "
                    "tag: 70, spare: 10"),
         NO_OVERLAY, "", "none.encoder"},
        {"an encoder of the site's", PACK(""),
         "overlay: o\nclassifier: {encoder: mine}\n", "",
         "an overlay may only say"},
        {"an unknown firm rule", PACK("t/none"), NO_OVERLAY, "",
         "firm: no rule \"t/none\""},
        {"an overlay out of order", PACK(""),
         "overlay: o\nclassifier: {spare: 80}\n", "", "in this order"},
        {"grave later than the others", PACK(""),
         "overlay: o\nclassifier: {hold-grave: 95}\n", "", "in this order"},
        {"grave below tag", PACK(""),
         "overlay: o\nclassifier: {hold-grave: 60}\n", "", "in this order"},
        {"gravest later than the others", PACK(""),
         "overlay: o\nclassifier: {tag-s1: 75}\n", "", "in this order"},
        {"an overlay with weights", PACK(""),
         "overlay: o\nclassifier: {weights: x}\n", "", "weights"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *errors = judge(&rows[i]);
        if (strstr(errors, rows[i].found) == NULL) {
            fail_msg("%s: %s", rows[i].name, errors);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_features_have_an_end),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_a_missing_file_is_told),
        cmocka_unit_test(test_opinions),
        cmocka_unit_test(test_place_and_reasons),
        cmocka_unit_test(test_what_stands_beside_the_body_is_read_for_itself),
        cmocka_unit_test(test_what_reads_the_same_counts_once),
        cmocka_unit_test(test_harmless_words_around_do_not_hide_others),
        cmocka_unit_test(test_a_block_is_read_for_itself),
        cmocka_unit_test(test_what_it_does_to_findings),
        cmocka_unit_test(test_a_hold_needs_both_opinions),
        cmocka_unit_test(test_what_it_does_not_read_is_not_spared),
        cmocka_unit_test(test_refused_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
