/*
 * Any bytes are a configuration file: it loads, or somebody is told why; what
 * loads can be written out and read again.
 */
#include "chaperone/config.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(ch_config) config =
        ch_config_parse("c.yaml", (const char *)data, size, diag);
    g_assert((config == NULL) == (ch_diag_count(diag) > 0));
    if (config == NULL) {
        g_autofree char *told = ch_diag_dup_text(diag);
        g_assert(g_str_has_prefix(told, "c.yaml"));
        return 0;
    }
    g_autofree char *first = ch_config_dup_yaml(config);
    g_autoptr(ch_config) again =
        ch_config_parse("c.yaml", first, strlen(first), diag);
    g_assert(again != NULL);
    g_autofree char *second = ch_config_dup_yaml(again);
    g_assert_cmpstr(first, ==, second);
    return 0;
}
