/*
 * The retry rule: which two mails are the same message.
 *
 * A mail client that did not see our 250 sends again, with another Date and
 * perhaps another Message-ID, through other hops.  The digest therefore
 * covers author, sender, recipients in any order, and the content without
 * the fields that each try writes anew.  It is keyed: who reads the database
 * cannot test guesses about content against it.
 */
#include "record/store_int.h"

#include <string.h>

/* Fields that differ between two tries of one message: RFC 5322 3.6.1,
 * 3.6.4, 3.6.7; RFC 8601, RFC 6376, RFC 8617.  "-" at the end: any name that
 * starts so. */
static const char *const dropped[] = {
    "Message-ID",
    "Date",
    "Return-Path",
    "Received",
    "Authentication-Results",
    "DKIM-Signature",
    "ARC-",
    "X-Chaperone-",
};

static gboolean
is_kept(const char *name, gsize length)
{
    for (gsize i = 0; i < G_N_ELEMENTS(dropped); i++) {
        gsize n = strlen(dropped[i]);
        gboolean prefix = dropped[i][n - 1] == '-';
        if ((prefix ? length > n : length == n) &&
            g_ascii_strncasecmp(name, dropped[i], n) == 0) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The local part belongs to the other side (RFC 5321 2.4); domains have no
 * case.  Owned. */
static char *
dup_comparable(const char *address)
{
    char *copy = g_strdup(address);
    char *at = strrchr(copy, '@');
    for (char *p = at; p != NULL && *p != '\0'; p++) {
        *p = g_ascii_tolower(*p);
    }
    return copy;
}

static gint
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
add_recipients(ch_hash *hash, const GPtrArray *recipients)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(recipients, i);
        g_ptr_array_add(sorted, dup_comparable(r->address));
    }
    g_ptr_array_sort(sorted, compare_strings);
    ch_hash_add_int(hash, sorted->len);
    for (guint i = 0; i < sorted->len; i++) {
        ch_hash_add_string(hash, g_ptr_array_index(sorted, i));
    }
}

void
ch_retry_key(const ch_seal *seal, const ch_envelope *e, const char *author,
             GBytes *raw, guint8 key_out[CH_DIGEST_BYTES])
{
    ch_hash *hash = ch_hash_new(seal, CH_HASH_RETRY);
    g_autofree char *sender = dup_comparable(e->sender);
    ch_hash_add_string(hash, author);
    ch_hash_add_string(hash, sender);
    add_recipients(hash, e->recipients);
    ch_content_add(hash, raw, is_kept);
    ch_hash_finish(hash, key_out);
}
