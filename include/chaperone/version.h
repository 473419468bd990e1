/* The version of all programs, and where an installation keeps its data. */
#ifndef CHAPERONE_VERSION_H
#define CHAPERONE_VERSION_H

#define CH_VERSION "0.1.0"

#ifndef CH_DATADIR
#define CH_DATADIR "/usr/share/chaperone"
#endif
#ifndef CH_LIBEXECDIR
#define CH_LIBEXECDIR "/usr/libexec/chaperone"
#endif
#ifndef CH_SYSCONFDIR
#define CH_SYSCONFDIR "/etc"
#endif

/* Directory of shipped rules/ and gateways.yaml's conf/: the source tree if
 * the running program lies in its build/, else the installation.  Owned. */
char *ch_paths_dup_rules(void);
char *ch_paths_dup_gateways(void);
/* The reader of documents: beside the running program in a source tree, else
 * where the installation put it.  Owned. */
char *ch_paths_dup_extract(void);

#endif
