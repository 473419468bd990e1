/*
 * The words of a notice, in English and Spanish.
 *
 * Short sentences for people at a reception desk: what happened, why, what
 * comes next.  Every word from outside (titles, a reviewer's note, the
 * contact line) loses its control bytes first, so that none of them can
 * begin a line of its own.  Nothing of the post is ever here to be quoted.
 */
#include "chaperone/template.h"
#include "record/notice_int.h"

/* %s: the channel. */
typedef struct {
    const char *subject[2][CH_NOTICE_COUNT]; /* to compliance, to the author */
    const char *what[2][CH_NOTICE_COUNT];
    const char *next[2][CH_NOTICE_COUNT];
    const char *why, *publish_at, *in_time, *author, *no_author, *note, *show,
        *open, *answer, *head;
} words;

static const words english = {
    .subject = {{"a post is held for review", "a post was refused",
                 "a post was not published in time",
                 "a post was released and sent on", "a released post needs you",
                 "an author was asked", "a post waits for a senior reviewer",
                 "a post still waits for review",
                 "an author wrote about a post", "an author was answered"},
                {"your post is held for review", "your post was refused",
                 "your post was not published in time",
                 "your post was released and sent on",
                 "your released post is not through yet",
                 "a question about your post",
                 "your post waits for a senior reviewer",
                 "your post still waits for review",
                 "you wrote about your post", "an answer about your post"}},
    .what = {{"A post to %s is held for review. It is not published.",
              "A post to %s was refused. It will not be published.",
              "A post to %s was not decided in time. It was not published, "
              "and its text was destroyed.",
              "A post to %s was released and sent on.",
              "A post to %s was released, but it is not certain that it got "
              "through to all of its recipients.",
              "The author of a post to %s was asked about it.",
              "A post to %s waits for a senior reviewer. It is not published.",
              "A post to %s still waits for review, and half of its time is "
              "over. It is not published.",
              "The author of a post to %s wrote to you about it.",
              "The author of a post to %s was answered."},
             {"Your post to %s is held for review. It is not published yet.",
              "Your post to %s was refused. It will not be published.",
              "Nobody decided about your post to %s in time. It was not "
              "published, and its text was destroyed.",
              "A reviewer released your post to %s, and it was sent on.",
              "A reviewer released your post to %s, but it is not through "
              "yet.",
              "A reviewer has a question about your post to %s. It is held "
              "until that is answered.",
              "Your post to %s waits for a senior reviewer.",
              "Your post to %s still waits for review.",
              "You wrote about your post to %s.",
              "A reviewer answers what you wrote about your post to %s."}},
    .next = {{"Please look at the post and decide.",
              "The author was told if the author is known.",
              "The author may send the post again.",
              "The author was told if the author is known.",
              "The command below shows what the mail server said. Then "
              "release the post again, refuse it, or settle what is unknown: "
              "nothing is sent twice by itself.",
              "The post waits for the answer.",
              "A senior reviewer or an administrator decides.",
              "Please look at the post and decide. What nobody decides is not "
              "published.",
              "The letter stands on the post's page. Please answer there; it "
              "changes nothing by itself.",
              "There is nothing more to do."},
             {"A reviewer of your practice looks at the post and decides. "
              "You will be told. Do not send the post again.",
              "Change what is named above and send it as a new post. The "
              "same text will be refused again.",
              "Send the post again if it should still be published.",
              "There is nothing more to do. Do not send the post again.",
              "Your practice looks into it. Do not send the post again.",
              "Please answer your practice; the last line says how. Do not "
              "send the post again.",
              "You will be told. Do not send the post again.",
              "You will be told. Do not send the post again.",
              "You will be told. Do not send the post again.",
              "What was decided about the post, and what is still open, stays "
              "as it is."}},
    .why = "Why:",
    .publish_at = "Planned time of publication:",
    .in_time =
        "Decide before then, or it cannot appear when its author wanted.",
    .author = "Author:",
    .no_author = "not known",
    .note = "The reviewer wrote:",
    .show = "To see the post, run this command:",
    .open = "To see the post, open this page and sign in. The link works "
            "once; later the queue has the post:",
    .answer = "To answer, or to have it looked at again, reply to this mail: "
              "what you write reaches the reviewers together with the post.",
    .head = "Ledger, for \"chaperone audit verify --head\":",
};

static const words spanish = {
    .subject =
        {{"una publicación está retenida para revisión",
          "una publicación fue rechazada", "una publicación no salió a tiempo",
          "una publicación fue aprobada y enviada",
          "una publicación aprobada necesita su atención",
          "se preguntó a un autor",
          "una publicación espera a un revisor superior",
          "una publicación sigue esperando revisión",
          "un autor escribió sobre una publicación", "se contestó a un autor"},
         {"su publicación está retenida para revisión",
          "su publicación fue rechazada", "su publicación no salió a tiempo",
          "su publicación fue aprobada y enviada",
          "su publicación aprobada aún no llegó",
          "una pregunta sobre su publicación",
          "su publicación espera a un revisor superior",
          "su publicación sigue esperando revisión",
          "usted escribió sobre su publicación",
          "una respuesta sobre su publicación"}},
    .what = {{"Una publicación para %s está retenida para revisión. No se ha "
              "publicado.",
              "Una publicación para %s fue rechazada. No se publicará.",
              "Nadie decidió a tiempo sobre una publicación para %s. No se "
              "publicó y su texto fue destruido.",
              "Una publicación para %s fue aprobada y enviada.",
              "Una publicación para %s fue aprobada, pero no es seguro que "
              "haya llegado a todos sus destinatarios.",
              "Se preguntó al autor de una publicación para %s.",
              "Una publicación para %s espera a un revisor superior. No se ha "
              "publicado.",
              "Una publicación para %s sigue esperando revisión y ya pasó la "
              "mitad de su tiempo. No se ha publicado.",
              "El autor de una publicación para %s le escribió sobre ella.",
              "Se contestó al autor de una publicación para %s."},
             {"Su publicación para %s está retenida para revisión. Todavía "
              "no se ha publicado.",
              "Su publicación para %s fue rechazada. No se publicará.",
              "Nadie decidió a tiempo sobre su publicación para %s. No se "
              "publicó y su texto fue destruido.",
              "Su publicación para %s fue aprobada y enviada.",
              "Su publicación para %s fue aprobada, pero aún no llegó.",
              "Un revisor tiene una pregunta sobre su publicación para %s. "
              "Queda retenida hasta que se responda.",
              "Su publicación para %s espera a un revisor superior.",
              "Su publicación para %s sigue esperando revisión.",
              "Usted escribió sobre su publicación para %s.",
              "Un revisor contesta a lo que escribió sobre su publicación "
              "para %s."}},
    .next =
        {{"Por favor, revise la publicación y decida.",
          "Se avisó al autor si se sabe quién es.",
          "El autor puede enviar la publicación otra vez.",
          "Se avisó al autor si se sabe quién es.",
          "El comando de abajo muestra lo que dijo el servidor de correo. "
          "Después apruébela otra vez, rechácela o aclare lo que no se "
          "sabe: nada se envía dos veces por sí solo.",
          "La publicación espera la respuesta.",
          "Decide un revisor superior o un administrador.",
          "Por favor, revise la publicación y decida. Lo que nadie decide "
          "no se publica.",
          "La carta está en la página de la publicación. Por favor, conteste "
          "allí; por sí sola no cambia nada.",
          "No hay nada más que hacer."},
         {"Una persona de su consultorio revisará la publicación y "
          "decidirá. Le avisaremos. No la envíe otra vez.",
          "Cambie lo que se indica arriba y envíe una publicación nueva. "
          "El mismo texto será rechazado otra vez.",
          "Envíe la publicación otra vez si todavía debe salir.",
          "No hay nada más que hacer. No envíe la publicación otra vez.",
          "Su consultorio lo está revisando. No envíe la publicación otra "
          "vez.",
          "Por favor, conteste a su consultorio; la última línea dice cómo. "
          "No envíe la publicación otra vez.",
          "Le avisaremos. No envíe la publicación otra vez.",
          "Le avisaremos. No envíe la publicación otra vez.",
          "Le avisaremos. No envíe la publicación otra vez.",
          "Lo que se decidió sobre la publicación, y lo que falta por decidir, "
          "queda como está."}},
    .why = "Motivo:",
    .publish_at = "Hora prevista de publicación:",
    .in_time = "Decida antes, o no podrá salir cuando su autor quería.",
    .author = "Autor:",
    .no_author = "no se sabe",
    .note = "La persona que la revisó escribió:",
    .show = "Para ver la publicación, ejecute este comando:",
    .open = "Para ver la publicación, abra esta página e inicie sesión. El "
            "enlace sirve una sola vez; después la publicación está en la "
            "cola:",
    .answer = "Para contestar, o para que se mire otra vez, responda a este "
              "correo: lo que escriba llega a los revisores junto con la "
              "publicación.",
    .head = "Registro, para \"chaperone audit verify --head\":",
};

static const words *
words_of(const ch_notice *n)
{
    return n->spanish ? &spanish : &english;
}

static guint
audience(const ch_notice *n)
{
    return n->to_author ? 1 : 0;
}

char *
ch_notice_dup_clean(const char *text)
{
    char *clean = g_utf8_make_valid(text != NULL ? text : "", -1);
    for (char *p = clean; *p != '\0'; p++) {
        if ((guchar)*p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }
    return g_strstrip(clean);
}

/* --- time ---------------------------------------------------------------- */

/* Own names: those of g_date_time_format follow the process's locale. */
static const char *const english_days[] = {"Monday",   "Tuesday", "Wednesday",
                                           "Thursday", "Friday",  "Saturday",
                                           "Sunday"};
static const char *const spanish_days[] = {
    "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"};
static const char *const english_months[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
static const char *const spanish_months[] = {
    "enero", "febrero", "marzo",      "abril",   "mayo",      "junio",
    "julio", "agosto",  "septiembre", "octubre", "noviembre", "diciembre"};

char *
ch_notice_dup_time(gint64 time_us, GTimeZone *zone_or_utc, gboolean in_spanish)
{
    g_autoptr(GDateTime) utc =
        g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    if (utc == NULL) {
        return NULL;
    }
    g_autoptr(GDateTime) t = zone_or_utc != NULL
                                 ? g_date_time_to_timezone(utc, zone_or_utc)
                                 : g_date_time_ref(utc);
    int day = g_date_time_get_day_of_week(t) - 1;
    int month = g_date_time_get_month(t) - 1;
    int hour = g_date_time_get_hour(t), minute = g_date_time_get_minute(t);
    const char *zone = g_date_time_get_timezone_abbreviation(t);
    if (in_spanish) {
        return g_strdup_printf(
            "%s, %d de %s de %d, %d:%02d (%s), %02d:%02d UTC",
            spanish_days[day], g_date_time_get_day_of_month(t),
            spanish_months[month], g_date_time_get_year(t), hour, minute, zone,
            g_date_time_get_hour(utc), g_date_time_get_minute(utc));
    }
    return g_strdup_printf(
        "%s, %s %d, %d, %d:%02d %s (%s), %02d:%02d UTC", english_days[day],
        english_months[month], g_date_time_get_day_of_month(t),
        g_date_time_get_year(t), hour % 12 == 0 ? 12 : hour % 12, minute,
        hour < 12 ? "AM" : "PM", zone, g_date_time_get_hour(utc),
        g_date_time_get_minute(utc));
}

/* --- body ---------------------------------------------------------------- */

/* Each part of a letter as text without a line end behind it, "" where there
 * is none.  Owned. */

static char *
dup_what(const ch_notice *n, const words *w)
{
    g_autofree char *channel = ch_notice_dup_clean(n->channel);
    g_auto(GStrv) halves = g_strsplit(w->what[audience(n)][n->kind], "%s", 2);
    return g_strconcat(halves[0], channel, halves[1], NULL);
}

static char *
dup_rules(const ch_notice *n)
{
    GString *list = g_string_new(NULL);
    /* What it was held for was weighed when it was released. */
    if (n->titles == NULL || n->titles[0] == NULL ||
        n->kind == CH_NOTICE_RELEASED || n->kind == CH_NOTICE_RELEASE_FAILED) {
        return g_string_free(list, FALSE);
    }
    for (gsize i = 0; n->titles[i] != NULL; i++) {
        g_autofree char *title = ch_notice_dup_clean(n->titles[i]);
        g_autofree char *advice =
            ch_notice_dup_clean(n->advices != NULL ? n->advices[i] : NULL);
        g_string_append_printf(list, "%s- %s%s%s", i > 0 ? "\n" : "", title,
                               *advice != '\0' ? ": " : "", advice);
    }
    for (gsize i = 0; n->hints != NULL && n->hints[i] != NULL; i++) {
        g_string_append_printf(list, "\n- %s", n->hints[i]);
    }
    return g_string_free(list, FALSE);
}

static gboolean
has_page(const ch_notice *n)
{
    return n->base_url != NULL && n->base_url[0] != '\0';
}

char *
ch_notice_dup_link(const char *base_url, const char *id, const char *token)
{
    return token != NULL ? g_strdup_printf("%s/open/%s", base_url, token)
                         : g_strdup_printf("%s/item/%s", base_url, id);
}

/* The address of the card, or the command instead. */
static char *
dup_way(const ch_notice *n)
{
    g_autofree char *id = ch_notice_dup_clean(n->id);
    if (n->to_author || n->kind == CH_NOTICE_EXPIRED) {
        return g_strdup("");
    }
    if (!has_page(n)) {
        return g_strdup_printf("chaperone quarantine show %s", id);
    }
    return ch_notice_dup_link(n->base_url, id, n->token);
}

static void
add_labelled(GString *body, const char *label, const char *text)
{
    g_autofree char *clean = ch_notice_dup_clean(text);
    if (*clean != '\0') {
        g_string_append_printf(body, "%s %s\n\n", label, clean);
    }
}

/* What only a reviewer needs. */
static void
add_for_compliance(GString *body, const ch_notice *n, const words *w)
{
    g_autofree char *way = dup_way(n);
    add_labelled(body, w->author, n->author != NULL ? n->author : w->no_author);
    if (*way != '\0') {
        g_string_append_printf(body, "%s\n  %s\n\n",
                               has_page(n) ? w->open : w->show, way);
    }
}

/* Chaperone's own in any case: the ID, and for compliance the ledger's head. */
static void
add_end(GString *body, const ch_notice *n, const words *w)
{
    g_autofree char *id = ch_notice_dup_clean(n->id);
    g_string_append_printf(body, "ID: %s\n", id);
    if (!n->to_author && n->ledger_head != NULL) {
        g_string_append_printf(body, "%s\n  %s\n", w->head, n->ledger_head);
    }
}

gboolean
ch_notice_may_be_answered(const ch_notice *n)
{
    return n->to_author && n->reply_to != NULL && n->reply_to[0] != '\0' &&
           n->kind != CH_NOTICE_EXPIRED && n->kind != CH_NOTICE_RELEASED;
}

static char *
dup_publish_at(const ch_notice *n)
{
    return n->publish_at_us >= 0
               ? ch_notice_dup_time(n->publish_at_us, n->zone, n->spanish)
               : NULL;
}

static void
add_built_in(GString *body, const ch_notice *n, const words *w)
{
    g_autofree char *what = dup_what(n, w);
    g_autofree char *rules = dup_rules(n);
    g_autofree char *at = dup_publish_at(n);
    g_string_append_printf(body, "%s\n\n", what);
    if (*rules != '\0') {
        g_string_append_printf(body, "%s\n%s\n\n", w->why, rules);
    }
    add_labelled(body, w->publish_at, at);
    if (at != NULL && !n->to_author && n->kind == CH_NOTICE_HELD &&
        n->publish_at_us > n->time_us) {
        g_string_append_printf(body, "%s\n\n", w->in_time);
    }
    add_labelled(body, w->note, n->note);
    g_string_append_printf(body, "%s\n\n", w->next[audience(n)][n->kind]);
    if (!n->to_author) {
        add_for_compliance(body, n, w);
    } else if (ch_notice_may_be_answered(n)) {
        g_string_append_printf(body, "%s\n\n", w->answer);
    }
}

static void
add_template(GString *body, const ch_notice *n, const words *w)
{
    g_autofree char *id = ch_notice_dup_clean(n->id);
    g_autofree char *channel = ch_notice_dup_clean(n->channel);
    g_autofree char *what = dup_what(n, w);
    g_autofree char *rules = dup_rules(n);
    g_autofree char *at = dup_publish_at(n);
    g_autofree char *note = ch_notice_dup_clean(n->note);
    g_autofree char *author = ch_notice_dup_clean(
        n->author != NULL || n->to_author ? n->author : w->no_author);
    g_autofree char *way = dup_way(n);
    g_autofree char *contact = ch_notice_dup_clean(n->contact);
    const char *values[CH_FILL_COUNT] = {
        [CH_FILL_ID] = id,
        [CH_FILL_CHANNEL] = channel,
        [CH_FILL_WHAT] = what,
        [CH_FILL_RULES] = rules,
        [CH_FILL_PUBLISH_AT] = at,
        [CH_FILL_NOTE] = note,
        [CH_FILL_NEXT] = w->next[audience(n)][n->kind],
        [CH_FILL_AUTHOR] = author,
        [CH_FILL_ANSWER] = ch_notice_may_be_answered(n) ? w->answer : NULL,
        [CH_FILL_LINK] = way,
        [CH_FILL_CONTACT] = contact};
    g_autofree char *text = ch_template_fill(n->template, values);
    g_string_append_printf(body, "%s\n", text);
}

char *
ch_notice_dup_body(const ch_notice *n)
{
    const words *w = words_of(n);
    g_autoptr(GString) body = g_string_new(NULL);
    if (n->template != NULL) {
        add_template(body, n, w);
        add_end(body, n, w);
        return g_strdup(body->str);
    }
    g_autofree char *contact = ch_notice_dup_clean(n->contact);
    add_built_in(body, n, w);
    add_end(body, n, w);
    if (*contact != '\0') {
        g_string_append_printf(body, "%s\n", contact);
    }
    return g_strdup(body->str);
}

char *
ch_notice_dup_subject(const ch_notice *n)
{
    g_autofree char *id = ch_notice_dup_clean(n->id);
    return g_strdup_printf("Chaperone: %s (ID %s)",
                           words_of(n)->subject[audience(n)][n->kind], id);
}
