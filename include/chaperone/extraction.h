/*
 * What a reader of documents found in one attachment, and the handle by
 * which the walk asks for it.
 *
 * The reader is another process that takes hostile bytes apart and may have
 * been taken over by them.  It answers in records, one after the other:
 *
 *   byte 0     kind: 'T' text, 'P' place of the texts that follow, 'A' areas
 *              of the text before, 'U' not read, 'S' seen, 'E' end; of one
 *              that does not read: 'C' a cleaned picture, 'I' a small one
 *   byte 1     T: where it stands; U: the reason; S: what was seen; else 0
 *   byte 2-5   length of what follows, low byte first; 0 for U, S, E
 *   then       T: UTF-8; C: bytes; I: a PNG; P: steps from the outside in, each
 *              a ch_place_step and a number (four bytes, low byte first); A:
 *              for each line left, top, right, bottom in hundredths of the
 *              picture
 *
 * Nothing in them is believed: see ch_extraction_read.
 */
#ifndef CHAPERONE_EXTRACTION_H
#define CHAPERONE_EXTRACTION_H

#include "chaperone/message.h"

#define CH_RECORD_HEAD 6

/* Facts about an attachment that are no text. */
typedef enum {
    CH_SEEN_MEDIA,    /* pictures, sound or video that nobody looked at */
    CH_SEEN_LOCATION, /* a photo that tells where it was taken */
    CH_SEEN_MEDICAL,  /* a file of a medical system */
    CH_SEEN_WORDS,    /* its pictures were read for words and codes */
    CH_SEEN_CROPPED,  /* a photo with a preview that shows something else */
    CH_SEEN_PATIENTS, /* a list of patients, by the names of its columns */
    CH_SEEN_COUNT
} ch_seen;

/* Where in a document a text stands, in words of ours: "file 2, page 3". */
typedef enum {
    CH_STEP_FILE, /* in an archive, a mail, a document */
    CH_STEP_PAGE,
    CH_STEP_SHEET, /* whose lines are its rows, whose tabs its columns */
    CH_STEP_SLIDE,
    CH_STEP_PICTURE,
    CH_STEP_COUNT
} ch_place_step;

#define CH_STEP_LENGTH 5
#define CH_AREA_LENGTH 4

typedef struct {
    ch_where where;
    GBytes *utf8;
    char *place;   /* or NULL */
    GBytes *areas; /* or NULL; never empty */
} ch_extracted;

typedef struct {
    GPtrArray *texts;     /* of ch_extracted */
    GBytes *picture;      /* a small PNG of pixels alone, or NULL */
    guint unscanned;      /* 1 << ch_unscanned_reason, together */
    guint seen;           /* 1 << ch_seen, together */
    gboolean unavailable; /* no reader could be started: nothing was read */
    guint elapsed_ms;
} ch_extraction;

ch_extraction *ch_extraction_new(void); /* Owned. */
/* Another of the same; texts are shared.  Owned. */
ch_extraction *ch_extraction_copy(const ch_extraction *extraction);
gsize ch_extraction_size(const ch_extraction *extraction); /* bytes, roughly */
void ch_extraction_free(ch_extraction *extraction);

/* Reads an answer.  Total: a record of no kind, a place that no attachment
 * has, bytes that are no UTF-8 or hold NUL, or a missing end make it
 * "damaged", too much of anything "limit"; what came before is kept.  Pure.
 * Owned. */
ch_extraction *ch_extraction_read(const void *data, gsize length);

/* Reads the answer of one that cleans.  NULL: it is none, or the picture cannot
 * be cleaned.  Pure.  Owned. */
GBytes *ch_extraction_read_cleaned(const void *data, gsize length);

typedef struct {
    /* Asks for one attachment; never NULL.  Thread-safe.  Owned. */
    ch_extraction *(*run)(void *data, GBytes *content);
    void *data;
    GDestroyNotify free;
    /* Asks for a picture without what it says about itself; may be NULL.
     * NULL: it cannot be cleaned; NULL + GError: no reader could be started.
     * Thread-safe.  Owned. */
    GBytes *(*clean)(void *data, GBytes *picture, GError **error);
} ch_extractor;

/* Has the documents among the parts read, appends their texts and facts, and
 * says what is still not read.  extractor NULL: they stay "unsupported". */
void ch_message_extract(ch_message *m, const ch_extractor *extractor);

/* Whether a picture among the parts says something about itself: words, a
 * place, a preview of another shape. */
gboolean ch_message_picture_tells(const ch_message *m, int part);
/* The mail with the pictures that do cleaned, all other bytes as they are;
 * parts_out gets their indexes (int).  Those that cannot be cleaned stay.
 * NULL: none was; NULL + GError: trouble of ours.  Owned. */
GBytes *ch_message_clean(const ch_message *m, const ch_extractor *extractor,
                         GArray *parts_out, GError **error);
/* Whether a part is a picture by its signature, and its bytes; NULL: too many,
 * or no part to be read by itself.  Owned. */
gboolean ch_message_is_picture(const ch_message *m, int part);
GBytes *ch_message_dup_file(const ch_message *m, int part);

/* 1 << ch_seen of a part; part -1: of all together. */
guint ch_message_seen(const ch_message *m, int part);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_extraction, ch_extraction_free)

#endif
