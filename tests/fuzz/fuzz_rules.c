/*
 * Any bytes are a rule pack, before a NUL byte, and a post behind it: the
 * pack loads or somebody is told why; what it finds lies within the post, and
 * is the same with Vectorscan and without.
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

/* Findings of a pack over the texts by one engine; NULL: it did not load, or
 * gave up on a pattern and has no rule that says so. */
static GArray *
run(const char *pack, gsize length, ch_engine engine, const GPtrArray *texts,
    const ch_facts *facts, ch_ruleset **rules_out)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config = ch_config_new();
    config->rules_engine = engine;
    *rules_out = ch_ruleset_parse("r.yaml", pack, length, config, diag);
    g_assert((*rules_out == NULL) == (ch_diag_count(diag) > 0));
    if (*rules_out == NULL) {
        return NULL;
    }
    GArray *findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    g_autoptr(GError) error = NULL;
    if (!ch_ruleset_run(*rules_out, texts, facts, findings, NULL, &error)) {
        g_assert(error != NULL);
        g_clear_pointer(&findings, g_array_unref);
    }
    return findings;
}

static gboolean
has_limit(const GArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        if (strcmp(g_array_index(findings, ch_finding, i).rule->id,
                   "structure/pattern-limit") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Both engines find the same, unless one had to give up on a pattern. */
static void
check_same(const GArray *a, const GArray *b)
{
    if (has_limit(a) || has_limit(b)) {
        return;
    }
    g_assert_cmpuint(a->len, ==, b->len);
    for (guint i = 0; i < a->len; i++) {
        const ch_finding *x = &g_array_index(a, ch_finding, i);
        const ch_finding *y = &g_array_index(b, ch_finding, i);
        g_assert_cmpstr(x->rule->id, ==, y->rule->id);
        g_assert(x->where == y->where && x->has_span == y->has_span);
        g_assert(x->span.start == y->span.start && x->span.end == y->span.end);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    const guint8 *nul = size == 0 ? NULL : memchr(data, '\0', size);
    gsize length = nul == NULL ? size : (gsize)(nul - data);
    const char *post = nul == NULL ? "" : (const char *)nul + 1;
    gsize post_size = nul == NULL ? 0 : size - length - 1;
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    ch_facts facts = {.is_reply = post_size % 2 == 1};
    g_ptr_array_add(texts, text_of(CH_WHERE_SUBJECT, post, post_size / 4));
    g_ptr_array_add(texts, text_of(CH_WHERE_BODY, post, post_size));
    g_autoptr(ch_ruleset) fast = NULL, slow = NULL;
    g_autoptr(GArray) by_fast =
        run((const char *)data, length, CH_ENGINE_AUTO, texts, &facts, &fast);
    if (by_fast != NULL) {
        g_autoptr(GArray) by_slow = run((const char *)data, length,
                                        CH_ENGINE_PCRE2, texts, &facts, &slow);
        check_findings(by_fast, texts);
        if (by_slow != NULL) {
            check_findings(by_slow, texts);
            check_same(by_fast, by_slow);
        }
    }
    return 0;
}
