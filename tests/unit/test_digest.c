/*
 * Digests: which posts wait for one, what it says, and that each post stands
 * in exactly one.
 */
#include "announce_fixture.h"
#include "chaperone/digest.h"
#include "chaperone/limits.h"

#define HOUR (DAY / 24)

static void
decide(const fixture *f, const char *id, ch_state state)
{
    g_autoptr(GError) error = NULL;
    const ch_decision who = {.uid = -1, .time_us = NOW + 1};
    ch_store_decide(f->store, id, state, &who, &error);
    assert_no_error(error);
}

/* All that waits; before the time of none.  Owned. */
static GPtrArray *
due_of(const fixture *f)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *early = ch_digest_due(f->store, NOW - 1, &error);
    assert_no_error(error);
    assert_int_equal(early->len, 0);
    g_ptr_array_unref(early);
    GPtrArray *due = ch_digest_due(f->store, NOW, &error);
    assert_no_error(error);
    return due;
}

#define DIGEST_ID "06H2FCRECPT9V6Q0"

static GBytes *
compose(const fixture *f, const ch_house *house, const ch_digest *digest,
        gint64 now_us)
{
    g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(ch_link));
    return ch_digest_compose(house, f->store, digest, DIGEST_ID, now_us, links);
}

static void
finish(const fixture *f, const ch_digest *digest, GBytes *letter)
{
    g_autoptr(GError) error = NULL;
    ch_digest_finish(f->store, digest, DIGEST_ID, letter, NULL, NOW + HOUR,
                     &error);
    assert_no_error(error);
}

/* One post after another with that time to decide. */
static void
which_posts_wait(void **state)
{
    static const struct {
        const char *row, *notices;
        gint64 left_us;
        gboolean waits;
    } rows[] = {
        {"at once by default", "", 3 * DAY, FALSE},
        {"switched off", ", digest: off", 3 * DAY, FALSE},
        {"time enough", ", digest: 1h", 3 * DAY, TRUE},
        {"more than half is left", ", digest: 1h", 2 * HOUR + DAY / 1440, TRUE},
        {"half would be gone", ", digest: 1h", 2 * HOUR, FALSE},
        {"nearer than the period", ", digest: 1h", HOUR / 2, FALSE},
        {"over already", ", digest: 1h", -HOUR, FALSE},
        {"a long period", ", digest: 2d", 3 * DAY, FALSE},
    };
    const fixture *f = *state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        char id[CH_ID_LENGTH + 1];
        print_message("%s\n", rows[i].row);
        g_autoptr(ch_house) house = announcing_house(rows[i].notices, "");
        g_autofree char *text =
            g_strdup_printf("Subject: a\r\n\r\n%s\r\n", rows[i].row);
        gint64 before = sql_number(f, "SELECT count(*) FROM digest");
        hold(f, house, text, rows[i].left_us, FALSE, id);
        assert_int_equal(sql_number(f, "SELECT count(*) FROM digest") - before,
                         rows[i].waits);
        g_autoptr(GPtrArray) outbox = outbox_of(f);
        guint author = 0, compliance = 0;
        for (guint o = 0; o < outbox->len; o++) {
            const ch_waiting *w = outbox->pdata[o];
            if (strcmp(w->item, id) == 0) {
                compliance += strcmp(w->recipient, COMPLIANCE) == 0;
                author += strcmp(w->recipient, COMPLIANCE) != 0;
            }
        }
        assert_int_equal(author, 1); /* in any case at once */
        assert_int_equal(compliance, !rows[i].waits);
    }
}

static void
one_letter_has_them_all(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house = announcing_house(
        ", digest: 1h, author: false",
        "review: {base_url: \"https://review.practice.example\"}\n"
        "practice: {contact: \"Questions: 614-555-0100\"}\n");
    char first[CH_ID_LENGTH + 1], second[CH_ID_LENGTH + 1];
    hold(f, house, "Subject: Wilhelmina\r\n\r\none\r\n", 3 * DAY, FALSE, first);
    hold(f, house, "Subject: b\r\n\r\ntwo\r\n", 5 * HOUR, FALSE, second);
    g_autoptr(GPtrArray) due = due_of(f);
    assert_int_equal(due->len, 1);
    const ch_digest *digest = due->pdata[0];
    assert_string_equal(digest->recipient, COMPLIANCE);
    g_autoptr(GBytes) letter = compose(f, house, digest, NOW + HOUR);
    assert_true(ch_notice_is_ours(letter, f->store));
    g_autofree char *text = dup_text(letter);
    static const char *const said[] = {
        "\r\nAuto-Submitted: auto-generated\r\n",
        "\r\nSubject: Chaperone: 2 posts are held for review\r\n",
        "\r\nMessage-ID: <" DIGEST_ID ".digest.",
        "2 posts are held for review. They are not published.",
        "1. WordPress.com\r\n   Author: office\r\n"
        "   Why: Word that holds; gone/rule\r\n   Decide until: ",
        "; 4 hours left\r\n",
        "; 2 days left\r\n",
        "\r\n   https://review.practice.example/open/",
        "https://review.practice.example/queue\r\n",
        "audit verify --head",
        "Questions: 614-555-0100\r\n",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
        if (strstr(text, said[i]) == NULL) {
            fail_msg("no \"%s\" in\n%s", said[i], text);
        }
    }
    assert_true(strstr(text, second) < strstr(text, first)); /* least time */
    assert_null(strstr(text, "Wilhelmina"));
    assert_null(strstr(text, "secret-drop"));
}

static void
the_language_is_that_of_all(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house = announcing_house(", digest: 1h", "");
    char id[CH_ID_LENGTH + 1];
    hold(f, house, "Subject: a\r\n\r\nuno\r\n", 3 * DAY, TRUE, id);
    g_autoptr(GPtrArray) one = due_of(f);
    g_autoptr(GBytes) letter = compose(f, house, one->pdata[0], NOW);
    g_autofree char *text = dup_text(letter);
    assert_non_null(strstr(text, "chaperone quarantine list --state held"));
    assert_non_null(strstr(text, "quedan 3 d=C3=ADas"));
    hold(f, house, "Subject: a\r\n\r\ntwo\r\n", 3 * DAY, FALSE, id);
    g_autoptr(GPtrArray) two = due_of(f);
    g_autoptr(GBytes) mixed = compose(f, house, two->pdata[0], NOW);
    g_autofree char *english = dup_text(mixed);
    assert_non_null(strstr(english, "2 posts are held"));
}

static void
each_post_stands_in_one_letter(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_house) house =
        announcing_house(", digest: 1h, author: false", "");
    char id[CH_ID_LENGTH + 1];
    hold(f, house, "Subject: a\r\n\r\none\r\n", 3 * DAY, FALSE, id);
    g_autoptr(GPtrArray) due = due_of(f);
    const ch_digest *digest = due->pdata[0];
    g_autoptr(GBytes) letter = compose(f, house, digest, NOW);
    /* Meanwhile another: it is not in this letter, so it waits. */
    hold(f, house, "Subject: a\r\n\r\ntwo\r\n", 3 * DAY, FALSE, id);
    finish(f, digest, letter);
    g_autoptr(GPtrArray) outbox = outbox_of(f);
    assert_int_equal(outbox->len, 1);
    const ch_waiting *w = outbox->pdata[0];
    assert_string_equal(w->kind, "digest");
    assert_string_equal(w->item, DIGEST_ID);
    assert_true(g_bytes_equal(w->mail, letter));
    assert_int_equal(sql_number(f, "SELECT count(*) FROM digest"), 1);
    /* The same again: not sent twice, the other stays. */
    assert_false(ch_digest_finish(f->store, digest, DIGEST_ID, letter, NULL,
                                  NOW, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"), 1);
    g_autoptr(GPtrArray) rest = due_of(f);
    const ch_digest *next = rest->pdata[0];
    assert_int_equal(next->items->len, 1);
    assert_string_equal(((const ch_item *)next->items->pdata[0])->id, id);
}

static void
what_was_decided_is_not_told(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house =
        announcing_house(", digest: 1h, author: false", "");
    char first[CH_ID_LENGTH + 1], second[CH_ID_LENGTH + 1];
    hold(f, house, "Subject: a\r\n\r\none\r\n", 3 * DAY, FALSE, first);
    hold(f, house, "Subject: a\r\n\r\ntwo\r\n", 3 * DAY, FALSE, second);
    decide(f, first, CH_STATE_REFUSED);
    g_autoptr(GPtrArray) one = due_of(f);
    const ch_digest *digest = one->pdata[0];
    assert_int_equal(digest->items->len, 1);
    decide(f, second, CH_STATE_EXPIRED);
    g_autoptr(GPtrArray) none = due_of(f);
    digest = none->pdata[0];
    assert_int_equal(digest->items->len, 0);
    assert_null(compose(f, house, digest, NOW + HOUR));
    finish(f, digest, NULL);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM digest"), 0);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"), 0);
}

static void
a_letter_lists_no_more_than_people_read(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house =
        announcing_house(", digest: 1h, author: false", "");
    for (guint i = 0; i < CH_MAX_DIGEST + 5; i++) {
        char id[CH_ID_LENGTH + 1];
        g_autofree char *text = g_strdup_printf("Subject: a\r\n\r\n%u\r\n", i);
        hold(f, house, text, 3 * DAY, FALSE, id);
    }
    g_autoptr(GPtrArray) due = due_of(f);
    const ch_digest *digest = due->pdata[0];
    assert_int_equal(digest->items->len, CH_MAX_DIGEST);
    assert_int_equal(digest->more, 5);
    g_autoptr(GBytes) letter = compose(f, house, digest, NOW);
    g_autofree char *text = dup_text(letter);
    assert_non_null(strstr(text, "105 posts are held for review"));
    assert_non_null(strstr(text, "5 more are held"));
    finish(f, digest, letter);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM digest"), 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(which_posts_wait),
        TEST(one_letter_has_them_all),
        TEST(the_language_is_that_of_all),
        TEST(each_post_stands_in_one_letter),
        TEST(what_was_decided_is_not_told),
        TEST(a_letter_lists_no_more_than_people_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
