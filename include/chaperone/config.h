/*
 * The configuration: chaperone.yaml against one table of keys.
 *
 * Every key has a default; an unknown key, a wrong type or a bad value is an
 * error with its place.  A loaded configuration never changes: a reload makes
 * another one.  Strings are never NULL ("" for not set), lists neither.
 */
#ifndef CHAPERONE_CONFIG_H
#define CHAPERONE_CONFIG_H

#include "chaperone/account.h"
#include "chaperone/action.h"
#include "chaperone/diag.h"
#include "chaperone/envelope.h"

/* SECRETS: posts, and in all other mail nothing but addresses of accounts. */
typedef enum { CH_SCOPE_GATEWAYS, CH_SCOPE_SECRETS, CH_SCOPE_ALL } ch_scope;
typedef enum { CH_MIXED_SPLIT, CH_MIXED_ALL } ch_mixed;
typedef enum { CH_MODE_ENFORCE, CH_MODE_MONITOR } ch_mode;
/* A post whose time is over when it is released. */
typedef enum { CH_LATE_PUBLISH, CH_LATE_RETIME, CH_LATE_REFUSE } ch_late;
typedef enum { CH_LOG_SYSLOG, CH_LOG_STDERR, CH_LOG_JOURNAL } ch_log_to;
typedef enum { CH_LOG_TEXT, CH_LOG_JSON } ch_log_format;

/* How rules are matched: with Vectorscan where it was built in, or every
 * pattern over every text.  The findings are the same. */
typedef enum {
    CH_ENGINE_AUTO,
    CH_ENGINE_VECTORSCAN,
    CH_ENGINE_PCRE2
} ch_engine;

typedef enum { CH_FACTOR_REQUIRED, CH_FACTOR_OPTIONAL } ch_second_factor;
/* Whose law is named, and whose is stricter. */
typedef enum {
    CH_JURISDICTION_US,
    CH_JURISDICTION_UK,
    CH_JURISDICTION_AU,
    CH_JURISDICTION_ES
} ch_jurisdiction;
extern const char *const ch_jurisdiction_names[]; /* in that order, NULL */

/* An exception with an end; NULL fields match everything. */
typedef struct {
    char *rule, *gateway, *author;
    ch_action action;
    gint64 until_us; /* first microsecond after the last day, site zone */
    char *reason;
} ch_override;

typedef struct {
    GStrv rules_paths, rules_disable, rules_monitor;
    char *rules_cache;
    ch_engine rules_engine;
    gboolean rules_drafts; /* no key: tools of rule authors load rules whose
                            * examples come out wrong */
    GStrv practice_names, practice_phones, practice_domains, practice_addresses,
        practice_npi, practice_ein, practice_staff;
    char *practice_timezone, *practice_contact;
    GStrv practice_specialty;
    ch_jurisdiction practice_jurisdiction;
    ch_scope scope;
    ch_mixed mixed;
    ch_mode mode;
    GStrv authors_trusted; /* client addresses, CIDR, or local:USER */
    GPtrArray *overrides;  /* of ch_override */
    guint extract_workers;
    gint64 extract_timeout, extract_memory; /* seconds, bytes; of one file */
    gboolean extract_ocr;
    gboolean extract_clean, extract_keep_original;
    gint64 extract_cache;  /* bytes */
    char *extract_program; /* "": the installed one */
    GStrv gateways_files;
    GPtrArray *accounts; /* gateways.accounts, of ch_account_config */
    char *milter_socket, *milter_socket_mode, *milter_user, *milter_group;
    gint64 milter_max_message; /* bytes */
    char *control_socket;
    gint64 quarantine_retention, reject_keep, ledger_retention; /* seconds */
    char *store_url, *store_key_file;
    char *check_address;  /* where drafts are sent, "": nowhere */
    guint check_per_hour; /* reports for one author */
    char *release_smtp;
    ch_late release_late;
    char *notices_smtp, *notices_from, *notices_compliance;
    gboolean notices_author;
    GStrv notices_off;       /* kinds that nobody is sent */
    char *notices_templates; /* directory, "": none */
    gint64 notices_digest;   /* seconds between letters about held posts to
                              * reviewers; 0: one for each post, at once */
    char *review_listen, *review_base_url;
    char *review_certificate, *review_key; /* review.tls; "": no TLS */
    char *review_user, *review_group;
    ch_second_factor review_second_factor;
    gboolean review_solo, review_two_people, review_reason;
    gint64 review_lock, review_deadline; /* seconds */
    GStrv review_proxies;                /* addresses and networks */
    char *review_proxy_login;            /* header, or "" */
    char *metrics_textfile;
    ch_log_to log_to;
    int log_level; /* syslog priority: debug info notice warning err */
    ch_log_format log_format;
    guint policy_combined; /* tags of severity S3 or above that hold a post */
    GTimeZone *zone;       /* practice_timezone */
    char *file;            /* where it came from, "" for the defaults */
    gint refs;
} ch_config;

/* All defaults.  Owned. */
ch_config *ch_config_new(void);
/* NULL after an error.  path NULL: the standard file if it exists, else the
 * defaults.  Owned. */
ch_config *ch_config_load(const char *path, ch_diag *diag);
/* The same from memory; file is the name in errors. */
ch_config *ch_config_parse(const char *file, const char *data, gsize length,
                           ch_diag *diag);
ch_config *ch_config_ref(ch_config *config); /* Thread-safe. */
void ch_config_unref(ch_config *config);

/* The configuration in force as YAML, every key, one a line.  Owned. */
char *ch_config_dup_yaml(const ch_config *config);
/* Every key as "practice.names", in order.  Borrowed. */
guint ch_config_key_count(void);
const char *ch_config_key_name(guint index);

/* Login of the author, or the local user of a trusted submitter, or NULL:
 * From and MAIL FROM are never proof (CONTRACT.md, "Author").  Owned. */
char *ch_config_dup_author(const ch_config *config, const ch_envelope *e);
/* Where that author reads mail: the login if it is an address, else login
 * at the first practice domain, else the login alone.  Owned. */
char *ch_config_dup_author_address(const ch_config *config, const char *author);

/* End of the day "2026-12-31" in that zone.  FALSE: it is none. */
gboolean ch_config_parse_day(const char *text, GTimeZone *zone,
                             gint64 *until_us_out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_config, ch_config_unref)

#endif
