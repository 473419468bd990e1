/*
 * social-handle: name of an account, "@name"; a number or characteristic that
 * is one person's, 45 CFR 164.514(b)(2)(i)(R).
 *
 * At most 30 characters, as the large networks allow.  What follows a letter
 * or a full stop is the host of a mail address, and "@" before a number or a
 * rule of CSS is none.
 */
#include "kinds.h"

static const char *const rules[] = {"@media",    "@import",  "@font",
                                    "@page",     "@charset", "@keyframes",
                                    "@supports", NULL};

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    g_autofree char *value =
        g_strndup(in->data + span->start, span->end - span->start);
    return !g_strv_contains(rules, value);
}

const ch_entity_kind ch_entity_social_handle = {
    "social-handle",
    "(?<![a-z0-9._%+@/-])@(?=[0-9_.]{0,29}[a-z])[a-z0-9_](?:[a-z0-9_.]{0,28}"
    "[a-z0-9_])(?![a-z0-9_@]|\\.[a-z0-9])",
    accept, ch_own_has_handle};
