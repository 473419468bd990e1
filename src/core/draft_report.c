/*
 * The report about a draft: what a verdict means, in plain words.
 *
 * For people at a reception desk, in the language of their post.  Titles,
 * advice, suggestions and notes are the rules' own words; of the draft there
 * is nothing but line numbers.
 */
#include "chaperone/draft.h"

#include "chaperone/directive.h"
#include "chaperone/reply.h"

#include <string.h>

#define MAX_RULES  20 /* a page; who mends these gets the rest next time */
#define MAX_PLACES 5

typedef struct {
    const char *head, *verdict[4], *why, *more, *safer, *notes, *where, *at,
        *unknown, *at_once, *draft;
} words;

static const words english = {
    .head = "Your draft was checked. It went to nobody and is not kept.",
    .verdict = {"As it is, it would be published.",
                "As it is, it would be published, and a reviewer would look at "
                "it afterwards.",
                "As it is, it would be held until a reviewer has decided.",
                "As it is, it would be refused."},
    .why = "What was found:",
    .more = "and more of the like",
    .safer = "This would be safer:",
    .notes = "Good to know:",
    .where = "Where it would appear:",
    .at = "at",
    .unknown = "when, cannot be told",
    .at_once = "at once",
    .draft = "To publish it, send it to the gateway as a post of its own, "
             "without the mark.",
};

static const words spanish = {
    .head = "Su borrador fue revisado. No se envió a nadie y no se guarda.",
    .verdict = {"Tal como está, se publicaría.",
                "Tal como está, se publicaría y después lo miraría una persona "
                "que revisa.",
                "Tal como está, quedaría retenido hasta que alguien decida.",
                "Tal como está, sería rechazado."},
    .why = "Lo que se encontró:",
    .more = "y más de lo mismo",
    .safer = "Así sería más seguro:",
    .notes = "Conviene saber:",
    .where = "Dónde aparecería:",
    .at = "el",
    .unknown = "no se puede saber cuándo",
    .at_once = "enseguida",
    .draft = "Para publicarlo, envíelo al servicio como publicación propia, "
             "sin la marca.",
};

/* --- findings --------------------------------------------------------------
 */

static gboolean
is_told(const ch_verdict *v, guint index)
{
    const ch_finding *f = &g_array_index(v->findings, ch_finding, index);
    for (guint i = 0; i < index; i++) {
        const ch_finding *o = &g_array_index(v->findings, ch_finding, i);
        if (o->rule == f->rule && o->action > CH_ACCEPT) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
add_places(GString *out, const ch_verdict *v, const words *w,
           const ch_rule *rule)
{
    g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
    gboolean more = FALSE;
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        g_autofree char *place =
            f->rule == rule ? ch_reply_dup_place(f, v->spanish) : NULL;
        if (place == NULL || g_ptr_array_find_with_equal_func(
                                 places, place, g_str_equal, NULL)) {
            continue;
        }
        more = places->len == MAX_PLACES;
        if (!more) {
            g_ptr_array_add(places, g_steal_pointer(&place));
        }
    }
    for (guint i = 0; i < places->len; i++) {
        g_string_append_printf(out, "%s%s", i > 0 ? "; " : "",
                               (const char *)places->pdata[i]);
    }
    if (more) {
        g_string_append_printf(out, "; %s", w->more);
    }
}

static void
add_findings(GString *out, const ch_verdict *v, const words *w)
{
    guint told = 0;
    for (guint i = 0; i < v->findings->len && told < MAX_RULES; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        if (f->action == CH_ACCEPT || is_told(v, i)) {
            continue;
        }
        gboolean es = v->spanish && f->rule->title_es != NULL &&
                      f->rule->advice_es != NULL;
        g_string_append_printf(out, "%s%s- %s (", told == 0 ? w->why : "",
                               told == 0 ? "\n" : "",
                               es ? f->rule->title_es : f->rule->title);
        add_places(out, v, w, f->rule);
        g_string_append_printf(out, "): %s\n",
                               es ? f->rule->advice_es : f->rule->advice);
        told++;
    }
    if (told > 0) {
        g_string_append_c(out, '\n');
    }
}

/* --- the rest --------------------------------------------------------------
 */

static void
add_notes(GString *out, const ch_verdict *v, const words *w)
{
    for (guint i = 0; i < v->notes->len; i++) {
        const ch_note *note = v->notes->pdata[i];
        g_string_append_printf(out, "%s%s- %s\n", i == 0 ? w->notes : "",
                               i == 0 ? "\n" : "", note->text);
    }
    if (v->notes->len > 0) {
        g_string_append_c(out, '\n');
    }
}

/* In the site's zone and in UTC.  Owned. */
static char *
dup_when(const ch_verdict *v, const ch_destination *d, const words *w)
{
    GTimeZone *zone =
        d->gateway->zone != NULL ? d->gateway->zone : v->house->config->zone;
    if (d->publish_at_us < 0) {
        return g_strdup(w->unknown);
    }
    if (d->posting != NULL &&
        strcmp(d->posting->publish_rule, "arrival") == 0) {
        return g_strdup(w->at_once);
    }
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(d->publish_at_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, zone);
    g_autofree char *here = g_date_time_format(local, "%Y-%m-%d %H:%M %Z");
    g_autofree char *there = g_date_time_format(utc, "%Y-%m-%d %H:%M UTC");
    return g_strdup_printf("%s %s (%s)", w->at, here, there);
}

static void
add_destinations(GString *out, const ch_verdict *v, const words *w)
{
    for (guint i = 0; i < v->destinations->len; i++) {
        const ch_destination *d =
            &g_array_index(v->destinations, ch_destination, i);
        g_autofree char *when = dup_when(v, d, w);
        if (i == 0) {
            g_string_append_printf(out, "%s\n", w->where);
        }
        g_string_append_printf(out, "- %s: %s, %s\n", d->gateway->title,
                               d->posting == NULL
                                   ? "-"
                                   : ch_visibility_name(d->posting->visibility),
                               when);
    }
    if (v->destinations->len > 0) {
        g_string_append_c(out, '\n');
    }
}

char *
ch_draft_dup_report(const ch_verdict *v)
{
    const words *w = v->spanish ? &spanish : &english;
    const char *suggestion = ch_verdict_suggestion(v);
    const char *contact = v->house->config->practice_contact;
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s\n%s\n\n", w->head,
                           w->verdict[v->unmonitored]);
    add_findings(out, v, w);
    if (suggestion != NULL) {
        g_string_append_printf(out, "%s\n  %s\n\n", w->safer, suggestion);
    }
    add_notes(out, v, w);
    add_destinations(out, v, w);
    g_string_append_printf(out, "%s\n", w->draft);
    if (contact[0] != '\0') {
        g_string_append_printf(out, "%s\n", contact);
    }
    return g_string_free(out, FALSE);
}
