/*
 * The cache of compiled rules, for the loader of rules alone.
 */
#ifndef CHAPERONE_RULE_CACHE_INT_H
#define CHAPERONE_RULE_CACHE_INT_H

#include "chaperone/config.h"

typedef struct rule_cache rule_cache;

/* NULL where there can be none: rules.cache is no private directory of ours,
 * or the key cannot be read.  NULL is fine for all that follows.  Owned. */
rule_cache *ch_rule_cache_new(const ch_config *config);
void ch_rule_cache_free(rule_cache *cache);
/* Each file that the rules come from, in order. */
void ch_rule_cache_add(rule_cache *cache, const char *name, const char *data,
                       gsize length);
/* After all were added: the database, perhaps empty, of rules that were
 * loaded before; NULL: they are new to us.  Owned. */
GBytes *ch_rule_cache_load(rule_cache *cache);
/* Rules that were loaded, their examples right.  database may be NULL. */
void ch_rule_cache_save(rule_cache *cache, GBytes *database);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(rule_cache, ch_rule_cache_free)

#endif
