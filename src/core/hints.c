/*
 * Notes for the author: what the gateway will do that may come as a surprise.
 *
 * They never change a verdict, and hold no word of the post.
 */
#include "inspect_int.h"

void
ch_hints_add(ch_verdict *v, const char *id, const char *english,
             const char *spanish)
{
    for (guint i = 0; i < v->notes->len; i++) {
        if (strcmp(((const ch_note *)v->notes->pdata[i])->id, id) == 0) {
            return;
        }
    }
    ch_note *note = g_new(ch_note, 1);
    *note = (ch_note){id, v->spanish ? spanish : english};
    g_ptr_array_add(v->notes, note);
}

/* --- directives ----------------------------------------------------------- */

static const struct {
    guint hint;
    const char *id, *english, *spanish;
} directive_hints[] = {
    {CH_HINT_TIME, "gateway/time-not-understood",
     "The time of publication was not understood: write it as 2026-12-01 "
     "09:00 or +2 hours.",
     "No se entendio la hora de publicacion: escribala como 2026-12-01 09:00 "
     "o +2 hours."},
    {CH_HINT_MALFORMED, "gateway/directive-malformed",
     "A directive was not understood; the gateway may print it as text.",
     "No se entendio una directiva; el servicio puede publicarla como texto."},
    {CH_HINT_TWICE, "gateway/directive-twice",
     "A directive stands there twice with different values.",
     "Una directiva aparece dos veces con valores distintos."},
    {CH_HINT_RELATIVE, "gateway/relative-delay",
     "The delay counts from when the gateway gets the mail: if the post waits "
     "for a reviewer, it is published later.",
     "El plazo cuenta desde que el servicio recibe el correo: si la "
     "publicacion espera una revision, sale mas tarde."},
    {CH_HINT_AFTER_CUT, "gateway/directive-after-end",
     "A directive stands below the end of the post and may have no effect.",
     "Una directiva esta debajo del final de la publicacion y puede no tener "
     "efecto."},
};

static void
note_directives(ch_verdict *v, const ch_posting *p)
{
    for (guint i = 0; i < G_N_ELEMENTS(directive_hints); i++) {
        if ((p->hints & directive_hints[i].hint) != 0) {
            ch_hints_add(v, directive_hints[i].id, directive_hints[i].english,
                         directive_hints[i].spanish);
        }
    }
}

/* --- attachments, length -------------------------------------------------- */

static gboolean
has_attachment(const ch_verdict *v)
{
    const GPtrArray *parts =
        v->message == NULL ? NULL : ch_message_parts(v->message);
    for (guint i = 0; parts != NULL && i < parts->len; i++) {
        const ch_part *part = parts->pdata[i];
        if (part->is_attachment || ch_message_is_media(part->type)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
note_attachments(ch_verdict *v, const ch_gateway *g)
{
    if (g->attachments == CH_FATE_PUBLIC_URL) {
        ch_hints_add(v, "gateway/ifttt-public-url",
                     "The first attachment gets a public address at once that "
                     "anyone can open for 30 days.",
                     "El primer adjunto recibe enseguida una direccion "
                     "publica que cualquiera puede abrir durante 30 dias.");
    } else if (g->attachments == CH_FATE_DROPPED) {
        ch_hints_add(v, "gateway/attachments-dropped",
                     "The gateway does not publish attachments.",
                     "El servicio no publica adjuntos.");
    }
}

static gsize
characters(const ch_verdict *v, ch_where where)
{
    for (guint i = 0; i < v->texts->len; i++) {
        const ch_text *t = v->texts->pdata[i];
        if (ch_text_where(t) == where) {
            gsize length;
            const char *plain = ch_text_plain(t, &length);
            return (gsize)g_utf8_strlen(plain, (gssize)length);
        }
    }
    return 0;
}

static void
note_length(ch_verdict *v, const ch_gateway *g, const ch_posting *p)
{
    gsize text = characters(v, g->subject == CH_SUBJECT_TEXT ? CH_WHERE_SUBJECT
                                                             : CH_WHERE_BODY);
    gsize title = p->title == NULL ? 0 : (gsize)g_utf8_strlen(p->title, -1);
    if ((g->max_text > 0 && text > g->max_text) ||
        (g->max_title > 0 && title > g->max_title)) {
        ch_hints_add(v, "gateway/too-long",
                     "The text is longer than the gateway publishes; the rest "
                     "is cut off or the post fails.",
                     "El texto es mas largo de lo que el servicio publica; se "
                     "corta o la publicacion falla.");
    }
}

/* --- addresses ------------------------------------------------------------ */

/* Others can read the secret address in To or Cc. */
static void
note_visible_address(ch_verdict *v)
{
    gboolean secret = FALSE, person = FALSE;
    g_auto(GStrv) shown =
        v->message == NULL ? NULL : ch_message_dup_recipients(v->message);
    for (guint i = 0; shown != NULL && shown[i] != NULL; i++) {
        const ch_account *account = NULL;
        const ch_gateway *g = ch_house_gateway(v->house, shown[i], &account);
        secret = secret || (g != NULL && account == NULL && g->secret);
        person = person || g == NULL;
    }
    if (secret && person) {
        ch_hints_add(v, "gateway/address-visible",
                     "Everybody in To and Cc can see the secret address for "
                     "posting.",
                     "Todos los destinatarios ven la direccion secreta para "
                     "publicar.");
    }
}

void
ch_hints_find(ch_verdict *v)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, NULL);
    gboolean attached = has_attachment(v);
    for (guint i = 0; i < v->destinations->len; i++) {
        const ch_destination *d =
            &g_array_index(v->destinations, ch_destination, i);
        if (!g_hash_table_add(seen, d->posting)) {
            continue;
        }
        note_directives(v, d->posting);
        note_length(v, d->gateway, d->posting);
        if (attached) {
            note_attachments(v, d->gateway);
        }
    }
    note_visible_address(v);
}
