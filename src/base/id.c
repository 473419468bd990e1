/*
 * Item IDs: 80 bits as 16 characters of Crockford base32.
 *
 * 48 bits of milliseconds and then 32 random bits, most significant first, so
 * that IDs sort by time as plain strings.  The alphabet leaves out I, L, O
 * and U: people read IDs to each other over the telephone.  An ID is a name,
 * not a secret; nothing may be granted because somebody knows one.
 */
#include "chaperone/id.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

#define MAX_MS ((G_GINT64_CONSTANT(1) << 48) - 1)

static guint32
random_bits(void)
{
    guint32 bits = 0;
    gssize n;
    /* getrandom(2): up to 256 bytes never fail once the pool is ready. */
    do {
        n = getrandom(&bits, sizeof bits, 0);
    } while (n < 0 && errno == EINTR);
    g_assert(n == sizeof bits);
    return bits;
}

void
ch_id_new(gint64 time_us, char *out)
{
    guint64 ms = (guint64)CLAMP(time_us / 1000, 0, MAX_MS);
    guint32 bits = random_bits();
    /* Two halves of 40 bits, eight characters each. */
    guint64 halves[2] = {ms >> 8, (ms & 0xff) << 32 | bits};
    for (guint i = 0; i < CH_ID_LENGTH; i++) {
        out[i] = alphabet[(halves[i / 8] >> (35 - 5 * (i % 8))) & 31];
    }
    out[CH_ID_LENGTH] = '\0';
}

gboolean
ch_id_is_valid(const char *id)
{
    return id != NULL && strlen(id) == CH_ID_LENGTH &&
           strspn(id, alphabet) == CH_ID_LENGTH;
}
