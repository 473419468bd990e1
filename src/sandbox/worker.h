/*
 * One reader process: started, asked once, ended.
 */
#ifndef CHAPERONE_SANDBOX_WORKER_H
#define CHAPERONE_SANDBOX_WORKER_H

#include "chaperone/extraction.h"

typedef struct {
    pid_t pid;
    int fd; /* our end of the socket */
} ch_worker;

typedef struct {
    char *program;
    guint timeout_s;
    gint64 memory;      /* bytes */
    gboolean ocr;       /* reads pictures, too */
    gboolean clean;     /* gives pictures back, cleaned */
    gboolean thumbnail; /* answers with a small picture, reads nothing */
} ch_worker_kind;

/* NULL + GError if the program cannot be run at all.  Owned. */
ch_worker *ch_worker_start(const ch_worker_kind *kind, GError **error);
/* Has it read content, then ends it.  status_out: as of waitpid(2).  Takes
 * worker.  Owned. */
ch_extraction *ch_worker_ask(ch_worker *worker, const ch_worker_kind *kind,
                             GBytes *content, int *status_out);
/* Has it clean a picture, then ends it: NULL, it cannot be.
 * unavailable_out: it was gone before.  Takes worker.  Owned. */
GBytes *ch_worker_clean(ch_worker *worker, const ch_worker_kind *kind,
                        GBytes *picture, gboolean *unavailable_out);
/* Ends it.  Takes worker.  The status of waitpid(2). */
int ch_worker_end(ch_worker *worker);

#endif
