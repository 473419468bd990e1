/*
 * The classifier's file.  It is text, so that a person can read what counts
 * for what; a feature is kept by a key of its name.
 *
 *   chaperone-classifier 1
 *   label<TAB>NAME<TAB>BIAS              "harm" first
 *   FEATURE<TAB>RARITY<TAB>NUMBER:WEIGHT NUMBER:WEIGHT ...
 *
 * What it means for a post: classifier_read.c.
 */
#include "classifier_int.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define FIRST_LINE "chaperone-classifier 1"
#define MAX_LABELS 500

static void
label_clear(gpointer data)
{
    g_free(((label *)data)->name);
}

void
ch_classifier_free(ch_classifier *c)
{
    if (c != NULL) {
        g_array_unref(c->labels);
        g_array_unref(c->entries);
        g_array_unref(c->shares);
        g_free(c->slots);
        g_free(c);
    }
}

/* FNV-1a, 64 bits: two of some hundred thousand names never share a key. */
static guint64
key_of(const char *name)
{
    guint64 key = G_GUINT64_CONSTANT(0xcbf29ce484222325);
    for (; *name != '\0'; name++) {
        key = (key ^ (guchar)*name) * G_GUINT64_CONSTANT(0x100000001b3);
    }
    return key;
}

/* The slot that has the key, or the free one for it. */
static guint32 *
find_slot(const ch_classifier *c, guint64 key)
{
    guint64 at = (key ^ key >> 32) & c->mask;
    while (c->slots[at] > 0 &&
           g_array_index(c->entries, entry, c->slots[at] - 1).key != key) {
        at = (at + 1) & c->mask;
    }
    return &c->slots[at];
}

/* Slots for as many features as there are lines, at most half of them used. */
static void
make_slots(ch_classifier *c, const char *data)
{
    gsize lines = 1, slots = 2;
    for (; (data = strchr(data, '\n')) != NULL; data++) {
        lines++;
    }
    while (slots < 2 * lines) {
        slots *= 2;
    }
    c->slots = g_new0(guint32, slots);
    c->mask = slots - 1;
}

/* A finite number at *text, which moves behind it. */
static gboolean
take_number(char **text, double *number_out)
{
    char *end;
    *number_out = g_ascii_strtod(*text, &end);
    gboolean ok = end != *text && isfinite(*number_out);
    *text = end;
    return ok;
}

static gboolean
take_shares(ch_classifier *c, char *at, entry *e)
{
    while (*at != '\0') {
        guint64 number = g_ascii_strtoull(at, &at, 10);
        double weight;
        if (*at++ != ':' || number >= c->labels->len ||
            !take_number(&at, &weight) || (*at != ' ' && *at != '\0')) {
            return FALSE;
        }
        if (number == 0) {
            e->harm = (float)weight;
        } else {
            share s = {(guint)number, (float)weight};
            g_array_append_val(c->shares, s);
            e->count++;
        }
        at += *at == ' ';
    }
    return TRUE;
}

static gboolean
take_entry(ch_classifier *c, char *line)
{
    char *rarity = strchr(line, '\t');
    double number;
    if (rarity == NULL) {
        return FALSE;
    }
    *rarity++ = '\0';
    entry e = {.key = key_of(line), .first = c->shares->len};
    guint32 *slot = find_slot(c, e.key);
    if (!take_number(&rarity, &number) || number <= 0 || *rarity++ != '\t' ||
        !take_shares(c, rarity, &e)) {
        return FALSE;
    }
    e.rarity = (float)number;
    if (*slot > 0) {
        return FALSE;
    }
    g_array_append_val(c->entries, e);
    *slot = c->entries->len;
    return TRUE;
}

static gboolean
take_label(ch_classifier *c, char *line)
{
    char *tab = strchr(line, '\t');
    label l = {NULL, 0, FALSE};
    if (tab == NULL || c->labels->len >= MAX_LABELS) {
        return FALSE;
    }
    *tab++ = '\0';
    if (!take_number(&tab, &l.bias) || *tab != '\0') {
        return FALSE;
    }
    l.name = g_strdup(line);
    l.rule = strchr(line, '/') != NULL;
    c->rules += l.rule ? 1 : 0;
    g_array_append_val(c->labels, l);
    return c->labels->len > 1 || strcmp(l.name, "harm") == 0;
}

static gboolean
take_line(ch_classifier *c, guint number, char *line)
{
    if (number == 1) {
        return strcmp(line, FIRST_LINE) == 0;
    }
    if (g_str_has_prefix(line, "label\t")) {
        return c->entries->len == 0 && take_label(c, line + strlen("label\t"));
    }
    return c->labels->len > 0 && take_entry(c, line);
}

/* Line by line, which it cuts apart; FALSE: diag says where. */
static gboolean
take_lines(ch_classifier *c, const char *path, char *data, ch_diag *diag)
{
    guint number = 0;
    for (char *line = data; *line != '\0';) {
        char *end = strchr(line, '\n');
        char *next = end == NULL ? line + strlen(line) : end + 1;
        if (end != NULL) {
            *end = '\0';
        }
        if (!take_line(c, ++number, line)) {
            ch_diag_add(diag, path, number, 1,
                        "no line of a classifier: make it anew with "
                        "chaperone rules learn");
            return FALSE;
        }
        line = next;
    }
    if (c->entries->len == 0) {
        ch_diag_add(diag, path, 0, 0, "a classifier without features");
        return FALSE;
    }
    return TRUE;
}

ch_classifier *
ch_classifier_parse(const char *path, char *data, ch_diag *diag)
{
    g_autoptr(ch_classifier) c = g_new0(ch_classifier, 1);
    g_autofree char *text = data;
    c->labels = g_array_new(FALSE, FALSE, sizeof(label));
    g_array_set_clear_func(c->labels, label_clear);
    c->entries = g_array_new(FALSE, FALSE, sizeof(entry));
    c->shares = g_array_new(FALSE, FALSE, sizeof(share));
    make_slots(c, text);
    return take_lines(c, path, text, diag) ? g_steal_pointer(&c) : NULL;
}

ch_classifier *
ch_classifier_load(const char *path, ch_diag *diag)
{
    char *data;
    gsize length;
    g_autoptr(GError) error = NULL;
    if (!g_file_get_contents(path, &data, &length, &error)) {
        ch_diag_add(diag, path, 0, 0, "%s", error->message);
        return NULL;
    }
    if (length > CH_MAX_CLASSIFIER || strlen(data) != length ||
        !g_utf8_validate(data, (gssize)length, NULL)) {
        ch_diag_add(diag, path, 0, 0, "not UTF-8 text of at most %d MiB",
                    CH_MAX_CLASSIFIER / 1024 / 1024);
        g_free(data);
        return NULL;
    }
    return ch_classifier_parse(path, data, diag);
}

guint
ch_classifier_number(const ch_classifier *c, const char *name)
{
    return *find_slot(c, key_of(name));
}

guint
ch_classifier_features(const ch_classifier *c)
{
    return c->entries->len;
}

const char *
ch_classifier_label(const ch_classifier *c, guint number)
{
    return number < c->labels->len
               ? g_array_index(c->labels, label, number).name
               : NULL;
}
