/*
 * Reviewing against a store: locks, who may decide, two people, marks, lists.
 */
#include "chaperone/announce.h"
#include "chaperone/release.h"
#include "chaperone/review.h"
#include "store_fixture.h"

#define MINUTE (G_GINT64_CONSTANT(60) * G_USEC_PER_SEC)
#define LOCK   (15 * MINUTE)

typedef struct {
    struct ch_guard guard;
    ch_decision decision;
    guint8 content[CH_DIGEST_BYTES];
} person;

/* Who decides at that time, about the post that put() makes of text. */
static void
be(person *p, const fixture *f, const char *name, ch_role role, gint64 time_us,
   const char *text)
{
    g_autoptr(GBytes) raw = bytes_of(text);
    ch_review_digest(f->store, raw, p->content);
    p->guard = (struct ch_guard){
        .account = name, .role = role, .content = p->content, .lock_us = LOCK};
    p->decision = (ch_decision){.reviewer = name,
                                .uid = -1,
                                .note = "a note",
                                .time_us = time_us,
                                .guard = &p->guard};
}

static ch_state
state_of(const fixture *f, const char *id)
{
    g_autoptr(ch_item) item = ch_store_get(f->store, id, NULL);
    return item->state;
}

static void
test_take(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person dana, eli, late;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&dana, f, "dana", CH_ROLE_REVIEWER, NOW, POST);
    be(&eli, f, "eli", CH_ROLE_REVIEWER, NOW + MINUTE, POST);
    be(&late, f, "eli", CH_ROLE_REVIEWER, NOW + LOCK + MINUTE, POST);
    assert_true(ch_review_take(f->store, id, &dana.decision, &error));
    assert_false(ch_review_take(f->store, id, &eli.decision, &error));
    assert_non_null(strstr(error->message, "dana has taken it"));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(ch_release_approve(f->store, id, NULL, &eli.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(
        ch_store_decide(f->store, id, CH_STATE_REFUSED, &eli.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(state_of(f, id), CH_STATE_HELD);
    assert_true(ch_review_take(f->store, id, &late.decision, &error));
}

static void
test_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person dana, eli;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&dana, f, "dana", CH_ROLE_REVIEWER, NOW, POST);
    be(&eli, f, "eli", CH_ROLE_REVIEWER, NOW, POST);
    assert_true(ch_release_approve(f->store, id, NULL, &dana.decision, &error));
    assert_false(ch_release_approve(f->store, id, NULL, &eli.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(
        ch_store_decide(f->store, id, CH_STATE_REFUSED, &eli.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(state_of(f, id), CH_STATE_RELEASING);
}

/* put() makes posts of author "office". */
static void
test_own(void **state)
{
    static const struct {
        const char *account, *author;
        gboolean own;
    } rows[] = {{"office", NULL, TRUE},
                {"dana", "office", TRUE},
                {"dana", "Office", TRUE},
                {"dana", NULL, FALSE},
                {"dana", "bea", FALSE}};
    const fixture *f = *state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf(POST "%" G_GSIZE_FORMAT, i);
        char id[CH_ID_LENGTH + 1];
        person p;
        put(f, CH_STATE_HELD, NOW, text, id);
        be(&p, f, rows[i].account, CH_ROLE_ADMIN, NOW, text);
        p.guard.author = rows[i].author;
        assert_int_equal(
            ch_release_approve(f->store, id, NULL, &p.decision, &error),
            !rows[i].own);
        if (rows[i].own) {
            assert_error_code(&error, CH_ERROR_STATE);
            p.guard.own_allowed = TRUE;
            assert_true(
                ch_release_approve(f->store, id, NULL, &p.decision, &error));
        }
    }
}

/* Reviewers of the post's account, and whoever is above them. */
static void
test_not_named(void **state)
{
    static const struct {
        ch_role role;
        gboolean not_named, may;
    } rows[] = {{CH_ROLE_REVIEWER, FALSE, TRUE},
                {CH_ROLE_REVIEWER, TRUE, FALSE},
                {CH_ROLE_SENIOR, TRUE, TRUE},
                {CH_ROLE_ADMIN, TRUE, TRUE}};
    const fixture *f = *state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf(POST "%" G_GSIZE_FORMAT, i);
        char id[CH_ID_LENGTH + 1];
        person p;
        put(f, CH_STATE_HELD, NOW, text, id);
        be(&p, f, "dana", rows[i].role, NOW, text);
        p.guard.not_named = rows[i].not_named;
        assert_int_equal(ch_review_take(f->store, id, &p.decision, &error),
                         rows[i].may);
        g_clear_error(&error);
        assert_int_equal(
            ch_review_mark(f->store, id, CH_MARK_ASKED, &p.decision, &error),
            rows[i].may);
        g_clear_error(&error);
        assert_int_equal(
            ch_release_approve(f->store, id, NULL, &p.decision, &error),
            rows[i].may);
        if (rows[i].may) {
            continue;
        }
        assert_non_null(strstr(error->message, "names other reviewers"));
        assert_error_code(&error, CH_ERROR_STATE);
        assert_false(ch_store_decide(f->store, id, CH_STATE_REFUSED,
                                     &p.decision, &error));
        assert_error_code(&error, CH_ERROR_STATE);
        assert_int_equal(state_of(f, id), CH_STATE_HELD);
    }
}

static void
test_reviewers_of_accounts(void **state)
{
    static const char yaml[] =
        "practice: {domains: [b.example]}\n"
        "notices: {compliance: c@b.example}\n"
        "gateways:\n"
        "  files: [" CH_SOURCE_DIR "/conf/gateways.yaml]\n"
        "  accounts:\n"
        "    - {alias: blog@s.b.example, gateway: wordpress,\n"
        "       secret_file: /none, reviewers: [Dana@b.example, e@x.example]}\n"
        "    - {alias: page@s.b.example, gateway: wordpress,\n"
        "       secret_file: /none, reviewers: [dana@b.example]}\n"
        "    - {alias: free@s.b.example, gateway: wordpress,\n"
        "       secret_file: /none}\n";
    static const struct {
        const char *aliases, *login;
        gboolean is;
    } rows[] = {
        {NULL, "eli", TRUE},
        {"free@s.b.example", "eli", TRUE},
        {"gone@s.b.example", "eli", TRUE},
        {"blog@s.b.example", "dana", TRUE},
        {"blog@s.b.example", "dana@b.example", TRUE},
        {"blog@s.b.example", "dana@x.example", FALSE},
        {"blog@s.b.example", "e@x.example", TRUE},
        {"blog@s.b.example", "e", FALSE},
        {"blog@s.b.example", "eli", FALSE},
        {"blog@s.b.example, page@s.b.example", "dana", TRUE},
        {"blog@s.b.example, page@s.b.example", "e@x.example", FALSE},
        {"page@s.b.example, free@s.b.example", "eli", FALSE},
    };
    const fixture *f = *state;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *file = g_build_filename(f->directory, "test.yaml", NULL);
    assert_true(g_file_set_contents(file, yaml, -1, NULL));
    g_autoptr(ch_house) house = ch_house_load_gateways(file, diag);
    g_autofree char *errors = ch_diag_dup_text(diag);
    assert_string_equal(errors, "");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (ch_announce_is_reviewer(house, rows[i].aliases, rows[i].login) !=
            rows[i].is) {
            fail_msg("%s for %s", rows[i].login, rows[i].aliases);
        }
    }
}

static void
test_other_bytes(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person p;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&p, f, "dana", CH_ROLE_REVIEWER, NOW, POST "x");
    assert_false(ch_release_approve(f->store, id, NULL, &p.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    p.guard.content = NULL;
    assert_false(ch_release_approve(f->store, id, NULL, &p.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

static void
test_auditor(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person p;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&p, f, "ada", CH_ROLE_AUDITOR, NOW, POST);
    assert_false(ch_release_approve(f->store, id, NULL, &p.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(
        ch_store_decide(f->store, id, CH_STATE_REFUSED, &p.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

static void
test_escalated(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person dana, sam;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&dana, f, "dana", CH_ROLE_REVIEWER, NOW, POST);
    be(&sam, f, "sam", CH_ROLE_SENIOR, NOW, POST);
    assert_true(ch_review_mark(f->store, id, CH_MARK_ESCALATED, &dana.decision,
                               &error));
    assert_false(
        ch_review_mark(f->store, id, CH_MARK_ESCALATED, &sam.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(
        ch_release_approve(f->store, id, NULL, &dana.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_true(ch_release_approve(f->store, id, NULL, &sam.decision, &error));
}

static void
test_two_people(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person dana, eli;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&dana, f, "dana", CH_ROLE_REVIEWER, NOW, POST);
    be(&eli, f, "eli", CH_ROLE_REVIEWER, NOW, POST);
    dana.guard.two_people = eli.guard.two_people = TRUE;
    assert_true(ch_release_approve(f->store, id, NULL, &dana.decision, &error));
    assert_int_equal(state_of(f, id), CH_STATE_HELD);
    assert_false(
        ch_release_approve(f->store, id, NULL, &dana.decision, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_true(ch_release_approve(f->store, id, NULL, &eli.decision, &error));
    assert_int_equal(state_of(f, id), CH_STATE_RELEASING);
}

/* What is held as evidence is not destroyed by retention. */
static void
test_evidence(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char kept[CH_ID_LENGTH + 1], gone[CH_ID_LENGTH + 1];
    guint destroyed = 0;
    person sam;
    put(f, CH_STATE_HELD, NOW, POST, kept);
    put(f, CH_STATE_HELD, NOW, POST "x", gone);
    be(&sam, f, "sam", CH_ROLE_SENIOR, NOW, POST);
    assert_true(ch_review_mark(f->store, kept, CH_MARK_EVIDENCE, &sam.decision,
                               &error));
    assert_true(ch_store_decide(f->store, kept, CH_STATE_REFUSED, &sam.decision,
                                &error));
    assert_true(ch_store_decide(f->store, gone, CH_STATE_REFUSED, &sam.decision,
                                &error));
    assert_true(
        ch_store_purge(f->store, NOW + DAY, NOW + DAY, 0, &destroyed, &error));
    assert_int_equal(destroyed, 1);
    g_autoptr(ch_item) item = ch_store_get(f->store, kept, &error);
    assert_true(item->has_message);
}

static void
test_lists(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    guint total = 0;
    ch_review_counts n;
    for (int i = 0; i < 60; i++) {
        g_autofree char *text = g_strdup_printf(POST "%d", i);
        put(f, i % 6 == 0 ? CH_STATE_PASSED : CH_STATE_HELD, NOW + i, text, id);
    }
    static const struct {
        ch_list_ask ask;
        guint rows, total;
    } rows[] = {
        {{.list = CH_LIST_WAITING, .limit = 20}, 20, 50},
        {{.list = CH_LIST_WAITING, .limit = 20, .offset = 40}, 10, 50},
        {{.list = CH_LIST_PASSED, .limit = 20}, 10, 10},
        {{.list = CH_LIST_DONE, .limit = 20}, 0, 0},
        {{.list = CH_LIST_ALL, .limit = 100}, 60, 60},
        {{.list = CH_LIST_WAITING, .limit = 9, .gateway = "wordpress"}, 9, 50},
        {{.list = CH_LIST_WAITING, .limit = 9, .gateway = "word"}, 0, 0},
        {{.list = CH_LIST_WAITING, .limit = 9, .rule = "privacy/ssn"}, 9, 50},
        {{.list = CH_LIST_WAITING, .limit = 9, .author = "office"}, 9, 50},
        {{.list = CH_LIST_WAITING, .limit = 9, .search = "PROFAN"}, 9, 50},
        {{.list = CH_LIST_WAITING, .limit = 9, .search = "braces"}, 0, 0},
        {{.list = CH_LIST_WAITING, .limit = 9, .escalated = TRUE}, 0, 0},
        {{.list = CH_LIST_WAITING, .limit = 9, .search = "' OR 1 --"}, 0, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) list =
            ch_review_list(f->store, &rows[i].ask, &total, &error);
        assert_no_error(error);
        assert_int_equal(list->len, rows[i].rows);
        assert_int_equal(total, rows[i].total);
    }
    assert_true(ch_review_count(f->store, NOW, &n, &error));
    assert_int_equal(n.waiting, 50);
    assert_int_equal(n.passed, 10);
}

/* Columns of the item and of the review stand in one row. */
static void
test_a_row_of_a_list_has_its_review(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char taken[CH_ID_LENGTH + 1], raised[CH_ID_LENGTH + 1];
    person dana;
    guint total;
    put(f, CH_STATE_HELD, NOW, POST, taken);
    put(f, CH_STATE_HELD, NOW, POST "x", raised);
    be(&dana, f, "dana", CH_ROLE_REVIEWER, NOW, POST);
    assert_true(ch_review_take(f->store, taken, &dana.decision, &error));
    assert_true(ch_review_mark(f->store, raised, CH_MARK_ESCALATED,
                               &dana.decision, &error));
    const ch_list_ask ask = {.list = CH_LIST_WAITING, .limit = 9};
    g_autoptr(GPtrArray) list = ch_review_list(f->store, &ask, &total, &error);
    assert_no_error(error);
    assert_int_equal(list->len, 2);
    for (guint i = 0; i < list->len; i++) {
        const ch_list_row *row = g_ptr_array_index(list, i);
        gboolean is_taken = strcmp(row->item->id, taken) == 0;
        const char *owner = ch_review_owner(row->review, LOCK, NOW);
        assert_string_equal(is_taken ? owner : "dana", "dana");
        assert_int_equal(owner != NULL, is_taken);
        assert_int_equal(row->review->escalated_us, is_taken ? -1 : NOW);
        assert_int_equal(row->review->evidence_us, -1);
    }
}

static void
test_history(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    person dana;
    put(f, CH_STATE_HELD, NOW, POST, id);
    be(&dana, f, "dana", CH_ROLE_REVIEWER, NOW, POST);
    assert_true(ch_review_take(f->store, id, &dana.decision, &error));
    assert_true(ch_release_approve(f->store, id, NULL, &dana.decision, &error));
    g_autoptr(GPtrArray) list = ch_review_history(f->store, id, &error);
    static const char *const events[] = {"held", "taken", "releasing"};
    assert_int_equal(list->len, G_N_ELEMENTS(events));
    for (guint i = 0; i < list->len; i++) {
        const ch_history *h = g_ptr_array_index(list, i);
        assert_string_equal(h->event, events[i]);
    }
}

/* Half, three quarters, the end of the time. */
static void
test_due(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    char id[CH_ID_LENGTH + 1];
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_record r = make_record(f, CH_STATE_HELD, NOW, e, raw, id, key);
    const ch_decision keeper = {.uid = -1, .time_us = NOW};
    r.deadline_us = NOW + 4 * DAY;
    assert_true(ch_store_commit(f->store, &r, &prior, &error));
    static const struct {
        ch_mark mark;
        gint64 after;
        guint due;
    } rows[] = {
        {CH_MARK_REMINDED, 1 * DAY, 0},     {CH_MARK_REMINDED, 2 * DAY, 1},
        {CH_MARK_REMINDED, 2 * DAY + 1, 0}, {CH_MARK_WARNED, 2 * DAY, 0},
        {CH_MARK_WARNED, 3 * DAY, 1},       {CH_MARK_WARNED, 3 * DAY + 1, 0},
        {CH_MARK_COUNT, 3 * DAY, 0},        {CH_MARK_COUNT, 4 * DAY, 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GPtrArray) due = ch_review_due(
            f->store, rows[i].mark, NOW + rows[i].after, NOW, 10, &error);
        assert_no_error(error);
        assert_int_equal(due->len, rows[i].due);
        if (due->len > 0 && rows[i].mark != CH_MARK_COUNT) {
            gboolean ok =
                ch_review_mark(f->store, id, rows[i].mark, &keeper, &error);
            assert_no_error(error);
            assert_true(ok);
        }
    }
    g_autoptr(GPtrArray) young = ch_review_due(
        f->store, CH_MARK_COUNT, NOW + 4 * DAY, NOW - 1, 10, &error);
    assert_int_equal(young->len, 0);
    g_autoptr(ch_review) review = ch_review_get(f->store, id, &error);
    assert_true(review->escalated_us >= 0);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_take),
        TEST(test_once),
        TEST(test_own),
        TEST(test_not_named),
        TEST(test_reviewers_of_accounts),
        TEST(test_other_bytes),
        TEST(test_auditor),
        TEST(test_escalated),
        TEST(test_two_people),
        TEST(test_evidence),
        TEST(test_lists),
        TEST(test_a_row_of_a_list_has_its_review),
        TEST(test_history),
        TEST(test_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
