/*
 * Vectors to weights: L2-regularised logistic regression by LIBLINEAR, one
 * problem "harm" and one for each rule, among all posts, and one for each kind
 * among the harmless.  The same posts always give the same weights.
 */
#include "lesson.h"

#include "chaperone/classifier.h"

#include <linear.h>
#include <math.h>
#include <string.h>

#define COST        300.0 /* of an error against large weights */
#define EPSILON     0.001
#define MIN_LABEL   8   /* posts of a label that is learned */
#define RULE_WEIGHT 8.0 /* of the few posts of a rule against all others */

/* --- one problem -------------------------------------------------------------
 */

/* The vector of a sample, its length 1, as LIBLINEAR wants it: numbers from 1,
 * the constant last.  Owned. */
static struct feature_node *
vector(const lesson *l, const lesson_sample *s)
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

typedef gboolean (*belongs)(const lesson_sample *s, const char *name);

static gboolean
everyone(const lesson_sample *s, const char *name)
{
    (void)s;
    (void)name;
    return TRUE;
}

static gboolean
is_harm(const lesson_sample *s, const char *name)
{
    (void)name;
    return s->harm;
}

static gboolean
has_rule(const lesson_sample *s, const char *name)
{
    return g_strcmp0(s->rule, name) == 0;
}

static gboolean
has_kind(const lesson_sample *s, const char *name)
{
    return name == NULL ? s->kind != NULL : g_strcmp0(s->kind, name) == 0;
}

/* --- all of them -------------------------------------------------------------
 */

/* A label to learn: the samples of among, is against is not. */
typedef struct {
    belongs among, is;
    lesson_column column;
} task;

typedef struct {
    const lesson *lesson;
    struct feature_node **vectors; /* of all samples */
} course;

static void
train_task(gpointer data, gpointer user_data)
{
    task *t = data;
    const course *c = user_data;
    const GArray *samples = c->lesson->samples;
    g_autofree struct feature_node **x =
        g_new(struct feature_node *, samples->len);
    g_autofree double *y = g_new(double, samples->len);
    int used = 0;
    for (guint i = 0; i < samples->len; i++) {
        const lesson_sample *s = &g_array_index(samples, lesson_sample, i);
        if (t->among(s, NULL)) {
            x[used] = c->vectors[i];
            y[used++] = t->is(s, t->column.name) ? 1 : -1;
        }
    }
    t->column.weights = t->is == is_harm
                            ? train_twice(c->lesson, x, y, used)
                            : train_one(c->lesson, x, y, used,
                                        t->is == has_rule ? RULE_WEIGHT : 1);
}

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
        const lesson_sample *s = &g_array_index(l->samples, lesson_sample, i);
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
add_tasks(GPtrArray *tasks, const lesson *l, gboolean rules)
{
    g_autoptr(GPtrArray) labels = common_labels(l, rules);
    for (guint i = 0; i < labels->len; i++) {
        task t = {rules ? everyone : has_kind,
                  rules ? has_rule : has_kind,
                  {labels->pdata[i], NULL}};
        g_ptr_array_add(tasks, g_memdup2(&t, sizeof t));
    }
}

/* Vectors of all samples.  Owned. */
static GPtrArray *
make_vectors(const lesson *l)
{
    GPtrArray *vectors = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < l->samples->len; i++) {
        g_ptr_array_add(
            vectors, vector(l, &g_array_index(l->samples, lesson_sample, i)));
    }
    return vectors;
}

static void
column_clear(gpointer data)
{
    g_free(((lesson_column *)data)->weights);
}

GArray *
ch_lesson_train(const lesson *l)
{
    g_autoptr(GPtrArray) vectors = make_vectors(l);
    g_autoptr(GPtrArray) tasks = g_ptr_array_new_with_free_func(g_free);
    course c = {l, (struct feature_node **)vectors->pdata};
    task harm = {everyone, is_harm, {NULL, NULL}};
    g_ptr_array_add(tasks, g_memdup2(&harm, sizeof harm));
    add_tasks(tasks, l, TRUE);
    add_tasks(tasks, l, FALSE);
    set_print_string_function(say_nothing);
    GThreadPool *pool = g_thread_pool_new(
        train_task, &c, (int)g_get_num_processors(), FALSE, NULL);
    for (guint i = 0; i < tasks->len; i++) {
        g_thread_pool_push(pool, tasks->pdata[i], NULL);
    }
    g_thread_pool_free(pool, FALSE, TRUE);
    GArray *columns = g_array_new(FALSE, FALSE, sizeof(lesson_column));
    g_array_set_clear_func(columns, column_clear);
    for (guint i = 0; i < tasks->len; i++) {
        g_array_append_val(columns, ((task *)tasks->pdata[i])->column);
    }
    return columns;
}
