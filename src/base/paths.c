/*
 * Where shipped data lies: beside the build in a source tree, else where the
 * installation put it.
 */
#include "chaperone/version.h"

#include <glib.h>

/* The source tree that the running program was built in, or NULL.  Owned. */
static char *
source_tree(void)
{
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = exe == NULL ? NULL : g_path_get_dirname(exe);
    for (guint up = 0; dir != NULL && up < 4; up++) {
        g_autofree char *parent = g_path_get_dirname(dir);
        g_autofree char *name = g_path_get_basename(dir);
        g_autofree char *rules =
            g_build_filename(parent, "rules", "structure.yaml", NULL);
        if (strcmp(name, "build") == 0 &&
            g_file_test(rules, G_FILE_TEST_IS_REGULAR)) {
            return g_steal_pointer(&parent);
        }
        g_free(dir);
        dir = g_steal_pointer(&parent);
    }
    return NULL;
}

char *
ch_paths_dup_rules(void)
{
    g_autofree char *tree = source_tree();
    return tree != NULL ? g_build_filename(tree, "rules", NULL)
                        : g_build_filename(CH_DATADIR, "rules", NULL);
}

char *
ch_paths_dup_extract(void)
{
    g_autofree char *tree = source_tree();
    g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *dir = exe == NULL ? NULL : g_path_get_dirname(exe);
    for (guint up = 0; tree != NULL && dir != NULL && up < 2; up++) {
        char *beside = g_build_filename(dir, "chaperone-extract", NULL);
        if (g_file_test(beside, G_FILE_TEST_IS_EXECUTABLE)) {
            return beside; /* of build/, build/tests/, build/san-.../ */
        }
        g_free(beside);
        char *parent = g_path_get_dirname(dir);
        g_free(dir);
        dir = parent;
    }
    return g_strdup(CH_LIBEXECDIR "/chaperone-extract");
}

char *
ch_paths_dup_gateways(void)
{
    g_autofree char *tree = source_tree();
    return tree != NULL ? g_build_filename(tree, "conf", "gateways.yaml", NULL)
                        : g_build_filename(CH_DATADIR, "gateways.yaml", NULL);
}
