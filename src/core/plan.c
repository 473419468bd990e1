/*
 * Plan: verdict and envelope to pass, split, hold or reject; pure.
 *
 * The last step of deciding: what follows are effects.  In doubt it holds:
 * mail that nobody judged safe for a recipient never goes on to it.
 */
#include "chaperone/plan.h"

/* Verdict for each recipient.  People are judged only under scope "all";
 * else they are no destination and a post to a gateway cannot hold them,
 * unless it would give them the address of an account. */
static void
fill_actions(const ch_verdict *verdict, guint n, ch_action *actions)
{
    gboolean all = verdict->house->config->scope == CH_SCOPE_ALL ||
                   verdict->leaks || verdict->destinations->len == 0;
    for (guint i = 0; i < n; i++) {
        actions[i] = all ? verdict->action : CH_ACCEPT;
    }
    for (guint i = 0; i < verdict->destinations->len; i++) {
        const ch_destination *d =
            &g_array_index(verdict->destinations, ch_destination, i);
        if (d->recipient >= 1 && d->recipient <= n) {
            actions[d->recipient - 1] = d->verdict;
        }
    }
}

static void
split(ch_plan *plan, const ch_envelope *e, const ch_action *actions,
      gboolean can_delete)
{
    guint n = e->recipients->len;
    for (guint i = 0; i < n; i++) {
        if (actions[i] >= CH_QUARANTINE) {
            g_array_append_val(plan->held, i);
        } else {
            plan->passing = MAX(plan->passing, actions[i]);
        }
    }
    gboolean partial = plan->held->len > 0 && plan->held->len < n;
    if (partial && can_delete && ch_plan_can_delete(e, plan->held)) {
        plan->kind = CH_PLAN_SPLIT;
    } else {
        g_array_set_size(plan->held, 0);
    }
}

ch_plan *
ch_plan_new(const ch_verdict *verdict, const ch_envelope *e,
            gboolean can_delete)
{
    ch_plan *plan = g_new0(ch_plan, 1);
    plan->held = g_array_new(FALSE, FALSE, sizeof(guint));
    switch (verdict->action) {
    case CH_ACCEPT:
    case CH_TAG:
        plan->kind = CH_PLAN_PASS;
        plan->passing = verdict->action;
        break;
    case CH_QUARANTINE:
        plan->kind = CH_PLAN_HOLD;
        if (verdict->house->config->mixed == CH_MIXED_SPLIT) {
            g_autofree ch_action *actions =
                g_new(ch_action, e->recipients->len);
            fill_actions(verdict, e->recipients->len, actions);
            split(plan, e, actions, can_delete);
        }
        break;
    case CH_REJECT:
        plan->kind = CH_PLAN_REJECT;
        break;
    }
    return plan;
}

void
ch_plan_free(ch_plan *plan)
{
    if (plan != NULL) {
        g_array_unref(plan->held);
        g_free(plan);
    }
}

static gboolean
contains(const GArray *indexes, guint index)
{
    for (guint i = 0; i < indexes->len; i++) {
        if (g_array_index(indexes, guint, i) == index) {
            return TRUE;
        }
    }
    return FALSE;
}

ch_envelope *
ch_plan_dup_envelope(const ch_envelope *e, const GArray *indexes, gboolean keep)
{
    ch_envelope *copy = ch_envelope_new();
    ch_envelope_set_sender(copy, e->sender_arg, (const char *const *)e->esmtp);
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(e->recipients, i);
        if (contains(indexes, i) == keep) {
            ch_envelope_add_recipient(copy, r->arg, r->address,
                                      (const char *const *)r->esmtp);
        }
    }
    copy->login = g_strdup(e->login);
    copy->client_addr = g_strdup(e->client_addr);
    copy->local = e->local;
    copy->queue_id = g_strdup(e->queue_id);
    copy->time_us = e->time_us;
    return copy;
}

GArray *
ch_plan_find_recipients(const ch_envelope *e, const ch_envelope *part)
{
    GArray *found = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) args = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < part->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(part->recipients, i);
        g_hash_table_add(args, r->arg);
    }
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(e->recipients, i);
        if (g_hash_table_contains(args, r->arg)) {
            g_array_append_val(found, i);
        }
    }
    return found;
}

gboolean
ch_plan_can_delete(const ch_envelope *e, const GArray *indexes)
{
    for (guint i = 0; i < indexes->len; i++) {
        const ch_recipient *r =
            g_ptr_array_index(e->recipients, g_array_index(indexes, guint, i));
        if (!ch_envelope_is_plain(r->arg, r->address)) {
            return FALSE;
        }
    }
    return TRUE;
}
