/*
 * chaperone rules learn: labelled posts to a classifier, a file of weights
 * (lesson.c counts, lesson_train.c trains).
 */
#include "cli.h"

#include "lesson.h"
#include "rules.h"

#include "chaperone/error.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#define MIN_EFFECT 0.1  /* a weaker feature is left out */
#define KEEP_LABEL 2000 /* features of a label beside harm */

static int
descending(gconstpointer a, gconstpointer b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left < right) - (left > right);
}

/* What a feature moves in a post that has it. */
static double
effect(const lesson *l, const double *weights, guint feature)
{
    return fabs(weights[feature]) * g_array_index(l->rarity, double, feature);
}

/* The effect of the KEEP_LABELth feature: weaker ones are left out. */
static double
floor_of(const lesson *l, const double *weights)
{
    g_autofree double *sorted = g_new(double, l->names->len);
    for (guint i = 0; i < l->names->len; i++) {
        sorted[i] = effect(l, weights, i);
    }
    qsort(sorted, l->names->len, sizeof *sorted, descending);
    return l->names->len > KEEP_LABEL ? MAX(sorted[KEEP_LABEL], MIN_EFFECT)
                                      : MIN_EFFECT;
}

static void
add_number(GString *file, const char *format, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(file, g_ascii_formatd(text, sizeof text, format, number));
}

static void
add_line(GString *file, const lesson *l, const GArray *columns,
         const double *floors, guint feature)
{
    gsize start = file->len;
    gboolean any = FALSE;
    g_string_append_printf(file, "%s\t", (char *)l->names->pdata[feature]);
    add_number(file, "%.3f", g_array_index(l->rarity, double, feature));
    for (guint i = 0; i < columns->len; i++) {
        const lesson_column *c = &g_array_index(columns, lesson_column, i);
        if (effect(l, c->weights, feature) >= floors[i]) {
            g_string_append_printf(file, "%c%u:", any ? ' ' : '\t', i);
            add_number(file, "%.2f", c->weights[feature]);
            any = TRUE;
        }
    }
    g_string_append_c(file, '\n');
    if (!any) {
        g_string_truncate(file, start);
    }
}

typedef struct {
    const char *name;
    guint number;
} line_order;

static int
by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(((const line_order *)a)->name, ((const line_order *)b)->name);
}

/* Owned. */
static GString *
write_file(const lesson *l, const GArray *columns)
{
    GString *file = g_string_new("chaperone-classifier 1\n");
    g_autofree line_order *order = g_new(line_order, l->names->len);
    g_autofree double *floors = g_new(double, columns->len);
    for (guint i = 0; i < columns->len; i++) {
        const lesson_column *c = &g_array_index(columns, lesson_column, i);
        floors[i] = c->name == NULL ? MIN_EFFECT : floor_of(l, c->weights);
        g_string_append_printf(file, "label\t%s\t",
                               c->name == NULL ? "harm" : c->name);
        add_number(file, "%.3f", c->weights[l->names->len]);
        g_string_append_c(file, '\n');
    }
    for (guint i = 0; i < l->names->len; i++) {
        order[i] = (line_order){l->names->pdata[i], i};
    }
    qsort(order, l->names->len, sizeof *order, by_name);
    for (guint i = 0; i < l->names->len; i++) {
        if (g_array_index(l->rarity, double, order[i].number) > 0) {
            add_line(file, l, columns, floors, order[i].number);
        }
    }
    return file;
}

int
ch_rules_learn(const char *config, const char *output, const char *const *paths)
{
    g_auto(ch_corpus) corpus = {0};
    g_autoptr(lesson) l = ch_lesson_new();
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_judge judge = {.kind = CH_INPUT_JSONL, .now_us = -1, .all = TRUE};
    GError *error = NULL;
    g_autoptr(ch_house) house = ch_house_load_drafts(config, diag);
    if (house == NULL) {
        return ch_cli_fail_diag(diag);
    }
    ch_ruleset_drop_encoder(house->rules);
    judge.house = house;
    ch_corpus_read(&corpus, paths);
    if (!ch_lesson_take(l, &judge, &corpus, &error)) {
        return ch_cli_fail(error);
    }
    if (corpus.wrong > 0) {
        return EX_DATAERR;
    }
    g_autoptr(GArray) columns = ch_lesson_train(l);
    g_autoptr(GString) file = write_file(l, columns);
    if (!g_file_set_contents(output, file->str, (gssize)file->len, &error)) {
        return ch_cli_fail(error);
    }
    printf("%u posts, %u features: %s\n", corpus.posts->len, l->names->len,
           output);
    return EX_OK;
}
