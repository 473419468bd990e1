/*
 * Notices: what they say, what they can never say, how we know them again.
 */
#include "chaperone/notice.h"

#include "store_fixture.h"

#include <gmime/gmime-encodings.h>

#define ID "01HABCDEFGHJKMNP"

static const char *const titles[] = {"Names a patient", "Profanity", NULL};
static const char *const advices[] = {"Leave the name out.", "Say it kindly.",
                                      NULL};

/* 2026-12-01 14:00 UTC is 9 in the morning in New York. */
static ch_notice
sample(ch_notice_kind kind, gboolean to_author)
{
    return (ch_notice){.kind = kind,
                       .id = ID,
                       .channel = "WordPress.com",
                       .titles = titles,
                       .advices = advices,
                       .author = "office",
                       .contact = "Questions: 614-555-0100",
                       .publish_at_us =
                           G_GINT64_CONSTANT(1796133600) * G_USEC_PER_SEC,
                       .time_us = NOW,
                       .to_author = to_author};
}

static char *
compose(const fixture *f, const ch_notice *n, const char *from, const char *to)
{
    g_autoptr(GBytes) mail = ch_notice_compose(n, from, to, f->store);
    gsize length;
    const char *data = g_bytes_get_data(mail, &length);
    return g_strndup(data, length);
}

static char *
compose_usual(const fixture *f, const ch_notice *n)
{
    return compose(f, n, "chaperone@practice.example",
                   "office@practice.example");
}

/* The body decoded, with LF.  Owned. */
static char *
dup_body(const char *mail)
{
    const char *body = strstr(mail, "\r\n\r\n") + 4;
    GMimeEncoding decoder;
    gsize length = strlen(body);
    char *text = g_malloc(length + 1);
    g_mime_encoding_init_decode(&decoder,
                                GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    gsize n = g_mime_encoding_flush(&decoder, body, length, text);
    text[n] = '\0';
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    g_free(text);
    return g_strjoinv("\n", lines);
}

static void
the_header_is_complete(void **state)
{
    const fixture *f = *state;
    ch_notice n = sample(CH_NOTICE_HELD, TRUE);
    g_autofree char *mail = compose_usual(f, &n);
    static const char *const lines[] = {
        "From: chaperone@practice.example\r\n",
        "\r\nDate: Mon, 30 Nov 2026 00:53:20 +0000\r\n",
        "\r\nMessage-ID: <" ID ".held.author@practice.example>\r\n",
        "\r\nMIME-Version: 1.0\r\n",
        "\r\nContent-Type: text/plain; charset=utf-8\r\n",
        "\r\nContent-Transfer-Encoding: quoted-printable\r\n",
        "\r\nAuto-Submitted: auto-generated\r\n",
        "\r\nX-Auto-Response-Suppress: All\r\n",
        "\r\nTo: office@practice.example\r\n",
        "\r\nSubject: Chaperone: your post is held for review (ID " ID ")\r\n",
        "\r\nX-Chaperone-Notice: " ID " ",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        if (strstr(mail, lines[i]) == NULL) {
            fail_msg("%s", lines[i]);
        }
    }
}

static void
every_notice_says_what_its_reader_needs(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name;
        ch_notice_kind kind;
        gboolean to_author, spanish;
        const char *has[6];
        const char *has_not;
    } rows[] = {
        {"held, author",
         CH_NOTICE_HELD,
         TRUE,
         FALSE,
         {"Your post to WordPress.com is held for review.",
          "- Names a patient: Leave the name out.\n- Profanity: Say it "
          "kindly.\n",
          "Tuesday, December 1, 2026, 9:00 AM (EST)",
          "Do not send the post again", "ID: " ID "\nQuestions: 614-555-0100"},
         "quarantine show"},
        {"held, compliance",
         CH_NOTICE_HELD,
         FALSE,
         FALSE,
         {"A post to WordPress.com is held", "Author: office\n",
          "chaperone quarantine show " ID "\n", "(EST)"},
         "Your post"},
        {"refused, author",
         CH_NOTICE_REFUSED,
         TRUE,
         FALSE,
         {"was refused. It will not be published.",
          "The reviewer wrote: Too much detail"},
         "Author:"},
        {"refused, compliance",
         CH_NOTICE_REFUSED,
         FALSE,
         FALSE,
         {"A post to WordPress.com was refused", "Author: office\n"},
         "Your post"},
        {"expired, author",
         CH_NOTICE_EXPIRED,
         TRUE,
         FALSE,
         {"Nobody decided about your post", "text was destroyed"},
         "Author:"},
        {"expired, compliance",
         CH_NOTICE_EXPIRED,
         FALSE,
         FALSE,
         {"was not decided in time", "Author: office\n"},
         "quarantine show"},
        {"released, author",
         CH_NOTICE_RELEASED,
         TRUE,
         FALSE,
         {"A reviewer released your post to WordPress.com",
          "Do not send the post again"},
         "Why:"},
        {"released, compliance",
         CH_NOTICE_RELEASED,
         FALSE,
         FALSE,
         {"was released and sent on.", "Author: office\n"},
         "Your post"},
        {"release failed, compliance",
         CH_NOTICE_RELEASE_FAILED,
         FALSE,
         FALSE,
         {"not certain that it got through",
          "chaperone quarantine show " ID "\n"},
         "Your post"},
        {"released, author, Spanish",
         CH_NOTICE_RELEASED,
         TRUE,
         TRUE,
         {"fue aprobada y enviada."},
         "Your"},
        {"release failed, compliance, Spanish",
         CH_NOTICE_RELEASE_FAILED,
         FALSE,
         TRUE,
         {"no es seguro que haya llegado"},
         "Your"},
        {"held, author, Spanish",
         CH_NOTICE_HELD,
         TRUE,
         TRUE,
         {"Su publicación para WordPress.com está retenida",
          "martes, 1 de diciembre de 2026, 9:00 (EST)", "Motivo:"},
         "Your"},
        {"refused, author, Spanish",
         CH_NOTICE_REFUSED,
         TRUE,
         TRUE,
         {"fue rechazada. No se publicará."},
         "Your"},
        {"expired, compliance, Spanish",
         CH_NOTICE_EXPIRED,
         FALSE,
         TRUE,
         {"Nadie decidió a tiempo", "Autor: office\n"},
         "Your"},
    };
    g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("America/New_York");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ch_notice n = sample(rows[i].kind, rows[i].to_author);
        n.spanish = rows[i].spanish;
        n.zone = zone;
        n.note = rows[i].kind == CH_NOTICE_REFUSED ? "Too much detail" : NULL;
        g_autofree char *mail = compose_usual(f, &n);
        g_autofree char *body = dup_body(mail);
        for (gsize j = 0; rows[i].has[j] != NULL; j++) {
            if (strstr(body, rows[i].has[j]) == NULL) {
                fail_msg("%s: no \"%s\" in\n%s", rows[i].name, rows[i].has[j],
                         body);
            }
        }
        if (strstr(body, rows[i].has_not) != NULL) {
            fail_msg("%s: \"%s\"", rows[i].name, rows[i].has_not);
        }
    }
}

static void
what_is_not_known_is_left_out(void **state)
{
    const fixture *f = *state;
    ch_notice n = {
        .kind = CH_NOTICE_HELD, .id = ID, .publish_at_us = -1, .time_us = NOW};
    g_autofree char *mail = compose_usual(f, &n);
    g_autofree char *body = dup_body(mail);
    assert_null(strstr(body, "Why:"));
    assert_null(strstr(body, "Planned"));
    assert_null(strstr(body, "reviewer wrote"));
    assert_non_null(strstr(body, "Author: not known"));
}

static void
lines_are_crlf_ascii_and_short(void **state)
{
    const fixture *f = *state;
    ch_notice n = sample(CH_NOTICE_HELD, FALSE);
    n.spanish = TRUE;
    n.note = "á\x01"
             "é\xff very long indeed, very long indeed, very long indeed, "
             "very long indeed, very long indeed";
    g_autofree char *mail = compose_usual(f, &n);
    g_auto(GStrv) lines = g_strsplit(mail, "\r\n", -1);
    for (gsize i = 0; lines[i] != NULL; i++) {
        assert_true(g_str_is_ascii(lines[i]));
        assert_null(strpbrk(lines[i], "\r\n"));
        assert_true(strlen(lines[i]) <= 78 ||
                    g_str_has_prefix(lines[i], "X-Chaperone-Notice: "));
    }
}

static void
spanish_subjects_are_encoded_words(void **state)
{
    const fixture *f = *state;
    ch_notice n = sample(CH_NOTICE_HELD, TRUE);
    n.spanish = TRUE;
    g_autofree char *mail = compose_usual(f, &n);
    const char *at = strstr(mail, "\r\nSubject: ") + 11;
    g_autoptr(GString) subject = g_string_new(NULL);
    while (g_str_has_prefix(at, "=?UTF-8?B?")) {
        const char *end = strstr(at, "?=");
        gsize length = 0;
        assert_true(end + 2 - at <= 75);
        g_autofree char *word = g_strndup(at + 10, (gsize)(end - at) - 10);
        g_autofree guchar *text = g_base64_decode(word, &length);
        g_string_append_len(subject, (char *)text, (gssize)length);
        at = end + 2;
        at += g_str_has_prefix(at, "\r\n ") ? 3 : 0;
    }
    assert_string_equal(
        subject->str,
        "Chaperone: su publicación está retenida para revisión (ID " ID ")");
}

/* Names of the header fields, one a line.  Owned. */
static char *
dup_field_names(const char *mail)
{
    const char *end = strstr(mail, "\r\n\r\n");
    g_autofree char *header = g_strndup(mail, (gsize)(end - mail));
    g_auto(GStrv) lines = g_strsplit(header, "\r\n", -1);
    g_autoptr(GString) names = g_string_new(NULL);
    for (gsize i = 0; lines[i] != NULL; i++) {
        if (lines[i][0] != ' ') {
            g_string_append_len(names, lines[i],
                                (gssize)strcspn(lines[i], ":"));
            g_string_append_c(names, '\n');
        }
    }
    return g_strdup(names->str);
}

#define EVIL "x\r\nBcc: thief@evil.example\r\n\r\nbody\nBcc: two\r"

static void
no_field_can_add_a_line(void **state)
{
    const fixture *f = *state;
    static const char *const evil_list[] = {EVIL, NULL};
    ch_notice clean = sample(CH_NOTICE_HELD, FALSE);
    g_autofree char *clean_mail = compose_usual(f, &clean);
    g_autofree char *names = dup_field_names(clean_mail);
    for (guint i = 0; i < 9; i++) {
        ch_notice n = sample(CH_NOTICE_HELD, FALSE);
        const char *from = i == 0 ? EVIL : "chaperone@practice.example";
        const char *to = i == 1 ? EVIL : "office@practice.example";
        n.id = i == 2 ? EVIL : ID;
        n.channel = i == 3 ? EVIL : "WordPress.com";
        n.titles = i == 4 ? evil_list : titles;
        n.advices = i == 4 || i == 5 ? evil_list : advices;
        n.titles = i == 5 ? evil_list : n.titles;
        n.author = i == 6 ? EVIL : "office";
        n.note = i == 7 ? EVIL : NULL;
        n.contact = i == 8 ? EVIL : NULL;
        g_autofree char *mail = compose(f, &n, from, to);
        g_autofree char *got = dup_field_names(mail);
        assert_string_equal(got, names);
        g_autofree char *body = dup_body(mail);
        assert_null(strstr(body, "\nBcc"));
        assert_null(strchr(body, '\r'));
    }
}

/* --- recognising
 * -------------------------------------------------------------- */

static gboolean
is_ours(const fixture *f, const char *mail)
{
    g_autoptr(GBytes) raw = bytes_of(mail);
    return ch_notice_is_ours(raw, f->store);
}

static char *
replace(const char *mail, const char *old, const char *new)
{
    const char *at = strstr(mail, old);
    assert_non_null(at);
    g_autofree char *head = g_strndup(mail, (gsize)(at - mail));
    return g_strconcat(head, new, at + strlen(old), NULL);
}

static void
ours_survives_transport_and_nothing_else(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *name, *old, *new;
        gboolean ours;
    } rows[] = {
        {"as composed", "From:", "From:", TRUE},
        {"trace fields", "From:",
         "Return-Path: <>\r\nDelivered-To: office@practice.example\r\n"
         "Received: from a\r\n\tby b\r\nDKIM-Signature: v=1;\r\n b=x\r\nFrom:",
         TRUE},
        {"folded subject", "is held for", "is held\r\n for", TRUE},
        {"other spacing", "To: office", "to:office", TRUE},
        {"other From", "From: chaperone@", "From: postmaster@", TRUE},
        {"other Subject", "is held", "was held", FALSE},
        {"other To", "To: office@", "To: wordpress@", FALSE},
        {"other body", "Leave the name", "Keep the name", FALSE},
        {"more body", "Questions:", "By the way. Questions:", FALSE},
        {"other ID in the mark", "X-Chaperone-Notice: 01H",
         "X-Chaperone-Notice: 01J", FALSE},
        {"second Subject", "From:", "Subject: Hello\r\nFrom:", FALSE},
        {"second To", "Date:", "To: other@practice.example\r\nDate:", FALSE},
        {"second mark", "From:", "X-Chaperone-Notice: x y\r\nFrom:", FALSE},
        {"no mark", "X-Chaperone-Notice", "X-Notice", FALSE},
        {"no To", "\r\nTo:", "\r\nCc:", FALSE},
        {"digest cut", "X-Chaperone-Notice: " ID " ",
         "X-Chaperone-Notice: " ID " \r\n\r\n", FALSE},
        {"blank lines before the body", "\r\n\r\n", "\r\n\r\n\r\n", FALSE},
    };
    ch_notice n = sample(CH_NOTICE_HELD, TRUE);
    g_autofree char *mail = compose_usual(f, &n);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *changed = replace(mail, rows[i].old, rows[i].new);
        g_auto(GStrv) lines = g_strsplit(changed, "\r\n", -1);
        g_autofree char *lf = g_strjoinv("\n", lines);
        if (is_ours(f, changed) != rows[i].ours ||
            is_ours(f, lf) != rows[i].ours) {
            fail_msg("%s", rows[i].name);
        }
    }
    g_autofree char *more = g_strconcat(mail, "\r\n", NULL);
    assert_true(is_ours(f, more));
    g_autofree char *text = g_strconcat(mail, "\r\nP.S.", NULL);
    assert_false(is_ours(f, text));
}

static void
the_order_of_fields_does_not_matter(void **state)
{
    const fixture *f = *state;
    ch_notice n = sample(CH_NOTICE_REFUSED, FALSE);
    g_autofree char *mail = compose_usual(f, &n);
    const char *body = strstr(mail, "\r\n\r\n");
    g_autofree char *header = g_strndup(mail, (gsize)(body - mail));
    g_auto(GStrv) lines = g_strsplit(header, "\r\n", -1);
    g_autoptr(GString) turned = g_string_new(NULL);
    for (guint i = g_strv_length(lines); i > 0; i--) {
        g_string_append_printf(turned, "%s\r\n", lines[i - 1]);
    }
    g_string_append(turned, body + 2);
    assert_true(is_ours(f, turned->str));
}

/* What stands behind a NUL is covered too. */
static void
a_nul_hides_nothing(void **state)
{
    const fixture *f = *state;
    ch_notice n = sample(CH_NOTICE_HELD, TRUE);
    g_autofree char *mail = compose_usual(f, &n);
    const char *end = strstr(mail, ID ")\r\n") + strlen(ID ")");
    static const char hidden[] = "\0 more words";
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    g_byte_array_append(bytes, (guint8 *)mail, (guint)(end - mail));
    g_byte_array_append(bytes, (const guint8 *)hidden, sizeof hidden - 1);
    g_byte_array_append(bytes, (const guint8 *)end, (guint)strlen(end));
    g_autoptr(GBytes) raw = g_bytes_new(bytes->data, bytes->len);
    assert_false(ch_notice_is_ours(raw, f->store));
}

static void
another_store_does_not_know_it(void **state)
{
    const fixture *f = *state;
    void *other = NULL;
    fixture_setup(&other);
    ch_notice n = sample(CH_NOTICE_HELD, TRUE);
    g_autofree char *mail = compose_usual(f, &n);
    assert_true(is_ours(f, mail));
    assert_false(is_ours(other, mail));
    fixture_teardown(&other);
}

static void
broken_mail_is_not_ours(void **state)
{
    const fixture *f = *state;
    ch_notice n = sample(CH_NOTICE_HELD, TRUE);
    g_autofree char *mail = compose_usual(f, &n);
    g_autoptr(GBytes) whole = bytes_of(mail);
    gsize length = strlen(mail) - strlen("\r\n");
    for (gsize i = 0; i < length; i++) {
        g_autoptr(GBytes) part = g_bytes_new_from_bytes(whole, 0, i);
        assert_false(ch_notice_is_ours(part, f->store));
    }
}

/* An answer by mail is offered where it would reach somebody. */
static void
authors_are_told_how_to_answer(void **state)
{
    static const struct {
        ch_notice_kind kind;
        gboolean to_author;
        const char *reply_to;
        gboolean header, words;
    } rows[] = {
        {CH_NOTICE_ASKED, TRUE, "check@b.example", TRUE, TRUE},
        {CH_NOTICE_HELD, TRUE, "check@b.example", TRUE, TRUE},
        {CH_NOTICE_REFUSED, TRUE, "check@b.example", TRUE, TRUE},
        {CH_NOTICE_ANSWERED, TRUE, "check@b.example", TRUE, TRUE},
        {CH_NOTICE_EXPIRED, TRUE, "check@b.example", FALSE, FALSE},
        {CH_NOTICE_RELEASED, TRUE, "check@b.example", FALSE, FALSE},
        {CH_NOTICE_ASKED, TRUE, "", FALSE, FALSE},
        {CH_NOTICE_HELD, FALSE, "check@b.example", FALSE, FALSE},
        {CH_NOTICE_WROTE, FALSE, "check@b.example", FALSE, FALSE},
    };
    const fixture *f = *state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        ch_notice n = sample(rows[i].kind, rows[i].to_author);
        n.reply_to = rows[i].reply_to;
        g_autofree char *mail = compose_usual(f, &n);
        g_autofree char *body = dup_body(mail);
        gboolean header =
            strstr(mail, "\r\nReply-To: check@b.example\r\n") != NULL;
        gboolean words = strstr(body, "reply to this mail") != NULL;
        if (header != rows[i].header || words != rows[i].words) {
            fail_msg("row %zu: header %d, words %d", i, header, words);
        }
        g_autoptr(GBytes) raw = bytes_of(mail);
        assert_true(ch_notice_is_ours(raw, f->store));
    }
}

static void
kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(ch_notice_kind_name(CH_NOTICE_HELD), "held");
    assert_string_equal(ch_notice_kind_name(CH_NOTICE_REFUSED), "refused");
    assert_string_equal(ch_notice_kind_name(CH_NOTICE_EXPIRED), "expired");
    assert_string_equal(ch_notice_kind_name(CH_NOTICE_RELEASED), "released");
    assert_string_equal(ch_notice_kind_name(CH_NOTICE_RELEASE_FAILED),
                        "release_failed");
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_header_is_complete),
        TEST(every_notice_says_what_its_reader_needs),
        TEST(what_is_not_known_is_left_out),
        TEST(lines_are_crlf_ascii_and_short),
        TEST(spanish_subjects_are_encoded_words),
        TEST(no_field_can_add_a_line),
        TEST(ours_survives_transport_and_nothing_else),
        TEST(the_order_of_fields_does_not_matter),
        TEST(a_nul_hides_nothing),
        TEST(another_store_does_not_know_it),
        TEST(broken_mail_is_not_ours),
        TEST(authors_are_told_how_to_answer),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
