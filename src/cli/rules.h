/*
 * What the files of `chaperone rules` share.
 */
#ifndef CHAPERONE_RULES_H
#define CHAPERONE_RULES_H

/* Writes the beginning of a rule into a file of its own; dir NULL: the last
 * directory of rules.paths that can be written to.  Exit code. */
int ch_rules_new(const char *config, const char *dir, const char *id);

/* Learns a classifier from labelled posts.  Exit code. */
int ch_rules_learn(const char *config, const char *output,
                   const char *const *paths);

/* Prints labelled posts as an encoder would read them, a JSON object a line,
 * for those who train one.  Exit code. */
int ch_rules_passages(const char *config, const char *const *paths);

#endif
