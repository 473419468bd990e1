/*
 * A text: what a reader of one place of a post sees, and the way back.
 *
 *   source   what the sender wrote, decoded to UTF-8: offsets of findings
 *            point into it.  Several texts may share one source (an HTML
 *            part has body, hidden, alt and link texts).
 *   plain    what a reader sees of it: for HTML without markup and with
 *            references resolved, else the source itself.
 *   folded   plain, normalised for matching (ch_text_fold): compatibility
 *            forms resolved (NFKC), format characters and accents removed
 *            (but n with tilde, a Spanish letter), look-alike letters and
 *            typographic signs folded, lower case, runs of white space as
 *            one space.
 *
 * A text is built once, then only read; it belongs to one message.
 */
#ifndef CHAPERONE_TEXT_H
#define CHAPERONE_TEXT_H

#include "chaperone/map.h"

/* Where a text stands (CONTRACT.md, "where"). */
typedef enum {
    CH_WHERE_SUBJECT,
    CH_WHERE_HEADER,
    CH_WHERE_BODY,
    CH_WHERE_HIDDEN,
    CH_WHERE_ALT,
    CH_WHERE_LINK,
    CH_WHERE_ATTACHMENT,
    CH_WHERE_FILENAME,
    CH_WHERE_METADATA,
    CH_WHERE_DIRECTIVE,
    CH_WHERE_STRUCTURE,
    CH_WHERE_HISTORY,
    CH_WHERE_COUNT
} ch_where;

const char *ch_where_name(ch_where where); /* Borrowed. */
/* FALSE if name is no place. */
gboolean ch_where_parse(const char *name, ch_where *where_out);

typedef struct ch_text ch_text;

/* Builder: append pieces of plain text in source order, then use it.
 * part is an index into the message's parts, -1 for none.  Takes a reference
 * on source (valid UTF-8).  Owned. */
ch_text *ch_text_new(ch_where where, int part, GBytes *source);
/* plain grows by the source bytes of span as they are. */
void ch_text_add_copy(ch_text *text, ch_span span);
/* plain grows by utf8 (len bytes > 0), which stands for the source span. */
void ch_text_add_change(ch_text *text, ch_span span, const char *utf8,
                        gsize len);
/* A text whose plain is its whole source. */
ch_text *ch_text_new_whole(ch_where where, int part, GBytes *source);
/* A line is drawn (<hr>) where plain ends now; the first one counts. */
void ch_text_mark_rule(ch_text *text);
void ch_text_free(ch_text *text);

/* Where in a document it stands ("page 3"), in words of ours; where each of
 * its lines stands in a picture (ch_extracted).  Either may be NULL. */
void ch_text_set_place(ch_text *text, const char *place, GBytes *areas);
const char *ch_text_place(const ch_text *text); /* Borrowed. */
GBytes *ch_text_areas(const ch_text *text);     /* Borrowed. */
ch_where ch_text_where(const ch_text *text);
int ch_text_part(const ch_text *text);
GBytes *ch_text_source(const ch_text *text); /* Borrowed. */
/* Borrowed, NUL-terminated; len_out may be NULL. */
const char *ch_text_plain(const ch_text *text, gsize *len_out);

/* Makes the folded view; idempotent.  Not thread-safe for one text. */
void ch_text_fold(ch_text *text);
/* Folds a string of its own, as rules do with their phrases.  Owned. */
char *ch_text_dup_folded(const char *utf8);
/* Borrowed; the text must be folded. */
const char *ch_text_folded(const ch_text *text, gsize *len_out);

/* Other views of a text, for what people disguise.  Each is made when it is
 * first asked for, and only if something in the text calls for it. */
typedef enum {
    CH_VIEW_FOLDED,  /* the folded text itself */
    CH_VIEW_DECODED, /* percent and character references, base64 undone */
    CH_VIEW_SPOKEN,  /* words as read aloud: 4 as a, s p a c e d letters
                      * closed up, #HashTags split */
    CH_VIEW_DIGITS,  /* digits closed up, number words and letters that stand
                      * for digits as digits */
    CH_VIEW_COUNT
} ch_view;

/* Borrowed; NULL: as the folded text.  Not thread-safe for one text. */
const char *ch_text_view(ch_text *text, ch_view view, gsize *len_out);
/* Span of a view to span of the folded text.  Pure. */
ch_span ch_text_view_origin(const ch_text *text, ch_view view, ch_span span);

/* Where sentences, paragraphs, lines with a sentence at the start begin:
 * ascending offsets into the folded text, the first 0.  Borrowed, of gsize. */
const GArray *ch_text_sentences(const ch_text *text);
const GArray *ch_text_paragraphs(const ch_text *text);
const GArray *ch_text_blocks(const ch_text *text);
/* What is quoted from somebody else ("> ", what follows "On … wrote:"), as
 * ascending spans of the folded text.  Borrowed array of ch_span. */
const GArray *ch_text_quotes(const ch_text *text);
/* Where the author's signature stands in the folded text ("-- ", "Sent from
 * my"): up to a quotation below it or the end.  Empty: none. */
ch_span ch_text_signature(const ch_text *text);
/* Where the first drawn line stands in plain; G_MAXSIZE: nowhere. */
gsize ch_text_rule(const ch_text *text);

/* Whether the character at that offset of the folded text was a capital. */
gboolean ch_text_is_capital(const ch_text *text, gsize folded_offset);

/* Span of plain, or of folded text, to span of source.  Pure. */
ch_span ch_text_origin_of_plain(const ch_text *text, ch_span plain);
ch_span ch_text_origin(const ch_text *text, ch_span folded);
/* 1-based line of a source offset. */
guint ch_text_line(const ch_text *text, gsize source_offset);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_text, ch_text_free)

#endif
