/*
 * phone: telephone or fax number, 45 CFR 164.514(b)(2)(i)(D), (E).
 *
 * North American numbering: area and exchange start with 2-9 and are not N11
 * (NANPA); others with a plus sign and country code (ITU-T E.164: at most 15
 * digits), and Spanish nine-digit numbers in their groups.  Crisis and poison
 * lines are nobody's number.
 */
#include "kinds.h"

static const char *const hotlines[] = {"8002221222", "8007997233", "8338526262",
                                       "8002738255", "8006624357", "8008001800",
                                       NULL};

static const char *
national(char *digits, gsize n)
{
    return n == 11 && digits[0] == '1' ? digits + 1 : digits;
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char buffer[24];
    const char *text = in->data;
    gsize size = span->end - span->start;
    gsize n = ch_kind_digits(text + span->start, size, buffer, sizeof buffer);
    if (text[span->start] == '+' && buffer[0] != '1') {
        return n >= 8 && n <= 15;
    }
    const char *d = national(buffer, n);
    if (strlen(d) == 9) { /* Spain: 6, 7 mobile; 8, 9 fixed */
        return TRUE;
    }
    gboolean n11 = (d[1] == '1' && d[2] == '1') || (d[4] == '1' && d[5] == '1');
    return strlen(d) == 10 && !n11 && d[0] >= '2' && d[3] >= '2' &&
           !g_strv_contains(hotlines, d);
}

static gboolean
is_own(const ch_own *own, const char *value, gsize length)
{
    char buffer[24];
    gsize n = ch_kind_digits(value, length, buffer, sizeof buffer);
    const char *digits = national(buffer, n);
    for (guint i = 0; own->phones[i] != NULL; i++) {
        if (g_str_has_suffix(digits, own->phones[i]) ||
            g_str_has_suffix(own->phones[i], digits)) {
            return TRUE;
        }
    }
    return FALSE;
}

const ch_entity_kind ch_entity_phone = {
    "phone",
    "(?<![\\w+./-])(?:\\+?1[-. ]{0,2})?"
    "(?:\\([2-9]\\d{2}\\) ?|[2-9]\\d{2} ?[-./] ?|[2-9]\\d{2} )"
    "[2-9]\\d{2}[-./ ]{1,3}\\d{4}(?![\\w-]|\\.\\d)"
    "|(?<![\\w.-])[2-9]\\d{2}[2-9]\\d{6}(?![\\w-]|\\.\\d)"
    "|(?<![\\w+])\\+[1-9](?:[-. ()]{0,2}\\d){7,14}(?!\\w)"
    "|(?<![\\w./-])[6-9]\\d{2} \\d{3} \\d{3}(?![\\w-])"
    "|(?<![\\w./-])[6-9]\\d{2} \\d{2} \\d{2} \\d{2}(?![\\w-])",
    accept, is_own};
