/*
 * How fast the store takes held mail on this disk, next to the disk itself.
 *
 *   bench_store DIRECTORY
 *
 * Three cases of 4 KB a message take turns: write and fdatasync to a growing
 * file; one caller of ch_store_commit, who waits for each commit; 32 callers
 * at once, who share them.  Prints one JSON object: medians a second, and the
 * medians of the ratios within a round.
 */
#include "chaperone/store.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sysexits.h>
#include <unistd.h>

#define ROUNDS   5
#define SECONDS  1.0
#define MESSAGE  4096
#define WRITERS  32
#define DEADLINE ((gint64)(SECONDS * G_USEC_PER_SEC))

enum { FDATASYNC, SINGLE, GROUP, CASES };

typedef struct {
    ch_store *store;
    ch_envelope *envelope;
    GBytes *raw;
    gint64 until_us;
    gint64 base; /* no digest twice */
    gint done;   /* atomic: messages committed */
    gint failed; /* atomic */
} bench;

/* --- cases --------------------------------------------------------------- */

/* Digests stand for different messages: none is a retry of another. */
static gboolean
commit_one(bench *b, guint writer, guint number)
{
    gint64 now = g_get_real_time();
    char id[CH_ID_LENGTH + 1];
    guint8 key[CH_DIGEST_BYTES] = {0};
    const guint64 mark[3] = {(guint64)b->base, writer, number};
    memcpy(key, mark, sizeof mark);
    ch_id_new(now, id);
    ch_prior prior = {.id = ""};
    const ch_record record = {.id = id,
                              .state = CH_STATE_HELD,
                              .time_us = now,
                              .author = "anna@practice.example",
                              .gateways = "wordpress",
                              .rules = "privacy/named-patient",
                              .verdict = "quarantine",
                              .queue_id = "4L0000001",
                              .publish_at_us = -1,
                              .deadline_us = -1,
                              .retry_key = key,
                              .findings_json = "[]",
                              .envelope = b->envelope,
                              .raw = b->raw};
    return ch_store_commit(b->store, &record, &prior, NULL) &&
           prior.id[0] == '\0';
}

typedef struct {
    bench *b;
    guint number;
} writer;

static gpointer
write_on(gpointer data)
{
    const writer *w = data;
    for (guint n = 0; g_get_monotonic_time() < w->b->until_us; n++) {
        g_atomic_int_inc(commit_one(w->b, w->number, n) ? &w->b->done
                                                        : &w->b->failed);
    }
    return NULL;
}

/* Messages a second by so many callers at once. */
static double
commit_by(bench *b, guint writers)
{
    writer all[WRITERS];
    GThread *threads[WRITERS];
    gint64 start = g_get_monotonic_time();
    b->base = start;
    b->done = 0;
    b->until_us = start + DEADLINE;
    for (guint i = 0; i < writers; i++) {
        all[i] = (writer){b, i};
        threads[i] = g_thread_new("writer", write_on, &all[i]);
    }
    for (guint i = 0; i < writers; i++) {
        g_thread_join(threads[i]);
    }
    return b->done * 1e6 / (double)(g_get_monotonic_time() - start);
}

/* What the disk can do: the same bytes appended, one fdatasync each. */
static double
sync_alone(const bench *b, const char *directory)
{
    g_autofree char *path = g_build_filename(directory, "floor", NULL);
    const void *data = g_bytes_get_data(b->raw, NULL);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    gint64 start = g_get_monotonic_time();
    guint n = 0;
    while (g_get_monotonic_time() < start + DEADLINE) {
        if (write(fd, data, MESSAGE) != MESSAGE || fdatasync(fd) != 0) {
            g_printerr("bench_store: %s: %s\n", path, g_strerror(errno));
            exit(EX_IOERR);
        }
        n++;
    }
    double rate = n * 1e6 / (double)(g_get_monotonic_time() - start);
    close(fd);
    g_unlink(path);
    return rate;
}

/* --- figures ------------------------------------------------------------- */

static int
compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double
median(const double values[ROUNDS])
{
    double sorted[ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, ROUNDS, sizeof *sorted, compare_doubles);
    return sorted[ROUNDS / 2];
}

static double
median_ratio(const double a[ROUNDS], const double b[ROUNDS])
{
    double ratios[ROUNDS];
    for (guint i = 0; i < ROUNDS; i++) {
        ratios[i] = a[i] / b[i];
    }
    return median(ratios);
}

static gboolean
open_store(bench *b, const char *directory)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *url =
        g_strdup_printf("sqlite:%s/bench_store.db", directory);
    g_autofree char *key = g_build_filename(directory, "bench_key", NULL);
    g_autofree char *text = g_strnfill(MESSAGE, 'x');
    b->store = ch_store_open(url, key, TRUE, &error);
    if (b->store == NULL) {
        g_printerr("bench_store: %s\n", error->message);
        return FALSE;
    }
    b->raw = g_bytes_new(text, MESSAGE);
    b->envelope = ch_envelope_new();
    ch_envelope_set_sender(b->envelope, "<anna@practice.example>", NULL);
    ch_envelope_add_recipient(b->envelope, "<post@gateway.example>", NULL,
                              NULL);
    return TRUE;
}

int
main(int argc, char **argv)
{
    double rate[CASES][ROUNDS];
    bench b = {.store = NULL};
    if (argc != 2 || !open_store(&b, argv[1])) {
        g_printerr("usage: bench_store DIRECTORY\n");
        return EX_USAGE;
    }
    for (guint i = 0; i < ROUNDS; i++) {
        rate[FDATASYNC][i] = sync_alone(&b, argv[1]);
        rate[SINGLE][i] = commit_by(&b, 1);
        rate[GROUP][i] = commit_by(&b, WRITERS);
    }
    g_print("{\"fdatasync\":%.0f,\"single\":%.0f,\"group\":%.0f,"
            "\"single_to_fdatasync\":%.3f,\"group_to_single\":%.3f,"
            "\"failed\":%d}\n",
            median(rate[FDATASYNC]), median(rate[SINGLE]), median(rate[GROUP]),
            median_ratio(rate[SINGLE], rate[FDATASYNC]),
            median_ratio(rate[GROUP], rate[SINGLE]), b.failed);
    ch_store_close(b.store);
    ch_envelope_free(b.envelope);
    g_bytes_unref(b.raw);
    return b.failed == 0 ? EX_OK : EX_SOFTWARE;
}
