/*
 * Authorizations: the IDs, and what a valid one does to findings.
 *
 * Last step of the walk before policy.  A written authorization answers the
 * question "may this be shown?" and no other: it turns a hold of a rule that
 * names its scope into a tag, never a refusal, and nothing that it was not
 * given for.
 */
#include "chaperone/authorization.h"

#include "chaperone/ruleset.h"

#include <string.h>

static const struct {
    const char *name;
    ch_auth_scope scope;
} scopes[] = {
    {"photo", CH_AUTH_PHOTO},
    {"testimonial", CH_AUTH_TESTIMONIAL},
    {"story", CH_AUTH_STORY},
};

const char *
ch_auth_scope_name(ch_auth_scope scope)
{
    for (gsize i = 0; i < G_N_ELEMENTS(scopes); i++) {
        if (scopes[i].scope == scope) {
            return scopes[i].name;
        }
    }
    return "?";
}

gboolean
ch_auth_scope_parse(const char *name, ch_auth_scope *scope_out)
{
    for (gsize i = 0; i < G_N_ELEMENTS(scopes); i++) {
        if (strcmp(scopes[i].name, name) == 0) {
            *scope_out = scopes[i].scope;
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
ch_auth_is_id(const char *id)
{
    gsize length = strlen(id);
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isalnum(id[i]) && strchr("._-", id[i]) == NULL) {
            return FALSE;
        }
    }
    return length >= 1 && length <= CH_AUTH_MAX_ID;
}

void
ch_authorization_free(ch_authorization *a)
{
    if (a != NULL) {
        g_free(a->id);
        g_free(a->until);
        g_free(a->added_by);
        g_free(a->revoked_by);
        g_free(a);
    }
}

/* --- what they change ----------------------------------------------------- */

static const ch_authorization *
find_known(const GPtrArray *known, const char *id)
{
    for (guint i = 0; known != NULL && i < known->len; i++) {
        const ch_authorization *a = g_ptr_array_index(known, i);
        if (strcmp(a->id, id) == 0) {
            return a;
        }
    }
    return NULL;
}

/* Why an authorization counts for nothing; 0: it is good. */
static guint
trouble_with(const ch_authorization *a, gint64 when_us)
{
    return a == NULL                ? CH_AUTH_UNKNOWN
           : a->revoked_us >= 0     ? CH_AUTH_REVOKED
           : when_us >= a->until_us ? CH_AUTH_EXPIRED
                                    : 0;
}

static void
cover(GArray *findings, ch_auth_scope scope, const char *id)
{
    for (guint i = 0; i < findings->len; i++) {
        ch_finding *f = &g_array_index(findings, ch_finding, i);
        if ((f->rule->authorization & scope) != 0 && f->authorization == NULL &&
            f->asked > CH_ACCEPT && f->asked < CH_REJECT) {
            f->authorization = id;
            f->asked = f->action = CH_TAG;
        }
    }
}

/* Something waits for an authorization that was not named. */
static gboolean
is_left_uncovered(const GArray *findings)
{
    for (guint i = 0; i < findings->len; i++) {
        const ch_finding *f = &g_array_index(findings, ch_finding, i);
        if (f->rule->authorization != 0 && f->authorization == NULL &&
            f->asked == CH_QUARANTINE) {
            return TRUE;
        }
    }
    return FALSE;
}

guint
ch_auth_apply(const GPtrArray *named, const GPtrArray *known, gint64 when_us,
              GArray *findings)
{
    guint troubles = 0;
    gboolean any_good = FALSE;
    for (guint i = 0; i < named->len; i++) {
        const char *id = g_ptr_array_index(named, i);
        const ch_authorization *a = find_known(known, id);
        guint trouble = trouble_with(a, when_us);
        troubles |= trouble;
        if (trouble == 0) {
            any_good = TRUE;
            cover(findings, a->scope, id);
        }
    }
    return troubles |
           (any_good && is_left_uncovered(findings) ? (guint)CH_AUTH_OTHER_SCOPE
                                                    : 0);
}

/* --- what the author is told ---------------------------------------------- */

static const struct {
    ch_auth_trouble trouble;
    const char *id, *text, *text_es;
} hints[] = {
    {CH_AUTH_UNKNOWN, "authorization/unknown",
     "The post names an authorization that is not in the register: check its "
     "ID.",
     "La publicación nombra una autorización que no está en el registro: "
     "compruebe su ID."},
    {CH_AUTH_EXPIRED, "authorization/expired",
     "The post names an authorization that has ended, or will have when the "
     "post is published.",
     "La publicación nombra una autorización que ya no vale, o no valdrá "
     "cuando se publique."},
    {CH_AUTH_REVOKED, "authorization/revoked",
     "The post names an authorization that the patient has revoked.",
     "La publicación nombra una autorización que el paciente revocó."},
    {CH_AUTH_OTHER_SCOPE, "authorization/scope",
     "The authorization is not for all that is shown: a photo, a testimonial "
     "and a story need one each.",
     "La autorización no es para todo lo que se muestra: una foto, un "
     "testimonio y una historia necesitan cada una la suya."},
};

const char *
ch_auth_hint_id(ch_auth_trouble trouble)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hints); i++) {
        if (hints[i].trouble == trouble) {
            return hints[i].id;
        }
    }
    return NULL;
}

const char *
ch_auth_hint_text(const char *id, gboolean spanish)
{
    for (gsize i = 0; i < G_N_ELEMENTS(hints); i++) {
        if (strcmp(hints[i].id, id) == 0) {
            return spanish ? hints[i].text_es : hints[i].text;
        }
    }
    return NULL;
}
