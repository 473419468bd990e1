/*
 * Times, JSON and words from outside, printed alike by every command.
 */
#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

char *
ch_print_dup_time(gint64 time_us)
{
    g_autoptr(GDateTime) t =
        time_us < 0 ? NULL
                    : g_date_time_new_from_unix_utc(time_us / G_USEC_PER_SEC);
    return t != NULL ? g_date_time_format(t, "%Y-%m-%dT%H:%M:%SZ") : NULL;
}

/* Control characters and those that turn the direction of text could show
 * something else than what is there. */
static gboolean
is_harmless(gunichar c)
{
    return c == '\n' || c == '\r' || c == '\t' ||
           !(g_unichar_iscntrl(c) || (c >= 0x202a && c <= 0x202e) ||
             (c >= 0x2066 && c <= 0x2069));
}

char *
ch_print_dup_safe(const char *text)
{
    if (text == NULL) {
        return g_strdup("-");
    }
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *out = g_string_new(NULL);
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        g_string_append_unichar(out, is_harmless(c) ? c : '?');
    }
    return g_string_free(out, FALSE);
}

void
ch_print_add_text(JsonBuilder *b, const char *name, const char *value)
{
    json_builder_set_member_name(b, name);
    if (value != NULL) {
        g_autofree char *valid = g_utf8_make_valid(value, -1);
        json_builder_add_string_value(b, valid);
    } else {
        json_builder_add_null_value(b);
    }
}

void
ch_print_add_time(JsonBuilder *b, const char *name, gint64 time_us)
{
    g_autofree char *text = ch_print_dup_time(time_us);
    ch_print_add_text(b, name, text);
}

void
ch_print_line(JsonBuilder *b)
{
    g_autoptr(JsonGenerator) generator = json_generator_new();
    json_builder_end_object(b);
    g_autoptr(JsonNode) root = json_builder_get_root(b);
    json_generator_set_root(generator, root);
    g_autofree char *line = json_generator_to_data(generator, NULL);
    printf("%s\n", line);
}

int
ch_print_finish(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return EX_OK;
    }
    fprintf(stderr, "chaperone: standard output: %s\n", g_strerror(errno));
    return EX_IOERR;
}
