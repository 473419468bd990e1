/*
 * Transfer encodings, undone leniently and without loss.
 *
 * GMime's base64 reader stops at the first padding without a warning: bytes
 * glued on behind it stay unseen.  Here decoding goes on after padding, and
 * whatever another reader may take differently is told ("odd").  RFC 2045 6.
 */
#include "core/message_int.h"

#include <string.h>

/* -1 for bytes outside of the alphabet. */
static int
base64_value(guint8 c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

typedef struct {
    guint32 bits;
    guint digits;   /* of the group of four */
    gsize skipped;  /* bytes outside of the alphabet, blanks not counted */
    gboolean ended; /* padding was seen */
    gboolean glued; /* and digits came after it */
} base64_state;

/* What an unfinished group holds: two digits a byte, three digits two. */
static void
flush_group(base64_state *s, GByteArray *out)
{
    for (guint i = 1; i < s->digits; i++) {
        guint8 byte = (guint8)(s->bits >> (6 * s->digits - 8 * i));
        g_byte_array_append(out, &byte, 1);
    }
    s->bits = 0;
    s->digits = 0;
}

static void
take_digit(base64_state *s, GByteArray *out, int value)
{
    s->glued = s->glued || s->ended;
    s->bits = s->bits << 6 | (guint32)value;
    if (++s->digits == 4) {
        flush_group(s, out);
    }
}

static GBytes *
decode_base64(const guint8 *data, gsize len, gboolean *odd_out)
{
    GByteArray *out = g_byte_array_sized_new((guint)(len / 4 * 3 + 3));
    base64_state s = {0};
    for (gsize i = 0; i < len; i++) {
        int value = base64_value(data[i]);
        if (value >= 0) {
            take_digit(&s, out, value);
        } else if (data[i] == '=') {
            s.ended = TRUE;
            flush_group(&s, out);
        } else if (!g_ascii_isspace(data[i])) {
            s.skipped++;
        }
    }
    flush_group(&s, out);
    *odd_out = s.glued || s.skipped > 0;
    return g_byte_array_free_to_bytes(out);
}

/* After "=": bytes of the line end that it takes away, 0 if none; blanks
 * may stand between (RFC 2045 6.7 rule 3). */
static gsize
soft_break(const guint8 *data, gsize len)
{
    gsize i = 0;
    while (i < len && (data[i] == ' ' || data[i] == '\t')) {
        i++;
    }
    if (i < len && data[i] == '\r') {
        i++;
    }
    return i < len && data[i] == '\n' ? i + 1 : 0;
}

static GBytes *
decode_quoted_printable(const guint8 *data, gsize len)
{
    GByteArray *out = g_byte_array_sized_new((guint)len);
    for (gsize i = 0; i < len; i++) {
        guint8 byte = data[i];
        if (byte == '=' && i + 2 < len && g_ascii_isxdigit(data[i + 1]) &&
            g_ascii_isxdigit(data[i + 2])) {
            byte = (guint8)(g_ascii_xdigit_value((char)data[i + 1]) * 16 +
                            g_ascii_xdigit_value((char)data[i + 2]));
            i += 2;
        } else if (byte == '=') {
            gsize gone = soft_break(data + i + 1, len - i - 1);
            if (gone > 0 || i + 1 == len) {
                i += gone;
                continue;
            }
        }
        g_byte_array_append(out, &byte, 1);
    }
    return g_byte_array_free_to_bytes(out);
}

GBytes *
ch_transfer_decode(const char *encoding, GBytes *bytes, gboolean *odd_out)
{
    static const char *const plain[] = {"",      "7bit",  "8bit", "binary",
                                        "7-bit", "8-bit", NULL};
    gsize len;
    const guint8 *data = g_bytes_get_data(bytes, &len);
    g_autofree char *name =
        g_ascii_strdown(encoding == NULL ? "" : encoding, -1);
    g_strdelimit(name, "\"'", ' ');
    g_strstrip(name);
    *odd_out = FALSE;
    if (g_strv_contains(plain, name)) {
        return g_bytes_ref(bytes);
    }
    if (strcmp(name, "base64") == 0) {
        return decode_base64(data, len, odd_out);
    }
    if (strcmp(name, "quoted-printable") == 0) {
        return decode_quoted_printable(data, len);
    }
    *odd_out = TRUE;
    return g_bytes_ref(bytes);
}
