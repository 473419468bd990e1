/*
 * One-time codes of a second factor: RFC 6238 with HMAC-SHA-1, thirty seconds
 * and six digits, which is what every authenticator app takes.
 */
#include "chaperone/user.h"

#include <sodium.h>
#include <string.h>

#define MODULUS 1000000

GBytes *
ch_totp_new_secret(void)
{
    guint8 *secret = g_malloc(CH_TOTP_SECRET);
    randombytes_buf(secret, CH_TOTP_SECRET);
    return g_bytes_new_take(secret, CH_TOTP_SECRET);
}

char *
ch_totp_dup_base32(GBytes *secret)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    gsize length;
    const guint8 *data = g_bytes_get_data(secret, &length);
    GString *out = g_string_new(NULL);
    guint bits = 0, value = 0;
    for (gsize i = 0; i < length; i++) {
        value = value << 8 | data[i];
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            g_string_append_c(out, alphabet[value >> bits & 31]);
        }
        value &= (1U << bits) - 1;
    }
    if (bits > 0) {
        g_string_append_c(out, alphabet[value << (5 - bits) & 31]);
    }
    return g_string_free(out, FALSE);
}

/* RFC 4226 5.3. */
static guint
truncate_digest(const guint8 *digest)
{
    guint at = digest[19] & 15;
    guint value = (guint)(digest[at] & 0x7f) << 24 |
                  (guint)digest[at + 1] << 16 | (guint)digest[at + 2] << 8 |
                  digest[at + 3];
    return value % MODULUS;
}

void
ch_totp_code(GBytes *secret, gint64 step, char *code_out)
{
    gsize length, n = 20;
    guint8 digest[20];
    const guint8 *key = g_bytes_get_data(secret, &length);
    guint64 counter = GUINT64_TO_BE((guint64)step);
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA1, key, length);
    g_hmac_update(hmac, (const guint8 *)&counter, sizeof counter);
    g_hmac_get_digest(hmac, digest, &n);
    g_snprintf(code_out, CH_TOTP_DIGITS + 1, "%06u", truncate_digest(digest));
}

gint64
ch_totp_find(GBytes *secret, const char *code, gint64 now_us, gint64 last_step)
{
    gint64 now = now_us / G_USEC_PER_SEC / CH_TOTP_STEP_S, found = -1;
    char right[CH_TOTP_DIGITS + 1];
    if (strlen(code) != CH_TOTP_DIGITS) {
        return -1;
    }
    for (gint64 step = now - 1; step <= now + 1; step++) {
        ch_totp_code(secret, step, right);
        if (sodium_memcmp(right, code, CH_TOTP_DIGITS) == 0 &&
            step > last_step) {
            found = step;
        }
    }
    return found;
}
