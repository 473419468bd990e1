/*
 * Any code, status and lines, one a line of input, are a reply that an MTA
 * takes: paired, printable, within the caps, every percent sign doubled.
 */
#include "chaperone/limits.h"
#include "chaperone/reply.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void
check_line(const char *line)
{
    gsize length = strlen(line), percents = 0;
    g_assert(length >= 1 && length <= CH_MAX_REPLY_LINE);
    for (const char *p = line; *p != '\0'; p++) {
        g_assert(*p >= ' ' && *p <= '~');
        percents += *p == '%';
    }
    g_autofree char *escaped = ch_reply_dup_escaped(line);
    g_assert(strlen(escaped) == length + percents);
    for (const char *p = escaped; *p != '\0'; p++) {
        if (*p == '%') {
            g_assert(*++p == '%');
        }
    }
    g_auto(GStrv) pieces = g_strsplit(escaped, "%%", -1);
    g_autofree char *back = g_strjoinv("%", pieces);
    g_assert_cmpstr(back, ==, line);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) input = g_strsplit(text, "\n", -1);
    guint count = g_strv_length(input);
    const char *code = count > 0 ? input[0] : "";
    const char *status = count > 1 ? input[1] : "";
    const char *const *lines =
        (const char *const *)(count > 2 ? input + 2 : input + count);
    g_autoptr(ch_reply) reply = ch_reply_new(code, status, lines);
    g_assert(reply->code[0] == '4' || reply->code[0] == '5');
    g_assert(strlen(reply->code) == 3);
    g_assert(strspn(reply->code, "0123456789") == 3);
    /* RFC 3463 2: class "." subject "." detail, up to three digits each. */
    g_assert(reply->status[0] == reply->code[0]);
    g_assert(g_regex_match_simple("^[45]\\.[0-9]{1,3}\\.[0-9]{1,3}\\z",
                                  reply->status, 0, 0));
    g_assert(reply->lines->len >= 1);
    g_assert(reply->lines->len <= CH_MAX_REPLY_LINES);
    for (guint i = 0; i < reply->lines->len; i++) {
        check_line(reply->lines->pdata[i]);
    }
    return 0;
}
