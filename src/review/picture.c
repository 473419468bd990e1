/*
 * One picture of a post, made small.
 *
 * The page takes no picture apart: the jailed reader decodes it and makes
 * another one (extract/thumbnail.c), whose form was checked when it came back
 * (core/png.c).  Made when it is asked for, and not kept.
 *
 * Only who has opened the card sees its pictures: that stands in the ledger.
 */
#include "card.h"

#include "chaperone/error.h"
#include "chaperone/pool.h"

#include <string.h>

static int
find_part(const ch_message *m, const char *number)
{
    const GPtrArray *parts = ch_message_parts(m);
    for (guint i = 0; i < parts->len; i++) {
        const ch_part *p = g_ptr_array_index(parts, i);
        if (strcmp(p->number, number) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* NULL: there is none, or none that can be shown.  Owned. */
static GBytes *
make_picture(ch_ctx *c, GBytes *raw)
{
    const char *number = ch_field_get(c->request->query, "part");
    g_autoptr(ch_message) m = ch_message_parse(raw);
    int part = number != NULL ? find_part(m, number) : -1;
    if (part < 0 || !ch_message_is_picture(m, part)) {
        return NULL;
    }
    g_autoptr(GBytes) file = ch_message_dup_file(m, part);
    return file != NULL ? ch_pool_thumbnail(c->server->pool, file) : NULL;
}

static void
respond_png(ch_ctx *c, GBytes *png)
{
    gsize length;
    const char *data = g_bytes_get_data(png, &length);
    c->response->status = 200;
    c->response->type = "image/png";
    c->response->body = g_string_new_len(data, (gssize)length);
}

void
ch_get_picture(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    if (!ch_id_is_valid(c->arg)) {
        ch_respond_error(c, 404, T(c, "There is no such post."));
        return;
    }
    g_autoptr(GPtrArray) history = ch_review_history(c->store, c->arg, &error);
    if (history != NULL && !ch_card_was_opened(c, history, FALSE)) {
        ch_respond_error(c, 409, T(c, "Open the post first."));
        return;
    }
    g_autoptr(GBytes) raw =
        history != NULL ? ch_store_read(c->store, c->arg, NULL, &error) : NULL;
    if (raw == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    g_autoptr(GBytes) png = make_picture(c, raw);
    if (png != NULL) {
        respond_png(c, png);
    } else {
        ch_respond_error(c, 404, T(c, "This picture cannot be shown."));
    }
}
