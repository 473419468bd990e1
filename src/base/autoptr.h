/*
 * g_autoptr for libraries that define none.
 */
#ifndef CHAPERONE_AUTOPTR_H
#define CHAPERONE_AUTOPTR_H

#include <glib.h>

#ifdef PCRE2_MAJOR
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pcre2_code, pcre2_code_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pcre2_match_data, pcre2_match_data_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(pcre2_match_context, pcre2_match_context_free)
#endif

#endif
