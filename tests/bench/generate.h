/*
 * Rules and posts for measuring: made from word lists by a seeded generator,
 * so that every run and every machine sees the same.
 */
#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include <glib.h>

/* Patterns (of char *) in the manner of the shipped packs: phrases with
 * endings, alternatives, gaps, labelled numbers, names.  The first of n are
 * the same for any n.  Owned. */
GPtrArray *bench_rules(guint n);
/* Folded posts (of GBytes) of least to most bytes; one sentence in 200 is what
 * some rule looks for.  Owned. */
GPtrArray *bench_posts(guint n, gsize least, gsize most);

#endif
