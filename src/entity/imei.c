/*
 * imei: identity of a mobile telephone, a device identifier, 45 CFR
 * 164.514(b)(2)(i)(M).
 *
 * Fifteen digits with Luhn (3GPP TS 23.003, annex B); one number of ten
 * passes, so the word beside it is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {
    "imei", "imei number", "imei no", "imei #", "i.m.e.i", "meid", NULL};
static const ch_labels labels = {words, 36, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[20];
    return CH_DIGITS(in, *span, d) == 15 && !ch_kind_is_one_digit(d) &&
           ch_kind_luhn(d) && ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_imei = {
    "imei",
    CH_LEFT "(?:[0-9]{2}[- ]?[0-9]{6}[- /]?[0-9]{6}[- /]?[0-9]"
            "|[0-9]{6}[- ][0-9]{2}[- ][0-9]{6}[- ][0-9]"
            "|[0-9]{3}(?:[ -][0-9]{3}){4}|[0-9]{5}(?:[ -][0-9]{5}){2}"
            ")" CH_RIGHT,
    accept, NULL};
