/*
 * Archives by libarchive, from memory, member by member.
 *
 * Only the formats that people attach: ZIP, tar, 7z, and one file compressed
 * by gzip, bzip2 or xz.  Members are read by what they are; every byte that
 * comes out is counted.
 */
#include "extract/reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

struct ch_members {
    struct archive *archive;
    struct archive_entry *entry;
    gboolean raw;
    gboolean broken; /* it did not end as it should */
};

ch_members *
ch_members_open(GBytes *bytes, gboolean raw)
{
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    struct archive *a = archive_read_new();
    archive_read_support_filter_gzip(a);
    archive_read_support_filter_bzip2(a);
    archive_read_support_filter_xz(a);
    if (raw) {
        archive_read_support_format_raw(a);
    } else {
        archive_read_support_format_zip(a);
        archive_read_support_format_tar(a);
        archive_read_support_format_7zip(a);
    }
    if (archive_read_open_memory(a, data, length) != ARCHIVE_OK) {
        archive_read_free(a);
        return NULL;
    }
    ch_members *m = g_new0(ch_members, 1);
    m->archive = a;
    return m;
}

void
ch_members_close(ch_members *m)
{
    if (m != NULL) {
        archive_read_free(m->archive);
        g_free(m);
    }
}

static const char *
entry_name(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname_utf8(entry);
    return name != NULL ? name : archive_entry_pathname(entry);
}

gboolean
ch_members_next(ch_members *m, const char **name_out, gboolean *encrypted_out)
{
    int code;
    do {
        code = archive_read_next_header(m->archive, &m->entry);
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
            m->broken = code != ARCHIVE_EOF;
            return FALSE;
        }
    } while (archive_entry_filetype(m->entry) != AE_IFREG);
    m->raw = archive_format(m->archive) == ARCHIVE_FORMAT_RAW;
    *name_out = m->raw ? NULL : entry_name(m->entry);
    *encrypted_out = archive_entry_is_encrypted(m->entry) != 0;
    return TRUE;
}

GBytes *
ch_members_read(ch_members *m, ch_reader *r)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    char chunk[65536];
    la_ssize_t n;
    while ((n = archive_read_data(m->archive, chunk, sizeof chunk)) > 0) {
        if (!ch_reader_unpack(r, (gsize)n)) {
            return NULL;
        }
        g_byte_array_append(out, (const guint8 *)chunk, (guint)n);
    }
    if (n < 0) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

gboolean
ch_members_ended_well(const ch_members *m)
{
    return !m->broken;
}

gboolean
ch_members_has_secrets(const ch_members *m)
{
    return archive_read_has_encrypted_entries(m->archive) > 0;
}

/* gzip, bzip2 and xz pack one file, which is looked at for itself: to the
 * reader of tar a file that begins with zeros is an archive without members. */
static gboolean
is_compressed_file(GBytes *bytes)
{
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    return length > 3 && (data[0] == 0x1f || data[0] == 'B' || data[0] == 0xfd);
}

static void
read_member(ch_reader *r, ch_members *m, const char *name, gboolean encrypted)
{
    if (name != NULL) {
        ch_reader_text(r, CH_WHERE_FILENAME, name, -1);
    }
    if (encrypted) {
        ch_reader_unscanned(r, CH_UNSCANNED_ENCRYPTED);
        return;
    }
    g_autoptr(GBytes) content = ch_members_read(m, r);
    if (content != NULL) {
        ch_read_any(r, content, CH_WHERE_ATTACHMENT);
    }
}

static void
read_members(ch_reader *r, ch_members *m, gboolean quiet)
{
    const char *name;
    gboolean encrypted;
    guint number = 0;
    while (!r->full && ch_members_next(m, &name, &encrypted)) {
        if (++r->members > CH_MAX_MEMBERS) {
            ch_reader_unscanned(r, CH_UNSCANNED_LIMIT);
            return;
        }
        ch_reader_enter(r, CH_STEP_FILE, name == NULL ? 0 : ++number);
        read_member(r, m, name, encrypted);
        ch_reader_leave(r);
    }
    if (!ch_members_ended_well(m) && !quiet) {
        ch_reader_unscanned(r, ch_members_has_secrets(m)
                                   ? CH_UNSCANNED_ENCRYPTED
                                   : CH_UNSCANNED_DAMAGED);
    }
}

static void
read_archive(ch_reader *r, GBytes *bytes, gboolean quiet)
{
    g_autoptr(ch_members) m = ch_members_open(bytes, is_compressed_file(bytes));
    if (m != NULL) {
        read_members(r, m, quiet);
    } else if (!quiet) {
        ch_reader_unscanned(r, CH_UNSCANNED_DAMAGED);
    }
}

void
ch_read_archive(ch_reader *r, GBytes *bytes)
{
    read_archive(r, bytes, FALSE);
}

void
ch_read_hidden_archive(ch_reader *r, GBytes *bytes)
{
    read_archive(r, bytes, TRUE);
}
