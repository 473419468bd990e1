/* Replies: always fit for an MTA, and the first line says it all. */
#include "unit.h"

#include "chaperone/limits.h"
#include "chaperone/reply.h"

static void
test_anything_becomes_safe(void **state)
{
    static const struct {
        const char *name, *line, *safe;
    } rows[] = {
        {"plain", "Not posted", "Not posted"},
        {"line ends", "a\r\nRCPT TO:<x>", "a RCPT TO:<x>"},
        {"Spanish", "Ni\303\261o, \302\277qu\303\251?", "Nino, ?que?"},
        {"typography", "it\342\200\231s \342\200\234so\342\200\235",
         "it's \"so\""},
        {"control", "a\001\033[31mb", "a [31mb"},
        {"bytes that are no UTF-8", "a\377b", "a?b"},
        {"empty", "", "-"},
        {"percent is kept", "100 %", "100 %"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *lines[] = {rows[i].line, NULL};
        g_autoptr(ch_reply) reply = ch_reply_new("550", "5.7.1", lines);
        assert_int_equal(reply->lines->len, 1);
        if (strcmp(reply->lines->pdata[0], rows[i].safe) != 0) {
            fail_msg("%s: \"%s\"", rows[i].name,
                     (char *)reply->lines->pdata[0]);
        }
    }
}

static void
test_code_and_status_pair(void **state)
{
    static const struct {
        const char *code, *status, *want_code, *want_status;
    } rows[] = {
        {"550", "5.7.1", "550", "5.7.1"},
        {"451", "4.7.1", "451", "4.7.1"},
        {"552", "5.3.4", "552", "5.3.4"},
        {"550", "4.7.1", "451", "4.7.1"},
        {"250", "2.0.0", "451", "4.7.1"},
        {"55", "5.7.1", "451", "4.7.1"},
        {"550", "", "451", "4.7.1"},
        {"550", "5.7.x", "451", "4.7.1"},
        {"550", "5.", "451", "4.7.1"},
        {"550", "5...", "451", "4.7.1"},
        {"550", "5.7", "451", "4.7.1"},
        {"550", "5.7.1.1", "451", "4.7.1"},
        {"550", "5.7.", "451", "4.7.1"},
        {"550", "5.7.1234", "451", "4.7.1"},
        {"550", "5.1.999", "550", "5.1.999"},
    };
    const char *lines[] = {"x", NULL};
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_reply) r =
            ch_reply_new(rows[i].code, rows[i].status, lines);
        assert_string_equal(r->code, rows[i].want_code);
        assert_string_equal(r->status, rows[i].want_status);
    }
}

static void
test_lengths_are_capped(void **state)
{
    g_autofree char *longer = g_strnfill(5000, 'x');
    const char *lines[30] = {NULL};
    (void)state;
    for (guint i = 0; i < 28; i++) {
        lines[i] = longer;
    }
    lines[28] = "last";
    g_autoptr(ch_reply) r = ch_reply_new("550", "5.7.1", lines);
    assert_int_equal(r->lines->len, CH_MAX_REPLY_LINES);
    assert_int_equal(strlen(r->lines->pdata[0]), CH_MAX_REPLY_LINE);
    assert_string_equal(r->lines->pdata[CH_MAX_REPLY_LINES - 1], "last");
}

static void
test_percent_is_doubled_for_libmilter(void **state)
{
    g_autofree char *a = ch_reply_dup_escaped("100 % of %s %%");
    (void)state;
    assert_string_equal(a, "100 %% of %%s %%%%");
}

static ch_verdict *
judge(const char *config, const char *text, ch_house **house_out)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_config *c = ch_config_parse("c", config, strlen(config), diag);
    assert_non_null(c);
    *house_out = ch_house_new(c, diag);
    assert_non_null(*house_out);
    g_autoptr(ch_envelope) e = ch_envelope_new();
    ch_envelope_set_sender(e, "<ana@practice.example>", NULL);
    ch_plain_post post = {.subject = "Re: review", .text = text};
    return ch_inspect_plain(*house_out, e, &post, NULL, NULL);
}

#define RULES                                                                  \
    "rules: {paths: [" CH_SOURCE_DIR "/rules]}\n"                              \
    "gateways: {files: [" CH_SOURCE_DIR "/conf/gateways.yaml]}\n"

static void
test_refusal_first_line_says_it_all(void **state)
{
    ch_house *house;
    g_autoptr(ch_verdict) v = judge(
        RULES "practice: {contact: 'Questions: Dana, 614-555-0100'}\n",
        "Her number is 512-34-6789. Say goodbye to migraines forever!", &house);
    (void)state;
    g_autoptr(ch_reply) r = ch_reply_reject(v, "01ARZ3NDEKTSV4RR");
    const char *first = r->lines->pdata[0];
    assert_string_equal(r->code, "550");
    assert_non_null(strstr(first, "Social Security number"));
    assert_non_null(strstr(first, "Take the number out"));
    assert_non_null(strstr(first, "01ARZ3NDEKTSV4RR"));
    assert_string_equal(r->lines->pdata[1], "Where: body, line 1");
    assert_non_null(strstr(r->lines->pdata[2], "Promise of a cure"));
    assert_string_equal(r->lines->pdata[r->lines->len - 1],
                        "Questions: Dana, 614-555-0100");
    for (guint i = 0; i < r->lines->len; i++) {
        assert_null(strstr(r->lines->pdata[i], "512"));
        assert_null(strstr(r->lines->pdata[i], "migraines"));
    }
    ch_house_unref(house);
}

static void
test_refusal_of_a_spanish_post_is_spanish(void **state)
{
    ch_house *house;
    g_autoptr(ch_verdict) v = judge(
        RULES,
        "El seguro social de la se\303\261ora es 512 34 6789, para que lo "
        "anoten en la ficha.",
        &house);
    (void)state;
    g_autoptr(ch_reply) r = ch_reply_reject(v, "01ARZ3NDEKTSV4RR");
    assert_true(g_str_has_prefix(r->lines->pdata[0],
                                 "No publicado: Numero de Seguro Social"));
    ch_house_unref(house);
}

static void
test_the_other_replies(void **state)
{
    g_autoptr(ch_config) c = ch_config_new();
    g_autoptr(ch_reply) failure = ch_reply_failure();
    g_autoptr(ch_reply) large = ch_reply_too_large(50 * 1024 * 1024);
    g_autoptr(ch_reply) refused = ch_reply_decided(c, "ID0", FALSE);
    g_autoptr(ch_reply) expired = ch_reply_decided(c, "ID0", TRUE);
    (void)state;
    assert_string_equal(failure->code, "451");
    assert_string_equal(large->status, "5.3.4");
    assert_string_equal(large->code, "552");
    assert_non_null(strstr(refused->lines->pdata[0], "refused"));
    assert_non_null(strstr(expired->lines->pdata[0], "expired"));
    assert_non_null(strstr(expired->lines->pdata[0], "ID0"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anything_becomes_safe),
        cmocka_unit_test(test_code_and_status_pair),
        cmocka_unit_test(test_lengths_are_capped),
        cmocka_unit_test(test_percent_is_doubled_for_libmilter),
        cmocka_unit_test(test_refusal_first_line_says_it_all),
        cmocka_unit_test(test_refusal_of_a_spanish_post_is_spanish),
        cmocka_unit_test(test_the_other_replies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
