/*
 * The table of configuration keys: name, type, where it goes, default, check.
 * Private to config*.c; the manual page is compared with it by a test.
 */
#ifndef CHAPERONE_CONFIG_INT_H
#define CHAPERONE_CONFIG_INT_H

#include "chaperone/config.h"
#include "chaperone/yaml.h"

typedef enum {
    TYPE_STRING,
    TYPE_STRINGS,
    TYPE_ENUM, /* int; names holds what is allowed */
    TYPE_BOOL,
    TYPE_BYTES,    /* gint64: 50MiB, 10KiB, 4096 */
    TYPE_DURATION, /* gint64 seconds: 90d, 12h, 30m, 10s, 6y */
    TYPE_COUNT,    /* guint */
    TYPE_PERIOD,   /* gint64 seconds: off (0), or 1s to 7d */
    TYPE_OVERRIDES,
    TYPE_ACCOUNTS,
    TYPE_TLS,  /* {certificate: FILE, key: FILE} or {}: two strings */
    TYPE_EMPTY /* a list that must be empty in this version */
} key_type;

typedef gboolean (*value_check)(const char *value);

typedef struct {
    const char *name; /* "practice.names" */
    key_type type;
    gsize offset;         /* into ch_config */
    const char *fallback; /* as written in YAML */
    const char *allowed;  /* for errors; for TYPE_ENUM "a|b" */
    value_check check;    /* of every string, or NULL */
} config_key;

extern const config_key ch_config_table[];
extern const guint ch_config_table_length;

/* Values as people write them. */
gboolean ch_config_parse_bytes(const char *text, gint64 *bytes_out);
gboolean ch_config_parse_duration(const char *text, gint64 *seconds_out);
/* Values that several keys may have. */
gboolean ch_config_is_address(const char *value); /* "" is one */
gboolean ch_config_is_zone(const char *value);
gboolean ch_config_is_specialty(const char *value);
/* Whether a kind of notice of that name can be switched off. */
gboolean ch_config_is_notice(const char *value);

/* --- config_accounts.c --------------------------------------------------- */

void ch_config_set_accounts(ch_config *config, const ch_yaml_node *node,
                            ch_diag *diag);
/* What accounts need of other keys, once all are read. */
void ch_config_check_accounts(const ch_config *config, const ch_yaml_node *root,
                              ch_diag *diag);
/* As YAML, as in the file. */
void ch_config_append_accounts(GString *out, const ch_config *config);
void ch_account_config_free(gpointer account);

/* --- config_show.c ------------------------------------------------------- */

void ch_config_append_quoted(GString *out, const char *text);
void ch_config_append_strings(GString *out, const char *const *list);

#endif
