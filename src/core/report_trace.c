/*
 * How a verdict came about, as JSON and for a person at a terminal: the text
 * as the rules see it, what stands in it, and each rule step by step.
 *
 * Here matched text is shown, and only here; what could steer a terminal is
 * not passed on.
 */
#include "report_int.h"

#define EXCERPT_CHARACTERS 60

/* --- JSON ---------------------------------------------------------------- */

static void
add_place(JsonBuilder *b, const ch_verdict *v, guint text, ch_span span)
{
    const ch_text *t = v->texts->pdata[text];
    json_builder_set_member_name(b, "start");
    json_builder_add_int_value(b, (gint64)span.start);
    json_builder_set_member_name(b, "end");
    json_builder_add_int_value(b, (gint64)span.end);
    ch_report_add_member(b, "part", ch_report_part_number(v, ch_text_part(t)));
    ch_report_add_member(b, "where", ch_where_name(ch_text_where(t)));
}

static void
add_entities(JsonBuilder *b, const ch_verdict *v, const ch_trace *trace)
{
    json_builder_set_member_name(b, "entities");
    json_builder_begin_array(b);
    for (guint i = 0; trace != NULL && i < trace->entities->len; i++) {
        const ch_seen_entity *e =
            &g_array_index(trace->entities, ch_seen_entity, i);
        json_builder_begin_object(b);
        ch_report_add_member(b, "type", e->type);
        add_place(b, v, e->text, e->span);
        json_builder_set_member_name(b, "own");
        json_builder_add_boolean_value(b, e->own);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void
add_signals(JsonBuilder *b, const ch_verdict *v, const ch_trace *trace,
            gboolean frames)
{
    json_builder_set_member_name(b, frames ? "frames" : "signals");
    json_builder_begin_array(b);
    for (guint i = 0; trace != NULL && i < trace->signals->len; i++) {
        const ch_seen_signal *s =
            &g_array_index(trace->signals, ch_seen_signal, i);
        if (s->frame == frames) {
            json_builder_begin_object(b);
            ch_report_add_member(b, "rule", s->rule);
            ch_report_add_member(b, "name", s->name);
            add_place(b, v, s->text, s->span);
            json_builder_end_object(b);
        }
    }
    json_builder_end_array(b);
}

static void
add_steps(JsonBuilder *b, const ch_rule_trace *t)
{
    json_builder_set_member_name(b, "steps");
    json_builder_begin_array(b);
    for (guint i = 0; i < t->steps->len; i++) {
        const ch_step *s = &g_array_index(t->steps, ch_step, i);
        json_builder_begin_object(b);
        json_builder_set_member_name(b, "depth");
        json_builder_add_int_value(b, s->depth);
        json_builder_set_member_name(b, "holds");
        json_builder_add_boolean_value(b, s->holds);
        ch_report_add_member(b, "label", s->label);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void
add_rules(JsonBuilder *b, const ch_trace *trace)
{
    json_builder_set_member_name(b, "rules");
    json_builder_begin_array(b);
    for (guint i = 0; trace != NULL && i < trace->rules->len; i++) {
        const ch_rule_trace *t = trace->rules->pdata[i];
        json_builder_begin_object(b);
        ch_report_add_member(b, "rule", t->rule->id);
        json_builder_set_member_name(b, "holds");
        json_builder_add_boolean_value(b, t->holds);
        ch_report_add_member(b, "missing", t->missing);
        add_steps(b, t);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void
add_number(JsonBuilder *b, const char *name, double number)
{
    json_builder_set_member_name(b, name);
    json_builder_add_double_value(b, number);
}

static void
add_opinion(JsonBuilder *b, const ch_trace *trace)
{
    json_builder_set_member_name(b, "opinion");
    if (trace == NULL || !trace->has_opinion) {
        json_builder_add_null_value(b);
        return;
    }
    const ch_opinion *o = &trace->opinion;
    json_builder_begin_object(b);
    add_number(b, "harm", o->harm);
    add_number(b, "harm_by_words", o->by_words);
    ch_report_add_member(b, "rule", o->rule);
    ch_report_add_member(b, "class", o->kind);
    json_builder_set_member_name(b, "reasons");
    json_builder_begin_array(b);
    for (guint i = 0; i < o->reasons->len; i++) {
        const ch_reason *r = &g_array_index(o->reasons, ch_reason, i);
        json_builder_begin_object(b);
        ch_report_add_member(b, "feature", r->name);
        add_number(b, "weight", r->weight);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

char *
ch_report_trace_json(const ch_verdict *v, const ch_trace *trace,
                     const char *input, const char *id, gint64 elapsed_us)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    ch_report_add_check(b, v, input, id, elapsed_us);
    add_entities(b, v, trace);
    add_signals(b, v, trace, FALSE);
    add_signals(b, v, trace, TRUE);
    add_rules(b, trace);
    add_opinion(b, trace);
    json_builder_end_object(b);
    return ch_report_finish(b);
}

/* --- text ---------------------------------------------------------------- */

typedef struct {
    GString *text;
    gboolean colour;
    const ch_verdict *verdict;
} page;

static const char *const good = "\033[32m", *const bad = "\033[31m",
                         *const strong = "\033[1m";

static void
add_coloured(page *p, const char *colour, const char *text)
{
    g_string_append_printf(p->text, "%s%s%s", p->colour ? colour : "", text,
                           p->colour ? "\033[0m" : "");
}

static void
add_title(page *p, const char *title)
{
    g_string_append_c(p->text, '\n');
    add_coloured(p, strong, title);
    g_string_append_c(p->text, '\n');
}

/* At most max characters of utf8 on one line; control characters, which a
 * terminal would obey, as "?". */
static void
add_printable(page *p, const char *utf8, gsize length, guint max)
{
    gboolean space = TRUE;
    guint count = 0;
    for (const char *c = utf8; c < utf8 + length; c = g_utf8_next_char(c)) {
        gunichar u = g_utf8_get_char(c);
        gboolean is_space = g_unichar_isspace(u);
        if (is_space && (space || c + 1 == utf8 + length)) {
            continue;
        }
        if (count++ == max) {
            g_string_append(p->text, " ...");
            return;
        }
        space = is_space;
        g_string_append_unichar(p->text, is_space               ? ' '
                                         : g_unichar_isprint(u) ? u
                                                                : '?');
    }
}

static void
add_sentences(page *p, guint number)
{
    const ch_text *t = p->verdict->texts->pdata[number];
    const GArray *starts = ch_text_sentences(t);
    gsize length;
    const char *folded = ch_text_folded(t, &length);
    const char *part = ch_report_part_number(p->verdict, ch_text_part(t));
    g_autofree char *title = g_strdup_printf(
        "text %u: %s%s%s, as rules see it", number + 1,
        ch_where_name(ch_text_where(t)), part == NULL ? "" : " of part ",
        part == NULL ? "" : part);
    add_title(p, title);
    for (guint i = 0; i < starts->len; i++) {
        gsize start = g_array_index(starts, gsize, i);
        gsize end =
            i + 1 < starts->len ? g_array_index(starts, gsize, i + 1) : length;
        g_string_append_printf(p->text, "  %3u  ", i + 1);
        add_printable(p, folded + start, end - start, G_MAXUINT);
        g_string_append_c(p->text, '\n');
    }
}

static void
add_facts(page *p)
{
    const ch_facts *f = &p->verdict->facts;
    g_string_append_printf(p->text, "\nThe post is %s, %s a picture.\n",
                           f->is_reply ? "a reply" : "no reply",
                           f->has_image ? "with" : "without");
}

/* One line: label, place, what stands there, remark. */
static void
add_seen(page *p, const char *label, guint text, ch_span span,
         const char *remark)
{
    const ch_text *t = p->verdict->texts->pdata[text];
    const char *source = g_bytes_get_data(ch_text_source(t), NULL);
    g_autofree char *place = g_strdup_printf("text %u, bytes %zu-%zu", text + 1,
                                             span.start, span.end);
    g_string_append_printf(p->text, "  %-42s %-24s ", label, place);
    g_string_append_c(p->text, '"');
    add_printable(p, source + span.start, span.end - span.start,
                  EXCERPT_CHARACTERS);
    g_string_append_printf(p->text, "\"%s\n", remark);
}

static void
add_seen_entities(page *p, const ch_trace *trace)
{
    if (trace->entities->len > 0) {
        add_title(p, "entities");
    }
    for (guint i = 0; i < trace->entities->len; i++) {
        const ch_seen_entity *e =
            &g_array_index(trace->entities, ch_seen_entity, i);
        add_seen(p, e->type, e->text, e->span,
                 e->own ? "  (the practice's own)" : "");
    }
}

static void
add_seen_signals(page *p, const ch_trace *trace, gboolean frames)
{
    gboolean titled = FALSE;
    for (guint i = 0; i < trace->signals->len; i++) {
        const ch_seen_signal *s =
            &g_array_index(trace->signals, ch_seen_signal, i);
        if (s->frame != frames) {
            continue;
        }
        if (!titled) {
            add_title(p, frames ? "frames" : "signals");
            titled = TRUE;
        }
        g_autofree char *label = g_strdup_printf("%s %s", s->rule, s->name);
        add_seen(p, label, s->text, s->span, "");
    }
}

static void
add_rule(page *p, const ch_rule_trace *t)
{
    g_string_append_printf(p->text, "  %s: ", t->rule->id);
    if (t->holds) {
        add_coloured(p, good, "holds");
    } else {
        add_coloured(p, bad, "does not hold");
        g_string_append_printf(p->text, ", what fails: %s",
                               t->missing == NULL ? "-" : t->missing);
    }
    g_string_append_c(p->text, '\n');
    for (guint i = 0; i < t->steps->len; i++) {
        const ch_step *s = &g_array_index(t->steps, ch_step, i);
        g_string_append_printf(p->text, "    %*s", (int)(2 * s->depth), "");
        add_coloured(p, s->holds ? good : bad, s->holds ? "+" : "-");
        g_string_append_printf(p->text, " %s\n", s->label);
    }
}

static void
add_second_opinion(page *p, const ch_opinion *o)
{
    add_title(p, "second opinion");
    g_string_append_printf(
        p->text,
        "  %.0f %% harm (%.0f %% by its words); if so, %s; if not, %s\n",
        100 * o->harm, 100 * o->by_words, o->rule == NULL ? "-" : o->rule,
        o->kind == NULL ? "-" : o->kind);
    for (guint i = 0; i < o->reasons->len; i++) {
        const ch_reason *r = &g_array_index(o->reasons, ch_reason, i);
        g_string_append(p->text, "    ");
        add_coloured(p, r->weight > 0 ? bad : good,
                     r->weight > 0 ? "for    " : "against");
        g_string_append_printf(p->text, " %5.2f  ", r->weight);
        add_printable(p, r->name, strlen(r->name), EXCERPT_CHARACTERS);
        g_string_append_c(p->text, '\n');
    }
}

char *
ch_report_trace_text(const ch_verdict *v, const ch_trace *trace,
                     const char *input, gboolean colour)
{
    g_autofree char *check = ch_report_text(v, input, colour);
    page p = {g_string_new(check), colour, v};
    if (trace == NULL) {
        g_string_append(p.text, "  --all judges it as a post\n");
        return g_string_free(p.text, FALSE);
    }
    for (guint i = 0; i < v->texts->len; i++) {
        add_sentences(&p, i);
    }
    add_facts(&p);
    add_seen_entities(&p, trace);
    add_seen_signals(&p, trace, FALSE);
    add_seen_signals(&p, trace, TRUE);
    add_title(&p, trace->rules->len > 0
                      ? "rules of which something stands in the post"
                      : "no rule has anything in the post");
    for (guint i = 0; i < trace->rules->len; i++) {
        add_rule(&p, trace->rules->pdata[i]);
    }
    if (trace->has_opinion) {
        add_second_opinion(&p, &trace->opinion);
    }
    return g_string_free(p.text, FALSE);
}
