/*
 * Which mails are drafts; see draft.h.  Looks at recipients and header alone.
 */
#include "chaperone/draft.h"

#include "chaperone/admission.h"
#include "core/message_int.h"

#include <string.h>

/* "[check]", in any case, blanks inside the brackets forgiven. */
static gboolean
has_mark(const char *subject)
{
    for (const char *p = strchr(subject, '['); p != NULL;
         p = strchr(p + 1, '[')) {
        const char *word = p + 1 + strspn(p + 1, " \t");
        if (g_ascii_strncasecmp(word, "check", 5) == 0 &&
            word[5 + strspn(word + 5, " \t")] == ']') {
            return TRUE;
        }
    }
    return FALSE;
}

typedef gboolean (*field_test)(const char *value);

/* Whether a field of that name (lower case) passes the test. */
static gboolean
any_field(GBytes *raw, const char *name, field_test test)
{
    ch_message m = {.raw = raw};
    m.data = g_bytes_get_data(raw, &m.length);
    g_autoptr(ch_head) head = ch_head_scan(&m, 0, m.length);
    for (guint i = 0; i < head->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(head->fields, i);
        if (strcmp(field->name, name) == 0) {
            g_autofree char *value = ch_field_dup_decoded(&m, field);
            if (test(value)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

gboolean
ch_draft_is_one(const ch_house *house, const ch_envelope *e, GBytes *raw)
{
    gboolean gateway = FALSE;
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        if (ch_admission_is_check(house, r->address)) {
            return TRUE;
        }
        gateway = gateway || ch_house_gateway(house, r->address, NULL) != NULL;
    }
    return gateway && any_field(raw, "subject", has_mark);
}

gboolean
ch_draft_has_people(const ch_house *house, const ch_envelope *e)
{
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = e->recipients->pdata[i];
        if (!ch_admission_is_check(house, r->address) &&
            ch_house_gateway(house, r->address, NULL) == NULL) {
            return TRUE;
        }
    }
    return FALSE;
}

/* RFC 3834 5: "no", perhaps with parameters or a comment, is a person. */
static gboolean
is_not_no(const char *value)
{
    value += strspn(value, " \t");
    return g_ascii_strncasecmp(value, "no", 2) != 0 ||
           g_ascii_isalnum(value[2]) || value[2] == '-';
}

static gboolean
is_bulk(const char *value)
{
    static const char *const words[] = {"bulk", "junk", "list", NULL};
    g_autofree char *word = g_strstrip(g_ascii_strdown(value, -1));
    return g_strv_contains(words, word);
}

static gboolean
is_there(const char *value)
{
    return value != NULL;
}

gboolean
ch_draft_is_automatic(const ch_envelope *e, GBytes *raw)
{
    return e->sender[0] == '\0' ||
           any_field(raw, "auto-submitted", is_not_no) ||
           any_field(raw, "precedence", is_bulk) ||
           any_field(raw, "list-id", is_there);
}
