/*
 * The log: typed events with allow-listed fields, no free text.
 *
 * A field value is a name, an ID, a number or an errno text; strings are cut
 * to 200 bytes and every byte outside [A-Za-z0-9._:;,@/+=<>-] becomes '?'.
 * What comes from the content of a mail is never a field.  Thread-safe.
 */
#ifndef CHAPERONE_LOG_H
#define CHAPERONE_LOG_H

#include "chaperone/config.h"

typedef enum {
    CH_LOG_END = 0,    /* ends the list of fields */
    CH_LOG_ID,         /* char *: item ID */
    CH_LOG_QUEUE_ID,   /* char *: the MTA's */
    CH_LOG_AUTHOR,     /* char *: login */
    CH_LOG_RULES,      /* char *: rule ids */
    CH_LOG_GATEWAYS,   /* char *: gateway names */
    CH_LOG_VERDICT,    /* char * */
    CH_LOG_STATE,      /* char * */
    CH_LOG_KIND,       /* char *: of notice */
    CH_LOG_REASON,     /* char *: short fixed code, "store", "memory" */
    CH_LOG_SOCKET,     /* char *: path or inet:... of ours */
    CH_LOG_FILE,       /* char *: configuration or rule file */
    CH_LOG_VERSION,    /* char * */
    CH_LOG_CLEANED,    /* char *: numbers of parts */
    CH_LOG_HEAD,       /* char *: of the ledger (audit.h) */
    CH_LOG_COUNT,      /* guint64 */
    CH_LOG_ELAPSED_US, /* gint64 */
    CH_LOG_CODE,       /* int: SMTP or errno */
    CH_LOG_ERROR,      /* GError *: domain and code; message only for errors
                          of CH_ERROR, which hold no mail text */
    CH_LOG_FIELD_COUNT
} ch_log_field;

/* Opens the sink that config names; program is the syslog identity.  May be
 * called again after a reload. */
void ch_log_open(const char *program, const ch_config *config);

/* level: LOG_ERR ... LOG_DEBUG of syslog.h; event: a fixed word. */
void ch_log(int level, const char *event, ...);

#endif
