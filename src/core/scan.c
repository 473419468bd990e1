/*
 * The scanner: one search for the triggers of all patterns, then PCRE2 only
 * where a match that holds a trigger can begin.  The only place that knows
 * Vectorscan.
 *
 * The search works on bytes and reports ends of triggers.  Each end gives a
 * window of the text in which a match of a pattern can begin; windows of one
 * pattern are put in order and joined, so that a trigger which stands in a
 * thousand places costs no more than one search over the whole text.
 *
 * Nothing is decided here: what fired may still have no hit.
 */
#include "scan_int.h"

#include "chaperone/limits.h"
#include "core/regex_factor.h"

#include <string.h>

#ifndef CH_NO_VECTORSCAN
#include <hs.h>
#else
typedef struct hs_database hs_database_t; /* never made */
typedef struct hs_scratch hs_scratch_t;
#endif

/* Goes up whenever triggers or the form of a cached database change. */
#define FORM "3"
/* What scanning leaves ready for the next text; more are made and freed. */
#define MAX_IDLE 64

/* Plain strings and strings with classes are searched best apart. */
enum { LITERALS, CLASSES, DATABASES };

/* What one thread needs at a time. */
typedef struct {
    hs_scratch_t *scratch;
    ch_places places;
} worker;

struct ch_scanner {
    GPtrArray *patterns; /* of const ch_regex, borrowed */
    GPtrArray *branches; /* of const ch_regex: what the plan is about */
    GPtrArray *own;      /* of ch_regex: branches that are ours */
    GArray *pattern_of;  /* of guint: of each branch */
    GArray *first;       /* of guint: of each pattern, and behind the last */
    ch_scan_plan *plan;
    hs_database_t *databases[DATABASES]; /* NULL: nothing to search for */
    char *digest;                        /* of what a cached one must fit */
    GMutex lock;
    GPtrArray *idle; /* of worker, under lock */
};

struct ch_scan {
    const ch_scanner *scanner;
    const char *text;
    gsize length;
    ch_windows windows; /* of branches */
    guint n_fired;
    guint *fired;        /* patterns, ascending */
    ch_regex_work *work; /* made when PCRE2 is first asked */
};

/* --- workers ------------------------------------------------------------ */

static void
worker_free(gpointer data)
{
    worker *w = data;
#ifndef CH_NO_VECTORSCAN
    hs_free_scratch(w->scratch);
#endif
    ch_places_clear(&w->places);
    g_free(w);
}

static gboolean
alloc_scratch(const ch_scanner *s, worker *w)
{
#ifndef CH_NO_VECTORSCAN
    for (guint i = 0; i < DATABASES; i++) {
        if (s->databases[i] != NULL &&
            hs_alloc_scratch(s->databases[i], &w->scratch) != HS_SUCCESS) {
            return FALSE;
        }
    }
#else
    (void)s;
    (void)w;
#endif
    return TRUE;
}

static worker *
worker_new(const ch_scanner *s)
{
    worker *w = g_new0(worker, 1);
    ch_places_init(&w->places, s->plan, s->branches->len);
    if (!alloc_scratch(s, w)) {
        worker_free(w);
        return NULL;
    }
    return w;
}

/* The lock and the list of idle workers are the scanner's only state. */
static worker *
take_worker(const ch_scanner *scanner)
{
    ch_scanner *s = (ch_scanner *)scanner;
    worker *w = NULL;
    g_mutex_lock(&s->lock);
    if (s->idle->len > 0) {
        w = g_ptr_array_steal_index_fast(s->idle, s->idle->len - 1);
    }
    g_mutex_unlock(&s->lock);
    return w != NULL ? w : worker_new(s);
}

static void
give_worker(const ch_scanner *scanner, worker *w)
{
    ch_scanner *s = (ch_scanner *)scanner;
    g_mutex_lock(&s->lock);
    if (s->idle->len < MAX_IDLE) {
        g_ptr_array_add(s->idle, w);
        w = NULL;
    }
    g_mutex_unlock(&s->lock);
    g_clear_pointer(&w, worker_free);
}

/* --- databases ---------------------------------------------------------- */

#ifndef CH_NO_VECTORSCAN

/* Bytes that no UTF-8 text holds (RFC 3629 1).  Where all strings begin alike
 * the library hurries from one such byte to the next, and with AVX-512 version
 * 5.4.9 then loses what stands in the last bytes of a text; these beside the
 * others keep it from that way. */
static const char *const sentinels[] = {
    "\\xf8\\x01", "\\xf9\\x02", "\\xfa\\x03", "\\xfb\\x04",
    "\\xfc\\x05", "\\xfd\\x06", "\\xfe\\x07", "\\xff\\x08",
};
#define SENTINEL_LENGTH 2

/* The bytes of "\x61\x62".  Owned. */
static char *
dup_bytes(const char *expression, gsize length)
{
    char *bytes = g_malloc(length + 1);
    for (gsize i = 0; i < length; i++) {
        bytes[i] = (char)(g_ascii_xdigit_value(expression[4 * i + 2]) * 16 +
                          g_ascii_xdigit_value(expression[4 * i + 3]));
    }
    bytes[length] = '\0';
    return bytes;
}

/* One of the two databases; FALSE: the library refuses. */
static gboolean
compile_one(const ch_scan_plan *plan, guint which, hs_database_t **database)
{
    guint n = plan->triggers->len, all = n + G_N_ELEMENTS(sentinels);
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree unsigned *ids = g_new0(unsigned, all);
    g_autofree unsigned *flags = g_new0(unsigned, all);
    g_autofree size_t *lengths = g_new0(size_t, all);
    hs_compile_error_t *problem = NULL;
    for (guint i = 0; i < n; i++) {
        const char *expression = plan->expressions->pdata[i];
        gsize length =
            g_array_index(plan->triggers, ch_scan_plan_trigger, i).length;
        if (g_array_index(plan->literal, gboolean, i) != (which == LITERALS)) {
            continue;
        }
        ids[texts->len] = i;
        lengths[texts->len] = length;
        g_ptr_array_add(texts, which == LITERALS ? dup_bytes(expression, length)
                                                 : g_strdup(expression));
    }
    if (texts->len == 0) {
        return TRUE;
    }
    for (guint i = n; i < all; i++) {
        ids[texts->len] = i;
        lengths[texts->len] = SENTINEL_LENGTH;
        g_ptr_array_add(texts, which == LITERALS ? dup_bytes(sentinels[i - n],
                                                             SENTINEL_LENGTH)
                                                 : g_strdup(sentinels[i - n]));
    }
    const char *const *list = (const char *const *)texts->pdata;
    hs_error_t code =
        which == LITERALS
            ? hs_compile_lit_multi(list, flags, ids, lengths, texts->len,
                                   HS_MODE_BLOCK, NULL, database, &problem)
            : hs_compile_multi(list, flags, ids, texts->len, HS_MODE_BLOCK,
                               NULL, database, &problem);
    hs_free_compile_error(problem);
    return code == HS_SUCCESS;
}

static gboolean
compile_databases(ch_scanner *s)
{
    return compile_one(s->plan, LITERALS, &s->databases[LITERALS]) &&
           compile_one(s->plan, CLASSES, &s->databases[CLASSES]);
}

static void
free_databases(ch_scanner *s)
{
    for (guint i = 0; i < DATABASES; i++) {
        hs_free_database(s->databases[i]);
        s->databases[i] = NULL;
    }
}

char *
ch_scanner_dup_platform(void)
{
    hs_platform_info_t platform = {0};
    hs_populate_platform(&platform);
    return g_strdup_printf("%s; tune %u, features %llx; form " FORM,
                           hs_version(), platform.tune, platform.cpu_features);
}

static void
write_database(const hs_database_t *database, GByteArray *out)
{
    char *bytes = NULL;
    gsize size = 0;
    if (database != NULL) {
        hs_serialize_database(database, &bytes, &size);
    }
    guint64 length = size;
    g_byte_array_append(out, (const guint8 *)&length, sizeof length);
    g_byte_array_append(out, (const guint8 *)bytes, (guint)size);
    free(bytes);
}

GBytes *
ch_scanner_dup_database(const ch_scanner *s)
{
    if (s->digest == NULL) {
        return NULL;
    }
    GByteArray *out = g_byte_array_new();
    g_byte_array_append(out, (const guint8 *)s->digest,
                        (guint)strlen(s->digest));
    ch_scan_plan_write(s->plan, out);
    for (guint i = 0; i < DATABASES; i++) {
        write_database(s->databases[i], out);
    }
    return g_byte_array_free_to_bytes(out);
}

static gboolean
read_database(const guint8 **data, const guint8 *end, hs_database_t **out)
{
    guint64 length;
    if ((gsize)(end - *data) < sizeof length) {
        return FALSE;
    }
    memcpy(&length, *data, sizeof length);
    *data += sizeof length;
    if ((gsize)(end - *data) < length) {
        return FALSE;
    }
    const char *bytes = (const char *)*data;
    *data += length;
    return length == 0 ||
           hs_deserialize_database(bytes, (gsize)length, out) == HS_SUCCESS;
}

/* FALSE: it was not made from these patterns, or is damaged. */
static gboolean
load_cached(ch_scanner *s, GBytes *cached)
{
    gsize size, head = strlen(s->digest);
    const guint8 *data = g_bytes_get_data(cached, &size), *end = data + size;
    if (size < head || memcmp(data, s->digest, head) != 0) {
        return FALSE;
    }
    data += head;
    s->plan = ch_scan_plan_read(s->branches->len, &data, end);
    if (s->plan != NULL && read_database(&data, end, &s->databases[0]) &&
        read_database(&data, end, &s->databases[1]) && data == end) {
        return TRUE;
    }
    g_clear_pointer(&s->plan, ch_scan_plan_free);
    free_databases(s);
    return FALSE;
}

/* Of all that the databases are made from. */
static char *
dup_digest(const GPtrArray *patterns)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *platform = ch_scanner_dup_platform();
    g_checksum_update(sum, (const guchar *)platform,
                      (gssize)strlen(platform) + 1);
    for (guint i = 0; i < patterns->len; i++) {
        const char *pattern = ch_regex_pattern(patterns->pdata[i]);
        g_checksum_update(sum, (const guchar *)pattern,
                          (gssize)strlen(pattern) + 1);
    }
    return g_strdup(g_checksum_get_string(sum));
}

static void
prepare(ch_scanner *s, GBytes *cached)
{
    s->digest = dup_digest(s->patterns);
    if (cached != NULL && load_cached(s, cached)) {
        return;
    }
    s->plan = ch_scan_plan_new(s->branches);
    if (!compile_databases(s)) {
        g_clear_pointer(&s->plan, ch_scan_plan_free);
        g_clear_pointer(&s->digest, g_free);
        free_databases(s);
    }
}

#else

static void
free_databases(ch_scanner *s)
{
    (void)s;
}

char *
ch_scanner_dup_platform(void)
{
    return g_strdup("without Vectorscan");
}

GBytes *
ch_scanner_dup_database(const ch_scanner *s)
{
    (void)s;
    return NULL;
}

static void
prepare(ch_scanner *s, GBytes *cached)
{
    (void)s;
    (void)cached;
}

#endif

/* Branches are worth it where the search says which of them can begin. */
static gboolean
is_searched(ch_engine engine)
{
#ifdef CH_NO_VECTORSCAN
    (void)engine;
    return FALSE;
#else
    return engine != CH_ENGINE_PCRE2;
#endif
}

/* A pattern with alternatives is searched as its branches (scan_merge.c). */
static void
add_branches(ch_scanner *s, guint number)
{
    const ch_regex *whole = s->patterns->pdata[number];
    g_autoptr(GPtrArray) parts = ch_regex_branches(ch_regex_pattern(whole));
    g_array_append_val(s->first, s->branches->len);
    for (guint i = 0; i < parts->len; i++) {
        ch_regex *part =
            parts->len > 1 ? ch_regex_new_trusted(parts->pdata[i]) : NULL;
        if (part != NULL) {
            g_ptr_array_add(s->own, part);
        }
        g_ptr_array_add(s->branches,
                        part != NULL ? part : s->patterns->pdata[number]);
        g_array_append_val(s->pattern_of, number);
    }
}

static void
take_apart(ch_scanner *s, gboolean apart)
{
    s->branches = g_ptr_array_new();
    s->own = g_ptr_array_new_with_free_func((GDestroyNotify)ch_regex_free);
    s->pattern_of = g_array_new(FALSE, FALSE, sizeof(guint));
    s->first = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < s->patterns->len; i++) {
        if (apart) {
            add_branches(s, i);
        } else {
            g_array_append_val(s->first, i);
            g_array_append_val(s->pattern_of, i);
            g_ptr_array_add(s->branches, s->patterns->pdata[i]);
        }
    }
    g_array_append_val(s->first, s->branches->len);
}

ch_scanner *
ch_scanner_new(const GPtrArray *patterns, ch_engine engine, GBytes *cached)
{
    ch_scanner *s = g_new0(ch_scanner, 1);
    s->patterns = g_ptr_array_new();
    g_ptr_array_extend(s->patterns, (GPtrArray *)patterns, NULL, NULL);
    take_apart(s, is_searched(engine));
    s->idle = g_ptr_array_new_with_free_func(worker_free);
    g_mutex_init(&s->lock);
    if (engine != CH_ENGINE_PCRE2) {
        prepare(s, cached);
    }
    if (s->plan == NULL) {
        s->plan = ch_scan_plan_new_always(s->branches->len);
    }
    return s;
}

void
ch_scanner_free(ch_scanner *s)
{
    if (s != NULL) {
        g_ptr_array_unref(s->idle);
        g_ptr_array_unref(s->patterns);
        g_ptr_array_unref(s->branches);
        g_ptr_array_unref(s->own);
        g_array_unref(s->pattern_of);
        g_array_unref(s->first);
        ch_scan_plan_free(s->plan);
        free_databases(s);
        g_free(s->digest);
        g_mutex_clear(&s->lock);
        g_free(s);
    }
}

/* --- the search --------------------------------------------------------- */

/* Digits and spaces of other scripts, which \d and \s match but triggers do
 * not tell apart; a character that is not assigned yet may become one. */
static gboolean
is_exotic(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_DECIMAL_NUMBER || type == G_UNICODE_UNASSIGNED ||
           type == G_UNICODE_SPACE_SEPARATOR ||
           type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR || c == 0x85 ||
           c == 0x180E; /* PCRE2 counts them as space */
}

static gboolean
has_exotic(const char *text, gsize length)
{
    for (gsize i = 0; i < length;) {
        guint64 eight;
        if (length - i >= sizeof eight) {
            memcpy(&eight, text + i, sizeof eight);
            if ((eight & G_GUINT64_CONSTANT(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        if ((guchar)text[i] >= 0x80 && is_exotic(g_utf8_get_char(text + i))) {
            return TRUE;
        }
        i += (gsize)(g_utf8_next_char(text + i) - (text + i));
    }
    return FALSE;
}

typedef enum { SEARCH_DONE, SEARCH_TOO_MANY, SEARCH_FAILED } search_result;

#ifndef CH_NO_VECTORSCAN

static gboolean
is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

/* Called for each trigger in the text; not 0 ends the search. */
static int
on_trigger(unsigned id, unsigned long long from, unsigned long long to,
           unsigned flags, void *context)
{
    ch_places *w = context;
    gsize end = (gsize)to;
    (void)from;
    (void)flags;
    if (id >= w->plan->triggers->len) { /* a sentinel: not UTF-8 */
        return 0;
    }
    const ch_scan_plan_trigger *t =
        &g_array_index(w->plan->triggers, ch_scan_plan_trigger, id);
    if ((t->edge_start && end > t->length &&
         is_word_byte(w->text[end - t->length - 1])) ||
        (t->edge_end && end < w->length && is_word_byte(w->text[end]))) {
        return 0;
    }
    return ch_places_add(w, id, end) ? 0 : 1;
}

static search_result
search(const ch_scanner *s, worker *w, const char *text, gsize length)
{
    w->places.text = text;
    w->places.length = length;
    if (length == 0 || length > G_MAXUINT32) {
        return length == 0 ? SEARCH_DONE : SEARCH_TOO_MANY;
    }
    for (guint i = 0; i < DATABASES; i++) {
        if (s->databases[i] == NULL) {
            continue;
        }
        hs_error_t code = hs_scan(s->databases[i], text, (guint)length, 0,
                                  w->scratch, on_trigger, &w->places);
        if (code != HS_SUCCESS) {
            return code == HS_SCAN_TERMINATED ? SEARCH_TOO_MANY : SEARCH_FAILED;
        }
    }
    return SEARCH_DONE;
}

#else

static search_result
search(const ch_scanner *s, worker *w, const char *text, gsize length)
{
    (void)s;
    (void)w;
    (void)text;
    (void)length;
    return SEARCH_DONE; /* every pattern is one that always fires */
}

#endif

/* --- a scan ------------------------------------------------------------- */

/* From branches to their patterns. */
static void
list_fired(ch_scan *scan)
{
    const GArray *pattern_of = scan->scanner->pattern_of;
    scan->fired = g_new(guint, scan->windows.n_fired + 1);
    for (guint i = 0; i < scan->windows.n_fired; i++) {
        guint p = g_array_index(pattern_of, guint, scan->windows.fired[i]);
        if (scan->n_fired == 0 || scan->fired[scan->n_fired - 1] != p) {
            scan->fired[scan->n_fired++] = p;
        }
    }
}

ch_scan *
ch_scanner_scan(const ch_scanner *s, const char *text, gsize length)
{
    worker *w = take_worker(s);
    if (w == NULL) {
        return NULL;
    }
    search_result result = search(s, w, text, length);
    gboolean exotic = s->plan->exotic->len > 0 && has_exotic(text, length);
    ch_scan *scan = g_new0(ch_scan, 1);
    scan->scanner = s;
    scan->text = text;
    scan->length = length;
    gboolean done =
        ch_places_finish(&w->places, exotic, result == SEARCH_TOO_MANY,
                         &scan->windows) &&
        result != SEARCH_FAILED;
    give_worker(s, w);
    if (!done) {
        ch_scan_free(scan);
        return NULL;
    }
    list_fired(scan);
    return scan;
}

void
ch_scan_free(ch_scan *scan)
{
    if (scan != NULL) {
        ch_windows_clear(&scan->windows);
        g_free(scan->fired);
        ch_regex_work_free(scan->work);
        g_free(scan);
    }
}

const guint *
ch_scan_fired(const ch_scan *scan, guint *count_out)
{
    *count_out = scan->n_fired;
    return scan->fired;
}

/* The first of those that fired which is branch or behind it. */
static guint
find_fired(const ch_windows *windows, guint branch)
{
    guint low = 0, high = windows->n_fired;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (windows->fired[middle] < branch) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Windows may overlap: each search begins behind the hit before, as it would
 * over the whole text, and never before where the last one ended. */
static ch_regex_result
find_in_windows(const ch_scan *scan, const ch_regex *regex, guint index,
                GArray *hits)
{
    const ch_windows *w = &scan->windows;
    gsize at = 0;
    for (guint32 i = w->first[index]; i < w->first[index + 1]; i++) {
        ch_span starts = w->windows[i];
        guint before = hits->len;
        /* Windows side by side are one, and PCRE2 is called once. */
        while (i + 1 < w->first[index + 1] &&
               w->windows[i + 1].start <= starts.end + 1) {
            i++;
            starts.end = MAX(starts.end, w->windows[i].end);
        }
        starts.start = MAX(at, ch_scan_first_start(scan->text, starts.start));
        if (starts.start > starts.end) {
            continue;
        }
        ch_regex_result result = ch_regex_find_between(
            regex, scan->work, scan->text, scan->length, starts, hits);
        if (result != CH_REGEX_DONE) {
            return result;
        }
        at = hits->len > before
                 ? g_array_index(hits, ch_span, hits->len - 1).end
                 : at;
    }
    return CH_REGEX_DONE;
}

/* A pattern of which one branch alone fired. */
static ch_regex_result
find_alone(const ch_scan *scan, guint index, GArray *hits)
{
    const ch_windows *w = &scan->windows;
    const ch_regex *regex = scan->scanner->branches->pdata[w->fired[index]];
    if (w->first[index] == w->first[index + 1]) {
        return ch_regex_find_between(regex, scan->work, scan->text,
                                     scan->length, (ch_span){0, scan->length},
                                     hits);
    }
    return find_in_windows(scan, regex, index, hits);
}

ch_regex_result
ch_scan_find(const ch_scan *scan, guint pattern, GArray *hits)
{
    const ch_scanner *s = scan->scanner;
    const ch_windows *w = &scan->windows;
    guint end = g_array_index(s->first, guint, pattern + 1);
    guint index = find_fired(w, g_array_index(s->first, guint, pattern));
    ch_branch branches[CH_REGEX_MAX_BRANCHES];
    guint n = 0;
    for (guint i = index; i < w->n_fired && w->fired[i] < end; i++) {
        branches[n++] = (ch_branch){s->branches->pdata[w->fired[i]],
                                    w->windows + w->first[i],
                                    w->first[i + 1] - w->first[i]};
    }
    ch_scan *first = (ch_scan *)scan; /* const but for the work */
    if (n > 0 && scan->work == NULL &&
        (first->work = ch_regex_work_new()) == NULL) {
        return CH_REGEX_FAILED;
    }
    return n == 0   ? CH_REGEX_DONE
           : n == 1 ? find_alone(scan, index, hits)
                    : ch_scan_merge(branches, n, scan->work, scan->text,
                                    scan->length, hits);
}

/* --- what a pattern costs ----------------------------------------------- */

char *
ch_scan_dup_problem(const ch_regex *pattern, ch_scan_cost *cost_out)
{
    g_autoptr(ch_triggers) triggers =
        ch_triggers_new(ch_regex_pattern(pattern));
    ch_scan_cost cost = {.triggers = triggers->list->len};
    for (guint i = 0; i < triggers->list->len; i++) {
        const ch_trigger *t = &g_array_index(triggers->list, ch_trigger, i);
        cost.shortest = i == 0 ? t->length : MIN(cost.shortest, t->length);
        cost.open_before |= t->before_max == G_MAXSIZE;
    }
    *cost_out = cost;
    return g_strdup(triggers->problem);
}
