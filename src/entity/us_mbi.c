/*
 * us-mbi: Medicare Beneficiary Identifier, 45 CFR 164.514(b)(2)(i)(I).
 *
 * CMS, "Understanding the Medicare Beneficiary Identifier format": eleven
 * characters C A AN N A AN N A A N N, C = 1-9, no letters S L O I B Z.  The
 * number on the sample card of CMS is nobody's where a card is explained.
 */
#include "kinds.h"

#define A  "[ac-hjkmnp-rt-y]"
#define AN "[0-9ac-hjkmnp-rt-y]"

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    static const char *const cares[] = {
        "her",    "his",    "she",   "he",      "mrs",  "mr",    "ms",
        "pt",     "claim",  "order", "roster",  "gent", "shot",  "lady",
        "doctor", "walker", "fax",   "husband", "wife", "chair", NULL};
    static const char *const explains[] = {
        "sample", "example",  "looks",   "format",  "dummy",  "training",
        "test",   "like",     "ejemplo", "muestra", "prueba", "card",
        "new",    "invented", "tarjeta", "your",    "you",    "tu",
        "scam",   "scammers", "fraud",   NULL};
    /* Who has no card at hand writes the sample's number for a person's. */
    char compact[12];
    CH_ALNUMS(in, *span, compact);
    return strncmp(compact, "1eg4te5mk7", 10) != 0 ||
           (ch_kind_has_word(in, *span, 100, 100, cares) &&
            !ch_kind_has_word(in, *span, 100, 100, explains));
}

const ch_entity_kind ch_entity_us_mbi = {
    "us-mbi",
    "(?<![a-z0-9_-])[1-9]" A AN "[0-9](?<s>(?: ?[-./] ?| )?)" A AN
    "[0-9]\\k<s>" A A "[0-9]{2}(?![a-z0-9_]|-[a-z0-9])",
    accept, NULL};
