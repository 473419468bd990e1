/* Retiming: delays of a released post, written anew to the byte. */
#include "unit.h"

#include "chaperone/error.h"
#include "chaperone/retime.h"

#include <string.h>
#include <unistd.h>

#define BLOG   "bako123dela@post.wordpress.com"
#define POSTIE "blog@postie.b.example"
#define HOURLY "blog@hourly.b.example" /* Postie that counts from arrival */
#define HOUR   ((gint64)3600 * G_USEC_PER_SEC)
#define MINUTE (HOUR / 60)
/* 2026-11-20 15:00 UTC, 10:00 in New York. */
#define ARRIVAL (G_GINT64_CONSTANT(1795186800) * G_USEC_PER_SEC)

#define ENTRY(name, more)                                                      \
    "  - {name: " name ", like: postie, domains: [" name ".b.example], "       \
    "verified: 2026-11-29, source: a test" more "}\n"

static ch_house *
house_of(const char *late)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("retime-XXXXXX.yaml", &file, NULL);
    assert_true(fd >= 0);
    close(fd);
    g_autofree char *table = g_strdup_printf(
        "practice: {timezone: America/New_York}\nrelease: {late: %s}\n"
        "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml, %s.g]}\n",
        late, file);
    g_autofree char *gateways = g_strconcat(file, ".g", NULL);
    const char *entries =
        "gateways:\n" ENTRY("postie", "") ENTRY("hourly", ", base: arrival");
    assert_true(g_file_set_contents(gateways, entries, -1, NULL));
    assert_true(g_file_set_contents(file, table, -1, NULL));
    ch_house *house = ch_house_load_gateways(file, diag);
    g_autofree char *errors = ch_diag_dup_text(diag);
    assert_string_equal(errors, "");
    assert_non_null(house);
    unlink(file);
    unlink(gateways);
    return house;
}

/* mail with LF, sent and stored with CRLF. */
static GBytes *
bytes_of(const char *mail)
{
    g_auto(GStrv) lines = g_strsplit(mail, "\n", -1);
    char *crlf = g_strjoinv("\r\n", lines);
    return g_bytes_new_take(crlf, strlen(crlf));
}

static GPtrArray *
plan_for(ch_house *house, const char *to, GBytes *mail, gint64 now_us)
{
    g_autoptr(ch_envelope) e = ch_envelope_new();
    ch_envelope_set_sender(e, "<ana@b.example>", NULL);
    ch_envelope_add_recipient(e, "<pat@example.com>", NULL, NULL);
    ch_envelope_add_recipient(e, to, NULL, NULL);
    e->time_us = ARRIVAL;
    GPtrArray *plan = ch_retime_plan(house, e, mail, now_us);
    assert_int_equal(plan->len, 1);
    const ch_retiming *r = plan->pdata[0];
    assert_int_equal(r->recipient, 2);
    return plan;
}

#define TOP "From: ana@b.example\nDate: Fri, 20 Nov 2026 14:58:00 +0000\n"
#define PLAIN                                                                  \
    TOP "Subject: Flu\nMIME-Version: 1.0\n"                                    \
        "Content-Type: text/plain; charset=utf-8\n"
#define TWO                                                                    \
    TOP "Subject: Flu\nMIME-Version: 1.0\n"                                    \
        "Content-Type: multipart/alternative; boundary=b\n\nprologue\n--b\n"

typedef struct {
    const char *name, *to, *late;
    gint64 waited_us;
    ch_retime_kind kind;
    gint64 publish_at_us;       /* after the arrival; -1: not known */
    const char *before, *after; /* after NULL: untouched */
} row;

static const row rows[] = {
    {"an hour waited of two", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     PLAIN "\nWe open.\n[delay +2 hours]\n-- \nAna\n",
     PLAIN "\nWe open.\n[delay +60 minutes]\n-- \nAna\n"},
    {"one minute left", BLOG, "publish", HOUR, CH_RETIME_KEPT, HOUR + MINUTE,
     PLAIN "\n[title A] [delay +61 minutes] text\n",
     PLAIN "\n[title A] [delay +1 minute] text\n"},
    {"the day after tomorrow", BLOG, "publish", 20 * HOUR, CH_RETIME_KEPT,
     23 * HOUR, PLAIN "\n[delay tomorrow 9am]\nHello\n",
     PLAIN "\n[delay +180 minutes]\nHello\n"},
    {"less than a minute waited", BLOG, "publish", MINUTE - 1, CH_RETIME_NONE,
     2 * HOUR + MINUTE, PLAIN "\n[delay +2 hours]\nHello\n", NULL},
    {"a date does not move", BLOG, "publish", HOUR, CH_RETIME_NONE, 23 * HOUR,
     PLAIN "\n[delay 2026-11-21 09:00]\nHello\n", NULL},
    {"nothing is said", BLOG, "publish", HOUR, CH_RETIME_NONE, HOUR,
     PLAIN "\nHello\n", NULL},
    {"a draft", BLOG, "publish", HOUR, CH_RETIME_NONE, -1,
     PLAIN "\n[status draft] [delay +2 hours]\n", NULL},
    {"a phrase nobody reads", BLOG, "publish", HOUR, CH_RETIME_NONE, -1,
     PLAIN "\n[delay when it suits]\nHello\n", NULL},
    {"behind the end it is text", BLOG, "publish", HOUR, CH_RETIME_NONE, HOUR,
     PLAIN "\nHello\n\n[end]\n[delay +2 hours]\n", NULL},
    {"several, all the same", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     PLAIN "\n[delay +2 hours] a [delay +2 hours] b\n",
     PLAIN "\n[delay +60 minutes] a [delay +60 minutes] b\n"},
    {"the second of the same words is meant", BLOG, "publish", HOUR,
     CH_RETIME_KEPT, 2 * HOUR, PLAIN "\n+2 hours, he said.\n[delay +2 hours]\n",
     PLAIN "\n+2 hours, he said.\n[delay +60 minutes]\n"},
    {"latin-1 around it", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     TOP "Subject: Flu\nContent-Type: text/plain; charset=iso-8859-1\n"
         "Content-Transfer-Encoding: 8bit\n\nSonr\xed"
         "a [delay +2 hours] ma\xf1"
         "ana\n",
     TOP "Subject: Flu\nContent-Type: text/plain; charset=iso-8859-1\n"
         "Content-Transfer-Encoding: 8bit\n\nSonr\xed"
         "a [delay +60 minutes] ma\xf1"
         "ana\n"},
    {"quoted-printable", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
           "Sonr=C3=ADa =5Bdelay =2B2 =\nhours=5D ma=C3=B1ana=\n.\n",
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
           "Sonr=C3=ADa [delay +60 minutes] ma=C3=B1ana=\n.\n"},
    {"a full line of quoted-printable", BLOG, "publish", HOUR, CH_RETIME_KEPT,
     2 * HOUR,
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
           "Words and words and words and words and words and words "
           "[delay +2 hours]\nEnd\n",
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
           "Words and words and words and words and words and words "
           "[delay +60 minutes]\nEnd\n"},
    {"a line that becomes too long", BLOG, "publish", HOUR, CH_RETIME_KEPT,
     2 * HOUR,
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
           "Words and words and words and words and words and words all "
           "[delay +2 hours]\nEnd\n",
     PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
           "Words and words and words and words and words and words all =\n"
           "[delay +60 minutes]\nEnd\n"},
    /* "Hello, we open.\n[delay +2 hours]\nBye, all of you\n" */
    {"base64", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     PLAIN "Content-Transfer-Encoding: base64\n\n"
           "SGVsbG8sIHdlIG9wZW4uCltkZWxh\neSArMiBob3Vyc10KQnllLCBhbGwg\n"
           "b2YgeW91Cg==\n",
     PLAIN "Content-Transfer-Encoding: base64\n\n"
           "SGVsbG8sIHdlIG9wZW4uCltkZWxh\neSArNjAgbWludXRlc10KQnllLCBh\n"
           "bGwgb2YgeW91Cg==\n"},
    {"plain and HTML", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     TWO "Content-Type: text/plain\n\n[delay +2 hours]\nHi\n--b\n"
         "Content-Type: text/html\nContent-Transfer-Encoding: "
         "quoted-printable\n\n<p class=3Dx>[delay&#32;+2 hours]</p>Hi\n"
         "--b--\nepilogue\n",
     TWO "Content-Type: text/plain\n\n[delay +60 minutes]\nHi\n--b\n"
         "Content-Type: text/html\nContent-Transfer-Encoding: "
         "quoted-printable\n\n<p class=3Dx>[delay +60 minutes]</p>Hi\n"
         "--b--\nepilogue\n"},
    {"HTML alone, marked up", BLOG, "publish", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     TOP "Subject: Flu\nContent-Type: text/html\n\n"
         "<p>Hi</p><p>[<b>delay</b> +2&#32;hours]</p>\n",
     TOP "Subject: Flu\nContent-Type: text/html\n\n"
         "<p>Hi</p><p>[delay +60 minutes]</p>\n"},
    /* The time is over. */
    {"late, at once", BLOG, "publish", 3 * HOUR, CH_RETIME_LATE, 3 * HOUR,
     PLAIN "\nWe open.\n[delay +2 hours]\nBye\n", PLAIN "\nWe open.\n\nBye\n"},
    {"late, anew", BLOG, "retime", 3 * HOUR, CH_RETIME_ANEW, 5 * HOUR,
     PLAIN "\n[delay +2 hours]\nBye\n", NULL},
    {"late, no more", BLOG, "refuse", 3 * HOUR, CH_RETIME_REFUSED, 5 * HOUR,
     PLAIN "\n[delay +2 hours]\nBye\n", NULL},
    {"a date that is over", BLOG, "publish", 24 * HOUR, CH_RETIME_LATE,
     23 * HOUR, PLAIN "\n[delay 2026-11-21 09:00]\nBye\n", NULL},
    {"a date that is over, anew", BLOG, "retime", 24 * HOUR, CH_RETIME_ANEW,
     47 * HOUR, PLAIN "\n[delay 2026-11-21 09:00]\nBye\n",
     PLAIN "\n[delay +1380 minutes]\nBye\n"},
    {"a date that is over, no more", BLOG, "refuse", 24 * HOUR,
     CH_RETIME_REFUSED, 23 * HOUR, PLAIN "\n[delay 2026-11-21 09:00]\nBye\n",
     NULL},
    {"in time under refuse", BLOG, "refuse", HOUR, CH_RETIME_KEPT, 2 * HOUR,
     PLAIN "\n[delay +2 hours]\nBye\n", PLAIN "\n[delay +60 minutes]\nBye\n"},
    /* Postie. */
    {"Postie counts from Date", POSTIE, "publish", HOUR, CH_RETIME_NONE,
     2 * HOUR - 2 * MINUTE, PLAIN "\ndelay: 2h\nHello\n", NULL},
    {"Postie that counts from arrival", HOURLY, "publish", HOUR, CH_RETIME_KEPT,
     2 * HOUR, PLAIN "\ntags: a\nDelay:  2h\nHello\n",
     PLAIN "\ntags: a\ndelay: 60m\nHello\n"},
    {"Postie's date that moves", HOURLY, "publish", 20 * HOUR, CH_RETIME_KEPT,
     24 * HOUR, PLAIN "\ndate: tomorrow 9am\ndelay: 1h\nHello\n",
     PLAIN "\ndate: 2026-11-21 10:00:00\ndelay: 0m\nHello\n"},
    {"Postie, late", HOURLY, "publish", 3 * HOUR, CH_RETIME_LATE, 3 * HOUR,
     PLAIN "\ndelay: 2h\nHello\n", PLAIN "\ndelay: 0m\nHello\n"},
    {"Postie from Date, late, anew", POSTIE, "retime", 3 * HOUR, CH_RETIME_ANEW,
     5 * HOUR - 2 * MINUTE, PLAIN "\ndelay: 2h\nHello\n",
     PLAIN "\ndelay: 300m\nHello\n"},
    /* What cannot be told for sure is not touched. */
    {"two encodings", BLOG, "publish", HOUR, CH_RETIME_IMPOSSIBLE, 3 * HOUR,
     PLAIN "Content-Transfer-Encoding: 7bit\n"
           "Content-Transfer-Encoding: quoted-printable\n\n[delay +2 hours]\n",
     NULL},
    {"views that disagree", BLOG, "publish", HOUR, CH_RETIME_IMPOSSIBLE,
     3 * HOUR,
     TWO "Content-Type: text/plain\n\n[delay +2 hours]\nHi\n--b\n"
         "Content-Type: text/html\n\n<p>[delay +4 hours]</p>Hi\n--b--\n",
     NULL},
    {"UTF-16", BLOG, "publish", HOUR, CH_RETIME_IMPOSSIBLE, 3 * HOUR,
     TOP "Subject: Flu\nContent-Type: text/plain; charset=utf-16be\n"
         "Content-Transfer-Encoding: base64\n\n"
         "AFsAZABlAGwAYQB5ACAAKwAyACAAaABvAHUAcgBzAF0=\n",
     NULL},
};

/* What is said to be put in is what is put in. */
static gboolean
says_what_it_does(const row *r, const ch_retiming *got)
{
    if (r->after == NULL) {
        return got->directive == NULL;
    }
    const ch_edit *first = got->edits->pdata[0];
    return g_strcmp0(got->directive, first->text) == 0;
}

static const char *
difference(const row *r, const ch_retiming *got, GBytes *mail)
{
    gint64 at = got->publish_at_us < 0 ? -1 : got->publish_at_us - ARRIVAL;
    g_autoptr(GBytes) after = bytes_of(r->after != NULL ? r->after : r->before);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) edits = NULL;
    g_autoptr(GBytes) packed = ch_edits_pack(got->edits);
    edits = ch_edits_unpack(packed, &error);
    g_autoptr(GBytes) derived =
        edits == NULL ? NULL : ch_edits_apply(edits, mail, &error);
    return got->kind != r->kind                          ? "kind"
           : (got->edits->len > 0) != (r->after != NULL) ? "edits"
           : derived == NULL                             ? "applying"
           : !g_bytes_equal(derived, after)              ? "bytes"
           : !says_what_it_does(r, got)                  ? "directive"
           : (at < 0) != (r->publish_at_us < 0)          ? "known"
           : ABS(at - r->publish_at_us) > MINUTE         ? "time"
                                                         : NULL;
}

static void
delays_are_written_anew(void **state)
{
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_house) house = house_of(rows[i].late);
        g_autoptr(GBytes) mail = bytes_of(rows[i].before);
        g_autoptr(GPtrArray) plan =
            plan_for(house, rows[i].to, mail, ARRIVAL + rows[i].waited_us);
        const ch_retiming *got = plan->pdata[0];
        const char *what = difference(&rows[i], got, mail);
        if (what != NULL) {
            g_autoptr(GBytes) derived = ch_edits_apply(got->edits, mail, NULL);
            fail_msg("%s: %s: %s, at %ld min\n%.*s", rows[i].name, what,
                     ch_retime_kind_name(got->kind),
                     (long)((got->publish_at_us - ARRIVAL) / MINUTE),
                     derived == NULL ? 0 : (int)g_bytes_get_size(derived),
                     derived == NULL
                         ? ""
                         : (const char *)g_bytes_get_data(derived, NULL));
        }
        gboolean stands =
            got->kind == CH_RETIME_REFUSED || got->kind == CH_RETIME_IMPOSSIBLE;
        assert_true((ch_retime_obstacle(plan) != NULL) == stands);
        assert_int_equal(ch_retime_worst(plan), got->kind);
    }
}

/* LF alone, as sendmail(1) hands it in, stays LF. */
static void
line_ends_stay(void **state)
{
    (void)state;
    const char *mail = PLAIN "Content-Transfer-Encoding: quoted-printable\n\n"
                             "A long line of words and words and words and "
                             "words and so [delay +2 hours]\nEnd\n";
    g_autoptr(ch_house) house = house_of("publish");
    g_autoptr(GBytes) raw = g_bytes_new_static(mail, strlen(mail));
    g_autoptr(GPtrArray) plan = plan_for(house, BLOG, raw, ARRIVAL + HOUR);
    const ch_retiming *r = plan->pdata[0];
    g_autoptr(GBytes) derived = ch_edits_apply(r->edits, raw, NULL);
    gsize length;
    const char *data = g_bytes_get_data(derived, &length);
    assert_non_null(memmem(data, length, "[delay +60 minutes]\nEnd\n", 24));
    assert_null(memchr(data, '\r', length));
}

static void
edits_of_another_mail_are_an_error(void **state)
{
    (void)state;
    g_autoptr(ch_house) house = house_of("publish");
    g_autoptr(GBytes) mail = bytes_of(PLAIN "\nHello [delay +2 hours]\n");
    g_autoptr(GBytes) other = bytes_of("Subject: a\n\nHi\n");
    g_autoptr(GPtrArray) plan = plan_for(house, BLOG, mail, ARRIVAL + HOUR);
    const ch_retiming *r = plan->pdata[0];
    g_autoptr(GError) error = NULL;
    assert_null(ch_edits_apply(r->edits, other, &error));
    assert_true(g_error_matches(error, CH_ERROR, CH_ERROR_INTERNAL));
    g_autoptr(GBytes) junk = g_bytes_new_static("junk that is none", 17);
    assert_null(ch_edits_unpack(junk, NULL));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delays_are_written_anew),
        cmocka_unit_test(line_ends_stay),
        cmocka_unit_test(edits_of_another_mail_are_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
