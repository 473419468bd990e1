/*
 * Words to pieces: of all ways to cut a word into known pieces, the likeliest
 * (Viterbi), as SentencePiece's unigram model does.
 */
#include "encoder_int.h"

#include "chaperone/limits.h"
#include "chaperone/passage.h"

#include <math.h>
#include <string.h>

/* Stands for the blank before a word, in the spelling of pieces. */
#define BLANK "\xe2\x96\x81"
/* Of a letter that no piece has: less than any piece. */
#define UNKNOWN_SCORE (-25.0f)

typedef struct {
    float score;  /* of the best way to here */
    guint from;   /* its last piece begins there */
    guint16 last; /* and is this one */
} step;

/* The first of sorted, from low on and below high, whose byte at depth is at
 * least c. */
static guint
lower(const ch_encoder *e, guint low, guint high, guint depth, int c)
{
    while (low < high) {
        guint middle = (low + high) / 2;
        const char *spelling = e->spelling[e->sorted[middle]];
        if ((guchar)spelling[depth] < c) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void
reach(step *steps, guint from, guint to, guint16 piece, float score)
{
    float sum = steps[from].score + score;
    if (sum > steps[to].score) {
        steps[to] = (step){sum, from, piece};
    }
}

/* All pieces that the word goes on with at from. */
static void
go_on(const ch_encoder *e, const char *word, guint length, guint from,
      step *steps)
{
    guint low = 0, high = e->pieces;
    const char *next = g_utf8_next_char(word + from);
    reach(steps, from, (guint)(next - word), PIECE_UNKNOWN, UNKNOWN_SCORE);
    for (guint depth = 0; from + depth < length; depth++) {
        int c = (guchar)word[from + depth];
        low = lower(e, low, high, depth, c);
        high = lower(e, low, high, depth, c + 1);
        if (low == high) {
            return;
        }
        guint16 piece = e->sorted[low];
        if (e->spelling[piece][depth + 1] == '\0') {
            reach(steps, from, from + depth + 1, piece, e->score[piece]);
        }
    }
}

static void
cut_word(const ch_encoder *e, const char *word, guint length, GArray *pieces)
{
    g_autofree step *steps = g_new(step, length + 1);
    guint first = pieces->len;
    for (guint i = 0; i <= length; i++) {
        steps[i] = (step){i == 0 ? 0 : -HUGE_VALF, 0, PIECE_UNKNOWN};
    }
    for (guint i = 0; i < length; i++) {
        if (steps[i].score > -HUGE_VALF) {
            go_on(e, word, length, i, steps);
        }
    }
    for (guint at = length; at > 0; at = steps[at].from) {
        g_array_insert_val(pieces, first, steps[at].last);
    }
}

static void
take_word(const ch_encoder *e, const char *word, gsize length, GArray *pieces)
{
    if (length > 0) {
        g_autoptr(GString) blank = g_string_new(BLANK);
        g_string_append_len(blank, word,
                            (gssize)MIN(length, (gsize)CH_MAX_SPOKEN));
        const char *end;
        g_utf8_validate_len(blank->str, blank->len, &end);
        cut_word(e, blank->str, (guint)(end - blank->str), pieces);
    }
}

static guint16
mark_of(char c)
{
    return c == CH_PASSAGE_REPLY   ? PIECE_REPLY
           : c == CH_PASSAGE_IMAGE ? PIECE_IMAGE
           : c == CH_PASSAGE_NEXT  ? PIECE_NEXT
                                   : PIECE_UNKNOWN;
}

GArray *
ch_encoder_pieces(const ch_encoder *e, const char *passage, gsize length)
{
    GArray *pieces = g_array_new(FALSE, FALSE, sizeof(guint16));
    const char *word = passage, *end = passage + length;
    for (const char *p = passage; p < end; p++) {
        guint16 mark = mark_of(*p);
        if (mark != PIECE_UNKNOWN || g_ascii_isspace(*p)) {
            take_word(e, word, (gsize)(p - word), pieces);
            word = p + 1;
        }
        if (mark != PIECE_UNKNOWN) {
            g_array_append_val(pieces, mark);
        }
    }
    take_word(e, word, (gsize)(end - word), pieces);
    return pieces;
}
