/*
 * Alternatives that begin alike, put together: "my patient|my client|our
 * patient" becomes "my (?:patient|client)|our patient".
 *
 * PCRE2 tries alternatives one after another, and a rule may list hundreds of
 * phrases; so it looks at each first letter once.  The pattern matches the
 * same, at the same places, in the same order of preference: alternatives
 * change places only if they begin with different letters, of which a text
 * has but one at a place.  What an alternative that does not begin with a
 * letter stands between stays on its side of it.
 *
 * Look-arounds are copied as they are, and a pattern with back references,
 * options or verbs is left alone.
 */
#include "core/regex_factor.h"

#include <string.h>

#define MAX_DEPTH  40    /* of brackets that we add; PCRE2 takes 250 */
#define MAX_GROWTH 65536 /* bytes by which a pattern may grow */
#define MAX_SPREAD 24    /* alternatives of a bracket that is multiplied out */
#define MAX_REST   200   /* bytes behind it that are repeated for each */

typedef struct {
    GString *out;
    gsize max; /* bytes of out; more: given up */
    guint depth;
} factoring;

static void factor(factoring *f, GPtrArray *alternatives);

/* --- atoms --------------------------------------------------------------- */

static gsize
escape_length(const char *p)
{
    if (p[1] == '\0') {
        return 1;
    }
    const char *brace =
        strchr("pPxNo", p[1]) != NULL && p[2] == '{' ? strchr(p, '}') : NULL;
    return brace != NULL ? (gsize)(brace - p) + 1 : 2;
}

/* A class in brackets; a ] that comes first is a member. */
static gsize
class_length(const char *p)
{
    const char *q = p + 1;
    q += *q == '^';
    q += *q == ']';
    while (*q != '\0' && *q != ']') {
        const char *end = g_str_has_prefix(q, "[:") ? strstr(q, ":]") : NULL;
        q = end != NULL ? end + 2 : q + (*q == '\\' ? escape_length(q) : 1);
    }
    return (gsize)(q - p) + (*q == ']');
}

static gsize group_length(const char *p);

/* Bytes of what stands at p, without what repeats it. */
static gsize
atom_length(const char *p)
{
    return *p == '\\'  ? escape_length(p)
           : *p == '[' ? class_length(p)
           : *p == '(' ? group_length(p)
                       : (gsize)(g_utf8_next_char(p) - p);
}

static gsize
group_length(const char *p)
{
    const char *q = p + 1;
    while (*q != '\0' && *q != ')') {
        q += atom_length(q);
    }
    return (gsize)(q - p) + (*q == ')');
}

/* Bytes of ?, *, +, {n,m} with their ? or +; 0: nothing is repeated. */
static gsize
repeat_length(const char *p)
{
    gsize n = 0;
    if (*p == '?' || *p == '*' || *p == '+') {
        n = 1;
    } else if (*p == '{' && g_ascii_isdigit(p[1])) {
        n = strspn(p + 1, "0123456789,") + 1;
        n = p[n] == '}' ? n + 1 : 0;
    }
    return n > 0 && (p[n] == '?' || p[n] == '+') ? n + 1 : n;
}

/* Bytes of the one character that p begins with, if it stands for itself. */
static gsize
literal_length(const char *p)
{
    if (*p == '\0' || strchr("\\^$.[]|()?*+{}", *p) != NULL) {
        return 0;
    }
    gsize n = atom_length(p);
    return repeat_length(p + n) > 0 ? 0 : n;
}

/* What a bracket that only groups begins with; 0: it is something else. */
static gsize
group_head(const char *p)
{
    return *p != '(' ? 0 : g_str_has_prefix(p, "(?:") ? 3 : p[1] != '?';
}

/* --- alternatives -------------------------------------------------------- */

/* Owned array of owned strings; at least one. */
static GPtrArray *
split(const char *text, gsize length)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
    gsize start = 0;
    for (gsize i = 0; i < length; i += atom_length(text + i)) {
        if (text[i] == '|') {
            g_ptr_array_add(list, g_strndup(text + start, i - start));
            start = i + 1;
        }
    }
    g_ptr_array_add(list, g_strndup(text + start, length - start));
    return list;
}

/* "(?:a|b)c" is "ac|bc": then their first letters show.  NULL: it does not
 * begin so, or would grow too much.  Owned. */
static GPtrArray *
spread(const char *text)
{
    gsize head = group_head(text);
    gsize n = head > 0 ? group_length(text) : 0;
    if (n == 0 || text[n - 1] != ')' || repeat_length(text + n) > 0 ||
        strlen(text + n) > MAX_REST) {
        return NULL;
    }
    g_autoptr(GPtrArray) list = split(text + head, n - head - 1);
    if (list->len > MAX_SPREAD && text[n] != '\0') {
        return NULL;
    }
    for (guint i = 0; i < list->len; i++) {
        char *one = list->pdata[i];
        list->pdata[i] = g_strconcat(one, text + n, NULL);
        g_free(one);
    }
    return g_steal_pointer(&list);
}

static void
add_spread(GPtrArray *out, const char *text, guint depth)
{
    g_autoptr(GPtrArray) parts = depth < 3 ? spread(text) : NULL;
    if (parts == NULL) {
        g_ptr_array_add(out, g_strdup(text));
        return;
    }
    for (guint i = 0; i < parts->len; i++) {
        add_spread(out, parts->pdata[i], depth + 1);
    }
}

/* --- writing ------------------------------------------------------------- */

/* One alternative, with the brackets inside of it factored. */
static void
write_sequence(factoring *f, const char *text)
{
    while (*text != '\0') {
        gsize n = atom_length(text), head = group_head(text);
        if (head > 0 && text[n - 1] == ')') {
            g_autoptr(GPtrArray) inner = split(text + head, n - head - 1);
            g_string_append(f->out, "(?:");
            factor(f, inner);
            g_string_append_c(f->out, ')');
        } else {
            g_string_append_len(f->out, text, (gssize)n);
        }
        text += n;
    }
}

static void
write_bar(factoring *f, gboolean *first)
{
    if (!*first) {
        g_string_append_c(f->out, '|');
    }
    *first = FALSE;
}

/* How many bytes all members have in common, in whole characters. */
static gsize
common_prefix(const GPtrArray *members)
{
    const char *model = members->pdata[0];
    gsize common = 0;
    for (;;) {
        gsize n = literal_length(model + common);
        for (guint i = 1; n > 0 && i < members->len; i++) {
            const char *other = (const char *)members->pdata[i] + common;
            if (literal_length(other) != n ||
                memcmp(other, model + common, n) != 0) {
                n = 0;
            }
        }
        if (n == 0) {
            return common;
        }
        common += n;
    }
}

static void
write_members(factoring *f, GPtrArray *members)
{
    if (members->len == 1) {
        write_sequence(f, members->pdata[0]);
        return;
    }
    gsize common = common_prefix(members);
    g_autoptr(GPtrArray) rests = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < members->len; i++) {
        g_ptr_array_add(rests,
                        g_strdup((const char *)members->pdata[i] + common));
    }
    g_string_append_len(f->out, members->pdata[0], (gssize)common);
    g_string_append(f->out, "(?:");
    factor(f, rests);
    g_string_append_c(f->out, ')');
}

/* Members that begin with the same letter as text, of the buckets so far; a
 * new bucket if need be.  Borrowed. */
static GPtrArray *
bucket_of(GPtrArray *buckets, const char *text)
{
    gsize n = literal_length(text);
    for (guint i = 0; i < buckets->len; i++) {
        GPtrArray *bucket = buckets->pdata[i];
        const char *other = bucket->pdata[0];
        if (literal_length(other) == n && memcmp(other, text, n) == 0) {
            return bucket;
        }
    }
    GPtrArray *bucket = g_ptr_array_new();
    g_ptr_array_add(buckets, bucket);
    return bucket;
}

static void
write_buckets(factoring *f, GPtrArray *buckets, gboolean *first)
{
    for (guint i = 0; i < buckets->len; i++) {
        write_bar(f, first);
        write_members(f, buckets->pdata[i]);
    }
    g_ptr_array_set_size(buckets, 0);
}

static void
unref_bucket(gpointer bucket)
{
    g_ptr_array_unref(bucket);
}

/* Writes alternatives, of char *, those that begin alike together. */
static void
factor(factoring *f, GPtrArray *alternatives)
{
    gboolean first = TRUE;
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) buckets = g_ptr_array_new_with_free_func(unref_bucket);
    f->depth++;
    for (guint i = 0; i < alternatives->len; i++) {
        add_spread(all, alternatives->pdata[i], alternatives->len > 1 ? 0 : 3);
    }
    for (guint i = 0; i < all->len && f->out->len < f->max; i++) {
        char *text = all->pdata[i];
        if (literal_length(text) > 0 && f->depth < MAX_DEPTH) {
            g_ptr_array_add(bucket_of(buckets, text), text);
            continue;
        }
        write_buckets(f, buckets, &first);
        write_bar(f, &first);
        write_sequence(f, text);
    }
    write_buckets(f, buckets, &first);
    f->depth--;
}

/* Options, verbs, names, references, quotes: they reach beyond a bracket. */
static gboolean
is_plain(const char *pattern)
{
    for (const char *p = pattern; *p != '\0'; p += *p == '\\' ? 2 : 1) {
        if (p[0] == '\\' && (p[1] == '\0' || g_ascii_isdigit(p[1]) ||
                             strchr("kgKQEGCR", p[1]) != NULL)) {
            return FALSE;
        }
        if (p[0] == '(' && p[1] == '*') {
            return FALSE;
        }
        if (p[0] == '(' && p[1] == '?' && p[2] != ':' && p[2] != '=' &&
            p[2] != '!' && !g_str_has_prefix(p, "(?<=") &&
            !g_str_has_prefix(p, "(?<!")) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Alternatives of alternatives, as long as a bracket is all there is. */
static void
add_branches(GPtrArray *out, const char *text, gsize length)
{
    g_autoptr(GPtrArray) list = split(text, length);
    for (guint i = 0; i < list->len && out->len <= CH_REGEX_MAX_BRANCHES; i++) {
        const char *one = list->pdata[i];
        gsize n = strlen(one), head = group_head(one);
        if (head > 0 && group_length(one) == n && one[n - 1] == ')') {
            add_branches(out, one + head, n - head - 1);
        } else {
            g_ptr_array_add(out, g_strdup(one));
        }
    }
}

GPtrArray *
ch_regex_branches(const char *pattern)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    if (is_plain(pattern) && g_utf8_validate(pattern, -1, NULL)) {
        add_branches(out, pattern, strlen(pattern));
    }
    if (out->len == 0 || out->len > CH_REGEX_MAX_BRANCHES) {
        g_ptr_array_set_size(out, 0);
        g_ptr_array_add(out, g_strdup(pattern));
    }
    return out;
}

char *
ch_regex_dup_factored(const char *pattern)
{
    gsize length = strlen(pattern);
    if (!is_plain(pattern) || !g_utf8_validate(pattern, -1, NULL)) {
        return g_strdup(pattern);
    }
    factoring f = {g_string_sized_new(length), length + MAX_GROWTH, 0};
    g_autoptr(GPtrArray) alternatives = split(pattern, length);
    factor(&f, alternatives);
    if (f.out->len >= f.max) {
        g_string_free(f.out, TRUE);
        return g_strdup(pattern);
    }
    return g_string_free(f.out, FALSE);
}
