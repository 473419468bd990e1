/*
 * Where a gateway stops to publish: [end], <hr>, "-- ", #end, markers of the
 * site, and what a reply quotes.
 *
 * Cuts take findings away, so in doubt nothing is cut: a mark counts only
 * alone on its line.
 */
#include "directive_int.h"

#include <string.h>

static void
cut_tail(ch_codes *r, gsize from, const char *rule)
{
    if (from < r->body.end) {
        ch_codes_mark(r, (ch_span){from, r->body.end}, rule);
        r->body.end = from;
    }
}

/* RFC 3676 4.3: the blank at the end belongs to it; HTML may have a hard one
 * there. */
static gboolean
is_signature_line(const ch_codes *r, ch_span line)
{
    gsize from = line.start;
    return (from == 0 || r->plain[from - 1] == '\n') &&
           (ch_codes_is(r, line, "--\xc2\xa0") ||
            (ch_codes_is(r, line, "--") && line.end < r->length &&
             r->plain[line.end] == ' ' &&
             strchr("\r\n", r->plain[line.end + 1]) != NULL));
}

static const char *
rule_of_line(const ch_codes *r, const ch_gateway *g, ch_span line,
             gboolean after_blank)
{
    if ((g->cuts & CH_CUT_END) != 0 && (after_blank || r->html) &&
        ch_codes_is(r, line, "[end]")) {
        return "end";
    }
    if ((g->cuts & CH_CUT_HASH_END) != 0 && ch_codes_is(r, line, "#end")) {
        return "end";
    }
    return (g->cuts & CH_CUT_SIGNATURE) != 0 && is_signature_line(r, line)
               ? "signature"
               : NULL;
}

static void
cut_at_lines(ch_codes *r, const ch_gateway *g)
{
    gboolean after_blank = TRUE;
    gsize at = r->body.start;
    ch_span line;
    while (ch_codes_line(r, &at, &line)) {
        const char *rule = rule_of_line(r, g, line, after_blank);
        if (rule != NULL) {
            cut_tail(r, line.start, rule);
            return;
        }
        after_blank = line.start == line.end;
    }
}

static void
cut_outside(ch_codes *r, const ch_gateway *g)
{
    const char *start =
        g->start_marker == NULL ? NULL : strstr(r->plain, g->start_marker);
    if (start != NULL) {
        gsize from = (gsize)(start - r->plain) + strlen(g->start_marker);
        ch_codes_mark(r, (ch_span){0, from}, "marker");
        r->body.start = from;
    }
    const char *end = g->end_marker == NULL
                          ? NULL
                          : strstr(r->plain + r->body.start, g->end_marker);
    if (end != NULL) {
        cut_tail(r, (gsize)(end - r->plain), "marker");
    }
}

/* "> what they wrote", "On Friday, Pat wrote:". */
static gboolean
is_quoted(const ch_codes *r, ch_span line)
{
    static const char wrote[] = "wrote:";
    gsize length = line.end - line.start, tail = strlen(wrote);
    const char *text = r->plain + line.start;
    return length > 0 &&
           (text[0] == '>' ||
            (length > tail + 3 && g_ascii_strncasecmp(text, "on ", 3) == 0 &&
             g_ascii_strncasecmp(text + length - tail, wrote, tail) == 0));
}

static void
cut_quotes(ch_codes *r)
{
    gsize at = r->body.start;
    ch_span line;
    while (ch_codes_line(r, &at, &line)) {
        if (is_quoted(r, line)) {
            ch_codes_mark(r, line, "quoted");
        }
    }
}

void
ch_directive_cut(ch_codes *r, const ch_gateway *g, gboolean is_reply)
{
    if ((g->cuts & CH_CUT_OUTSIDE) != 0) {
        cut_outside(r, g);
    }
    if ((g->cuts & CH_CUT_HR) != 0 && ch_text_rule(r->text) < r->length) {
        cut_tail(r, ch_text_rule(r->text), "hr");
    }
    cut_at_lines(r, g);
    if ((g->cuts & CH_CUT_QUOTED) != 0 && is_reply) {
        cut_quotes(r);
    }
}
