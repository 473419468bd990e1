/*
 * us-npi: National Provider Identifier; public data of a clinician (45 CFR
 * 162.406), so the practice's own are marked.
 *
 * Ten digits, the first 1 or 2, Luhn over 80840 and the number (CMS, "NPI check
 * digit").  One Unix time of ten passes, so a word beside it is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {"npi",
                                    "n.p.i",
                                    "npi number",
                                    "npi no",
                                    "national provider",
                                    "national provider id",
                                    "national provider identifier",
                                    "provider",
                                    "provider id",
                                    "provider number",
                                    "taxonomy",
                                    "nppes",
                                    "identificador de proveedor",
                                    "proveedor",
                                    NULL};
static const ch_labels labels = {words, 35, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[16];
    CH_DIGITS(in, *span, d);
    g_autofree char *whole = g_strconcat("80840", d, NULL);
    return !ch_kind_is_one_digit(d + 1) && ch_kind_luhn(whole) &&
           ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_us_npi = {
    "us-npi",
    CH_LEFT "[12][0-9]{3}(?<s>[ -]?)[0-9]{3}\\k<s>[0-9]{3}" CH_RIGHT
            "|(?<=npi)[12][0-9]{9}" CH_RIGHT,
    accept, ch_own_has_npi};
