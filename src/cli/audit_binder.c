/*
 * The binder: what an auditor gets on paper for a period.
 *
 * Whether the ledger is whole; the policy that was in force; what became of
 * every post, who decided, when and why; how often each rule was right; and
 * the rows themselves.  Every word from outside goes through cell(): markup
 * cannot be written by it.
 */
#include "audit.h"
#include "print.h"

#include "chaperone/version.h"

#include <string.h>

static void
add_escaped(GString *out, const char *text)
{
    g_autofree char *safe = ch_print_dup_safe(text);
    g_autofree char *escaped = g_markup_escape_text(safe, -1);
    g_string_append(out, escaped);
}

static void
cell(GString *out, const char *text)
{
    g_string_append(out, "<td>");
    if (text != NULL) {
        add_escaped(out, text);
    }
    g_string_append(out, "</td>");
}

static void
time_cell(GString *out, gint64 time_us)
{
    g_autofree char *text = ch_print_dup_time(time_us);
    cell(out, text);
}

static void
number_cell(GString *out, guint number)
{
    g_string_append_printf(out, "<td class=\"n\">%u</td>", number);
}

/* --- what became of each post --------------------------------------------- */

typedef struct {
    const ch_audit_row *came, *end; /* either may be NULL */
    guint looks;
} story;

static const char *const arrivals[] = {"held", "passed", "rejected"};
static const char *const endings[] = {"released", "refused", "expired", "seen"};

static gboolean
is_one_of(const char *event, const char *const *names, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (strcmp(event, names[i]) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Stories by ID; ids_out gets the IDs in the order of their first rows. */
static GHashTable *
tell_stories(const GPtrArray *rows, GPtrArray *ids_out)
{
    GHashTable *stories =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    for (guint i = 0; i < rows->len; i++) {
        const ch_audit_row *row = g_ptr_array_index(rows, i);
        gboolean came = is_one_of(row->event, arrivals, G_N_ELEMENTS(arrivals));
        gboolean ended = is_one_of(row->event, endings, G_N_ELEMENTS(endings));
        gboolean looked = strcmp(row->event, "viewed") == 0;
        if (!came && !ended && !looked) {
            continue;
        }
        story *s = g_hash_table_lookup(stories, row->id);
        if (s == NULL) {
            s = g_new0(story, 1);
            g_hash_table_insert(stories, row->id, s);
            g_ptr_array_add(ids_out, row->id);
        }
        s->came = came ? row : s->came;
        s->end = ended ? row : s->end;
        s->looks += looked ? 1 : 0;
    }
    return stories;
}

static void
add_story(GString *out, const char *id, const story *s)
{
    const ch_audit_row *known = s->came != NULL ? s->came : s->end;
    g_string_append(out, "<tr>");
    cell(out, id);
    time_cell(out, s->came != NULL ? s->came->time_us : -1);
    cell(out, known != NULL ? known->author : NULL);
    cell(out, known != NULL ? known->gateways : NULL);
    cell(out, known != NULL ? known->rules : NULL);
    cell(out, s->came != NULL ? s->came->event : NULL);
    cell(out, s->end != NULL ? s->end->event : NULL);
    cell(out, s->end != NULL ? s->end->actor : NULL);
    time_cell(out, s->end != NULL ? s->end->time_us : -1);
    cell(out, s->end != NULL ? s->end->note : NULL);
    number_cell(out, s->looks);
    g_string_append(out, "</tr>\n");
}

static void
add_posts(GString *out, GHashTable *stories, const GPtrArray *ids)
{
    g_string_append(
        out, "<h2>Posts</h2>\n<table><thead><tr><th>ID</th><th>Came</th>"
             "<th>Author</th><th>Gateways</th><th>Rules</th><th>Answer</th>"
             "<th>End</th><th>By</th><th>When</th><th>Why</th><th>Looks</th>"
             "</tr></thead><tbody>\n");
    for (guint i = 0; i < ids->len; i++) {
        const char *id = g_ptr_array_index(ids, i);
        add_story(out, id, g_hash_table_lookup(stories, id));
    }
    g_string_append(out, "</tbody></table>\n");
}

/* --- how often a rule was right --------------------------------------------
 */

typedef struct {
    guint found, released, refused, expired;
} record;

static void
count_story(GHashTable *records, const story *s)
{
    if (s->came == NULL || s->came->rules == NULL) {
        return;
    }
    g_auto(GStrv) ids = g_strsplit(s->came->rules, ",", -1);
    for (guint i = 0; ids[i] != NULL; i++) {
        const char *id = g_strstrip(ids[i]);
        record *r = g_hash_table_lookup(records, id);
        if (r == NULL) {
            r = g_new0(record, 1);
            g_hash_table_insert(records, g_strdup(id), r);
        }
        const char *end = s->end != NULL ? s->end->event : "";
        r->found++;
        r->released += strcmp(end, "released") == 0;
        r->refused += strcmp(end, "refused") == 0;
        r->expired += strcmp(end, "expired") == 0;
    }
}

/* Of what people decided, the share that they refused. */
static void
add_record(GString *out, const char *id, const record *r)
{
    guint decided = r->released + r->refused;
    g_string_append(out, "<tr>");
    cell(out, id);
    number_cell(out, r->found);
    number_cell(out, r->released);
    number_cell(out, r->refused);
    number_cell(out, r->expired);
    if (decided > 0) {
        g_string_append_printf(out, "<td class=\"n\">%u %%</td></tr>\n",
                               (100 * r->refused + decided / 2) / decided);
    } else {
        g_string_append(out, "<td></td></tr>\n");
    }
}

static void
add_rules(GString *out, GHashTable *stories, const GPtrArray *ids)
{
    g_autoptr(GHashTable) records =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (guint i = 0; i < ids->len; i++) {
        count_story(records,
                    g_hash_table_lookup(stories, g_ptr_array_index(ids, i)));
    }
    g_autoptr(GList) names =
        g_list_sort(g_hash_table_get_keys(records), (GCompareFunc)strcmp);
    g_string_append(
        out, "<h2>Rules</h2>\n<table><thead><tr><th>Rule</th><th>Found</th>"
             "<th>Released</th><th>Refused</th><th>Expired</th>"
             "<th>Refused of decided</th></tr></thead><tbody>\n");
    for (GList *l = names; l != NULL; l = l->next) {
        add_record(out, l->data, g_hash_table_lookup(records, l->data));
    }
    g_string_append(out, "</tbody></table>\n");
}

/* --- proof, policy, rows ----------------------------------------------------
 */

static void
add_proof(GString *out, const ch_audit *result)
{
    g_string_append(out, "<h2>Is the ledger whole?</h2>\n");
    if (result == NULL) {
        g_string_append(out, "<p>Not proved: whoever made this binder has no "
                             "key of the ledger.</p>\n");
        return;
    }
    g_autofree char *head = ch_audit_head_dup(&result->end);
    g_string_append_printf(out,
                           "<p>%" G_GINT64_FORMAT " rows proved, %u faults. "
                           "Head: <code>%s</code></p>\n<ul>\n",
                           result->rows, result->faults->len, head);
    for (guint i = 0; i < result->faults->len; i++) {
        g_autofree char *text = ch_audit_dup_fault(
            &g_array_index(result->faults, ch_audit_fault, i));
        g_string_append_printf(out, "<li>%s</li>\n", text);
    }
    g_string_append(out, "</ul>\n");
}

static void
add_policy(GString *out, const ch_binder *binder)
{
    const GPtrArray *rules = ch_ruleset_rules(binder->house->rules);
    g_string_append(
        out, "<h2>Policy now in force</h2>\n<p>Earlier ones are the rows "
             "\"configuration\" below.</p>\n<table><thead><tr><th>Rule</th>"
             "<th>Title</th><th>Action</th><th>Reference</th></tr></thead>"
             "<tbody>\n");
    for (guint i = 0; i < rules->len; i++) {
        const ch_rule *rule = g_ptr_array_index(rules, i);
        g_string_append(out, "<tr>");
        cell(out, rule->id);
        cell(out, rule->title);
        cell(out, rule->enabled ? ch_action_name(rule->action) : "off");
        cell(out, rule->reference);
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table>\n");
}

static void
add_rows(GString *out, const GPtrArray *rows)
{
    g_string_append(
        out, "<h2>All rows</h2>\n<table><thead><tr><th>Row</th><th>Time</th>"
             "<th>ID</th><th>Event</th><th>Author</th><th>By</th><th>uid</th>"
             "<th>Note</th></tr></thead><tbody>\n");
    for (guint i = 0; i < rows->len; i++) {
        const ch_audit_row *row = g_ptr_array_index(rows, i);
        g_autofree char *uid =
            row->uid < 0 ? NULL
                         : g_strdup_printf("%" G_GINT64_FORMAT, row->uid);
        g_string_append_printf(
            out, "<tr><td class=\"n\">%" G_GINT64_FORMAT "</td>", row->seq);
        time_cell(out, row->time_us);
        cell(out, row->id);
        cell(out, row->event);
        cell(out, row->author);
        cell(out, row->actor);
        cell(out, uid);
        cell(out, row->note);
        g_string_append(out, "</tr>\n");
    }
    g_string_append(out, "</tbody></table>\n");
}

static void
add_top(GString *out, const ch_binder *binder)
{
    g_autofree char *from =
        ch_print_dup_time(binder->from_us > 0 ? binder->from_us : -1);
    g_autofree char *to = ch_print_dup_time(
        binder->to_us < binder->now_us ? binder->to_us : binder->now_us);
    g_autofree char *now = ch_print_dup_time(binder->now_us);
    g_string_append(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        "<title>Chaperone: the ledger</title>\n<style>\n"
        "body{font:10pt/1.4 serif;margin:2em}"
        "table{border-collapse:collapse;width:100%}"
        "th,td{border:1px solid #999;padding:.2em .4em;text-align:left;"
        "vertical-align:top;overflow-wrap:anywhere}"
        ".n{text-align:right}thead{display:table-header-group}"
        "tr{break-inside:avoid}\n</style></head><body><main>\n"
        "<h1>The ledger of Chaperone</h1>\n");
    g_string_append_printf(
        out, "<p>From %s to %s; printed %s by chaperone %s.</p>\n",
        from != NULL ? from : "its first row", to, now, CH_VERSION);
}

char *
ch_binder_dup_html(const ch_binder *binder)
{
    g_autoptr(GPtrArray) ids = g_ptr_array_new();
    g_autoptr(GHashTable) stories = tell_stories(binder->rows, ids);
    GString *out = g_string_new(NULL);
    add_top(out, binder);
    add_proof(out, binder->result);
    add_posts(out, stories, ids);
    add_rules(out, stories, ids);
    add_policy(out, binder);
    add_rows(out, binder->rows);
    g_string_append(out, "</main></body></html>\n");
    return g_string_free(out, FALSE);
}
