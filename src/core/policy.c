/*
 * Findings to verdicts; see policy.h.  Knows nothing of texts or messages.
 */
#include "chaperone/policy.h"

#include "chaperone/accounts.h"
#include "chaperone/directive.h"

static gboolean
listed(const GStrv list, const char *id)
{
    return g_strv_contains((const char *const *)list, id);
}

static gboolean
fits(const char *wanted, const char *have)
{
    return wanted == NULL || g_strcmp0(wanted, have) == 0;
}

/* Action for one gateway (NULL: none in particular) of a rule that asks for
 * one. */
static ch_action
effective(const ch_policy *p, const ch_rule *rule, ch_action asked,
          const ch_gateway *gateway)
{
    const char *name = gateway == NULL ? NULL : gateway->name;
    if (listed(p->config->rules_monitor, rule->id)) {
        return CH_ACCEPT;
    }
    for (guint i = 0; i < p->config->overrides->len; i++) {
        const ch_override *o = p->config->overrides->pdata[i];
        if (p->now_us < o->until_us && fits(o->rule, rule->id) &&
            fits(o->gateway, name) && fits(o->author, p->author)) {
            return o->action;
        }
    }
    return asked;
}

/* Whether the finding is in what that gateway cuts off: a matter of privacy,
 * for it leaves the house, but nothing that the public will read. */
static gboolean
is_cut_off(const ch_finding *f, const ch_posting *posting)
{
    return f->has_span &&
           (f->where == CH_WHERE_BODY || f->where == CH_WHERE_ALT ||
            f->where == CH_WHERE_LINK) &&
           ch_posting_cuts(posting, f->part, f->span);
}

/* Whether the account does without that rule. */
static gboolean
is_spared(const ch_destination *d, const ch_rule *rule)
{
    return d != NULL && d->account != NULL &&
           (listed(d->account->set->rules_disable, rule->id) ||
            listed(d->account->set->rules_monitor, rule->id));
}

/* Action of a finding for one destination (NULL: none in particular).  Rules
 * of conduct toward the public mind who sees what; no other rule does. */
static ch_action
action_for(const ch_policy *p, const ch_finding *f, const ch_destination *d)
{
    if (d == NULL) {
        return effective(p, f->rule, f->asked, NULL);
    }
    if (f->only != NULL && f->only != d->gateway) {
        return CH_ACCEPT;
    }
    ch_action asked = f->asked;
    if (d->posting != NULL &&
        g_str_has_prefix(f->rule->id, "professionalism/")) {
        if (is_cut_off(f, d->posting)) {
            return CH_ACCEPT;
        }
        if (asked > CH_ACCEPT && ch_posting_is_unlisted(d->posting)) {
            asked = (ch_action)(asked - 1);
        }
    }
    return is_spared(d, f->rule) ? CH_ACCEPT
                                 : effective(p, f->rule, asked, d->gateway);
}

/* Rules of weight (S1 to S3) that only tag, each once, for one gateway.  What
 * the patient agreed to in writing is no weak spot. */
static guint
count_weak(const ch_policy *p, const GArray *findings, const ch_destination *d)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, NULL);
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        if (f->rule->severity <= 3 && f->authorization == NULL &&
            action_for(p, f, d) == CH_TAG) {
            g_hash_table_add(seen, (gpointer)f->rule);
        }
    }
    return g_hash_table_size(seen);
}

/* Verdict for one gateway; combined_out: weak findings add up. */
static ch_action
decide_one(const ch_policy *p, GArray *findings, const ch_destination *d,
           gboolean *combined_out)
{
    const ch_gateway *gateway = d == NULL ? NULL : d->gateway;
    const ch_rule *combined = ch_ruleset_find(p->rules, "policy/combined");
    ch_action verdict = CH_ACCEPT;
    for (guint i = 0; i < findings->len; i++) {
        ch_finding *f = &g_array_index(findings, ch_finding, i);
        ch_action action = action_for(p, f, d);
        f->action = MAX(f->action, action);
        verdict = MAX(verdict, action);
    }
    if (combined != NULL && !listed(p->config->rules_disable, combined->id) &&
        !is_spared(d, combined) &&
        count_weak(p, findings, d) >= p->config->policy_combined) {
        *combined_out = TRUE;
        verdict =
            MAX(verdict, effective(p, combined, combined->action, gateway));
    }
    return p->no_reject ? MIN(verdict, CH_QUARANTINE) : verdict;
}

static void
drop_disabled(const ch_policy *p, GArray *findings)
{
    for (guint i = findings->len; i > 0; i--) {
        ch_finding *f = &g_array_index(findings, ch_finding, i - 1);
        if (listed(p->config->rules_disable, f->rule->id)) {
            g_array_remove_index(findings, i - 1);
        } else {
            f->action = CH_ACCEPT;
        }
    }
}

static int
by_strength(gconstpointer a, gconstpointer b)
{
    return (int)((const ch_finding *)b)->action -
           (int)((const ch_finding *)a)->action;
}

ch_action
ch_policy_decide(const ch_policy *p, GArray *findings, GArray *destinations)
{
    gboolean combined = FALSE;
    ch_action strongest = CH_ACCEPT;
    drop_disabled(p, findings);
    if (destinations->len == 0) {
        strongest = decide_one(p, findings, NULL, &combined);
    }
    for (guint i = 0; i < destinations->len; i++) {
        ch_destination *d = &g_array_index(destinations, ch_destination, i);
        d->verdict = decide_one(p, findings, d, &combined);
        strongest = MAX(strongest, d->verdict);
    }
    if (combined) {
        const ch_rule *rule = ch_ruleset_find(p->rules, "policy/combined");
        ch_finding f = {.rule = rule,
                        .asked = rule->action,
                        .action = effective(p, rule, rule->action, NULL),
                        .where = CH_WHERE_STRUCTURE,
                        .part = -1};
        g_array_append_val(findings, f);
    }
    g_array_sort(findings, by_strength);
    return strongest;
}
