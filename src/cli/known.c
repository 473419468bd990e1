/*
 * The configured store's register, if it can be read; read when the first
 * input names an authorization, so that nothing else asks for a store.
 */
#include "known.h"

#include "cli.h"

struct ch_known {
    const ch_config *config;
    GMutex lock; /* guards the following */
    gboolean asked;
    GPtrArray *list; /* or NULL */
};

ch_known *
ch_known_new(const ch_config *config)
{
    ch_known *known = g_new0(ch_known, 1);
    known->config = config;
    g_mutex_init(&known->lock);
    return known;
}

void
ch_known_free(ch_known *known)
{
    if (known != NULL) {
        g_clear_pointer(&known->list, g_ptr_array_unref);
        g_mutex_clear(&known->lock);
        g_free(known);
    }
}

static gboolean
names_one(const ch_input *input)
{
    g_autoptr(GPtrArray) named =
        input->raw != NULL
            ? ch_auth_find(input->raw)
            : ch_auth_find_plain(input->post.subject, input->post.headers);
    return named->len > 0;
}

static GPtrArray *
read_list(const ch_config *config)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ch_store) store =
        ch_store_open(config->store_url, config->store_key_file, FALSE, &error);
    GPtrArray *list =
        store != NULL ? ch_store_authorizations(store, &error) : NULL;
    if (list == NULL) {
        fprintf(stderr, "chaperone: no authorization is known here: %s\n",
                error->message);
    }
    return list;
}

const GPtrArray *
ch_known_for(ch_known *known, const ch_input *input)
{
    if (!names_one(input)) {
        return NULL;
    }
    g_mutex_lock(&known->lock);
    if (!known->asked) {
        known->asked = TRUE;
        known->list = read_list(known->config);
    }
    g_mutex_unlock(&known->lock);
    return known->list;
}
