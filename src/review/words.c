/*
 * Spanish for what the pages say, English being the key.
 *
 * tests/unit/test_words.c reads the sources and fails where T() has words that
 * are not here.
 */
#include "review.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *english, *spanish;
} pair;

/* In the order of strcmp(3). */
static const pair words[] = {
#include "words_es.inc"
};

static int
compare(const void *key, const void *element)
{
    return strcmp(key, ((const pair *)element)->english);
}

const char *
ch_words(gboolean spanish, const char *text)
{
    if (!spanish) {
        return text;
    }
    const pair *found =
        bsearch(text, words, G_N_ELEMENTS(words), sizeof words[0], compare);
    return found != NULL ? found->spanish : text;
}
