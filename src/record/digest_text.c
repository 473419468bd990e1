/*
 * The words of a digest, in English and Spanish: for each post what its own
 * letter would have said in a line or two, and the time that is left.
 *
 * As in notice_text.c nothing of a post is here to be quoted, and what comes
 * from outside cannot begin a line.
 */
#include "chaperone/digest.h"

#include "chaperone/link.h"
#include "record/announce_int.h"
#include "record/notice_int.h"

#define MINUTE_US (60 * (gint64)G_USEC_PER_SEC)
#define HOUR_US   (60 * MINUTE_US)
#define DAY_US    (24 * HOUR_US)

typedef struct {
    const char *one, *many, *subject_one, *subject_many;
    const char *author, *no_author, *why, *publish_at, *decide_until, *more,
        *next, *queue, *list, *show, *head;
    const char *units[3]; /* days, hours, minutes */
} words;

static const words english = {
    .one = "One post is held for review. It is not published.",
    .many = "%u posts are held for review. They are not published.",
    .subject_one = "one post is held for review",
    .subject_many = "%u posts are held for review",
    .author = "Author:",
    .no_author = "not known",
    .why = "Why:",
    .publish_at = "Planned time of publication:",
    .decide_until = "Decide until:",
    .more = "%u more are held; the list below has them.",
    .next = "Please look at them and decide. What nobody decides is not "
            "published.",
    .queue = "Each link works once, after you have signed in. All that waits:",
    .list = "All that waits:",
    .show = "To see a post, run \"chaperone quarantine show ID\".",
    .head = "Ledger, for \"chaperone audit verify --head\":",
    .units = {"days", "hours", "minutes"},
};

static const words spanish = {
    .one = "Una publicación está retenida para revisión. No se ha publicado.",
    .many = "%u publicaciones están retenidas para revisión. No se han "
            "publicado.",
    .subject_one = "una publicación está retenida para revisión",
    .subject_many = "%u publicaciones están retenidas para revisión",
    .author = "Autor:",
    .no_author = "no se sabe",
    .why = "Motivo:",
    .publish_at = "Hora prevista de publicación:",
    .decide_until = "Decida hasta:",
    .more = "Hay %u más retenidas; están en la lista de abajo.",
    .next = "Por favor, revíselas y decida. Lo que nadie decide no se publica.",
    .queue = "Cada enlace sirve una sola vez, después de iniciar sesión. Todo "
             "lo que espera:",
    .list = "Todo lo que espera:",
    .show = "Para ver una publicación, ejecute \"chaperone quarantine show "
            "ID\".",
    .head = "Registro, para \"chaperone audit verify --head\":",
    .units = {"días", "horas", "minutos"},
};

/* One letter under way. */
typedef struct {
    const ch_house *house;
    const words *w;
    gboolean spanish;
    gint64 now_us;
    GString *body;
    GArray *links; /* of ch_link */
} writing;

/* In the language of the posts if all have the same; else English. */
static gboolean
is_spanish(const ch_digest *digest)
{
    for (guint i = 0; i < digest->items->len; i++) {
        if (!((const ch_item *)digest->items->pdata[i])->spanish) {
            return FALSE;
        }
    }
    return TRUE;
}

static void
add_line(GString *body, const char *label, const char *text)
{
    g_autofree char *clean = ch_notice_dup_clean(text);
    if (*clean != '\0') {
        g_string_append_printf(body, "   %s %s\n", label, clean);
    }
}

static void
add_rules(const writing *l, const ch_item *item)
{
    g_autoptr(GString) titles = g_string_new(NULL);
    g_auto(GStrv) ids =
        g_strsplit(item->rules != NULL ? item->rules : "", ",", -1);
    for (guint i = 0; ids[i] != NULL; i++) {
        const ch_rule *rule = ch_house_find_rule(l->house, g_strstrip(ids[i]));
        const char *title = rule == NULL ? ids[i]
                            : l->spanish && rule->title_es != NULL
                                ? rule->title_es
                                : rule->title;
        g_string_append_printf(titles, "%s%s", titles->len > 0 ? "; " : "",
                               title);
    }
    add_line(l->body, l->w->why, titles->str);
}

/* In the largest unit of which there are two. */
static char *
dup_left(const writing *l, gint64 left_us)
{
    static const gint64 units[] = {DAY_US, HOUR_US, MINUTE_US};
    guint u = 0;
    while (u + 1 < G_N_ELEMENTS(units) && left_us < 2 * units[u]) {
        u++;
    }
    return g_strdup_printf(l->spanish ? "quedan %" G_GINT64_FORMAT " %s"
                                      : "%" G_GINT64_FORMAT " %s left",
                           MAX(left_us, 0) / units[u], l->w->units[u]);
}

static void
add_times(const writing *l, const ch_item *item)
{
    GTimeZone *zone = ch_announce_zone(l->house, item->accounts);
    if (item->publish_at_us >= 0) {
        g_autofree char *at =
            ch_notice_dup_time(item->publish_at_us, zone, l->spanish);
        add_line(l->body, l->w->publish_at, at);
    }
    if (item->deadline_us >= 0) {
        g_autofree char *until =
            ch_notice_dup_time(item->deadline_us, zone, l->spanish);
        g_autofree char *left = dup_left(l, item->deadline_us - l->now_us);
        g_autofree char *both = g_strdup_printf("%s; %s", until, left);
        add_line(l->body, l->w->decide_until, both);
    }
}

static void
add_link(const writing *l, const char *base_url, const ch_item *item)
{
    char token[CH_TOKEN_HEX + 1];
    ch_link link;
    ch_link_new(
        item->id,
        ch_announce_link_until(l->house->config, item->deadline_us, l->now_us),
        &link, token);
    g_array_append_val(l->links, link);
    g_autofree char *address = ch_notice_dup_link(base_url, item->id, token);
    g_string_append_printf(l->body, "   %s\n", address);
}

static void
add_post(const writing *l, guint number, const ch_item *item)
{
    const char *base_url = l->house->config->review_base_url;
    g_autofree char *names = ch_announce_dup_channel(l->house, item->gateways);
    g_autofree char *channel = ch_notice_dup_clean(names);
    g_string_append_printf(l->body, "%u. %s\n", number, channel);
    add_line(l->body, l->w->author,
             item->author != NULL ? item->author : l->w->no_author);
    add_rules(l, item);
    add_times(l, item);
    add_line(l->body, "ID:", item->id);
    if (base_url[0] != '\0') {
        add_link(l, base_url, item);
    }
    g_string_append_c(l->body, '\n');
}

static char *
dup_posts(writing *l, const ch_digest *digest)
{
    for (guint i = 0; i < digest->items->len; i++) {
        add_post(l, i + 1, g_ptr_array_index(digest->items, i));
    }
    if (digest->more > 0) {
        g_auto(GStrv) halves = g_strsplit(l->w->more, "%u", 2);
        g_string_append_printf(l->body, "%s%u%s", halves[0], digest->more,
                               halves[1]);
    }
    g_autofree char *posts = g_strchomp(g_strdup(l->body->str));
    g_string_truncate(l->body, 0);
    return g_steal_pointer(&posts);
}

/* How to get to all of them. */
static char *
dup_way(const writing *l)
{
    const char *base_url = l->house->config->review_base_url;
    return base_url[0] != '\0'
               ? g_strdup_printf("%s/queue", base_url)
               : g_strdup("chaperone quarantine list --state held");
}

/* "One post ..." or "3 posts ...".  Owned. */
static char *
dup_counted(const ch_digest *digest, const char *one, const char *many)
{
    guint count = digest->items->len + digest->more;
    if (count == 1) {
        return g_strdup(one);
    }
    g_auto(GStrv) halves = g_strsplit(many, "%u", 2);
    return g_strdup_printf("%s%u%s", halves[0], count, halves[1]);
}

static void
add_built_in(const writing *l, const char *what, const char *posts,
             const char *way)
{
    gboolean has_page = l->house->config->review_base_url[0] != '\0';
    g_string_append_printf(l->body, "%s\n\n%s\n\n%s\n\n%s\n  %s\n", what, posts,
                           l->w->next, has_page ? l->w->queue : l->w->list,
                           way);
    if (!has_page) {
        g_string_append_printf(l->body, "%s\n", l->w->show);
    }
}

/* FALSE: the practice has no words of its own. */
static gboolean
add_template(const writing *l, const ch_digest *digest, const char *what,
             const char *posts, const char *way, const char *contact)
{
    const char *template =
        ch_templates_find(l->house->templates, "digest", FALSE, l->spanish);
    if (template == NULL) {
        return FALSE;
    }
    g_autofree char *count =
        g_strdup_printf("%u", digest->items->len + digest->more);
    const char *values[CH_FILL_COUNT] = {
        [CH_FILL_WHAT] = what,       [CH_FILL_POSTS] = posts,
        [CH_FILL_NEXT] = l->w->next, [CH_FILL_LINK] = way,
        [CH_FILL_NUMBER] = count,    [CH_FILL_CONTACT] = contact};
    g_autofree char *text = ch_template_fill(template, values);
    g_string_append(l->body, text);
    return TRUE;
}

static char *
dup_body(writing *l, ch_store *store, const ch_digest *digest)
{
    g_autofree char *what = dup_counted(digest, l->w->one, l->w->many);
    g_autofree char *posts = dup_posts(l, digest);
    g_autofree char *way = dup_way(l);
    g_autofree char *head = ch_announce_dup_head(store);
    g_autofree char *contact =
        ch_notice_dup_clean(l->house->config->practice_contact);
    gboolean own = add_template(l, digest, what, posts, way, contact);
    if (!own) {
        add_built_in(l, what, posts, way);
    }
    if (head != NULL) {
        g_string_append_printf(l->body, "\n%s\n  %s\n", l->w->head, head);
    }
    if (!own && *contact != '\0') {
        g_string_append_printf(l->body, "%s\n", contact);
    }
    return g_strdup(l->body->str);
}

GBytes *
ch_digest_compose(const ch_house *house, ch_store *store,
                  const ch_digest *digest, const char *id, gint64 now_us,
                  GArray *links_out)
{
    if (digest->items->len == 0) {
        return NULL;
    }
    gboolean in_spanish = is_spanish(digest);
    g_autoptr(GString) text = g_string_new(NULL);
    writing l = {.house = house,
                 .w = in_spanish ? &spanish : &english,
                 .spanish = in_spanish,
                 .now_us = now_us,
                 .body = text,
                 .links = links_out};
    g_autofree char *body = dup_body(&l, store, digest);
    g_autofree char *from = ch_announce_dup_sender(house->config);
    g_autofree char *count =
        dup_counted(digest, l.w->subject_one, l.w->subject_many);
    g_autofree char *subject = g_strdup_printf("Chaperone: %s", count);
    const ch_answer letter = {.id = id,
                              .kind = "digest",
                              .from = from,
                              .to = digest->recipient,
                              .subject = subject,
                              .body = body,
                              .time_us = now_us,
                              .unasked = TRUE};
    return ch_notice_compose_answer(&letter, store);
}
