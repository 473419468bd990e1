/*
 * The store in good weather: taking, the retry rule, deciding, the outbox.
 */
#include "store_fixture.h"

static void
what_was_taken_is_there(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    g_autoptr(ch_item) item = ch_store_get(f->store, id, &error);
    assert_no_error(error);
    assert_string_equal(item->id, id);
    assert_int_equal(item->state, CH_STATE_HELD);
    assert_int_equal(item->time_us, NOW);
    assert_int_equal(item->publish_at_us, NOW + DAY);
    assert_int_equal(item->deadline_us, -1);
    assert_int_equal(item->seen_us, -1);
    assert_int_equal(item->decided_us, -1);
    assert_string_equal(item->author, "office");
    assert_string_equal(item->gateways, "wordpress");
    assert_string_equal(item->rules, "privacy/ssn,tone/profanity");
    assert_string_equal(item->verdict, "quarantine");
    assert_string_equal(item->queue_id, "4Xyz");
    assert_string_equal(item->findings_json, "[]");
    assert_null(item->reviewer);
    assert_int_equal(item->size, strlen(POST));
    assert_true(item->has_message);

    g_autoptr(ch_envelope) e = NULL;
    g_autoptr(GBytes) raw = ch_store_read(f->store, id, &e, &error);
    g_autoptr(GBytes) sent = bytes_of(POST);
    assert_true(g_bytes_equal(raw, sent));
    assert_string_equal(e->sender, "office@practice.example");
}

static void
it_is_there_after_closing(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    ch_store_close(f->store);
    f->store = open_store(f, FALSE);
    g_autoptr(GBytes) raw = ch_store_read(f->store, id, NULL, &error);
    g_autoptr(GBytes) sent = bytes_of(POST);
    assert_no_error(error);
    assert_true(g_bytes_equal(raw, sent));
}

static void
a_reject_may_keep_no_message(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    char id[CH_ID_LENGTH + 1];
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_record r = make_record(f, CH_STATE_REJECTED, NOW, e, raw, id, key);
    r.envelope = NULL;
    r.raw = NULL;
    r.author = NULL;
    r.queue_id = NULL;
    assert_true(ch_store_commit(f->store, &r, &prior, &error));
    g_autoptr(ch_item) item = ch_store_get(f->store, id, &error);
    assert_false(item->has_message);
    assert_null(item->author);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM payload"), 0);
    assert_null(ch_store_read(f->store, id, NULL, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

static void
unknown_ids_are_not_found(void **state)
{
    const fixture *f = *state;
    static const char *const rows[] = {"0123456789ABCDEF", "", "' OR 1=1 --"};
    const ch_decision d = {.uid = 0, .time_us = NOW};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        assert_null(ch_store_get(f->store, rows[i], &error));
        assert_error_code(&error, CH_ERROR_NOTFOUND);
        assert_null(ch_store_read(f->store, rows[i], NULL, &error));
        assert_error_code(&error, CH_ERROR_NOTFOUND);
        assert_false(
            ch_store_decide(f->store, rows[i], CH_STATE_REFUSED, &d, &error));
        assert_error_code(&error, CH_ERROR_NOTFOUND);
        assert_false(ch_store_seen(f->store, rows[i], &d, &error));
        assert_error_code(&error, CH_ERROR_NOTFOUND);
        assert_false(
            ch_store_record_view(f->store, rows[i], "viewed", &d, &error));
        assert_error_code(&error, CH_ERROR_NOTFOUND);
    }
}

static void
lists_hold_the_states_asked_for_in_order_of_time(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char late[CH_ID_LENGTH + 1], early[CH_ID_LENGTH + 1];
    char passed[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW + 2, "late", late);
    put(f, CH_STATE_HELD, NOW + 1, "early", early);
    put(f, CH_STATE_PASSED, NOW, "passed", passed);
    g_autoptr(GPtrArray) held =
        ch_store_list(f->store, 1 << CH_STATE_HELD, &error);
    assert_int_equal(held->len, 2);
    assert_string_equal(((ch_item *)held->pdata[0])->id, early);
    assert_string_equal(((ch_item *)held->pdata[1])->id, late);
    g_autoptr(GPtrArray) all = ch_store_list(f->store, ~0U, &error);
    assert_int_equal(all->len, 3);
    assert_string_equal(((ch_item *)all->pdata[0])->id, passed);
    g_autoptr(GPtrArray) none = ch_store_list(f->store, 0, &error);
    assert_int_equal(none->len, 0);
}

static void
state_names_go_there_and_back(void **state)
{
    (void)state;
    static const char *const names[] = {
        "held",    "releasing", "release_failed", "released",
        "refused", "expired",   "passed",         "rejected"};
    ch_state got;
    for (guint i = 0; i < CH_STATE_COUNT; i++) {
        assert_string_equal(ch_state_name((ch_state)i), names[i]);
        assert_true(ch_state_parse(names[i], &got));
        assert_int_equal(got, i);
    }
    assert_false(ch_state_parse("HELD", &got));
    assert_false(ch_state_parse("", &got));
}

/* --- the retry rule ------------------------------------------------------ */

static void
the_same_message_again(void **state)
{
    const fixture *f = *state;
    static const struct {
        ch_state before;
        gboolean noted; /* one more ledger row */
    } rows[] = {
        {CH_STATE_HELD, FALSE},           {CH_STATE_RELEASING, FALSE},
        {CH_STATE_RELEASE_FAILED, FALSE}, {CH_STATE_RELEASED, FALSE},
        {CH_STATE_REFUSED, FALSE},        {CH_STATE_EXPIRED, FALSE},
        {CH_STATE_PASSED, TRUE},          {CH_STATE_REJECTED, TRUE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("post %" G_GSIZE_FORMAT, i);
        g_autofree char *sql = g_strdup_printf(
            "UPDATE item SET state = '%s' WHERE time_us = %" G_GINT64_FORMAT,
            ch_state_name(rows[i].before), NOW + (gint64)i);
        char first[CH_ID_LENGTH + 1], second[CH_ID_LENGTH + 1];
        put(f, CH_STATE_HELD, NOW + (gint64)i, text, first);
        assert_int_equal(sql_run(f, sql), SQLITE_OK);
        gint64 ledger = sql_number(f, "SELECT count(*) FROM ledger");

        g_autoptr(ch_envelope) e = make_envelope();
        g_autoptr(GBytes) raw = bytes_of(text);
        guint8 key[CH_DIGEST_BYTES];
        ch_prior prior;
        ch_record r =
            make_record(f, rows[i].noted ? rows[i].before : CH_STATE_HELD,
                        NOW + DAY, e, raw, second, key);
        assert_true(ch_store_commit(f->store, &r, &prior, &error));
        assert_string_equal(prior.id, first);
        assert_int_equal(prior.state, rows[i].before);
        assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), i + 1);
        assert_int_equal(sql_number(f, "SELECT count(*) FROM payload"), i + 1);
        assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger") - ledger,
                         rows[i].noted ? 1 : 0);
        assert_true(
            ch_store_find_prior(f->store, key, NOW + DAY, &prior, &error));
        assert_string_equal(prior.id, first);
    }
}

/* Rules have changed: what was let go or refused at once is held now. */
static void
a_stronger_record_takes_the_place(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name;
        ch_state before, after;
        gboolean same_id, replaced;
    } rows[] = {
        {"rejected, now held", CH_STATE_REJECTED, CH_STATE_HELD, TRUE, TRUE},
        {"passed, now held", CH_STATE_PASSED, CH_STATE_HELD, TRUE, TRUE},
        {"rejected, now passed", CH_STATE_REJECTED, CH_STATE_PASSED, TRUE,
         TRUE},
        {"passed, now rejected", CH_STATE_PASSED, CH_STATE_REJECTED, TRUE,
         FALSE},
        {"refused stays refused", CH_STATE_REFUSED, CH_STATE_HELD, TRUE, FALSE},
        {"another ID", CH_STATE_REJECTED, CH_STATE_HELD, FALSE, FALSE},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("post %" G_GSIZE_FORMAT, i);
        g_autofree char *sql = g_strdup_printf(
            "UPDATE item SET state = '%s' WHERE time_us = %" G_GINT64_FORMAT,
            ch_state_name(rows[i].before), NOW + (gint64)i);
        char first[CH_ID_LENGTH + 1], second[CH_ID_LENGTH + 1];
        put(f, CH_STATE_HELD, NOW + (gint64)i, text, first);
        assert_int_equal(sql_run(f, sql), SQLITE_OK);

        g_autoptr(ch_envelope) e = make_envelope();
        g_autoptr(GBytes) raw = bytes_of(text);
        guint8 key[CH_DIGEST_BYTES];
        ch_prior prior;
        ch_record r =
            make_record(f, rows[i].after, NOW + DAY, e, raw, second, key);
        r.id = rows[i].same_id ? first : second;
        assert_true(ch_store_commit(f->store, &r, &prior, &error));
        g_autoptr(ch_item) item = ch_store_get(f->store, first, &error);
        if ((prior.id[0] == '\0') != rows[i].replaced ||
            item->state !=
                (rows[i].replaced ? rows[i].after : rows[i].before)) {
            fail_msg("%s: %s", rows[i].name, ch_state_name(item->state));
        }
        g_autoptr(GBytes) back = ch_store_read(f->store, first, NULL, &error);
        assert_non_null(back);
    }
}

static void
the_retry_rule_ends_after_five_days(void **state)
{
    const fixture *f = *state;
    static const struct {
        gint64 after;
        gboolean same;
    } rows[] = {{0, TRUE},
                {5 * DAY - 1, TRUE},
                {5 * DAY, FALSE},
                {9 * DAY, FALSE},
                {-DAY, TRUE}};
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    guint8 key[CH_DIGEST_BYTES];
    char id[CH_ID_LENGTH + 1];
    ch_store_retry_key(f->store, e, e->login, raw, key);
    put(f, CH_STATE_HELD, NOW, POST, id);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        ch_prior prior;
        assert_true(ch_store_find_prior(f->store, key, NOW + rows[i].after,
                                        &prior, &error));
        assert_string_equal(prior.id, rows[i].same ? id : "");
    }
    /* And a message after that is an item of its own. */
    put(f, CH_STATE_HELD, NOW + 5 * DAY, POST, id);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item"), 2);
}

static void
key_of(const fixture *f, const char *author, const char *const *recipients,
       const char *text, guint8 *key)
{
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(GBytes) raw = bytes_of(text);
    ch_envelope_set_sender(e, "<office@practice.example>", NULL);
    for (gsize i = 0; recipients[i] != NULL; i++) {
        ch_envelope_add_recipient(e, recipients[i], NULL, NULL);
    }
    ch_store_retry_key(f->store, e, author, raw, key);
}

static void
what_makes_two_messages_the_same(void **state)
{
    const fixture *f = *state;
    static const char *const base_to[] = {"<a@x.example>", "<b@y.example>",
                                          NULL};
    static const char base[] =
        "Date: today\nSubject: S\nMessage-ID: <1@x>\n\nBody\n";
    static const struct {
        const char *name, *author, *to[4], *text;
        gboolean same;
    } rows[] = {
        {"itself", "office", {"<a@x.example>", "<b@y.example>"}, base, TRUE},
        {"other order",
         "office",
         {"<b@y.example>", "<a@x.example>"},
         base,
         TRUE},
        {"domain case",
         "office",
         {"<a@X.EXAMPLE>", "<b@y.example>"},
         base,
         TRUE},
        {"local part case",
         "office",
         {"<A@x.example>", "<b@y.example>"},
         base,
         FALSE},
        {"one recipient", "office", {"<a@x.example>"}, base, FALSE},
        {"one more",
         "office",
         {"<a@x.example>", "<b@y.example>", "<c@z.example>"},
         base,
         FALSE},
        {"other author",
         "intern",
         {"<a@x.example>", "<b@y.example>"},
         base,
         FALSE},
        {"no author", NULL, {"<a@x.example>", "<b@y.example>"}, base, FALSE},
        {"CRLF",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Date: today\r\nSubject: S\r\nMessage-ID: <1@x>\r\n\r\nBody\r\n",
         TRUE},
        {"new Date and Message-ID",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "DATE: tomorrow\nSubject: S\nmessage-id:\n <2@x>\n\nBody\n",
         TRUE},
        {"trace fields",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Return-Path: <x>\nReceived: from a\n\tby b; now\n\tfor c\n"
         "Received: x\nAuthentication-Results: y\nDKIM-Signature: v=1;\n b=\n"
         "ARC-Seal: i=1\nX-Chaperone-Id: Z\nSubject: S\n\nBody\n",
         TRUE},
        {"blank before colon",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Date : x\nSubject: S\n\nBody\n",
         TRUE},
        {"no dropped field at all",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: S\n\nBody\n",
         TRUE},
        {"name that only begins so",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Date-X: x\nSubject: S\n\nBody\n",
         FALSE},
        {"other subject",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: T\n\nBody\n",
         FALSE},
        {"folded subject",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: S\n T\n\nBody\n",
         FALSE},
        {"other body",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: S\n\nBody!\n",
         FALSE},
        {"Date in the body",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: S\n\nDate: x\nBody\n",
         FALSE},
        {"lone CR",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: S\n\nBo\rdy\n",
         FALSE},
        {"no empty line",
         "office",
         {"<a@x.example>", "<b@y.example>"},
         "Subject: S\nBody\n",
         FALSE},
        {"nothing", "office", {"<a@x.example>", "<b@y.example>"}, "", FALSE},
    };
    guint8 expected[CH_DIGEST_BYTES], key[CH_DIGEST_BYTES];
    key_of(f, "office", base_to, base, expected);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        key_of(f, rows[i].author, rows[i].to, rows[i].text, key);
        if ((memcmp(key, expected, sizeof key) == 0) != rows[i].same) {
            fail_msg("%s", rows[i].name);
        }
    }
}

static void
failures_are_counted_by_message_and_forgotten(void **state)
{
    const fixture *f = *state;
    static const struct {
        guint8 first;
        gint64 time_us;
        guint count;
    } rows[] = {
        {1, NOW, 1},
        {1, NOW + 1, 2},
        {2, NOW + 1, 1},
        {1, NOW + 4 * DAY, 3},
        {2, NOW + 7 * DAY, 1},
        {1, NOW + 8 * DAY, 4},
        {1, NOW + 13 * DAY, 1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        guint8 key[CH_DIGEST_BYTES] = {rows[i].first};
        guint count = 0;
        assert_true(ch_store_count_failure(f->store, key, rows[i].time_us,
                                           &count, &error));
        assert_int_equal(count, rows[i].count);
    }
}

/* --- deciding ------------------------------------------------------------ */

static void
held_is_decided_once(void **state)
{
    const fixture *f = *state;
    const ch_decision d = {.reviewer = "Ana",
                           .uid = 1000,
                           .note = "names a patient",
                           .time_us = NOW + 5};
    static const ch_state ends[] = {CH_STATE_REFUSED, CH_STATE_EXPIRED};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autoptr(GError) error = NULL;
        char id[CH_ID_LENGTH + 1];
        put(f, CH_STATE_HELD, NOW, i == 0 ? "one" : "two", id);
        assert_true(ch_store_decide(f->store, id, ends[i], &d, &error));
        gint64 ledger = sql_number(f, "SELECT count(*) FROM ledger");
        for (gsize j = 0; j < G_N_ELEMENTS(ends); j++) {
            const ch_decision other = {.reviewer = "Bo", .time_us = NOW + 9};
            assert_false(
                ch_store_decide(f->store, id, ends[j], &other, &error));
            assert_error_code(&error, CH_ERROR_STATE);
        }
        g_autoptr(ch_item) item = ch_store_get(f->store, id, &error);
        assert_int_equal(item->state, ends[i]);
        assert_int_equal(item->decided_us, NOW + 5);
        assert_string_equal(item->reviewer, "Ana");
        assert_string_equal(item->note, "names a patient");
        assert_int_equal(item->has_message, ends[i] == CH_STATE_REFUSED);
        assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger"), ledger);
    }
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM ledger WHERE actor = 'Ana'"
                      " AND uid = 1000 AND note = 'names a patient'"),
        2);
}

static void
only_held_and_failed_items_are_refused(void **state)
{
    const fixture *f = *state;
    const ch_decision d = {.uid = 0, .time_us = NOW};
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    for (guint i = 0; i < CH_STATE_COUNT; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *sql = g_strdup_printf("UPDATE item SET state = '%s'",
                                               ch_state_name((ch_state)i));
        assert_int_equal(sql_run(f, sql), SQLITE_OK);
        gboolean ok =
            ch_store_decide(f->store, id, CH_STATE_REFUSED, &d, &error);
        assert_int_equal(ok,
                         i == CH_STATE_HELD || i == CH_STATE_RELEASE_FAILED);
        if (!ok) {
            assert_error_code(&error, CH_ERROR_STATE);
        }
    }
}

static void
a_decision_and_its_notices_are_one(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = bytes_of("Subject: refused\r\n\r\n");
    const ch_outgoing out[] = {{.kind = "refused",
                                .recipient = "office@practice.example",
                                .mail = mail},
                               {.kind = "refused",
                                .recipient = "audit@practice.example",
                                .mail = mail}};
    const ch_decision d = {.time_us = NOW, .notices = out, .n_notices = 2};
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(ch_store_decide(f->store, id, CH_STATE_REFUSED, &d, &error));
    assert_false(ch_store_decide(f->store, id, CH_STATE_REFUSED, &d, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"), 2);
}

static void
passed_items_are_seen_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const ch_decision d = {.reviewer = "Ana", .uid = 7, .time_us = NOW + 3};
    char held[CH_ID_LENGTH + 1], passed[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, "held", held);
    put(f, CH_STATE_PASSED, NOW, "passed", passed);
    assert_true(ch_store_seen(f->store, passed, &d, &error));
    assert_false(ch_store_seen(f->store, passed, &d, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(ch_store_seen(f->store, held, &d, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    g_autoptr(ch_item) item = ch_store_get(f->store, passed, &error);
    assert_int_equal(item->state, CH_STATE_PASSED);
    assert_int_equal(item->seen_us, NOW + 3);
}

static void
looks_are_recorded(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    const ch_decision d = {
        .reviewer = "Ana", .uid = 7, .note = "check", .time_us = NOW + 3};
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_true(ch_store_record_view(f->store, id, "viewed", &d, &error));
    assert_true(ch_store_record_view(f->store, id, "exported", &d, &error));
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM ledger WHERE note = 'check' AND"
                      " event IN ('viewed', 'exported') AND uid = 7"),
        2);
}

/* --- outbox -------------------------------------------------------------- */

/* Commits a held message with two notices. */
static void
put_with_notices(const fixture *f, char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = make_envelope();
    g_autoptr(GBytes) raw = bytes_of(POST);
    g_autoptr(GBytes) mail = bytes_of("Subject: held\r\n\r\nbody\r\n");
    const ch_outgoing out[] = {
        {.kind = "held", .recipient = "office@practice.example", .mail = mail},
        {.kind = "held", .recipient = "audit@practice.example", .mail = mail}};
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_record r = make_record(f, CH_STATE_HELD, NOW, e, raw, id, key);
    r.notices = out;
    r.n_notices = 2;
    assert_true(ch_store_commit(f->store, &r, &prior, &error));
}

static void
the_outbox_keeps_mail_until_it_is_sent(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put_with_notices(f, id);
    g_autoptr(GPtrArray) none =
        ch_store_outbox_due(f->store, NOW - 1, 10, &error);
    assert_int_equal(none->len, 0);
    g_autoptr(GPtrArray) one = ch_store_outbox_due(f->store, NOW, 1, &error);
    assert_int_equal(one->len, 1);
    const ch_waiting *w = one->pdata[0];
    g_autoptr(GBytes) mail = bytes_of("Subject: held\r\n\r\nbody\r\n");
    assert_string_equal(w->item, id);
    assert_string_equal(w->kind, "held");
    assert_string_equal(w->recipient, "office@practice.example");
    assert_true(g_bytes_equal(w->mail, mail));
    assert_int_equal(w->attempts, 0);

    /* Not sent: later, and counted. */
    assert_true(ch_store_outbox_done(f->store, w->row, FALSE, "450 4.2.0 no",
                                     NOW + 60, &error));
    g_autoptr(GPtrArray) other = ch_store_outbox_due(f->store, NOW, 10, &error);
    assert_int_equal(other->len, 1);
    g_autoptr(GPtrArray) both =
        ch_store_outbox_due(f->store, NOW + 60, 10, &error);
    assert_int_equal(both->len, 2);
    assert_int_equal(((ch_waiting *)both->pdata[1])->attempts, 1);

    /* Sent: gone, and remembered as the last success. */
    ch_store_numbers numbers;
    assert_true(ch_store_count(f->store, &numbers, &error));
    assert_int_equal(numbers.outbox, 2);
    assert_int_equal(numbers.last_notice_us, -1);
    gint64 before = g_get_real_time();
    assert_true(
        ch_store_outbox_done(f->store, w->row, TRUE, "250 ok", -1, &error));
    assert_true(ch_store_count(f->store, &numbers, &error));
    assert_int_equal(numbers.outbox, 1);
    assert_true(numbers.last_notice_us >= before);
}

static void
giving_up_is_in_the_ledger_without_the_reply(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    put_with_notices(f, id);
    g_autoptr(GPtrArray) due = ch_store_outbox_due(f->store, NOW, 1, &error);
    const ch_waiting *w = due->pdata[0];
    for (guint i = 0; i < 2; i++) { /* the second time there is no row */
        assert_true(ch_store_outbox_done(f->store, w->row, FALSE,
                                         "550 5.1.1 no such user", -1, &error));
    }
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"), 1);
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM ledger WHERE"
                      " event = 'notice-failed' AND note = 'held 550 5.1.1'"),
        1);
}

static void
numbers_count_held_and_the_oldest(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    ch_store_numbers n;
    char id[CH_ID_LENGTH + 1];
    assert_true(ch_store_count(f->store, &n, &error));
    assert_int_equal(n.held, 0);
    assert_int_equal(n.oldest_held_us, -1);
    put(f, CH_STATE_HELD, NOW + 9, "a", id);
    put(f, CH_STATE_HELD, NOW + 4, "b", id);
    put(f, CH_STATE_PASSED, NOW, "c", id);
    assert_true(ch_store_count(f->store, &n, &error));
    assert_int_equal(n.held, 2);
    assert_int_equal(n.oldest_held_us, NOW + 4);
}

static void
signatures_differ_by_purpose_data_and_key(void **state)
{
    const fixture *f = *state;
    g_autoptr(GBytes) a = bytes_of("a");
    g_autoptr(GBytes) b = bytes_of("b");
    guint8 one[CH_DIGEST_BYTES], two[CH_DIGEST_BYTES];
    ch_store_sign(f->store, "notice", a, one);
    ch_store_sign(f->store, "notice", a, two);
    assert_memory_equal(one, two, sizeof one);
    ch_store_sign(f->store, "notice", b, two);
    assert_memory_not_equal(one, two, sizeof one);
    ch_store_sign(f->store, "release", a, two);
    assert_memory_not_equal(one, two, sizeof one);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_taken_is_there),
        TEST(it_is_there_after_closing),
        TEST(a_reject_may_keep_no_message),
        TEST(unknown_ids_are_not_found),
        TEST(lists_hold_the_states_asked_for_in_order_of_time),
        cmocka_unit_test(state_names_go_there_and_back),
        TEST(the_same_message_again),
        TEST(a_stronger_record_takes_the_place),
        TEST(the_retry_rule_ends_after_five_days),
        TEST(what_makes_two_messages_the_same),
        TEST(failures_are_counted_by_message_and_forgotten),
        TEST(held_is_decided_once),
        TEST(only_held_and_failed_items_are_refused),
        TEST(a_decision_and_its_notices_are_one),
        TEST(passed_items_are_seen_once),
        TEST(looks_are_recorded),
        TEST(the_outbox_keeps_mail_until_it_is_sent),
        TEST(giving_up_is_in_the_ledger_without_the_reply),
        TEST(numbers_count_held_and_the_oldest),
        TEST(signatures_differ_by_purpose_data_and_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
