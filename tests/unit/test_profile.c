/*
 * Profiles: the words of a specialty, the law of a jurisdiction.
 */
#include "chaperone/inspect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <string.h>

#define NOW (G_GINT64_CONSTANT(1796000000) * G_USEC_PER_SEC)

/* The shipped rules under that practice:; examples are not run again. */
static ch_house *
make_house(const char *practice, const char *rules, ch_diag *diag)
{
    g_autofree char *yaml = g_strdup_printf(
        "practice: {%s}\nrules: {paths: [%s], cache: \"\"}\n"
        "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n",
        practice, rules);
    ch_config *config = ch_config_parse("c.yaml", yaml, strlen(yaml), diag);
    if (config == NULL) {
        return NULL;
    }
    config->rules_drafts = TRUE;
    return ch_house_new(config, diag);
}

/* extra: further places of rules, ", PATH". */
static ch_house *
house_with(const char *practice, const char *extra)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autofree char *rules = g_strconcat(CH_SOURCE_DIR "/rules", extra, NULL);
    ch_house *house = make_house(practice, rules, diag);
    if (house == NULL) {
        g_autofree char *text = ch_diag_dup_text(diag);
        fail_msg("%s", text);
    }
    return house;
}

static ch_house *
house_of(const char *practice)
{
    return house_with(practice, "");
}

static ch_verdict *
judge(ch_house *house, const char *text, const GPtrArray *known)
{
    const ch_ask ask = {.judge_all = TRUE, .authorizations = known};
    const ch_plain_post post = {
        .subject = known != NULL ? "News [auth T-1]" : NULL, .text = text};
    g_autoptr(ch_envelope) e = ch_envelope_new();
    e->time_us = NOW;
    ch_verdict *v = ch_inspect_plain(house, e, &post, &ask, NULL);
    assert_non_null(v);
    return v;
}

static const char *const specialties[] = {
    "dental", "dermatology", "paediatrics", "mental-health", "womens-health"};

/* What is held as strong or suggestive language. */
static gboolean
is_rude(ch_house *house, const char *text)
{
    g_autoptr(ch_verdict) v = judge(house, text, NULL);
    g_autofree char *rules = ch_verdict_dup_rules(v);
    return strstr(rules, "professionalism/profanity") != NULL ||
           strstr(rules, "professionalism/sexual-content") != NULL;
}

/* By the rules alone: what the classifier thinks of a post may change. */
static void
words_of_the_trade_are_no_finding(void **state)
{
    static const struct {
        guint specialty;
        const char *text;
    } rows[] = {
        {0, "Dry or wet? 😜 Why your mouth needs saliva to protect enamel."},
        {0, "Bite down harder on the gauze for the first hour 😉 it stops the "
            "bleeding."},
        {1, "A skin prick in the forearm is all it takes: allergy testing on "
            "Tuesdays."},
        {1, "Ripped cuticles? Our doctor on hand care in winter."},
        {1, "Thirsty skin drinks last: our nurses on moisturiser and wet "
            "wraps."},
        {2, "Butterflies before the first day of school? Our doctor has three "
            "tips."},
        {2, "Las mamadas frecuentes son normales en el recién nacido."},
        {2, "A cough in the night 😉 honey helps from age one."},
        {3, "Butterflies or panic? Our therapist explains the difference."},
        {3, "Staring at the ceiling at three? Our therapist has a plan for "
            "sleep."},
        {4, "Nipple pain and ripped skin in the first week: our nurses help "
            "with the latch."},
        {4, "The glove on, the lamp on, done in three minutes 😉 your smear "
            "test."},
        {4, "Las mamadas de la noche: nuestra enfermera explica la lactancia."},
    };
    static const char overlay[] =
        "overlay: rules-alone\n"
        "classifier: {hold: 100, tag: 100, spare: 0}\n";
    (void)state;
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("chaperone-XXXXXX.yaml", &file, NULL);
    assert_true(fd >= 0 && g_close(fd, NULL) &&
                g_file_set_contents(file, overlay, -1, NULL));
    g_autofree char *alone = g_strconcat(", ", file, NULL);
    g_autoptr(ch_house) plain = house_with("", alone);
    for (guint s = 0; s < G_N_ELEMENTS(specialties); s++) {
        g_autofree char *practice =
            g_strdup_printf("specialty: [%s]", specialties[s]);
        g_autoptr(ch_house) house = house_with(practice, alone);
        for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
            if (rows[i].specialty != s) {
                continue;
            }
            if (!is_rude(plain, rows[i].text) || is_rude(house, rows[i].text)) {
                fail_msg("%s: %s", specialties[s], rows[i].text);
            }
        }
    }
    g_unlink(file);
}

/* No specialty makes a page rude, and all of them together do not. */
static void
strong_language_stays_strong(void **state)
{
    static const char *const posts[] = {
        "Our dentist is single and so hot, ladies, book a cleaning.",
        "To the redhead with the broken toe: dinner with me, off the clock?",
        "Qué cuerpazo tenía el paciente de las diez.",
        "Well, that meeting was a sh*tshow.",
        "F.u.c.k cancer, said with love",
        "Qué mierda de día.",
    };
    (void)state;
    g_autofree char *list = g_strjoinv(
        ", ", (char *[]){(char *)specialties[0], (char *)specialties[1],
                         (char *)specialties[2], (char *)specialties[3],
                         (char *)specialties[4], NULL});
    g_autofree char *practice = g_strdup_printf("specialty: [%s]", list);
    g_autoptr(ch_house) house = house_of(practice);
    for (gsize i = 0; i < G_N_ELEMENTS(posts); i++) {
        g_autoptr(ch_verdict) v = judge(house, posts[i], NULL);
        if (v->action < CH_QUARANTINE) {
            fail_msg("%s: %s", posts[i], ch_action_name(v->action));
        }
    }
}

static void
references_are_those_of_the_jurisdiction(void **state)
{
    static const struct {
        const char *jurisdiction, *rule, *reference;
    } rows[] = {
        {"US", "privacy/patient-testimonial-reshare", "OCR v. Complete P.T."},
        {"AU", "privacy/patient-testimonial-reshare", "section 133"},
        {"ES", "privacy/patient-testimonial-reshare", "OCR v. Complete P.T."},
        {"UK", "professionalism/threat", "GMC 2024"},
        {"UK", "professionalism/friend-patient", "BMA 2011"},
        {"ES", "professionalism/individual-medical-advice", "OMC 2014"},
        {"US", "professionalism/individual-medical-advice", "ACP and FSMB"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *practice =
            g_strdup_printf("jurisdiction: %s", rows[i].jurisdiction);
        g_autoptr(ch_house) house = house_of(practice);
        const ch_rule *rule = ch_ruleset_find(house->rules, rows[i].rule);
        if (strstr(rule->reference, rows[i].reference) == NULL) {
            fail_msg("%s %s: %s", rows[i].jurisdiction, rows[i].rule,
                     rule->reference);
        }
    }
}

static void
free_authorization(gpointer data)
{
    ch_authorization_free(data);
}

/* Section 133 asks nobody's permission: an authorization does not help. */
static void
australia_holds_testimonials_about_care(void **state)
{
    static const char text[] =
        "We received this sweet card: \"Dr. Lee took care of my mother after "
        "her stroke.\"";
    static const struct {
        const char *jurisdiction;
        gboolean authorized;
        ch_action action;
    } rows[] = {
        {"US", FALSE, CH_QUARANTINE},
        {"US", TRUE, CH_TAG},
        {"AU", FALSE, CH_QUARANTINE},
        {"AU", TRUE, CH_QUARANTINE},
    };
    (void)state;
    g_autoptr(GPtrArray) known =
        g_ptr_array_new_with_free_func(free_authorization);
    ch_authorization *a = g_new0(ch_authorization, 1);
    a->id = g_strdup("T-1");
    a->scope = CH_AUTH_TESTIMONIAL;
    a->until_us = NOW + 1;
    a->revoked_us = -1;
    g_ptr_array_add(known, a);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *practice =
            g_strdup_printf("jurisdiction: %s", rows[i].jurisdiction);
        g_autoptr(ch_house) house = house_of(practice);
        g_autoptr(ch_verdict) v =
            judge(house, text, rows[i].authorized ? known : NULL);
        g_autofree char *rules = ch_verdict_dup_rules(v);
        gboolean strict =
            strstr(rules, "professionalism/clinical-testimonial") != NULL;
        const ch_rule *reshare = ch_ruleset_find(
            house->rules, "privacy/patient-testimonial-reshare");
        assert_true((reshare->authorization == 0) == strict);
        if (v->action != rows[i].action ||
            strict != (strcmp(rows[i].jurisdiction, "AU") == 0)) {
            fail_msg("row %zu: %s by %s", i, ch_action_name(v->action), rules);
        }
    }
}

static void
bad_values_have_a_place(void **state)
{
    static const struct {
        const char *practice, *rules, *error;
    } rows[] = {
        {"specialty: [dental, surgery]", CH_SOURCE_DIR "/rules",
         "c.yaml:1:23: practice.specialty: \"surgery\" is not allowed"},
        {"jurisdiction: FR", CH_SOURCE_DIR "/rules",
         "c.yaml:1:26: practice.jurisdiction: \"FR\" is not allowed; allowed: "
         "US|UK|AU|ES"},
        {"specialty: [dental]", CH_SOURCE_DIR "/rules/structure.yaml",
         "there is no profiles/dental.yaml in any of rules.paths"},
    };
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        assert_null(make_house(rows[i].practice, rows[i].rules, diag));
        g_autofree char *text = ch_diag_dup_text(diag);
        if (strstr(text, rows[i].error) == NULL) {
            fail_msg("%s", text);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_the_trade_are_no_finding),
        cmocka_unit_test(strong_language_stays_strong),
        cmocka_unit_test(references_are_those_of_the_jurisdiction),
        cmocka_unit_test(australia_holds_testimonials_about_care),
        cmocka_unit_test(bad_values_have_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
