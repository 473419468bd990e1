/*
 * When a post will be public: directives in the text, read as the gateway
 * reads them.
 *
 * WordPress.com: [delay +1 hour], [delay 2026-12-01 09:00], [delay tomorrow
 * 9am] anywhere in the body.  Postie: lines "date:" and "delay:".  Narrow on
 * purpose: what is not understood is never guessed.
 */
#ifndef CHAPERONE_DIRECTIVE_H
#define CHAPERONE_DIRECTIVE_H

#include "chaperone/gateways.h"

/* Publish time in microseconds since 1970 UTC; -1: cannot be known (queue,
 * automation, or a directive that is not understood).  plain and html_text
 * are the text bodies, either may be NULL; the plain one is asked first.
 * arrival_us is when the mail came in, date_us its Date header or -1.  zone
 * is the site's: dates without a zone and days are counted in it.  A result
 * before arrival_us means at once.  Pure. */
gint64 ch_directive_publish_at(const ch_gateway *gateway, const char *subject,
                               const char *plain, const char *html_text,
                               gint64 arrival_us, gint64 date_us,
                               GTimeZone *zone);

#endif
