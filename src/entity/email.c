/*
 * email: mail address, 45 CFR 164.514(b)(2)(i)(F); shape of RFC 5321 4.1.2
 * as people use it, and "name at host dot com".
 */
#include "kinds.h"

static gboolean
is_own(const ch_own *own, const char *value, gsize length)
{
    g_autofree char *copy = g_strndup(value, length);
    const char *at = strrchr(copy, '@');
    if (at == NULL) {
        return FALSE;
    }
    for (guint i = 0; own->domains[i] != NULL; i++) {
        const char *d = own->domains[i];
        gsize host = strlen(at + 1), want = strlen(d);
        if (g_str_has_suffix(at + 1, d) &&
            (host == want || at[host - want] == '.')) {
            return TRUE;
        }
    }
    return FALSE;
}

const ch_entity_kind ch_entity_email = {
    "email",
    "(?<![\\w.+%-])[a-z0-9][\\w.+%-]{0,63}"
    "(?:@|\\x20?[(\\[]at[)\\]]\\x20?| at (?=[a-z0-9-]+ dot ))"
    "[a-z0-9][a-z0-9-]{0,62}"
    "(?:(?:\\.|\\x20?[(\\[]dot[)\\]]\\x20?| dot )[a-z0-9-]{1,63}){0,4}"
    "(?:\\.|\\x20?[(\\[]dot[)\\]]\\x20?| dot )[a-z]{2,24}(?![\\w@])",
    NULL, is_own};
