/*
 * Which bytes pass for a small picture of the reader's.
 */
#include "chaperone/extraction.h"
#include "chaperone/limits.h"
#include "chaperone/png.h"
#include "unit.h"

#include <string.h>

#define SIGNATURE           "\x89PNG\r\n\x1a\n"
#define IHDR_OF(w, h, rest) "\0\0" w "\0\0" h rest
#define RGB                 "\x08\x02\0\0\0"
#define SMALL               IHDR_OF("\0\2", "\0\1", RGB)

/* name, length, bytes; ends with a name of NULL. */
typedef struct {
    const char *name;
    gsize length;
    const char *data;
} chunk;

#define CHUNK(name, bytes)                                                     \
    {                                                                          \
        name, sizeof(bytes) - 1, bytes                                         \
    }
#define HEADER CHUNK("IHDR", SMALL)
#define PIXELS CHUNK("IDAT", "packed")
#define END    CHUNK("IEND", "")

/* Owned. */
static GByteArray *
make(const chunk *chunks)
{
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, (const guint8 *)SIGNATURE, 8);
    for (; chunks->name != NULL; chunks++) {
        const guint8 length[4] = {0, 0, (guint8)(chunks->length >> 8),
                                  (guint8)chunks->length};
        g_byte_array_append(out, length, 4);
        g_byte_array_append(out, (const guint8 *)chunks->name, 4);
        g_byte_array_append(out, (const guint8 *)chunks->data,
                            (guint)chunks->length);
        g_byte_array_append(out, (const guint8 *)"crc!", 4);
    }
    return out;
}

static const struct {
    const char *what;
    gboolean plain;
    chunk chunks[6];
} rows[] = {
    {"pixels", TRUE, {HEADER, PIXELS, END}},
    {"in two pieces, with the shape of a pixel",
     TRUE,
     {HEADER, CHUNK("pHYs", "\0\0\0\0\0\0\0\0\0"), PIXELS, PIXELS, END}},
    {"the largest",
     TRUE,
     {CHUNK("IHDR", IHDR_OF("\1\xe0", "\1\xe0", RGB)), PIXELS, END}},
    {"wider", FALSE, {CHUNK("IHDR", IHDR_OF("\1\xe1", "\0\1", RGB)), END}},
    {"higher", FALSE, {CHUNK("IHDR", IHDR_OF("\0\1", "\1\xe1", RGB)), END}},
    {"no width", FALSE, {CHUNK("IHDR", IHDR_OF("\0\0", "\0\1", RGB)), END}},
    {"of 16 bits",
     FALSE,
     {CHUNK("IHDR", IHDR_OF("\0\1", "\0\1", "\x10\x02\0\0\0")), END}},
    {"with a palette",
     FALSE,
     {CHUNK("IHDR", IHDR_OF("\0\1", "\0\1", "\x08\x03\0\0\0")), END}},
    {"interlaced",
     FALSE,
     {CHUNK("IHDR", IHDR_OF("\0\1", "\0\1", "\x08\x02\0\0\1")), END}},
    {"a long header", FALSE, {CHUNK("IHDR", SMALL "\0"), PIXELS, END}},
    {"two headers", FALSE, {HEADER, HEADER, PIXELS, END}},
    {"no header", FALSE, {PIXELS, END}},
    {"a text", FALSE, {HEADER, CHUNK("tEXt", "Author\0A"), PIXELS, END}},
    {"Exif", FALSE, {HEADER, PIXELS, CHUNK("eXIf", "II"), END}},
    {"a profile", FALSE, {HEADER, CHUNK("iCCP", "x"), PIXELS, END}},
    {"an animation", FALSE, {HEADER, CHUNK("acTL", "12345678"), PIXELS, END}},
    {"a long shape", FALSE, {HEADER, CHUNK("pHYs", "0123456789"), END}},
    {"an end with bytes", FALSE, {HEADER, PIXELS, CHUNK("IEND", "x")}},
    {"something behind the end", FALSE, {HEADER, PIXELS, END, PIXELS}},
    {"no end", FALSE, {HEADER, PIXELS}},
    {"nothing", FALSE, {{NULL, 0, NULL}}},
};

static void
test_form(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GByteArray) png = make(rows[i].chunks);
        if (ch_png_is_plain(png->data, png->len) != rows[i].plain) {
            fail_msg("%s", rows[i].what);
        }
    }
}

/* Cut anywhere, or with any byte more, it is none. */
static void
test_ends(void **state)
{
    (void)state;
    g_autoptr(GByteArray) png = make(rows[1].chunks);
    g_autoptr(GByteArray) longer = make(rows[1].chunks);
    g_byte_array_append(longer, (const guint8 *)"", 1);
    for (guint n = 0; n < png->len; n++) {
        g_autofree guint8 *cut = g_memdup2(png->data, n);
        assert_false(ch_png_is_plain(cut, n));
    }
    assert_false(ch_png_is_plain(longer->data, longer->len));
}

static void
test_too_much(void **state)
{
    (void)state;
    g_autoptr(GByteArray) png = make(rows[0].chunks);
    guint8 *big = g_malloc0(CH_MAX_THUMBNAIL + 1);
    gsize more = CH_MAX_THUMBNAIL + 1 - png->len, pixels = 33;
    memcpy(big, png->data, png->len);
    /* One long chunk of pixels, the end behind it. */
    gsize length = 6 + more;
    big[pixels + 1] = (guint8)(length >> 16);
    big[pixels + 2] = (guint8)(length >> 8);
    big[pixels + 3] = (guint8)length;
    memcpy(big + CH_MAX_THUMBNAIL + 1 - 12, png->data + png->len - 12, 12);
    assert_false(ch_png_is_plain(big, CH_MAX_THUMBNAIL + 1));
    length--;
    big[pixels + 3] = (guint8)length;
    big[pixels + 2] = (guint8)(length >> 8);
    big[pixels + 1] = (guint8)(length >> 16);
    memcpy(big + CH_MAX_THUMBNAIL - 12, png->data + png->len - 12, 12);
    assert_true(ch_png_is_plain(big, CH_MAX_THUMBNAIL));
    g_free(big);
}

static void
append_record(GByteArray *out, char kind, const guint8 *data, guint length)
{
    const guint8 head[CH_RECORD_HEAD] = {
        (guint8)kind, 0, (guint8)length, (guint8)(length >> 8), 0, 0};
    g_byte_array_append(out, head, sizeof head);
    g_byte_array_append(out, data, length);
}

/* In the answer of a reader: one, and of that form. */
static void
test_answers(void **state)
{
    static const struct {
        guint first, second; /* rows; second 0: none */
        gboolean picture, damaged;
    } answers[] = {
        {0, 0, TRUE, FALSE}, {12, 0, FALSE, TRUE}, {0, 1, TRUE, TRUE}};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(GByteArray) said = g_byte_array_new();
        g_autoptr(GByteArray) one = make(rows[answers[i].first].chunks);
        g_autoptr(GByteArray) two = make(rows[answers[i].second].chunks);
        append_record(said, 'I', one->data, one->len);
        if (answers[i].second > 0) {
            append_record(said, 'I', two->data, two->len);
        }
        append_record(said, 'E', one->data, 0);
        g_autoptr(ch_extraction) x = ch_extraction_read(said->data, said->len);
        assert_int_equal(x->picture != NULL, answers[i].picture);
        assert_int_equal(x->unscanned != 0, answers[i].damaged);
        g_autoptr(ch_extraction) copy = ch_extraction_copy(x);
        assert_ptr_equal(copy->picture, x->picture);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
