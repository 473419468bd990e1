/*
 * Rules and posts for measuring, from word lists.  What is said here about
 * people and practices is made up.
 */
#include "generate.h"

#include <string.h>

#define SEED 20261122
#define PICK(random, list)                                                     \
    (list)[g_rand_int_range(random, 0, (gint32)G_N_ELEMENTS(list))]
#define BEFORE "(?<![\\p{L}\\p{N}_])"
#define AFTER  "(?![\\p{L}\\p{N}_])"

static const char *const common[] = {
    "appointment", "area",    "balance", "better",  "body",     "bring",
    "calm",        "care",    "center",  "change",  "check",    "choice",
    "clean",       "clear",   "comfort", "day",     "diet",     "doctor",
    "early",       "easy",    "evening", "event",   "exercise", "family",
    "feel",        "find",    "for",     "fresh",   "friend",   "from",
    "garden",      "green",   "group",   "habit",   "happy",    "have",
    "health",      "heart",   "help",    "home",    "hour",     "idea",
    "in",          "is",      "it",      "join",    "keep",     "kitchen",
    "know",        "learn",   "light",   "little",  "local",    "meal",
    "mind",        "minute",  "month",   "morning", "move",     "natural",
    "new",         "night",   "of",      "offer",   "on",       "open",
    "our",         "park",    "patient", "people",  "plan",     "please",
    "practice",    "prepare", "quiet",   "ready",   "recipe",   "relax",
    "rest",        "routine", "safe",    "salad",   "season",   "service",
    "share",       "simple",  "skin",    "sleep",   "smile",    "snack",
    "spring",      "staff",   "start",   "step",    "strong",   "summer",
    "support",     "table",   "team",    "thank",   "that",     "the",
    "tip",         "to",      "today",   "touch",   "training", "visit",
    "walk",        "warm",    "water",   "we",      "week",     "welcome",
    "winter",      "with",    "work",    "year",    "you",      "your",
};
static const char *const qualities[] = {
    "cheap",   "secret", "angry", "broken",   "filthy",  "shady", "reckless",
    "phony",   "sloppy", "rude",  "toxic",    "greedy",  "lousy", "careless",
    "hostile", "dodgy",  "awful", "terrible", "useless", "crazy", "hopeless",
};
static const char *const things[] = {
    "clinic",  "nurse",  "office",   "billing",   "lab",      "scheduler",
    "surgeon", "vendor", "hospital", "hygienist", "manager",  "reception",
    "program", "device", "vaccine",  "pharmacy",  "landlord", "dentist",
};
static const char *const deeds[] = {
    "fired",    "sued",    "blamed",  "ignored", "cheated", "refused",
    "canceled", "altered", "lied",    "yelled",  "mocked",  "dropped",
    "faked",    "forged",  "exposed", "stole",   "leaked",  "laughed",
};
static const char *const names[] = {
    "alder",  "brackford", "corvane", "dunmoor",  "eastvale", "fernhollow",
    "greyle", "hartmere",  "ivesdal", "jorrinel", "keldwick", "lornfeld",
};

/* A word that no language has.  Owned. */
static char *
coin(GRand *random, guint syllables)
{
    GString *word = g_string_new("");
    for (guint i = 0; i < syllables; i++) {
        g_string_append_c(word,
                          "bcdfglmnprstvz"[g_rand_int_range(random, 0, 14)]);
        g_string_append_c(word, "aeio"[g_rand_int_range(random, 0, 4)]);
    }
    return g_string_free(word, FALSE);
}

/* --- rules -------------------------------------------------------------- */

static char *
phrases(GRand *random)
{
    GString *out = g_string_new("(?:");
    gint32 n = g_rand_int_range(random, 3, 9);
    for (gint32 i = 0; i < n; i++) {
        g_autofree char *word = coin(random, 2);
        g_string_append(out, i > 0 ? "|" BEFORE "(?:" : BEFORE "(?:");
        if (i % 2 == 0) {
            g_string_append_printf(out, "(?:my|our) %s %s(?:e?s|'s|s')?", word,
                                   PICK(random, things));
        } else {
            g_string_append_printf(out, "%s %s(?:e?s|'s|s'|ed|ing)?",
                                   PICK(random, qualities), word);
        }
        g_string_append(out, ")" AFTER);
    }
    g_string_append_c(out, ')');
    return g_string_free(out, FALSE);
}

static char *
doses(GRand *random)
{
    GString *out = g_string_new("\\b(?:");
    gint32 n = g_rand_int_range(random, 2, 7);
    for (gint32 i = 0; i < n; i++) {
        static const char *const ends[] = {"pril", "tin", "mab", "zole"};
        g_autofree char *word = coin(random, 3);
        g_string_append_printf(out, "%s%s%s", i > 0 ? "|" : "", word,
                               PICK(random, ends));
    }
    g_string_append(out, ")[^\\w]{1,3}\\d{1,4}(?:\\.\\d{1,2})? ?"
                         "(?:mg|mcg|ml|g|units?)\\b");
    return g_string_free(out, FALSE);
}

static char *
gap(GRand *random)
{
    static const int widths[] = {20, 40, 60};
    g_autofree char *word = coin(random, 2);
    int width = PICK(random, widths);
    const char *thing = PICK(random, things);
    const char *deed = PICK(random, deeds), *other = PICK(random, deeds);
    return g_strdup_printf("\\b%s\\b.{0,%d}\\b(?:%s|%s|%s)\\b", thing, width,
                           deed, other, word);
}

static char *
labelled(GRand *random)
{
    g_autofree char *word = coin(random, 2);
    gint32 least = g_rand_int_range(random, 4, 7);
    const char *thing = PICK(random, things);
    return g_strdup_printf("\\b(?:%s|%s) ?(?:id|no\\.?|number|#|code)"
                           "\\W{0,4}[a-z]{0,4}\\d{%d,%d}\\b",
                           word, thing, least, least + 4);
}

static char *
persons(GRand *random)
{
    g_autofree char *one = coin(random, 3);
    g_autofree char *two = coin(random, 2);
    const char *name = PICK(random, names);
    return g_strdup_printf("\\b(?:mrs?|ms)\\.? (?:%s|%s) %s(?:'s)?\\b", one,
                           two, name);
}

static char *
stories(GRand *random)
{
    g_autofree char *word = coin(random, 3);
    const char *deed = PICK(random, deeds), *thing = PICK(random, things);
    return g_strdup_printf("\\b(?:i|we|he|she|dr\\.? \\p{L}+)"
                           "(?: just| finally)? %s (?:a|an|one|this|our) "
                           "(?:[\\p{L}-]+ ){0,3}?(?:%s|%s)\\b",
                           deed, thing, word);
}

GPtrArray *
bench_rules(guint n)
{
    static const char *const fixed[] = {
        "(?<!\\d)\\d{3}-\\d{2}-\\d{4}(?!\\d)",
        "(?<!\\d)\\(?\\d{3}\\)?[-. ]\\d{3}[-. ]\\d{4}(?!\\d)",
        "[a-z0-9._%+-]{1,64}@[a-z0-9.-]{1,80}\\.[a-z]{2,12}",
        "\\b(?:4\\d{3}|5[1-5]\\d{2})[ -]?\\d{4}[ -]?\\d{4}[ -]?\\d{4}\\b",
        "\\b(?:0?[1-9]|1[0-2])[/-](?:0?[1-9]|[12]\\d|3[01])[/-](?:19|20)"
        "\\d{2}\\b",
        "\\b(?:dob|d\\.o\\.b\\.?|date of birth|born(?: on)?)\\W{0,5}"
        "\\d{1,2}[/.-]\\d{1,2}[/.-](?:19|20)?\\d{2}\\b",
    };
    static char *(*const kinds[])(GRand *) = {
        phrases, doses, phrases, gap, labelled, persons, phrases, stories,
    };
    g_autoptr(GRand) random = g_rand_new_with_seed(SEED);
    GPtrArray *rules = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < n; i++) {
        g_ptr_array_add(rules, i < G_N_ELEMENTS(fixed)
                                   ? g_strdup(fixed[i])
                                   : kinds[i % G_N_ELEMENTS(kinds)](random));
    }
    return rules;
}

/* --- posts -------------------------------------------------------------- */

static void
add_sentence(GRand *random, GString *out)
{
    static const char *const templates[] = {
        "our %s team is here for you and your family every day of the week",
        "five easy tips for a better %s this season, from our kitchen",
        "thank you to everyone who came to the %s evening on main street",
        "did you know? a short walk can help with %s and mood",
        "\xc2\xa1"
        "bienvenidos! la cl\xc3\xadnica abre el lunes: %s para "
        "toda la familia \xf0\x9f\x98\x8a",
    };
    if (g_rand_int_range(random, 0, 2) == 0) {
        const char *form = PICK(random, templates);
        const char *gap_at = strstr(form, "%s");
        g_string_append_len(out, form, gap_at - form);
        g_string_append(out, PICK(random, common));
        g_string_append(out, gap_at + 2);
    } else {
        gint32 n = g_rand_int_range(random, 6, 17);
        for (gint32 i = 0; i < n; i++) {
            g_string_append(out, PICK(random, common));
            g_string_append_c(out, i + 1 < n ? ' ' : '.');
        }
    }
    g_string_append_c(out, ' ');
}

static void
add_planted(GRand *random, GString *out)
{
    static const char *const planted[] = {
        "her file says 512-34-6789. ",
        "call (614) 555-0142 or write to a.fenn@mail.example today. ",
        "date of birth: 03/14/1961. ",
        "that filthy clinic sued and cheated everyone. ",
        "we just fired a very good nurse, clinic no. ab12345. ",
    };
    g_string_append(out, PICK(random, planted));
}

GPtrArray *
bench_posts(guint n, gsize least, gsize most)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(SEED + 1);
    GPtrArray *posts =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (guint i = 0; i < n; i++) {
        GString *post = g_string_new("");
        gsize size = least + (most - least) * i / MAX(n - 1, 1);
        while (post->len < size) {
            add_sentence(random, post);
            if (g_rand_int_range(random, 0, 200) == 0) {
                add_planted(random, post);
            }
        }
        g_ptr_array_add(posts, g_string_free_to_bytes(post));
    }
    return posts;
}
