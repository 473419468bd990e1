/*
 * chaperone rules learn: labelled posts to a classifier.
 *
 * Features are counted by the code that reads posts (features.c); the weights
 * are those of L2-regularised logistic regression by LIBLINEAR: one problem
 * "harm" and one for each rule, among all posts, and one for each kind among
 * the harmless.  The same posts always give the same file.
 *
 * A sentence about opening hours makes nothing harmless.  So that the weights
 * know, each post is learned a second time under the same label, with a
 * sentence of some harmless post before or behind it.
 */
#include "cli.h"

#include "corpus.h"
#include "judge.h"
#include "rules.h"

#include "chaperone/classifier.h"
#include "chaperone/error.h"

#include <linear.h>
#include <math.h>
#include <string.h>
#include <sysexits.h>

#define COST        300.0 /* of an error against large weights */
#define EPSILON     0.001
#define MIN_POSTS   2    /* a feature that one post alone has says nothing */
#define MIN_LABEL   8    /* posts of a label that is learned */
#define MIN_EFFECT  0.1  /* a weaker feature is left out */
#define KEEP_LABEL  2000 /* features of a label beside harm */
#define RULE_WEIGHT 8.0  /* of the few posts of a rule against all others */
#define SEED        1    /* of which sentence stands where */

typedef struct {
    GArray *features; /* of guint: numbers, ascending, each once */
    const char *rule, *kind;
    gboolean harm;
    gboolean mixed; /* with a sentence of another post */
} sample;

typedef struct {
    GHashTable *numbers; /* feature to number + 1 */
    GPtrArray *names;    /* of char *, owned by numbers */
    GArray *posts;       /* of guint: how many have it */
    GArray *samples;     /* of sample */
    GArray *rarity;      /* of double */
} lesson;

/* --- counting ---------------------------------------------------------------
 */

static void
sample_clear(gpointer data)
{
    g_array_unref(((sample *)data)->features);
}

static lesson *
lesson_new(void)
{
    lesson *l = g_new0(lesson, 1);
    l->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    l->names = g_ptr_array_new();
    l->posts = g_array_new(FALSE, TRUE, sizeof(guint));
    l->samples = g_array_new(FALSE, FALSE, sizeof(sample));
    g_array_set_clear_func(l->samples, sample_clear);
    l->rarity = g_array_new(FALSE, FALSE, sizeof(double));
    return l;
}

static void
lesson_free(lesson *l)
{
    g_hash_table_unref(l->numbers);
    g_ptr_array_unref(l->names);
    g_array_unref(l->posts);
    g_array_unref(l->samples);
    g_array_unref(l->rarity);
    g_free(l);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(lesson, lesson_free)

typedef struct {
    lesson *lesson;
    GArray *features;
} counting;

static void
count(const ch_feature *f, gpointer data)
{
    counting *c = data;
    lesson *l = c->lesson;
    guint number = GPOINTER_TO_UINT(g_hash_table_lookup(l->numbers, f->name));
    if (number == 0) {
        char *name = g_strdup(f->name);
        g_ptr_array_add(l->names, name);
        number = l->names->len;
        g_hash_table_insert(l->numbers, name, GUINT_TO_POINTER(number));
    }
    number--;
    g_array_append_val(c->features, number);
}

static int
by_number(gconstpointer a, gconstpointer b)
{
    guint left = *(const guint *)a, right = *(const guint *)b;
    return (left > right) - (left < right);
}

static void
make_distinct(GArray *numbers)
{
    guint kept = 0;
    g_array_sort(numbers, by_number);
    for (guint i = 0; i < numbers->len; i++) {
        guint n = g_array_index(numbers, guint, i);
        if (kept == 0 || g_array_index(numbers, guint, kept - 1) != n) {
            g_array_index(numbers, guint, kept++) = n;
        }
    }
    g_array_set_size(numbers, kept);
}

/* text: NULL, or instead of the post's. */
static gboolean
add_sample(lesson *l, const ch_judge *judge, const ch_corpus_post *post,
           const char *text, GError **error)
{
    ch_input input = post->input;
    input.post.text = text != NULL ? text : input.post.text;
    g_autoptr(ch_verdict) v = ch_judge_input(judge, &input, error);
    if (v == NULL) {
        return FALSE;
    }
    sample s = {.features = g_array_new(FALSE, FALSE, sizeof(guint)),
                .mixed = text != NULL,
                .harm = post->label.violation,
                .rule = post->label.violation ? post->label.rule : NULL,
                .kind = post->label.violation ? NULL : post->label.post_class};
    counting c = {l, s.features};
    const ch_post_facts known = {v->facts.is_reply, v->facts.has_image};
    ch_features_each(v->texts, &known, count, &c);
    make_distinct(s.features);
    g_array_set_size(l->posts, l->names->len);
    for (guint i = 0; !s.mixed && i < s.features->len; i++) {
        g_array_index(l->posts, guint, g_array_index(s.features, guint, i))++;
    }
    g_array_append_val(l->samples, s);
    return TRUE;
}

/* --- sentences of others ----------------------------------------------------
 */

/* The first sentence of a text.  Owned. */
static char *
dup_opening(const char *text)
{
    const char *end = text;
    while (*end != '\0' && *end != '\n' &&
           !(strchr(".!?", *end) != NULL && g_ascii_isspace(end[1]))) {
        end++;
    }
    return g_strndup(text,
                     (gsize)(end - text) + (*end != '\0' && *end != '\n'));
}

/* Openings of the posts that come near to nothing wrong, by language: char *
 * to GPtrArray.  Owned. */
static GHashTable *
collect_openings(const ch_corpus *corpus)
{
    GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                            (GDestroyNotify)g_ptr_array_unref);
    for (guint i = 0; i < corpus->posts->len; i++) {
        const ch_corpus_post *p = corpus->posts->pdata[i];
        if (p->label.violation || p->input.post.text == NULL ||
            json_object_has_member(p->fields, "near")) {
            continue;
        }
        GPtrArray *list = g_hash_table_lookup(all, p->label.lang);
        if (list == NULL) {
            list = g_ptr_array_new_with_free_func(g_free);
            g_hash_table_insert(all, (gpointer)p->label.lang, list);
        }
        g_ptr_array_add(list, dup_opening(p->input.post.text));
    }
    return all;
}

/* The post with a sentence before or behind it, in its paragraph or one of its
 * own; NULL: it has no text, or there are no sentences.  Owned. */
static char *
dup_mixed(const ch_corpus_post *post, GHashTable *openings, GRand *chance)
{
    static const char *const seams[] = {" ", " ", "\n", "\n\n"};
    const GPtrArray *list = g_hash_table_lookup(openings, post->label.lang);
    const char *text = post->input.post.text;
    if (list == NULL || text == NULL) {
        return NULL;
    }
    const char *other =
        list->pdata[g_rand_int_range(chance, 0, (gint32)list->len)];
    const char *seam =
        seams[g_rand_int_range(chance, 0, (gint32)G_N_ELEMENTS(seams))];
    return g_rand_int_range(chance, 0, 3) > 0
               ? g_strconcat(text, seam, other, NULL)
               : g_strconcat(other, seam, text, NULL);
}

static gboolean
add_all(lesson *l, const ch_judge *judge, const ch_corpus *corpus,
        GError **error)
{
    g_autoptr(GHashTable) openings = collect_openings(corpus);
    g_autoptr(GRand) chance = g_rand_new_with_seed(SEED);
    for (guint i = 0; i < corpus->posts->len; i++) {
        const ch_corpus_post *p = corpus->posts->pdata[i];
        g_autofree char *mixed = dup_mixed(p, openings, chance);
        if (!add_sample(l, judge, p, NULL, error) ||
            (mixed != NULL && !add_sample(l, judge, p, mixed, error))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Rare features weigh more: ln((1 + n) / (1 + posts)) + 1. */
static void
find_rarity(lesson *l)
{
    double all = 1;
    for (guint i = 0; i < l->samples->len; i++) {
        all += !g_array_index(l->samples, sample, i).mixed;
    }
    for (guint i = 0; i < l->posts->len; i++) {
        guint posts = g_array_index(l->posts, guint, i);
        double rarity = posts < MIN_POSTS ? 0 : log(all / (posts + 1.0)) + 1;
        g_array_append_val(l->rarity, rarity);
    }
}

/* --- training ---------------------------------------------------------------
 */

/* The vector of a sample, its length 1, as LIBLINEAR wants it: numbers from 1,
 * the constant last.  Owned. */
static struct feature_node *
vector(const lesson *l, const sample *s)
{
    struct feature_node *nodes =
        g_new(struct feature_node, s->features->len + 2);
    double squares = 0;
    int used = 0;
    for (guint i = 0; i < s->features->len; i++) {
        guint number = g_array_index(s->features, guint, i);
        double rarity = g_array_index(l->rarity, double, number);
        if (rarity > 0) {
            nodes[used++] = (struct feature_node){(int)number + 1, rarity};
            squares += rarity * rarity;
        }
    }
    for (int i = 0; i < used; i++) {
        nodes[i].value /= sqrt(squares + CH_CLASSIFIER_REST);
    }
    nodes[used++] = (struct feature_node){(int)l->names->len + 1, 1};
    nodes[used] = (struct feature_node){-1, 0};
    return nodes;
}

static void
say_nothing(const char *text)
{
    (void)text;
}

/* What a feature tells about the label by itself: by how much, in logarithms,
 * more or less often posts of the label have it than others, and 1.  Features
 * that tell little are held back by as much: S. Wang, C. Manning, Baselines and
 * Bigrams (2012).  Owned. */
static double *
find_telling(const lesson *l, struct feature_node **x, const double *y,
             int count_of)
{
    guint size = l->names->len + 1; /* the constant is one of them */
    g_autofree double *with = g_new(double, size);
    g_autofree double *against = g_new(double, size);
    double *telling = g_new(double, size);
    double all_with = size, all_against = size;
    for (guint i = 0; i < size; i++) {
        with[i] = against[i] = 1;
    }
    for (int i = 0; i < count_of; i++) {
        for (const struct feature_node *n = x[i]; n->index > 0; n++) {
            *(y[i] > 0 ? &with[n->index - 1] : &against[n->index - 1]) += 1;
            *(y[i] > 0 ? &all_with : &all_against) += 1;
        }
    }
    for (guint i = 0; i < size; i++) {
        telling[i] =
            1 + fabs(log(with[i] / all_with) - log(against[i] / all_against));
    }
    telling[size - 1] = 1;
    return telling;
}

/* Copies of the vectors, each number as many times as the feature tells.
 * Owned. */
static GPtrArray *
scale_all(struct feature_node **x, int count_of, const double *telling)
{
    GPtrArray *scaled = g_ptr_array_new_with_free_func(g_free);
    for (int i = 0; i < count_of; i++) {
        gsize length = 1;
        while (x[i][length - 1].index > 0) {
            length++;
        }
        struct feature_node *copy =
            g_memdup2(x[i], length * sizeof(struct feature_node));
        for (struct feature_node *n = copy; n->index > 0; n++) {
            n->value *= telling[n->index - 1];
        }
        g_ptr_array_add(scaled, copy);
    }
    return scaled;
}

/* Weights of all features and, last, of the constant, for +1 against -1.
 * Owned. */
static double *
train_one(const lesson *l, struct feature_node **x, double *y, int count_of,
          double weight)
{
    struct problem problem = {
        .l = count_of, .n = (int)l->names->len + 1, .y = y, .x = x, .bias = 1};
    int first = 1; /* the label that has a weight of its own */
    struct parameter how = {.solver_type = L2R_LR,
                            .C = COST,
                            .eps = EPSILON,
                            .p = 0.1,
                            .nr_weight = 1,
                            .weight_label = &first,
                            .weight = &weight};
    double *weights = g_new0(double, l->names->len + 1);
    set_print_string_function(say_nothing);
    struct model *model = train(&problem, &how);
    double sign = model->nr_class == 2 && model->label[0] == 1 ? 1 : -1;
    for (guint i = 0; model->nr_class == 2 && i <= l->names->len; i++) {
        weights[i] = sign * model->w[i];
    }
    free_and_destroy_model(&model);
    return weights;
}

/* The mean of that and of the same with features that count by what they tell:
 * either errs on other posts.  Of the few posts of one rule, what a feature
 * tells by itself is chance.  Owned. */
static double *
train_twice(const lesson *l, struct feature_node **x, double *y, int count_of)
{
    g_autofree double *telling = find_telling(l, x, y, count_of);
    g_autoptr(GPtrArray) scaled = scale_all(x, count_of, telling);
    g_autofree double *told =
        train_one(l, (struct feature_node **)scaled->pdata, y, count_of, 1);
    double *weights = train_one(l, x, y, count_of, 1);
    for (guint i = 0; i <= l->names->len; i++) {
        weights[i] = (weights[i] + told[i] * telling[i]) / 2;
    }
    return weights;
}

typedef gboolean (*belongs)(const sample *s, const char *name);

static gboolean
everyone(const sample *s, const char *name)
{
    (void)s;
    (void)name;
    return TRUE;
}

static gboolean
is_harm(const sample *s, const char *name)
{
    (void)name;
    return s->harm;
}

static gboolean
has_rule(const sample *s, const char *name)
{
    return g_strcmp0(s->rule, name) == 0;
}

static gboolean
has_kind(const sample *s, const char *name)
{
    return name == NULL ? s->kind != NULL : g_strcmp0(s->kind, name) == 0;
}

/* The samples of among, is against is not.  Owned. */
static double *
train_label(const lesson *l, struct feature_node **vectors, belongs among,
            belongs is, const char *name)
{
    g_autofree struct feature_node **x =
        g_new(struct feature_node *, l->samples->len);
    g_autofree double *y = g_new(double, l->samples->len);
    int used = 0;
    for (guint i = 0; i < l->samples->len; i++) {
        const sample *s = &g_array_index(l->samples, sample, i);
        if (among(s, NULL)) {
            x[used] = vectors[i];
            y[used++] = is(s, name) ? 1 : -1;
        }
    }
    return is == is_harm
               ? train_twice(l, x, y, used)
               : train_one(l, x, y, used, is == has_rule ? RULE_WEIGHT : 1);
}

/* --- the file ----------------------------------------------------------------
 */

typedef struct {
    const char *name; /* of the label; NULL: harm */
    double *weights;
    double floor; /* weaker ones are left out */
} column;

static void
column_clear(gpointer data)
{
    g_free(((column *)data)->weights);
}

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

/* The effect of the KEEP_LABELth feature. */
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
add_column(GArray *columns, const lesson *l, const char *name, double *weights)
{
    column c = {name, weights,
                name == NULL ? MIN_EFFECT : floor_of(l, weights)};
    g_array_append_val(columns, c);
}

static void
add_number(GString *file, const char *format, double number)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(file, g_ascii_formatd(text, sizeof text, format, number));
}

static void
add_line(GString *file, const lesson *l, const GArray *columns, guint feature)
{
    gsize start = file->len;
    gboolean any = FALSE;
    g_string_append_printf(file, "%s\t", (char *)l->names->pdata[feature]);
    add_number(file, "%.3f", g_array_index(l->rarity, double, feature));
    for (guint i = 0; i < columns->len; i++) {
        const column *c = &g_array_index(columns, column, i);
        if (effect(l, c->weights, feature) >= c->floor) {
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
    for (guint i = 0; i < columns->len; i++) {
        const column *c = &g_array_index(columns, column, i);
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
            add_line(file, l, columns, order[i].number);
        }
    }
    return file;
}

/* --- all together -----------------------------------------------------------
 */

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Values that enough samples have, sorted.  Owned, strings borrowed. */
static GPtrArray *
common_labels(const lesson *l, gboolean rules)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *labels = g_ptr_array_new();
    for (guint i = 0; i < l->samples->len; i++) {
        const sample *s = &g_array_index(l->samples, sample, i);
        const char *name = rules ? s->rule : s->kind;
        if (name == NULL || s->mixed) {
            continue;
        }
        guint n = GPOINTER_TO_UINT(g_hash_table_lookup(seen, name)) + 1;
        g_hash_table_insert(seen, (gpointer)name, GUINT_TO_POINTER(n));
        if (n == MIN_LABEL) {
            g_ptr_array_add(labels, (gpointer)name);
        }
    }
    g_ptr_array_sort(labels, compare_names);
    return labels;
}

static void
learn_labels(const lesson *l, struct feature_node **vectors, gboolean rules,
             GArray *columns)
{
    g_autoptr(GPtrArray) labels = common_labels(l, rules);
    belongs is = rules ? has_rule : has_kind;
    belongs among = rules ? everyone : has_kind;
    for (guint i = 0; i < labels->len; i++) {
        const char *name = labels->pdata[i];
        add_column(columns, l, name, train_label(l, vectors, among, is, name));
    }
}

/* Vectors of all samples.  Owned. */
static GPtrArray *
make_vectors(const lesson *l)
{
    GPtrArray *vectors = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < l->samples->len; i++) {
        g_ptr_array_add(vectors,
                        vector(l, &g_array_index(l->samples, sample, i)));
    }
    return vectors;
}

/* Owned. */
static GString *
learn(lesson *l)
{
    g_autoptr(GArray) columns = g_array_new(FALSE, FALSE, sizeof(column));
    g_array_set_clear_func(columns, column_clear);
    find_rarity(l);
    g_autoptr(GPtrArray) vectors = make_vectors(l);
    struct feature_node **x = (struct feature_node **)vectors->pdata;
    add_column(columns, l, NULL, train_label(l, x, everyone, is_harm, NULL));
    learn_labels(l, x, TRUE, columns);
    learn_labels(l, x, FALSE, columns);
    return write_file(l, columns);
}

int
ch_rules_learn(const char *config, const char *output, const char *const *paths)
{
    g_auto(ch_corpus) corpus = {0};
    g_autoptr(lesson) l = lesson_new();
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
    if (!add_all(l, &judge, &corpus, &error)) {
        return ch_cli_fail(error);
    }
    if (corpus.wrong > 0) {
        return EX_DATAERR;
    }
    g_autoptr(GString) file = learn(l);
    if (!g_file_set_contents(output, file->str, (gssize)file->len, &error)) {
        return ch_cli_fail(error);
    }
    printf("%u posts, %u features: %s\n", corpus.posts->len, l->names->len,
           output);
    return EX_OK;
}
