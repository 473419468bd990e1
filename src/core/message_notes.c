/*
 * What is odd about a message, and what of it was not read: names, and the
 * lists that the readers of its parts add to.  Each thing once, under a cap.
 */
#include "core/message_int.h"

#include "chaperone/limits.h"

static const char *const unscanned_names[] = {
    [CH_UNSCANNED_ENCRYPTED] = "encrypted",
    [CH_UNSCANNED_DAMAGED] = "damaged",
    [CH_UNSCANNED_LIMIT] = "limit",
    [CH_UNSCANNED_TIMEOUT] = "timeout",
    [CH_UNSCANNED_UNSUPPORTED] = "unsupported",
};

static const char *const defect_names[] = {
    [CH_DEFECT_DUPLICATE_HEADER] = "duplicate-header",
    [CH_DEFECT_DUPLICATE_PARAMETER] = "duplicate-parameter",
    [CH_DEFECT_NO_BOUNDARY] = "no-boundary",
    [CH_DEFECT_BAD_ENCODING] = "bad-encoding",
    [CH_DEFECT_BAD_CHARSET] = "bad-charset",
    [CH_DEFECT_BAD_HEADER] = "bad-header",
    [CH_DEFECT_TOO_DEEP] = "too-deep",
    [CH_DEFECT_OTHER] = "other",
};

const char *
ch_unscanned_name(ch_unscanned_reason reason)
{
    return unscanned_names[reason];
}

const char *
ch_defect_name(ch_defect_kind kind)
{
    return defect_names[kind];
}

void
ch_message_add_defect(ch_message *m, ch_defect_kind kind, int part)
{
    ch_defect defect = {kind, part};
    for (guint i = 0; i < m->defects->len; i++) {
        const ch_defect *old = &g_array_index(m->defects, ch_defect, i);
        if (old->kind == kind && old->part == part) {
            return;
        }
    }
    if (m->defects->len < CH_MAX_DEFECTS) {
        g_array_append_val(m->defects, defect);
    }
}

void
ch_message_add_unscanned(ch_message *m, ch_unscanned_reason reason, int part)
{
    ch_unscanned entry = {part, reason};
    for (guint i = m->unscanned->len; i > 0; i--) {
        const ch_unscanned *old =
            &g_array_index(m->unscanned, ch_unscanned, i - 1);
        if (old->reason == reason && old->part == part) {
            return;
        }
    }
    g_array_append_val(m->unscanned, entry);
}
