/*
 * Any bytes are an encoder's file, any UTF-8 is a passage, and a post that a
 * passage is made of.  Pieces are numbers of the shipped encoder's; what is
 * computed of them hangs on nothing but how many there are.
 */
#include "chaperone/encoder.h"
#include "chaperone/passage.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

/* Borrowed: read once. */
static const ch_encoder *
get_encoder(void)
{
    static gsize made;
    static ch_encoder *encoder;
    if (g_once_init_enter(&made)) {
        g_autoptr(ch_diag) diag = ch_diag_new();
        encoder = ch_encoder_load(CH_SOURCE_DIR "/rules/posts.encoder", diag);
        g_assert(encoder != NULL);
        g_once_init_leave(&made, 1);
    }
    return encoder;
}

static void
check_file(const guint8 *data, gsize size)
{
    g_autoptr(ch_diag) diag = ch_diag_new();
    g_autoptr(GBytes) file = g_bytes_new(data, size);
    g_autoptr(ch_encoder) e = ch_encoder_parse("e", file, diag);
    g_assert((e == NULL) == (ch_diag_count(diag) > 0));
}

static void
check_pieces(const char *passage, gsize size)
{
    g_autoptr(GArray) pieces = ch_encoder_pieces(get_encoder(), passage, size);
    g_assert(pieces->len <= 2 * size);
    for (guint i = 0; i < pieces->len; i++) {
        g_assert(g_array_index(pieces, guint16, i) <
                 ch_encoder_size(get_encoder()));
    }
}

static void
check_post(const guint8 *data, gsize size)
{
    const ch_post_facts facts = {.is_reply = size % 2 == 0};
    g_autoptr(GBytes) source = g_bytes_new(data, size);
    g_autoptr(GPtrArray) texts =
        g_ptr_array_new_with_free_func((GDestroyNotify)ch_text_free);
    ch_text *text = ch_text_new_whole(CH_WHERE_BODY, -1, source);
    ch_text_fold(text);
    g_ptr_array_add(texts, text);
    g_autoptr(GString) passage = ch_passage_new(texts, &facts);
    g_assert(g_utf8_validate(passage->str, (gssize)passage->len, NULL));
    check_pieces(passage->str, passage->len);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
    check_file(data, size);
    if (g_utf8_validate((const char *)data, (gssize)size, NULL)) {
        check_pieces((const char *)data, size);
        check_post(data, size);
    }
    return 0;
}
