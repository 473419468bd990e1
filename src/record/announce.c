/*
 * Announce: an item's names to titles, advice and addressees.
 *
 * Composing the mail is notice.c's, sending it the outbox's.  Nothing here
 * sees the content of a message.
 */
#include "record/announce_int.h"

#include "chaperone/audit.h"
#include "chaperone/link.h"

ch_event
ch_event_of_item(const ch_item *item, ch_notice_kind kind, gint64 time_us)
{
    return (ch_event){.kind = kind,
                      .id = item->id,
                      .author = item->author,
                      .gateways = item->gateways,
                      .accounts = item->accounts,
                      .rules = item->rules,
                      .hints = item->hints,
                      .publish_at_us = item->publish_at_us,
                      .deadline_us = item->deadline_us,
                      .spanish = item->spanish,
                      .time_us = time_us};
}

static GStrv
split_names(const char *names)
{
    GStrv list = g_strsplit(names == NULL ? "" : names, ",", -1);
    for (guint i = 0; list[i] != NULL; i++) {
        g_strstrip(list[i]);
    }
    return list;
}

char *
ch_announce_dup_channel(const ch_house *house, const char *gateways)
{
    g_auto(GStrv) names = split_names(gateways);
    GString *channel = g_string_new(NULL);
    for (guint i = 0; names[i] != NULL; i++) {
        const ch_gateway *g = ch_gateways_find(house->gateways, names[i]);
        if (names[i][0] != '\0') {
            g_string_append_printf(channel, "%s%s",
                                   channel->len > 0 ? ", " : "",
                                   g == NULL ? names[i] : g->title);
        }
    }
    return g_string_free(channel, FALSE);
}

static void
add_rule(GPtrArray *titles, GPtrArray *advices, const ch_rule *rule,
         gboolean spanish)
{
    const char *title = rule->title;
    const char *advice = rule->advice;
    if (spanish && rule->title_es != NULL && rule->advice_es != NULL) {
        title = rule->title_es;
        advice = rule->advice_es;
    }
    g_ptr_array_add(titles, g_strdup(title));
    g_ptr_array_add(advices, g_strdup(advice == NULL ? "" : advice));
}

/* Both arrays end with NULL. */
static void
fill_rules(const ch_house *house, const ch_event *event, GPtrArray *titles,
           GPtrArray *advices)
{
    g_auto(GStrv) ids = split_names(event->rules);
    for (guint i = 0; ids[i] != NULL; i++) {
        const ch_rule *rule = ch_house_find_rule(house, ids[i]);
        if (rule != NULL) {
            add_rule(titles, advices, rule, event->spanish);
        } else if (ids[i][0] != '\0') {
            g_ptr_array_add(titles, g_strdup(ids[i]));
            g_ptr_array_add(advices, g_strdup(""));
        }
    }
    g_ptr_array_add(titles, NULL);
    g_ptr_array_add(advices, NULL);
}

/* Of borrowed words, NULL at its end: what was wrong with the authorizations
 * that the post named.  Other notes are for check. */
static GPtrArray *
find_hints(const ch_event *event)
{
    GPtrArray *list = g_ptr_array_new();
    g_auto(GStrv) ids = split_names(event->hints);
    for (guint i = 0; ids[i] != NULL; i++) {
        const char *text = ch_auth_hint_text(ids[i], event->spanish);
        if (text != NULL) {
            g_ptr_array_add(list, (gpointer)text);
        }
    }
    g_ptr_array_add(list, NULL);
    return list;
}

static void
clear_outgoing(gpointer data)
{
    ch_outgoing *out = data;
    g_free((char *)out->recipient);
    g_clear_pointer(&out->mail, g_bytes_unref);
    g_clear_pointer(&out->links, g_array_unref);
}

char *
ch_announce_dup_sender(const ch_config *config)
{
    return config->notices_from[0] != '\0'
               ? g_strdup(config->notices_from)
               : g_strdup_printf("chaperone@%s", g_get_host_name());
}

/* One event as it is told to each of its readers. */
typedef struct {
    const ch_house *house;
    ch_store *store;
    ch_notice notice;
    gboolean can_wait; /* reviewers are told in a digest */
    gint64 until_us;   /* links to the card open it */
    GArray *list;      /* of ch_outgoing */
} telling;

/* Half of the time to decide is left when a digest comes: it is read before
 * the reminder, and before the post was to appear. */
static gboolean
can_wait(const ch_config *config, const ch_event *event)
{
    gint64 left_us = event->deadline_us - event->time_us;
    return event->kind == CH_NOTICE_HELD && config->notices_digest > 0 &&
           config->notices_digest < left_us / 2 / G_USEC_PER_SEC;
}

gint64
ch_announce_link_until(const ch_config *config, gint64 deadline_us,
                       gint64 now_us)
{
    return deadline_us > now_us
               ? deadline_us
               : now_us + config->review_deadline * (gint64)G_USEC_PER_SEC;
}

/* Of what expired there is no card to open. */
static gboolean
has_link(const telling *t)
{
    return !t->notice.to_author && t->notice.kind != CH_NOTICE_EXPIRED &&
           t->notice.base_url[0] != '\0';
}

static void
write_letter(telling *t, ch_outgoing *out)
{
    char token[CH_TOKEN_HEX + 1];
    g_autofree char *from = ch_announce_dup_sender(t->house->config);
    t->notice.template = ch_templates_find(
        t->house->templates, out->kind, t->notice.to_author, t->notice.spanish);
    t->notice.token = NULL;
    if (has_link(t)) {
        ch_link link;
        ch_link_new(t->notice.id, t->until_us, &link, token);
        out->links = g_array_new(FALSE, FALSE, sizeof(ch_link));
        g_array_append_val(out->links, link);
        t->notice.token = token;
    }
    out->mail = ch_notice_compose(&t->notice, from, out->recipient, t->store);
    t->notice.token = NULL;
}

/* Takes recipient. */
static void
tell(telling *t, char *recipient)
{
    ch_outgoing out = {.kind = ch_notice_kind_name(t->notice.kind),
                       .recipient = recipient};
    if (t->notice.to_author || !t->can_wait) {
        write_letter(t, &out);
    }
    g_array_append_val(t->list, out);
}

static gboolean
is_told(const GArray *list, const char *address)
{
    for (guint i = 0; i < list->len; i++) {
        if (g_ascii_strcasecmp(g_array_index(list, ch_outgoing, i).recipient,
                               address) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Those of the accounts that the post went to, as compliance is told. */
static void
tell_reviewers(telling *t, const char *aliases)
{
    g_auto(GStrv) names = split_names(aliases);
    for (guint i = 0; names[i] != NULL; i++) {
        const ch_account *a = ch_accounts_find(t->house->accounts, names[i]);
        for (guint r = 0; a != NULL && a->set->reviewers[r] != NULL; r++) {
            if (!is_told(t->list, a->set->reviewers[r])) {
                tell(t, g_strdup(a->set->reviewers[r]));
            }
        }
    }
}

static gboolean
holds_address(const GStrv list, const char *address)
{
    for (guint i = 0; list[i] != NULL; i++) {
        if (g_ascii_strcasecmp(list[i], address) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_announce_is_reviewer(const ch_house *house, const char *aliases,
                        const char *login)
{
    g_auto(GStrv) names = split_names(aliases);
    g_autofree char *address =
        ch_config_dup_author_address(house->config, login);
    for (guint i = 0; names[i] != NULL; i++) {
        const ch_account *a = ch_accounts_find(house->accounts, names[i]);
        if (a != NULL && a->set->reviewers[0] != NULL &&
            !holds_address(a->set->reviewers, address)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Of the first account that has one of its own, else the practice's. */
GTimeZone *
ch_announce_zone(const ch_house *house, const char *aliases)
{
    g_auto(GStrv) names = split_names(aliases);
    for (guint i = 0; names[i] != NULL; i++) {
        const ch_account *a = ch_accounts_find(house->accounts, names[i]);
        if (a != NULL && a->gateway.zone != NULL) {
            return a->gateway.zone;
        }
    }
    return house->config->zone;
}

/* What concerns the work of reviewers is not told to authors. */
static gboolean
is_for_author(ch_notice_kind kind)
{
    return kind != CH_NOTICE_RELEASE_FAILED && kind != CH_NOTICE_ESCALATED &&
           kind != CH_NOTICE_REMINDER && kind != CH_NOTICE_WROTE;
}

/* A notice goes out without it rather than not at all.  Owned or NULL. */
char *
ch_announce_dup_head(ch_store *store)
{
    ch_audit_head head;
    return ch_store_audit_head(store, &head, NULL) && head.seq > 0
               ? ch_audit_head_dup(&head)
               : NULL;
}

static gboolean
is_off(const ch_config *config, ch_notice_kind kind)
{
    return g_strv_contains((const char *const *)config->notices_off,
                           ch_notice_kind_name(kind));
}

GArray *
ch_announce(const ch_house *house, ch_store *store, const ch_event *event)
{
    const ch_config *config = house->config;
    GArray *list = g_array_new(FALSE, FALSE, sizeof(ch_outgoing));
    g_array_set_clear_func(list, clear_outgoing);
    if (is_off(config, event->kind)) {
        return list;
    }
    g_autofree char *channel = ch_announce_dup_channel(house, event->gateways);
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) advices = g_ptr_array_new_with_free_func(g_free);
    fill_rules(house, event, titles, advices);
    g_autoptr(GPtrArray) hints = find_hints(event);
    g_autofree char *head = ch_announce_dup_head(store);
    telling t = {.house = house,
                 .store = store,
                 .can_wait = can_wait(config, event),
                 .until_us = ch_announce_link_until(config, event->deadline_us,
                                                    event->time_us),
                 .list = list};
    t.notice = (ch_notice){
        .kind = event->kind,
        .id = event->id,
        .channel = channel,
        .titles = (const char *const *)titles->pdata,
        .advices = (const char *const *)advices->pdata,
        .hints = (const char *const *)hints->pdata,
        .author = event->author,
        .note = event->note,
        .contact = config->practice_contact,
        .base_url = config->review_base_url,
        .reply_to = config->check_address,
        .ledger_head = head,
        .publish_at_us = event->publish_at_us,
        .time_us = event->time_us,
        .zone = ch_announce_zone(house, event->accounts),
        .spanish = event->spanish,
    };
    if (event->author != NULL && config->notices_author &&
        is_for_author(event->kind)) {
        t.notice.to_author = TRUE;
        tell(&t, ch_config_dup_author_address(config, event->author));
    }
    t.notice.to_author = FALSE;
    if (config->notices_compliance[0] != '\0' &&
        event->kind != CH_NOTICE_ASKED && event->kind != CH_NOTICE_ANSWERED) {
        tell(&t, g_strdup(config->notices_compliance));
    }
    tell_reviewers(&t, event->accounts);
    return list;
}
