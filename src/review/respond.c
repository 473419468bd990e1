/*
 * Answers: pages, redirects, errors, cookies.
 *
 * Errors say what a person can do.  Those of the store are told by their
 * kind; the words of an error go out only where they are ours and about a
 * state or an input.
 */
#include "review.h"

#include "chaperone/error.h"

#include <json-glib/json-glib.h>
#include <string.h>

void
ch_respond_text(ch_ctx *c, int status, const char *type, const char *text)
{
    ch_response *r = c->response;
    r->status = status;
    r->type = type;
    if (r->body != NULL) {
        g_string_free(r->body, TRUE);
    }
    r->body = g_string_new(text);
}

void
ch_respond_html(ch_ctx *c, int status, ch_html *h)
{
    ch_response *r = c->response;
    r->status = status;
    r->type = "text/html; charset=utf-8";
    r->body = ch_html_finish(h);
    ch_html_free(h);
}

void
ch_respond_see(ch_ctx *c, const char *path)
{
    ch_respond_text(c, 303, "text/plain; charset=utf-8", "");
    g_free(c->response->location);
    c->response->location = g_strdup(path);
}

static const char *
heading_of(ch_ctx *c, int status)
{
    switch (status) {
    case 403:
        return T(c, "You may not do that");
    case 404:
        return T(c, "There is no such page");
    case 409:
        return T(c, "That was not done");
    case 410:
        return T(c, "This link opens nothing any more");
    case 429:
        return T(c, "Too many attempts");
    case 503:
        return T(c, "Something is wrong with the store");
    default:
        return T(c, "That request was not understood");
    }
}

static void
respond_json_error(ch_ctx *c, int status, const char *what)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "error");
    json_builder_add_string_value(b, what);
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    g_autofree char *text = json_generator_to_data(generator, NULL);
    ch_respond_text(c, status, "application/json", text);
}

void
ch_respond_error(ch_ctx *c, int status, const char *what)
{
    if (c->is_api) {
        respond_json_error(c, status, what);
        return;
    }
    ch_html *h = ch_page_begin(c, heading_of(c, status));
    ch_html_element(h, "p", "error", what);
    ch_html_open(h, "p", );
    ch_html_open(h, "a", A("href", "/queue") A("class", "button"));
    ch_html_text(h, T(c, "Back to the queue"));
    ch_html_close(h);
    ch_html_close(h);
    ch_page_end(c, status, h);
}

/* "item ID: why not", the last part in the language of who asks.  Owned. */
static char *
dup_words_of(const ch_ctx *c, const char *message)
{
    const char *whole = ch_words(c->spanish, message);
    const char *colon = strstr(message, ": ");
    if (!c->spanish || whole != message || colon == NULL) {
        return g_strdup(whole);
    }
    g_autofree char *start = g_strndup(message, (gsize)(colon + 2 - message));
    return g_strconcat(start, ch_words(TRUE, colon + 2), NULL);
}

void
ch_respond_gerror(ch_ctx *c, const GError *error)
{
    gboolean ours = error->domain == CH_ERROR;
    g_autofree char *what = dup_words_of(c, error->message);
    if (ours && error->code == CH_ERROR_NOTFOUND) {
        ch_respond_error(c, 404, what);
    } else if (ours && error->code == CH_ERROR_STATE) {
        ch_respond_error(c, 409, what);
    } else if (ours && error->code == CH_ERROR_INPUT) {
        ch_respond_error(c, 400, what);
    } else {
        g_atomic_int_inc(&c->server->numbers.errors);
        ch_respond_error(c, 503,
                         T(c, "Nothing was changed. Please try again; if it "
                              "stays so, tell whoever keeps the mail server."));
    }
}

/* --- cookies --------------------------------------------------------------
 */

const char *
ch_cookie_session(const ch_ctx *c)
{
    return c->server->secure ? "__Host-chaperone" : "chaperone";
}

const char *
ch_cookie_form(const ch_ctx *c)
{
    return c->server->secure ? "__Host-chaperone-form" : "chaperone-form";
}

const char *
ch_cookie_next(const ch_ctx *c)
{
    return c->server->secure ? "__Host-chaperone-next" : "chaperone-next";
}

/* Lax: a link in a notice opens the card; no other site can post. */
void
ch_respond_cookie(ch_ctx *c, const char *name, const char *value, int life_s)
{
    g_ptr_array_add(
        c->response->cookies,
        g_strdup_printf("%s=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s",
                        name, value, life_s,
                        c->server->secure ? "; Secure" : ""));
}
