/*
 * The card: one post as readers would see it, what was found and what can be
 * done.
 *
 * The verdict is the recorded one: rules, places and actions come from the
 * store.  The bytes are read again by ch_inspect only for what the store does
 * not keep: texts, parts, and what each gateway makes of the post.  If rules
 * changed since and today's verdict would be another, the card says so.
 *
 * Whoever opens it stands in the ledger before a word is shown.
 */
#include "card.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/log.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <syslog.h>

/* Having opened it, and why, holds so long: the card is loaded again and
 * again, and its pictures after it. */
#define REASON_US (30 * 60 * SECOND_US)

/* --- loading -------------------------------------------------------------- */

static void
clear_recorded(gpointer data)
{
    ch_recorded *r = data;
    g_free(r->rule);
    g_free(r->where);
    g_free(r->part);
    g_free(r->place);
}

void
ch_card_clear(ch_card *card)
{
    g_clear_pointer(&card->plan, g_ptr_array_unref);
    g_clear_pointer(&card->verdict, ch_verdict_free);
    g_clear_pointer(&card->envelope, ch_envelope_free);
    g_clear_pointer(&card->raw, g_bytes_unref);
    g_clear_pointer(&card->letters, g_ptr_array_unref);
    g_clear_pointer(&card->steps, g_ptr_array_unref);
    g_clear_pointer(&card->history, g_ptr_array_unref);
    g_clear_pointer(&card->findings, g_array_unref);
    g_clear_pointer(&card->review, ch_review_free);
    g_clear_pointer(&card->item, ch_item_free);
}

static char *
dup_member(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
               ? g_strdup(json_node_get_string(node))
               : NULL;
}

static gint64
number(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_INT64
               ? json_node_get_int(node)
               : -1;
}

static void
add_recorded(JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    GArray *list = data;
    (void)array;
    (void)index;
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        return;
    }
    JsonObject *o = json_node_get_object(node);
    g_autofree char *action = dup_member(o, "action");
    gint64 start = number(o, "start"), end = number(o, "end");
    ch_recorded r = {.rule = dup_member(o, "rule"),
                     .where = dup_member(o, "where"),
                     .part = dup_member(o, "part"),
                     .place = dup_member(o, "place"),
                     .has_span = start >= 0 && end >= start,
                     .line = (guint)MAX(number(o, "line"), 0)};
    if (r.has_span) {
        r.span = (ch_span){(gsize)start, (gsize)end};
    }
    if (r.rule == NULL || r.where == NULL || action == NULL ||
        !ch_action_parse(action, &r.action)) {
        clear_recorded(&r);
        return;
    }
    g_array_append_val(list, r);
}

GArray *
ch_card_parse_findings(const char *json)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(ch_recorded));
    g_array_set_clear_func(list, clear_recorded);
    g_autoptr(JsonParser) parser = json_parser_new();
    if (json != NULL && json_parser_load_from_data(parser, json, -1, NULL)) {
        JsonNode *root = json_parser_get_root(parser);
        if (root != NULL && JSON_NODE_HOLDS_ARRAY(root)) {
            json_array_foreach_element(json_node_get_array(root), add_recorded,
                                       list);
        }
    }
    return list;
}

/* NULL: it cannot be judged now; its texts are shown anyway, by the parser
 * alone, if the store has it. */
static ch_verdict *
read_again(ch_ctx *c, const ch_card *card)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) known = ch_store_authorizations(c->store, NULL);
    const ch_ask ask = {.judge_all = TRUE, .authorizations = known};
    ch_verdict *v =
        ch_inspect(c->server->house, card->envelope, card->raw, &ask, &error);
    if (v == NULL) {
        ch_log(LOG_ERR, "review", CH_LOG_ID, card->item->id, CH_LOG_REASON,
               "inspect", CH_LOG_ERROR, error, CH_LOG_END);
    }
    return v;
}

GPtrArray *
ch_card_plan(const ch_ctx *c, const ch_item *item, const ch_envelope *e,
             GBytes *raw)
{
    if (!ch_review_is_open(item)) {
        return NULL;
    }
    g_autoptr(GBytes) mail = ch_auth_strip(raw);
    return ch_retime_plan(c->server->house, e, mail, c->now_us);
}

gboolean
ch_card_load(ch_ctx *c, const char *id, ch_card *card, GError **error)
{
    card->masked = c->session->role == CH_ROLE_AUDITOR;
    card->item = ch_store_get(c->store, id, error);
    if (card->item == NULL) {
        return FALSE;
    }
    card->review = ch_review_get(c->store, id, error);
    card->history =
        card->review != NULL ? ch_review_history(c->store, id, error) : NULL;
    card->steps =
        card->history != NULL ? ch_release_list(c->store, id, error) : NULL;
    card->letters =
        card->steps != NULL ? ch_store_letters(c->store, id, error) : NULL;
    if (card->letters == NULL) {
        return FALSE;
    }
    card->findings = ch_card_parse_findings(card->item->findings_json);
    if (card->item->has_message) {
        card->raw = ch_store_read(c->store, id, &card->envelope, error);
        if (card->raw == NULL) {
            return FALSE;
        }
        card->verdict = read_again(c, card);
        card->plan = ch_card_plan(c, card->item, card->envelope, card->raw);
    }
    return TRUE;
}

/* --- who looks ------------------------------------------------------------ */

static gboolean
record_view(ch_ctx *c, const char *id, const char *event, const char *reason,
            GError **error)
{
    const ch_decision who = {.reviewer = c->session->account,
                             .uid = -1,
                             .note = reason,
                             .time_us = c->now_us};
    if (!ch_store_record_view(c->store, id, event, &who, error)) {
        return FALSE;
    }
    g_atomic_int_inc(&c->server->numbers.views);
    ch_log(LOG_INFO, "review-view", CH_LOG_ID, id, CH_LOG_AUTHOR,
           c->session->account, CH_LOG_KIND, event, CH_LOG_END);
    return TRUE;
}

gboolean
ch_card_was_opened(const ch_ctx *c, const GPtrArray *history,
                   gboolean with_reason)
{
    for (guint i = 0; i < history->len; i++) {
        const ch_history *h = g_ptr_array_index(history, i);
        if (g_strcmp0(h->event, "viewed") == 0 &&
            g_strcmp0(h->actor, c->session->account) == 0 &&
            (h->note != NULL || !with_reason) &&
            c->now_us - h->time_us < REASON_US) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
ask_reason(ch_ctx *c, const char *id)
{
    g_autofree char *action = g_strdup_printf("/item/%s/open", id);
    ch_html *h = ch_page_begin(c, T(c, "Why do you open this post?"));
    ch_html_element(h, "p", NULL,
                    T(c, "Your answer is kept with your name. Do not write "
                         "anything about a patient."));
    ch_form_open(c, h, action, "narrow");
    ch_form_input(h, T(c, "Reason"), "reason", "text", NULL, "off");
    ch_form_button(h, T(c, "Open it"), "primary");
    ch_html_close(h);
    ch_page_end(c, 200, h);
}

/* --- the page ------------------------------------------------------------- */

static void
put_standing(ch_ctx *c, ch_html *h, const ch_card *card)
{
    const ch_item *item = card->item;
    const char *owner = ch_review_owner(card->review, ch_lock_us(c), c->now_us);
    ch_html_open(h, "p", );
    ch_html_element(h, "span",
                    item->state == CH_STATE_HELD       ? "badge warn"
                    : item->state == CH_STATE_RELEASED ? "badge good"
                                                       : "badge",
                    ch_state_words(c, item->state));
    ch_html_text(h, " ");
    if (owner != NULL) {
        ch_html_open(h, "span", A("class", "badge warn"));
        ch_html_textf(h, "%s %s", T(c, "taken by"), owner);
        ch_html_close(h);
    }
    if (card->review->escalated_us >= 0) {
        ch_html_element(h, "span", "badge bad", T(c, "escalated"));
    }
    if (card->review->evidence_us >= 0) {
        ch_html_element(h, "span", "badge", T(c, "kept as evidence"));
    }
    if (item->state == CH_STATE_HELD && item->deadline_us >= 0) {
        g_autofree char *distance = ch_dup_distance(c, item->deadline_us);
        ch_html_textf(h, " %s %s", T(c, "The time to decide ends"), distance);
    }
    if (ch_may_decide(c) && ch_review_is_open(item)) {
        ch_html_text(h, " ");
        ch_html_open(h, "a", A("href", "#decision"));
        ch_html_text(h, T(c, "Your decision"));
        ch_html_close(h);
    }
    ch_html_close(h);
    /* One that was cleaned was not judged as it is kept. */
    if (card->verdict != NULL && item->verdict != NULL &&
        !ch_card_was_cleaned(card) &&
        strcmp(ch_action_name(card->verdict->action), item->verdict) != 0) {
        ch_html_open(h, "p", A("class", "notice"));
        ch_html_textf(
            h, "%s: %s.",
            T(c, "Rules or authorizations have changed since. Sent "
                 "today, the verdict would be"),
            ch_words(c->spanish, ch_action_name(card->verdict->action)));
        ch_html_close(h);
    }
}

static void
show_card(ch_ctx *c, const ch_card *card)
{
    ch_html *h = ch_page_begin(c, T(c, "Post"));
    put_standing(c, h, card);
    ch_card_put_findings(c, h, card);
    if (card->raw == NULL) {
        ch_html_element(h, "p", "notice",
                        T(c, "The text of this post was destroyed or never "
                             "kept."));
    } else {
        ch_card_put_texts(c, h, card);
    }
    ch_card_put_parts(c, h, card);
    ch_card_put_letters(c, h, card);
    ch_card_put_forms(c, h, card);
    ch_card_put_facts(c, h, card);
    ch_card_put_history(c, h, card);
    ch_page_end(c, 200, h);
}

static gboolean
id_is_good(ch_ctx *c)
{
    if (ch_id_is_valid(c->arg)) {
        return TRUE;
    }
    ch_respond_error(c, 404, T(c, "There is no such post."));
    return FALSE;
}

static void
open_card(ch_ctx *c, const char *reason)
{
    g_autoptr(GError) error = NULL;
    g_auto(ch_card) card = {.item = NULL};
    if (!ch_card_load(c, c->arg, &card, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    if (c->config->review_reason && reason == NULL &&
        !ch_card_was_opened(c, card.history, TRUE)) {
        ask_reason(c, c->arg);
        return;
    }
    if (!record_view(c, c->arg, "viewed", reason, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    show_card(c, &card);
}

void
ch_get_item(ch_ctx *c)
{
    if (id_is_good(c)) {
        open_card(c, NULL);
    }
}

void
ch_post_open(ch_ctx *c)
{
    const char *given = ch_field_get(c->request->form, "reason");
    g_autofree char *reason = g_strstrip(g_strdup(given != NULL ? given : ""));
    if (!id_is_good(c)) {
        return;
    }
    if (reason[0] == '\0' || g_utf8_strlen(reason, -1) > CH_MAX_NOTE) {
        ask_reason(c, c->arg);
        return;
    }
    open_card(c, reason);
}

/* --- the source ----------------------------------------------------------- */

/* NULL: that was answered. */
static GBytes *
read_raw(ch_ctx *c, const char *event)
{
    g_autoptr(GError) error = NULL;
    if (!id_is_good(c)) {
        return NULL;
    }
    g_autoptr(GBytes) raw = ch_store_read(c->store, c->arg, NULL, &error);
    if (raw == NULL || !record_view(c, c->arg, event, NULL, &error)) {
        ch_respond_gerror(c, error);
        return NULL;
    }
    return g_steal_pointer(&raw);
}

void
ch_get_raw(ch_ctx *c)
{
    g_autoptr(GBytes) raw = read_raw(c, "viewed-raw");
    gsize length;
    if (raw == NULL) {
        return;
    }
    const char *data = g_bytes_get_data(raw, &length);
    g_autofree char *card = g_strdup_printf("/item/%s", c->arg);
    g_autofree char *download = g_strdup_printf("/item/%s/download", c->arg);
    ch_html *h = ch_page_begin(c, T(c, "Source of the post"));
    ch_html_open(h, "p", A("class", "row"));
    ch_html_open(h, "a", A("href", card) A("class", "button"));
    ch_html_text(h, T(c, "Back to the post"));
    ch_html_close(h);
    ch_html_open(h, "a", A("href", download) A("class", "button"));
    ch_html_text(h, T(c, "Download it as received"));
    ch_html_close(h);
    ch_html_close(h);
    ch_html_open(h, "pre",
                 A("class", "post") A("tabindex", "0")
                     A("aria-label", T(c, "Source of the post")));
    ch_html_text_n(h, data, MIN(length, (gsize)CH_MAX_CARD_TEXT));
    ch_html_close(h);
    if (length > CH_MAX_CARD_TEXT) {
        ch_html_element(h, "p", "notice",
                        T(c, "There is more; the download has all of it."));
    }
    ch_page_end(c, 200, h);
}

/* Never opened by the browser itself: an attachment of a type of its own. */
void
ch_get_download(ch_ctx *c)
{
    g_autoptr(GBytes) raw = read_raw(c, "exported");
    gsize length;
    if (raw == NULL) {
        return;
    }
    const char *data = g_bytes_get_data(raw, &length);
    ch_response *r = c->response;
    r->status = 200;
    r->type = "application/octet-stream";
    r->body = g_string_new_len(data, (gssize)length);
    r->attachment = g_strdup_printf("%s.eml", c->arg);
}
