/*
 * The envelope in memory and as bytes.
 *
 * Second stop of the walk: the milter fills it, everybody else reads it.  As
 * bytes it is a GVariant in little-endian normal form, so that a stored
 * envelope can be read on another machine.  Addresses are byte strings:
 * nothing here believes that they are UTF-8.  Unpacking is total: damaged
 * bytes are an error, never a crash and never half an envelope.
 */
#include "chaperone/envelope.h"

#include "chaperone/error.h"
#include "chaperone/limits.h"

#include <string.h>

/* Version; sender_arg, sender, esmtp; recipients; login, client_addr, local,
 * queue_id, time_us. */
#define PACKED         "(yayayaaya(ayayaay)maymaybmayx)"
#define PACKED_VERSION 1

static void
recipient_free(gpointer data)
{
    ch_recipient *r = data;
    g_free(r->arg);
    g_free(r->address);
    g_strfreev(r->esmtp);
    g_free(r);
}

static GStrv
dup_esmtp(const char *const *esmtp)
{
    static const char *const none[] = {NULL};
    return g_strdupv((GStrv)(esmtp != NULL ? esmtp : none));
}

ch_envelope *
ch_envelope_new(void)
{
    ch_envelope *e = g_new0(ch_envelope, 1);
    e->sender_arg = g_strdup("<>");
    e->sender = g_strdup("");
    e->esmtp = dup_esmtp(NULL);
    e->recipients = g_ptr_array_new_with_free_func(recipient_free);
    return e;
}

void
ch_envelope_free(ch_envelope *e)
{
    if (e == NULL) {
        return;
    }
    g_free(e->sender_arg);
    g_free(e->sender);
    g_strfreev(e->esmtp);
    g_ptr_array_unref(e->recipients);
    g_free(e->login);
    g_free(e->client_addr);
    g_free(e->queue_id);
    g_free(e);
}

/* --- addresses ----------------------------------------------------------- */

char *
ch_envelope_dup_address(const char *arg)
{
    gsize length = strlen(arg);
    if (length >= 2 && arg[0] == '<' && arg[length - 1] == '>') {
        arg++;
        length -= 2;
    }
    /* RFC 5321 4.1.2: A-d-l ":" before the mailbox; "@" cannot begin one. */
    const char *colon = memchr(arg, ':', length);
    if (length > 0 && arg[0] == '@' && colon != NULL) {
        length -= (gsize)(colon + 1 - arg);
        arg = colon + 1;
    }
    return g_strndup(arg, length);
}

/* Bytes that the MTA may read in its own way: quotes, routes, percent and
 * bang paths, comments; and whatever is not printable ASCII. */
static gboolean
is_plain_byte(guchar c)
{
    return c > 0x20 && c < 0x7f && strchr("\"%!\\()<>[],;:", c) == NULL;
}

gboolean
ch_envelope_is_plain(const char *arg, const char *address)
{
    gsize length = strlen(address);
    const char *at = strchr(address, '@');
    if (at == NULL || at == address || at[1] == '\0' ||
        strchr(at + 1, '@') != NULL || address[length - 1] == '.') {
        return FALSE;
    }
    for (gsize i = 0; i < length; i++) {
        if (!is_plain_byte((guchar)address[i])) {
            return FALSE;
        }
    }
    gsize arg_length = strlen(arg);
    if (arg_length == length + 2 && arg[0] == '<' &&
        arg[arg_length - 1] == '>') {
        return memcmp(arg + 1, address, length) == 0;
    }
    return strcmp(arg, address) == 0;
}

void
ch_envelope_set_sender(ch_envelope *e, const char *arg,
                       const char *const *esmtp)
{
    GStrv words = dup_esmtp(esmtp);
    char *copy = g_strdup(arg);
    g_free(e->sender_arg);
    g_free(e->sender);
    g_strfreev(e->esmtp);
    e->sender_arg = copy;
    e->sender = ch_envelope_dup_address(copy);
    e->esmtp = words;
}

void
ch_envelope_add_recipient(ch_envelope *e, const char *arg, const char *address,
                          const char *const *esmtp)
{
    ch_recipient *r = g_new0(ch_recipient, 1);
    r->arg = g_strdup(arg);
    r->address =
        address != NULL ? g_strdup(address) : ch_envelope_dup_address(arg);
    r->esmtp = dup_esmtp(esmtp);
    g_ptr_array_add(e->recipients, r);
}

/* --- as bytes ------------------------------------------------------------ */

static GVariant *
maybe_string(const char *value)
{
    return g_variant_new_maybe(G_VARIANT_TYPE_BYTESTRING,
                               value != NULL ? g_variant_new_bytestring(value)
                                             : NULL);
}

static GVariant *
string_list(GStrv words)
{
    return g_variant_new_bytestring_array((const char *const *)words, -1);
}

static GVariant *
pack_recipients(const GPtrArray *recipients)
{
    GVariantBuilder list;
    g_variant_builder_init(&list, G_VARIANT_TYPE("a(ayayaay)"));
    for (guint i = 0; i < recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(recipients, i);
        g_variant_builder_add(&list, "(^ay^ay@aay)", r->arg, r->address,
                              string_list(r->esmtp));
    }
    return g_variant_builder_end(&list);
}

/* GVariant is written in the machine's order; ours is little-endian. */
static GVariant *
little_endian(GVariant *value)
{
    return G_BYTE_ORDER == G_LITTLE_ENDIAN ? g_variant_ref(value)
                                           : g_variant_byteswap(value);
}

GBytes *
ch_envelope_pack(const ch_envelope *e)
{
    g_autoptr(GVariant) value = g_variant_ref_sink(g_variant_new(
        "(y^ay^ay@aay@a(ayayaay)@may@mayb@mayx)", PACKED_VERSION, e->sender_arg,
        e->sender, string_list(e->esmtp), pack_recipients(e->recipients),
        maybe_string(e->login), maybe_string(e->client_addr), e->local,
        maybe_string(e->queue_id), e->time_us));
    g_autoptr(GVariant) stored = little_endian(value);
    return g_variant_get_data_as_bytes(stored);
}

/* A byte string that ends with its only NUL, or NULL.  Owned. */
static char *
dup_string(GVariant *value)
{
    gsize length;
    const char *data = g_variant_get_fixed_array(value, &length, 1);
    if (length == 0 || memchr(data, '\0', length) != data + length - 1) {
        return NULL;
    }
    return g_strdup(data);
}

static gboolean
take_string(GVariant *parent, gsize index, char **out)
{
    g_autoptr(GVariant) child = g_variant_get_child_value(parent, index);
    g_free(*out);
    *out = dup_string(child);
    return *out != NULL;
}

static gboolean
take_maybe(GVariant *parent, gsize index, char **out)
{
    g_autoptr(GVariant) child = g_variant_get_child_value(parent, index);
    g_autoptr(GVariant) inner = g_variant_get_maybe(child);
    if (inner == NULL) {
        return TRUE;
    }
    *out = dup_string(inner);
    return *out != NULL;
}

static gboolean
take_list(GVariant *parent, gsize index, GStrv *out)
{
    g_autoptr(GVariant) list = g_variant_get_child_value(parent, index);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        char *word = NULL;
        if (!take_string(list, i, &word)) {
            return FALSE;
        }
        g_ptr_array_add(words, word);
    }
    g_ptr_array_add(words, NULL);
    g_strfreev(*out);
    *out = (GStrv)g_ptr_array_steal(words, NULL);
    return TRUE;
}

static gboolean
take_recipients(GVariant *parent, gsize index, GPtrArray *out)
{
    g_autoptr(GVariant) list = g_variant_get_child_value(parent, index);
    if (g_variant_n_children(list) > CH_MAX_RECIPIENTS) {
        return FALSE;
    }
    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) item = g_variant_get_child_value(list, i);
        ch_recipient *r = g_new0(ch_recipient, 1);
        g_ptr_array_add(out, r);
        if (!take_string(item, 0, &r->arg) ||
            !take_string(item, 1, &r->address) ||
            !take_list(item, 2, &r->esmtp)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
unpack_fields(GVariant *value, ch_envelope *e)
{
    guchar version;
    g_variant_get_child(value, 0, "y", &version);
    g_variant_get_child(value, 7, "b", &e->local);
    g_variant_get_child(value, 9, "x", &e->time_us);
    return version == PACKED_VERSION && take_string(value, 1, &e->sender_arg) &&
           take_string(value, 2, &e->sender) &&
           take_list(value, 3, &e->esmtp) &&
           take_recipients(value, 4, e->recipients) &&
           take_maybe(value, 5, &e->login) &&
           take_maybe(value, 6, &e->client_addr) &&
           take_maybe(value, 8, &e->queue_id);
}

ch_envelope *
ch_envelope_unpack(GBytes *bytes, GError **error)
{
    g_autoptr(GVariant) stored = g_variant_ref_sink(
        g_variant_new_from_bytes(G_VARIANT_TYPE(PACKED), bytes, FALSE));
    g_autoptr(ch_envelope) e = ch_envelope_new();
    if (g_variant_is_normal_form(stored)) {
        g_autoptr(GVariant) value = little_endian(stored);
        if (unpack_fields(value, e)) {
            return g_steal_pointer(&e);
        }
    }
    g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                        "stored envelope is damaged");
    return NULL;
}
