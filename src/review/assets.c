/*
 * What a browser loads besides pages: one stylesheet, one script, the API's
 * description; and what machines ask: health and metrics.
 *
 * The files are part of the program, so that it needs none at run time.
 */
#include "review.h"

#include <string.h>

/* The assembler copies a file as it is; the zero ends the string. */
#define INCLUDE(name, file)                                                    \
    __asm__(".section .rodata\n"                                               \
            ".global " #name "\n" #name ":\n"                                  \
            ".incbin \"" file "\"\n"                                           \
            ".byte 0\n"                                                        \
            ".previous\n");                                                    \
    extern const char name[]

INCLUDE(ch_asset_style, "src/review/assets/style.css");
INCLUDE(ch_asset_script, "src/review/assets/page.js");
INCLUDE(ch_asset_openapi, "src/review/assets/openapi.json");

static void
asset(ch_ctx *c, const char *type, const char *text)
{
    ch_respond_text(c, 200, type, text);
    c->response->keep = TRUE;
}

void
ch_get_style(ch_ctx *c)
{
    asset(c, "text/css; charset=utf-8", ch_asset_style);
}

void
ch_get_script(ch_ctx *c)
{
    asset(c, "text/javascript; charset=utf-8", ch_asset_script);
}

void
ch_get_openapi(ch_ctx *c)
{
    asset(c, "application/json", ch_asset_openapi);
}

/* --- machines ------------------------------------------------------------- */

/* Well while the store answers. */
void
ch_get_health(ch_ctx *c)
{
    ch_review_counts ignored;
    gboolean well = ch_server_counts(c->server, &ignored);
    ch_respond_text(c, well ? 200 : 503, "text/plain; charset=utf-8",
                    well ? "ok\n" : "the store does not answer\n");
}

static void
append_counter(GString *out, const char *name, const char *help,
               const char *type, gint value)
{
    g_string_append_printf(out,
                           "# HELP chaperone_review_%s %s\n"
                           "# TYPE chaperone_review_%s %s\n"
                           "chaperone_review_%s %d\n",
                           name, help, name, type, name, value);
}

/* The milter's file, if it is there, and our own. */
void
ch_get_metrics(ch_ctx *c)
{
    ch_numbers *n = &c->server->numbers;
    const char *file = c->config->metrics_textfile;
    g_autofree char *theirs = NULL;
    g_autoptr(GString) out = g_string_new(NULL);
    ch_review_counts counts = {0};
    gboolean up = ch_server_counts(c->server, &counts);
    if (file[0] != '\0' && g_file_get_contents(file, &theirs, NULL, NULL)) {
        g_string_append(out, theirs);
    }
    append_counter(out, "store_up", "Whether the store answers.", "gauge", up);
    append_counter(out, "waiting", "Posts that wait for a decision.", "gauge",
                   (gint)counts.waiting);
    append_counter(out, "escalated", "Posts that wait for a senior.", "gauge",
                   (gint)counts.escalated);
    append_counter(out, "requests_total", "Requests.", "counter",
                   g_atomic_int_get(&n->requests));
    append_counter(out, "errors_total", "Requests that failed by our fault.",
                   "counter", g_atomic_int_get(&n->errors));
    append_counter(out, "sign_ins_total", "Sign-ins.", "counter",
                   g_atomic_int_get(&n->signins));
    append_counter(out, "sign_in_failures_total", "Failed sign-ins.", "counter",
                   g_atomic_int_get(&n->failures));
    append_counter(out, "decisions_total", "Decisions taken.", "counter",
                   g_atomic_int_get(&n->decisions));
    append_counter(out, "views_total", "Posts that were opened.", "counter",
                   g_atomic_int_get(&n->views));
    append_counter(out, "deadlines_total",
                   "Connections that were ended because they took too long.",
                   "counter", g_atomic_int_get(&n->deadlines));
    ch_respond_text(c, 200, "text/plain; version=0.0.4; charset=utf-8",
                    out->str);
}
