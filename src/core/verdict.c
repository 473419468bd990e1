/*
 * What is read off a finished verdict.
 */
#include "chaperone/inspect.h"

void
ch_verdict_free(ch_verdict *verdict)
{
    if (verdict == NULL) {
        return;
    }
    g_clear_pointer(&verdict->texts, g_ptr_array_unref);
    ch_message_free(verdict->message);
    g_array_unref(verdict->findings);
    g_array_unref(verdict->destinations);
    g_ptr_array_unref(verdict->notes);
    g_clear_pointer(&verdict->gateways, g_ptr_array_unref);
    g_clear_pointer(&verdict->authorizations, g_ptr_array_unref);
    g_clear_pointer(&verdict->cleaned, g_ptr_array_unref);
    g_clear_pointer(&verdict->cleaned_mail, g_bytes_unref);
    g_free(verdict->author);
    ch_house_unref(verdict->house);
    g_free(verdict);
}

static void
append_once(GString *list, const char *name)
{
    g_auto(GStrv) have = g_strsplit(list->str, ",", 0);
    if (!g_strv_contains((const char *const *)have, name)) {
        g_string_append_printf(list, "%s%s", list->len > 0 ? "," : "", name);
    }
}

const char *
ch_verdict_suggestion(const ch_verdict *verdict)
{
    for (guint i = 0; i < verdict->findings->len; i++) {
        const ch_finding *f = &g_array_index(verdict->findings, ch_finding, i);
        if (f->action > CH_ACCEPT && f->rule->suggestion != NULL) {
            return verdict->spanish ? f->rule->suggestion_es
                                    : f->rule->suggestion;
        }
    }
    return NULL;
}

char *
ch_verdict_dup_rules(const ch_verdict *verdict)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < verdict->findings->len; i++) {
        const ch_finding *f = &g_array_index(verdict->findings, ch_finding, i);
        if (f->action > CH_ACCEPT) {
            append_once(list, f->rule->id);
        }
    }
    return g_string_free(list, FALSE);
}

char *
ch_verdict_dup_gateways(const ch_verdict *verdict)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < verdict->destinations->len; i++) {
        append_once(list,
                    g_array_index(verdict->destinations, ch_destination, i)
                        .gateway->name);
    }
    return g_string_free(list, FALSE);
}

char *
ch_verdict_dup_accounts(const ch_verdict *verdict)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < verdict->destinations->len; i++) {
        const ch_destination *d =
            &g_array_index(verdict->destinations, ch_destination, i);
        if (d->account != NULL) {
            append_once(list, d->account->set->alias);
        }
    }
    return g_string_free(list, FALSE);
}

char *
ch_verdict_dup_notes(const ch_verdict *verdict)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < verdict->notes->len; i++) {
        append_once(list, ((const ch_note *)verdict->notes->pdata[i])->id);
    }
    return g_string_free(list, FALSE);
}

char *
ch_verdict_dup_cleaned(const ch_verdict *verdict)
{
    GString *list = verdict->cleaned == NULL ? NULL : g_string_new(NULL);
    for (guint i = 0; list != NULL && i < verdict->cleaned->len; i++) {
        append_once(list, verdict->cleaned->pdata[i]);
    }
    return list == NULL ? NULL : g_string_free(list, FALSE);
}

gint64
ch_verdict_publish_at(const ch_verdict *verdict)
{
    gint64 earliest = -1;
    for (guint i = 0; i < verdict->destinations->len; i++) {
        gint64 at = g_array_index(verdict->destinations, ch_destination, i)
                        .publish_at_us;
        if (at >= 0 && (earliest < 0 || at < earliest)) {
            earliest = at;
        }
    }
    return earliest;
}
