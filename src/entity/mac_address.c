/*
 * mac-address: hardware address of a network card, a device identifier, 45
 * CFR 164.514(b)(2)(i)(M); notations of IEEE 802 and of Cisco.
 */
#include "kinds.h"

static gboolean
accept(const ch_entity_text *in, ch_span *span)
{
    char code[16];
    CH_ALNUMS(in, *span, code);
    return !ch_kind_is_one_digit(code); /* all zeros, broadcast */
}

const ch_entity_kind ch_entity_mac_address = {
    "mac-address",
    "(?<![a-z0-9_:.-])(?:[0-9a-f]{2}(?<s>[:-])(?:[0-9a-f]{2}\\k<s>){4}"
    "[0-9a-f]{2}|[0-9a-f]{4}\\.[0-9a-f]{4}\\.[0-9a-f]{4})"
    "(?![a-z0-9_]|[:-][a-z0-9]|\\.[a-z0-9])",
    accept, NULL};
