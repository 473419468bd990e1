/*
 * The house: configuration, rules, gateways, accounts, templates and the
 * reader of documents, which a reload replaces as a whole or not at all.
 */
#ifndef CHAPERONE_HOUSE_H
#define CHAPERONE_HOUSE_H

#include "chaperone/accounts.h"
#include "chaperone/extraction.h"
#include "chaperone/ruleset.h"
#include "chaperone/template.h"

/* Const once made, counted. */
typedef struct {
    ch_config *config;
    ch_ruleset *rules;
    ch_gateways *gateways;
    ch_accounts *accounts;
    GHashTable *profiles;    /* name to ch_ruleset: those that accounts name */
    ch_templates *templates; /* own words of notices */
    ch_extractor *extractor; /* reads documents; NULL: nobody does */
    gint refs;
} ch_house;

/* Loads rules and gateways that config names.  Takes config.  NULL after an
 * error. */
ch_house *ch_house_new(ch_config *config, ch_diag *diag);
/* Configuration (path NULL: the standard file), rules and gateways. */
ch_house *ch_house_load(const char *path, ch_diag *diag);
/* The same for tools of rule authors: examples may come out wrong. */
ch_house *ch_house_load_drafts(const char *path, ch_diag *diag);
/* Without rules, for who reads posts and judges none: ch_inspect_read,
 * ch_retime_plan. */
ch_house *ch_house_load_gateways(const char *path, ch_diag *diag);
/* Before the house is shared; takes extractor.  NULL is none. */
void ch_house_set_extractor(ch_house *house, ch_extractor *extractor);
ch_house *ch_house_ref(ch_house *house); /* Thread-safe. */
void ch_house_unref(ch_house *house);

/* The gateway behind a recipient, by the alias of an account (account_out;
 * may be NULL) or by the table; NULL: a person.  Borrowed. */
const ch_gateway *ch_house_gateway(const ch_house *house, const char *address,
                                   const ch_account **account_out);

/* The rules for posts to these destinations: those of the profile that all of
 * them have, else the practice's.  Borrowed. */
const ch_ruleset *ch_house_rules(const ch_house *house,
                                 const GArray *destinations);

/* By ID, among all rules that are in force for somebody.  Borrowed. */
const ch_rule *ch_house_find_rule(const ch_house *house, const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ch_house, ch_house_unref)

#endif
