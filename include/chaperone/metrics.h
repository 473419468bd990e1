/*
 * Counters of the daemon and their text for Prometheus (CONTRACT.md,
 * "Metrics").  Labels are verdicts, rule ids and fixed reasons; never text
 * from a mail.  Thread-safe.
 */
#ifndef CHAPERONE_METRICS_H
#define CHAPERONE_METRICS_H

#include "chaperone/store.h"

typedef struct ch_metrics ch_metrics;

ch_metrics *ch_metrics_new(void); /* Owned. */
void ch_metrics_free(ch_metrics *metrics);

/* A judged message: what became of it ("accept", "tag", "quarantine",
 * "reject") and how long the judging took. */
void ch_metrics_message(ch_metrics *metrics, const char *verdict,
                        gint64 elapsed_us);
/* Mail that was let go unjudged. */
void ch_metrics_out_of_scope(ch_metrics *metrics);
void ch_metrics_finding(ch_metrics *metrics, const char *rule);
/* Trouble of ours; reason is a fixed word: "store", "inspect" ... */
void ch_metrics_failure(ch_metrics *metrics, const char *reason);

/* What is measured at the moment of writing. */
typedef struct {
    ch_store_numbers store; /* times in microseconds, -1: none */
    gboolean has_store;     /* FALSE: the store could not be asked */
    gint64 now_us;
    guint rules;
} ch_metrics_gauges;

/* The text exposition format, version 0.0.4.  Owned. */
char *ch_metrics_dup_text(ch_metrics *metrics, const ch_metrics_gauges *gauges);
/* Writes it to file, aside and renamed, mode 0644. */
gboolean ch_metrics_write(ch_metrics *metrics, const ch_metrics_gauges *gauges,
                          const char *file, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_metrics, ch_metrics_free)

#endif
