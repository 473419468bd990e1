/*
 * Accounts, for administrators: add, disable, give a role, a new password, or
 * a new second factor.  What it does stands in the ledger.
 */
#include "review.h"

#include "chaperone/error.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

static void
put_roles(ch_ctx *c, ch_html *h, ch_role selected)
{
    ch_html_open(h, "label", A("class", "field"));
    ch_html_element(h, "span", NULL, T(c, "Role"));
    ch_html_open(h, "select", A("name", "role"));
    for (guint i = 0; i < CH_ROLE_COUNT; i++) {
        const char *name = ch_role_name((ch_role)i);
        ch_html_open(h, "option",
                     A("value", name)
                         A("selected", i == (guint)selected ? "" : NULL));
        ch_html_text(h, ch_words(c->spanish, name));
        ch_html_close(h);
    }
    ch_html_close(h);
    ch_html_close(h);
}

static const char *
standing_of(ch_ctx *c, const ch_user *a)
{
    return a->disabled_us >= 0        ? T(c, "disabled")
           : a->locked_us > c->now_us ? T(c, "locked")
           : a->has_totp              ? T(c, "second step set up")
                                      : T(c, "no second step yet");
}

static void
put_person(ch_ctx *c, ch_html *h, const ch_user *a)
{
    g_autofree char *path = g_strdup_printf("/people/%s", a->name);
    ch_html_open(h, "li", A("class", "person"));
    ch_html_element(h, "h3", NULL, a->name);
    ch_html_open(h, "p", );
    ch_html_textf(h, "%s · %s", ch_words(c->spanish, ch_role_name(a->role)),
                  standing_of(c, a));
    if (a->author != NULL) {
        ch_html_textf(h, " · %s %s", T(c, "posts as"), a->author);
    }
    if (a->last_us >= 0) {
        ch_html_textf(h, " · %s ", T(c, "last sign-in"));
        ch_page_time(c, h, a->last_us);
    }
    ch_html_close(h);
    ch_html_open(h, "details", );
    ch_html_element(h, "summary", NULL, T(c, "Change"));
    ch_form_open(c, h, path, "narrow");
    put_roles(c, h, a->role);
    ch_html_open(h, "button",
                 A("type", "submit") A("name", "do") A("value", "role"));
    ch_html_text(h, T(c, "Give this role"));
    ch_html_close(h);
    ch_html_close(h);
    ch_form_open(c, h, path, "narrow");
    ch_form_input(h, T(c, "New password (12 characters or more)"), "password",
                  "password", NULL, "new-password");
    ch_html_open(h, "button",
                 A("type", "submit") A("name", "do") A("value", "password"));
    ch_html_text(h, T(c, "Set this password"));
    ch_html_close(h);
    ch_html_close(h);
    ch_form_open(c, h, path, "row");
    ch_html_open(h, "button",
                 A("type", "submit") A("name", "do") A("value", "totp"));
    ch_html_text(h, T(c, "Forget the second step"));
    ch_html_close(h);
    ch_html_open(h, "button",
                 A("type", "submit") A("name", "do")
                     A("value", a->disabled_us >= 0 ? "enable" : "disable"));
    ch_html_text(h, a->disabled_us >= 0 ? T(c, "Enable") : T(c, "Disable"));
    ch_html_close(h);
    ch_html_close(h);
    ch_html_close(h);
    ch_html_close(h);
}

static void
show_people(ch_ctx *c, int status, const char *trouble)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) list = ch_user_list(c->store, &error);
    if (list == NULL) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_html *h = ch_page_begin(c, T(c, "People"));
    if (trouble != NULL) {
        ch_html_open(h, "p", A("class", "error") A("role", "alert"));
        ch_html_text(h, trouble);
        ch_html_close(h);
    }
    ch_html_element(h, "h2", NULL, T(c, "Accounts"));
    ch_html_open(h, "ul", A("class", "plain"));
    for (guint i = 0; i < list->len; i++) {
        put_person(c, h, g_ptr_array_index(list, i));
    }
    ch_html_close(h);
    ch_html_element(h, "h2", NULL, T(c, "Add an account"));
    ch_form_open(c, h, "/people", "narrow");
    ch_form_input(h, T(c, "Name"), "name", "text", NULL, "off");
    put_roles(c, h, CH_ROLE_REVIEWER);
    ch_form_input(h,
                  T(c, "Login that this person's own posts have (may be "
                       "empty)"),
                  "author", "search", NULL, "off");
    ch_form_input(h, T(c, "Password (12 characters or more)"), "password",
                  "password", NULL, "new-password");
    ch_form_button(h, T(c, "Make the account"), "primary");
    ch_html_close(h);
    ch_page_end(c, status, h);
}

void
ch_get_people(ch_ctx *c)
{
    show_people(c, 200, NULL);
}

/* Ends a change: the list, or what was wrong. */
static void
finish(ch_ctx *c, gboolean ok, const GError *error)
{
    if (ok) {
        ch_respond_see(c, "/people");
    } else if (error->domain == CH_ERROR && error->code == CH_ERROR_INPUT) {
        show_people(c, 400, ch_words(c->spanish, error->message));
    } else {
        ch_respond_gerror(c, error);
    }
}

static ch_decision
decision_of(const ch_ctx *c)
{
    return (ch_decision){
        .reviewer = c->session->account, .uid = -1, .time_us = c->now_us};
}

static const char *
field(const ch_ctx *c, const char *name)
{
    const char *value = ch_field_get(c->request->form, name);
    return value != NULL ? value : "";
}

void
ch_post_people(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    ch_decision who = decision_of(c);
    ch_role role = CH_ROLE_REVIEWER;
    g_autofree char *name = g_strstrip(g_ascii_strdown(field(c, "name"), -1));
    g_autofree char *author = g_strstrip(g_strdup(field(c, "author")));
    if (!ch_role_parse(field(c, "role"), &role)) {
        ch_respond_error(c, 400, T(c, "There is no such role."));
        return;
    }
    gboolean ok = ch_user_add(c->store, name, role, field(c, "password"),
                              author[0] != '\0' ? author : NULL, &who, &error);
    finish(c, ok, error);
}

void
ch_post_person(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    ch_decision who = decision_of(c);
    ch_role role;
    gboolean ok = FALSE;
    const char *what = field(c, "do"), *name = c->arg;
    gboolean self = strcmp(name, c->session->account) == 0;
    if (self && strcmp(what, "password") != 0) {
        ch_respond_error(c, 409,
                         T(c, "Another administrator must change that of "
                              "your own account."));
        return;
    }
    if (strcmp(what, "role") == 0 && ch_role_parse(field(c, "role"), &role)) {
        ok = ch_user_set_role(c->store, name, role, &who, &error);
    } else if (strcmp(what, "password") == 0) {
        ok = ch_user_set_password(c->store, name, field(c, "password"), &who,
                                  &error);
    } else if (strcmp(what, "totp") == 0) {
        ok = ch_user_set_totp(c->store, name, NULL, &who, &error);
    } else if (strcmp(what, "disable") == 0 || strcmp(what, "enable") == 0) {
        ok = ch_user_set_disabled(c->store, name, what[0] == 'd', &who, &error);
    } else {
        ch_respond_error(c, 400, T(c, "Nothing was changed."));
        return;
    }
    ch_log(LOG_NOTICE, "account", CH_LOG_AUTHOR, c->session->account,
           CH_LOG_KIND, what, CH_LOG_END);
    finish(c, ok, error);
}
