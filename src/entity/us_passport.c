/*
 * us-passport: passport number, 45 CFR 164.514(b)(2)(i)(K).
 *
 * Nine digits, or since 2021 a letter and eight digits (Department of State,
 * "Next generation passport").  Nothing checks them: the word is compulsory.
 */
#include "kinds.h"

static const char *const words[] = {"passport",
                                    "passports",
                                    "passport no",
                                    "passport number",
                                    "passport #",
                                    "passport card",
                                    "pasaporte",
                                    "pasaporte no",
                                    "numero de pasaporte",
                                    NULL};
static const ch_labels labels = {words, 36, 25, NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    return ch_labels_claim(&labels, in, *span);
}

const ch_entity_kind ch_entity_us_passport = {
    "us-passport", CH_LEFT "(?:[a-z][- ]?[0-9]{8}|[0-9]{9})" CH_RIGHT, accept,
    NULL};
