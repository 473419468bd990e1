/*
 * What was found in a post, and what was taken out of its pictures before it
 * went on.
 */
#include "card.h"

#include "chaperone/extraction.h"

#include <string.h>

/* --- places --------------------------------------------------------------- */

/* "page 2, upper left" in the language of who asks.  A place has words and
 * numbers of Chaperone's own alone (core/report_place.c).  Owned. */
static char *
dup_place_words(const ch_ctx *c, const char *place)
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) steps = g_strsplit(place, ", ", -1);
    for (guint i = 0; steps[i] != NULL; i++) {
        char *number = strchr(steps[i], ' ');
        gboolean counted = number != NULL && strpbrk(number, "0123456789");
        if (counted) {
            *number++ = '\0';
        }
        g_string_append_printf(out, "%s%s%s%s", i > 0 ? ", " : "",
                               ch_words(c->spanish, steps[i]),
                               counted ? " " : "", counted ? number : "");
    }
    return g_string_free(out, FALSE);
}

/* --- cleaned pictures ----------------------------------------------------- */

gboolean
ch_card_was_cleaned(const ch_card *card)
{
    g_auto(GStrv) notes = ch_split_names(card->item->hints);
    return g_strv_contains((const char *const *)notes, "picture/cleaned");
}

/* Whether what the store has is the post before that. */
static gboolean
is_original(const ch_card *card)
{
    const ch_message *m = card->verdict != NULL ? card->verdict->message : NULL;
    for (guint i = 0; m != NULL && i < ch_message_parts(m)->len; i++) {
        if (ch_message_picture_tells(m, (int)i)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The note is of the verdict of then: read again, the post has it no more. */
static void
put_cleaned(ch_ctx *c, ch_html *h, const ch_card *card)
{
    g_auto(GStrv) notes = ch_split_names(card->item->hints);
    guint n = 0;
    if (!ch_card_was_cleaned(card)) {
        return;
    }
    ch_html_open(h, "p", A("class", "notice"));
    ch_html_text(h, T(c, "What the pictures say about themselves (place, "
                         "names, serial numbers, preview) was taken out before "
                         "the post went on."));
    for (guint i = 0; notes[i] != NULL; i++) {
        /* Rules that would have been about that. */
        if (ch_ruleset_find(c->server->house->rules, notes[i]) != NULL) {
            ch_html_textf(h, "%s %s", n++ == 0 ? "" : ";",
                          ch_rule_title(c, notes[i]));
        }
    }
    ch_html_text(h, n > 0 ? "." : "");
    if (is_original(card)) {
        ch_html_textf(h, " %s", T(c, "Here it is as it was received."));
    }
    ch_html_close(h);
}

/* --- findings ------------------------------------------------------------- */

/* The same rule in ten places is one entry. */
static guint
places_of(const ch_card *card, const char *rule, guint before)
{
    guint n = 0;
    for (guint i = 0; i < before; i++) {
        const ch_recorded *r = &g_array_index(card->findings, ch_recorded, i);
        n += strcmp(r->rule, rule) == 0;
    }
    return n;
}

static void
put_finding(ch_ctx *c, ch_html *h, const ch_card *card, const ch_recorded *r)
{
    const ch_rule *rule = ch_ruleset_find(c->server->house->rules, r->rule);
    guint places = places_of(card, r->rule, card->findings->len);
    g_autofree char *class =
        g_strdup_printf("finding %s", ch_action_name(r->action));
    ch_html_open(h, "li", A("class", class));
    ch_html_element(h, "h3", NULL, ch_rule_title(c, r->rule));
    ch_html_element(h, "p", NULL, ch_rule_advice(c, r->rule, c->spanish));
    ch_html_open(h, "p", A("class", "soft"));
    ch_html_textf(h, "%s · %s · %s",
                  ch_words(c->spanish, ch_action_name(r->action)), r->rule,
                  ch_words(c->spanish, r->where));
    if (r->place != NULL) {
        g_autofree char *place = dup_place_words(c, r->place);
        ch_html_textf(h, ", %s", place);
    } else if (r->line > 0) {
        ch_html_textf(h, ", %s %u", T(c, "line"), r->line);
    }
    if (places > 1) {
        ch_html_textf(h, " · %u %s", places, T(c, "places"));
    }
    if (rule != NULL && rule->reference != NULL) {
        ch_html_textf(h, " · %s", rule->reference);
    }
    ch_html_close(h);
    ch_html_close(h);
}

/* One entry for each rule. */
static void
put_recorded(ch_ctx *c, ch_html *h, const ch_card *card)
{
    for (guint i = 0; i < card->findings->len; i++) {
        const ch_recorded *r = &g_array_index(card->findings, ch_recorded, i);
        if (places_of(card, r->rule, i) == 0) {
            put_finding(c, h, card, r);
        }
    }
}

/* Of an item without places: what the list has. */
static void
put_names(ch_ctx *c, ch_html *h, const ch_card *card)
{
    g_auto(GStrv) ids = ch_split_names(card->item->rules);
    for (guint i = 0; ids[i] != NULL && ids[i][0] != '\0'; i++) {
        ch_html_element(h, "li", "finding", ch_rule_title(c, ids[i]));
    }
}

void
ch_card_put_findings(ch_ctx *c, ch_html *h, const ch_card *card)
{
    ch_html_element(h, "h2", NULL, T(c, "What was found"));
    ch_html_open(h, "ul", A("class", "plain"));
    if (card->findings->len > 0) {
        put_recorded(c, h, card);
    } else {
        put_names(c, h, card);
    }
    ch_html_close(h);
    put_cleaned(c, h, card);
}
