/*
 * The walk on one screen: post -> texts -> findings -> verdict.
 *
 *   message.c, html.c     bytes to parts and texts
 *   message_extract.c     documents to texts, by a jailed program
 *   text.c, fold.c        texts to one spelling, with the way back
 *   rule_run.c            texts to findings
 *   rule_opinion.c        the classifier's second opinion on them
 *   secrets.c             posting addresses that it gives away
 *   destinations.c        what each gateway would make of it (directive.c)
 *   authorization.c       what a patient has agreed to
 *   hints.c               notes for the author
 *   policy.c              findings to a verdict for each gateway
 *   clean.c               the same for the post with its pictures cleaned
 *
 * Nothing here touches disk, clock, log or MTA; documents are read by what the
 * house brought for it.
 */
#include "inspect_int.h"

#include "chaperone/admission.h"
#include "chaperone/html.h"
#include "chaperone/policy.h"
#include "chaperone/secrets.h"

#define LANGUAGE_BYTES 16384 /* of a text, to tell its language */

static const ch_ask ask_nothing = {.gateway = NULL};

/* --- what kind of mail it is ------------------------------------------- */

gboolean
ch_inspect_in_scope(const ch_house *house, const ch_envelope *e)
{
    if (house->config->scope != CH_SCOPE_GATEWAYS) {
        return TRUE;
    }
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        if (ch_house_gateway(house, r->address, NULL) != NULL ||
            ch_accounts_of_secret(house->accounts, r->address) != NULL ||
            ch_admission_is_check(house, r->address)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A delivery report to people: empty sender and multipart/report, RFC 3464.
 * Everything else with an empty sender is judged. */
static gboolean
is_report_to_people(const ch_verdict *v, const ch_envelope *e)
{
    return v->destinations->len == 0 && e->sender[0] == '\0' &&
           g_ascii_strcasecmp(ch_message_type(v->message),
                              "multipart/report") == 0;
}

/* RFC 3834: anything but "no" was not sent by a person at this moment. */
static gboolean
is_automatic(const ch_verdict *v, const ch_envelope *e)
{
    const char *marked = v->message == NULL
                             ? NULL
                             : ch_message_header(v->message, "Auto-Submitted");
    return e->sender[0] == '\0' ||
           (marked != NULL && g_ascii_strncasecmp(marked, "no", 2) != 0);
}

static const ch_text *
first_text(const ch_verdict *v, ch_where where)
{
    for (guint i = 0; i < v->texts->len; i++) {
        if (ch_text_where(v->texts->pdata[i]) == where) {
            return v->texts->pdata[i];
        }
    }
    return NULL;
}

static gboolean
subject_says_reply(const ch_verdict *v)
{
    static const char *const marks[] = {"re:",           "re[",         "reply",
                                        "response from", "response to", "rv:",
                                        "respuesta",     "comment on",  NULL};
    const ch_text *subject = first_text(v, CH_WHERE_SUBJECT);
    const char *folded = subject == NULL ? "" : ch_text_folded(subject, NULL);
    for (guint i = 0; marks[i] != NULL; i++) {
        if (g_str_has_prefix(folded, marks[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Whether the post answers somebody: it then speaks to one person. */
static gboolean
is_reply(const ch_verdict *v)
{
    const ch_text *body = first_text(v, CH_WHERE_BODY);
    if (v->message != NULL &&
        (ch_message_header(v->message, "In-Reply-To") != NULL ||
         ch_message_header(v->message, "References") != NULL)) {
        return TRUE;
    }
    const ch_text *subject = first_text(v, CH_WHERE_SUBJECT);
    if (subject != NULL && ch_text_quotes(subject)->len > 0) {
        return TRUE; /* "> what they wrote" */
    }
    return subject_says_reply(v) ||
           (body != NULL && (ch_text_folded(body, NULL)[0] == '@' ||
                             ch_text_quotes(body)->len > 0));
}

static guint
count_words(const char *folded, const char *const *words)
{
    guint n = 0;
    for (guint i = 0; words[i] != NULL; i++) {
        for (const char *p = strstr(folded, words[i]); p != NULL;
             p = strstr(p + 1, words[i])) {
            n++;
        }
    }
    return n;
}

/* By the commonest small words of both languages, on the first pages. */
static gboolean
is_spanish(const ch_verdict *v)
{
    static const char *const es[] = {
        " el ",  " la ",  " de ", " que ", " los ", " las ", " para ", " con ",
        " una ", " por ", " su ", " y ",   " en ",  " es ",  " se ",   NULL};
    static const char *const en[] = {
        " the ",  " and ", " of ",  " to ", " your ", " is ", " for ",
        " with ", " we ",  " you ", " in ", " our ",  NULL};
    guint spanish = 0, english = 0;
    for (guint i = 0; i < v->texts->len; i++) {
        if (ch_text_where(v->texts->pdata[i]) == CH_WHERE_BODY) {
            g_autofree char *folded = g_strndup(
                ch_text_folded(v->texts->pdata[i], NULL), LANGUAGE_BYTES);
            spanish += count_words(folded, es);
            english += count_words(folded, en);
        }
    }
    return spanish >= 2 && spanish > english;
}

/* --- the steps --------------------------------------------------------- */

static ch_verdict *
verdict_new(ch_house *house)
{
    ch_verdict *v = g_new0(ch_verdict, 1);
    v->house = ch_house_ref(house);
    v->html_index = -1;
    v->findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    v->destinations = g_array_new(FALSE, FALSE, sizeof(ch_destination));
    g_array_set_clear_func(v->destinations, ch_destination_clear);
    v->notes = g_ptr_array_new_with_free_func(g_free);
    return v;
}

static void
add_destination(ch_verdict *v, const ch_gateway *gateway,
                const ch_account *account, guint recipient)
{
    ch_destination d = {.gateway = gateway,
                        .account = account,
                        .recipient = recipient,
                        .verdict = CH_ACCEPT,
                        .publish_at_us = -1};
    g_array_append_val(v->destinations, d);
}

static void
find_destinations(ch_verdict *v, const ch_envelope *e, const ch_ask *ask)
{
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        const ch_account *account = NULL;
        const ch_gateway *g = ch_house_gateway(v->house, r->address, &account);
        if (g != NULL) {
            add_destination(v, g, account, i + 1);
        }
    }
    if (v->destinations->len == 0 && ask->gateway != NULL) {
        const ch_gateway *g =
            ch_gateways_find(v->house->gateways, ask->gateway);
        if (g != NULL) {
            add_destination(v, g, NULL, 1);
        }
    }
    v->rules = ch_house_rules(v->house, v->destinations);
}

/* Attached, or within a document. */
static gboolean
has_unseen_media(const ch_message *m)
{
    const GArray *list = ch_message_unscanned(m);
    for (guint i = 0; i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        const ch_part *part =
            u->part < 0 ? NULL : ch_message_parts(m)->pdata[u->part];
        if (u->reason == CH_UNSCANNED_UNSUPPORTED && part != NULL &&
            part->is_media) {
            return TRUE;
        }
    }
    return (ch_message_seen(m, -1) & 1u << CH_SEEN_MEDIA) != 0;
}

/* Media that nobody looked into do not hold a post, but its author is told. */
static void
note_unseen_media(ch_verdict *v)
{
    if (v->message != NULL && has_unseen_media(v->message)) {
        ch_hints_add(v, "structure/unsupported",
                     "Pictures, sound and video were not looked into: "
                     "check that they show no patient.",
                     "No se miraron las imagenes, el sonido ni el "
                     "video: compruebe que no muestran a un paciente.");
    }
}

/* When the last of the destinations publishes, if that is known: what the
 * patient agreed to ends then, not when the mail is sent. */
static gint64
last_published(const ch_verdict *v, gint64 arrival_us)
{
    gint64 last = arrival_us;
    for (guint i = 0; i < v->destinations->len; i++) {
        last = MAX(
            last,
            g_array_index(v->destinations, ch_destination, i).publish_at_us);
    }
    return last;
}

static void
apply_authorizations(ch_verdict *v, const ch_envelope *e, const ch_ask *ask)
{
    guint troubles = ch_auth_apply(v->authorizations, ask->authorizations,
                                   last_published(v, e->time_us), v->findings);
    for (guint bit = CH_AUTH_UNKNOWN; bit <= CH_AUTH_OTHER_SCOPE; bit <<= 1) {
        if ((troubles & bit) != 0) {
            const char *id = ch_auth_hint_id((ch_auth_trouble)bit);
            ch_hints_add(v, id, ch_auth_hint_text(id, FALSE),
                         ch_auth_hint_text(id, TRUE));
        }
    }
}

static void
decide(ch_verdict *v, const ch_envelope *e)
{
    ch_policy policy = {.config = v->house->config,
                        .rules = v->rules,
                        .author = v->author,
                        .now_us = e->time_us,
                        .no_reject = is_automatic(v, e)};
    v->unmonitored = ch_policy_decide(&policy, v->findings, v->destinations);
    v->action = v->unmonitored;
    if (v->house->config->mode == CH_MODE_MONITOR) {
        v->action = CH_ACCEPT;
        for (guint i = 0; i < v->destinations->len; i++) {
            g_array_index(v->destinations, ch_destination, i).verdict =
                CH_ACCEPT;
        }
    }
}

/* Of borrowed names. */
static GPtrArray *
gateway_names(const ch_verdict *v)
{
    GPtrArray *names = g_ptr_array_new();
    for (guint i = 0; i < v->destinations->len; i++) {
        g_ptr_array_add(
            names,
            g_array_index(v->destinations, ch_destination, i).gateway->name);
    }
    return names;
}

/* From texts on, the walk is the same for a message and a plain post. */
static ch_verdict *
judge(ch_verdict *taken, const ch_envelope *e, const ch_ask *ask,
      GError **error)
{
    g_autoptr(ch_verdict) v = taken;
    for (guint i = 0; i < v->texts->len; i++) {
        ch_text_fold(v->texts->pdata[i]);
    }
    v->gateways = gateway_names(v);
    v->facts = (ch_facts){
        .is_reply = is_reply(v), .now_us = e->time_us, .gateways = v->gateways};
    if (v->message != NULL) {
        v->facts.has_image = ch_message_has_image(v->message);
        v->facts.defects = ch_message_defects(v->message);
        v->facts.unscanned = ch_message_unscanned(v->message);
        v->facts.parts = ch_message_parts(v->message);
    }
    g_auto(ch_opinion) opinion = {.text = -1};
    if (!ch_ruleset_run(v->rules, v->texts, &v->facts, v->findings, &opinion,
                        error)) {
        return NULL;
    }
    v->kind = opinion.kind;
    ch_secrets_find(v, e);
    ch_secrets_find_accounts(v);
    v->spanish = is_spanish(v);
    v->is_reply = v->facts.is_reply;
    v->author = ch_config_dup_author(v->house->config, e);
    ch_destinations_read(v, e);
    note_unseen_media(v);
    apply_authorizations(v, e, ask);
    ch_hints_find(v);
    decide(v, e);
    return g_steal_pointer(&v);
}

/* Mail to people under scope "secrets": nothing else counts in it.  Without
 * a finding it is out of scope, whatever else it says.  Takes v. */
static ch_verdict *
judge_secrets(ch_verdict *v, const ch_envelope *e)
{
    for (guint i = 0; i < v->texts->len; i++) {
        ch_text_fold(v->texts->pdata[i]);
    }
    v->gateways = gateway_names(v);
    v->author = ch_config_dup_author(v->house->config, e);
    ch_secrets_find_accounts(v);
    v->in_scope = v->findings->len > 0;
    if (v->in_scope) {
        v->spanish = is_spanish(v);
        decide(v, e);
    }
    return v;
}

ch_verdict *
ch_inspect(ch_house *house, const ch_envelope *e, GBytes *raw,
           const ch_ask *ask, GError **error)
{
    ch_verdict *v = verdict_new(house);
    ask = ask == NULL ? &ask_nothing : ask;
    v->message = ch_message_parse(raw);
    v->texts = g_ptr_array_ref(ch_message_texts(v->message));
    v->authorizations = ch_auth_find(raw);
    find_destinations(v, e, ask);
    v->in_scope = ask->judge_all || ask->gateway != NULL ||
                  (ch_inspect_in_scope(house, e) && !is_report_to_people(v, e));
    if (house->config->scope == CH_SCOPE_SECRETS && v->destinations->len == 0 &&
        !ask->judge_all) {
        return judge_secrets(v, e);
    }
    if (!v->in_scope) {
        return v;
    }
    ch_message_extract(v->message, house->extractor);
    v = judge(v, e, ask, error);
    return v != NULL && ask->clean ? ch_clean_instead(v, e, ask, error) : v;
}

ch_verdict *
ch_inspect_read(ch_house *house, const ch_envelope *e, GBytes *raw)
{
    ch_verdict *v = verdict_new(house);
    v->message = ch_message_parse(raw);
    v->texts = g_ptr_array_ref(ch_message_texts(v->message));
    for (guint i = 0; i < v->texts->len; i++) {
        ch_text_fold(v->texts->pdata[i]);
    }
    find_destinations(v, e, &ask_nothing);
    v->gateways = gateway_names(v);
    v->is_reply = is_reply(v);
    ch_destinations_read(v, e);
    return v;
}

static void
add_plain(GPtrArray *texts, ch_where where, const char *utf8)
{
    if (utf8 != NULL && utf8[0] != '\0') {
        g_autoptr(GBytes) source = g_bytes_new(utf8, strlen(utf8));
        g_ptr_array_add(texts, ch_text_new_whole(where, -1, source));
    }
}

static void
add_subject(GPtrArray *texts, const char *utf8)
{
    g_autoptr(GBytes) source = utf8 == NULL || utf8[0] == '\0'
                                   ? NULL
                                   : g_bytes_new(utf8, strlen(utf8));
    ch_text *text = source == NULL ? NULL : ch_auth_subject_text(-1, source);
    if (text != NULL) {
        g_ptr_array_add(texts, text);
    }
}

ch_verdict *
ch_inspect_plain(ch_house *house, const ch_envelope *e,
                 const ch_plain_post *post, const ch_ask *ask, GError **error)
{
    ch_verdict *v = verdict_new(house);
    ask = ask == NULL ? &ask_nothing : ask;
    v->in_scope = TRUE;
    v->texts = g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    v->authorizations = ch_auth_find_plain(post->subject, post->headers);
    add_subject(v->texts, post->subject);
    add_plain(v->texts, CH_WHERE_BODY, post->text);
    for (guint i = 0; post->headers != NULL && post->headers[i] != NULL;
         i += 2) {
        if (g_ascii_strcasecmp(post->headers[i], CH_AUTH_HEADER) != 0) {
            add_plain(v->texts, CH_WHERE_HEADER, post->headers[i + 1]);
        }
    }
    if (post->html != NULL) {
        g_autoptr(GBytes) html = g_bytes_new(post->html, strlen(post->html));
        v->html_index = (int)v->texts->len;
        ch_html_extract(html, -1, v->texts);
    }
    find_destinations(v, e, ask);
    return judge(v, e, ask, error);
}
