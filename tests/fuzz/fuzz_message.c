/*
 * Any bytes are a message: parts within it, texts that map back.
 */
#include "chaperone/limits.h"
#include "chaperone/message.h"

#include "check_texts.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void
check_parts(const ch_message *m, gsize size)
{
    const GPtrArray *parts = ch_message_parts(m);
    g_assert(parts->len <= CH_MAX_PARTS);
    for (guint i = 0; i < parts->len; i++) {
        const ch_part *part = g_ptr_array_index(parts, i);
        g_assert(part->raw.start <= part->raw.end && part->raw.end <= size);
        g_assert(part->parent < (int)i && part->number != NULL);
        g_assert(g_utf8_validate(part->type, -1, NULL));
        g_assert(part->name == NULL || g_utf8_validate(part->name, -1, NULL));
    }
    const GArray *unscanned = ch_message_unscanned(m);
    for (guint i = 0; i < unscanned->len; i++) {
        int part = g_array_index(unscanned, ch_unscanned, i).part;
        g_assert(part >= -1 && part < (int)parts->len);
    }
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    g_autoptr(GBytes) raw = g_bytes_new(data, size);
    g_autoptr(ch_message) m = ch_message_parse(raw);
    g_auto(GStrv) recipients = ch_message_dup_recipients(m);
    g_assert(recipients != NULL && ch_message_date(m) >= -1);
    g_assert(g_utf8_validate(ch_message_type(m), -1, NULL));
    check_parts(m, size);
    const ch_message_bytes bytes = ch_message_count_bytes(m);
    g_assert(bytes.read + bytes.skipped + bytes.unread == size);
    check_texts(ch_message_texts(m));
    return 0;
}
