/*
 * The frame of each page, and what several of them show.
 *
 * Titles and addresses of pages are ours: nothing of a mail gets there.
 */
#include "review.h"

#include <string.h>

/* --- words ---------------------------------------------------------------- */

GStrv
ch_split_names(const char *names)
{
    GStrv list = g_strsplit(names != NULL ? names : "", ",", -1);
    for (guint i = 0; list[i] != NULL; i++) {
        g_strstrip(list[i]);
    }
    return list;
}

const char *
ch_rule_title(const ch_ctx *c, const char *id)
{
    const ch_rule *rule = ch_ruleset_find(c->server->house->rules, id);
    if (rule == NULL) {
        return id;
    }
    return c->spanish && rule->title_es != NULL ? rule->title_es : rule->title;
}

const char *
ch_rule_advice(const ch_ctx *c, const char *id, gboolean spanish)
{
    const ch_rule *rule = ch_ruleset_find(c->server->house->rules, id);
    if (rule == NULL) {
        return NULL;
    }
    return spanish && rule->advice_es != NULL ? rule->advice_es : rule->advice;
}

const char *
ch_gateway_title(const ch_ctx *c, const char *name)
{
    const ch_gateway *g = ch_gateways_find(c->server->house->gateways, name);
    return g != NULL ? g->title : name;
}

const char *
ch_state_words(const ch_ctx *c, ch_state state)
{
    switch (state) {
    case CH_STATE_HELD:
        return T(c, "Held");
    case CH_STATE_RELEASING:
        return T(c, "Being released");
    case CH_STATE_RELEASE_FAILED:
        return T(c, "Release failed");
    case CH_STATE_RELEASED:
        return T(c, "Released");
    case CH_STATE_REFUSED:
        return T(c, "Refused");
    case CH_STATE_EXPIRED:
        return T(c, "Expired");
    case CH_STATE_PASSED:
        return T(c, "Published");
    case CH_STATE_REJECTED:
        return T(c, "Rejected");
    case CH_STATE_COUNT:
        break;
    }
    return "";
}

gboolean
ch_may_decide(const ch_ctx *c)
{
    return c->session != NULL && c->session->role != CH_ROLE_AUDITOR;
}

gboolean
ch_is_senior(const ch_ctx *c)
{
    return c->session != NULL && (c->session->role == CH_ROLE_SENIOR ||
                                  c->session->role == CH_ROLE_ADMIN);
}

/* --- time ----------------------------------------------------------------- */

static const char *const months[2][12] = {
    {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
     "Nov", "Dec"},
    {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct",
     "nov", "dic"}};

char *
ch_dup_local_time(const ch_ctx *c, gint64 time_us)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    if (utc == NULL) {
        return g_strdup("-");
    }
    g_autoptr(GDateTime) t = g_date_time_to_timezone(utc, c->config->zone);
    const char *month = months[c->spanish][g_date_time_get_month(t) - 1];
    int day = g_date_time_get_day_of_month(t), year = g_date_time_get_year(t);
    int hour = g_date_time_get_hour(t), minute = g_date_time_get_minute(t);
    const char *zone = g_date_time_get_timezone_abbreviation(t);
    return c->spanish ? g_strdup_printf("%d %s %d, %d:%02d %s", day, month,
                                        year, hour, minute, zone)
                      : g_strdup_printf("%s %d, %d, %d:%02d %s %s", month, day,
                                        year, hour % 12 == 0 ? 12 : hour % 12,
                                        minute, hour < 12 ? "AM" : "PM", zone);
}

void
ch_page_time(ch_ctx *c, ch_html *h, gint64 time_us)
{
    g_autofree char *text = ch_dup_local_time(c, time_us);
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    g_autofree char *machine =
        utc != NULL ? g_date_time_format(utc, "%Y-%m-%dT%H:%M:%SZ") : NULL;
    ch_html_open(h, "time", A("datetime", machine));
    ch_html_text(h, text);
    ch_html_close(h);
}

char *
ch_dup_distance(const ch_ctx *c, gint64 time_us)
{
    gint64 s = (time_us - c->now_us) / SECOND_US, size = ABS(s);
    gint64 n = size < 3600        ? MAX(size / 60, 1)
               : size < 2 * 86400 ? size / 3600
                                  : size / 86400;
    const char *unit = size < 3600        ? T(c, "min")
                       : size < 2 * 86400 ? T(c, "h")
                                          : T(c, "days");
    return s >= 0 ? g_strdup_printf("%s %" G_GINT64_FORMAT " %s", T(c, "in"), n,
                                    unit)
           : c->spanish
               ? g_strdup_printf("hace %" G_GINT64_FORMAT " %s", n, unit)
               : g_strdup_printf("%" G_GINT64_FORMAT " %s ago", n, unit);
}

/* --- forms ---------------------------------------------------------------- */

void
ch_form_open(ch_ctx *c, ch_html *h, const char *action, const char *class)
{
    ch_html_open(h, "form",
                 A("method", "post") A("action", action) A("class", class));
    ch_html_void(h, "input",
                 A("type", "hidden") A("name", "csrf") A("value", c->csrf));
}

void
ch_form_button(ch_html *h, const char *text, const char *class)
{
    ch_html_open(h, "button", A("type", "submit") A("class", class));
    ch_html_text(h, text);
    ch_html_close(h);
}

void
ch_form_input(ch_html *h, const char *label, const char *name, const char *type,
              const char *value, const char *autocomplete)
{
    ch_html_open(h, "label", A("class", "field"));
    ch_html_element(h, "span", NULL, label);
    ch_html_void(h, "input",
                 A("name", name) A("type", type) A("value", value)
                     A("autocomplete", autocomplete) A(
                         "required", strcmp(type, "search") == 0 ? NULL : ""));
    ch_html_close(h);
}

/* --- the frame ------------------------------------------------------------ */

static void
put_head(ch_ctx *c, ch_html *h, const char *title)
{
    ch_html_open(h, "head", );
    ch_html_void(h, "meta", A("charset", "utf-8"));
    ch_html_void(h, "meta",
                 A("name", "viewport")
                     A("content", "width=device-width, initial-scale=1"));
    ch_html_void(h, "meta",
                 A("name", "color-scheme") A("content", "light dark"));
    ch_html_open(h, "title", );
    ch_html_textf(h, "%s · Chaperone", title);
    ch_html_close(h);
    ch_html_void(h, "link",
                 A("rel", "stylesheet") A("href", "/assets/style.css"));
    if (c->session != NULL && c->session->complete) {
        ch_html_open(h, "script", A("src", "/assets/page.js") A("defer", ""));
        ch_html_close(h);
    }
    ch_html_close(h);
}

static void
put_link(ch_ctx *c, ch_html *h, const char *path, const char *text,
         const char *id, guint count)
{
    gboolean here = strcmp(c->request->path, path) == 0;
    ch_html_open(h, "a",
                 A("href", path) A("aria-current", here ? "page" : NULL));
    ch_html_text(h, text);
    if (id != NULL) {
        g_autofree char *number = g_strdup_printf("%u", count);
        ch_html_text(h, " ");
        ch_html_open(h, "span", A("class", "count") A("data-count", id));
        ch_html_text(h, number);
        ch_html_close(h);
    }
    ch_html_close(h);
}

static void
put_navigation(ch_ctx *c, ch_html *h)
{
    ch_review_counts n = {0};
    gboolean counted = ch_server_counts(c->server, &n);
    ch_html_open(h, "nav", A("aria-label", T(c, "Pages")));
    put_link(c, h, "/queue", T(c, "Queue"), counted ? "waiting" : NULL,
             n.waiting);
    put_link(c, h, "/passed", T(c, "Published"), counted ? "passed" : NULL,
             n.passed);
    put_link(c, h, "/done", T(c, "Decided"), NULL, 0);
    put_link(c, h, "/numbers", T(c, "Numbers"), NULL, 0);
    if (c->session->role == CH_ROLE_ADMIN) {
        put_link(c, h, "/people", T(c, "People"), NULL, 0);
    }
    put_link(c, h, "/me", c->session->account, NULL, 0);
    ch_html_close(h);
}

static void
put_language(ch_ctx *c, ch_html *h)
{
    ch_form_open(c, h, "/language", "language");
    ch_html_void(h, "input",
                 A("type", "hidden") A("name", "back")
                     A("value", c->request->path));
    ch_html_open(h, "button",
                 A("type", "submit") A("name", "lang")
                     A("value", c->spanish ? "en" : "es")
                         A("lang", c->spanish ? "en" : "es")
                             A("class", "quiet"));
    ch_html_text(h, c->spanish ? "English" : "Español");
    ch_html_close(h);
    ch_html_close(h);
}

ch_html *
ch_page_begin(ch_ctx *c, const char *title)
{
    ch_html *h = ch_html_new();
    gboolean signed_in = c->session != NULL && c->session->complete;
    ch_html_open(h, "html", A("lang", c->spanish ? "es" : "en"));
    put_head(c, h, title);
    ch_html_open(h, "body", A("data-csrf", signed_in ? c->csrf : NULL));
    ch_html_open(h, "a", A("class", "skip") A("href", "#main"));
    ch_html_text(h, T(c, "Skip to the content"));
    ch_html_close(h);
    ch_html_open(h, "header", );
    ch_html_element(h, "span", "brand", "Chaperone");
    if (signed_in) {
        put_navigation(c, h);
    }
    if (c->csrf[0] != '\0') {
        put_language(c, h);
    }
    if (c->session != NULL) {
        ch_form_open(c, h, "/sign-out", "language");
        ch_form_button(h, T(c, "Sign out"), "quiet");
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_open(h, "main", A("id", "main") A("tabindex", "-1"));
    ch_html_element(h, "h1", NULL, title);
    return h;
}

void
ch_page_end(ch_ctx *c, int status, ch_html *h)
{
    ch_html_close(h); /* main */
    ch_html_close(h); /* body */
    ch_html_close(h); /* html */
    ch_respond_html(c, status, h);
}
