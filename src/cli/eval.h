/*
 * What eval's files share: printing scores, comparing them with earlier ones.
 */
#ifndef CHAPERONE_EVAL_H
#define CHAPERONE_EVAL_H

#include "chaperone/score.h"

#include <json-glib/json-glib.h>

/* One list of ids, then and now. */
typedef struct {
    gboolean known; /* the earlier result has this list */
    guint before, now;
    GPtrArray *new_ids, *gone_ids; /* of char *, borrowed */
} ch_change;

typedef struct {
    JsonParser *earlier;
    const char *file; /* borrowed */
    ch_change lists[CH_LIST_COUNT];
    gboolean worse; /* some list has become longer */
} ch_comparison;

/* Reads an earlier JSON result.  FALSE: CH_ERROR_INPUT. */
gboolean ch_comparison_load(ch_comparison *c, const char *file, GError **error);
/* Fills lists and worse; scores must outlive c. */
void ch_comparison_make(ch_comparison *c, const ch_scores *scores);
void ch_comparison_clear(ch_comparison *c);

/* comparison may be NULL.  Owned. */
char *ch_eval_json(const ch_scores *scores, const ch_comparison *comparison);
char *ch_eval_text(const ch_scores *scores, const ch_comparison *comparison,
                   gboolean colour);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_comparison, ch_comparison_clear)

#endif
