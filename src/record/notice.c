/*
 * A notice as mail: header, encoding, and the mark that makes it ours.
 *
 * X-Chaperone-Notice is "ID digest"; the digest covers ID, To, Subject and
 * body under the store's key.  The milter lets such mail pass unjudged, so
 * the check is strict: each of the three fields exactly once.  It forgives
 * what transport does: other line ends, more header fields, another order,
 * folding, line ends at the very end.
 */
#include "record/notice_int.h"

#include <gmime/gmime-encodings.h>
#include <string.h>

#define MARK "X-Chaperone-Notice"

const char *
ch_notice_kind_name(ch_notice_kind kind)
{
    static const char *const names[CH_NOTICE_COUNT] = {
        "held",  "refused",   "expired",  "released", "release_failed",
        "asked", "escalated", "reminder", "wrote",    "answered"};
    return names[kind];
}

/* --- the mark ------------------------------------------------------------ */

static gboolean
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Runs of blanks and line ends as one space, none at the ends. */
static void
append_collapsed(GString *out, const char *text, gsize length)
{
    gboolean started = FALSE, gap = FALSE;
    for (gsize i = 0; i < length; i++) {
        if (is_blank(text[i])) {
            gap = started;
            continue;
        }
        if (gap) {
            g_string_append_c(out, ' ');
        }
        g_string_append_c(out, text[i]);
        started = TRUE;
        gap = FALSE;
    }
}

/* LF for CR LF, and no line ends at the end. */
static void
append_body(GString *out, const char *body, gsize length)
{
    while (length > 0 &&
           (body[length - 1] == '\n' || body[length - 1] == '\r')) {
        length--;
    }
    for (gsize i = 0; i < length; i++) {
        if (body[i] != '\r' || i + 1 == length || body[i + 1] != '\n') {
            g_string_append_c(out, body[i]);
        }
    }
}

/* The digest in base64, as it stands in the mark.  Owned. */
static char *
dup_digest(const ch_store *store, const char *id, const GString *to,
           const GString *subject, const char *body, gsize length)
{
    guint8 digest[CH_DIGEST_BYTES];
    g_autoptr(GString) text = g_string_new(id);
    g_string_append_c(text, '\n');
    g_string_append_len(text, to->str, (gssize)to->len); /* NULs too */
    g_string_append_c(text, '\n');
    g_string_append_len(text, subject->str, (gssize)subject->len);
    g_string_append_c(text, '\n');
    append_body(text, body, length);
    g_autoptr(GBytes) bytes = g_bytes_new(text->str, text->len);
    ch_store_sign(store, "notice", bytes, digest);
    return g_base64_encode(digest, sizeof digest);
}

/* --- composing ----------------------------------------------------------- */

/* Printable ASCII: what may stand in a header as it is. */
static char *
dup_header_text(const char *text)
{
    char *clean = ch_notice_dup_clean(text);
    for (char *p = clean; *p != '\0'; p++) {
        if ((guchar)*p >= 0x80) {
            *p = '?';
        }
    }
    return clean;
}

/* Bytes of whole characters, at most max. */
static gsize
whole_characters(const char *text, gsize max)
{
    gsize n = 0;
    while (text[n] != '\0') {
        gsize next = (gsize)(g_utf8_next_char(text + n) - text);
        if (next > max) {
            break;
        }
        n = next;
    }
    return n;
}

/* RFC 2047: encoded words of at most 75 characters, whole characters in
 * each.  42 bytes become 56 of base64 and 12 around them. */
static char *
dup_encoded_subject(const char *subject)
{
    if (g_str_is_ascii(subject)) {
        return g_strdup(subject);
    }
    g_autoptr(GString) out = g_string_new(NULL);
    while (*subject != '\0') {
        gsize n = whole_characters(subject, 42);
        g_autofree char *word = g_base64_encode((const guchar *)subject, n);
        g_string_append_printf(
            out, "%s=?UTF-8?B?%s?=", out->len > 0 ? "\r\n " : "", word);
        subject += n;
    }
    return g_strdup(out->str);
}

/* Quoted-printable with CR LF.  Owned. */
static char *
dup_encoded_body(const char *body)
{
    GMimeEncoding encoding;
    gsize length = strlen(body);
    g_mime_encoding_init_encode(&encoding,
                                GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
    gsize room = g_mime_encoding_outlen(&encoding, length);
    g_autofree char *encoded = g_malloc(room + 1);
    gsize n = g_mime_encoding_flush(&encoding, body, length, encoded);
    g_assert(n <= room);
    encoded[n] = '\0';
    g_auto(GStrv) lines = g_strsplit(encoded, "\n", -1);
    return g_strjoinv("\r\n", lines);
}

/* RFC 5322 3.3, in UTC, with English names whatever the locale. */
static char *
dup_date(gint64 time_us)
{
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_autoptr(GDateTime) t =
        g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    g_assert(t != NULL);
    return g_strdup_printf("%.3s, %02d %.3s %04d %02d:%02d:%02d +0000",
                           days + 3 * (g_date_time_get_day_of_week(t) - 1),
                           g_date_time_get_day_of_month(t),
                           months + 3 * (g_date_time_get_month(t) - 1),
                           g_date_time_get_year(t), g_date_time_get_hour(t),
                           g_date_time_get_minute(t),
                           g_date_time_get_second(t));
}

/* Domain of the sender for the Message-ID; only letters of a host name. */
static char *
dup_domain(const char *from)
{
    const char *at = strrchr(from, '@');
    char *domain = g_strdup(at != NULL ? at + 1 : "");
    domain[strspn(domain, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
                          "XYZ0123456789.-")] = '\0';
    if (*domain == '\0') {
        g_free(domain);
        return g_strdup("chaperone.invalid");
    }
    return domain;
}

/* What tells the Message-IDs of an item's notices of one kind apart: there is
 * one for each reader, but a release may fail again and again.  Owned. */
static char *
dup_distinct(const ch_notice *n)
{
    if (n->kind >= CH_NOTICE_RELEASE_FAILED) {
        return g_strdup_printf("%" G_GINT64_FORMAT,
                               n->time_us / G_USEC_PER_SEC);
    }
    return g_strdup(n->to_author ? "author" : "compliance");
}

/* One mail, its texts still in UTF-8. */
typedef struct {
    const char *id, *from, *to, *subject, *body;
    const char *kind, *distinct; /* of the Message-ID */
    const char *submitted;       /* RFC 3834 5 */
    const char *reply_to;        /* or NULL */
    gint64 time_us;
} letter;

static void
append_header(GString *mail, const letter *l, const char *id, const char *from)
{
    g_autofree char *date = dup_date(l->time_us);
    g_autofree char *domain = dup_domain(from);
    g_string_append_printf(mail,
                           "From: %s\r\n"
                           "Date: %s\r\n"
                           "Message-ID: <%s.%s.%s@%s>\r\n"
                           "MIME-Version: 1.0\r\n"
                           "Content-Type: text/plain; charset=utf-8\r\n"
                           "Content-Transfer-Encoding: quoted-printable\r\n"
                           /* The other is Exchange's. */
                           "Auto-Submitted: %s\r\n"
                           "X-Auto-Response-Suppress: All\r\n",
                           from, date, id, l->kind, l->distinct, domain,
                           l->submitted);
}

static GBytes *
compose(const letter *l, const ch_store *store)
{
    g_autofree char *id = dup_header_text(l->id);
    g_autofree char *from_text = dup_header_text(l->from);
    g_autofree char *to_text = dup_header_text(l->to);
    g_autofree char *subject = dup_encoded_subject(l->subject);
    g_autofree char *body = dup_encoded_body(l->body);

    g_autoptr(GString) to_signed = g_string_new(NULL);
    g_autoptr(GString) subject_signed = g_string_new(NULL);
    append_collapsed(to_signed, to_text, strlen(to_text));
    append_collapsed(subject_signed, subject, strlen(subject));
    g_autofree char *digest =
        dup_digest(store, id, to_signed, subject_signed, body, strlen(body));

    g_autoptr(GString) mail = g_string_new(NULL);
    append_header(mail, l, id, from_text);
    if (l->reply_to != NULL) {
        g_string_append_printf(mail, "Reply-To: %s\r\n", l->reply_to);
    }
    g_string_append_printf(mail,
                           "To: %s\r\nSubject: %s\r\n" MARK ": %s %s\r\n\r\n",
                           to_text, subject, id, digest);
    g_string_append(mail, body);
    return g_bytes_new(mail->str, mail->len);
}

GBytes *
ch_notice_compose(const ch_notice *notice, const char *from, const char *to,
                  const ch_store *store)
{
    g_autofree char *subject = ch_notice_dup_subject(notice);
    g_autofree char *body = ch_notice_dup_body(notice);
    g_autofree char *distinct = dup_distinct(notice);
    const letter l = {
        .id = notice->id,
        .from = from,
        .to = to,
        .subject = subject,
        .body = body,
        .kind = ch_notice_kind_name(notice->kind),
        .distinct = distinct,
        .submitted = "auto-generated",
        .reply_to = ch_notice_may_be_answered(notice) ? notice->reply_to : NULL,
        .time_us = notice->time_us};
    return compose(&l, store);
}

GBytes *
ch_notice_compose_answer(const ch_answer *answer, const ch_store *store)
{
    const letter l = {.id = answer->id,
                      .from = answer->from,
                      .to = answer->to,
                      .subject = answer->subject,
                      .body = answer->body,
                      .kind = answer->kind,
                      .distinct = "author",
                      .submitted =
                          answer->unasked ? "auto-generated" : "auto-replied",
                      .time_us = answer->time_us};
    return compose(&l, store);
}

/* --- recognising
 * -------------------------------------------------------------- */

/* A field that the mark covers. */
typedef struct {
    const char *name;
    guint count;
    GString *value;
} field;

static gboolean
is_field(const char *line, gsize length, const char *name)
{
    gsize n = strlen(name);
    if (length <= n || g_ascii_strncasecmp(line, name, n) != 0) {
        return FALSE;
    }
    while (n < length && (line[n] == ' ' || line[n] == '\t')) {
        n++;
    }
    return n < length && line[n] == ':';
}

static void
note_field(field *fields, gsize n_fields, const char *line, gsize length)
{
    for (gsize i = 0; i < n_fields; i++) {
        if (is_field(line, length, fields[i].name)) {
            const char *value = (const char *)memchr(line, ':', length) + 1;
            fields[i].count++;
            g_string_truncate(fields[i].value, 0);
            append_collapsed(fields[i].value, value,
                             length - (gsize)(value - line));
        }
    }
}

/* Length of a header field at data with its continuation lines. */
static gsize
field_length(const char *data, gsize length)
{
    gsize n = 0;
    do {
        const char *lf = memchr(data + n, '\n', length - n);
        n = lf != NULL ? (gsize)(lf - data) + 1 : length;
    } while (n < length && (data[n] == ' ' || data[n] == '\t'));
    return n;
}

/* Reads the header; the offset of the body. */
static gsize
read_header(const char *data, gsize length, field *fields, gsize n_fields)
{
    gsize at = 0;
    while (at < length) {
        if (data[at] == '\n') {
            return at + 1;
        }
        if (length - at >= 2 && data[at] == '\r' && data[at + 1] == '\n') {
            return at + 2;
        }
        gsize n = field_length(data + at, length - at);
        note_field(fields, n_fields, data + at, n);
        at += n;
    }
    return at;
}

/* In constant time for what has the right length. */
static gboolean
is_same_text(const char *a, const char *b)
{
    gsize length = strlen(a);
    guchar difference = 0;
    if (strlen(b) != length) {
        return FALSE;
    }
    for (gsize i = 0; i < length; i++) {
        difference |= (guchar)(a[i] ^ b[i]);
    }
    return difference == 0;
}

gboolean
ch_notice_is_ours(GBytes *raw, const ch_store *store)
{
    gsize length;
    const char *data = g_bytes_get_data(raw, &length);
    g_autoptr(GString) mark = g_string_new(NULL);
    g_autoptr(GString) to = g_string_new(NULL);
    g_autoptr(GString) subject = g_string_new(NULL);
    field fields[] = {{MARK, 0, mark}, {"To", 0, to}, {"Subject", 0, subject}};
    gsize body = read_header(data, length, fields, G_N_ELEMENTS(fields));
    if (fields[0].count != 1 || fields[1].count != 1 || fields[2].count != 1) {
        return FALSE;
    }
    g_auto(GStrv) words = g_strsplit(mark->str, " ", 3);
    if (g_strv_length(words) != 2 || !ch_id_is_valid(words[0])) {
        return FALSE;
    }
    g_autofree char *expected =
        dup_digest(store, words[0], to, subject, data + body, length - body);
    return is_same_text(expected, words[1]);
}
