/*
 * What the parts of chaperone-review share: one server for the program, one
 * context for each request.
 *
 * A handler reads the context and fills its response; it never sees a socket.
 * Only server.c knows libmicrohttpd.
 */
#ifndef CHAPERONE_REVIEW_INT_H
#define CHAPERONE_REVIEW_INT_H

#include "chaperone/inspect.h"
#include "chaperone/review.h"
#include "chaperone/session.h"
#include "html.h"
#include "request.h"

#define SECOND_US ((gint64)G_USEC_PER_SEC)

/* Counted for /metrics; atomic. */
typedef struct {
    gint requests, errors, signins, failures, decisions, views, deadlines;
} ch_numbers;

typedef struct {
    ch_house *house;
    struct ch_pool *pool; /* the house's: readers of attachments */
    ch_store *store;
    const ch_config *config; /* the house's */
    gboolean secure;         /* people come by https */
    ch_numbers numbers;

    GMutex hash_lock; /* one password at a time: each costs 64 MiB */

    GMutex lock;          /* guards the rest */
    GHashTable *failures; /* client address to ch_failures (signin.c) */
    ch_review_counts counts;
    gint64 counted_us; /* monotonic: when counts were made; 0: never */
} ch_server;

typedef struct {
    int status;
    const char *type;
    GString *body;      /* or NULL */
    char *location;     /* or NULL */
    GPtrArray *cookies; /* of char *: Set-Cookie values */
    const char *allow;  /* for 405 */
    char *attachment;   /* file name of a download, or NULL */
    gboolean keep;      /* an asset: may be cached for an hour */
    int retry_s;        /* for 429, or 0 */
    gint64 cost_us;     /* of the handler, or 0: not told */
    gint64 work_us;     /* of its processor */
} ch_response;

typedef struct {
    ch_server *server;
    const ch_config *config;
    ch_store *store;
    ch_request *request;
    ch_response *response;
    const char *address;     /* of the client */
    const char *header_csrf; /* X-CSRF-Token, or NULL */
    const char *header_lang; /* Accept-Language, or NULL */
    const char *proxy_login; /* account that a proxy of ours names, or NULL */
    ch_session *session;     /* complete or not; or NULL */
    char *token;             /* of the session, or of a form before it */
    char csrf[CH_CSRF_HEX + 1];
    char *arg; /* what the path's star stands for, or NULL */
    gboolean spanish, is_api;
    gint64 now_us;
} ch_ctx;

/* --- routes.c ------------------------------------------------------------- */

/* Finds out who asks, whether they may, and calls the handler; total. */
void ch_route(ch_ctx *c);

typedef struct {
    const char *method, *pattern;
    guint roles; /* 1 << ch_role ...; 0: anybody */
    guint how;   /* ROUTE_ ... */
    void (*handler)(ch_ctx *c);
} ch_route_entry;

enum {
    ROUTE_HALF = 1,   /* also with a session that lacks its second factor */
    ROUTE_API = 2,    /* errors as JSON; no redirect to the sign-in */
    ROUTE_SLOW = 16,  /* may wait for a reader of attachments */
    ROUTE_PLAIN = 8,  /* the same for everybody: no session is looked for */
    ROUTE_NO_CSRF = 4 /* a POST that needs no token: signing in by the API */
};

extern const ch_route_entry ch_routes[];
extern const guint ch_route_count;
/* Whether the answer may take longer than a thread of the server has. */
gboolean ch_route_is_slow(const ch_request *request);

/* --- respond.c ------------------------------------------------------------ */

/* Takes h. */
void ch_respond_html(ch_ctx *c, int status, ch_html *h);
void ch_respond_text(ch_ctx *c, int status, const char *type, const char *text);
/* See Other: the answer to every form that was done. */
void ch_respond_see(ch_ctx *c, const char *path);
/* A page, or JSON for the API; what: a sentence for people. */
void ch_respond_error(ch_ctx *c, int status, const char *what);
/* By code: 404, 409, 503; the message only of STATE and INPUT. */
void ch_respond_gerror(ch_ctx *c, const GError *error);
/* name=value with all that protects it; life_s 0: it goes. */
void ch_respond_cookie(ch_ctx *c, const char *name, const char *value,
                       int life_s);
/* "__Host-..." where people come by https. */
const char *ch_cookie_session(const ch_ctx *c);
const char *ch_cookie_form(const ch_ctx *c);
/* The card to open once signed in, by its ID or a link's token. */
const char *ch_cookie_next(const ch_ctx *c);

/* --- page.c --------------------------------------------------------------- */

/* Words in the language of who asks; see words.c.  Borrowed. */
#define T(c, text) ch_words((c)->spanish, "" text "")
const char *ch_words(gboolean spanish, const char *text);

/* Up to <main> with its heading; title: ours, never from a mail. */
ch_html *ch_page_begin(ch_ctx *c, const char *title);
/* Takes h; answers with it. */
void ch_page_end(ch_ctx *c, int status, ch_html *h);
/* A POST form with its token. */
void ch_form_open(ch_ctx *c, ch_html *h, const char *action, const char *class);
void ch_form_button(ch_html *h, const char *text, const char *class);
/* <label>text<input>; type "text", "password"; value may be NULL. */
void ch_form_input(ch_html *h, const char *label, const char *name,
                   const char *type, const char *value,
                   const char *autocomplete);
/* "Tue, Dec 1, 9:00 AM" in the practice's zone, in a <time>. */
void ch_page_time(ch_ctx *c, ch_html *h, gint64 time_us);
char *ch_dup_local_time(const ch_ctx *c, gint64 time_us); /* Owned. */
/* "in 3 h", "5 min ago".  Owned. */
char *ch_dup_distance(const ch_ctx *c, gint64 time_us);
/* Names of rules and gateways as people know them. */
const char *ch_rule_title(const ch_ctx *c, const char *id);
/* NULL: no such rule. */
const char *ch_rule_advice(const ch_ctx *c, const char *id, gboolean spanish);
const char *ch_gateway_title(const ch_ctx *c, const char *name);
/* "a, b" to its names without blanks.  Owned. */
GStrv ch_split_names(const char *names);
const char *ch_state_words(const ch_ctx *c, ch_state state);
gboolean ch_may_decide(const ch_ctx *c);
gboolean ch_is_senior(const ch_ctx *c);

/* --- counts, shared by pages and API ---------------------------------------
 */

/* At most two seconds old; FALSE: the store is in trouble. */
gboolean ch_server_counts(ch_server *server, ch_review_counts *out);

/* --- handlers ------------------------------------------------------------- */

void ch_get_root(ch_ctx *c);
void ch_get_health(ch_ctx *c);
void ch_get_metrics(ch_ctx *c);
void ch_get_style(ch_ctx *c);
void ch_get_script(ch_ctx *c);
void ch_get_openapi(ch_ctx *c);

void ch_get_signin(ch_ctx *c); /* signin.c */
void ch_post_signin(ch_ctx *c);
void ch_get_code(ch_ctx *c);
void ch_post_code(ch_ctx *c);
void ch_get_enrol(ch_ctx *c); /* enrol.c */
void ch_post_enrol(ch_ctx *c);
void ch_get_setup(ch_ctx *c);
void ch_post_setup(ch_ctx *c);
void ch_post_signout(ch_ctx *c);
void ch_get_me(ch_ctx *c); /* me.c */
void ch_post_signout_all(ch_ctx *c);
void ch_post_my_password(ch_ctx *c);
void ch_post_language(ch_ctx *c);
void ch_get_people(ch_ctx *c); /* people.c */
void ch_post_people(ch_ctx *c);
void ch_post_person(ch_ctx *c);
void ch_get_queue(ch_ctx *c); /* queue.c */
void ch_get_passed(ch_ctx *c);
void ch_get_done(ch_ctx *c);
void ch_get_link(ch_ctx *c); /* link.c */
void ch_get_item(ch_ctx *c); /* card.c */
void ch_post_open(ch_ctx *c);
void ch_get_raw(ch_ctx *c);
void ch_get_download(ch_ctx *c);
void ch_get_picture(ch_ctx *c); /* picture.c */
void ch_post_item(ch_ctx *c);   /* decide.c */
void ch_post_refuse(ch_ctx *c);
void ch_get_numbers(ch_ctx *c); /* numbers.c */
void ch_api_numbers(ch_ctx *c); /* api.c */
void ch_api_signin(ch_ctx *c);
void ch_api_signout(ch_ctx *c);
void ch_api_counts(ch_ctx *c);
void ch_api_items(ch_ctx *c);
void ch_api_item(ch_ctx *c);
void ch_api_history(ch_ctx *c);
void ch_api_decide(ch_ctx *c);

#endif
