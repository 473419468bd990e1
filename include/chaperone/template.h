/*
 * Templates: a practice's own words of notices, from one directory
 * (notices.templates).
 *
 * held.en.txt is what all are sent about a held post in English,
 * held.author.en.txt and held.reviewer.en.txt what only they are.  {id} and
 * the like stand for facts, {{ for a brace.  Whatever is wrong is an error
 * with its place when the directory is read, never when a letter is written.
 */
#ifndef CHAPERONE_TEMPLATE_H
#define CHAPERONE_TEMPLATE_H

#include "chaperone/diag.h"

/* What a placeholder stands for; chaperone.yaml(5) has them all. */
typedef enum {
    CH_FILL_ID,
    CH_FILL_CHANNEL,
    CH_FILL_WHAT,
    CH_FILL_RULES,
    CH_FILL_PUBLISH_AT,
    CH_FILL_NOTE,
    CH_FILL_NEXT,
    CH_FILL_AUTHOR,
    CH_FILL_ANSWER,
    CH_FILL_LINK,
    CH_FILL_CONTACT,
    CH_FILL_POSTS, /* of a digest alone */
    CH_FILL_NUMBER,
    CH_FILL_COUNT
} ch_fill;

typedef struct ch_templates ch_templates;

/* directory "": none of its own.  NULL after an error (told to diag).
 * Owned; const once loaded. */
ch_templates *ch_templates_load(const char *directory, ch_diag *diag);
void ch_templates_free(ch_templates *templates);

/* For notices of that kind ("held", "digest"), or NULL: the built-in words.
 * templates may be NULL.  Borrowed. */
const char *ch_templates_find(const ch_templates *templates, const char *kind,
                              gboolean to_author, gboolean spanish);

/* The text with what its placeholders stand for (NULL: nothing), UTF-8 with
 * LF, the last line with its end.  A line of nothing but placeholders that
 * stand for nothing is left out.  Owned. */
char *ch_template_fill(const char *text,
                       const char *const values[CH_FILL_COUNT]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_templates, ch_templates_free)

#endif
