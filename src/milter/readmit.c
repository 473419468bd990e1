/*
 * Readmit: released mail comes in by its own listener and passes.
 *
 * Proof is the token alone, for one mail and one time; the listener is a
 * second lock, never the first.  What becomes of X-Chaperone-Release:
 *
 *   listener  token good  passes, marked with its ID, header removed
 *   listener  no good     550: the releaser must see it, and not a 250 for a
 *                         mail that the retry rule would drop
 *   elsewhere a token     550: somebody got hold of it, or the listener is
 *                         not the one of release.smtp
 *   elsewhere none        the header means nothing: judged like any post
 *
 * Mode monitor changes none of this: nobody but the releaser has business
 * here.
 */
#include "chaperone/claim.h"
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "mta.h"

#include <gio/gio.h>
#include <syslog.h>

static gboolean
is_loopback(const char *host)
{
    g_autoptr(GInetAddress) address =
        host != NULL ? g_inet_address_new_from_string(host) : NULL;
    return address != NULL ? g_inet_address_get_is_loopback(address)
                           : g_strcmp0(host, "localhost") == 0;
}

gboolean
ch_readmit_is_listener(const ch_connection *c, const ch_config *config)
{
    g_autoptr(GUri) uri =
        g_uri_parse(config->release_smtp, G_URI_FLAGS_NONE, NULL);
    if (uri == NULL || c->daemon_port == NULL) {
        return FALSE;
    }
    int port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : 25;
    g_autofree char *text = g_strdup_printf("%d", port);
    return g_strcmp0(c->daemon_port, text) == 0 &&
           (!is_loopback(g_uri_get_host(uri)) || is_loopback(c->client_addr));
}

static sfsistat
refuse(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
       const ch_claim *claim)
{
    const char *reason = c->release ? claim->reason : "listener";
    g_autofree char *line =
        g_strdup_printf("This is not the release of a held post (%s); see "
                        "chaperone-milter(8), RELEASE",
                        reason);
    const char *const lines[] = {line, NULL};
    g_autoptr(ch_reply) reply = ch_reply_new("550", "5.7.1", lines);
    ch_metrics_failure(c->daemon->metrics, "token");
    ch_log(LOG_WARNING, "release-denied", CH_LOG_ID, claim->id, CH_LOG_QUEUE_ID,
           e->queue_id, CH_LOG_REASON, reason, CH_LOG_END);
    return ch_mta_reply(ctx, reply);
}

static sfsistat
let_pass(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
         GBytes *raw, const ch_claim *claim)
{
    if (!ch_mta_mark(ctx, c, raw, ch_action_name(CH_ACCEPT), "", claim->id) ||
        !ch_mta_readdress(ctx, c, e)) {
        return ch_mta_defer(ctx);
    }
    ch_log(LOG_INFO, "release-passed", CH_LOG_ID, claim->id, CH_LOG_QUEUE_ID,
           e->queue_id, CH_LOG_END);
    return SMFIS_CONTINUE;
}

gboolean
ch_readmit(SMFICTX *ctx, const ch_connection *c, const ch_envelope *e,
           GBytes *raw, sfsistat *status_out)
{
    g_autoptr(GError) error = NULL;
    ch_claim claim;
    if (!ch_claim_check(c->daemon->store, e, raw, c->release, &claim, &error)) {
        ch_metrics_failure(c->daemon->metrics, "store");
        ch_log(LOG_ERR, "failure", CH_LOG_QUEUE_ID, e->queue_id, CH_LOG_REASON,
               "store", CH_LOG_ERROR, error, CH_LOG_END);
        *status_out = ch_mta_defer(ctx);
        return TRUE;
    }
    if (claim.verdict == CH_CLAIM_NONE || (!c->release && !claim.is_token)) {
        return FALSE;
    }
    *status_out = c->release && claim.verdict == CH_CLAIM_GOOD
                      ? let_pass(ctx, c, e, raw, &claim)
                      : refuse(ctx, c, e, &claim);
    return TRUE;
}
