/*
 * Any bytes are a post to WordPress.com: judged by the shipped rules, with a
 * report that is JSON, spans within their text and no digit shown.
 */
#include "chaperone/report.h"

#include <json-glib/json-glib.h>

#include "check_texts.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static ch_house *
new_house(void)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    ch_config *config = ch_config_new();
    g_strfreev(config->rules_paths);
    config->rules_paths = g_strsplit(CH_SOURCE_DIR "/rules", "|", 0);
    g_strfreev(config->gateways_files);
    config->gateways_files =
        g_strsplit(CH_SOURCE_DIR "/conf/gateways.yaml", "|", 0);
    ch_house *house = ch_house_new(config, diag);
    g_assert(house != NULL);
    /* It would take most of the time; fuzz_encoder has it. */
    ch_ruleset_drop_encoder(house->rules);
    return house;
}

/* Borrowed: made once, for loading costs more than a post. */
static ch_house *
get_house(void)
{
    static gsize made;
    static ch_house *house;
    if (g_once_init_enter(&made)) {
        house = new_house();
        g_once_init_leave(&made, 1);
    }
    return house;
}

/* A text of that place that is long enough for the span. */
static gboolean
has_place(const ch_verdict *v, const ch_finding *f)
{
    for (guint i = 0; i < v->texts->len; i++) {
        const ch_text *t = v->texts->pdata[i];
        if (ch_text_where(t) == f->where && ch_text_part(t) == f->part &&
            f->span.end <= g_bytes_get_size(ch_text_source(t))) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
check_findings(const ch_verdict *v)
{
    ch_action strongest = CH_ACCEPT;
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        strongest = MAX(strongest, f->action);
        g_assert(f->part >= -1);
        g_assert(f->part < (int)ch_message_parts(v->message)->len);
        if (f->has_span) {
            g_assert(f->span.start <= f->span.end && f->line >= 1);
            g_assert(has_place(v, f));
        }
    }
    g_assert(v->action == strongest);
}

static void
check_masked(const JsonArray *findings, guint count)
{
    g_assert(json_array_get_length((JsonArray *)findings) == count);
    for (guint i = 0; i < count; i++) {
        JsonObject *f = json_array_get_object_element((JsonArray *)findings, i);
        JsonNode *masked = json_object_get_member(f, "masked");
        g_assert(masked != NULL);
        for (const char *p = JSON_NODE_HOLDS_NULL(masked)
                                 ? ""
                                 : json_node_get_string(masked);
             *p != '\0'; p = g_utf8_next_char(p)) {
            g_assert(!g_unichar_isdigit(g_utf8_get_char(p)));
        }
    }
}

static void
check_report(const ch_verdict *v)
{
    g_autofree char *json = ch_report_json(v, "post.eml", NULL, 1);
    g_autofree char *text = ch_report_text(v, "post.eml", FALSE);
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;
    g_assert(strchr(json, '\n') == NULL);
    g_assert(g_utf8_validate(text, -1, NULL));
    g_assert(json_parser_load_from_data(parser, json, -1, &error));
    JsonObject *o = json_node_get_object(json_parser_get_root(parser));
    g_assert_cmpstr(json_object_get_string_member(o, "verdict"), ==,
                    ch_action_name(v->action));
    g_assert(json_array_get_length(
                 json_object_get_array_member(o, "gateways")) == 1);
    check_masked(json_object_get_array_member(o, "findings"), v->findings->len);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(GBytes) raw = g_bytes_new(data, size);
    g_autoptr(ch_envelope) e = ch_envelope_new();
    g_autoptr(GError) error = NULL;
    ch_envelope_set_sender(e, "<author@practice.example>", NULL);
    ch_envelope_add_recipient(e, "<a1b2@post.wordpress.com>", NULL, NULL);
    e->time_us = G_GINT64_CONSTANT(1795348800) * G_USEC_PER_SEC;
    g_autoptr(ch_verdict) v = ch_inspect(get_house(), e, raw, NULL, &error);
    g_assert(v != NULL && v->in_scope && v->destinations->len == 1);
    check_texts(v->texts);
    check_findings(v);
    check_report(v);
    return 0;
}
