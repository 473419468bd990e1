/*
 * date-of-birth: a full date behind a word that says birth, 45 CFR
 * 164.514(b)(2)(i)(C).  English and Spanish; day and month in either order.
 */
#include "kinds.h"

#define MONTHS                                                                 \
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|"     \
    "aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|"    \
    "enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|"   \
    "noviembre|diciembre)"
#define DATE                                                                   \
    "(?:\\d{1,2} ?[-/.] ?\\d{1,2} ?[-/.] ?(?:\\d{4}|\\d{2})"                   \
    "|\\d{4}-\\d{2}-\\d{2}"                                                    \
    "|" MONTHS "\\.? \\d{1,2}(?:st|nd|rd|th)?,? (?:of )?\\d{4}"                \
    "|\\d{1,2}(?:st|nd|rd|th)? (?:de |of )?" MONTHS "\\.?,? (?:de |del )?"     \
    "\\d{4})"

const ch_entity_kind ch_entity_date_of_birth = {
    "date-of-birth",
    "(?<!\\w)(?:d\\.?o\\.?b\\.?|date of birth|birth ?date|birthday|born"
    "|fecha de nacimiento|f\\. ?nac(?:imiento)?\\.?|fec\\. ?nac\\.?"
    "|nacid[oa]|nacio)(?: is| was| on| el| es| dia|[ :=#*-]){1,4}"
    "(?<!\\d)" DATE "(?!\\d)",
    NULL, NULL};
