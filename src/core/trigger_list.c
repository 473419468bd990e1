/*
 * Lists of triggers: what one costs in usual text, and how it gets shorter.
 *
 * Costs are estimates from how often letters and words stand in posts; they
 * choose among triggers that are all right.
 */
#include "trigger_int.h"

#include <math.h>
#include <string.h>

#define SURE_LENGTH 5 /* words from here on are rare as prefixes, too */
/* At least this part of all bytes ends a common word. */
#define COMMON_RATE 0.001
#define MAX_ENDING  3 /* letters behind a common word */
/* Nanoseconds, measured: a call of PCRE2, and a byte of text for a pattern
 * that runs over all of it.  A trigger that is dearer is no gain. */
#define CALL_COST  120.0
#define POST_BYTES 1000 /* of a usual post */

static ch_trigger *
get(const GArray *list, guint i)
{
    return &g_array_index(list, ch_trigger, i);
}

static gsize
add(gsize a, gsize b)
{
    return a > G_MAXSIZE - b ? G_MAXSIZE : a + b;
}

static gsize
subtract(gsize a, gsize b)
{
    return a == G_MAXSIZE ? a : a - b;
}

gboolean
ch_trigger_is_literal(const ch_trigger *trigger)
{
    for (guint i = 0; i < trigger->length; i++) {
        if (trigger->places[i] >= CH_TRIGGER_CLASS) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- how often a trigger fires ------------------------------------------ */

/* How often bytes stand in folded English and Spanish posts, per 10,000. */
static double
byte_rate(guint c)
{
    static const guint16 letters[26] = {
        650, 120, 240, 310, 950, 170, 160, 380, 570, 15,  60, 330, 210,
        560, 600, 160, 10,  480, 510, 720, 220, 80,  150, 15, 150, 10};
    if (c >= 'a' && c <= 'z') {
        return letters[c - 'a'] / 10000.0;
    }
    if (c == ' ') {
        return 0.17;
    }
    if (c >= '0' && c <= '9') {
        return 0.002;
    }
    if (c == '@') {
        return 0.0003;
    }
    return c < 128 && strchr(".,-'!", (int)c) != NULL ? 0.006 : 0.001;
}

static double
place_rate(const GArray *classes, guint place)
{
    if (place < CH_TRIGGER_CLASS) {
        return byte_rate(place);
    }
    const ch_ascii_set *set =
        &g_array_index(classes, ch_ascii_set, place - CH_TRIGGER_CLASS);
    double rate = 0;
    for (guint c = 0; c < 128; c++) {
        rate += ch_set_has(set, c) ? byte_rate(c) : 0;
    }
    return MIN(rate, 1);
}

/* Words of many posts and what begins like them, in order; none begins like
 * another. */
static const char *const common_words[] = {
    "about",   "after",    "and",  "appointment", "are",     "before",
    "body",    "call",     "care", "clinic",      "come",    "day",
    "do",      "family",   "for",  "free",        "friend",  "from",
    "get",     "good",     "has",  "have",        "health",  "help",
    "her",     "his",      "home", "how",         "is",      "it",
    "just",    "know",     "like", "live",        "make",    "med",
    "my",      "need",     "new",  "not",         "office",  "old",
    "on",      "open",     "our",  "out",         "patient", "people",
    "please",  "practice", "room", "see",         "share",   "side",
    "surgery", "take",     "team", "test",        "thank",   "that",
    "the",     "this",     "time", "to",          "treat",   "visit",
    "was",     "way",      "we",   "what",        "when",    "while",
    "who",     "will",     "with", "work",        "year",    "you",
};

static int
compare_with_word(const void *text, const void *word)
{
    const char *w = *(const char *const *)word;
    return strncmp(text, w, strlen(w));
}

static gboolean
is_common_word(const ch_trigger *t)
{
    char text[CH_TRIGGER_PLACES + 1] = "";
    guint from = t->length > 0 && t->places[0] == ' ';
    for (guint i = from; i < t->length && t->places[i] < 128; i++) {
        text[i - from] = (char)t->places[i];
    }
    const char *const *word =
        bsearch(text, common_words, G_N_ELEMENTS(common_words),
                sizeof common_words[0], compare_with_word);
    return word != NULL && strlen(text) <= strlen(*word) + MAX_ENDING;
}

/* How often a byte of text ends this trigger. */
static double
trigger_rate(const GArray *classes, const ch_trigger *t)
{
    double rate = 1;
    for (guint i = 1; i < t->length; i++) {
        rate *= place_rate(classes, t->places[i]);
    }
    /* Letters do not stand beside each other by chance. */
    rate = pow(rate, 0.85) * place_rate(classes, t->places[0]);
    if (is_common_word(t)) {
        rate = MAX(rate, COMMON_RATE);
    }
    return rate * (t->edge_start ? 0.4 : 1) * (t->edge_end ? 0.4 : 1);
}

/* Nanoseconds a byte of text, roughly: a call of PCRE2 for each hit and what
 * it looks at, which is at most all of a post, and the search. */
double
ch_trigger_list_cost(const GArray *classes, const GArray *list)
{
    double calls = 0, looks = 0, search = 0, rates = 0;
    for (guint i = 0; i < list->len; i++) {
        const ch_trigger *t = get(list, i);
        if (t->length == 0) {
            return G_MAXDOUBLE;
        }
        gsize window = subtract(t->before_max, t->before_min);
        double rate = trigger_rate(classes, t);
        rates += rate;
        calls += rate * CALL_COST;
        looks += rate * (double)MIN(window, POST_BYTES);
        search += ch_trigger_is_literal(t) ? 0.0002 : 0.02;
    }
    double all = CH_TRIGGER_ALL_COST * MIN(1, rates * POST_BYTES);
    return list->len == 0 ? G_MAXDOUBLE : calls + MIN(looks, all) + search;
}

/* --- fewer and shorter -------------------------------------------------- */

static int
compare_places(const ch_trigger *a, const ch_trigger *b)
{
    for (guint i = 0; i < MIN(a->length, b->length); i++) {
        if (a->places[i] != b->places[i]) {
            return a->places[i] < b->places[i] ? -1 : 1;
        }
    }
    return (int)a->length - (int)b->length;
}

static int
compare_from_start(gconstpointer a, gconstpointer b)
{
    const ch_trigger *x = a, *y = b;
    int places = compare_places(x, y);
    return places != 0 ? places : (int)x->edge_end - (int)y->edge_end;
}

static int
compare_from_end(gconstpointer a, gconstpointer b)
{
    const ch_trigger *x = a, *y = b;
    for (guint i = 1; i <= MIN(x->length, y->length); i++) {
        guint p = x->places[x->length - i], q = y->places[y->length - i];
        if (p != q) {
            return p < q ? -1 : 1;
        }
    }
    return x->length != y->length ? (int)x->length - (int)y->length
                                  : (int)x->edge_start - (int)y->edge_start;
}

/* Takes b's place in a, whose start lies skip bytes behind b's. */
static void
widen(ch_trigger *a, const ch_trigger *b, gsize skip)
{
    a->before_min = MIN(a->before_min, add(b->before_min, skip));
    a->before_max = MAX(a->before_max, add(b->before_max, skip));
}

/* Where one string ends like another, the shorter stands for both, now and
 * with whatever follows. */
void
ch_trigger_list_drop_ends(GArray *list)
{
    guint kept = 0;
    g_array_sort(list, compare_from_end);
    for (guint i = 1; i < list->len; i++) {
        ch_trigger *a = get(list, kept);
        const ch_trigger *b = get(list, i);
        gsize skip = (gsize)b->length - a->length;
        if (a->length <= b->length && (!a->edge_end || b->edge_end) &&
            (!a->edge_start || (skip == 0 && b->edge_start)) &&
            memcmp(a->places, b->places + skip,
                   a->length * sizeof a->places[0]) == 0) {
            widen(a, b, skip);
        } else {
            *get(list, ++kept) = *b;
        }
    }
    g_array_set_size(list, MIN(list->len, kept + 1));
}

/* The same for one that begins like another: only at the end of a run. */
void
ch_trigger_list_drop_starts(GArray *list)
{
    guint kept = 0;
    g_array_sort(list, compare_from_start);
    for (guint i = 1; i < list->len; i++) {
        ch_trigger *a = get(list, kept);
        const ch_trigger *b = get(list, i);
        gboolean same =
            a->length <= b->length && (!a->edge_start || b->edge_start) &&
            memcmp(a->places, b->places, a->length * sizeof a->places[0]) == 0;
        gboolean end_holds =
            !a->edge_end || (a->length == b->length && b->edge_end);
        if (same && (end_holds || a->length >= SURE_LENGTH)) {
            a->edge_end = end_holds && a->edge_end;
            widen(a, b, 0);
        } else {
            *get(list, ++kept) = *b;
        }
    }
    g_array_set_size(list, MIN(list->len, kept + 1));
}

/* Takes places off both ends that almost any byte fits. */
void
ch_trigger_trim(const GArray *classes, ch_trigger *t)
{
    while (t->length > 1 &&
           place_rate(classes, t->places[t->length - 1]) > 0.5) {
        t->length--;
        t->edge_end = FALSE;
    }
    while (t->length > 1 && place_rate(classes, t->places[0]) > 0.5) {
        t->length--;
        memmove(t->places, t->places + 1, t->length * sizeof t->places[0]);
        t->edge_start = FALSE;
        t->before_min = add(t->before_min, 1);
        t->before_max = add(t->before_max, 1);
    }
}
