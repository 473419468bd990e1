/*
 * What chaperone quarantine prints: lists as text or JSON, items, messages.
 *
 * Foreign words (what the sender wrote, names, notes) lose their control and
 * direction characters on the way to a terminal.  JSON is escaped by its
 * generator.
 */
#include "print.h"
#include "quarantine.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

/* --- JSON ---------------------------------------------------------------- */

static void
add_rules(JsonBuilder *b, const char *rules)
{
    g_auto(GStrv) ids = g_strsplit(rules != NULL ? rules : "", ",", -1);
    json_builder_set_member_name(b, "rules");
    json_builder_begin_array(b);
    for (gsize i = 0; ids[i] != NULL; i++) {
        json_builder_add_string_value(b, g_strstrip(ids[i]));
    }
    json_builder_end_array(b);
}

/* The last word of a server, whoever of the recipients it was about. */
static const char *
last_reply(const GPtrArray *steps)
{
    const ch_release_step *last = NULL;
    for (guint i = 0; i < steps->len; i++) {
        const ch_release_step *step = g_ptr_array_index(steps, i);
        if (step->reply != NULL &&
            (last == NULL || step->time_us >= last->time_us)) {
            last = step;
        }
    }
    return last != NULL ? last->reply : NULL;
}

static void
add_steps(JsonBuilder *b, const GPtrArray *steps)
{
    json_builder_set_member_name(b, "recipients");
    json_builder_begin_array(b);
    for (guint i = 0; i < steps->len; i++) {
        const ch_release_step *step = g_ptr_array_index(steps, i);
        json_builder_begin_object(b);
        json_builder_set_member_name(b, "recipient");
        json_builder_add_int_value(b, step->recipient);
        ch_print_add_text(b, "state", ch_release_state_name(step->state));
        json_builder_set_member_name(b, "attempts");
        json_builder_add_int_value(b, step->attempts);
        ch_print_add_time(b, "time", step->time_us);
        ch_print_add_text(b, "reply", step->reply);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

void
ch_quarantine_print_json(const ch_item *item, const GPtrArray *steps)
{
    g_autoptr(JsonBuilder) b = json_builder_new();
    json_builder_begin_object(b);
    ch_print_add_text(b, "id", item->id);
    ch_print_add_text(b, "state", ch_state_name(item->state));
    ch_print_add_time(b, "time", item->time_us);
    ch_print_add_text(b, "author", item->author);
    ch_print_add_text(b, "gateway", item->gateways);
    ch_print_add_text(b, "account", item->accounts);
    add_rules(b, item->rules);
    ch_print_add_time(b, "publish_at", item->publish_at_us);
    ch_print_add_time(b, "deadline", item->deadline_us);
    ch_print_add_text(b, "reply", last_reply(steps));
    add_steps(b, steps);
    ch_print_line(b);
}

/* --- the table ----------------------------------------------------------- */

#define COLUMNS      7
#define STATE_COLUMN 1

typedef struct {
    char *cells[COLUMNS];
    ch_state state;
} table_row;

static void
clear_row(gpointer data)
{
    table_row *row = data;
    for (guint i = 0; i < COLUMNS; i++) {
        g_free(row->cells[i]);
    }
}

static table_row
row_of(const ch_item *item)
{
    g_autofree char *time = ch_print_dup_time(item->time_us);
    g_autofree char *publish_at = ch_print_dup_time(item->publish_at_us);
    return (table_row){
        .cells = {g_strdup(item->id), g_strdup(ch_state_name(item->state)),
                  ch_print_dup_safe(time), ch_print_dup_safe(item->author),
                  ch_print_dup_safe(item->gateways),
                  ch_print_dup_safe(publish_at),
                  ch_print_dup_safe(item->rules)},
        .state = item->state};
}

/* Escape sequences (ECMA-48) by what a state asks of people. */
static const char *
colour_of(ch_state state)
{
    switch (state) {
    case CH_STATE_HELD:
    case CH_STATE_RELEASING:
        return "\033[33m"; /* yellow: waits */
    case CH_STATE_RELEASE_FAILED:
    case CH_STATE_REFUSED:
    case CH_STATE_REJECTED:
        return "\033[31m"; /* red */
    case CH_STATE_RELEASED:
    case CH_STATE_PASSED:
        return "\033[32m"; /* green: published */
    case CH_STATE_EXPIRED:
    case CH_STATE_COUNT:
        break;
    }
    return "";
}

static void
print_row(const char *const *cells, const int *widths, const char *colour)
{
    for (guint i = 0; i < COLUMNS; i++) {
        gboolean coloured = i == STATE_COLUMN && *colour != '\0';
        int gap = widths[i] - (int)g_utf8_strlen(cells[i], -1) + 2;
        printf("%s%s%s", coloured ? colour : "", cells[i],
               coloured ? "\033[0m" : "");
        if (i + 1 < COLUMNS) {
            printf("%*s", gap, "");
        }
    }
    printf("\n");
}

void
ch_quarantine_print_table(const GPtrArray *items)
{
    static const char *const titles[COLUMNS] = {
        "ID", "STATE", "TIME", "AUTHOR", "GATEWAY", "PUBLISH AT", "RULES"};
    int widths[COLUMNS];
    gboolean colours = isatty(STDOUT_FILENO) && g_getenv("NO_COLOR") == NULL;
    g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(table_row));
    g_array_set_clear_func(rows, clear_row);
    for (guint c = 0; c < COLUMNS; c++) {
        widths[c] = (int)strlen(titles[c]);
    }
    for (guint i = 0; i < items->len; i++) {
        table_row row = row_of(g_ptr_array_index(items, i));
        for (guint c = 0; c < COLUMNS; c++) {
            widths[c] = MAX(widths[c], (int)g_utf8_strlen(row.cells[c], -1));
        }
        g_array_append_val(rows, row);
    }
    if (rows->len == 0) {
        fprintf(stderr, "chaperone: nothing there\n");
        return;
    }
    print_row(titles, widths, "");
    for (guint i = 0; i < rows->len; i++) {
        const table_row *row = &g_array_index(rows, table_row, i);
        print_row((const char *const *)row->cells, widths,
                  colours ? colour_of(row->state) : "");
    }
}

/* --- one item
 * ------------------------------------------------------------------ */

static void
print_field(const char *label, const char *text)
{
    g_autofree char *printable = ch_print_dup_safe(text);
    printf("%-12s%s\n", label, printable);
}

static void
print_time(const char *label, gint64 time_us)
{
    g_autofree char *text = ch_print_dup_time(time_us);
    print_field(label, text);
}

/* A member as text, or NULL if it is not there or null. */
static const char *
member(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node)
               : NULL;
}

static gint64
number(JsonObject *o, const char *name)
{
    JsonNode *node = json_object_get_member(o, name);
    return node != NULL && json_node_get_value_type(node) == G_TYPE_INT64
               ? json_node_get_int(node)
               : -1;
}

static void
print_finding(JsonArray *array, guint index, JsonNode *node, gpointer data)
{
    (void)array;
    (void)index;
    (void)data;
    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        return;
    }
    JsonObject *o = json_node_get_object(node);
    g_autoptr(GString) text = g_string_new(NULL);
    const char *rule = member(o, "rule"), *action = member(o, "action");
    const char *where = member(o, "where"), *part = member(o, "part");
    g_string_append_printf(text, "%s (%s) in %s", rule != NULL ? rule : "?",
                           action != NULL ? action : "?",
                           where != NULL ? where : "?");
    if (part != NULL) {
        g_string_append_printf(text, ", part %s", part);
    }
    if (number(o, "start") >= 0) {
        g_string_append_printf(text,
                               ", line %" G_GINT64_FORMAT
                               ", bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT,
                               number(o, "line"), number(o, "start"),
                               number(o, "end"));
    }
    if (member(o, "authorization") != NULL) {
        g_string_append_printf(text, ", authorization %s",
                               member(o, "authorization"));
    }
    print_field("finding:", text->str);
}

static void
print_findings(const char *json)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (json == NULL || !json_parser_load_from_data(parser, json, -1, NULL)) {
        return;
    }
    JsonNode *root = json_parser_get_root(parser);
    if (root != NULL && JSON_NODE_HOLDS_ARRAY(root)) {
        json_array_foreach_element(json_node_get_array(root), print_finding,
                                   NULL);
    }
}

static void
print_step(const ch_release_step *step)
{
    g_autofree char *time = ch_print_dup_time(step->time_us);
    g_autofree char *text = g_strdup_printf(
        "recipient %u %s at %s after %u attempt%s%s%s", step->recipient,
        ch_release_state_name(step->state), time, step->attempts,
        step->attempts == 1 ? "" : "s",
        step->reply != NULL && step->reply[0] != '\0' ? ": " : "",
        step->reply != NULL ? step->reply : "");
    print_field("release:", text);
}

void
ch_quarantine_print_item(const ch_item *item, const GPtrArray *steps)
{
    print_field("id:", item->id);
    print_field("state:", ch_state_name(item->state));
    print_time("received:", item->time_us);
    print_field("author:", item->author);
    print_field("gateway:", item->gateways);
    if (item->accounts != NULL) {
        print_field("account:", item->accounts);
    }
    print_field("verdict:", item->verdict);
    print_time("publish at:", item->publish_at_us);
    print_time("deadline:", item->deadline_us);
    print_field("queue id:", item->queue_id);
    printf("%-12s%" G_GSIZE_FORMAT " bytes\n", "size:", item->size);
    if (item->decided_us >= 0 || item->seen_us >= 0) {
        print_time("decided:", MAX(item->decided_us, item->seen_us));
        print_field("reviewer:", item->reviewer);
        print_field("note:", item->note);
    }
    for (guint i = 0; i < steps->len; i++) {
        print_step(g_ptr_array_index(steps, i));
    }
    print_field("rules:", item->rules);
    print_findings(item->findings_json);
    if (item->hints != NULL) {
        print_field("hints:", item->hints);
    }
}

static const char *
words_of(ch_retime_kind kind)
{
    switch (kind) {
    case CH_RETIME_KEPT:
        return "; its delay is written anew";
    case CH_RETIME_LATE:
        return "; its time is over: at once (release.late: publish)";
    case CH_RETIME_ANEW:
        return "; its time is over: it waits anew (release.late: retime)";
    case CH_RETIME_REFUSED:
        return "; its time is over: no release (release.late: refuse)";
    case CH_RETIME_IMPOSSIBLE:
        return "; its delay cannot be written anew: release it --as-is or "
               "refuse it";
    case CH_RETIME_NONE:
        break;
    }
    return "";
}

static void
print_retiming(const ch_retiming *r)
{
    g_autofree char *utc = ch_print_dup_time(r->publish_at_us);
    g_autoptr(GDateTime) at =
        r->publish_at_us < 0
            ? NULL
            : g_date_time_new_from_unix_utc(r->publish_at_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local =
        at == NULL ? NULL : g_date_time_to_timezone(at, r->zone);
    g_autofree char *site =
        local == NULL ? NULL : g_date_time_format(local, "%Y-%m-%d %H:%M %Z");
    g_autofree char *text =
        utc == NULL
            ? g_strdup_printf("recipient %u, %s: time not known, by %s%s",
                              r->recipient, r->gateway, r->rule,
                              words_of(r->kind))
            : g_strdup_printf("recipient %u, %s: %s (%s), by %s%s",
                              r->recipient, r->gateway, utc, site, r->rule,
                              words_of(r->kind));
    print_field("appears:", text);
}

void
ch_quarantine_print_plan(const GPtrArray *plan)
{
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        print_retiming(g_ptr_array_index(plan, i));
    }
}

/* The subject below is shown without them. */
static void
print_named(GBytes *raw)
{
    g_autoptr(GPtrArray) named = ch_auth_find(raw);
    printf("%s", named->len > 0 ? "\n--- authorizations named\n" : "");
    for (guint i = 0; i < named->len; i++) {
        g_autofree char *id = ch_print_dup_safe(g_ptr_array_index(named, i));
        printf("%s\n", id);
    }
}

void
ch_quarantine_print_message(GBytes *raw)
{
    g_autoptr(ch_message) message = ch_message_parse(raw);
    const GPtrArray *parts = ch_message_parts(message);
    GPtrArray *texts = ch_message_texts(message);
    print_named(raw);
    for (guint i = 0; i < texts->len; i++) {
        const ch_text *text = g_ptr_array_index(texts, i);
        int part = ch_text_part(text);
        g_autofree char *printable =
            ch_print_dup_safe(ch_text_plain(text, NULL));
        printf("\n--- %s", ch_where_name(ch_text_where(text)));
        if (part >= 0 && (guint)part < parts->len) {
            const ch_part *p = g_ptr_array_index(parts, part);
            printf(", part %s", p->number);
        }
        printf("\n%s\n", printable);
    }
}
