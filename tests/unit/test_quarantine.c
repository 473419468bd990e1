/*
 * chaperone quarantine and chaperone store, run in this process on a store
 * of their own: what they print, record and end with.
 */
#include "cli/cli.c"
#include "cli/cmd_quarantine.c"
#include "cli/cmd_store.c"
#include "cli/print.c"
#include "cli/quarantine_print.c"

#include "store_fixture.h"

#include <fcntl.h>

/* A configuration for the fixture's store.  Owned path. */
static char *
write_config(const fixture *f)
{
    char *path = g_build_filename(f->directory, "chaperone.yaml", NULL);
    g_autofree char *text =
        g_strdup_printf("store: {url: \"%s\", key_file: \"%s\"}\n"
                        "rules: {paths: [\"%s/rules\"], cache: \"\"}\n"
                        "control: {socket: \"unix:/nowhere/control.sock\"}\n"
                        "gateways: {files: [\"%s/conf/gateways.yaml\"]}\n"
                        "practice: {domains: [practice.example]}\n"
                        "notices: {from: chaperone@practice.example,"
                        " compliance: audit@practice.example, author: true}\n",
                        f->url, f->key, CH_SOURCE_DIR, CH_SOURCE_DIR);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    return path;
}

/* Runs "COMMAND ARGS... -c CONFIG" with an empty standard input; what it
 * wrote to standard output in *out (owned).  The exit code. */
static int
run(const fixture *f, ch_command command, const char *const *args, char **out)
{
    g_autofree char *config = write_config(f);
    g_autofree char *file = g_build_filename(f->directory, "out", NULL);
    char *argv[16] = {0};
    int argc = 0;
    while (args[argc] != NULL) {
        argv[argc] = g_strdup(args[argc]);
        argc++;
    }
    argv[argc++] = g_strdup("-c");
    argv[argc++] = g_strdup(config);
    fflush(stdout);
    int old_in = dup(0), old_out = dup(1), old_err = dup(2);
    int in = open("/dev/null", O_RDWR | O_CLOEXEC);
    int to = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(dup2(in, 0) == 0 && dup2(to, 1) == 1 && dup2(in, 2) == 2);
    int code = command(argc, argv);
    fflush(stdout);
    assert_true(dup2(old_in, 0) == 0 && dup2(old_out, 1) == 1 &&
                dup2(old_err, 2) == 2);
    const int fds[] = {old_in, old_out, old_err, in, to};
    for (gsize i = 0; i < G_N_ELEMENTS(fds); i++) {
        close(fds[i]);
    }
    for (int i = 0; i < argc; i++) {
        g_free(argv[i]);
    }
    assert_true(g_file_get_contents(file, out, NULL, NULL));
    return code;
}

#define RUN(f, out, ...)                                                       \
    run(f, ch_cmd_quarantine, (const char *const[]){__VA_ARGS__, NULL}, out)

static gint64
ledger_count(const fixture *f, const char *event)
{
    g_autofree char *sql = g_strdup_printf(
        "SELECT count(*) FROM ledger WHERE event = '%s'", event);
    return sql_number(f, sql);
}

static void
list_json_has_the_documented_keys(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(RUN(f, &out, "quarantine", "list", "--format", "json"), 0);
    g_autofree char *expected = g_strdup_printf(
        "{\"id\":\"%s\",\"state\":\"held\",\"time\":\"2026-11-30T00:53:20Z\","
        "\"author\":\"office\",\"gateway\":\"wordpress\",\"account\":null,"
        "\"rules\":[\"privacy/ssn\",\"tone/profanity\"],"
        "\"publish_at\":\"2026-12-01T00:53:20Z\",\"deadline\":null,"
        "\"reply\":null,\"recipients\":[]}\n",
        id);
    assert_string_equal(out, expected);
}

static void
list_filters_by_state(void **state)
{
    const fixture *f = *state;
    char held[CH_ID_LENGTH + 1], passed[CH_ID_LENGTH + 1];
    char rejected[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, "held", held);
    put(f, CH_STATE_PASSED, NOW, "passed", passed);
    put(f, CH_STATE_REJECTED, NOW, "rejected", rejected);
    static const struct {
        const char *state;
        gboolean held, passed, rejected;
    } rows[] = {{NULL, TRUE, TRUE, FALSE},
                {"held", TRUE, FALSE, FALSE},
                {"passed", FALSE, TRUE, FALSE},
                {"refused", FALSE, FALSE, FALSE}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *out = NULL;
        int code = rows[i].state == NULL ? RUN(f, &out, "quarantine", "list")
                                         : RUN(f, &out, "quarantine", "list",
                                               "--state", rows[i].state);
        assert_int_equal(code, 0);
        assert_int_equal(strstr(out, held) != NULL, rows[i].held);
        assert_int_equal(strstr(out, passed) != NULL, rows[i].passed);
        assert_int_equal(strstr(out, rejected) != NULL, rows[i].rejected);
        assert_null(strchr(out, '\033'));
    }
}

static void
columns_are_aligned(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, "held", id);
    put(f, CH_STATE_PASSED, NOW, "passed", id);
    assert_int_equal(RUN(f, &out, "quarantine", "list"), 0);
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
    assert_int_equal(g_strv_length(lines), 4);
    for (guint i = 1; i < 3; i++) {
        assert_int_equal(strstr(lines[0], "TIME") - lines[0],
                         strstr(lines[i], "2026-11-30") - lines[i]);
        assert_int_equal(strstr(lines[0], "RULES") - lines[0],
                         strstr(lines[i], "privacy/ssn") - lines[i]);
    }
}

static void
show_records_the_look_and_prints_the_text(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW,
        "From: office@practice.example\r\nSubject: Braces\r\n\r\n"
        "Come \033[31mand see us.\r\n",
        id);
    assert_int_equal(sql_run(f, "UPDATE item SET findings = '[{\"rule\":"
                                "\"privacy/ssn\",\"action\":\"quarantine\","
                                "\"where\":\"body\",\"part\":\"1\","
                                "\"start\":3,\"end\":9,\"line\":1},"
                                "{\"rule\":\"x/y\",\"part\":null}, 7]'"),
                     SQLITE_OK);
    g_autofree char *typed = g_ascii_strdown(id, -1);
    assert_int_equal(RUN(f, &out, "quarantine", "show", typed, "--reason",
                         "daily check", "--reviewer", "Ana"),
                     0);
    static const char *const has[] = {
        "state:      held\n",
        "author:     office\n",
        "finding:    privacy/ssn (quarantine) in body, part 1, line 1, "
        "bytes 3-9\n",
        "finding:    x/y (?) in ?\n",
        "--- subject\nBraces\n",
        "see us."};
    for (gsize i = 0; i < G_N_ELEMENTS(has); i++) {
        if (strstr(out, has[i]) == NULL) {
            fail_msg("no \"%s\" in\n%s", has[i], out);
        }
    }
    assert_null(strchr(out, '\033'));
    assert_int_equal(sql_number(f, "SELECT count(*) FROM ledger WHERE event ="
                                   " 'viewed' AND note = 'daily check' AND"
                                   " actor = 'Ana' AND uid >= 0"),
                     1);
}

static void
without_a_reason_nothing_is_shown(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL, *again = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(RUN(f, &out, "quarantine", "show", id), EX_USAGE);
    assert_string_equal(out, "");
    assert_int_equal(RUN(f, &again, "quarantine", "show", id, "--reason", " "),
                     EX_USAGE);
    assert_string_equal(again, "");
    assert_int_equal(ledger_count(f, "viewed"), 0);
}

static void
export_gives_the_exact_bytes_and_records_it(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(RUN(f, &out, "quarantine", "export", id), 0);
    assert_string_equal(out, POST);
    assert_int_equal(ledger_count(f, "exported"), 1);
}

static void
refuse_decides_once_and_tells_both(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL, *again = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(
        RUN(f, &out, "quarantine", "refuse", id, "--note", "names a patient"),
        0);
    assert_int_equal(
        RUN(f, &again, "quarantine", "refuse", id, "--note", "again"),
        EX_DATAERR);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item WHERE state ="
                                   " 'refused' AND note = 'names a patient'"),
                     1);
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM outbox WHERE kind = 'refused' AND"
                      " recipient = 'office@practice.example'"),
        1);
    assert_int_equal(
        sql_number(f, "SELECT count(*) FROM outbox WHERE kind = 'refused' AND"
                      " recipient = 'audit@practice.example'"),
        1);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"), 2);
}

/* One attempt for everything that is due. */
static void
attempt_all(const fixture *f, ch_smtp_outcome outcome, const char *reply)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) due =
        ch_release_due(f->store, G_MAXINT64, 9, FALSE, &error);
    for (guint i = 0; i < due->len; i++) {
        const ch_release_step *step = g_ptr_array_index(due, i);
        g_autoptr(ch_release_attempt) attempt =
            ch_release_begin(f->store, step, &error);
        const ch_release_result result = {.attempt = attempt,
                                          .outcome = outcome,
                                          .reply = reply,
                                          .next_us = -1};
        ch_state item;
        gboolean used;
        assert_true(
            ch_release_end(f->store, step, &result, &item, &used, &error));
    }
}

static void
release_decides_once(void **state)
{
    const fixture *f = *state;
    g_autofree char *one = NULL, *two = NULL, *three = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(RUN(f, &one, "quarantine", "release", id, "--note",
                         "is fine", "--reviewer", "Ana"),
                     0);
    assert_int_equal(RUN(f, &two, "quarantine", "release", id, "--note", "x"),
                     EX_DATAERR);
    assert_int_equal(RUN(f, &three, "quarantine", "refuse", id, "--note", "x"),
                     EX_DATAERR);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item WHERE state ="
                                   " 'releasing' AND note = 'is fine' AND"
                                   " reviewer = 'Ana' AND uid >= 0"),
                     1);
    assert_int_equal(ledger_count(f, "releasing"), 1);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox"), 0);
}

static void
list_and_show_have_the_last_reply(void **state)
{
    const fixture *f = *state;
    g_autofree char *none = NULL, *list = NULL, *show = NULL, *again = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(RUN(f, &none, "quarantine", "release", id, "--note", "x"),
                     0);
    attempt_all(f, CH_SMTP_REFUSED, "550 5.7.1 <a@post.example> No");
    assert_int_equal(RUN(f, &list, "quarantine", "list", "--format", "json"),
                     0);
    assert_non_null(strstr(list, "\"state\":\"release_failed\""));
    assert_non_null(strstr(list, "\"reply\":\"550 5.7.1 <address> No\","
                                 "\"recipients\":[{\"recipient\":1,"
                                 "\"state\":\"refused\",\"attempts\":1,"));
    assert_int_equal(RUN(f, &show, "quarantine", "show", id, "--reason", "x"),
                     0);
    assert_non_null(strstr(show, "release:    recipient 1 refused at "));
    assert_non_null(strstr(show, " after 1 attempt: 550 5.7.1 <address> No\n"));
    assert_int_equal(RUN(f, &again, "quarantine", "release", id, "--note", "x"),
                     0);
}

static void
settle_ends_what_is_unknown(void **state)
{
    const fixture *f = *state;
    g_autofree char *release = NULL, *early = NULL, *settle = NULL;
    g_autofree char *late = NULL;
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    assert_int_equal(
        RUN(f, &release, "quarantine", "release", id, "--note", "x"), 0);
    assert_int_equal(RUN(f, &early, "quarantine", "settle", id, "--note", "x",
                         "--outcome", "lost"),
                     EX_DATAERR);
    attempt_all(f, CH_SMTP_UNKNOWN, "354 go");
    assert_int_equal(RUN(f, &settle, "quarantine", "settle", id, "--note",
                         "it is online", "--outcome", "delivered"),
                     0);
    assert_int_equal(RUN(f, &late, "quarantine", "settle", id, "--note", "x",
                         "--outcome", "lost"),
                     EX_DATAERR);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM item WHERE state ="
                                   " 'released'"),
                     1);
    assert_int_equal(sql_number(f, "SELECT count(*) FROM outbox WHERE kind ="
                                   " 'released'"),
                     2);
    assert_int_equal(ledger_count(f, "release-found-delivered"), 1);
}

static void
seen_is_for_passed_items(void **state)
{
    const fixture *f = *state;
    g_autofree char *one = NULL, *two = NULL, *three = NULL;
    char held[CH_ID_LENGTH + 1], passed[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, "held", held);
    put(f, CH_STATE_PASSED, NOW, "passed", passed);
    assert_int_equal(RUN(f, &one, "quarantine", "seen", passed), 0);
    assert_int_equal(RUN(f, &two, "quarantine", "seen", passed), EX_DATAERR);
    assert_int_equal(RUN(f, &three, "quarantine", "seen", held), EX_DATAERR);
    assert_int_equal(ledger_count(f, "seen"), 1);
}

static void
mistakes_end_with_their_code(void **state)
{
    const fixture *f = *state;
    static const struct {
        const char *args[7];
        int code;
    } rows[] = {
        {{"quarantine"}, EX_USAGE},
        {{"quarantine", "burn"}, EX_USAGE},
        {{"quarantine", "list", "x"}, EX_USAGE},
        {{"quarantine", "list", "--state", "lost"}, EX_USAGE},
        {{"quarantine", "list", "--format", "xml"}, EX_USAGE},
        {{"quarantine", "list", "--note", "x"}, EX_USAGE},
        {{"quarantine", "show", "--reason", "x"}, EX_USAGE},
        {{"quarantine", "refuse", "0123456789ABCDEF"}, EX_USAGE},
        {{"quarantine", "release", "0123456789ABCDEF"}, EX_USAGE},
        {{"quarantine", "release", "0123456789ABCDEF", "--note", "x"},
         EX_DATAERR},
        {{"quarantine", "settle", "0123456789ABCDEF", "--note", "x"}, EX_USAGE},
        {{"quarantine", "settle", "x", "--outcome", "maybe"}, EX_USAGE},
        {{"quarantine", "release", "x", "--outcome", "lost"}, EX_USAGE},
        {{"quarantine", "seen", "0123456789ABCDEF"}, EX_DATAERR},
        {{"quarantine", "export", "0123456789ABCDEF"}, EX_DATAERR},
        {{"quarantine", "export", "no id"}, EX_DATAERR},
        {{"quarantine", "show", "x", "--reason", "x"}, EX_DATAERR},
        {{"quarantine", "refuse", "x", "--note", "x"}, EX_DATAERR},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *out = NULL;
        int code = run(f, ch_cmd_quarantine, rows[i].args, &out);
        if (code != rows[i].code) {
            fail_msg("row %" G_GSIZE_FORMAT ": %d", i, code);
        }
        assert_string_equal(out, "");
    }
}

static void
backup_copies_once(void **state)
{
    const fixture *f = *state;
    g_autofree char *out = NULL, *again = NULL, *wrong = NULL;
    g_autofree char *file = g_build_filename(f->directory, "copy", NULL);
    char id[CH_ID_LENGTH + 1];
    put(f, CH_STATE_HELD, NOW, POST, id);
    const char *args[] = {"store", "backup", file, NULL};
    assert_int_equal(run(f, ch_cmd_store, args, &out), 0);
    fixture copy = *f;
    copy.db = file;
    assert_int_equal(sql_number(&copy, "SELECT count(*) FROM payload"), 1);
    assert_int_equal(run(f, ch_cmd_store, args, &again), EX_IOERR);
    args[2] = NULL;
    assert_int_equal(run(f, ch_cmd_store, args, &wrong), EX_USAGE);
}

static void
a_store_that_is_not_there_is_a_configuration_error(void **state)
{
    fixture *f = *state;
    g_autofree char *out = NULL;
    ch_store_close(f->store);
    f->store = NULL;
    assert_int_equal(g_unlink(f->db), 0);
    assert_int_equal(RUN(f, &out, "quarantine", "list"), EX_CONFIG);
    assert_false(g_file_test(f->db, G_FILE_TEST_EXISTS));
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(list_json_has_the_documented_keys),
        TEST(list_filters_by_state),
        TEST(columns_are_aligned),
        TEST(show_records_the_look_and_prints_the_text),
        TEST(without_a_reason_nothing_is_shown),
        TEST(export_gives_the_exact_bytes_and_records_it),
        TEST(refuse_decides_once_and_tells_both),
        TEST(release_decides_once),
        TEST(list_and_show_have_the_last_reply),
        TEST(settle_ends_what_is_unknown),
        TEST(seen_is_for_passed_items),
        TEST(mistakes_end_with_their_code),
        TEST(backup_copies_once),
        TEST(a_store_that_is_not_there_is_a_configuration_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
