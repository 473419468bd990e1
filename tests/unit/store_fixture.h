/*
 * A store in a directory of its own, and mail to put into it.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "chaperone/error.h"
#include "chaperone/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

#define NOW (G_GINT64_CONSTANT(1796000000) * G_USEC_PER_SEC)
#define DAY (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)
#define POST                                                                   \
    "From: office@practice.example\r\n"                                        \
    "Message-ID: <one@practice.example>\r\n"                                   \
    "Date: Tue, 01 Dec 2026 09:00:00 -0500\r\n"                                \
    "Subject: Braces\r\n\r\nCome and see us.\r\n"

typedef struct {
    char *directory, *url, *db, *key;
    ch_store *store;
} fixture;

static inline void
assert_no_error(const GError *error)
{
    if (error != NULL) {
        fail_msg("%s", error->message);
    }
}

/* Fails the test unless error is ours with that code; frees it. */
static inline void
assert_error_code(GError **error, ch_error_code code)
{
    assert_non_null(*error);
    if ((*error)->domain != CH_ERROR || (*error)->code != (gint)code) {
        fail_msg("code %d: %s", (*error)->code, (*error)->message);
    }
    g_clear_error(error);
}

static inline ch_store *
open_store(const fixture *f, gboolean create)
{
    g_autoptr(GError) error = NULL;
    ch_store *store = ch_store_open(f->url, f->key, create, &error);
    assert_no_error(error);
    assert_non_null(store);
    return store;
}

static inline int
fixture_setup(void **state)
{
    fixture *f = g_new0(fixture, 1);
    f->directory = g_dir_make_tmp("chaperone-XXXXXX", NULL);
    f->db = g_build_filename(f->directory, "store.db", NULL);
    f->key = g_build_filename(f->directory, "store.key", NULL);
    f->url = g_strconcat("sqlite:", f->db, NULL);
    f->store = open_store(f, TRUE);
    *state = f;
    return 0;
}

static inline int
fixture_teardown(void **state)
{
    fixture *f = *state;
    const char *name;
    ch_store_close(f->store);
    GDir *dir = g_dir_open(f->directory, 0, NULL);
    while ((name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(f->directory, name, NULL);
        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(f->directory);
    g_free(f->directory);
    g_free(f->url);
    g_free(f->db);
    g_free(f->key);
    g_free(f);
    return 0;
}

static inline ch_envelope *
make_envelope(void)
{
    ch_envelope *e = ch_envelope_new();
    ch_envelope_set_sender(e, "<office@practice.example>", NULL);
    ch_envelope_add_recipient(e, "<secret-drop@post.example>", NULL, NULL);
    e->login = g_strdup("office");
    e->time_us = NOW;
    return e;
}

static inline GBytes *
bytes_of(const char *text)
{
    return g_bytes_new(text, strlen(text));
}

/* A record of raw by envelope; key_out and id_out stay with the caller. */
static inline ch_record
make_record(const fixture *f, ch_state state, gint64 time_us,
            const ch_envelope *e, GBytes *raw, char *id_out, guint8 *key_out)
{
    ch_store_retry_key(f->store, e, e->login, raw, key_out);
    ch_id_new(time_us, id_out);
    return (ch_record){.id = id_out,
                       .state = state,
                       .time_us = time_us,
                       .author = e->login,
                       .gateways = "wordpress",
                       .rules = "privacy/ssn,tone/profanity",
                       .verdict = "quarantine",
                       .queue_id = "4Xyz",
                       .publish_at_us = time_us + DAY,
                       .deadline_us = -1,
                       .retry_key = key_out,
                       .findings_json = "[]",
                       .envelope = e,
                       .raw = raw};
}

/* Commits text as a message of its own; id_out as in ch_id_new. */
static inline void
put(const fixture *f, ch_state state, gint64 time_us, const char *text,
    char *id_out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(text);
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_record record = make_record(f, state, time_us, e, raw, id_out, key);
    gboolean ok = ch_store_commit(f->store, &record, &prior, &error);
    assert_no_error(error);
    assert_true(ok);
    assert_string_equal(prior.id, "");
}

/* One number of the database behind the store's back. */
static inline gint64
sql_number(const fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    gint64 number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static inline int
sql_run(const fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    int status = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_close(db);
    return status;
}

#endif
