/*
 * Cleaning: which segments and chunks stay, which pictures are refused, what
 * becomes of a post, and that only the picture's bytes change.
 */
/* SOURCES: src/extract/clean.c */
#include "extract/clean.h"

#include "chaperone/error.h"
#include "chaperone/extraction.h"
#include "chaperone/inspect.h"
#include "unit.h"

#include <string.h>

#define BYTES(text) (text), sizeof(text) - 1

/* --- JPEG ----------------------------------------------------------------- */

#define SOI "\xff\xd8"
#define EOI "\xff\xd9"
#define DQT "\xff\xdb\0\3q"
#define SOF "\xff\xc0\0\3f"
#define DHT "\xff\xc4\0\3h"
/* Stuffed bytes and a restart belong to the scan. */
#define SCAN                                                                   \
    "\xff\xda\0\3s"                                                            \
    "data\xff\0data\xff\xd3"                                                   \
    "data"
#define PICTURE DQT SOF DHT SCAN
#define JFIF    "\xff\xe0\0\x10JFIF\0\1\2\0\0\1\0\1\0\0"
#define JFIF_3  "\xff\xe0\0\x13JFIF\0\1\2\0\0\1\0\1\1\1rgb"
#define ICC                                                                    \
    "\xff\xe2\0\x11"                                                           \
    "ICC_PROFILE\0\1\1p"
#define ADOBE                                                                  \
    "\xff\xee\0\x0e"                                                           \
    "Adobe\0d\0\0\0\0\1"
#define TIFF(o) "MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0" o "\0\0\0\0\0\0"
#define EXIF(o)                                                                \
    "\xff\xe1\0\x22"                                                           \
    "Exif\0\0" TIFF(o)
/* The same, low byte first, with a description, and a GPS directory. */
#define LONG_TIFF(o)                                                           \
    "II*\0\x08\0\0\0\3\0\x0e\1\2\0\4\0\0\0abc\0\x12\1\3\0\1\0\0\0" o           \
    "\0\0\0\x25\x88\4\0\1\0\0\0\x32\0\0\0\0\0\0\0\0\0"
#define LONG_EXIF(o)                                                           \
    "\xff\xe1\0\x3c"                                                           \
    "Exif\0\0" LONG_TIFF(o)
#define XMP     "\xff\xe1\0\x09xmp:abc"
#define IPTC    "\xff\xed\0\x06iptc"
#define COMMENT "\xff\xfe\0\x07hello"
#define OTHER   "\xff\xe5\0\x04zz"

/* --- PNG ------------------------------------------------------------------ */

#define PNG     "\x89PNG\r\n\x1a\n"
#define IHDR    "\0\0\0\0IHDR\xa8\xa1\xae\x0a"
#define IDAT    "\0\0\0\0IDAT\x35\xaf\x06\x1e"
#define IEND    "\0\0\0\0IEND\xae\x42\x60\x82"
#define TEXT    "\0\0\0\0tEXt\x96\x42\xc5\x85"
#define BAD_SUM "\0\0\0\0tEXt\x96\x42\xc5\x86"

typedef struct {
    const char *name, *in;
    gsize length;
    const char *out; /* NULL: refused */
    gsize out_length;
} row;

static const row rows[] = {
    {"nothing to drop", BYTES(SOI JFIF PICTURE EOI),
     BYTES(SOI JFIF PICTURE EOI)},
    {"colours stay", BYTES(SOI JFIF ICC ADOBE PICTURE EOI),
     BYTES(SOI JFIF ICC ADOBE PICTURE EOI)},
    {"all else goes", BYTES(SOI JFIF XMP ICC IPTC OTHER COMMENT PICTURE EOI),
     BYTES(SOI JFIF ICC PICTURE EOI)},
    {"between scans, too", BYTES(SOI PICTURE COMMENT DHT SCAN XMP EOI),
     BYTES(SOI PICTURE DHT SCAN EOI)},
    {"orientation stays in its place",
     BYTES(SOI JFIF LONG_EXIF("\6") ICC PICTURE EOI),
     BYTES(SOI JFIF EXIF("\6") ICC PICTURE EOI)},
    {"as it lies: no Exif", BYTES(SOI LONG_EXIF("\1") PICTURE EOI),
     BYTES(SOI PICTURE EOI)},
    {"no such orientation", BYTES(SOI LONG_EXIF("\x09") PICTURE EOI),
     BYTES(SOI PICTURE EOI)},
    {"preview of JFIF", BYTES(SOI JFIF_3 PICTURE EOI),
     BYTES(SOI JFIF PICTURE EOI)},
    {"behind the end", BYTES(SOI PICTURE EOI "PK\3\4"), BYTES(SOI PICTURE EOI)},
    {"no end", BYTES(SOI PICTURE), NULL, 0},
    {"half a marker", BYTES(SOI PICTURE "\xff"), NULL, 0},
    {"no scan", BYTES(SOI DQT SOF DHT EOI), NULL, 0},
    {"segment over the end", BYTES(SOI "\xff\xe1\0\x40" PICTURE EOI), NULL, 0},
    {"segment shorter than its length", BYTES(SOI "\xff\xe1\0\1" PICTURE EOI),
     NULL, 0},
    {"between segments", BYTES(SOI "x" PICTURE EOI), NULL, 0},
    {"reserved marker", BYTES(SOI "\xff\x02\0\3r" PICTURE EOI), NULL, 0},
    {"picture in the picture", BYTES(SOI SOI PICTURE EOI), NULL, 0},
    {"two Exifs", BYTES(SOI EXIF("\6") EXIF("\3") PICTURE EOI), NULL, 0},
    {"Exif of no kind",
     BYTES(SOI "\xff\xe1\0\x10"
               "Exif\0\0XX*\0\x08\0\0\0" PICTURE EOI),
     NULL, 0},
    {"Exif over its end",
     BYTES(SOI "\xff\xe1\0\x10"
               "Exif\0\0MM\0*\0\0\1\0" PICTURE EOI),
     NULL, 0},
    {"Exif with too many entries",
     BYTES(SOI "\xff\xe1\0\x12"
               "Exif\0\0MM\0*\0\0\0\x08\0\2" PICTURE EOI),
     NULL, 0},
    {"chunks", BYTES(PNG IHDR TEXT IDAT TEXT IEND "PK\3\4"),
     BYTES(PNG IHDR IDAT IEND)},
    {"wrong sum", BYTES(PNG IHDR BAD_SUM IDAT IEND), NULL, 0},
    {"chunk over the end", BYTES(PNG IHDR "\0\0\1\0tEXt" IDAT IEND), NULL, 0},
    {"huge chunk", BYTES(PNG IHDR "\xff\xff\xff\xfftEXt" IDAT IEND), NULL, 0},
    {"not begun", BYTES(PNG IDAT IEND), NULL, 0},
    {"begun twice", BYTES(PNG IHDR IHDR IDAT IEND), NULL, 0},
    {"not ended", BYTES(PNG IHDR IDAT), NULL, 0},
    {"signature alone", BYTES(PNG), NULL, 0},
    {"GIF", BYTES("GIF89a......................"), NULL, 0},
    {"nothing", BYTES(""), NULL, 0},
};

static void
test_rows(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const row *r = &rows[i];
        g_autoptr(GBytes) in = g_bytes_new(r->in, r->length);
        g_autoptr(GBytes) out = ch_clean_bytes(in);
        g_autoptr(GBytes) wanted =
            r->out == NULL ? NULL : g_bytes_new(r->out, r->out_length);
        if ((out == NULL) != (wanted == NULL) ||
            (out != NULL && !g_bytes_equal(out, wanted))) {
            fail_msg("%s: %s", r->name,
                     out == NULL ? "refused" : "other bytes");
        }
    }
}

/* Cut short anywhere, it is refused; cleaned again, it stays. */
static void
test_every_cut(void **state)
{
    (void)state;
    static const char whole[] = SOI JFIF LONG_EXIF("\6") ICC XMP PICTURE EOI;
    gsize length = sizeof whole - 1;
    for (gsize cut = 0; cut < length; cut++) {
        g_autoptr(GBytes) in = g_bytes_new(whole, cut);
        assert_null(ch_clean_bytes(in));
    }
    g_autoptr(GBytes) in = g_bytes_new(whole, length);
    g_autoptr(GBytes) once = ch_clean_bytes(in);
    assert_non_null(once);
    g_autoptr(GBytes) twice = ch_clean_bytes(once);
    assert_true(g_bytes_equal(once, twice));
}

/* --- answers ---------------------------------------------------------------
 */

static void
test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        gsize length, cleaned; /* bytes of it, 0: none */
    } answers[] = {
        {BYTES("C\0\3\0\0\0abcE\0\0\0\0\0"), 3},
        {BYTES("E\0\0\0\0\0"), 0},
        {BYTES(""), 0},
        {BYTES("C\0\3\0\0\0abc"), 0},
        {BYTES("C\0\0\0\0\0E\0\0\0\0\0"), 0},
        {BYTES("C\0\3\0\0\0abE\0\0\0\0\0"), 0},
        {BYTES("C\0\xff\xff\xff\xff"
               "abcE\0\0\0\0\0"),
         0},
        {BYTES("C\1\3\0\0\0abcE\0\0\0\0\0"), 0},
        {BYTES("T\0\3\0\0\0abcE\0\0\0\0\0"), 0},
        {BYTES("C\0\3\0\0\0abcE\0\1\0\0\0"), 0},
        {BYTES("C\0\3\0\0\0abcE\0\0\0\0\0E\0\0\0\0\0"), 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(GBytes) out =
            ch_extraction_read_cleaned(answers[i].bytes, answers[i].length);
        gsize got = out == NULL ? 0 : g_bytes_get_size(out);
        if (got != answers[i].cleaned) {
            fail_msg("answer %zu: %zu bytes", i, got);
        }
    }
}

/* --- posts -----------------------------------------------------------------
 */

#define FILES                                                                  \
    "rules: {paths: [" CH_SOURCE_DIR "/rules]}\n"                              \
    "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n"
#define ON     "extract: {clean: true}\n"
#define BLOG   "<bako123dela@post.wordpress.com>"
#define PERSON "<tom@example.com>"

/* A reader of pictures of our own kind: "JPEG" with "@" tells a place, "#" a
 * patient's number as a property, "!" the same as words that it shows, "~" is
 * what no cleaning takes away. */
static ch_extraction *
read_picture(void *data, GBytes *content)
{
    (void)data;
    gsize length;
    const char *bytes = g_bytes_get_data(content, &length);
    ch_extraction *x = ch_extraction_new();
    x->seen = 1u << CH_SEEN_MEDIA | 1u << CH_SEEN_WORDS;
    x->seen |= memchr(bytes, '@', length) ? 1u << CH_SEEN_LOCATION : 0;
    for (gsize i = 0; i < length; i++) {
        if (bytes[i] == '#' || bytes[i] == '!' || bytes[i] == '~') {
            ch_extracted *text = g_new(ch_extracted, 1);
            *text = (ch_extracted){
                bytes[i] == '!' ? CH_WHERE_ATTACHMENT : CH_WHERE_METADATA,
                g_bytes_new_static(BYTES("SSN 512-34-6789")), NULL, NULL};
            g_ptr_array_add(x->texts, text);
        }
    }
    return x;
}

static GBytes *
clean_picture(void *data, GBytes *picture, GError **error)
{
    gsize length;
    const char *bytes = g_bytes_get_data(picture, &length);
    if (data != NULL) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_IO,
                            "none can be started");
        return NULL;
    }
    GString *out = g_string_new(NULL);
    for (gsize i = 0; i < length; i++) {
        if (strchr("@#", bytes[i]) == NULL || bytes[i] == '\0') {
            g_string_append_c(out, bytes[i]);
        }
    }
    gboolean refused = memchr(bytes, '?', length) != NULL;
    GBytes *clean = refused ? NULL : g_bytes_new(out->str, out->len);
    g_string_free(out, TRUE);
    return clean;
}

static void
free_nothing(gpointer data)
{
    (void)data;
}

static ch_house *
house_of(const char *config, gpointer trouble)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *yaml = g_strconcat(FILES, config, NULL);
    ch_config *c = ch_config_parse("c", yaml, strlen(yaml), diag);
    ch_house *house = c == NULL ? NULL : ch_house_new(c, diag);
    assert_non_null(house);
    ch_extractor *extractor = g_new(ch_extractor, 1);
    *extractor =
        (ch_extractor){read_picture, trouble, free_nothing, clean_picture};
    ch_house_set_extractor(house, extractor);
    return house;
}

#define JPEG "\xff\xd8\xff\xe0 JPEG "

/* Parts 2 and 3 are pictures; encoding of the second. */
static GBytes *
mail_of(const char *text, const char *one, const char *other,
        const char *encoding, const char *container)
{
    g_autofree char *a = g_strconcat(JPEG, one, NULL);
    g_autofree char *b = g_strconcat(JPEG, other, NULL);
    g_autofree char *first = g_base64_encode((guchar *)a, strlen(a));
    g_autofree char *second = g_base64_encode((guchar *)b, strlen(b));
    char *mail = g_strdup_printf(
        "From: ana@practice.example\r\nSubject: News\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/%s; boundary=b\r\n\r\n--b\r\n\r\n%s\r\n--b\r\n"
        "Content-Type: image/jpeg\r\nContent-Transfer-Encoding: %s\r\n"
        "\r\n\r\n%s\r\n \r\n--b\r\nContent-Type: image/jpeg\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n",
        container, text, encoding, first, second);
    return g_bytes_new_take(mail, strlen(mail));
}

typedef struct {
    const char *name, *config, *text, *one, *other, *to2;
    ch_action action;
    const char *cleaned; /* or NULL */
} post_row;

static const post_row posts[] = {
    {"off", "", "Open on Friday.", "@", "", NULL, CH_TAG, NULL},
    {"place", ON, "Open on Friday.", "@", "", NULL, CH_ACCEPT, "2"},
    {"the second", ON, "Open on Friday.", "", "@", NULL, CH_ACCEPT, "3"},
    {"both", ON, "Open on Friday.", "@", "#", NULL, CH_ACCEPT, "2,3"},
    {"refused for a property", ON, "Open on Friday.", "#", "", NULL, CH_ACCEPT,
     "2"},
    {"nothing to clean", ON, "Open on Friday.", "", "", NULL, CH_ACCEPT, NULL},
    {"refused for its text", ON, "SSN 512-34-6789.", "@", "", NULL, CH_REJECT,
     NULL},
    {"refused for what it shows", ON, "Open on Friday.", "@!", "", NULL,
     CH_REJECT, NULL},
    {"what shows in another", ON, "Open on Friday.", "@", "!", NULL, CH_REJECT,
     NULL},
    {"cannot be cleaned", ON, "Open on Friday.", "@?", "", NULL, CH_TAG, NULL},
    {"one of two cannot be", ON, "Open on Friday.", "@?", "#", NULL, CH_TAG,
     "3"},
    {"not clean afterwards", ON, "Open on Friday.", "@~", "", NULL, CH_REJECT,
     NULL},
    {"a person, too", ON, "Open on Friday.", "@", "", PERSON, CH_TAG, NULL},
    {"two gateways", ON, "Open on Friday.", "@", "",
     "<a1b2c3d4@robot.zapier.com>", CH_ACCEPT, "2"},
    {"monitor mode changes nothing", ON "mode: monitor\n", "Open on Friday.",
     "@", "", NULL, CH_ACCEPT, NULL},
    {"a rule that holds",
     ON "overrides: [{rule: privacy/photo-location, "
        "action: quarantine, until: 2027-12-31, reason: x}]\n",
     "Open on Friday.", "@", "", NULL, CH_ACCEPT, "2"},
};

static ch_envelope *
envelope_of(const char *to2)
{
    ch_envelope *e = ch_envelope_new();
    ch_envelope_set_sender(e, "<ana@practice.example>", NULL);
    ch_envelope_add_recipient(e, BLOG, NULL, NULL);
    if (to2 != NULL) {
        ch_envelope_add_recipient(e, to2, NULL, NULL);
    }
    e->time_us = G_GINT64_CONSTANT(1795348800) * G_USEC_PER_SEC;
    return e;
}

static ch_verdict *
judge(const post_row *p, GBytes *raw, gboolean clean)
{
    g_autoptr(ch_house) house = house_of(p->config, NULL);
    g_autoptr(ch_envelope) e = envelope_of(p->to2);
    g_autoptr(GError) error = NULL;
    const ch_ask ask = {.clean = clean};
    ch_verdict *v = ch_inspect(house, e, raw, &ask, &error);
    assert_non_null(v);
    return v;
}

static void
test_posts(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(posts); i++) {
        const post_row *p = &posts[i];
        g_autoptr(GBytes) raw =
            mail_of(p->text, p->one, p->other, "base64", "mixed");
        g_autoptr(ch_verdict) v = judge(p, raw, TRUE);
        g_autofree char *cleaned = ch_verdict_dup_cleaned(v);
        if (v->action != p->action || g_strcmp0(cleaned, p->cleaned) != 0 ||
            (v->cleaned_mail != NULL) != (cleaned != NULL)) {
            fail_msg("%s: %s, cleaned %s", p->name, ch_action_name(v->action),
                     cleaned == NULL ? "none" : cleaned);
        }
    }
}

/* What was found is a note, and the mail differs in the picture alone. */
static void
test_what_changes(void **state)
{
    (void)state;
    const post_row *p = &posts[3];
    g_autoptr(GBytes) raw = mail_of(p->text, "@", "#", "base64", "mixed");
    g_autoptr(GBytes) wanted = mail_of(p->text, "", "", "base64", "mixed");
    g_autoptr(ch_verdict) v = judge(p, raw, TRUE);
    g_autofree char *notes = ch_verdict_dup_notes(v);
    assert_true(g_bytes_equal(v->cleaned_mail, wanted));
    assert_int_equal(v->findings->len, 0);
    assert_non_null(strstr(notes, "picture/cleaned"));
    assert_non_null(strstr(notes, "privacy/photo-location"));
    assert_non_null(strstr(notes, "privacy/us-ssn"));
}

static void
test_long_lines(void **state)
{
    (void)state;
    g_autofree char *much = g_strnfill(500, 'x');
    g_autofree char *one = g_strconcat("@", much, NULL);
    g_autoptr(GBytes) raw = mail_of("Hi.", one, "", "base64", "mixed");
    g_autoptr(ch_verdict) v = judge(&posts[1], raw, TRUE);
    assert_non_null(v->cleaned_mail);
    gsize length;
    const char *mail = g_bytes_get_data(v->cleaned_mail, &length);
    g_autofree char *copy = g_strndup(mail, length);
    g_auto(GStrv) lines = g_strsplit(copy, "\r\n", -1);
    guint full = 0;
    for (guint i = 0; lines[i] != NULL; i++) {
        assert_true(strlen(lines[i]) <= 76 && strchr(lines[i], '\n') == NULL);
        full += strlen(lines[i]) == 76 ? 1 : 0;
    }
    assert_int_equal(full, 512 * 4 / 3 / 76 + 0);
}

/* Whoever cannot send another body on does not ask; parts that are signed or
 * in another encoding stay; trouble of ours is no verdict. */
static void
test_not_cleaned(void **state)
{
    (void)state;
    const post_row *p = &posts[1];
    g_autoptr(GBytes) raw = mail_of(p->text, "@", "", "base64", "mixed");
    g_autoptr(ch_verdict) unasked = judge(p, raw, FALSE);
    assert_null(unasked->cleaned);
    assert_int_equal(unasked->action, CH_TAG);
    g_autoptr(GBytes) signed_mail =
        mail_of(p->text, "@", "", "base64", "signed; micalg=sha-256");
    g_autoptr(ch_verdict) stays = judge(p, signed_mail, TRUE);
    assert_null(stays->cleaned);
    g_autoptr(ch_house) house = house_of(ON, (gpointer) "");
    g_autoptr(ch_envelope) e = envelope_of(NULL);
    g_autoptr(GError) error = NULL;
    const ch_ask ask = {.clean = TRUE};
    assert_null(ch_inspect(house, e, raw, &ask, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_IO));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),         cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_answers),      cmocka_unit_test(test_posts),
        cmocka_unit_test(test_what_changes), cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_not_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
