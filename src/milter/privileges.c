/*
 * Privileges: what the daemon may do, and what it gives up.
 *
 * As root it makes the store, the key and the socket and gives them to
 * milter.user, then becomes that user and makes sure that there is no way
 * back.  Held mail never lands in a core file.
 */
#include "chaperone/error.h"
#include "chaperone/usock.h"
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <malloc.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void
ch_privileges_harden(void)
{
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* By default each thread gets an arena and keeps what it once had: on
     * pictures of 2 MB at 32 connections a peak of 116 MB.  With one there are
     * fewer holes, and threads do not wait for it more than they gain: 58 MB
     * instead of 64, the same messages a second.  Pictures come from mmap and
     * go back at once; what lies at the end of the arena goes back above 1
     * MiB, because with less each post costs some system calls (a quarter of
     * the throughput at 8 connections).  For the holes see callbacks.c. */
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

/* --- users and groups ------------------------------------------------------
 */

typedef struct {
    uid_t uid;
    gid_t gid;
} account;

static gboolean
find_user(const char *name, account *out, GError **error)
{
    struct passwd entry, *found = NULL;
    char buffer[4096];
    if (getpwnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 ||
        found == NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "milter.user: no user %s on this system", name);
        return FALSE;
    }
    *out = (account){found->pw_uid, found->pw_gid};
    return TRUE;
}

static gboolean
find_group(const char *name, gid_t *gid_out, GError **error)
{
    struct group entry, *found = NULL;
    char buffer[16384];
    if (getgrnam_r(name, &entry, buffer, sizeof buffer, &found) != 0 ||
        found == NULL) {
        g_set_error(error, CH_ERROR, CH_ERROR_CONFIG,
                    "milter.group: no group %s on this system", name);
        return FALSE;
    }
    *gid_out = found->gr_gid;
    return TRUE;
}

/* Root that is to become somebody else. */
static gboolean
will_drop(const ch_config *config)
{
    return geteuid() == 0 && config->milter_user[0] != '\0' &&
           strcmp(config->milter_user, "root") != 0;
}

/* --- making and giving away ------------------------------------------------
 */

static gboolean
fail(GError **error, const char *doing, const char *path)
{
    g_set_error(error, CH_ERROR, CH_ERROR_IO, "cannot %s %s: %s", doing, path,
                g_strerror(errno));
    return FALSE;
}

/* Makes the directory of path if it is missing. */
static gboolean
make_directory(const char *path, mode_t mode, uid_t uid, gid_t gid,
               GError **error)
{
    g_autofree char *directory = g_path_get_dirname(path);
    if (g_file_test(directory, G_FILE_TEST_IS_DIR)) {
        return TRUE;
    }
    if (g_mkdir_with_parents(directory, 0755) != 0 ||
        chmod(directory, mode) != 0 || lchown(directory, uid, gid) != 0) {
        return fail(error, "make directory", directory);
    }
    return TRUE;
}

/* Gives a plain file of root's to the daemon's user, with that mode; others
 * stay. */
static gboolean
give(const char *path, const account *to, mode_t mode, GError **error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat found;
    if (fd < 0) {
        return errno == ENOENT || fail(error, "open", path);
    }
    gboolean ok =
        fstat(fd, &found) == 0 &&
        (!S_ISREG(found.st_mode) || found.st_uid != 0 || found.st_nlink != 1 ||
         (fchmod(fd, mode) == 0 && fchown(fd, to->uid, to->gid) == 0));
    close(fd);
    return ok || fail(error, "give away", path);
}

static gboolean
prepare_store(const ch_config *config, const account *to, GError **error)
{
    /* A journal stays when its maker is interrupted before WAL is on. */
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};
    const char *path = strchr(config->store_url, ':');
    if (path == NULL) {
        return TRUE; /* the store says what is wrong with it */
    }
    path++;
    if (!make_directory(path, 0770, to->uid, to->gid, error) ||
        !make_directory(config->store_key_file, 0755, 0, 0, error)) {
        return FALSE;
    }
    struct stat found;
    if (lstat(path, &found) != 0) { /* a symlink is not followed as root */
        ch_store *store = ch_store_open(config->store_url,
                                        config->store_key_file, TRUE, error);
        if (store == NULL) {
            return FALSE;
        }
        ch_store_close(store);
    }
    for (guint i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        g_autofree char *file = g_strconcat(path, suffixes[i], NULL);
        if (!give(file, to, 0660, error)) {
            return FALSE;
        }
    }
    g_autofree char *ledger_key =
        g_strconcat(config->store_key_file, CH_LEDGER_KEY_SUFFIX, NULL);
    /* chaperone-review, another user of that group, opens the store; the
     * ledger's key is not for it. */
    return give(config->store_key_file, to, 0640, error) &&
           give(ledger_key, to, 0600, error);
}

/* Directories of the sockets and of the metrics: on tmpfs, so gone after a
 * boot where no tmpfiles.d makes them. */
static gboolean
prepare_directories(const ch_config *config, const account *to, GError **error)
{
    const char *milter = ch_usock_path(config->milter_socket);
    const char *control = ch_usock_path(config->control_socket);
    gid_t gid = to->gid;
    if (milter != NULL && config->milter_group[0] != '\0' &&
        !find_group(config->milter_group, &gid, error)) {
        return FALSE;
    }
    return (milter == NULL ||
            make_directory(milter, 0750, to->uid, gid, error)) &&
           (control == NULL ||
            make_directory(control, 0755, to->uid, to->gid, error)) &&
           (config->metrics_textfile[0] == '\0' ||
            make_directory(config->metrics_textfile, 0755, to->uid, to->gid,
                           error));
}

gboolean
ch_privileges_prepare(const ch_config *config, GError **error)
{
    account to;
    if (!will_drop(config)) {
        return TRUE;
    }
    return find_user(config->milter_user, &to, error) &&
           prepare_directories(config, &to, error) &&
           prepare_store(config, &to, error);
}

gboolean
ch_privileges_socket(const ch_config *config, GError **error)
{
    const char *path = ch_usock_path(config->milter_socket);
    account owner = {geteuid(), (gid_t)-1};
    gid_t gid = (gid_t)-1;
    guint64 mode = 0;
    if (path == NULL) {
        return TRUE;
    }
    if (will_drop(config) && !find_user(config->milter_user, &owner, error)) {
        return FALSE;
    }
    if (config->milter_group[0] != '\0' &&
        !find_group(config->milter_group, &gid, error)) {
        return FALSE;
    }
    if (!g_ascii_string_to_unsigned(config->milter_socket_mode, 8, 0, 0777,
                                    &mode, NULL)) {
        mode = 0660;
    }
    if (lchown(path, owner.uid, gid) != 0 || chmod(path, (mode_t)mode) != 0) {
        return fail(error, "set owner and mode of", path);
    }
    return TRUE;
}

gboolean
ch_privileges_drop(const ch_config *config, GError **error)
{
    account to;
    if (!will_drop(config)) {
        return TRUE;
    }
    if (!find_user(config->milter_user, &to, error)) {
        return FALSE;
    }
    if (initgroups(config->milter_user, to.gid) != 0 ||
        setresgid(to.gid, to.gid, to.gid) != 0 ||
        setresuid(to.uid, to.uid, to.uid) != 0) {
        return fail(error, "become user", config->milter_user);
    }
    if (setuid(0) == 0 || geteuid() == 0 || (to.gid != 0 && setegid(0) == 0)) {
        g_set_error(error, CH_ERROR, CH_ERROR_INTERNAL,
                    "user %s could become root again", config->milter_user);
        return FALSE;
    }
    prctl(PR_SET_DUMPABLE, 0); /* the kernel sets it anew on setuid */
    return TRUE;
}
