/*
 * mx-curp: Mexican population registry code.
 *
 * Letters of the name, birth date, sex, state, consonants, a character that
 * tells namesakes apart, and a check digit by weights 18 to 2 over the table
 * 0-9 A-N Ñ O-Z (Secretaría de Gobernación, Instructivo normativo para la
 * asignación de la CURP, 2021).
 */
#include "kinds.h"

static const char states[] = "as bc bs cc cl cm cs ch df dg gt gr hg jc mc mn "
                             "ms nt nl oc pl qt qr sp sl sr tc ts tl vz yn zs "
                             "ne ";

static guint
value_of(const char *p)
{
    guchar c = (guchar)*p;
    return c == 0xC3             ? 24 /* ñ */
           : g_ascii_isdigit(*p) ? (guint)(c - '0')
           : c <= 'n'            ? (guint)(c - 'a') + 10
                                 : (guint)(c - 'a') + 11;
}

static gboolean
is_state(const char *code)
{
    char want[] = {code[0], code[1], ' ', '\0'};
    const char *at = strstr(states, want);
    return at != NULL && (at - states) % 3 == 0;
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    const char *p = in->data + span->start, *end = in->data + span->end;
    const char *places[18] = {NULL};
    guint n = 0, sum = 0;
    for (; p < end && n < 18; p = g_utf8_next_char(p), n++) {
        places[n] = p;
        sum += n < 17 ? value_of(p) * (18 - n) : 0;
    }
    if (n < 18) {
        return FALSE;
    }
    guint month = ch_kind_two(places[6]), day = ch_kind_two(places[8]);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
           is_state(places[11]) &&
           (10 - sum % 10) % 10 == (guint)(*places[17] - '0');
}

const ch_entity_kind ch_entity_mx_curp = {
    "mx-curp",
    "(?<![a-z0-9_])[a-z\303\261]{4}[0-9]{6}[hmx][a-z]{2}[a-z\303\261]{3}"
    "[a-z0-9][0-9](?![a-z0-9_])",
    accept, NULL};
