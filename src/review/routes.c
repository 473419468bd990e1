/*
 * Who may call what: one table, and the one way to a handler.
 *
 * In this order: the request was understood; there is such a page, by that
 * method; somebody is signed in, fully; the role may; a change brings the
 * session's token and comes from this site.  Only then the handler runs.  What
 * is not in the table does not exist.
 */
#include "review.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/link.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

#define REVIEWER (1U << CH_ROLE_REVIEWER)
#define SENIOR   (1U << CH_ROLE_SENIOR)
#define AUDITOR  (1U << CH_ROLE_AUDITOR)
#define ADMIN    (1U << CH_ROLE_ADMIN)
#define ALL      (REVIEWER | SENIOR | AUDITOR | ADMIN)
#define DECIDE   (REVIEWER | SENIOR | ADMIN)
#define SENIORS  (SENIOR | ADMIN)

const ch_route_entry ch_routes[] = {
    {"GET", "/", 0, 0, ch_get_root},
    {"GET", "/healthz", 0, ROUTE_PLAIN, ch_get_health},
    {"GET", "/metrics", 0, ROUTE_PLAIN, ch_get_metrics},
    {"GET", "/assets/style.css", 0, ROUTE_PLAIN, ch_get_style},
    {"GET", "/assets/page.js", 0, ROUTE_PLAIN, ch_get_script},

    {"GET", "/setup/*", 0, 0, ch_get_setup},
    {"POST", "/setup/*", 0, 0, ch_post_setup},
    {"GET", "/sign-in", 0, 0, ch_get_signin},
    {"POST", "/sign-in", 0, 0, ch_post_signin},
    {"GET", "/code", ALL, ROUTE_HALF, ch_get_code},
    {"POST", "/code", ALL, ROUTE_HALF, ch_post_code},
    {"GET", "/enrol", ALL, ROUTE_HALF, ch_get_enrol},
    {"POST", "/enrol", ALL, ROUTE_HALF, ch_post_enrol},
    {"POST", "/sign-out", ALL, ROUTE_HALF, ch_post_signout},
    {"POST", "/language", 0, 0, ch_post_language},

    {"GET", "/me", ALL, 0, ch_get_me},
    {"POST", "/me/password", ALL, 0, ch_post_my_password},
    {"POST", "/me/sign-out-all", ALL, 0, ch_post_signout_all},
    {"GET", "/people", ADMIN, 0, ch_get_people},
    {"POST", "/people", ADMIN, 0, ch_post_people},
    {"POST", "/people/*", ADMIN, 0, ch_post_person},

    {"GET", "/queue", ALL, 0, ch_get_queue},
    {"GET", "/passed", ALL, 0, ch_get_passed},
    {"GET", "/done", ALL, 0, ch_get_done},
    {"GET", "/numbers", ALL, 0, ch_get_numbers},
    {"POST", "/refuse", DECIDE, 0, ch_post_refuse},
    {"GET", "/open/*", ALL, 0, ch_get_link},
    {"GET", "/item/*", ALL, ROUTE_SLOW, ch_get_item},
    {"POST", "/item/*/open", ALL, ROUTE_SLOW, ch_post_open},
    {"GET", "/item/*/picture", DECIDE, ROUTE_SLOW, ch_get_picture},
    {"GET", "/item/*/raw", DECIDE, 0, ch_get_raw},
    {"GET", "/item/*/download", DECIDE, 0, ch_get_download},
    {"POST", "/item/*/take", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/let-go", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/release", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/refuse", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/escalate", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/ask", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/answer", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/seen", DECIDE, 0, ch_post_item},
    {"POST", "/item/*/evidence", SENIORS, 0, ch_post_item},
    {"POST", "/item/*/end-evidence", SENIORS, 0, ch_post_item},
    {"POST", "/item/*/settle", SENIORS, 0, ch_post_item},

    {"GET", "/api/v1/openapi.json", 0, ROUTE_PLAIN, ch_get_openapi},
    {"POST", "/api/v1/session", 0, ROUTE_API | ROUTE_NO_CSRF, ch_api_signin},
    {"POST", "/api/v1/session/end", ALL, ROUTE_API, ch_api_signout},
    {"GET", "/api/v1/counts", ALL, ROUTE_API, ch_api_counts},
    {"GET", "/api/v1/numbers", ALL, ROUTE_API, ch_api_numbers},
    {"GET", "/api/v1/items", ALL, ROUTE_API, ch_api_items},
    {"GET", "/api/v1/items/*", ALL, ROUTE_API, ch_api_item},
    {"GET", "/api/v1/items/*/history", ALL, ROUTE_API, ch_api_history},
    {"POST", "/api/v1/items/*/take", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/let-go", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/release", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/refuse", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/escalate", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/ask", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/answer", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/seen", DECIDE, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/evidence", SENIORS, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/end-evidence", SENIORS, ROUTE_API, ch_api_decide},
    {"POST", "/api/v1/items/*/settle", SENIORS, ROUTE_API, ch_api_decide},
};

const guint ch_route_count = G_N_ELEMENTS(ch_routes);

/* --- finding -------------------------------------------------------------- */

/* NULL: none; path_known_out: there is one by another method.  arg_out: what
 * the star stands for, owned. */
static const ch_route_entry *
find(const ch_request *request, char **arg_out, gboolean *path_known_out)
{
    const char *method =
        strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
    *arg_out = NULL;
    *path_known_out = FALSE;
    for (guint i = 0; i < ch_route_count; i++) {
        g_autofree char *arg = NULL;
        if (!ch_path_matches(ch_routes[i].pattern, request->path, &arg)) {
            continue;
        }
        *path_known_out = TRUE;
        if (strcmp(ch_routes[i].method, method) == 0) {
            *arg_out = g_steal_pointer(&arg);
            return &ch_routes[i];
        }
    }
    return NULL;
}

gboolean
ch_route_is_slow(const ch_request *request)
{
    gboolean path_known;
    g_autofree char *arg = NULL;
    const ch_route_entry *route = find(request, &arg, &path_known);
    return route != NULL && (route->how & ROUTE_SLOW) != 0;
}

static void
log_refused(const ch_ctx *c, int status, const char *why)
{
    ch_log(LOG_NOTICE, "review-refused", CH_LOG_REASON, why, CH_LOG_AUTHOR,
           c->session != NULL ? c->session->account : c->address, CH_LOG_CODE,
           status, CH_LOG_END);
}

/* --- who ------------------------------------------------------------------ */

/* Before there is a session, forms are tied to a cookie of their own. */
static void
use_form_cookie(ch_ctx *c)
{
    const char *known = ch_field_get(c->request->cookies, ch_cookie_form(c));
    char fresh[CH_TOKEN_HEX + 1];
    if (known != NULL && strlen(known) == CH_TOKEN_HEX &&
        strspn(known, "0123456789abcdef") == CH_TOKEN_HEX) {
        c->token = g_strdup(known);
    } else {
        ch_token_new(fresh, CH_TOKEN_HEX);
        c->token = g_strdup(fresh);
        ch_respond_cookie(c, ch_cookie_form(c), fresh, CH_SESSION_IDLE_S);
    }
    ch_session_csrf(c->store, c->token, c->csrf);
}

/* FALSE: the store is in trouble, and that was answered. */
static gboolean
find_session(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    const char *token = ch_field_get(c->request->cookies, ch_cookie_session(c));
    if (token != NULL) {
        c->session = ch_session_find(c->store, token, c->now_us, &error);
    }
    if (error == NULL && c->session != NULL) {
        c->token = g_strdup(token);
        ch_session_csrf(c->store, token, c->csrf);
        ch_session_touch(c->store, token, c->session, c->now_us, &error);
    }
    if (error != NULL) {
        ch_log(LOG_ERR, "review", CH_LOG_REASON, "session", CH_LOG_ERROR, error,
               CH_LOG_END);
        ch_respond_gerror(c, error);
        return FALSE;
    }
    return TRUE;
}

/* A proxy of ours has signed somebody in: no cookie, no second factor of
 * ours; forms are tied to the cookie of forms. */
static gboolean
use_proxy_login(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    if (c->session != NULL || c->proxy_login == NULL) {
        return TRUE;
    }
    g_autoptr(ch_user) a = ch_user_get(c->store, c->proxy_login, &error);
    if (a == NULL && !g_error_matches(error, CH_ERROR, CH_ERROR_NOTFOUND)) {
        ch_respond_gerror(c, error);
        return FALSE;
    }
    if (a == NULL || a->disabled_us >= 0) {
        log_refused(c, 403, "proxy-login");
        return TRUE;
    }
    use_form_cookie(c);
    c->session = g_new0(ch_session, 1);
    *c->session = (ch_session){.account = g_steal_pointer(&a->name),
                               .role = a->role,
                               .author = g_steal_pointer(&a->author),
                               .lang = g_steal_pointer(&a->lang),
                               .has_totp = TRUE,
                               .complete = TRUE,
                               .created_us = c->now_us,
                               .seen_us = c->now_us};
    return TRUE;
}

/* The account's choice, a cookie, what the browser asks. */
static void
find_language(ch_ctx *c)
{
    const char *cookie = ch_field_get(c->request->cookies, "chaperone-lang");
    const char *lang = c->session != NULL && c->session->lang != NULL
                           ? c->session->lang
                       : cookie != NULL ? cookie
                                        : c->header_lang;
    c->spanish = lang != NULL && g_ascii_strncasecmp(lang, "es", 2) == 0;
}

static gboolean
brings_token(const ch_ctx *c)
{
    const char *given = ch_field_get(c->request->form, "csrf");
    if (given == NULL) {
        given = c->header_csrf;
    }
    return given != NULL && ch_token_equal(given, c->csrf);
}

/* --- the way -------------------------------------------------------------- */

static void
refuse(ch_ctx *c, int status, const char *why, const char *what)
{
    log_refused(c, status, why);
    ch_respond_error(c, status, what);
}

/* A link of a notice leads to its card also when one has to sign in first;
 * once, and within the time for that. */
static void
remember_card(ch_ctx *c, const ch_route_entry *route)
{
    if ((strcmp(route->pattern, "/item/*") == 0 && ch_id_is_valid(c->arg)) ||
        (strcmp(route->pattern, "/open/*") == 0 && ch_link_is_token(c->arg))) {
        ch_respond_cookie(c, ch_cookie_next(c), c->arg, CH_SESSION_HALF_S);
    }
}

/* Where who asks has to go first; NULL: nowhere. */
static const char *
first_step(const ch_ctx *c, const ch_route_entry *route)
{
    if (c->session == NULL) {
        return "/sign-in";
    }
    if (c->session->complete || (route->how & ROUTE_HALF) != 0) {
        return NULL;
    }
    return c->session->has_totp ? "/code" : "/enrol";
}

/* TRUE: the handler may run. */
static gboolean
is_allowed(ch_ctx *c, const ch_route_entry *route)
{
    gboolean changes = strcmp(route->method, "GET") != 0;
    if (route->roles != 0) {
        const char *first = first_step(c, route);
        if (first != NULL && (c->is_api || changes)) {
            refuse(c, 401, "signed-out", T(c, "Please sign in first."));
            return FALSE;
        }
        if (first != NULL) {
            remember_card(c, route);
            ch_respond_see(c, first);
            return FALSE;
        }
        if ((route->roles >> c->session->role & 1) == 0) {
            refuse(c, 403, "role",
                   T(c, "Your role does not allow that. An administrator can "
                        "change it."));
            return FALSE;
        }
    }
    if (changes && (route->how & ROUTE_NO_CSRF) == 0 && !brings_token(c)) {
        refuse(c, 403, "csrf",
               T(c, "This form is too old. Go back, load the page again and "
                    "repeat what you did."));
        return FALSE;
    }
    return TRUE;
}

static void
not_there(ch_ctx *c, gboolean path_known)
{
    if (!path_known) {
        ch_respond_error(c, 404,
                         T(c, "The address is wrong, or the page is "
                              "no longer there."));
        return;
    }
    log_refused(c, 405, "method");
    ch_respond_error(c, 405, T(c, "That cannot be done with this page."));
    c->response->allow = "GET, HEAD, POST";
}

void
ch_route(ch_ctx *c)
{
    gboolean path_known = FALSE;
    g_atomic_int_inc(&c->server->numbers.requests);
    c->is_api = g_str_has_prefix(c->request->path, "/api/");
    find_language(c);
    if (c->request->status != 0) {
        refuse(c, c->request->status, "malformed",
               T(c, "What the browser sent was too long or malformed. Nothing "
                    "was changed."));
        return;
    }
    const ch_route_entry *route = find(c->request, &c->arg, &path_known);
    if (route == NULL) {
        not_there(c, path_known);
        return;
    }
    if ((route->how & ROUTE_PLAIN) != 0) {
        route->handler(c);
        return;
    }
    if (!find_session(c) || !use_proxy_login(c)) {
        return;
    }
    find_language(c);
    if (c->session == NULL && (route->how & ROUTE_API) == 0) {
        use_form_cookie(c);
    }
    if (is_allowed(c, route)) {
        route->handler(c);
    }
}
