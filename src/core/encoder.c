/*
 * The encoder's file.
 *
 *   CHENCOD1                   eight letters
 *   u32 order                  0x01020304 as the machine that reads has it
 *   u32 pieces, rules, bytes   bytes: of the names that follow
 *   names                      pieces, then rules, each with a 0 at its end;
 *                              filled up with 0 to a multiple of four
 *   float score[pieces]
 *   float waves[WAVES]
 *   embedding, layers, pooled, harm, kinds
 *
 * A matrix is its cells, a signed byte each, row by row, then float scale[rows]
 * and float bias[rows] (the embedding has no bias); a norm float weight[] and
 * float bias[].  Every matrix has a multiple of four cells, so that floats lie
 * at multiples of four.
 */
#include "encoder_int.h"

#include "chaperone/limits.h"

#include <string.h>

#define MAGIC "CHENCOD1"
#define ORDER 0x01020304u

typedef struct {
    const char *at;
    gsize left;
    gboolean wrong;
} cursor;

/* The next bytes; NULL and wrong if there are not so many. */
static gconstpointer
take(cursor *c, gsize bytes)
{
    gconstpointer p = c->at;
    if (c->wrong || bytes > c->left) {
        c->wrong = TRUE;
        return NULL;
    }
    c->at += bytes;
    c->left -= bytes;
    return p;
}

static const float *
take_floats(cursor *c, gsize count)
{
    return take(c, count * sizeof(float));
}

static guint32
take_number(cursor *c)
{
    const guint32 *p = take(c, sizeof *p);
    return p == NULL ? 0 : *p;
}

static matrix
take_matrix(cursor *c, guint rows, guint cols, gboolean bias)
{
    matrix m = {.rows = rows, .cols = cols};
    m.cells = take(c, (gsize)rows * cols);
    m.scale = take_floats(c, rows);
    m.bias = bias ? take_floats(c, rows) : NULL;
    return m;
}

static norm
take_norm(cursor *c, guint size)
{
    norm n;
    n.weight = take_floats(c, size);
    n.bias = take_floats(c, size);
    return n;
}

static void
take_layer(cursor *c, layer *l, guint in)
{
    l->before_heads = take_norm(c, in);
    l->heads = take_matrix(c, 3 * in, in, TRUE);
    l->joined = take_matrix(c, WIDTH, in, TRUE);
    if (in != WIDTH) {
        l->kept = take_matrix(c, WIDTH, in, TRUE);
    }
    l->before_inner = take_norm(c, WIDTH);
    l->inner = take_matrix(c, INNER, WIDTH, TRUE);
    l->outer = take_matrix(c, WIDTH, INNER, TRUE);
}

/* Names out of a stretch that ends with a 0; FALSE: there are fewer. */
static gboolean
take_names(const char **p, const char *end, const char **names, guint count)
{
    for (guint i = 0; i < count; i++) {
        if (*p >= end) {
            return FALSE;
        }
        names[i] = *p;
        *p += strlen(*p) + 1;
    }
    return TRUE;
}

static int
by_spelling(gconstpointer a, gconstpointer b, gpointer data)
{
    const char **spelling = data;
    return strcmp(spelling[*(const guint16 *)a], spelling[*(const guint16 *)b]);
}

static gboolean
read_names(ch_encoder *e, cursor *c)
{
    e->pieces = take_number(c);
    e->rules = take_number(c);
    guint32 bytes = take_number(c);
    const char *names = take(c, bytes);
    if (names == NULL || bytes == 0 || bytes % 4 != 0 ||
        names[bytes - 1] != '\0' || e->pieces <= PIECE_NEXT ||
        e->pieces > G_MAXUINT16 || e->rules == 0 || e->rules > bytes) {
        return FALSE;
    }
    const char *end = names + bytes;
    e->spelling = g_new0(const char *, e->pieces);
    e->rule = g_new0(const char *, e->rules);
    e->sorted = g_new0(guint16, e->pieces);
    for (guint i = 0; i < e->pieces; i++) {
        e->sorted[i] = (guint16)i;
    }
    return take_names(&names, end, e->spelling, e->pieces) &&
           take_names(&names, end, e->rule, e->rules);
}

static gboolean
read_weights(ch_encoder *e, cursor *c)
{
    e->score = take_floats(c, e->pieces);
    e->waves = take_floats(c, WAVES);
    e->embedding = take_matrix(c, e->pieces, EMBED, FALSE);
    for (guint i = 0; i < LAYERS; i++) {
        take_layer(c, &e->layers[i], i == 0 ? EMBED : WIDTH);
    }
    e->pooled = take_matrix(c, WIDTH, WIDTH, TRUE);
    e->harm = take_matrix(c, 1, 2 * WIDTH, TRUE);
    e->kinds = take_matrix(c, e->rules, 2 * WIDTH, TRUE);
    return !c->wrong && c->left == 0;
}

ch_encoder *
ch_encoder_parse(const char *path, GBytes *file, ch_diag *diag)
{
    g_autoptr(ch_encoder) e = g_new0(ch_encoder, 1);
    cursor c = {0};
    e->file = g_bytes_ref(file);
    c.at = g_bytes_get_data(file, &c.left);
    const char *magic = take(&c, strlen(MAGIC));
    if (magic == NULL || memcmp(magic, MAGIC, strlen(MAGIC)) != 0 ||
        take_number(&c) != ORDER) {
        ch_diag_add(diag, path, 0, 0, "no encoder for this kind of machine");
        return NULL;
    }
    if (!read_names(e, &c) || !read_weights(e, &c)) {
        ch_diag_add(diag, path, 0, 0, "a damaged encoder: install it anew");
        return NULL;
    }
    g_qsort_with_data(e->sorted, (gint)e->pieces, sizeof *e->sorted,
                      by_spelling, e->spelling);
    return g_steal_pointer(&e);
}

ch_encoder *
ch_encoder_load(const char *path, ch_diag *diag)
{
    char *data;
    gsize length;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &data, &length, &error)) {
        ch_diag_add(diag, path, 0, 0, "%s", error->message);
        return NULL;
    }
    g_autoptr(GBytes) file = g_bytes_new_take(data, length);
    if (length > CH_MAX_ENCODER) {
        ch_diag_add(diag, path, 0, 0, "an encoder of more than %d MiB",
                    CH_MAX_ENCODER / 1024 / 1024);
        return NULL;
    }
    return ch_encoder_parse(path, file, diag);
}

guint
ch_encoder_size(const ch_encoder *e)
{
    return e->pieces;
}

int
ch_encoder_rule(const ch_encoder *e, const char *id)
{
    for (guint i = 0; i < e->rules; i++) {
        if (strcmp(e->rule[i], id) == 0) {
            return (int)i;
        }
    }
    return -1;
}

void
ch_encoder_free(ch_encoder *e)
{
    if (e != NULL) {
        g_bytes_unref(e->file);
        g_free(e->spelling);
        g_free(e->rule);
        g_free(e->sorted);
        g_free(e);
    }
}
