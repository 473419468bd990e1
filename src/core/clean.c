/*
 * Cleaning instead of holding: the post as it would be without what its
 * pictures say about themselves, judged like any other.
 *
 * The second verdict is taken only if the first one was about those pictures
 * and nothing else, and if it lets the post go on.  It was reached over the
 * very bytes that go on, by the same rules and the same reader, so that there
 * is nothing to be believed about the cleaning.  Otherwise the first one stands
 * and the post stays as it came.
 */
#include "inspect_int.h"

#include "chaperone/extraction.h"

#include <string.h>

/* It counts, and is about what a picture says of itself. */
static gboolean
is_of_picture(const ch_verdict *v, const ch_finding *f)
{
    return f->action > CH_ACCEPT && f->part >= 0 &&
           (f->where == CH_WHERE_METADATA || f->where == CH_WHERE_STRUCTURE) &&
           ch_message_picture_tells(v->message, f->part);
}

/* It follows from other findings, and is decided anew. */
static gboolean
is_sum(const ch_finding *f)
{
    return strcmp(f->rule->id, "policy/combined") == 0;
}

static gboolean
is_about_pictures(const ch_verdict *v)
{
    gboolean any = FALSE;
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        gboolean own = is_of_picture(v, f);
        if (!own && !is_sum(f) && f->action >= CH_QUARANTINE) {
            return FALSE;
        }
        any = any || own;
    }
    return any;
}

/* A person's mail is not to be changed: all recipients must be gateways. */
static gboolean
may_clean(const ch_verdict *v, const ch_envelope *e)
{
    const ch_extractor *extractor = v->house->extractor;
    return v->house->config->extract_clean &&
           v->house->config->mode == CH_MODE_ENFORCE && extractor != NULL &&
           extractor->clean != NULL && v->destinations->len > 0 &&
           v->destinations->len >= e->recipients->len && is_about_pictures(v);
}

static gboolean
has_finding(const ch_verdict *v, const ch_finding *wanted)
{
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        if (f->rule == wanted->rule && f->where == wanted->where &&
            f->part == wanted->part) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Nothing was lost but what pictures said of themselves: what hid behind one,
 * or the words in it, would have been. */
static gboolean
is_the_same_post(const ch_verdict *before, const ch_verdict *after)
{
    for (guint i = 0; i < before->findings->len; i++) {
        const ch_finding *f = &g_array_index(before->findings, ch_finding, i);
        if (f->action > CH_ACCEPT && !is_of_picture(before, f) && !is_sum(f) &&
            !has_finding(after, f)) {
            return FALSE;
        }
    }
    return ch_message_parts(before->message)->len ==
           ch_message_parts(after->message)->len;
}

static gboolean
is_clean(const ch_verdict *after, const GArray *parts)
{
    for (guint i = 0; i < parts->len; i++) {
        if (ch_message_picture_tells(after->message,
                                     g_array_index(parts, int, i))) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What was found before, as notes. */
static void
note_cleaned(ch_verdict *after, const ch_verdict *before)
{
    ch_hints_add(after, "picture/cleaned",
                 "What the pictures say about themselves (place, names, serial "
                 "numbers, preview) was taken out.",
                 "Se quitó lo que las imágenes dicen de sí mismas (lugar, "
                 "nombres, números de serie, vista previa).");
    for (guint i = 0; i < before->findings->len; i++) {
        const ch_finding *f = &g_array_index(before->findings, ch_finding, i);
        if (is_of_picture(before, f)) {
            ch_hints_add(after, f->rule->id, f->rule->title, f->rule->title_es);
        }
    }
}

/* Takes mail. */
static void
tell_cleaned(ch_verdict *after, const ch_verdict *before, const GArray *parts,
             GBytes *mail)
{
    const GPtrArray *all = ch_message_parts(after->message);
    note_cleaned(after, before);
    after->cleaned_mail = mail;
    after->cleaned = g_ptr_array_new();
    for (guint i = 0; i < parts->len; i++) {
        const ch_part *part = all->pdata[g_array_index(parts, int, i)];
        g_ptr_array_add(after->cleaned, (gpointer)part->number);
    }
}

ch_verdict *
ch_clean_instead(ch_verdict *taken, const ch_envelope *e, const ch_ask *ask,
                 GError **error)
{
    g_autoptr(ch_verdict) before = taken;
    g_autoptr(GArray) parts = g_array_new(FALSE, FALSE, sizeof(int));
    g_autoptr(GError) trouble = NULL;
    if (!may_clean(before, e)) {
        return g_steal_pointer(&before);
    }
    g_autoptr(GBytes) mail = ch_message_clean(
        before->message, before->house->extractor, parts, &trouble);
    if (trouble != NULL) {
        g_propagate_error(error, g_steal_pointer(&trouble));
        return NULL;
    }
    if (mail == NULL) {
        return g_steal_pointer(&before);
    }
    ch_ask again = *ask;
    again.clean = FALSE;
    g_autoptr(ch_verdict) after =
        ch_inspect(before->house, e, mail, &again, error);
    if (after == NULL) {
        return NULL;
    }
    if (after->action >= CH_QUARANTINE || !is_clean(after, parts) ||
        !is_the_same_post(before, after)) {
        return g_steal_pointer(&before);
    }
    tell_cleaned(after, before, parts, g_steal_pointer(&mail));
    return g_steal_pointer(&after);
}
