/*
 * Pieces to a meaning: the forward pass.
 *
 * Numbers of a stretch of n pieces lie in rows, one for each piece.
 */
#include "encoder_int.h"

#include "chaperone/limits.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-6f

/* Eight numbers at once: a register where the machine has such. */
typedef float lanes __attribute__((vector_size(32), aligned(4), may_alias));
#define LANES ((guint)(sizeof(lanes) / sizeof(float)))

/* A second body for machines with AVX2 and fused multiplication; both with
 * loops turned into registers, which -O2 leaves alone. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__)
#define CLONES target_clones("arch=x86-64-v3", "default")
#define FAST   __attribute__((CLONES, optimize("O3")))
#else
#define FAST
#endif

static inline float
dot(const float *a, const float *b, guint count)
{
    lanes s = {0};
    for (guint i = 0; i < count; i += LANES) {
        s += *(const lanes *)(a + i) * *(const lanes *)(b + i);
    }
    return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

/* Numbers are multiplied as whole ones of so many steps to each side: INNER
 * products with a cell stay below 2^31, and what is lost is less than what the
 * cells have lost. */
#define STEPS 8191
G_STATIC_ASSERT((gint64)INNER * 128 * STEPS < G_MAXINT32);

/* Room for the numbers of one stretch. */
typedef struct {
    float x[CH_ENCODER_PIECES * WIDTH], normal[CH_ENCODER_PIECES * WIDTH],
        joined[CH_ENCODER_PIECES * WIDTH], wide[CH_ENCODER_PIECES * INNER],
        shares[CH_ENCODER_PIECES];
    gint16 whole[CH_ENCODER_PIECES * INNER];
    float step[CH_ENCODER_PIECES];
} room;

/* Each of n pieces in steps of its own. */
FAST static void
round_off(const float *x, guint n, guint cols, gint16 *whole, float *step)
{
    for (guint t = 0; t < n; t++, x += cols, whole += cols) {
        float most = 0;
        for (guint i = 0; i < cols; i++) {
            float size = fabsf(x[i]);
            most = size > most ? size : most;
        }
        step[t] = most / STEPS;
        float steps = most > 0 ? STEPS / most : 0;
        for (guint i = 0; i < cols; i++) {
            float number = x[i] * steps;
            whole[i] = (gint16)(number + (number < 0 ? -0.5f : 0.5f));
        }
    }
}

/* A tile: so many rows of a matrix and columns of x at once, so that each
 * number that is fetched serves several times. */
#define ROWS 4
#define COLS 2

/* The cells of some rows as wider numbers. */
FAST static void
widen(const matrix *m, guint row, guint rows, gint16 (*out)[INNER])
{
    for (guint r = 0; r < rows; r++) {
        const gint8 *cells = m->cells + (gsize)(row + r) * m->cols;
        for (guint i = 0; i < m->cols; i++) {
            out[r][i] = cells[i];
        }
    }
}

/* Sums of products of each of the rows and each of x and y. */
FAST static void
multiply_tile(gint16 (*w)[INNER], const gint16 *x, const gint16 *y, guint count,
              gint32 sums[COLS][ROWS])
{
    gint32 x0 = 0, x1 = 0, x2 = 0, x3 = 0, y0 = 0, y1 = 0, y2 = 0, y3 = 0;
    for (guint i = 0; i < count; i++) {
        x0 += w[0][i] * x[i];
        x1 += w[1][i] * x[i];
        x2 += w[2][i] * x[i];
        x3 += w[3][i] * x[i];
        y0 += w[0][i] * y[i];
        y1 += w[1][i] * y[i];
        y2 += w[2][i] * y[i];
        y3 += w[3][i] * y[i];
    }
    memcpy(sums[0], (gint32[]){x0, x1, x2, x3}, sizeof sums[0]);
    memcpy(sums[1], (gint32[]){y0, y1, y2, y3}, sizeof sums[1]);
}

/* out[n][m->rows] = m of x[n][m->cols]. */
static void
multiply(const matrix *m, const float *x, guint n, room *space, float *out)
{
    gint16 wide[ROWS][INNER] = {{0}};
    gint32 sums[COLS][ROWS];
    round_off(x, n, m->cols, space->whole, space->step);
    for (guint row = 0; row < m->rows; row += ROWS) {
        guint rows = MIN(ROWS, m->rows - row);
        widen(m, row, rows, wide);
        for (guint t = 0; t < n; t += COLS) {
            guint cols = MIN(COLS, n - t);
            const gint16 *first = space->whole + (gsize)t * m->cols;
            multiply_tile(wide, first, first + (cols - 1) * m->cols, m->cols,
                          sums);
            for (guint c = 0; c < cols; c++) {
                float *to = out + (gsize)(t + c) * m->rows + row;
                for (guint r = 0; r < rows; r++) {
                    to[r] = m->bias[row + r] + m->scale[row + r] *
                                                   space->step[t + c] *
                                                   (float)sums[c][r];
                }
            }
        }
    }
}

static void
normalise(const norm *how, const float *x, guint n, guint size, float *out)
{
    for (guint t = 0; t < n; t++, x += size, out += size) {
        float mean = 0, variance = 0;
        for (guint i = 0; i < size; i++) {
            mean += x[i];
        }
        mean /= (float)size;
        for (guint i = 0; i < size; i++) {
            variance += (x[i] - mean) * (x[i] - mean);
        }
        float scale = 1 / sqrtf(variance / (float)size + EPSILON);
        for (guint i = 0; i < size; i++) {
            out[i] = (x[i] - mean) * scale * how->weight[i] + how->bias[i];
        }
    }
}

/* Odds to shares of 1. */
static void
soften(float *odds, guint n)
{
    float most = odds[0], sum = 0;
    for (guint i = 1; i < n; i++) {
        most = MAX(most, odds[i]);
    }
    for (guint i = 0; i < n; i++) {
        odds[i] = expf(odds[i] - most);
        sum += odds[i];
    }
    for (guint i = 0; i < n; i++) {
        odds[i] /= sum;
    }
}

/* One head: each piece takes of the others' values what their keys are worth
 * to its query.  all: query, key and value of a piece, 3 * in numbers. */
FAST static void
attend(const float *all, guint n, guint in, guint head, float *shares,
       float *out)
{
    guint size = in / HEADS;
    const float *query = all + (gsize)head * size, *key = query + in;
    for (guint t = 0; t < n; t++) {
        float *to = out + (gsize)t * in + (gsize)head * size;
        for (guint i = 0; i < n; i++) {
            shares[i] =
                dot(query + (gsize)t * 3 * in, key + (gsize)i * 3 * in, size) /
                sqrtf((float)size);
        }
        soften(shares, n);
        memset(to, 0, size * sizeof *to);
        for (guint i = 0; i < n; i++) {
            const float *value = key + in + (gsize)i * 3 * in;
            for (guint k = 0; k < size; k += LANES) {
                *(lanes *)(to + k) += shares[i] * *(const lanes *)(value + k);
            }
        }
    }
}

static void
add(float *x, const float *more, gsize count)
{
    for (gsize i = 0; i < count; i++) {
        x[i] += more[i];
    }
}

static void
run_layer(const layer *l, room *r, guint n, guint in)
{
    normalise(&l->before_heads, r->x, n, in, r->normal);
    multiply(&l->heads, r->normal, n, r, r->wide);
    for (guint head = 0; head < HEADS; head++) {
        attend(r->wide, n, in, head, r->shares, r->normal);
    }
    multiply(&l->joined, r->normal, n, r, r->joined);
    if (l->kept.rows > 0) {
        multiply(&l->kept, r->x, n, r, r->normal);
        memcpy(r->x, r->normal, (gsize)n * WIDTH * sizeof *r->x);
    }
    add(r->x, r->joined, (gsize)n * WIDTH);
    normalise(&l->before_inner, r->x, n, WIDTH, r->normal);
    multiply(&l->inner, r->normal, n, r, r->wide);
    for (gsize i = 0; i < (gsize)n * INNER; i++) {
        r->wide[i] = MAX(r->wide[i], 0);
    }
    multiply(&l->outer, r->wide, n, r, r->joined);
    add(r->x, r->joined, (gsize)n * WIDTH);
}

/* What a piece is, twice, and waves that tell where it stands. */
static void
embed(const ch_encoder *e, const guint16 *pieces, guint n, float *x)
{
    for (guint t = 0; t < n; t++, x += EMBED) {
        const gint8 *cells = e->embedding.cells + (gsize)pieces[t] * EMBED;
        float scale = 2 * e->embedding.scale[pieces[t]];
        for (guint i = 0; i < EMBED; i++) {
            x[i] = scale * cells[i];
        }
        for (guint i = 0; i < WAVES; i++) {
            x[i] += sinf((float)t * e->waves[i]);
            x[WAVES + i] += cosf((float)t * e->waves[i]);
        }
    }
}

/* The mean of all pieces and, of each number, the most. */
static void
pool(const ch_encoder *e, guint n, room *r, float out[2 * WIDTH])
{
    const float *x = r->x;
    float mean[WIDTH] = {0}, *most = out + WIDTH;
    for (guint i = 0; i < WIDTH; i++) {
        most[i] = x[i];
        for (guint t = 0; t < n; t++) {
            float number = x[(gsize)t * WIDTH + i];
            mean[i] += number / (float)n;
            most[i] = MAX(most[i], number);
        }
        most[i] = tanhf(most[i] / 4);
    }
    multiply(&e->pooled, mean, 1, r, out);
    for (guint i = 0; i < WIDTH; i++) {
        out[i] = tanhf(out[i]);
    }
}

static void
read_stretch(const ch_encoder *e, const guint16 *pieces, guint n, room *r,
             float *harm, float *kinds)
{
    float pooled[2 * WIDTH];
    embed(e, pieces, n, r->x);
    run_layer(&e->layers[0], r, n, EMBED);
    run_layer(&e->layers[1], r, n, WIDTH);
    pool(e, n, r, pooled);
    multiply(&e->harm, pooled, 1, r, harm);
    multiply(&e->kinds, pooled, 1, r, kinds);
}

gboolean
ch_encoder_read(const ch_encoder *e, const char *passage, gsize length,
                ch_meaning *meaning)
{
    g_autoptr(GArray) pieces = ch_encoder_pieces(e, passage, length);
    g_autofree room *r = g_new(room, 1);
    *meaning = (ch_meaning){.odds = -HUGE_VAL};
    for (guint i = 0; i < CH_ENCODER_WINDOWS; i++) {
        guint first = i * CH_ENCODER_PIECES;
        if (first >= pieces->len) {
            break;
        }
        float harm;
        g_autofree float *kinds = g_new(float, e->rules);
        read_stretch(e, &g_array_index(pieces, guint16, first),
                     MIN(CH_ENCODER_PIECES, pieces->len - first), r, &harm,
                     kinds);
        if ((double)harm > meaning->odds) {
            meaning->odds = (double)harm;
            g_free(meaning->kinds);
            meaning->kinds = g_steal_pointer(&kinds);
        }
    }
    return meaning->kinds != NULL;
}

void
ch_meaning_clear(ch_meaning *meaning)
{
    g_clear_pointer(&meaning->kinds, g_free);
}
