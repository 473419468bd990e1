/*
 * health-plan-id: member number of an insurance, 45 CFR 164.514(b)(2)(i)(I).
 *
 * Each plan has a shape of its own, mostly nine to twelve letters and digits;
 * the word beside it is compulsory.  A group number belongs to an employer
 * and is none.
 */
#include "kinds.h"

static const char *const words[] = {"member id",
                                    "member no",
                                    "member number",
                                    "member #",
                                    "mbr id",
                                    "subscriber id",
                                    "subscriber no",
                                    "subscriber number",
                                    "subscriber #",
                                    "beneficiary id",
                                    "beneficiary number",
                                    "policy id",
                                    "policy no",
                                    "policy number",
                                    "policy #",
                                    "plan id",
                                    "plan number",
                                    "health plan id",
                                    "insurance id",
                                    "insurance no",
                                    "insurance number",
                                    "insurance #",
                                    "medicaid id",
                                    "medicaid number",
                                    "medicaid no",
                                    "medi-cal id",
                                    "hicn",
                                    "hic#",
                                    "hic no",
                                    "enrollee id",
                                    "rxid",
                                    "rx id",
                                    "numero de poliza",
                                    "poliza no",
                                    "poliza de seguro",
                                    "numero de afiliado",
                                    "numero de afiliada",
                                    "numero de miembro",
                                    "id de miembro",
                                    "numero de asegurado",
                                    "tarjeta sanitaria",
                                    NULL};
static const char *const weak[] = {
    "member",          "subscriber",   "beneficiary", "policy",
    "health plan",     "plan member",  "insurance",   "insurance card",
    "medicaid",        "medi-cal",     "tricare",     "cigna",
    "aetna",           "humana",       "anthem",      "bcbs",
    "blue cross",      "enrollee",     "poliza",      "afiliado",
    "afiliada",        "miembro",      "asegurado",   "asegurada",
    "derechohabiente", "beneficiario", NULL};
static const ch_labels labels = {words, 36, 25, weak};
static const ch_labels strong = {words, 36, 25, NULL};

/* "614-555-0100": three, three and four digits. */
static gboolean
is_like_phone(const char *p, gsize length)
{
    static const char shape[] = "ddd-ddd-dddd";
    for (gsize i = 0; i < length; i++) {
        gboolean digit = g_ascii_isdigit(p[i]);
        if (i >= strlen(shape) || digit != (shape[i] == 'd')) {
            return FALSE;
        }
    }
    return length == strlen(shape);
}

/* An insurance has a phone, too: that needs a label beyond doubt. */
static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    gboolean phone =
        is_like_phone(in->data + span->start, span->end - span->start);
    return ch_kind_count_digits(in, *span) >= 5 &&
           ch_labels_claim(phone ? &strong : &labels, in, *span);
}

const ch_entity_kind ch_entity_health_plan_id = {
    "health-plan-id",
    CH_LEFT "(?:[0-9]{6,14}(?:-[0-9]{1,3}|[a-z]{1,2})?"
            "|(?:[a-z]{1,3} )?[0-9]{3,4}(?:[ -][0-9]{2,4}){1,3}(?:-[0-9]{2})?"
            "|[a-z]{1,4}[- ]?[0-9]{2,4}(?:[ -][0-9]{2,5}){2,3}"
            "|[0-9]{3}-?[0-9]{2}-?[0-9]{4}-?[a-z][0-9]?|" CH_CODE ")" CH_RIGHT,
    accept, NULL};
