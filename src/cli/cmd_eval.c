/*
 * chaperone eval: scores the rules in force on labelled posts.
 *
 * All processors judge, by the walk that the milter takes; the results are
 * added up in the order of the corpus, so that the same rules on the same
 * posts always print the same bytes.
 */
#include "corpus.h"
#include "eval.h"
#include "judge.h"

#include "chaperone/error.h"

#include <sysexits.h>
#include <unistd.h>

#define BAR_WIDTH 40

typedef struct {
    const ch_judge *judge;
    GAsyncQueue *done; /* a post that is judged is pushed here */
} workshop;

/* Ids of the rules that had a say: an override may have taken it away. */
static GPtrArray *
fired_rules(const ch_verdict *v)
{
    GPtrArray *rules = g_ptr_array_new();
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        if (f->action > CH_ACCEPT &&
            !g_ptr_array_find(rules, f->rule->id, NULL)) {
            g_ptr_array_add(rules, f->rule->id);
        }
    }
    g_ptr_array_add(rules, NULL);
    return rules;
}

static void
judge_post(gpointer data, gpointer workshop_data)
{
    ch_corpus_post *post = data;
    workshop *w = workshop_data;
    g_autoptr(ch_verdict) v =
        ch_judge_input(w->judge, &post->input, &post->error);
    if (v != NULL) {
        post->verdict = v->unmonitored; /* mode: monitor would hide it */
        post->rules = fired_rules(v);
    }
    g_async_queue_push(w->done, post);
}

static void
draw_bar(guint done, guint total)
{
    char bar[BAR_WIDTH + 1] = {0};
    guint full = done * BAR_WIDTH / total;
    for (guint i = 0; i < BAR_WIDTH; i++) {
        bar[i] = i < full ? '#' : '.';
    }
    fprintf(stderr, "\r[%s] %u of %u", bar, done, total);
}

static gboolean
judge_all(const ch_judge *judge, const ch_corpus *corpus, GError **error)
{
    guint total = corpus->posts->len;
    gboolean terminal = isatty(STDERR_FILENO);
    g_autoptr(GAsyncQueue) done = g_async_queue_new();
    workshop w = {judge, done};
    GThreadPool *pool = g_thread_pool_new(
        judge_post, &w, (int)g_get_num_processors(), TRUE, error);
    if (pool == NULL) {
        return FALSE;
    }
    for (guint i = 0; i < total; i++) {
        g_thread_pool_push(pool, corpus->posts->pdata[i], NULL);
    }
    for (guint i = 0; i < total; i++) {
        g_async_queue_pop(done);
        if (terminal && (i % (total / 100 + 1) == 0)) {
            draw_bar(i + 1, total);
        }
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    if (terminal && total > 0) {
        fprintf(stderr, "\r\033[K");
    }
    return TRUE;
}

/* Adds all verdicts; FALSE if a post could not be judged. */
static gboolean
add_up(const ch_corpus *corpus, ch_scores *scores)
{
    gboolean all = TRUE;
    for (guint i = 0; i < corpus->posts->len; i++) {
        const ch_corpus_post *p = corpus->posts->pdata[i];
        if (p->error != NULL) {
            fprintf(stderr, "%s:%u: not judged: %s\n", p->name, p->input.line,
                    p->error->message);
            all = FALSE;
        } else {
            ch_scores_add(scores, &p->label, p->verdict,
                          (const char *const *)p->rules->pdata);
        }
    }
    return all;
}

static int
evaluate(const ch_judge *judge, const char *baseline)
{
    g_auto(ch_corpus) corpus = {0};
    g_auto(ch_comparison) comparison = {0};
    g_autoptr(ch_scores) scores = ch_scores_new();
    GError *error = NULL;
    if (baseline != NULL &&
        !ch_comparison_load(&comparison, baseline, &error)) {
        return ch_cli_fail(error);
    }
    ch_corpus_read(&corpus, (const char *const *)judge->paths);
    if (!judge_all(judge, &corpus, &error)) {
        return ch_cli_fail(error);
    }
    gboolean judged = add_up(&corpus, scores);
    const ch_comparison *compared = NULL;
    if (baseline != NULL) {
        ch_comparison_make(&comparison, scores);
        compared = &comparison;
    }
    g_autofree char *text = judge->json
                                ? ch_eval_json(scores, compared)
                                : ch_eval_text(scores, compared, judge->colour);
    printf("%s%s", text, judge->json ? "\n" : "");
    return !judged            ? EX_TEMPFAIL
           : corpus.wrong > 0 ? EX_DATAERR
           : comparison.worse ? 1
                              : EX_OK;
}

int
ch_cmd_eval(int argc, char **argv)
{
    g_auto(ch_judge) judge = {.now_us = -1};
    g_autofree char *baseline = NULL;
    int code;
    const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &judge.format,
         "How to print: text (default) or json", "FORMAT"},
        {"baseline", 0, 0, G_OPTION_ARG_FILENAME, &baseline,
         "A JSON result of an earlier run: what got better, what worse",
         "FILE"},
        G_OPTION_ENTRY_NULL};
    if (!ch_cli_options(argc, argv, "CORPUS.jsonl...",
                        "Scores the rules in force on labelled posts.  Ends "
                        "with 1 if --baseline is given\nand more posts come "
                        "out wrong than there.",
                        entries, &judge.config, &judge.paths, &code)) {
        return code;
    }
    if (!ch_judge_format(judge.format, &judge.json)) {
        return ch_cli_usage("eval", "--format: text or json");
    }
    if (judge.paths[0] == NULL) {
        return ch_cli_usage("eval", "which corpus?");
    }
    judge.colour = ch_judge_colour();
    g_autoptr(ch_diag) diag = ch_diag_new();
    judge.house = ch_house_load_drafts(judge.config, diag);
    return judge.house == NULL ? ch_cli_fail_diag(diag)
                               : evaluate(&judge, baseline);
}
