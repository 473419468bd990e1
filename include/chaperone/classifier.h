/*
 * A linear classifier over the words of a post: a second opinion beside the
 * rules.
 *
 * It was made by `chaperone rules learn` from labelled posts: each feature (a
 * word, two words, the beginning of a word, a fact of the post) has a weight
 * for each label.  The first label is "harm": something is wrong with the
 * post.  Labels with a slash are ids of rules, the others kinds of harmless
 * posts ("tip").  Logistic regression, L2: Fan et al., LIBLINEAR, JMLR 9,
 * 2008.
 *
 * Reading is pure and a classifier const: all threads share it.
 */
#ifndef CHAPERONE_CLASSIFIER_H
#define CHAPERONE_CLASSIFIER_H

#include "chaperone/diag.h"
#include "chaperone/text.h"

/* --- features ------------------------------------------------------------ */

/* What a feature may know of a post besides its texts. */
typedef struct {
    gboolean is_reply, has_image;
} ch_post_facts;

/* One feature of a post, as often as it stands there.  name is borrowed for
 * the call; text -1: it stands nowhere (a fact). */
typedef struct {
    const char *name;
    int text;     /* index into the texts */
    ch_span span; /* of the folded text */
    guint word;   /* running number of its first word in the post */
} ch_feature;

typedef void (*ch_feature_visit)(const ch_feature *feature, gpointer data);

/* Whether a text counts: subject, bodies, alt and hidden texts, attachments. */
gboolean ch_features_reads(const ch_text *text);
/* Whether that one of the texts counts: what reads the same as one before it
 * does not. */
gboolean ch_features_takes(const GPtrArray *texts, guint number);
/* Visits the features of those texts (folded), at most CH_MAX_OPINION_TEXT
 * bytes of each. */
void ch_features_each(const GPtrArray *texts, const ch_post_facts *facts,
                      ch_feature_visit visit, gpointer data);

/* Added to the square of a vector's length before it is brought to 1: a post
 * of three known words weighs less than one of fifty. */
#define CH_CLASSIFIER_REST 300.0

/* --- the classifier ------------------------------------------------------ */

typedef struct ch_classifier ch_classifier;

/* From its file; NULL after an error.  parse takes data.  Owned. */
ch_classifier *ch_classifier_load(const char *path, ch_diag *diag);
ch_classifier *ch_classifier_parse(const char *path, char *data, ch_diag *diag);
void ch_classifier_free(ch_classifier *classifier);

/* Number of a feature, 0 if it is not known. */
guint ch_classifier_number(const ch_classifier *classifier, const char *name);
guint ch_classifier_features(const ch_classifier *classifier);
/* Borrowed; NULL behind the last. */
const char *ch_classifier_label(const ch_classifier *classifier, guint number);

/* A word and what it adds to the log odds of harm. */
typedef struct {
    char *name;
    double weight;
} ch_reason;

typedef struct {
    double harm;      /* probability, 0 to 1 */
    double by_words;  /* the same by the words alone */
    double meant;     /* log odds that an encoder has added; 0: not asked */
    const char *rule; /* id of the likeliest rule, were there harm; NULL: none
                       * is known.  Borrowed from the classifier. */
    const char *kind; /* of a harmless post, or NULL.  Borrowed. */
    int text;         /* where most of the harm stands, -1: nowhere */
    ch_span span;     /* of the folded text: a sentence */
    GArray *reasons;  /* of ch_reason, strongest first; NULL unless asked for */
} ch_opinion;

/* Reading a post: take all its features, then ask. */
typedef struct ch_reading ch_reading;
ch_reading *ch_reading_new(const ch_classifier *classifier,
                           gboolean with_reasons);
void ch_reading_take(const ch_feature *feature, gpointer reading);
/* A long post is read as a whole and piece by piece: harmless words around do
 * not hide the others.  texts: those that the features stand in. */
void ch_reading_finish(ch_reading *reading, const GPtrArray *texts,
                       ch_opinion *opinion_out);
/* Log odds that speak for a rule besides the words of a post. */
typedef double (*ch_rule_odds)(const char *rule, gconstpointer data);
/* The likeliest rule of what was just finished, these added; NULL: none is
 * known.  Borrowed from the classifier. */
const char *ch_reading_rule(const ch_reading *reading, ch_rule_odds more,
                            gconstpointer data);
void ch_reading_free(ch_reading *reading);
/* Words of the post. */
guint ch_reading_words(const ch_reading *reading);
/* Probability of harm of one stretch of folded text alone. */
double ch_reading_harm_in(ch_reading *reading, guint text, ch_span folded);
void ch_opinion_clear(ch_opinion *opinion);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_classifier, ch_classifier_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_reading, ch_reading_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ch_opinion, ch_opinion_clear)

#endif
