/*
 * A request as bytes to something that handlers may trust: pure, no sockets.
 *
 * Total: whatever came in, there is a request; what is wrong with it is its
 * status.  Names and values are valid UTF-8 without NUL; paths have no empty,
 * "." or ".." segments and no control characters.
 */
#ifndef CHAPERONE_REVIEW_REQUEST_H
#define CHAPERONE_REVIEW_REQUEST_H

#include <glib.h>

typedef struct {
    char *name, *value;
} ch_field;

typedef struct {
    int status;         /* 0: fine; else 400, 413, 414 */
    char *method;       /* as sent */
    char *path;         /* decoded */
    GPtrArray *query;   /* of ch_field */
    GPtrArray *form;    /* of ch_field */
    GPtrArray *cookies; /* of ch_field */
    GByteArray *body;
} ch_request;

/* target: what stands between method and version.  Owned. */
ch_request *ch_request_new(const char *method, const char *target);
void ch_request_free(ch_request *r);

/* A piece of the body; beyond CH_MAX_HTTP_BODY the status is 413 and nothing
 * more is kept. */
void ch_request_add_body(ch_request *r, const char *data, gsize length);
/* The body is there: application/x-www-form-urlencoded is read into form. */
void ch_request_end_body(ch_request *r, const char *content_type);
/* A Cookie header. */
void ch_request_add_cookies(ch_request *r, const char *header);

/* First value of that name, or NULL.  Borrowed. */
const char *ch_field_get(const GPtrArray *fields, const char *name);

/* Whether pattern ("/item/ *" without the blank) is the path; a star stands
 * for one segment, which goes to arg_out (owned, or NULL). */
gboolean ch_path_matches(const char *pattern, const char *path, char **arg_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_request, ch_request_free)

#endif
