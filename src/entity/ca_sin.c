/*
 * ca-sin: Canadian Social Insurance Number.
 *
 * Nine digits with Luhn, the first neither 0 nor 8 (Service Canada, "Social
 * Insurance Number code of practice").  In three groups of three it shows by
 * itself; otherwise a word beside it is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {"sin",
                                    "s.i.n",
                                    "sin number",
                                    "sin no",
                                    "sin #",
                                    "social insurance",
                                    "social insurance number",
                                    "nas",
                                    "numero de seguro social canadiense",
                                    NULL};
static const ch_labels labels = {words, 36, 25, NULL};
static const char *const calls[] = {"tel",    "telefono", "phone",    "call",
                                    "movil",  "llame",    "whatsapp", "fax",
                                    "llamar", NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[16];
    CH_DIGITS(in, *span, d);
    if (!ch_kind_luhn(d) || ch_kind_is_one_digit(d)) {
        return FALSE;
    }
    return ch_labels_claim(&labels, in, *span) ||
           (span->end - span->start > 9 &&
            !ch_labels_deny(&labels, in, *span) &&
            !ch_kind_has_word(in, *span, 25, 0, calls));
}

const ch_entity_kind ch_entity_ca_sin = {
    "ca-sin",
    CH_LEFT "[1-79][0-9]{2}(?<s>[ .-]?)[0-9]{3}\\k<s>[0-9]{3}" CH_RIGHT, accept,
    NULL};
