/*
 * Links of letters: who gets one, that each opens one card once, and where
 * its token is.
 */
#include "announce_fixture.h"
#include "chaperone/digest.h"
#include "chaperone/link.h"

#define HOUR   (DAY / 24)
#define PAGE   "https://review.practice.example"
#define REVIEW "review: {base_url: \"" PAGE "\", deadline: 2d}\n"

/* What stands behind PAGE "/open/" the nth time, or NULL.  Owned. */
static char *
dup_token(const char *text, guint nth)
{
    const char *at = text;
    for (guint i = 0; at != NULL && i <= nth; i++) {
        at = strstr(at, PAGE "/open/");
        at = at != NULL ? at + strlen(PAGE "/open/") : NULL;
    }
    return at != NULL ? g_strndup(at, CH_TOKEN_HEX) : NULL;
}

static void
assert_use(const fixture *f, const char *token, gint64 now_us,
           ch_link_end expected, const char *item)
{
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    ch_link_end end;
    gboolean ok = ch_link_use(f->store, token, now_us, &end, id, &error);
    assert_no_error(error);
    assert_true(ok);
    assert_int_equal(end, expected);
    assert_string_equal(id, item);
}

/* The one letter to compliance about a post of now.  Owned. */
static char *
dup_letter(const fixture *f, const ch_house *house, char *id_out)
{
    hold(f, house, POST, 3 * DAY, FALSE, id_out);
    g_autoptr(GPtrArray) outbox = outbox_of(f);
    for (guint i = 0; i < outbox->len; i++) {
        const ch_waiting *w = outbox->pdata[i];
        if (strcmp(w->recipient, COMPLIANCE) == 0) {
            return dup_text(w->mail);
        }
        g_autofree char *author = dup_text(w->mail);
        assert_null(strstr(author, PAGE));
    }
    return NULL;
}

static void
a_link_opens_its_card_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house = announcing_house("", REVIEW);
    char id[CH_ID_LENGTH + 1];
    g_autofree char *letter = dup_letter(f, house, id);
    g_autofree char *token = dup_token(letter, 0);
    assert_true(ch_link_is_token(token));
    assert_null(strstr(letter, "/item/"));
    assert_use(f, token, NOW + HOUR, CH_LINK_OPENS, id);
    assert_use(f, token, NOW + HOUR, CH_LINK_SPENT, id);
    assert_use(f, token, NOW + 9 * DAY, CH_LINK_SPENT, id);
    token[0] = token[0] == '0' ? '1' : '0';
    assert_use(f, token, NOW + HOUR, CH_LINK_FOREIGN, "");
    assert_use(f, "", NOW + HOUR, CH_LINK_FOREIGN, "");
}

static void
its_time_ends_with_the_decision(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house = announcing_house("", REVIEW);
    char id[CH_ID_LENGTH + 1];
    g_autofree char *letter = dup_letter(f, house, id);
    g_autofree char *token = dup_token(letter, 0);
    assert_use(f, token, NOW + 3 * DAY, CH_LINK_EXPIRED, id);
    assert_use(f, token, NOW + 3 * DAY - 1, CH_LINK_OPENS, id);
}

/* Of each kind of letter: to whom, and how long it holds where the time to
 * decide was over. */
static void
who_gets_one(void **state)
{
    const fixture *f = *state;
    g_autoptr(ch_house) house = announcing_house("", REVIEW);
    g_autoptr(ch_house) without = announcing_house("", "");
    for (guint k = 0; k < CH_NOTICE_COUNT; k++) {
        const ch_event event = {.kind = (ch_notice_kind)k,
                                .id = "06H2FCRECPT9V6Q0",
                                .author = "office",
                                .publish_at_us = -1,
                                .deadline_us = NOW - 1,
                                .time_us = NOW};
        g_autoptr(GArray) list = ch_announce(house, f->store, &event);
        g_autoptr(GArray) plain = ch_announce(without, f->store, &event);
        assert_int_equal(list->len, plain->len);
        for (guint i = 0; i < list->len; i++) {
            const ch_outgoing *out = &g_array_index(list, ch_outgoing, i);
            gboolean has = strcmp(out->recipient, COMPLIANCE) == 0 &&
                           k != CH_NOTICE_EXPIRED;
            assert_int_equal(out->links != NULL, has);
            assert_null(g_array_index(plain, ch_outgoing, i).links);
            if (has) {
                const ch_link *link = &g_array_index(out->links, ch_link, 0);
                assert_int_equal(out->links->len, 1);
                assert_string_equal(link->id, event.id);
                assert_true(link->until_us == NOW + 2 * DAY);
            }
        }
    }
}

/* Whether a file of the store has those bytes. */
static gboolean
is_in_files(const fixture *f, const char *token)
{
    static const char *const suffixes[] = {"", "-wal"};
    gboolean found = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *path = g_strconcat(f->db, suffixes[i], NULL);
        g_autofree char *data = NULL;
        gsize length = 0;
        if (g_file_get_contents(path, &data, &length, NULL)) {
            /* The letter may break its lines anywhere: half of it tells. */
            found = found || memmem(data, length, token, 16) != NULL;
        }
    }
    return found;
}

static void
the_store_has_no_token_once_the_letter_is_sent(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_house) house = announcing_house(", author: false", REVIEW);
    char id[CH_ID_LENGTH + 1];
    guint destroyed = 0;
    g_autofree char *letter = dup_letter(f, house, id);
    g_autofree char *token = dup_token(letter, 0);
    g_autoptr(GPtrArray) outbox = outbox_of(f);
    const ch_waiting *w = outbox->pdata[0];
    assert_true(
        ch_store_outbox_done(f->store, w->row, TRUE, "250", -1, &error));
    /* Empties the log. */
    assert_true(ch_store_purge(f->store, 0, 0, 0, &destroyed, &error));
    assert_false(is_in_files(f, token));
    assert_int_equal(sql_number(f, "SELECT count(*) FROM link WHERE recipient"
                                   " = '" COMPLIANCE "' AND length(digest) ="
                                   " 32"),
                     1);
    assert_use(f, token, NOW, CH_LINK_OPENS, id);
}

static void
old_ones_are_forgotten(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_house) house = announcing_house("", REVIEW);
    char id[CH_ID_LENGTH + 1];
    guint destroyed = 0;
    g_autofree char *letter = dup_letter(f, house, id);
    g_autofree char *token = dup_token(letter, 0);
    assert_true(
        ch_store_purge(f->store, NOW + 3 * DAY, 0, 0, &destroyed, &error));
    assert_use(f, token, NOW + 3 * DAY, CH_LINK_EXPIRED, id);
    assert_true(
        ch_store_purge(f->store, NOW + 3 * DAY + 1, 0, 0, &destroyed, &error));
    assert_use(f, token, NOW + 3 * DAY, CH_LINK_FOREIGN, "");
}

static void
a_new_key_leaves_them_as_they_are(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_house) house = announcing_house("", REVIEW);
    char id[CH_ID_LENGTH + 1];
    guint items = 0;
    const ch_decision who = {.reviewer = "root", .uid = 0, .time_us = NOW};
    g_autofree char *letter = dup_letter(f, house, id);
    g_autofree char *token = dup_token(letter, 0);
    ch_store_close(f->store);
    f->store = NULL;
    assert_true(ch_store_rotate_key(f->url, f->key, &who, &items, &error));
    f->store = open_store(f, FALSE);
    assert_use(f, token, NOW, CH_LINK_OPENS, id);
}

static void
a_digest_has_one_for_each_post(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) links = g_array_new(FALSE, FALSE, sizeof(ch_link));
    g_autoptr(ch_house) house =
        announcing_house(", digest: 1h, author: false", REVIEW);
    char soon[CH_ID_LENGTH + 1], later[CH_ID_LENGTH + 1];
    hold(f, house, "Subject: a\r\n\r\none\r\n", 3 * DAY, FALSE, later);
    hold(f, house, "Subject: a\r\n\r\ntwo\r\n", 2 * DAY, FALSE, soon);
    g_autoptr(GPtrArray) due = ch_digest_due(f->store, NOW, &error);
    const ch_digest *digest = due->pdata[0];
    g_autoptr(GBytes) mail = ch_digest_compose(
        house, f->store, digest, "06H2FCRECPT9V6Q0", NOW + HOUR, links);
    assert_int_equal(links->len, 2);
    g_autofree char *text = dup_text(mail);
    g_autofree char *first = dup_token(text, 0);
    g_autofree char *second = dup_token(text, 1);
    assert_use(f, first, NOW + HOUR, CH_LINK_FOREIGN, ""); /* not sent yet */
    assert_true(ch_digest_finish(f->store, digest, "06H2FCRECPT9V6Q0", mail,
                                 links, NOW + HOUR, &error));
    assert_use(f, first, NOW + HOUR, CH_LINK_OPENS, soon);
    assert_use(f, second, NOW + HOUR, CH_LINK_OPENS, later);
    assert_use(f, first, NOW + HOUR, CH_LINK_SPENT, soon);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_link_opens_its_card_once),
        TEST(its_time_ends_with_the_decision),
        TEST(who_gets_one),
        TEST(the_store_has_no_token_once_the_letter_is_sent),
        TEST(old_ones_are_forgotten),
        TEST(a_new_key_leaves_them_as_they_are),
        TEST(a_digest_has_one_for_each_post),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
