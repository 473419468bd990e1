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
    TYPE_OVERRIDES,
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

#endif
