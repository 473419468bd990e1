/*
 * chaperone explain: how a verdict came about, for people who write rules.
 *
 * Judges as check does, then runs the rules once more and tells each step.
 * It prints text of the post, and only to who asked.
 */
#include "judge.h"

#include "chaperone/error.h"
#include "chaperone/report.h"

#include <sysexits.h>

typedef struct {
    ch_judge judge;
    gboolean unreadable, failed;
} explain;

static void
print_trace(const ch_judge *j, const ch_input *input, const ch_verdict *v,
            const ch_trace *trace, gint64 elapsed_us)
{
    g_autofree char *name = ch_input_dup_name(input);
    g_autofree char *text =
        j->json
            ? ch_report_trace_json(v, trace, input->name, input->id, elapsed_us)
            : ch_report_trace_text(v, trace, name, j->colour);
    printf("%s\n", text);
    fflush(stdout);
}

/* FALSE: error is set. */
static gboolean
explain_input(const ch_judge *j, const ch_input *input, GError **error)
{
    gint64 start = g_get_monotonic_time();
    g_autoptr(ch_verdict) v = ch_judge_input(j, input, error);
    gint64 elapsed_us = g_get_monotonic_time() - start;
    g_autoptr(ch_trace) trace = NULL;
    if (v == NULL) {
        return FALSE;
    }
    if (v->in_scope) {
        trace = ch_ruleset_trace(v->rules, v->texts, &v->facts, error);
        if (trace == NULL) {
            return FALSE;
        }
    }
    print_trace(j, input, v, trace, elapsed_us);
    return TRUE;
}

static gboolean
visit(const ch_input *input, gpointer data)
{
    explain *e = data;
    g_autoptr(GError) error = NULL;
    if (input->error != NULL) {
        e->unreadable = TRUE;
        ch_judge_print_error(&e->judge, input, input->error);
    } else if (!explain_input(&e->judge, input, &error)) {
        gboolean input_wrong = g_error_matches(error, CH_ERROR, CH_ERROR_INPUT);
        e->unreadable |= input_wrong;
        e->failed |= !input_wrong;
        ch_judge_print_error(&e->judge, input, error->message);
    }
    return TRUE;
}

int
ch_cmd_explain(int argc, char **argv)
{
    explain e = {.judge = {.drafts = TRUE}};
    int code;
    if (ch_judge_open(&e.judge, argc, argv,
                      "Shows how the verdict on a message comes about: the "
                      "text as rules see it,\nentities, signals, frames, and "
                      "each rule with the part that fails.",
                      &code)) {
        ch_judge_each(&e.judge, visit, &e);
        code = e.failed ? EX_TEMPFAIL : e.unreadable ? EX_DATAERR : EX_OK;
    }
    ch_judge_clear(&e.judge);
    return code;
}
