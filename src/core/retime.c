/*
 * The plan of a release: which delays are written anew, and how.
 *
 * The mail is read as the gateway read it when it came, and as it would read
 * it now; where the two differ in time, the directive is replaced and the
 * result read once more.  Only what then comes out right is done.
 */
#include "chaperone/retime.h"

#include "chaperone/directive.h"
#include "chaperone/plan.h"

#include <string.h>

#define MINUTE_US ((gint64)60 * G_USEC_PER_SEC)

/* One destination, seen from both times. */
typedef struct {
    ch_house *house;
    const ch_envelope *now; /* the envelope as if it came now */
    GBytes *mail;
    const ch_verdict *then_read, *now_read;
    guint index; /* of the destination */
    gint64 arrival_us, now_us;
} trip;

static void
retiming_free(gpointer data)
{
    ch_retiming *r = data;
    g_free(r->gateway);
    g_free(r->directive);
    g_ptr_array_unref(r->edits);
    g_clear_pointer(&r->zone, g_time_zone_unref);
    g_free(r);
}

const char *
ch_retime_kind_name(ch_retime_kind kind)
{
    static const char *const names[] = {"none", "kept",    "late",
                                        "anew", "refused", "impossible"};
    return names[kind];
}

static const ch_destination *
destination(const ch_verdict *v, guint index)
{
    return &g_array_index(v->destinations, ch_destination, index);
}

/* --- what is put in --------------------------------------------------------
 */

static gboolean
has_date(const ch_posting *p)
{
    for (guint i = 0; i < p->timers->len; i++) {
        if (strcmp(g_array_index(p->timers, ch_piece, i).rule, "date") == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gint64
minutes_until(gint64 target_us, gint64 base_us)
{
    return (target_us - base_us + MINUTE_US / 2) / MINUTE_US;
}

static char *
dup_local(gint64 at_us, GTimeZone *zone)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
    return g_date_time_format(local, "%Y-%m-%d %H:%M:%S");
}

/* What Postie counts a delay from when the mail leaves now. */
static gint64
base_of(const trip *t, const ch_gateway *g)
{
    gint64 date = ch_message_date(t->now_read->message);
    return g->base_is_date && date >= 0 ? date : t->now_us;
}

/* The directive that makes the post appear at target; "" for at once.
 * Owned. */
static char *
dup_directive(const trip *t, const ch_destination *d, const char *name,
              gint64 target_us, GTimeZone *zone)
{
    if (d->gateway->directives == CH_DIRECTIVES_WORDPRESS) {
        gint64 minutes = minutes_until(target_us, t->now_us);
        return minutes <= 0
                   ? g_strdup("")
                   : g_strdup_printf("[delay +%" G_GINT64_FORMAT " minute%s]",
                                     minutes, minutes == 1 ? "" : "s");
    }
    if (strcmp(name, "date") == 0) {
        g_autofree char *local = dup_local(target_us, zone);
        return g_strconcat("date: ", local, NULL);
    }
    gint64 minutes = has_date(d->posting)
                         ? 0
                         : minutes_until(target_us, base_of(t, d->gateway));
    return g_strdup_printf("delay: %" G_GINT64_FORMAT "m", minutes);
}

/* --- trying it -------------------------------------------------------------
 */

static GBytes *
source_of(const ch_verdict *v, const ch_piece *piece)
{
    for (guint i = 0; i < v->texts->len; i++) {
        const ch_text *text = v->texts->pdata[i];
        if (ch_text_part(text) == piece->part &&
            ch_text_where(text) == CH_WHERE_BODY) {
            return ch_text_source(text);
        }
    }
    return NULL;
}

static gboolean
write_edits(const trip *t, const ch_destination *d, gint64 target_us,
            ch_retiming *r)
{
    for (guint i = 0; i < d->posting->timers->len; i++) {
        const ch_piece *piece = &g_array_index(d->posting->timers, ch_piece, i);
        GBytes *source = source_of(t->now_read, piece);
        g_autofree char *text =
            dup_directive(t, d, piece->rule, target_us, r->zone);
        if (source == NULL ||
            !ch_edits_add(r->edits, t->now_read->message, t->mail, piece->part,
                          source, piece->span, text)) {
            return FALSE;
        }
        if (r->directive == NULL) {
            r->directive = g_steal_pointer(&text);
        }
    }
    return TRUE;
}

static gboolean
is_same_list(const GPtrArray *a, const GPtrArray *b)
{
    gboolean same = a->len == b->len;
    for (guint i = 0; same && i < a->len; i++) {
        same = strcmp(a->pdata[i], b->pdata[i]) == 0;
    }
    return same;
}

/* All but the time is as it was. */
static gboolean
is_same_post(const ch_posting *a, const ch_posting *b)
{
    return g_strcmp0(a->title, b->title) == 0 &&
           g_strcmp0(a->status, b->status) == 0 &&
           a->visibility == b->visibility && is_same_list(a->tags, b->tags) &&
           is_same_list(a->categories, b->categories) &&
           a->cut->len == b->cut->len && a->mismatch == b->mismatch;
}

/* The result, read as the gateway will. */
static gboolean
comes_out_right(const trip *t, const ch_destination *d, gint64 target_us,
                ch_retiming *r)
{
    g_autoptr(GBytes) derived = ch_edits_apply(r->edits, t->mail, NULL);
    if (derived == NULL) {
        return FALSE;
    }
    g_autoptr(ch_verdict) v = ch_inspect_read(t->house, t->now, derived);
    if (v->destinations->len <= t->index) {
        return FALSE;
    }
    const ch_destination *got = destination(v, t->index);
    r->publish_at_us = got->publish_at_us;
    r->rule = got->posting->publish_rule;
    return got->publish_at_us >= 0 &&
           ABS(got->publish_at_us - target_us) <= MINUTE_US &&
           is_same_post(got->posting, d->posting);
}

static void
aim_at(const trip *t, const ch_destination *d, gint64 target_us,
       ch_retime_kind kind, ch_retiming *r)
{
    /* Views that disagree: nobody knows which one the gateway believes. */
    r->kind = !d->posting->mismatch && write_edits(t, d, target_us, r) &&
                      comes_out_right(t, d, target_us, r)
                  ? kind
                  : CH_RETIME_IMPOSSIBLE;
    if (r->kind == CH_RETIME_IMPOSSIBLE) {
        g_ptr_array_set_size(r->edits, 0);
        g_clear_pointer(&r->directive, g_free);
    }
}

/* --- deciding --------------------------------------------------------------
 */

/* Its time is over. */
static void
plan_late(const trip *t, const ch_destination *d, ch_retiming *r)
{
    gboolean waits = r->publish_at_us > t->now_us; /* as it is */
    switch (t->house->config->release_late) {
    case CH_LATE_REFUSE:
        r->kind = CH_RETIME_REFUSED;
        break;
    case CH_LATE_RETIME:
        r->kind = CH_RETIME_ANEW;
        if (!waits) {
            aim_at(t, d, t->now_us + (r->wanted_us - t->arrival_us),
                   CH_RETIME_ANEW, r);
        }
        break;
    case CH_LATE_PUBLISH:
        r->kind = CH_RETIME_LATE;
        if (waits) {
            aim_at(t, d, t->now_us, CH_RETIME_LATE, r);
        }
        break;
    }
}

static ch_retiming *
plan_one(const trip *t)
{
    const ch_destination *then = destination(t->then_read, t->index);
    const ch_destination *now = destination(t->now_read, t->index);
    const ch_gateway *g = now->gateway;
    ch_retiming *r = g_new0(ch_retiming, 1);
    r->recipient = now->recipient;
    r->gateway = g_strdup(g->title);
    r->zone =
        g_time_zone_ref(g->zone != NULL ? g->zone : t->house->config->zone);
    r->edits = ch_edits_new();
    r->wanted_us = then->publish_at_us;
    r->publish_at_us = now->publish_at_us;
    r->rule = now->posting->publish_rule;
    gboolean timed = now->posting->timers->len > 0 && r->wanted_us >= 0 &&
                     r->wanted_us > t->arrival_us;
    if (!timed) {
        return r;
    }
    if (r->wanted_us <= t->now_us) {
        plan_late(t, now, r);
    } else if (ABS(r->publish_at_us - r->wanted_us) >= MINUTE_US) {
        aim_at(t, now, r->wanted_us, CH_RETIME_KEPT, r);
    }
    return r;
}

GPtrArray *
ch_retime_plan(ch_house *house, const ch_envelope *e, GBytes *mail,
               gint64 now_us)
{
    GPtrArray *plan = g_ptr_array_new_with_free_func(retiming_free);
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(ch_envelope) now = ch_plan_dup_envelope(e, none, FALSE);
    now->time_us = now_us;
    g_autoptr(ch_verdict) then_read = ch_inspect_read(house, e, mail);
    g_autoptr(ch_verdict) now_read = ch_inspect_read(house, now, mail);
    for (guint i = 0; i < now_read->destinations->len; i++) {
        const trip t = {.house = house,
                        .now = now,
                        .mail = mail,
                        .then_read = then_read,
                        .now_read = now_read,
                        .index = i,
                        .arrival_us = e->time_us,
                        .now_us = now_us};
        g_ptr_array_add(plan, plan_one(&t));
    }
    return plan;
}

ch_retime_kind
ch_retime_worst(const GPtrArray *plan)
{
    ch_retime_kind worst = CH_RETIME_NONE;
    for (guint i = 0; i < plan->len; i++) {
        worst = MAX(worst, ((const ch_retiming *)plan->pdata[i])->kind);
    }
    return worst;
}

const ch_retiming *
ch_retime_obstacle(const GPtrArray *plan)
{
    for (guint i = 0; i < plan->len; i++) {
        const ch_retiming *r = g_ptr_array_index(plan, i);
        if (r->kind == CH_RETIME_REFUSED || r->kind == CH_RETIME_IMPOSSIBLE) {
            return r;
        }
    }
    return NULL;
}
