/*
 * Mail as an MTA hands it to a milter: envelope, header fields, wire body.
 */
#ifndef BENCH_LOAD_MAIL_H
#define BENCH_LOAD_MAIL_H

#include <glib.h>

typedef struct {
    char *name, *value; /* value as after the colon, folds as LF, no CR */
} load_header;

typedef struct {
    char *file;     /* without its directory */
    char *expected; /* verdict: the file's name up to the first '-' */
    char *sender;
    GPtrArray *recipients; /* of char *, from the To field */
    GPtrArray *headers;    /* of load_header */
    GString *body;         /* lines end in CRLF */
    gsize bytes;           /* of the file */
} load_mail;

/* Reads the .eml files of a directory in name order (of load_mail). Owned. */
GPtrArray *load_mail_read_directory(const char *path, GError **error);

#endif
