/*
 * The pool and the jail: readers that try to escape, crash, hang, say too
 * much or lie (tests/extract/rogue.c), each stopped by what should stop it.
 */
#include "chaperone/pool.h"

#include "chaperone/limits.h"
#include "sandbox/cache.h"
#include "sandbox/worker.h"
#include "unit.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

static char *
dup_rogue(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = g_path_get_dirname(self);
    return g_build_filename(dir, "rogue", NULL);
}

static ch_extraction *
ask_worker(const char *word, guint timeout_s, int *status)
{
    g_autofree char *program = dup_rogue();
    const ch_worker_kind kind = {
        .program = program, .timeout_s = timeout_s, .memory = 512 << 20};
    g_autoptr(GBytes) content = g_bytes_new(word, strlen(word));
    GError *error = NULL;
    ch_worker *worker = ch_worker_start(&kind, &error);
    assert_non_null(worker);
    return ch_worker_ask(worker, &kind, content, status);
}

static const char *
first_text(const ch_extraction *x)
{
    const ch_extracted *text = x->texts->len > 0 ? x->texts->pdata[0] : NULL;
    return text == NULL ? "" : g_bytes_get_data(text->utf8, NULL);
}

/* What the jail stops, and how: a signal, or an answer of the kernel.  The
 * pool's deadline is far off, so that nothing but the jail can be the cause. */
static void
test_jail(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int signal;
        const char *says;
    } rows[] = {
        {"socket", SIGSYS, ""},
        {"exec", SIGSYS, ""},
        {"fork", SIGSYS, ""},
        {"code", SIGSYS, ""},
        {"kill", SIGSYS, ""},
        {"trace", SIGSYS, ""},
        {"spin", SIGXCPU, ""},
        {"open", 0, "refused: Permission denied"},
        {"write", 0, "refused: Permission denied"},
        {"memory", 0, "refused: Cannot allocate memory"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        int status = 0;
        if (SANITIZED && strcmp(rows[i].word, "memory") == 0) {
            continue; /* AddressSanitizer needs the addresses */
        }
        g_autoptr(ch_extraction) x = ask_worker(rows[i].word, 60, &status);
        int got = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        gsize length = strlen(rows[i].says);
        if (got != rows[i].signal ||
            strncmp(first_text(x), rows[i].says, length) != 0) {
            fail_msg("%s: signal %d, \"%.30s\"", rows[i].word, got,
                     first_text(x));
        }
        assert_false(x->unavailable);
        assert_int_not_equal(x->unscanned, 0);
    }
    assert_int_not_equal(access("/tmp/chaperone-escaped", F_OK), 0);
}

/* What a part becomes, whatever its reader did. */
static void
test_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        guint unscanned;
        guint texts;
    } rows[] = {
        {"good", 1 << CH_UNSCANNED_ENCRYPTED, 1},
        {"quiet", 1 << CH_UNSCANNED_DAMAGED, 0},
        {"crash", 1 << CH_UNSCANNED_DAMAGED, 1},
        {"hang", 1 << CH_UNSCANNED_TIMEOUT, 0},
        {"spin", 1 << CH_UNSCANNED_TIMEOUT, 0},
        {"lie", 1 << CH_UNSCANNED_DAMAGED, 0},
        {"length", 1 << CH_UNSCANNED_DAMAGED, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        int status = 0;
        gint64 start = g_get_monotonic_time();
        gboolean hangs = strcmp(rows[i].word, "hang") == 0;
        g_autoptr(ch_extraction) x =
            ask_worker(rows[i].word, hangs ? 1 : 60, &status);
        if (x->unscanned != rows[i].unscanned ||
            x->texts->len != rows[i].texts) {
            fail_msg("%s: unscanned %x, texts %u", rows[i].word, x->unscanned,
                     x->texts->len);
        }
        gint64 took_us = g_get_monotonic_time() - start;
        assert_true(!hangs || took_us >= G_USEC_PER_SEC);
        assert_true(took_us < 50 * G_USEC_PER_SEC);
    }
}

static void
test_floods(void **state)
{
    (void)state;
    int status = 0;
    g_autoptr(ch_extraction) noise = ask_worker("flood", 60, &status);
    assert_int_not_equal(noise->unscanned, 0);
    assert_int_equal(noise->texts->len, 0);
    g_autoptr(ch_extraction) texts = ask_worker("texts", 60, &status);
    assert_true(texts->unscanned & 1u << CH_UNSCANNED_LIMIT);
    gsize total = 0;
    for (guint i = 0; i < texts->texts->len; i++) {
        const ch_extracted *text = texts->texts->pdata[i];
        total += g_bytes_get_size(text->utf8);
    }
    assert_true(total <= CH_MAX_TEXT_TOTAL);
}

/* --- the pool ------------------------------------------------------------ */

static guint
count_children(void)
{
    guint count = 0;
    g_autofree char *path =
        g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
    g_autofree char *text = NULL;
    if (g_file_get_contents(path, &text, NULL, NULL)) {
        for (const char *p = text; *p != '\0'; p++) {
            count += *p == ' ';
        }
    }
    return count;
}

static ch_pool *
make_pool(const char *program, guint workers, gint64 cache)
{
    g_autoptr(ch_config) config = ch_config_new();
    g_free(config->extract_program);
    config->extract_program = g_strdup(program);
    config->extract_workers = workers;
    config->extract_timeout = 20; /* more than a busy machine needs */
    config->extract_cache = cache;
    return ch_pool_new(config);
}

static gpointer
run_some(gpointer data)
{
    static const char *const words[] = {"good", "crash", "spin", "good"};
    guint good = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autoptr(GBytes) content = g_bytes_new(words[i], strlen(words[i]));
        g_autoptr(ch_extraction) x = ch_pool_run(data, content);
        good += x->unscanned == 1u << CH_UNSCANNED_ENCRYPTED;
        assert_false(x->unavailable);
    }
    return GUINT_TO_POINTER(good);
}

/* What nobody could look at is not clean. */
static void
test_no_reader_of_pictures(void **state)
{
    (void)state;
    g_autofree char *program = dup_rogue();
    ch_pool *pool = make_pool(program, 1, 0);
    g_autoptr(GBytes) content = g_bytes_new_static("pictures", 8);
    g_autoptr(ch_extraction) x = ch_pool_run(pool, content);
    assert_false(x->unavailable);
    assert_int_equal(x->texts->len, 1);
    assert_int_equal(x->unscanned, 1u << CH_UNSCANNED_TIMEOUT);
    ch_pool_free(pool);
    assert_int_equal(count_children(), 0);
}

/* What was read is known for a while; pictures that nobody came to look at are
 * looked at again. */
static void
test_what_is_kept(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        gboolean kept;
    } rows[] = {{"good", TRUE}, {"pictures", FALSE}};
    g_autofree char *rogue = dup_rogue();
    g_autofree char *dir = g_dir_make_tmp("chaperone-XXXXXX", NULL);
    g_autofree char *program = g_build_filename(dir, "rogue-with-eyes", NULL);
    assert_int_equal(symlink(rogue, program), 0);
    ch_pool *pool = make_pool(program, 1, 1 << 20);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) content =
            g_bytes_new(rows[i].word, strlen(rows[i].word));
        g_autoptr(ch_extraction) first = ch_pool_run(pool, content);
        g_autoptr(ch_extraction) second = ch_pool_run(pool, content);
        assert_int_equal(first->texts->len, 1);
        assert_int_equal(second->texts->len, 1);
        const ch_extracted *a = first->texts->pdata[0];
        const ch_extracted *b = second->texts->pdata[0];
        assert_int_equal(a->utf8 == b->utf8, rows[i].kept);
    }
    ch_pool_free(pool);
    assert_int_equal(unlink(program), 0);
    assert_int_equal(rmdir(dir), 0);
}

/* More threads than readers; what one does to its reader hurts no other. */
static void
test_threads(void **state)
{
    (void)state;
    GThread *threads[6];
    g_autofree char *program = dup_rogue();
    ch_pool *pool = make_pool(program, 2, 0);
    ch_pool_start(pool);
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("t", run_some, pool);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(threads); i++) {
        assert_int_equal(GPOINTER_TO_UINT(g_thread_join(threads[i])), 2);
    }
    ch_pool_free(pool);
    assert_int_equal(count_children(), 0);
}

/* One that died while it waited is replaced, not taken for "unavailable". */
static void
test_dead_idle(void **state)
{
    (void)state;
    g_autofree char *program = dup_rogue();
    ch_pool *pool = make_pool(program, 1, 0);
    ch_pool_start(pool);
    g_autofree char *path =
        g_strdup_printf("/proc/self/task/%d/children", (int)getpid());
    g_autofree char *children = NULL;
    assert_true(g_file_get_contents(path, &children, NULL, NULL));
    pid_t child = (pid_t)g_ascii_strtoll(children, NULL, 10);
    assert_true(child > 0);
    kill(child, SIGKILL);
    g_usleep(50000);
    g_autoptr(GBytes) content = g_bytes_new_static("good", 4);
    g_autoptr(ch_extraction) x = ch_pool_run(pool, content);
    assert_false(x->unavailable);
    assert_int_equal(x->texts->len, 1);
    ch_pool_free(pool);
}

static void
test_missing(void **state)
{
    (void)state;
    static const char *const programs[] = {"/nonexistent", "/bin/false",
                                           "/etc/passwd"};
    for (gsize i = 0; i < G_N_ELEMENTS(programs); i++) {
        ch_pool *pool = make_pool(programs[i], 1, 0);
        g_autoptr(GBytes) content = g_bytes_new_static("good", 4);
        g_autoptr(ch_extraction) x = ch_pool_run(pool, content);
        assert_true(x->unavailable);
        assert_int_equal(x->texts->len, 0);
        ch_pool_free(pool);
    }
}

/* --- answers -------------------------------------------------------------- */

static void
test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        gsize length;
        guint texts, unscanned, seen;
    } rows[] = {
        {"", 0, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"E\0\0\0\0\0", 6, 0, 0, 0},
        {"E\0\0\0\0", 5, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"E\0\1\0\0\0x", 7, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"T\6\2\0\0\0abE\0\0\0\0\0", 14, 1, 0, 0},
        {"T\6\2\0\0\0\xff\xff", 8, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"T\6\2\0\0\0a\0", 8, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"T\0\1\0\0\0a", 7, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"T\xff\1\0\0\0a", 7, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"T\6\xff\xff\xff\xff"
         "a",
         7, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"U\5\0\0\0\0", 6, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"S\6\0\0\0\0", 6, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"P\0\5\0\0\0\1\3\0\0\0E\0\0\0\0\0", 17, 0, 0, 0},
        {"P\0\0\0\0\0E\0\0\0\0\0", 12, 0, 0, 0},
        {"P\0\4\0\0\0\1\3\0\0", 10, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"P\0\5\0\0\0\5\3\0\0\0", 11, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"P\1\5\0\0\0\1\3\0\0\0", 11, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
        {"S\1\0\0\0\0E\0\0\0\0\0", 12, 0, 0, 1 << CH_SEEN_LOCATION},
        {"U\2\0\0\0\0E\0\0\0\0\0T\6\1\0\0\0a", 19, 0, 1 << CH_UNSCANNED_LIMIT,
         0},
        {"Q\0\0\0\0\0E\0\0\0\0\0", 12, 0, 1 << CH_UNSCANNED_DAMAGED, 0},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_extraction) x =
            ch_extraction_read(rows[i].bytes, rows[i].length);
        if (x->texts->len != rows[i].texts ||
            x->unscanned != rows[i].unscanned || x->seen != rows[i].seen) {
            fail_msg("row %zu: texts %u, unscanned %x, seen %x", i,
                     x->texts->len, x->unscanned, x->seen);
        }
    }
}

static void
test_places(void **state)
{
    (void)state;
    static const char bytes[] = "T\6\1\0\0\0a"
                                "P\0\12\0\0\0\0\2\0\0\0\1\3\1\0\0"
                                "T\6\1\0\0\0b"
                                "P\0\0\0\0\0T\6\1\0\0\0cE\0\0\0\0\0";
    static const char *const places[] = {NULL, "file 2, page 259", NULL};
    g_autoptr(ch_extraction) x = ch_extraction_read(bytes, sizeof bytes - 1);
    assert_int_equal(x->unscanned, 0);
    assert_int_equal(x->texts->len, G_N_ELEMENTS(places));
    for (guint i = 0; i < x->texts->len; i++) {
        const ch_extracted *text = x->texts->pdata[i];
        assert_int_equal(g_strcmp0(text->place, places[i]), 0);
    }
}

static void
test_areas(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        gsize length;
        gboolean good;
    } rows[] = {
#define ROW(bytes, good) {bytes, sizeof(bytes) - 1, good}
        ROW("T\6\3\0\0\0a\nbA\0\10\0\0\0\1\2\3\4\0\0\144\144E\0\0\0\0\0", TRUE),
        ROW("A\0\4\0\0\0\1\2\3\4E\0\0\0\0\0", FALSE), /* of no text */
        ROW("T\6\1\0\0\0aA\0\0\0\0\0E\0\0\0\0\0", FALSE),
        ROW("T\6\1\0\0\0aA\0\3\0\0\0\1\2\3E\0\0\0\0\0", FALSE),
        ROW("T\6\1\0\0\0aA\0\4\0\0\0\1\2\3\145E\0\0\0\0\0", FALSE),
        ROW("T\6\1\0\0\0aA\0\4\0\0\0\5\2\3\4E\0\0\0\0\0", FALSE),
        ROW("T\6\1\0\0\0aA\0\4\0\0\0\1\6\3\4E\0\0\0\0\0", FALSE),
        ROW("T\6\1\0\0\0aA\1\4\0\0\0\1\2\3\4E\0\0\0\0\0", FALSE),
        ROW("T\6\1\0\0\0aA\0\4\0\0\0\1\2\3\4A\0\4\0\0\0\1\2\3\4E\0\0\0\0\0",
            FALSE), /* twice */
        ROW("T\6\1\0\0\0aA\0\14\0\0\0\1\2\3\4\1\2\3\4\1\2\3\4E\0\0\0\0\0",
            FALSE), /* more than lines can be */
#undef ROW
    };
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(ch_extraction) x =
            ch_extraction_read(rows[i].bytes, rows[i].length);
        if ((x->unscanned == 0) != rows[i].good) {
            fail_msg("row %zu: unscanned %x", i, x->unscanned);
        }
        g_autoptr(ch_extraction) copy = ch_extraction_copy(x);
        const ch_extracted *text =
            copy->texts->len == 0 ? NULL : copy->texts->pdata[0];
        if (rows[i].good) {
            assert_memory_equal(g_bytes_get_data(text->areas, NULL),
                                "\1\2\3\4\0\0\144\144", 8);
        }
    }
}

/* --- what was read before ------------------------------------------------- */

static ch_extraction *
make_answer(gsize length)
{
    ch_extraction *x = ch_extraction_new();
    ch_extracted *text = g_new(ch_extracted, 1);
    *text = (ch_extracted){CH_WHERE_ATTACHMENT,
                           g_bytes_new_take(g_strnfill(length, 'a'), length),
                           g_strdup("page 1"), NULL};
    g_ptr_array_add(x->texts, text);
    x->seen = 1u << CH_SEEN_LOCATION;
    return x;
}

static void
test_cache(void **state)
{
    (void)state;
    g_autoptr(ch_extraction) answer = make_answer(1000);
    g_autoptr(ch_extraction) large = make_answer(9000);
    ch_cache *cache = ch_cache_new(10000);
    assert_null(ch_cache_find(cache, "1"));
    ch_cache_add(cache, "large", large);
    assert_null(ch_cache_find(cache, "large"));
    for (guint i = 0; i < 100; i++) {
        g_autofree char *key = g_strdup_printf("%u", i);
        ch_cache_add(cache, key, answer);
        ch_cache_add(cache, key, answer);
        g_autoptr(ch_extraction) same = ch_cache_find(cache, key);
        assert_non_null(same);
        assert_int_equal(same->seen, answer->seen);
        const ch_extracted *text = same->texts->pdata[0];
        assert_string_equal(text->place, "page 1");
        assert_int_equal(g_bytes_get_size(text->utf8), 1000);
    }
    assert_null(ch_cache_find(cache, "0"));
    ch_cache_free(cache);
    cache = ch_cache_new(0);
    ch_cache_add(cache, "1", answer);
    assert_null(ch_cache_find(cache, "1"));
    ch_cache_free(cache);
}

/* The second time nobody is asked: there is no reader any more. */
static void
test_remembers(void **state)
{
    (void)state;
    g_autofree char *program = dup_rogue();
    g_autofree char *copy = g_strdup_printf("%s.copy", program);
    g_autofree char *bytes = NULL;
    gsize length;
    assert_true(g_file_get_contents(program, &bytes, &length, NULL));
    assert_true(
        g_file_set_contents_full(copy, bytes, (gssize)length, 0, 0700, NULL));
    g_autoptr(ch_config) config = ch_config_new();
    g_free(config->extract_program);
    config->extract_program = g_strdup(copy);
    config->extract_workers = 1;
    config->extract_cache = 1 << 20;
    ch_pool *pool = ch_pool_new(config);
    static const struct {
        const char *word;
        guint texts;
        gboolean unavailable;
    } rows[] = {{"good", 1, FALSE},
                {"crash", 1, FALSE},
                {"quiet", 0, FALSE},
                {"good", 1, FALSE},
                {"crash", 0, TRUE}};
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GBytes) content =
            g_bytes_new(rows[i].word, strlen(rows[i].word));
        g_autoptr(ch_extraction) x = ch_pool_run(pool, content);
        assert_int_equal(x->texts->len, rows[i].texts);
        assert_int_equal(x->unavailable, rows[i].unavailable);
        if (i == 1) { /* one more is there, and waits */
            assert_int_equal(unlink(copy), 0);
        }
    }
    ch_pool_free(pool);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jail),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_no_reader_of_pictures),
        cmocka_unit_test(test_what_is_kept),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_dead_idle),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_areas),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
