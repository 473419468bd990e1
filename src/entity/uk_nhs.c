/*
 * uk-nhs: number of a patient of the National Health Service.
 *
 * Ten digits, weights 10 to 2, modulo 11, a check of ten is not used (NHS Data
 * Dictionary, "NHS NUMBER").  One number of eleven passes: the word is
 * compulsory.
 */
#include "kinds.h"

static const char *const words[] = {
    "nhs", "nhs number", "nhs no", "nhs #", "n.h.s", "national health", NULL};
static const ch_labels labels = {words, 36, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    static const guint8 weights[] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    char d[16];
    if (CH_DIGITS(in, *span, d) != 10 || ch_kind_is_one_digit(d)) {
        return FALSE;
    }
    guint check = (11 - ch_kind_weigh(d, weights, 9) % 11) % 11;
    return check == (guint)(d[9] - '0') && ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_uk_nhs = {
    "uk-nhs",
    CH_LEFT "(?:[0-9]{10}|[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4})" CH_RIGHT, accept,
    NULL};
