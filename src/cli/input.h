/*
 * Inputs of check, explain and eval: messages, posts as text, jsonl.
 */
#ifndef CHAPERONE_INPUT_H
#define CHAPERONE_INPUT_H

#include "chaperone/inspect.h"

#include <json-glib/json-glib.h>

typedef enum { CH_INPUT_EML, CH_INPUT_TEXT, CH_INPUT_JSONL } ch_input_kind;

/* One thing to judge: a message (raw) or a plain post. */
typedef struct {
    const char *name; /* file as given, "-" for standard input */
    const char *id;   /* of a jsonl line, or NULL */
    GBytes *raw;      /* NULL: post holds it */
    gboolean is_post; /* text or jsonl: judged whatever the recipients */
    ch_plain_post post;
    const char *gateway; /* of a jsonl line, or NULL */
    guint line;          /* of a jsonl line, or 0 */
    JsonObject *fields;  /* the whole jsonl line: labels stand in it, or NULL */
    const char *error;   /* could not be read: no post is set */
} ch_input;

/* The name, with the id behind a colon if there is one.  Owned. */
char *ch_input_dup_name(const ch_input *input);

/* FALSE ends the walk. */
typedef gboolean (*ch_input_visit)(const ch_input *input, gpointer data);

/* Visits every input of the paths (a directory in name order, "-": standard
 * input), in order. */
void ch_input_each(ch_input_kind kind, const char *const *paths,
                   ch_input_visit visit, gpointer data);

#endif
