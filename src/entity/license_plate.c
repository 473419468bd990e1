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
static const ch_labels labels = {words, 22, 22, NULL};
static const char *const kitchen[] = {
    "home plate", "tectonic", "growth plate", "plate of",
    "dinner",     "cookies",  "per plate",    "metal plate",
    "agar",       "fracture", "plato",        NULL};

/* "is 17" and "no 4421" are words with a number behind. */
static gboolean
is_phrase(const ch_entity_text *in, ch_span span)
{
    static const char *const words_of_three[] = {
        "the", "and", "was", "for", "has", "num", "are", "not",
        "but", "her", "his", "car", "saw", "una", "los", NULL};
    const char *value = in->data + span.start;
    gsize size = span.end - span.start;
    const char *space = memchr(value, ' ', size);
    if (space == NULL) {
        return FALSE;
    }
    gsize first = (gsize)(space - value);
    gboolean leads = g_ascii_isalpha(value[0]);
    g_autofree char *letters = leads ? g_strndup(value, first)
                                     : g_strndup(space + 1, size - first - 1);
    return !ch_kind_is_capital(in, span.start + (leads ? 0 : first + 1)) &&
           (strlen(letters) != 3 || g_strv_contains(words_of_three, letters));
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char code[16];
    gsize n = CH_ALNUMS(in, *span, code);
    gsize digits = ch_kind_count_digits(in, *span);
    return n >= 4 && n <= 8 && digits > 0 && (digits < n || n >= 6) &&
           !is_phrase(in, *span) && ch_labels_claim(&labels, in, *span) &&
           !ch_kind_has_word(in, *span, 30, 15, kitchen);
}

const ch_entity_kind ch_entity_license_plate = {
    "license-plate",
    CH_LEFT "(?:[a-z]{1,4}[- ]?[0-9]{1,4}(?:-?[a-z]{1,3})?"
            "|[a-z]{1,3}[0-9]{1,3}-[0-9a-z]{2,4}"
            "|[0-9]{1,4}-?[a-z]{1,4}[- ]?[0-9]{1,4}"
            "|[0-9]{1,4}[- ]?[a-z]{2,3}|[a-z]{2,3}[0-9][a-z][0-9]{2}"
            "|[0-9]{6,7})" CH_RIGHT,
    accept, NULL};
