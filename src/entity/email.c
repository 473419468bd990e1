/*
 * email: mail address, 45 CFR 164.514(b)(2)(i)(F); shape of RFC 5321 4.1.2
 * as people use it, and "name at host dot com".
 *
 * The last label has letters, so "j_9@129.126.118.1" is none.
 */
#include "kinds.h"

#define DOT "(?:\\.|\\x20?[(\\[{]dot[)\\]}]\\x20?| dot | punto )"

const ch_entity_kind ch_entity_email = {
    "email",
    "(?<![a-z0-9_.+%-])[a-z0-9_][a-z0-9_.+%'-]{0,63}"
    "(?:@|\\x20@\\x20|\\x20?[(\\[{]at[)\\]}]\\x20?"
    "| (?:at|arroba) (?=[a-z0-9-]{1,63} (?:dot|punto) "
    "|(?:gmail|yahoo|hotmail|outlook|icloud|aol|proton|live|msn)\\.))"
    "[a-z0-9][a-z0-9-]{0,62}(?:" DOT "[a-z0-9-]{1,63}){0,4}" DOT
    "[a-z]{2,24}(?![a-z0-9_@])",
    NULL, ch_own_has_email};
