/*
 * What release.c, release_rows.c and claim.c share: rows of the table
 * delivery, and the jobs that change them.
 */
#ifndef CHAPERONE_RELEASE_INT_H
#define CHAPERONE_RELEASE_INT_H

#include "chaperone/release.h"
#include "record/store_int.h"

#define CH_TOKEN_BYTES 32

/* Digest of what was approved: Subject, MIME headers, body. */
void ch_release_content(const ch_seal *seal, GBytes *raw,
                        guint8 out[CH_DIGEST_BYTES]);
/* Digest of a token in hexadecimal; FALSE: it is none. */
gboolean ch_release_token_digest(const ch_store *store, const char *token,
                                 guint8 out[CH_DIGEST_BYTES]);

/* --- release_rows.c ------------------------------------------------------ */

GPtrArray *ch_deliveries_of(ch_db *db, const char *id, GError **error);
GPtrArray *ch_deliveries_due(ch_db *db, gint64 now_us, guint limit,
                             gboolean sending, GError **error);

/* An attempt that is under way. */
typedef struct {
    gint64 row; /* 0: there is none of that token */
    char id[CH_ID_LENGTH + 1];
    guint recipient;
    gboolean used;
    guint8 content[CH_DIGEST_BYTES];
} ch_under_way;

gboolean ch_deliveries_by_token(ch_db *db, const guint8 token[CH_DIGEST_BYTES],
                                ch_under_way *out, GError **error);

/* What is approved for one recipient. */
typedef struct {
    guint recipient; /* 1-based */
    guint8 content[CH_DIGEST_BYTES];
    GBytes *edits;   /* packed, NULL: the mail as it is */
    const char *how; /* ch_retime_kind_name */
} ch_version;

typedef struct {
    const char *id;
    const ch_decision *decision;
    const GArray *versions; /* of ch_version */
    const guint8 *content;  /* of the mail as it was shown */
} ch_approval;

/* What was approved for the recipient of that row; edits_out may become
 * NULL. */
gboolean ch_deliveries_version(ch_db *db, gint64 row,
                               guint8 content_out[CH_DIGEST_BYTES],
                               GBytes **edits_out, GError **error);

typedef struct {
    const ch_release_step *step;
    const guint8 *token; /* its digest */
} ch_beginning;

typedef struct {
    const ch_release_step *step;
    ch_smtp_outcome outcome;
    const char *reply;
    gint64 next_us;
    const ch_release_news *news;
    ch_state state; /* out: of the item */
    gboolean used;  /* out */
} ch_ending;

typedef struct {
    const char *id;
    guint recipient;
    gboolean delivered;
    const ch_decision *decision;
    const ch_release_news *news;
} ch_settling;

typedef struct {
    gint64 row;
    const guint8 *token;
    gboolean won; /* out: nobody used it before */
} ch_using;

gboolean ch_job_approve(ch_db *db, const ch_seal *seal, gpointer data,
                        GError **error); /* ch_approval */
gboolean ch_job_begin(ch_db *db, const ch_seal *seal, gpointer data,
                      GError **error); /* ch_beginning */
gboolean ch_job_end(ch_db *db, const ch_seal *seal, gpointer data,
                    GError **error); /* ch_ending */
gboolean ch_job_settle(ch_db *db, const ch_seal *seal, gpointer data,
                       GError **error); /* ch_settling */
gboolean ch_job_use(ch_db *db, const ch_seal *seal, gpointer data,
                    GError **error); /* ch_using */

#endif
