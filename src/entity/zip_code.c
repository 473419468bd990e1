/*
 * zip-code: postal code, a geographic unit below a state, 45 CFR
 * 164.514(b)(2)(i)(B).
 *
 * Five digits behind a state or a word that says so, or five and four (USPS
 * Publication 28, section 23).  Five digits alone are any number.  "in 43215"
 * and "or 12345" are words: a state of two letters has capitals or a comma.
 */
#include "kinds.h"

#define STATES                                                                 \
    "(?:al|ak|az|ar|ca|co|ct|de|dc|fl|ga|hi|id|il|in|ia|ks|ky|la|me|md|ma|mi|" \
    "mn|ms|mo|mt|ne|nv|nh|nj|nm|ny|nc|nd|oh|ok|or|pa|pr|ri|sc|sd|tn|tx|ut|vt|" \
    "va|wa|wv|wi|wy)"
#define NAMES                                                                  \
    "(?:alabama|alaska|arizona|arkansas|california|colorado|connecticut|"      \
    "delaware|florida|georgia|hawaii|idaho|illinois|indiana|iowa|kansas|"      \
    "kentucky|louisiana|maine|maryland|massachusetts|michigan|minnesota|"      \
    "mississippi|missouri|montana|nebraska|nevada|hampshire|jersey|mexico|"    \
    "york|carolina|dakota|ohio|oklahoma|oregon|pennsylvania|rhode island|"     \
    "tennessee|texas|utah|vermont|virginia|washington|wisconsin|wyoming|"      \
    "puerto rico)"

/* Whether the two letters before the number are meant for a state. */
static gboolean
is_state(const ch_entity_text *in, gsize at)
{
    return (ch_kind_is_capital(in, at) && ch_kind_is_capital(in, at + 1)) ||
           (at > 1 && in->data[at - 1] == ' ' && in->data[at - 2] == ',');
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    gsize letters = span->start, at = span->start;
    while (!g_ascii_isdigit(in->data[at])) {
        at++;
    }
    gsize word = strcspn(in->data + letters, " .,:#0123456789");
    gboolean label = strncmp(in->data + letters, "cp", 2) == 0 ||
                     strncmp(in->data + letters, "c.p", 3) == 0;
    span->start = at;
    if (at > letters && word == 2 && !label) {
        return is_state(in, letters);
    }
    return at > letters || !ch_labels_deny(NULL, in, *span);
}

const ch_entity_kind ch_entity_zip_code = {
    "zip-code",
    "(?<![a-z0-9_.-])(?:" STATES "\\.?,? ?|" NAMES ",? "
    "|(?:zip|zip ?code|postal code|codigo postal|c\\.?p\\.?)"
    "(?: is| es|:|#|=| no\\.?){0,2} ?)[0-9]{5}(?:-[0-9]{4})?" CH_RIGHT
    "|" CH_LEFT "[0-9]{5}-[0-9]{4}" CH_RIGHT,
    accept, ch_own_has_zip};
