/*
 * The lists: what waits (least time first), what was published and wants a
 * look, what was decided.  Metadata only: who, where, which rules, when.
 */
#include "card.h"

#include "chaperone/limits.h"

#include <string.h>

typedef struct {
    ch_list_ask ask;
    guint page, total; /* page counts from 1 */
    const char *path;
} view;

/* NULL for an empty field. */
static const char *
wanted(const ch_ctx *c, const char *name)
{
    const char *value = ch_field_get(c->request->query, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void
read_view(const ch_ctx *c, ch_list list, const char *path, view *v)
{
    guint64 page = 1;
    const char *number = wanted(c, "page");
    if (number != NULL) {
        g_ascii_string_to_unsigned(number, 10, 1, 100000, &page, NULL);
    }
    *v = (view){.page = (guint)page, .path = path};
    v->ask = (ch_list_ask){
        .list = list,
        .state = wanted(c, "state"),
        .gateway = wanted(c, "gateway"),
        .rule = wanted(c, "rule"),
        .author = wanted(c, "author"),
        .search = wanted(c, "q"),
        .owner = wanted(c, "mine") != NULL ? c->session->account : NULL,
        .escalated = wanted(c, "escalated") != NULL,
        .offset = ((guint)page - 1) * CH_QUEUE_PAGE,
        .limit = CH_QUEUE_PAGE};
}

/* --- filters -------------------------------------------------------------- */

static void
put_check(ch_html *h, const char *label, const char *name, gboolean on)
{
    ch_html_open(h, "label", A("class", "check"));
    ch_html_void(h, "input",
                 A("type", "checkbox") A("name", name) A("value", "1")
                     A("checked", on ? "" : NULL));
    ch_html_text(h, label);
    ch_html_close(h);
}

static void
put_filters(ch_ctx *c, ch_html *h, const view *v)
{
    ch_html_open(h, "form",
                 A("method", "get") A("action", v->path) A("class", "row")
                     A("role", "search"));
    ch_html_open(h, "label", A("class", "field"));
    ch_html_element(h, "span", NULL,
                    T(c, "Search (ID, author, gateway, rule)"));
    ch_html_void(h, "input",
                 A("type", "search") A("name", "q") A("value", v->ask.search)
                     A("data-key", "/"));
    ch_html_close(h);
    if (v->ask.list == CH_LIST_WAITING) {
        put_check(h, T(c, "Taken by me"), "mine", v->ask.owner != NULL);
        put_check(h, T(c, "Escalated"), "escalated", v->ask.escalated);
    }
    ch_form_button(h, T(c, "Filter"), NULL);
    ch_html_close(h);
}

/* --- one entry ------------------------------------------------------------ */

static void
put_titles(ch_ctx *c, ch_html *h, const char *rules)
{
    g_auto(GStrv) ids = ch_split_names(rules);
    for (guint i = 0; ids[i] != NULL && ids[i][0] != '\0'; i++) {
        ch_html_textf(h, "%s%s", i > 0 ? "; " : "", ch_rule_title(c, ids[i]));
    }
    if (ids[0] == NULL || ids[0][0] == '\0') {
        ch_html_text(h, T(c, "No rule is named"));
    }
}

static void
put_channel(ch_ctx *c, ch_html *h, const char *gateways)
{
    g_auto(GStrv) names = ch_split_names(gateways);
    for (guint i = 0; names[i] != NULL; i++) {
        ch_html_textf(h, "%s%s", i > 0 ? ", " : "",
                      ch_gateway_title(c, names[i]));
    }
}

static void
put_left(ch_ctx *c, ch_html *h, const ch_item *item)
{
    gint64 hour = 3600 * SECOND_US;
    if (item->state != CH_STATE_HELD || item->deadline_us < 0) {
        ch_html_element(h, "span", "badge", ch_state_words(c, item->state));
        return;
    }
    gint64 left = item->deadline_us - c->now_us;
    g_autofree char *distance = ch_dup_distance(c, item->deadline_us);
    ch_html_open(h, "span",
                 A("class", left < hour       ? "badge bad"
                            : left < 6 * hour ? "badge warn"
                                              : "badge"));
    ch_html_textf(h, "%s %s", left < 0 ? T(c, "ended") : T(c, "ends"),
                  distance);
    ch_html_close(h);
}

static void
put_meta(ch_ctx *c, ch_html *h, const ch_list_row *row)
{
    const ch_item *item = row->item;
    const char *owner = ch_review_owner(row->review, ch_lock_us(c), c->now_us);
    ch_html_open(h, "p", A("class", "meta"));
    put_channel(c, h, item->gateways);
    ch_html_textf(h, " · %s · ",
                  item->author != NULL ? item->author
                                       : T(c, "author not known"));
    ch_page_time(c, h, item->time_us);
    if (item->publish_at_us > item->time_us) {
        ch_html_textf(h, " · %s ", T(c, "planned"));
        ch_page_time(c, h, item->publish_at_us);
    }
    if (item->decided_us >= 0) {
        ch_html_textf(h, " · %s %s", ch_state_words(c, item->state),
                      item->reviewer != NULL ? item->reviewer : "");
    }
    ch_html_textf(h, " · %s", item->id);
    ch_html_close(h);
    ch_html_open(h, "p", A("class", "meta"));
    if (owner != NULL) {
        ch_html_open(h, "span", A("class", "badge warn"));
        ch_html_textf(h, "%s %s", T(c, "taken by"), owner);
        ch_html_close(h);
    }
    if (row->review->escalated_us >= 0) {
        ch_html_element(h, "span", "badge bad", T(c, "escalated"));
    }
    if (row->review->first_by != NULL && item->state == CH_STATE_HELD) {
        ch_html_open(h, "span", A("class", "badge good"));
        ch_html_textf(h, "%s %s", T(c, "approved first by"),
                      row->review->first_by);
        ch_html_close(h);
    }
    if (row->review->asked_us >= 0) {
        ch_html_element(h, "span", "badge", T(c, "author asked"));
    }
    if (row->review->wrote_us >= 0) {
        ch_html_element(h, "span", "badge warn", T(c, "author wrote"));
    }
    if (row->review->evidence_us >= 0) {
        ch_html_element(h, "span", "badge", T(c, "kept as evidence"));
    }
    ch_html_close(h);
}

static void
put_entry(ch_ctx *c, ch_html *h, const ch_list_row *row, gboolean choose)
{
    const ch_item *item = row->item;
    g_autofree char *path = g_strdup_printf("/item/%s", item->id);
    ch_html_open(h, "li", A("class", "entry") A("data-entry", ""));
    if (choose && item->state == CH_STATE_HELD) {
        g_autofree char *label =
            g_strdup_printf("%s %s", T(c, "Choose post"), item->id);
        ch_html_void(h, "input",
                     A("type", "checkbox") A("name", "id") A("value", item->id)
                         A("aria-label", label));
    } else {
        ch_html_open(h, "span", );
        ch_html_close(h);
    }
    ch_html_open(h, "h2", );
    ch_html_open(h, "a", A("href", path));
    put_titles(c, h, item->rules);
    ch_html_close(h);
    ch_html_close(h);
    put_left(c, h, item);
    put_meta(c, h, row);
    ch_html_close(h);
}

/* --- many at once --------------------------------------------------------- */

static void
put_bulk(ch_ctx *c, ch_html *h)
{
    ch_html_open(h, "details", );
    ch_html_element(h, "summary", NULL, T(c, "Refuse the chosen posts"));
    ch_put_canned(c, h, NULL, NULL);
    ch_html_open(h, "label", A("class", "field"));
    ch_html_element(h, "span", NULL, T(c, "Or your own note to the authors"));
    ch_html_open(h, "textarea", A("name", "note") A("maxlength", "2000"));
    ch_html_close(h);
    ch_html_close(h);
    ch_form_button(h, T(c, "Refuse all of them for good"), "danger");
    ch_html_close(h);
}

static void
put_pages(ch_ctx *c, ch_html *h, const view *v)
{
    guint pages = (v->total + CH_QUEUE_PAGE - 1) / CH_QUEUE_PAGE;
    if (pages <= 1) {
        return;
    }
    ch_html_open(h, "nav",
                 A("class", "row") A("aria-label", T(c, "Pages of the list")));
    for (int step = -1; step <= 1; step += 2) {
        guint to = v->page + (guint)step;
        if (to < 1 || to > pages) {
            continue;
        }
        g_autofree char *search =
            v->ask.search != NULL
                ? g_uri_escape_string(v->ask.search, NULL, FALSE)
                : g_strdup("");
        g_autofree char *href =
            g_strdup_printf("%s?page=%u&q=%s%s%s", v->path, to, search,
                            v->ask.owner != NULL ? "&mine=1" : "",
                            v->ask.escalated ? "&escalated=1" : "");
        ch_html_open(h, "a", A("href", href) A("class", "button"));
        ch_html_text(h, step < 0 ? T(c, "Earlier page") : T(c, "Next page"));
        ch_html_close(h);
    }
    ch_html_textf(h, "%s %u / %u", T(c, "Page"), v->page, pages);
    ch_html_close(h);
}

/* --- the pages ------------------------------------------------------------ */

static void
put_list(ch_ctx *c, ch_html *h, const view *v, const GPtrArray *rows)
{
    gboolean choose = v->ask.list == CH_LIST_WAITING && ch_may_decide(c);
    if (rows->len == 0) {
        ch_html_element(h, "p", "soft", T(c, "There is nothing here."));
        return;
    }
    if (choose) {
        ch_form_open(c, h, "/refuse", NULL);
        ch_html_open(h, "label",
                     A("class", "check") A("id", "choose-all") A("hidden", ""));
        ch_html_void(h, "input", A("type", "checkbox"));
        ch_html_text(h, T(c, "Choose all on this page"));
        ch_html_close(h);
    }
    ch_html_open(h, "ul", A("class", "plain"));
    for (guint i = 0; i < rows->len; i++) {
        put_entry(c, h, g_ptr_array_index(rows, i), choose);
    }
    ch_html_close(h);
    if (choose) {
        put_bulk(c, h);
        ch_html_close(h);
    }
}

/* What became of the decision that led here. */
static const char *
done_words(ch_ctx *c, const char *verb)
{
    return strcmp(verb, "release") == 0 ? T(c, "Released or, where two must "
                                               "agree, approved first.")
           : strcmp(verb, "refuse") == 0 && c->config->notices_author
               ? T(c, "Refused: the author gets your note by mail.")
           : strcmp(verb, "escalate") == 0
               ? T(c, "Escalated: a senior reviewer decides now.")
               : T(c, "Done.");
}

static void
show(ch_ctx *c, ch_list list, const char *path, const char *title,
     const char *about)
{
    g_autoptr(GError) error = NULL;
    view v;
    read_view(c, list, path, &v);
    g_autoptr(GPtrArray) rows =
        ch_review_list(c->store, &v.ask, &v.total, &error);
    if (rows == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_html *h = ch_page_begin(c, title);
    if (wanted(c, "done") != NULL) {
        ch_html_open(h, "p", A("class", "done") A("role", "status"));
        ch_html_text(h, done_words(c, wanted(c, "done")));
        ch_html_close(h);
    }
    ch_html_open(h, "p", A("class", "soft"));
    ch_html_textf(h, "%s %s: %u.", about, T(c, "In this list"), v.total);
    ch_html_close(h);
    put_filters(c, h, &v);
    put_list(c, h, &v, rows);
    put_pages(c, h, &v);
    ch_html_open(h, "details", );
    ch_html_element(h, "summary", NULL, T(c, "Keys"));
    ch_html_element(h, "p", NULL,
                    T(c, "j and k go down and up, Enter opens, x chooses, / "
                         "searches. On a post: t takes, e releases, r goes "
                         "to the refusal, a asks the author, u escalates, q "
                         "goes back."));
    ch_html_close(h);
    ch_page_end(c, 200, h);
}

void
ch_get_queue(ch_ctx *c)
{
    show(c, CH_LIST_WAITING, "/queue", T(c, "Queue"),
         T(c, "Posts that wait for a decision, least time first."));
}

void
ch_get_passed(ch_ctx *c)
{
    show(c, CH_LIST_PASSED, "/passed", T(c, "Published, please look"),
         T(c, "Posts that went on with a mark. Open each and say that you "
              "have seen it."));
}

void
ch_get_done(ch_ctx *c)
{
    show(c, CH_LIST_DONE, "/done", T(c, "Decided"),
         T(c, "Posts that were released, refused or expired."));
}
