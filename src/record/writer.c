/*
 * Group commit.
 *
 * Callers put a job in a line.  One of them, whoever finds nobody at it, takes
 * all that wait into one transaction, each job a step that can fail alone, so
 * that twenty messages share one fsync; a caller who is alone commits without
 * waking anybody.  Nobody is told of success before the COMMIT; if it fails,
 * all of them failed.
 *
 * After trouble the connection is dropped and opened anew for the next
 * batch, so that the store works again once the cause is gone.  What a job
 * means is not known here.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

/* Jobs of one transaction: bounds what one failure undoes. */
#define BATCH_MAX 128
/* How long a batch waits at most for those who shared the last one. */
#define PATIENCE_US 3000

struct ch_writer {
    char *path;
    const ch_seal *seal; /* borrowed */
    ch_db *db;           /* of whoever is busy; NULL: open it anew */

    GMutex lock; /* guards the rest */
    GCond come;  /* as many wait as are expected */
    GCond done;  /* a batch is finished */
    GQueue waiting;
    gboolean busy;   /* a caller is committing */
    guint last_jobs; /* jobs of the last batch */
    gint64 last_us;  /* what it took */
    guint expected;  /* so many are worth waking the committer for */
};

/* A job in the line.  It lives on the stack of the caller, who waits. */
typedef struct {
    ch_job run;
    gpointer data;
    ch_wipe wipe;
    gboolean done; /* guarded by the lock */
    gboolean ok;
    GError *error;
} waiting_job;

static void
fail_job(waiting_job *job, const GError *cause)
{
    job->ok = FALSE;
    g_clear_error(&job->error);
    job->error = g_error_copy(cause);
}

/* The transaction came to nothing: so did every job in it. */
static void
fail_batch(ch_writer *writer, GPtrArray *batch, const GError *cause)
{
    for (guint i = 0; i < batch->len; i++) {
        fail_job(g_ptr_array_index(batch, i), cause);
    }
    if (writer->db != NULL) {
        ch_db_rollback(writer->db);
        g_clear_pointer(&writer->db, ch_db_close);
    }
}

/* FALSE: the whole transaction is lost; else job says how it went. */
static gboolean
run_job(ch_writer *writer, waiting_job *job, GError **error)
{
    if (!ch_db_step_begin(writer->db, error)) {
        return FALSE;
    }
    job->ok = job->run(writer->db, writer->seal, job->data, &job->error);
    if (!job->ok && !ch_db_in_transaction(writer->db)) {
        g_propagate_error(error, g_error_copy(job->error));
        return FALSE;
    }
    return ch_db_step_end(writer->db, job->ok, error);
}

static gboolean
run_batch(ch_writer *writer, GPtrArray *batch, GError **error)
{
    if (writer->db == NULL) {
        writer->db = ch_db_open(writer->path, FALSE, error);
    }
    if (writer->db == NULL || !ch_db_begin(writer->db, error)) {
        return FALSE;
    }
    for (guint i = 0; i < batch->len; i++) {
        if (!run_job(writer, g_ptr_array_index(batch, i), error)) {
            return FALSE;
        }
    }
    return ch_db_commit(writer->db, error);
}

/* After the commit: a job that destroyed something empties the log.  What a
 * reader still holds open stays until the next purge, which must do it. */
static void
wipe_log(ch_writer *writer, GPtrArray *batch)
{
    gboolean wanted = FALSE;
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < batch->len; i++) {
        waiting_job *job = g_ptr_array_index(batch, i);
        wanted = wanted || (job->wipe != CH_WIPE_NO && job->ok);
    }
    if (!wanted || ch_db_truncate_log(writer->db, &error)) {
        return;
    }
    for (guint i = 0; i < batch->len; i++) {
        waiting_job *job = g_ptr_array_index(batch, i);
        if (job->wipe == CH_WIPE_MUST && job->ok) {
            fail_job(job, error);
        }
    }
}

/* Under load those who were just answered come back at once: the first of
 * them would go alone, and the others wait for its fsync.  So the first waits
 * a little for as many as there were last time, never longer than half of
 * what that commit took.  Lock is held. */
static void
gather(ch_writer *writer)
{
    gint64 patience = MIN(writer->last_us / 2, (gint64)PATIENCE_US);
    gint64 until = g_get_monotonic_time() + patience;
    writer->expected = writer->last_jobs;
    while (writer->waiting.length < writer->expected &&
           g_cond_wait_until(&writer->come, &writer->lock, until)) {
        /* more have come, though not all */
    }
    writer->expected = 0;
}

/* All that wait, the longest waiting first.  Owned; lock is held. */
static GPtrArray *
take_batch(ch_writer *writer)
{
    GPtrArray *batch = g_ptr_array_new();
    while (batch->len < BATCH_MAX && writer->waiting.length > 0) {
        g_ptr_array_add(batch, g_queue_pop_head(&writer->waiting));
    }
    return batch;
}

/* Commits one batch for all who wait; lock is held, and let go meanwhile. */
static void
commit_waiting(ch_writer *writer)
{
    g_autoptr(GError) error = NULL;
    writer->busy = TRUE;
    if (writer->last_jobs > 1) {
        gather(writer);
    }
    g_autoptr(GPtrArray) batch = take_batch(writer);
    gint64 start = g_get_monotonic_time();
    g_mutex_unlock(&writer->lock);
    if (run_batch(writer, batch, &error)) {
        wipe_log(writer, batch);
    } else {
        fail_batch(writer, batch, error);
    }
    g_mutex_lock(&writer->lock);
    writer->last_jobs = batch->len;
    writer->last_us = g_get_monotonic_time() - start;
    for (guint i = 0; i < batch->len; i++) {
        waiting_job *job = g_ptr_array_index(batch, i);
        job->done = TRUE;
    }
    writer->busy = FALSE;
    g_cond_broadcast(&writer->done);
}

gboolean
ch_writer_run(ch_writer *writer, ch_job run, gpointer data, ch_wipe wipe,
              GError **error)
{
    waiting_job job = {.run = run, .data = data, .wipe = wipe};
    g_mutex_lock(&writer->lock);
    g_queue_push_tail(&writer->waiting, &job);
    if (writer->busy && writer->waiting.length == writer->expected) {
        g_cond_signal(&writer->come);
    }
    while (!job.done) {
        if (writer->busy) {
            g_cond_wait(&writer->done, &writer->lock);
        } else {
            commit_waiting(writer);
        }
    }
    g_mutex_unlock(&writer->lock);
    if (!job.ok) {
        g_propagate_error(error, job.error);
    }
    return job.ok;
}

ch_writer *
ch_writer_new(const char *path, const ch_seal *seal, ch_db *db)
{
    ch_writer *writer = g_new0(ch_writer, 1);
    writer->path = g_strdup(path);
    writer->seal = seal;
    writer->db = db;
    g_mutex_init(&writer->lock);
    g_cond_init(&writer->come);
    g_cond_init(&writer->done);
    g_queue_init(&writer->waiting);
    return writer;
}

void
ch_writer_free(ch_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    ch_db_close(writer->db);
    g_cond_clear(&writer->done);
    g_cond_clear(&writer->come);
    g_mutex_clear(&writer->lock);
    g_free(writer->path);
    g_free(writer);
}
