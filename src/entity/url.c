/*
 * url: web address, 45 CFR 164.514(b)(2)(i)(N).
 *
 * With a scheme (RFC 3986), or "www.", or a host under a top-level domain that
 * people know with a path behind it, or a bare host under the commonest ones.
 * "node.js" and a missing space behind a full stop are none.
 */
#include "kinds.h"

#define TLDS                                                                   \
    "(?:com|org|net|edu|gov|mil|info|biz|health|care|clinic|doctor|dental|"    \
    "dentist|hospital|blog|site|online|app|page|io|co|me|us|uk|es|mx|ca|de|"   \
    "fr|ly|gl|gg|tv|link|example)"

/* A full stop or bracket behind an address belongs to the sentence. */
static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    while (span->end > span->start &&
           strchr(".,;:!?)\"'*]", in->data[span->end - 1]) != NULL) {
        span->end--;
    }
    const char *value = in->data + span->start;
    return span->end - span->start > 5 && strncmp(value, "asp.net", 7) != 0 &&
           strncmp(value, "doi.", 4) != 0;
}

const ch_entity_kind ch_entity_url = {
    "url",
    "(?<![a-z0-9])(?:https?|ftp|hxxps?)://[a-z0-9\\[][^ <>\"]{2,2000}"
    "|(?<![a-z0-9@.-])www\\.[a-z0-9][^ <>\"]{3,2000}"
    "|(?<![a-z0-9@._/+-])[a-z0-9][a-z0-9-]{0,62}"
    "(?:\\.[a-z0-9-]{1,63}){0,3}\\." TLDS "(?::[0-9]{2,5})?/[^ <>\"]{1,2000}"
    "|(?<![a-z0-9@._/+-])[a-z0-9][a-z0-9-]{1,62}"
    "(?:\\.[a-z0-9-]{1,63}){0,3}\\.(?:com|org|net|edu|gov|info|blog|health|"
    "clinic|dental|example)(?![a-z0-9@/-]|\\.[a-z0-9])",
    accept, ch_own_has_url};
