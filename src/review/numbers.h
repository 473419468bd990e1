/*
 * Numbers for people, for the page and the API.
 */
#ifndef CHAPERONE_REVIEW_NUMBERS_H
#define CHAPERONE_REVIEW_NUMBERS_H

#include "review.h"

#define CH_WEEKS 12

typedef struct {
    guint by_state[CH_STATE_COUNT];
} ch_week;

/* What became of posts with that rule, author or gateway. */
typedef struct {
    char *name;
    guint all, released, refused;
} ch_tally;

typedef struct {
    ch_week weeks[CH_WEEKS]; /* the oldest first */
    gint64 start_us;         /* of the first week: Monday, site zone */
    GArray *minutes;         /* of guint: from arrival to decision, sorted */
    GPtrArray *rules, *authors, *gateways; /* of ch_tally, most first */
} ch_figures;

gboolean ch_figures_make(ch_ctx *c, ch_figures *out, GError **error);
void ch_figures_clear(ch_figures *figures);
/* Minutes that so many percent of decisions took at most; 0 without any. */
guint ch_figures_percentile(const ch_figures *figures, guint percent);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_figures, ch_figures_clear)

#endif
