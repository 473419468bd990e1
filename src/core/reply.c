/*
 * Replies to the sender: everything that could make an MTA drop our text is
 * mended here, in ch_reply_new, and nowhere else.
 */
#include "chaperone/reply.h"

#include "chaperone/limits.h"

#define MAX_RULES_TOLD 6

void
ch_reply_free(ch_reply *reply)
{
    if (reply != NULL) {
        g_ptr_array_unref(reply->lines);
        g_free(reply);
    }
}

/* One line of printable ASCII within the cap, never empty.  Owned. */
static char *
dup_safe(const char *line)
{
    g_autofree char *valid = g_utf8_make_valid(line, -1);
    g_autofree char *ascii = g_str_to_ascii(valid, "C");
    GString *out = g_string_new(NULL);
    for (const char *p = ascii; *p != '\0'; p++) {
        char c = g_ascii_isprint(*p) ? *p : ' ';
        if (c != ' ' || (out->len > 0 && out->str[out->len - 1] != ' ')) {
            g_string_append_c(out, c);
        }
    }
    if (out->len > CH_MAX_REPLY_LINE) {
        g_string_truncate(out, CH_MAX_REPLY_LINE - 3);
        g_string_append(out, "...");
    }
    if (out->len == 0) {
        g_string_append_c(out, '-');
    }
    return g_string_free(out, FALSE);
}

/* One to three digits, then end; what follows, or NULL. */
static const char *
skip_number(const char *text, char end)
{
    gsize n = strspn(text, "0123456789");
    return n >= 1 && n <= 3 && text[n] == end ? text + n + (end != '\0') : NULL;
}

/* RFC 3463 2: class.subject.detail; RFC 2034 4: the class is the first digit
 * of the code.  An MTA drops the text of any other pair. */
static gboolean
is_pair(const char *code, const char *status)
{
    if (strlen(code) != 3 || (code[0] != '4' && code[0] != '5') ||
        strspn(code, "0123456789") != 3 || status[0] != code[0] ||
        status[1] != '.') {
        return FALSE;
    }
    const char *detail = skip_number(status + 2, '.');
    return detail != NULL && skip_number(detail, '\0') != NULL;
}

ch_reply *
ch_reply_new(const char *code, const char *status, const char *const *lines)
{
    gboolean good = is_pair(code, status);
    ch_reply *reply = g_new0(ch_reply, 1);
    g_strlcpy(reply->code, good ? code : "451", sizeof reply->code);
    g_strlcpy(reply->status, good ? status : "4.7.1", sizeof reply->status);
    reply->lines = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (reply->lines->len == CH_MAX_REPLY_LINES) { /* keep the last */
            g_ptr_array_remove_index(reply->lines, CH_MAX_REPLY_LINES - 1);
        }
        g_ptr_array_add(reply->lines, dup_safe(lines[i]));
    }
    if (reply->lines->len == 0) {
        g_ptr_array_add(reply->lines, g_strdup("Refused"));
    }
    return reply;
}

char *
ch_reply_dup_escaped(const char *line)
{
    GString *out = g_string_new(NULL);
    for (const char *p = line; *p != '\0'; p++) {
        g_string_append_len(out, "%%", *p == '%' ? 2 : 0);
        if (*p != '%') {
            g_string_append_c(out, *p);
        }
    }
    return g_string_free(out, FALSE);
}

char *
ch_reply_dup_place(const ch_finding *f, gboolean spanish)
{
    const char *name = ch_where_name(f->where);
    if (f->has_span && f->where == CH_WHERE_BODY) {
        return g_strdup_printf(spanish ? "texto, linea %u" : "body, line %u",
                               f->line);
    }
    return g_strdup(name);
}

/* The lines about the rules: the first with the ID, then the places and the
 * further rules. */
static void
add_rule_lines(GPtrArray *lines, const ch_verdict *v, const char *id)
{
    const ch_rule *told[MAX_RULES_TOLD];
    guint n = 0;
    for (guint i = 0; i < v->findings->len && n < MAX_RULES_TOLD; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        gboolean seen = f->action == CH_ACCEPT;
        for (guint k = 0; k < n; k++) {
            seen |= told[k] == f->rule;
        }
        if (seen) {
            continue;
        }
        const char *title = v->spanish ? f->rule->title_es : f->rule->title;
        const char *advice = v->spanish ? f->rule->advice_es : f->rule->advice;
        g_autofree char *place = ch_reply_dup_place(f, v->spanish);
        if (n == 0) {
            g_ptr_array_add(lines,
                            g_strdup_printf(v->spanish
                                                ? "No publicado: %s. %s (ID %s)"
                                                : "Not posted: %s. %s (ID %s)",
                                            title, advice, id));
            g_ptr_array_add(
                lines,
                g_strdup_printf(v->spanish ? "Donde: %s" : "Where: %s", place));
        } else {
            g_ptr_array_add(
                lines, g_strdup_printf("%s (%s). %s", title, place, advice));
        }
        told[n++] = f->rule;
    }
}

/* Only whole: half of a safe text is none. */
static void
add_suggestion(GPtrArray *lines, const ch_verdict *v)
{
    const char *suggestion = ch_verdict_suggestion(v);
    g_autofree char *line =
        suggestion == NULL
            ? NULL
            : g_strdup_printf(v->spanish ? "Mejor asi: %s" : "Safer: %s",
                              suggestion);
    if (line != NULL && strlen(line) <= CH_MAX_REPLY_LINE) {
        g_ptr_array_add(lines, g_steal_pointer(&line));
    }
}

ch_reply *
ch_reply_reject(const ch_verdict *v, const char *id)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    const char *contact = v->house->config->practice_contact;
    add_rule_lines(lines, v, id);
    add_suggestion(lines, v);
    if (contact[0] != '\0') {
        g_ptr_array_add(lines, g_strdup(contact));
    }
    g_ptr_array_add(lines, NULL);
    return ch_reply_new("550", "5.7.1", (const char *const *)lines->pdata);
}

ch_reply *
ch_reply_decided(const ch_config *config, const char *id, gboolean expired)
{
    const char *what =
        expired ? "was held for review and has expired; write a new post if "
                  "it still matters"
                : "was refused by the reviewers; see their notice, change it "
                  "and send it again";
    g_autofree char *first =
        g_strdup_printf("Not posted: this same post %s (ID %s)", what, id);
    const char *lines[] = {
        first,
        config->practice_contact[0] != '\0' ? config->practice_contact : NULL,
        NULL};
    return ch_reply_new("550", "5.7.1", lines);
}

ch_reply *
ch_reply_failure(void)
{
    static const char *const lines[] = {
        "Chaperone could not check this post just now; it is kept and will "
        "be tried again",
        NULL};
    return ch_reply_new("451", "4.7.1", lines);
}

ch_reply *
ch_reply_too_large(gint64 max_bytes)
{
    g_autofree char *size = g_format_size((guint64)max_bytes);
    g_autofree char *line = g_strdup_printf(
        "Not posted: the mail is larger than %s; send fewer or smaller "
        "pictures",
        size);
    const char *lines[] = {line, NULL};
    return ch_reply_new("552", "5.3.4", lines);
}
