/*
 * us-ein: Employer Identification Number; employers of the person count, 45
 * CFR 164.514(b)(2)(i), and the practice's own stands on every receipt.
 *
 * The first two digits are a campus prefix; those that were never given out
 * are refused (IRS, "How EINs are assigned and valid EIN prefixes").
 */
#include "kinds.h"

static const char *const words[] = {"ein",
                                    "e.i.n",
                                    "fein",
                                    "employer identification",
                                    "employer identification number",
                                    "employer id",
                                    "employer id number",
                                    "tax id",
                                    "tax id number",
                                    "taxid",
                                    "tin",
                                    "federal id",
                                    "federal tax id",
                                    "tax identification",
                                    "tax identification number",
                                    "identificacion patronal",
                                    "numero patronal",
                                    NULL};
static const ch_labels labels = {words, 35, 25, NULL};

static gboolean
is_prefix(guint prefix)
{
    static const guint8 unused[] = {0,  7,  8,  9,  17, 18, 19, 28, 29,
                                    49, 69, 70, 78, 79, 89, 96, 97};
    for (guint i = 0; i < G_N_ELEMENTS(unused); i++) {
        if (prefix == unused[i]) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    return is_prefix(ch_kind_two(in->data + span->start)) &&
           ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_us_ein = {
    "us-ein", CH_LEFT "[0-9]{2}(?:-| - )?[0-9]{7}" CH_RIGHT, accept,
    ch_own_has_ein};
