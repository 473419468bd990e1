/*
 * age, age-over-89: how old a person is; ages over 89 are identifiers, 45 CFR
 * 164.514(b)(2)(i)(C).
 *
 * "93-year-old", "93 yo", "aged 93", "93F", "noventa y tres años",
 * "nonagenarian".  A house, a practice and an anniversary have years, too, and
 * are none.  Numbers up to one hundred twelve may be words.
 */
#include "kinds.h"

#define OVER 89

#define UNITS                                                                  \
    "(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
#define TENS "(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
#define TEENS                                                                  \
    "(?:thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
#define ENGLISH                                                                \
    "(?:(?:one|a) hundred(?:(?: and|-and)?[ -]" UNITS ")?|" TENS               \
    "(?:[ -]?" UNITS ")?|" TEENS "|" UNITS ")"
#define SPANISH                                                                \
    "(?:(?:veinte|treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa)" \
    "(?: y (?:un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve))?|cien"     \
    "|ciento (?:un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|"     \
    "once|doce)|veinti(?:un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve)" \
    "|dieci(?:seis|siete|ocho|nueve)|dos|tres|cuatro|cinco|seis|siete|ocho"    \
    "|nueve|diez|once|doce|trece|catorce|quince)"
#define EDGE    "(?<![a-z0-9_$.,/+-])"
#define YEARS   "(?:years?|yrs?\\.?)"
#define PERIODS "(?:months?|mos?|weeks?|wks?|days?)"
#define OLD     "(?:[- ]?" YEARS "[- ]?(?:old|young|of age))"

/* Objects that have years, too, and what one says of a practice. */
static const char *const things[] = {
    "building",     "buildings",   "house",       "home",        "clinic",
    "practice",     "office",      "hospital",    "church",      "school",
    "tradition",    "company",     "firm",        "business",    "program",
    "organization", "institution", "foundation",  "association", "car",
    "truck",        "tree",        "oak",         "law",         "bridge",
    "recipe",       "dog",         "cat",         "wine",        "whiskey",
    "technique",    "study",       "record",      "equipment",   "machine",
    "x-ray",        "myth",        "rule",        "vaccine",     "drug",
    "treatment",    "bell",        "piano",       "brick",       "farmhouse",
    "barn",         "facility",    "legacy",      "town",        "library",
    "museum",       "society",     "chapter",     "roof",        "elevator",
    "furnace",      "photo",       "textbook",    "journal",     "theory",
    "mansion",      "theater",     "hotel",       "bank",        "pharmacy",
    "partnership",  "edificio",    "casa",        "clinica",     "consultorio",
    "tradicion",    "empresa",     "fundacion",   "arbol",       "iglesia",
    "escuela",      "aniversario", "anniversary", NULL};
/* They end the look for an object: a person stands there. */
static const char *const persons[] = {
    "man",         "woman",       "patient", "male",   "female",
    "lady",        "gentleman",   "boy",     "girl",   "who",
    "with",        "at",          "in",      "from",   "came",
    "presented",   "was",         "is",      "had",    "has",
    "grandmother", "grandfather", "mother",  "father", "great-grandmother",
    "and",         "to",          "on",      "by",     "veteran",
    "resident",    NULL};
static const char *const houses[] = {
    "we",          "we've",     "our",         "practice",    "clinic",
    "hospital",    "office",    "building",    "company",     "foundation",
    "church",      "school",    "association", "it",          "celebrates",
    "celebrating", "celebrate", "celebrated",  "anniversary", "building is",
    "program",     "society",   "department",  NULL};
static const char *const years_of_work[] = {
    "hace",        "durante",     "ultimos",   "proximos",   "cada",
    "primeros",    "nuestros",    "celebra",   "celebramos", "celebrando",
    "aniversario", "garantia",    "llevamos",  "lleva",      "por mas de",
    "edificio",    "casa",        "clinica",   "tradicion",  "empresa",
    "fundacion",   "arbol",       "iglesia",   "escuela",    "hospital",
    "historia",    "experiencia", "dentro de", "en los",     NULL};
static const char *const of_work[] = {
    "experiencia", "servicio",    "servir",        "historia",  "garantia",
    "practica",    "trayectoria", "atender",       "atencion",  "despues",
    "atras",       "antes",       "juntos",        "trabajo",   "sirviendo",
    "cuidando",    "atendiendo",  "excelencia",    "tradicion", "carrera",
    "profesion",   "vida util",   "investigacion", NULL};
static const char *const measures[] = {
    "temp",  "temperature", "fever",   "thermostat", "above", "below",  "over",
    "under", "of",          "to",      "set",        "heat",  "around", "about",
    "code",  "icd",         "highway", "route",      "size",  "model",  "gate",
    "seat",  "row",         "room",    "$",          "jet",   "by",     NULL};
static const char *const clinical[] = {
    "with",        "w/",        "who",         "pt",         "patient",
    "presents",    "presented", "presenting",  "s/p",        "hx",
    "h/o",         "c/o",       "came",        "comes",      "had",
    "has",         "here",      "admitted",    "in for",     "in bed",
    "fell",        "diagnosed", "dx",          "dx'd",       "from",
    "today",       "tonight",   "yesterday",   "post",       "p/w",
    "found",       "brought",   "transferred", "discharged", "on",
    "complaining", "status",    "seen",        "needs",      "just",
    "con",         "paciente",  "no known",    "nkda",       "sob",
    NULL};
static const char *const lead_ins[] = {
    "pt",   "patient", "a",        "an", "the",     "my",  "our", "this",
    "that", "hpi",     "paciente", "is", "another", "saw", NULL};

typedef struct {
    const char *word;
    gint value;
} number_word;

static const number_word number_words[] = {
    {"one", 1},
    {"two", 2},
    {"three", 3},
    {"four", 4},
    {"five", 5},
    {"six", 6},
    {"seven", 7},
    {"eight", 8},
    {"nine", 9},
    {"ten", 10},
    {"eleven", 11},
    {"twelve", 12},
    {"thirteen", 13},
    {"fourteen", 14},
    {"fifteen", 15},
    {"sixteen", 16},
    {"seventeen", 17},
    {"eighteen", 18},
    {"nineteen", 19},
    {"twenty", 20},
    {"thirty", 30},
    {"forty", 40},
    {"fifty", 50},
    {"sixty", 60},
    {"seventy", 70},
    {"eighty", 80},
    {"ninety", 90},
    {"hundred", 100},
    {"un", 1},
    {"uno", 1},
    {"una", 1},
    {"dos", 2},
    {"tres", 3},
    {"cuatro", 4},
    {"cinco", 5},
    {"seis", 6},
    {"siete", 7},
    {"ocho", 8},
    {"nueve", 9},
    {"diez", 10},
    {"once", 11},
    {"doce", 12},
    {"trece", 13},
    {"catorce", 14},
    {"quince", 15},
    {"dieci", 10},
    {"veinte", 20},
    {"veinti", 20},
    {"treinta", 30},
    {"cuarenta", 40},
    {"cincuenta", 50},
    {"sesenta", 60},
    {"setenta", 70},
    {"ochenta", 80},
    {"noventa", 90},
    {"cien", 100},
    {"ciento", 100},
    {"nineties", 90},
    {"eighties", 80},
    {"seventies", 70},
    {"sixties", 60},
    {"nonagenarian", 90},
    {"nonagenarians", 90},
    {"nonagenario", 90},
    {"nonagenaria", 90},
    {"octogenarian", 80},
    {"octogenarians", 80},
    {"octogenario", 80},
    {"octogenaria", 80},
    {"centenarian", 100},
    {"centenarians", 100},
    {"supercentenarian", 110},
    {"septuagenarian", 70},
};

/* Value of the longest number word that starts there, 0 for none. */
static gint
value_of_word(const char *p, const char *end, gsize *len_out)
{
    gint value = 0;
    *len_out = 0;
    for (guint i = 0; i < G_N_ELEMENTS(number_words); i++) {
        gsize len = strlen(number_words[i].word);
        if (len > *len_out && len <= (gsize)(end - p) &&
            memcmp(p, number_words[i].word, len) == 0) {
            value = number_words[i].value;
            *len_out = len;
        }
    }
    return value;
}

/* Years that the span speaks of; 0 for months, weeks and days. */
static gint
years_of(const ch_entity_text *in, ch_span span)
{
    const char *p = in->data + span.start, *end = in->data + span.end;
    gint total = 0;
    static const char *const periods[] = {"mo",  "wk",  "week",
                                          "day", "m/o", "meses"};
    for (guint i = 0; i < G_N_ELEMENTS(periods); i++) {
        if (g_strstr_len(p, end - p, periods[i]) != NULL) {
            return 0;
        }
    }
    for (gboolean start = TRUE; p < end; start = !g_ascii_isalpha(*p), p++) {
        gsize len = 0;
        if (g_ascii_isdigit(*p)) {
            return (gint)g_ascii_strtoull(p, NULL, 10);
        }
        gint value = start || total > 0 ? value_of_word(p, end, &len) : 0;
        if (len > 0) {
            total = value == 100 ? 100 : total + value;
            p += len - 1;
        }
    }
    return total;
}

/* Whether one of the next words is a thing rather than a person. */
static gboolean
is_of_thing(const ch_entity_text *in, ch_span span)
{
    gsize at = span.end;
    for (guint n = 0; n < 3 && at < in->length; n++) {
        while (at < in->length &&
               (in->data[at] == ' ' || in->data[at] == '-')) {
            at++;
        }
        gsize start = at;
        while (at < in->length &&
               (ch_kind_is_word(in->data[at]) || in->data[at] == '-')) {
            at++;
        }
        if (at == start || at - start > 24) {
            return FALSE;
        }
        g_autofree char *word = g_strndup(in->data + start, at - start);
        if (g_strv_contains(persons, word)) {
            return FALSE;
        }
        if (g_strv_contains(things, word)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
contains(const ch_entity_text *in, ch_span span, const char *part)
{
    return g_strstr_len(in->data + span.start, (gssize)(span.end - span.start),
                        part) != NULL;
}

/* "91F", "F91": a capital, a credible age and a clinical word beside it. */
static gboolean
is_shorthand(const ch_entity_text *in, ch_span span)
{
    gsize last = span.end - 1;
    gsize letter = g_ascii_isalpha(in->data[last]) ? last : span.start;
    if (in->text != NULL && !ch_kind_is_capital(in, letter)) {
        return FALSE;
    }
    if (ch_kind_has_word(in, span, 9, 0, measures)) {
        return FALSE;
    }
    return ch_kind_has_word(in, span, 0, 14, clinical) ||
           ch_kind_has_word(in, span, 8, 0, lead_ins) ||
           (span.end < in->length && in->data[span.end] == ',');
}

static gboolean
is_shape_of_shorthand(const ch_entity_text *in, ch_span span)
{
    gsize letters = 0;
    for (gsize i = span.start; i < span.end; i++) {
        letters += g_ascii_isalpha(in->data[i]) ? 1 : 0;
    }
    return letters == 1;
}

/* "Rosa Alvarado, 93, came in": the word before the comma has a capital and
 * is no day or month. */
static gboolean
follows_name(const ch_entity_text *in, gsize comma)
{
    static const char *const days[] = {
        "monday",    "tuesday", "wednesday", "thursday", "friday",
        "saturday",  "sunday",  "january",   "february", "march",
        "april",     "may",     "june",      "july",     "august",
        "september", "october", "november",  "december", "room",
        "suite",     "chapter", "page",      "level",    NULL};
    gsize start = comma;
    while (start > 0 && ch_kind_is_word(in->data[start - 1])) {
        start--;
    }
    g_autofree char *word = g_strndup(in->data + start, comma - start);
    return comma - start > 1 && ch_kind_is_capital(in, start) &&
           !ch_kind_is_capital(in, start + 1) && !g_strv_contains(days, word);
}

static gboolean
accept_age(const ch_entity_text *in, ch_span *span)
{
    gint years = years_of(in, *span);
    if (years > 120) {
        return FALSE;
    }
    if (in->data[span->start] == ',') {
        span->start += 2;
        return years > 0 && follows_name(in, span->start - 2);
    }
    if (is_shape_of_shorthand(in, *span)) {
        return years > 0 && is_shorthand(in, *span);
    }
    if (contains(in, *span, "a\303\261os") || contains(in, *span, " anos") ||
        contains(in, *span, "cumpl")) {
        return !ch_kind_has_word(in, *span, 26, 0, years_of_work) &&
               !ch_kind_has_word(in, *span, 0, 20, of_work);
    }
    gsize window = contains(in, *span, "turn") ? 36 : 14;
    return !is_of_thing(in, *span) &&
           !(contains(in, *span, "turn") &&
             ch_kind_has_word(in, *span, window, 0, houses)) &&
           !ch_kind_has_word(in, *span, window, 0, things);
}

static gboolean
accept_over_89(const ch_entity_text *in, ch_span *span)
{
    return years_of(in, *span) > OVER && accept_age(in, span);
}

#define SOMEBODY                                                               \
    "(?:lady|woman|man|gentleman|gent|gran|grandma|grandmother|grandad"        \
    "|grandfather|neighbou?r|resident|patient|client|vecin[oa]|se\303\261ora?" \
    "|abuel(?:it)?[oa]|paciente|ancian[oa]|mujer|hombre)"
#define BESIDE_NAME "(?<=[a-z]), [0-9]{1,3}(?=, [a-z])|"
#define PATTERN                                                                \
    BESIDE_NAME EDGE                                                           \
        "(?:[0-9]{1,3}(?:" OLD "|[- ]?(?:y\\.? ?o\\.?|y/o) ?[mf]?(?![a-z])"    \
        "|[- ]?y(?:rs?)?[- /]?[mf](?![a-z])"                                   \
        "|[- ]?" PERIODS "[- ](?:old|of age)|[- ]?m/o(?![a-z])"                \
        "| a(?:\303\261|n)os(?: de edad)?(?![a-z])| meses de edad"             \
        "|[ /-]?[mf](?![a-z0-9'/-]))"                                          \
        "|[mf][ /-]?[0-9]{2,3}(?![a-z0-9.%'/-])"                               \
        "|" ENGLISH "(?:" OLD "|[- ]" PERIODS "[- ](?:old|of age))"            \
        "|" SPANISH " a(?:\303\261|n)os(?: de edad)?(?![a-z])"                 \
        "|(?:aged|age|edad|ages)(?: of| is|:| =| de)?:? ?"                     \
        "(?:[0-9]{1,3}|" ENGLISH ")(?![a-z0-9%]|[-.,/:][0-9])"                 \
        "|(?:turned|turns|turning|cumplio|cumplir|cumple)(?: los)? "           \
        "(?:[0-9]{2,3}|" TENS "(?:[- ]" UNITS ")?|(?:one|a) hundred"           \
        "(?: and " UNITS ")?|" SPANISH ")(?![a-z0-9%]|[-.,/:][0-9]"            \
        "| (?:a(?:\303\261|n)os|degrees|percent|pages|minutes|times))"         \
        "|" SOMEBODY " (?:of|de) (?:[0-9]{2,3}|" TENS "(?:[- ]" UNITS          \
        ")?|noventa(?: y [a-z]+)?)"                                            \
        "(?![a-z0-9%]|[-.,/:][0-9]| [a-z]*(?:min|day|dia|week|hour|hora|"      \
        "month|mes|percent|euro|dollar|pound|kilo|kg|year|yr|a(?:\303\261|n)"  \
        "o))"                                                                  \
        "|(?:she|he|who|(?:the|this|a) " SOMEBODY ")(?: is|'s| was)"           \
        "(?: now| only| almost| nearly)? "                                     \
        "(?:[0-9]{1,3}|" TENS "(?:[- ]" UNITS ")?)"                            \
        "(?= ?(?:[.;!?)]|, | and | now| but | with |$))"                       \
        "|in (?:her|his) (?:mid-?|late |early )?(?:[6-9]0'?s|nineties"         \
        "|eighties|seventies|sixties)"                                         \
        "|(?:super)?centenarians?|nonagenarians?|octogenarians?"               \
        "|septuagenarian|nonagenari[oa]|octogenari[oa])(?![a-z0-9])"

const ch_entity_kind ch_entity_age = {"age", PATTERN, accept_age, NULL};

const ch_entity_kind ch_entity_age_over_89 = {"age-over-89", PATTERN,
                                              accept_over_89, NULL};
