/*
 * One pattern searched as its branches, each only where it can begin.
 *
 * "A|B|C" matches where the first of its branches does, and of those that
 * match at the same place the one that stands first (perlre, "leftmost,
 * first alternative"); the next search begins behind.  So the hits of the
 * whole follow from the next hit of each branch, and a branch that may stand
 * anywhere does not make the others be tried everywhere.
 */
#include "scan_int.h"

#include "chaperone/limits.h"

typedef struct {
    const ch_branch *branch;
    guint32 next; /* window to go on with */
    ch_span hit;  /* the next one; start G_MAXSIZE: none any more */
} cursor;

/* The first start of a window that is no inner byte of a character. */
gsize
ch_scan_first_start(const char *text, gsize start)
{
    while (start > 0 && ((guchar)text[start] & 0xC0) == 0x80) {
        start--;
    }
    return start;
}

/* To the first hit that begins at at or behind. */
static ch_regex_result
advance(cursor *c, gsize at, ch_regex_work *work, const char *text,
        gsize length)
{
    const ch_branch *b = c->branch;
    const ch_span all = {0, length};
    guint32 n = b->n_windows > 0 ? b->n_windows : 1;
    for (; c->next < n; c->next++) {
        ch_span starts = b->n_windows > 0 ? b->windows[c->next] : all;
        starts.start =
            MAX(at, ch_scan_first_start(text, MIN(starts.start, length)));
        if (starts.start > starts.end) {
            continue;
        }
        ch_regex_result result =
            ch_regex_find_first(b->regex, work, text, length, starts, &c->hit);
        if (result != CH_REGEX_DONE || c->hit.start != G_MAXSIZE) {
            return result;
        }
    }
    c->hit.start = G_MAXSIZE;
    return CH_REGEX_DONE;
}

/* The one with the next hit; the first of several. */
static const cursor *
leftmost(const cursor *cursors, guint n)
{
    const cursor *best = &cursors[0];
    for (guint i = 1; i < n; i++) {
        if (cursors[i].hit.start < best->hit.start) {
            best = &cursors[i];
        }
    }
    return best;
}

static gsize
next_character(const char *text, gsize length, gsize at)
{
    return at < length ? at + (gsize)(g_utf8_next_char(text + at) - (text + at))
                       : at + 1;
}

ch_regex_result
ch_scan_merge(const ch_branch *branches, guint n, ch_regex_work *work,
              const char *text, gsize length, GArray *hits)
{
    g_autofree cursor *cursors = g_new0(cursor, n);
    for (guint i = 0; i < n; i++) {
        cursors[i].branch = &branches[i];
        ch_regex_result result = advance(&cursors[i], 0, work, text, length);
        if (result != CH_REGEX_DONE) {
            return result;
        }
    }
    while (hits->len < CH_MAX_HITS) {
        ch_span hit = leftmost(cursors, n)->hit;
        if (hit.start == G_MAXSIZE) {
            break;
        }
        gsize at = hit.end;
        if (hit.end > hit.start) {
            g_array_append_val(hits, hit);
        } else { /* a look ahead, and no more: step on, as regex.c does */
            at = next_character(text, length, hit.start);
        }
        for (guint i = 0; i < n; i++) {
            ch_regex_result result =
                cursors[i].hit.start < at
                    ? advance(&cursors[i], at, work, text, length)
                    : CH_REGEX_DONE;
            if (result != CH_REGEX_DONE) {
                return result;
            }
        }
    }
    return CH_REGEX_DONE;
}
