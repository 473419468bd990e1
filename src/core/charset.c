/*
 * Declared character sets to UTF-8.
 *
 * Between transfer decoding and the texts.  Real mail names charsets loosely
 * and wrongly, so: a byte order mark wins; a known name is converted by iconv;
 * without a usable name, valid UTF-8 is UTF-8 and everything else
 * windows-1252.  Where bytes are also readable as UTF-8 (UTF-7, ISO-2022, HZ,
 * EBCDIC, mislabelled UTF-8), that reading is returned too, so that a charset
 * cannot hide text.  Refuses to fail: every input has an answer.
 */
#include "core/charset.h"

#include <errno.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

typedef struct {
    const char *alias; /* as mail writes it, lower case */
    const char *name;  /* for iconv; "" is no claim at all */
} charset_alias;

/* The names whose superset is meant follow the WHATWG Encoding Standard. */
static const charset_alias aliases[] = {
    {"us-ascii", ""},
    {"ascii", ""},
    {"ansi_x3.4-1968", ""},
    {"unknown-8bit", ""},
    {"x-unknown", ""},
    {"default", ""},
    {"default_charset", ""},
    {"binary", ""},
    {"8bit", ""},
    {"7bit", ""},
    {"utf8", "UTF-8"},
    {"utf-8", "UTF-8"},
    {"utf_8", "UTF-8"},
    {"utf8mb4", "UTF-8"},
    {"unicode-1-1-utf-8", "UTF-8"},
    {"unicode", "UTF-16"},
    {"ucs-2", "UTF-16"},
    {"utf16", "UTF-16"},
    {"utf-16", "UTF-16"},
    {"utf32", "UTF-32"},
    {"utf-32", "UTF-32"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"x-unicode-2-0-utf-7", "UTF-7"},
    {"latin1", "CP1252"},
    {"latin-1", "CP1252"},
    {"iso8859-1", "CP1252"},
    {"iso88591", "CP1252"},
    {"iso_8859-1", "CP1252"},
    {"iso-8859-1", "CP1252"},
    {"8859_1", "CP1252"},
    {"windows-1252", "CP1252"},
    {"windows1252", "CP1252"},
    {"cp-1252", "CP1252"},
    {"cp1252", "CP1252"},
    {"x-cp1252", "CP1252"},
    {"ansi", "CP1252"},
    {"iso8859-15", "ISO-8859-15"},
    {"iso_8859-15", "ISO-8859-15"},
    {"latin9", "ISO-8859-15"},
    {"iso-8859-9", "CP1254"},
    {"iso-8859-11", "CP874"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-8-e", "ISO-8859-8"},
    {"tis-620", "CP874"},
    {"windows-874", "CP874"},
    {"macintosh", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"macroman", "MACINTOSH"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"gb2312", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"gbk", "GB18030"},
    {"x-gbk", "GB18030"},
    {"big5", "CP950"},
    {"ks_c_5601-1987", "CP949"},
    {"ksc5601", "CP949"},
    {"euc-kr", "CP949"},
    {"hz-gb-2312", "HZ"},
    {"hz", "HZ"},
};

void
ch_decoded_clear(ch_decoded *decoded)
{
    g_clear_pointer(&decoded->text, g_bytes_unref);
    g_clear_pointer(&decoded->other, g_bytes_unref);
}

/* iconv's name, "" for no claim.  Owned. */
static char *
dup_name(const char *declared)
{
    if (declared == NULL) {
        return g_strdup("");
    }
    g_autofree char *name = g_ascii_strdown(declared, -1);
    g_strdelimit(name, "\"'", ' ');
    g_strstrip(name);
    for (gsize i = 0; i < G_N_ELEMENTS(aliases); i++) {
        if (strcmp(aliases[i].alias, name) == 0) {
            return g_strdup(aliases[i].name);
        }
    }
    /* iconv options ("//IGNORE") and its default ("") are not for mail. */
    return strpbrk(name, "/ ") != NULL ? g_strdup("unknown-charset")
                                       : g_steal_pointer(&name);
}

/* Appends what iconv makes of the bytes; counts the bytes it refused. */
static gsize
convert(GIConv cd, const char *data, gsize len, GString *out)
{
    char buffer[4096];
    char *in = (char *)data; /* g_iconv's signature; it does not write */
    gsize refused = 0;
    while (len > 0) {
        char *to = buffer;
        gsize room = sizeof(buffer);
        gsize result = g_iconv(cd, &in, &len, &to, &room);
        int error = result == (gsize)-1 ? errno : 0;
        g_string_append_len(out, buffer, (gssize)(sizeof(buffer) - room));
        if (error == E2BIG || error == 0) {
            continue;
        }
        refused++;
        g_string_append(out, REPLACEMENT);
        in++;
        len--;
        g_iconv(cd, NULL, NULL, NULL, NULL);
    }
    return refused;
}

static gboolean
is_utf8_apart_from_nul(const char *data, gsize len)
{
    const char *end;
    while (!g_utf8_validate_len(data, len, &end)) {
        if (*end != '\0') {
            return FALSE;
        }
        len -= (gsize)(end - data) + 1;
        data = end + 1;
    }
    return TRUE;
}

/* NULL if iconv does not know the name. */
static GString *
convert_from(const char *name, const char *data, gsize len, gsize *refused)
{
    GIConv cd = g_iconv_open("UTF-8", name);
    if (cd == (GIConv)-1) {
        return NULL;
    }
    GString *out = g_string_sized_new(len + len / 8 + 16);
    *refused = convert(cd, data, len, out);
    g_iconv_close(cd);
    if (!is_utf8_apart_from_nul(out->str, out->len)) {
        /* glibc writes code points beyond Unicode for some sets, RFC 3629 3
         * ends at U+10FFFF. */
        char *valid = g_utf8_make_valid(out->str, (gssize)out->len);
        g_string_free(out, TRUE);
        out = g_string_new(valid);
        g_free(valid);
        (*refused)++;
    }
    return out;
}

/* RFC 1843: GB 2312 with the high bit taken off between "~{" and "~}". */
static GString *
convert_hz(const char *data, gsize len, gsize *refused)
{
    g_autoptr(GString) gb = g_string_sized_new(len);
    gboolean wide = FALSE;
    for (gsize i = 0; i < len; i++) {
        if (data[i] == '~' && i + 1 < len && data[i + 1] != '\0' &&
            strchr("{}~\n", data[i + 1]) != NULL) {
            i++;
            wide = data[i] == '{' || (wide && data[i] != '}');
            if (data[i] == '~') {
                g_string_append_c(gb, '~');
            }
            continue;
        }
        gboolean high = wide && data[i] > ' ';
        g_string_append_c(gb, (char)(data[i] | (high ? 0x80 : 0)));
    }
    return convert_from("GB18030", gb->str, gb->len, refused);
}

/* UTF-16 and -32 without a mark: RFC 2781 says big-endian, but much mail is
 * little-endian; where the zero bytes of Latin text stand tells which. */
static const char *
guess_order(const char *name, const guint8 *data, gsize len)
{
    gsize zero[4] = {0};
    for (gsize i = 0; i < MIN(len, 4096); i++) {
        zero[i % 4] += data[i] == 0;
    }
    if (strcmp(name, "UTF-32") == 0) {
        return zero[3] > zero[0] ? "UTF-32LE" : "UTF-32BE";
    }
    return zero[1] + zero[3] > zero[0] + zero[2] ? "UTF-16LE" : "UTF-16BE";
}

/* Without a claim: Latin text in UTF-16 has a zero in every second byte. */
static gboolean
looks_like_utf16(const guint8 *data, gsize len)
{
    gsize zero[2] = {0}, seen = MIN(len, 4096) & ~(gsize)1;
    for (gsize i = 0; i < seen; i++) {
        zero[i % 2] += data[i] == 0;
    }
    gsize most = MAX(zero[0], zero[1]), least = MIN(zero[0], zero[1]);
    return seen >= 4 && most >= seen * 2 / 5 && least <= seen / 50;
}

/* Length of the mark at the start, and the charset that it proves. */
static gsize
find_mark(const guint8 *data, gsize len, const char **name_out)
{
    static const struct {
        const char *mark;
        gsize len;
        const char *name;
    } marks[] = {
        {"\xFF\xFE\x00\x00", 4, "UTF-32LE"},
        {"\x00\x00\xFE\xFF", 4, "UTF-32BE"},
        {"\xEF\xBB\xBF", 3, "UTF-8"},
        {"\xFF\xFE", 2, "UTF-16LE"},
        {"\xFE\xFF", 2, "UTF-16BE"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(marks); i++) {
        if (len >= marks[i].len &&
            memcmp(data, marks[i].mark, marks[i].len) == 0) {
            *name_out = marks[i].name;
            return marks[i].len;
        }
    }
    return 0;
}

/* One byte of windows-1252; the five undefined ones mean nothing. */
static void
append_1252(GString *out, guint8 byte)
{
    static const guint16 high[32] = {
        0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
        0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
        0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
        0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
    if (byte == 0) {
        g_string_append(out, REPLACEMENT);
    } else if (byte >= 0x80 && byte < 0xA0) {
        g_string_append_unichar(out, high[byte - 0x80]);
    } else {
        g_string_append_unichar(out, byte);
    }
}

static GString *
decode_1252(const char *data, gsize len)
{
    GString *out = g_string_sized_new(len + len / 8 + 16);
    for (gsize i = 0; i < len; i++) {
        append_1252(out, (guint8)data[i]);
    }
    return out;
}

/* UTF-8 with some bytes that are not: those alone are read as windows-1252,
 * so that one stray byte does not spoil the rest. */
static GString *
repair_utf8(const char *data, gsize len)
{
    GString *out = g_string_sized_new(len + 16);
    while (len > 0) {
        const char *end;
        g_utf8_validate_len(data, len, &end);
        gsize run = (gsize)(end - data);
        g_string_append_len(out, data, (gssize)run);
        data += run;
        len -= run;
        if (len > 0) {
            append_1252(out, (guint8)*data++);
            len--;
        }
    }
    return out;
}

static gboolean
is_ascii(const char *data, gsize len)
{
    for (gsize i = 0; i < len; i++) {
        if ((data[i] & 0x80) != 0) {
            return FALSE;
        }
    }
    return TRUE;
}

static GString *
decode_unclaimed(const char *data, gsize len)
{
    gsize refused = 0;
    const guint8 *bytes = (const guint8 *)data;
    if (looks_like_utf16(bytes, len)) {
        return convert_from(guess_order("UTF-16", bytes, len), data, len,
                            &refused);
    }
    return is_utf8_apart_from_nul(data, len) ? repair_utf8(data, len)
                                             : decode_1252(data, len);
}

static GString *
decode_claimed(const char *name, const char *data, gsize len, gboolean *bad)
{
    gsize refused = 0;
    GString *out;
    if (strcmp(name, "UTF-8") == 0) {
        return repair_utf8(data, len);
    }
    if (strcmp(name, "CP1252") == 0) {
        return decode_1252(data, len);
    }
    if (strcmp(name, "UTF-16") == 0 || strcmp(name, "UTF-32") == 0) {
        name = guess_order(name, (const guint8 *)data, len);
    }
    out = strcmp(name, "HZ") == 0 ? convert_hz(data, len, &refused)
                                  : convert_from(name, data, len, &refused);
    if (out == NULL) {
        *bad = !is_ascii(data, len);
        return decode_unclaimed(data, len);
    }
    /* A set that refuses bytes is most likely a wrong name. */
    if (refused > 0) {
        if (g_utf8_validate_len(data, len, NULL)) {
            g_string_free(out, TRUE);
            return g_string_new_len(data, (gssize)len);
        }
        *bad = TRUE;
    }
    return out;
}

/* Downstream strings end at NUL. */
static GBytes *
take_without_nul(GString *text)
{
    if (memchr(text->str, '\0', text->len) != NULL) {
        GString *clean = g_string_sized_new(text->len + 16);
        for (gsize i = 0; i < text->len; i++) {
            if (text->str[i] == '\0') {
                g_string_append(clean, REPLACEMENT);
            } else {
                g_string_append_c(clean, text->str[i]);
            }
        }
        g_string_free(text, TRUE);
        text = clean;
    }
    return g_string_free_to_bytes(text);
}

void
ch_charset_decode(const char *declared, GBytes *bytes, ch_decoded *out)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    const char *marked = NULL;
    gsize skip = find_mark((const guint8 *)data, len, &marked);
    g_autofree char *claimed = dup_name(declared);
    *out = (ch_decoded){NULL, NULL, FALSE};
    if (len > 0) {
        data += skip;
    }
    len -= skip;
    const char *name = marked != NULL ? marked : claimed;
    if (len == 0 || *name == '\0') {
        out->text = take_without_nul(len == 0 ? g_string_new(NULL)
                                              : decode_unclaimed(data, len));
        return;
    }
    out->text = take_without_nul(decode_claimed(name, data, len, &out->bad));
    g_autoptr(GBytes) plain = g_bytes_new_from_bytes(bytes, skip, len);
    if (len > 0 && g_utf8_validate_len(data, len, NULL) &&
        !g_bytes_equal(plain, out->text)) {
        out->other = g_steal_pointer(&plain);
    }
}

char *
ch_charset_dup_utf8(const char *declared, const char *bytes, gsize len)
{
    g_autoptr(GBytes) in = g_bytes_new(bytes, len);
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    ch_charset_decode(declared, in, &decoded);
    gsize size;
    const char *text = g_bytes_get_data(decoded.text, &size);
    return g_strndup(text, size);
}
