/*
 * What can be done about a post, by whom; where nothing can, why.
 */
#include "card.h"

#include <string.h>

/* Ready without a choice: the advice that the card shows above. */
static void
put_advice(ch_ctx *c, ch_html *h, const ch_item *item)
{
    const char *words =
        item == NULL ? T(c, "What the rule advises, for each post its own")
                     : ch_canned_advice(c, item, c->spanish);
    if (words == NULL) {
        return;
    }
    ch_html_open(
        h, "option",
        A("value", CH_CANNED_ADVICE)
            A("data-words",
              item == NULL ? "" : ch_canned_advice(c, item, item->spanish)));
    ch_html_text(h, words);
    ch_html_close(h);
}

void
ch_put_canned(ch_ctx *c, ch_html *h, const char *note_id, const ch_item *item)
{
    gboolean spanish = item != NULL ? item->spanish : c->spanish;
    ch_html_open(h, "label", A("class", "field"));
    ch_html_element(h, "span", NULL, T(c, "Ready-made note to the author"));
    ch_html_open(h, "select", A("name", "canned") A("data-note", note_id));
    put_advice(c, h, item);
    ch_html_open(h, "option", A("value", ""));
    ch_html_text(h, T(c, "None of these: I write my own"));
    ch_html_close(h);
    for (guint i = 0; i < ch_canned_count; i++) {
        const ch_canned *n = &ch_canned_notes[i];
        /* Read in the reviewer's language, sent in the post's. */
        ch_html_open(h, "option",
                     A("value", n->name)
                         A("data-words", spanish ? n->spanish : n->english));
        ch_html_text(h, c->spanish ? n->spanish : n->english);
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_close(h);
}

static void
open_verb(ch_ctx *c, ch_html *h, const ch_card *card, const char *verb,
          const char *class)
{
    g_autofree char *action =
        g_strdup_printf("/item/%s/%s", card->item->id, verb);
    ch_form_open(c, h, action, class);
}

static void
put_note(ch_html *h, const char *label, const char *id, const char *key,
         gboolean required)
{
    ch_html_open(h, "label", A("class", "field"));
    ch_html_element(h, "span", NULL, label);
    ch_html_open(h, "textarea",
                 A("name", "note") A("id", id) A("maxlength", "2000")
                     A("data-key", key) A("required", required ? "" : NULL));
    ch_html_close(h);
    ch_html_close(h);
}

static void
put_button(ch_html *h, const char *text, const char *class, const char *key)
{
    ch_html_open(h, "button",
                 A("type", "submit") A("class", class) A("data-key", key));
    ch_html_text(h, text);
    ch_html_close(h);
}

/* --- release and refuse --------------------------------------------------- */

static void
put_content(ch_ctx *c, ch_html *h, const ch_card *card)
{
    guint8 digest[CH_DIGEST_BYTES];
    char hex[2 * CH_DIGEST_BYTES + 1];
    ch_review_digest(c->store, card->raw, digest);
    for (guint i = 0; i < CH_DIGEST_BYTES; i++) {
        g_snprintf(hex + 2 * (gsize)i, 3, "%02x", digest[i]);
    }
    ch_html_void(h, "input",
                 A("type", "hidden") A("name", "content") A("value", hex));
}

/* Why this person may not approve, or NULL. */
static const char *
why_not(ch_ctx *c, const ch_card *card)
{
    struct ch_guard guard;
    ch_guard_fill(c, card->item, &guard);
    if (card->raw == NULL) {
        return T(c, "There is no text any more that could be released.");
    }
    if (!guard.own_allowed && ch_review_is_own(&guard, card->item->author)) {
        return T(c, "This is your own post: somebody else must release it.");
    }
    if (ch_needs_two(c, card->item) &&
        g_strcmp0(card->review->first_by, c->session->account) == 0) {
        return T(c, "You have approved it; a second person must, too.");
    }
    return NULL;
}

/* No button that would only say no. */
static void
put_late(ch_ctx *c, ch_html *h, const ch_card *card)
{
    ch_html_open(h, "p", A("class", "notice"));
    ch_html_textf(h, "%s ",
                  T(c, "So it can only be refused here. Whoever keeps the "
                       "mail server may release it as it is:"));
    ch_html_open(h, "code", );
    ch_html_textf(h, "chaperone quarantine release %s --as-is --note ...",
                  card->item->id);
    ch_html_close(h);
    ch_html_close(h);
}

static void
put_release(ch_ctx *c, ch_html *h, const ch_card *card)
{
    const char *not = why_not(c, card);
    ch_html_element(h, "h3", NULL, T(c, "Release"));
    if (not != NULL) {
        ch_html_element(h, "p", "notice", not );
        return;
    }
    if (ch_needs_two(c, card->item) && card->review->first_by == NULL) {
        ch_html_element(h, "p", "notice",
                        T(c, "This needs the approval of two people. Yours is "
                             "the first."));
    }
    ch_card_put_plan(c, h, card);
    if (ch_card_is_late(card)) {
        put_late(c, h, card);
        return;
    }
    open_verb(c, h, card, "release", "narrow");
    put_content(c, h, card);
    put_note(h, T(c, "Note (kept, and sent to the author)"), "release-note",
             NULL, FALSE);
    put_button(h, ch_card_release_words(c, card), "primary", "e");
    ch_html_close(h);
}

static void
put_refuse(ch_ctx *c, ch_html *h, const ch_card *card)
{
    ch_html_element(h, "h3", NULL, T(c, "Refuse"));
    open_verb(c, h, card, "refuse", "narrow");
    ch_put_canned(c, h, "refuse-note", card->item);
    put_note(h, T(c, "Or your own words"), "refuse-note", "r", FALSE);
    put_button(h, T(c, "Refuse it for good"), "danger", NULL);
    ch_html_close(h);
}

/* --- the rest ------------------------------------------------------------- */

static void
put_taking(ch_ctx *c, ch_html *h, const ch_card *card, gboolean may_take)
{
    const char *owner = ch_review_owner(card->review, ch_lock_us(c), c->now_us);
    gboolean mine = g_strcmp0(owner, c->session->account) == 0;
    if (owner == NULL && may_take) {
        open_verb(c, h, card, "take", "row");
        put_button(h, T(c, "Take it: nobody else decides meanwhile"), NULL,
                   "t");
        ch_html_close(h);
    } else if (owner != NULL && (mine || ch_is_senior(c))) {
        open_verb(c, h, card, "let-go", "row");
        put_button(h, T(c, "Let it go again"), NULL, NULL);
        ch_html_close(h);
    }
}

static void
put_others(ch_ctx *c, ch_html *h, const ch_card *card)
{
    if (card->item->author != NULL && c->config->notices_author) {
        ch_html_open(h, "details", );
        ch_html_element(h, "summary", NULL, T(c, "Ask the author"));
        open_verb(c, h, card, "ask", "narrow");
        put_note(h, T(c, "Question to the author (by mail)"), "ask-note", "a",
                 TRUE);
        put_button(h, T(c, "Send the question"), NULL, NULL);
        ch_html_close(h);
        ch_html_close(h);
    }
    if (card->review->escalated_us < 0) {
        open_verb(c, h, card, "escalate", "narrow");
        put_button(h, T(c, "Escalate it to a senior"), NULL, "u");
        ch_html_open(h, "details", );
        ch_html_element(h, "summary", NULL, T(c, "With a note"));
        put_note(h, T(c, "What should be looked at"), "escalate-note", NULL,
                 FALSE);
        ch_html_close(h);
        ch_html_close(h);
    }
}

/* Also when all is decided: "please look at it again" needs an answer. */
static void
put_answer(ch_ctx *c, ch_html *h, const ch_card *card)
{
    if (card->letters->len == 0 || !c->config->notices_author) {
        return;
    }
    ch_html_open(h, "details", A("open", ""));
    ch_html_element(h, "summary", NULL, T(c, "Answer the author"));
    open_verb(c, h, card, "answer", "narrow");
    put_note(h, T(c, "Answer to the author (by mail)"), "answer-note", NULL,
             TRUE);
    put_button(h, T(c, "Send the answer"), NULL, NULL);
    ch_html_close(h);
    ch_html_close(h);
}

static void
put_evidence(ch_ctx *c, ch_html *h, const ch_card *card)
{
    gboolean kept = card->review->evidence_us >= 0;
    if (!ch_is_senior(c) || card->raw == NULL) {
        return;
    }
    open_verb(c, h, card, kept ? "end-evidence" : "evidence", "row");
    put_button(h,
               kept ? T(c, "No longer keep it as evidence")
                    : T(c, "Keep it as evidence, past its end"),
               NULL, NULL);
    ch_html_close(h);
}

static void
put_settle(ch_ctx *c, ch_html *h, const ch_card *card)
{
    for (guint i = 0; i < card->steps->len; i++) {
        const ch_release_step *s = g_ptr_array_index(card->steps, i);
        if (s->state != CH_RELEASE_UNKNOWN || !ch_is_senior(c)) {
            continue;
        }
        g_autofree char *number = g_strdup_printf("%u", s->recipient);
        ch_html_open(h, "p", A("class", "notice"));
        ch_html_textf(h, "%s %s: %s", T(c, "recipient"), number,
                      T(c, "nobody knows whether the mail server has the "
                           "post. Its log tells."));
        ch_html_close(h);
        open_verb(c, h, card, "settle", "row");
        ch_html_void(h, "input",
                     A("type", "hidden") A("name", "recipient")
                         A("value", number));
        ch_html_open(h, "button",
                     A("type", "submit") A("name", "outcome")
                         A("value", "delivered"));
        ch_html_text(h, T(c, "It was delivered"));
        ch_html_close(h);
        ch_html_open(h, "button",
                     A("type", "submit") A("name", "outcome")
                         A("value", "lost"));
        ch_html_text(h, T(c, "It was lost"));
        ch_html_close(h);
        ch_html_close(h);
    }
}

/* Another's lock, the account's reviewers or an escalation close the forms: in
 * words. */
static const char *
why_closed(ch_ctx *c, const ch_card *card)
{
    struct ch_guard guard;
    const char *owner = ch_review_owner(card->review, ch_lock_us(c), c->now_us);
    if (owner != NULL && strcmp(owner, c->session->account) != 0) {
        return T(c, "Somebody else has taken this post and decides about it.");
    }
    ch_guard_fill(c, card->item, &guard);
    if (guard.not_named && !ch_is_senior(c)) {
        return T(c, "The account that this post goes to has reviewers of its "
                    "own. One of them decides, or a senior reviewer.");
    }
    if (card->review->escalated_us >= 0 && !ch_is_senior(c)) {
        return T(c, "It was escalated: a senior reviewer decides.");
    }
    return NULL;
}

static void
put_decisions(ch_ctx *c, ch_html *h, const ch_card *card)
{
    const char *closed = why_closed(c, card);
    put_taking(c, h, card, closed == NULL);
    if (closed != NULL) {
        ch_html_element(h, "p", "notice", closed);
        return;
    }
    put_release(c, h, card);
    put_refuse(c, h, card);
    put_others(c, h, card);
}

void
ch_card_put_forms(ch_ctx *c, ch_html *h, const ch_card *card)
{
    const ch_item *item = card->item;
    if (!ch_may_decide(c)) {
        return;
    }
    ch_html_open(h, "h2", A("id", "decision"));
    ch_html_text(h, T(c, "Your decision"));
    ch_html_close(h);
    if (ch_review_is_open(item)) {
        put_decisions(c, h, card);
    } else if (item->state == CH_STATE_PASSED && item->seen_us < 0) {
        open_verb(c, h, card, "seen", "row");
        put_button(h, T(c, "I have seen it"), "primary", "e");
        ch_html_close(h);
    } else {
        ch_html_open(h, "p", );
        ch_html_textf(h, "%s: %s%s%s.", T(c, "It was decided"),
                      ch_state_words(c, item->state),
                      item->reviewer != NULL ? ", " : "",
                      item->reviewer != NULL ? item->reviewer : "");
        ch_html_close(h);
    }
    put_answer(c, h, card);
    put_settle(c, h, card);
    put_evidence(c, h, card);
    ch_html_open(h, "p", );
    ch_html_open(h, "a",
                 A("href", "/queue") A("class", "button") A("data-key", "q"));
    ch_html_text(h, T(c, "Back to the queue"));
    ch_html_close(h);
    ch_html_close(h);
}
