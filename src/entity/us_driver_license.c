/*
 * us-driver-license: driver's licence or state identity card, 45 CFR
 * 164.514(b)(2)(i)(K).
 *
 * Each state has its own shape (AAMVA, D20 data dictionary), from seven digits
 * to a letter in front of fourteen; the word is compulsory.  A licence to
 * practise or to trade is public and none.
 */
#include "kinds.h"

static const char *const words[] = {"driver's license",
                                    "drivers license",
                                    "driver license",
                                    "driver's lic",
                                    "drivers lic",
                                    "driver lic",
                                    "driver's license number",
                                    "driver's license no",
                                    "drivers license number",
                                    "driver license number",
                                    "driver's licence",
                                    "drivers licence",
                                    "driving licence",
                                    "driving license",
                                    "dl#",
                                    "dl #",
                                    "dl no",
                                    "d.l",
                                    "d/l",
                                    "cdl",
                                    "state id",
                                    "license number",
                                    "license no",
                                    "license #",
                                    "lic #",
                                    "lic no",
                                    "lic. no",
                                    "licencia de conducir",
                                    "licencia de manejar",
                                    "permiso de conducir",
                                    "carnet de conducir",
                                    "carne de conducir",
                                    NULL};
static const char *const weak[] = {"dl", "licencia", NULL};
static const ch_labels labels = {words, 36, 30, weak};
static const char *const of_trade[] = {
    "medical",       "nursing",    "rn",       "lpn",
    "dental",        "business",   "software", "pharmacy",
    "liquor",        "contractor", "facility", "professional",
    "license plate", "board",      "key",      "medica",
    "enfermeria",    "negocio",    NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    gsize n = ch_kind_count_digits(in, *span);
    return n >= 5 && n <= 14 && ch_labels_claim(&labels, in, *span) &&
           !ch_kind_has_word(in, *span, 40, 0, of_trade);
}

const ch_entity_kind ch_entity_us_driver_license = {
    "us-driver-license",
    CH_LEFT
    "(?:[0-9]{7,14}|[a-z][0-9]{2,4}(?:[- ][0-9]{1,6}){1,4}"
    "|[a-z]{1,2}[- ]?[0-9]{5,14}[a-z]?|[a-z]{3,7}[0-9]{2,5}[a-z0-9]{2,5}"
    "|[0-9]{2,3}(?<s>[ -])[0-9]{2,3}\\k<s>[0-9]{3,4}"
    "|" CH_CODE ")" CH_RIGHT,
    accept, NULL};
