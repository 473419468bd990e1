/*
 * What the files of the message reader share.
 *
 *   message.c         the whole: parse, accessors
 *   message_head.c    header blocks byte by byte, RFC 2047
 *   message_field.c   which headers are read as texts
 *   message_decode.c  transfer encodings
 *   message_walk.c    GMime's tree: parts, containers
 *   message_leaf.c    one part to texts
 *   message_uu.c      files that stand uuencoded in a text
 *   message_margin.c  what stands outside of the parts; the count of bytes
 *   message_seam.c    where one text part ends and the next begins
 *   message_extract.c documents, by a reader that the caller brings
 *   message_clean.c   pictures replaced by clean ones
 */
#ifndef CHAPERONE_MESSAGE_INT_H
#define CHAPERONE_MESSAGE_INT_H

#include "chaperone/limits.h"
#include "chaperone/message.h"
#include "chaperone/sniff.h"

/* One field of a header block. */
typedef struct {
    char *name;    /* lower case */
    ch_span value; /* bytes of the message, after the colon, still folded */
} ch_field;

/* A header block as its bytes stand, whatever a parser makes of it. */
typedef struct {
    GPtrArray *fields; /* of ch_field, at most CH_MAX_HEADERS */
    gsize end;         /* first byte after the empty line */
    ch_span junk;      /* from the first line that is no header, or empty */
    gboolean capped;   /* more fields than the cap */
    gboolean has_nul;
} ch_head;

/* One decoded field, for ch_message_header. */
typedef struct {
    char *name, *value;
} ch_header;

/* A part to be read by another program. */
typedef struct {
    int part;
    char *encoding;  /* of its transfer, "" for none */
    GBytes *content; /* decoded already; or NULL: the bytes of the part */
} ch_document;

/* Bytes of the mail that have been looked at. */
typedef enum {
    CH_TAKEN_HEAD,
    CH_TAKEN_CONTENT,
    CH_TAKEN_SILENT, /* of a kind that holds no words */
    CH_TAKEN_UNREAD  /* beyond a cap, which was told */
} ch_taken_kind;

typedef struct {
    ch_span span;
    int part;
    ch_taken_kind kind;
} ch_taken;

struct ch_message {
    GBytes *raw;
    const char *data; /* of raw */
    gsize length;
    gsize head_length;      /* with the empty line after it */
    GPtrArray *headers;     /* of ch_header, top level */
    GPtrArray *parts;       /* of ch_part */
    GPtrArray *texts;       /* of ch_text */
    GArray *unscanned;      /* of ch_unscanned */
    GArray *defects;        /* of ch_defect */
    GPtrArray *documents;   /* of ch_document */
    GArray *taken;          /* of ch_taken */
    GHashTable *boundaries; /* of all multiparts */
    ch_message_bytes bytes; /* of the margins */
    char *type;             /* of the whole */
    gsize text_total;       /* bytes of all sources */
    gboolean has_image;
};

/* Scans from start to an empty line, at most to limit.  Owned. */
ch_head *ch_head_scan(const ch_message *m, gsize start, gsize limit);
void ch_head_free(ch_head *head);
guint ch_head_count(const ch_head *head, const char *name);
/* Decoded to UTF-8 (RFC 2047, charset fallback) and unfolded.  Owned. */
char *ch_field_dup_decoded(const ch_message *m, const ch_field *field);
char *ch_field_decode(const char *value, gsize len);

/* Texts of the readable fields; defects of the block.  part -1: top. */
void ch_message_read_head(ch_message *m, const ch_head *head, int part);

/* Undoes a Content-Transfer-Encoding (NULL: none).  odd: other readers may
 * get something else; the raw bytes should be read too.  Owned. */
GBytes *ch_transfer_decode(const char *encoding, GBytes *bytes,
                           gboolean *odd_out);

/* Appends unless it is there already (or the cap is reached). */
void ch_message_add_defect(ch_message *m, ch_defect_kind kind, int part);
void ch_message_add_unscanned(ch_message *m, ch_unscanned_reason reason,
                              int part);
/* Cuts bytes to the caps (told as unscanned).  NULL: nothing left.  Owned. */
GBytes *ch_message_admit(ch_message *m, GBytes *bytes, int part);
/* A text of valid UTF-8, as a whole, if it holds anything. */
void ch_message_add_text(ch_message *m, ch_where where, int part, GBytes *utf8);
void ch_message_add_string(ch_message *m, ch_where where, int part,
                           const char *utf8);
/* Raw bytes of the message as text, charset guessed. */
void ch_message_add_raw(ch_message *m, ch_where where, int part, ch_span raw);

/* How to read the bytes of a part as text. */
typedef struct {
    const char *type;       /* "text/plain" */
    const char *charset;    /* or NULL */
    gboolean flowed, delsp; /* RFC 3676 */
    ch_where where;
    int part;
} ch_part_reading;

/* Decodes one transfer encoding and charset, appends the texts. */
void ch_message_read_leaf(ch_message *m, const ch_part_reading *how,
                          const char *encoding, ch_span raw);
/* The same for content that is decoded already. */
void ch_message_read_content(ch_message *m, const ch_part_reading *how,
                             GBytes *content);

/* Reads the files that stand uuencoded in a text. */
void ch_message_read_uu(ch_message *m, const ch_part_reading *how,
                        GBytes *utf8);

/* Remembers that bytes are no margin, and what parts them. */
void ch_message_take(ch_message *m, ch_taken_kind kind, int part, ch_span span);
void ch_message_take_boundary(ch_message *m, const char *boundary);
/* Texts of all bytes that nobody took. */
void ch_message_read_margins(ch_message *m);

/* Texts of the seams between text parts that are shown one after the other;
 * once all others are there. */
void ch_message_add_seams(ch_message *m);

/* Remembers a part for ch_message_extract. */
void ch_message_note_document(ch_message *m, int part, const char *encoding);
/* The same for bytes that stood within the part. */
void ch_message_note_content(ch_message *m, int part, GBytes *content);
void ch_document_free(ch_document *document);
/* What the first bytes of a part are, its transfer encoding undone. */
ch_sniff ch_message_sniff(const ch_message *m, const char *encoding,
                          ch_span raw);
void ch_message_add_seen(ch_message *m, guint seen, int part);

/* Walks what GMime made of the bytes (tree is a GMimeMessage). */
void ch_message_walk(ch_message *m, void *tree, const ch_head *top);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_head, ch_head_free)

#endif
