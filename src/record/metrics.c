/*
 * Counters under one lock, and their text.
 *
 * Rare events need no cleverness: a message costs a few nanoseconds here and
 * a millisecond elsewhere.  The histogram's bounds frame what was measured
 * (a short post takes a quarter of a millisecond, the largest seconds).
 */
#include "chaperone/metrics.h"

#include "chaperone/error.h"
#include "chaperone/verdict.h"
#include "chaperone/version.h"

#include <errno.h>
#include <glib/gstdio.h>

static const double bounds_s[] = {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05,
                                  0.1,    0.2,   0.5,   1,     2,    5};
#define N_BOUNDS G_N_ELEMENTS(bounds_s)

struct ch_metrics {
    GMutex lock;
    GHashTable *verdicts, *rules, *reasons; /* char * to guint64 * */
    guint64 out_of_scope;
    guint64 buckets[N_BOUNDS + 1]; /* not cumulative; last: above all */
    guint64 n_checks;
    gint64 sum_us;
};

static guint64 *
counter(GHashTable *table, const char *label)
{
    guint64 *value = g_hash_table_lookup(table, label);
    if (value == NULL) {
        value = g_new0(guint64, 1);
        g_hash_table_insert(table, g_strdup(label), value);
    }
    return value;
}

static GHashTable *
new_table(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

ch_metrics *
ch_metrics_new(void)
{
    ch_metrics *m = g_new0(ch_metrics, 1);
    g_mutex_init(&m->lock);
    m->verdicts = new_table();
    m->rules = new_table();
    m->reasons = new_table();
    /* Rates need the zero before the first event. */
    for (ch_action a = CH_ACCEPT; a <= CH_REJECT; a++) {
        counter(m->verdicts, ch_action_name(a));
    }
    return m;
}

void
ch_metrics_free(ch_metrics *m)
{
    if (m == NULL) {
        return;
    }
    g_hash_table_unref(m->verdicts);
    g_hash_table_unref(m->rules);
    g_hash_table_unref(m->reasons);
    g_mutex_clear(&m->lock);
    g_free(m);
}

void
ch_metrics_message(ch_metrics *m, const char *verdict, gint64 elapsed_us)
{
    guint bucket = 0;
    while (bucket < N_BOUNDS &&
           (double)elapsed_us > bounds_s[bucket] * G_USEC_PER_SEC) {
        bucket++;
    }
    g_mutex_lock(&m->lock);
    ++*counter(m->verdicts, verdict);
    m->buckets[bucket]++;
    m->n_checks++;
    m->sum_us += elapsed_us;
    g_mutex_unlock(&m->lock);
}

void
ch_metrics_out_of_scope(ch_metrics *m)
{
    g_mutex_lock(&m->lock);
    m->out_of_scope++;
    g_mutex_unlock(&m->lock);
}

void
ch_metrics_finding(ch_metrics *m, const char *rule)
{
    g_mutex_lock(&m->lock);
    ++*counter(m->rules, rule);
    g_mutex_unlock(&m->lock);
}

void
ch_metrics_failure(ch_metrics *m, const char *reason)
{
    g_mutex_lock(&m->lock);
    ++*counter(m->reasons, reason);
    g_mutex_unlock(&m->lock);
}

/* --- text ------------------------------------------------------------- */

static void
head(GString *out, const char *name, const char *type, const char *help)
{
    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help,
                           name, type);
}

/* Backslash, quote and line end are escaped by the format's rules. */
static void
append_label(GString *out, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\n') {
            g_string_append(out, "\\n");
        } else {
            if (*c == '\\' || *c == '"') {
                g_string_append_c(out, '\\');
            }
            g_string_append_c(out, *c);
        }
    }
}

static void
append_table(GString *out, GHashTable *table, const char *name,
             const char *label, const char *help)
{
    head(out, name, "counter", help);
    g_autoptr(GList) keys = g_list_sort(g_hash_table_get_keys(table),
                                        (GCompareFunc)(void (*)(void))strcmp);
    for (const GList *k = keys; k != NULL; k = k->next) {
        const guint64 *value = g_hash_table_lookup(table, k->data);
        g_string_append_printf(out, "%s{%s=\"", name, label);
        append_label(out, k->data);
        g_string_append_printf(out, "\"} %" G_GUINT64_FORMAT "\n", *value);
    }
}

/* A decimal point in every locale. */
static void
append_double(GString *out, double value)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    g_string_append(out, g_ascii_formatd(text, sizeof text, "%g", value));
}

static void
append_histogram(GString *out, const ch_metrics *m)
{
    const char *name = "chaperone_check_seconds";
    guint64 below = 0;
    head(out, name, "histogram", "Time from end of message to verdict.");
    for (guint i = 0; i < N_BOUNDS; i++) {
        below += m->buckets[i];
        g_string_append_printf(out, "%s_bucket{le=\"", name);
        append_double(out, bounds_s[i]);
        g_string_append_printf(out, "\"} %" G_GUINT64_FORMAT "\n", below);
    }
    g_string_append_printf(
        out, "%s_bucket{le=\"+Inf\"} %" G_GUINT64_FORMAT "\n%s_sum ", name,
        m->n_checks, name);
    append_double(out, (double)m->sum_us / G_USEC_PER_SEC);
    g_string_append_printf(out, "\n%s_count %" G_GUINT64_FORMAT "\n", name,
                           m->n_checks);
}

static void
append_gauge(GString *out, const char *name, const char *help, guint64 value)
{
    head(out, name, "gauge", help);
    g_string_append_printf(out, "%s %" G_GUINT64_FORMAT "\n", name, value);
}

static void
append_gauges(GString *out, const ch_metrics_gauges *g)
{
    append_gauge(out, "chaperone_rules_loaded", "Rules in force.", g->rules);
    head(out, "chaperone_build_info", "gauge", "Version of this program.");
    g_string_append(out,
                    "chaperone_build_info{version=\"" CH_VERSION "\"} 1\n");
    if (!g->has_store) {
        return;
    }
    const ch_store_numbers *s = &g->store;
    guint64 oldest =
        s->oldest_held_us < 0 || g->now_us < s->oldest_held_us
            ? 0
            : (guint64)(g->now_us - s->oldest_held_us) / G_USEC_PER_SEC;
    guint64 last_notice =
        s->last_notice_us < 0 ? 0 : (guint64)s->last_notice_us / G_USEC_PER_SEC;
    append_gauge(out, "chaperone_quarantine_held",
                 "Messages that wait for a reviewer.", s->held);
    append_gauge(out, "chaperone_quarantine_oldest_seconds",
                 "Age of the oldest of them.", oldest);
    append_gauge(out, "chaperone_outbox_waiting",
                 "Notices that wait to be sent.", s->outbox);
    append_gauge(out, "chaperone_notice_last_success_seconds",
                 "When a notice was last sent, in seconds since 1970; 0: "
                 "never.",
                 last_notice);
}

char *
ch_metrics_dup_text(ch_metrics *m, const ch_metrics_gauges *gauges)
{
    GString *out = g_string_new(NULL);
    g_mutex_lock(&m->lock);
    append_table(out, m->verdicts, "chaperone_messages_total", "verdict",
                 "Judged messages by what became of them.");
    head(out, "chaperone_out_of_scope_total", "counter",
         "Messages that were let go unjudged.");
    g_string_append_printf(
        out, "chaperone_out_of_scope_total %" G_GUINT64_FORMAT "\n",
        m->out_of_scope);
    append_table(out, m->rules, "chaperone_findings_total", "rule",
                 "Messages in which a rule found something.");
    append_table(out, m->reasons, "chaperone_failures_total", "reason",
                 "Troubles of Chaperone's own.");
    append_histogram(out, m);
    g_mutex_unlock(&m->lock);
    append_gauges(out, gauges);
    return g_string_free(out, FALSE);
}

gboolean
ch_metrics_write(ch_metrics *m, const ch_metrics_gauges *gauges,
                 const char *file, GError **error)
{
    g_autofree char *text = ch_metrics_dup_text(m, gauges);
    g_autofree char *aside = g_strconcat(file, ".new", NULL);
    g_autoptr(GError) cause = NULL;
    /* No fsync: after a power cut the counters start anew anyway. */
    if (!g_file_set_contents_full(aside, text, -1, G_FILE_SET_CONTENTS_NONE,
                                  0644, &cause)) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "cannot write %s", aside);
        return FALSE;
    }
    if (g_rename(aside, file) != 0) {
        g_set_error(error, CH_ERROR, CH_ERROR_IO, "cannot replace %s: %s", file,
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}
