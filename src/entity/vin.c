/*
 * vin: vehicle identification number, 45 CFR 164.514(b)(2)(i)(L).
 *
 * Seventeen characters without I, O, Q; the ninth checks the others by weight,
 * modulo 11, X for ten (49 CFR 565.15).  European ones, made for Europe, have
 * a letter there that checks nothing (ISO 3779): those need the word.
 */
#include "kinds.h"

static const char *const words[] = {"vin",
                                    "v.i.n",
                                    "vin number",
                                    "vin no",
                                    "vin #",
                                    "vehicle",
                                    "vehicle identification",
                                    "vehicle identification number",
                                    "car",
                                    "chassis",
                                    "bastidor",
                                    "numero de bastidor",
                                    "vehiculo",
                                    "numero de serie del vehiculo",
                                    NULL};
static const ch_labels labels = {words, 40, 30, NULL};

static guint
value_of(char c)
{
    /* 49 CFR 565.15(c)(3), table IV: a-z without i, o, q */
    static const guint8 letters[] = {1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 2, 3, 4,
                                     5, 0, 7, 0, 9, 2, 3, 4, 5, 6, 7, 8, 9};
    return g_ascii_isdigit(c) ? (guint)(c - '0') : letters[c - 'a'];
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    static const guint8 weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0,
                                     9, 8, 7, 6, 5, 4, 3, 2};
    const char *vin = in->data + span->start;
    guint sum = 0;
    for (guint i = 0; i < 17; i++) {
        sum += value_of(vin[i]) * weights[i];
    }
    gsize digits = ch_kind_count_digits(in, *span);
    if (vin[8] == (sum % 11 == 10 ? 'x' : (char)('0' + sum % 11))) {
        return digits > 0 && digits < 17 ? !ch_labels_deny(&labels, in, *span)
                                         : ch_labels_claim(&labels, in, *span);
    }
    return vin[0] >= 's' && g_ascii_isalpha(vin[8]) && vin[8] != 'x' &&
           digits > 2 && ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_vin = {
    "vin", "(?<![a-z0-9_])[a-hj-npr-z0-9]{17}(?![a-z0-9_])", accept, NULL};
