/*
 * What the parts of the card share: one post, as recorded and as read now.
 */
#ifndef CHAPERONE_REVIEW_CARD_H
#define CHAPERONE_REVIEW_CARD_H

#include "chaperone/directive.h"
#include "chaperone/release.h"
#include "chaperone/retime.h"
#include "decide.h"

/* A finding as the store keeps it: the verdict as it was. */
typedef struct {
    char *rule, *where, *part; /* part: its number, or NULL */
    ch_action action;
    gboolean has_span;
    ch_span span;
    guint line;
    char *place; /* in a document or picture, in English, or NULL */
} ch_recorded;

typedef struct {
    ch_item *item;
    ch_review *review;
    GPtrArray *history; /* of ch_history */
    GPtrArray *steps;   /* of ch_release_step */
    GPtrArray *letters; /* of ch_letter */
    GBytes *raw;        /* NULL: destroyed or never kept */
    ch_envelope *envelope;
    ch_verdict *verdict; /* the post read again, for texts and gateways; or
                            NULL */
    GArray *findings;    /* of ch_recorded */
    GPtrArray *plan;     /* of ch_retiming: a release now; or NULL */
    gboolean masked;     /* for an auditor */
} ch_card;

/* FALSE: error says why. */
gboolean ch_card_load(ch_ctx *c, const char *id, ch_card *card, GError **error);
void ch_card_clear(ch_card *card);
/* From the JSON of record.c.  Owned array of ch_recorded. */
GArray *ch_card_parse_findings(const char *json);

/* Whether who asks has opened this card lately, and said why. */
gboolean ch_card_was_opened(const ch_ctx *c, const GPtrArray *history,
                            gboolean with_reason);
/* What a release of the message raw would do now; NULL: the item is not open.
 * Owned array of ch_retiming. */
GPtrArray *ch_card_plan(const ch_ctx *c, const ch_item *item,
                        const ch_envelope *e, GBytes *raw);

/* card_text.c: the texts of the post with its findings in place. */
void ch_card_put_texts(ch_ctx *c, ch_html *h, const ch_card *card);
/* card_findings.c: what was found, and taken out. */
void ch_card_put_findings(ch_ctx *c, ch_html *h, const ch_card *card);
/* Its pictures went on without what they say about themselves. */
gboolean ch_card_was_cleaned(const ch_card *card);
/* card_facts.c: who, where, when, attachments, recipients, history. */
void ch_card_put_facts(ch_ctx *c, ch_html *h, const ch_card *card);
void ch_card_put_parts(ch_ctx *c, ch_html *h, const ch_card *card);
void ch_card_put_letters(ch_ctx *c, ch_html *h, const ch_card *card);
void ch_card_put_history(ch_ctx *c, ch_html *h, const ch_card *card);
/* card_time.c: what a release would do now. */
void ch_card_put_plan(ch_ctx *c, ch_html *h, const ch_card *card);
const char *ch_card_release_words(ch_ctx *c, const ch_card *card);
/* A release would be refused for the time of the post. */
gboolean ch_card_is_late(const ch_card *card);
/* card_forms.c: what can be done about it. */
void ch_card_put_forms(ch_ctx *c, ch_html *h, const ch_card *card);
/* item: NULL, or the post that it is about, with its advice chosen. */
void ch_put_canned(ch_ctx *c, ch_html *h, const char *note_id,
                   const ch_item *item);

/* Letters and digits as stars, but for the first letter of a word.  Owned. */
char *ch_card_dup_masked(const char *text, gsize length);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_card, ch_card_clear)

#endif
