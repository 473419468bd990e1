/*
 * The ledger, read by those who audit it.
 *
 * Every row holds a keyed hash over itself and over the row before.  Whoever
 * has the ledger's key (beside store.key_file, for the milter's user alone)
 * can tell whether a row was changed, removed, put in or moved.  What no
 * chain shows by itself, a tail that was cut, a whole chain made anew by
 * somebody with the key, or yesterday's database in place of today's, shows
 * against a head: number and hash of the last row, which the milter gives to
 * syslog and to the notices for compliance, out of reach of the database.
 *
 * Any thread.  Errors as store.h has them; CH_ERROR_CONFIG: no key.
 */
#ifndef CHAPERONE_AUDIT_H
#define CHAPERONE_AUDIT_H

#include <glib.h>

#ifndef CH_DIGEST_BYTES
#define CH_DIGEST_BYTES 32
#endif

/* The ledger's key lies beside the store's, under its name with this. */
#define CH_LEDGER_KEY_SUFFIX ".ledger"

struct ch_store;

typedef struct {
    gint64 seq; /* 0: no row yet */
    guint8 hash[CH_DIGEST_BYTES];
} ch_audit_head;

/* "120:9f3a...", 64 hexadecimal digits.  Owned. */
char *ch_audit_head_dup(const ch_audit_head *head);
gboolean ch_audit_head_parse(const char *text, ch_audit_head *head_out);
gboolean ch_store_audit_head(struct ch_store *store, ch_audit_head *head_out,
                             GError **error);

/* Whether the row of that head is there, unchanged; TRUE for rows that were
 * forgotten in order.  Needs no key. */
gboolean ch_store_holds_head(struct ch_store *store, const ch_audit_head *head,
                             gboolean *holds_out, GError **error);

/* Rows seq from to to (as a person counts them, both included). */
typedef enum {
    CH_AUDIT_CHANGED,   /* not what was written there */
    CH_AUDIT_MISSING,   /* taken out */
    CH_AUDIT_ANCHOR,    /* the place where older rows ended is forged */
    CH_AUDIT_TAIL,      /* rows up to the known head are missing at the end */
    CH_AUDIT_REWRITTEN, /* the row of the known head is another */
    CH_AUDIT_OUT_OF_REACH, /* the known head is older than the oldest row */
} ch_audit_fault_kind;

typedef struct {
    ch_audit_fault_kind kind;
    gint64 from, to;
} ch_audit_fault;

typedef struct {
    gint64 rows;    /* that were proved */
    gint64 before;  /* rows in front of the chain, which no key proves */
    gint64 waiting; /* rows that are not chained yet */
    ch_audit_head end;
    GArray *faults; /* of ch_audit_fault, in order; empty: all is well */
} ch_audit;

void ch_audit_free(ch_audit *audit);
/* known: a head from elsewhere, or NULL.  Owned. */
ch_audit *ch_store_audit(struct ch_store *store, const ch_audit_head *known,
                         GError **error);

typedef struct {
    gint64 seq; /* 0: waits to be chained */
    gint64 time_us;
    char *id, *event;
    char *author, *gateways, *rules, *verdict, *actor, *note; /* or NULL */
    gint64 uid;                                               /* -1: none */
} ch_audit_row;

void ch_audit_row_free(ch_audit_row *row);
/* Rows of from_us to before to_us, in order; those that wait last.  Owned
 * array of ch_audit_row. */
GPtrArray *ch_store_audit_rows(struct ch_store *store, gint64 from_us,
                               gint64 to_us, GError **error);

/* Where the ledger's key is lost: makes a new one if there is none, and
 * chains from here on.  Older rows stay, but no key proves them. */
gboolean ch_store_begin_chain(const char *url, const char *key_file,
                              const char *actor, gint64 uid, const char *note,
                              GError **error);

/* Chains what waits, if there is any and this user has the key. */
gboolean ch_store_chain_waiting(struct ch_store *store, GError **error);

/* A row that is about no item: a sign-in, a configuration.  event and note
 * hold no content of mail; actor and note may be NULL. */
gboolean ch_store_note_event(struct ch_store *store, const char *event,
                             const char *actor, gint64 uid, const char *note,
                             gint64 time_us, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_audit, ch_audit_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_audit_row, ch_audit_row_free)

#endif
