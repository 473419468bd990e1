/*
 * Any bytes are a rule pack, before a NUL byte, and a post behind it: the
 * pack loads or somebody is told why; what it finds lies within the post.
 */
#include "chaperone/limits.h"
#include "chaperone/ruleset.h"

#include "check_texts.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static ch_text *
text_of(ch_where where, const char *data, gsize size)
{
    g_autofree char *valid = g_utf8_make_valid(data, (gssize)size);
    g_autoptr(GBytes) source = g_bytes_new(valid, strlen(valid));
    ch_text *text = ch_text_new_whole(where, -1, source);
    ch_text_fold(text);
    return text;
}

static void
check_findings(const GArray *findings, const GPtrArray *texts)
{
    g_assert(findings->len <= CH_MAX_FINDINGS);
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        const ch_text *text = NULL;
        for (guint t = 0; t < texts->len; t++) {
            if (ch_text_where(texts->pdata[t]) == f->where) {
                text = texts->pdata[t];
            }
        }
        g_assert(f->rule != NULL && f->part == -1);
        g_assert(!f->has_span || text != NULL);
        if (f->has_span) {
            g_assert(f->span.start <= f->span.end);
            g_assert(f->span.end <= g_bytes_get_size(ch_text_source(text)));
            g_assert(f->line == ch_text_line(text, f->span.start));
        }
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    const guint8 *nul = size == 0 ? NULL : memchr(data, '\0', size);
    gsize length = nul == NULL ? size : (gsize)(nul - data);
    const char *post = nul == NULL ? "" : (const char *)nul + 1;
    gsize post_size = nul == NULL ? 0 : size - length - 1;
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    g_autoptr(ch_ruleset) rules =
        ch_ruleset_parse("r.yaml", (const char *)data, length, config, diag);
    g_assert((rules == NULL) == (ch_diag_count(diag) > 0));
    if (rules == NULL) {
        return 0;
    }
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_ptr_array_add(texts, text_of(CH_WHERE_SUBJECT, post, post_size / 4));
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, post, post_size));
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    ch_facts facts = {.is_reply = post_size % 2 == 1};
    g_autoptr(GError) error = NULL;
    g_assert(ch_ruleset_run(rules, texts, &facts, findings, &error));
    check_findings(findings, texts);
    return 0;
}
