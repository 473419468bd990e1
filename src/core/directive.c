/*
 * Directives of a post: both its views to what the gateway will publish.
 *
 * Called for each gateway of a post once its texts are there.  The plain text
 * is asked first, then the HTML; where they differ, nothing is taken for
 * granted that would make a post look more harmless.
 */
#include "directive_int.h"

#include "chaperone/limits.h"
#include "chaperone/when.h"

#include <string.h>

const char *
ch_visibility_name(ch_visibility visibility)
{
    static const char *const names[] = {"public",  "site",     "unknown",
                                        "friends", "password", "pending",
                                        "draft",   "private"};
    return names[visibility];
}

/* --- time of publication -------------------------------------------------- */

static void
set_time(ch_posting *p, gint64 at_us, const char *rule)
{
    p->publish_at_us = at_us;
    p->publish_rule = at_us < 0 ? "not-understood" : rule;
    p->hints |= at_us < 0 ? CH_HINT_TIME : 0u;
}

static void
wordpress_time(ch_posting *p, const ch_codes *r, gint64 base, GTimeZone *zone)
{
    if (r->delay != NULL) {
        ch_when when = ch_when_read(r->delay, base, zone);
        set_time(p, when.at_us, when.is_relative ? "delay" : "date");
        p->hints |= when.is_relative ? CH_HINT_RELATIVE : 0u;
    }
}

/* "1d2h30m", "-1h": each part with a sign of its own. */
static gint64
add_postie_delay(const char *text, gint64 base, GTimeZone *zone)
{
    gint64 days = 0, seconds = 0;
    const char *at = text;
    while (*at != '\0') {
        char *unit;
        gint64 n = g_ascii_strtoll(at, &unit, 10);
        char letter = g_ascii_tolower(*unit);
        if (unit == at || letter == '\0' || strchr("dhm", letter) == NULL ||
            ABS(n) > 100000) {
            return CH_WHEN_UNKNOWN;
        }
        days += letter == 'd' ? n : 0;
        seconds += letter == 'h' ? n * 3600 : letter == 'm' ? n * 60 : 0;
        at = unit + 1;
    }
    return at == text ? CH_WHEN_UNKNOWN
                      : ch_when_add(base, days, seconds, zone);
}

static void
postie_time(ch_posting *p, const ch_codes *r, gint64 base, GTimeZone *zone)
{
    gboolean relative = FALSE;
    if (r->date != NULL) {
        ch_when when = ch_when_read(r->date, base, zone);
        relative = when.is_relative;
        set_time(p, when.at_us, relative ? "delay" : "date");
    }
    if (r->delay != NULL && p->publish_at_us >= 0) {
        gboolean dated = r->date != NULL && !relative;
        set_time(p, add_postie_delay(r->delay, p->publish_at_us, zone),
                 dated ? "date+delay" : "delay");
        relative = !dated;
    }
    p->hints |= relative ? CH_HINT_RELATIVE : 0u;
}

/* r may be NULL: a post without a body. */
static void
find_time(ch_posting *p, const ch_gateway *g, const ch_post_view *v,
          const ch_codes *r)
{
    GTimeZone *zone = g->zone != NULL ? g->zone : v->zone;
    gboolean dated = g->base_is_date && v->date_us >= 0;
    p->publish_at_us = dated ? v->date_us : v->arrival_us;
    p->publish_rule = dated ? "mail-date" : "arrival";
    if (r != NULL && g->directives == CH_DIRECTIVES_WORDPRESS) {
        wordpress_time(p, r, p->publish_at_us, zone);
    } else if (r != NULL && g->directives == CH_DIRECTIVES_POSTIE) {
        postie_time(p, r, p->publish_at_us, zone);
    } else if (r != NULL && r->is_now) {
        p->publish_rule = "now";
    } else if (g->time != CH_TIME_KNOWN) {
        p->publish_at_us = -1;
        p->publish_rule = g->time == CH_TIME_QUEUE ? "queue" : "automation";
    }
    if (g->dead || p->visibility == CH_SEEN_DRAFT ||
        p->visibility == CH_SEEN_PENDING) {
        p->publish_at_us = -1;
        p->publish_rule =
            g->dead ? "gone"
                    : ch_visibility_name(p->visibility); /* a person decides */
    }
}

/* --- who sees it ---------------------------------------------------------- */

static ch_visibility
visibility_of_status(const char *status, gboolean has_password,
                     ch_visibility fallback)
{
    return g_strcmp0(status, "draft") == 0     ? CH_SEEN_DRAFT
           : g_strcmp0(status, "pending") == 0 ? CH_SEEN_PENDING
           : g_strcmp0(status, "private") == 0 ? CH_SEEN_PRIVATE
           : has_password                      ? CH_SEEN_PASSWORD
                                               : fallback;
}

/* "word42word+private@photos.flickr.com". */
static ch_visibility
visibility_of_address(const char *address, ch_visibility fallback)
{
    const char *at = address == NULL ? NULL : strchr(address, '@');
    const char *plus = address == NULL ? NULL : strchr(address, '+');
    if (at == NULL || plus == NULL || plus > at) {
        return fallback;
    }
    g_autofree char *suffix = g_ascii_strdown(plus + 1, at - plus - 1);
    return strcmp(suffix, "private") == 0 ? CH_SEEN_PRIVATE
           : strcmp(suffix, "friends") == 0 || strcmp(suffix, "family") == 0 ||
                   strcmp(suffix, "ff") == 0
               ? CH_SEEN_FRIENDS
           : strcmp(suffix, "public") == 0 ? CH_SEEN_PUBLIC
                                           : fallback;
}

static void
find_visibility(ch_posting *p, const ch_gateway *g, const ch_post_view *v,
                const ch_codes *r)
{
    p->visibility = (ch_visibility)g->visibility;
    if (g->directives == CH_DIRECTIVES_FLICKR) {
        p->visibility = visibility_of_address(v->address, p->visibility);
    }
    if (r == NULL || r->is_disputed || p->mismatch) {
        return;
    }
    p->status = g_intern_string(r->status); /* one of a few words */
    p->visibility =
        r->visibility != CH_SEEN_PUBLIC
            ? r->visibility
            : visibility_of_status(r->status, r->has_password, p->visibility);
}

/* --- which text ----------------------------------------------------------- */

static int
by_start(gconstpointer a, gconstpointer b)
{
    const ch_mark *x = a, *y = b;
    return x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

static void
add_piece(const ch_codes *r, GArray *pieces, ch_span plain, const char *rule)
{
    ch_span span = ch_text_origin_of_plain(r->text, plain);
    if (plain.end >= r->length) {
        span.end = g_bytes_get_size(ch_text_source(r->text));
    }
    ch_piece piece = {ch_text_part(r->text), span, rule};
    g_array_append_val(pieces, piece);
}

static void
add_published(const ch_codes *r, GArray *pieces)
{
    gsize at = 0;
    g_array_sort(r->marks, by_start);
    for (guint i = 0; i <= r->marks->len; i++) {
        ch_span mark = {r->length, r->length};
        if (i < r->marks->len) {
            mark = g_array_index(r->marks, ch_mark, i).span;
        }
        ch_span between = {at, MAX(at, mark.start)};
        between = ch_codes_trim(r, between);
        if (between.start < between.end) {
            ch_span source = ch_text_origin_of_plain(r->text, between);
            ch_piece piece = {ch_text_part(r->text), source, NULL};
            g_array_append_val(pieces, piece);
        }
        at = MAX(at, mark.end);
    }
}

static void
add_cuts(const ch_codes *r, GArray *pieces)
{
    for (guint i = 0; r != NULL && i < r->marks->len; i++) {
        const ch_mark *m = &g_array_index(r->marks, ch_mark, i);
        if (m->rule != NULL) {
            add_piece(r, pieces, m->span, m->rule);
        }
    }
}

static void
add_timers(const ch_codes *r, GArray *pieces)
{
    for (guint i = 0; r != NULL && i < r->timers->len; i++) {
        const ch_mark *m = &g_array_index(r->timers, ch_mark, i);
        ch_piece piece = {ch_text_part(r->text),
                          ch_text_origin_of_plain(r->text, m->span), m->rule};
        g_array_append_val(pieces, piece);
    }
}

/* --- the walk ------------------------------------------------------------- */

static ch_codes *
read_view(const ch_gateway *g, const ch_text *text, gboolean html,
          gboolean is_reply)
{
    if (text == NULL) {
        return NULL;
    }
    ch_codes *r = ch_codes_new(text, html);
    ch_directive_cut(r, g, is_reply);
    switch (g->directives) {
    case CH_DIRECTIVES_WORDPRESS:
        ch_directive_read_wordpress(r);
        break;
    case CH_DIRECTIVES_POSTIE:
        ch_directive_read_postie(r);
        break;
    case CH_DIRECTIVES_BUFFER:
        ch_directive_read_buffer(r);
        break;
    case CH_DIRECTIVES_FLICKR:
        ch_directive_read_flickr(r);
        break;
    case CH_DIRECTIVES_TUMBLR:
        ch_directive_read_tumblr(r);
        break;
    case CH_DIRECTIVES_LIVEJOURNAL:
        ch_directive_read_headers(r, "lj-");
        break;
    case CH_DIRECTIVES_DREAMWIDTH:
        ch_directive_read_headers(r, "post-");
        break;
    case CH_DIRECTIVES_HASHTAGS:
    case CH_DIRECTIVES_POST_IN:
    case CH_DIRECTIVES_NONE:
        break;
    }
    return r;
}

static void
append_all(GPtrArray *to, const GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++) {
        g_ptr_array_add(to, g_strdup(from->pdata[i]));
    }
}

static void
take_reading(ch_posting *p, const ch_codes *r)
{
    append_all(p->tags, r->tags);
    append_all(p->categories, r->categories);
    if (r->title != NULL && *r->title != '\0') {
        g_free(p->title);
        p->title = g_strdup(r->title);
    }
    if (r->networks != NULL) {
        p->networks = g_ptr_array_new_with_free_func(g_free);
        append_all(p->networks, r->networks);
    }
    p->hints |= r->hints;
}

static ch_posting *
posting_new(void)
{
    ch_posting *p = g_new0(ch_posting, 1);
    p->refs = 1;
    p->tags = g_ptr_array_new_with_free_func(g_free);
    p->categories = g_ptr_array_new_with_free_func(g_free);
    p->published = g_array_new(FALSE, FALSE, sizeof(ch_piece));
    p->cut = g_array_new(FALSE, FALSE, sizeof(ch_piece));
    p->timers = g_array_new(FALSE, FALSE, sizeof(ch_piece));
    return p;
}

/* Of a post that is no message both views have no part: places in one could
 * be taken for places in the other. */
static gboolean
are_distinct(const ch_codes *plain, const ch_codes *html)
{
    return plain == NULL || html == NULL ||
           ch_text_part(plain->text) != ch_text_part(html->text);
}

ch_posting *
ch_directive_read(const ch_gateway *g, const ch_post_view *v)
{
    ch_posting *p = posting_new();
    ch_codes *plain = read_view(g, v->plain, FALSE, v->is_reply);
    ch_codes *html = read_view(g, v->html, TRUE, v->is_reply);
    const ch_codes *r =
        plain != NULL && (html == NULL || plain->said->len > 0) ? plain : html;
    p->mismatch = plain != NULL && html != NULL &&
                  strcmp(plain->said->str, html->said->str) != 0;
    if (v->subject != NULL) {
        ch_directive_read_subject(p, g, ch_text_plain(v->subject, NULL));
    }
    if (r != NULL) {
        take_reading(p, r);
        add_published(r == html && plain != NULL && html->said->len == 0 ? plain
                                                                         : r,
                      p->published);
    }
    if (!p->mismatch && are_distinct(plain, html)) {
        add_cuts(plain, p->cut);
        add_cuts(html, p->cut);
    }
    add_timers(plain, p->timers);
    add_timers(html, p->timers);
    find_visibility(p, g, v, r);
    find_time(p, g, v, r);
    ch_codes_free(plain);
    ch_codes_free(html);
    return p;
}

gboolean
ch_directive_is_alike(const ch_gateway *g, const char *address,
                      const char *other)
{
    return g->directives != CH_DIRECTIVES_FLICKR ||
           visibility_of_address(address, CH_SEEN_SITE) ==
               visibility_of_address(other, CH_SEEN_SITE);
}

ch_posting *
ch_posting_ref(ch_posting *p)
{
    p->refs++;
    return p;
}

void
ch_posting_unref(ch_posting *p)
{
    if (p != NULL && --p->refs == 0) {
        g_free(p->title);
        g_ptr_array_unref(p->tags);
        g_ptr_array_unref(p->categories);
        g_clear_pointer(&p->networks, g_ptr_array_unref);
        g_array_unref(p->published);
        g_array_unref(p->cut);
        g_array_unref(p->timers);
        g_free(p);
    }
}

gboolean
ch_posting_cuts(const ch_posting *p, int part, ch_span span)
{
    for (guint i = 0; i < p->cut->len; i++) {
        const ch_piece *c = &g_array_index(p->cut, ch_piece, i);
        if (c->part == part && c->span.start <= span.start &&
            span.end <= c->span.end) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_posting_is_unlisted(const ch_posting *p)
{
    return p->visibility >= CH_SEEN_PASSWORD;
}
