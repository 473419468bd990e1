/*
 * Signatures of files: a table of bytes, and a few words for kinds of text.
 *
 * Part of the walk where a part is chosen for the jailed reader, and of that
 * reader for what it finds inside.  Decides nothing and reads no format.
 */
#include "chaperone/sniff.h"

#include <string.h>

static const struct {
    gsize offset;
    const char *bytes;
    gsize length;
    ch_sniff kind;
} signatures[] = {
    {0, "PK\3\4", 4, CH_SNIFF_ZIP}, /* APPNOTE.TXT 4.3.7, 4.3.16 */
    {0, "PK\5\6", 4, CH_SNIFF_ZIP},
    {0, "7z\xbc\xaf\x27\x1c", 6, CH_SNIFF_ARCHIVE},
    {0, "\x1f\x8b\x08", 3, CH_SNIFF_ARCHIVE}, /* RFC 1952 2.3.1 */
    {0, "BZh", 3, CH_SNIFF_ARCHIVE},
    {0,
     "\xfd"
     "7zXZ\0",
     6, CH_SNIFF_ARCHIVE},
    {257, "ustar", 5, CH_SNIFF_ARCHIVE}, /* POSIX.1-2017, pax */
    {0, "{\\rt", 4, CH_SNIFF_RTF},
    {0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, CH_SNIFF_OLE}, /* MS-CFB 2.2 */
    {0, "\x78\x9f\x3e\x22", 4, CH_SNIFF_TNEF}, /* MS-OXTNEF 2.1.3 */
    {0, "\xff\xd8\xff", 3, CH_SNIFF_PICTURE},
    {0, "\x89PNG\r\n\x1a\n", 8, CH_SNIFF_PICTURE},
    {0, "GIF8", 4, CH_SNIFF_PICTURE},
    {0, "II*\0", 4, CH_SNIFF_PICTURE},
    {0, "MM\0*", 4, CH_SNIFF_PICTURE},
    {8, "WEBP", 4, CH_SNIFF_PICTURE},
    {0, "\0\0\1\0", 4, CH_SNIFF_PICTURE},
    {40, " EMF", 4, CH_SNIFF_PICTURE}, /* MS-EMF 2.3.4.2 */
    {0, "\xd7\xcd\xc6\x9a", 4, CH_SNIFF_PICTURE},
    {4, "ftyphei", 7, CH_SNIFF_PICTURE},
    {4, "ftypmif1", 8, CH_SNIFF_PICTURE},
    {4, "ftypavif", 8, CH_SNIFF_PICTURE},
    {4, "ftyp", 4, CH_SNIFF_MEDIA}, /* ISO/IEC 14496-12 4.3 */
    {8, "AVI ", 4, CH_SNIFF_MEDIA},
    {8, "WAVE", 4, CH_SNIFF_MEDIA},
    {0, "\x1a\x45\xdf\xa3", 4, CH_SNIFF_MEDIA},
    {0, "OggS", 4, CH_SNIFF_MEDIA},
    {0, "fLaC", 4, CH_SNIFF_MEDIA},
    {0, "ID3", 3, CH_SNIFF_MEDIA},
    {0, "\xff\xfb", 2, CH_SNIFF_MEDIA},
    {128, "DICM", 4, CH_SNIFF_DICOM}, /* DICOM PS3.10 7.1 */
    {0, "MSH|", 4, CH_SNIFF_HL7},     /* HL7 v2.5.1 2.5.4 */
    {0, "FHS|", 4, CH_SNIFF_HL7},
    {0, "BHS|", 4, CH_SNIFF_HL7},
    {0, "\x0bMSH|", 5, CH_SNIFF_HL7}, /* as MLLP frames it */
};

/* A BMP's two letters alone would be a word; its reserved bytes are zero and
 * its second header has one of these lengths (BITMAPCOREHEADER to V5). */
static gboolean
is_bitmap(const char *data, gsize length)
{
    return length > 18 && memcmp(data, "BM", 2) == 0 &&
           memcmp(data + 6, "\0\0\0\0", 4) == 0 &&
           strchr("\x0c\x28\x34\x38\x40\x6c\x7c", data[14]) != NULL &&
           data[14] != '\0' && data[15] == '\0';
}

static gboolean
contains(const char *data, gsize length, const char *word)
{
    return memmem(data, length, word, strlen(word)) != NULL;
}

static gboolean
starts_with(const char *data, gsize length, const char *word)
{
    gsize size = strlen(word);
    return length >= size && g_ascii_strncasecmp(data, word, size) == 0;
}

/* X12 5010 ISA is 106 bytes, the element separator its fourth; GS01 names
 * the functional group: claims, payments, eligibility, status, review. */
static gboolean
is_x12_health(const char *data, gsize length)
{
    static const char *const groups[] = {"HC", "HP", "HS", "HB", "HR",
                                         "HN", "HI", "BE", "FA"};
    if (length < 110 || memcmp(data, "ISA", 3) != 0 ||
        g_ascii_isalnum(data[3]) || data[103] != data[3]) {
        return FALSE;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
        const char word[] = {'G', 'S', data[3], groups[i][0], groups[i][1], 0};
        if (contains(data, length, word)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* HL7 FHIR R4: 2.1.1 (XML name space), 2.1.2 (resourceType). */
static gboolean
is_fhir(const char *data, gsize length)
{
    static const char *const kinds[] = {"Patient",
                                        "Bundle",
                                        "Observation",
                                        "Condition",
                                        "Encounter",
                                        "DiagnosticReport",
                                        "Medication",
                                        "Immunization",
                                        "Procedure",
                                        "Claim",
                                        "Coverage",
                                        "ExplanationOfBenefit",
                                        "AllergyIntolerance",
                                        "Appointment",
                                        "CarePlan",
                                        "DocumentReference",
                                        "Composition",
                                        "RelatedPerson",
                                        "ServiceRequest"};
    if (*data == '<') {
        return contains(data, length, "\"http://hl7.org/fhir\"");
    }
    const char *key = memmem(data, length, "\"resourceType\"", 14);
    if (key == NULL) {
        return FALSE;
    }
    gsize left = length - (gsize)(key - data);
    const char *value = memchr(key + 14, '"', left - 14);
    for (gsize i = 0; value != NULL && i < G_N_ELEMENTS(kinds); i++) {
        if (starts_with(value + 1, length - (gsize)(value + 1 - data),
                        kinds[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* SCRIPT is XML whose Message names its version or its name space, before
 * 2018 also EDIFACT, whose UIH segment names it (SCRIPT 10.6). */
static gboolean
is_ncpdp_script(const char *data, gsize length)
{
    gboolean script = contains(data, length, "=\"SCRIPT\"") ||
                      contains(data, length, "ncpdp.org/schema/SCRIPT") ||
                      contains(data, length, "='SCRIPT'");
    if (*data == '<') {
        return contains(data, length, "<Message") && script;
    }
    return (starts_with(data, length, "UNA") ||
            starts_with(data, length, "UIB")) &&
           contains(data, length, "SCRIPT");
}

/* Telecommunication D.0: a header of fixed length with the version, then
 * segments, each begun by RS and a field FS "AM" that names it. */
static gboolean
is_ncpdp_telecom(const char *data, gsize length)
{
    const char *segment = memmem(data, length,
                                 "\x1e\x1c"
                                 "AM",
                                 4);
    if (segment == NULL || segment - data < 20) {
        return FALSE;
    }
    gsize head = (gsize)(segment - data);
    return contains(data, head, "D0") || contains(data, head, "51");
}

/* RFC 5322 2.2: the names that programs write first. */
static gboolean
is_mail(const char *data, gsize length)
{
    static const char *const names[] = {
        "Received: ",   "Return-Path: ",  "Delivered-To: ", "From: ",
        "From ",        "MIME-Version: ", "Message-ID: ",   "Date: ",
        "X-Mozilla-St", "Subject: ",      "To: ",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        if (starts_with(data, length, names[i])) {
            return contains(data, length, "\nFrom: ") ||
                   contains(data, length, "\nSubject: ") ||
                   contains(data, length, "\nMIME-Version: ");
        }
    }
    return FALSE;
}

static gboolean
is_binary(const char *data, gsize length)
{
    gboolean wide = length >= 2 && (memcmp(data, "\xff\xfe", 2) == 0 ||
                                    memcmp(data, "\xfe\xff", 2) == 0);
    for (gsize i = 0; i < length && !wide; i++) {
        guchar c = (guchar)data[i];
        if (c < 32 && strchr("\t\r\n\f\x0b\x1b\x1c\x1d\x1e\x1f", c) == NULL) {
            return TRUE;
        }
        if (c == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static ch_sniff
sniff_text(const char *data, gsize length)
{
    while (length > 0 && (g_ascii_isspace(*data) || (guchar)*data == 0xef ||
                          (guchar)*data == 0xbb || (guchar)*data == 0xbf)) {
        data++;
        length--;
    }
    if (length == 0) {
        return CH_SNIFF_TEXT;
    }
    if (is_fhir(data, length)) {
        return CH_SNIFF_FHIR;
    }
    if (is_x12_health(data, length)) {
        return CH_SNIFF_X12;
    }
    if (is_ncpdp_script(data, length)) {
        return CH_SNIFF_NCPDP;
    }
    if (starts_with(data, length, "MSH|") ||
        contains(data, length, "\"urn:hl7-org:v3\"")) {
        return CH_SNIFF_HL7; /* CDA R2, a document of HL7 v3 */
    }
    if (*data == '<' &&
        (contains(data, length, "<html") || contains(data, length, "<HTML") ||
         starts_with(data, length, "<!doctype html"))) {
        return CH_SNIFF_HTML;
    }
    if (starts_with(data, length, "<?xml") ||
        starts_with(data, length, "<svg")) {
        return CH_SNIFF_XML;
    }
    return is_mail(data, length) ? CH_SNIFF_MAIL : CH_SNIFF_TEXT;
}

ch_sniff
ch_sniff_bytes(const void *bytes, gsize length)
{
    const char *data = bytes;
    gsize near = MIN(length, (gsize)CH_SNIFF_LENGTH);
    if (length == 0) {
        return CH_SNIFF_TEXT;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++) {
        gsize at = signatures[i].offset, size = signatures[i].length;
        if (length >= at + size &&
            memcmp(data + at, signatures[i].bytes, size) == 0) {
            return signatures[i].kind;
        }
    }
    if (is_bitmap(data, length)) {
        return CH_SNIFF_PICTURE;
    }
    if (contains(data, MIN(near, 1024), "%PDF-")) {
        return CH_SNIFF_PDF; /* readers accept it anywhere in 1,024 bytes */
    }
    if (is_ncpdp_telecom(data, near)) { /* a batch begins with STX */
        return CH_SNIFF_NCPDP;
    }
    return is_binary(data, near) ? CH_SNIFF_UNKNOWN : sniff_text(data, near);
}

gboolean
ch_sniff_is_medical(ch_sniff kind)
{
    return kind == CH_SNIFF_DICOM || kind == CH_SNIFF_HL7 ||
           kind == CH_SNIFF_FHIR || kind == CH_SNIFF_X12 ||
           kind == CH_SNIFF_NCPDP;
}

gboolean
ch_sniff_is_text(ch_sniff kind)
{
    return kind == CH_SNIFF_TEXT || kind == CH_SNIFF_HTML ||
           kind == CH_SNIFF_XML || kind == CH_SNIFF_MAIL ||
           kind == CH_SNIFF_HL7 || kind == CH_SNIFF_FHIR ||
           kind == CH_SNIFF_X12 || kind == CH_SNIFF_NCPDP;
}

gboolean
ch_sniff_ends_as_zip(const void *data, gsize length)
{
    gsize tail = MIN(length, (gsize)(65535 + 22)); /* APPNOTE.TXT 4.3.16 */
    return length >= 22 && memmem((const char *)data + length - tail, tail,
                                  "PK\5\6", 4) != NULL;
}
