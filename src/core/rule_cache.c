/*
 * The cache of compiled rules: one file in a directory that only we can
 * write.
 *
 *   magic, HMAC-SHA-256 over all that follows, digest of the rules, database
 *
 * Deserialising a database trusts its bytes, so the file must carry our key
 * (store.key_file): without a readable key there is no cache.  The digest
 * covers all that the rule files say, this program's version and what the
 * scanner says of its platform; a file that fits also says that these rules
 * were loaded and their examples right.
 */
#include "rule_cache_int.h"

#include "chaperone/scan.h"
#include "chaperone/version.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC  "CHRULES1"
#define DIGEST 32
#define HEADER (sizeof MAGIC - 1 + DIGEST)

struct rule_cache {
    char *path;
    guint8 *key;
    gsize key_length;
    GChecksum *digest;
    guint8 rules[DIGEST]; /* of the files, once taken */
};

/* Ours or root's, and nobody else may write. */
static gboolean
is_private(const struct stat *st)
{
    return (st->st_uid == geteuid() || st->st_uid == 0) &&
           (st->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

rule_cache *
ch_rule_cache_new(const ch_config *config)
{
    struct stat st;
    g_autofree char *key = NULL;
    gsize length = 0;
    if (config->rules_cache[0] == '\0' || stat(config->rules_cache, &st) != 0 ||
        !S_ISDIR(st.st_mode) || !is_private(&st) ||
        !g_file_get_contents(config->store_key_file, &key, &length, NULL) ||
        length < 16) {
        return NULL;
    }
    rule_cache *cache = g_new0(rule_cache, 1);
    cache->path = g_build_filename(config->rules_cache, "rules.db", NULL);
    cache->key = (guint8 *)g_steal_pointer(&key);
    cache->key_length = length;
    cache->digest = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *platform = ch_scanner_dup_platform();
    ch_rule_cache_add(cache, CH_VERSION, platform, strlen(platform));
    return cache;
}

void
ch_rule_cache_free(rule_cache *cache)
{
    if (cache != NULL) {
        memset(cache->key, 0, cache->key_length);
        g_free(cache->key);
        g_checksum_free(cache->digest);
        g_free(cache->path);
        g_free(cache);
    }
}

void
ch_rule_cache_add(rule_cache *cache, const char *name, const char *data,
                  gsize length)
{
    if (cache != NULL) {
        guint64 size = length;
        g_checksum_update(cache->digest, (const guchar *)name,
                          (gssize)strlen(name) + 1);
        g_checksum_update(cache->digest, (const guchar *)&size, sizeof size);
        g_checksum_update(cache->digest, (const guchar *)data, (gssize)length);
    }
}

static void
take_digest(rule_cache *cache)
{
    gsize size = DIGEST;
    g_autoptr(GChecksum) copy = g_checksum_copy(cache->digest);
    g_checksum_get_digest(copy, cache->rules, &size);
}

static void
compute_mac(const rule_cache *cache, const guint8 *data, gsize length,
            guint8 *mac)
{
    gsize size = DIGEST;
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, cache->key, cache->key_length);
    g_hmac_update(hmac, (const guchar *)"chaperone rules", 16);
    g_hmac_update(hmac, data, (gssize)length);
    g_hmac_get_digest(hmac, mac, &size);
    g_hmac_unref(hmac);
}

/* In a time that does not depend on where they differ. */
static gboolean
is_equal(const guint8 *a, const guint8 *b, gsize length)
{
    guint8 differ = 0;
    for (gsize i = 0; i < length; i++) {
        differ |= a[i] ^ b[i];
    }
    return differ == 0;
}

GBytes *
ch_rule_cache_load(rule_cache *cache)
{
    struct stat st;
    g_autofree char *data = NULL;
    gsize length = 0;
    guint8 mac[DIGEST];
    if (cache == NULL) {
        return NULL;
    }
    take_digest(cache);
    if (lstat(cache->path, &st) != 0 || !S_ISREG(st.st_mode) ||
        !is_private(&st) ||
        !g_file_get_contents(cache->path, &data, &length, NULL) ||
        length < HEADER + DIGEST ||
        memcmp(data, MAGIC, sizeof MAGIC - 1) != 0) {
        return NULL;
    }
    const guint8 *bytes = (const guint8 *)data;
    compute_mac(cache, bytes + HEADER, length - HEADER, mac);
    if (!is_equal(mac, bytes + sizeof MAGIC - 1, DIGEST) ||
        !is_equal(cache->rules, bytes + HEADER, DIGEST)) {
        return NULL;
    }
    return g_bytes_new(bytes + HEADER + DIGEST, length - HEADER - DIGEST);
}

void
ch_rule_cache_save(rule_cache *cache, GBytes *database)
{
    if (cache == NULL) {
        return;
    }
    gsize size = 0;
    const void *bytes =
        database == NULL ? NULL : g_bytes_get_data(database, &size);
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_byte_array_append(out, (const guint8 *)MAGIC, sizeof MAGIC - 1);
    g_byte_array_set_size(out, (guint)HEADER);
    g_byte_array_append(out, cache->rules, DIGEST);
    if (size > 0) {
        g_byte_array_append(out, bytes, (guint)size);
    }
    compute_mac(cache, out->data + HEADER, out->len - HEADER,
                out->data + sizeof MAGIC - 1);
    /* Whole or not at all; a cache that cannot be written is none. */
    g_file_set_contents_full(cache->path, (const char *)out->data,
                             (gssize)out->len, G_FILE_SET_CONTENTS_CONSISTENT,
                             0600, NULL);
}
