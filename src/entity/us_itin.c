/*
 * us-itin: Individual Taxpayer Identification Number, a number of a person as
 * the Social Security number is, 45 CFR 164.514(b)(2)(i)(R).
 *
 * Nine digits, the first 9, the group 50-65, 70-88, 90-92 or 94-99 (IRS,
 * "Individual taxpayer identification number", expiry of middle digits).
 */
#include "kinds.h"

static const char *const words[] = {
    "itin", "itins",   "taxpayer",      "taxpayer id", "tax id",
    "tin",  "i.t.i.n", "contribuyente", "irs",         NULL};
static const ch_labels labels = {words, 40, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[16];
    if (CH_DIGITS(in, *span, d) != 9) {
        return FALSE;
    }
    guint group = ch_kind_two(d + 3);
    if (group < 50 || (group > 65 && group < 70) || group == 89 ||
        group == 93) {
        return FALSE;
    }
    return span->end - span->start > 9 ? !ch_labels_deny(&labels, in, *span)
                                       : ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_us_itin = {
    "us-itin",
    CH_LEFT "9[0-9]{2}(?<s>(?: ?[-./] ?| )?)[5-9][0-9]\\k<s>[0-9]{4}" CH_RIGHT,
    accept, NULL};
