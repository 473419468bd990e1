/*
 * A growing list of complaints about files; printed or handed on as a whole.
 */
#include "chaperone/diag.h"

#include "chaperone/error.h"

struct ch_diag {
    GPtrArray *lines; /* of char * */
};

ch_diag *
ch_diag_new(void)
{
    ch_diag *diag = g_new0(ch_diag, 1);
    diag->lines = g_ptr_array_new_with_free_func(g_free);
    return diag;
}

void
ch_diag_free(ch_diag *diag)
{
    if (diag != NULL) {
        g_ptr_array_unref(diag->lines);
        g_free(diag);
    }
}

void
ch_diag_add(ch_diag *diag, const char *file, guint line, guint column,
            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    g_ptr_array_add(diag->lines, line == 0
                                     ? g_strdup_printf("%s: %s", file, what)
                                     : g_strdup_printf("%s:%u:%u: %s", file,
                                                       line, column, what));
}

guint
ch_diag_count(const ch_diag *diag)
{
    return diag->lines->len;
}

char *
ch_diag_dup_text(const ch_diag *diag)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < diag->lines->len; i++) {
        g_string_append_printf(text, "%s%s", i == 0 ? "" : "\n",
                               (const char *)diag->lines->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

gboolean
ch_diag_ok(const ch_diag *diag, GError **error)
{
    if (diag->lines->len == 0) {
        return TRUE;
    }
    g_autofree char *text = ch_diag_dup_text(diag);
    g_set_error_literal(error, CH_ERROR, CH_ERROR_CONFIG, text);
    return FALSE;
}
