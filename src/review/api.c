/*
 * /api/v1: the same lists, cards and decisions as JSON.
 *
 * Described in assets/openapi.json.  Changes are forms with the header
 * X-CSRF-Token, whose value comes with the answer to signing in; they go the
 * way of the pages' forms.  No answer holds text of a post.
 */
#include "card.h"
#include "numbers.h"
#include "signin.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* --- JSON ----------------------------------------------------------------- */

static void
respond(ch_ctx *c, int status, JsonBuilder *b)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    ch_respond_text(c, status, "application/json", text);
}

static void
add_text(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    if (value != NULL) {
        g_autofree char *valid = g_utf8_make_valid(value, -1);
        json_builder_add_string_value(b, valid);
    } else {
        json_builder_add_null_value(b);
    }
}

static void
add_number(JsonBuilder *b, const char *name, gint64 value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_int_value(b, value);
}

static void
add_flag(JsonBuilder *b, const char *name, gboolean value)
{
    json_builder_set_member_name(b, name);
    json_builder_add_boolean_value(b, value);
}

static void
add_time(JsonBuilder *b, const char *name, gint64 time_us)
{
    g_autoptr(GDateTime) t =
        time_us < 0 ? NULL
                    : g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    g_autofree char *text =
        t != NULL ? g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ") : NULL;
    add_text(b, name, text);
}

static void
add_names(JsonBuilder *b, const char *name, const char *names)
{
    g_auto(GStrv) list = ch_split_names(names);
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (guint i = 0; list[i] != NULL; i++) {
        if (list[i][0] != '\0') {
            json_builder_add_string_value(b, list[i]);
        }
    }
    json_builder_end_array(b);
}

/* --- sessions ------------------------------------------------------------- */

static void
respond_session(ch_ctx *c, const char *account, const char *role)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    add_text(b, "account", account);
    add_text(b, "role", role);
    add_text(b, "csrf", c->csrf);
    json_builder_end_object(b);
    respond(c, 200, b);
}

/* Password and code in one step. */
void
ch_api_signin(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_user) account = NULL;
    int status;
    /* No form of another site can send a header. */
    if (c->header_csrf == NULL) {
        ch_respond_error(c, 403, "send a header X-CSRF-Token, of any value");
        return;
    }
    gboolean ok = ch_signin_check(c, ch_field_get(c->request->form, "name"),
                                  ch_field_get(c->request->form, "password"),
                                  &account, &status, &error);
    if (ok && status == 0 && account->has_totp) {
        ok = ch_signin_check_code(c, account->name,
                                  ch_field_get(c->request->form, "code"),
                                  &status, &error);
    } else if (ok && status == 0 && ch_signin_needs_more(c, account)) {
        status = 403;
    }
    if (ok && status == 0) {
        ok = ch_signin_begin(c, account->name, TRUE, &error);
    }
    if (!ok) {
        ch_respond_gerror(c, error);
    } else if (status != 0) {
        ch_respond_error(c, status,
                         status == 429   ? "too many attempts"
                         : status == 403 ? "set up a second factor on the "
                                           "page first"
                                         : "name, password or code is wrong, "
                                           "or the account is locked");
    } else {
        respond_session(c, account->name, ch_role_name(account->role));
    }
}

void
ch_api_signout(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    if (!ch_session_end(c->store, c->token, c->now_us, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_respond_cookie(c, ch_cookie_session(c), "", 0);
    ch_respond_text(c, 200, "application/json", "{}");
}

/* --- looking -------------------------------------------------------------- */

void
ch_api_counts(ch_ctx *c)
{
    ch_review_counts n;
    if (!ch_server_counts(c->server, &n)) {
        ch_respond_error(c, 503, "the store does not answer");
        return;
    }
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    add_number(b, "waiting", n.waiting);
    add_number(b, "escalated", n.escalated);
    add_number(b, "passed", n.passed);
    add_number(b, "failed", n.failed);
    add_number(b, "due_soon", n.due_soon);
    json_builder_end_object(b);
    respond(c, 200, b);
}

static void
add_item(const ch_ctx *c, JsonBuilder *b, const ch_item *item,
         const ch_review *review)
{
    add_text(b, "id", item->id);
    add_text(b, "state", ch_state_name(item->state));
    add_time(b, "time", item->time_us);
    add_time(b, "publish_at", item->publish_at_us);
    add_time(b, "deadline", item->deadline_us);
    add_time(b, "decided", item->decided_us);
    add_text(b, "author", item->author);
    add_names(b, "gateways", item->gateways);
    add_names(b, "rules", item->rules);
    add_text(b, "verdict", item->verdict);
    add_text(b, "reviewer", item->reviewer);
    add_text(b, "note", item->note);
    add_text(b, "taken_by", ch_review_owner(review, ch_lock_us(c), c->now_us));
    add_text(b, "approved_first_by", review->first_by);
    add_flag(b, "escalated", review->escalated_us >= 0);
    add_flag(b, "evidence", review->evidence_us >= 0);
    add_time(b, "author_wrote", review->wrote_us);
    add_flag(b, "has_message", item->has_message);
}

static const char *
wanted(const ch_ctx *c, const char *name)
{
    const char *value = ch_field_get(c->request->query, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static guint
wanted_number(const ch_ctx *c, const char *name, guint most, guint otherwise)
{
    guint64 value = otherwise;
    const char *text = wanted(c, name);
    if (text != NULL) {
        g_ascii_string_to_unsigned(text, 10, 0, most, &value, NULL);
    }
    return (guint)value;
}

void
ch_api_items(ch_ctx *c)
{
    static const char *const names[CH_LIST_COUNT] = {
        [CH_LIST_WAITING] = "waiting",
        [CH_LIST_PASSED] = "passed",
        [CH_LIST_DONE] = "done",
        [CH_LIST_ALL] = "all",
    };
    g_autoptr(GError) error = NULL;
    const char *name = wanted(c, "list");
    guint total = 0, list = 0;
    while (name != NULL && list < CH_LIST_COUNT &&
           strcmp(name, names[list]) != 0) {
        list++;
    }
    if (list == CH_LIST_COUNT) {
        ch_respond_error(c, 400, "list: waiting, passed, done or all");
        return;
    }
    const ch_list_ask ask = {
        .list = (ch_list)list,
        .state = wanted(c, "state"),
        .gateway = wanted(c, "gateway"),
        .rule = wanted(c, "rule"),
        .author = wanted(c, "author"),
        .search = wanted(c, "q"),
        .offset = wanted_number(c, "offset", 10000000, 0),
        .limit = wanted_number(c, "limit", CH_QUEUE_PAGE, CH_QUEUE_PAGE)};
    g_autoptr(GPtrArray) rows = ch_review_list(c->store, &ask, &total, &error);
    if (rows == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    add_number(b, "total", total);
    json_builder_set_member_name(b, "items");
    json_builder_begin_array(b);
    for (guint i = 0; i < rows->len; i++) {
        const ch_list_row *row = g_ptr_array_index(rows, i);
        json_builder_begin_object(b);
        add_item(c, b, row->item, row->review);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    respond(c, 200, b);
}

static void
add_findings(JsonBuilder *b, const ch_item *item)
{
    g_autoptr(GArray) findings = ch_card_parse_findings(item->findings_json);
    json_builder_set_member_name(b, "findings");
    json_builder_begin_array(b);
    for (guint i = 0; i < findings->len; i++) {
        const ch_recorded *r = &g_array_index(findings, ch_recorded, i);
        json_builder_begin_object(b);
        add_text(b, "rule", r->rule);
        add_text(b, "action", ch_action_name(r->action));
        add_text(b, "where", r->where);
        add_text(b, "part", r->part);
        add_number(b, "line", r->line);
        add_text(b, "place", r->place);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

/* What a release would do now, as on the card. */
static void
add_plan(JsonBuilder *b, const GPtrArray *plan)
{
    json_builder_set_member_name(b, "on_release");
    json_builder_begin_array(b);
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        const ch_retiming *r = g_ptr_array_index(plan, i);
        json_builder_begin_object(b);
        add_number(b, "recipient", r->recipient);
        add_text(b, "gateway", r->gateway);
        add_text(b, "kind", ch_retime_kind_name(r->kind));
        add_time(b, "publish_at", r->publish_at_us);
        add_text(b, "directive", r->directive);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

/* What a release must bring along and would do; null and nothing where there
 * is no text. */
static gboolean
add_content(const ch_ctx *c, JsonBuilder *b, const ch_item *item,
            GError **error)
{
    guint8 digest[CH_DIGEST_BYTES];
    g_autoptr(GString) hex = g_string_new(NULL);
    g_autoptr(ch_envelope) e = NULL;
    if (!item->has_message) {
        add_text(b, "content", NULL);
        add_plan(b, NULL);
        return TRUE;
    }
    g_autoptr(GBytes) raw = ch_store_read(c->store, item->id, &e, error);
    if (raw == NULL) {
        return FALSE;
    }
    g_autoptr(GPtrArray) plan = ch_card_plan(c, item, e, raw);
    add_plan(b, plan);
    ch_review_digest(c->store, raw, digest);
    for (guint i = 0; i < CH_DIGEST_BYTES; i++) {
        g_string_append_printf(hex, "%02x", digest[i]);
    }
    add_text(b, "content", hex->str);
    return TRUE;
}

void
ch_api_item(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_item) item = ch_store_get(c->store, c->arg, &error);
    g_autoptr(ch_review) review =
        item != NULL ? ch_review_get(c->store, c->arg, &error) : NULL;
    g_autoptr(JsonBuilder) b = json_builder_new();
    if (review == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    json_builder_begin_object(b);
    add_item(c, b, item, review);
    add_findings(b, item);
    if (!add_content(c, b, item, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    json_builder_end_object(b);
    respond(c, 200, b);
}

void
ch_api_history(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = ch_review_history(c->store, c->arg, &error);
    if (list == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "history");
    json_builder_begin_array(b);
    for (guint i = 0; i < list->len; i++) {
        const ch_history *h = g_ptr_array_index(list, i);
        json_builder_begin_object(b);
        add_time(b, "time", h->time_us);
        add_text(b, "event", h->event);
        add_text(b, "actor", h->actor);
        add_text(b, "note", h->note);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    respond(c, 200, b);
}

/* --- deciding ------------------------------------------------------------- */

void
ch_api_decide(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    if (!ch_id_is_valid(c->arg)) {
        ch_respond_error(c, 404, "there is no such item");
        return;
    }
    if (!ch_decide(c, c->arg, ch_decide_verb(c), &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_api_item(c);
}

/* --- numbers -------------------------------------------------------------- */

static void
add_tallies(JsonBuilder *b, const char *name, const GPtrArray *list)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (guint i = 0; i < list->len; i++) {
        const ch_tally *t = g_ptr_array_index(list, i);
        json_builder_begin_object(b);
        add_text(b, "name", t->name);
        add_number(b, "posts", t->all);
        add_number(b, "released", t->released);
        add_number(b, "refused", t->refused);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void
add_weeks(JsonBuilder *b, const ch_figures *f)
{
    json_builder_set_member_name(b, "weeks");
    json_builder_begin_array(b);
    for (guint i = 0; i < CH_WEEKS; i++) {
        json_builder_begin_object(b);
        add_time(b, "from", f->start_us + (gint64)i * 7 * 86400 * SECOND_US);
        for (guint s = 0; s < CH_STATE_COUNT; s++) {
            add_number(b, ch_state_name((ch_state)s), f->weeks[i].by_state[s]);
        }
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

void
ch_api_numbers(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_auto(ch_figures) f = {.minutes = NULL};
    if (!ch_figures_make(c, &f, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    add_weeks(b, &f);
    add_number(b, "decisions", f.minutes->len);
    add_number(b, "minutes_median", ch_figures_percentile(&f, 50));
    add_number(b, "minutes_p90", ch_figures_percentile(&f, 90));
    add_tallies(b, "rules", f.rules);
    add_tallies(b, "gateways", f.gateways);
    add_tallies(b, "authors", f.authors);
    json_builder_end_object(b);
    respond(c, 200, b);
}
