/*
 * The numbers page: charts as inline SVG, each with its table.
 */
#include "numbers.h"

#include <string.h>

#define BAR_WIDTH    40
#define CHART_HEIGHT 120
#define TOP          10

static guint
stopped(const ch_week *w)
{
    return w->by_state[CH_STATE_HELD] + w->by_state[CH_STATE_RELEASING] +
           w->by_state[CH_STATE_RELEASE_FAILED] +
           w->by_state[CH_STATE_RELEASED] + w->by_state[CH_STATE_REFUSED] +
           w->by_state[CH_STATE_EXPIRED];
}

/* "Nov 23".  Owned. */
static char *
dup_week(const ch_ctx *c, const ch_figures *f, guint i)
{
    gint64 at = f->start_us + ((gint64)i * 7 * 86400 + 12 * 3600) * SECOND_US;
    g_autofree char *full = ch_dup_local_time(c, at);
    char *end = full;
    for (guint words = 0; *end != '\0' && words < 2; end++) {
        words += *end == ' ';
    }
    g_autofree char *text = g_strndup(full, (gsize)(end - full));
    g_strdelimit(text, ",", ' ');
    return g_strdup(g_strstrip(text));
}

static void
put_bar(ch_html *h, guint i, guint value, guint most)
{
    guint height = most > 0 ? value * CHART_HEIGHT / most : 0;
    g_autofree char *x = g_strdup_printf("%u", i * BAR_WIDTH + 6);
    g_autofree char *y = g_strdup_printf("%u", CHART_HEIGHT - height + 16);
    g_autofree char *tall = g_strdup_printf("%u", height);
    g_autofree char *label_x =
        g_strdup_printf("%u", i * BAR_WIDTH + BAR_WIDTH / 2);
    g_autofree char *label_y =
        g_strdup_printf("%u", CHART_HEIGHT - height + 12);
    g_autofree char *text = g_strdup_printf("%u", value);
    ch_html_open(h, "rect",
                 A("x", x) A("y", y) A("width", "28") A("height", tall));
    ch_html_close(h);
    ch_html_open(h, "text",
                 A("x", label_x) A("y", label_y) A("text-anchor", "middle"));
    ch_html_text(h, text);
    ch_html_close(h);
}

static void
put_chart(ch_ctx *c, ch_html *h, const ch_figures *f)
{
    guint most = 0;
    g_autofree char *box =
        g_strdup_printf("0 0 %d %d", CH_WEEKS * BAR_WIDTH, CHART_HEIGHT + 20);
    for (guint i = 0; i < CH_WEEKS; i++) {
        most = MAX(most, stopped(&f->weeks[i]));
    }
    ch_html_open(
        h, "svg",
        A("class", "chart") A("viewBox", box) A("role", "img")
            A("aria-label", T(c, "Held posts by week; the table below has the "
                                 "numbers")));
    for (guint i = 0; i < CH_WEEKS; i++) {
        put_bar(h, i, stopped(&f->weeks[i]), most);
    }
    ch_html_close(h);
}

static void
put_head(ch_html *h, const char *const *titles)
{
    ch_html_open(h, "thead", );
    ch_html_open(h, "tr", );
    for (guint i = 0; titles[i] != NULL; i++) {
        ch_html_open(h, "th",
                     A("scope", "col") A("class", i > 0 ? "number" : NULL));
        ch_html_text(h, titles[i]);
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_close(h);
}

static void
put_number(ch_html *h, guint value)
{
    ch_html_open(h, "td", A("class", "number"));
    ch_html_textf(h, "%u", value);
    ch_html_close(h);
}

static void
open_table(ch_html *h, const char *label)
{
    ch_html_open(h, "div",
                 A("class", "scroll") A("role", "region") A("tabindex", "0")
                     A("aria-label", label));
    ch_html_open(h, "table", );
}

static void
put_weeks(ch_ctx *c, ch_html *h, const ch_figures *f)
{
    const char *const titles[] = {
        T(c, "Week from"), T(c, "Held"),     T(c, "Released"),
        T(c, "Refused"),   T(c, "Expired"),  T(c, "Open"),
        T(c, "Published"), T(c, "Rejected"), NULL};
    open_table(h, T(c, "Posts by week"));
    put_head(h, titles);
    ch_html_open(h, "tbody", );
    for (guint i = 0; i < CH_WEEKS; i++) {
        const guint *n = f->weeks[i].by_state;
        g_autofree char *week = dup_week(c, f, i);
        ch_html_open(h, "tr", );
        ch_html_open(h, "th", A("scope", "row"));
        ch_html_text(h, week);
        ch_html_close(h);
        put_number(h, stopped(&f->weeks[i]));
        put_number(h, n[CH_STATE_RELEASED]);
        put_number(h, n[CH_STATE_REFUSED]);
        put_number(h, n[CH_STATE_EXPIRED]);
        put_number(h, n[CH_STATE_HELD] + n[CH_STATE_RELEASING] +
                          n[CH_STATE_RELEASE_FAILED]);
        put_number(h, n[CH_STATE_PASSED]);
        put_number(h, n[CH_STATE_REJECTED]);
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_close(h);
    ch_html_close(h);
}

static void
put_tallies(ch_ctx *c, ch_html *h, const char *title, const GPtrArray *list,
            const char *query,
            const char *(*name)(const ch_ctx *, const char *))
{
    const char *const titles[] = {title,
                                  T(c, "Posts"),
                                  T(c, "Released"),
                                  T(c, "Refused"),
                                  T(c, "Refused of those decided"),
                                  NULL};
    ch_html_element(h, "h2", NULL, title);
    open_table(h, title);
    put_head(h, titles);
    ch_html_open(h, "tbody", );
    for (guint i = 0; i < list->len && i < 20; i++) {
        const ch_tally *t = g_ptr_array_index(list, i);
        guint decided = t->released + t->refused;
        g_autofree char *value = g_uri_escape_string(t->name, NULL, FALSE);
        g_autofree char *href = g_strdup_printf("/queue?%s=%s", query, value);
        ch_html_open(h, "tr", );
        ch_html_open(h, "th", A("scope", "row"));
        ch_html_open(h, "a", A("href", href));
        ch_html_text(h, name != NULL ? name(c, t->name) : t->name);
        ch_html_close(h);
        ch_html_close(h);
        put_number(h, t->all);
        put_number(h, t->released);
        put_number(h, t->refused);
        ch_html_open(h, "td", A("class", "number"));
        if (decided > 0) {
            ch_html_textf(h, "%u %%",
                          (t->refused * 100 + decided / 2) / decided);
        } else {
            ch_html_text(h, "–");
        }
        ch_html_close(h);
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_close(h);
    ch_html_close(h);
}

void
ch_get_numbers(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_auto(ch_figures) f = {.minutes = NULL};
    if (!ch_figures_make(c, &f, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_html *h = ch_page_begin(c, T(c, "Numbers"));
    ch_html_element(h, "h2", NULL, T(c, "Held posts of twelve weeks"));
    put_chart(c, h, &f);
    put_weeks(c, h, &f);
    ch_html_element(h, "h2", NULL, T(c, "Time to a decision"));
    ch_html_open(h, "p", );
    ch_html_textf(h, "%s: %u %s. %s: %u %s. %s: %u.",
                  T(c, "Half of all within"), ch_figures_percentile(&f, 50),
                  T(c, "min"), T(c, "Nine of ten within"),
                  ch_figures_percentile(&f, 90), T(c, "min"), T(c, "Decisions"),
                  f.minutes->len);
    ch_html_close(h);
    put_tallies(c, h, T(c, "Rules"), f.rules, "rule", ch_rule_title);
    put_tallies(c, h, T(c, "Gateways"), f.gateways, "gateway",
                ch_gateway_title);
    put_tallies(c, h, T(c, "Authors"), f.authors, "author", NULL);
    ch_page_end(c, 200, h);
}
