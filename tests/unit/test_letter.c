/*
 * Letters of authors: which mails are some, their words, and how they are
 * kept: sealed, for the item's author alone, as long as the message.
 */
#include "unit.h"

#include "chaperone/announce.h"
#include "chaperone/letter.h"
#include "chaperone/limits.h"
#include "chaperone/review.h"
#include "store_fixture.h"

#define CHECK  "check@social.b.example"
#define BLOG   "bako123dela@post.wordpress.com"
#define PERSON "pat@example.com"
#define ID     "06H2FCRECPT9V6Q0"

static ch_house *
house_of(const fixture *f, const char *address)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *file = g_build_filename(f->directory, "c.yaml", NULL);
    g_autofree char *yaml = g_strdup_printf("gateways: {files: [" CH_SOURCE_DIR
                                            "/conf/gateways.yaml]}\n"
                                            "check: {address: \"%s\"}\n",
                                            address);
    assert_true(g_file_set_contents(file, yaml, -1, NULL));
    ch_house *house = ch_house_load_gateways(file, diag);
    assert_non_null(house);
    return house;
}

static void
which_mails_are_letters(void **state)
{
    static const struct {
        const char *to, *to2, *subject, *id;
    } rows[] = {
        {CHECK, NULL, "Re: Chaperone: a question (ID " ID ")", ID},
        {"<Check@SOCIAL.b.example>", NULL, "please review ID " ID, ID},
        {CHECK, NULL, "=?utf-8?q?Re:_su_publicaci=C3=B3n_(ID_" ID ")?=", ID},
        {CHECK, NULL, "ID short (ID " ID ")", ID},
        {CHECK, CHECK, "(ID " ID ")", ID},
        {CHECK, BLOG, "(ID " ID ")", NULL},
        {CHECK, PERSON, "(ID " ID ")", NULL},
        {BLOG, NULL, "[check] (ID " ID ")", NULL},
        {CHECK, NULL, "My draft", NULL},
        {CHECK, NULL, "(ID " ID "7)", NULL},
        {CHECK, NULL, "(ID 06H2FCRECPT9V6QU)", NULL},
        {CHECK, NULL, "(ID 06H2FCRECPT9V6)", NULL},
        {CHECK, NULL, "ID ", NULL},
    };
    const fixture *f = *state;
    g_autoptr(ch_house) house = house_of(f, CHECK);
    g_autoptr(ch_house) without = house_of(f, "");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        char id[CH_ID_LENGTH + 1];
        g_autoptr(ch_envelope) e = ch_envelope_new();
        g_autofree char *text =
            g_strdup_printf("Subject: %s\r\n\r\nHello\r\n", rows[i].subject);
        g_autoptr(GBytes) raw = bytes_of(text);
        ch_envelope_set_sender(e, "<ana@b.example>", NULL);
        ch_envelope_add_recipient(e, rows[i].to, NULL, NULL);
        if (rows[i].to2 != NULL) {
            ch_envelope_add_recipient(e, rows[i].to2, NULL, NULL);
        }
        gboolean is = ch_letter_find_id(house, e, raw, id);
        if (is != (rows[i].id != NULL) || (is && strcmp(id, rows[i].id) != 0)) {
            fail_msg("%s", rows[i].subject);
        }
        assert_false(ch_letter_find_id(without, e, raw, id));
    }
}

static void
words_are_the_authors_own(void **state)
{
    static const struct {
        const char *mail, *words;
    } rows[] = {
        {"Subject: a\r\n\r\nYes, she signed.\r\nAna\r\n",
         "Yes, she signed.\nAna"},
        {"Subject: a\r\n\r\nYes.\r\n\r\nOn Monday, Chaperone wrote:\r\n\r\n> "
         "Your "
         "post is held.\r\n> ID: x\r\n",
         "Yes."},
        {"Subject: a\r\n\r\n> Is there a consent?\r\nYes:\r\nit is here\r\n",
         "Yes:\nit is here"},
        {"Subject: a\r\n\r\n> only\r\n> a quote\r\n", ""},
        {"Subject: a\r\n\r\n", ""},
        {"Subject: a\r\nContent-Type: text/html\r\n\r\n<p>Yes &amp; no</p>\r\n",
         "Yes & no"},
        {"Subject: a\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n"
         "--b\r\nContent-Type: text/plain\r\n\r\nPlain\r\n--b\r\n"
         "Content-Type: text/html\r\n\r\n<p>Rich</p>\r\n--b--\r\n",
         "Plain"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) raw = bytes_of(rows[i].mail);
        g_autofree char *words = ch_letter_dup_words(raw);
        assert_string_equal(words, rows[i].words);
    }
    g_autofree char *many = g_strnfill(CH_MAX_LETTER + 100, 'a');
    g_autofree char *mail = g_strconcat("Subject: a\r\n\r\n", many, NULL);
    g_autoptr(GBytes) raw = bytes_of(mail);
    g_autofree char *words = ch_letter_dup_words(raw);
    assert_int_equal(strlen(words), CH_MAX_LETTER);
}

/* Each kind that can be switched off is; others are sent in any case. */
static void
notices_can_be_switched_off(void **state)
{
    const fixture *f = *state;
    for (guint kind = 0; kind < CH_NOTICE_COUNT; kind++) {
        const char *name = ch_notice_kind_name((ch_notice_kind)kind);
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autofree char *file = g_build_filename(f->directory, "n.yaml", NULL);
        g_autofree char *yaml = g_strdup_printf(
            "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n"
            "notices: {compliance: c@b.example, off: [%s]}\n",
            name);
        assert_true(g_file_set_contents(file, yaml, -1, NULL));
        g_autoptr(ch_house) house = ch_house_load_gateways(file, diag);
        gboolean by_hand =
            kind == CH_NOTICE_ASKED || kind == CH_NOTICE_ANSWERED;
        assert_int_equal(house == NULL, by_hand);
        for (guint k = 0; house != NULL && k < CH_NOTICE_COUNT; k++) {
            const ch_event event = {.kind = (ch_notice_kind)k,
                                    .id = ID,
                                    .author = "office",
                                    .publish_at_us = -1,
                                    .time_us = NOW};
            g_autoptr(GArray) list = ch_announce(house, f->store, &event);
            assert_int_equal(list->len == 0, k == kind);
        }
    }
}

/* --- kept ----------------------------------------------------------------- */

#define SECRET_WORDS "Wilhelmina signed it"

static gboolean
write_one(const fixture *f, const char *id, const char *author, GError **error)
{
    const ch_decision who = {.uid = -1, .time_us = NOW + 1};
    return ch_store_add_letter(f->store, id, author, SECRET_WORDS, &who, error);
}

static guint
count_letters(const fixture *f, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = ch_store_letters(f->store, id, &error);
    assert_no_error(error);
    return list->len;
}

static void
a_letter_is_kept_beside_its_post(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(write_one(f, id, "office", &error));
    g_autoptr(GPtrArray) list = ch_store_letters(f->store, id, &error);
    assert_int_equal(list->len, 1);
    const ch_letter *letter = list->pdata[0];
    assert_string_equal(letter->text, SECRET_WORDS);
    assert_true(letter->time_us == NOW + 1);
    g_autoptr(ch_review) review = ch_review_get(f->store, id, &error);
    assert_true(review->wrote_us == NOW + 1);
    g_autoptr(GPtrArray) history = ch_review_history(f->store, id, &error);
    const ch_history *last = history->pdata[history->len - 1];
    assert_string_equal(last->event, "author-wrote");
    assert_null(last->note);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM letter WHERE"
                                   " instr(sealed, 'Wilhelmina') > 0"),
                     0);
}

static void
others_cannot_write(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_false(write_one(f, id, "bea", &error));
    assert_error_code(&error, CH_ERROR_NOTFOUND);
    assert_false(write_one(f, ID, "office", &error));
    assert_error_code(&error, CH_ERROR_NOTFOUND);
    assert_int_equal(count_letters(f, id), 0);
    for (guint i = 0; i < CH_MAX_LETTERS; i++) {
        assert_true(write_one(f, id, "office", &error));
    }
    assert_false(write_one(f, id, "office", &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(count_letters(f, id), CH_MAX_LETTERS);
}

static void
it_goes_with_the_message(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    const ch_decision nobody = {.uid = -1, .time_us = NOW + DAY};
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(write_one(f, id, "office", &error));
    assert_true(
        ch_store_decide(f->store, id, CH_STATE_EXPIRED, &nobody, &error));
    assert_int_equal(count_letters(f, id), 0);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM letter"), 0);
    assert_false(write_one(f, id, "office", &error));
    assert_error_code(&error, CH_ERROR_NOTFOUND);
}

static void
a_new_key_opens_it(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    guint items = 0;
    const ch_decision who = {.reviewer = "root", .uid = 0, .time_us = NOW};
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(write_one(f, id, "office", &error));
    ch_store_close(f->store);
    f->store = NULL;
    assert_true(ch_store_rotate_key(f->url, f->key, &who, &items, &error));
    f->store = open_store(f, FALSE);
    g_autoptr(GPtrArray) list = ch_store_letters(f->store, id, &error);
    assert_no_error(error);
    assert_string_equal(((const ch_letter *)list->pdata[0])->text,
                        SECRET_WORDS);
}

static void
damage_is_an_error(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(write_one(f, id, "office", &error));
    assert_int_equal(sql_run(f, "UPDATE letter SET sealed = zeroblob(60)"),
                     SQLITE_OK);
    assert_null(ch_store_letters(f->store, id, &error));
    assert_error_code(&error, CH_ERROR_INTERNAL);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(which_mails_are_letters),
        cmocka_unit_test(words_are_the_authors_own),
        TEST(notices_can_be_switched_off),
        TEST(a_letter_is_kept_beside_its_post),
        TEST(others_cannot_write),
        TEST(it_goes_with_the_message),
        TEST(a_new_key_opens_it),
        TEST(damage_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
