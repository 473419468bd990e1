/*
 * What the daemon does so that the ledger can be believed.
 *
 * It chains the rows of those who have no key, writes a row for every
 * configuration that comes into force, and gives the ledger's head to the
 * log once an hour: there nobody who owns the database can reach it.  It
 * also keeps the last head itself; a ledger that no longer holds it was cut,
 * rewritten or replaced under our feet.
 */
#include "chaperone/audit.h"
#include "chaperone/error.h"
#include "chaperone/log.h"
#include "daemon.h"

#include <string.h>
#include <syslog.h>

#define SHOWN_DIGITS 16 /* of a digest, for people to compare */

/* --- the configuration ---------------------------------------------------- */

static void
add_text(GChecksum *sum, const char *text)
{
    const char *known = text != NULL ? text : "";
    g_checksum_update(sum, (const guchar *)known, (gssize)strlen(known) + 1);
}

static void
add_file(GChecksum *sum, const char *file)
{
    g_autofree char *data = NULL;
    gsize length = 0;
    if (file != NULL && g_file_get_contents(file, &data, &length, NULL)) {
        g_checksum_update(sum, (const guchar *)data, (gssize)length);
    }
}

/* Of the rule files, and of what the configuration made of each rule. */
static char *
dup_rules_digest(const ch_ruleset *rules)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    const GPtrArray *all = ch_ruleset_rules(rules);
    const char *last = NULL;
    for (guint i = 0; i < all->len; i++) {
        const ch_rule *rule = g_ptr_array_index(all, i);
        add_text(sum, rule->id);
        add_text(sum, ch_action_name(rule->action));
        add_text(sum, rule->enabled ? "on" : "off");
        if (g_strcmp0(rule->file, last) != 0) {
            add_file(sum, rule->file);
        }
        last = rule->file;
    }
    return g_strndup(g_checksum_get_string(sum), SHOWN_DIGITS);
}

static char *
dup_config_digest(const ch_config *config)
{
    g_autofree char *yaml = ch_config_dup_yaml(config);
    g_autofree char *digest =
        g_compute_checksum_for_string(G_CHECKSUM_SHA256, yaml, -1);
    return g_strndup(digest, SHOWN_DIGITS);
}

void
ch_witness_configuration(ch_daemon *daemon, const ch_house *house)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *rules = dup_rules_digest(house->rules);
    g_autofree char *config = dup_config_digest(house->config);
    g_autofree char *note = g_strdup_printf(
        "mode %s, %u rules %s, configuration %s",
        house->config->mode == CH_MODE_MONITOR ? "monitor" : "enforce",
        ch_ruleset_rules(house->rules)->len, rules, config);
    if (!ch_store_note_event(daemon->store, "configuration", NULL, -1, note,
                             g_get_real_time(), &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
    }
}

/* --- the head ------------------------------------------------------------- */

void
ch_witness_chain(ch_daemon *daemon)
{
    g_autoptr(GError) error = NULL;
    if (!ch_store_chain_waiting(daemon->store, &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
    }
}

/* Whether the ledger still goes through the head that was seen last. */
static void
compare(ch_daemon *daemon, const ch_audit_head *seen)
{
    g_autoptr(GError) error = NULL;
    gboolean holds = FALSE;
    if (!ch_store_holds_head(daemon->store, seen, &holds, &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
    } else if (!holds) {
        g_autofree char *text = ch_audit_head_dup(seen);
        ch_metrics_failure(daemon->metrics, "ledger");
        ch_log(LOG_CRIT, "ledger-broken", CH_LOG_HEAD, text, CH_LOG_END);
    }
}

void
ch_witness_head(ch_daemon *daemon, ch_audit_head *seen)
{
    g_autoptr(GError) error = NULL;
    if (seen->seq > 0) {
        compare(daemon, seen);
    }
    if (!ch_store_audit_head(daemon->store, seen, &error)) {
        ch_housekeeping_trouble(daemon, "store", error);
        return;
    }
    g_autofree char *text = ch_audit_head_dup(seen);
    ch_log(LOG_NOTICE, "ledger-head", CH_LOG_HEAD, text, CH_LOG_END);
}
