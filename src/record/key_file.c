/*
 * Files that hold one key: read, or made once.
 *
 * 32 bytes, raw or as base64, in a regular file that others can neither read
 * nor write.  A new one is written aside and put in place in one step, so
 * that nobody ever reads half a key.  This file never prints a key.
 */
#include "record/store_int.h"

#include "chaperone/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
fail_file(const char *file, int saved_errno, const char *what, GError **error)
{
    g_set_error(error, CH_ERROR, CH_ERROR_CONFIG, "key file %s: %s%s%s", file,
                what, saved_errno != 0 ? ": " : "",
                saved_errno != 0 ? g_strerror(saved_errno) : "");
    return FALSE;
}

gboolean
ch_sync_directory(const char *file)
{
    g_autofree char *directory = g_path_get_dirname(file);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return FALSE;
    }
    gboolean ok = fsync(fd) == 0;
    return close(fd) == 0 && ok;
}

static gboolean
write_and_sync(int fd, const char *data, gsize length)
{
    while (length > 0) {
        gssize n = write(fd, data, length);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return FALSE;
        }
        data += n;
        length -= (gsize)n;
    }
    return fsync(fd) == 0;
}

/* Gives the file its name if nothing has that name yet.  In one step where
 * the file system can (renameat2(2)), for a key must not keep a second name
 * when the machine stops in between. */
static gboolean
put_in_place(const char *aside, const char *file)
{
    if (renameat2(AT_FDCWD, aside, AT_FDCWD, file, RENAME_NOREPLACE) == 0) {
        return TRUE;
    }
    gboolean ok =
        errno == EEXIST || ((errno == EINVAL || errno == ENOSYS) &&
                            (link(aside, file) == 0 || errno == EEXIST));
    int saved_errno = errno;
    (void)unlink(aside);
    errno = saved_errno;
    return ok;
}

/* Writes aside, then puts it in place: nobody ever reads half a key, and of
 * two programs that start together one wins and both use its key. */
static gboolean
make_key_file(const char *file, GError **error)
{
    guint8 key[CH_KEY_BYTES];
    char text[64];
    g_autofree char *aside = g_strdup_printf("%s.XXXXXX", file);
    int fd = mkostemp(aside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return fail_file(file, errno, "cannot be made", error);
    }
    randombytes_buf(key, sizeof key);
    sodium_bin2base64(text, sizeof text, key, sizeof key,
                      sodium_base64_VARIANT_ORIGINAL);
    gsize length = strlen(text);
    text[length] = '\n';
    gboolean ok = write_and_sync(fd, text, length + 1);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    ok = close(fd) == 0 && ok;
    if (!ok) {
        int saved_errno = errno;
        (void)unlink(aside);
        return fail_file(file, saved_errno, "cannot be made", error);
    }
    return (put_in_place(aside, file) && ch_sync_directory(file)) ||
           fail_file(file, errno, "cannot be made", error);
}

/* Raw, or base64 with or without its line end. */
static gboolean
decode_key(const char *data, gsize length, guint8 key_out[CH_KEY_BYTES])
{
    if (length == CH_KEY_BYTES) {
        memcpy(key_out, data, CH_KEY_BYTES);
        return TRUE;
    }
    gsize got = 0;
    return sodium_base642bin(key_out, CH_KEY_BYTES, data, length, "\r\n", &got,
                             NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           got == CH_KEY_BYTES;
}

static gboolean
read_key(int fd, const char *file, guint8 key_out[CH_KEY_BYTES], GError **error)
{
    struct stat st;
    char data[128];
    if (fstat(fd, &st) != 0) {
        return fail_file(file, errno, "cannot be read", error);
    }
    if (!S_ISREG(st.st_mode)) {
        return fail_file(file, 0, "is not a regular file", error);
    }
    /* The group may read it: the review page runs as another user. */
    if ((st.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
        return fail_file(
            file, 0, "is open to other users; allowed is 0600 or 0640", error);
    }
    gssize n = read(fd, data, sizeof data);
    if (n < 0) {
        return fail_file(file, errno, "cannot be read", error);
    }
    gboolean ok = decode_key(data, (gsize)n, key_out);
    sodium_memzero(data, sizeof data);
    return ok ||
           fail_file(file, 0, "is no key; a key is 32 bytes, raw or as base64",
                     error);
}

gboolean
ch_key_file_load(const char *file, gboolean create,
                 guint8 key_out[CH_KEY_BYTES], GError **error)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && create) {
        if (!make_key_file(file, error)) {
            return FALSE;
        }
        fd = open(file, O_RDONLY | O_CLOEXEC);
    }
    if (fd < 0) {
        return fail_file(file, errno, "cannot be read", error);
    }
    gboolean ok = read_key(fd, file, key_out, error);
    close(fd);
    return ok;
}
