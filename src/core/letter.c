/*
 * Which mails are letters, and the words in them; see letter.h.
 */
#include "chaperone/letter.h"

#include "chaperone/admission.h"
#include "chaperone/limits.h"

#include <string.h>

/* "ID 01H...", as notices and refusals have it. */
static gboolean
find_id(const char *subject, char id_out[CH_ID_LENGTH + 1])
{
    for (const char *p = strstr(subject, "ID "); p != NULL;
         p = strstr(p + 1, "ID ")) {
        g_strlcpy(id_out, p + 3, CH_ID_LENGTH + 1);
        if (ch_id_is_valid(id_out) && !g_ascii_isalnum(p[3 + CH_ID_LENGTH])) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_letter_find_id(const ch_house *house, const ch_envelope *e, GBytes *raw,
                  char id_out[CH_ID_LENGTH + 1])
{
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        if (!ch_admission_is_check(house, r->address)) {
            return FALSE;
        }
    }
    g_autoptr(ch_message) m = ch_message_parse(raw);
    const char *subject = ch_message_header(m, "Subject");
    return subject != NULL && find_id(subject, id_out);
}

/* The first body; mail programs put the plain one first. */
static const ch_text *
find_body(const ch_message *m)
{
    const GPtrArray *texts = ch_message_texts((ch_message *)m);
    for (guint i = 0; i < texts->len; i++) {
        if (ch_text_where(texts->pdata[i]) == CH_WHERE_BODY) {
            return texts->pdata[i];
        }
    }
    return NULL;
}

static gboolean
is_quoted(const char *line)
{
    return line[0] == '>';
}

/* "On Tuesday Dana wrote:", in whatever words, before what is quoted. */
static gboolean
introduces_quote(char **lines, guint at)
{
    const char *line = lines[at];
    guint next = at + 1;
    while (lines[next] != NULL && lines[next][0] == '\0') {
        next++;
    }
    return g_str_has_suffix(line, ":") && lines[next] != NULL &&
           is_quoted(lines[next]);
}

char *
ch_letter_dup_words(GBytes *raw)
{
    g_autoptr(ch_message) m = ch_message_parse(raw);
    const ch_text *body = find_body(m);
    g_autoptr(GString) words = g_string_new(NULL);
    g_auto(GStrv) lines =
        g_strsplit(body != NULL ? ch_text_plain(body, NULL) : "", "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_strchomp(lines[i]);
    }
    for (guint i = 0; lines[i] != NULL; i++) {
        if (!is_quoted(lines[i]) && !introduces_quote(lines, i)) {
            g_string_append_printf(words, "%s\n", lines[i]);
        }
    }
    g_autofree char *own = g_strstrip(g_strdup(words->str));
    return g_utf8_strlen(own, -1) > CH_MAX_LETTER
               ? g_utf8_substring(own, 0, CH_MAX_LETTER)
               : g_steal_pointer(&own);
}
