/*
 * license-plate: plate of a vehicle, 45 CFR 164.514(b)(2)(i)(L).
 *
 * Four to eight letters and digits as each state likes; only beside a word
 * that means such a plate, and only with a digit in it.
 */
#include "kinds.h"

static const char *const words[] = {"license plate",
                                    "license plate number",
                                    "license plate no",
                                    "licence plate",
                                    "plate",
                                    "plates",
                                    "plate number",
                                    "plate no",
                                    "plate #",
                                    "tag number",
                                    "tag no",
                                    "tag #",
                                    "car tag",
                                    "vehicle tag",
                                    "lic plate",
                                    "lp",
                                    "number plate",
                                    "placa",
                                    "placas",
                                    "numero de placa",
                                    "matricula",
                                    NULL};
static const ch_labels labels = {words, 22, 22};
static const char *const kitchen[] = {
    "home plate", "tectonic", "growth plate", "plate of",
    "dinner",     "cookies",  "per plate",    "metal plate",
    "agar",       "fracture", "plato",        NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char code[16];
    gsize n = CH_ALNUMS(in, *span, code);
    gsize digits = ch_kind_count_digits(in, *span);
    return n >= 4 && n <= 8 && digits > 0 && (digits < n || n >= 6) &&
           ch_labels_claim(&labels, in, *span) &&
           !ch_kind_has_word(in, *span, 30, 15, kitchen);
}

const ch_entity_kind ch_entity_license_plate = {
    "license-plate",
    CH_LEFT "(?:[a-z]{1,4}(?:[- ]|\\* ?)?[0-9]{1,4}(?:[- ]?[a-z]{1,3})?"
            "|[0-9]{1,4}[- ]?[a-z]{1,4}[- ]?[0-9]{1,4}"
            "|[0-9]{1,4}[- ]?[a-z]{2,3}|[a-z]{2,3}[0-9][a-z][0-9]{2}"
            "|[0-9]{6,7})" CH_RIGHT,
    accept, NULL};
