/*
 * What the files of the directive reader share: one view of a post and what
 * was found in it.
 *
 *   directive.c            both views to a posting, time of publication
 *   directive_view.c       a view: lines, lists, pieces
 *   directive_cut.c        where a gateway stops to publish
 *   directive_wordpress.c  [codes in brackets]
 *   directive_lines.c      lines "name: value", "@word", "#tags"
 *   directive_subject.c    subjects
 */
#ifndef CHAPERONE_DIRECTIVE_INT_H
#define CHAPERONE_DIRECTIVE_INT_H

#include "chaperone/directive.h"

typedef struct {
    ch_span span;     /* into plain */
    const char *rule; /* of a cut; NULL: a directive */
} ch_mark;

typedef struct {
    const ch_text *text;
    const char *plain; /* borrowed from text */
    gsize length;
    gboolean html;
    ch_span body;   /* what lies outside is cut off */
    GArray *marks;  /* of ch_mark: not published */
    GArray *timers; /* of ch_mark: "delay", "date" */
    GString *said;  /* all directives in one spelling, to compare views */
    char *title, *status, *delay, *date;
    gboolean has_password, is_now, is_disputed;
    ch_visibility visibility; /* CH_SEEN_PUBLIC: not said */
    GPtrArray *tags, *categories;
    GPtrArray *networks; /* NULL: not said */
    guint hints;
} ch_codes;

/* --- a view --- */
ch_codes *ch_codes_new(const ch_text *text, gboolean html);
void ch_codes_free(ch_codes *r);
/* Line at *at without its end, blanks around it left aside; moves *at on.
 * FALSE at the end of the body. */
gboolean ch_codes_line(const ch_codes *r, gsize *at, ch_span *line_out);
/* White space at the ends left aside. */
ch_span ch_codes_trim(const ch_codes *r, ch_span span);
gboolean ch_codes_is(const ch_codes *r, ch_span span, const char *word);
/* Bytes as text, runs of white space as one blank.  Owned. */
char *ch_codes_dup(const ch_codes *r, ch_span span);
void ch_codes_mark(ch_codes *r, ch_span span, const char *rule);
/* A directive was read: it is not published; views are compared by it. */
void ch_codes_say(ch_codes *r, ch_span span, const char *name,
                  const char *value);
/* The first one counts; another value is a hint.  Takes value. */
void ch_codes_set(ch_codes *r, char **field, char *value);
void ch_codes_set_status(ch_codes *r, const char *status);
/* "a, b,c": appends what is not there yet. */
void ch_directive_add_list(GPtrArray *list, const char *text,
                           const char *separators);
/* "a "b c" d": blanks part words, quotes keep them together. */
void ch_directive_add_quoted_list(GPtrArray *list, const char *text);

/* --- what there is to read --- */
void ch_directive_cut(ch_codes *r, const ch_gateway *g, gboolean is_reply);
void ch_directive_read_wordpress(ch_codes *r);
void ch_directive_read_postie(ch_codes *r);
void ch_directive_read_buffer(ch_codes *r);
void ch_directive_read_flickr(ch_codes *r);
void ch_directive_read_tumblr(ch_codes *r);
void ch_directive_read_headers(ch_codes *r, const char *prefix);
/* Title, tags, categories in the subject. */
void ch_directive_read_subject(ch_posting *p, const ch_gateway *g,
                               const char *subject);

#endif
