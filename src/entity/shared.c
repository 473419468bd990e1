/*
 * What the kinds of entities share: digits and check digits.
 *
 * Pure arithmetic over the characters of a value; it knows neither text nor
 * labels.
 */
#include "kinds.h"

gsize
ch_kind_digits(const char *value, gsize length, char *out, gsize size)
{
    gsize n = 0;
    for (gsize i = 0; i < length && n + 1 < size; i++) {
        if (g_ascii_isdigit(value[i])) {
            out[n++] = value[i];
        }
    }
    out[n] = '\0';
    return n;
}

gsize
ch_kind_alnums(const char *value, gsize length, char *out, gsize size)
{
    gsize n = 0;
    for (gsize i = 0; i < length && n + 1 < size; i++) {
        if (g_ascii_isalnum(value[i])) {
            out[n++] = value[i];
        }
    }
    out[n] = '\0';
    return n;
}

gsize
ch_kind_count_digits(const ch_entity_text *in, ch_span span)
{
    gsize n = 0;
    for (gsize i = span.start; i < span.end; i++) {
        n += g_ascii_isdigit(in->data[i]) ? 1 : 0;
    }
    return n;
}

gboolean
ch_kind_luhn(const char *digits)
{
    guint sum = 0;
    gboolean twice = FALSE;
    for (gsize i = strlen(digits); i > 0; i--, twice = !twice) {
        guint d = (guint)(digits[i - 1] - '0') * (twice ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

guint
ch_kind_weigh(const char *digits, const guint8 *weights, gsize n)
{
    guint sum = 0;
    for (gsize i = 0; i < n; i++) {
        sum += (guint)(digits[i] - '0') * weights[i];
    }
    return sum;
}

gboolean
ch_kind_is_one_digit(const char *digits)
{
    return strspn(digits, (char[]){digits[0], '\0'}) == strlen(digits);
}

gboolean
ch_kind_is_capital(const ch_entity_text *in, gsize at)
{
    return in->text != NULL && ch_text_is_capital(in->text, at);
}

guint
ch_kind_two(const char *digits)
{
    return (guint)(digits[0] - '0') * 10 + (guint)(digits[1] - '0');
}
