/*
 * Mail files to what an MTA passes on of them.
 *
 * A file is read as Postfix's cleanup would take it: folded header fields
 * travel as one value with LF inside, the body with CRLF at each line's end.
 * The envelope is From and To.  Nothing is decoded or judged here.
 */
#include "load_mail.h"

#include <string.h>

static void
header_free(gpointer data)
{
    load_header *header = data;
    g_free(header->name);
    g_free(header->value);
    g_free(header);
}

static void
mail_free(gpointer data)
{
    load_mail *mail = data;
    g_free(mail->file);
    g_free(mail->expected);
    g_free(mail->sender);
    g_ptr_array_unref(mail->recipients);
    g_ptr_array_unref(mail->headers);
    g_string_free(mail->body, TRUE);
    g_free(mail);
}

/* What stands between < and >, else the trimmed text.  Owned. */
static char *
dup_address(const char *text)
{
    const char *open = strchr(text, '<');
    const char *end = open != NULL ? strchr(open, '>') : NULL;
    return end != NULL ? g_strndup(open + 1, (gsize)(end - open - 1))
                       : g_strstrip(g_strdup(text));
}

static void
take_envelope(load_mail *mail, const load_header *header)
{
    if (g_ascii_strcasecmp(header->name, "From") == 0) {
        g_free(mail->sender);
        mail->sender = dup_address(header->value);
    } else if (g_ascii_strcasecmp(header->name, "To") == 0) {
        g_auto(GStrv) list = g_strsplit(header->value, ",", -1);
        for (guint i = 0; list[i] != NULL; i++) {
            g_ptr_array_add(mail->recipients, dup_address(list[i]));
        }
    }
}

/* Ends of the header field at text: before its last line end. */
static const char *
field_end(const char *text, const char *end)
{
    const char *line = memchr(text, '\n', (gsize)(end - text));
    while (line != NULL && line + 1 < end &&
           (line[1] == ' ' || line[1] == '\t')) {
        line = memchr(line + 1, '\n', (gsize)(end - line - 1));
    }
    return line != NULL ? line : end;
}

/* The header fields; returns where the body begins. */
static const char *
take_headers(load_mail *mail, const char *text, const char *end)
{
    while (text < end && *text != '\n') {
        const char *stop = field_end(text, end);
        const char *colon = memchr(text, ':', (gsize)(stop - text));
        if (colon == NULL) {
            return text;
        }
        load_header *header = g_new(load_header, 1);
        header->name = g_strndup(text, (gsize)(colon - text));
        header->value = g_strndup(colon + 1, (gsize)(stop - colon - 1));
        g_ptr_array_add(mail->headers, header);
        take_envelope(mail, header);
        text = stop < end ? stop + 1 : end;
    }
    return text < end ? text + 1 : end;
}

static void
take_body(load_mail *mail, const char *text, const char *end)
{
    while (text < end) {
        const char *line = memchr(text, '\n', (gsize)(end - text));
        const char *stop = line != NULL ? line : end;
        g_string_append_len(mail->body, text, stop - text);
        g_string_append(mail->body, "\r\n");
        text = line != NULL ? line + 1 : end;
    }
}

static load_mail *
read_mail(const char *directory, const char *file, GError **error)
{
    g_autofree char *path = g_build_filename(directory, file, NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, error)) {
        return NULL;
    }
    load_mail *mail = g_new0(load_mail, 1);
    mail->file = g_strdup(file);
    mail->expected = g_strndup(file, strcspn(file, "-."));
    mail->sender = g_strdup("sender@practice.example");
    mail->recipients = g_ptr_array_new_with_free_func(g_free);
    mail->headers = g_ptr_array_new_with_free_func(header_free);
    mail->body = g_string_sized_new(length + length / 40);
    mail->bytes = length;
    char *end = text; /* the same without CR: fields and body get their own */
    for (gsize i = 0; i < length; i++) {
        if (text[i] != '\r') {
            *end++ = text[i];
        }
    }
    take_body(mail, take_headers(mail, text, end), end);
    return mail;
}

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *
load_mail_read_directory(const char *path, GError **error)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, error);
    if (directory == NULL) {
        return NULL;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(directory)) != NULL) {
        if (g_str_has_suffix(name, ".eml")) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_sort(names, compare_names);
    g_autoptr(GPtrArray) mails = g_ptr_array_new_with_free_func(mail_free);
    for (guint i = 0; i < names->len; i++) {
        load_mail *mail = read_mail(path, names->pdata[i], error);
        if (mail == NULL) {
            return NULL;
        }
        g_ptr_array_add(mails, mail);
    }
    if (mails->len == 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
                    "%s holds no .eml files", path);
        return NULL;
    }
    return g_steal_pointer(&mails);
}
