/*
 * What bytes are, by their own signature; names and declared types may lie.
 *
 * Looks, never parses: comparing a few bytes is all that is done with a
 * document outside of the jailed reader.
 */
#ifndef CHAPERONE_SNIFF_H
#define CHAPERONE_SNIFF_H

#include <glib.h>

typedef enum {
    CH_SNIFF_UNKNOWN, /* binary, of no kind below */
    CH_SNIFF_TEXT,    /* no signature, no control bytes */
    CH_SNIFF_HTML,
    CH_SNIFF_XML,
    CH_SNIFF_MAIL,
    CH_SNIFF_RTF,
    CH_SNIFF_PDF,
    CH_SNIFF_ZIP,     /* also OOXML, ODF, EPUB */
    CH_SNIFF_ARCHIVE, /* tar, 7z, gzip, bzip2, xz */
    CH_SNIFF_OLE,     /* Outlook's .msg; encrypted OOXML; Word before 2007 */
    CH_SNIFF_TNEF,    /* Outlook's winmail.dat */
    CH_SNIFF_PICTURE,
    CH_SNIFF_MEDIA, /* sound and video */
    CH_SNIFF_DICOM,
    CH_SNIFF_HL7,  /* version 2 messages, CDA documents */
    CH_SNIFF_FHIR, /* as JSON or XML */
    CH_SNIFF_X12,  /* health care claims, payments, eligibility */
    CH_SNIFF_NCPDP /* prescriptions (SCRIPT), a pharmacy's claims (Telecom) */
} ch_sniff;

/* Bytes from the start that are looked at; more do not hurt. */
#define CH_SNIFF_LENGTH 4096

ch_sniff ch_sniff_bytes(const void *data, gsize length);
/* Somebody's medical record, whatever it says. */
gboolean ch_sniff_is_medical(ch_sniff kind);
/* Read as text by anyone who opens it. */
gboolean ch_sniff_is_text(ch_sniff kind);
/* A ZIP archive ends here, whatever the bytes begin with. */
gboolean ch_sniff_ends_as_zip(const void *data, gsize length);

#endif
