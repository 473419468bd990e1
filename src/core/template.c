/*
 * Reading templates, and putting facts into them; see template.h.
 */
#include "chaperone/template.h"

#include "chaperone/limits.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

struct ch_templates {
    GHashTable *texts; /* "held.author.en" to the text */
};

#define DIGEST "digest"
#define LETTER 1u /* about one post */
#define MANY   2u /* a digest */

static const struct {
    const char *name;
    guint where;
} placeholders[CH_FILL_COUNT] = {
    [CH_FILL_ID] = {"id", LETTER},
    [CH_FILL_CHANNEL] = {"channel", LETTER},
    [CH_FILL_WHAT] = {"what", LETTER | MANY},
    [CH_FILL_RULES] = {"rules", LETTER},
    [CH_FILL_PUBLISH_AT] = {"publish_at", LETTER},
    [CH_FILL_NOTE] = {"note", LETTER},
    [CH_FILL_NEXT] = {"next", LETTER | MANY},
    [CH_FILL_AUTHOR] = {"author", LETTER},
    [CH_FILL_ANSWER] = {"answer", LETTER},
    [CH_FILL_LINK] = {"link", LETTER | MANY},
    [CH_FILL_CONTACT] = {"contact", LETTER | MANY},
    [CH_FILL_POSTS] = {"posts", MANY},
    [CH_FILL_NUMBER] = {"count", MANY},
};

/* ch_notice_kind_name has the same; a test compares them. */
static const char *const kinds[] = {
    "held",      "refused",  "expired", "released", "release_failed", "asked",
    "escalated", "reminder", "wrote",   "answered", DIGEST,           NULL};
static const char *const languages[] = {"en", "es", NULL};
static const char *const readers[] = {"author", "reviewer", NULL};

/* --- placeholders --------------------------------------------------------- */

/* At a brace: the length of what stands there, and which it is; -1: a brace.
 * 0: neither. */
static gsize
read_brace(const char *text, int *fill_out)
{
    *fill_out = -1;
    if (text[1] == '{') {
        return 2;
    }
    gsize length = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_");
    if (length == 0 || text[length + 1] != '}') {
        return 0;
    }
    for (int i = 0; i < CH_FILL_COUNT; i++) {
        if (strlen(placeholders[i].name) == length &&
            memcmp(placeholders[i].name, text + 1, length) == 0) {
            *fill_out = i;
            return length + 2;
        }
    }
    return 0;
}

/* One line without its end; whether it is to be left out. */
static gboolean
fill_line(GString *out, const char *line, const char *const *values)
{
    gboolean own = FALSE, filled = FALSE, asked = FALSE;
    while (*line != '\0') {
        int fill = -1;
        gsize length = *line == '{' ? read_brace(line, &fill) : 0;
        if (fill >= 0) {
            const char *value = values[fill] != NULL ? values[fill] : "";
            g_string_append(out, value);
            filled = filled || *value != '\0';
            asked = TRUE;
        } else {
            g_string_append_c(out, *line);
            own = own || !g_ascii_isspace(*line);
        }
        line += MAX(length, 1);
    }
    return asked && !own && !filled;
}

char *
ch_template_fill(const char *text, const char *const values[CH_FILL_COUNT])
{
    GString *out = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        gsize before = out->len;
        if (fill_line(out, lines[i], values)) {
            g_string_truncate(out, before);
        } else {
            g_string_append_c(out, '\n');
        }
    }
    return g_string_free(out, FALSE);
}

/* --- checking ------------------------------------------------------------- */

/* "{id}, {channel}, ...".  Owned. */
static char *
dup_allowed(guint where)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < CH_FILL_COUNT; i++) {
        if ((placeholders[i].where & where) != 0) {
            g_string_append_printf(out, "%s{%s}", out->len > 0 ? ", " : "",
                                   placeholders[i].name);
        }
    }
    return g_string_free(out, FALSE);
}

static void
check_line(const char *line, guint number, guint where, const char *file,
           ch_diag *diag)
{
    for (const char *p = line; *p != '\0';) {
        int fill = -1;
        gsize length = *p == '{' ? read_brace(p, &fill) : 1;
        if ((guchar)*p < 0x20 && *p != '\t') {
            ch_diag_add(diag, file, number, (guint)(p - line) + 1,
                        "a control character");
            return;
        }
        if (length == 0 ||
            (fill >= 0 && (placeholders[fill].where & where) == 0)) {
            g_autofree char *allowed = dup_allowed(where);
            ch_diag_add(diag, file, number, (guint)(p - line) + 1,
                        "no placeholder of this notice; there are: %s, and {{ "
                        "for a brace",
                        allowed);
        }
        p += MAX(length, 1);
    }
}

static void
check_text(const char *text, guint where, const char *file, ch_diag *diag)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    if (text[0] == '\0') {
        ch_diag_add(diag, file, 0, 0, "is empty");
    }
    for (guint i = 0; lines[i] != NULL; i++) {
        check_line(lines[i], i + 1, where, file, diag);
    }
}

/* --- loading -------------------------------------------------------------- */

/* NULL: told to diag.  Line ends as LF, none at the end.  Owned. */
static char *
read_text(const char *file, ch_diag *diag)
{
    GStatBuf status;
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    if (g_stat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        ch_diag_add(diag, file, 0, 0, "is no file that can be read");
        return NULL;
    }
    if (status.st_size > CH_MAX_TEMPLATE) {
        ch_diag_add(diag, file, 0, 0, "is larger than %d bytes",
                    CH_MAX_TEMPLATE);
        return NULL;
    }
    if (!g_file_get_contents(file, &data, &length, &error)) {
        ch_diag_add(diag, file, 0, 0, "cannot be read: %s", error->message);
        return NULL;
    }
    if (length > CH_MAX_TEMPLATE ||
        !g_utf8_validate(data, (gssize)length, NULL)) {
        ch_diag_add(diag, file, 0, 0, "is not UTF-8");
        return NULL;
    }
    const char *start =
        g_str_has_prefix(data, "\xef\xbb\xbf") ? data + 3 : data;
    g_auto(GStrv) lines = g_strsplit(start, "\r\n", -1);
    return g_strchomp(g_strjoinv("\n", lines));
}

static gboolean
is_one_of(const char *const *list, const char *name)
{
    return g_strv_contains(list, name);
}

/* "held.en.txt", "held.author.en.txt". */
static gboolean
is_name(const char *const *words)
{
    guint count = g_strv_length((GStrv)words);
    const char *reader = count == 4 ? words[1] : NULL;
    return (count == 3 || count == 4) && is_one_of(kinds, words[0]) &&
           (reader == NULL || is_one_of(readers, reader)) &&
           is_one_of(languages, words[count - 2]) &&
           (g_strcmp0(words[0], DIGEST) != 0 ||
            g_strcmp0(reader, "author") != 0);
}

static void
load_one(ch_templates *templates, const char *directory, const char *name,
         ch_diag *diag)
{
    g_autofree char *file = g_build_filename(directory, name, NULL);
    g_auto(GStrv) words = g_strsplit(name, ".", -1);
    if (!is_name((const char *const *)words)) {
        g_autofree char *known = g_strjoinv(", ", (GStrv)kinds);
        ch_diag_add(diag, file, 0, 0,
                    "is the name of no template; allowed: KIND.en.txt, "
                    "KIND.es.txt, or with .author or .reviewer behind KIND, "
                    "which is one of %s",
                    known);
        return;
    }
    g_autofree char *text = read_text(file, diag);
    if (text != NULL) {
        check_text(text, strcmp(words[0], DIGEST) == 0 ? MANY : LETTER, file,
                   diag);
        g_hash_table_insert(templates->texts,
                            g_strndup(name, strlen(name) - strlen(".txt")),
                            g_steal_pointer(&text));
    }
}

static void
load_all(ch_templates *templates, const char *directory, ch_diag *diag)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, &error);
    const char *name;
    if (dir == NULL) {
        ch_diag_add(diag, directory, 0, 0, "notices.templates: %s",
                    error->message);
        return;
    }
    while ((name = g_dir_read_name(dir)) != NULL) {
        /* A README, what an editor leaves: not ours. */
        if (name[0] != '.' && g_str_has_suffix(name, ".txt")) {
            load_one(templates, directory, name, diag);
        }
    }
}

ch_templates *
ch_templates_load(const char *directory, ch_diag *diag)
{
    guint before = ch_diag_count(diag);
    g_autoptr(ch_templates) templates = g_new0(ch_templates, 1);
    templates->texts =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (directory[0] != '\0') {
        load_all(templates, directory, diag);
    }
    return ch_diag_count(diag) > before ? NULL : g_steal_pointer(&templates);
}

void
ch_templates_free(ch_templates *templates)
{
    if (templates != NULL) {
        g_hash_table_unref(templates->texts);
        g_free(templates);
    }
}

const char *
ch_templates_find(const ch_templates *templates, const char *kind,
                  gboolean to_author, gboolean spanish)
{
    const char *language = languages[spanish ? 1 : 0];
    if (templates == NULL) {
        return NULL;
    }
    g_autofree char *narrow =
        g_strdup_printf("%s.%s.%s", kind, readers[to_author ? 0 : 1], language);
    g_autofree char *wide = g_strdup_printf("%s.%s", kind, language);
    const char *text = g_hash_table_lookup(templates->texts, narrow);
    return text != NULL ? text : g_hash_table_lookup(templates->texts, wide);
}
