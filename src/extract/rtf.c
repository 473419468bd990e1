/*
 * RTF 1.9.1 to text, a small reader of its own: what is shown, what is not,
 * properties, and whether objects are embedded.
 *
 * Groups of unknown destinations, which readers skip, become hidden text:
 * nothing that a person wrote is dropped, only tables of fonts and the like.
 */
#include "extract/reader.h"

#include <string.h>

typedef enum { TO_SHOWN, TO_HIDDEN, TO_PROPERTIES, TO_NOTHING } target;

typedef struct {
    target to;
    guint skip; /* characters that stand for one of Unicode: \uc */
} group;

typedef struct {
    ch_reader *r;
    const char *data;
    gsize length, at;
    GString *texts[3]; /* by target */
    group groups[CH_MAX_RTF_DEPTH];
    guint depth;    /* index of the current group */
    guint to_skip;  /* characters that follow a \u */
    gboolean star;  /* \* came: the next word may be unknown */
    gunichar high;  /* first half of a surrogate pair, or 0 */
    char *charset;  /* of the bytes, "windows-1252" */
    GString *bytes; /* of one run of them, not yet decoded */
} rtf;

/* --- characters ---------------------------------------------------------- */

static GString *
out_of(rtf *f)
{
    target to = f->groups[f->depth].to;
    return to == TO_NOTHING ? NULL : f->texts[to];
}

/* Bytes above 127 are told in the document's code page, two may be one. */
static void
flush_bytes(rtf *f)
{
    GString *out = out_of(f);
    if (f->bytes->len > 0 && out != NULL) {
        g_autofree char *text =
            g_convert(f->bytes->str, (gssize)f->bytes->len, "UTF-8", f->charset,
                      NULL, NULL, NULL);
        g_autofree char *latin =
            text != NULL ? NULL
                         : g_convert(f->bytes->str, (gssize)f->bytes->len,
                                     "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
        g_string_append(out, text != NULL    ? text
                             : latin != NULL ? latin
                                             : "\xef\xbf\xbd");
    }
    g_string_truncate(f->bytes, 0);
}

static void
put_byte(rtf *f, char byte)
{
    GString *out = out_of(f);
    if (f->to_skip > 0) {
        f->to_skip--;
    } else if ((guchar)byte >= 0x80) {
        g_string_append_c(f->bytes, byte);
    } else {
        flush_bytes(f);
        if (out != NULL && byte != '\0') {
            g_string_append_c(out, byte);
        }
    }
}

static void
put_unicode(rtf *f, int value)
{
    GString *out = out_of(f);
    gunichar c = (gunichar)(value < 0 ? value + 65536 : value);
    flush_bytes(f);
    f->to_skip = f->groups[f->depth].skip;
    if (c >= 0xD800 && c < 0xDC00) {
        f->high = c;
        return;
    }
    if (c >= 0xDC00 && c < 0xE000 && f->high != 0) {
        c = 0x10000 + ((f->high - 0xD800) << 10) + (c - 0xDC00);
    }
    f->high = 0;
    if (out != NULL && c != 0 && g_unichar_validate(c)) {
        g_string_append_unichar(out, c);
    }
}

/* --- control words ---------------------------------------------------------
 */

static const struct {
    const char *word;
    const char *text; /* that it stands for, or NULL */
    target to;        /* of the rest of its group, if text is NULL */
} words[] = {
    {"par", "\n", 0},
    {"sect", "\n", 0},
    {"page", "\n", 0},
    {"line", "\n", 0},
    {"row", "\n", 0},
    {"nestrow", "\n", 0},
    {"cell", "\t", 0},
    {"nestcell", "\t", 0},
    {"tab", "\t", 0},
    {"emdash", "-", 0},
    {"endash", "-", 0},
    {"lquote", "'", 0},
    {"rquote", "'", 0},
    {"ldblquote", "\"", 0},
    {"rdblquote", "\"", 0},
    {"bullet", "* ", 0},
    {"info", NULL, TO_PROPERTIES},
    {"fldinst", NULL, TO_HIDDEN},
    {"v", NULL, TO_HIDDEN},
    {"deleted", NULL, TO_HIDDEN},
    {"annotation", NULL, TO_SHOWN},
    {"atnauthor", NULL, TO_PROPERTIES},
    {"shptxt", NULL, TO_SHOWN},
    {"shpinst", NULL, TO_SHOWN},
    {"footnote", NULL, TO_SHOWN},
    {"fonttbl", NULL, TO_NOTHING},
    {"colortbl", NULL, TO_NOTHING},
    {"stylesheet", NULL, TO_NOTHING},
    {"listtable", NULL, TO_NOTHING},
    {"listoverridetable", NULL, TO_NOTHING},
    {"rsidtbl", NULL, TO_NOTHING},
    {"latentstyles", NULL, TO_NOTHING},
    {"themedata", NULL, TO_NOTHING},
    {"colorschememapping", NULL, TO_NOTHING},
    {"datastore", NULL, TO_NOTHING},
    {"pict", NULL, TO_NOTHING},
    {"objdata", NULL, TO_NOTHING},
    {"generator", NULL, TO_NOTHING},
    {"mmathPr", NULL, TO_NOTHING},
    {"xmlnstbl", NULL, TO_NOTHING},
    {"pgdsctbl", NULL, TO_NOTHING},
    {"atnid", NULL, TO_NOTHING},
    {"atnref", NULL, TO_NOTHING},
    {"atndate", NULL, TO_NOTHING},
    {"creatim", NULL, TO_NOTHING},
    {"revtim", NULL, TO_NOTHING},
    {"printim", NULL, TO_NOTHING},
};

/* Within a group that leads nowhere everything else does, too; what stands
 * for something else in a hidden one stays hidden. */
static void
turn(rtf *f, target to)
{
    target now = f->groups[f->depth].to;
    flush_bytes(f);
    if (now != TO_NOTHING && !(now == TO_HIDDEN && to == TO_SHOWN)) {
        f->groups[f->depth].to = to;
    }
}

static void
put_text(rtf *f, const char *text)
{
    GString *out = out_of(f);
    flush_bytes(f);
    if (f->to_skip > 0) {
        f->to_skip--; /* a word counts as one character */
    } else if (out != NULL) {
        g_string_append(out, text);
    }
}

/* FALSE: not in the table. */
static gboolean
look_up(rtf *f, const char *word, gboolean has_value, int value)
{
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strcmp(words[i].word, word) != 0) {
            continue;
        }
        if (words[i].text != NULL) {
            put_text(f, words[i].text);
        } else if (words[i].to == TO_HIDDEN && has_value && value == 0) {
            flush_bytes(f); /* \v0 */
            f->groups[f->depth].to = TO_SHOWN;
        } else {
            turn(f, words[i].to);
        }
        return TRUE;
    }
    return FALSE;
}

static void
set_charset(rtf *f, int page)
{
    g_free(f->charset);
    f->charset = g_strdup_printf("CP%d", page);
}

static void
take_word(rtf *f, const char *word, gboolean has_value, int value)
{
    gboolean star = f->star;
    f->star = FALSE;
    if (strcmp(word, "u") == 0) {
        put_unicode(f, value);
    } else if (strcmp(word, "uc") == 0) {
        f->groups[f->depth].skip = (guint)CLAMP(value, 0, 16);
    } else if (strcmp(word, "ansicpg") == 0) {
        set_charset(f, value);
    } else if (strcmp(word, "bin") == 0 && value > 0) {
        f->at += MIN((gsize)value, f->length - f->at);
    } else {
        if (strcmp(word, "pict") == 0) {
            ch_reader_seen(f->r, CH_SEEN_MEDIA);
        } else if (strcmp(word, "objdata") == 0) {
            ch_reader_unscanned(f->r, CH_UNSCANNED_UNSUPPORTED);
        }
        if (!look_up(f, word, has_value, value) && star) {
            turn(f, TO_HIDDEN);
        }
    }
}

/* After a backslash that a letter follows. */
static void
read_word(rtf *f)
{
    char word[33];
    gsize n = 0;
    while (f->at < f->length && g_ascii_isalpha(f->data[f->at])) {
        if (n < sizeof word - 1) {
            word[n++] = f->data[f->at];
        }
        f->at++;
    }
    word[n] = '\0';
    gboolean minus = f->at < f->length && f->data[f->at] == '-';
    gint64 value = 0;
    f->at += minus ? 1 : 0;
    gsize digits = f->at;
    while (f->at < f->length && g_ascii_isdigit(f->data[f->at])) {
        value = MIN(value * 10 + (f->data[f->at] - '0'), G_MAXINT32);
        f->at++;
    }
    gboolean has_value = f->at > digits;
    if (f->at < f->length && f->data[f->at] == ' ') {
        f->at++; /* belongs to the word */
    }
    take_word(f, word, has_value, (int)(minus ? -value : value));
}

/* After a backslash that no letter follows. */
static void
read_symbol(rtf *f)
{
    char c = f->data[f->at++];
    if (c == '\'' && f->length - f->at >= 2) {
        int high = g_ascii_xdigit_value(f->data[f->at]);
        int low = g_ascii_xdigit_value(f->data[f->at + 1]);
        f->at += 2;
        if (high >= 0 && low >= 0) {
            put_byte(f, (char)(high * 16 + low));
        }
    } else if (c == '*') {
        f->star = TRUE;
    } else if (c == '~') {
        put_text(f, " ");
    } else if (c == '_') {
        put_text(f, "-");
    } else if (c == '\n' || c == '\r') {
        put_text(f, "\n"); /* means \par */
    } else if (c == '\\' || c == '{' || c == '}') {
        put_byte(f, c);
    }
}

/* --- groups -----------------------------------------------------------------
 */

static gboolean
open_group(rtf *f)
{
    flush_bytes(f);
    if (f->depth + 1 >= CH_MAX_RTF_DEPTH) {
        ch_reader_unscanned(f->r, CH_UNSCANNED_LIMIT);
        return FALSE;
    }
    f->groups[f->depth + 1] = f->groups[f->depth];
    f->depth++;
    f->to_skip = 0;
    return TRUE;
}

static void
close_group(rtf *f)
{
    flush_bytes(f);
    f->to_skip = 0;
    f->star = FALSE;
    if (f->depth > 0) {
        target left = f->groups[f->depth].to;
        f->depth--;
        if (left != f->groups[f->depth].to && left != TO_NOTHING) {
            g_string_append_c(f->texts[left], '\n');
        }
    }
}

/* FALSE: not to be read on. */
static gboolean
read_one(rtf *f)
{
    char c = f->data[f->at++];
    if (c == '{') {
        return open_group(f);
    }
    if (c == '}') {
        close_group(f);
        return f->depth > 0; /* what comes behind is no RTF */
    }
    if (c == '\\' && f->at < f->length) {
        if (g_ascii_isalpha(f->data[f->at])) {
            read_word(f);
        } else {
            read_symbol(f);
        }
    } else if (c != '\r' && c != '\n') {
        put_byte(f, c);
    }
    return TRUE;
}

void
ch_read_rtf(ch_reader *r, const char *data, gsize length)
{
    static const ch_where places[] = {CH_WHERE_ATTACHMENT, CH_WHERE_HIDDEN,
                                      CH_WHERE_METADATA};
    g_autofree rtf *f = g_new0(rtf, 1);
    f->r = r;
    f->data = data;
    f->length = length;
    f->groups[0] = (group){TO_SHOWN, 1};
    f->charset = g_strdup("windows-1252");
    f->bytes = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        f->texts[i] = g_string_new(NULL);
    }
    gboolean more = TRUE;
    while (more && f->at < f->length) {
        more = read_one(f);
    }
    flush_bytes(f);
    if (f->depth > 0) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
    if (f->at < f->length) {
        ch_reader_text(r, CH_WHERE_HIDDEN, data + f->at,
                       (gssize)(f->length - f->at));
    }
    for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
        ch_reader_string(r, places[i], f->texts[i]);
        g_string_free(f->texts[i], TRUE);
    }
    g_string_free(f->bytes, TRUE);
    g_free(f->charset);
}
