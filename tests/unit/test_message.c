/*
 * message.c and its files: crafted mail in, parts, defects and texts out.
 *
 * The rows named "measured" are the cases in which GMime alone hides text or
 * decides between two readings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chaperone/limits.h"
#include "chaperone/message.h"

#define SECRET "planted words"

typedef struct {
    const char *name;
    const char *mail;
    const char *defects;   /* sorted by appearance, comma separated */
    const char *unscanned; /* "reason@part" */
    ch_where where;        /* SECRET stands in a text of this place */
    const char *number;    /* of its part, NULL: no part */
} mail_row;

#define MIXED "Content-Type: multipart/mixed; boundary=B\r\n"
#define TEXT  "Content-Type: text/plain\r\n"

static const mail_row rows[] = {
    /* --- measured ------------------------------------------------------ */
    {"two types, text first",
     TEXT MIXED "\r\n--B\r\n\r\n" SECRET "\r\n--B--\r\n", "duplicate-header",
     "", CH_WHERE_BODY, "1"},
    {"two types, multipart first",
     MIXED TEXT "\r\n--B\r\n\r\n" SECRET "\r\n--B--\r\n", "duplicate-header",
     "", CH_WHERE_BODY, "1"},
    {"two types, outside of the parts",
     TEXT MIXED "\r\n" SECRET "\r\n--B\r\n\r\nx\r\n--B--\r\n",
     "duplicate-header", "", CH_WHERE_BODY, "0"},
    {"two encodings, the first decodes",
     "Content-Transfer-Encoding: base64\r\n"
     "Content-Transfer-Encoding: 7bit\r\n\r\ncGxhbnRlZCB3b3Jkcw==\r\n",
     "duplicate-header", "", CH_WHERE_BODY, "1"},
    {"two encodings, the second decodes",
     "Content-Transfer-Encoding: 7bit\r\n"
     "Content-Transfer-Encoding: base64\r\n\r\ncGxhbnRlZCB3b3Jkcw==\r\n",
     "duplicate-header", "", CH_WHERE_BODY, "1"},
    {"two boundaries",
     "Content-Type: multipart/mixed; boundary=B; boundary=C\r\n\r\n"
     "--C\r\n\r\nx\r\n--C--\r\n--B\r\n\r\n" SECRET "\r\n--B--\r\n",
     "duplicate-parameter", "", CH_WHERE_COUNT, NULL},
    {"multipart without boundary",
     "Content-Type: multipart/mixed\r\n\r\n" SECRET "\r\n", "no-boundary", "",
     CH_WHERE_BODY, "0"},
    {"boundary that never comes", MIXED "\r\n--X\r\n\r\n" SECRET "\r\n--X--",
     "no-boundary", "", CH_WHERE_BODY, "0"},
    {"closing boundary missing", MIXED "\r\n--B\r\n\r\n" SECRET "\r\n", "", "",
     CH_WHERE_BODY, "1"},
    {"glued base64",
     "Content-Transfer-Encoding: base64\r\n\r\nU1NOIA==cGxhbnRlZCB3b3Jkcw==",
     "bad-encoding", "", CH_WHERE_BODY, "1"},
    {"text behind base64",
     "Content-Transfer-Encoding: base64\r\n\r\nU1NOIA==\r\n\r\n" SECRET "!",
     "bad-encoding", "", CH_WHERE_HIDDEN, "1"},
    /* --- headers ------------------------------------------------------- */
    {"subject", "Subject: " SECRET "\r\n\r\nx", "", "", CH_WHERE_SUBJECT, NULL},
    {"second subject", "Subject: a\r\nSubject: " SECRET "\r\n\r\nx",
     "duplicate-header", "", CH_WHERE_SUBJECT, NULL},
    {"second from",
     "From: a@example.com\r\nFrom: " SECRET " <b@example.com>\r\n\r\nx",
     "duplicate-header", "", CH_WHERE_HEADER, NULL},
    {"subject in words",
     "Subject: =?utf-8?B?cGxhbnRl?=\r\n =?UTF-8?Q?d_wor?="
     " =?us-ascii*en?q?ds?=\r\n\r\nx",
     "", "", CH_WHERE_SUBJECT, NULL},
    {"character cut by words",
     "Subject: =?utf-8?q?=C3?= =?utf-8?q?=A9 " SECRET "?=\r\n\r\nx", "", "",
     CH_WHERE_SUBJECT, NULL},
    {"folded subject", "Subject: planted\r\n words\r\n\r\nx", "", "",
     CH_WHERE_SUBJECT, NULL},
    {"display name", "From: " SECRET " <a@example.com>\r\n\r\nx", "", "",
     CH_WHERE_HEADER, NULL},
    {"quoted display name",
     "To: \"" SECRET "\" <a@example.com>, b@c.example"
     "\r\n\r\nx",
     "", "", CH_WHERE_HEADER, NULL},
    {"comment of an address", "Cc: a@example.com (" SECRET ")\r\n\r\nx", "", "",
     CH_WHERE_HEADER, NULL},
    {"keywords", "Keywords: " SECRET "\r\n\r\nx", "", "", CH_WHERE_HEADER,
     NULL},
    {"unknown extension field", "X-Campaign-Text: " SECRET "\r\n\r\nx", "", "",
     CH_WHERE_HEADER, NULL},
    {"mailer is not read", "X-Mailer: " SECRET "\r\n\r\nx", "", "",
     CH_WHERE_COUNT, NULL},
    {"description of a part",
     MIXED "\r\n--B\r\nContent-Description: " SECRET "\r\n\r\nx\r\n--B--\r\n",
     "", "", CH_WHERE_HEADER, "1"},
    {"line that is no header",
     "Subject: a\r\n" SECRET "\r\nTo: b@example.com"
     "\r\n\r\nx",
     "bad-header", "", CH_WHERE_HIDDEN, NULL},
    {"equal MIME versions",
     "MIME-Version: 1.0\r\nMIME-Version: 1.0\r\n\r\n" SECRET, "", "",
     CH_WHERE_BODY, "1"},
    {"blank before the colon", "Subject : " SECRET "\r\n\r\nx", "", "",
     CH_WHERE_SUBJECT, NULL},
    /* --- text ---------------------------------------------------------- */
    {"no header at all", "\r\n" SECRET "\r\n", "", "", CH_WHERE_BODY, "1"},
    {"LF only", "Subject: s\n\n" SECRET "\n", "", "", CH_WHERE_BODY, "1"},
    {"quoted-printable",
     "Content-Transfer-Encoding: quoted-printable\r\n\r\npl=61nted=20=\r\n"
     "words=",
     "", "", CH_WHERE_BODY, "1"},
    {"unknown encoding", "Content-Transfer-Encoding: x-rot13\r\n\r\n" SECRET,
     "bad-encoding", "", CH_WHERE_BODY, "1"},
    {"flowed",
     "Content-Type: text/plain; format=flowed\r\n\r\nplanted \r\n"
     "words\r\n",
     "", "", CH_WHERE_BODY, "1"},
    {"flowed, delsp",
     "Content-Type: text/plain; format=flowed; delsp=yes"
     "\r\n\r\nplan \r\nted words\r\n",
     "", "", CH_WHERE_BODY, "1"},
    {"flowed quote",
     "Content-Type: text/plain; format=flowed\r\n\r\n"
     "> planted \r\n> words\r\n",
     "", "", CH_WHERE_BODY, "1"},
    {"html", "Content-Type: text/html\r\n\r\n<p>plan<b>ted</b> words</p>", "",
     "", CH_WHERE_BODY, "1"},
    {"csv", "Content-Type: text/csv; name=a.csv\r\n\r\n" SECRET, "", "",
     CH_WHERE_ATTACHMENT, "1"},
    {"attached text", TEXT "Content-Disposition: attachment\r\n\r\n" SECRET, "",
     "", CH_WHERE_ATTACHMENT, "1"},
    {"unknown charset",
     "Content-Type: text/plain; charset=x-none\r\n\r\n" SECRET " \xE9",
     "bad-charset", "", CH_WHERE_BODY, "1"},
    {"UTF-7 hides nothing",
     "Content-Type: text/plain; charset=utf-7\r\n\r\n"
     "+AHA-lanted words",
     "", "", CH_WHERE_BODY, "1"},
    {"type without a slash", "Content-Type: text\r\n\r\n" SECRET, "other", "",
     CH_WHERE_BODY, "1"},
    /* --- structure ------------------------------------------------------ */
    {"prologue", MIXED "\r\n" SECRET "\r\n--B\r\n\r\nx\r\n--B--\r\n", "", "",
     CH_WHERE_HIDDEN, "0"},
    {"epilogue", MIXED "\r\n--B\r\n\r\nx\r\n--B--\r\n" SECRET "\r\n", "", "",
     CH_WHERE_HIDDEN, "0"},
    {"behind an inner multipart",
     MIXED "\r\n--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n"
           "--C\r\n\r\nx\r\n--C--\r\n" SECRET "\r\n--B\r\n\r\ny\r\n"
           "--B--\r\n",
     "", "", CH_WHERE_HIDDEN, "1"},
    {"between the last boundary and another",
     MIXED "\r\n--B\r\n\r\nx\r\n--B--\r\n" SECRET "\r\n--B\r\n\r\ny\r\n", "",
     "", CH_WHERE_HIDDEN, "0"},
    {"customary prologue",
     MIXED "\r\nThis is a multi-part message in MIME "
           "format.\r\n--B\r\n\r\n" SECRET "\r\n--B--\r\n",
     "", "", CH_WHERE_BODY, "1"},
    {"nested message",
     "Content-Type: message/rfc822\r\n\r\nSubject: s\r\n"
     "\r\n" SECRET,
     "", "", CH_WHERE_BODY, "1.1"},
    {"nested subject",
     "Content-Type: message/rfc822\r\n\r\nSubject: " SECRET "\r\n\r\nx", "", "",
     CH_WHERE_SUBJECT, "1"},
    {"multipart in a nested message",
     MIXED "\r\n--B\r\n\r\na\r\n--B\r\n"
           "Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; "
           "boundary=C\r\n\r\n--C\r\n\r\nb\r\n--C\r\n\r\n" SECRET
           "\r\n--C--\r\n"
           "--B--\r\n",
     "", "", CH_WHERE_BODY, "2.2"},
    {"part in a part",
     MIXED "\r\n--B\r\nContent-Type: multipart/alternative;"
           " boundary=C\r\n\r\n--C\r\n\r\nb\r\n--C\r\n\r\n" SECRET
           "\r\n--C--\r\n"
           "--B--\r\n",
     "", "", CH_WHERE_BODY, "1.2"},
    {"file name",
     MIXED "\r\n--B\r\nContent-Type: image/png\r\n"
           "Content-Disposition: attachment; filename=\"" SECRET
           "\"\r\n\r\nx\r\n"
           "--B--\r\n",
     "", "unsupported@1", CH_WHERE_FILENAME, "1"},
    {"file name, RFC 2231",
     "Content-Type: image/png; name*0*=utf-8''planted;"
     " name*1*=%20words\r\n\r\nx",
     "", "unsupported@1", CH_WHERE_FILENAME, "1"},
    {"file name, RFC 2047",
     "Content-Type: image/png; name=\"=?utf-8?Q?"
     "planted_words?=\"\r\n\r\nx",
     "", "unsupported@1", CH_WHERE_FILENAME, "1"},
    {"pdf", "Content-Type: application/pdf\r\n\r\n" SECRET, "", "unsupported@1",
     CH_WHERE_COUNT, NULL},
    {"rtf", "Content-Type: text/rtf\r\n\r\n" SECRET, "", "unsupported@1",
     CH_WHERE_COUNT, NULL},
    {"enveloped",
     "Content-Type: application/pkcs7-mime; smime-type="
     "enveloped-data\r\n\r\nx",
     "", "encrypted@1", CH_WHERE_COUNT, NULL},
    {"signed data",
     "Content-Type: application/pkcs7-mime; smime-type="
     "signed-data\r\n\r\nx",
     "", "unsupported@1", CH_WHERE_COUNT, NULL},
    {"encrypted",
     "Content-Type: multipart/encrypted; boundary=B\r\n\r\n--B"
     "\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--B"
     "\r\n\r\n" SECRET "\r\n--B--\r\n",
     "", "encrypted@0,encrypted@1", CH_WHERE_BODY, "2"},
    {"armour in text", "\r\n" SECRET "\r\n-----BEGIN PGP MESSAGE-----\r\n", "",
     "encrypted@1", CH_WHERE_BODY, "1"},
    {"partial", "Content-Type: message/partial; id=a; number=1\r\n\r\n" SECRET,
     "", "damaged@1", CH_WHERE_ATTACHMENT, "1"},
    {"external body",
     "Content-Type: message/external-body; access-type=URL"
     "\r\n\r\n" SECRET,
     "", "damaged@1", CH_WHERE_ATTACHMENT, "1"},
    {"signature is let be",
     "Content-Type: multipart/signed; boundary=B\r\n"
     "\r\n--B\r\n\r\n" SECRET "\r\n--B\r\nContent-Type: "
     "application/pgp-signature\r\n\r\ny\r\n--B--\r\n",
     "", "", CH_WHERE_BODY, "1"},
    {"delivery status is let be",
     "Content-Type: message/delivery-status"
     "\r\n\r\n" SECRET,
     "", "", CH_WHERE_COUNT, NULL},
    {"empty", "", "", "", CH_WHERE_COUNT, NULL},
    {"only a line end", "\r\n", "", "", CH_WHERE_COUNT, NULL},
};

static ch_message *
parse(const char *mail, gsize len)
{
    g_autoptr(GBytes) raw = g_bytes_new(mail, len);
    return ch_message_parse(raw);
}

static char *
list_defects(const ch_message *m)
{
    GString *out = g_string_new(NULL);
    const GArray *defects = ch_message_defects(m);
    for (guint i = 0; i < defects->len; i++) {
        const char *name =
            ch_defect_name(g_array_index(defects, ch_defect, i).kind);
        if (strstr(out->str, name) == NULL) {
            g_string_append_printf(out, "%s%s", out->len > 0 ? "," : "", name);
        }
    }
    return g_string_free(out, FALSE);
}

static const char *
number_of(const ch_message *m, int part)
{
    const ch_part *p =
        part < 0 ? NULL : g_ptr_array_index(ch_message_parts(m), part);
    return p != NULL ? p->number : NULL;
}

static char *
list_unscanned(const ch_message *m)
{
    GString *out = g_string_new(NULL);
    const GArray *list = ch_message_unscanned(m);
    for (guint i = 0; i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        const char *number = number_of(m, u->part);
        g_string_append_printf(out, "%s%s@%s", i > 0 ? "," : "",
                               ch_unscanned_name(u->reason),
                               number != NULL ? number : "-");
    }
    return g_string_free(out, FALSE);
}

/* The text of that place that holds SECRET, or NULL. */
static const ch_text *
find_secret(const ch_message *m, ch_where where, gsize *at_out)
{
    GPtrArray *texts = ch_message_texts(m);
    for (guint i = 0; i < texts->len; i++) {
        const ch_text *text = g_ptr_array_index(texts, i);
        const char *plain = ch_text_plain(text, NULL);
        const char *hit = strstr(plain, SECRET);
        if (hit != NULL &&
            (where == CH_WHERE_COUNT || ch_text_where(text) == where)) {
            *at_out = (gsize)(hit - plain);
            return text;
        }
    }
    return NULL;
}

/* The span of SECRET starts with its first and ends with its last letter. */
static void
assert_secret_span(const ch_text *text, gsize at)
{
    ch_span span =
        ch_text_origin_of_plain(text, (ch_span){at, at + strlen(SECRET)});
    gsize size;
    const char *source = g_bytes_get_data(ch_text_source(text), &size);
    assert_true(span.start < span.end && span.end <= size);
    assert_int_equal(source[span.start], SECRET[0]);
    assert_int_equal(source[span.end - 1], SECRET[strlen(SECRET) - 1]);
}

static void
test_rows(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const mail_row *row = &rows[i];
        print_message("  %s\n", row->name);
        g_autoptr(ch_message) m = parse(row->mail, strlen(row->mail));
        g_autofree char *defects = list_defects(m);
        g_autofree char *unscanned = list_unscanned(m);
        assert_string_equal(defects, row->defects);
        assert_string_equal(unscanned, row->unscanned);
        const ch_message_bytes bytes = ch_message_count_bytes(m);
        assert_int_equal(bytes.read + bytes.skipped + bytes.unread,
                         strlen(row->mail));
        assert_true(bytes.unread == 0 || row->unscanned[0] != '\0');
        gsize at = 0;
        const ch_text *text = find_secret(m, row->where, &at);
        if (row->where == CH_WHERE_COUNT &&
            strcmp(row->name, "two boundaries") != 0) {
            assert_null(text);
            continue;
        }
        assert_non_null(text);
        assert_secret_span(text, at);
        if (row->where != CH_WHERE_COUNT) {
            const char *number = number_of(m, ch_text_part(text));
            assert_string_equal(number != NULL ? number : "-",
                                row->number != NULL ? row->number : "-");
        }
    }
}

/* GMime warned of block edges: the header may end anywhere. */
static void
test_header_ends_at_any_offset(void **state)
{
    (void)state;
    for (gsize pad = 4000; pad < 4200; pad++) {
        g_autofree char *fill = g_strnfill(pad, 'a');
        g_autofree char *mail = g_strdup_printf(
            "X-Mailer: %s\r\nContent-Type: text/plain\r\n\r\n" SECRET, fill);
        g_autoptr(ch_message) m = parse(mail, strlen(mail));
        gsize at;
        assert_non_null(find_secret(m, CH_WHERE_BODY, &at));
        assert_int_equal(ch_message_defects(m)->len, 0);
    }
}

static void
test_raw_range_is_the_content(void **state)
{
    static const char mail[] =
        MIXED "\r\n--B\r\n\r\nfirst\r\n--B\r\nContent-Type: image/png; "
              "name=p.png\r\n\r\nsecond\r\n--B--\r\n";
    (void)state;
    g_autoptr(ch_message) m = parse(mail, strlen(mail));
    const GPtrArray *parts = ch_message_parts(m);
    assert_int_equal(parts->len, 3);
    const ch_part *one = g_ptr_array_index(parts, 1);
    const ch_part *two = g_ptr_array_index(parts, 2);
    assert_int_equal(one->raw.end - one->raw.start, 5);
    assert_memory_equal(mail + one->raw.start, "first", 5);
    assert_int_equal(two->raw.end - two->raw.start, 6);
    assert_memory_equal(mail + two->raw.start, "second", 6);
    assert_int_equal(two->parent, 0);
    assert_string_equal(two->name, "p.png");
    assert_true(two->is_attachment && !one->is_attachment);
    assert_true(ch_message_has_image(m));
    assert_string_equal(ch_message_type(m), "multipart/mixed");
}

static gboolean
has_unscanned_limit(const ch_message *m)
{
    const GArray *list = ch_message_unscanned(m);
    for (guint i = 0; i < list->len; i++) {
        if (g_array_index(list, ch_unscanned, i).reason == CH_UNSCANNED_LIMIT) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *
nest(guint depth, gboolean messages)
{
    GString *mail = g_string_new(NULL);
    for (guint i = 0; i < depth; i++) {
        if (messages) {
            g_string_append(mail, "Content-Type: message/rfc822\r\n\r\n");
        } else {
            g_string_append_printf(
                mail,
                "Content-Type: multipart/mixed; boundary=b%u\r\n\r\n--b%u\r\n",
                i, i);
        }
    }
    g_string_append(mail, "Content-Type: text/plain\r\n\r\n" SECRET "\r\n");
    return g_string_free(mail, FALSE);
}

static gpointer
parse_deep(gpointer mail)
{
    gint64 start = g_get_monotonic_time();
    g_autoptr(ch_message) m = parse(mail, strlen(mail));
    gsize at;
    g_autofree char *defects = list_defects(m);
    gboolean good = strstr(defects, "too-deep") != NULL &&
                    has_unscanned_limit(m) &&
                    find_secret(m, CH_WHERE_COUNT, &at) != NULL &&
                    g_get_monotonic_time() - start < 2 * G_USEC_PER_SEC;
    return GINT_TO_POINTER(good);
}

static void
test_ten_thousand_nested_parts(void **state)
{
    (void)state;
    for (guint i = 0; i < 4; i++) {
        g_autofree char *mail = nest(i < 2 ? 10000 : 40, i % 2 == 1);
        GThread *thread = g_thread_new("deep", parse_deep, mail);
        assert_true(GPOINTER_TO_INT(g_thread_join(thread)));
    }
}

static void
test_thirty_levels_are_read(void **state)
{
    (void)state;
    g_autofree char *mail = nest(CH_MAX_DEPTH - 2, FALSE);
    g_autoptr(ch_message) m = parse(mail, strlen(mail));
    gsize at;
    assert_non_null(find_secret(m, CH_WHERE_BODY, &at));
    assert_false(has_unscanned_limit(m));
}

static void
test_endless_header(void **state)
{
    static const char *const names[] = {"Subject", "From", "X-Text",
                                        "Content-Type", "To"};
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *fill = g_strnfill(100000, ':');
        g_autofree char *mail = g_strdup_printf(
            "%s: %s " SECRET "\r\n\r\nbody " SECRET "\r\n", names[i], fill);
        g_autoptr(ch_message) m = parse(mail, strlen(mail));
        gsize at;
        assert_true(has_unscanned_limit(m));
        assert_non_null(find_secret(m, CH_WHERE_COUNT, &at));
    }
}

static void
test_endless_number_of_headers(void **state)
{
    (void)state;
    GString *mail = g_string_new(NULL);
    for (guint i = 0; i < 100000; i++) {
        g_string_append(mail, "a: b\r\n");
    }
    g_string_append(mail, "\r\n" SECRET "\r\n");
    g_autoptr(ch_message) m = parse(mail->str, mail->len);
    gsize at;
    assert_true(has_unscanned_limit(m));
    assert_non_null(find_secret(m, CH_WHERE_BODY, &at));
    g_string_free(mail, TRUE);
}

static void
test_nul_bytes(void **state)
{
    static const char head[] = "Subject: a\0 " SECRET "\r\n\r\nbody";
    static const char body[] = "Subject: a\r\n\r\nb\0 " SECRET "\r\n";
    static const char prologue[] =
        MIXED "\r\nx\0 " SECRET "\r\n--B\r\n\r\nb\r\n--B--\r\n";
    (void)state;
    gsize at;
    g_autoptr(ch_message) one = parse(head, sizeof(head) - 1);
    g_autofree char *defects = list_defects(one);
    assert_string_equal(defects, "bad-header");
    assert_non_null(find_secret(one, CH_WHERE_SUBJECT, &at));
    g_autoptr(ch_message) two = parse(body, sizeof(body) - 1);
    assert_non_null(find_secret(two, CH_WHERE_BODY, &at));
    g_autoptr(ch_message) three = parse(prologue, sizeof(prologue) - 1);
    assert_non_null(find_secret(three, CH_WHERE_HIDDEN, &at));
}

static void
test_too_many_parts(void **state)
{
    (void)state;
    GString *mail = g_string_new(MIXED "\r\n");
    for (guint i = 0; i < CH_MAX_PARTS + 50; i++) {
        g_string_append(mail, "--B\r\n\r\nx\r\n");
    }
    g_autoptr(ch_message) m = parse(mail->str, mail->len);
    assert_int_equal(ch_message_parts(m)->len, CH_MAX_PARTS);
    assert_true(has_unscanned_limit(m));
    g_string_free(mail, TRUE);
}

static void
test_endless_text(void **state)
{
    (void)state;
    g_autofree char *fill = g_strnfill(CH_MAX_TEXT + 100, 'a');
    g_autofree char *mail = g_strdup_printf("\r\n%s", fill);
    g_autoptr(ch_message) m = parse(mail, strlen(mail));
    gsize len;
    ch_text_plain(g_ptr_array_index(ch_message_texts(m), 0), &len);
    assert_int_equal(len, CH_MAX_TEXT);
    assert_true(has_unscanned_limit(m));
}

static void
test_dates(void **state)
{
    static const struct {
        const char *date;
        gint64 seconds; /* -1: none */
    } dates[] = {
        {"Tue, 1 Dec 2026 09:00:00 +0000", 1796115600},
        {"1 Dec 2026 04:00:00 -0500", 1796115600},
        {"Tue, 1 Dec 2026 09:00:00 GMT (comment)", 1796115600},
        {"", -1},
        {"yesterday", -1},
        {"Tue, 99 Foo 2026", -1},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(dates); i++) {
        g_autofree char *mail =
            g_strdup_printf("Date: %s\r\n\r\nx", dates[i].date);
        g_autoptr(ch_message) m = parse(mail, strlen(mail));
        gint64 want =
            dates[i].seconds < 0 ? -1 : dates[i].seconds * G_USEC_PER_SEC;
        assert_int_equal(ch_message_date(m), want);
    }
    g_autoptr(ch_message) none = parse("\r\n", 2);
    assert_int_equal(ch_message_date(none), -1);
}

static void
test_recipients_and_headers(void **state)
{
    static const char mail[] =
        "To: A <a@example.com>, staff: b@example.com, c@example.com;\r\n"
        "Cc: \"D, E\" <d@example.com>\r\nBcc: e@example.com\r\n"
        "TO: f@example.com\r\nX-Note: =?iso-8859-1?Q?ni=F1o?=\r\n\r\nx";
    (void)state;
    g_autoptr(ch_message) m = parse(mail, strlen(mail));
    g_auto(GStrv) list = ch_message_dup_recipients(m);
    g_autofree char *joined = g_strjoinv(" ", list);
    assert_string_equal(joined, "a@example.com b@example.com c@example.com "
                                "f@example.com d@example.com e@example.com");
    assert_int_equal(ch_message_header_count(m, "to"), 2);
    assert_string_equal(ch_message_header(m, "x-note"), "ni\xC3\xB1o");
    assert_null(ch_message_header(m, "none"));
}

static void
test_names_without_addresses(void **state)
{
    static const char mail[] =
        "From: " SECRET " <secret123@post.wordpress.com>\r\n"
        "To: secret456@post.wordpress.com\r\n\r\nx";
    (void)state;
    g_autoptr(ch_message) m = parse(mail, strlen(mail));
    GPtrArray *texts = ch_message_texts(m);
    for (guint i = 0; i < texts->len; i++) {
        const char *plain = ch_text_plain(g_ptr_array_index(texts, i), NULL);
        assert_null(strstr(plain, "secret123"));
        assert_null(strstr(plain, "secret456"));
    }
}

/* What is cut between two parts is whole in their seam, and its place is the
 * first part's. */
static void
test_seams(void **state)
{
    static const struct {
        const char *name, *kind, *extra;
        gboolean seam;
    } cut[] = {
        {"two parts", "mixed", "", TRUE},
        {"two of one whole", "related", "", TRUE},
        {"of two readings one is shown", "alternative", "", FALSE},
        {"an attachment is not shown", "mixed",
         "Content-Disposition: attachment\r\n", FALSE},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(cut); i++) {
        g_autofree char *mail = g_strdup_printf(
            "Content-Type: multipart/%s; boundary=B\r\n\r\n"
            "--B\r\nContent-Type: text/plain\r\n\r\ncall 512-34\r\n\r\n"
            "--B\r\nContent-Type: text/plain\r\n%s\r\n-6789 now\r\n--B--\r\n",
            cut[i].kind, cut[i].extra);
        g_autoptr(GBytes) raw = g_bytes_new(mail, strlen(mail));
        g_autoptr(ch_message) m = ch_message_parse(raw);
        const GPtrArray *texts = ch_message_texts(m);
        ch_text *last = texts->pdata[texts->len - 1];
        const char *plain = ch_text_plain(last, NULL);
        gboolean found = g_str_has_prefix(plain, "call 512-34-6789 now");
        if (found != cut[i].seam) {
            fail_msg("%s: %s", cut[i].name, plain);
        }
        if (found) {
            ch_span over = ch_text_origin_of_plain(last, (ch_span){5, 16});
            assert_int_equal(ch_text_part(last), 1);
            assert_int_equal(over.start, 5);
            assert_int_equal(over.end, 11);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_header_ends_at_any_offset),
        cmocka_unit_test(test_raw_range_is_the_content),
        cmocka_unit_test(test_ten_thousand_nested_parts),
        cmocka_unit_test(test_thirty_levels_are_read),
        cmocka_unit_test(test_endless_header),
        cmocka_unit_test(test_endless_number_of_headers),
        cmocka_unit_test(test_nul_bytes),
        cmocka_unit_test(test_too_many_parts),
        cmocka_unit_test(test_endless_text),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_recipients_and_headers),
        cmocka_unit_test(test_names_without_addresses),
        cmocka_unit_test(test_seams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
