/*
 * Any post and any phrase: whatever a gateway is told, places lie within the
 * source, published text and cuts in order, and what is understood lies in
 * the years that are told.  First byte: the gateway; up to the first NUL the
 * plain text, after it the HTML; the first line is the subject and a phrase.
 */
#include "chaperone/directive.h"
#include "chaperone/html.h"
#include "chaperone/limits.h"
#include "chaperone/when.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

#define BASE_US (G_GINT64_CONSTANT(1795186805) * G_USEC_PER_SEC)
#define ALL_CUTS                                                               \
    (CH_CUT_END | CH_CUT_HR | CH_CUT_SIGNATURE | CH_CUT_HASH_END |             \
     CH_CUT_QUOTED | CH_CUT_OUTSIDE)

static const char *const zones[] = {"America/New_York", "Europe/Madrid",
                                    "Australia/Sydney", "UTC"};

static void
check_time(gint64 at_us)
{
    g_autoptr(GDateTime) end =
        g_date_time_new_utc(CH_MAX_YEAR + 1, 1, 1, 0, 0, 0);
    g_assert(at_us == CH_WHEN_UNKNOWN ||
             (at_us >= 0 && at_us < g_date_time_to_unix(end) * G_USEC_PER_SEC));
}

static void
check_pieces(const GArray *pieces, gsize plain, gsize html, gboolean in_order)
{
    gsize at = 0;
    for (guint i = 0; i < pieces->len; i++) {
        const ch_piece *p = &g_array_index(pieces, ch_piece, i);
        g_assert(p->part == 0 || p->part == 1);
        g_assert(p->span.start <= p->span.end);
        g_assert(p->span.end <= (p->part == 0 ? plain : html));
        g_assert(!in_order || p->span.start >= at);
        at = p->span.end;
    }
}

static void
check_words(const GPtrArray *words)
{
    g_assert(words->len <= CH_MAX_DIRECTIVES);
    for (guint i = 0; i < words->len; i++) {
        g_assert(*(const char *)words->pdata[i] != '\0');
        g_assert(g_utf8_validate(words->pdata[i], -1, NULL));
    }
}

static void
check_posting(const ch_posting *p, gsize plain, gsize html)
{
    check_pieces(p->published, plain, html, TRUE);
    check_pieces(p->cut, plain, html, FALSE);
    check_pieces(p->timers, plain, html, FALSE);
    check_words(p->tags);
    check_words(p->categories);
    g_assert(!p->mismatch || p->cut->len == 0);
    g_assert(!p->mismatch || !ch_posting_is_unlisted(p));
    g_assert(p->publish_rule != NULL);
    check_time(p->publish_at_us);
}

static const ch_text *
body_of(const GPtrArray *texts)
{
    for (guint i = 0; i < texts->len; i++) {
        if (ch_text_where(texts->pdata[i]) == CH_WHERE_BODY) {
            return texts->pdata[i];
        }
    }
    return NULL;
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const guint8 *nul = memchr(data + 1, '\0', size - 1);
    gsize length = nul == NULL ? size - 1 : (gsize)(nul - data) - 1;
    g_autofree char *plain =
        g_utf8_make_valid((const char *)data + 1, (gssize)length);
    g_autofree char *html =
        nul == NULL ? NULL
                    : g_utf8_make_valid((const char *)nul + 1,
                                        (gssize)(size - length - 2));
    g_autofree char *line = g_strndup(plain, strcspn(plain, "\n"));
    ch_gateway g = {.name = (char *)"g",
                    .directives = (ch_directives)(data[0] % 10),
                    .subject = (ch_subject)(data[0] % 3),
                    .cuts = data[0] & 64 ? 0 : ALL_CUTS,
                    .base_is_date = (data[0] & 32) != 0,
                    .start_marker = (char *)":start",
                    .end_marker = (char *)":end"};
    g_autoptr(GTimeZone) zone =
        g_time_zone_new_identifier(zones[data[0] % G_N_ELEMENTS(zones)]);
    g_autoptr(GBytes) b = g_bytes_new(plain, strlen(plain));
    g_autoptr(GBytes) h = html == NULL ? NULL : g_bytes_new(html, strlen(html));
    g_autoptr(GBytes) s = g_bytes_new(line, strlen(line));
    g_autoptr(ch_text) subject = ch_text_new_whole(CH_WHERE_SUBJECT, -1, s);
    g_autoptr(ch_text) body = ch_text_new_whole(CH_WHERE_BODY, 0, b);
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    if (h != NULL) {
        ch_html_extract(h, 1, texts);
    }
    ch_post_view view = {.subject = subject,
                         .plain = data[0] & 128 ? NULL : body,
                         .html = body_of(texts),
                         .address = line,
                         .arrival_us = BASE_US,
                         .date_us = BASE_US - 1,
                         .zone = zone,
                         .is_reply = (data[0] & 16) != 0};
    g_autoptr(ch_posting) posting = ch_directive_read(&g, &view);
    check_posting(posting, strlen(plain), html == NULL ? 0 : strlen(html));
    check_time(ch_when_read(line, BASE_US, zone).at_us);
    return 0;
}
