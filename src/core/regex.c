/*
 * The only place that knows PCRE2.
 */
#include "chaperone/regex.h"

#include "chaperone/limits.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/autoptr.h"

struct ch_regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static pcre2_match_context *
new_limits(void)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    g_assert(limits != NULL);
    pcre2_set_match_limit(limits, CH_PCRE_MATCH_LIMIT);
    pcre2_set_heap_limit(limits, CH_PCRE_HEAP_KIB);
    return limits;
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
    g_autoptr(pcre2_code) code = pcre2_compile(
        (PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
        PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE,
        &number, &at, NULL);
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
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* slower without, the same */
    ch_regex *regex = g_new0(ch_regex, 1);
    regex->code = g_steal_pointer(&code);
    regex->limits = new_limits();
    return regex;
}

void
ch_regex_free(ch_regex *regex)
{
    if (regex != NULL) {
        pcre2_code_free(regex->code);
        pcre2_match_context_free(regex->limits);
        g_free(regex);
    }
}

ch_regex_result
ch_regex_find(const ch_regex *regex, const char *text, gsize length,
              GArray *hits)
{
    g_autoptr(pcre2_match_data) data = pcre2_match_data_create(1, NULL);
    gsize at = 0;
    if (data == NULL) {
        return CH_REGEX_FAILED;
    }
    while (at < length && hits->len < CH_MAX_HITS) {
        int rc = pcre2_match(regex->code, (PCRE2_SPTR)text, length, at,
                             PCRE2_NO_UTF_CHECK, data, regex->limits);
        if (rc == PCRE2_ERROR_NOMATCH) {
            return CH_REGEX_DONE;
        }
        if (rc < 0) {
            return rc == PCRE2_ERROR_NOMEMORY ? CH_REGEX_FAILED
                                              : CH_REGEX_LIMIT;
        }
        const PCRE2_SIZE *v = pcre2_get_ovector_pointer(data);
        if (v[1] <= v[0]) { /* \K or a lookahead made it empty: step on */
            at = v[0] > at ? v[0] : at;
            at += (gsize)(g_utf8_next_char(text + at) - (text + at));
            continue;
        }
        g_array_append_vals(hits, &(ch_span){v[0], v[1]}, 1);
        at = v[1];
    }
    return CH_REGEX_DONE;
}
