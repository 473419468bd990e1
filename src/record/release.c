/*
 * Release: an approved item to its stored envelope, recipient by recipient.
 *
 * Every step is committed before the next one is taken: the decision before
 * housekeeping sees it, the attempt before a byte is sent, the server's
 * answer before the next recipient.  So a crash leaves at most one recipient
 * "sending", which nobody sends again by himself.
 *
 * Refuses to send what was not approved, to anybody but the stored
 * recipients, or twice.
 */
#include "record/release_int.h"

#include "chaperone/error.h"

#include <sodium.h>
#include <string.h>

/* Local parts shorter than this are no secret, and would be found in words
 * of every reply. */
#define SHORTEST_SECRET 4

/* --- digests ------------------------------------------------------------- */

/* What makes the post: its title, how to read the body, and the body (after
 * the header).  The MTA may complete other fields (Date, Message-ID, From,
 * Received) on the way. */
static gboolean
is_approved(const char *name, gsize length)
{
    static const char *const exact[] = {"Subject", "MIME-Version"};
    for (gsize i = 0; i < G_N_ELEMENTS(exact); i++) {
        if (length == strlen(exact[i]) &&
            g_ascii_strncasecmp(name, exact[i], length) == 0) {
            return TRUE;
        }
    }
    return length > 8 && g_ascii_strncasecmp(name, "Content-", 8) == 0;
}

void
ch_release_content(const ch_seal *seal, GBytes *raw,
                   guint8 out[CH_DIGEST_BYTES])
{
    ch_hash *hash = ch_hash_new(seal, CH_HASH_SIGN);
    ch_hash_add_string(hash, "release-content");
    ch_content_add(hash, raw, is_approved);
    ch_hash_finish(hash, out);
}

gboolean
ch_release_token_digest(const ch_store *store, const char *token,
                        guint8 out[CH_DIGEST_BYTES])
{
    guint8 bytes[CH_TOKEN_BYTES];
    size_t n = 0;
    if (strlen(token) != 2 * CH_TOKEN_BYTES ||
        sodium_hex2bin(bytes, sizeof bytes, token, strlen(token), NULL, &n,
                       NULL) != 0 ||
        n != sizeof bytes) {
        return FALSE;
    }
    g_autoptr(GBytes) data = g_bytes_new(bytes, sizeof bytes);
    ch_store_sign(store, "release-token", data, out);
    sodium_memzero(bytes, sizeof bytes);
    return TRUE;
}

/* --- people -------------------------------------------------------------- */

/* Places of the recipients to send to: one who was named twice gets the post
 * once, as from the MTA, which does not look at case either.  Owned array of
 * guint. */
static GArray *
find_recipients(const ch_envelope *e)
{
    GArray *places = g_array_new(FALSE, FALSE, sizeof(guint));
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 1; i <= e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(e->recipients, i - 1);
        if (g_hash_table_add(seen, g_ascii_strdown(r->address, -1))) {
            g_array_append_val(places, i);
        }
    }
    return places;
}

static void
clear_version(gpointer data)
{
    ch_version *v = data;
    g_clear_pointer(&v->edits, g_bytes_unref);
}

/* The retiming of that recipient that changes the mail, or NULL. */
static const ch_retiming *
find_retiming(const GPtrArray *plan, guint recipient)
{
    for (guint i = 0; plan != NULL && i < plan->len; i++) {
        const ch_retiming *r = g_ptr_array_index(plan, i);
        if (r->recipient == recipient && r->edits->len > 0) {
            return r;
        }
    }
    return NULL;
}

/* FALSE: the edits do not fit the mail. */
static gboolean
add_version(const ch_store *store, GArray *versions, guint recipient,
            GBytes *mail, const ch_retiming *r, GError **error)
{
    ch_version v = {.recipient = recipient};
    g_autoptr(GBytes) derived =
        r == NULL ? g_bytes_ref(mail) : ch_edits_apply(r->edits, mail, error);
    if (derived == NULL) {
        return FALSE;
    }
    ch_release_content(ch_store_seal(store), derived, v.content);
    if (r != NULL) {
        v.edits = ch_edits_pack(r->edits);
        v.how = ch_retime_kind_name(r->kind);
    }
    g_array_append_val(versions, v);
    return TRUE;
}

gboolean
ch_release_approve(ch_store *store, const char *id, const GPtrArray *plan,
                   const ch_decision *decision, GError **error)
{
    g_autoptr(ch_envelope) e = NULL;
    g_autoptr(GBytes) raw = ch_store_read(store, id, &e, error);
    if (raw == NULL) {
        return FALSE;
    }
    /* What is approved is what is sent: without what names authorizations. */
    g_autoptr(GBytes) mail = ch_auth_strip(raw);
    g_autoptr(GArray) recipients = find_recipients(e);
    g_autoptr(GArray) versions = g_array_new(FALSE, FALSE, sizeof(ch_version));
    g_array_set_clear_func(versions, clear_version);
    for (guint i = 0; i < recipients->len; i++) {
        guint recipient = g_array_index(recipients, guint, i);
        if (!add_version(store, versions, recipient, mail,
                         find_retiming(plan, recipient), error)) {
            return FALSE;
        }
    }
    guint8 content[CH_DIGEST_BYTES];
    ch_release_content(ch_store_seal(store), mail, content);
    ch_approval approval = {.id = id,
                            .decision = decision,
                            .versions = versions,
                            .content = content};
    return ch_store_submit(store, ch_job_approve, &approval, error);
}

GPtrArray *
ch_release_plan(ch_store *store, ch_house *house, const char *id, gint64 now_us,
                GError **error)
{
    g_autoptr(ch_envelope) e = NULL;
    g_autoptr(GBytes) raw = ch_store_read(store, id, &e, error);
    if (raw == NULL) {
        return NULL;
    }
    g_autoptr(GBytes) mail = ch_auth_strip(raw);
    g_autoptr(GPtrArray) plan = ch_retime_plan(house, e, mail, now_us);
    const ch_retiming *obstacle = ch_retime_obstacle(plan);
    if (obstacle != NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_STATE, "item %s: %s", id,
                    obstacle->kind == CH_RETIME_REFUSED
                        ? "the time of publication is over, and release.late "
                          "is refuse"
                        : "its time of publication cannot be written anew");
        return NULL;
    }
    return g_steal_pointer(&plan);
}

gboolean
ch_release_settle(ch_store *store, const char *id, guint recipient,
                  gboolean delivered, const ch_decision *decision,
                  const ch_release_news *news, GError **error)
{
    ch_settling settling = {.id = id,
                            .recipient = recipient,
                            .delivered = delivered,
                            .decision = decision,
                            .news = news};
    return ch_store_submit(store, ch_job_settle, &settling, error);
}

GPtrArray *
ch_release_list(ch_store *store, const char *id, GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *steps = ch_deliveries_of(db, id, error);
    ch_store_unlock_reader(store, steps != NULL);
    return steps;
}

/* --- sending ------------------------------------------------------------- */

GPtrArray *
ch_release_due(ch_store *store, gint64 now_us, guint limit, gboolean sending,
               GError **error)
{
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    GPtrArray *steps = ch_deliveries_due(db, now_us, limit, sending, error);
    ch_store_unlock_reader(store, steps != NULL);
    return steps;
}

void
ch_release_attempt_free(ch_release_attempt *attempt)
{
    if (attempt == NULL) {
        return;
    }
    ch_envelope_free(attempt->envelope);
    g_clear_pointer(&attempt->mail, g_bytes_unref);
    if (attempt->header != NULL) {
        sodium_memzero(attempt->header, strlen(attempt->header));
    }
    g_free(attempt->header);
    g_free(attempt);
}

/* The header line of a new token, and the token's digest.  Owned. */
static char *
make_token(const ch_store *store, guint8 digest_out[CH_DIGEST_BYTES])
{
    guint8 bytes[CH_TOKEN_BYTES];
    char text[2 * CH_TOKEN_BYTES + 1];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(text, sizeof text, bytes, sizeof bytes);
    gboolean ok = ch_release_token_digest(store, text, digest_out);
    g_assert(ok);
    char *header = g_strconcat(CH_RELEASE_HEADER ": ", text, "\r\n", NULL);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(text, sizeof text);
    return header;
}

/* The version that was approved for that recipient, made anew; an error if it
 * is not, to the byte, what it was.  Owned. */
static GBytes *
read_approved(ch_store *store, const ch_release_step *step, GBytes *raw,
              GError **error)
{
    guint8 approved[CH_DIGEST_BYTES], content[CH_DIGEST_BYTES];
    g_autoptr(GBytes) packed = NULL;
    ch_db *db = ch_store_lock_reader(store, error);
    if (db == NULL) {
        return NULL;
    }
    gboolean ok =
        ch_deliveries_version(db, step->row, approved, &packed, error);
    ch_store_unlock_reader(store, ok);
    if (!ok) {
        return NULL;
    }
    g_autoptr(GBytes) mail = ch_auth_strip(raw);
    g_autoptr(GPtrArray) edits =
        packed == NULL ? ch_edits_new() : ch_edits_unpack(packed, error);
    g_autoptr(GBytes) version =
        edits == NULL ? NULL : ch_edits_apply(edits, mail, error);
    if (version == NULL) {
        return NULL;
    }
    ch_release_content(ch_store_seal(store), version, content);
    if (!ch_hash_equal(content, approved)) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "item %s: the mail is not the approved one", step->id);
        return NULL;
    }
    return g_steal_pointer(&version);
}

ch_release_attempt *
ch_release_begin(ch_store *store, const ch_release_step *step, GError **error)
{
    guint8 token[CH_DIGEST_BYTES];
    g_autoptr(ch_release_attempt) attempt = g_new0(ch_release_attempt, 1);
    attempt->step = step;
    g_autoptr(GBytes) raw =
        ch_store_read(store, step->id, &attempt->envelope, error);
    if (raw == NULL) {
        return NULL;
    }
    attempt->mail = read_approved(store, step, raw, error);
    if (attempt->mail == NULL) {
        return NULL;
    }
    if (step->recipient < 1 ||
        step->recipient > attempt->envelope->recipients->len) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "item %s: there is no recipient %u", step->id,
                    step->recipient);
        return NULL;
    }
    attempt->header = make_token(store, token);
    ch_beginning beginning = {.step = step, .token = token};
    if (!ch_store_submit(store, ch_job_begin, &beginning, error)) {
        return NULL;
    }
    return g_steal_pointer(&attempt);
}

/* Takes the local part of the recipient out of a line.  Owned. */
static char *
dup_without_secret(const char *line, const ch_release_attempt *attempt)
{
    const ch_recipient *r = g_ptr_array_index(attempt->envelope->recipients,
                                              attempt->step->recipient - 1);
    g_autofree char *bare = ch_envelope_dup_address(r->arg);
    const char *at = strrchr(bare, '@');
    g_autofree char *local =
        g_strndup(bare, at != NULL ? (gsize)(at - bare) : strlen(bare));
    if (strlen(local) < SHORTEST_SECRET) {
        return g_strdup(line);
    }
    g_autofree char *escaped = g_regex_escape_string(local, -1);
    g_autoptr(GRegex) secret =
        g_regex_new(escaped, G_REGEX_CASELESS | G_REGEX_RAW, 0, NULL);
    return secret == NULL
               ? g_strdup("")
               : g_regex_replace_literal(secret, line, -1, 0, "...", 0, NULL);
}

/* A server's line without anything that looks like an address: people read
 * it, and it is kept.  Owned. */
static char *
dup_reply(const char *reply, const ch_release_attempt *attempt)
{
    g_auto(GStrv) words = g_strsplit(reply != NULL ? reply : "", " ", -1);
    for (guint i = 0; words[i] != NULL; i++) {
        if (strchr(words[i], '@') != NULL) {
            g_free(words[i]);
            words[i] = g_strdup("<address>");
        }
    }
    g_autofree char *line = g_strjoinv(" ", words);
    return attempt != NULL ? dup_without_secret(line, attempt)
                           : g_steal_pointer(&line);
}

gboolean
ch_release_end(ch_store *store, const ch_release_step *step,
               const ch_release_result *result, ch_state *state_out,
               gboolean *used_out, GError **error)
{
    g_autofree char *reply = dup_reply(result->reply, result->attempt);
    ch_ending ending = {.step = step,
                        .outcome = result->outcome,
                        .reply = reply,
                        .next_us = result->next_us,
                        .news = &result->news};
    gboolean ok = ch_store_submit(store, ch_job_end, &ending, error);
    *state_out = ending.state;
    *used_out = ending.used;
    return ok;
}
