/*
 * charset.c: bytes of a declared charset to UTF-8.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/charset.h"

typedef struct {
    const char *name;
    const char *declared;
    const char *bytes;
    gsize len;
    const char *text;
    const char *other; /* NULL: no second reading */
    gboolean bad;
} charset_row;

#define BYTES(s) s, sizeof(s) - 1
#define FFFD     "\xEF\xBF\xBD"

static const charset_row rows[] = {
    {"empty", NULL, BYTES(""), "", NULL, FALSE},
    {"ascii", "us-ascii", BYTES("abc"), "abc", NULL, FALSE},
    {"no claim, UTF-8", NULL, BYTES("ni\xC3\xB1o"), "ni\xC3\xB1o", NULL, FALSE},
    {"no claim, windows-1252", NULL, BYTES("ni\xF1o \x93q\x94"),
     "ni\xC3\xB1o \xE2\x80\x9Cq\xE2\x80\x9D", NULL, FALSE},
    {"ascii with UTF-8 bytes", "US-ASCII", BYTES("\xC3\xB1"), "\xC3\xB1", NULL,
     FALSE},
    {"ascii with 8-bit bytes", "us-ascii", BYTES("\xF1"), "\xC3\xB1", NULL,
     FALSE},
    {"unknown-8bit", "unknown-8bit", BYTES("\xF1"), "\xC3\xB1", NULL, FALSE},
    {"utf-8", "utf-8", BYTES("\xE2\x82\xAC"), "\xE2\x82\xAC", NULL, FALSE},
    {"utf8 in quotes", "\"UTF8\"", BYTES("\xE2\x82\xAC"), "\xE2\x82\xAC", NULL,
     FALSE},
    {"utf-8 with one stray byte", "utf-8", BYTES("\xC3\xB1 \xF1 \xC3\xB1"),
     "\xC3\xB1 \xC3\xB1 \xC3\xB1", NULL, FALSE},
    {"utf-8 mark is dropped", "us-ascii", BYTES("\xEF\xBB\xBF\xC3\xB1"),
     "\xC3\xB1", NULL, FALSE},
    {"iso-8859-1", "ISO-8859-1", BYTES("ni\xF1o"), "ni\xC3\xB1o", NULL, FALSE},
    {"iso-8859-1 with curly quotes", "latin1", BYTES("\x92"), "\xE2\x80\x99",
     NULL, FALSE},
    {"windows-1252, undefined byte", "windows-1252", BYTES("a\x81"), "a" FFFD,
     NULL, FALSE},
    {"iso-8859-1 that is UTF-8", "iso-8859-1", BYTES("\xC3\xB1"),
     "\xC3\x83\xC2\xB1", "\xC3\xB1", FALSE},
    {"iso-8859-15", "iso-8859-15", BYTES("\xA4"), "\xE2\x82\xAC", NULL, FALSE},
    {"iso-8859-2", "iso-8859-2", BYTES("\xB1"), "\xC4\x85", NULL, FALSE},
    {"windows-1251", "windows-1251", BYTES("\xCF"), "\xD0\x9F", NULL, FALSE},
    {"koi8-r", "KOI8-R", BYTES("\xF0"), "\xD0\x9F", NULL, FALSE},
    {"macintosh", "x-mac-roman", BYTES("\x96"), "\xC3\xB1", NULL, FALSE},
    {"shift_jis", "Shift_JIS", BYTES("\x82\xA0"), "\xE3\x81\x82", NULL, FALSE},
    {"euc-jp", "euc-jp", BYTES("\xA4\xA2"), "\xE3\x81\x82", NULL, FALSE},
    {"gb2312", "gb2312", BYTES("\xC4\xE3"), "\xE4\xBD\xA0", NULL, FALSE},
    {"big5", "big5", BYTES("\xA7\x41"), "\xE4\xBD\xA0", NULL, FALSE},
    {"euc-kr", "ks_c_5601-1987", BYTES("\xB0\xA1"), "\xEA\xB0\x80", NULL,
     FALSE},
    {"iso-2022-jp, two readings", "iso-2022-jp", BYTES("\x1B$B$\"\x1B(B1"),
     "\xE3\x81\x82"
     "1",
     "\x1B$B$\"\x1B(B1", FALSE},
    {"utf-7, two readings", "utf-7", BYTES("1 +AGE-"), "1 a", "1 +AGE-", FALSE},
    {"hz, two readings", "hz-gb-2312", BYTES("a~{Dc~}~~"), "a\xE4\xBD\xA0~",
     "a~{Dc~}~~", FALSE},
    {"ebcdic hides nothing", "IBM037", BYTES("\xF1\xF2\xF3"), "123", NULL,
     FALSE},
    {"ebcdic claimed for ascii", "IBM1047", BYTES("abc"),
     "/"
     "\xC3\x82"
     "\xC3\x84",
     "abc", FALSE},
    {"utf-16 big-endian mark", "utf-16", BYTES("\xFE\xFF\0a\0b"), "ab", NULL,
     FALSE},
    {"utf-16 little-endian mark", "utf-16",
     BYTES("\xFF\xFE"
           "a\0b\0"),
     "ab", NULL, FALSE},
    {"utf-16 without mark", "utf-16", BYTES("\0a\0b"), "ab", NULL, FALSE},
    {"utf-16 little-endian without mark", "utf-16", BYTES("a\0b\0"), "ab", NULL,
     FALSE},
    {"utf-16le", "utf-16le", BYTES("\x60\x4F"), "\xE4\xBD\xA0", "`O", FALSE},
    {"utf-16 without a claim", NULL, BYTES("a\0b\0c\0"), "abc", NULL, FALSE},
    {"utf-16, half a character", "utf-16le", BYTES("a\0b"), "a" FFFD, NULL,
     TRUE},
    {"utf-32 with mark", "utf-32", BYTES("\xFF\xFE\0\0a\0\0\0"), "a", NULL,
     FALSE},
    {"utf-32 without mark", "utf-32", BYTES("\0\0\0a"), "a", NULL, FALSE},
    {"utf-16 claimed for ascii", "utf-16be", BYTES("ab"), "\xE6\x85\xA2", "ab",
     FALSE},
    {"unknown charset, 7 bit", "x-none", BYTES("abc"), "abc", NULL, FALSE},
    {"unknown charset, 8 bit", "x-none", BYTES("\xF1"), "\xC3\xB1", NULL, TRUE},
    {"iconv option", "utf-8//IGNORE", BYTES("\xF1"), "\xC3\xB1", NULL, TRUE},
    {"NUL", "utf-8", BYTES("a\0b"), "a" FFFD "b", NULL, FALSE},
    {"NUL without a claim", NULL, BYTES("a\0\xC3\xB1xyz"),
     "a" FFFD "\xC3\xB1xyz", NULL, FALSE},
    {"wrong multi-byte name, UTF-8 bytes", "gb2312", BYTES("\xE2\x82\xAC\xFF"),
     NULL, NULL, TRUE},
    {"line ends are kept", "iso-8859-1", BYTES("a\r\nb\nc"), "a\r\nb\nc", NULL,
     FALSE},
};

static void
assert_bytes(GBytes *bytes, const char *want)
{
    gsize len;
    const char *data = g_bytes_get_data(bytes, &len);
    g_autofree char *text = g_strndup(data != NULL ? data : "", len);
    assert_int_equal(strlen(text), len); /* no NUL */
    assert_true(g_utf8_validate(text, -1, NULL));
    if (want != NULL) {
        assert_string_equal(text, want);
    }
}

static void
test_rows(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const charset_row *row = &rows[i];
        print_message("  %s\n", row->name);
        g_autoptr(GBytes) bytes = g_bytes_new(row->bytes, row->len);
        g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
        ch_charset_decode(row->declared, bytes, &decoded);
        assert_bytes(decoded.text, row->text);
        assert_int_equal(decoded.bad, row->bad);
        assert_int_equal(decoded.other != NULL, row->other != NULL);
        if (row->other != NULL) {
            assert_bytes(decoded.other, row->other);
        }
    }
}

/* Every name and every byte has an answer, in linear time. */
static void
test_every_byte_in_every_charset(void **state)
{
    static const char *const names[] = {
        "utf-8",  "utf-7",     "utf-16",      "utf-32", "iso-8859-1",
        "gb2312", "shift_jis", "iso-2022-jp", "hz",     "big5",
        "x-none", "IBM037",    "euc-kr",      "",       "tis-620"};
    (void)state;
    char all[256];
    for (guint i = 0; i < sizeof(all); i++) {
        all[i] = (char)i;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GBytes) bytes = g_bytes_new(all, sizeof(all));
        g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
        ch_charset_decode(names[i], bytes, &decoded);
        assert_bytes(decoded.text, NULL);
        assert_true(g_bytes_get_size(decoded.text) > 0);
    }
}

static void
test_many_bad_bytes(void **state)
{
    static const char *const names[] = {"utf-8", "shift_jis", "utf-16"};
    (void)state;
    g_autofree char *fill = g_strnfill(256 * 1024, '\xFF');
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        gint64 start = g_get_monotonic_time();
        g_autofree char *text = ch_charset_dup_utf8(names[i], fill, 256 * 1024);
        assert_true(g_utf8_validate(text, -1, NULL));
        assert_true(g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_byte_in_every_charset),
        cmocka_unit_test(test_many_bad_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
