/*
 * What a release would do now to the time of a post, in words.
 *
 * The plan is the one that a release carries out (core/retime.c), made for the
 * moment at which the card is shown: so the card, the button and what is then
 * done agree.  Times change while somebody reads; the release makes it anew.
 */
#include "card.h"

static void
put_when(ch_ctx *c, ch_html *h, const char *words, gint64 time_us)
{
    ch_html_text(h, words);
    if (time_us >= 0) {
        ch_html_text(h, " ");
        ch_page_time(c, h, time_us);
    }
}

static void
put_as_it_is(ch_ctx *c, ch_html *h, const ch_retiming *r)
{
    if (r->publish_at_us < 0) {
        put_when(c, h,
                 T(c, "published as it is; when it appears cannot be known"),
                 -1);
    } else if (r->publish_at_us > c->now_us) {
        put_when(c, h, T(c, "published as it is, and appears"),
                 r->publish_at_us);
    } else {
        put_when(c, h, T(c, "published as it is, at once"), -1);
    }
}

/* Ours, not the mail's: what a release writes. */
static void
put_directive(ch_ctx *c, ch_html *h, const ch_retiming *r)
{
    if (r->directive == NULL) {
        return;
    }
    ch_html_text(h, "; ");
    if (r->directive[0] == '\0') {
        ch_html_text(h, T(c, "its delay is taken out"));
        return;
    }
    ch_html_textf(h, "%s ", T(c, "the delay is rewritten to"));
    ch_html_element(h, "code", NULL, r->directive);
}

static void
put_retiming(ch_ctx *c, ch_html *h, const ch_retiming *r)
{
    ch_html_textf(h, "%s: ", r->gateway);
    switch (r->kind) {
    case CH_RETIME_NONE:
        put_as_it_is(c, h, r);
        break;
    case CH_RETIME_KEPT:
        put_when(c, h, T(c, "appears in time,"), r->publish_at_us);
        break;
    case CH_RETIME_LATE:
        put_when(c, h, T(c, "appears at once; its time is over since"),
                 r->wanted_us);
        break;
    case CH_RETIME_ANEW:
        put_when(c, h, T(c, "its time is over since"), r->wanted_us);
        put_when(c, h, T(c, "; it waits anew and appears"), r->publish_at_us);
        break;
    case CH_RETIME_REFUSED:
        put_when(c, h,
                 T(c, "cannot be released, for here what is late is refused; "
                      "its time is over since"),
                 r->wanted_us);
        break;
    case CH_RETIME_IMPOSSIBLE:
        ch_html_text(h, T(c, "cannot be released in time: its delay cannot "
                             "be written anew for sure"));
        break;
    }
    put_directive(c, h, r);
}

void
ch_card_put_plan(ch_ctx *c, ch_html *h, const ch_card *card)
{
    if (card->plan == NULL || card->plan->len == 0) {
        return;
    }
    ch_html_element(h, "p", NULL, T(c, "Released now, the post is:"));
    ch_html_open(h, "ul", A("id", "plan"));
    for (guint i = 0; i < card->plan->len; i++) {
        ch_html_open(h, "li", );
        put_retiming(c, h, g_ptr_array_index(card->plan, i));
        ch_html_close(h);
    }
    ch_html_close(h);
}

const char *
ch_card_release_words(ch_ctx *c, const ch_card *card)
{
    switch (card->plan != NULL ? ch_retime_worst(card->plan) : CH_RETIME_NONE) {
    case CH_RETIME_KEPT:
        return T(c, "Release: publish it in time, its delay rewritten");
    case CH_RETIME_LATE:
        return T(c, "Release: publish it at once, its time is over");
    case CH_RETIME_ANEW:
        return T(c, "Release: its time is over, it waits anew");
    case CH_RETIME_NONE:
    case CH_RETIME_REFUSED:
    case CH_RETIME_IMPOSSIBLE:
        break;
    }
    return T(c, "Release: publish it as it is");
}

gboolean
ch_card_is_late(const ch_card *card)
{
    return card->plan != NULL && ch_retime_obstacle(card->plan) != NULL;
}
