/*
 * mrn: medical record number, 45 CFR 164.514(b)(2)(i)(H).
 *
 * Every house makes its own, so there is no shape to know one by: five to ten
 * digits, in groups or behind a few letters, and a word beside it.  The "MRN"
 * of radiology is magnetic resonance neurography.  In Spanish dots part
 * its thousands, as those of a count.
 */
#include "kinds.h"

static const char *const words[] = {"mrn",
                                    "mrns",
                                    "m.r.n",
                                    "mr#",
                                    "mr #",
                                    "mr no",
                                    "mr number",
                                    "med rec",
                                    "med. rec",
                                    "med record",
                                    "medrec",
                                    "medical record",
                                    "medical record number",
                                    "medical rec",
                                    "chart no",
                                    "chart number",
                                    "pt id",
                                    "pt. id",
                                    "pt #",
                                    "pt no",
                                    "patient id",
                                    "patient no",
                                    "patient number",
                                    "patient #",
                                    "patient file",
                                    "patient identifier",
                                    "record number",
                                    "record no",
                                    "record #",
                                    "hospital number",
                                    "hospital no",
                                    "unit number",
                                    "file no",
                                    "file number",
                                    "file #",
                                    "expediente",
                                    "expediente clinico",
                                    "historia clinica",
                                    "numero de historia",
                                    "nhc",
                                    "n.h.c",
                                    "num. de historia",
                                    "numero de paciente",
                                    "registro medico",
                                    "numero de registro",
                                    "ficha clinica",
                                    NULL};
static const char *const weak[] = {"emr",    "ehr", "medical records", "chart",
                                   "charts", "exp", "historia",        "hc",
                                   "ficha",  NULL};
static const ch_labels labels = {words, 36, 25, weak};
static const char *const imaging[] = {"neurography", "neurogram", "neurografia",
                                      "record-breaking", NULL};

/* "n.º 302.118", folded, but no "more than 10.500". */
static gboolean
is_numbered(const ch_entity_text *in, ch_span span)
{
    static const char *const signs[] = {"n.o ",  "no. ", "no ",    "num. ",
                                        "nro. ", "nhc ", "numero "};
    for (guint i = 0; i < G_N_ELEMENTS(signs); i++) {
        gsize length = strlen(signs[i]);
        if (span.start >= length &&
            memcmp(in->data + span.start - length, signs[i], length) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    ch_labels_skip(&labels, in, span);
    gsize n = ch_kind_count_digits(in, *span);
    if (memchr(in->data + span->start, '.', span->end - span->start) != NULL &&
        !is_numbered(in, *span)) {
        return FALSE;
    }
    return n >= 5 && n <= 12 && ch_labels_claim(&labels, in, *span) &&
           !ch_kind_has_word(in, *span, 100, 100, imaging);
}

const ch_entity_kind ch_entity_mrn = {
    "mrn",
    CH_LEFT "(?:[0-9]{5,12}(?:-[0-9a-z]{1,2})?"
            "|[0-9]{1,4}(?:[- ][0-9]{1,6}){1,3}"
            "|[0-9]{1,3}(?:[.][0-9]{3}){1,3}"
            "|[a-z]{1,4}-?[0-9]{4,10}(?:-[0-9]{1,4})?"
            "|[a-z]{1,3}-[0-9]{2,4}-[0-9]{2,6})" CH_RIGHT,
    accept, NULL};
