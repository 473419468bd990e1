/*
 * chaperone check: judges without sending, by the walk that the milter
 * takes.
 */
#include "judge.h"

#include "chaperone/error.h"
#include "chaperone/report.h"

#include <sysexits.h>

typedef struct {
    ch_judge judge;
    ch_action strongest;
    gboolean unreadable, failed;
} check;

static void
print_verdict(const ch_judge *j, const ch_input *input, const ch_verdict *v,
              gint64 elapsed_us)
{
    g_autofree char *text = NULL;
    if (j->json) {
        text = ch_report_json(v, input->name, input->id, elapsed_us);
        printf("%s\n", text);
    } else {
        g_autofree char *name = ch_input_dup_name(input);
        text = ch_report_text(v, name, j->colour);
        printf("%s", text);
    }
    fflush(stdout);
}

static gboolean
visit(const ch_input *input, gpointer data)
{
    check *c = data;
    g_autoptr(GError) error = NULL;
    if (input->error != NULL) {
        c->unreadable = TRUE;
        ch_judge_print_error(&c->judge, input, input->error);
        return TRUE;
    }
    gint64 start = g_get_monotonic_time();
    g_autoptr(ch_verdict) v = ch_judge_input(&c->judge, input, &error);
    if (v == NULL) {
        gboolean input_wrong = g_error_matches(error, CH_ERROR, CH_ERROR_INPUT);
        c->unreadable |= input_wrong;
        c->failed |= !input_wrong;
        ch_judge_print_error(&c->judge, input, error->message);
        return TRUE;
    }
    print_verdict(&c->judge, input, v, g_get_monotonic_time() - start);
    c->strongest = MAX(c->strongest, v->action);
    return TRUE;
}

int
ch_cmd_check(int argc, char **argv)
{
    check c = {0};
    int code;
    if (ch_judge_open(&c.judge, argc, argv,
                      "Judges messages without sending them.  The exit code "
                      "is the strongest verdict:\n0 accept, 1 tag, 2 "
                      "quarantine, 3 reject.",
                      &code)) {
        ch_judge_each(&c.judge, visit, &c);
        code = c.failed       ? EX_TEMPFAIL
               : c.unreadable ? EX_DATAERR
                              : (int)c.strongest;
    }
    ch_judge_clear(&c.judge);
    return code;
}
