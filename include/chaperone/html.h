/*
 * HTML to texts: what a reader sees, and what only the source holds.
 *
 * The tree is built by an HTML5 parser (libgumbo), as a browser would, so
 * that markup cannot hide text from us that a reader sees.  Every text keeps
 * the way back to the bytes of the HTML source.
 */
#ifndef CHAPERONE_HTML_H
#define CHAPERONE_HTML_H

#include "chaperone/text.h"

/* Appends ch_text to texts, all sharing source (valid UTF-8):
 *   CH_WHERE_BODY    one text: visible text in source order; block elements
 *                    and <br> end a line, cells are parted by a space,
 *                    inline elements, <wbr> and empty tags by nothing
 *   CH_WHERE_HIDDEN  what style, attributes or comments hide, one text each
 *   CH_WHERE_ALT     alt, title, aria-label, placeholder ...
 *   CH_WHERE_LINK    link targets, percent-decoded
 * FALSE if a cap of limits.h cut something off.  Total on any bytes. */
gboolean ch_html_extract(GBytes *source, int part, GPtrArray *texts);

#endif
