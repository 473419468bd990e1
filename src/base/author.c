/*
 * Who wrote a mail, as far as it is proven (CONTRACT.md, "Author").
 */
#include "chaperone/config.h"

#include <gio/gio.h>

static gboolean
is_trusted_client(const ch_config *config, const char *address)
{
    g_autoptr(GInetAddress) client =
        address == NULL ? NULL : g_inet_address_new_from_string(address);
    for (guint i = 0; client != NULL && config->authors_trusted[i] != NULL;
         i++) {
        g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(
            config->authors_trusted[i], NULL);
        if (mask != NULL && g_inet_address_mask_matches(mask, client)) {
            return TRUE;
        }
    }
    return FALSE;
}

char *
ch_config_dup_author(const ch_config *config, const ch_envelope *e)
{
    if (e->login != NULL && e->login[0] != '\0') {
        return g_strdup(e->login);
    }
    if (e->sender[0] == '\0') {
        return NULL;
    }
    if (e->local) {
        const char *at = strrchr(e->sender, '@');
        g_autofree char *user =
            g_strndup(e->sender,
                      at == NULL ? strlen(e->sender) : (gsize)(at - e->sender));
        g_autofree char *entry = g_strconcat("local:", user, NULL);
        return g_strv_contains((const char *const *)config->authors_trusted,
                               entry)
                   ? g_steal_pointer(&user)
                   : NULL;
    }
    /* A trusted submitter answers for the sender that it names. */
    return is_trusted_client(config, e->client_addr) ? g_strdup(e->sender)
                                                     : NULL;
}

char *
ch_config_dup_author_address(const ch_config *config, const char *author)
{
    if (strchr(author, '@') != NULL || config->practice_domains[0] == NULL) {
        return g_strdup(author);
    }
    return g_strconcat(author, "@", config->practice_domains[0], NULL);
}
