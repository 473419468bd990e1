/*
 * Claim: is this mail the release that its header says it is?
 *
 * The token names an attempt that is under way; the mail must have that
 * attempt's sender and its one recipient, byte for byte, and the content that
 * was approved.  Then the token is used up, in one transaction: of two mails
 * with the same token one passes.
 *
 * Whether the mail came in by the right door is the milter's to say.
 */
#include "chaperone/claim.h"

#include "chaperone/release.h"
#include "record/release_int.h"

#include <string.h>

static gboolean
find_attempt(ch_store *store, const guint8 token[CH_DIGEST_BYTES],
             ch_under_way *out, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return FALSE;
    }
    gboolean ok = ch_deliveries_by_token(db, token, out, error);
    ch_store_unlock_reader(store, ok);
    return ok;
}

static gboolean
is_same_address(const char *a, const char *b)
{
    g_autofree char *bare_a = ch_envelope_dup_address(a);
    g_autofree char *bare_b = ch_envelope_dup_address(b);
    return strcmp(bare_a, bare_b) == 0;
}

/* Why the mail is not the attempt's, or NULL. */
static const char *
find_difference(const ch_seal *seal, const ch_under_way *attempt,
                const ch_envelope *stored, const ch_envelope *e, GBytes *raw)
{
    guint8 content[CH_DIGEST_BYTES];
    if (attempt->used) {
        return "spent";
    }
    if (!is_same_address(e->sender_arg, stored->sender_arg)) {
        return "sender";
    }
    if (e->recipients->len != 1 || attempt->recipient < 1 ||
        attempt->recipient > stored->recipients->len) {
        return "recipient";
    }
    const ch_recipient *got = g_ptr_array_index(e->recipients, 0);
    const ch_recipient *meant =
        g_ptr_array_index(stored->recipients, attempt->recipient - 1);
    if (!is_same_address(got->arg, meant->arg)) {
        return "recipient";
    }
    ch_release_content(seal, raw, content);
    return ch_hash_equal(content, attempt->content) ? NULL : "content";
}

static gboolean
use_up(ch_store *store, const ch_under_way *attempt,
       const guint8 token[CH_DIGEST_BYTES], ch_claim *claim, GError **error)
{
    ch_using use = {.row = attempt->row, .token = token};
    if (!ch_store_submit(store, ch_job_use, &use, error)) {
        return FALSE;
    }
    if (!use.won) {
        claim->reason = "spent";
    }
    return TRUE;
}

gboolean
ch_claim_check(ch_store *store, const ch_envelope *e, GBytes *raw, gboolean use,
               ch_claim *claim_out, GError **error)
{
    guint8 token[CH_DIGEST_BYTES];
    ch_under_way attempt = {.row = 0};
    g_autofree char *text = ch_content_dup_field(raw, CH_RELEASE_HEADER);
    *claim_out = (ch_claim){.verdict = CH_CLAIM_NONE};
    if (text == NULL) {
        return TRUE;
    }
    *claim_out = (ch_claim){.verdict = CH_CLAIM_WRONG, .reason = "token"};
    if (!ch_release_token_digest(store, text, token)) {
        return TRUE;
    }
    if (!find_attempt(store, token, &attempt, error)) {
        return FALSE;
    }
    if (attempt.row == 0) {
        return TRUE;
    }
    claim_out->is_token = TRUE;
    g_strlcpy(claim_out->id, attempt.id, sizeof claim_out->id);
    g_autoptr(ch_envelope) stored = NULL;
    g_autoptr(GBytes) mail = ch_store_read(store, attempt.id, &stored, error);
    if (mail == NULL) {
        return FALSE;
    }
    claim_out->reason =
        find_difference(ch_store_seal(store), &attempt, stored, e, raw);
    if (claim_out->reason == NULL && use &&
        !use_up(store, &attempt, token, claim_out, error)) {
        return FALSE;
    }
    if (claim_out->reason == NULL) {
        claim_out->verdict = CH_CLAIM_GOOD;
    }
    return TRUE;
}
