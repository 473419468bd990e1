/*
 * Features: a post as the classifier counts it.
 *
 *   w:WORD       a word, a sign or a number ("<3>": of three digits)
 *   b:WORD WORD  two neighbours
 *   p:BEGIN      how a longer word begins, so that its endings meet
 *   s:WORD       a word of the subject
 *   m:FACT       what is known of the post as a whole
 *
 * A capital inside a sentence is <Name> among neighbours: the name itself says
 * nothing about the next post.  What is quoted from others counts as q:WORD,
 * a signature not at all: it is the same under every post.
 * Words come from the spoken view, so that disguises are taken off.
 */
#include "chaperone/classifier.h"

#include "chaperone/limits.h"

#include <string.h>

#define BEGIN_LETTERS 5
#define LONGEST_NAME  80 /* bytes of a word that is told apart */

typedef struct {
    ch_feature_visit visit;
    gpointer data;
    ch_text *text;
    gboolean spoken; /* words come from the spoken view */
    int number;      /* of the text */
    gboolean subject;
    gboolean quoted;             /* the word stands in a quotation */
    gboolean first;              /* of a sentence */
    guint words;                 /* so far, of the post */
    char last[LONGEST_NAME + 8]; /* the neighbour before; "": none */
    ch_span last_span;
} reader;

static void
tell(const reader *r, const char *kind, const char *a, const char *b,
     ch_span span)
{
    char name[2 * (LONGEST_NAME + 8) + 8];
    char *end = g_stpcpy(name, kind); /* printf would be most of the work */
    *end++ = ':';
    end = g_stpcpy(end, a);
    if (b != NULL) {
        *end++ = ' ';
        g_stpcpy(end, b);
    }
    guint back = b == NULL ? 0 : 1;
    ch_feature f = {name, r->number, span,
                    r->words > back ? r->words - back : 0};
    r->visit(&f, r->data);
}

static ch_span
folded_span(const reader *r, ch_span span)
{
    return r->spoken ? ch_text_view_origin(r->text, CH_VIEW_SPOKEN, span)
                     : span;
}

/* "Wendell", but not "ER" and not the first word of a sentence. */
static gboolean
is_name(const reader *r, ch_span folded, gsize length)
{
    return !r->first && length > 1 &&
           ch_text_is_capital(r->text, folded.start) &&
           !ch_text_is_capital(r->text, folded.start + 1);
}

static gboolean
is_quoted(const reader *r, gsize folded)
{
    const GArray *quotes = ch_text_quotes(r->text);
    for (guint i = 0; i < quotes->len; i++) {
        ch_span q = g_array_index(quotes, ch_span, i);
        if (folded >= q.start && folded < q.end) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean
is_signature(const reader *r, gsize folded)
{
    ch_span s = ch_text_signature(r->text);
    return folded >= s.start && folded < s.end;
}

static void
tell_beginning(const reader *r, const char *word, ch_span span)
{
    if (g_utf8_strlen(word, -1) > BEGIN_LETTERS) {
        g_autofree char *begin = g_utf8_substring(word, 0, BEGIN_LETTERS);
        tell(r, "p", begin, NULL, span);
    }
}

/* One word or sign; letters: it is a word. */
static void
take(reader *r, const char *word, ch_span span, gboolean letters)
{
    ch_span folded = folded_span(r, span);
    if (is_signature(r, folded.start)) {
        return;
    }
    if (is_quoted(r, folded.start)) {
        tell(r, "q", word, NULL, folded);
        r->last[0] = '\0';
        r->first = TRUE;
        r->words++;
        return;
    }
    gboolean name = letters && is_name(r, folded, span.end - span.start);
    const char *shown = name ? "<Name>" : word;
    tell(r, "w", word, NULL, folded);
    if (name) {
        tell(r, "w", shown, NULL, folded);
    }
    if (letters) {
        tell_beginning(r, word, folded);
    }
    if (r->subject) {
        tell(r, "s", word, NULL, folded);
    }
    if (r->last[0] != '\0') {
        tell(r, "b", r->last, shown, (ch_span){r->last_span.start, folded.end});
    }
    g_strlcpy(r->last, shown, sizeof r->last);
    r->last_span = folded;
    r->first = !letters && strchr(".!?:\"\n", word[0]) != NULL;
    r->words++;
}

/* The end of the word that begins at p: letters, digits, or one sign. */
static const char *
word_end(const char *p, const char *end, gboolean *letters_out,
         gboolean *digits_out)
{
    gunichar c = g_utf8_get_char(p);
    *letters_out = g_unichar_isalpha(c);
    *digits_out = g_unichar_isdigit(c);
    do {
        p = g_utf8_next_char(p);
        c = p < end ? g_utf8_get_char(p) : 0;
    } while (p < end && ((*letters_out && g_unichar_isalpha(c)) ||
                         (*digits_out && g_unichar_isdigit(c))));
    return p;
}

static void
take_at(reader *r, const char *base, const char *p, const char *end,
        gboolean letters, gboolean digits)
{
    char word[LONGEST_NAME + 1];
    ch_span span = {(gsize)(p - base), (gsize)(end - base)};
    if (digits) {
        g_snprintf(word, sizeof word, "<%u>", (guint)MIN(end - p, 5));
    } else if (span.end - span.start > LONGEST_NAME) {
        return; /* no word of any language */
    } else {
        gsize n = span.end - span.start; /* g_strlcpy would read all of p */
        memcpy(word, p, n);
        word[n] = '\0';
    }
    take(r, word, span, letters);
}

static void
read_text(reader *r)
{
    gsize length;
    const char *base = ch_text_view(r->text, CH_VIEW_SPOKEN, &length);
    r->spoken = base != NULL;
    if (base == NULL) {
        base = ch_text_folded(r->text, &length);
    }
    const char *end = base + MIN(length, (gsize)CH_MAX_OPINION_TEXT);
    r->last[0] = '\0';
    r->first = TRUE;
    for (const char *p = base; p < end;) {
        gboolean letters, digits;
        const char *next = word_end(p, base + length, &letters, &digits);
        if (!g_unichar_isspace(g_utf8_get_char(p))) {
            take_at(r, base, p, next, letters, digits);
        }
        p = next;
    }
}

static void
tell_facts(reader *r, const ch_post_facts *facts)
{
    r->number = -1;
    if (facts->is_reply) {
        tell(r, "m", "reply", NULL, (ch_span){0, 0});
    }
    if (facts->has_image) {
        tell(r, "m", "image", NULL, (ch_span){0, 0});
    }
}

gboolean
ch_features_reads(const ch_text *text)
{
    ch_where where = ch_text_where(text);
    return where == CH_WHERE_SUBJECT || where == CH_WHERE_BODY ||
           where == CH_WHERE_ALT || where == CH_WHERE_HIDDEN ||
           where == CH_WHERE_ATTACHMENT;
}

static gboolean
is_seam(const ch_text *text, const ch_text *first)
{
    return ch_text_where(text) == CH_WHERE_BODY &&
           ch_text_where(first) == CH_WHERE_BODY &&
           ch_text_source(text) == ch_text_source(first);
}

/* Whether it says what a text before says, as the halves of a mail do, or
 * comes from it, as a seam. */
static gboolean
is_told(const GPtrArray *texts, guint number)
{
    gsize length, other;
    const char *folded = ch_text_folded(texts->pdata[number], &length);
    for (guint i = 0; i < number; i++) {
        const char *data = ch_text_folded(texts->pdata[i], &other);
        if (ch_features_reads(texts->pdata[i]) &&
            (is_seam(texts->pdata[number], texts->pdata[i]) ||
             (other == length && memcmp(data, folded, length) == 0))) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_features_takes(const GPtrArray *texts, guint number)
{
    return ch_features_reads(texts->pdata[number]) && !is_told(texts, number);
}

void
ch_features_each(const GPtrArray *texts, const ch_post_facts *facts,
                 ch_feature_visit visit, gpointer data)
{
    reader r = {.visit = visit, .data = data};
    for (guint i = 0; i < texts->len; i++) {
        r.text = texts->pdata[i];
        r.number = (int)i;
        r.subject = ch_text_where(r.text) == CH_WHERE_SUBJECT;
        if (ch_features_takes(texts, i)) {
            read_text(&r);
        }
    }
    tell_facts(&r, facts);
}
