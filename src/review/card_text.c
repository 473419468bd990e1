/*
 * The texts of a post, with what was found marked in place.
 *
 * A text is what a reader of one place sees; findings name bytes of what the
 * sender wrote.  Each character is asked for its origin there: whether a
 * finding covers it, and whether the gateway cuts it off.  Runs of the same
 * answer become one element.  Text only: nothing of the mail is markup.
 */
#include "card.h"

#include "chaperone/limits.h"

#include <string.h>

/* What stands at one character. */
typedef struct {
    int finding; /* index, -1: none */
    gboolean cut;
} place;

static const char *
where_words(ch_ctx *c, ch_where where)
{
    switch (where) {
    case CH_WHERE_SUBJECT:
        return T(c, "Subject");
    case CH_WHERE_HEADER:
        return T(c, "Header");
    case CH_WHERE_BODY:
        return T(c, "Text");
    case CH_WHERE_HIDDEN:
        return T(c, "Hidden text");
    case CH_WHERE_ALT:
        return T(c, "Description of a picture");
    case CH_WHERE_LINK:
        return T(c, "Link");
    case CH_WHERE_ATTACHMENT:
        return T(c, "Text of an attachment");
    case CH_WHERE_FILENAME:
        return T(c, "File name");
    case CH_WHERE_METADATA:
        return T(c, "Metadata");
    case CH_WHERE_DIRECTIVE:
        return T(c, "Directive");
    case CH_WHERE_STRUCTURE:
    case CH_WHERE_HISTORY:
    case CH_WHERE_COUNT:
        break;
    }
    return ch_where_name(where);
}

/* --- masking -------------------------------------------------------------- */

char *
ch_card_dup_masked(const char *text, gsize length)
{
    g_autofree char *valid = g_utf8_make_valid(text, (gssize)length);
    GString *out = g_string_new(NULL);
    gboolean inside = FALSE;
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar ch = g_utf8_get_char(p);
        gboolean word = g_unichar_isalnum(ch) || g_unichar_ismark(ch);
        if (!word || (!inside && g_unichar_isalpha(ch))) {
            g_string_append_unichar(out, ch);
        } else {
            g_string_append_c(out, '*');
        }
        inside = word;
    }
    return g_string_free(out, FALSE);
}

static void
put(ch_html *h, const ch_card *card, const char *text, gsize length)
{
    if (!card->masked) {
        ch_html_text_n(h, text, length);
        return;
    }
    g_autofree char *masked = ch_card_dup_masked(text, length);
    ch_html_text(h, masked);
}

/* --- one text ------------------------------------------------------------- */

static const char *
part_number(const ch_card *card, int part)
{
    const GPtrArray *parts = ch_message_parts(card->verdict->message);
    return part >= 0 && (guint)part < parts->len
               ? ((const ch_part *)g_ptr_array_index(parts, part))->number
               : NULL;
}

/* Indexes of the findings in that text.  Owned array of guint. */
static GArray *
findings_of(const ch_card *card, const ch_text *text)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(guint));
    const char *number = part_number(card, ch_text_part(text));
    const char *where = ch_where_name(ch_text_where(text));
    gsize size = g_bytes_get_size(ch_text_source(text));
    for (guint i = 0; i < card->findings->len; i++) {
        const ch_recorded *r = &g_array_index(card->findings, ch_recorded, i);
        if (r->has_span && r->span.end <= size &&
            strcmp(r->where, where) == 0 && g_strcmp0(r->part, number) == 0) {
            g_array_append_val(list, i);
        }
    }
    return list;
}

static const ch_posting *
posting_of(const ch_card *card)
{
    const GArray *to = card->verdict->destinations;
    return to->len > 0 ? g_array_index(to, ch_destination, 0).posting : NULL;
}

static place
place_of(const ch_card *card, const ch_text *text, const GArray *mine,
         const ch_posting *posting, gsize start, gsize end)
{
    ch_span at = ch_text_origin_of_plain(text, (ch_span){start, end});
    place p = {.finding = -1};
    for (guint i = 0; i < mine->len && p.finding < 0; i++) {
        guint n = g_array_index(mine, guint, i);
        const ch_recorded *r = &g_array_index(card->findings, ch_recorded, n);
        if (at.start < r->span.end && at.end > r->span.start) {
            p.finding = (int)n;
        }
    }
    p.cut = posting != NULL && ch_text_where(text) == CH_WHERE_BODY &&
            at.end > at.start &&
            ch_posting_cuts(posting, ch_text_part(text), at);
    return p;
}

static void
put_run(ch_html *h, const ch_card *card, const char *text, gsize length,
        const place *p)
{
    if (p->finding < 0) {
        put(h, card, text, length);
        return;
    }
    const ch_recorded *r =
        &g_array_index(card->findings, ch_recorded, (guint)p->finding);
    ch_html_open(h, "mark",
                 A("class", ch_action_name(r->action)) A("title", r->rule));
    put(h, card, text, length);
    ch_html_close(h);
}

/* The characters that are (not) cut off; whether there were any. */
static gboolean
put_half(ch_html *h, const ch_card *card, const ch_text *text, gboolean cut,
         const GArray *mine)
{
    gsize length;
    const char *plain = ch_text_plain(text, &length);
    const ch_posting *posting = posting_of(card);
    gsize end = MIN(length, (gsize)CH_MAX_CARD_TEXT), run = 0;
    place now = {.finding = -1};
    gboolean any = FALSE;
    for (gsize at = 0; at < end;) {
        gsize next = (gsize)(g_utf8_next_char(plain + at) - plain);
        place p = place_of(card, text, mine, posting, at, next);
        if (p.finding != now.finding || p.cut != now.cut) {
            if (now.cut == cut && at > run) {
                put_run(h, card, plain + run, at - run, &now);
                any = TRUE;
            }
            run = at;
            now = p;
        }
        at = next;
    }
    if (now.cut == cut && end > run) {
        put_run(h, card, plain + run, end - run, &now);
        any = TRUE;
    }
    return any;
}

static gboolean
has_cut(const ch_card *card, const ch_text *text)
{
    const ch_posting *posting = posting_of(card);
    return posting != NULL && posting->cut->len > 0 &&
           ch_text_where(text) == CH_WHERE_BODY;
}

static void
put_text(ch_ctx *c, ch_html *h, const ch_card *card, const ch_text *text)
{
    gsize length;
    g_autoptr(GArray) mine = findings_of(card, text);
    const char *number = part_number(card, ch_text_part(text));
    ch_text_plain(text, &length);
    ch_html_open(h, "h3", );
    ch_html_text(h, where_words(c, ch_text_where(text)));
    if (number != NULL) {
        ch_html_textf(h, " · %s %s", T(c, "part"), number);
    }
    ch_html_close(h);
    ch_html_open(h, "div", A("class", "post") A("dir", "auto"));
    put_half(h, card, text, FALSE, mine);
    ch_html_close(h);
    if (has_cut(card, text)) {
        ch_html_element(h, "p", "soft",
                        T(c, "Cut off by the gateway, not published:"));
        ch_html_open(h, "div", A("class", "post cut") A("dir", "auto"));
        if (!put_half(h, card, text, TRUE, mine)) {
            ch_html_text(h, "–");
        }
        ch_html_close(h);
    }
    if (length > CH_MAX_CARD_TEXT) {
        ch_html_element(h, "p", "notice",
                        T(c, "The text goes on; the source has all of it."));
    }
}

/* --- all of them ---------------------------------------------------------- */

/* Texts that readers see, and others with a finding, come first. */
static gboolean
is_prominent(const ch_card *card, const ch_text *text)
{
    ch_where where = ch_text_where(text);
    if (where == CH_WHERE_BODY || where == CH_WHERE_SUBJECT) {
        return TRUE;
    }
    g_autoptr(GArray) mine = findings_of(card, text);
    return mine->len > 0;
}

static gboolean
is_empty(const ch_text *text)
{
    gsize length;
    const char *plain = ch_text_plain(text, &length);
    g_autofree char *copy = g_strstrip(g_strndup(plain, MIN(length, 4096)));
    return copy[0] == '\0';
}

/* So many texts of a mail of thousands. */
#define MAX_SHOWN 200

static guint
put_kind(ch_ctx *c, ch_html *h, const ch_card *card, gboolean prominent,
         gboolean dry)
{
    const GPtrArray *texts = card->verdict->texts;
    guint n = 0;
    for (guint i = 0; i < texts->len && n < MAX_SHOWN; i++) {
        const ch_text *text = g_ptr_array_index(texts, i);
        if (is_empty(text) || is_prominent(card, text) != prominent) {
            continue;
        }
        n++;
        if (!dry) {
            put_text(c, h, card, text);
        }
    }
    return n;
}

void
ch_card_put_texts(ch_ctx *c, ch_html *h, const ch_card *card)
{
    ch_html_element(h, "h2", NULL, T(c, "What would be published"));
    if (card->masked) {
        ch_html_element(h, "p", "notice",
                        T(c, "An auditor sees the text masked."));
    }
    if (card->verdict == NULL) {
        ch_html_element(h, "p", "error",
                        T(c, "The post cannot be read now. Its source can be "
                             "looked at."));
        return;
    }
    put_kind(c, h, card, TRUE, FALSE);
    guint others = put_kind(c, h, card, FALSE, TRUE);
    if (others > 0) {
        ch_html_open(h, "details", );
        ch_html_open(h, "summary", );
        ch_html_textf(h, "%s (%u)", T(c, "Links, headers and other texts"),
                      others);
        ch_html_close(h);
        put_kind(c, h, card, FALSE, FALSE);
        ch_html_close(h);
    }
    if (!card->masked) {
        g_autofree char *raw = g_strdup_printf("/item/%s/raw", card->item->id);
        ch_html_open(h, "p", );
        ch_html_open(h, "a", A("href", raw));
        ch_html_text(h, T(c, "Look at the source"));
        ch_html_close(h);
        ch_html_close(h);
    }
}
