/*
 * Passages: what of a post goes to the encoder.
 */
#include "chaperone/passage.h"

#include "chaperone/limits.h"

#include <string.h>

typedef struct {
    ch_text *text;
    gboolean spoken;
    const char *base, *end;
} source;

static gsize
folded_offset(const source *s, const char *p)
{
    gsize at = (gsize)(p - s->base);
    return s->spoken ? ch_text_view_origin(s->text, CH_VIEW_SPOKEN,
                                           (ch_span){at, at + 1})
                           .start
                     : at;
}

static gboolean
is_signature(const source *s, const char *p)
{
    ch_span signature = ch_text_signature(s->text);
    gsize at = folded_offset(s, p);
    return at >= signature.start && at < signature.end;
}

/* One word, with its capital; nothing of a signature. */
static void
add_word(GString *passage, const source *s, const char *p, const char *end)
{
    if (is_signature(s, p)) {
        return;
    }
    gunichar first = g_utf8_get_char(p);
    if (g_unichar_isalpha(first) &&
        ch_text_is_capital(s->text, folded_offset(s, p))) {
        g_string_append_unichar(passage, g_unichar_toupper(first));
        p = g_utf8_next_char(p);
    }
    g_string_append_len(passage, p, end - p);
}

static const char *
word_end(const char *p, const char *end)
{
    gboolean letters = g_unichar_isalpha(g_utf8_get_char(p));
    do {
        p = g_utf8_next_char(p);
    } while (p < end && letters && g_unichar_isalpha(g_utf8_get_char(p)));
    return p;
}

static void
add_text(GString *passage, ch_text *text)
{
    gsize length;
    source s = {.text = text};
    s.base = ch_text_view(text, CH_VIEW_SPOKEN, &length);
    s.spoken = s.base != NULL;
    if (s.base == NULL) {
        s.base = ch_text_folded(text, &length);
    }
    s.end = s.base + MIN(length, (gsize)CH_MAX_OPINION_TEXT);
    for (const char *p = s.base; p < s.end;) {
        const char *end = word_end(p, s.end);
        add_word(passage, &s, p, end);
        p = end;
    }
}

GString *
ch_passage_new(const GPtrArray *texts, const ch_post_facts *facts)
{
    GString *passage = g_string_new(NULL);
    gboolean any = FALSE;
    if (facts->is_reply) {
        g_string_append_c(passage, CH_PASSAGE_REPLY);
    }
    if (facts->has_image) {
        g_string_append_c(passage, CH_PASSAGE_IMAGE);
    }
    for (guint i = 0; i < texts->len; i++) {
        if (ch_features_takes(texts, i)) {
            if (any) {
                g_string_append_c(passage, CH_PASSAGE_NEXT);
            }
            add_text(passage, texts->pdata[i]);
            any = TRUE;
        }
    }
    return passage;
}
