/*
 * Examples: every rule says what it must find and what it must leave alone,
 * and a set of rules in which one fails to is refused.
 */
#include "rule_run_int.h"

/* Whether r's rule finds something in a post of just this text. */
static gboolean
finds(const ch_ruleset *rules, const rule_entry *rule, const char *utf8)
{
    g_autoptr(GBytes) source = g_bytes_new(utf8, strlen(utf8));
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    g_autoptr(GArray) findings = g_array_new(FALSE, FALSE, sizeof(ch_finding));
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_text_fold(text);
    g_ptr_array_add(texts, text);
    ch_facts facts = {.is_reply = rule->public.reply_examples,
                      .has_image = rule->public.image_examples};
    rule_run r;
    ch_rule_run_init(&r, rules, texts, &facts);
    r.neutral = TRUE;
    r.rule = rule;
    ch_rule_ask(&r, findings);
    ch_rule_run_clear(&r);
    return findings->len > 0;
}

void
ch_ruleset_check_examples(const ch_ruleset *rules, ch_diag *diag)
{
    for (guint i = 0; i < rules->rules->len; i++) {
        const rule_entry *rule = rules->rules->pdata[i];
        const ch_rule *p = &rule->public;
        for (guint x = 0; x < p->examples->len; x++) {
            const ch_example *e = &g_array_index(p->examples, ch_example, x);
            if (finds(rules, rule, e->text) != e->must_match) {
                ch_diag_add(diag, p->file, e->line, e->column,
                            "rule \"%s\" %s this example; see chaperone "
                            "explain",
                            p->id,
                            e->must_match ? "does not find anything in"
                                          : "finds something in");
            }
        }
    }
}
