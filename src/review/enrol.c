/*
 * The first account, and the second factor of an account that has none.
 *
 * The secret of a second factor goes to the browser in a form and comes back
 * with the first code: nothing is stored before a code has proved that the app
 * has it.  The form's token is bound to the session, so nobody else can send
 * one.
 */
#include "qr.h"
#include "signin.h"

#include "chaperone/error.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

/* --- second factor -------------------------------------------------------- */

/* In groups of four, as people type it.  Owned. */
static char *
dup_groups(const char *base32)
{
    GString *out = g_string_new(NULL);
    for (gsize i = 0; base32[i] != '\0'; i++) {
        if (i > 0 && i % 4 == 0) {
            g_string_append_c(out, ' ');
        }
        g_string_append_c(out, base32[i]);
    }
    return g_string_free(out, FALSE);
}

/* What authenticator apps read from a code (the "key URI" that they share).
 * Owned. */
static char *
dup_uri(const char *account, const char *base32)
{
    g_autofree char *name = g_uri_escape_string(account, NULL, FALSE);
    return g_strdup_printf("otpauth://totp/Chaperone:%s?secret=%s"
                           "&issuer=Chaperone&digits=%d&period=%d",
                           name, base32, CH_TOTP_DIGITS, CH_TOTP_STEP_S);
}

static void
show_enrol(ch_ctx *c, int status, GBytes *secret, const char *trouble)
{
    g_autofree char *base32 = ch_totp_dup_base32(secret);
    g_autofree char *groups = dup_groups(base32);
    ch_html *h = ch_page_begin(c, T(c, "Set up your second step"));
    g_autofree char *uri = dup_uri(c->session->account, base32);
    ch_html_element(
        h, "p", NULL,
        T(c, "Open an authenticator app on your phone, add an account and "
             "scan this code. Nobody else must see it; it is shown only "
             "now."));
    ch_put_qr(h, T(c, "Code to scan; the key below says the same"), uri);
    ch_html_element(h, "p", NULL,
                    T(c, "Where it cannot be scanned, choose \"enter a set-up "
                         "key\", name it Chaperone and type this key."));
    ch_html_element(h, "p", "key", groups);
    if (trouble != NULL) {
        ch_html_open(h, "p", A("class", "error") A("role", "alert"));
        ch_html_text(h, trouble);
        ch_html_close(h);
    }
    ch_form_open(c, h, "/enrol", "narrow");
    ch_html_void(h, "input",
                 A("type", "hidden") A("name", "key") A("value", base32));
    ch_form_input(h, T(c, "The six digits that the app shows now"), "code",
                  "text", NULL, "one-time-code");
    ch_form_button(h, T(c, "Go on"), "primary");
    ch_html_close(h);
    ch_page_end(c, status, h);
}

/* NULL: it is none of ours. */
static GBytes *
decode_base32(const char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    g_autoptr(GByteArray) out = g_byte_array_new();
    guint bits = 0, value = 0;
    for (const char *p = text; *p != '\0'; p++) {
        const char *at = strchr(alphabet, *p);
        if (at == NULL) {
            return NULL;
        }
        value = (value << 5 | (guint)(at - alphabet)) & 0xfff;
        bits += 5;
        if (bits >= 8) {
            guint8 byte = (guint8)(value >> (bits - 8));
            g_byte_array_append(out, &byte, 1);
            bits -= 8;
        }
    }
    return out->len == CH_TOTP_SECRET
               ? g_byte_array_free_to_bytes(g_steal_pointer(&out))
               : NULL;
}

void
ch_get_enrol(ch_ctx *c)
{
    if (c->session->has_totp) {
        ch_respond_see(c, c->session->complete ? "/me" : "/code");
        return;
    }
    g_autoptr(GBytes) secret = ch_totp_new_secret();
    show_enrol(c, 200, secret, NULL);
}

/* All sessions end with it; this one goes on, fully. */
static void
store_secret(ch_ctx *c, GBytes *secret, const char *code)
{
    g_autoptr(GError) error = NULL;
    const char *name = c->session->account;
    const ch_decision who = {.reviewer = name, .uid = -1, .time_us = c->now_us};
    int status = 0;
    if (!ch_user_set_totp(c->store, name, secret, &who, &error) ||
        !ch_signin_check_code(c, name, code, &status, &error) ||
        (status == 0 && !ch_signin_begin(c, name, TRUE, &error))) {
        ch_respond_gerror(c, error);
        return;
    }
    if (status == 0) {
        ch_signin_go_on(c);
    } else {
        ch_respond_see(c, "/sign-in");
    }
}

void
ch_post_enrol(ch_ctx *c)
{
    const char *key = ch_field_get(c->request->form, "key");
    const char *code = ch_field_get(c->request->form, "code");
    g_autoptr(GBytes) secret = key != NULL ? decode_base32(key) : NULL;
    if (c->session->has_totp || secret == NULL) {
        ch_respond_see(c, "/enrol");
        return;
    }
    g_autofree char *digits = g_strdup(code != NULL ? code : "");
    g_auto(GStrv) pieces = g_strsplit(digits, " ", -1);
    g_autofree char *joined = g_strjoinv("", pieces);
    if (ch_totp_find(secret, joined, c->now_us, 0) < 0) {
        show_enrol(c, 400, secret,
                   T(c, "Those digits do not fit. Does the phone show the "
                        "right time?"));
        return;
    }
    store_secret(c, secret, joined);
}

/* --- first set-up --------------------------------------------------------- */

static void
show_setup(ch_ctx *c, int status, const char *name, const char *trouble)
{
    ch_html *h = ch_page_begin(c, T(c, "First set-up"));
    ch_html_element(h, "p", NULL,
                    T(c, "Make the first account. It is an administrator's: "
                         "it adds the accounts of the others."));
    if (trouble != NULL) {
        ch_html_open(h, "p", A("class", "error") A("role", "alert"));
        ch_html_text(h, trouble);
        ch_html_close(h);
    }
    ch_form_open(c, h, c->request->path, "narrow");
    ch_form_input(h, T(c, "Name"), "name", "text", name, "username");
    ch_form_input(h, T(c, "Password (12 characters or more)"), "password",
                  "password", NULL, "new-password");
    ch_form_input(h, T(c, "The password again"), "again", "password", NULL,
                  "new-password");
    ch_form_button(h, T(c, "Make the account"), "primary");
    ch_html_close(h);
    ch_page_end(c, status, h);
}

/* TRUE: the link is good; else that was answered. */
static gboolean
link_is_good(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    gboolean valid = FALSE;
    if (!ch_setup_is_valid(c->store, c->arg != NULL ? c->arg : "", c->now_us,
                           &valid, &error)) {
        ch_respond_gerror(c, error);
        return FALSE;
    }
    if (!valid) {
        ch_respond_error(c, 404,
                         T(c, "This link was used or is too old. Start "
                              "chaperone-review again for another one, or run "
                              "chaperone user add."));
    }
    return valid;
}

void
ch_get_setup(ch_ctx *c)
{
    if (link_is_good(c)) {
        show_setup(c, 200, NULL, NULL);
    }
}

void
ch_post_setup(ch_ctx *c)
{
    g_autoptr(GError) error = NULL;
    const char *given = ch_field_get(c->request->form, "name");
    const char *password = ch_field_get(c->request->form, "password");
    const char *again = ch_field_get(c->request->form, "again");
    g_autofree char *name =
        g_strstrip(g_ascii_strdown(given != NULL ? given : "", -1));
    const ch_decision who = {.reviewer = name, .uid = -1, .time_us = c->now_us};
    if (!link_is_good(c)) {
        return;
    }
    if (g_strcmp0(password, again) != 0) {
        show_setup(c, 400, given, T(c, "The two passwords are not the same."));
        return;
    }
    if (!ch_user_add_first(c->store, name, password != NULL ? password : "",
                           &who, &error)) {
        if (g_error_matches(error, CH_ERROR, CH_ERROR_INPUT)) {
            show_setup(c, 400, given, error->message);
        } else {
            ch_respond_gerror(c, error);
        }
        return;
    }
    ch_log(LOG_NOTICE, "first-account", CH_LOG_AUTHOR, name, CH_LOG_END);
    gboolean more = c->config->review_second_factor == CH_FACTOR_REQUIRED;
    if (!ch_signin_begin(c, name, !more, &error)) {
        ch_respond_gerror(c, error);
        return;
    }
    ch_respond_see(c, more ? "/enrol" : "/queue");
}
