/*
 * Replies, headers and recipients: our side of libmilter's eom calls.
 *
 * Every call that fails is reported to the caller, which defers the message.
 * Texts come from ch_reply; nothing here words anything for a person but the
 * one fixed reply for the case that libmilter refuses the real one.
 */
#include "mta.h"

#include "chaperone/limits.h"
#include "chaperone/log.h"

#include <string.h>
#include <syslog.h>

#define MLREPLY(...) smfi_setmlreply(ctx, code, status, __VA_ARGS__, NULL)

/* smfi_setmlreply takes its lines as arguments only. */
static int
set_lines(SMFICTX *ctx, const char *code, const char *status, char *const *l,
          guint n)
{
    switch (n) {
    case 1:
        return MLREPLY(l[0]);
    case 2:
        return MLREPLY(l[0], l[1]);
    case 3:
        return MLREPLY(l[0], l[1], l[2]);
    case 4:
        return MLREPLY(l[0], l[1], l[2], l[3]);
    case 5:
        return MLREPLY(l[0], l[1], l[2], l[3], l[4]);
    case 6:
        return MLREPLY(l[0], l[1], l[2], l[3], l[4], l[5]);
    case 7:
        return MLREPLY(l[0], l[1], l[2], l[3], l[4], l[5], l[6]);
    case 8:
        return MLREPLY(l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7]);
    case 9:
        return MLREPLY(l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8]);
    case CH_MAX_REPLY_LINES:
        return MLREPLY(l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8],
                       l[9]);
    default:
        return MI_FAILURE;
    }
}

/* libmilter wants char * for what it only reads. */
static void
set_fixed(SMFICTX *ctx, const ch_reply *reply)
{
    char refused[] = "This post was refused; ask your compliance office";
    char later[] = "The post could not be checked now; try again later";
    char *text = reply->code[0] == '5' ? refused : later;
    char code[sizeof reply->code], status[sizeof reply->status];
    g_strlcpy(code, reply->code, sizeof code);
    g_strlcpy(status, reply->status, sizeof status);
    smfi_setreply(ctx, code, status, text);
}

sfsistat
ch_mta_reply(SMFICTX *ctx, const ch_reply *reply)
{
    guint n = MIN(reply->lines->len, CH_MAX_REPLY_LINES);
    char *lines[CH_MAX_REPLY_LINES] = {NULL};
    for (guint i = 0; i < n; i++) {
        lines[i] = ch_reply_dup_escaped(g_ptr_array_index(reply->lines, i));
    }
    if (set_lines(ctx, reply->code, reply->status, lines, n) != MI_SUCCESS) {
        set_fixed(ctx, reply);
    }
    for (guint i = 0; i < n; i++) {
        g_free(lines[i]);
    }
    return reply->code[0] == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

sfsistat
ch_mta_defer(SMFICTX *ctx)
{
    g_autoptr(ch_reply) reply = ch_reply_failure();
    return ch_mta_reply(ctx, reply);
}

sfsistat
ch_mta_turn_away(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
                 ch_admission why)
{
    g_autoptr(ch_reply) reply = ch_admission_reply(c->house, why);
    ch_metrics_failure(c->daemon->metrics, "admission");
    ch_log(LOG_NOTICE, "turned-away", CH_LOG_QUEUE_ID, e->queue_id,
           CH_LOG_AUTHOR, e->login, CH_LOG_REASON, ch_admission_name(why),
           CH_LOG_END);
    return ch_mta_reply(ctx, reply);
}

/* --- headers ---------------------------------------------------------- */

/* How many of the first n own headers have the name of header n. */
static int
occurrence(const GPtrArray *own, guint n)
{
    int index = 1;
    for (guint i = 0; i < n; i++) {
        if (g_ascii_strcasecmp(g_ptr_array_index(own, i),
                               g_ptr_array_index(own, n)) == 0) {
            index++;
        }
    }
    return index;
}

/* From the last to the first: the MTA counts anew after each removal. */
static gboolean
remove_own(SMFICTX *ctx, const GPtrArray *own)
{
    for (guint i = own->len; i-- > 0;) {
        char *name = g_ptr_array_index(own, i);
        if (smfi_chgheader(ctx, name, occurrence(own, i), NULL) != MI_SUCCESS) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
add(SMFICTX *ctx, const ch_connection *c, const char *name, const char *value)
{
    /* With SMFIP_HDR_LEADSPC the MTA puts no space after the colon. */
    const char *space = (c->protocol & SMFIP_HDR_LEADSPC) != 0 ? " " : "";
    g_autofree char *header = g_strdup(name);
    g_autofree char *spaced = g_strconcat(space, value, NULL);
    return smfi_addheader(ctx, header, spaced) == MI_SUCCESS;
}

/* "a,b" to "a, b", a new line for each: RFC 5322 2.1.1 caps a line. */
static char *
dup_folded(const char *rules)
{
    g_auto(GStrv) ids = g_strsplit(rules, ",", -1);
    for (guint i = 0; ids[i] != NULL; i++) {
        g_strstrip(ids[i]);
    }
    return g_strjoinv(",\n ", ids);
}

/* From the last to the first, as above. */
static gboolean
strip_authorizations(SMFICTX *ctx, const ch_connection *c, GBytes *raw)
{
    const char *space = (c->protocol & SMFIP_HDR_LEADSPC) != 0 ? " " : "";
    g_autoptr(GPtrArray) changes = ch_auth_changes(raw);
    for (guint i = changes->len; i-- > 0;) {
        const ch_auth_change *change = g_ptr_array_index(changes, i);
        g_autofree char *name = g_strdup(change->name);
        g_autofree char *value = change->value == NULL
                                     ? NULL
                                     : g_strconcat(space, change->value, NULL);
        if (smfi_chgheader(ctx, name, (int)change->occurrence, value) !=
            MI_SUCCESS) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
ch_mta_mark(SMFICTX *ctx, const ch_connection *c, GBytes *raw,
            const char *verdict, const char *rules, const char *id)
{
    g_autofree char *folded = dup_folded(rules);
    return strip_authorizations(ctx, c, raw) &&
           remove_own(ctx, ch_intake_own_headers(c->intake)) &&
           add(ctx, c, "X-Chaperone-Verdict", verdict) &&
           (rules[0] == '\0' || add(ctx, c, "X-Chaperone-Rules", folded)) &&
           add(ctx, c, "X-Chaperone-Id", id);
}

/* libmilter wants unsigned char * for what it only reads, and an int. */
gboolean
ch_mta_replace_body(SMFICTX *ctx, const ch_connection *c, GBytes *body,
                    const char *parts)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(body, &length);
    g_autofree char *folded = dup_folded(parts);
    g_autofree guint8 *copy = g_memdup2(data, length);
    return length <= G_MAXINT32 && add(ctx, c, "X-Chaperone-Cleaned", folded) &&
           smfi_replacebody(ctx, copy, (int)length) == MI_SUCCESS;
}

gboolean
ch_mta_delete(SMFICTX *ctx, const ch_envelope *e, const GArray *indexes)
{
    for (guint i = 0; i < indexes->len; i++) {
        const ch_recipient *r =
            g_ptr_array_index(e->recipients, g_array_index(indexes, guint, i));
        if (smfi_delrcpt(ctx, r->arg) != MI_SUCCESS) {
            return FALSE;
        }
    }
    return TRUE;
}

/* --- accounts --------------------------------------------------------------
 */

/* RFC 3461 4.1: nobody is told of what becomes of it, for the report would
 * name the address. */
static gboolean
replace_recipient(SMFICTX *ctx, const ch_recipient *r,
                  const ch_account *account)
{
    char never[] = "NOTIFY=NEVER";
    g_autofree char *secret = g_strdup_printf("<%s>", account->secret);
    gboolean ok = smfi_delrcpt(ctx, r->arg) == MI_SUCCESS &&
                  smfi_addrcpt_par(ctx, secret, never) == MI_SUCCESS;
    explicit_bzero(secret, strlen(secret));
    return ok;
}

static gboolean
replace_sender(SMFICTX *ctx, const ch_connection *c)
{
    g_autofree char *sender =
        g_strdup_printf("<%s>", c->house->config->notices_compliance);
    return smfi_chgfrom(ctx, sender, NULL) == MI_SUCCESS;
}

gboolean
ch_mta_readdress(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e)
{
    g_autoptr(GHashTable) done = g_hash_table_new(g_direct_hash, NULL);
    const unsigned long needed =
        SMFIF_DELRCPT | SMFIF_ADDRCPT_PAR | SMFIF_CHGFROM;
    gboolean secret = FALSE;
    for (guint i = 0; i < e->recipients->len; i++) {
        const ch_recipient *r = g_ptr_array_index(e->recipients, i);
        const ch_account *account =
            ch_accounts_find(c->house->accounts, r->address);
        if (account == NULL || !g_hash_table_add(done, (gpointer)account)) {
            continue;
        }
        if (account->secret == NULL || (c->actions & needed) != needed ||
            !replace_recipient(ctx, r, account)) {
            return FALSE;
        }
        secret = secret || account->gateway.secret;
    }
    return !secret || replace_sender(ctx, c);
}
