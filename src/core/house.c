/*
 * The house: configuration, rules, gateways and the reader of documents as one
 * counted thing, so that a reload replaces all of it or nothing.
 */
#include "chaperone/inspect.h"

ch_house *
ch_house_new(ch_config *config, ch_diag *diag)
{
    ch_house *house = g_new0(ch_house, 1);
    house->refs = 1;
    house->config = config;
    house->rules = ch_ruleset_load(config, diag);
    house->gateways =
        ch_gateways_load((const char *const *)config->gateways_files, diag);
    if (house->rules == NULL || house->gateways == NULL) {
        ch_house_unref(house);
        return NULL;
    }
    return house;
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
    extractor_free(house->extractor);
    ch_ruleset_free(house->rules);
    ch_gateways_free(house->gateways);
    ch_config_unref(house->config);
    g_free(house);
}
