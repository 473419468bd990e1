/*
 * Outlook's .msg (MS-OXMSG): a compound file whose streams are the properties
 * of a mail, whose storages are what is attached and to whom it goes.
 *
 * The compound file is taken apart by libgsf.  Other documents in such files
 * (Word, Excel and PowerPoint before 2007) are not read.
 */
#include "extract/reader.h"

#include "core/charset.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-infile.h>
#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-utils.h>
#include <string.h>

enum { STRING8 = 0x1e, UNICODE = 0x1f, BINARY = 0x102, OBJECT = 0x0d };

void
ch_warm_msg(void)
{
    gsf_init();
}

/* "__substg1.0_PPPPTTTT": a property and its type (2.1.3). */
static gboolean
read_name(const char *name, guint *property_out, guint *type_out)
{
    static const char prefix[] = "__substg1.0_";
    if (name == NULL || !g_str_has_prefix(name, prefix) ||
        strlen(name) < sizeof prefix - 1 + 8) {
        return FALSE;
    }
    guint64 tag = g_ascii_strtoull(name + sizeof prefix - 1, NULL, 16);
    *property_out = (guint)(tag >> 16) & 0xffff;
    *type_out = (guint)tag & 0xfff; /* 0x1000: one of several values */
    return TRUE;
}

/* Owned; NULL: none, or damaged. */
static GBytes *
dup_stream(ch_reader *r, GsfInput *stream)
{
    gsf_off_t size = gsf_input_size(stream);
    if (size <= 0) {
        return NULL;
    }
    guint8 *data = size > CH_MAX_ATTACHMENT ? NULL : g_try_malloc((gsize)size);
    if (data == NULL || gsf_input_read(stream, (gsize)size, data) == NULL) {
        ch_reader_unscanned(r, data == NULL ? CH_UNSCANNED_LIMIT
                                            : CH_UNSCANNED_DAMAGED);
        g_free(data);
        return NULL;
    }
    return g_bytes_new_take(data, (gsize)size);
}

static void
read_string(ch_reader *r, guint property, guint type, GBytes *bytes)
{
    g_auto(ch_decoded) decoded = {NULL, NULL, FALSE};
    gsize length;
    ch_charset_decode(type == UNICODE ? "utf-16le" : NULL, bytes, &decoded);
    const char *text = g_bytes_get_data(decoded.text, &length);
    if (length > 0) {
        ch_read_mapi_string(r, property, text, length);
    }
}

static void
read_stream(ch_reader *r, GsfInput *stream)
{
    guint property, type;
    if (!read_name(gsf_input_name(stream), &property, &type)) {
        return;
    }
    g_autoptr(GBytes) bytes = dup_stream(r, stream);
    if (bytes == NULL) {
        return;
    }
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    if (type == UNICODE || type == STRING8) {
        read_string(r, property, type, bytes);
    } else if (type == BINARY) {
        ch_read_mapi_binary(r, property, data, length);
    }
}

static void read_storage(ch_reader *r, GsfInfile *storage);

static void
read_child(ch_reader *r, GsfInput *child, guint *files)
{
    const char *name = gsf_input_name(child);
    gboolean storage =
        GSF_IS_INFILE(child) && gsf_infile_num_children(GSF_INFILE(child)) >= 0;
    gboolean file = name != NULL && g_str_has_prefix(name, "__attach");
    if (!storage) {
        read_stream(r, child);
        return;
    }
    if (r->depth >= CH_MAX_NESTING || r->n_steps >= CH_MAX_STEPS) {
        ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
        return;
    }
    ch_reader_enter(r, CH_STEP_FILE, file ? ++*files : 0);
    r->depth += file ? 0 : 1; /* a mail in what is attached */
    read_storage(r, GSF_INFILE(child));
    r->depth -= file ? 0 : 1;
    ch_reader_leave(r);
}

static void
read_storage(ch_reader *r, GsfInfile *storage)
{
    guint files = 0;
    int count = gsf_infile_num_children(storage);
    for (int i = 0; i < count && !r->full; i++) {
        if (++r->members > CH_MAX_MEMBERS) {
            ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
            return;
        }
        GsfInput *child = gsf_infile_child_by_index(storage, i);
        if (child == NULL) {
            ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
            continue;
        }
        read_child(r, child, &files);
        g_object_unref(child);
    }
}

static gboolean
has_child(GsfInfile *file, const char *name)
{
    GsfInput *child = gsf_infile_child_by_name(file, name);
    if (child != NULL) {
        g_object_unref(child);
    }
    return child != NULL;
}

gboolean
ch_read_msg(ch_reader *r, GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    GsfInput *input = gsf_input_memory_new(data, (gsf_off_t)length, FALSE);
    GsfInfile *file = gsf_infile_msole_new(input, NULL);
    gboolean known = file != NULL && has_child(file, "__properties_version1.0");
    if (known) {
        read_storage(r, file);
    }
    g_clear_object(&file);
    g_object_unref(input);
    return known;
}
