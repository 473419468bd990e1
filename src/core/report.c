/*
 * Verdicts to JSON and text.  Masked excerpts are cut from the mail here and
 * only here; nothing of them goes to a log.
 */
#include "report_int.h"

#include "chaperone/directive.h"

#define MASK_CHARACTERS 60

char *
ch_report_dup_time(gint64 time_us)
{
    g_autoptr(GDateTime) time =
        g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    return time == NULL ? NULL : g_date_time_format(time, "%FT%TZ");
}

/* Short words that identify nobody are left readable. */
static gboolean
is_plain_word(const char *word, gsize len)
{
    static const char *const plain[] = {
        "a",  "an",  "the", "my",  "our", "your", "we", "i",
        "he", "she", "her", "his", "of",  "in",   "on", "at",
        "to", "and", "was", "is",  "for", "el",   "la", "de",
        "su", "mi",  "un",  "una", "que", "y",    "en", NULL};
    g_autofree char *lower = g_ascii_strdown(word, (gssize)len);
    return g_strv_contains(plain, lower);
}

static void
append_masked_word(GString *out, const char *word, gsize len)
{
    gboolean first = TRUE;
    if (is_plain_word(word, len)) {
        g_string_append_len(out, word, (gssize)len);
        return;
    }
    for (const char *p = word; p < word + len; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_isalpha(c) && first) {
            g_string_append_unichar(out, c);
        } else if (g_unichar_isalnum(c)) {
            g_string_append_c(out, '*');
        } else if (g_unichar_isprint(c)) {
            g_string_append_unichar(out, c < 0x80 ? c : '*');
        }
        first = FALSE;
    }
}

char *
ch_report_dup_masked(const ch_finding *f)
{
    const ch_text *text = f->has_span ? f->text : NULL;
    if (text == NULL) {
        return NULL;
    }
    const char *data = g_bytes_get_data(ch_text_source(text), NULL);
    g_autofree char *copy =
        g_strndup(data + f->span.start, f->span.end - f->span.start);
    g_auto(GStrv) words = g_strsplit_set(copy, " \t\r\n", 0);
    GString *out = g_string_new(NULL);
    for (guint i = 0; words[i] != NULL; i++) {
        if (words[i][0] == '\0') {
            continue;
        }
        g_string_append(out, out->len > 0 ? " " : "");
        append_masked_word(out, words[i], strlen(words[i]));
        if (g_utf8_strlen(out->str, -1) > MASK_CHARACTERS) {
            g_string_append(out, " ...");
            break;
        }
    }
    return g_string_free(out, FALSE);
}

/* --- JSON ---------------------------------------------------------------- */

void
ch_report_add_member(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    if (value == NULL) {
        json_builder_add_null_value(b);
    } else {
        json_builder_add_string_value(b, value);
    }
}

static void
add_offset(JsonBuilder *b, const char *name, const ch_finding *f, gsize value)
{
    json_builder_set_member_name(b, name);
    if (f->has_span) {
        json_builder_add_int_value(b, (gint64)value);
    } else {
        json_builder_add_null_value(b);
    }
}

const char *
ch_report_part_number(const ch_verdict *v, int part)
{
    if (v->message == NULL || part < 0) {
        return NULL;
    }
    const GPtrArray *parts = ch_message_parts(v->message);
    return ((const ch_part *)parts->pdata[part])->number;
}

static const char *
confidence_name(ch_confidence confidence)
{
    static const char *const names[] = {"low", "medium", "high"};
    return names[confidence];
}

static void
add_place(JsonBuilder *b, const ch_verdict *v, const ch_finding *f)
{
    g_autofree char *place = ch_report_dup_place(f);

    ch_report_add_member(b, "where", ch_where_name(f->where));
    ch_report_add_member(b, "part", ch_report_part_number(v, f->part));
    add_offset(b, "start", f, f->span.start);
    add_offset(b, "end", f, f->span.end);
    add_offset(b, "line", f, f->line);
    if (place != NULL) {
        ch_report_add_member(b, "place", place);
    }
}

/* Only where there is one. */
static void
add_authorization(JsonBuilder *b, const ch_finding *f)
{
    if (f->authorization != NULL) {
        ch_report_add_member(b, "authorization", f->authorization);
    }
}

static void
add_finding(JsonBuilder *b, const ch_verdict *v, const ch_finding *f)
{
    g_autofree char *masked = ch_report_dup_masked(f);
    json_builder_begin_object(b);
    ch_report_add_member(b, "rule", f->rule->id);
    ch_report_add_member(b, "action", ch_action_name(f->action));
    ch_report_add_member(
        b, "confidence",
        confidence_name(f->learned ? CH_CONFIDENCE_LOW : f->rule->confidence));
    add_place(b, v, f);
    ch_report_add_member(b, "masked", masked);
    ch_report_add_member(b, "title",
                         v->spanish ? f->rule->title_es : f->rule->title);
    ch_report_add_member(b, "advice",
                         v->spanish ? f->rule->advice_es : f->rule->advice);
    ch_report_add_member(b, "reference", f->rule->reference);
    add_authorization(b, f);
    json_builder_end_object(b);
}

/* list NULL: null. */
static void
add_words(JsonBuilder *b, const char *name, const GPtrArray *list)
{
    json_builder_set_member_name(b, name);
    if (list == NULL) {
        json_builder_add_null_value(b);
        return;
    }
    json_builder_begin_array(b);
    for (guint i = 0; i < list->len; i++) {
        json_builder_add_string_value(b, list->pdata[i]);
    }
    json_builder_end_array(b);
}

static void
add_pieces(JsonBuilder *b, const ch_verdict *v, const char *name,
           const GArray *pieces)
{
    json_builder_set_member_name(b, name);
    json_builder_begin_array(b);
    for (guint i = 0; i < pieces->len; i++) {
        const ch_piece *p = &g_array_index(pieces, ch_piece, i);
        json_builder_begin_object(b);
        ch_report_add_member(b, "part", ch_report_part_number(v, p->part));
        json_builder_set_member_name(b, "start");
        json_builder_add_int_value(b, (gint64)p->span.start);
        json_builder_set_member_name(b, "end");
        json_builder_add_int_value(b, (gint64)p->span.end);
        if (p->rule != NULL) {
            ch_report_add_member(b, "rule", p->rule);
        }
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

/* What the gateway makes of the post. */
static void
add_posting(JsonBuilder *b, const ch_verdict *v, const ch_posting *p)
{
    ch_report_add_member(b, "publish_rule", p->publish_rule);
    ch_report_add_member(b, "title", p->title);
    ch_report_add_member(b, "status", p->status);
    ch_report_add_member(b, "visibility", ch_visibility_name(p->visibility));
    add_words(b, "tags", p->tags);
    add_words(b, "categories", p->categories);
    add_words(b, "networks", p->networks);
    add_pieces(b, v, "published", p->published);
    add_pieces(b, v, "cut", p->cut);
}

static void
add_destination(JsonBuilder *b, const ch_verdict *v, const ch_destination *d)
{
    g_autofree char *at =
        d->publish_at_us < 0 ? NULL : ch_report_dup_time(d->publish_at_us);
    json_builder_begin_object(b);
    ch_report_add_member(b, "name", d->gateway->name);
    ch_report_add_member(b, "account",
                         d->account == NULL ? NULL : d->account->set->alias);
    json_builder_set_member_name(b, "recipient");
    json_builder_add_int_value(b, d->recipient);
    ch_report_add_member(b, "verdict", ch_action_name(d->verdict));
    ch_report_add_member(b, "publish_at", at);
    if (d->posting != NULL) {
        add_posting(b, v, d->posting);
    }
    json_builder_end_object(b);
}

static void
add_destinations(JsonBuilder *b, const ch_verdict *v)
{
    json_builder_set_member_name(b, "gateways");
    json_builder_begin_array(b);
    for (guint i = 0; i < v->destinations->len; i++) {
        add_destination(b, v,
                        &g_array_index(v->destinations, ch_destination, i));
    }
    json_builder_end_array(b);
    json_builder_set_member_name(b, "gateway");
    if (v->destinations->len > 0) {
        add_destination(b, v,
                        &g_array_index(v->destinations, ch_destination, 0));
    } else {
        json_builder_add_null_value(b);
    }
}

static void
add_unscanned(JsonBuilder *b, const ch_verdict *v)
{
    const GArray *list =
        v->message == NULL ? NULL : ch_message_unscanned(v->message);
    json_builder_set_member_name(b, "unscanned");
    json_builder_begin_array(b);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const ch_unscanned *u = &g_array_index(list, ch_unscanned, i);
        const ch_part *part =
            u->part < 0 ? NULL : ch_message_parts(v->message)->pdata[u->part];
        json_builder_begin_object(b);
        ch_report_add_member(b, "part", part == NULL ? NULL : part->number);
        ch_report_add_member(b, "name", part == NULL ? NULL : part->name);
        ch_report_add_member(b, "type", part == NULL ? NULL : part->type);
        ch_report_add_member(b, "reason", ch_unscanned_name(u->reason));
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

/* Only of a mail. */
static void
add_bytes(JsonBuilder *b, const ch_verdict *v)
{
    if (v->message == NULL) {
        return;
    }
    const ch_message_bytes bytes = ch_message_count_bytes(v->message);
    json_builder_set_member_name(b, "bytes");
    json_builder_begin_object(b);
    json_builder_set_member_name(b, "read");
    json_builder_add_int_value(b, (gint64)bytes.read);
    json_builder_set_member_name(b, "skipped");
    json_builder_add_int_value(b, (gint64)bytes.skipped);
    json_builder_set_member_name(b, "unread");
    json_builder_add_int_value(b, (gint64)bytes.unread);
    json_builder_end_object(b);
}

static void
add_notes(JsonBuilder *b, const ch_verdict *v)
{
    json_builder_set_member_name(b, "notes");
    json_builder_begin_array(b);
    for (guint i = 0; i < v->notes->len; i++) {
        const ch_note *note = v->notes->pdata[i];
        json_builder_begin_object(b);
        ch_report_add_member(b, "id", note->id);
        ch_report_add_member(b, "text", note->text);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

char *
ch_report_finish(JsonBuilder *b)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    JsonNode *root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    char *text = json_generator_to_data(generator, NULL);
    json_node_unref(root);
    return text;
}

void
ch_report_add_check(JsonBuilder *b, const ch_verdict *v, const char *input,
                    const char *id, gint64 elapsed_us)
{
    ch_report_add_member(b, "input", input);
    if (id != NULL) {
        ch_report_add_member(b, "id", id);
    }
    ch_report_add_member(b, "verdict", ch_action_name(v->action));
    add_destinations(b, v);
    json_builder_set_member_name(b, "findings");
    json_builder_begin_array(b);
    for (guint i = 0; i < v->findings->len; i++) {
        add_finding(b, v, &g_array_index(v->findings, ch_finding, i));
    }
    json_builder_end_array(b);
    add_notes(b, v);
    add_unscanned(b, v);
    add_bytes(b, v);
    if (v->cleaned != NULL) {
        add_words(b, "cleaned", v->cleaned);
    }
    ch_report_add_member(b, "class",
                         v->is_reply       ? "reply"
                         : v->kind != NULL ? v->kind
                                           : "other");
    ch_report_add_member(b, "suggestion", ch_verdict_suggestion(v));
    if (elapsed_us >= 0) {
        json_builder_set_member_name(b, "elapsed_us");
        json_builder_add_int_value(b, elapsed_us);
    }
}

char *
ch_report_json(const ch_verdict *v, const char *input, const char *id,
               gint64 elapsed_us)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    ch_report_add_check(b, v, input, id, elapsed_us);
    json_builder_end_object(b);
    return ch_report_finish(b);
}

char *
ch_report_findings_json(const ch_verdict *v)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_array(b);
    for (guint i = 0; i < v->findings->len; i++) {
        const ch_finding *f = &g_array_index(v->findings, ch_finding, i);
        json_builder_begin_object(b);
        ch_report_add_member(b, "rule", f->rule->id);
        ch_report_add_member(b, "action", ch_action_name(f->action));
        add_place(b, v, f);
        add_authorization(b, f);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    return ch_report_finish(b);
}

char *
ch_report_error_json(const char *input, const char *id, const char *error)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    ch_report_add_member(b, "input", input);
    if (id != NULL) {
        ch_report_add_member(b, "id", id);
    }
    ch_report_add_member(b, "verdict", NULL);
    ch_report_add_member(b, "error", error);
    json_builder_end_object(b);
    return ch_report_finish(b);
}

/* --- text ---------------------------------------------------------------- */

static const char *
colour_of(ch_action action, gboolean colour)
{
    static const char *const codes[] = {"\033[32m", "\033[33m", "\033[35m",
                                        "\033[31m"};
    return colour ? codes[action] : "";
}

static void
append_finding(GString *out, const ch_verdict *v, const ch_finding *f)
{
    g_autofree char *masked = ch_report_dup_masked(f);
    g_autofree char *place = ch_report_dup_place(f);
    g_string_append_printf(out, "  %-10s %s  [%s%s%s",
                           ch_action_name(f->action), f->rule->id,
                           ch_where_name(f->where), place == NULL ? "" : " ",
                           place == NULL ? "" : place);
    if (f->has_span) {
        g_string_append_printf(out, " line %u, bytes %zu-%zu", f->line,
                               f->span.start, f->span.end);
    }
    g_string_append_printf(out, "]%s%s\n", masked == NULL ? "" : "  ",
                           masked == NULL ? "" : masked);
    if (f->authorization != NULL) {
        g_string_append_printf(out, "             authorization %s\n",
                               f->authorization);
    }
    g_string_append_printf(out, "             %s. %s\n",
                           v->spanish ? f->rule->title_es : f->rule->title,
                           v->spanish ? f->rule->advice_es : f->rule->advice);
}

static void
append_notes(GString *out, const ch_verdict *v)
{
    for (guint i = 0; i < v->notes->len; i++) {
        const ch_note *note = v->notes->pdata[i];
        g_string_append_printf(out, "  note       %s  %s\n", note->id,
                               note->text);
    }
}

char *
ch_report_text(const ch_verdict *v, const char *input, gboolean colour)
{
    GString *out = g_string_new(NULL);
    g_string_append_printf(out, "%s: %s%s%s", input,
                           colour_of(v->action, colour),
                           ch_action_name(v->action), colour ? "\033[0m" : "");
    if (!v->in_scope) {
        g_string_append(out, " (ordinary mail, not judged)");
    }
    for (guint i = 0; i < v->destinations->len; i++) {
        const ch_destination *d =
            &g_array_index(v->destinations, ch_destination, i);
        g_autofree char *at = d->publish_at_us < 0
                                  ? g_strdup("time not known")
                                  : ch_report_dup_time(d->publish_at_us);
        g_string_append_printf(out, "%s %s, %s", i == 0 ? " for" : ";",
                               d->gateway->title, at);
    }
    g_string_append_c(out, '\n');
    for (guint i = 0; i < v->findings->len; i++) {
        append_finding(out, v, &g_array_index(v->findings, ch_finding, i));
    }
    const GArray *unscanned =
        v->message == NULL ? NULL : ch_message_unscanned(v->message);
    for (guint i = 0; unscanned != NULL && i < unscanned->len; i++) {
        const ch_unscanned *u = &g_array_index(unscanned, ch_unscanned, i);
        const char *number = ch_report_part_number(v, u->part);
        g_string_append_printf(out, "  not read   part %s: %s\n",
                               number == NULL ? "-" : number,
                               ch_unscanned_name(u->reason));
    }
    g_autofree char *cleaned = ch_verdict_dup_cleaned(v);
    if (cleaned != NULL) {
        g_string_append_printf(out, "  cleaned    part %s\n", cleaned);
    }
    append_notes(out, v);
    return g_string_free(out, FALSE);
}
