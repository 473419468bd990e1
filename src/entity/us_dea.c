/*
 * us-dea: registration number of who may prescribe controlled substances, a
 * certificate number, 45 CFR 164.514(b)(2)(i)(K).
 *
 * Type of registrant (A B F G M P R, X where waivered), the first letter of
 * the name or 9, six digits and a check digit: d1+d3+d5 and twice d2+d4+d6,
 * modulo 10 (DEA Diversion Control).
 */
#include "kinds.h"

static const char *const words[] = {
    "dea",          "d.e.a",  "dea number", "dea no",       "dea registration",
    "registration", "script", "prescriber", "registro dea", NULL};
static const ch_labels labels = {words, 35, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    static const guint8 weights[] = {1, 2, 1, 2, 1, 2};
    char d[16];
    if (ch_kind_digits(in->data + span->end - 7, 7, d, sizeof d) != 7 ||
        ch_kind_weigh(d, weights, 6) % 10 != (guint)(d[6] - '0')) {
        return FALSE;
    }
    gboolean usual = in->data[span->start] != 'x' &&
                     span->end - span->start == 9 && !ch_kind_is_one_digit(d);
    return (usual && !ch_labels_deny(&labels, in, *span)) ||
           ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_us_dea = {
    "us-dea", CH_LEFT "[abfgmprx][a-z9][ -]?[0-9]{7}" CH_RIGHT, accept, NULL};
