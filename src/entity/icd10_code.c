/*
 * icd10-code: diagnosis code, ICD-10-CM (CDC and CMS, official guidelines
 * I.A): a letter, a digit, a digit or A or B, and behind a point up to
 * four more.  With the point it shows by itself, unless it is a room, a size
 * or a version; without it ("E1165", "B12") a word is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {"icd",
                                    "icd10",
                                    "icd-10",
                                    "icd 10",
                                    "icd-10-cm",
                                    "icd-10 code",
                                    "icd code",
                                    "dx",
                                    "dx code",
                                    "diagnosis",
                                    "diagnosis code",
                                    "diagnostic code",
                                    "billing code",
                                    "coded",
                                    "cie",
                                    "cie-10",
                                    "cie10",
                                    "codigo cie",
                                    "diagnostico",
                                    "codigo de diagnostico",
                                    NULL};
static const ch_labels labels = {words, 36, 25, NULL};
static const char *const places[] = {
    "aisle",   "gate",    "level", "size",   "vitamin", "vitamina",
    "talla",   "f-stop",  "page",  "figure", "fig",     "table",
    "section", "slide",   "v",     "ver",    "camera",  "bolt",
    "thread",  "chapter", "booth", "unit",   NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    if (ch_labels_claim(&labels, in, *span)) {
        return TRUE;
    }
    gsize size = span->end - span->start;
    return memchr(in->data + span->start, '.', size) != NULL &&
           (in->data[span->start] != 'v' || size > 6) &&
           !ch_labels_deny(&labels, in, *span) &&
           !ch_kind_has_word(in, *span, 16, 0, places);
}

const ch_entity_kind ch_entity_icd10_code = {
    "icd10-code",
    "(?<![a-z0-9_.$/-])[a-z][0-9][0-9ab](?:\\.[0-9a][0-9a-z]{0,3}"
    "|[0-9]{1,2}[0-9a-z]{0,2})?(?![a-z0-9_-]|\\.[a-z0-9])",
    accept, NULL};
