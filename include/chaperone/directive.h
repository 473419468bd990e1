/*
 * Directives: when a gateway would publish a post.
 *
 * What cannot be known is said so, never invented: a queue of the service or
 * a directive that cannot be understood gives -1.
 */
#ifndef CHAPERONE_DIRECTIVE_H
#define CHAPERONE_DIRECTIVE_H

#include "chaperone/gateways.h"

/* Microseconds since 1970 UTC, or -1.  plain and html_text are the readable
 * texts of the two kinds of body, each may be NULL; date_us -1: no Date.
 * zone is the site's.  Pure. */
gint64 ch_directive_publish_at(const ch_gateway *gateway, const char *subject,
                               const char *plain, const char *html_text,
                               gint64 arrival_us, gint64 date_us,
                               GTimeZone *zone);

#endif
