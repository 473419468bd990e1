/*
 * aba-routing: routing number of a bank in the United States.
 *
 * Nine digits, weights 3 7 1, sum divisible by ten; the first two are 00-12,
 * 21-32, 61-72 or 80 (ABA, "Routing number policy").  One number of ten
 * passes the check, so the word beside it is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {"routing",
                                    "routing number",
                                    "routing no",
                                    "routing #",
                                    "rtn",
                                    "aba",
                                    "aba number",
                                    "aba no",
                                    "aba routing",
                                    "transit",
                                    "transit number",
                                    "bank code",
                                    "numero de ruta",
                                    "ruta",
                                    "numero aba",
                                    "codigo de ruta",
                                    NULL};
static const ch_labels labels = {words, 32, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    static const guint8 weights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    char d[16];
    if (CH_DIGITS(in, *span, d) != 9 || ch_kind_is_one_digit(d)) {
        return FALSE;
    }
    guint district = ch_kind_two(d);
    return (district <= 12 || (district >= 21 && district <= 32) ||
            (district >= 61 && district <= 72) || district == 80) &&
           ch_kind_weigh(d, weights, 9) % 10 == 0 &&
           ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_aba_routing = {
    "aba-routing",
    CH_LEFT "(?:[0-9]{4}(?<s>[ -]?)[0-9]{4}\\k<s>[0-9]"
            "|[0-9]{3}(?<t>[ -])[0-9]{3}\\k<t>[0-9]{3})" CH_RIGHT,
    accept, NULL};
