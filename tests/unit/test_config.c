/* chaperone.yaml: defaults, values, errors with their places, authors. */
#include "unit.h"

#include "chaperone/config.h"

static ch_config *
parse(const char *text, ch_diag *diag)
{
    return ch_config_parse("c.yaml", text, strlen(text), diag);
}

static void
test_defaults_are_the_contract(void **state)
{
    g_autoptr(ch_config) c = ch_config_new();
    (void)state;
    assert_int_equal(c->scope, CH_SCOPE_GATEWAYS);
    assert_int_equal(c->mixed, CH_MIXED_SPLIT);
    assert_int_equal(c->mode, CH_MODE_ENFORCE);
    assert_string_equal(c->practice_timezone, "America/New_York");
    assert_int_equal(c->milter_max_message, 50 * 1024 * 1024);
    assert_int_equal(c->quarantine_retention, 90 * 86400);
    assert_int_equal(c->reject_keep, 0);
    assert_int_equal(c->ledger_retention, G_GINT64_CONSTANT(6) * 365 * 86400);
    assert_string_equal(c->milter_socket_mode, "0660");
    assert_true(c->notices_author);
    assert_int_equal(c->notices_digest, 0);
    assert_int_equal(c->policy_combined, 3);
}

static void
test_values(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) c = parse(
        "practice: {names: [Elm Dental], timezone: Europe/Madrid}\n"
        "scope: all\nmilter: {max_message: 2MiB, socket: \"inet:8891@::1\"}\n"
        "quarantine: {retention: 12h}\nlog: {to: stderr, level: debug}\n"
        "gateways: {accounts: []}\nreview: {tls: {}}\n"
        "notices: {digest: 90m}\n",
        diag);
    (void)state;
    g_autofree char *errors = ch_diag_dup_text(diag);
    assert_string_equal(errors, "");
    assert_non_null(c);
    assert_string_equal(c->practice_names[0], "Elm Dental");
    assert_int_equal(c->milter_max_message, 2 * 1024 * 1024);
    assert_int_equal(c->quarantine_retention, 12 * 3600);
    assert_int_equal(c->log_level, 7);
    assert_int_equal(c->notices_digest, 5400);
    assert_string_equal(g_time_zone_get_identifier(c->zone), "Europe/Madrid");
}

#define COMPLIANCE "notices: {compliance: c@b.example}\n"
#define ACCOUNT(rest)                                                          \
    COMPLIANCE "gateways: {accounts: [{alias: a@b.example, " rest "}]}\n"

static void
test_errors_have_places(void **state)
{
    static const struct {
        const char *name, *text, *message;
    } rows[] = {
        {"unknown key", "scope: all\nscoop: x\n",
         "c.yaml:2:1: unknown key \"scoop\"; allowed here: rules, practice"},
        {"unknown key in a section", "practice: {nmaes: []}\n",
         "c.yaml:1:12: unknown key \"nmaes\"; allowed here: names, phones"},
        {"bad choice", "mode: observe\n",
         "c.yaml:1:7: mode: \"observe\" is not allowed; allowed: "
         "enforce|monitor"},
        {"wrong type", "scope: [all]\n", "c.yaml:1:8: scope must be a text"},
        {"list of maps", "practice: {names: [{a: b}]}\n",
         "c.yaml:1:20: practice.names must be a list of texts"},
        {"file is a text", "practice\n", "c.yaml:1:1: must be a map"},
        {"file is a list", "- a\n", "c.yaml:1:1: must be a map"},
        {"section is a text", "milter: x\n", "c.yaml:1:9: must be a map"},
        {"bad size", "milter: {max_message: 5 parsecs}\n",
         "c.yaml:1:23: milter.max_message: \"5 parsecs\""},
        {"overflowing size", "milter: {max_message: 99999999999999GiB}\n",
         "c.yaml:1:23: milter.max_message"},
        {"bad duration", "quarantine: {retention: soon}\n",
         "c.yaml:1:25: quarantine.retention"},
        {"relative socket", "milter: {socket: \"unix:run/x\"}\n",
         "allowed: unix:/PATH or inet:PORT@HOST"},
        {"bad port", "milter: {socket: \"inet:99999@localhost\"}\n",
         "c.yaml:1:18: milter.socket"},
        {"bad mode", "milter: {socket_mode: \"rw\"}\n",
         "an octal mode such as"},
        {"bad zone", "practice: {timezone: Mars/Olympus}\n",
         "c.yaml:1:22: practice.timezone"},
        {"bad address", "notices: {from: \"a b@c\"}\n", "a mail address"},
        {"address with line end", "notices: {compliance: \"a@b\\r\\nX: y\"}\n",
         "notices.compliance"},
        {"a notice that is none", "notices: {off: [helt]}\n",
         "c.yaml:1:16: notices.off"},
        {"a notice that somebody sends", "notices: {off: [asked]}\n",
         "notices.off"},
        {"a digest of words", "notices: {digest: daily}\n",
         "c.yaml:1:19: notices.digest: \"daily\" is not allowed; allowed: off, "
         "or a time up to 7d"},
        {"a digest of never", "notices: {digest: 8d}\n", "notices.digest"},
        {"a digest of no time", "notices: {digest: 0s}\n", "notices.digest"},
        {"bad boolean", "notices: {author: maybe}\n", "true or false"},
        {"smtp url", "release: {smtp: \"http://x\"}\n", "smtp://HOST:PORT"},
        {"postgres", "store: {url: \"postgres:x\"}\n", "sqlite:/PATH"},
        {"submitter", "authors: {trusted: [everybody]}\n", "a client address"},
        {"half of a certificate", "review: {tls: {key: /k.pem}}\n",
         "review.tls: {} or both certificate and key"},
        {"a certificate by another name", "review: {tls: {cert: x}}\n",
         "c.yaml:1:16: unknown key \"cert\""},
        {"account without a secret", ACCOUNT("gateway: tumblr"),
         "c.yaml:2:23: an account needs alias, gateway, and secret_file or"},
        {"account with two secrets",
         ACCOUNT("gateway: tumblr, secret_file: /s, credential: s"),
         "an account needs alias"},
        {"account of a relative file",
         ACCOUNT("gateway: tumblr, secret_file: s"), "an absolute path"},
        {"credential that leaves its directory",
         ACCOUNT("gateway: tumblr, credential: ../s"), "letters, digits"},
        {"account in no zone",
         ACCOUNT("gateway: x, credential: s, timezone: Mars"), "a time zone"},
        {"account of no trade",
         ACCOUNT("gateway: x, credential: s, profile: magic"), "a word of"},
        {"reviewer who is none",
         ACCOUNT("gateway: x, credential: s, reviewers: [dana]"),
         "mail addresses"},
        {"unknown key of an account", ACCOUNT("gatway: x"),
         "unknown key \"gatway\""},
        {"alias that could be read in two ways",
         COMPLIANCE "gateways: {accounts: [{alias: '\"a\"@b.example', gateway: "
                    "x, credential: s}]}\n",
         "an address such as"},
        {"alias twice",
         COMPLIANCE
         "gateways: {accounts: [{alias: a@b.example, gateway: x, credential: "
         "s}, {alias: A@b.example, gateway: x, credential: s}]}\n",
         "a@b.example has an account already"},
        {"nobody to tell",
         "gateways: {accounts: [{alias: a@b.example, gateway: x, credential: "
         "s}]}\n",
         "c.yaml:1:22: accounts need notices.compliance"},
        {"failure that accepts", "milter: {on_failure: accept}\n",
         "milter.on_failure: allowed: tempfail"},
        {"override without end",
         "overrides: [{rule: a, action: tag, reason: x}]\n",
         "c.yaml:1:13: an override needs"},
        {"override with a bad day",
         "overrides: [{rule: a, action: tag, until: 2026-02-31, reason: "
         "x}]\n",
         "until: the last day"},
        {"override with a bad action",
         "overrides: [{rule: a, action: skip, until: 2026-02-01, reason: "
         "x}]\n",
         "action: accept, tag"},
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autoptr(ch_config) c = parse(rows[i].text, diag);
        g_autofree char *got = ch_diag_dup_text(diag);
        if (c != NULL || strstr(got, rows[i].message) == NULL) {
            fail_msg("%s: \"%s\"", rows[i].name, got);
        }
    }
}

static void
test_all_errors_at_once(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    (void)state;
    assert_null(parse("scope: x\nmode: y\nmixed: z\n", diag));
    assert_int_equal(ch_diag_count(diag), 3);
}

static void
test_shown_configuration_reads_back(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) c = parse(
        "practice: {names: ['A \"B\"'], contact: 'x'}\nlog: {level: err}\n"
        "overrides: [{rule: privacy/us-ssn, author: ana, action: tag, until: "
        "2026-12-31, reason: test}]\nnotices: {compliance: c@b.example}\n"
        "gateways: {accounts: [{alias: A@b.example, gateway: x, secret_file: "
        "/s, authors: [ana], reviewers: [d@b.example], timezone: Europe/Madrid,"
        " profile: dental, rules: {disable: [a/b]}}, {alias: c@b.example,"
        " gateway: y, credential: k}]}\n",
        diag);
    (void)state;
    assert_non_null(c);
    g_autofree char *yaml = ch_config_dup_yaml(c);
    g_autoptr(ch_config) again = parse(yaml, diag);
    g_autofree char *errors = ch_diag_dup_text(diag);
    assert_string_equal(errors, "");
    g_autofree char *second = ch_config_dup_yaml(again);
    assert_string_equal(yaml, second);
    assert_string_equal(again->practice_names[0], "A \"B\"");
    const ch_override *o = again->overrides->pdata[0];
    assert_string_equal(o->author, "ana");
    assert_null(o->gateway);
    assert_int_equal(again->accounts->len, 2);
    const ch_account_config *a = again->accounts->pdata[0];
    assert_string_equal(a->alias, "a@b.example");
    assert_string_equal(a->rules_disable[0], "a/b");
}

/* Line ends and signs that YAML folds, or a terminal obeys. */
static void
test_shown_text_is_the_same(void **state)
{
    static const char *const texts[] = {
        "a\\nb",   "a\\n\\nb", "a\\tb\\r",    "\\e[31m", "\\u2028a\\N",
        "\\uFEFF", " a ",      "\\U0001F600", "\\xF1",   "\\\\ \\\"",
    };
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        g_autofree char *file =
            g_strdup_printf("practice: {staff: [\"%s\"]}\n", texts[i]);
        g_autoptr(ch_config) c = parse(file, diag);
        assert_non_null(c);
        g_autofree char *yaml = ch_config_dup_yaml(c);
        g_autoptr(ch_config) again = parse(yaml, diag);
        assert_non_null(again);
        assert_string_equal(again->practice_staff[0], c->practice_staff[0]);
        assert_null(strchr(yaml, '\033'));
    }
}

static void
test_override_ends_after_its_day(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) c =
        parse("practice: {timezone: America/New_York}\noverrides: [{rule: a, "
              "action: tag, until: 2026-12-31, reason: x}]\n",
              diag);
    (void)state;
    const ch_override *o = c->overrides->pdata[0];
    g_autoptr(GDateTime) end =
        g_date_time_new_utc(2027, 1, 1, 5, 0, 0); /* midnight there */
    assert_int_equal(o->until_us, g_date_time_to_unix(end) * G_USEC_PER_SEC);
}

static void
test_authors_need_proof(void **state)
{
    static const struct {
        const char *name, *login, *client, *sender;
        gboolean local;
        const char *author;
    } rows[] = {
        {"login", "ana", "192.0.2.1", "<boss@practice.example>", FALSE, "ana"},
        {"no login", NULL, "192.0.2.1", "<ana@practice.example>", FALSE, NULL},
        {"trusted client", NULL, "198.51.100.7", "<ana@practice.example>",
         FALSE, "ana@practice.example"},
        {"client beside the network", NULL, "198.51.101.7",
         "<ana@practice.example>", FALSE, NULL},
        {"trusted local user", NULL, NULL, "<blog@practice.example>", TRUE,
         "blog"},
        {"other local user", NULL, NULL, "<www@practice.example>", TRUE, NULL},
        {"local name over SMTP", NULL, "127.0.0.1", "<blog@practice.example>",
         FALSE, NULL},
        {"empty sender of a trusted client", NULL, "198.51.100.7", "<>", FALSE,
         NULL},
    };
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) c =
        parse("authors: {trusted: [198.51.100.0/24, \"local:blog\"]}\n", diag);
    (void)state;
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_envelope) e = ch_envelope_new();
        ch_envelope_set_sender(e, rows[i].sender, NULL);
        e->login = g_strdup(rows[i].login);
        e->client_addr = g_strdup(rows[i].client);
        e->local = rows[i].local;
        g_autofree char *got = ch_config_dup_author(c, e);
        if (g_strcmp0(got, rows[i].author) != 0) {
            fail_msg("%s: %s", rows[i].name, got);
        }
    }
}

static void
test_author_address(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) c =
        parse("practice: {domains: [practice.example]}\n", diag);
    g_autoptr(ch_config) bare = ch_config_new();
    (void)state;
    g_autofree char *a = ch_config_dup_author_address(c, "ana");
    g_autofree char *b = ch_config_dup_author_address(c, "x@example.com");
    g_autofree char *d = ch_config_dup_author_address(bare, "ana");
    assert_string_equal(a, "ana@practice.example");
    assert_string_equal(b, "x@example.com");
    assert_string_equal(d, "ana");
}

static void
test_every_key_is_in_the_manual_and_the_example(void **state)
{
    g_autofree char *page = NULL, *example = NULL;
    (void)state;
    assert_true(g_file_get_contents(CH_SOURCE_DIR "/docs/man/chaperone.yaml.5",
                                    &page, NULL, NULL));
    assert_true(g_file_get_contents(CH_SOURCE_DIR "/conf/chaperone.yaml",
                                    &example, NULL, NULL));
    for (guint i = 0; i < ch_config_key_count(); i++) {
        const char *name = ch_config_key_name(i);
        g_autofree char *item = g_strdup_printf(".It Ic %s", name);
        const char *dot = strrchr(name, '.');
        g_autofree char *line =
            g_strdup_printf("%s:", dot == NULL ? name : dot + 1);
        if (strstr(page, item) == NULL) {
            fail_msg("chaperone.yaml(5) lacks %s", name);
        }
        if (strstr(example, line) == NULL) {
            fail_msg("conf/chaperone.yaml lacks %s", name);
        }
    }
}

static void
test_shipped_example_is_the_default(void **state)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) defaults = ch_config_new();
    g_autoptr(ch_config) c =
        ch_config_load(CH_SOURCE_DIR "/conf/chaperone.yaml", diag);
    (void)state;
    g_autofree char *errors = ch_diag_dup_text(diag);
    assert_string_equal(errors, "");
    /* The example names the places of an installation. */
    g_strfreev(c->rules_paths);
    g_strfreev(c->gateways_files);
    c->rules_paths = g_strdupv(defaults->rules_paths);
    c->gateways_files = g_strdupv(defaults->gateways_files);
    g_autofree char *a = ch_config_dup_yaml(defaults);
    g_autofree char *b = ch_config_dup_yaml(c);
    assert_string_equal(a, b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_the_contract),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_errors_have_places),
        cmocka_unit_test(test_all_errors_at_once),
        cmocka_unit_test(test_shown_configuration_reads_back),
        cmocka_unit_test(test_shown_text_is_the_same),
        cmocka_unit_test(test_override_ends_after_its_day),
        cmocka_unit_test(test_authors_need_proof),
        cmocka_unit_test(test_author_address),
        cmocka_unit_test(test_every_key_is_in_the_manual_and_the_example),
        cmocka_unit_test(test_shipped_example_is_the_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
