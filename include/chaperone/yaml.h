/*
 * YAML files as a tree of nodes with their places.
 *
 * libyaml reads; we refuse what makes a file mean other than it looks:
 * duplicate keys, aliases, tags, several documents, nesting and size beyond
 * limits.h.  Errors go to a ch_diag.
 */
#ifndef CHAPERONE_YAML_H
#define CHAPERONE_YAML_H

#include "chaperone/diag.h"

typedef enum { CH_YAML_SCALAR, CH_YAML_LIST, CH_YAML_MAP } ch_yaml_kind;

typedef struct ch_yaml_node ch_yaml_node;
struct ch_yaml_node {
    ch_yaml_kind kind;
    const char *file; /* borrowed from the document */
    guint line, column;
    char *text;      /* scalar */
    gboolean quoted; /* scalar in quotes or block: never null or a number */
    char *key;       /* in a map: the key of this value */
    guint key_line, key_column;
    GPtrArray *children; /* list, map: of ch_yaml_node */
};

typedef struct ch_yaml ch_yaml;

/* NULL after an error (told to diag).  An empty file is an empty map. */
ch_yaml *ch_yaml_parse(const char *file, const char *data, gsize length,
                       ch_diag *diag);
ch_yaml *ch_yaml_load(const char *path, ch_diag *diag);
void ch_yaml_free(ch_yaml *yaml);
const ch_yaml_node *ch_yaml_root(const ch_yaml *yaml); /* Borrowed. */

/* Child of a map, or NULL; nothing else has any by name. */
const ch_yaml_node *ch_yaml_get(const ch_yaml_node *map, const char *key);

/* Tells diag what is wrong at a node. */
void ch_yaml_error(const ch_yaml_node *node, ch_diag *diag, const char *format,
                   ...) G_GNUC_PRINTF(3, 4);

/* FALSE and an error if node is no map, or holds a key that is not in the
 * NULL-terminated list. */
gboolean ch_yaml_check_map(const ch_yaml_node *node, const char *const *allowed,
                           ch_diag *diag);
/* Text of a scalar that must be there; NULL and an error else.  Borrowed. */
const char *ch_yaml_string(const ch_yaml_node *node, const char *what,
                           ch_diag *diag);
/* A list of strings (one string counts as a list of one).  NULL and an error
 * else.  Owned. */
GStrv ch_yaml_strings(const ch_yaml_node *node, const char *what,
                      ch_diag *diag);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_yaml, ch_yaml_free)

#endif
