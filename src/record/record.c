/*
 * A verdict's findings as JSON for the store.
 *
 * Written by hand: rule ids, IDs of authorizations, fixed words and numbers
 * need no escaping (neither kind of ID may hold a quote), and nothing else may
 * get in here.
 */
#include "chaperone/record.h"

#include "chaperone/report.h"

static void
append_part(GString *out, const ch_verdict *verdict, int part)
{
    const GPtrArray *parts =
        verdict->message == NULL ? NULL : ch_message_parts(verdict->message);
    if (parts == NULL || part < 0 || (guint)part >= parts->len) {
        g_string_append(out, "null");
        return;
    }
    const ch_part *p = g_ptr_array_index(parts, part);
    g_string_append_printf(out, "\"%s\"", p->number);
}

static void
append_finding(GString *out, const ch_verdict *verdict, const ch_finding *f)
{
    g_string_append_printf(
        out, "{\"rule\":\"%s\",\"action\":\"%s\",\"where\":\"%s\",\"part\":",
        f->rule->id, ch_action_name(f->action), ch_where_name(f->where));
    append_part(out, verdict, f->part);
    if (f->has_span) {
        g_string_append_printf(out,
                               ",\"start\":%" G_GSIZE_FORMAT
                               ",\"end\":%" G_GSIZE_FORMAT ",\"line\":%u",
                               f->span.start, f->span.end, f->line);
    } else {
        g_string_append(out, ",\"start\":null,\"end\":null,\"line\":null");
    }
    g_autofree char *place = ch_report_dup_place(f);
    if (place != NULL) {
        g_string_append_printf(out, ",\"place\":\"%s\"", place);
    }
    if (f->authorization != NULL) {
        g_string_append_printf(out, ",\"authorization\":\"%s\"",
                               f->authorization);
    }
    g_string_append_c(out, '}');
}

char *
ch_record_dup_findings(const ch_verdict *verdict)
{
    GString *out = g_string_new("[");
    for (guint i = 0; i < verdict->findings->len; i++) {
        g_string_append(out, i == 0 ? "" : ",");
        append_finding(out, verdict,
                       &g_array_index(verdict->findings, ch_finding, i));
    }
    g_string_append_c(out, ']');
    return g_string_free(out, FALSE);
}
