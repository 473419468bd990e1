/*
 * A message: bytes as received to a tree of parts, texts and defects.
 *
 * Parsing is total: whatever the bytes are, there is a message; what is odd
 * about them is a defect, what could not be read is "unscanned".  Nothing
 * here decides: rules turn defects into findings.
 *
 * RFC 5322, 2045-2047, 2231, 6532.  GMime's behaviour on broken mail was
 * measured; where two readers may disagree, both readings become texts.
 */
#ifndef CHAPERONE_MESSAGE_H
#define CHAPERONE_MESSAGE_H

#include "chaperone/text.h"

typedef struct {
    const char *number; /* IMAP style, "1", "1.2"; RFC 3501 6.4.5; a multipart
                           that is a whole message: "0", "1.0" */
    const char *type;   /* lower case "text/plain"; never NULL */
    const char *name;   /* decoded file name or NULL */
    char *encoding;     /* of text, lower case, "" for none; NULL: no text, or
                           the header names several */
    int parent;         /* index of the containing part, -1 for the root */
    ch_span raw;        /* content bytes within the message, undecoded */
    gboolean is_attachment; /* has a name, or Content-Disposition says so */
    gboolean is_media;      /* picture, sound or video that may pass unseen */
    guint seen;             /* 1 << ch_seen (extraction.h), together */
} ch_part;

/* Why a part was not read (CONTRACT.md, "unscanned"). */
typedef enum {
    CH_UNSCANNED_ENCRYPTED,
    CH_UNSCANNED_DAMAGED,
    CH_UNSCANNED_LIMIT,
    CH_UNSCANNED_TIMEOUT,
    CH_UNSCANNED_UNSUPPORTED
} ch_unscanned_reason;

typedef struct {
    int part; /* index, -1: the message as a whole */
    ch_unscanned_reason reason;
} ch_unscanned;

const char *ch_unscanned_name(ch_unscanned_reason reason); /* Borrowed. */

/* What a broken structure may hide.  Missing closing boundaries are common
 * in honest mail and are no defect of their own. */
typedef enum {
    CH_DEFECT_DUPLICATE_HEADER, /* Content-Type, -Transfer-Encoding, Subject,
                                   From, Content-Disposition twice */
    CH_DEFECT_DUPLICATE_PARAMETER,
    CH_DEFECT_NO_BOUNDARY,  /* multipart without, or without any part */
    CH_DEFECT_BAD_ENCODING, /* base64 that goes on after its end, ... */
    CH_DEFECT_BAD_CHARSET,  /* unknown charset with 8-bit bytes */
    CH_DEFECT_BAD_HEADER,   /* a line that is no header, NUL bytes */
    CH_DEFECT_TOO_DEEP,
    CH_DEFECT_OTHER /* any further warning of the parser */
} ch_defect_kind;

typedef struct {
    ch_defect_kind kind;
    int part; /* index or -1 */
} ch_defect;

const char *ch_defect_name(ch_defect_kind kind); /* Borrowed. */

/* Bytes of a mail as received, all together its length. */
typedef struct {
    gsize read;    /* as text, or by the reader of documents */
    gsize skipped; /* boundaries, customary words, signatures, reports */
    gsize unread;  /* of parts that are "unscanned" for some reason */
} ch_message_bytes;

typedef struct ch_message ch_message;

/* Total: never NULL.  Takes a reference on raw (CRLF or LF line ends, as
 * received).  Owned. */
ch_message *ch_message_parse(GBytes *raw);
void ch_message_free(ch_message *message);

/* All Borrowed; in the order of the mail. */
const GPtrArray *ch_message_parts(const ch_message *m);  /* of ch_part */
const GArray *ch_message_unscanned(const ch_message *m); /* of ch_unscanned */
const GArray *ch_message_defects(const ch_message *m);   /* of ch_defect */
ch_message_bytes ch_message_count_bytes(const ch_message *m);
/* Texts of ch_text, not folded: subject, other readable headers (display
 * names, Keywords, Comments, X- headers ...), bodies, hidden and alt texts,
 * links, file names, prologues, nested messages, and the seams between text
 * parts that are shown one after the other: part and source of the first,
 * what comes from the second maps to an empty span at its end. */
GPtrArray *ch_message_texts(const ch_message *m);

/* First header of that name, decoded to UTF-8 and unfolded, or NULL.
 * Borrowed. */
const char *ch_message_header(const ch_message *m, const char *name);
/* The top-level header as received, its fields one after the other, and
 * length_out bytes long.  Borrowed. */
const char *ch_message_head(const ch_message *m, gsize *length_out);
/* Number of the top-level headers of that name. */
guint ch_message_header_count(const ch_message *m, const char *name);
/* Date header in microseconds since 1970 UTC, or -1. */
gint64 ch_message_date(const ch_message *m);
/* Addresses (addr-spec) of To, Cc, Bcc, in order.  Owned strv. */
GStrv ch_message_dup_recipients(const ch_message *m);
/* Media type of the whole, "multipart/report".  Borrowed. */
const char *ch_message_type(const ch_message *m);
/* Pictures, sound and video: media that hold no text. */
gboolean ch_message_is_media(const char *type);
/* A picture (or video) is attached or inline. */
gboolean ch_message_has_image(const ch_message *m);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_message, ch_message_free)

#endif
