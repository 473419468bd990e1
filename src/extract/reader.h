/*
 * Inside chaperone-extract: what its readers share.
 *
 *   main.c      one attachment in, one answer out, in the jail
 *   jail.c      the jail
 *   sink.c      records of the answer, caps
 *   document.c  which reader for which bytes; plain text, HTML, mail
 *   archive.c   ZIP, tar, 7z, gzip
 *   package.c   OOXML and OpenDocument, member by member
 *   xml.c       XML to text
 *   sheet.c     cells of a workbook
 *   pdf.c, rtf.c
 *   tnef.c      winmail.dat
 *   msg.c       Outlook's .msg
 *   mapi.c      properties of both
 *   image.c     what a photo says about itself
 *   heif.c      HEIC and AVIF
 *   ocr.c       words and codes that a picture shows
 *   clean.c     a picture without what it says about itself
 *   pixels.c    whether it still shows the same
 *   thumbnail.c a picture made small
 *
 * Any of them may crash on hostile bytes: the process ends, and what it said
 * before counts.
 */
#ifndef CHAPERONE_EXTRACT_READER_H
#define CHAPERONE_EXTRACT_READER_H

#include "chaperone/extraction.h"
#include "chaperone/limits.h"

/* The engine that reads pictures. */
typedef struct ch_ocr ch_ocr;

typedef struct {
    guint8 step; /* ch_place_step */
    guint32 number;
} ch_reader_step;

typedef struct {
    int fd;             /* where records go, or -1: into buffer */
    GByteArray *buffer; /* or NULL */
    guint texts;        /* given so far */
    gsize text_total;   /* bytes of them */
    guint said;         /* 1 << reason, each is told once */
    guint seen;
    guint depth;    /* files within files */
    guint members;  /* of all archives */
    gsize input;    /* bytes of the attachment */
    gsize unpacked; /* bytes from all archives */
    gboolean full;  /* a cap was reached: no more is unpacked */
    ch_reader_step steps[CH_MAX_STEPS]; /* where we are */
    guint n_steps;
    gboolean moved;           /* since the last text */
    ch_ocr *ocr;              /* NULL: pictures are not read */
    gboolean unread_pictures; /* some were not */
    gint64 ocr_until_us;      /* monotonic: no later */
} ch_reader;

/* --- sink.c --- */
/* length -1: to the NUL.  Bytes that are no UTF-8 are replaced; blank text is
 * dropped. */
void ch_reader_text(ch_reader *r, ch_where where, const char *text,
                    gssize length);
void ch_reader_string(ch_reader *r, ch_where where, const GString *text);
/* Text in a picture: an area for each line (ch_extracted). */
void ch_reader_text_at(ch_reader *r, ch_where where, const GString *text,
                       const GByteArray *areas);
/* "label: value\n" as metadata, in a text of its own; value may be NULL. */
void ch_reader_property(ch_reader *r, const char *label, const char *value);
void ch_reader_unscanned(ch_reader *r, ch_unscanned_reason reason);
void ch_reader_seen(ch_reader *r, ch_seen seen);
/* A PNG of at most CH_MAX_THUMBNAIL bytes. */
void ch_reader_picture(ch_reader *r, const guint8 *png, gsize length);
void ch_reader_end(ch_reader *r);
/* The answer of one that cleans; NULL: it cannot be cleaned. */
void ch_reader_cleaned(ch_reader *r, GBytes *picture);
/* Texts from now on stand there, until it is left again; number 0: the step
 * has none, and is not told. */
void ch_reader_enter(ch_reader *r, ch_place_step step, guint number);
void ch_reader_leave(ch_reader *r);
/* Counts unpacked bytes; FALSE: over the caps, which was told. */
gboolean ch_reader_unpack(ch_reader *r, gsize bytes);

/* --- readers; where: of their main text --- */
void ch_read_any(ch_reader *r, GBytes *bytes, ch_where where);
void ch_read_archive(ch_reader *r, GBytes *bytes);
/* quiet: bytes that only may be an archive; damage is not told. */
void ch_read_hidden_archive(ch_reader *r, GBytes *bytes);
void ch_read_pdf(ch_reader *r, GBytes *bytes);
void ch_read_rtf(ch_reader *r, const char *data, gsize length);
void ch_read_image(ch_reader *r, GBytes *bytes);
void ch_read_tnef(ch_reader *r, GBytes *bytes);
/* FALSE: it is none. */
gboolean ch_read_msg(ch_reader *r, GBytes *bytes);
void ch_read_mapi_string(ch_reader *r, guint property, const char *utf8,
                         gsize length);
void ch_read_mapi_binary(ch_reader *r, guint property, const guint8 *data,
                         gsize length);
/* Gives a small picture of a picture, instead of reading it. */
void ch_draw_thumbnail(ch_reader *r, GBytes *bytes);
/* Whether Exiv2 may look at these bytes. */
gboolean ch_image_has_metadata(const guint8 *data, gsize length);

/* Once, before the jail: whatever these libraries open at first use. */
void ch_warm_pdf(void);
void ch_warm_xml(void);
void ch_warm_image(void);
void ch_warm_heif(void);
void ch_warm_msg(void);

/* --- image.c, heif.c --- */
/* Exif, IPTC and XMP: in a picture, or as they stand (TIFF; XMP with its
 * packet or its x:xmpmeta).  FALSE: it is none of those. */
gboolean ch_read_metadata(ch_reader *r, const guint8 *data, gsize length);
gboolean ch_is_heif(const guint8 *data, gsize length);
/* FALSE: it was not read, or not to its end; damage and caps are told. */
gboolean ch_read_heif(ch_reader *r, const guint8 *data, gsize length);

/* --- ocr.c: before the jail --- */
/* NULL: the engine or its languages are not installed.  Owned. */
ch_ocr *ch_ocr_new(void);

typedef struct {
    int width, height;
    int format; /* Leptonica's */
} ch_picture;

/* By its header.  FALSE: of no kind that is known. */
gboolean ch_picture_size(const guint8 *data, gsize length, ch_picture *out);
/* Not more pixels than are decoded. */
gboolean ch_picture_is_bearable(const ch_picture *picture);
/* Gives words and codes of a picture.  FALSE: it was not read, or not to its
 * end; damage and caps are told. */
gboolean ch_ocr_read_bytes(ch_reader *r, const guint8 *data, gsize length);
/* The same for pixels: red, green, blue in 32 bits, rows of stride bytes. */
gboolean ch_ocr_read_rgb24(ch_reader *r, const guint8 *bytes, int width,
                           int height, int stride);
/* The same for one channel: rows of stride bytes; more than 8 bits stand in
 * two bytes. */
typedef struct {
    const guint8 *bytes;
    int width, height, stride, bits;
} ch_grey;
gboolean ch_ocr_read_grey(ch_reader *r, const ch_grey *grey);

/* --- archive.c: members of an archive --- */
typedef struct ch_members ch_members;
/* NULL: cannot be opened.  raw: a compressed file, as one nameless member.
 * Owned. */
ch_members *ch_members_open(GBytes *archive, gboolean raw);
/* TRUE while there is another regular file; name_out (borrowed) until then,
 * NULL for none.  encrypted_out: cannot be read. */
gboolean ch_members_next(ch_members *m, const char **name_out,
                         gboolean *encrypted_out);
/* NULL: damaged, or over a cap (told).  Owned. */
GBytes *ch_members_read(ch_members *m, ch_reader *r);
/* After the last: whether the archive ended as it should. */
gboolean ch_members_ended_well(const ch_members *m);
gboolean ch_members_has_secrets(const ch_members *m);
void ch_members_close(ch_members *m);

/* --- package.c --- */
typedef enum { CH_PACKAGE_NONE, CH_PACKAGE_OOXML, CH_PACKAGE_ODF } ch_package;
ch_package ch_package_kind(GBytes *archive);
void ch_read_package(ch_reader *r, GBytes *archive, ch_package kind);

/* --- xml.c --- */
typedef enum {
    CH_XML_DATA,       /* unknown words: every element ends a line */
    CH_XML_DOCUMENT,   /* of an office: paragraphs, cells, runs */
    CH_XML_PROPERTIES, /* name and value */
    CH_XML_RELATIONS,  /* targets outside of the package */
    CH_XML_PIVOT       /* cached values in attributes */
} ch_xml;
void ch_read_xml(ch_reader *r, GBytes *bytes, ch_xml kind, ch_where where);
/* Well-formed UTF-8 without a document type, for a reader of libxml2; NULL
 * otherwise (told as damaged).  Owned. */
GBytes *ch_xml_prepare(ch_reader *r, GBytes *bytes);

/* --- sheet.c --- */
typedef struct ch_workbook ch_workbook;
/* Either may be NULL.  Owned. */
ch_workbook *ch_workbook_new(ch_reader *r, GBytes *strings, GBytes *styles);
void ch_read_sheet(ch_reader *r, ch_workbook *book, GBytes *sheet);
/* After all sheets: strings that none of them shows. */
void ch_workbook_give_rest(ch_reader *r, const ch_workbook *book);
void ch_workbook_free(ch_workbook *book);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_members, ch_members_close)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_workbook, ch_workbook_free)

#endif
