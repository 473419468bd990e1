/*
 * Keys: the store's key file, what is derived from it, items sealed with it.
 *
 * The key file gives one master key.  Each use has a key of its own, derived
 * by crypto_kdf, so that a hash in a mail header says nothing about a sealed
 * item.  The ledger's comes from a file beside it that only the milter's user
 * reads: who can open items, as the review page can, cannot forge the chain.
 * Every item is encrypted under a random key; that key, 72 bytes sealed, is all
 * that must be destroyed to destroy the item.  Both are bound to the item's ID:
 * swapped rows do not open.
 *
 * The store's keys live in sodium_malloc memory (locked, guarded, wiped on
 * free, never in a core dump).  What is needed for one message only, the key
 * of an item and the state of a hash, is wiped after use and no more: each
 * sodium_malloc costs ten system calls, and the message itself lies in plain
 * memory.  This file never prints a key and never guesses one.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <sodium.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES   CH_KEY_BYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KDF_CONTEXT "chaprone" /* crypto_kdf_CONTEXTBYTES bytes */

G_STATIC_ASSERT(KEY_BYTES == crypto_kdf_KEYBYTES);
G_STATIC_ASSERT(KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
G_STATIC_ASSERT(CH_SEALED_KEY_BYTES == NONCE_BYTES + KEY_BYTES + TAG_BYTES);
G_STATIC_ASSERT(CH_DIGEST_BYTES == crypto_generichash_BYTES);

/* Numbers of the derived keys: part of the format, never given anew. */
enum {
    SUBKEY_ITEMS = 1,
    SUBKEY_CHECK,
    SUBKEY_RETRY,
    SUBKEY_WAS_LEDGER,
    SUBKEY_SIGN
};

struct ch_seal {
    guint8 master[KEY_BYTES];
    guint8 items[KEY_BYTES];
    guint8 check[KEY_BYTES];
    guint8 hash[3][KEY_BYTES]; /* by ch_hash_use */
    gboolean chains;           /* hash[CH_HASH_LEDGER] is there */
};

struct ch_hash {
    crypto_generichash_state state;
};

static void
derive(const ch_seal *seal, guint64 number, guint8 out[KEY_BYTES])
{
    crypto_kdf_derive_from_key(out, KEY_BYTES, number, KDF_CONTEXT,
                               seal->master);
}

static char *
dup_chain_file(const char *key_file)
{
    return g_strconcat(key_file, CH_LEDGER_KEY_SUFFIX, NULL);
}

/* Whoever may not read the ledger's key can still write rows, which wait to
 * be chained. */
static gboolean
open_chain(ch_seal *seal, const char *key_file, gboolean create, GError **error)
{
    g_autofree char *file = dup_chain_file(key_file);
    seal->chains = create || access(file, R_OK) == 0;
    return !seal->chains ||
           ch_key_file_load(file, create, seal->hash[CH_HASH_LEDGER], error);
}

gboolean
ch_seal_make_chain_key(const char *key_file, GError **error)
{
    g_autofree char *file = dup_chain_file(key_file);
    guint8 key[KEY_BYTES];
    gboolean ok = ch_key_file_load(file, TRUE, key, error);
    sodium_memzero(key, sizeof key);
    return ok;
}

ch_seal *
ch_seal_open(const char *key_file, gboolean create, GError **error)
{
    if (sodium_init() < 0) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_INTERNAL,
                            "libsodium cannot start");
        return NULL;
    }
    ch_seal *seal = sodium_malloc(sizeof *seal);
    if (seal == NULL) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_LIMIT,
                            "no memory for keys");
        return NULL;
    }
    if (!ch_key_file_load(key_file, create, seal->master, error) ||
        !open_chain(seal, key_file, create, error)) {
        sodium_free(seal);
        return NULL;
    }
    derive(seal, SUBKEY_ITEMS, seal->items);
    derive(seal, SUBKEY_CHECK, seal->check);
    derive(seal, SUBKEY_RETRY, seal->hash[CH_HASH_RETRY]);
    derive(seal, SUBKEY_SIGN, seal->hash[CH_HASH_SIGN]);
    sodium_memzero(seal->master, sizeof seal->master);
    sodium_mprotect_readonly(seal);
    return seal;
}

gboolean
ch_seal_chains(const ch_seal *seal)
{
    return seal->chains;
}

void
ch_seal_free(ch_seal *seal)
{
    sodium_free(seal);
}

void
ch_seal_check_value(const ch_seal *seal, guint8 out[CH_DIGEST_BYTES])
{
    static const guint8 fixed[] = "chaperone store";
    crypto_generichash(out, CH_DIGEST_BYTES, fixed, sizeof fixed, seal->check,
                       KEY_BYTES);
}

/* --- items --------------------------------------------------------------- */

/* What a ciphertext is bound to: its kind and the item's ID. */
typedef struct {
    guint8 text[8 + CH_ID_LENGTH];
} binding;

static binding
bind_to(const char *kind, const char *id)
{
    binding b = {{0}};
    memcpy(b.text, kind, strlen(kind));
    memcpy(b.text + 8, id, strnlen(id, CH_ID_LENGTH));
    return b;
}

/* out: nonce, ciphertext, tag.  plain may be out + NONCE_BYTES. */
static void
encrypt(guint8 *out, const guint8 *plain, gsize length, const char *kind,
        const char *id, const guint8 *key)
{
    binding b = bind_to(kind, id);
    randombytes_buf(out, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, plain,
                                               length, b.text, sizeof b.text,
                                               NULL, out, key);
}

/* in: nonce, ciphertext, tag; out holds length - nonce - tag bytes. */
static gboolean
decrypt(guint8 *out, const guint8 *in, gsize length, const char *kind,
        const char *id, const guint8 *key)
{
    binding b = bind_to(kind, id);
    return length >= NONCE_BYTES + TAG_BYTES &&
           crypto_aead_xchacha20poly1305_ietf_decrypt(
               out, NULL, NULL, in + NONCE_BYTES, length - NONCE_BYTES, b.text,
               sizeof b.text, in, key) == 0;
}

void
ch_sealed_clear(ch_sealed *sealed)
{
    memset(sealed->key, 0, sizeof sealed->key);
    g_clear_pointer(&sealed->body, g_bytes_unref);
}

/* Fills out + nonce with: length of the envelope (8 bytes, little-endian),
 * envelope, message.  FALSE if there is no memory. */
static guint8 *
lay_out(GBytes *envelope, GBytes *raw, gsize *length_out)
{
    gsize e_length, r_length;
    const void *e_data = g_bytes_get_data(envelope, &e_length);
    const void *r_data = g_bytes_get_data(raw, &r_length);
    guint64 first = GUINT64_TO_LE((guint64)e_length);
    gsize length = sizeof first + e_length + r_length;
    guint8 *out = g_try_malloc(NONCE_BYTES + length + TAG_BYTES);
    if (out == NULL) {
        return NULL;
    }
    guint8 *at = out + NONCE_BYTES;
    memcpy(at, &first, sizeof first);
    memcpy(at + sizeof first, e_data, e_length);
    if (r_length > 0) {
        memcpy(at + sizeof first + e_length, r_data, r_length);
    }
    *length_out = length;
    return out;
}

gboolean
ch_seal_item(const ch_seal *seal, const char *id, const ch_envelope *e,
             GBytes *raw, ch_sealed *sealed_out, GError **error)
{
    g_autoptr(GBytes) envelope = ch_envelope_pack(e);
    gsize length = 0;
    guint8 key[KEY_BYTES];
    guint8 *body = lay_out(envelope, raw, &length);
    if (body == NULL) {
        g_set_error_literal(error, CH_ERROR, CH_ERROR_LIMIT,
                            "no memory to seal a message");
        return FALSE;
    }
    randombytes_buf(key, KEY_BYTES);
    encrypt(body, body + NONCE_BYTES, length, "body", id, key);
    encrypt(sealed_out->key, key, KEY_BYTES, "key", id, seal->items);
    sodium_memzero(key, sizeof key);
    sealed_out->body = g_bytes_new_take(body, NONCE_BYTES + length + TAG_BYTES);
    return TRUE;
}

gboolean
ch_seal_rewrap(const ch_seal *from, const ch_seal *to, const char *id,
               guint8 sealed_key[CH_SEALED_KEY_BYTES])
{
    guint8 key[KEY_BYTES];
    gboolean ok =
        decrypt(key, sealed_key, CH_SEALED_KEY_BYTES, "key", id, from->items);
    if (ok) {
        encrypt(sealed_key, key, KEY_BYTES, "key", id, to->items);
    }
    sodium_memzero(key, sizeof key);
    return ok;
}

/* The body decrypted, or NULL if anything about it is not as we made it. */
static GBytes *
open_body(const ch_seal *seal, const char *id, const ch_sealed *sealed)
{
    gsize length;
    const guint8 *body = g_bytes_get_data(sealed->body, &length);
    guint8 key[KEY_BYTES];
    guint8 *plain = g_try_malloc(length);
    gboolean ok =
        plain != NULL &&
        decrypt(key, sealed->key, sizeof sealed->key, "key", id, seal->items) &&
        decrypt(plain, body, length, "body", id, key);
    sodium_memzero(key, sizeof key);
    if (!ok) {
        g_free(plain);
        return NULL;
    }
    return g_bytes_new_take(plain, length - NONCE_BYTES - TAG_BYTES);
}

GBytes *
ch_seal_read(const ch_seal *seal, const char *id, const ch_sealed *sealed,
             ch_envelope **envelope_out, GError **error)
{
    g_autoptr(GBytes) plain = open_body(seal, id, sealed);
    gsize length = plain != NULL ? g_bytes_get_size(plain) : 0;
    guint64 first = 0;
    if (length >= sizeof first) {
        memcpy(&first, g_bytes_get_data(plain, NULL), sizeof first);
        first = GUINT64_FROM_LE(first);
    }
    if (length < sizeof first || first > length - sizeof first) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "item %s: the stored message is damaged", id);
        return NULL;
    }
    if (envelope_out != NULL) {
        g_autoptr(GBytes) packed =
            g_bytes_new_from_bytes(plain, sizeof first, first);
        *envelope_out = ch_envelope_unpack(packed, error);
        if (*envelope_out == NULL) {
            return NULL;
        }
    }
    gsize start = sizeof first + first;
    return g_bytes_new_from_bytes(plain, start, length - start);
}

/* --- small secrets ------------------------------------------------------- */

/* A name may be longer than a binding: its start and its digest are bound. */
static void
bind_name(const char *name, char out[CH_ID_LENGTH + 1])
{
    g_autofree char *digest =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
    g_strlcpy(out, digest, CH_ID_LENGTH + 1);
}

GBytes *
ch_seal_secret(const ch_seal *seal, const char *name, GBytes *secret)
{
    gsize length;
    char bound[CH_ID_LENGTH + 1];
    const guint8 *data = g_bytes_get_data(secret, &length);
    guint8 *out = g_malloc(NONCE_BYTES + length + TAG_BYTES);
    bind_name(name, bound);
    encrypt(out, data, length, "secret", bound, seal->items);
    return g_bytes_new_take(out, NONCE_BYTES + length + TAG_BYTES);
}

GBytes *
ch_seal_open_secret(const ch_seal *seal, const char *name, GBytes *sealed)
{
    gsize length;
    char bound[CH_ID_LENGTH + 1];
    const guint8 *data = g_bytes_get_data(sealed, &length);
    if (length < NONCE_BYTES + TAG_BYTES) {
        return NULL;
    }
    guint8 *out = g_malloc(length);
    bind_name(name, bound);
    if (!decrypt(out, data, length, "secret", bound, seal->items)) {
        g_free(out);
        return NULL;
    }
    return g_bytes_new_take(out, length - NONCE_BYTES - TAG_BYTES);
}

/* --- keyed hashes -------------------------------------------------------- */

ch_hash *
ch_hash_new(const ch_seal *seal, ch_hash_use use)
{
    /* The state must lie on a boundary of its own. */
    ch_hash *hash = g_aligned_alloc(1, sizeof *hash, _Alignof(ch_hash));
    crypto_generichash_init(&hash->state, seal->hash[use], KEY_BYTES,
                            CH_DIGEST_BYTES);
    return hash;
}

void
ch_hash_add(ch_hash *hash, const void *data, gsize length)
{
    if (length > 0) {
        crypto_generichash_update(&hash->state, data, length);
    }
}

void
ch_hash_add_int(ch_hash *hash, gint64 value)
{
    guint64 bytes = GUINT64_TO_LE((guint64)value);
    ch_hash_add(hash, &bytes, sizeof bytes);
}

void
ch_hash_add_string(ch_hash *hash, const char *text)
{
    ch_hash_add_int(hash, text != NULL ? (gint64)strlen(text) : -1);
    ch_hash_add(hash, text, text != NULL ? strlen(text) : 0);
}

void
ch_hash_finish(ch_hash *hash, guint8 out[CH_DIGEST_BYTES])
{
    crypto_generichash_final(&hash->state, out, CH_DIGEST_BYTES);
    sodium_memzero(hash, sizeof *hash);
    g_aligned_free(hash);
}

gboolean
ch_hash_equal(const guint8 a[CH_DIGEST_BYTES], const guint8 b[CH_DIGEST_BYTES])
{
    return sodium_memcmp(a, b, CH_DIGEST_BYTES) == 0;
}
