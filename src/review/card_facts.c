/*
 * What is known about a post beside its words.
 */
#include "card.h"

#include "chaperone/extraction.h"
#include "chaperone/limits.h"

#include <string.h>

/* Properties of one attachment, and bytes of one: a text of the card has all
 * of them. */
#define MAX_PROPERTIES 30
#define MAX_PROPERTY   500

static void
open_fact(ch_html *h, const char *label)
{
    ch_html_element(h, "dt", NULL, label);
    ch_html_open(h, "dd", );
}

static void
put_fact(ch_html *h, const char *label, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        open_fact(h, label);
        ch_html_text(h, text);
        ch_html_close(h);
    }
}

/* Words of the mail: masked for an auditor. */
static void
put_words(ch_html *h, const ch_card *card, const char *label, const char *text)
{
    g_autofree char *masked = text != NULL && card->masked
                                  ? ch_card_dup_masked(text, strlen(text))
                                  : g_strdup(text);
    put_fact(h, label, masked);
}

static void
put_time_fact(ch_ctx *c, ch_html *h, const char *label, gint64 time_us)
{
    if (time_us >= 0) {
        open_fact(h, label);
        ch_page_time(c, h, time_us);
        ch_html_close(h);
    }
}

/* --- facts ---------------------------------------------------------------- */

static void
put_list(ch_html *h, const ch_card *card, const char *label,
         const GPtrArray *list)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(list, i));
    }
    put_words(h, card, label, text->str);
}

/* As its author wanted; what a release makes of that now: card_time.c. */
static void
put_planned(ch_ctx *c, ch_html *h, const ch_card *card, const ch_destination *d)
{
    const ch_posting *p = d->posting;
    open_fact(h, T(c, "Planned for"));
    if (d->publish_at_us < 0) {
        ch_html_text(h, T(c, "cannot be known"));
    } else if (d->publish_at_us <= card->item->time_us) {
        ch_html_text(h, T(c, "at once"));
    } else {
        ch_page_time(c, h, d->publish_at_us);
        if (p != NULL && p->publish_rule != NULL) {
            ch_html_textf(h, " (%s)", ch_words(c->spanish, p->publish_rule));
        }
    }
    ch_html_close(h);
}

static void
put_destination(ch_ctx *c, ch_html *h, const ch_card *card,
                const ch_destination *d)
{
    const ch_posting *p = d->posting;
    put_fact(h, T(c, "Gateway"), d->gateway->title);
    put_planned(c, h, card, d);
    if (p == NULL) {
        return;
    }
    put_words(h, card, T(c, "Title"), p->title);
    put_fact(h, T(c, "Status"), p->status);
    put_fact(h, T(c, "Seen by"),
             ch_words(c->spanish, ch_visibility_name(p->visibility)));
    put_list(h, card, T(c, "Tags"), p->tags);
    put_list(h, card, T(c, "Categories"), p->categories);
    put_list(h, card, T(c, "Further networks"), p->networks);
}

/* "d***@p*******.example": who else gets it, not where. */
static char *
dup_masked_address(const char *address)
{
    GString *out = g_string_new(NULL);
    gboolean first = TRUE;
    for (const char *p = address; *p != '\0'; p = g_utf8_next_char(p)) {
        gboolean mark = *p == '@' || *p == '.';
        if (mark || first) {
            g_string_append_unichar(out,
                                    g_utf8_get_char_validated(p, -1) < 0x110000
                                        ? g_utf8_get_char(p)
                                        : '?');
        } else {
            g_string_append_c(out, '*');
        }
        first = mark;
    }
    return g_string_free(out, FALSE);
}

static gboolean
is_destination(const ch_card *card, guint recipient)
{
    for (guint i = 0; i < card->verdict->destinations->len; i++) {
        if (g_array_index(card->verdict->destinations, ch_destination, i)
                .recipient == recipient) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
put_others(ch_ctx *c, ch_html *h, const ch_card *card)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const GPtrArray *all = card->envelope->recipients;
    for (guint i = 0; i < all->len && i < 20; i++) {
        const ch_recipient *r = g_ptr_array_index(all, i);
        if (!is_destination(card, i + 1) && r->address != NULL) {
            g_autofree char *valid = g_utf8_make_valid(r->address, -1);
            g_autofree char *masked = dup_masked_address(valid);
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                                   masked);
        }
    }
    put_fact(h, T(c, "Other recipients"), text->str);
}

void
ch_card_put_facts(ch_ctx *c, ch_html *h, const ch_card *card)
{
    const ch_item *item = card->item;
    ch_html_element(h, "h2", NULL, T(c, "About this post"));
    ch_html_open(h, "dl", A("class", "facts"));
    put_fact(h, T(c, "ID"), item->id);
    put_fact(h, T(c, "Author"),
             item->author != NULL ? item->author : T(c, "not known"));
    put_time_fact(c, h, T(c, "Received"), item->time_us);
    put_time_fact(c, h, T(c, "Time to decide until"), item->deadline_us);
    put_fact(h, T(c, "Verdict"),
             item->verdict != NULL ? ch_words(c->spanish, item->verdict)
                                   : NULL);
    if (card->verdict != NULL) {
        for (guint i = 0; i < card->verdict->destinations->len && i < 20; i++) {
            put_destination(
                c, h, card,
                &g_array_index(card->verdict->destinations, ch_destination, i));
        }
        put_others(c, h, card);
    } else {
        put_fact(h, T(c, "Gateway"), item->gateways);
        put_time_fact(c, h, T(c, "Planned for"), item->publish_at_us);
    }
    ch_html_close(h);
    if (card->verdict != NULL && card->verdict->notes->len > 0) {
        ch_html_element(h, "h3", NULL, T(c, "Notes for the author"));
        ch_html_open(h, "ul", );
        for (guint i = 0; i < card->verdict->notes->len; i++) {
            const ch_note *note = g_ptr_array_index(card->verdict->notes, i);
            ch_html_element(h, "li", NULL, note->text);
        }
        ch_html_close(h);
    }
}

/* --- attachments ---------------------------------------------------------- */

static const char *
why_unread(ch_ctx *c, const ch_card *card, int part)
{
    const GArray *list = ch_message_unscanned(card->verdict->message);
    for (guint i = 0; i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        if (u->part == part) {
            return ch_words(c->spanish, ch_unscanned_name(u->reason));
        }
    }
    return NULL;
}

/* What the reader of attachments saw, without what it says. */
static void
put_seen(ch_ctx *c, ch_html *h, guint seen)
{
    const struct {
        ch_seen seen;
        const char *words;
    } rows[] = {
        {CH_SEEN_LOCATION, T(c, "tells where it was taken; the place is not "
                                "shown here")},
        {CH_SEEN_CROPPED, T(c, "holds a preview that shows what was cropped "
                               "away")},
        {CH_SEEN_MEDICAL, T(c, "is a file of a medical system")},
        {CH_SEEN_WORDS, T(c, "was read for words and codes")}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        if ((seen & 1u << rows[i].seen) != 0) {
            ch_html_textf(h, " · %s", rows[i].words);
        }
    }
}

/* "Artist: ..." and the like, as the reader gave them. */
static void
put_properties(ch_html *h, const ch_card *card, int part)
{
    const GPtrArray *texts = card->verdict->texts;
    guint n = 0;
    for (guint i = 0; i < texts->len && n < MAX_PROPERTIES; i++) {
        const ch_text *text = g_ptr_array_index(texts, i);
        if (ch_text_part(text) != part ||
            ch_text_where(text) != CH_WHERE_METADATA) {
            continue;
        }
        gsize length;
        const char *plain = ch_text_plain(text, &length);
        g_autofree char *shown =
            card->masked ? ch_card_dup_masked(plain, length)
                         : g_strndup(plain, MIN(length, (gsize)MAX_PROPERTY));
        if (n++ == 0) {
            ch_html_open(h, "ul", );
        }
        ch_html_element(h, "li", NULL, g_strstrip(shown));
    }
    if (n > 0) {
        ch_html_close(h);
    }
}

/* Masked words would be of no use beside the picture: none for an auditor. */
static void
put_picture(ch_ctx *c, ch_html *h, const ch_card *card, const ch_part *p,
            guint *shown)
{
    if (card->masked || ++*shown > CH_MAX_CARD_PICTURES) {
        return;
    }
    g_autofree char *path =
        g_strdup_printf("/item/%s/picture?part=%s", card->item->id, p->number);
    g_autofree char *alt = g_strdup_printf(
        "%s %u. %s", T(c, "Picture"), *shown,
        T(c, "If it is not there, it could not be read safely."));
    ch_html_void(h, "img",
                 A("class", "thumbnail") A("src", path) A("alt", alt)
                     A("loading", "lazy"));
}

void
ch_card_put_parts(ch_ctx *c, ch_html *h, const ch_card *card)
{
    if (card->verdict == NULL) {
        return;
    }
    const GPtrArray *parts = ch_message_parts(card->verdict->message);
    guint n = 0, pictures = 0;
    for (guint i = 0; i < parts->len; i++) {
        const ch_part *p = g_ptr_array_index(parts, i);
        const char *unread = why_unread(c, card, (int)i);
        if (!p->is_attachment && unread == NULL && p->seen == 0) {
            continue;
        }
        if (n++ == 0) {
            ch_html_element(h, "h2", NULL, T(c, "Attachments"));
            ch_html_open(h, "ul", );
        }
        g_autofree char *name =
            p->name == NULL ? g_strdup(T(c, "without a name"))
            : card->masked  ? ch_card_dup_masked(p->name, strlen(p->name))
                            : g_strdup(p->name);
        ch_html_open(h, "li", );
        ch_html_open(h, "bdi", );
        ch_html_text(h, name);
        ch_html_close(h);
        ch_html_textf(h, " · %s · %" G_GSIZE_FORMAT " %s", p->type,
                      p->raw.end - p->raw.start, T(c, "bytes"));
        if (unread != NULL) {
            ch_html_textf(h, " · %s: %s", T(c, "not read"), unread);
        }
        put_seen(c, h, p->seen);
        if (ch_message_is_picture(card->verdict->message, (int)i)) {
            put_picture(c, h, card, p, &pictures);
        }
        put_properties(h, card, (int)i);
        ch_html_close(h);
    }
    if (n > 0) {
        ch_html_close(h);
    }
}

/* --- letters -------------------------------------------------------------- */

/* Words of a post as much as the post's own. */
void
ch_card_put_letters(ch_ctx *c, ch_html *h, const ch_card *card)
{
    if (card->letters->len == 0) {
        return;
    }
    ch_html_element(h, "h2", NULL, T(c, "What the author wrote about it"));
    for (guint i = 0; i < card->letters->len; i++) {
        const ch_letter *letter = g_ptr_array_index(card->letters, i);
        g_autofree char *shown =
            card->masked
                ? ch_card_dup_masked(letter->text, strlen(letter->text))
                : g_strdup(letter->text);
        ch_html_open(h, "p", A("class", "soft"));
        ch_page_time(c, h, letter->time_us);
        ch_html_close(h);
        ch_html_open(h, "div", A("class", "post") A("dir", "auto"));
        ch_html_text(h, shown);
        ch_html_close(h);
    }
}

/* --- history -------------------------------------------------------------- */

static void
put_steps(ch_ctx *c, ch_html *h, const ch_card *card)
{
    if (card->steps->len == 0) {
        return;
    }
    ch_html_element(h, "h3", NULL, T(c, "Sending"));
    ch_html_open(h, "ul", );
    for (guint i = 0; i < card->steps->len; i++) {
        const ch_release_step *s = g_ptr_array_index(card->steps, i);
        ch_html_open(h, "li", );
        ch_html_textf(h, "%s %u: %s", T(c, "recipient"), s->recipient,
                      ch_words(c->spanish, ch_release_state_name(s->state)));
        if (s->reply != NULL && s->reply[0] != '\0') {
            ch_html_textf(h, " · %s: %s", T(c, "the mail server said"),
                          s->reply);
        }
        ch_html_close(h);
    }
    ch_html_close(h);
}

void
ch_card_put_history(ch_ctx *c, ch_html *h, const ch_card *card)
{
    ch_html_element(h, "h2", NULL, T(c, "History"));
    put_steps(c, h, card);
    ch_html_open(h, "ol", );
    for (guint i = 0; i < card->history->len; i++) {
        const ch_history *e = g_ptr_array_index(card->history, i);
        ch_html_open(h, "li", );
        ch_page_time(c, h, e->time_us);
        ch_html_textf(h, " · %s", ch_words(c->spanish, e->event));
        if (e->actor != NULL) {
            ch_html_textf(h, " · %s", e->actor);
        }
        if (e->note != NULL && e->note[0] != '\0') {
            ch_html_textf(h, " · %s", e->note);
        }
        ch_html_close(h);
    }
    ch_html_close(h);
}
