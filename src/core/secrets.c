/*
 * Posting addresses that a post gives away.
 *
 * A part of the walk after the rules: the table of gateways knows what a
 * secret address looks like, rules do not.  The address itself never leaves
 * this file.
 */
#include "chaperone/secrets.h"

#include "chaperone/limits.h"

#include <string.h>

#define LOCAL_SIGNS  "._%+-"
#define DOMAIN_SIGNS ".-"

static gboolean
is_of(char c, const char *signs)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr(signs, c) != NULL);
}

/* The address around the "@" at that offset; empty: there is none. */
static ch_span
address_at(const char *text, gsize length, gsize at)
{
    ch_span s = {at, at + 1};
    while (s.start > 0 && is_of(text[s.start - 1], LOCAL_SIGNS)) {
        s.start--;
    }
    while (s.end < length && is_of(text[s.end], DOMAIN_SIGNS)) {
        s.end++;
    }
    while (s.end > at + 1 && strchr(DOMAIN_SIGNS, text[s.end - 1]) != NULL) {
        s.end--; /* the full stop of a sentence */
    }
    return s.start < at && s.end > at + 1 ? s : (ch_span){0, 0};
}

static gboolean
is_secret(const ch_gateways *gateways, const char *address)
{
    const ch_gateway *g = ch_gateways_match(gateways, address);
    return g != NULL && g->secret;
}

static void
add(const ch_ruleset *rules, const char *id, ch_finding f, GArray *findings)
{
    f.rule = ch_ruleset_find(rules, id);
    if (f.rule != NULL && findings->len < CH_MAX_FINDINGS) {
        f.asked = f.action = f.rule->action;
        g_array_append_val(findings, f);
    }
}

static void
search(const ch_gateways *gateways, const ch_ruleset *rules,
       const ch_text *text, GArray *findings)
{
    gsize length;
    const char *folded = ch_text_folded(text, &length);
    for (const char *p = memchr(folded, '@', length); p != NULL;
         p = memchr(p + 1, '@', length - (gsize)(p + 1 - folded))) {
        ch_span s = address_at(folded, length, (gsize)(p - folded));
        g_autofree char *address = g_strndup(folded + s.start, s.end - s.start);
        if (s.end > 0 && is_secret(gateways, address)) {
            ch_finding f = {.where = ch_text_where(text),
                            .part = ch_text_part(text),
                            .text = text,
                            .has_span = TRUE,
                            .span = ch_text_origin(text, s)};
            f.line = ch_text_line(text, f.span.start);
            add(rules, "structure/posting-address", f, findings);
        }
    }
}

/* Somebody gets this mail who is no gateway. */
static gboolean
goes_to_people(const ch_gateways *gateways, const ch_envelope *e)
{
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        if (ch_gateways_match(gateways, r->address) == NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
shows_address(const ch_gateways *gateways, const ch_message *m)
{
    g_auto(GStrv) recipients = ch_message_dup_recipients(m);
    for (guint i = 0; recipients[i] != NULL; i++) {
        if (is_secret(gateways, recipients[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

void
ch_secrets_find(const ch_gateways *gateways, const ch_ruleset *rules,
                const GPtrArray *texts, const ch_message *message,
                const ch_envelope *e, GArray *findings)
{
    for (guint i = 0; i < texts->len; i++) {
        search(gateways, rules, texts->pdata[i], findings);
    }
    if (message != NULL && goes_to_people(gateways, e) &&
        shows_address(gateways, message)) {
        add(rules, "structure/posting-address-shown",
            (ch_finding){.where = CH_WHERE_HEADER, .part = -1}, findings);
    }
}
