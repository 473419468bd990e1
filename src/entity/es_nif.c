/*
 * es-nif, es-nie: Spanish identity numbers of citizens and of foreigners.
 *
 * Eight digits and a letter that is the number modulo 23; foreigners have X, Y
 * or Z for the first digit 0, 1, 2 (Real Decreto 1553/2005; Orden
 * INT/2058/2008).  A wrong letter is no such number.
 */
#include "kinds.h"

static const char *const words[] = {"dni",        "d.n.i",
                                    "nif",        "n.i.f",
                                    "nie",        "n.i.e",
                                    "documento",  "documento nacional",
                                    "identidad",  "numero de identidad",
                                    "dni number", "spanish id",
                                    "extranjero", "residencia",
                                    NULL};
static const ch_labels labels = {words, 36, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char code[16];
    if (CH_ALNUMS(in, *span, code) != 9) {
        return FALSE;
    }
    if (code[0] >= 'x') {
        code[0] = (char)('0' + (code[0] - 'x'));
    }
    char letter = code[8];
    code[8] = '\0';
    guint64 number = g_ascii_strtoull(code, NULL, 10);
    return letter == "trwagmyfpdxbnjzsqvhlcke"[number % 23] && number > 9 &&
           !ch_labels_deny(&labels, in, *span);
}

const ch_entity_kind ch_entity_es_nif = {
    "es-nif",
    CH_LEFT "[0-9]{2}\\.?[0-9]{3}\\.?[0-9]{3}(?: ?- ?| )?"
            "[a-hj-np-tv-z]" CH_RIGHT,
    accept, NULL};

const ch_entity_kind ch_entity_es_nie = {
    "es-nie",
    CH_LEFT "[xyz](?: ?[-.] ?| )?(?:[0-9]{7}|[0-9]\\.[0-9]{3}\\.[0-9]{3})"
            "(?: ?- ?| )?[a-hj-np-tv-z]" CH_RIGHT,
    accept, NULL};
