/*
 * Posting addresses that a post gives away.
 *
 * A part of the walk after the rules: the table of gateways knows what a
 * secret address looks like, accounts know theirs to the letter, rules know
 * neither.  The address itself never leaves this file.
 */
#include "chaperone/secrets.h"

#include "chaperone/limits.h"

#include <string.h>

#define LOCAL_SIGNS  "._%+-"
#define DOMAIN_SIGNS ".-"

/* A local part this long with a digit in it is no word of any language. */
#define TELLING_LENGTH 8

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
add(ch_verdict *v, const char *id, ch_finding f)
{
    f.rule = ch_ruleset_find(v->rules, id);
    if (f.rule != NULL && v->findings->len < CH_MAX_FINDINGS) {
        f.asked = f.action = f.rule->action;
        g_array_append_val(v->findings, f);
    }
}

static void
add_at(ch_verdict *v, const ch_text *text, ch_span folded)
{
    ch_finding f = {.where = ch_text_where(text),
                    .part = ch_text_part(text),
                    .text = text,
                    .has_span = TRUE,
                    .span = ch_text_origin(text, folded)};
    f.line = ch_text_line(text, f.span.start);
    add(v, "structure/posting-address", f);
}

/* --- what looks like one ---------------------------------------------------
 */

static void
search(ch_verdict *v, const ch_text *text)
{
    gsize length;
    const char *folded = ch_text_folded(text, &length);
    for (const char *p = memchr(folded, '@', length); p != NULL;
         p = memchr(p + 1, '@', length - (gsize)(p + 1 - folded))) {
        ch_span s = address_at(folded, length, (gsize)(p - folded));
        g_autofree char *address = g_strndup(folded + s.start, s.end - s.start);
        /* Those of accounts are looked for by themselves. */
        if (s.end > 0 && is_secret(v->house->gateways, address) &&
            ch_accounts_of_secret(v->house->accounts, address) == NULL) {
            add_at(v, text, s);
        }
    }
}

/* Somebody gets this mail who is no gateway. */
static gboolean
goes_to_people(const ch_house *house, const ch_envelope *e)
{
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        if (ch_house_gateway(house, r->address, NULL) == NULL) {
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
ch_secrets_find(ch_verdict *v, const ch_envelope *e)
{
    for (guint i = 0; i < v->texts->len; i++) {
        search(v, v->texts->pdata[i]);
    }
    if (v->message != NULL && goes_to_people(v->house, e) &&
        shows_address(v->house->gateways, v->message)) {
        add(v, "structure/posting-address-shown",
            (ch_finding){.where = CH_WHERE_HEADER, .part = -1});
    }
}

/* --- those of accounts -----------------------------------------------------
 */

/* What alone gives the address away: its local part, if that is no word. */
static gboolean
is_telling(const char *local, gsize length)
{
    gboolean digit = FALSE;
    for (gsize i = 0; i < length; i++) {
        digit = digit || g_ascii_isdigit(local[i]);
    }
    return digit && length >= TELLING_LENGTH;
}

/* The next whole word that is needle, from a place on. */
static gboolean
find_word(const char *text, gsize length, const char *needle, gsize n,
          gsize from, ch_span *out)
{
    while (from + n <= length) {
        const char *hit = memmem(text + from, length - from, needle, n);
        if (hit == NULL) {
            return FALSE;
        }
        gsize at = (gsize)(hit - text);
        if ((at == 0 || !g_ascii_isalnum(text[at - 1])) &&
            (at + n == length || !g_ascii_isalnum(text[at + n]))) {
            *out = (ch_span){at, at + n};
            return TRUE;
        }
        from = at + 1;
    }
    return FALSE;
}

/* Bytes of the needle that are looked for. */
static gsize
needle_length(const char *needle)
{
    const char *at = strrchr(needle, '@');
    gsize local = at == NULL ? 0 : (gsize)(at - needle);
    return is_telling(needle, local) ? local : strlen(needle);
}

static void
search_account(ch_verdict *v, const ch_text *text, const char *needle)
{
    gsize length, n = needle_length(needle);
    const char *folded = ch_text_folded(text, &length);
    ch_span s = {0, 0};
    while (find_word(folded, length, needle, n, s.end, &s)) {
        v->leaks = TRUE;
        add_at(v, text, s);
    }
}

/* The header in lower case and without folding, RFC 5322 2.2.3.  Owned. */
static GString *
dup_header(const ch_message *m)
{
    gsize length;
    const char *head = ch_message_head(m, &length);
    GString *flat = g_string_sized_new(length);
    for (gsize i = 0; i < length; i++) {
        if (head[i] != '\r' && (head[i] != '\n' || i + 1 >= length ||
                                (head[i + 1] != ' ' && head[i + 1] != '\t'))) {
            g_string_append_c(flat, g_ascii_tolower(head[i]));
        }
    }
    return flat;
}

/* Texts have the fields that people read, decoded; all others are here. */
static void
search_header(ch_verdict *v, const GString *header, const char *secret)
{
    g_autofree char *lower = g_ascii_strdown(secret, -1);
    ch_span s;
    if (find_word(header->str, header->len, lower, needle_length(lower), 0,
                  &s)) {
        v->leaks = TRUE;
        add(v, "structure/posting-address",
            (ch_finding){.where = CH_WHERE_HEADER, .part = -1});
    }
}

void
ch_secrets_find_accounts(ch_verdict *v)
{
    GString *header = NULL;
    for (guint a = 0; a < ch_accounts_count(v->house->accounts); a++) {
        const ch_account *account = ch_accounts_nth(v->house->accounts, a);
        if (account->secret == NULL || !account->gateway.secret) {
            continue;
        }
        if (header == NULL && v->message != NULL) {
            header = dup_header(v->message);
        }
        for (guint i = 0; i < v->texts->len; i++) {
            search_account(v, v->texts->pdata[i], account->needle);
        }
        if (header != NULL) {
            search_header(v, header, account->secret);
        }
    }
    if (header != NULL) {
        explicit_bzero(header->str, header->len);
        g_string_free(header, TRUE);
    }
}
