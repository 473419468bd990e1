/*
 * One's own account: where one is signed in, password, language.
 */
#include "signin.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

static void
put_sessions(ch_ctx *c, ch_html *h, const GPtrArray *sessions)
{
    ch_html_element(h, "h2", NULL, T(c, "Where you are signed in"));
    ch_html_open(h, "table", );
    ch_html_open(h, "thead", );
    ch_html_open(h, "tr", );
    ch_html_open(h, "th", A("scope", "col"));
    ch_html_text(h, T(c, "Address"));
    ch_html_close(h);
    ch_html_open(h, "th", A("scope", "col"));
    ch_html_text(h, T(c, "Since"));
    ch_html_close(h);
    ch_html_open(h, "th", A("scope", "col"));
    ch_html_text(h, T(c, "Last used"));
    ch_html_close(h);
    ch_html_close(h);
    ch_html_close(h);
    ch_html_open(h, "tbody", );
    for (guint i = 0; i < sessions->len; i++) {
        const ch_session *s = g_ptr_array_index(sessions, i);
        ch_html_open(h, "tr", );
        ch_html_element(h, "td", NULL, s->address);
        ch_html_open(h, "td", );
        ch_page_time(c, h, s->created_us);
        ch_html_close(h);
        ch_html_open(h, "td", );
        ch_page_time(c, h, s->seen_us);
        ch_html_close(h);
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_close(h);
    ch_form_open(c, h, "/me/sign-out-all", NULL);
    ch_form_button(h, T(c, "Sign out everywhere"), NULL);
    ch_html_close(h);
}

static void
show_me(ch_ctx *c, int status, const char *trouble)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) sessions =
        ch_session_list(c->store, c->session->account, c->now_us, &error);
    if (sessions == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_html *h = ch_page_begin(c, T(c, "Your account"));
    ch_html_open(h, "p", );
    ch_html_textf(h, "%s (%s)", c->session->account,
                  ch_words(c->spanish, ch_role_name(c->session->role)));
    ch_html_close(h);
    if (trouble != NULL) {
        ch_html_open(h, "p", A("class", "error") A("role", "alert"));
        ch_html_text(h, trouble);
        ch_html_close(h);
    }
    if (!c->session->has_totp) {
        ch_html_open(h, "p", );
        ch_html_open(h, "a", A("href", "/enrol") A("class", "button"));
        ch_html_text(h, T(c, "Set up a second step"));
        ch_html_close(h);
        ch_html_close(h);
    }
    put_sessions(c, h, sessions);
    ch_html_element(h, "h2", NULL, T(c, "Change your password"));
    ch_form_open(c, h, "/me/password", "narrow");
    ch_form_input(h, T(c, "Password now"), "old", "password", NULL,
                  "current-password");
    ch_form_input(h, T(c, "New password (12 characters or more)"), "password",
                  "password", NULL, "new-password");
    ch_form_input(h, T(c, "The new password again"), "again", "password", NULL,
                  "new-password");
    ch_form_button(h, T(c, "Change it and sign out everywhere"), NULL);
    ch_html_close(h);
    ch_page_end(c, status, h);
}

void
ch_get_me(ch_ctx *c)
{
    show_me(c, 200, NULL);
}

void
ch_post_signout_all(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    if (!ch_session_end_all(c->store, c->session->account, c->now_us, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_log(LOG_INFO, "sign-out-all", CH_LOG_AUTHOR, c->session->account,
           CH_LOG_END);
    ch_respond_cookie(c, ch_cookie_session(c), "", 0);
    ch_respond_see(c, "/sign-in");
}

void
ch_post_my_password(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_user) account = NULL;
    const char *name = c->session->account;
    const char *password = ch_field_get(c->request->form, "password");
    const char *again = ch_field_get(c->request->form, "again");
    const ch_decision who = {.reviewer = name, .uid = -1, .time_us = c->now_us};
    int status;
    if (!ch_signin_check(c, name, ch_field_get(c->request->form, "old"),
                         &account, &status, &error)) {
        ch_respond_gerror(c, error);
    } else if (status != 0) {
        show_me(c, status, T(c, "That is not your password."));
    } else if (g_strcmp0(password, again) != 0) {
        show_me(c, 400, T(c, "The two passwords are not the same."));
    } else if (ch_user_set_password(c->store, name,
                                    password != NULL ? password : "", &who,
                                    &error)) {
        ch_respond_cookie(c, ch_cookie_session(c), "", 0);
        ch_respond_see(c, "/sign-in");
    } else if (g_error_matches(error, CH_ERROR, CH_ERROR_INPUT)) {
        show_me(c, 400, ch_words(c->spanish, error->message));
    } else {
        ch_respond_gerror(c, error);
    }
}

/* Only a path of this site's is gone back to, and only one that a GET
 * shows. */
static gboolean
may_go_back(const char *path)
{
    for (guint i = 0; path != NULL && i < ch_route_count; i++) {
        g_autofree char *arg = NULL;
        if (strcmp(ch_routes[i].method, "GET") == 0 &&
            ch_path_matches(ch_routes[i].pattern, path, &arg) &&
            (arg == NULL || ch_id_is_valid(arg))) {
            return TRUE;
        }
    }
    return FALSE;
}

void
ch_post_language(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    const char *wanted = ch_field_get(c->request->form, "lang");
    const char *back = ch_field_get(c->request->form, "back");
    const char *lang = g_strcmp0(wanted, "es") == 0 ? "es" : "en";
    if (c->session != NULL && c->session->complete &&
        !ch_user_set_lang(c->store, c->session->account, lang, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_respond_cookie(c, "chaperone-lang", lang, 365 * 86400);
    ch_respond_see(c, may_go_back(back) ? back : "/queue");
}
