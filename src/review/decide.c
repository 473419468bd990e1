/*
 * Decisions: from a form to the record layer's one way, once.
 *
 * The note is the form's or a ready-made one in the language of the post.
 * What was shown comes back as a digest; who decides is the session's
 * account.  Whether it may be is weighed in the transaction (record/review.c).
 * Effects come last: the row, then word to the milter that there is work.
 */
#include "decide.h"

#include "chaperone/announce.h"
#include "chaperone/control.h"
#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/log.h"
#include "chaperone/release.h"

#include <string.h>
#include <syslog.h>

const ch_canned ch_canned_notes[] = {
    {"names-patient",
     "The post tells who a patient is. Please write it without anything that "
     "points to a person.",
     "La publicación permite saber quién es un paciente. Escríbala sin nada "
     "que señale a una persona."},
    {"no-authorization",
     "We have no written authorization of the patient for this. Please get "
     "one, or leave the patient out.",
     "No tenemos una autorización escrita del paciente para esto. Consígala o "
     "no mencione al paciente."},
    {"reply-confirms",
     "The reply confirms that somebody is a patient. Please answer in general "
     "words and offer a telephone number.",
     "La respuesta confirma que alguien es paciente. Conteste en términos "
     "generales y ofrezca un teléfono."},
    {"promise",
     "The post promises a result. Please say what can be expected and for "
     "whom.",
     "La publicación promete un resultado. Diga qué se puede esperar y para "
     "quién."},
    {"tone", "Please write this again in a calmer tone.",
     "Escriba esto otra vez en un tono más tranquilo, por favor."},
    {"unreadable",
     "We could not read what is attached. Please send it as text or as a "
     "picture.",
     "No pudimos leer el archivo adjunto. Envíelo como texto o como imagen."},
};
const guint ch_canned_count = G_N_ELEMENTS(ch_canned_notes);

/* --- what a form says ----------------------------------------------------- */

static const char *
field(const ch_ctx *c, const char *name)
{
    const char *value = ch_field_get(c->request->form, name);
    return value != NULL ? value : "";
}

const char *
ch_canned_advice(const ch_ctx *c, const ch_item *item, gboolean spanish)
{
    g_auto(GStrv) ids = ch_split_names(item->rules);
    const char *advice = NULL;
    for (guint i = 0; advice == NULL && ids[i] != NULL; i++) {
        advice = ch_rule_advice(c, ids[i], spanish);
    }
    return advice;
}

/* Owned; NULL: too long, which error says. */
static char *
dup_note(const ch_ctx *c, const ch_item *item, GError **error)
{
    g_autofree char *own = g_strstrip(g_strdup(field(c, "note")));
    const char *canned = field(c, "canned");
    if (g_utf8_strlen(own, -1) > CH_MAX_NOTE) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                            "the note is too long: 2000 characters at most");
        return NULL;
    }
    if (own[0] == '\0' && strcmp(canned, CH_CANNED_ADVICE) == 0) {
        const char *advice = ch_canned_advice(c, item, item->spanish);
        return g_strdup(advice != NULL ? advice : "");
    }
    for (guint i = 0; own[0] == '\0' && i < ch_canned_count; i++) {
        if (strcmp(canned, ch_canned_notes[i].name) == 0) {
            return g_strdup(item->spanish ? ch_canned_notes[i].spanish
                                          : ch_canned_notes[i].english);
        }
    }
    return g_steal_pointer(&own);
}

/* The digest that the card put into its form; FALSE: there is none. */
static gboolean
read_content(const ch_ctx *c, guint8 out[CH_DIGEST_BYTES])
{
    const char *hex = field(c, "content");
    if (strlen(hex) != 2 * CH_DIGEST_BYTES) {
        return FALSE;
    }
    for (guint i = 0; i < CH_DIGEST_BYTES; i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = g_ascii_xdigit_value(hex[2 * i + 1]);
        if (high < 0 || low < 0) {
            return FALSE;
        }
        out[i] = (guint8)(high * 16 + low);
    }
    return TRUE;
}

gint64
ch_lock_us(const ch_ctx *c)
{
    return c->config->review_lock * SECOND_US;
}

/* Under the account's name, or that of his own posts. */
static gboolean
is_reviewer(const ch_ctx *c, const ch_item *item)
{
    const ch_house *house = c->server->house;
    const ch_session *who = c->session;
    return ch_announce_is_reviewer(house, item->accounts, who->account) ||
           (who->author != NULL &&
            ch_announce_is_reviewer(house, item->accounts, who->author));
}

void
ch_guard_fill(const ch_ctx *c, const ch_item *item, struct ch_guard *guard)
{
    *guard = (struct ch_guard){.account = c->session->account,
                               .role = c->session->role,
                               .author = c->session->author,
                               .own_allowed = c->config->review_solo,
                               .not_named = !is_reviewer(c, item),
                               .lock_us = ch_lock_us(c)};
}

gboolean
ch_needs_two(const ch_ctx *c, const ch_item *item)
{
    g_auto(GStrv) ids = ch_split_names(item->rules);
    for (guint i = 0; c->config->review_two_people && ids[i] != NULL; i++) {
        const ch_rule *rule = ch_ruleset_find(c->server->house->rules, ids[i]);
        /* A rule that is no longer known is taken for a grave one. */
        if (rule == NULL || rule->severity <= 1) {
            return TRUE;
        }
    }
    return FALSE;
}

/* --- the verbs ------------------------------------------------------------ */

typedef struct {
    ch_ctx *c;
    const ch_item *item;
    ch_decision decision;
    struct ch_guard guard;
    guint8 content[CH_DIGEST_BYTES];
} act;

static void
tell(ch_decision *decision, const GArray *list)
{
    decision->notices = (const ch_outgoing *)(const void *)list->data;
    decision->n_notices = list->len;
}

static GArray *
announce(const act *a, ch_notice_kind kind, const char *note)
{
    ch_event event = ch_event_of_item(a->item, kind, a->decision.time_us);
    event.note = note;
    return ch_announce(a->c->server->house, a->c->store, &event);
}

static gboolean
needs_note(const act *a, GError **error)
{
    if (a->decision.note[0] != '\0') {
        return TRUE;
    }
    g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                        "please choose or write a note: the author and the "
                        "ledger need it");
    return FALSE;
}

static gboolean
do_take(act *a, GError **error)
{
    return ch_review_take(a->c->store, a->item->id, &a->decision, error);
}

static gboolean
do_let_go(act *a, GError **error)
{
    return ch_review_let_go(a->c->store, a->item->id, &a->decision, error);
}

static gboolean
do_release(act *a, GError **error)
{
    a->guard.two_people = ch_needs_two(a->c, a->item);
    if (read_content(a->c, a->content)) {
        a->guard.content = a->content;
    }
    g_autoptr(GPtrArray) plan =
        ch_release_plan(a->c->store, a->c->server->house, a->item->id,
                        a->decision.time_us, error);
    return plan != NULL && ch_release_approve(a->c->store, a->item->id, plan,
                                              &a->decision, error);
}

static gboolean
do_refuse(act *a, GError **error)
{
    if (!needs_note(a, error)) {
        return FALSE;
    }
    g_autoptr(GArray) notices =
        announce(a, CH_NOTICE_REFUSED, a->decision.note);
    tell(&a->decision, notices);
    return ch_store_decide(a->c->store, a->item->id, CH_STATE_REFUSED,
                           &a->decision, error);
}

static gboolean
do_escalate(act *a, GError **error)
{
    g_autoptr(GArray) notices =
        announce(a, CH_NOTICE_ESCALATED, a->decision.note);
    tell(&a->decision, notices);
    return ch_review_mark(a->c->store, a->item->id, CH_MARK_ESCALATED,
                          &a->decision, error);
}

/* The note to the author, as a notice of that kind. */
static gboolean
write_to_author(act *a, ch_notice_kind kind, ch_mark mark, GError **error)
{
    if (!needs_note(a, error)) {
        return FALSE;
    }
    if (a->item->author == NULL || !a->c->config->notices_author) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_STATE,
                            a->item->author == NULL
                                ? "the author of this post is not known"
                                : "notices.author is false: authors are not "
                                  "written to");
        return FALSE;
    }
    g_autoptr(GArray) notices = announce(a, kind, a->decision.note);
    tell(&a->decision, notices);
    return ch_review_mark(a->c->store, a->item->id, mark, &a->decision, error);
}

static gboolean
do_ask(act *a, GError **error)
{
    return write_to_author(a, CH_NOTICE_ASKED, CH_MARK_ASKED, error);
}

static gboolean
do_answer(act *a, GError **error)
{
    return write_to_author(a, CH_NOTICE_ANSWERED, CH_MARK_ANSWERED, error);
}

static gboolean
do_seen(act *a, GError **error)
{
    return ch_store_seen(a->c->store, a->item->id, &a->decision, error);
}

static gboolean
do_evidence(act *a, GError **error)
{
    return ch_review_mark(a->c->store, a->item->id, CH_MARK_EVIDENCE,
                          &a->decision, error);
}

static gboolean
do_end_evidence(act *a, GError **error)
{
    return ch_review_mark(a->c->store, a->item->id, CH_MARK_RELEASED_EVIDENCE,
                          &a->decision, error);
}

/* What a person found out about a recipient that nobody knows of. */
static gboolean
do_settle(act *a, GError **error)
{
    const char *outcome = field(a->c, "outcome");
    guint64 recipient = 0;
    gboolean delivered = strcmp(outcome, "delivered") == 0;
    if ((!delivered && strcmp(outcome, "lost") != 0) ||
        !g_ascii_string_to_unsigned(field(a->c, "recipient"), 10, 0, 100000,
                                    &recipient, NULL)) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                            "say whether it was delivered or lost");
        return FALSE;
    }
    g_autoptr(GArray) notices = announce(a, CH_NOTICE_RELEASED, a->item->note);
    const ch_release_news news = {
        .released = (const ch_outgoing *)(const void *)notices->data,
        .n_released = notices->len};
    return ch_release_settle(a->c->store, a->item->id, (guint)recipient,
                             delivered, &a->decision, &news, error);
}

static const struct {
    const char *name;
    gboolean (*run)(act *a, GError **error);
} verbs[] = {
    {"take", do_take},         {"let-go", do_let_go},
    {"release", do_release},   {"refuse", do_refuse},
    {"escalate", do_escalate}, {"ask", do_ask},
    {"answer", do_answer},     {"seen", do_seen},
    {"evidence", do_evidence}, {"end-evidence", do_end_evidence},
    {"settle", do_settle},
};

/* --- the way -------------------------------------------------------------- */

const char *
ch_decide_verb(const ch_ctx *c)
{
    return strrchr(c->request->path, '/') + 1;
}

/* Notices and releases go out at once, not at the daemon's next look; where
 * it does not run, when it does. */
static void
wake_daemon(const ch_ctx *c)
{
    g_autofree char *answer = NULL;
    if (c->config->control_socket[0] != '\0') {
        ch_control_ask(c->config->control_socket, "send", &answer, NULL);
    }
}

gboolean
ch_decide(ch_ctx *c, const char *id, const char *verb, GError **error)
{
    g_autoptr(ch_item) item = ch_store_get(c->store, id, error);
    g_autofree char *note = item != NULL ? dup_note(c, item, error) : NULL;
    if (note == NULL) {
        return FALSE;
    }
    act a = {.c = c, .item = item};
    ch_guard_fill(c, item, &a.guard);
    a.decision = (ch_decision){.reviewer = c->session->account,
                               .uid = -1,
                               .note = note,
                               .time_us = c->now_us,
                               .guard = &a.guard};
    for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
        if (strcmp(verbs[i].name, verb) == 0) {
            gboolean ok = verbs[i].run(&a, error);
            ch_log(ok ? LOG_INFO : LOG_NOTICE,
                   ok ? "review-decision" : "review-refused", CH_LOG_ID, id,
                   CH_LOG_AUTHOR, c->session->account, CH_LOG_KIND, verb,
                   CH_LOG_END);
            g_atomic_int_add(&c->server->numbers.decisions, ok);
            if (ok) {
                wake_daemon(c);
            }
            return ok;
        }
    }
    g_set_error_literal(error, CH_ERROR, CH_ERROR_INPUT,
                        "there is no such decision");
    return FALSE;
}

/* After what leaves the post open, the card again; else the queue. */
void
ch_post_item(ch_ctx *c)
{
    static const char *const stay[] = {"take",     "ask",          "answer",
                                       "evidence", "end-evidence", NULL};
    g_autoptr(GError) error = NULL;
    const char *verb = ch_decide_verb(c);
    if (!ch_id_is_valid(c->arg)) {
        ch_respond_error(c, 404, T(c, "There is no such post."));
        return;
    }
    if (!ch_decide(c, c->arg, verb, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    g_autofree char *to =
        g_strv_contains(stay, verb)
            ? g_strdup_printf("/item/%s", c->arg)
            : g_strdup_printf("%s?done=%s",
                              strcmp(verb, "seen") == 0 ? "/passed" : "/queue",
                              verb);
    ch_respond_see(c, to);
}

/* --- many at once --------------------------------------------------------- */

static void
put_failures(ch_ctx *c, const GPtrArray *failed, guint n_done)
{
    ch_html *h = ch_page_begin(c, T(c, "Not all were refused"));
    ch_html_open(h, "p", );
    ch_html_textf(h, "%s: %u", T(c, "Refused"), n_done);
    ch_html_close(h);
    ch_html_open(h, "ul", );
    for (guint i = 0; i < failed->len; i++) {
        ch_html_element(h, "li", NULL, g_ptr_array_index(failed, i));
    }
    ch_html_close(h);
    ch_html_open(h, "p", );
    ch_html_open(h, "a", A("href", "/queue") A("class", "button"));
    ch_html_text(h, T(c, "Back to the queue"));
    ch_html_close(h);
    ch_html_close(h);
    ch_page_end(c, 409, h);
}

void
ch_post_refuse(ch_ctx *c)
{
    g_autoptr(GPtrArray) failed = g_ptr_array_new_with_free_func(g_free);
    guint done = 0;
    for (guint i = 0; i < c->request->form->len; i++) {
        const ch_field *f = g_ptr_array_index(c->request->form, i);
        g_autoptr(GError) error = NULL;
        if (strcmp(f->name, "id") != 0 || !ch_id_is_valid(f->value)) {
            continue;
        }
        if (ch_decide(c, f->value, "refuse", &error)) {
            done++;
        } else {
            g_ptr_array_add(failed, g_strdup(error->message));
        }
    }
    if (failed->len > 0) {
        put_failures(c, failed, done);
    } else if (done == 0) {
        ch_respond_error(c, 400, T(c, "Choose the posts to refuse first."));
    } else {
        ch_respond_see(c, "/queue?done=refuse");
    }
}
