/*
 * The house: configuration, rules, gateways, accounts, templates and the
 * reader of documents as one counted thing, so that a reload replaces all of it
 * or nothing.
 */
#include "chaperone/inspect.h"

#include <string.h>

static void
free_rules(gpointer rules)
{
    ch_ruleset_free(rules);
}

/* An account whose profile is the practice's only specialty needs no rules of
 * its own. */
static gboolean
load_profiles(ch_house *house, ch_diag *diag)
{
    const GStrv own = house->config->practice_specialty;
    for (guint i = 0; i < house->config->accounts->len; i++) {
        const ch_account_config *a = house->config->accounts->pdata[i];
        if (a->profile == NULL ||
            g_hash_table_contains(house->profiles, a->profile) ||
            (g_strv_length(own) == 1 && strcmp(own[0], a->profile) == 0)) {
            continue;
        }
        const char *const specialties[] = {a->profile, NULL};
        ch_ruleset *rules =
            ch_ruleset_load_for(house->config, specialties, diag);
        if (rules == NULL) {
            return FALSE;
        }
        g_hash_table_insert(house->profiles, a->profile, rules);
    }
    return TRUE;
}

static gboolean
is_for_drafts(const ch_house *house, ch_diag *diag)
{
    const char *address = house->config->check_address;
    if (address[0] == '\0' || ch_house_gateway(house, address, NULL) == NULL) {
        return TRUE;
    }
    ch_diag_add(diag, house->config->file, 0, 0,
                "check.address is a gateway's, or an account's alias");
    return FALSE;
}

static ch_house *
house_new(ch_config *config, gboolean with_rules, ch_diag *diag)
{
    ch_house *house = g_new0(ch_house, 1);
    house->refs = 1;
    house->config = config;
    house->profiles =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_rules);
    if (with_rules) {
        house->rules = ch_ruleset_load(config, diag);
    }
    house->gateways =
        ch_gateways_load((const char *const *)config->gateways_files, diag);
    if (house->gateways != NULL) {
        house->accounts = ch_accounts_new(config, house->gateways, diag);
    }
    house->templates = ch_templates_load(config->notices_templates, diag);
    if ((with_rules && house->rules == NULL) || house->accounts == NULL ||
        house->templates == NULL || !is_for_drafts(house, diag) ||
        (with_rules && !load_profiles(house, diag))) {
        ch_house_unref(house);
        return NULL;
    }
    return house;
}

ch_house *
ch_house_new(ch_config *config, ch_diag *diag)
{
    return house_new(config, TRUE, diag);
}

ch_house *
ch_house_load_gateways(const char *path, ch_diag *diag)
{
    ch_config *config = ch_config_load(path, diag);
    return config == NULL ? NULL : house_new(config, FALSE, diag);
}

ch_house *
ch_house_load(const char *path, ch_diag *diag)
{
    ch_config *config = ch_config_load(path, diag);
    return config == NULL ? NULL : ch_house_new(config, diag);
}

ch_house *
ch_house_load_drafts(const char *path, ch_diag *diag)
{
    ch_config *config = ch_config_load(path, diag);
    if (config == NULL) {
        return NULL;
    }
    config->rules_drafts = TRUE;
    return ch_house_new(config, diag);
}

static void
extractor_free(ch_extractor *extractor)
{
    if (extractor != NULL) {
        extractor->free(extractor->data);
        g_free(extractor);
    }
}

void
ch_house_set_extractor(ch_house *house, ch_extractor *extractor)
{
    extractor_free(house->extractor);
    house->extractor = extractor;
}

ch_house *
ch_house_ref(ch_house *house)
{
    g_atomic_int_inc(&house->refs);
    return house;
}

void
ch_house_unref(ch_house *house)
{
    if (house == NULL || !g_atomic_int_dec_and_test(&house->refs)) {
        return;
    }
    g_hash_table_unref(house->profiles);
    extractor_free(house->extractor);
    ch_ruleset_free(house->rules);
    ch_accounts_free(house->accounts);
    ch_gateways_free(house->gateways);
    ch_templates_free(house->templates);
    ch_config_unref(house->config);
    g_free(house);
}

const ch_gateway *
ch_house_gateway(const ch_house *house, const char *address,
                 const ch_account **account_out)
{
    const ch_account *account = ch_accounts_find(house->accounts, address);
    if (account_out != NULL) {
        *account_out = account;
    }
    return account != NULL ? &account->gateway
                           : ch_gateways_match(house->gateways, address);
}

const ch_ruleset *
ch_house_rules(const ch_house *house, const GArray *destinations)
{
    const char *profile = NULL;
    for (guint i = 0; i < destinations->len; i++) {
        const ch_account *a =
            g_array_index(destinations, ch_destination, i).account;
        if (a == NULL || a->set->profile == NULL ||
            (profile != NULL && strcmp(profile, a->set->profile) != 0)) {
            return house->rules;
        }
        profile = a->set->profile;
    }
    const ch_ruleset *rules =
        profile == NULL ? NULL : g_hash_table_lookup(house->profiles, profile);
    return rules != NULL ? rules : house->rules;
}

const ch_rule *
ch_house_find_rule(const ch_house *house, const char *id)
{
    GHashTableIter profiles;
    gpointer rules;
    const ch_rule *rule = ch_ruleset_find(house->rules, id);
    g_hash_table_iter_init(&profiles, house->profiles);
    while (rule == NULL && g_hash_table_iter_next(&profiles, NULL, &rules)) {
        rule = ch_ruleset_find(rules, id);
    }
    return rule;
}
