/*
 * The way out of quarantine, at the store: who may approve, what each answer
 * of a server makes of a recipient and of its item, and which mail a token
 * opens the door for.
 */
#include "chaperone/claim.h"
#include "chaperone/release.h"

#include "store_fixture.h"

#define MIME_POST                                                              \
    "From: office@practice.example\r\n"                                        \
    "Date: Tue, 01 Dec 2026 09:00:00 -0500\r\n"                                \
    "Subject: Braces\r\n"                                                      \
    "MIME-Version: 1.0\r\n"                                                    \
    "Content-Type: text/plain;\r\n\tcharset=utf-8\r\n"                         \
    "\r\nCome and see us.\r\n.\r\n"

static const ch_decision ana = {
    .reviewer = "Ana", .uid = 1000, .note = "is fine", .time_us = NOW + 5};

/* A held item for the recipients "a,b". */
static void
hold(const fixture *f, const char *recipients, const char *text, char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(GBytes) raw = bytes_of(text);
    g_auto(GStrv) list = g_strsplit(recipients, ",", -1);
    guint8 key[CH_DIGEST_BYTES];
    ch_prior prior;
    ch_envelope_set_sender(e, "<office@practice.example>", NULL);
    for (guint i = 0; list[i] != NULL; i++) {
        ch_envelope_add_recipient(e, list[i], NULL, NULL);
    }
    ch_record record = make_record(f, CH_STATE_HELD, NOW, e, raw, id, key);
    assert_true(ch_store_commit(f->store, &record, &prior, &error));
    assert_string_equal(prior.id, "");
}

static void
approve(const fixture *f, const char *id)
{
    g_autoptr(GError) error = NULL;
    gboolean ok = ch_release_approve(f->store, id, NULL, &ana, &error);
    assert_no_error(error);
    assert_true(ok);
}

static ch_state
state_of(const fixture *f, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_item) item = ch_store_get(f->store, id, &error);
    assert_non_null(item);
    return item->state;
}

static gint64
ledger_count(const fixture *f, const char *event)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*) FROM ledger WHERE event = '%s'", event);
    return sql_number(f, sql);
}

/* Everything that is due, or under way. */
static GPtrArray *
due(const fixture *f, gint64 now_us, gboolean sending)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *steps = ch_release_due(f->store, now_us, 20, sending, &error);
    assert_no_error(error);
    return steps;
}

/* Ends an attempt, or without one what never began; the item's state. */
static ch_state
end(const fixture *f, const ch_release_step *step,
    const ch_release_attempt *attempt, ch_smtp_outcome outcome,
    const char *reply, gint64 next_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) mail = bytes_of("Subject: news\r\n\r\n");
    const ch_outgoing released = {
        .kind = "released", .recipient = "a@practice.example", .mail = mail};
    const ch_outgoing trouble = {.kind = "release_failed",
                                 .recipient = "c@practice.example",
                                 .mail = mail};
    const ch_release_result result = {
        .attempt = attempt,
        .outcome = outcome,
        .reply = reply,
        .next_us = next_us,
        .news = {&released, &trouble, 1, 1},
    };
    ch_state state;
    gboolean used;
    gboolean ok =
        ch_release_end(f->store, step, &result, &state, &used, &error);
    assert_no_error(error);
    assert_true(ok);
    return state;
}

/* One attempt with that outcome for everything that is due. */
static void
attempt_all(const fixture *f, ch_smtp_outcome outcome, const char *reply,
            gint64 next_us)
{
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    assert_true(steps->len > 0);
    for (guint i = 0; i < steps->len; i++) {
        g_autoptr(GError) error = NULL;
        const ch_release_step *step = g_ptr_array_index(steps, i);
        g_autoptr(ch_release_attempt) attempt =
            ch_release_begin(f->store, step, &error);
        assert_no_error(error);
        end(f, step, attempt, outcome, reply, next_us);
    }
}

/* --- decisions ----------------------------------------------------------- */

static void
only_held_and_failed_items_are_approved(void **state)
{
    const fixture *f = *state;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", MIME_POST, id);
    for (guint i = 0; i < CH_STATE_COUNT; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *sql = g_strdup_printf("UPDATE item SET state = '%s'",
                                               ch_state_name((ch_state)i));
        assert_int_equal(sql_run(f, sql), SQLITE_OK);
        gint64 rows = sql_number(f, "SELECT count(*) FROM ledger");
        gboolean ok = ch_release_approve(f->store, id, NULL, &ana, &error);
        assert_int_equal(ok,
                         i == CH_STATE_HELD || i == CH_STATE_RELEASE_FAILED);
        if (!ok) {
            assert_error_code(&error, CH_ERROR_STATE);
            assert_int_equal(state_of(f, id), i);
            assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger"),
                             rows);
        }
    }
}

static void
an_approval_is_made_once_and_written_down(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>,<b@post.example>", MIME_POST, id);
    approve(f, id);
    assert_false(ch_release_approve(f->store, id, NULL, &ana, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_false(ch_store_decide(f->store, id, CH_STATE_REFUSED, &ana, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(state_of(f, id), CH_STATE_RELEASING);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger WHERE event ="
                                   " 'releasing' AND actor = 'Ana' AND"
                                   " uid = 1000 AND note = 'is fine'"),
                     1);
    g_autoptr(GPtrArray) steps = ch_release_list(f->store, id, &error);
    assert_int_equal(steps->len, 2);
}

static void
a_recipient_named_twice_gets_it_once(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>,<b@post.example>,<A@Post.example>,b@post.example",
         MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = ch_release_list(f->store, id, &error);
    assert_int_equal(steps->len, 2);
    const ch_release_step *second = g_ptr_array_index(steps, 1);
    assert_int_equal(second->recipient, 2);
}

static void
a_destroyed_message_cannot_be_approved(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", MIME_POST, id);
    assert_int_equal(sql_run(f, "DELETE FROM payload"), SQLITE_OK);
    assert_false(ch_release_approve(f->store, id, NULL, &ana, &error));
    assert_error_code(&error, CH_ERROR_STATE);
    assert_int_equal(state_of(f, id), CH_STATE_HELD);
}

/* --- what a server says -------------------------------------------------- */

static void
the_servers_answer_is_the_state(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name;
        ch_smtp_outcome outcome;
        const char *reply;
        gint64 next_us;
        ch_state item;
        ch_release_state step;
        const char *event, *note, *news;
    } rows[] = {
        {"2xx", CH_SMTP_SENT, "250 2.0.0 Ok", -1, CH_STATE_RELEASED,
         CH_RELEASE_SENT, "release-sent", "recipient 1: 250 2.0.0", "released"},
        {"4xx", CH_SMTP_LATER, "452 4.3.1 Full", NOW + 2 * DAY,
         CH_STATE_RELEASING, CH_RELEASE_WAITING, "release-deferred",
         "recipient 1: 452 4.3.1", NULL},
        {"no connection", CH_SMTP_LATER, "", NOW + 2 * DAY, CH_STATE_RELEASING,
         CH_RELEASE_WAITING, "release-deferred", "recipient 1", NULL},
        {"given up", CH_SMTP_LATER, "452 4.3.1 Full", -1,
         CH_STATE_RELEASE_FAILED, CH_RELEASE_REFUSED, "release-given-up",
         "recipient 1: 452 4.3.1", "release_failed"},
        {"5xx", CH_SMTP_REFUSED, "550 5.1.1 No", -1, CH_STATE_RELEASE_FAILED,
         CH_RELEASE_REFUSED, "release-refused", "recipient 1: 550 5.1.1",
         "release_failed"},
        {"lost after DATA", CH_SMTP_UNKNOWN, "354 go", -1, CH_STATE_RELEASING,
         CH_RELEASE_UNKNOWN, "release-unknown", "recipient 1: 354",
         "release_failed"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        char id[CH_ID_LENGTH + 1];
        assert_int_equal(sql_run(f, "DELETE FROM outbox"), SQLITE_OK);
        g_autofree char *text =
            g_strdup_printf("Subject: %s\r\n\r\nx\r\n", rows[i].name);
        hold(f, "<a@post.example>", text, id);
        approve(f, id);
        attempt_all(f, rows[i].outcome, rows[i].reply, rows[i].next_us);
        print_message("%s\n", rows[i].name);
        assert_int_equal(state_of(f, id), rows[i].item);
        g_autoptr(GPtrArray) steps = ch_release_list(f->store, id, &error);
        const ch_release_step *step = g_ptr_array_index(steps, 0);
        assert_int_equal(step->state, rows[i].step);
        assert_int_equal(step->attempts, 1);
        assert_string_equal(step->reply, rows[i].reply);
        g_autofree char *sql = g_strdup_printf(
            "SELECT count(*) FROM ledger WHERE id = '%s' AND event = '%s'"
            " AND note = '%s'",
            id, rows[i].event, rows[i].note);
        assert_int_equal(sql_number(f, sql), 1);
        g_autofree char *told = g_strdup_printf(
            "SELECT count(*) FROM outbox WHERE id = '%s' AND kind = '%s'", id,
            rows[i].news != NULL ? rows[i].news : "");
        assert_int_equal(sql_number(f, told), rows[i].news != NULL);
        assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"),
                         rows[i].news != NULL);
        assert_int_equal(
            sql_number(f, "SELECT count(*) FROM delivery WHERE token NOTNULL"),
            0);
    }
}

static void
a_deferred_recipient_is_due_again_in_time(void **state)
{
    const fixture *f = *state;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", MIME_POST, id);
    approve(f, id);
    attempt_all(f, CH_SMTP_LATER, "452 4.3.1 Full", NOW + 2 * DAY);
    g_autoptr(GPtrArray) early = due(f, NOW + 2 * DAY - 1, FALSE);
    g_autoptr(GPtrArray) late = due(f, NOW + 2 * DAY, FALSE);
    assert_int_equal(early->len, 0);
    assert_int_equal(late->len, 1);
    const ch_release_step *step = g_ptr_array_index(late, 0);
    assert_int_equal(step->attempts, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_release_attempt) again =
        ch_release_begin(f->store, step, &error);
    assert_non_null(again);
    assert_int_equal(end(f, step, again, CH_SMTP_SENT, "250 2.0.0 Ok", -1),
                     CH_STATE_RELEASED);
}

static void
who_has_the_mail_does_not_get_it_again(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>,<b@post.example>", MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    const ch_release_step *one = g_ptr_array_index(steps, 0);
    const ch_release_step *two = g_ptr_array_index(steps, 1);
    g_autoptr(ch_release_attempt) first =
        ch_release_begin(f->store, one, &error);
    assert_int_equal(end(f, one, first, CH_SMTP_SENT, "250 Ok", -1),
                     CH_STATE_RELEASING);
    g_autoptr(ch_release_attempt) second =
        ch_release_begin(f->store, two, &error);
    assert_int_equal(end(f, two, second, CH_SMTP_REFUSED, "550 No", -1),
                     CH_STATE_RELEASE_FAILED);
    approve(f, id);
    g_autoptr(GPtrArray) again = due(f, NOW + DAY, FALSE);
    assert_int_equal(again->len, 1);
    const ch_release_step *left = g_ptr_array_index(again, 0);
    assert_int_equal(left->recipient, 2);
    attempt_all(f, CH_SMTP_SENT, "250 Ok", -1);
    assert_int_equal(state_of(f, id), CH_STATE_RELEASED);
    assert_int_equal(ledger_count(f, "release-attempt"), 3);
}

static void
a_failed_release_can_be_refused(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", MIME_POST, id);
    approve(f, id);
    attempt_all(f, CH_SMTP_REFUSED, "550 5.7.1 No", -1);
    assert_true(ch_store_decide(f->store, id, CH_STATE_REFUSED, &ana, &error));
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    assert_int_equal(steps->len, 0);
}

static void
two_senders_do_not_take_the_same_recipient(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    const ch_release_step *step = g_ptr_array_index(steps, 0);
    g_autoptr(ch_release_attempt) first =
        ch_release_begin(f->store, step, &error);
    assert_non_null(first);
    g_autoptr(ch_release_attempt) second =
        ch_release_begin(f->store, step, &error);
    assert_null(second);
    assert_error_code(&error, CH_ERROR_STATE);
}

static void
a_kept_reply_names_no_address(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *reply, *kept;
    } rows[] = {
        {"550 5.1.1 <maple.secret77@post.example>: User unknown",
         "550 5.1.1 <address> User unknown"},
        {"550 no user Maple.Secret77 here", "550 no user ... here"},
        {"550 to=maple.secret77@x.example", "550 <address>"},
        {"250 2.0.0 Ok: queued as 4Xyz", "250 2.0.0 Ok: queued as 4Xyz"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strdup_printf("Subject: %zu\r\n\r\nx\r\n", i);
        char id[CH_ID_LENGTH + 1];
        hold(f, "<maple.secret77@post.example>", text, id);
        approve(f, id);
        attempt_all(f, CH_SMTP_REFUSED, rows[i].reply, -1);
        g_autoptr(GPtrArray) steps = ch_release_list(f->store, id, &error);
        const ch_release_step *step = g_ptr_array_index(steps, 0);
        assert_string_equal(step->reply, rows[i].kept);
    }
}

/* --- crash, and a person who finds out ------------------------------------ */

static void
an_interrupted_attempt_waits_for_a_person(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>,<b@post.example>", MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    g_autoptr(ch_release_attempt) attempt =
        ch_release_begin(f->store, g_ptr_array_index(steps, 0), &error);
    assert_non_null(attempt);
    ch_store_close(f->store);
    f->store = open_store(f, FALSE);
    g_autoptr(GPtrArray) left = due(f, NOW + DAY, FALSE);
    assert_int_equal(left->len, 1); /* the other one may go on */
    g_autoptr(GPtrArray) broken = due(f, NOW + DAY, TRUE);
    assert_int_equal(broken->len, 1);
    end(f, g_ptr_array_index(broken, 0), NULL, CH_SMTP_UNKNOWN, "ended", -1);
    attempt_all(f, CH_SMTP_SENT, "250 Ok", -1);
    assert_int_equal(state_of(f, id), CH_STATE_RELEASING);
    g_autoptr(GPtrArray) none = due(f, NOW + DAY, FALSE);
    assert_int_equal(none->len, 0);
    assert_false(ch_release_approve(f->store, id, NULL, &ana, &error));
    assert_error_code(&error, CH_ERROR_STATE);
}

static void
what_a_person_finds_settles_it(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name, *recipients;
        guint named;
        gboolean delivered, ok;
        ch_state item;
    } rows[] = {
        {"delivered", "<a@p.example>", 0, TRUE, TRUE, CH_STATE_RELEASED},
        {"lost", "<a@p.example>", 0, FALSE, TRUE, CH_STATE_RELEASE_FAILED},
        {"by number", "<a@p.example>", 1, TRUE, TRUE, CH_STATE_RELEASED},
        {"another number", "<a@p.example>", 2, TRUE, FALSE, CH_STATE_RELEASING},
        {"one of two", "<a@p.example>,<b@p.example>", 2, TRUE, TRUE,
         CH_STATE_RELEASING},
        {"which of two?", "<a@p.example>,<b@p.example>", 0, TRUE, FALSE,
         CH_STATE_RELEASING},
    };
    const ch_release_news nobody = {NULL, NULL, 0, 0};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *text =
            g_strdup_printf("Subject: %s\r\n\r\nx\r\n", rows[i].name);
        char id[CH_ID_LENGTH + 1];
        print_message("%s\n", rows[i].name);
        hold(f, rows[i].recipients, text, id);
        approve(f, id);
        attempt_all(f, CH_SMTP_UNKNOWN, "354 go", -1);
        gboolean ok =
            ch_release_settle(f->store, id, rows[i].named, rows[i].delivered,
                              &ana, &nobody, &error);
        assert_int_equal(ok, rows[i].ok);
        assert_int_equal(state_of(f, id), rows[i].item);
        if (!ok) {
            assert_error_code(&error, CH_ERROR_STATE);
        }
    }
    assert_int_equal(ledger_count(f, "release-found-delivered"), 3);
    assert_int_equal(ledger_count(f, "release-found-lost"), 1);
}

/* --- tokens -------------------------------------------------------------- */

/* The mail as the releaser sends it, with changes. */
static GBytes *
dup_mail(const ch_release_attempt *attempt, const char *from, const char *to)
{
    g_autofree char *text = g_strndup(g_bytes_get_data(attempt->mail, NULL),
                                      g_bytes_get_size(attempt->mail));
    g_auto(GStrv) parts = g_strsplit(text, from != NULL ? from : "\t\t", 2);
    g_autofree char *changed =
        g_strconcat(attempt->header, parts[0], parts[1] != NULL ? to : "",
                    parts[1] != NULL ? parts[1] : "", NULL);
    return bytes_of(changed);
}

static void
a_token_opens_for_exactly_its_mail(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name, *sender, *recipients, *from, *to, *reason;
    } rows[] = {
        {"as sent", NULL, NULL, NULL, NULL, NULL},
        {"Date completed", NULL, NULL, "Date: Tue", "Date: Wed", NULL},
        {"a header more", NULL, NULL, "From:", "X-More: 1\r\nFrom:", NULL},
        {"LF for CRLF", NULL, NULL, "us.\r\n", "us.\n", NULL},
        {"Subject", NULL, NULL, "Braces", "Bracez", "content"},
        {"a second Subject", NULL, NULL,
         "From:", "Subject: b\r\nFrom:", "content"},
        {"a byte of the body", NULL, NULL, "Come", "Bome", "content"},
        {"a byte at the end", NULL, NULL, "\r\n.\r\n", "\r\n.\r\n\r\n",
         "content"},
        {"Content-Type", NULL, NULL, "utf-8", "utf-7", "content"},
        {"folding of a MIME field", NULL, NULL, ";\r\n\tch", "; ch", "content"},
        {"a Content-Transfer-Encoding", NULL, NULL,
         "From:", "Content-Transfer-Encoding: base64\r\nFrom:", "content"},
        {"no MIME-Version", NULL, NULL, "MIME-Version: 1.0\r\n", "", "content"},
        {"another recipient", NULL, "<c@post.example>", NULL, NULL,
         "recipient"},
        {"the item's other recipient", NULL, "<b@post.example>", NULL, NULL,
         "recipient"},
        {"one recipient more", NULL, "<a@post.example>,<c@post.example>", NULL,
         NULL, "recipient"},
        {"another sender", "<x@practice.example>", NULL, NULL, NULL, "sender"},
        {"no brackets", "office@practice.example", "a@post.example", NULL, NULL,
         NULL},
    };
    char id[CH_ID_LENGTH + 1];
    g_autoptr(GError) error = NULL;
    hold(f, "<a@post.example>,<b@post.example>", MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    g_autoptr(ch_release_attempt) attempt =
        ch_release_begin(f->store, g_ptr_array_index(steps, 0), &error);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_envelope) e = ch_envelope_new();
        g_auto(GStrv) to =
            g_strsplit(rows[i].recipients != NULL ? rows[i].recipients
                                                  : "<a@post.example>",
                       ",", -1);
        ch_envelope_set_sender(e,
                               rows[i].sender != NULL
                                   ? rows[i].sender
                                   : "<office@practice.example>",
                               NULL);
        for (guint n = 0; to[n] != NULL; n++) {
            ch_envelope_add_recipient(e, to[n], NULL, NULL);
        }
        g_autoptr(GBytes) raw = dup_mail(attempt, rows[i].from, rows[i].to);
        ch_claim claim;
        assert_true(ch_claim_check(f->store, e, raw, FALSE, &claim, &error));
        if (g_strcmp0(claim.reason, rows[i].reason) != 0) {
            fail_msg("%s: %s", rows[i].name, claim.reason);
        }
        assert_int_equal(claim.verdict, rows[i].reason == NULL
                                            ? CH_CLAIM_GOOD
                                            : CH_CLAIM_WRONG);
        assert_true(claim.is_token);
        assert_string_equal(claim.id, id);
    }
}

static ch_claim
claim_of(const fixture *f, GBytes *raw, gboolean use)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_envelope) e = ch_envelope_new();
    ch_claim claim;
    ch_envelope_set_sender(e, "<office@practice.example>", NULL);
    ch_envelope_add_recipient(e, "<a@post.example>", NULL, NULL);
    gboolean ok = ch_claim_check(f->store, e, raw, use, &claim, &error);
    assert_no_error(error);
    assert_true(ok);
    return claim;
}

/* A plan with one edit of the body: what goes out, and passes, is the derived
 * version and nothing else. */
static void
a_derived_version_is_what_passes(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    const char *post = "Subject: a\r\n\r\nHi [delay +2 hours]\r\n";
    hold(f, "<a@post.example>,<b@post.example>", post, id);
    g_autoptr(GBytes) raw = bytes_of(post);
    g_autoptr(ch_message) m = ch_message_parse(raw);
    g_autoptr(GBytes) source = bytes_of("Hi [delay +2 hours]\r\n");
    g_autoptr(GPtrArray) edits = ch_edits_new();
    assert_true(ch_edits_add(edits, m, raw, 0, source, (ch_span){3, 19},
                             "[delay +5 minutes]"));
    ch_retiming r = {.recipient = 1, .kind = CH_RETIME_KEPT, .edits = edits};
    g_autoptr(GPtrArray) plan = g_ptr_array_new();
    g_ptr_array_add(plan, &r);
    assert_true(ch_release_approve(f->store, id, plan, &ana, &error));
    assert_int_equal(ledger_count(f, "release-derived"), 1);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    assert_int_equal(steps->len, 2);
    const char *const want[] = {"Subject: a\r\n\r\nHi [delay +5 minutes]\r\n",
                                post};
    for (guint i = 0; i < 2; i++) {
        g_autoptr(ch_release_attempt) attempt =
            ch_release_begin(f->store, steps->pdata[i], &error);
        assert_no_error(error);
        g_autoptr(GBytes) right = bytes_of(want[i]);
        assert_true(g_bytes_equal(attempt->mail, right));
        for (guint k = 0; k < 2; k++) {
            g_autofree char *mail = g_strconcat(attempt->header, want[k], NULL);
            g_autoptr(GBytes) sent = bytes_of(mail);
            g_autoptr(ch_envelope) e = ch_envelope_new();
            ch_claim claim;
            ch_envelope_set_sender(e, "<office@practice.example>", NULL);
            ch_envelope_add_recipient(
                e, i == 0 ? "<a@post.example>" : "<b@post.example>", NULL,
                NULL);
            assert_true(
                ch_claim_check(f->store, e, sent, FALSE, &claim, &error));
            assert_int_equal(claim.verdict,
                             k == i ? CH_CLAIM_GOOD : CH_CLAIM_WRONG);
        }
        end(f, steps->pdata[i], attempt, CH_SMTP_SENT, "250", -1);
    }
}

static void
edits_that_were_tampered_with_send_nothing(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", POST, id);
    approve(f, id);
    sql_run(f, "UPDATE delivery SET edits = x'00ff00'");
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    assert_null(ch_release_begin(f->store, steps->pdata[0], &error));
    assert_error_code(&error, CH_ERROR_INTERNAL);
    sql_run(f, "UPDATE delivery SET edits = NULL, content = zeroblob(32)");
    assert_null(ch_release_begin(f->store, steps->pdata[0], &error));
    assert_error_code(&error, CH_ERROR_INTERNAL);
}

static void
a_token_is_used_once_and_dies_with_its_attempt(void **state)
{
    const fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<a@post.example>", MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    const ch_release_step *step = g_ptr_array_index(steps, 0);
    g_autoptr(ch_release_attempt) attempt =
        ch_release_begin(f->store, step, &error);
    g_autoptr(GBytes) raw = dup_mail(attempt, NULL, NULL);
    assert_int_equal(claim_of(f, raw, TRUE).verdict, CH_CLAIM_GOOD);
    ch_claim again = claim_of(f, raw, TRUE);
    assert_int_equal(again.verdict, CH_CLAIM_WRONG);
    assert_string_equal(again.reason, "spent");
    end(f, step, attempt, CH_SMTP_LATER, "452 Full", NOW + DAY);
    ch_claim after = claim_of(f, raw, TRUE);
    assert_int_equal(after.verdict, CH_CLAIM_WRONG);
    assert_false(after.is_token);
    assert_string_equal(after.reason, "token");
    g_autoptr(ch_release_attempt) next =
        ch_release_begin(f->store, step, &error);
    assert_string_not_equal(next->header, attempt->header);
    assert_int_equal(claim_of(f, raw, TRUE).verdict, CH_CLAIM_WRONG);
}

static void
headers_that_are_no_token(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *mail;
        ch_claim_verdict verdict;
    } rows[] = {
        {"Subject: x\r\n\r\n", CH_CLAIM_NONE},
        {"Subject: x\r\n\r\nX-Chaperone-Release: x\r\n", CH_CLAIM_NONE},
        {"X-Chaperone-Released: x\r\n\r\n", CH_CLAIM_NONE},
        {"X-Chaperone-Release: FORGED\r\n\r\n", CH_CLAIM_WRONG},
        {"x-chaperone-release:\r\n\r\n", CH_CLAIM_WRONG},
        {"X-Chaperone-Release : x\r\n\r\n", CH_CLAIM_WRONG},
        {"X-Chaperone-Release: "
         "0000000000000000000000000000000000000000000000000000000000000000"
         "\r\n\r\n",
         CH_CLAIM_WRONG},
        {"X-Chaperone-Release: "
         "zz00000000000000000000000000000000000000000000000000000000000000"
         "\r\n\r\n",
         CH_CLAIM_WRONG},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) raw = bytes_of(rows[i].mail);
        ch_claim claim = claim_of(f, raw, TRUE);
        assert_int_equal(claim.verdict, rows[i].verdict);
        assert_false(claim.is_token);
    }
}

static void
the_database_holds_neither_token_nor_address(void **state)
{
    fixture *f = *state;
    g_autoptr(GError) error = NULL;
    char id[CH_ID_LENGTH + 1];
    hold(f, "<maple.secret77@post.example>", MIME_POST, id);
    approve(f, id);
    g_autoptr(GPtrArray) steps = due(f, NOW + DAY, FALSE);
    g_autoptr(ch_release_attempt) attempt =
        ch_release_begin(f->store, g_ptr_array_index(steps, 0), &error);
    g_auto(GStrv) words = g_strsplit_set(attempt->header, " \r", -1);
    assert_int_equal(strlen(words[1]), 64);
    static const char *const ends[] = {"", "-wal"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *file = g_strconcat(f->db, ends[i], NULL);
        g_autofree char *data = NULL;
        gsize length = 0;
        assert_true(g_file_get_contents(file, &data, &length, NULL));
        assert_null(memmem(data, length, words[1], 64));
        assert_null(memmem(data, length, "secret77", 8));
    }
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(only_held_and_failed_items_are_approved),
        TEST(an_approval_is_made_once_and_written_down),
        TEST(a_recipient_named_twice_gets_it_once),
        TEST(a_destroyed_message_cannot_be_approved),
        TEST(the_servers_answer_is_the_state),
        TEST(a_deferred_recipient_is_due_again_in_time),
        TEST(who_has_the_mail_does_not_get_it_again),
        TEST(a_failed_release_can_be_refused),
        TEST(two_senders_do_not_take_the_same_recipient),
        TEST(a_kept_reply_names_no_address),
        TEST(an_interrupted_attempt_waits_for_a_person),
        TEST(what_a_person_finds_settles_it),
        TEST(a_token_opens_for_exactly_its_mail),
        TEST(a_derived_version_is_what_passes),
        TEST(edits_that_were_tampered_with_send_nothing),
        TEST(a_token_is_used_once_and_dies_with_its_attempt),
        TEST(headers_that_are_no_token),
        TEST(the_database_holds_neither_token_nor_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
