/*
 * Scores as JSON (CONTRACT.md, "chaperone eval") and as tables.  Nothing in
 * them depends on the clock, so that a result can be kept and compared.
 */
#include "eval.h"

#define LINE_WIDTH 78

/* --- JSON ---------------------------------------------------------------- */

static void
add_ratio(JsonBuilder *b, const char *name, ch_ratio ratio)
{
    ch_interval i;
    gboolean has_rate = ch_ratio_interval(ratio, &i);
    const struct {
        const char *name;
        double value;
    } rates[] = {{"rate", i.rate}, {"low", i.low}, {"high", i.high}};
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "n");
    json_builder_add_int_value(b, ratio.n);
    json_builder_set_member_name(b, "of");
    json_builder_add_int_value(b, ratio.of);
    for (guint r = 0; r < G_N_ELEMENTS(rates); r++) {
        json_builder_set_member_name(b, rates[r].name);
        if (has_rate) {
            json_builder_add_double_value(b, rates[r].value);
        } else {
            json_builder_add_null_value(b);
        }
    }
    json_builder_end_object(b);
}

static void
add_score(JsonBuilder *b, const ch_score *s)
{
    double f1;
    json_builder_set_member_name(b, "posts");
    json_builder_add_int_value(b, s->posts);
    add_ratio(b, "caught", s->caught);
    add_ratio(b, "precision", s->precision);
    add_ratio(b, "recall", s->caught);
    json_builder_set_member_name(b, "f1");
    if (ch_score_f1(s, &f1)) {
        json_builder_add_double_value(b, f1);
    } else {
        json_builder_add_null_value(b);
    }
    add_ratio(b, "stopped", s->stopped);
    add_ratio(b, "under", s->under);
    add_ratio(b, "false_stop", s->false_stop);
    add_ratio(b, "false_tag", s->false_tag);
}

static gboolean
add_score_entry(gpointer name, gpointer score, gpointer builder)
{
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    add_score(builder, score);
    json_builder_end_object(builder);
    return FALSE;
}

static gboolean
add_rule_entry(gpointer name, gpointer data, gpointer builder)
{
    const ch_rule_score *r = data;
    const struct {
        const char *name;
        guint value;
    } counts[] = {{"of", r->of},
                  {"right", r->right},
                  {"caught", r->caught},
                  {"alarms", r->alarms}};
    json_builder_set_member_name(builder, name);
    json_builder_begin_object(builder);
    for (guint i = 0; i < G_N_ELEMENTS(counts); i++) {
        json_builder_set_member_name(builder, counts[i].name);
        json_builder_add_int_value(builder, counts[i].value);
    }
    json_builder_end_object(builder);
    return FALSE;
}

static void
add_table(JsonBuilder *b, const char *name, GTree *table,
          GTraverseFunc add_entry)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_object(b);
    g_tree_foreach(table, add_entry, b);
    json_builder_end_object(b);
}

static void
add_ids(JsonBuilder *b, const char *name, const GPtrArray *ids)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (guint i = 0; i < ids->len; i++) {
        json_builder_add_string_value(b, ids->pdata[i]);
    }
    json_builder_end_array(b);
}

static void
add_comparison(JsonBuilder *b, const ch_comparison *c)
{
    json_builder_set_member_name(b, "compared");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "baseline");
    json_builder_add_string_value(b, c->file);
    json_builder_set_member_name(b, "worse");
    json_builder_add_boolean_value(b, c->worse);
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        if (c->lists[i].known) {
            json_builder_set_member_name(b, ch_list_name(i));
            json_builder_begin_object(b);
            add_ids(b, "new", c->lists[i].new_ids);
            add_ids(b, "gone", c->lists[i].gone_ids);
            json_builder_end_object(b);
        }
    }
    json_builder_end_object(b);
}

char *
ch_eval_json(const ch_scores *scores, const ch_comparison *comparison)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    add_score(b, &scores->all);
    add_table(b, "by_rule", scores->by_rule, add_rule_entry);
    add_table(b, "by_lang", scores->by_lang, add_score_entry);
    add_table(b, "by_class", scores->by_class, add_score_entry);
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        add_ids(b, ch_list_name(i), scores->lists[i]);
    }
    if (comparison != NULL) {
        add_comparison(b, comparison);
    }
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    return json_to_string(root, FALSE);
}

/* --- tables -------------------------------------------------------------- */

typedef struct {
    GString *text;
    gboolean colour;
} page;

static void
add_title(page *p, const char *title)
{
    g_string_append_printf(p->text, "\n%s%s%s\n", p->colour ? "\033[1m" : "",
                           title, p->colour ? "\033[0m" : "");
}

static void
add_line(page *p, const char *name, ch_ratio ratio, const char *meaning)
{
    ch_interval i;
    g_string_append_printf(p->text, "  %-16s%6u of %-6u", name, ratio.n,
                           ratio.of);
    if (ch_ratio_interval(ratio, &i)) {
        g_string_append_printf(p->text, "%6.1f %%  %5.1f to %5.1f   %s\n",
                               100 * i.rate, 100 * i.low, 100 * i.high,
                               meaning);
    } else {
        g_string_append_printf(p->text, "%6s %%  %14s   %s\n", "-", "",
                               meaning);
    }
}

static void
add_summary(page *p, const ch_scores *scores)
{
    const ch_score *s = &scores->all;
    double f1;
    g_string_append_printf(p->text, "%u posts: %u violations, %u allowed\n",
                           s->posts, s->caught.of, s->false_stop.of);
    add_title(p, "                                     rate    95 % interval");
    add_line(p, "caught", s->caught, "violations above accept (recall)");
    add_line(p, "precision", s->precision, "violations of all above accept");
    if (ch_score_f1(s, &f1)) {
        g_string_append_printf(p->text, "  %-32s%5.1f %%\n", "f1", 100 * f1);
    }
    add_line(p, "stopped", s->stopped, "held or rejected, as deserved");
    add_line(p, "under", s->under, "reject deserved, tag or accept");
    add_line(p, "false stop", s->false_stop, "allowed, held or rejected");
    add_line(p, "false tag", s->false_tag, "allowed, tagged");
}

/* "93.8", or "-" without a rate; five columns. */
static void
add_percent(page *p, ch_ratio ratio)
{
    ch_interval i;
    if (ch_ratio_interval(ratio, &i)) {
        g_string_append_printf(p->text, " %10.1f", 100 * i.rate);
    } else {
        g_string_append_printf(p->text, " %10s", "-");
    }
}

static gboolean
add_score_row(gpointer name, gpointer data, gpointer page_data)
{
    page *p = page_data;
    const ch_score *s = data;
    g_string_append_printf(p->text, "  %-16s %6u", (const char *)name,
                           s->posts);
    add_percent(p, s->caught);
    add_percent(p, s->precision);
    add_percent(p, s->stopped);
    add_percent(p, s->false_stop);
    add_percent(p, s->false_tag);
    g_string_append_c(p->text, '\n');
    return FALSE;
}

static gboolean
add_rule_row(gpointer name, gpointer data, gpointer page_data)
{
    page *p = page_data;
    const ch_rule_score *r = data;
    g_string_append_printf(p->text, "  %-44s %6u %6u %6u %6u\n",
                           (const char *)name, r->of, r->right, r->caught,
                           r->alarms);
    return FALSE;
}

static void
add_breakdown(page *p, const char *title, GTree *table)
{
    if (g_tree_nnodes(table) > 0) {
        g_autofree char *head = g_strdup_printf(
            "  %-16s %6s %10s %10s %10s %10s %10s", title, "posts", "caught %",
            "precis. %", "stopped %", "f. stop %", "f. tag %");
        add_title(p, head);
        g_tree_foreach(table, add_score_row, p);
    }
}

/* Ids in lines of LINE_WIDTH; nothing without ids. */
static void
add_id_lines(page *p, const char *title, const GPtrArray *ids,
             const char *colour)
{
    gsize column = LINE_WIDTH;
    if (ids->len == 0) {
        return;
    }
    g_string_append_printf(p->text, "  %s%s (%u):%s", p->colour ? colour : "",
                           title, ids->len, p->colour ? "\033[0m" : "");
    for (guint i = 0; i < ids->len; i++) {
        gsize width = strlen(ids->pdata[i]) + 1;
        if (column + width > LINE_WIDTH) {
            g_string_append(p->text, "\n   ");
            column = 3;
        }
        g_string_append_printf(p->text, " %s", (const char *)ids->pdata[i]);
        column += width;
    }
    g_string_append_c(p->text, '\n');
}

static const char *
list_title(ch_list list)
{
    static const char *const titles[CH_LIST_COUNT] = {
        [CH_LIST_MISSES] = "misses: violations that were accepted",
        [CH_LIST_ALARMS] = "alarms: allowed posts above accept",
        [CH_LIST_UNSTOPPED] = "unstopped: to be held or rejected, but tagged",
        [CH_LIST_FALSE_STOPS] = "false stops: allowed posts held or rejected"};
    return titles[list];
}

static void
add_changes(page *p, const ch_comparison *c)
{
    static const char *const good = "\033[32m", *const bad = "\033[31m";
    g_autofree char *title = g_strdup_printf("compared with %s: %s", c->file,
                                             c->worse ? "worse" : "not worse");
    add_title(p, title);
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        const ch_change *change = &c->lists[i];
        g_autofree char *gone =
            g_strdup_printf("better, gone from the %s", ch_list_name(i));
        g_autofree char *fresh =
            g_strdup_printf("worse, new among the %s", ch_list_name(i));
        if (change->known) {
            g_string_append_printf(p->text, "  %s: %u before, %u now\n",
                                   ch_list_name(i), change->before,
                                   change->now);
            add_id_lines(p, gone, change->gone_ids, good);
            add_id_lines(p, fresh, change->new_ids, bad);
        }
    }
}

char *
ch_eval_text(const ch_scores *scores, const ch_comparison *comparison,
             gboolean colour)
{
    page p = {g_string_new(NULL), colour};
    add_summary(&p, scores);
    if (g_tree_nnodes(scores->by_rule) > 0) {
        add_title(&p, "  rule                                             of"
                      "  right caught alarms");
        g_tree_foreach(scores->by_rule, add_rule_row, &p);
    }
    add_breakdown(&p, "language", scores->by_lang);
    add_breakdown(&p, "class", scores->by_class);
    add_title(&p, "by id");
    for (guint i = 0; i < CH_LIST_COUNT; i++) {
        add_id_lines(&p, list_title(i), scores->lists[i], "\033[33m");
    }
    if (comparison != NULL) {
        add_changes(&p, comparison);
    }
    return g_string_free(p.text, FALSE);
}
