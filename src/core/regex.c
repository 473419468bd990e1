/*
 * The only place that knows PCRE2.
 *
 * A pattern is translated to machine code at its first search, in the form
 * that regex_factor.c gives it: most patterns of a large rule set never meet a
 * text that calls for them, and at a start with thousands of rules that is the
 * dearest step.
 */
#include "chaperone/regex.h"

#include "chaperone/limits.h"
#include "core/regex_factor.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/autoptr.h"

struct ch_regex {
    char *pattern;
    pcre2_code *code; /* NULL: not compiled yet, or it cannot be */
    gsize ready;      /* g_once: code is there, and JIT-compiled */
};

struct ch_regex_work {
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

static pcre2_code *
compile(const char *pattern, int *number, PCRE2_SIZE *at)
{
    return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                         PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C |
                             PCRE2_NO_AUTO_CAPTURE | PCRE2_USE_OFFSET_LIMIT,
                         number, at, NULL);
}

static gboolean
matches_empty(const pcre2_code *code)
{
    g_autoptr(pcre2_match_data) data =
        pcre2_match_data_create_from_pattern(code, NULL);
    return pcre2_match(code, (PCRE2_SPTR) "", 0, 0, 0, data, NULL) >= 0;
}

ch_regex *
ch_regex_new(const char *pattern, char **problem_out)
{
    int number;
    PCRE2_SIZE at;
    g_autoptr(pcre2_code) code = compile(pattern, &number, &at);
    if (code == NULL) {
        PCRE2_UCHAR text[200];
        pcre2_get_error_message(number, text, sizeof text);
        *problem_out = g_strdup_printf("%s (at character %zu)",
                                       (const char *)text, at + 1);
        return NULL;
    }
    if (matches_empty(code)) {
        *problem_out = g_strdup("it matches the empty string");
        return NULL;
    }
    return ch_regex_new_trusted(pattern);
}

ch_regex *
ch_regex_new_trusted(const char *pattern)
{
    ch_regex *regex = g_new0(ch_regex, 1);
    regex->pattern = g_strdup(pattern);
    return regex;
}

const char *
ch_regex_pattern(const ch_regex *regex)
{
    return regex->pattern;
}

void
ch_regex_free(ch_regex *regex)
{
    if (regex != NULL) {
        pcre2_code_free(regex->code);
        g_free(regex->pattern);
        g_free(regex);
    }
}

/* As factored, or else as written. */
static pcre2_code *
compile_quick(const char *pattern)
{
    int number;
    PCRE2_SIZE at;
    g_autofree char *factored = ch_regex_dup_factored(pattern);
    pcre2_code *code = compile(factored, &number, &at);
    return code != NULL ? code : compile(pattern, &number, &at);
}

/* The code of a pattern that is const but for its first search.  NULL: it
 * cannot be compiled. */
static const pcre2_code *
code_of(const ch_regex *regex)
{
    ch_regex *first = (ch_regex *)regex;
    if (g_once_init_enter(&first->ready)) {
        first->code = compile_quick(first->pattern);
        if (first->code != NULL) { /* slower without, the same */
            pcre2_jit_compile(first->code, PCRE2_JIT_COMPLETE);
        }
        g_once_init_leave(&first->ready, 1);
    }
    return regex->code;
}

ch_regex_work *
ch_regex_work_new(void)
{
    g_autoptr(pcre2_match_data) data = pcre2_match_data_create(1, NULL);
    g_autoptr(pcre2_match_context) limits = pcre2_match_context_create(NULL);
    if (data == NULL || limits == NULL) {
        return NULL;
    }
    pcre2_set_match_limit(limits, CH_PCRE_MATCH_LIMIT);
    pcre2_set_heap_limit(limits, CH_PCRE_HEAP_KIB);
    ch_regex_work *work = g_new(ch_regex_work, 1);
    work->data = g_steal_pointer(&data);
    work->limits = g_steal_pointer(&limits);
    return work;
}

void
ch_regex_work_free(ch_regex_work *work)
{
    if (work != NULL) {
        pcre2_match_data_free(work->data);
        pcre2_match_context_free(work->limits);
        g_free(work);
    }
}

ch_regex_result
ch_regex_find(const ch_regex *regex, const char *text, gsize length,
              GArray *hits)
{
    g_autoptr(ch_regex_work) work = ch_regex_work_new();
    if (work == NULL) {
        return CH_REGEX_FAILED;
    }
    return ch_regex_find_between(regex, work, text, length,
                                 (ch_span){0, length}, hits);
}

ch_regex_result
ch_regex_find_first(const ch_regex *regex, ch_regex_work *work,
                    const char *text, gsize length, ch_span starts,
                    ch_span *hit_out)
{
    const pcre2_code *code = code_of(regex);
    hit_out->start = hit_out->end = G_MAXSIZE;
    if (code == NULL) {
        return CH_REGEX_FAILED;
    }
    if (starts.start >= length) {
        return CH_REGEX_DONE;
    }
    pcre2_set_offset_limit(work->limits, starts.end);
    int rc = pcre2_match(code, (PCRE2_SPTR)text, length, starts.start,
                         PCRE2_NO_UTF_CHECK, work->data, work->limits);
    if (rc >= 0) {
        const PCRE2_SIZE *v = pcre2_get_ovector_pointer(work->data);
        /* A \K in a look-around can set the start behind the end. */
        *hit_out = (ch_span){MAX(v[0], starts.start), MAX(v[0], v[1])};
        return CH_REGEX_DONE;
    }
    return rc == PCRE2_ERROR_NOMATCH    ? CH_REGEX_DONE
           : rc == PCRE2_ERROR_NOMEMORY ? CH_REGEX_FAILED
                                        : CH_REGEX_LIMIT;
}

ch_regex_result
ch_regex_find_between(const ch_regex *regex, ch_regex_work *work,
                      const char *text, gsize length, ch_span starts,
                      GArray *hits)
{
    while (starts.start <= starts.end && hits->len < CH_MAX_HITS) {
        ch_span hit;
        ch_regex_result result =
            ch_regex_find_first(regex, work, text, length, starts, &hit);
        if (result != CH_REGEX_DONE || hit.start == G_MAXSIZE) {
            return result;
        }
        if (hit.end > hit.start) {
            g_array_append_val(hits, hit);
            starts.start = hit.end;
        } else if (hit.start >= length) { /* "\\b" at the very end */
            return CH_REGEX_DONE;
        } else { /* a look ahead, and no more: step on */
            starts.start = hit.start;
            starts.start += (gsize)(g_utf8_next_char(text + hit.start) -
                                    (text + hit.start));
        }
    }
    return CH_REGEX_DONE;
}
