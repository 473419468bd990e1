/*
 * The second opinion: what a classifier does to findings.
 *
 * What it adds is a finding of the rule that the post sounds like, with no more
 * than that rule's own action.  A finding that it spares stays visible, with
 * the action accept.
 */
#include "rule_run_int.h"

#include "chaperone/limits.h"
#include "chaperone/passage.h"

#include <math.h>
#include <string.h>

/* Words that leave hardly a doubt are believed: reading for the meaning takes
 * a hundred times as long. */
#define DOUBT 0.002

/* Of a rule, the encoder's log odds against the words'. */
#define KIND_WEIGHT 0.7

typedef struct {
    const ch_encoder *encoder;
    ch_meaning meaning;
} understood;

static double
kind_odds(const char *rule, gconstpointer data)
{
    const understood *u = data;
    int number = ch_encoder_rule(u->encoder, rule);
    return number < 0 ? 0 : KIND_WEIGHT * (double)u->meaning.kinds[number];
}

/* What is meant, beside the words: both are added as log odds. */
static void
ask_encoder(const rule_opinion *o, const GPtrArray *texts,
            const ch_post_facts *facts, const ch_reading *reading,
            ch_opinion *opinion)
{
    understood u = {.encoder = o->encoder};
    g_autoptr(GString) passage = ch_passage_new(texts, facts);
    if (ch_encoder_read(o->encoder, passage->str, passage->len, &u.meaning)) {
        double odds = log(opinion->harm) - log1p(-opinion->harm);
        opinion->harm = 1 / (1 + exp(-odds - u.meaning.odds));
        opinion->meant = u.meaning.odds;
        opinion->rule = ch_reading_rule(reading, kind_odds, &u);
    }
    ch_meaning_clear(&u.meaning);
}

ch_reading *
ch_rule_opinion_form(const rule_opinion *o, const GPtrArray *texts,
                     const ch_facts *facts, gboolean with_reasons,
                     ch_opinion *opinion)
{
    const ch_post_facts known = {facts->is_reply, facts->has_image};
    ch_reading *reading = ch_reading_new(o->classifier, with_reasons);
    ch_features_each(texts, &known, ch_reading_take, reading);
    ch_reading_finish(reading, texts, opinion);
    opinion->by_words = opinion->harm;
    if (o->encoder != NULL && opinion->harm > DOUBT) {
        ask_encoder(o, texts, &known, reading, opinion);
    }
    return reading;
}

static gboolean
is_label(const ch_ruleset *rules, const char *id)
{
    const char *label;
    for (guint i = 0;
         (label = ch_classifier_label(rules->opinion.classifier, i)) != NULL;
         i++) {
        if (strcmp(label, id) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* list: or NULL. */
static gboolean
is_listed(GStrv list, const char *id)
{
    return list != NULL && g_strv_contains((const char *const *)list, id);
}

static gboolean
may_spare(const ch_ruleset *rules, const char *id)
{
    return is_label(rules, id) && !is_listed(rules->opinion.firm, id);
}

/* The sentence of a text that a finding begins in, folded. */
static ch_span
sentence_of(const ch_text *text, const ch_finding *f)
{
    const GArray *starts = ch_text_sentences(text);
    ch_span s = {0, 0};
    ch_text_folded(text, &s.end);
    for (guint i = 0; i + 1 < starts->len; i++) {
        ch_span one = {g_array_index(starts, gsize, i),
                       g_array_index(starts, gsize, i + 1)};
        if (ch_text_origin(text, one).end > f->span.start) {
            return one;
        }
        s.start = one.end;
    }
    return s;
}

/* Whether the classifier has read what is there. */
static gboolean
is_read(const ch_text *text, ch_span sentence)
{
    ch_span signature = ch_text_signature(text);
    return ch_features_reads(text) && (sentence.start < signature.start ||
                                       sentence.start >= signature.end);
}

/* Harm of the sentence that a finding stands in: what is harmless around it
 * does not excuse it, nor is excused (1) what the classifier does not read. */
static double
harm_around(const rule_run *r, ch_reading *reading, const ch_finding *f)
{
    double harm = 0;
    for (guint t = 0; f->has_span && t < r->texts->len; t++) {
        const ch_text *text = r->texts->pdata[t];
        if (ch_text_where(text) == f->where && ch_text_part(text) == f->part) {
            ch_span sentence = sentence_of(text, f);
            double here = is_read(text, sentence)
                              ? ch_reading_harm_in(reading, t, sentence)
                              : 1;
            harm = MAX(harm, here);
        }
    }
    return harm;
}

/* A sentence alone has few words to tell by: it is enough that it does not
 * sound bad. */
#define EXCUSED 0.35
/* Unless the post leaves hardly a doubt, and is read as a whole: then its other
 * words tell what the sentence means.  Longer ones are read in parts. */
#define HARDLY      0.05
#define WHOLE_WORDS 400

/* Whether what harmless words around say is true of a finding's sentence, whose
 * own harm is here. */
static gboolean
is_excused(ch_reading *reading, double harm, double here)
{
    gboolean hardly = harm < HARDLY && ch_reading_words(reading) <= WHOLE_WORDS;
    return here < (hardly ? 1 : EXCUSED);
}

/* Of an identifier other sentences say nothing, nor does the post of what is
 * hidden or attached. */
static gboolean
is_firm_excused(const ch_finding *f, double here)
{
    return here < EXCUSED &&
           (f->where == CH_WHERE_BODY || f->where == CH_WHERE_SUBJECT);
}

/* Which part of spare harm has to stay below, where a rule is sure; where it is
 * firm; where what a firm rule that is not sure found is nothing.  Of 73,000
 * posts, each judged by what the others taught, firm rules alone were right on
 * 82 and wrong on 157 below a tenth; those not sure on 32 and 100 below a
 * fortieth. */
#define SURE_PART   2
#define FIRM_PART   10
#define NOBODY_PART 40

/* What is left of a finding's action where the words around excuse it. */
static ch_action
excused_action(const rule_opinion *o, double harm, const ch_finding *f)
{
    gboolean sure = f->rule->confidence == CH_CONFIDENCE_HIGH;
    if (harm < o->spare / (sure ? SURE_PART : 1) ||
        (f->asked == CH_TAG && harm < o->soften)) {
        return CH_ACCEPT;
    }
    gboolean softened = f->asked == CH_QUARANTINE && harm < o->soften;
    return softened || harm < o->spare ? CH_TAG : f->asked;
}

/* The same of a firm rule's. */
static ch_action
firm_action(const rule_opinion *o, double harm, const ch_finding *f)
{
    gboolean sure = f->rule->confidence == CH_CONFIDENCE_HIGH;
    if (!sure && harm < o->spare / NOBODY_PART) {
        return CH_ACCEPT;
    }
    return harm < o->spare / FIRM_PART ? CH_TAG : f->asked;
}

/* What is left of a finding's action where so little harm is around.  A hold
 * makes an author wait: a tag may do.  A refusal ends a post without a person:
 * firm rules, too, need more than themselves for it; and a post that only waits
 * for a person needs no excuse. */
static ch_action
action_left(const rule_run *r, ch_reading *reading, double harm,
            const ch_finding *f)
{
    const rule_opinion *o = &r->rules->opinion;
    const char *id = f->rule->id;
    gboolean firm = is_listed(o->firm, id);
    if (harm >= MAX(o->refuse, MAX(o->soften, o->spare)) ||
        is_listed(o->final, id) || !(firm || is_label(r->rules, id))) {
        return f->asked;
    }
    double here = harm_around(r, reading, f);
    ch_action left = f->asked;
    if (firm && is_firm_excused(f, here)) {
        left = firm_action(o, harm, f);
    } else if (!firm && is_excused(reading, harm, here)) {
        left = excused_action(o, harm, f);
    }
    if (left < f->asked) {
        return left;
    }
    return f->asked == CH_REJECT && harm < o->refuse && here < 1 ? CH_QUARANTINE
                                                                 : f->asked;
}

static void
spare(const rule_run *r, ch_reading *reading, double harm, GArray *findings)
{
    for (guint i = 0; r->rules->opinion.spare > 0 && i < findings->len; i++) {
        ch_finding *f = &g_array_index(findings, ch_finding, i);
        f->asked = MIN(f->asked, action_left(r, reading, harm, f));
        f->action = MIN(f->action, f->asked);
    }
}

/* The rule itself, or one that is no matter of words, has said as much. */
static gboolean
is_said(const ch_ruleset *rules, const GArray *findings, const ch_rule *rule,
        ch_action action)
{
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        if (f->asked >= action &&
            (f->rule == rule || !may_spare(rules, f->rule->id))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* 100 per cent are never reached, not even by rounding. */
static gboolean
reaches(double harm, double from)
{
    return from < 1 && harm >= from;
}

/* Log odds that the encoder has to add where words hold what a rule would
 * refuse, and where they refuse.  Of posts of eight writers whom nobody had
 * learned from, held for how they sound though the encoder spoke against harm,
 * 6 of 30 were harmless where the rule would refuse, and 1 of 33 where it only
 * holds. */
#define HOLD_MEANT   0
#define REFUSE_MEANT 1

/* Harm by the words alone that a hold needs where the rule only holds: of posts
 * of seven writers whom nobody had learned from, held with less, 4 of 18 were
 * harmless, with more 9 of 447. */
#define HOLD_WORDS 0.7

/* Whether what is meant says so much for harm, where somebody was asked. */
static gboolean
is_meant(const rule_opinion *o, const ch_opinion *opinion, double least)
{
    return o->encoder == NULL || opinion->meant >= least;
}

/* Whether there is reason to hold what sounds like a rule with this action of
 * its own: that words and encoder together leave little doubt, and that neither
 * does it alone. */
static gboolean
is_held(const rule_opinion *o, const ch_opinion *opinion, ch_action own)
{
    return own == CH_REJECT ? reaches(opinion->harm, o->hold_grave) &&
                                  is_meant(o, opinion, HOLD_MEANT)
                            : reaches(opinion->harm, o->hold) &&
                                  opinion->by_words >= MIN(HOLD_WORDS, o->hold);
}

/* Of a post that sounds like a rule with this action of its own.  For its words
 * alone no post is refused; nor is for how it sounds anybody refused who has,
 * by the rule, no identifier in it. */
static ch_action
action_for(const rule_opinion *o, const ch_opinion *opinion, ch_action own)
{
    if (!is_held(o, opinion, own)) {
        return MIN(own, CH_TAG);
    }
    gboolean rejects = reaches(opinion->harm, o->reject) &&
                       is_meant(o, opinion, REFUSE_MEANT) &&
                       !is_listed(o->firm, opinion->rule);
    return MIN(own, rejects ? CH_REJECT : CH_QUARANTINE);
}

static void
add(rule_run *r, const ch_opinion *opinion, GArray *findings)
{
    const rule_opinion *o = &r->rules->opinion;
    const rule_entry *entry =
        opinion->rule != NULL && is_label(r->rules, opinion->rule)
            ? g_hash_table_lookup(r->rules->by_id, opinion->rule)
            : NULL;
    if (entry == NULL || opinion->text < 0 ||
        !reaches(opinion->harm,
                 entry->public.severity == 1 ? o->tag_s1 : o->tag) ||
        findings->len >= CH_MAX_FINDINGS) {
        return;
    }
    ch_action action = action_for(o, opinion, ch_rule_asks_for(r, entry));
    if (!is_said(r->rules, findings, &entry->public, action)) {
        const ch_text *text = r->texts->pdata[opinion->text];
        ch_finding f = {.rule = &entry->public,
                        .asked = action,
                        .action = action,
                        .where = ch_text_where(text),
                        .part = ch_text_part(text),
                        .text = text,
                        .has_span = TRUE,
                        .learned = TRUE,
                        .span = ch_text_origin(text, opinion->span)};
        f.line = ch_text_line(text, f.span.start);
        g_array_append_val(findings, f);
    }
}

void
ch_rule_opinion_review(rule_run *r, GArray *findings, ch_opinion *opinion)
{
    const rule_opinion *o = &r->rules->opinion;
    *opinion = (ch_opinion){.text = -1};
    if (o->classifier == NULL) {
        return;
    }
    g_autoptr(ch_reading) reading =
        ch_rule_opinion_form(o, r->texts, r->facts, FALSE, opinion);
    spare(r, reading, opinion->harm, findings);
    add(r, opinion, findings);
}
