/*
 * How fast the scanner is next to a loop of PCRE2-JIT over the same patterns
 * and posts.  The hits are compared first, then all take turns, round by
 * round, and medians of the ratios within a round are printed: a figure of one
 * machine or minute says little.
 *
 *   bench_engine                 with rules and posts of its own
 *   bench_engine RULES TEXTS     a pattern a line; texts, NUL behind each
 *   bench_engine --scan N        N times one post, for counting instructions
 */
#include "chaperone/scan.h"

#include "generate.h"

#include <string.h>

#define ROUNDS        7
#define ROUND_SECONDS 0.15

typedef struct {
    GPtrArray *patterns; /* of ch_regex */
    const GPtrArray *posts;
    ch_scanner *scanner;
    ch_regex_work *work;
    GArray *hits;
    gsize bytes; /* of all posts */
} bench;

typedef void (*engine)(bench *b, GBytes *post);

static double
now(void)
{
    return (double)g_get_monotonic_time() / 1e6;
}

/* --- engines ------------------------------------------------------------ */

static void
run_loop(bench *b, GBytes *post)
{
    gsize length;
    const char *text = g_bytes_get_data(post, &length);
    for (guint i = 0; i < b->patterns->len; i++) {
        g_array_set_size(b->hits, 0);
        ch_regex_find_between(b->patterns->pdata[i], b->work, text, length,
                              (ch_span){0, length}, b->hits);
    }
}

static void
run_search(bench *b, GBytes *post)
{
    gsize length;
    const char *text = g_bytes_get_data(post, &length);
    g_autoptr(ch_scan) scan = ch_scanner_scan(b->scanner, text, length);
    g_assert(scan != NULL);
}

static void
run_scanner(bench *b, GBytes *post)
{
    gsize length;
    guint n;
    const char *text = g_bytes_get_data(post, &length);
    g_autoptr(ch_scan) scan = ch_scanner_scan(b->scanner, text, length);
    const guint *fired = ch_scan_fired(scan, &n);
    for (guint i = 0; i < n; i++) {
        g_array_set_size(b->hits, 0);
        ch_scan_find(scan, fired[i], b->hits);
    }
}

/* Nanoseconds a byte. */
static double
measure(bench *b, engine run)
{
    double start = now(), seconds;
    guint passes = 0;
    do {
        for (guint i = 0; i < b->posts->len; i++) {
            run(b, b->posts->pdata[i]);
        }
        passes++;
        seconds = now() - start;
    } while (seconds < ROUND_SECONDS);
    return seconds * 1e9 / ((double)b->bytes * passes);
}

/* --- the same hits ------------------------------------------------------ */

static guint
count_hits(bench *b, gboolean *same_out)
{
    guint total = 0;
    g_autoptr(GArray) plain = g_array_new(FALSE, FALSE, sizeof(ch_span));
    *same_out = TRUE;
    for (guint p = 0; p < b->posts->len; p++) {
        gsize length;
        const char *text = g_bytes_get_data(b->posts->pdata[p], &length);
        g_autoptr(ch_scan) scan = ch_scanner_scan(b->scanner, text, length);
        for (guint i = 0; i < b->patterns->len; i++) {
            g_array_set_size(plain, 0);
            g_array_set_size(b->hits, 0);
            ch_regex_find(b->patterns->pdata[i], text, length, plain);
            ch_scan_find(scan, i, b->hits);
            total += plain->len;
            if (plain->len != b->hits->len ||
                (plain->len > 0 && memcmp(plain->data, b->hits->data,
                                          plain->len * sizeof(ch_span)) != 0)) {
                printf("rule %u differs in post %u: %u and %u hits\n", i, p,
                       plain->len, b->hits->len);
                *same_out = FALSE;
            }
        }
    }
    return total;
}

static double
count_fired(const bench *b)
{
    guint total = 0;
    for (guint p = 0; p < b->posts->len; p++) {
        gsize length;
        guint n;
        const char *text = g_bytes_get_data(b->posts->pdata[p], &length);
        g_autoptr(ch_scan) scan = ch_scanner_scan(b->scanner, text, length);
        ch_scan_fired(scan, &n);
        total += n;
    }
    return (double)total / b->posts->len;
}

/* --- one set of rules --------------------------------------------------- */

static void
bench_init(bench *b, const GPtrArray *rules, const GPtrArray *posts)
{
    *b = (bench){.posts = posts,
                 .work = ch_regex_work_new(),
                 .hits = g_array_new(FALSE, FALSE, sizeof(ch_span))};
    b->patterns = g_ptr_array_new_with_free_func((GDestroyNotify)ch_regex_free);
    for (guint i = 0; i < rules->len; i++) {
        char *problem = NULL;
        ch_regex *regex = ch_regex_new(rules->pdata[i], &problem);
        if (regex == NULL) {
            printf("rule %u: %s\n", i, problem);
            exit(1);
        }
        g_ptr_array_add(b->patterns, regex);
    }
    for (guint i = 0; i < posts->len; i++) {
        b->bytes += g_bytes_get_size(posts->pdata[i]);
    }
}

static void
bench_clear(bench *b)
{
    ch_scanner_free(b->scanner);
    ch_regex_work_free(b->work);
    g_array_unref(b->hits);
    g_ptr_array_unref(b->patterns);
}

/* Milliseconds from patterns as text and a cached database to the verdict on
 * a first post. */
static double
time_start(const GPtrArray *rules, GBytes *cached, GBytes *post)
{
    double start = now();
    bench b = {.hits = g_array_new(FALSE, FALSE, sizeof(ch_span))};
    b.patterns = g_ptr_array_new_with_free_func((GDestroyNotify)ch_regex_free);
    for (guint i = 0; i < rules->len; i++) {
        g_ptr_array_add(b.patterns, ch_regex_new_trusted(rules->pdata[i]));
    }
    b.scanner = ch_scanner_new(b.patterns, CH_ENGINE_AUTO, cached);
    run_scanner(&b, post);
    double ms = (now() - start) * 1e3;
    bench_clear(&b);
    return ms;
}

static int
compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double
median(double *values, guint n)
{
    qsort(values, n, sizeof *values, compare_doubles);
    return values[n / 2];
}

typedef struct {
    double scanner; /* ns a byte */
    double ratio;   /* loop to scanner */
    double start;   /* ms, with a cached database */
    gboolean same;
} outcome;

static outcome
bench_rules_on(const GPtrArray *rules, const GPtrArray *posts)
{
    bench b;
    outcome o = {0};
    double loop[ROUNDS], search[ROUNDS], whole[ROUNDS], ratio[ROUNDS];
    double starts[ROUNDS];
    bench_init(&b, rules, posts);
    double start = now();
    b.scanner = ch_scanner_new(b.patterns, CH_ENGINE_AUTO, NULL);
    double compile = (now() - start) * 1e3;
    g_autoptr(GBytes) cached = ch_scanner_dup_database(b.scanner);
    guint hits = count_hits(&b, &o.same);
    for (guint i = 0; i < ROUNDS; i++) {
        loop[i] = measure(&b, run_loop);
        search[i] = measure(&b, run_search);
        whole[i] = measure(&b, run_scanner);
        ratio[i] = loop[i] / whole[i];
        starts[i] = time_start(rules, cached, posts->pdata[0]);
    }
    o.scanner = median(whole, ROUNDS);
    o.ratio = median(ratio, ROUNDS);
    o.start = median(starts, ROUNDS);
    printf("| %5u | %8.2f | %7.1f | %7.1f | %7.1f | %6.1f | %7.0f | %6.0f "
           "| %5.1f | %5u |\n",
           rules->len, 1e3 / median(loop, ROUNDS), 1e3 / median(search, ROUNDS),
           1e3 / o.scanner, o.ratio, count_fired(&b), compile,
           cached == NULL ? 0 : (double)g_bytes_get_size(cached) / 1024,
           o.start, hits);
    bench_clear(&b);
    return o;
}

/* Microseconds for texts of several sizes; TRUE: a byte of the largest costs
 * at most twice what one of 2,000 bytes does. */
static gboolean
bench_sizes(const GPtrArray *rules)
{
    static const gsize sizes[] = {200, 2000, 20000, 200000, 1000000};
    double per_byte[G_N_ELEMENTS(sizes)];
    puts("\n| bytes of text | us | ns a byte |\n|---:|---:|---:|");
    for (guint s = 0; s < G_N_ELEMENTS(sizes); s++) {
        double values[ROUNDS];
        bench b;
        g_autoptr(GPtrArray) posts =
            bench_posts((guint)MAX(4, 200000 / sizes[s]), sizes[s], sizes[s]);
        bench_init(&b, rules, posts);
        b.scanner = ch_scanner_new(b.patterns, CH_ENGINE_AUTO, NULL);
        for (guint i = 0; i < ROUNDS; i++) {
            values[i] = measure(&b, run_scanner);
        }
        per_byte[s] = median(values, ROUNDS);
        printf("| %zu | %.1f | %.1f |\n", sizes[s],
               per_byte[s] * (double)sizes[s] / 1e3, per_byte[s]);
        bench_clear(&b);
    }
    return per_byte[G_N_ELEMENTS(sizes) - 1] <= 2 * per_byte[1];
}

static void
print_head(void)
{
    puts("MB/s; fired: patterns a post for which PCRE2 was asked; start: ms "
         "with a cached database\n");
    puts("| rules | loop | search alone | search and confirm | x loop | fired "
         "| compile ms | database KB | start ms | hits |");
    puts("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
}

static void
aim(const char *what, double is, const char *relation, double wanted)
{
    gboolean met = relation[0] == '>' ? is >= wanted : is <= wanted;
    printf("%-44s %8.2f  aim %s %g: %s\n", what, is, relation, wanted,
           met ? "met" : "MISSED");
}

/* --- texts from files --------------------------------------------------- */

static int
bench_files(const char *rules_file, const char *texts_file)
{
    g_autofree char *rules = NULL, *texts = NULL;
    gsize length;
    if (!g_file_get_contents(rules_file, &rules, NULL, NULL) ||
        !g_file_get_contents(texts_file, &texts, &length, NULL)) {
        puts("bench_engine: cannot read these files");
        return 66;
    }
    g_autoptr(GPtrArray) patterns = g_ptr_array_new();
    g_auto(GStrv) lines = g_strsplit(g_strchomp(rules), "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_ptr_array_add(patterns, lines[i]);
    }
    g_autoptr(GPtrArray) posts =
        g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (gsize at = 0; at < length; at += strlen(texts + at) + 1) {
        g_ptr_array_add(posts, g_bytes_new(texts + at, strlen(texts + at)));
    }
    print_head();
    return bench_rules_on(patterns, posts).same ? 0 : 1;
}

/* Scans of a clean post of 1,000 bytes with 150 rules. */
static int
scan_often(guint64 times)
{
    bench b;
    g_autoptr(GPtrArray) rules = bench_rules(150);
    g_autoptr(GPtrArray) posts = bench_posts(1, 1000, 1000);
    bench_init(&b, rules, posts);
    b.scanner = ch_scanner_new(b.patterns, CH_ENGINE_AUTO, NULL);
    for (guint64 i = 0; i < times; i++) {
        run_scanner(&b, posts->pdata[0]);
    }
    bench_clear(&b);
    return 0;
}

int
main(int argc, char **argv)
{
    static const guint numbers[] = {15, 150, 1500};
    outcome o[G_N_ELEMENTS(numbers)];
    gboolean same = TRUE;
    if (argc == 3 && strcmp(argv[1], "--scan") == 0) {
        return scan_often(g_ascii_strtoull(argv[2], NULL, 10));
    }
    if (argc == 3) {
        return bench_files(argv[1], argv[2]);
    }
    g_autofree char *platform = ch_scanner_dup_platform();
    printf("platform: %s\n", platform);
    print_head();
    g_autoptr(GPtrArray) posts = bench_posts(60, 1000, 4000);
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        g_autoptr(GPtrArray) rules = bench_rules(numbers[i]);
        o[i] = bench_rules_on(rules, posts);
        same = same && o[i].same;
    }
    g_autoptr(GPtrArray) rules = bench_rules(150);
    gboolean linear = bench_sizes(rules);
    putchar('\n');
    aim("150 rules, times the loop", o[1].ratio, ">=", 30);
    aim("1,500 rules, times the loop", o[2].ratio, ">=", 120);
    aim("cost of 1,500 rules to that of 150", o[2].scanner / o[1].scanner,
        "<=", 1.3);
    aim("start with 1,500 rules, cached, ms", o[2].start, "<=", 50);
    printf("linear up to 1 MB: %s\n", linear ? "yes" : "NO");
    puts(same ? "the same hits: yes" : "the same hits: NO");
    return same && linear ? 0 : 1;
}
