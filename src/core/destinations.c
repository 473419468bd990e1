/*
 * What each gateway of a post makes of it, and what is wrong with that: the
 * service is gone, or two readers of the mail would see other directives.
 */
#include "inspect_int.h"

#include "chaperone/limits.h"

void
ch_destination_clear(gpointer destination)
{
    ch_destination *d = destination;
    g_clear_pointer(&d->posting, ch_posting_unref);
}

static gboolean
is_html(const ch_verdict *v, guint i)
{
    int part = ch_text_part(v->texts->pdata[i]);
    if (v->message == NULL || part < 0) {
        return v->html_index >= 0 && i >= (guint)v->html_index;
    }
    const ch_part *p = ch_message_parts(v->message)->pdata[part];
    return strcmp(p->type, "text/html") == 0;
}

/* The first subject, or body of that media type; NULL: there is none. */
static const ch_text *
first_text(const ch_verdict *v, ch_where where, gboolean html)
{
    for (guint i = 0; i < v->texts->len; i++) {
        if (ch_text_where(v->texts->pdata[i]) == where &&
            (where != CH_WHERE_BODY || is_html(v, i) == html)) {
            return v->texts->pdata[i];
        }
    }
    return NULL;
}

/* Two recipients of one gateway: one finding. */
static gboolean
is_told(const ch_verdict *v, const ch_gateway *g, const ch_rule *rule)
{
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        if (f->only == g && f->rule == rule) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
add(ch_verdict *v, const char *id, ch_where where, const ch_gateway *only)
{
    const ch_rule *rule =
        v->rules == NULL ? NULL : ch_ruleset_find(v->rules, id);
    if (rule != NULL && v->findings->len < CH_MAX_FINDINGS &&
        !is_told(v, only, rule)) {
        ch_finding f = {.rule = rule,
                        .asked = rule->action,
                        .action = rule->action,
                        .where = where,
                        .part = -1,
                        .only = only};
        g_array_append_val(v->findings, f);
    }
}

/* What the gateway will see as its address: some read it. */
static const char *
address_of(const ch_destination *d, const ch_envelope *e)
{
    if (d->account != NULL && d->account->secret != NULL) {
        return d->account->secret;
    }
    const ch_recipient *r = d->recipient <= e->recipients->len
                                ? e->recipients->pdata[d->recipient - 1]
                                : NULL;
    return r == NULL ? NULL : r->address;
}

/* What an earlier recipient got that gets the same; NULL: none does.  */
static ch_posting *
earlier(const ch_verdict *v, guint end, const ch_envelope *e)
{
    const ch_destination *d =
        &g_array_index(v->destinations, ch_destination, end);
    for (guint i = 0; i < end; i++) {
        const ch_destination *o =
            &g_array_index(v->destinations, ch_destination, i);
        if (o->gateway == d->gateway &&
            ch_directive_is_alike(d->gateway, address_of(o, e),
                                  address_of(d, e))) {
            return ch_posting_ref(o->posting);
        }
    }
    return NULL;
}

void
ch_destinations_read(ch_verdict *v, const ch_envelope *e)
{
    ch_post_view view = {
        .subject = first_text(v, CH_WHERE_SUBJECT, FALSE),
        .plain = first_text(v, CH_WHERE_BODY, FALSE),
        .html = first_text(v, CH_WHERE_BODY, TRUE),
        .arrival_us = e->time_us,
        .date_us = v->message == NULL ? -1 : ch_message_date(v->message),
        .zone = v->house->config->zone,
        .is_reply = v->is_reply};
    for (guint i = 0; i < v->destinations->len; i++) {
        ch_destination *d = &g_array_index(v->destinations, ch_destination, i);
        view.address = address_of(d, e);
        d->posting = earlier(v, i, e);
        if (d->posting == NULL) {
            d->posting = ch_directive_read(d->gateway, &view);
        }
        d->publish_at_us = d->posting->publish_at_us;
        if (d->gateway->dead) {
            add(v, "structure/dead-gateway", CH_WHERE_STRUCTURE, d->gateway);
        }
        if (d->posting->mismatch) {
            add(v, "structure/directive-mismatch", CH_WHERE_DIRECTIVE,
                d->gateway);
        }
    }
}
