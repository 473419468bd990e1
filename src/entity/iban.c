/*
 * iban: International Bank Account Number, ISO 13616.
 *
 * Country, two check digits, and as many characters as that country has in
 * the registry of SWIFT; the whole modulo 97 is 1 (ISO 7064).  Only as much
 * of the hit is taken as the country's length allows: a word may follow.
 */
#include "kinds.h"

static const char lengths[] =
    "ad24 ae23 al28 at20 az28 ba20 be16 bg22 bh22 br29 by28 ch21 cr22 cy28 "
    "cz24 de22 dk18 do28 ee20 eg29 es24 fi18 fo18 fr27 gb22 ge22 gi23 gl18 "
    "gr27 gt28 hr21 hu28 ie22 il23 iq23 is26 it27 jo30 kw30 kz20 lb28 lc32 "
    "li21 lt20 lu20 lv21 mc27 md24 me22 mk19 mr27 mt31 mu30 nl18 no15 pk24 "
    "pl28 ps29 pt25 qa29 ro24 rs22 sa24 sc31 se24 si19 sk24 sm27 st25 sv28 "
    "tl23 tn24 tr26 ua29 vg24 xk20 ";

static gsize
country_length(const char *country)
{
    for (const char *p = lengths; *p != '\0'; p += 5) {
        if (p[0] == country[0] && p[1] == country[1]) {
            return ch_kind_two(p + 2);
        }
    }
    return 0;
}

static guint
remainder_97(const char *iban, gsize length)
{
    guint rest = 0;
    for (gsize i = 0; i < length; i++) {
        char c = iban[(i + 4) % length];
        rest = g_ascii_isdigit(c) ? rest * 10 + (guint)(c - '0')
                                  : rest * 100 + (guint)(c - 'a') + 10;
        rest %= 97;
    }
    return rest;
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char iban[64];
    gsize want = country_length(in->data + span->start);
    gsize have = CH_ALNUMS(in, *span, iban);
    if (want == 0 || have < want || remainder_97(iban, want) != 1) {
        return FALSE;
    }
    gsize at = span->start;
    for (gsize n = 0; n < want; at++) {
        n += g_ascii_isalnum(in->data[at]) ? 1 : 0;
    }
    span->end = at;
    return at == in->length || !ch_kind_is_word(in->data[at]);
}

const ch_entity_kind ch_entity_iban = {
    "iban",
    "(?<![a-z0-9_])[a-z]{2}[0-9]{2}(?:[ -]?[a-z0-9]{4}){2,7}"
    "(?:[ -]?[a-z0-9]{1,3})?(?![a-z0-9_])",
    accept, NULL};
