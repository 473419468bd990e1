/*
 * Labelled posts to vectors: features are counted by the code that reads posts
 * (features.c).
 *
 * A sentence about opening hours makes nothing harmless.  So that the weights
 * know, each post is learned a second time under the same label, with a
 * sentence of some harmless post before or behind it.
 */
#include "lesson.h"

#include "chaperone/classifier.h"

#include <math.h>
#include <string.h>

#define MIN_POSTS 2 /* a feature that one post alone has says nothing */
#define SEED      1 /* of which sentence stands where */

/* --- counting ---------------------------------------------------------------
 */

static void
sample_clear(gpointer data)
{
    g_array_unref(((lesson_sample *)data)->features);
}

lesson *
ch_lesson_new(void)
{
    lesson *l = g_new0(lesson, 1);
    l->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    l->names = g_ptr_array_new();
    l->posts = g_array_new(FALSE, TRUE, sizeof(guint));
    l->samples = g_array_new(FALSE, FALSE, sizeof(lesson_sample));
    g_array_set_clear_func(l->samples, sample_clear);
    l->rarity = g_array_new(FALSE, FALSE, sizeof(double));
    return l;
}

void
ch_lesson_free(lesson *l)
{
    g_hash_table_unref(l->numbers);
    g_ptr_array_unref(l->names);
    g_array_unref(l->posts);
    g_array_unref(l->samples);
    g_array_unref(l->rarity);
    g_free(l);
}

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
    lesson_sample s = {.features = g_array_new(FALSE, FALSE, sizeof(guint)),
                       .mixed = text != NULL,
                       .harm = post->label.violation,
                       .rule = post->label.violation ? post->label.rule : NULL,
                       .kind = post->label.violation ? NULL
                                                     : post->label.post_class};
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

/* Rare features weigh more: ln((1 + n) / (1 + posts)) + 1. */
static void
find_rarity(lesson *l)
{
    double all = 1;
    for (guint i = 0; i < l->samples->len; i++) {
        all += !g_array_index(l->samples, lesson_sample, i).mixed;
    }
    for (guint i = 0; i < l->posts->len; i++) {
        guint posts = g_array_index(l->posts, guint, i);
        double rarity = posts < MIN_POSTS ? 0 : log(all / (posts + 1.0)) + 1;
        g_array_append_val(l->rarity, rarity);
    }
}

gboolean
ch_lesson_take(lesson *l, const ch_judge *judge, const ch_corpus *corpus,
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
    find_rarity(l);
    return TRUE;
}
