/*
 * Writing HTML that cannot be broken by what is written.
 *
 * There is no way to put a string into a page as it is: names of elements and
 * attributes are literals of ours (the macros insist), values and texts are
 * escaped, and addresses must lead into this site.  Invalid UTF-8 becomes
 * U+FFFD; control characters, and those that turn the direction of text, are
 * shown by their number, so that nothing looks like something else.
 */
#ifndef CHAPERONE_REVIEW_HTML_H
#define CHAPERONE_REVIEW_HTML_H

#include <glib.h>

typedef struct ch_html ch_html;

/* A document with its doctype.  Owned. */
ch_html *ch_html_new(void);
void ch_html_free(ch_html *h);
/* Ends it; every element must be closed.  Owned bytes. */
GString *ch_html_finish(ch_html *h);

/* <tag name="value" ...>: pairs of a literal name and a value; a NULL value
 * leaves the attribute out.  href, action and src only take paths ("/...",
 * "#...", "?..."). */
#define ch_html_open(h, tag, ...)                                              \
    ch_html_tag((h), "" tag "", FALSE, (const char *const[]){__VA_ARGS__ NULL})
/* An element without content: <br>, <input>, <meta>. */
#define ch_html_void(h, tag, ...)                                              \
    ch_html_tag((h), "" tag "", TRUE, (const char *const[]){__VA_ARGS__ NULL})
/* One pair for the macros above, each with its comma. */
#define A(name, value) "" name "", (value),

void ch_html_tag(ch_html *h, const char *tag, gboolean empty,
                 const char *const *attributes);
/* Closes the innermost element. */
void ch_html_close(ch_html *h);

void ch_html_text(ch_html *h, const char *text); /* NULL: nothing */
void ch_html_text_n(ch_html *h, const char *text, gsize length);
void ch_html_textf(ch_html *h, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* <tag class="...">text</tag>; class may be NULL. */
#define ch_html_element(h, tag, class, text)                                   \
    do {                                                                       \
        ch_html_open((h), tag, A("class", (class)));                           \
        ch_html_text((h), (text));                                             \
        ch_html_close(h);                                                      \
    } while (0)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_html, ch_html_free)

#endif
