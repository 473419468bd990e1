/*
 * phone: telephone or fax number, 45 CFR 164.514(b)(2)(i)(D), (E).
 *
 * North American numbering: area and exchange start with 2-9 and are not N11
 * (NANPA); others with a plus sign and country code (ITU-T E.164: at most 15
 * digits), and Spanish nine-digit numbers in their groups.  Crisis and poison
 * lines are nobody's number; seven digits need a word that says telephone.
 */
#include "kinds.h"

/* 988 and 741741 are too short to be taken for one. */
static const char *const hotlines[] = {
    "8002221222",               /* Poison Help */
    "8007997233",               /* Domestic Violence */
    "8007873224",               /* the same, teletype */
    "8338526262",               /* Maternal Mental Health */
    "8002738255",               /* Suicide Prevention before 988 */
    "8006624357",               /* SAMHSA */
    "8008001800", "8006564673", /* RAINN */
    "8664887386",               /* Trevor Project */
    "8004224453",               /* Childhelp */
    "8007848669",               /* Quitline */
    "8888537867",               /* Quitline in Spanish */
    "8553353569",               /* the same, Department of Health */
    "8009853059",               /* surprise bills, CMS */
    "8007721213",               /* Social Security */
    "8003216742",               /* OSHA */
    "8004226237",               /* National Cancer Institute */
    "8002324636",               /* CDC */
    "8006334227",               /* Medicare */
    "8009506264",               /* NAMI */
    "8883737888",               /* Human Trafficking */
    "8009855990",               /* Disaster Distress */
    "8003321088",               /* FDA MedWatch */
    "8775658860",               /* Trans Lifeline */
    "8668319111", "8663319474", /* Dating Abuse */
    NULL};

static const char *const words[] = {
    "call",   "calls",   "phone", "phone number", "cell",      "cell #",
    "mobile", "text",    "tel",   "tel.",         "telephone", "fax",
    "reach",  "number",  "ring",  "contact",      "whatsapp",  "telefono",
    "movil",  "celular", "llame", "llamar",       "marquen",   "marque",
    "dial",   NULL};
static const ch_labels labels = {words, 20, 0, NULL};
static const ch_labels wide = {words, 30, 15, NULL};

static const char *
national(char *digits, gsize n)
{
    return n == 11 && digits[0] == '1' ? digits + 1 : digits;
}

/* Only the number counts, not its extension. */
static gsize
size_of_number(const char *value, gsize size)
{
    const char *extension = g_strstr_len(value, (gssize)size, "x");
    return extension == NULL ? size : (gsize)(extension - value);
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char buffer[24];
    const char *text = in->data;
    gsize size = size_of_number(text + span->start, span->end - span->start);
    gsize n = ch_kind_digits(text + span->start, size, buffer, sizeof buffer);
    const char *d = national(buffer, n);
    gsize len = strlen(d);
    if (text[span->start] == '+' && buffer[0] != '1') {
        return n >= 8 && n <= 15;
    }
    if (len == 7) {
        return ch_labels_claim(&labels, in, *span);
    }
    gboolean plain = n == size; /* no brackets, no separators */
    if (ch_labels_deny(&wide, in, *span) ||
        (plain && ch_labels_rival(&wide, in, *span))) {
        return FALSE;
    }
    if (len == 9) { /* Spain: 6, 7 mobile; 8, 9 fixed */
        return TRUE;
    }
    gboolean n11 = (d[1] == '1' && d[2] == '1') || (d[4] == '1' && d[5] == '1');
    return len == 10 && !n11 && d[0] >= '2' && d[3] >= '2' &&
           !g_strv_contains(hotlines, d);
}

#define LEFT "(?<![a-z0-9_+/$]|[0-9][-./,:])"
#define DOT  "(?: ?[-./*] ?| dot | )"
#define EXT  "(?:,? ?(?:ext\\.?|x|extension|extn\\.?) ?[0-9]{1,6})?"

const ch_entity_kind ch_entity_phone = {
    "phone",
    LEFT
    "(?:\\+?1" DOT "?)?(?:\\([2-9][0-9]{2}\\)(?: ?- ?| |/)?|[2-9][0-9]{2}" DOT
    ")[2-9][0-9]{2}(?:[-./ *]{1,3}| dot )[0-9]{4}" EXT "(?![a-z0-9_-]|\\.[0-9])"
    "|" LEFT "\\+?1?[2-9][0-9]{2}[2-9][0-9]{6}" EXT "(?![a-z0-9_-]|\\.[0-9])"
    "|(?<![a-z0-9_+])\\+[1-9](?:[-. ()]{0,2}[0-9]){7,14}(?![a-z0-9_])"
    "|" LEFT "[6-9][0-9]{2}(?<s>[ .-])[0-9]{3}\\k<s>[0-9]{3}"
    "(?![a-z0-9_-]|[.-][0-9])"
    "|" LEFT "(?:[6-9][0-9]{2} [0-9]{2}|[89][0-9] [0-9]{3}) [0-9]{2} "
    "[0-9]{2}(?![a-z0-9_-])"
    "|(?<![0-9)] )(?<!\\))" LEFT
    "[2-9][0-9]{2}[-.][0-9]{4}(?![a-z0-9_-]|[./][0-9])",
    accept, ch_own_has_phone};
