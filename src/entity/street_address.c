/*
 * street-address: a place smaller than a state, 45 CFR 164.514(b)(2)(i)(B).
 *
 * English: number, name, type of street (USPS Publication 28, appendix C), with
 * unit; Spanish: type, name, number; post boxes.  Types that are words of
 * every day ("5 great ways", "2 mile drive") count only with capitals, or with
 * a long number where capitals are not known.
 */
#include "kinds.h"

#define STRONG                                                                 \
    "(?:street|str|avenue|ave?|boulevard|blvd|road|rd|lane|ln|terrace|ter|"    \
    "parkway|pkwy|highway|hwy|turnpike|tpke|expressway|expy|cul-de-sac|"       \
    "alley|crescent|st|ct|cir|pl|sq|trl)"
#define WEAK                                                                   \
    "(?:drive|dr|court|circle|place|way|square|trail|loop|run|path|pike|row|"  \
    "walk|pass|point|ridge|park|plaza|commons|crossing|hollow|bend|landing|"   \
    "broadway|close|grove|hill|heights|view|cove|mews|esplanade|rise|gardens|" \
    "quay|wharf|villas|vale|croft|wash)"
#define COMPASS                                                                \
    "(?:(?:n|s|e|w|ne|nw|se|sw|north|south|east|west|northeast|northwest|"     \
    "southeast|southwest)\\.? )?"
#define WORD "[a-z][a-z'.-]{0,19}"
#define UNIT                                                                   \
    "(?:(?:,|-)? ?(?:apt|apartment|unit|suite|ste|room|rm|floor|fl|bldg|"      \
    "building|lot|trailer|no|dept|#)\\.? ?#? ?[a-z]?-?[0-9]{0,5}[a-z]?"        \
    "(?![a-z0-9]))?"

/* One of these in the name, and it was no name. */
static const char *const ordinary[] = {
    "a",      "an",       "the",     "and",     "or",     "to",      "in",
    "on",     "at",       "for",     "with",    "from",   "your",    "our",
    "my",     "his",      "her",     "their",   "we",     "you",     "is",
    "are",    "was",      "will",    "can",     "of",     "that",    "this",
    "than",   "by",       "mile",    "miles",   "minute", "minutes", "min",
    "mins",   "hour",     "hours",   "day",     "days",   "week",    "weeks",
    "month",  "months",   "year",    "years",   "block",  "blocks",  "percent",
    "people", "patients", "kids",    "doctors", "nurses", "easy",    "great",
    "simple", "quick",    "best",    "top",     "good",   "ways",    "tips",
    "things", "steps",    "reasons", "star",    "key",    "more",    "new",
    "pm",     "am",       "feet",    "foot",    "pounds", "lbs",     "mg",
    "ml",     "times",    "car",     "parking", "baby",   "patient", "charity",
    "fun",    "blood",    "food",    "toy",     "coat",   "through", "sesame",
    "wall",   "weeks",    "later",   "ago",     "left",   "spots",   "wrong",
    "dollar", "dollars",  "cent",    "inch",    NULL};

static gboolean
has_ordinary_word(const ch_entity_text *in, ch_span name)
{
    for (gsize at = name.start; at < name.end;) {
        gsize len = strcspn(in->data + at, " .,");
        g_autofree char *word = g_strndup(in->data + at, len);
        if (len > 0 && g_strv_contains(ordinary, word)) {
            return TRUE;
        }
        at += len + 1;
    }
    return FALSE;
}

static gboolean
is_weak(const char *value, gsize size)
{
    static const char *const types[] = {
        " drive",  " dr",        " court",    " circle",  " place", " way",
        " square", " trail",     " loop",     " run",     " path",  " pike",
        " row",    " walk",      " pass",     " point",   " ridge", " park",
        " plaza",  " commons",   " crossing", " hollow",  " bend",  " landing",
        " close",  " grove",     " hill",     " heights", " view",  " cove",
        " mews",   " esplanade", " rise",     " gardens", " quay",  " wharf",
        " villas", " vale",      " croft",    " wash",    NULL};
    g_autofree char *copy = g_strndup(value, size);
    copy[strcspn(copy, ",#")] = '\0';
    for (guint i = 0; types[i] != NULL; i++) {
        const char *at = g_strrstr(copy, types[i]);
        if (at != NULL && !g_ascii_isalpha(at[strlen(types[i])])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* "en la plaza mayor de 10 a 13": hours. */
static gboolean
has_hours(const ch_entity_text *in, ch_span span)
{
    gsize digit = span.start;
    while (digit < span.end && !g_ascii_isdigit(in->data[digit])) {
        digit++;
    }
    return digit >= span.start + 4 &&
           memcmp(in->data + digit - 4, " de ", 4) == 0;
}

/* Spanish addresses end with the number: "12 de octubre" is a day, "12:30" a
 * time, "12 años" a span of time. */
static gboolean
accept_spanish(const ch_entity_text *in, ch_span span)
{
    static const char *const after[] = {
        "de enero",      "de febrero", "de marzo",     "de abril",
        "de mayo",       "de junio",   "de julio",     "de agosto",
        "de septiembre", "de octubre", "de noviembre", "de diciembre",
        "a\303\261os",   "anos",       "am",           "pm",
        "horas",         "hrs",        "minutos",      NULL};
    return !has_hours(in, span) && !ch_kind_has_word(in, span, 0, 4, after);
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    const char *value = in->data + span->start;
    gsize size = span->end - span->start;
    if (!g_ascii_isdigit(value[0])) {
        return accept_spanish(in, *span);
    }
    gsize digits = strspn(value, "0123456789");
    gsize name =
        span->start + digits + strspn(value + digits, "abcd- 0123456789/");
    name = MIN(name, span->end);
    if (name > span->start && in->data[name - 1] != ' ') {
        while (name > span->start && in->data[name - 1] != ' ') {
            name--; /* took in the first letters of the name */
        }
    }
    if (has_ordinary_word(in, (ch_span){name, span->end})) {
        return FALSE;
    }
    gboolean capital =
        ch_kind_is_capital(in, name) || g_ascii_isdigit(in->data[name]);
    return !is_weak(value, size) ||
           (in->text != NULL ? capital || digits >= 4 : digits >= 3);
}

const ch_entity_kind ch_entity_street_address = {
    "street-address",
    CH_LEFT
    "(?:[0-9]{1,6}(?:[a-d]|-[0-9]{1,4}| 1/2)? " COMPASS
    "(?:[0-9]{1,3}(?:st|nd|rd|th)|" WORD ")(?: " WORD "){0,3}?"
    " (?:" STRONG "|" WEAK ")(?![a-z0-9'])\\.?"
    "(?:,? (?:n|s|e|w|ne|nw|se|sw)(?![a-z0-9'.]))?" UNIT "|[0-9]{1,6} " COMPASS
    "(?:(?:old|us|u\\.s\\.|state|county|farm) ){0,2}"
    "(?:highway|hwy|route|rte|county road|road) [0-9]{1,4}(?![a-z0-9])" UNIT
    "|[0-9]{1,6} " COMPASS "broadway(?![a-z])" UNIT ")"
    "|(?<![a-z0-9_])(?:p\\.? ?o\\.? ?box|post office box|apartado"
    "(?: postal| de correos)?|apdo\\.?(?: postal)?) (?:#|no\\.? )?[0-9]{1,6}"
    "(?![a-z0-9])"
    "|(?<![a-z0-9_])(?:c/ ?|(?:avda|av|pza|ctra|blvd)\\. ?|(?:calle|avenida|"
    "avda|av|paseo|pza|plaza|camino|carretera|ctra|calzada|ronda|travesia|"
    "callejon|calleja|prolongacion|cerrada|privada|boulevard|blvd|bulevar|"
    "glorieta|costanilla|pasaje|rambla|rua|cuesta(?= del? )) )"
    "(?:(?:de|del|la|las|los|el) ){0,2}[a-z\303\261][a-z\303\261.'-]{1,19}"
    "(?: [a-z\303\261][a-z\303\261.'-]{0,19}){0,3}?"
    "(?:,? ?(?:n\\.?o?\\.?|num\\.?|numero|#) ?|, ?| )[0-9]{1,5}"
    "(?: ?-? ?[a-z](?![a-z0-9]))?(?![0-9:%]|[/.,-][0-9])"
    "(?:,? (?:piso |depto\\.? |int\\.? |puerta |apto\\.? |local )?"
    "[0-9]{1,3}o?(?![0-9:a-z])(?:,? ?[a-z](?![a-z0-9]))?)?",
    accept, ch_own_has_address};
