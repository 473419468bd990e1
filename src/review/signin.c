/*
 * Signing in: a name and a password, then the six digits of a second factor.
 *
 * Wrong names, wrong passwords, disabled and locked accounts look alike, and
 * cost alike.  Each account locks after a few failures; each address is slowed
 * down by its own.  A new token is made at each step.
 */
#include "signin.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/link.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

/* Failures of one address; old ones are forgotten as a whole. */
typedef struct {
    guint count;
    gint64 until_us;
} ch_failures;

/* So that addresses cannot fill the memory. */
#define MAX_ADDRESSES 10000

/* --- addresses ------------------------------------------------------------ */

static gboolean
is_slowed(ch_ctx *c)
{
    g_mutex_lock(&c->server->lock);
    const ch_failures *f = g_hash_table_lookup(c->server->failures, c->address);
    gboolean slowed = f != NULL && f->until_us > c->now_us &&
                      f->count >= CH_MAX_ADDRESS_FAILURES;
    g_mutex_unlock(&c->server->lock);
    return slowed;
}

static void
note_failure(ch_ctx *c, const char *name)
{
    GHashTable *all = c->server->failures;
    g_mutex_lock(&c->server->lock);
    if (g_hash_table_size(all) >= MAX_ADDRESSES) {
        g_hash_table_remove_all(all);
    }
    ch_failures *f = g_hash_table_lookup(all, c->address);
    if (f == NULL || f->until_us <= c->now_us) {
        f = g_new0(ch_failures, 1);
        f->until_us = c->now_us + CH_SIGNIN_LOCK_S * SECOND_US;
        g_hash_table_replace(all, g_strdup(c->address), f);
    }
    f->count++;
    g_mutex_unlock(&c->server->lock);
    g_atomic_int_inc(&c->server->numbers.failures);
    ch_log(LOG_WARNING, "sign-in-failed", CH_LOG_AUTHOR, name, CH_LOG_SOCKET,
           c->address, CH_LOG_END);
}

static void
slow_down(ch_ctx *c)
{
    ch_respond_error(c, 429,
                     T(c, "There were too many attempts from your address. "
                          "Please wait a quarter of an hour."));
    c->response->retry_s = CH_SIGNIN_LOCK_S;
}

/* --- the form ------------------------------------------------------------- */

static void
show_form(ch_ctx *c, int status, const char *trouble)
{
    ch_html *h = ch_page_begin(c, T(c, "Sign in"));
    if (trouble != NULL) {
        ch_html_open(h, "p", A("class", "error") A("role", "alert"));
        ch_html_text(h, trouble);
        ch_html_close(h);
    }
    ch_form_open(c, h, "/sign-in", "narrow");
    ch_form_input(h, T(c, "Name"), "name", "text", NULL, "username");
    ch_form_input(h, T(c, "Password"), "password", "password", NULL,
                  "current-password");
    ch_form_button(h, T(c, "Sign in"), "primary");
    ch_html_close(h);
    ch_page_end(c, status, h);
}

void
ch_get_root(ch_ctx *c)
{
    ch_respond_see(c, "/queue");
}

void
ch_get_signin(ch_ctx *c)
{
    if (c->session != NULL && c->session->complete) {
        ch_respond_see(c, "/queue");
        return;
    }
    show_form(c, 200, NULL);
}

/* --- steps ---------------------------------------------------------------- */

gboolean
ch_signin_needs_more(const ch_ctx *c, const ch_user *account)
{
    return account->has_totp ||
           c->config->review_second_factor == CH_FACTOR_REQUIRED;
}

gboolean
ch_signin_begin(ch_ctx *c, const char *name, gboolean complete, GError **error)
{
    char token[CH_TOKEN_HEX + 1];
    const char *old = c->session != NULL ? c->token : NULL;
    if (!ch_session_start(c->store, name, complete, c->address, old, c->now_us,
                          token, error)) {
        return FALSE;
    }
    if (complete) {
        g_atomic_int_inc(&c->server->numbers.signins);
        ch_log(LOG_INFO, "sign-in", CH_LOG_AUTHOR, name, CH_LOG_SOCKET,
               c->address, CH_LOG_END);
    }
    ch_respond_cookie(c, ch_cookie_session(c), token, CH_SESSION_LIFE_S);
    ch_session_csrf(c->store, token, c->csrf);
    return TRUE;
}

gboolean
ch_signin_check(ch_ctx *c, const char *name, const char *password,
                ch_user **account_out, int *status_out, GError **error)
{
    ch_signin result = CH_SIGNIN_WRONG;
    *status_out = 0;
    if (is_slowed(c)) {
        *status_out = 429;
        return TRUE;
    }
    g_autofree char *lower =
        g_strstrip(g_ascii_strdown(name != NULL ? name : "", -1));
    g_mutex_lock(&c->server->hash_lock);
    gboolean ok =
        ch_user_check(c->store, lower, password != NULL ? password : "",
                      c->now_us, &result, error);
    g_mutex_unlock(&c->server->hash_lock);
    if (!ok) {
        return FALSE;
    }
    if (result != CH_SIGNIN_OK) {
        note_failure(c, ch_user_is_name(lower) ? lower : "-");
        *status_out = 401;
        return TRUE;
    }
    *account_out = ch_user_get(c->store, lower, error);
    return *account_out != NULL;
}

void
ch_signin_go_on(ch_ctx *c)
{
    const char *next = ch_field_get(c->request->cookies, ch_cookie_next(c));
    gboolean link = next != NULL && ch_link_is_token(next);
    if (next == NULL || (!link && !ch_id_is_valid(next))) {
        ch_respond_see(c, "/queue");
        return;
    }
    g_autofree char *card = g_strconcat(link ? "/open/" : "/item/", next, NULL);
    ch_respond_cookie(c, ch_cookie_next(c), "", 0);
    ch_respond_see(c, card);
}

void
ch_post_signin(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_user) account = NULL;
    int status;
    if (!ch_signin_check(c, ch_field_get(c->request->form, "name"),
                         ch_field_get(c->request->form, "password"), &account,
                         &status, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    if (status == 429) {
        slow_down(c);
        return;
    }
    if (status != 0) {
        show_form(c, status,
                  T(c, "That name and password do not fit, or the account is "
                       "locked for a quarter of an hour after five wrong "
                       "attempts."));
        return;
    }
    gboolean more = ch_signin_needs_more(c, account);
    if (!ch_signin_begin(c, account->name, !more, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    if (!more) {
        ch_signin_go_on(c);
        return;
    }
    ch_respond_see(c, account->has_totp ? "/code" : "/enrol");
}

/* --- the second factor ---------------------------------------------------- */

static void
show_code(ch_ctx *c, int status, const char *trouble)
{
    ch_html *h = ch_page_begin(c, T(c, "Second step"));
    ch_html_element(h, "p", NULL,
                    T(c, "Type the six digits that your authenticator app "
                         "shows for Chaperone."));
    if (trouble != NULL) {
        ch_html_open(h, "p", A("class", "error") A("role", "alert"));
        ch_html_text(h, trouble);
        ch_html_close(h);
    }
    ch_form_open(c, h, "/code", "narrow");
    ch_form_input(h, T(c, "Six digits"), "code", "text", NULL, "one-time-code");
    ch_form_button(h, T(c, "Go on"), "primary");
    ch_html_close(h);
    ch_page_end(c, status, h);
}

void
ch_get_code(ch_ctx *c)
{
    if (c->session->complete || !c->session->has_totp) {
        ch_respond_see(c, c->session->complete ? "/queue" : "/enrol");
        return;
    }
    show_code(c, 200, NULL);
}

gboolean
ch_signin_check_code(ch_ctx *c, const char *name, const char *code,
                     int *status_out, GError **error)
{
    ch_signin result = CH_SIGNIN_WRONG;
    g_autofree char *digits = g_strdup(code != NULL ? code : "");
    char *to = digits;
    *status_out = 0;
    for (const char *p = digits; *p != '\0'; p++) {
        if (*p != ' ') { /* apps show "123 456" */
            *to++ = *p;
        }
    }
    *to = '\0';
    if (is_slowed(c)) {
        *status_out = 429;
        return TRUE;
    }
    if (!ch_user_check_totp(c->store, name, digits, c->now_us, &result,
                            error)) {
        return FALSE;
    }
    if (result != CH_SIGNIN_OK) {
        note_failure(c, name);
        *status_out = 401;
    }
    return TRUE;
}

void
ch_post_code(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    int status;
    if (c->session->complete) {
        ch_respond_see(c, "/queue");
        return;
    }
    if (!ch_signin_check_code(c, c->session->account,
                              ch_field_get(c->request->form, "code"), &status,
                              &error)) {
        ch_respond_gerror(c, error);
    } else if (status == 429) {
        slow_down(c);
    } else if (status != 0) {
        show_code(c, status,
                  T(c, "Those digits do not fit, or were used before. Wait "
                       "for the next ones."));
    } else if (ch_signin_begin(c, c->session->account, TRUE, &error)) {
        ch_signin_go_on(c);
    } else {
        ch_respond_gerror(c, error);
    }
}

void
ch_post_signout(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    if (!ch_session_end(c->store, c->token, c->now_us, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_log(LOG_INFO, "sign-out", CH_LOG_AUTHOR, c->session->account,
           CH_LOG_END);
    ch_respond_cookie(c, ch_cookie_session(c), "", 0);
    ch_respond_see(c, "/sign-in");
}
