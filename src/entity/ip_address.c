/*
 * ip-address: Internet address, 45 CFR 164.514(b)(2)(i)(O).
 *
 * Version 4 in dotted form, version 6 as RFC 4291 2.2 writes it, with zone or
 * prefix length.  Versions of software and times of day are none, nor are
 * masks and the addresses of every machine to itself.
 */
#include "kinds.h"

#include <gio/gio.h>

static const char *const versions[] = {
    "version", "versions",    "ver",     "v",       "release",
    "build",   "firmware",    "ios",     "android", "update",
    "upgrade", "patch",       "section", "chapter", "driver",
    "netmask", "subnet mask", "clause",  NULL};

/* "12::30" is an address by the letter only. */
static gboolean
looks_like_v6(const char *value)
{
    guint groups = 0;
    for (const char *p = value; *p != '\0'; p++) {
        groups += *p == ':' && p[1] != ':' ? 1 : 0;
    }
    return strpbrk(value, "0123456789") != NULL &&
           (groups >= 3 || strcspn(value, ":") >= 3 ||
            g_str_has_prefix(value, "::ffff:"));
}

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    g_autofree char *value =
        g_strndup(in->data + span->start, span->end - span->start);
    value[strcspn(value, "%/")] = '\0';
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(value);
    if (address == NULL || g_inet_address_get_is_any(address) ||
        g_inet_address_get_is_loopback(address) ||
        g_str_has_prefix(value, "255.") || g_str_has_prefix(value, "0.")) {
        return FALSE;
    }
    return g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6
               ? looks_like_v6(value)
               : !ch_kind_has_word(in, *span, 16, 0, versions);
}

const ch_entity_kind ch_entity_ip_address = {
    "ip-address",
    "(?<![a-z0-9_.:$-])[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}"
    "(?:/[0-9]{1,2})?(?![a-z0-9_%-]|\\.[0-9])"
    "|(?<![a-z0-9_.:])(?:[0-9a-f]{1,4}:){1,7}(?::?[0-9a-f]{1,4}){1,7}"
    "(?:(?:\\.[0-9]{1,3}){3})?(?:%[a-z0-9]{1,12})?(?:/[0-9]{1,3})?"
    "(?![a-z0-9_:])"
    "|(?<![a-z0-9_.:])::ffff:[0-9]{1,3}(?:\\.[0-9]{1,3}){3}(?![a-z0-9_.])",
    accept, NULL};
