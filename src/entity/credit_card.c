/*
 * credit-card: payment card, an account number, 45 CFR 164.514(b)(2)(i)(J).
 *
 * Luhn (ISO/IEC 7812-1) and a known range of issuers: 4 Visa, 51-55 and
 * 2221-2720 Mastercard, 34 and 37 American Express, 30, 36, 38 Diners, 35
 * JCB, 60, 64, 65 Discover, 62 UnionPay.  Lengths other than 15 and 16 need a
 * word beside them.  Tracking numbers are longer or say that they are one.
 */
#include "kinds.h"

static const char *const words[] = {"card",
                                    "cards",
                                    "card number",
                                    "card no",
                                    "card #",
                                    "cc",
                                    "cc#",
                                    "credit",
                                    "credit card",
                                    "debit",
                                    "debit card",
                                    "visa",
                                    "mastercard",
                                    "master card",
                                    "mc",
                                    "amex",
                                    "american express",
                                    "discover",
                                    "diners",
                                    "exp",
                                    "expires",
                                    "cvv",
                                    "cvc",
                                    "tarjeta",
                                    "tarjeta de credito",
                                    "numero de tarjeta",
                                    "vence",
                                    NULL};
static const ch_labels labels = {words, 40, 30, NULL};

static gboolean
is_issued(const char *d, gsize n)
{
    guint two = ch_kind_two(d), four = two * 100 + ch_kind_two(d + 2);
    switch (d[0]) {
    case '4':
        return n == 13 || n == 16 || n == 19;
    case '5':
        return n == 16 && two >= 51 && two <= 55;
    case '2':
        return n == 16 && four >= 2221 && four <= 2720;
    case '6':
        return n >= 16 && (two == 60 || two == 62 || two >= 64) && two <= 65;
    default:
        return two == 34 || two == 37 ? n == 15 : two == 35 ? n == 16 : n == 14;
    }
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char d[24];
    gsize n = CH_DIGITS(in, *span, d);
    if (!is_issued(d, n) || !ch_kind_luhn(d)) {
        return FALSE;
    }
    return n == 15 || n == 16 ? !ch_labels_deny(&labels, in, *span)
                              : ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_credit_card = {
    "credit-card",
    CH_LEFT
    "(?:[2-6][0-9]{3}(?: ?[-.] ?| )?[0-9]{4}(?: ?[-.] ?| )?[0-9]{4}"
    "(?: ?[-.] ?| )?[0-9]{4}(?:[ -]?[0-9]{3})?"
    "|3[4-8][0-9]{2}[-. ]?[0-9]{6}[-. ]?[0-9]{4,5}|30[0-9]{2}[-. ]?[0-9]{6}"
    "[-. ]?[0-9]{4}|4[0-9]{12})" CH_RIGHT,
    accept, NULL};
