/*
 * Which header fields are read, and how.
 *
 * Some gateways publish the subject, some show names and keywords; X- fields
 * are where mail clients and templates leave text.  Addresses themselves,
 * ids, dates, traces and what filters add are not read: they are full of
 * digits that mean nothing.  Also tells which fields may not stand twice.
 */
#include "core/message_int.h"

#include "chaperone/authorization.h"

#include <string.h>

typedef struct {
    const char *name;
    gboolean addresses; /* only what stands beside the addr-specs is text */
} readable_field;

static const readable_field readable[] = {
    {"from", TRUE},
    {"sender", TRUE},
    {"reply-to", TRUE},
    {"to", TRUE},
    {"cc", TRUE},
    {"bcc", TRUE},
    {"resent-from", TRUE},
    {"resent-to", TRUE},
    {"keywords", FALSE},
    {"comments", FALSE},
    {"organization", FALSE},
    {"organisation", FALSE},
    {"thread-topic", FALSE},
    {"content-description", FALSE},
    {"summary", FALSE},
    {"title", FALSE},
};

/* X- fields that programs write: by start of the name ... */
static const char *const program_fields[] = {
    "x-mailer",       "x-originating-",  "x-google-",    "x-gm-",
    "x-ms-",          "x-microsoft-",    "x-forefront-", "x-received",
    "x-spam",         "x-virus",         "x-priority",   "x-msmail-",
    "x-mimeole",      "x-proofpoint",    "x-sg-",        "x-ses-",
    "x-mc-",          "x-chaperone-",    "x-original-",  "x-delivered-",
    "x-envelope-",    "x-authenti",      "x-php-",       "x-sender",
    "x-exchange",     "x-ironport-",     "x-mimecast-",  "x-pm-",
    "x-report-abuse", "x-uidl",          "x-mozilla-",   "x-account-",
    "x-identity-",    "x-antivirus",     "x-scanned",    "x-accept-",
    "x-yahoo",        "x-ymail",         "x-rocket",     "x-universally-",
    "x-apple-",       "x-mailgun",       "x-evolution",  "x-source",
    "x-get-message-", "x-beenthere",     "x-list",       "x-loop",
    "x-mailman-",     "x-barracuda",     "x-sophos",     "x-mimetrack",
    "x-tm-",          "x-eopattributed", "x-face",       "x-sonic-",
    "x-csa-",         "x-dkim",          "x-arc-",       "x-zm-",
    "x-rspamd",       "x-amavis",        "x-clam",       "x-greylist",
    "x-policyd",      "x-postfix",       "x-sendmail",   "x-ovh-",
};
/* ... or by its end. */
static const char *const program_ends[] = {
    "-id",        "-date", "-time", "-ip",    "-version", "-host", "-hash",
    "-signature", "-uuid", "-guid", "-score", "-status",  "-key",
};

static gboolean
is_program_field(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(program_fields); i++) {
        if (g_str_has_prefix(name, program_fields[i])) {
            return TRUE;
        }
    }
    for (gsize i = 0; i < G_N_ELEMENTS(program_ends); i++) {
        if (g_str_has_suffix(name, program_ends[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Not to be read: NULL. */
static const readable_field *
find_readable(const char *name)
{
    static const readable_field extension = {"x-", FALSE};
    for (gsize i = 0; i < G_N_ELEMENTS(readable); i++) {
        if (strcmp(readable[i].name, name) == 0) {
            return &readable[i];
        }
    }
    return g_str_has_prefix(name, "x-") && !is_program_field(name) ? &extension
                                                                   : NULL;
}

/* End of an addr-spec that starts at, or at: there is none.  "<...@...>"
 * with blanks in it is text. */
static gsize
addr_end(const char *s, gsize at, gsize len)
{
    gboolean bracket = s[at] == '<', has_at = FALSE;
    gsize i = bracket ? at + 1 : at;
    for (; i < len && strchr(" \t,;<>()\"", s[i]) == NULL; i++) {
        has_at = has_at || s[i] == '@';
    }
    if (!has_at || (bracket && (i == len || s[i] != '>'))) {
        return at;
    }
    return bracket ? i + 1 : i;
}

static gboolean
has_letter_or_digit(const char *s)
{
    for (; *s != '\0'; s = g_utf8_next_char(s)) {
        if (g_unichar_isalnum(g_utf8_get_char(s))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The display names and comments of an address field: its text without the
 * addr-specs. */
static void
add_names(ch_message *m, const char *value, int part)
{
    g_autoptr(GBytes) all = g_bytes_new(value, strlen(value));
    g_autoptr(GBytes) source = ch_message_admit(m, all, part);
    if (source == NULL) {
        return;
    }
    gsize len;
    const char *s = g_bytes_get_data(source, &len);
    g_autoptr(ch_text) text = ch_text_new(CH_WHERE_HEADER, part, source);
    gsize start = 0;
    gboolean at_word = TRUE;
    for (gsize i = 0; i < len;) {
        gsize end = at_word || s[i] == '<' ? addr_end(s, i, len) : i;
        if (end > i) {
            ch_text_add_copy(text, (ch_span){start, i});
            start = i = end;
        }
        at_word = i < len && strchr(" \t,;<>()\"", s[i]) != NULL;
        i += i < len;
    }
    ch_text_add_copy(text, (ch_span){start, len});
    if (has_letter_or_digit(ch_text_plain(text, NULL))) {
        g_ptr_array_add(m->texts, g_steal_pointer(&text));
    }
}

/* The mail's own subject: what names an authorization is not published. */
static void
add_own_subject(ch_message *m, const char *subject)
{
    g_autoptr(GBytes) all = g_bytes_new(subject, strlen(subject));
    g_autoptr(GBytes) source = ch_message_admit(m, all, -1);
    ch_text *text = source == NULL ? NULL : ch_auth_subject_text(-1, source);
    if (text != NULL) {
        g_ptr_array_add(m->texts, text);
    }
}

static void
read_field(ch_message *m, const ch_field *field, int part)
{
    if (strcmp(field->name, "subject") == 0) {
        g_autofree char *subject = ch_field_dup_decoded(m, field);
        if (part < 0) {
            add_own_subject(m, subject);
        } else {
            ch_message_add_string(m, CH_WHERE_SUBJECT, part, subject);
        }
        return;
    }
    const readable_field *how = find_readable(field->name);
    if (how == NULL) {
        return;
    }
    g_autofree char *value = ch_field_dup_decoded(m, field);
    if (how->addresses) {
        add_names(m, value, part);
    } else if (has_letter_or_digit(value)) {
        ch_message_add_string(m, CH_WHERE_HEADER, part, value);
    }
}

/* MIME-Version is often repeated word for word by gateways; only one that
 * says something else is odd. */
static gboolean
versions_differ(const ch_message *m, const ch_head *head)
{
    g_autofree char *first = NULL;
    for (guint i = 0; i < head->fields->len; i++) {
        const ch_field *field = g_ptr_array_index(head->fields, i);
        if (strcmp(field->name, "mime-version") != 0) {
            continue;
        }
        g_autofree char *value = ch_field_dup_decoded(m, field);
        if (first == NULL) {
            first = g_steal_pointer(&value);
        } else if (g_ascii_strcasecmp(first, value) != 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static void
check_head(ch_message *m, const ch_head *head, int part)
{
    static const char *const once[] = {"content-type", "from", "subject",
                                       "content-transfer-encoding",
                                       "content-disposition"};
    for (gsize i = 0; i < G_N_ELEMENTS(once); i++) {
        if (ch_head_count(head, once[i]) > 1) {
            ch_message_add_defect(m, CH_DEFECT_DUPLICATE_HEADER, part);
        }
    }
    if (versions_differ(m, head)) {
        ch_message_add_defect(m, CH_DEFECT_DUPLICATE_HEADER, part);
    }
    if (head->junk.end != 0 || head->has_nul) {
        ch_message_add_defect(m, CH_DEFECT_BAD_HEADER, part);
    }
    if (head->capped) {
        ch_message_add_unscanned(m, CH_UNSCANNED_LIMIT, part);
    }
}

void
ch_message_read_head(ch_message *m, const ch_head *head, int part)
{
    check_head(m, head, part);
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < head->fields->len; i++) {
            const ch_field *field = g_ptr_array_index(head->fields, i);
            gboolean subject = strcmp(field->name, "subject") == 0;
            if (subject == (pass == 0)) {
                read_field(m, field, part); /* subjects stand first */
            }
        }
    }
    if (head->junk.end != 0) {
        ch_message_add_raw(m, CH_WHERE_HIDDEN, part, head->junk);
    }
}
